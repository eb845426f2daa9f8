// One moment of a run, prepared for the rules: an event, the model as it was just before, and what
// the table says about it. Each rule then asks one question.
#pragma once

#include <cstdint>
#include <optional>

#include "conformance/rules/decision.h"
#include "conformance/rules/observation.h"

namespace oplocksim::conformance {

// How a break notice compares with the table.
enum class NoticeKind : std::uint8_t {
    right,              // some operation in flight causes exactly this break
    late,               // the operation that causes it has completed already
    wrong_level,        // one causes a break, to another level or with another acknowledgment
    own_key,            // it would, but for the owner's key
    attribute_only,     // it would, but opens attributes only
    wrong_order,        // it would, had it met a sharing violation (or had it not)
    other_stream,       // an operation on another stream of the file would
    no_cause,           // none of these
};

// A notification: the request of a granted oplock completed with STATUS_SUCCESS, its handle open.
struct NoticeJudgement {
    NoticeKind kind = NoticeKind::no_cause;
    engine::OplockType to = engine::OplockType::none;   // what the owner was told
    bool acknowledge = false;
    const KnownIrp* cause = nullptr;                    // the operation that comes closest
    std::optional<BreakDecision> decision;              // what it causes
    Relation relation = Relation::same_stream;          // and how
    bool sure = false;                                  // no other operation can be the cause
};

// Something a completing operation owed to an oplock.
struct Obligation {
    const KnownOplock* oplock = nullptr;
    BreakDecision decision;
    Relation relation = Relation::same_stream;
};

// What a moment has to show. A rule names the occasions on which it has anything to judge, and is
// not asked on others.
using Occasions = std::uint32_t;
namespace on {
inline constexpr Occasions kIssue = 1u << 0;
inline constexpr Occasions kPend = 1u << 1;
inline constexpr Occasions kComplete = 1u << 2;
inline constexpr Occasions kAdvance = 1u << 3;
inline constexpr Occasions kOperationPends = 1u << 4;       // not an oplock FSCTL
inline constexpr Occasions kWaiterCompletes = 1u << 5;      // an operation that had pended
inline constexpr Occasions kCreateCompletes = 1u << 6;
inline constexpr Occasions kRenameCompletes = 1u << 7;
inline constexpr Occasions kLockCompletes = 1u << 8;
inline constexpr Occasions kFailure = 1u << 9;              // of an IRP that is outstanding
inline constexpr Occasions kFsctlPends = 1u << 10;          // an oplock FSCTL
inline constexpr Occasions kFsctlCompletes = 1u << 11;
inline constexpr Occasions kRequestCompletes = 1u << 12;    // of a granted oplock
inline constexpr Occasions kNotice = 1u << 13;              // and it is a notice
inline constexpr Occasions kAnswer = 1u << 14;              // an oplock FSCTL is answered
inline constexpr Occasions kUnanswered = 1u << 15;
inline constexpr Occasions kMeetsOplock = 1u << 16;         // an operation pends or completes, and
                                                            // an oplock is listed for its file
inline constexpr Occasions kCancelled = 1u << 17;           // the IRP was, or says so
inline constexpr Occasions kInProgress = 1u << 18;          // STATUS_OPLOCK_BREAK_IN_PROGRESS
inline constexpr Occasions kCancelledLeft = 1u << 19;       // it settles, and one may be left
inline constexpr Occasions kOrphanLeft = 1u << 20;          // likewise, of a closed handle
inline constexpr Occasions kLate = 1u << 21;                // it settles, and a notice is missing
inline constexpr Occasions kReadCompletes = 1u << 22;
inline constexpr Occasions kWriteCompletes = 1u << 23;
inline constexpr Occasions kCached = 1u << 24;              // a client answers by itself
inline constexpr Occasions kUnlockCompletes = 1u << 25;
inline constexpr Occasions kNever = 0;
inline constexpr Occasions kAlways = ~Occasions{0};
}  // namespace on

struct Moment {
    explicit Moment(const Observation& before) : model(before) {}

    const Observation& model;            // before the event
    const sim::TraceEvent* event = nullptr;   // null at the end of the run
    std::size_t step = 0;
    bool settles = false;                // everything earlier events set off is over
    const KnownIrp* irp = nullptr;       // that the event is about, if it is outstanding
    const KnownOplock* oplock = nullptr; // complete: whose request it is
    const KnownOpen* owner = nullptr;    // of that oplock
    std::optional<NoticeJudgement> notice;
    engine::SmallVector<Obligation, 2> missing;   // complete: these oplocks should have been
                                                  // broken before
    OplockList unanswered;               // complete: these acknowledgments are still owed
    std::optional<Answers> answer;       // an oplock FSCTL pends or completes at once
    Occasions occasions = 0;             // what of this there is

    [[nodiscard]] bool is(sim::TraceEventKind kind) const {
        return event != nullptr && event->kind == kind;
    }
    [[nodiscard]] bool completes(sim::RequestKind kind) const {
        return is(sim::TraceEventKind::complete) && irp != nullptr && irp->request.kind == kind;
    }
    // An operation other than an oplock FSCTL is over.
    [[nodiscard]] bool operation_completes() const;
    [[nodiscard]] bool operation_pends() const;
};

[[nodiscard]] Moment moment_of(const Observation& model, const sim::TraceEvent& event,
                               std::size_t step);

// The run is over.
[[nodiscard]] Moment end_of(const Observation& model, std::size_t step);

// Did the create, or an open of the file, ask for MAXIMUM_ALLOWED? What that comes to, and so what
// it conflicts with, depends on the file.
[[nodiscard]] bool asks_for_maximum(const Observation& model, const KnownIrp& create,
                                    FileNumber file);

// The breaks that an operation which pends, or is still pending, may be waiting for.
[[nodiscard]] OplockList awaited(const Observation& model, const KnownIrp& irp);
// Which rule a break that did not come belongs to.
[[nodiscard]] MissingTopic topic_of(const Moment& moment, const Obligation& missing);
// Does the lock keep a read, write or lock from its range ([MS-FSA] 2.1.4.10)?
[[nodiscard]] bool stands_in_the_way(const KnownLock& lock, const KnownIrp& irp);
// Other things it may be waiting for: a reservation (SC-102), a byte-range lock.
[[nodiscard]] bool waits_for_something_else(const Observation& model, const KnownIrp& irp);
[[nodiscard]] bool is_oplock_fsctl(const KnownIrp& irp);
// Does a create take handle caching here, because of its sharing violation?
[[nodiscard]] bool takes_handles(const Moment& moment);

}  // namespace oplocksim::conformance
