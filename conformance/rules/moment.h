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
// not asked on others. The finer they are, the less an event costs: most events concern few rules.
using Occasions = std::uint64_t;
namespace on {
constexpr Occasions bit(unsigned number) { return Occasions{1} << number; }

inline constexpr Occasions kAdvance = bit(0);
inline constexpr Occasions kCached = bit(1);                // a client answers by itself
inline constexpr Occasions kPend = bit(2);
inline constexpr Occasions kComplete = bit(3);
// What ought not to be: an IRP is issued that is outstanding, pends that is not, or pends twice.
inline constexpr Occasions kMisplaced = bit(4);
inline constexpr Occasions kIssueInCall = bit(5);           // of a thread that is in a call
inline constexpr Occasions kIssueBesideBreak = bit(6);      // while some break is under way
inline constexpr Occasions kCacheIssues = bit(7);           // somebody caches, and a close or an
                                                            // oplock FSCTL is issued
// It settles (Moment::settles), and ...
inline constexpr Occasions kCancelledLeft = bit(8);         // a cancelled IRP may be left
inline constexpr Occasions kOrphanLeft = bit(9);            // an oplock of a closed handle may be
inline constexpr Occasions kLate = bit(10);                 // a notice is missing
// An operation, no oplock FSCTL, pends or completes. It is ...
inline constexpr Occasions kMeetsGranted = bit(11);         // on a stream with a granted oplock
inline constexpr Occasions kMeetsBreak = bit(12);           // ... with a break under way
inline constexpr Occasions kMeetsOtherStream = bit(13);     // on a file with one elsewhere
inline constexpr Occasions kOplockOption = bit(14);         // a create that speaks of oplocks
inline constexpr Occasions kOperationPends = bit(15);
inline constexpr Occasions kWaiterCompletes = bit(16);      // an operation that had pended
inline constexpr Occasions kCreateCompletes = bit(17);
inline constexpr Occasions kCreateSucceeds = bit(18);
inline constexpr Occasions kCreateFails = bit(19);
inline constexpr Occasions kRenameCompletes = bit(20);
inline constexpr Occasions kLockCompletes = bit(21);
inline constexpr Occasions kReadCompletes = bit(22);
inline constexpr Occasions kWriteCompletes = bit(23);
inline constexpr Occasions kUnlockCompletes = bit(24);
inline constexpr Occasions kOperationEnds = bit(25);        // and it is no create
inline constexpr Occasions kOperationFails = bit(26);       // likewise
inline constexpr Occasions kSeesBesideBreak = bit(27);      // a read or create completes, and some
                                                            // break is under way
// An IRP that is outstanding completes.
inline constexpr Occasions kFailure = bit(28);
inline constexpr Occasions kLockRefused = bit(29);          // for a byte-range lock
inline constexpr Occasions kCancelled = bit(30);            // it was, or says so
inline constexpr Occasions kInProgress = bit(31);           // STATUS_OPLOCK_BREAK_IN_PROGRESS
inline constexpr Occasions kUnanswered = bit(32);           // Moment::unanswered
inline constexpr Occasions kRequestCompletes = bit(33);     // of a granted oplock
inline constexpr Occasions kNotice = bit(34);               // and it is a notice
// An oplock FSCTL.
inline constexpr Occasions kFsctlPends = bit(35);
inline constexpr Occasions kNotificationEnds = bit(36);     // that pended
inline constexpr Occasions kSuccessAtOnce = bit(37);        // it is answered STATUS_SUCCESS
// It is answered (Moment::answer), and the answer was settled by ...
inline constexpr Occasions kGrantAnswer = bit(38);
inline constexpr Occasions kSynchronousAnswer = bit(39);
inline constexpr Occasions kByteRangeLockAnswer = bit(40);
inline constexpr Occasions kDirectoryAnswer = bit(41);
inline constexpr Occasions kAcknowledgmentAnswer = bit(42);
inline constexpr Occasions kNotificationAnswer = bit(43);

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
