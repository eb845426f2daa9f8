// The oplock package: the opportunistic locks of one stream, as a pure state machine.
//
// An Oplock is what [MS-FSA] 2.1.1.10 calls "Per Oplock" and the driver documentation an opaque
// OPLOCK: a regular value (copy it, compare it, hash its parts) that belongs to one stream. A call
// returns what must now happen, as a result for the calling IRP and a list of Effects for other
// IRPs, and does nothing else: no clock, no file system, no scheduler, no I/O.
//
// Counterparts in ntifs.h:
//   fsctrl             FsRtlOplockFsctrlEx       requests, acknowledgments, break notification
//   check              FsRtlCheckOplockEx2       an operation that may break
//                      FsRtlOplockBreakH         with Operation::create_break_handle
//                      FsRtlOplockBreakToNoneEx  with Operation::break_to_none
//   cancel             the cancel routine of an IRP that the package holds
//   cleanup            FsRtlCheckOplockEx2 for IRP_MJ_CLEANUP
//   current, current_handle_caching, current_batch_or_filter, fast_io_possible
//                      FsRtlCurrentOplock, FsRtlCurrentOplockH, FsRtlCurrentBatchOplock,
//                      FsRtlOplockIsFastIoPossible
//   same_oplock_owner  FsRtlOplockKeysEqual
//
// Invariants (check_invariants):
//   I1  an exclusive holder (Level 1, Batch, Filter, RW, RWH) is the only holder;
//   I2  Level 2 and Read-Handle never coexist;
//   I3  a holder that is breaking has no IRP: its notification was its IRP's completion;
//   I4  only exclusive types and Read-Handle are ever breaking;
//   I5  somebody waits only while an acknowledgment or a reservation is outstanding;
//   I6  an oplock key owns at most one Windows 7 oplock of a stream.
//
// Callers give every IRP and FILE_OBJECT an id that is not zero.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/constants.h"
#include "engine/ntstatus.h"
#include "engine/reason.h"
#include "engine/semantics.h"
#include "engine/small_vector.h"

namespace oplocksim::engine {

// Names that the caller gives; the package compares them and nothing more. Zero is "none".
struct FileObjectId {
    std::uint32_t value = 0;
    auto operator<=>(const FileObjectId&) const = default;
};
struct IrpId {
    std::uint32_t value = 0;
    auto operator<=>(const IrpId&) const = default;
};
// An oplock key that was given explicitly. The caller numbers the GUIDs it sees; zero is "none
// given", which makes the FILE_OBJECT its own, unique key (Oplock Overview, Oplock keys; SC-004).
struct OplockKey {
    std::uint32_t value = 0;
    auto operator<=>(const OplockKey&) const = default;
};

// The eight types (Types of Oplocks), legacy first. An acknowledged level is one of these too.
enum class OplockType : std::uint8_t {
    none,
    level_1,
    level_2,
    batch,
    filter,
    read,
    read_handle,
    read_write,
    read_write_handle,
};

// "None", "Level 1", ..., "Read-Write-Handle".
[[nodiscard]] std::string_view to_string(OplockType type);

// OPLOCK_LEVEL_CACHE_* of a Windows 7 type; 0 for the others.
[[nodiscard]] constexpr CacheLevel cache_level(OplockType type) {
    switch (type) {
        case OplockType::none:
        case OplockType::level_1:
        case OplockType::level_2:
        case OplockType::batch:
        case OplockType::filter: return 0;
        case OplockType::read: return OPLOCK_LEVEL_CACHE_READ;
        case OplockType::read_handle: return OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_HANDLE;
        case OplockType::read_write: return OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_WRITE;
        case OplockType::read_write_handle:
            return OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_HANDLE | OPLOCK_LEVEL_CACHE_WRITE;
    }
    return 0;
}

// Level 1, Batch, Filter, RW and RWH: granted to one owner at a time.
[[nodiscard]] constexpr bool is_exclusive(OplockType type) {
    return type == OplockType::level_1 || type == OplockType::batch ||
           type == OplockType::filter || type == OplockType::read_write ||
           type == OplockType::read_write_handle;
}

// The Windows 7 types: Read, Read-Handle, Read-Write, Read-Write-Handle.
[[nodiscard]] constexpr bool is_granular(OplockType type) { return type >= OplockType::read; }

// Who calls: the FILE_OBJECT of the IRP, the keys associated with it, and the IRP itself.
struct Caller {
    FileObjectId file_object;
    OplockKey target_key;   // the file's own key
    OplockKey parent_key;   // the key for the parent directory (dual oplock key ECP)
    IrpId irp;
};

// FsRtlOplockKeysEqual, and SC-004: the same FILE_OBJECT, or two equal explicit keys.
[[nodiscard]] constexpr bool same_oplock_owner(FileObjectId a, OplockKey a_key, FileObjectId b,
                                               OplockKey b_key) {
    return a == b || (a_key.value != 0 && a_key == b_key);
}

// How far a holder's oplock has been broken without the owner's acknowledgment.
enum class BreakState : std::uint8_t {
    not_breaking,
    to_level_2,            // Level 1 or Batch, BREAK_TO_TWO
    to_none,               // any type that is acknowledged
    to_level_2_to_none,    // told Level 2, but None by now: BREAK_TO_TWO_TO_NONE
    to_read,               // RH, RW or RWH
    to_read_handle,        // RWH
    to_read_write,         // RWH
};

// One granted oplock, or one whose break is unacknowledged (then `irp` is none).
struct Holder {
    FileObjectId file_object;
    IrpId irp;              // the pended request; completed exactly once
    OplockKey key;
    OplockType type = OplockType::none;
    BreakState breaking = BreakState::not_breaking;
    bool close_pending = false;   // acknowledged with a promise to close

    bool operator==(const Holder&) const = default;
};
static_assert(sizeof(Holder) == 16);

// What a waiter waits for.
enum class WaitReason : std::uint8_t {
    acknowledgment,      // of the exclusive holder
    read_handle_queue,   // of every breaking Read-Handle holder with another key
    reservation,         // of a FILE_OPEN_REQUIRING_OPLOCK open that has not yet requested
    notification,        // FSCTL_OPLOCK_BREAK_NOTIFY: of every break of the stream
};

// An IRP that the package holds until a break is over.
struct Waiter {
    IrpId irp;
    FileObjectId file_object;
    OplockKey key;               // that its check compared: the target's, or the parent's
    WaitReason reason = WaitReason::acknowledgment;
    bool ignores_keys = false;   // it waits for its own owner's Read-Handle holders too

    bool operator==(const Waiter&) const = default;
};
static_assert(sizeof(Waiter) == 16);

// Whether the end of this holder's break is one that the waiter, which waits for an acknowledgment,
// needs (SC-087, SC-088).
[[nodiscard]] constexpr bool waits_for(const Waiter& waiter, const Holder& holder) {
    const bool own = waiter.reason == WaitReason::read_handle_queue && !waiter.ignores_keys &&
                     same_oplock_owner(waiter.file_object, waiter.key, holder.file_object,
                                       holder.key);
    return holder.breaking != BreakState::not_breaking && !own;
}

// What the caller must now do for an IRP other than the calling one, in order.
enum class EffectKind : std::uint8_t {
    complete,  // complete the IRP with status, information and, if has_output, the output buffer
    release,   // the waiting operation goes on: it repeats its check (or, under
               // recheck_after_release = false, passes it)
};
struct Effect {
    EffectKind kind = EffectKind::complete;
    bool has_output = false;
    IrpId irp;
    NtStatus status = NtStatus::STATUS_SUCCESS;
    std::uint32_t information = 0;
    RequestOplockOutputBuffer output;
    Why why;
};

// Filled by the calls below; the caller clears it. Eight effects fit without the heap.
using Effects = SmallVector<Effect, 8>;

// What the file system knows about the stream when an oplock is requested or acknowledged: the
// OpenCount and Flags arguments of FsRtlOplockFsctrlEx, spelt out.
struct StreamFacts {
    bool directory = false;
    bool synchronous = false;            // the requester's FILE_OBJECT is synchronous
    bool transaction = false;            // a TxF transaction on any stream of the file
    bool delete_pending = false;         // of the stream or of its file
    bool writable_section = false;       // a writable user-mapped section exists
    bool byte_range_lock = false;        // at least one byte-range lock exists
    bool byte_range_lock_below_allocation = false;  // one starts below the allocation size
    bool opened_complete_if_oplocked = false;       // the requester's create had the option
    std::uint32_t other_opens = 0;                  // FILE_OBJECTs but the requester's
    std::uint32_t other_opens_other_key = 0;        // of those, with another owner
    std::uint32_t other_data_opens = 0;             // of those, not attribute-only
    std::uint32_t other_data_opens_other_key = 0;
};

// An FSCTL of the oplock protocol. Level and flags are those of REQUEST_OPLOCK_INPUT_BUFFER and
// are looked at for FSCTL_REQUEST_OPLOCK only.
struct OplockFsctl {
    FsControlCode code = FsControlCode::FSCTL_REQUEST_OPLOCK;
    std::uint32_t requested_oplock_level = 0;
    std::uint32_t flags = 0;
};

// The answer to the calling IRP. STATUS_PENDING: the package now holds the IRP.
struct FsctlResult {
    NtStatus status = NtStatus::STATUS_SUCCESS;
    std::uint32_t information = 0;
    bool has_output = false;
    RequestOplockOutputBuffer output;
    Why why;
};

// What an operation is, to the package.
enum class Operation : std::uint8_t {
    create,
    create_break_handle,   // OPEN_BREAK_H: the create found a sharing violation
    read,
    write,
    flush,
    byte_range_lock,
    byte_range_unlock,
    set_end_of_file,
    set_allocation,
    set_valid_data_length,
    rename,                // of the stream, its file, or an ancestor directory
    set_short_name,        // likewise
    link,                  // a new link supersedes this file's link
    set_disposition,       // DeleteFile is TRUE
    set_zero_data,
    set_security,
    create_writable_section,
    delete_on_close_cleanup,  // OPLOCK_FLAG_CLOSING_DELETE_ON_CLOSE
    replaced_by_rename,       // a rename replaces this file (2.1.5.15.12)
    break_to_none,            // FsRtlOplockBreakToNoneEx
    parent_change,            // OPLOCK_FLAG_PARENT_OBJECT: the directory's content changes
    cleanup,                  // of the owner (for explanations; see Oplock::cleanup)
};
inline constexpr int kOperationCount = static_cast<int>(Operation::cleanup) + 1;

[[nodiscard]] std::string_view to_string(Operation operation);

// One call of FsRtlCheckOplockEx2. The members from desired_access on matter to creates only.
struct CheckRequest {
    Operation operation = Operation::read;
    bool reserve_opfilter = false;          // FILE_RESERVE_OPFILTER
    bool requiring_oplock = false;          // FILE_OPEN_REQUIRING_OPLOCK
    CreateDisposition disposition = CreateDisposition::FILE_OPEN;
    ShareAccess share_access = 0;
    OplockCheckFlags flags = 0;             // COMPLETE_IF_OPLOCKED, IGNORE_OPLOCK_KEYS, ...
    AccessMask desired_access = 0;
    // For create_break_handle under rh_conflict_scope = conflicting_handles_only: the holders
    // whose own handle conflicts. Ignored otherwise.
    std::span<const FileObjectId> conflicting = {};
};

// What FsRtlCheckOplockEx2 answers.
enum class CheckDecision : std::uint8_t {
    proceed,             // STATUS_SUCCESS, or STATUS_OPLOCK_BREAK_IN_PROGRESS for a create
    wait,                // STATUS_PENDING: the package holds the IRP until an Effect releases it
    cannot_break,        // STATUS_CANNOT_BREAK_OPLOCK; nothing was changed
};
struct CheckResult {
    CheckDecision decision = CheckDecision::proceed;
    NtStatus status = NtStatus::STATUS_SUCCESS;
    Why why;
};

// The oplocks of one stream.
class Oplock {
 public:
    // FSCTL requests, acknowledgments and notification (FsRtlOplockFsctrlEx; Requesting and
    // Granting Oplocks; Acknowledging Oplock Breaks; [MS-FSA] 2.1.5.18, 2.1.5.19).
    // Requires: `code` is an oplock FSCTL; the caller's IRP is not held already.
    [[nodiscard]] FsctlResult fsctrl(const Semantics& semantics, const Caller& caller,
                                     const OplockFsctl& fsctl, const StreamFacts& facts,
                                     Effects& effects);

    // An operation that may break ([MS-FSA] 2.1.4.12; the per-operation articles).
    // Requires: the caller's IRP is not held already.
    [[nodiscard]] CheckResult check(const Semantics& semantics, const Caller& caller,
                                    const CheckRequest& request, Effects& effects) {
        if (holders_.empty() && reservations_.empty()) return {};
        return check_held(semantics, caller, request, effects);
    }

    // FILE_OPEN_REQUIRING_OPLOCK succeeded: the stream is reserved for the oplock that this
    // FILE_OBJECT will request. Until its first request, granted or not, or its close, a create
    // of another owner that finds a sharing violation waits (SC-102).
    void reserve(const Caller& caller);

    // OPLOCK_FLAG_BACK_OUT_ATOMIC_OPLOCK: the create failed after all. Harmless without one.
    void back_out_reservation(FileObjectId file_object, Effects& effects);

    // The IRP is cancelled ([MS-FSA] 2.1.5.20, SC-095, SC-096): a waiter is forgotten and the
    // break goes on; a granted request loses its oplock at once. Returns whether the package held
    // the IRP; if so the caller completes it with STATUS_CANCELLED.
    [[nodiscard]] bool cancel(IrpId irp, Effects& effects);

    // The last handle of the FILE_OBJECT is closed (IRP_MJ_CLEANUP article; [MS-FSA] 2.1.4.12,
    // CLOSE). Its own requests complete; a break it owed is over.
    void cleanup(const Semantics& semantics, FileObjectId file_object, Effects& effects);

    // FsRtlCurrentOplock: is anything granted or breaking?
    [[nodiscard]] bool current() const { return !holders_.empty(); }
    // FsRtlCurrentOplockH: does anybody cache handles (granted or breaking)?
    [[nodiscard]] bool current_handle_caching() const;
    // FsRtlCurrentBatchOplock: Batch or Filter, granted or breaking?
    [[nodiscard]] bool current_batch_or_filter() const;
    // A Batch or Filter break that nobody has acknowledged (SC-023).
    [[nodiscard]] bool batch_or_filter_break_underway() const;
    // FsRtlOplockIsFastIoPossible.
    [[nodiscard]] bool fast_io_possible() const;
    // Is an acknowledgment outstanding?
    [[nodiscard]] bool breaking() const;
    // Does a reservation (FILE_OPEN_REQUIRING_OPLOCK) of another owner exist?
    [[nodiscard]] bool reserved_by_other(const Caller& caller) const;

    // Becomes the oplock that these were read from (holders(), waiters()), without reservations:
    // for a search that keeps its states packed. Requires: the invariants hold for them.
    void restore(std::span<const Holder> holders, std::span<const Waiter> waiters);

    // For traces and diagnosis. Rules never look here.
    [[nodiscard]] std::span<const Holder> holders() const {
        return {holders_.begin(), holders_.size()};
    }
    [[nodiscard]] std::span<const Waiter> waiters() const {
        return {waiters_.begin(), waiters_.size()};
    }
    // The FILE_OBJECT of the oldest reservation, or none.
    [[nodiscard]] FileObjectId reserved_for() const {
        return reservations_.empty() ? FileObjectId{} : reservations_.front().file_object;
    }

    // Calls f(FILE_OBJECT, key) for every reservation, oldest first.
    template <typename F>
    void for_each_reservation(F f) const {
        for (const Reservation& reservation : reservations_) {
            f(reservation.file_object, reservation.key);
        }
    }

    // Aborts with an explanation if an invariant of this header does not hold.
    void check_invariants() const {
        if (holders_.empty() && waiters_.empty()) return;
        check_invariants_of_holders();
    }

    bool operator==(const Oplock&) const = default;

 private:
    friend class GrantOperation;
    friend class AcknowledgeOperation;
    friend class BreakOperation;
    friend class Mutation;

    struct Reservation {
        FileObjectId file_object;
        OplockKey key;
        bool operator==(const Reservation&) const = default;
    };

    [[nodiscard]] CheckResult check_held(const Semantics& semantics, const Caller& caller,
                                         const CheckRequest& request, Effects& effects);
    void check_invariants_of_holders() const;
    void check_invariants_of_sharing() const;
    // Lets every waiter go on whose reason to wait is over, first in first out.
    void release_waiters(Effects& effects);
    [[nodiscard]] bool may_go_on(const Waiter& waiter) const;
    // Somebody other than a notification waits for a break.
    [[nodiscard]] bool operation_waits() const;

    SmallVector<Holder, 2> holders_;   // shared ones in grant order; breaking RH in break order
    SmallVector<Waiter, 1> waiters_;   // first in, first out; notifications among them
    SmallVector<Reservation, 1> reservations_;
};

}  // namespace oplocksim::engine
