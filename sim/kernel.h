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
// Cleanup order: share access, byte-range locks, delete-on-close, then the oplock (P08); cleanup.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

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

// A file or directory to put on the volume before the run.
struct VolumeEntry {
    PathId path;                     // may name a stream
    bool directory = false;
    std::uint32_t attributes = 0;
    std::uint64_t size = 0;
    std::uint64_t allocation_size = 0;   // 0: size rounded up to the cluster size
    NameId short_name;
};

inline constexpr std::uint64_t kClusterSize = 4096;
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

    // Issues a request on a thread and runs it until it completes, pends or blocks. Effects on
    // other IRPs are carried out (completions) or made ready (released waiters).
    // Requires: the thread is running (not blocked, not exited) and not paused.
    Submitted submit(ThreadId thread, const Request& request);
    // Issues a request when the clock reaches `now + delay`, if its thread can then issue one;
    // `token` comes back through issued().
    void submit_at(ThreadId thread, Ticks delay, const Request& request, std::uint32_t token);

    // Runs one ready operation. Returns false if there is none.
    bool step();
    // Runs ready operations until there is none. Every resumption either completes, waits again
    // for a newly started or still outstanding break, or is the one retry of a create, so this
    // terminates unless an owner re-acquires in the same instant; kMaxStepsPerIdle bounds it.
    void run_until_idle();
    static constexpr std::uint32_t kMaxStepsPerIdle = 10'000'000;

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

    // The bytes of a stream, for reads and for coherence checks. `length` is cut at the size.
    [[nodiscard]] std::string stream_bytes(StreamId stream, std::uint64_t offset,
                                           std::uint64_t length) const;

    // Aborts with an explanation if an invariant of world.h does not hold. Costs time linear in
    // the world; meant for tests and fuzzing.
    void check_invariants() const;

    [[nodiscard]] World& world() { return world_; }

 private:
    // The implementation is split by article: io_manager.cpp, create.cpp, data.cpp, locks.cpp,
    // set_information.cpp, cleanup.cpp, fs_control.cpp, sections.cpp, name_space.cpp.
    World& world_;
    Scheduler& scheduler_;
    TraceSink* trace_;
    std::span<const std::string> data_;
    std::vector<Completion> completions_;
    std::vector<Issued> issued_;
    engine::Effects effects_;
};

}  // namespace oplocksim::sim
