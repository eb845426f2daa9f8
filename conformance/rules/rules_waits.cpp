// Who waits, for whom, and until when: P01, P02, P03, P19, P20, P23, P26.
#include <algorithm>
#include <array>

#include "conformance/rules/rule.h"

namespace oplocksim::conformance {
namespace {

using engine::NtStatus;
using sim::RequestKind;
using sim::TraceEventKind;

// ---- P01, P03: an operation that waits

void waits_regardless_of_time(const Moment& moment, Verdict& verdict) {
    const Observation& model = moment.model;
    if (moment.is(TraceEventKind::advance)) {
        for (const KnownIrp& irp : model.irps()) {
            if (irp.pended && !is_oplock_fsctl(irp) && !awaited(model, irp).empty()) {
                verdict.exercise();
            }
        }
    }
    if (!moment.operation_completes() || moment.irp->cancelled) return;
    if (model.trigger() != Trigger::advance || moment.unanswered.empty()) return;
    verdict.violate({}, completes_text(moment) + " when nothing but time had passed",
                    "it waits, without a timeout, until the break is acknowledged",
                    waits_text(model, *moment.irp, moment.unanswered));
}

// What it began to wait for, as long as none of that is over: however it ends, it does not look
// again before, and decides nothing.
OplockList still_awaited(const Moment& moment) {
    const KnownIrp& irp = *moment.irp;
    if (!irp.pended || irp.released || irp.cancelled_late) return {};
    if (waits_for_something_else(moment.model, irp)) return {};
    OplockList found;
    for (const KnownOplock* oplock : awaited(moment.model, irp)) {
        if (!moment.model.being_acknowledged(*oplock)) found.push_back(oplock);
    }
    return found;
}

// Somebody else goes on, so its call has returned, or blocks its thread.
void has_pended(const Moment& moment, Verdict& verdict) {
    for (const KnownIrp& irp : moment.model.irps()) {
        const bool other = irp.thread != moment.event->thread && !is_oplock_fsctl(irp);
        if (!other || irp.pended || !irp.known_place || !is_held(moment.model, irp)) continue;
        const bool create = irp.request.kind == RequestKind::create;
        verdict.violate(create ? "BRK-CREATE-BLOCKS" : "BRK-ASYNC-PENDING",
                        describe(moment.model, irp) + " neither pended nor completed, and " +
                            "somebody else has gone on",
                        "an operation that is held pends: STATUS_PENDING is returned, or its "
                        "thread is blocked");
    }
}

void waits_for_acknowledgments(const Moment& moment, Verdict& verdict) {
    if (moment.is(TraceEventKind::issue)) return has_pended(moment, verdict);
    if (!moment.operation_completes() || moment.irp->cancelled) return;
    if (moment.irp->pended) verdict.exercise();
    const bool by_time = moment.irp->pended && moment.model.trigger() == Trigger::advance;
    if (moment.event->status == NtStatus::STATUS_CANCELLED) return;
    if (by_time && !moment.unanswered.empty()) return;   // time-alone
    const OplockList owed =
        moment.unanswered.empty() ? still_awaited(moment) : moment.unanswered;
    if (owed.empty()) return;
    const bool several = owed.front()->type == engine::OplockType::read_handle;
    verdict.violate(several ? "BRK-RH-EVERY-HOLDER" : "BRK-WAITS-FOR-ACK", completes_text(moment),
                    "it waits until every owner that was told has acknowledged or closed",
                    waits_text(moment.model, *moment.irp, owed));
}

// ---- P23, P20: who must not wait

bool left_over(const Observation& model, const KnownIrp& irp) {
    if (!irp.pended || is_oplock_fsctl(irp) || irp.cancelled) return false;
    // What it waits for may have got another name since; so may what a create went on to, when
    // what it had waited for was gone (SC-114).
    const bool by_name = irp.request.kind == RequestKind::rename ||
                         irp.request.kind == RequestKind::link ||
                         irp.request.kind == RequestKind::set_short_name ||
                         model.may_have_moved_on(irp);
    const bool breaking = std::ranges::any_of(model.oplocks(), &KnownOplock::breaking);
    if (by_name && breaking) return false;
    if (!awaited(model, irp).empty() || waits_for_something_else(model, irp)) return false;
    if (!model.may_have_moved_on(irp)) return true;
    const KnownIrp now = model.with_its_name(irp);
    return awaited(model, now).empty() && !waits_for_something_else(model, now);
}

// Own breaks that would hold the operation if they were somebody else's.
OplockList own_breaks(const Observation& model, const KnownIrp& irp) {
    OplockList found;
    for (const KnownOplock& oplock : model.oplocks()) {
        if (!oplock.breaking || !model.same_owner(irp, oplock)) continue;
        const auto decision = table(model, irp, oplock.type, Relation::same_stream, false);
        if (oplock.stream == irp.place.stream && decision && decision->waits) {
            found.push_back(&oplock);
        }
    }
    return found;
}

void waits_only_for_a_break(const Moment& moment, Verdict& verdict) {
    if (!moment.operation_pends()) return;
    verdict.exercise();
    if (has_option(*moment.irp, engine::FILE_COMPLETE_IF_OPLOCKED)) return;
    if (!awaited(moment.model, *moment.irp).empty()) return;
    if (waits_for_something_else(moment.model, *moment.irp)) return;
    if (!own_breaks(moment.model, *moment.irp).empty()) return;
    verdict.violate({}, describe(moment.model, *moment.irp) + " waits",
                    "no acknowledgment is owed that it has to wait for: it goes on at once",
                    waits_text(moment.model, *moment.irp, {}));
}

void nobody_is_forgotten(const Moment& moment, Verdict& verdict) {
    for (const KnownIrp& irp : moment.model.irps()) {
        if (!irp.pended || is_oplock_fsctl(irp)) continue;
        verdict.exercise();
        if (moment.model.is_paused(irp.thread) || !left_over(moment.model, irp)) continue;
        const bool locks = irp.request.kind == RequestKind::lock;
        verdict.violate(locks ? "FSA-LOCK-WAITS-FOR-THE-RANGE" : "",
                        describe(moment.model, irp) + " has not completed",
                        locks ? "no acknowledgment is owed, and its range is free: it goes on"
                              : "every acknowledgment that it waited for was given: it goes on",
                        waits_text(moment.model, irp, {}));
    }
}

void owner_never_waits_for_itself(const Moment& moment, Verdict& verdict) {
    const bool ends = moment.operation_completes() || moment.operation_pends();
    if (!ends) return;
    const OplockList own = own_breaks(moment.model, *moment.irp);
    if (own.empty()) return;
    verdict.exercise();
    if (!moment.operation_pends() || !awaited(moment.model, *moment.irp).empty()) return;
    if (waits_for_something_else(moment.model, *moment.irp)) return;
    verdict.violate({}, describe(moment.model, *moment.irp) + " waits for its own break",
                    "while its break is unacknowledged the owner's operations neither wait nor "
                    "break",
                    waits_text(moment.model, *moment.irp, own));
}

// ---- P20: deadlocks of the clients' own making

class DeadlockSearch {
 public:
    explicit DeadlockSearch(const Observation& model) : model_(model) {
        for (const KnownIrp& irp : model.irps()) {
            if (irp.blocked && !is_oplock_fsctl(irp) && !awaited(model, irp).empty()) {
                dead_.push_back(&irp);
            }
        }
        while (shrink()) {
        }
    }

    [[nodiscard]] const std::vector<const KnownIrp*>& dead() const { return dead_; }
    // "IRP 2 -> process 1 -> IRP 2".
    [[nodiscard]] std::string cycle() const {
        std::string text;
        for (const KnownIrp* irp : dead_) {
            if (!text.empty()) text += "; ";
            text += waits_text(model_, *irp, stuck_breaks(*irp)) +
                    ", whose every thread is blocked";
        }
        return text;
    }

 private:
    [[nodiscard]] bool is_dead(const KnownIrp* irp) const {
        return std::ranges::find(dead_, irp) != dead_.end();
    }

    // Can nobody of this process answer, because every thread of it is in a dead call?
    [[nodiscard]] bool stuck(sim::ProcessId process) const {
        return std::ranges::all_of(model_.threads(), [&](const KnownThread& thread) {
            if (thread.process != process || thread.exited) return true;
            const KnownIrp* const call = model_.blocking_call(thread.thread);
            return call != nullptr && is_dead(call);
        });
    }

    [[nodiscard]] OplockList stuck_breaks(const KnownIrp& irp) const {
        OplockList found;
        for (const KnownOplock* oplock : awaited(model_, irp)) {
            const bool all = std::ranges::all_of(model_.handles(), [&](const KnownHandle& one) {
                return one.open != oplock->open || stuck(one.process);
            });
            if (all) found.push_back(oplock);
        }
        return found;
    }

    bool shrink() {
        return std::erase_if(dead_, [&](const KnownIrp* irp) {
                   return stuck_breaks(*irp).empty();
               }) != 0;
    }

    const Observation& model_;
    std::vector<const KnownIrp*> dead_;
};

void waits_are_not_circular(const Moment& moment, Verdict& verdict) {
    if (std::ranges::any_of(moment.model.irps(), &KnownIrp::blocked)) verdict.exercise();
    const DeadlockSearch search(moment.model);
    if (search.dead().empty()) return;
    verdict.violate({}, "the run ends in a deadlock",
                    "an owner that is told of a break can still answer", search.cycle());
}

// ---- P19: cancellation

void cancelled_at_once(const Moment& moment, Verdict& verdict) {
    if (!moment.settles) return;
    if (!moment.model.any_cancelled()) return;
    for (const KnownIrp& irp : moment.model.irps()) {
        if (!irp.cancelled || !irp.pended) continue;
        verdict.violate("CANCEL-WAITER-STATUS",
                        describe(moment.model, irp) + " was cancelled and has not completed",
                        "a held operation that is cancelled, or whose thread or process ends, "
                        "completes at once");
    }
}

void cancellation(const Moment& moment, Verdict& verdict) {
    cancelled_at_once(moment, verdict);
    if (!moment.is(TraceEventKind::complete) || moment.irp == nullptr) return;
    const bool cancelled = moment.event->status == NtStatus::STATUS_CANCELLED;
    const KnownIrp& irp = *moment.irp;
    if (irp.cancelled && irp.pended) {
        verdict.exercise();
        if (cancelled) return;
        const bool exit = moment.model.exiting();
        verdict.violate(exit ? "BRK-TERMINATION-CANCELS" : "CANCEL-WAITER-STATUS",
                        completes_text(moment), "STATUS_CANCELLED");
        return;
    }
    if (!cancelled || irp.cancelled_late) return;
    // SC-112: a cleanup cancels what waits for a byte-range lock, or for the end of a break.
    const KnownOpen* const own = moment.model.open(irp.open);
    const bool closed = own != nullptr && own->cleaned_up;
    if (closed && (irp.request.kind == RequestKind::lock || is_oplock_fsctl(irp))) return;
    verdict.violate("CANCEL-OTHERS-UNTOUCHED", completes_text(moment),
                    "nobody cancelled it: it is untouched");
}

// ---- P02, P26: break notification and FILE_COMPLETE_IF_OPLOCKED

OplockList owed_on(const Observation& model, StreamNumber stream) {
    OplockList found;
    for (const KnownOplock& oplock : model.oplocks()) {
        if (!oplock.breaking || oplock.stream != stream) continue;
        if (!model.being_acknowledged(oplock)) found.push_back(&oplock);
    }
    return found;
}

bool is_notification(const KnownIrp& irp) {
    return is_oplock_fsctl(irp) && fsctl_kind(irp.request.fsctl) == FsctlKind::notification;
}

void break_ends_by_acknowledgment(const Moment& moment, Verdict& verdict) {
    const bool completes = moment.is(TraceEventKind::complete) && moment.irp != nullptr;
    if (!completes || !is_notification(*moment.irp) || !moment.irp->pended) return;
    if (moment.event->status != NtStatus::STATUS_SUCCESS) return;
    verdict.exercise();
    const auto owed = owed_on(moment.model, moment.irp->place.stream);
    if (owed.empty()) return;
    verdict.violate({}, completes_text(moment),
                    "the break is over when it was acknowledged, or its owner closed",
                    waits_text(moment.model, *moment.irp, owed));
}

void notification_is_not_forgotten(const Moment& moment, Verdict& verdict) {
    for (const KnownIrp& irp : moment.model.irps()) {
        if (!is_notification(irp) || !irp.pended) continue;
        verdict.exercise();
        if (!owed_on(moment.model, irp.place.stream).empty()) continue;
        if (moment.model.is_paused(irp.thread)) continue;
        verdict.violate("ACK-NOTIFY-BREAK-COMPLETE",
                        describe(moment.model, irp) + " has not completed",
                        "no break of the stream is left: STATUS_SUCCESS");
    }
}

void break_in_progress_status(const Moment& moment, Verdict& verdict) {
    if (!moment.is(TraceEventKind::complete) && !moment.is(TraceEventKind::pend)) return;
    if (moment.irp == nullptr) return;
    const KnownIrp& irp = *moment.irp;
    const bool option = has_option(irp, engine::FILE_COMPLETE_IF_OPLOCKED);
    if (moment.is(TraceEventKind::pend)) {
        if (!option) return;
        verdict.exercise();
        verdict.violate("BRK-COMPLETE-IF-OPLOCKED", describe(moment.model, irp) + " waits",
                        "FILE_COMPLETE_IF_OPLOCKED: it goes on without the acknowledgment");
        return;
    }
    const bool says = moment.event->status == NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS;
    if (option || says) verdict.exercise();
    if (says && !option) {
        verdict.violate({}, completes_text(moment),
                        "only a create with FILE_COMPLETE_IF_OPLOCKED answers so");
        return;
    }
    const auto policy = moment.model.semantics().complete_if_oplocked_status;
    const bool literal = policy == engine::CompleteIfOplockedStatus::would_have_waited;
    if (!option || !literal || !engine::nt_success(moment.event->status)) return;
    OplockList would_wait;
    const bool created = moment.event->information == engine::FILE_CREATED;   // it met no oplock
    for (const KnownOplock& oplock : moment.model.oplocks()) {
        if (created || !oplock.breaking || !waits_for(moment.model, irp, oplock, false)) continue;
        would_wait.push_back(&oplock);
    }
    if (says == !would_wait.empty()) return;
    verdict.violate({}, completes_text(moment),
                    says ? "STATUS_SUCCESS: it would not have waited for anybody"
                         : "STATUS_OPLOCK_BREAK_IN_PROGRESS: without the option it would wait");
}

constexpr std::string_view kTime[] = {"BRK-NO-TIMEOUT", "CANCEL-NO-TIMEOUT"};
constexpr std::string_view kNotify[] = {"ACK-NOTIFY-BREAK-COMPLETE", "ACK-NOTIFY-WAITS",
                                        "BRK-WAITS-FOR-ACK"};
constexpr std::string_view kWaits[] = {"BRK-WAITS-FOR-ACK",   "BRK-OWNER-FIRST",
                                       "BRK-RH-EVERY-HOLDER", "BRK-EXCLUSIVE-WAITS",
                                       "BRK-CREATE-BLOCKS",   "BRK-ASYNC-PENDING"};
constexpr std::string_view kCancel[] = {"CANCEL-WAITER-STATUS", "BRK-TERMINATION-CANCELS",
                                        "CANCEL-OTHERS-UNTOUCHED", "BRK-CANCELABLE"};
constexpr std::string_view kOwner[] = {"BRK-OWNER-NEVER-WAITS", "ACK-OWN-OPERATIONS-GO-ON"};
constexpr std::string_view kDeadlock[] = {"BRK-SELF-DEADLOCK", "BRK-OWNER-TIMELY"};
constexpr std::string_view kNoReason[] = {"BRK-SHARED-NO-WAIT", "BRK-RH-PER-OPERATION",
                                          "BRK-OPERATIONS-NO-OTHERS"};
constexpr std::string_view kForgotten[] = {"BRK-WAITS-FOR-ACK", "CLEANUP-RELEASES-WAITERS",
                                           "FSA-LOCK-WAITS-FOR-THE-RANGE"};
constexpr std::string_view kInProgress[] = {"BRK-IN-PROGRESS-STATUS", "BRK-COMPLETE-IF-OPLOCKED",
                                            "CREATE-COMPLETE-MEETS-BREAK"};

const std::array kRules = {
    Rule{{"time-alone", "P01", kTime, "must", "Time alone never completes a waiting operation",
          "When the clock moves and nobody acts, no operation that waits for an acknowledgment "
          "completes. It ends after every acknowledgment owed to it, the owner's cleanup, or its "
          "own cancellation."},
         on::kAdvance | on::kUnanswered, waits_regardless_of_time},
    Rule{{"break-ends-by-acknowledgment", "P02", kNotify, "must",
          "A break that requires an acknowledgment ends by one, or by the owner's cleanup",
          "FSCTL_OPLOCK_BREAK_NOTIFY completes with STATUS_SUCCESS only when no owner of an oplock "
          "on the stream owes an acknowledgment."},
         on::kNotificationEnds, break_ends_by_acknowledgment, notification_is_not_forgotten},
    Rule{{"waits-for-acknowledgments", "P03", kWaits, "must",
          "No effect of the breaking operation before the acknowledgments",
          "An operation that the table holds back completes only when no owner that it waits for "
          "still owes an acknowledgment. For Read-Handle that is every owner with another key. "
          "Before anybody else goes on it has pended."},
         on::kWaiterCompletes | on::kUnanswered | on::kIssueBesideBreak, waits_for_acknowledgments},
    Rule{{"cancellation", "P19", kCancel, "must",
          "A cancelled waiter completes once, at once, with STATUS_CANCELLED; others do not",
          "An IRP that is cancelled, or whose thread or process ends while it waits, completes "
          "with STATUS_CANCELLED before anything else starts. Nothing that nobody cancelled "
          "completes so."},
         on::kCancelled | on::kCancelledLeft, cancellation},
    Rule{{"owner-never-waits-for-itself", "P20", kOwner, "must",
          "While its break is unacknowledged, an owner's operations go on",
          "An operation with the key of the owner that owes the acknowledgment is not held by "
          "that break."},
         on::kMeetsBreak, owner_never_waits_for_itself},
    Rule{{"no-circular-wait", "P20", kDeadlock, "should",
          "A wait whose only possible releaser is blocked by it is a deadlock",
          "At the end of a run: every process that could acknowledge or close has all its threads "
          "blocked in calls that wait for it. The clients made it; it is reported as advice, "
          "with the cycle."},
         on::kNever, nullptr, waits_are_not_circular},
    Rule{{"waits-only-for-a-break", "P23", kNoReason, "must",
          "An operation waits only where the table says so",
          "When an operation pends, an acknowledgment is owed that it has to wait for, or a "
          "reservation or byte-range lock stands in its way."},
         on::kOperationPends, waits_only_for_a_break},
    Rule{{"nobody-is-forgotten", "P23", kForgotten, "must",
          "When every acknowledgment was given, every operation that waited has completed",
          "At the end of a run no operation waits for an acknowledgment that nobody owes, or for a "
          "range in which no byte-range lock is left."},
         on::kNever, nullptr, nobody_is_forgotten},
    Rule{{"break-in-progress", "P26", kInProgress, "must",
          "STATUS_OPLOCK_BREAK_IN_PROGRESS answers creates with FILE_COMPLETE_IF_OPLOCKED only",
          "Such a create does not wait. If it succeeds and would have waited, it answers "
          "STATUS_OPLOCK_BREAK_IN_PROGRESS; otherwise STATUS_SUCCESS (SC-021)."},
         on::kOplockOption | on::kInProgress, break_in_progress_status},
};

}  // namespace

std::span<const Rule> wait_rules() { return kRules; }

}  // namespace oplocksim::conformance
