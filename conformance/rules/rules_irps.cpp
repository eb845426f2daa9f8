// The life of an IRP and what its completion carries: P06, P07, P12 (formats).
#include <algorithm>
#include <array>

#include "conformance/rules/rule.h"

namespace oplocksim::conformance {
namespace {

using engine::NtStatus;
using engine::OplockType;
using sim::RequestKind;
using sim::TraceEventKind;

std::string event_text(const Moment& moment) {
    return std::string(sim::to_string(moment.event->request_kind)) + " (" +
           number_of(moment.event->irp) + ")";
}

// ---- P06

void pending_before_final(const Moment& moment, Verdict& verdict) {
    if (moment.is(TraceEventKind::pend)) verdict.exercise();
    if (!moment.is(TraceEventKind::issue)) return;
    if (!moment.model.is_in_call(moment.event->thread)) return;
    for (const KnownIrp& irp : moment.model.irps()) {
        if (irp.thread != moment.event->thread) continue;
        const bool returned = irp.pended && !irp.blocked;
        if (returned) continue;
        verdict.violate({}, "a thread issues " + event_text(moment) + " while " +
                                describe(moment.model, irp) +
                                (irp.blocked ? " blocks it" : " has not returned"),
                        "a call returns STATUS_PENDING or its completion before the thread goes "
                        "on");
    }
}

// A held create, and what is held on a synchronous handle, blocks the caller; nothing else does.
void who_is_blocked(const Moment& moment, Verdict& verdict) {
    if (!moment.is(TraceEventKind::pend) || moment.irp == nullptr) return;
    if (!moment.irp->known_place) return;
    if (moment.irp->expected.topic == AnswerTopic::synchronous) return;   // synchronous-handles
    verdict.exercise();
    const bool blocks = moment.model.synchronous(*moment.irp);
    if (blocks == moment.event->blocked) return;
    const bool create = moment.irp->request.kind == RequestKind::create;
    const std::string_view clause =
        create ? "BRK-CREATE-BLOCKS" : (blocks ? "BRK-SYNC-BLOCKS" : "BRK-ASYNC-PENDING");
    verdict.violate(clause,
                    describe(moment.model, *moment.irp) +
                        (blocks ? " returns STATUS_PENDING" : " blocks its thread"),
                    blocks ? "a held create, or operation on a synchronous handle, blocks"
                           : "a held operation on an asynchronous handle returns STATUS_PENDING");
}

// ---- P07

void completes_once(const Moment& moment, Verdict& verdict) {
    if (moment.is(TraceEventKind::complete)) verdict.exercise();
    if (moment.is(TraceEventKind::issue) && moment.model.irp(moment.event->irp) != nullptr) {
        verdict.violate({}, event_text(moment) + " is issued while that IRP is outstanding",
                        "an IRP completes before its number is used again");
        return;
    }
    const bool ends = moment.is(TraceEventKind::complete) || moment.is(TraceEventKind::pend);
    if (!ends) return;
    if (moment.irp == nullptr) {
        verdict.violate({}, event_text(moment) + " " +
                                std::string(sim::to_string(moment.event->kind)) +
                                "s, but is not outstanding",
                        "every IRP completes exactly once");
    } else if (moment.is(TraceEventKind::pend) && moment.irp->pended) {
        verdict.violate({}, event_text(moment) + " pends a second time",
                        "an IRP returns STATUS_PENDING once");
    }
}

void nothing_left_of_closed(const Moment& moment, Verdict& verdict) {
    if (!moment.settles || !moment.model.any_orphan()) return;
    for (const KnownOplock& oplock : moment.model.oplocks()) {
        const KnownOpen* const owner = moment.model.open(oplock.open);
        if (owner != nullptr && !owner->cleaned_up) continue;
        verdict.violate("CLEANUP-OTHERS-TO-NONE",
                        describe(moment.model, oplock) + " has not completed",
                        "its handle is closed: the request completes, the oplock is gone");
    }
}

void nothing_is_left(const Moment& moment, Verdict& verdict) {
    if (moment.is(TraceEventKind::complete) && moment.oplock != nullptr) {
        const bool closed = moment.owner == nullptr || moment.owner->cleaned_up;
        if (closed) verdict.exercise();
    }
    nothing_left_of_closed(moment, verdict);
}

void nothing_unfinished(const Moment& moment, Verdict& verdict) {
    for (const KnownIrp& irp : moment.model.irps()) {
        if (irp.pended) continue;
        verdict.violate("BRK-REQUEST-PENDS",
                        describe(moment.model, irp) + " neither pended nor completed",
                        "every IRP that does not pend completes");
    }
}

// ---- What completions carry

void notice_format(const Moment& moment, Verdict& verdict) {
    if (!moment.notice) return;
    verdict.exercise();
    const OplockType type = moment.oplock->type;
    const sim::TraceEvent& event = *moment.event;
    const auto who = [&] { return describe(moment.model, *moment.oplock); };
    if (!engine::is_granular(type)) {
        const bool level_2 = event.information == engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2 &&
                             (type == OplockType::level_1 || type == OplockType::batch);
        if (level_2 || event.information == engine::FILE_OPLOCK_BROKEN_TO_NONE) return;
        verdict.violate("BRK-INFORMATION-LEVEL",
                        who() + " is broken with Information " + std::to_string(event.information),
                        "FILE_OPLOCK_BROKEN_TO_NONE, or for Level 1 and Batch "
                        "FILE_OPLOCK_BROKEN_TO_LEVEL_2");
        return;
    }
    const engine::RequestOplockOutputBuffer& output = event.output;
    if (!event.has_output || event.information != sizeof output) {
        verdict.violate("FSCTLP-OUT-NEW-LEVEL", who() + " is broken without its output buffer",
                        "a REQUEST_OPLOCK_OUTPUT_BUFFER, and Information is its size");
        return;
    }
    if (output.original_oplock_level != engine::cache_level(type)) {
        verdict.violate("FSCTLP-OUT-ORIGINAL-LEVEL",
                        who() + " is broken from level " +
                            std::to_string(output.original_oplock_level),
                        "OriginalOplockLevel is the level that was held");
    }
}

// SC-106: exactly where a create would otherwise have failed with a sharing violation.
void modes_provided(const Moment& moment, Verdict& verdict) {
    if (!moment.notice || moment.notice->kind != NoticeKind::right) return;
    const KnownIrp& cause = *moment.notice->cause;
    if (!engine::is_granular(moment.oplock->type) || !moment.notice->sure) return;
    if (asks_for_maximum(moment.model, cause, moment.oplock->file)) return;
    if (moment.model.may_have_moved_on(cause)) return;
    const bool conflict = cause.request.kind == RequestKind::create &&
                          caches_handles(moment.oplock->type) &&
                          moment.model.sharing_conflict(cause);
    const engine::RequestOplockOutputBuffer& output = moment.event->output;
    const bool provided =
        (output.flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED) != 0;
    if (conflict) verdict.exercise();
    if (provided != conflict) {
        verdict.violate({},
                        describe(moment.model, *moment.oplock) +
                            (provided ? " is told the modes of a create"
                                      : " is not told the modes of the create"),
                        "MODES_PROVIDED exactly where the create would meet a sharing violation");
        return;
    }
    if (!conflict) return;
    // What the disposition implies may be in it.
    const sim::AccessMask implied = implied_access(cause.request.disposition);
    const sim::AccessMask asked = mapped(cause.request.access);
    const bool access = (output.access_mode | implied) == (asked | implied);
    if (access && output.share_mode == cause.request.share) return;
    verdict.violate({}, describe(moment.model, *moment.oplock) + " is told other modes",
                    "AccessMode and ShareMode are those of " + describe(moment.model, cause));
}

// On the stream, or, `beyond`, on one that it may be about: that it reaches over to (SC-018), if
// its own stream is not there yet, which cannot be seen; or of another file (SC-114).
bool batch_break_outstanding(const Observation& model, const KnownIrp& create, bool beyond) {
    return std::ranges::any_of(model.oplocks(), [&](const KnownOplock& oplock) {
        const bool batch = oplock.type == OplockType::batch || oplock.type == OplockType::filter;
        if (!oplock.breaking || !batch) return false;
        if (beyond && model.may_have_moved_on(create)) return true;
        if (oplock.file != create.place.file) return false;
        return oplock.stream == create.place.stream ||
               (beyond && reaches_over(model, create, oplock.type));
    });
}

void batch_break_underway(const Moment& moment, Verdict& verdict) {
    if (!moment.completes(RequestKind::create)) return;
    const bool violation = moment.event->status == NtStatus::STATUS_SHARING_VIOLATION;
    const bool outstanding = batch_break_outstanding(moment.model, *moment.irp, true);
    const bool must = violation && !moment.model.may_have_moved_on(*moment.irp) &&
                      batch_break_outstanding(moment.model, *moment.irp, false);   // SC-023
    const bool says = !engine::nt_success(moment.event->status) &&
                      moment.event->information == engine::FILE_OPBATCH_BREAK_UNDERWAY;
    if (must || says) verdict.exercise();
    if (says && !violation) {
        verdict.violate({}, completes_text(moment) + ", FILE_OPBATCH_BREAK_UNDERWAY",
                        "only a create that fails with STATUS_SHARING_VIOLATION says so");
    } else if (says && !outstanding) {
        verdict.violate("CREATE-COMPLETE-CONFLICT",
                        completes_text(moment) + ", FILE_OPBATCH_BREAK_UNDERWAY",
                        "Information is 0: no Batch or Filter break is unacknowledged");
    } else if (must && !says) {
        verdict.violate({}, completes_text(moment) + ", Information " +
                                std::to_string(moment.event->information),
                        "FILE_OPBATCH_BREAK_UNDERWAY: a Batch or Filter break is unacknowledged");
    }
}

// SC-103, SC-110: what a refused request or acknowledgment is told.
void refusal_format(const Moment& moment, Verdict& verdict) {
    if (!is_oplock_fsctl(*moment.irp)) return;
    const engine::RequestOplockOutputBuffer& output = moment.event->output;
    // SC-103: where it is no reason to refuse, nobody is told.
    const bool blocks = moment.model.semantics().writable_section_blocks_granular_grant;
    const bool section = blocks && std::ranges::any_of(
        moment.model.sections(), [&](const KnownSection& one) {
            return one.writable && one.stream == moment.irp->place.stream;
        });
    const bool says_section =
        (output.flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_WRITABLE_SECTION_PRESENT) != 0;
    if (says_section != section) {
        verdict.violate("FSCTLP-OUT-WRITABLE-SECTION", completes_text(moment),
                        section ? "WRITABLE_SECTION_PRESENT: there is one"
                                : "there is no writable section to be told of");
    }
    const KnownOplock* const owed = moment.model.owed_by(moment.irp->open, true);
    if (fsctl_kind(moment.irp->request.fsctl) != FsctlKind::acknowledgment || owed == nullptr) {
        return;
    }
    const bool still = (output.flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0;
    if (!still) {
        verdict.violate("ACK-CANNOT-GRANT", completes_text(moment) + " without ACK_REQUIRED",
                        "the acknowledgment is still owed");
    }
    const bool settled = !section && !may_be_deepened(moment.model, *owed) && !owed->by_section &&
                         moment.model.names().is_going(owed->stream, moment.irp->place.link) ==
                             Known::no;
    if (!settled || output.new_oplock_level == engine::cache_level(owed->told)) return;
    verdict.violate("ACK-CANNOT-GRANT",
                    completes_text(moment) + ", level " + std::to_string(output.new_oplock_level),
                    "NewOplockLevel is the level on offer: " +
                        std::string(engine::to_string(owed->told)));
}

// Whether a failure with this status can be an answer to this request (SC-121).
bool is_answer_to(NtStatus status, const KnownIrp& irp) {
    const RequestKind kind = irp.request.kind;
    const auto creates_with = [&](sim::CreateOptions option) {
        return kind == RequestKind::create && has_option(irp, option);
    };
    if (status == NtStatus::STATUS_INVALID_OPLOCK_PROTOCOL) return is_oplock_fsctl(irp);
    if (status == NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK) return is_oplock_fsctl(irp);
    if (status == NtStatus::STATUS_OPLOCK_NOT_GRANTED) {
        return is_oplock_fsctl(irp) || creates_with(engine::FILE_RESERVE_OPFILTER);
    }
    if (status == NtStatus::STATUS_CANNOT_BREAK_OPLOCK) {
        return creates_with(engine::FILE_OPEN_REQUIRING_OPLOCK);
    }
    if (status == NtStatus::STATUS_SHARING_VIOLATION) {   // a new name may open a directory for it
        return kind == RequestKind::create || kind == RequestKind::rename ||
               kind == RequestKind::link;
    }
    return true;
}

// An error carries nothing; the two that do have their own values.
void failure_format(const Moment& moment, Verdict& verdict) {
    if (!moment.is(TraceEventKind::complete) || moment.irp == nullptr) return;
    const sim::TraceEvent& event = *moment.event;
    if (event.status == NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK) {
        verdict.exercise();
        const bool buffer = event.has_output && event.information == sizeof event.output;
        if (buffer) return refusal_format(moment, verdict);
        verdict.violate("ACK-CANNOT-GRANT", completes_text(moment) + " without its output buffer",
                        "a warning returns the buffer: Information is its size");
        return;
    }
    if (engine::nt_success(event.status)) return;
    verdict.exercise();
    if (!is_answer_to(event.status, *moment.irp)) {
        verdict.violate("ACK-STATUSES-OF-OPLOCKS", completes_text(moment),
                        "that status answers other requests");
        return;
    }
    const bool create = moment.irp->request.kind == RequestKind::create;
    const bool says_why = create && event.information <= engine::FILE_OPBATCH_BREAK_UNDERWAY;
    if ((event.information == 0 || says_why) && !event.has_output) return;
    verdict.violate({}, completes_text(moment) + " with Information " +
                            std::to_string(event.information),
                    "an operation that failed carries no information");
}

constexpr std::string_view kPends[] = {"BRK-ASYNC-PENDING", "FSRTL-CHECK-PENDING",
                                       "GRANT-USER-PENDING"};
constexpr std::string_view kBlocked[] = {"BRK-SYNC-BLOCKS", "BRK-CREATE-BLOCKS",
                                         "BRK-ASYNC-PENDING"};
constexpr std::string_view kOnce[] = {"BRK-COMPLETES-SUCCESS", "CLEANUP-NOTHING-TWICE"};
constexpr std::string_view kLeft[] = {"CLEANUP-OTHERS-TO-NONE", "CLEANUP-SHARED-TO-NONE",
                                      "BRK-REQUEST-PENDS"};
constexpr std::string_view kFormat[] = {"BRK-INFORMATION-LEVEL", "BRK-LEVEL-2-INFORMATION",
                                        "FSCTLP-OUT-NEW-LEVEL", "FSCTLP-OUT-ORIGINAL-LEVEL"};
constexpr std::string_view kModes[] = {"FSCTLP-OUT-MODES-PROVIDED", "CREATE-CONFLICT-MODES"};
constexpr std::string_view kUnderway[] = {"BRK-OPBATCH-UNDERWAY"};
constexpr std::string_view kFailure[] = {"GRANT-REFUSED-STATUS", "ACK-CANNOT-GRANT",
                                         "ACK-STATUSES-OF-OPLOCKS"};

constexpr std::array kRules = {
    Rule{{"pending-before-final", "P06", kPends, "must",
          "An operation that does not complete at once pends before its thread goes on",
          "A thread issues nothing while a call of its has neither returned STATUS_PENDING nor "
          "completed, or blocks it."},
         on::kPend | on::kIssueInCall, pending_before_final},
    Rule{{"who-is-blocked", "P06", kBlocked, "must",
          "Held creates and held operations on synchronous handles block; others do not",
          "The pend event of a held operation or an oplock request says whether the thread is "
          "blocked: exactly for a create, and on a handle opened for synchronous access."},
         on::kOperationPends | on::kFsctlPends, who_is_blocked},
    Rule{{"completes-once", "P07", kOnce, "must", "Every IRP completes exactly once",
          "Completions, and STATUS_PENDING, of IRPs that are not outstanding; numbers that are "
          "used again too early."},
         on::kComplete | on::kMisplaced, completes_once},
    Rule{{"nothing-left-over", "P07", kLeft, "must",
          "Nothing is left of a handle that is closed",
          "When a handle is closed for the last time, every oplock request on it completes before "
          "anything else starts. At the end every IRP has pended or completed."},
         on::kRequestCompletes | on::kOrphanLeft, nothing_is_left, nothing_unfinished},
    Rule{{"notice-format", "P12", kFormat, "must",
          "A notice carries its level where its type has it",
          "Legacy types report it in Information; Windows 7 types in the output buffer, whose "
          "size is Information and whose original level is the one held."},
         on::kNotice, notice_format},
    Rule{{"modes-provided", "P12", kModes, "must",
          "The modes of the create are told exactly for a sharing violation",
          "REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED, with access and share mode of the create, "
          "where handle caching is lost because of its sharing violation; nowhere else."},
         on::kNotice, modes_provided},
    Rule{{"batch-break-underway", "P13", kUnderway, "must",
          "FILE_OPBATCH_BREAK_UNDERWAY says that a retry may succeed",
          "A create that fails with STATUS_SHARING_VIOLATION while a Batch or Filter break is "
          "unacknowledged reports it (SC-023); no other create does."},
         on::kCreateFails, batch_break_underway},
    Rule{{"failure-format", "P12", kFailure, "must",
          "A failure carries nothing, but the level that can be had",
          "Information is zero for an error; STATUS_CANNOT_GRANT_REQUESTED_OPLOCK returns the "
          "output buffer. What speaks of oplocks answers who asked about them."},
         on::kFailure, failure_format},
};

}  // namespace

std::span<const Rule> irp_rules() { return kRules; }

}  // namespace oplocksim::conformance
