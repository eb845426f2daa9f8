// What breaks, to what level, and when the owner is told: P04, P08, P10 to P14, P17, P21, P24,
// P25, P27.
#include <algorithm>
#include <array>

#include "conformance/rules/rule.h"

namespace oplocksim::conformance {
namespace {

using engine::NtStatus;
using engine::OplockType;
using sim::RequestKind;
using sim::TraceEventKind;

std::string notice_text(const Moment& moment) {
    return describe(moment.model, *moment.oplock) + " is broken to " +
           level_text(moment.notice->to, moment.notice->acknowledge);
}

std::string caused_text(const Moment& moment) {
    if (moment.notice->cause == nullptr) return {};
    return " by " + describe(moment.model, *moment.notice->cause);
}

// ---- Notices

void notice_before_completion(const Moment& moment, Verdict& verdict) {
    if (!moment.notice) return;
    if (moment.notice->kind == NoticeKind::right) verdict.exercise();
    if (moment.notice->kind != NoticeKind::late) return;
    for (const LateNotice& late : moment.model.late()) {
        if (late.oplock != moment.oplock->irp) continue;
        verdict.violate({}, notice_text(moment) + " after " + late.what,
                        "the owner is told before the operation that breaks its oplock completes");
        return;
    }
}

void own_key_is_exempt(const Moment& moment, Verdict& verdict) {
    if (moment.notice && moment.notice->kind == NoticeKind::own_key) {
        verdict.violate({}, notice_text(moment) + caused_text(moment),
                        "an operation with the owner's own key does not break its oplock");
        return;
    }
    if (!moment.operation_completes()) return;
    for (const KnownOplock& oplock : moment.model.oplocks()) {
        const bool here = moment.irp->known_place && oplock.stream == moment.irp->place.stream;
        if (!here || oplock.breaking || !moment.model.same_owner(*moment.irp, oplock)) continue;
        if (table(moment.model, *moment.irp, oplock.type, Relation::same_stream, false)) {
            verdict.exercise();
        }
    }
}

void level_of_the_table(const Moment& moment, Verdict& verdict) {
    if (!moment.notice) return;
    verdict.exercise();
    if (moment.notice->kind == NoticeKind::no_cause) {
        const bool directory =
            moment.model.names().is_directory(moment.oplock->stream) == Known::yes;
        if (directory) return;
        verdict.violate("BRK-OWNER-ACCESS", notice_text(moment),
                        "no operation in flight is incompatible with it: it stays");
        return;
    }
    if (moment.notice->kind != NoticeKind::wrong_level) return;
    const BreakDecision& decision = *moment.notice->decision;
    verdict.violate(decision.clause, notice_text(moment) + caused_text(moment),
                    "it breaks to " + level_text(decision.to, decision.acknowledge));
}

// Its handle was opened for it; what MAXIMUM_ALLOWED came to is not known.
bool may_rename(const Moment& moment) {
    const KnownOpen* const own = moment.model.open(moment.irp->open);
    return own == nullptr ||
           (own->access & (engine::DELETE | engine::MAXIMUM_ALLOWED)) != 0;
}

void create_order(const Moment& moment, Verdict& verdict) {
    if (moment.notice && moment.notice->kind == NoticeKind::wrong_order) {
        verdict.violate(caches_handles(moment.oplock->type) ? "BRK-HANDLE-AFTER-SHARING"
                                                            : "CREATE-VIOLATION-NO-BREAK",
                        notice_text(moment) + caused_text(moment),
                        "handle caching breaks only after the share access check failed, and "
                        "what does not cache handles only after it passed");
        return;
    }
    if (moment.completes(RequestKind::rename) && moment.irp->broke && !may_rename(moment)) {
        verdict.violate("SETINFO-NAME-CHECK-ORDER",
                        completes_text(moment) + ", and has broken an oplock",
                        "a rename without DELETE access fails before it breaks anything");
    }
    if (!moment.completes(RequestKind::create)) return;
    const NtStatus status = moment.event->status;
    const bool both = has_option(*moment.irp, engine::FILE_RESERVE_OPFILTER) &&
                      has_option(*moment.irp, engine::FILE_COMPLETE_IF_OPLOCKED);
    if (both && engine::nt_success(status)) {
        verdict.violate("CREATE-RESERVE-WITH-COMPLETE", completes_text(moment),
                        "FILE_RESERVE_OPFILTER with FILE_COMPLETE_IF_OPLOCKED is "
                        "STATUS_INVALID_PARAMETER");
        return;
    }
    if (engine::nt_success(status) || status == NtStatus::STATUS_CANCELLED) return;
    verdict.exercise();
    // With a sharing violation the table says what breaks; these two have rules of their own.
    const bool excused = status == NtStatus::STATUS_SHARING_VIOLATION ||
                         status == NtStatus::STATUS_OPLOCK_NOT_GRANTED ||
                         status == NtStatus::STATUS_CANNOT_BREAK_OPLOCK ||
                         status == NtStatus::STATUS_USER_MAPPED_FILE;   // found by its effects
    if (excused || !moment.irp->broke || moment.irp->pended) return;
    verdict.violate("CREATE-ORDER", completes_text(moment) + ", and has broken an oplock",
                    "a create that fails breaks nothing but Batch and Filter");
}

void attribute_only_breaks_nothing(const Moment& moment, Verdict& verdict) {
    if (moment.notice && moment.notice->kind == NoticeKind::attribute_only) {
        verdict.violate({}, notice_text(moment) + caused_text(moment),
                        "an open of attributes alone breaks nothing");
        return;
    }
    if (!moment.completes(RequestKind::create) || !engine::nt_success(moment.event->status)) {
        return;
    }
    for (const KnownOplock& oplock : moment.model.oplocks()) {
        const bool here = oplock.stream == moment.irp->place.stream && !oplock.breaking;
        if (here && exempt_open(moment.model, *moment.irp, oplock.type)) verdict.exercise();
    }
}

void streams_are_independent(const Moment& moment, Verdict& verdict) {
    if (moment.notice && moment.notice->kind == NoticeKind::other_stream) {
        verdict.violate({}, notice_text(moment) + caused_text(moment),
                        "operations on one stream leave the oplocks of other streams alone");
        return;
    }
    if (!moment.operation_completes() || !moment.irp->known_place) return;
    for (const KnownOplock& oplock : moment.model.oplocks()) {
        const KnownStream& stream = moment.model.names().stream(oplock.stream);
        const bool other = stream.file == moment.irp->place.file &&
                           oplock.stream != moment.irp->place.stream;
        if (other) verdict.exercise();
    }
}

void directory_oplocks(const Moment& moment, Verdict& verdict) {
    if (!moment.notice) return;
    if (moment.model.names().is_directory(moment.oplock->stream) != Known::yes) return;
    verdict.exercise();
    if (moment.notice->kind != NoticeKind::no_cause) return;
    verdict.violate("DIR-NOT-A-CHANGE", notice_text(moment),
                    "nothing in flight changes the directory's content: it stays");
}

// ---- Breaks that did not come

template <MissingTopic topic>
void breaks_are_not_missing(const Moment& moment, Verdict& verdict) {
    if (!moment.settles) return;
    for (const LateNotice& late : moment.model.late()) {
        if (late.topic != topic) continue;
        const KnownOplock* const oplock = moment.model.oplock_of(late.oplock);
        const std::string held = oplock != nullptr ? describe(moment.model, *oplock)
                                                   : number_of(late.oplock);
        verdict.violate(late.clause, late.what + ", and " + held + " was not broken",
                        "the operation is incompatible with it: its owner is told first");
    }
}

// An operation met an oplock that it is not compatible with, or a break under way.
void exercise_table(const Moment& moment, Verdict& verdict) {
    if (moment.notice && moment.notice->kind == NoticeKind::right) verdict.exercise();
}

void breaks_what_conflicts(const Moment& moment, Verdict& verdict) {
    exercise_table(moment, verdict);
    breaks_are_not_missing<MissingTopic::table>(moment, verdict);
}

void looks_again(const Moment& moment, Verdict& verdict) {
    if (moment.operation_completes() && moment.irp->pended) verdict.exercise();
    breaks_are_not_missing<MissingTopic::after_waiting>(moment, verdict);
}

void decides_from_the_present(const Moment& moment, Verdict& verdict) {
    if (moment.operation_completes() && moment.irp->pended) {
        for (const KnownOplock& oplock : moment.model.oplocks()) {
            const bool here = moment.irp->known_place &&
                              oplock.stream == moment.irp->place.stream;
            if (here && oplock.granted.value > moment.irp->issued.value) verdict.exercise();
        }
    }
    if (moment.notice && moment.notice->kind == NoticeKind::right &&
        moment.notice->cause->pended) {
        verdict.exercise();
    }
    breaks_are_not_missing<MissingTopic::granted_meanwhile>(moment, verdict);
}

void batch_before_sharing(const Moment& moment, Verdict& verdict) {
    const bool violation = moment.completes(RequestKind::create) &&
                           moment.event->status == NtStatus::STATUS_SHARING_VIOLATION;
    if (violation) verdict.exercise();
    breaks_are_not_missing<MissingTopic::batch_before_sharing>(moment, verdict);
}

void handle_after_sharing(const Moment& moment, Verdict& verdict) {
    if (moment.notice && moment.notice->cause != nullptr &&
        caches_handles(moment.oplock->type) &&
        moment.notice->cause->request.kind == RequestKind::create) {
        verdict.exercise();
    }
    breaks_are_not_missing<MissingTopic::handle_after_sharing>(moment, verdict);
}

void locks_exclude_shared_oplocks(const Moment& moment, Verdict& verdict) {
    const bool locked = moment.completes(RequestKind::lock) &&
                        engine::nt_success(moment.event->status);
    if (locked) verdict.exercise();
    breaks_are_not_missing<MissingTopic::byte_range_lock>(moment, verdict);
    if (!moment.answer || moment.irp->expected.topic != AnswerTopic::byte_range_lock) return;
    verdict.exercise();
    if ((*moment.answer & moment.irp->expected.answers) != 0) return;
    verdict.violate("GRANT-R-BYTE-RANGE-LOCKS",
                    describe(moment.model, *moment.irp) + " is answered " +
                        describe(*moment.answer),
                    "byte-range locks keep shared oplocks from being granted: " +
                        describe(moment.irp->expected.answers));
}

void directory_changes_are_told(const Moment& moment, Verdict& verdict) {
    if (moment.notice && moment.notice->decision &&
        moment.notice->decision->clause == "DIR-CHANGE-BREAKS-TO-NONE") {
        verdict.exercise();
    }
    breaks_are_not_missing<MissingTopic::directory>(moment, verdict);
}

void cross_stream_breaks(const Moment& moment, Verdict& verdict) {
    if (moment.notice && moment.notice->cause != nullptr &&
        moment.notice->cause->place.stream != moment.oplock->stream &&
        moment.notice->cause->request.kind == RequestKind::create) {
        verdict.exercise();
    }
    breaks_are_not_missing<MissingTopic::other_stream>(moment, verdict);
}

// ---- P08: share access of owners that are gone; P27: FILE_OPEN_REQUIRING_OPLOCK

// What a cleanup has removed stands in nobody's way: byte-range locks, deleted names.
void locks_of_the_living(const Moment& moment, Verdict& verdict) {
    if (!moment.operation_completes() || !moment.irp->known_place) return;
    const NtStatus status = moment.event->status;
    const bool conflict = status == NtStatus::STATUS_FILE_LOCK_CONFLICT ||
                          status == NtStatus::STATUS_LOCK_NOT_GRANTED;
    if (!conflict) return;
    verdict.exercise();
    const bool locked = std::ranges::any_of(moment.model.locks(), [&](const KnownLock& lock) {
        return lock.stream == moment.irp->place.stream;
    });
    if (locked) return;
    verdict.violate("CLEANUP-STATE-GONE-FIRST", completes_text(moment),
                    "nobody who still has a handle holds a byte-range lock");
}

void names_of_the_living(const Moment& moment, Verdict& verdict) {
    if (!moment.completes(RequestKind::create) || moment.irp->place.link == kNothing) return;
    const KnownLink& link = moment.model.names().link(moment.irp->place.link);
    const bool opened = engine::nt_success(moment.event->status) &&
                        moment.event->information == engine::FILE_OPENED;
    const bool pending = moment.event->status == NtStatus::STATUS_DELETE_PENDING;
    if (!link.removed || !link.delete_pending || !(opened || pending)) return;
    // Somebody may have made the name again while the create waited.
    const KnownIrp now = moment.model.with_its_name(*moment.irp);
    const bool named = now.known_place && now.place.link != kNothing;
    if (named && moment.model.presence().of_link(now.place.link) != Known::no) return;
    verdict.violate("CLEANUP-STATE-GONE-FIRST", completes_text(moment),
                    "the name is gone: its last handle is closed, and it was to be deleted");
}

void share_access_of_the_living(const Moment& moment, Verdict& verdict) {
    locks_of_the_living(moment, verdict);
    names_of_the_living(moment, verdict);
    if (!moment.completes(RequestKind::create) || !moment.irp->known_place) return;
    const bool violation = moment.event->status == NtStatus::STATUS_SHARING_VIOLATION;
    if (moment.irp->pended || violation) verdict.exercise();
    if (!violation || moment.model.sharing_conflict(*moment.irp)) return;
    if (moment.model.may_have_moved_on(*moment.irp)) return;
    // [MS-FSA] 2.1.5.1.2: a named stream that is not there yet is opened for writing.
    if (moment.model.names().stream(moment.irp->place.stream).name.value != 0) {
        KnownIrp writing = *moment.irp;
        writing.request.access |= engine::FILE_WRITE_DATA;
        if (moment.model.sharing_conflict(writing)) return;
    }
    verdict.violate({}, completes_text(moment),
                    "no handle that is still open denies it: what a closed handle denied is gone");
}

bool would_have_to_break(const Moment& moment) {
    const bool any = moment.model.semantics().open_requiring_oplock_conflict ==
                     engine::OpenRequiringOplockConflict::any_but_R_and_RH;
    return std::ranges::any_of(moment.model.oplocks(), [&](const KnownOplock& oplock) {
        if (any && oplock.stream == moment.irp->place.stream) return true;
        for (const Relation relation : relations(moment.model, *moment.irp, oplock)) {
            for (const bool conflict : {false, true}) {
                if (decide(moment.model, *moment.irp, oplock, relation, conflict)) return true;
            }
        }
        return false;
    });
}

void requiring_an_oplock(const Moment& moment, Verdict& verdict) {
    breaks_are_not_missing<MissingTopic::requiring_oplock>(moment, verdict);
    if (!moment.completes(RequestKind::create)) return;
    const bool conflict = moment.event->status == NtStatus::STATUS_SHARING_VIOLATION;
    const bool option = has_option(*moment.irp, engine::FILE_OPEN_REQUIRING_OPLOCK);
    if (option) verdict.exercise();
    if (option && moment.irp->broke) {
        verdict.violate({}, completes_text(moment) + ", and has broken an oplock",
                        "a create with FILE_OPEN_REQUIRING_OPLOCK breaks nothing");
        return;
    }
    if (moment.event->status == NtStatus::STATUS_CANNOT_BREAK_OPLOCK &&
        !would_have_to_break(moment) && !moment.model.may_have_moved_on(*moment.irp)) {
        verdict.violate("ATOMIC-CANNOT-BREAK", completes_text(moment),
                        "no oplock is held that the create would have to break");
        return;
    }
    // What was released has one retry, and no second wait (SC-014).
    const bool waits = !has_option(*moment.irp, engine::FILE_COMPLETE_IF_OPLOCKED) && !option &&
                       !moment.irp->released;
    if (!conflict || !waits || !waits_for_something_else(moment.model, *moment.irp)) return;
    verdict.violate("ATOMIC-NO-VIOLATION-BETWEEN", completes_text(moment),
                    "the stream is reserved for an opener that has not requested its oplock yet: "
                    "the create waits");
}

// ---- P25: names of what is open (SC-044, SC-045)

const KnownOpen* open_in_the_way(const Moment& moment) {
    const Observation& model = moment.model;
    const engine::Semantics& semantics = model.semantics();
    const sim::Path* const path = model.path(moment.irp->request.path);
    KnownNames::Target target;
    if (path != nullptr && !path->names_stream) target = model.names().find_target(*path);
    const bool proceeds = semantics.rename_target_open_after_break ==
                          engine::RenameTargetOpenAfterBreak::proceed;
    // Onto another link of the same file: the two become one, and nothing is replaced.
    const bool replaces = target.link != kNothing && !proceeds &&
                          model.names().link(target.link).file != moment.irp->place.file;
    for (const KnownOpen& open : model.opens()) {
        if (open.cleaned_up) continue;
        const bool replaced = replaces && open.link == target.link;
        const bool below = semantics.ancestor_rename_denied_if_open &&
                           model.names().is_link_below(open.link, moment.irp->place.file);
        if (replaced || below) return &open;
    }
    return nullptr;
}

void open_files_keep_their_names(const Moment& moment, Verdict& verdict) {
    if (!moment.completes(RequestKind::rename) || !moment.irp->known_place) return;
    verdict.exercise();
    if (!engine::nt_success(moment.event->status)) return;
    const KnownOpen* const open = open_in_the_way(moment);
    if (open == nullptr) return;
    const bool below = moment.model.names().is_link_below(open->link, moment.irp->place.file);
    verdict.violate(below ? "SETINFO-NAME-ANCESTOR-OPEN" : "SETINFO-RENAME-TARGET-OPEN",
                    completes_text(moment),
                    "process " + std::to_string(open->process.value) +
                        " has a file open that stands in its way: STATUS_ACCESS_DENIED");
}

constexpr std::string_view kNames[] = {"SETINFO-RENAME-TARGET-OPEN", "SETINFO-NAME-ANCESTOR-OPEN",
                                       "DIR-ANCESTOR-STILL-OPEN"};
constexpr std::string_view kNotice[] = {"BRK-NOTICE-BEFORE-COMPLETION"};
constexpr std::string_view kGone[] = {"CLEANUP-STATE-GONE-FIRST", "BRK-CLOSE-AVOIDS-VIOLATION",
                                      "ACK-CLOSE-SHARING-VIOLATION"};
constexpr std::string_view kAgain[] = {"BRK-RELEASE-RECHECK", "ACK-RE-BREAK-AFTER-RELEASE"};
constexpr std::string_view kKey[] = {"KEY-BREAK-NEEDS-OTHER-KEY", "OVW-BREAK-OTHER-KEY",
                                     "KEY-BREAK-NEEDS-OTHER-HANDLE", "KEY-LEVEL-2-EXCEPTED"};
constexpr std::string_view kLevel[] = {"BRK-NEW-LEVEL", "BRK-INFORMATION-LEVEL",
                                       "BRK-ACK-REQUIRED-FLAG", "BRK-OWNER-ACCESS"};
constexpr std::string_view kConflicts[] = {"BRK-INCOMPATIBLE", "BRK-OPERATIONS-CHECK"};
constexpr std::string_view kOrder[] = {"CREATE-ORDER", "BRK-HANDLE-AFTER-SHARING",
                                       "CREATE-VIOLATION-NO-BREAK"};
constexpr std::string_view kBatch[] = {"BRK-NTFS-BATCH-BEFORE-SHARING",
                                       "CREATE-BATCH-FILTER-FIRST"};
constexpr std::string_view kHandle[] = {"BRK-HANDLE-AFTER-SHARING", "CREATE-RH-CONDITION",
                                        "CREATE-RH-ANY-CONFLICT"};
constexpr std::string_view kAttributes[] = {"CREATE-ATTRIBUTE-ONLY",
                                            "CREATE-ATTRIBUTE-ONLY-OVERWRITE"};
constexpr std::string_view kLocks[] = {"LOCK-EVERY-LOCK", "GRANT-R-BYTE-RANGE-LOCKS",
                                       "GRANT-L2-BYTE-RANGE-LOCKS"};
constexpr std::string_view kPresent[] = {"BRK-RELEASE-RECHECK"};
constexpr std::string_view kDirectory[] = {"DIR-CHANGE-BREAKS-TO-NONE", "DIR-NOT-A-CHANGE"};
constexpr std::string_view kChanges[] = {"DIR-CHANGE-BREAKS-TO-NONE", "DIR-CHILD-CREATED",
                                         "DIR-CHILD-RENAMED"};
constexpr std::string_view kStreams[] = {"OVW-STREAMS-INDEPENDENT"};
constexpr std::string_view kCross[] = {"CREATE-ALTERNATE-BREAKS-PRIMARY",
                                       "CREATE-PRIMARY-BREAKS-ALTERNATES"};
constexpr std::string_view kRequiring[] = {"ATOMIC-CANNOT-BREAK", "ATOMIC-ALL-OR-NOTHING",
                                           "ATOMIC-NO-VIOLATION-BETWEEN"};

constexpr std::array kRules = {
    Rule{{"notice-before-completion", "P04", kNotice, "must",
          "The owner is told before the operation that breaks its oplock completes",
          "A notice that comes after the completion of the operation that caused it is late, also "
          "when nobody waits."},
         on::kNotice, notice_before_completion},
    Rule{{"share-access-of-the-living", "P08", kGone, "must",
          "When an owner's cleanup releases a waiter, its share access is gone",
          "STATUS_SHARING_VIOLATION needs a handle that is still open, and that denies what the "
          "create asks for or uses what it denies. Byte-range locks and names that a cleanup "
          "removed stand in nobody's way either."},
         on::kCreateCompletes | on::kLockRefused, share_access_of_the_living},
    Rule{{"looks-again", "P10", kAgain, "must",
          "A released operation is compatible with what the acknowledgment left, or breaks it",
          "When an operation that waited succeeds, no oplock that it must break is still granted."},
         on::kWaiterCompletes | on::kLate, looks_again},
    Rule{{"own-key-is-exempt", "P11", kKey, "must",
          "A key never breaks its own oplock, but for Level 2",
          "A notice whose only possible cause carries the owner's key, or is on its FILE_OBJECT. "
          "Writes, locks and changes of size end Level 2 whoever issues them."},
         on::kNotice | on::kMeetsGranted, own_key_is_exempt},
    Rule{{"level-of-the-table", "P12", kLevel, "must",
          "The level broken to, and the need to acknowledge, are those of the table",
          "Every notice is compared with the articles of the operations in flight: held type, "
          "operation, disposition, sharing violation and options decide level and "
          "acknowledgment."},
         on::kNotice, level_of_the_table},
    Rule{{"breaks-what-conflicts", "P12", kConflicts, "must",
          "An operation breaks every oplock that the table says it breaks",
          "When an operation succeeds, no oplock of another key that it is incompatible with is "
          "still granted."},
         on::kNotice | on::kLate, breaks_what_conflicts},
    Rule{{"create-order", "P13", kOrder, "must",
          "Names and access first, then Batch and Filter, then sharing, then the rest",
          "A create that fails before the sharing check breaks nothing but Batch and Filter. "
          "Handle caching breaks only if the sharing check failed; Level 1, Level 2, Read and "
          "Read-Write only if it passed."},
         on::kNotice | on::kCreateFails | on::kOplockOption | on::kRenameCompletes, create_order},
    Rule{{"batch-before-sharing", "P13", kBatch, "must",
          "Batch and Filter break even if the create then fails the sharing check",
          "A create that fails with STATUS_SHARING_VIOLATION leaves no Batch or Filter oplock "
          "granted that the table says it breaks."},
         on::kCreateFails | on::kLate, batch_before_sharing},
    Rule{{"handle-after-sharing", "P13", kHandle, "must",
          "A sharing violation takes handle caching from every other key first",
          "A create that fails with STATUS_SHARING_VIOLATION without having waited leaves no "
          "Read-Handle or Read-Write-Handle oplock of another key granted."},
         on::kNotice | on::kLate, handle_after_sharing},
    Rule{{"attribute-only-breaks-nothing", "P14", kAttributes, "must",
          "Opens of attributes alone break nothing",
          "A notice whose only possible cause asks for nothing but FILE_READ_ATTRIBUTES, "
          "FILE_WRITE_ATTRIBUTES and SYNCHRONIZE, without FILE_RESERVE_OPFILTER."},
         on::kNotice | on::kMeetsGranted, attribute_only_breaks_nothing},
    Rule{{"locks-exclude-shared-oplocks", "P17", kLocks, "must",
          "Byte-range locks and shared oplocks exclude each other in both directions",
          "A lock that is granted leaves no Level 2 oplock, and no Read or Read-Handle oplock of "
          "another key; while there is a lock, no shared oplock is granted."},
         on::kLockCompletes | on::kByteRangeLockAnswer | on::kLate, locks_exclude_shared_oplocks},
    Rule{{"decides-from-the-present", "P21", kPresent, "must",
          "A released operation decides from what is held now",
          "An oplock that was granted while the operation waited is broken too if the operation "
          "is incompatible with it."},
         on::kNotice | on::kWaiterCompletes | on::kLate, decides_from_the_present},
    Rule{{"directory-oplocks", "P24", kDirectory, "must",
          "A directory's oplock breaks only by a change of its content, or of the directory",
          "Every notice of an oplock on a directory has an operation in flight that creates, "
          "deletes, renames or changes a child, or renames, deletes or conflicts with the "
          "directory itself."},
         on::kNotice, directory_oplocks},
    Rule{{"directory-changes-are-told", "P24", kChanges, "must",
          "A change of a directory's content breaks its oplocks to None",
          "A child that was created, renamed, linked or resized, or whose short name or basic "
          "information was set, leaves no oplock of the directory granted, but under the parent "
          "key."},
         on::kNotice | on::kLate, directory_changes_are_told},
    Rule{{"streams-are-independent", "P25", kStreams, "must",
          "Operations on one stream leave the oplocks of other streams alone",
          "A notice whose only possible cause is on another stream of the file, and is neither of "
          "the two documented cases nor a change of name."},
         on::kNotice | on::kMeetsOtherStream, streams_are_independent},
    Rule{{"cross-stream-breaks", "P25", kCross, "must",
          "The two documented creates reach over to Batch and Filter on other streams",
          "Overwriting an alternate stream without sharing delete breaks Batch and Filter on the "
          "primary; overwriting the primary with DELETE access those on every alternate."},
         on::kNotice | on::kLate, cross_stream_breaks},
    Rule{{"open-files-keep-their-names", "P25", kNames, "must",
          "A rename replaces or moves nothing that stays open",
          "A rename over a file, or of a directory, succeeds only if what it replaces, or whatever "
          "is below it, has been closed by the time the breaks are over (SC-044, SC-045)."},
         on::kRenameCompletes, open_files_keep_their_names},
    Rule{{"requiring-an-oplock", "P27", kRequiring, "must",
          "Atomic create-with-oplock is all or nothing",
          "A create with FILE_OPEN_REQUIRING_OPLOCK breaks nothing, and fails where it would have "
          "to. Until the opener's oplock request a conflicting create waits instead of failing."},
         on::kCreateFails | on::kOplockOption | on::kLate, requiring_an_oplock},
};

}  // namespace

std::span<const Rule> break_rules() { return kRules; }

}  // namespace oplocksim::conformance
