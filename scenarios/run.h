// One execution of one run of a scenario: the world, the clients, the operations and what is
// said about them. Used by runner.cpp only.
//
// run.cpp sets the world up and carries out steps, run_programs.cpp those of programs;
// run_checks.cpp holds expectations against what happened.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/semantics.h"
#include "scenarios/binding.h"
#include "scenarios/case_of.h"
#include "scenarios/judgement.h"
#include "scenarios/model.h"
#include "scenarios/operations.h"
#include "scenarios/result.h"
#include "scenarios/runner.h"
#include "sim/kernel.h"

namespace oplocksim::scenarios {

// Operations that go on within one step; a scenario that needs more never comes to rest.
inline constexpr std::uint32_t kMaxResumptionsPerStep = 100'000;

// Records events, and what reads return, as they are: by the end of a step it may be overwritten.
class Recorder final : public sim::TraceSink {
 public:
    void on_event(const sim::TraceEvent& event) override {
        events.push_back(event);
        if (event.kind == sim::TraceEventKind::cached) return keep_cached(event);
        if (kernel == nullptr || event.request_kind != sim::RequestKind::read) return;
        if (event.kind == sim::TraceEventKind::issue) {
            reads[event.irp] = event.request;
        } else if (event.kind == sim::TraceEventKind::complete) {
            keep_data(event);
        }
    }

    const sim::Kernel* kernel = nullptr;  // set: data is wanted
    std::vector<sim::TraceEvent> events;
    std::map<sim::IrpId, sim::Request> reads;
    std::map<sim::IrpId, std::string> data;

 private:
    void keep_cached(const sim::TraceEvent& event) {
        if (event.request_kind != sim::RequestKind::read || !event.has_data) return;
        std::string& kept = data[event.irp] = event.data;
        kept.resize(event.information);
    }
    void keep_data(const sim::TraceEvent& event) {
        const auto read = reads.find(event.irp);
        if (read == reads.end() || event.information > sim::kMaxStoredBytes || !event.stream) {
            return;
        }
        data[event.irp] =
            kernel->stream_bytes(event.stream, read->second.offset, event.information);
    }
};

// One execution of one run.
class Run {
 public:
    // `record`: with the story of each step. Everything given must outlive this.
    Run(const RunModel& model, const RunOptions& options, bool record, RunResult& result)
        : model_(model),
          options_(options),
          record_(record),
          result_(result),
          semantics_(semantics_of(model, options.profile, options.switches)) {}

    // Fills in the result. Once.
    void execute();

 private:
    struct Client {
        sim::ProcessId process;
        std::map<std::string, sim::ThreadId> threads;
    };

    void show_switches();
    void make_world();
    void make_clients();
    void start_caching(Client& client, const std::string& name);
    [[nodiscard]] bool holds(const Guard& guard) const;

    void execute_programs();
    bool do_choice(const ScenarioCase& scenario, sim::Choice choice, sim::StepIndex index);
    [[nodiscard]] Operation* operation_of_step(const Step& step);
    void begin_record(const Place& place, std::string text,
                      const std::vector<std::string>& covers);
    bool end_record();
    void evaluate_statements(bool at_end);
    void evaluate_statement(const Statement& statement, bool at_end);
    void evaluate_deadlock();
    bool do_step(const Step& step);
    bool act(const Step& step);
    bool act_in_world(const Step& step);
    void act_on_thread(Operation& operation);
    void submit(Operation& operation);
    void submit_timed(Operation& operation);
    [[nodiscard]] sim::Request request_of(const Operation& operation);
    [[nodiscard]] std::string obstacle(Operation& operation);
    [[nodiscard]] std::string missing_handle(const Action& action);
    void cancel(Operation& operation, const std::string& name);
    void finish_now(Operation& operation, engine::NtStatus status);
    void set_paused(const Action& action, bool paused);

    bool settle();
    void collect();
    void collect_issued();
    void complete(Operation& operation, const sim::Completion& completion);
    void note_irp_name(const Operation& operation);

    void evaluate(const Step& step);
    void evaluate_own(const Step& step);
    [[nodiscard]] bool how_is_said(const Step& step, const std::string& name) const;
    [[nodiscard]] std::string subject_of(const Operation& operation) const;
    void evaluate_outcome(const OutcomeExpectation& expectation, bool said);
    void evaluate_break(const BreakExpectation& expectation);
    void evaluate_pending(const PendingExpectation& expectation);
    void evaluate_nothing_else(StepRecord& record, const Place& place);
    void evaluate_end();
    void add_check(std::string subject, Judgement judgement, const Place& place);
    [[nodiscard]] std::string waiting(const Operation& operation) const;
    void fail(const StepRecord& record, const Check& check);
    // The path of a place's file, if that is an included one.
    [[nodiscard]] std::string included_file(const Place& place) const;
    void stop(Verdict verdict, std::string reason);

    [[nodiscard]] StepRecord& record() { return result_.steps.back(); }

    const RunModel& model_;
    const RunOptions& options_;
    const bool record_;
    RunResult& result_;
    engine::Semantics semantics_;
    std::optional<Binding> binding_;
    sim::World world_;
    sim::FifoScheduler scheduler_;
    Recorder recorder_;
    std::optional<sim::Kernel> kernel_;
    std::map<std::string, Client> clients_;
    std::vector<sim::ThreadId> cache_threads_;
    Operations operations_;
    std::vector<Operation*> unissued_;           // by token
    const Step* acting_ = nullptr;               // that is being carried out, if one is
    Operation* own_ = nullptr;                   // of the step that is being carried out
    std::optional<std::size_t> own_completion_;  // its index in Kernel::completions()
    std::uint32_t number_ = 0;
};

}  // namespace oplocksim::scenarios
