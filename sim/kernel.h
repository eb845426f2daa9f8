// The virtual kernel: I/O manager and NTFS-like file system over a World.
//
// A Kernel is a short-lived view: it refers to a World (the state), a Scheduler (who goes first
// when several can) and, optionally, a TraceSink. All state is in the World, so a Kernel may be
// made, used and dropped at any step.
//
// Two ways to drive it. From inside: programs of clients submit and run. From outside: call
// submit() for one operation after another, run_until_idle(), and take_completions(); that is how
// a protocol server or a test bench sits on top.
//
// Order of checks in a create: [MS-FSA] 2.1.5.1, with SC-011..SC-015; see create.cpp.
// Cleanup order: share access, byte-range locks, delete-on-close, then the oplock (P08); see
// cleanup.cpp. An operation that waits outlives its handle: it goes on when it is released.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/mutant.h"
#include "sim/request.h"
#include "sim/trace.h"
#include "sim/world.h"

namespace oplocksim::sim {

// Chooses among operations that could run now. Called only when there are at least two.
class Scheduler {
 public:
    virtual ~Scheduler() = default;
    // Returns the position in `choices` of the one to run. `choices` is in order of becoming ready.
    virtual std::size_t choose(const World& world, std::span<const ReadyItem> choices) = 0;
};

// First in, first out: the default.
class FifoScheduler final : public Scheduler {
 public:
    std::size_t choose(const World&, std::span<const ReadyItem>) override { return 0; }
};

// How submit() returned to the calling thread.
enum class SubmitOutcome : std::uint8_t {
    completed,   // the completion is the newest one in completions()
    pending,     // STATUS_PENDING: it completes later
    blocked,     // the thread is blocked in the call: a create, or a synchronous handle
};
struct Submitted {
    SubmitOutcome outcome = SubmitOutcome::completed;
    IrpId irp;
};

inline constexpr std::uint64_t kClusterSize = 4096;
// [MS-FSA] 2.1.4.5, BlockAlign with the cluster size. Requires: size <= kMaxFileSize.
[[nodiscard]] constexpr std::uint64_t cluster_aligned(std::uint64_t size) {
    return (size + kClusterSize - 1) / kClusterSize * kClusterSize;
}
inline constexpr std::uint64_t kMaxFileSize = 0x7FFF'FFFF'FFFF'0000ull;
// Bytes that one stream may really store; writes of data beyond are refused by the loader.
inline constexpr std::uint64_t kMaxStoredBytes = 1u << 20;

class Kernel {
 public:
    // `data` is the table that Request::data indexes; it must outlive the Kernel.
    Kernel(World& world, Scheduler& scheduler, TraceSink* trace = nullptr,
           std::span<const std::string> data = {});

    // An empty volume with a root directory.
    [[nodiscard]] static World make_world(const engine::Semantics& semantics,
                                          std::shared_ptr<const Names> names);
    // Adds a file, directory, or stream of an existing file. Requires: the parent exists and the
    // name is free.
    void add_to_volume(const VolumeEntry& entry);
    // Adds a hard link. Requires: `existing` is a file, the parent of `link` exists, it is free.
    void add_link(PathId existing, PathId link);

    ProcessId create_process(NameId name);
    ThreadId create_thread(ProcessId process, NameId name);

    // The process is a caching client from now on (caching_client.h): what its other threads submit
    // is answered from its caches, if it can be. Requires: nothing was submitted by it yet, and
    // the thread is its own and submits nothing.
    void start_caching(ProcessId process, ThreadId cache_thread);

    // Issues a request on a thread and runs it until it completes, pends or blocks. Effects on
    // other IRPs are carried out (completions) or made ready (released waiters).
    // Requires: the thread is running (not blocked, not exited) and not paused.
    Submitted submit(ThreadId thread, const Request& request);
    // Issues a request when the clock reaches `now + delay`, if its thread can then issue one;
    // `token` comes back through issued().
    void submit_at(ThreadId thread, Ticks delay, const Request& request, std::uint32_t token);

    // What may run now, in order of becoming ready: the ready operations whose thread is not held
    // back. Under waiter_release_order = fifo (SC-091), of those that waited for one stream only
    // the first. Valid until the kernel is called again.
    [[nodiscard]] std::span<const ReadyItem> runnable();
    // Runs one of those.
    void go_on(ReadyItem item);
    // The handles for which a caching client has a step to take: to write back, close or
    // acknowledge. In order of opening. Valid until the kernel is called again.
    [[nodiscard]] std::span<const HandleId> cache_work();
    // Takes the next one of these. Requires: it is one of cache_work().
    void work_for_cache(HandleId handle);
    // Runs the one that the scheduler chooses, or, if nothing is ready, the first step of a
    // caching client. Returns false if there is neither.
    bool step();
    // Runs ready operations and caches until there is none. A resumption completes, waits again for
    // a newly started or still outstanding break, or is the one retry of a create, so this
    // terminates unless an owner re-acquires in the same instant. So many steps, and some for each
    // IRP that is outstanding at first, bound it: more is a violated invariant.
    void run_until_idle();
    static constexpr std::uint32_t kMaxStepsPerIdle = 100'000;
    static constexpr std::uint32_t kMaxStepsPerIrp = 16;

    // Moves the clock, issuing timed requests as they come due. Requires: now + delta <= kMaxTicks.
    void advance(Ticks delta);

    // IoCancelIrp. Returns whether the IRP was cancelable (waiting); it then completed.
    bool cancel(IrpId irp);
    // CancelIoEx(handle, NULL): cancels every IRP of this process on the handle's FILE_OBJECT.
    // Returns how many.
    std::uint32_t cancel_io(HandleId handle);
    // The thread ends: its IRPs are cancelled.
    void exit_thread(ThreadId thread);
    // The process ends: its threads end, then its handles are closed, oldest first.
    void terminate_process(ProcessId process);
    // The thread's released operations stay ready, but do not run, until it is resumed.
    void pause(ThreadId thread);
    void resume(ThreadId thread);

    // Everything that completed since the last clear_completions(), in order.
    [[nodiscard]] std::span<const Completion> completions() const { return completions_; }
    void clear_completions() { completions_.clear(); }
    // IRPs that timed requests became: (token, outcome), since the last clear.
    struct Issued {
        std::uint32_t token = 0;
        Submitted submitted;
        bool issued = false;   // false: the thread was blocked, paused or gone
    };
    [[nodiscard]] std::span<const Issued> issued() const { return issued_; }
    void clear_issued() { issued_.clear(); }

    // The stream that a path names, or none.
    [[nodiscard]] StreamId find_stream(PathId path) const;
    // The bytes of a stream, for reads and for coherence checks. `length` is cut at the size.
    [[nodiscard]] std::string stream_bytes(StreamId stream, std::uint64_t offset,
                                           std::uint64_t length) const;

    // Aborts with an explanation if an invariant of world.h does not hold. Costs time linear in
    // the world; meant for tests and fuzzing.
    void check_invariants() const;

    [[nodiscard]] World& world() { return world_; }

 private:
    // One operation at work: its IRP, and the completion it fills in.
    struct Call {
        IrpId id;
        Irp& irp;
        Completion& result;
    };
    enum class Progress : std::uint8_t { done, waits };
    struct CreateState;

    // caching.cpp: what caching clients answer themselves, and what they have to do.
    [[nodiscard]] ClientCache* find_cache(FileObjectId file_object);
    [[nodiscard]] std::optional<Completion> answer_from_cache(ThreadId thread,
                                                              const Request& request);
    [[nodiscard]] std::optional<Completion> answer_create(ProcessId process,
                                                          const Request& request);
    [[nodiscard]] std::optional<Completion> answer_close(ClientCache& cache,
                                                         const Request& request);
    [[nodiscard]] std::optional<Completion> answer_write(ClientCache& cache,
                                                         const Request& request);
    Submitted tell(ThreadId thread, const Request& request, Completion answer);
    void write_back_before(ProcessId process, const Request& request);
    void write_back(FileObjectId file_object);
    void acknowledge_for_cache(FileObjectId file_object);
    void tell_cache(IrpId id, const Irp& irp, const Completion& completion);
    void tell_cache_of_create(const Irp& irp, const Completion& completion);
    void tell_cache_of_read(const Irp& irp, const Completion& completion);
    void tell_cache_of_write(const Irp& irp, const Completion& completion);
    void tell_cache_of_grant(IrpId id, const Irp& irp);
    void drop_reads(const Irp& irp, bool own);
    void change_handle(ClientCache& cache);
    [[nodiscard]] std::string_view bytes_of(const Irp& irp) const;

    // io_manager.cpp: the life of an IRP.
    Submitted issue(ThreadId thread, const Request& request);
    Submitted send(ThreadId thread, const Request& request);
    [[nodiscard]] bool refer_to_handle(Irp& irp);
    Progress perform(Call& call);    // dispatch(); with a mutant, what goes in and out is changed
    Progress dispatch(Call& call);
    void resume_irp(IrpId id);
    void complete(IrpId id, const Completion& completion);
    void report(IrpId id, const Completion& completion);   // record(); likewise
    void record(IrpId id, const Completion& completion);
    void complete_with(IrpId id, NtStatus status);
    void link_irp(IrpId id, Irp& irp);
    void unlink_irp(const Irp& irp);
    [[nodiscard]] static Progress finish(Call& call, NtStatus status);

    // oplock_calls.cpp: asking the package, and doing what it says.
    [[nodiscard]] engine::Caller caller_of(IrpId id, const Irp& irp) const;
    [[nodiscard]] engine::Caller owner(FileObjectId file_object) const;
    [[nodiscard]] engine::CheckResult check(Call& call, StreamId stream,
                                            const engine::CheckRequest& request);
    [[nodiscard]] bool passes(Call& call, StreamId stream, engine::Operation operation);
    void advise(const engine::Caller& caller, StreamId stream, engine::Operation operation,
                engine::OplockCheckFlags flags);
    void parent_changes(const engine::Caller& caller, FileId directory,
                        engine::OplockCheckFlags flags = 0);
    void hold(Call& call, StreamId stream);
    void make_ready(IrpId id, const engine::Why& why);
    void apply_effects(StreamId stream);

    // processes.cpp: threads, processes, cancellation and time.
    [[nodiscard]] bool withdraw(IrpId id);
    void end_thread(ThreadId thread);
    void issue_timed(const TimedRequest& timed);
    void set_clock(Ticks now);

    // create.cpp. The optional ones: nothing if the create may go on.
    Progress create(Call& call);
    void locate(Irp& irp, CreateState& state);
    void forget_target(Irp& irp);
    Progress create_file(Call& call, CreateState& state);
    Progress create_stream(Call& call, CreateState& state);
    Progress open_existing(Call& call, CreateState& state);
    Progress open_stream(Call& call, const CreateState& state, std::uint32_t information);
    [[nodiscard]] std::optional<Progress> break_batch_and_filter(Call& call,
                                                                 const CreateState& state);
    [[nodiscard]] bool retry_follows(engine::Rule waited_for) const;
    [[nodiscard]] std::optional<Progress> pass_sharing_check(Call& call,
                                                             const CreateState& state);
    [[nodiscard]] std::optional<Progress> check_create(Call& call, const CreateState& state,
                                                       StreamId stream);
    [[nodiscard]] engine::CheckRequest create_check(const Call& call, const CreateState& state,
                                                    engine::Operation operation);
    [[nodiscard]] bool sharing_violated(const Call& call, const CreateState& state) const;
    [[nodiscard]] bool reaches_over(const Request& request, const CreateState& state,
                                    StreamId stream) const;
    [[nodiscard]] bool batch_break_underway(const Request& request,
                                            const CreateState& state) const;
    Progress fail_sharing(Call& call, const CreateState& state);
    void overwrite(const Call& call, const CreateState& state);
    HandleId insert_handle(ProcessId process, FileObjectId file_object);

    // data.cpp, locks.cpp
    Progress read(Call& call);
    Progress write(Call& call);
    Progress flush(Call& call);
    Progress set_zero_data(Call& call);
    Progress lock(Call& call);
    Progress unlock(Call& call);
    void grant_lock_waiters(StreamId stream);

    // set_information.cpp
    Progress set_end_of_file(Call& call);
    Progress set_allocation(Call& call);
    Progress set_valid_data_length(Call& call);
    Progress set_disposition(Call& call);
    Progress set_basic_information(Call& call);
    Progress set_security(Call& call);
    [[nodiscard]] bool truncation_is_mapped(const Stream& stream, std::uint64_t size) const;

    // rename.cpp: names.
    Progress rename(Call& call);
    Progress rename_to(Call& call, FileId directory, NameId name);
    Progress rename_own_stream(Call& call, NameId name);
    Progress replace_and_move(Call& call, FileId directory, NameId name);
    Progress link(Call& call);
    Progress set_short_name(Call& call);
    Progress change_short_name(Call& call);
    [[nodiscard]] std::optional<Progress> break_target(Call& call, FileId target);
    [[nodiscard]] std::optional<Progress> clear_descendants(Call& call,
                                                            engine::Operation operation);
    void move_opens(LinkId from, LinkId to);

    // cleanup.cpp
    Progress close_handle(Call& call);
    Progress duplicate_handle(Call& call);
    void close(HandleId handle);
    void clean_up(FileObjectId file_object);
    void clean_up_locks(FileObjectId file_object);
    void delete_what_is_pending(FileObjectId file_object);
    void free_if_unreferenced(FileObjectId file_object);

    // fs_control.cpp, sections.cpp
    Progress oplock_fsctl(Call& call);
    Progress set_encryption(Call& call);
    [[nodiscard]] engine::StreamFacts facts_of(FileObjectId requester) const;
    Progress create_section(Call& call);
    Progress close_section(Call& call);
    void remove_section(SectionId section);

    // mutations.h: what a mutant decides otherwise. Without mutants these do nothing.
    [[nodiscard]] bool mutant_skips(const Call& call, StreamId stream,
                                    const engine::CheckRequest& request) const;
    [[nodiscard]] bool mutant_misses(const engine::Caller& caller, FileId directory,
                                     engine::OplockCheckFlags flags);
    [[nodiscard]] bool mutant_defers(const engine::CheckResult& result) const;
    [[nodiscard]] bool mutant_blocks(const Irp& irp, bool blocks) const;
    [[nodiscard]] static bool mutant_hides(const Irp& pending);
    [[nodiscard]] bool mutant_outlives(ThreadId thread) const;
    void mutant_wakes(engine::Mutant mutant, FileObjectId closing);
    void mutant_times_out(Ticks elapsed);
    [[nodiscard]] bool passes_needlessly(Call& call);
    void act_too_early(const Call& call);
    void mutate_input(Call& call);
    void mutate_output(const Call& call);
    void mutate_transfer(const Call& call);
    void end_oplock_of(FileObjectId file_object);

    // trace.cpp: called only when somebody listens, but for the first two.
    void before_package_call(StreamId stream);
    void after_package_call(StreamId stream);
    void trace_irp(TraceEventKind kind, IrpId id, const Irp& irp, const engine::Why& why = {});
    void trace_issue(TraceEvent& event, const Irp& irp);
    void trace_cached(const Request& request, const Completion& answer);
    void trace_completion(const Irp& irp, const Completion& completion);
    void trace_read(TraceEvent& event, std::uint64_t offset) const;
    void trace_volume(const VolumeEntry& entry);
    void trace_thread(TraceEventKind kind, ThreadId thread, ProcessId process);

    World& world_;
    Scheduler& scheduler_;
    TraceSink* trace_;
    bool trace_all_;   // and what a caller cannot observe too
    std::span<const std::string> data_;
    std::vector<Completion> completions_;
    std::vector<Issued> issued_;
    engine::Effects effects_;
    // Kept between calls only so that the usual case does not allocate.
    std::vector<ReadyItem> choices_;
    std::vector<engine::FileObjectId> conflicting_;
    std::vector<TraceHolder> holders_before_;
    std::vector<HandleId> cache_work_;
};

}  // namespace oplocksim::sim
