// The trace: what a run did, as one versioned event model.
//
// A caller of the kernel sees IRPs issued, pended, completed and cancelled, and the clock; those
// events (observable() is true) are what rules may judge. The others show the machinery to people.
// An event is a small value; trace_json.h writes it as one line of JSON Lines, stable byte for
// byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ids.h"
#include "sim/request.h"
#include "sim/time.h"

namespace oplocksim::sim {

inline constexpr int kTraceVersion = 1;

// More bytes than this, the zeros at their end not counted, an event does not carry: two pages,
// far more than a test of coherence needs, and little enough to keep a million events.
inline constexpr std::size_t kMaxTraceDataBytes = 8192;

enum class TraceEventKind : std::uint8_t {
    issue,        // a thread issues a request; `request` is set
    pend,         // STATUS_PENDING was returned, or (blocked) the thread blocks in the call
    complete,     // the IRP is over: status, information, output, handle
    cancel,       // somebody asked to cancel the IRP
    advance,      // the clock moved to `time`
    pause,        // the thread's operations are held back by the script
    resume,
    thread_exit,
    process_exit,
    volume,       // before the run: a name on the volume; `entry`
    caching,      // `process` is a client that caches, and `thread` works for its caches
    cached,       // a caching client answers a request itself; it is issued, and complete
    // Not observable by a caller:
    wait,         // the IRP waits for an acknowledgment; `why`
    release,      // a waiting IRP may go on; `why`
    oplock,       // the oplocks of `stream` are now as `holders` says
};

// An oplock holder as the trace shows it.
struct TraceHolder {
    FileObjectId file_object;
    engine::OplockType type{};
    engine::BreakState breaking{};
    bool close_pending = false;
};

struct TraceEvent {
    TraceEventKind kind = TraceEventKind::issue;
    bool blocked = false;            // pend: the calling thread is blocked
    bool has_output = false;
    RequestKind request_kind = RequestKind::create;
    NtStatus status = NtStatus::STATUS_SUCCESS;
    Ticks time = 0;
    ThreadId thread;
    ProcessId process;
    IrpId irp;
    HandleId handle;
    FileObjectId file_object;
    StreamId stream;
    SectionId section;
    engine::Why why;
    std::uint64_t information = 0;
    RequestOplockOutputBuffer output;
    Request request;                 // issue; `length` of a write is that of its bytes
    // What a write is to write (issue) or a read returned (complete), or either if it was cached,
    // without the zeros at its end.
    // Not known: has_data is false, as it is for every other event.
    bool has_data = false;
    std::string data;
    VolumeEntry entry;               // volume
    std::vector<TraceHolder> holders;   // oplock
};

[[nodiscard]] constexpr bool observable(TraceEventKind kind) {
    return kind < TraceEventKind::wait;
}
[[nodiscard]] std::string_view to_string(TraceEventKind kind);

// Receives the events of a run, in order. Implementations must not call back into the kernel.
class TraceSink {
 public:
    virtual ~TraceSink() = default;
    virtual void on_event(const TraceEvent& event) = 0;
    // Whether it looks at events that a caller cannot observe. A kernel asks once, when it is made,
    // and spares itself those that nobody looks at.
    [[nodiscard]] virtual bool wants_unobservable() const { return true; }
};

// Keeps every event in memory.
class TraceRecorder final : public TraceSink {
 public:
    void on_event(const TraceEvent& event) override { events_.push_back(event); }
    [[nodiscard]] const std::vector<TraceEvent>& events() const { return events_; }
    void clear() { events_.clear(); }

 private:
    std::vector<TraceEvent> events_;
};

}  // namespace oplocksim::sim
