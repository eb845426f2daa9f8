// A run as a picture: lanes, rows, and what happens between them. Every drawing of a run (terminal,
// HTML, Mermaid, Perfetto) is made from this model, so that all of them tell the same story.
//
// There is a lane for each client thread that does something, in the order in which they first do,
// and a last one for the file system. Rows are in logical order: what happens in a later row
// happened later. A row is one thing that a reader of a sequence diagram would look for: a request
// (with its answer, if that comes at once), a break notice, a waiter that may go on, a completion.
// A span is an IRP, from the row that issues it to the row that completes it.
//
// Everything here is text as it came: whoever draws it escapes it. No text is longer than
// kMaxLaneText bytes. The model is bounded by LaneWindow whatever the trace: events before the
// window only bring the state up to date, and what comes after it is counted.
//
// Invariants:
//   L1  row numbers in spans and rows exist; a span's first row is not after its last;
//   L2  every span opens before or in the window; one without a last row is outstanding at the end;
//   L3  the same input gives the same model.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/rules/rules.h"
#include "engine/oplock.h"
#include "scenarios/result.h"
#include "sim/names.h"
#include "sim/trace.h"

namespace oplocksim::reports {

inline constexpr std::size_t kMaxLaneRows = 5'000;    // more nobody reads; a row takes about 1 KiB
inline constexpr std::size_t kMaxLanes = 256;         // further threads share the last client lane
inline constexpr std::size_t kMaxLaneText = 600;      // bytes of one text: a path can have 32 KiB
inline constexpr std::size_t kMaxShownHolders = 64;   // of the oplocks beside one row

struct Lane {
    std::string name;         // "A", "A/worker" if more than one thread of A does something
    sim::ProcessId process;   // none: the file system
    sim::ThreadId thread;
};

// How an IRP goes on after it was issued.
enum class Waiting : std::uint8_t {
    at_once,   // it completes before anything else is seen
    pends,     // STATUS_PENDING is returned
    blocks,    // its thread is blocked in the call
};

// An IRP (or handle call).
struct LaneSpan {
    std::size_t lane = 0;
    std::string name;                    // the scenario's: "b", "A.ack of step 4"; may be empty
    std::string what;                    // "create \data.bin, access FILE_READ_DATA, ..."
    sim::RequestKind kind = sim::RequestKind::create;
    sim::IrpId irp;
    engine::OplockType oplock{};         // that it asks for, or keeps by acknowledging
    bool acknowledgment = false;
    Waiting waiting = Waiting::at_once;
    bool waited_for_break = false;       // for an acknowledgment that somebody owes
    bool cancelled = false;              // completed STATUS_CANCELLED
    std::size_t first_row = 0;           // 0, with before_window: issued before the window
    bool before_window = false;
    std::optional<std::size_t> last_row; // none: it is outstanding where the rows end
    sim::Ticks issued = 0;
    sim::Ticks completed = 0;
    std::string result;                  // "STATUS_SUCCESS, Information FILE_OPENED"
    sim::NtStatus status = sim::NtStatus::STATUS_PENDING;
};

// An oplock as it is after a row.
struct LaneHolder {
    std::string owner;                   // the handle's name in the scenario, else its lane's
    std::optional<std::size_t> lane;     // of the thread that asked for it
    engine::OplockType type{};
    bool breaking = false;               // the owner was told and owes an acknowledgment,
    engine::OplockType to{};             // of this level
    bool close_pending = false;          // it promised to close instead

    bool operator==(const LaneHolder&) const = default;
};
struct LaneStream {
    std::string name;                    // "\data.bin", as its opener wrote it
    std::vector<LaneHolder> holders;     // never empty
    std::size_t more = 0;                // holders beyond kMaxShownHolders

    bool operator==(const LaneStream&) const = default;
};
// Streams without an oplock are not listed.
using LaneState = std::vector<LaneStream>;

enum class RowKind : std::uint8_t {
    step,           // a step of the scenario that issues nothing by itself
    request,        // lane -> file system; its answer too if `answered`
    pend,           // file system -> lane: STATUS_PENDING, or the thread blocks
    wait,           // an operation waits (again)
    notice,         // file system -> owner: the oplock breaks
    release,        // in the file system: a waiter may go on
    completion,     // file system -> lane
    cancel,         // somebody asked to cancel the span
    clock,          // the clock moved
    pause,
    resume,
    thread_exit,
    process_exit,
};

// Something that must not be so, at the row where it shows.
struct LaneRemark {
    bool advice = false;                 // "should", not "must"
    std::string subject;                 // "held"; a rule's id
    std::string expected;
    std::string observed;
    std::vector<std::string> clauses;
};

struct LaneRow {
    RowKind kind = RowKind::request;
    std::size_t event = 0;               // the number of its first event
    sim::Ticks time = 0;
    std::uint32_t step = 0;              // of the scenario; 0: none
    bool begins_step = false;
    bool failed_step = false;            // an expectation of that step does not hold
    std::optional<std::size_t> lane;     // of the client; none: the file system, or nobody
    sim::ProcessId process;              // process_exit: whose lanes end
    std::optional<std::size_t> span;     // that it is about
    std::optional<std::size_t> cause;    // span of the operation that brought it about: of a
                                         // notice the breaking one, of a release the acknowledgment
    bool answered = false;               // request: it completes in this row
    Waiting waiting = Waiting::at_once;  // request, pend: how it goes on, if that shows here
    std::string text;                    // what to read beside it
    std::string result;                  // completion, answered request: status and Information
    engine::Why why;                     // the package's reason, if it decided
    engine::OplockType from{};           // notice
    engine::OplockType to{};
    bool ack_required = false;
    std::vector<std::string_view> clauses;   // that decided here
    std::size_t state = 0;               // of Picture::states, after this row
    bool state_changed = false;
    std::vector<LaneRemark> remarks;
};

struct Picture {
    std::vector<Lane> lanes;             // the last is the file system
    std::vector<LaneRow> rows;
    std::vector<LaneSpan> spans;         // in the order of their first row
    std::vector<LaneState> states;       // states[0] is the one before the first row
    std::size_t events_before = 0;       // that are not shown, for the window
    std::size_t events_after = 0;

    [[nodiscard]] std::size_t file_system() const { return lanes.size() - 1; }
};

// What a picture is made from. `events` and `names` are needed; the rest gives it better names.
struct PictureInput {
    std::span<const sim::TraceEvent> events;
    std::shared_ptr<const sim::Names> names;
    engine::Semantics semantics;         // where the trace does not say what the oplocks are
    std::span<const scenarios::ThreadName> threads;
    std::span<const std::pair<sim::IrpId, std::string>> irp_names;
    std::span<const scenarios::StepRecord> steps;
    std::span<const conformance::Violation> violations;
    std::span<const conformance::Violation> advisories;
};
// Which events get rows.
struct LaneWindow {
    std::size_t first_event = 0;
    std::size_t end_event = std::numeric_limits<std::size_t>::max();
    std::size_t max_rows = kMaxLaneRows;
};

[[nodiscard]] Picture make_picture(const PictureInput& input, const LaneWindow& window = {});
// Of a run whose trace was kept; it must outlive the result.
[[nodiscard]] PictureInput picture_input(const scenarios::RunResult& result);
// Of a run whose trace was kept.
[[nodiscard]] Picture make_picture(const scenarios::RunResult& result,
                                   const LaneWindow& window = {});

// The level that an unfinished break goes to.
[[nodiscard]] engine::OplockType target_of(engine::BreakState state);
// "Batch", "Level 2", "RWH", "None": for narrow columns.
[[nodiscard]] std::string_view short_name(engine::OplockType type);
// "Batch", "Batch -> Level 2 (owes the acknowledgment)".
[[nodiscard]] std::string describe(const LaneHolder& holder);
[[nodiscard]] std::string_view to_string(RowKind kind);

}  // namespace oplocksim::reports
