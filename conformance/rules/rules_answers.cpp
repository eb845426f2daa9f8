// What operations answer about names, byte-range locks and each other: P08, P13, P23.
#include <algorithm>
#include <array>

#include "conformance/rules/rule.h"

namespace oplocksim::conformance {
namespace {

using engine::NtStatus;
using sim::RequestKind;

// ---- Names

bool finds(const Moment& moment) {
    return engine::nt_success(moment.event->status) &&
           moment.event->information != engine::FILE_CREATED;
}

void judge_presence(const Moment& moment, Verdict& verdict) {
    const KnownPlace& place = moment.irp->place;
    const NtStatus status = moment.event->status;
    const Known link = moment.model.presence().of_link(place.link);
    const Known stream = moment.model.presence().of_stream(place.stream);
    const bool created = engine::nt_success(status) &&
                         moment.event->information == engine::FILE_CREATED;
    const bool absent = link == Known::no || stream == Known::no;
    const bool present = link == Known::yes && stream == Known::yes;
    if (absent || present) verdict.exercise();
    if (absent && (finds(moment) || status == NtStatus::STATUS_OBJECT_NAME_COLLISION)) {
        verdict.violate({}, completes_text(moment), "the name leads nowhere: it was taken away, "
                                                    "or was never there");
    }
    if (present && (created || status == NtStatus::STATUS_OBJECT_NAME_NOT_FOUND)) {
        verdict.violate({}, completes_text(moment) + (created ? ", FILE_CREATED" : ""),
                        "the name leads to a file: nothing that has completed took it away");
    }
}

void judge_deletion(const Moment& moment, Verdict& verdict) {
    const KnownPlace& place = moment.irp->place;
    const KnownNames& names = moment.model.names();
    if (names.is_directory(place.stream) != Known::no) return;
    const bool pending =
        names.link(place.link).delete_pending || names.stream(place.stream).delete_pending;
    const bool says = moment.event->status == NtStatus::STATUS_DELETE_PENDING;
    if (pending || says) verdict.exercise();
    if (pending && finds(moment)) {
        verdict.violate("CREATE-DELETE-PENDING-FIRST", completes_text(moment),
                        "STATUS_DELETE_PENDING: the name is marked for deletion");
    }
    const bool known = moment.model.presence().of_link(place.link) == Known::yes;
    // A directory that is marked hides what is below it.
    if (pending || !says || !known || names.any_directory_pending()) return;
    verdict.violate("FSA-DATA-FAILED", completes_text(moment),
                    "no deletion that completed has marked the name");
}

void names_lead_where_they_should(const Moment& moment, Verdict& verdict) {
    if (!moment.completes(RequestKind::create) || !moment.irp->known_place) return;
    const KnownPlace& place = moment.irp->place;
    if (moment.irp->pended || place.link == kNothing) return;
    if (moment.model.names().link(place.link).removed) return;   // share-access-of-the-living
    if (!name_is_settled(moment.model, *moment.irp)) return;
    judge_presence(moment, verdict);
    judge_deletion(moment, verdict);
}

// ---- Byte-range locks

// Somebody is about to take or give back a lock, and nothing holds him up.
bool locks_are_settled(const Moment& moment) {
    return std::ranges::none_of(moment.model.irps(), [&](const KnownIrp& irp) {
        const bool changes = irp.request.kind == RequestKind::lock ||
                             irp.request.kind == RequestKind::unlock ||
                             irp.request.kind == RequestKind::close_handle;
        return changes && irp.irp != moment.irp->irp && irp.known_place &&
               irp.place.stream == moment.irp->place.stream && !is_held(moment.model, irp);
    });
}

bool uses_a_range(const KnownIrp& irp) {
    const RequestKind kind = irp.request.kind;
    const bool data = kind == RequestKind::read || kind == RequestKind::write;
    return kind == RequestKind::lock || (data && !irp.request.paging_io);
}

// [MS-FSA] 2.1.5.9.
void gives_back_what_it_has(const Moment& moment, Verdict& verdict) {
    const sim::Request& request = moment.irp->request;
    const NtStatus status = moment.event->status;
    const bool refused = status == NtStatus::STATUS_RANGE_NOT_LOCKED;
    if ((!refused && !engine::nt_success(status)) || !locks_are_settled(moment)) return;
    verdict.exercise();
    const bool has = std::ranges::any_of(moment.model.locks(), [&](const KnownLock& lock) {
        return lock.open == moment.irp->open && lock.offset == request.offset &&
               lock.length == request.length && lock.lock_key == request.lock_key;
    });
    if (has != refused) return;
    verdict.violate({}, completes_text(moment),
                    has ? "its handle has a lock of this range"
                        : "STATUS_RANGE_NOT_LOCKED: its handle has no lock of this range");
}

void locks_in_force(const Moment& moment, Verdict& verdict) {
    if (!moment.operation_completes() || !moment.irp->known_place) return;
    if (moment.completes(RequestKind::unlock)) return gives_back_what_it_has(moment, verdict);
    if (!uses_a_range(*moment.irp) || moment.irp->request.length == 0) return;
    const KnownOpen* const own = moment.model.open(moment.irp->open);
    const bool appends = own != nullptr && moment.irp->request.kind == RequestKind::write &&
                         (own->access & engine::FILE_WRITE_DATA) == 0;
    if (own == nullptr || own->cleaned_up || appends || !locks_are_settled(moment)) return;
    const bool stands = std::ranges::any_of(moment.model.locks(), [&](const KnownLock& lock) {
        return stands_in_the_way(lock, *moment.irp);
    });
    const NtStatus status = moment.event->status;
    const bool conflict = status == NtStatus::STATUS_FILE_LOCK_CONFLICT ||
                          status == NtStatus::STATUS_LOCK_NOT_GRANTED;
    if (stands || conflict) verdict.exercise();
    if (stands && engine::nt_success(status)) {
        verdict.violate({}, completes_text(moment), "a byte-range lock stands in its way");
    }
    // With none at all, share-access-of-the-living objects.
    const bool any = std::ranges::any_of(moment.model.locks(), [&](const KnownLock& lock) {
        return lock.stream == moment.irp->place.stream;
    });
    if (conflict && any && !stands) {
        verdict.violate({}, completes_text(moment), "no byte-range lock stands in its way");
    }
}

// ---- Waiters

// It waits at its own stream, if it does: not at a replaced file's, or a directory's below, nor for
// a lock. A create may have been released and wait again, for a reservation or behind another
// break, and nobody sees it.
bool waits_at_its_stream(const KnownIrp& irp) {
    const RequestKind kind = irp.request.kind;
    const bool names = kind == RequestKind::rename || kind == RequestKind::link ||
                       kind == RequestKind::set_short_name;
    return irp.pended && irp.known_place && !is_oplock_fsctl(irp) && !irp.cancelled && !names &&
           kind != RequestKind::create && kind != RequestKind::lock;
}

// SC-091. Among those that wait at one stream and that nothing holds up any more.
void released_in_order(const Moment& moment, Verdict& verdict) {
    if (!moment.operation_completes() || !waits_at_its_stream(*moment.irp)) return;
    const bool fifo = moment.model.semantics().waiter_release_order ==
                      engine::WaiterReleaseOrder::fifo;
    if (!fifo) return;
    bool earlier = true;   // the IRPs are in order of issue
    for (const KnownIrp& irp : moment.model.irps()) {
        if (irp.irp == moment.irp->irp) earlier = false;
        if (irp.overtaken) continue;
        const bool waits = irp.irp != moment.irp->irp && waits_at_its_stream(irp) &&
                           irp.place.stream == moment.irp->place.stream;
        if (!waits || moment.model.is_paused(irp.thread)) continue;
        if (!awaited(moment.model, irp).empty()) continue;
        if (waits_for_something_else(moment.model, irp)) continue;
        verdict.exercise();
        if (!earlier) return;
        verdict.violate({}, completes_text(moment) + " before " + describe(moment.model, irp),
                        "what waits at a stream goes on in the order in which it began to wait");
        return;
    }
}

// ---- The one retry, and what can be seen before

void one_handle_break(const Moment& moment, Verdict& verdict) {
    if (!takes_handles(moment)) return;
    verdict.exercise();
    const KnownIrp& cause = *moment.notice->cause;
    if (!cause.took_handles || !cause.pended || moment.model.may_have_moved_on(cause)) return;
    verdict.violate({}, describe(moment.model, *moment.oplock) + " is broken once more by " +
                            describe(moment.model, cause),
                    "a create takes handle caching once; if the sharing violation is still there "
                    "it fails");
}

void filter_is_prechecked(const Moment& moment, Verdict& verdict) {
    if (!moment.completes(RequestKind::create) || !moment.irp->known_place) return;
    if (!has_option(*moment.irp, engine::FILE_RESERVE_OPFILTER)) return;
    const auto policy = moment.model.semantics().reserve_opfilter_precheck;
    if (policy == engine::ReserveOpfilterPrecheck::off) return;
    const KnownIrp& irp = *moment.irp;
    const bool other_opens = std::ranges::any_of(moment.model.opens(), [&](const KnownOpen& open) {
        return !open.cleaned_up && open.stream == irp.place.stream;
    });
    const bool synchronous = has_option(irp, engine::FILE_SYNCHRONOUS_IO_ALERT) ||
                             has_option(irp, engine::FILE_SYNCHRONOUS_IO_NONALERT);
    const bool refused = irp.request.transacted || synchronous || other_opens;
    if (refused) verdict.exercise();
    // One that waited may have found its file gone, and have made another (SC-114).
    if (!refused || irp.pended || !engine::nt_success(moment.event->status)) return;
    verdict.violate({}, completes_text(moment),
                    "STATUS_OPLOCK_NOT_GRANTED: it can be seen that the filter oplock would be "
                    "refused");
}

constexpr std::string_view kNames[] = {"FSA-DATA-NAMES", "CREATE-DELETE-PENDING-FIRST",
                                       "FSA-DATA-FAILED"};
constexpr std::string_view kLocks[] = {"FSA-DATA-LOCKS", "LOCK-CHECK-FIRST"};
constexpr std::string_view kOrder[] = {"ACK-RELEASE-ORDER"};
constexpr std::string_view kRetry[] = {"CREATE-ONE-RETRY"};
constexpr std::string_view kPrecheck[] = {"CREATE-RESERVE-PRECHECK"};

constexpr std::array kRules = {
    Rule{{"locks-in-force", "P08", kLocks, "must",
          "A byte-range lock stands in the way from its grant to its end, and only then",
          "Reads, writes and locks are compared with the byte-range locks that were granted and "
          "neither given back nor cleaned up, and so is what is given back. A lock that waits for "
          "an acknowledgment stands in nobody's way."},
         on::kReadCompletes | on::kWriteCompletes | on::kLockCompletes | on::kUnlockCompletes,
         locks_in_force},
    Rule{{"names-lead-where-they-should", "P13", kNames, "must",
          "A create finds what completed operations put there, and nothing else",
          "A name is found from the operation that made it to the one that took it away; from its "
          "marking to its end it answers STATUS_DELETE_PENDING. Operations that failed, or still "
          "wait, changed nothing. Creates that waited are not judged."},
         on::kCreateCompletes, names_lead_where_they_should},
    Rule{{"one-handle-break", "P13", kRetry, "must",
          "A create takes handle caching away once",
          "A create that was released tells no owner a second time because of its sharing "
          "violation: it fails (SC-014)."},
         on::kNotice, one_handle_break},
    Rule{{"filter-is-prechecked", "P13", kPrecheck, "must",
          "FILE_RESERVE_OPFILTER fails where the filter oplock would be refused",
          "A create with FILE_RESERVE_OPFILTER does not succeed beside another open of the "
          "stream, in a transaction, or for synchronous access (SC-007)."},
         on::kOplockOption, filter_is_prechecked},
    Rule{{"released-in-order", "P23", kOrder, "must",
          "Waiters go on in the order in which they began to wait",
          "Where waiters are released first in, first out (SC-091), none completes while an "
          "earlier one at the same stream waits for nobody any more. What may wait elsewhere, or "
          "again, is left out: creates, changes of names, locks."},
         on::kWaiterCompletes, released_in_order},
};

}  // namespace

std::span<const Rule> answer_rules() { return kRules; }

}  // namespace oplocksim::conformance
