// Grants, acknowledgments and who owns what: P05, P09, P15, P16, P18, P24, P28, P29.
#include <algorithm>
#include <array>

#include "conformance/rules/rule.h"

namespace oplocksim::conformance {
namespace {

using engine::NtStatus;
using engine::OplockType;
using sim::TraceEventKind;

std::string answered_text(const Moment& moment) {
    std::string text = describe(moment.model, *moment.irp);
    const engine::OplockFsctl& fsctl = moment.irp->request.fsctl;
    if (fsctl_kind(fsctl) == FsctlKind::request) {
        text += " for " + std::string(engine::to_string(requested_type(fsctl)));
    }
    if (moment.is(TraceEventKind::pend)) return text + " pends";
    return text + " is answered " + std::string(engine::to_string(moment.event->status));
}

void judge_answer(const Moment& moment, Verdict& verdict, AnswerTopic topic) {
    if (!moment.answer || moment.irp->expected.topic != topic) return;
    verdict.exercise();
    const Expected& expected = moment.irp->expected;
    if ((*moment.answer & expected.answers) != 0) return;
    verdict.violate(expected.clause, answered_text(moment), describe(expected.answers));
}

// ---- P05: a request that is granted pends before it can be broken

bool granted_and_broken_at_once(const Moment& moment) {
    if (!moment.answer || moment.is(TraceEventKind::pend)) return false;
    if (fsctl_kind(moment.irp->request.fsctl) != FsctlKind::request) return false;
    const bool asks = requested_type(moment.irp->request.fsctl) != OplockType::none;
    return asks && moment.event->status == NtStatus::STATUS_SUCCESS;
}

void grant_before_its_break(const Moment& moment, Verdict& verdict) {
    if (moment.notice) verdict.exercise();
    if (!granted_and_broken_at_once(moment)) return;
    verdict.violate({}, answered_text(moment) + " without having pended",
                    "a granted request pends; its completion is the notice of a break");
}

// ---- P09: one break at a time for one owner; one key is one owner

bool same_key(const Observation& model, const KnownOplock& a, const KnownOplock& b) {
    if (a.open == b.open) return true;
    const KnownOpen* const first = model.open(a.open);
    const KnownOpen* const second = model.open(b.open);
    return first != nullptr && second != nullptr && first->target_key.value != 0 &&
           first->target_key == second->target_key;
}

void one_break_at_a_time(const Moment& moment, Verdict& verdict) {
    if (!moment.notice || moment.oplock->type == OplockType::level_2) return;
    verdict.exercise();
    for (const KnownOplock& other : moment.model.oplocks()) {
        const bool rival = other.breaking && other.stream == moment.oplock->stream &&
                           same_key(moment.model, other, *moment.oplock);
        if (!rival) continue;
        verdict.violate("BRK-JOINS", describe(moment.model, *moment.oplock) + " is broken",
                        "its owner still owes the acknowledgment of another break: " +
                            describe(moment.model, other));
    }
}

// The oplock that a pending FSCTL now is.
std::optional<KnownOplock> new_oplock(const Moment& moment) {
    if (!moment.is(TraceEventKind::pend) || moment.irp == nullptr) return {};
    if (!is_oplock_fsctl(*moment.irp) || !moment.irp->known_place) return {};
    const FsctlKind kind = fsctl_kind(moment.irp->request.fsctl);
    if (kind != FsctlKind::request && kind != FsctlKind::acknowledgment) return {};
    KnownOplock oplock;
    oplock.irp = moment.irp->irp;
    oplock.open = moment.irp->open;
    oplock.stream = moment.irp->place.stream;
    oplock.type = requested_type(moment.irp->request.fsctl);
    if (kind == FsctlKind::acknowledgment && oplock.type == OplockType::none) {
        oplock.type = OplockType::level_2;
    }
    return oplock;
}

void one_key_one_owner(const Moment& moment, Verdict& verdict) {
    const auto granted = new_oplock(moment);
    if (!granted || !engine::is_granular(granted->type)) return;
    verdict.exercise();
    const bool acknowledges =
        fsctl_kind(moment.irp->request.fsctl) == FsctlKind::acknowledgment;
    for (const KnownOplock& other : moment.model.oplocks()) {
        if (other.stream != granted->stream || !engine::is_granular(other.type)) continue;
        if (!same_key(moment.model, other, *granted)) continue;
        if (acknowledges && other.breaking && other.open == granted->open) continue;
        verdict.violate("KEY-ONE-KEY-ONE-OWNER", answered_text(moment),
                        "one key owns one Windows 7 oplock of a stream; it has " +
                            describe(moment.model, other));
    }
}

// ---- P16: legal levels, and what may be held together

bool coexist(OplockType a, OplockType b) {
    if (engine::is_exclusive(a) || engine::is_exclusive(b)) return false;
    const bool level_2 = a == OplockType::level_2 || b == OplockType::level_2;
    const bool read_handle = a == OplockType::read_handle || b == OplockType::read_handle;
    return !(level_2 && read_handle);
}

void legal_state(const Moment& moment, Verdict& verdict) {
    if (moment.notice && engine::is_granular(moment.oplock->type)) {
        verdict.exercise();
        const std::uint32_t level = moment.event->output.new_oplock_level;
        const std::uint32_t held = engine::cache_level(moment.oplock->type);
        if (!legal_level(level) || (level & ~held) != 0 || level == held) {
            verdict.violate("FSCTLP-OUT-NEW-LEVEL",
                            describe(moment.model, *moment.oplock) + " is broken to level " +
                                std::to_string(level),
                            "a level below the one that was held: none, R, RH or RW");
        }
    }
    const auto granted = new_oplock(moment);
    if (!granted) return;
    verdict.exercise();
    const bool acknowledges =
        fsctl_kind(moment.irp->request.fsctl) == FsctlKind::acknowledgment;
    for (const KnownOplock& other : moment.model.oplocks()) {
        if (other.stream != granted->stream || coexist(granted->type, other.type)) continue;
        if (acknowledges && other.breaking && other.open == granted->open) continue;
        verdict.violate({}, answered_text(moment) + " beside " + describe(moment.model, other),
                        "one exclusive owner or shared oplocks, never both");
    }
}

// ---- P15, P18, P24, P29: what an FSCTL may answer

void acknowledgments(const Moment& moment, Verdict& verdict) {
    judge_answer(moment, verdict, AnswerTopic::acknowledgment);
    if (!moment.answer || *moment.answer != kSuccess) return;
    if (moment.irp->expected.clause != "ACK-DEEPENED-LEGACY") return;
    if (moment.event->information == engine::FILE_OPLOCK_BROKEN_TO_NONE) return;
    verdict.violate("ACK-DEEPENED-LEGACY", answered_text(moment) + ", Information " +
                                               std::to_string(moment.event->information),
                    "FILE_OPLOCK_BROKEN_TO_NONE: nothing is left of what was accepted");
}
void notifications(const Moment& moment, Verdict& verdict) {
    judge_answer(moment, verdict, AnswerTopic::notification);
}
void directory_types(const Moment& moment, Verdict& verdict) {
    judge_answer(moment, verdict, AnswerTopic::directory);
}
void synchronous_handles(const Moment& moment, Verdict& verdict) {
    judge_answer(moment, verdict, AnswerTopic::synchronous);
}
void grant_matrix(const Moment& moment, Verdict& verdict) {
    if (granted_and_broken_at_once(moment)) return;   // grant-before-its-break
    judge_answer(moment, verdict, AnswerTopic::grant);
}

// ---- P28: the completions that owe nothing

void closed_owner(const Moment& moment, Verdict& verdict) {
    const NtStatus status = moment.event->status;
    const bool says_closed = status == NtStatus::STATUS_OPLOCK_HANDLE_CLOSED;
    const bool closed = moment.owner == nullptr || moment.owner->cleaned_up;
    if (says_closed && !closed) {
        verdict.violate("WIN32-HANDLE-CLOSED-ONLY-OWN", completes_text(moment),
                        "the owner's handle is open: a break completes with STATUS_SUCCESS");
        return;
    }
    // A process that ends closes one handle after another, and may break before it closes.
    if (!closed || moment.irp->cancelled || moment.model.exiting()) return;
    verdict.exercise();
    const bool always_success = moment.model.semantics().close_completion_status ==
                                engine::CloseCompletionStatus::always_success;
    const bool granular = engine::is_granular(moment.oplock->type) && !always_success;
    const NtStatus expected = granular ? NtStatus::STATUS_OPLOCK_HANDLE_CLOSED
                                       : NtStatus::STATUS_SUCCESS;
    if (status != expected) {
        verdict.violate("CLEANUP-STATUS", completes_text(moment) + " when its handle is closed",
                        std::string(engine::to_string(expected)));
    }
    const bool to_none = engine::is_granular(moment.oplock->type)
                             ? moment.event->output.new_oplock_level == 0
                             : moment.event->information == engine::FILE_OPLOCK_BROKEN_TO_NONE;
    if (!to_none) {
        verdict.violate("CLEANUP-OTHERS-TO-NONE",
                        completes_text(moment) + " and reports a level that is left",
                        "its handle is closed: nothing is left");
    }
    const bool asks = (moment.event->output.flags &
                       engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0;
    if (moment.event->has_output && asks) {
        verdict.violate("WIN32-HANDLE-CLOSED-NO-ACK",
                        completes_text(moment) + " and asks for an acknowledgment",
                        "nothing is owed: the handle is closed");
    }
}

void switched_owner(const Moment& moment, Verdict& verdict) {
    if (moment.event->status != NtStatus::STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE) return;
    verdict.exercise();
    const KnownIrp* replacing = nullptr;
    for (const KnownIrp& irp : moment.model.irps()) {
        const bool request = !irp.pended && is_oplock_fsctl(irp) &&
                             fsctl_kind(irp.request.fsctl) == FsctlKind::request;
        if (request && irp.place.stream == moment.oplock->stream &&
            moment.model.same_owner(irp, *moment.oplock)) {
            replacing = &irp;
        }
    }
    if (replacing == nullptr) {
        verdict.violate({}, completes_text(moment),
                        "only a request by the owner's key takes the place of its oplock");
        return;
    }
    const OplockType type = requested_type(replacing->request.fsctl);
    const engine::RequestOplockOutputBuffer& output = moment.event->output;
    const bool level = type == OplockType::level_2 ||
                       output.new_oplock_level == engine::cache_level(type);
    const bool asks = (output.flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0;
    if (level && !asks) return;
    verdict.violate("GRANT-SWITCHED-LEVEL",
                    completes_text(moment) + ", level " +
                        std::to_string(output.new_oplock_level),
                    "the level that was newly requested, and no acknowledgment");
}

void completions_that_owe_nothing(const Moment& moment, Verdict& verdict) {
    if (moment.is(TraceEventKind::complete) && moment.oplock != nullptr) {
        closed_owner(moment, verdict);
        switched_owner(moment, verdict);
    }
}

constexpr std::string_view kGrantFirst[] = {"BRK-REQUEST-PENDS", "GRANT-PENDS-UNTIL-BROKEN"};
constexpr std::string_view kOneBreak[] = {"BRK-JOINS", "BRK-DEEPER-WHILE-BREAKING"};
constexpr std::string_view kOneOwner[] = {"KEY-ONE-KEY-ONE-OWNER"};
constexpr std::string_view kAck[] = {"ACK-UNEXPECTED", "ACK-UNEXPECTED-HARMLESS", "ACK-SECOND",
                                     "ACK-OTHER-HANDLE", "ACK-WRONG-KIND", "ACK-GRANULAR-LESS"};
constexpr std::string_view kLegal[] = {"GRANT-COEXIST-NOT-L2-RH", "GRANT-COEXIST-R-L2",
                                       "GRANT-COEXIST-R-RH", "FSCTLP-OUT-NEW-LEVEL"};
constexpr std::string_view kMatrix[] = {"GRANT-PRECEDENCE", "GRANT-REFUSED-STATUS",
                                        "GRANT-STREAMS-INDEPENDENT",
                                        "GRANT-WAITING-CREATE-NOT-AN-OPEN"};
constexpr std::string_view kDirectory[] = {"DIR-R-RH-ONLY", "GRANT-DIRECTORY-LEVELS",
                                           "DIR-OTHERS-INVALID"};
constexpr std::string_view kNotify[] = {"ACK-NOTIFY-NO-BREAK", "ACK-NOTIFY-NO-OPLOCK",
                                        "ACK-NOTIFY-WAITS"};
constexpr std::string_view kOwesNothing[] = {"GRANT-R-SAME-KEY-SWITCHED", "CLEANUP-STATUS",
                                             "WIN32-HANDLE-CLOSED-ONLY-OWN",
                                             "GRANT-SWITCHED-LEVEL"};
constexpr std::string_view kSynchronous[] = {"GRANT-SYNC-NEVER", "GRANT-L1-SYNC"};

constexpr std::array kRules = {
    Rule{{"grant-before-its-break", "P05", kGrantFirst, "must",
          "A grant can be seen before its own break",
          "A request for an oplock that is granted pends; it never completes as broken at once."},
         on::kNotice | on::kSuccessAtOnce, grant_before_its_break},
    Rule{{"one-break-at-a-time", "P09", kOneBreak, "must",
          "At most one break of an owner is outstanding",
          "An owner that owes an acknowledgment is not told of another break of that stream."},
         on::kNotice, one_break_at_a_time},
    Rule{{"one-key-one-owner", "P09", kOneOwner, "must",
          "One key owns at most one Windows 7 oplock of a stream",
          "When a request is granted, or an acknowledgment keeps a level, no other Windows 7 "
          "oplock of the same key is listed for the stream."},
         on::kFsctlPends, one_key_one_owner},
    Rule{{"acknowledgments", "P15", kAck, "must",
          "An acknowledgment that is owed is accepted; one that is not fails and changes nothing",
          "Every acknowledgment is compared with what its FILE_OBJECT owes: the kind of code, the "
          "level that was offered, deletion and sections."},
         on::kAcknowledgmentAnswer, acknowledgments},
    Rule{{"legal-state", "P16", kLegal, "must",
          "Levels stay legal; one exclusive owner or shared oplocks",
          "A notice names a legal level below the one held. After each grant the stream has one "
          "exclusive owner, or Level 2 and Read, or Read and Read-Handle."},
         on::kNotice | on::kFsctlPends, legal_state},
    Rule{{"grant-matrix", "P18", kMatrix, "must",
          "Requests are answered as the granting article says",
          "Every request for an oplock is compared with the conditions for its type: flags and "
          "level, transactions, other opens and their keys, writable sections, what is held and "
          "what is breaking."},
         on::kGrantAnswer, grant_matrix},
    Rule{{"directory-types", "P24", kDirectory, "must",
          "On a directory only Read and Read-Handle are granted",
          "Every other request on a directory is answered STATUS_INVALID_PARAMETER."},
         on::kDirectoryAnswer, directory_types},
    Rule{{"notification-answer", "P26", kNotify, "must",
          "FSCTL_OPLOCK_BREAK_NOTIFY waits if, and only if, a break is unacknowledged",
          "It pends while an acknowledgment is owed on the stream, and answers STATUS_SUCCESS at "
          "once otherwise."},
         on::kNotificationAnswer, notifications},
    Rule{{"owes-nothing", "P28", kOwesNothing, "must",
          "A replaced request, and one whose handle is closed, complete as such and owe nothing",
          "STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE needs a request by the same owner, and reports its "
          "level. STATUS_OPLOCK_HANDLE_CLOSED needs the owner's close, which completes legacy "
          "requests with STATUS_SUCCESS."},
         on::kRequestCompletes, completions_that_owe_nothing},
    Rule{{"synchronous-handles", "P29", kSynchronous, "must",
          "A synchronous handle never owns an oplock",
          "A request on a handle opened for synchronous access is answered "
          "STATUS_OPLOCK_NOT_GRANTED."},
         on::kSynchronousAnswer, synchronous_handles},
};

}  // namespace

std::span<const Rule> owner_rules() { return kRules; }

}  // namespace oplocksim::conformance
