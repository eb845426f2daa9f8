// One fuzzed run after another: draws, carries out, has it judged.
//
// The next step of a thread is drawn while the run goes on, from what its client has by then; so
// deep states are reached soon. What was done is kept as an ordinary case and schedule, which
// gives the same run wherever it is replayed.
//
// A run: the configuration is drawn (swarm.h), clients make moves, in most runs the owners then
// answer what they owe, every client dies, and nothing may be left over. It ends early with the
// first violation.
//
// Fast because nothing is made anew: worlds, rules and buffers are used again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conformance/fuzz/choices.h"
#include "conformance/fuzz/encounters.h"
#include "conformance/fuzz/generator.h"
#include "conformance/fuzz/history.h"
#include "conformance/fuzz/oracle.h"
#include "conformance/fuzz/situation.h"
#include "conformance/fuzz/swarm.h"
#include "conformance/rules/rules.h"
#include "sim/kernel.h"

namespace oplocksim::conformance::fuzz {

class FuzzRun {
 public:
    FuzzRun();
    FuzzRun(const FuzzRun&) = delete;
    FuzzRun& operator=(const FuzzRun&) = delete;

    struct Options {
        std::optional<engine::Semantics> semantics;   // none: drawn
        bool check_invariants = false;                // of the kernel, after every step
        bool shows_volume = true;                     // the rules see what is there before the run
        std::function<void(Swarm&)> configure = {};   // changes what was drawn; may be empty
        bool goes_on = false;                         // after a violation
        // Told the steps taken so far; may be empty.
        std::function<void(std::uint64_t steps)> before_move = {};
    };
    // Draws and carries out one run. `choices` were begun.
    void run(Choices& choices, const Options& options);

    // What was wrong, if anything. Made only when asked for.
    [[nodiscard]] bool failed() const;
    [[nodiscard]] std::optional<findings::Failure> failure() const {
        return failure_of(rules_, left_over_, broken_, failed_at_);
    }
    [[nodiscard]] FoundCase found_case() const { return fuzz::found_case(swarm_, history_); }
    [[nodiscard]] const History& history() const { return history_; }
    [[nodiscard]] const Swarm& swarm() const { return swarm_; }
    // As it is after the run.
    [[nodiscard]] const sim::World& world() const { return world_; }
    // Steps that the kernel took: requests, released operations, cancellations, ends, the clock.
    [[nodiscard]] std::uint64_t steps() const { return steps_; }
    [[nodiscard]] const RuleSet& rules() const { return rules_; }
    // As they judged the end of the run, before everybody died; nothing if it was not come to.
    [[nodiscard]] const RuleSet* rules_at_end() const { return judged_end_ ? &end_rules_ : nullptr; }
    // Adds to `counts`, in the order of rules(), how often each rule had something to judge: in the
    // run, or before everybody died.
    void add_exercised(std::span<std::uint64_t> counts) const;
    // What met what. Added to run after run, until cleared.
    [[nodiscard]] Encounters& encounters() { return encounters_; }

 private:
    struct Thread {
        sim::ThreadId id;
        sim::ClientIndex client = 0;
        sim::StepIndex waits_for = sim::kNoStep;
    };

    void begin(Choices& choices, const Options& options);
    void carry_out(const Options& options);
    [[nodiscard]] bool take_next();
    [[nodiscard]] bool can_move(const Thread& thread) const;
    [[nodiscard]] bool choose_thread(std::size_t& chosen);
    [[nodiscard]] bool unblock();
    void take(const Draft& draft);
    void issue(const Draft& draft, sim::StepIndex index);
    void release(sim::ReadyItem item);
    void work_for_cache(sim::HandleId handle);
    [[nodiscard]] bool let_something_go_on(bool first);
    void collect();
    void finish(bool answers);
    [[nodiscard]] bool is_over() const { return !goes_on_ && !rules_.violations().empty(); }
    [[nodiscard]] bool answer_one();
    void end();
    [[nodiscard]] sim::ClientIndex client_of(const Draft& draft) const;

    sim::TraceRecorder volume_;   // how the pristine world came about
    sim::World pristine_;
    sim::World world_;
    sim::FifoScheduler fifo_;
    RuleSet shown_volume_;        // the rules that have seen that, and nothing else
    RuleSet rules_;
    RuleSet end_rules_;
    sim::Kernel kernel_;
    Swarm swarm_;
    Situation situation_;
    Generator generator_;
    History history_;
    Draft draft_;
    Encounters encounters_;
    Choices* choices_ = nullptr;
    std::vector<sim::ProcessId> processes_;
    std::vector<Thread> threads_;
    std::size_t last_thread_ = 0;
    std::uint64_t steps_ = 0;
    std::string left_over_;
    std::string broken_;          // an invariant
    bool judged_end_ = false;
    bool goes_on_ = false;
    std::size_t failed_at_ = 0;   // the choice that showed it
};

}  // namespace oplocksim::conformance::fuzz
