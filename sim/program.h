// Programs of clients, and the choices between them.
//
// A Case is a volume, some clients, a setup that is carried out in order, and one program for each
// thread: the steps that it takes one after another. What a Case does not say is who goes first. A
// RunState is the whole situation in the middle of a run, one regular value; choices() lists what
// may happen next in it, apply() lets one of these happen. A schedule is the list of the choices
// taken, so that exploring, replaying and shrinking all work on plain data.
//
// Three kinds of things may happen: a thread takes the next step of its program, an operation that
// was released goes on (SC-091), and a caching client does the next thing that a break demands of
// it (caching_client.h). Everything else follows from these.
//
// Invariants:
//   P1  a RunState depends on its Case and the choices taken, on nothing else;
//   P2  what choices() offers, apply() can do; the order of choices is fixed: programs in order,
//       then released operations in the order of their release, then caches in order of opening;
//   P3  a step that has nothing to do any more (its handle was never opened, the operation that
//       it waits for or cancels is over) is passed over without being a choice.
//
// When a step may be taken: its thread is not blocked or gone, the operation that makes its handle
// or section is over, the operation that it waits for is over, the one that it cancels was issued.
// exit_thread may also be taken while the thread is blocked: that is how a waiter dies.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sim/kernel.h"

namespace oplocksim::sim {

// A step of a case, by its place in Case::steps; also the operation that the step is.
using StepIndex = std::uint16_t;
inline constexpr StepIndex kNoStep = 0xFFFF;
// Case::clients, Case::threads and Case::programs are indexed by these.
using ClientIndex = std::uint16_t;
using ThreadIndex = std::uint16_t;
using ProgramIndex = std::uint16_t;
inline constexpr std::uint16_t kNobody = 0xFFFF;

enum class StepKind : std::uint8_t {
    request,       // issues Step::request
    wait_for,      // does nothing, once the operation `subject` is over
    cancel,        // IoCancelIrp of the operation `subject`
    cancel_io,     // CancelIoEx of the handle `on`
    exit_thread,   // the thread ends
    kill,          // the process of `client` ends
    advance,       // the clock moves by `duration`
};
inline constexpr int kStepKindCount = static_cast<int>(StepKind::advance) + 1;
[[nodiscard]] std::string_view to_string(StepKind kind);

struct Step {
    StepKind kind = StepKind::request;
    ThreadIndex thread = kNobody;   // who takes it; nobody: the world does
    StepIndex on = kNoStep;         // the step that made the handle or section
    StepIndex subject = kNoStep;    // wait_for, cancel
    ClientIndex client = kNobody;   // kill; duplicate_handle: who gets it
    Ticks duration = 0;             // advance
    Request request{};              // handle, section, target_process are filled in when issued
    std::string name{};             // "held"; may be empty
    bool operator==(const Step&) const = default;
};

// The steps [first, last) of one thread; or of the world, which is never blocked.
struct Program {
    ThreadIndex thread = kNobody;
    StepIndex first = 0;
    StepIndex last = 0;
    bool operator==(const Program&) const = default;
};

struct CaseClient {
    std::string name;               // "A"
    NameId name_id;                 // the same, interned; may be shown in another spelling
    // It is a caching client, and this thread of its own works for the cache. It has no program.
    ThreadIndex cache_thread = kNobody;
    bool operator==(const CaseClient&) const = default;
};
struct CaseThread {
    ClientIndex client = 0;
    std::string name;               // "main"
    NameId name_id;
    bool operator==(const CaseThread&) const = default;
};

// Requires: names refer to what exists; Step::on and ::subject name other steps of the case; paths
// and names are interned in `names`; no thread has two programs.
struct Case {
    engine::Semantics semantics;
    std::shared_ptr<const Names> names;
    std::vector<VolumeEntry> volume;                  // parents first
    std::vector<std::pair<PathId, PathId>> links;     // hard links: existing file, new name
    std::vector<CaseClient> clients;
    std::vector<CaseThread> threads;
    std::vector<std::string> data;                    // what Request::data indexes
    std::vector<Step> steps;                          // the setup, then the programs in order
    StepIndex setup_end = 0;                          // the setup is steps [0, setup_end)
    std::vector<Program> programs;
};

// "A", or "A/worker" for a thread other than its client's first; "world".
[[nodiscard]] std::string thread_name(const Case& of, ThreadIndex thread);
// The step's name, or "A.3" for the third step of A's program ("setup.3" in the setup).
[[nodiscard]] std::string step_name(const Case& of, StepIndex step);

enum class OperationPhase : std::uint8_t { not_issued, pending, completed, passed_over };

// What became of a step. Ids are kept as long as they may be needed.
struct OperationState {
    OperationPhase phase = OperationPhase::not_issued;
    NtStatus status = NtStatus::STATUS_SUCCESS;   // completed
    std::uint64_t information = 0;                // completed
    bool has_output = false;                      // completed: an oplock request
    bool from_cache = false;                      // completed: its client answered it
    RequestOplockOutputBuffer output;
    IrpId irp;                                    // pending
    HandleId handle;                              // completed: that it opened
    SectionId section;
    [[nodiscard]] bool over() const { return phase >= OperationPhase::completed; }
    bool operator==(const OperationState&) const = default;
};

struct RunState {
    World world;
    std::vector<StepIndex> next;                  // of each program; its `last` at the end
    std::vector<OperationState> operations;       // of each step
    bool operator==(const RunState&) const = default;
};

// Something that may happen next.
struct Choice {
    enum class Kind : std::uint8_t {
        step,    // program `index` takes its next step
        go_on,   // the released operation of step `index` goes on
        cache,   // the client does what a break demands of it, for the handle of step `index`
    };
    Kind kind = Kind::step;
    std::uint16_t index = 0;
    auto operator<=>(const Choice&) const = default;
};
using Schedule = std::vector<Choice>;

// Chooses what happens next.
class ChoiceScheduler {
 public:
    virtual ~ChoiceScheduler() = default;
    // Returns a position in `choices`. Called for every step of a run, also where there is only
    // one choice. Requires: there is a choice.
    virtual std::size_t choose(const Case& of, const RunState& state,
                               std::span<const Choice> choices) = 0;
    // Whether whoever can always act does so in the end. Under an unfair scheduler it means
    // nothing if an operation is not finished.
    [[nodiscard]] virtual bool fair() const { return true; }
};

// What is the same for every run of a case: the situation after the setup. Immutable; may be
// shared by threads. `of` must outlive it.
class CaseStart {
 public:
    // Carries the setup out, each step until nothing can go on; its events go to `sink`.
    // Steps of the setup that cannot be taken are passed over.
    explicit CaseStart(const Case& of, TraceSink* sink = nullptr);

    [[nodiscard]] const Case& of() const { return case_; }
    [[nodiscard]] const RunState& state() const { return state_; }
    [[nodiscard]] ProcessId process(ClientIndex client) const { return processes_[client]; }
    [[nodiscard]] ThreadId thread(ThreadIndex thread) const { return threads_[thread]; }
    // In the order of Case::threads: the root of a canonical numbering.
    [[nodiscard]] std::span<const ThreadId> threads() const { return threads_; }

 private:
    const Case& case_;
    std::vector<ProcessId> processes_;
    std::vector<ThreadId> threads_;
    RunState state_;
};

// A run at work on a state, which it refers to. Cheap to make; keep it while stepping through one
// run, so that it need not allocate again.
class CaseRun {
 public:
    // Everything given must outlive this. `state` is start.state(), or what other runs of the
    // same start made of it.
    CaseRun(const CaseStart& start, RunState& state, TraceSink* sink = nullptr);

    // What may happen next, in the order of P2. Empty: the run is over, or stuck.
    void choices(std::vector<Choice>& into);
    // Requires: `choice` is one of choices().
    void apply(Choice choice);
    // Applies what `scheduler` chooses until there is no choice or `limit` choices were taken;
    // returns how many. Those taken are added to `taken`, if there is one.
    std::size_t run(ChoiceScheduler& scheduler, std::size_t limit, Schedule* taken = nullptr);

    // The operations that are issued, not over, and must end: everything pending but granted
    // oplock requests. In the order of steps.
    void unfinished(std::vector<StepIndex>& into) const;
    // Whether every program came to its end or to the end of its thread.
    [[nodiscard]] bool programs_done() const;
    // Every client dies, in order: what is left in the world after that is left over (P07).
    void terminate_all();

    [[nodiscard]] const RunState& state() const { return state_; }
    [[nodiscard]] Kernel& kernel() { return kernel_; }

 private:
    friend class CaseStart;

    [[nodiscard]] bool can_take(const Step& step) const;
    [[nodiscard]] bool has_nothing_to_do(const Step& step) const;
    [[nodiscard]] bool never_comes(StepIndex step) const;
    [[nodiscard]] bool thread_is_gone(ThreadIndex thread) const;
    void pass_over();
    void take(StepIndex index);
    void issue(StepIndex index, const Step& step);
    [[nodiscard]] StepIndex pending_operation(IrpId irp) const;
    [[nodiscard]] StepIndex opener_of(HandleId handle) const;
    static void finish(OperationState& operation, const Completion& completion);
    void collect();
    void settle();
    [[nodiscard]] Request request_of(const Step& step) const;

    const CaseStart& start_;
    const Case& case_;
    RunState& state_;
    FifoScheduler fifo_;
    Kernel kernel_;
    std::vector<Choice> choices_;
};

}  // namespace oplocksim::sim
