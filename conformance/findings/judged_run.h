// One run of a case with its judges beside it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "conformance/findings/oracle.h"
#include "conformance/rules/rules.h"
#include "engine/invariant_watch.h"
#include "sim/program.h"

namespace oplocksim::conformance::findings {

// Everything given must outlive it.
class JudgedRun {
 public:
    // Carries the setup out. `like` null: any failure counts. `recorder` may be null.
    JudgedRun(const sim::Case& of, const OracleOptions& options, const Failure* like,
              sim::TraceSink* recorder = nullptr);
    JudgedRun(const JudgedRun&) = delete;
    JudgedRun& operator=(const JudgedRun&) = delete;
    ~JudgedRun();

    [[nodiscard]] sim::CaseRun& run() { return *run_; }
    // The state may be changed between choices: steps may be passed over.
    [[nodiscard]] sim::RunState& state() { return state_; }
    void apply(sim::Choice choice);

    // What has been seen so far.
    [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }
    // The run is over. Judges its end; nothing may be applied after it.
    void end();

 private:
    class Sink;

    void take_violations(const RuleSet& rules, std::size_t first);
    void judge_end();
    void judge_deadlock();
    void let_clients_die();
    void found(Failure failure);

    engine::InvariantWatch watch_;
    const OracleOptions& options_;
    const Failure* like_;
    RuleSet rules_;
    std::unique_ptr<sim::TraceSink> filter_;
    std::unique_ptr<Sink> sink_;
    std::optional<sim::CaseStart> start_;
    sim::RunState state_;
    std::optional<sim::CaseRun> run_;
    std::size_t judged_ = 0;       // of the violations
    std::size_t choices_ = 0;      // taken so far
    std::size_t seen_at_ = 0;      // what is found now was seen at this choice
    std::optional<Failure> failure_;
};

}  // namespace oplocksim::conformance::findings
