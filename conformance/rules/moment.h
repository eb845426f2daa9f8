// One moment of a run, prepared for the rules: an event, the model as it was just before, and what
// the table says about it. Each rule then asks one question.
#pragma once

#include <optional>
#include <string>
#include <vector>

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
    bool sure = false;                                  // no other operation can be the cause
};

// Something a completing operation owed to an oplock.
struct Obligation {
    const KnownOplock* oplock = nullptr;
    BreakDecision decision;
    Relation relation = Relation::same_stream;
};

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
    std::vector<Obligation> missing;     // complete: these oplocks should have been broken before
    std::vector<const KnownOplock*> unanswered;   // complete: these acknowledgments are still owed
    std::optional<Answers> answer;       // an oplock FSCTL pends or completes at once

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

// The breaks that an operation which pends, or is still pending, may be waiting for.
[[nodiscard]] std::vector<const KnownOplock*> awaited(const Observation& model,
                                                      const KnownIrp& irp);
// Which rule a break that did not come belongs to.
[[nodiscard]] MissingTopic topic_of(const Moment& moment, const Obligation& missing);
// Other things it may be waiting for: a reservation (SC-102), a byte-range lock.
[[nodiscard]] bool waits_for_something_else(const Observation& model, const KnownIrp& irp);
[[nodiscard]] bool is_oplock_fsctl(const KnownIrp& irp);

}  // namespace oplocksim::conformance
