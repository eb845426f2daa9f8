// Queries, reservation, waiting, cancellation, cleanup and invariants of an Oplock.
// Granting is in grant.cpp, breaking in break.cpp, acknowledging in acknowledge.cpp.
#include "engine/oplock.h"

#include <algorithm>

#include "engine/assert.h"
#include "engine/completion.h"
#include "engine/invariant_watch.h"
#include "engine/mutations.h"

namespace oplocksim::engine {

bool Oplock::current_handle_caching() const {
    return std::ranges::any_of(holders_, [](const Holder& holder) {
        return (cache_level(holder.type) & OPLOCK_LEVEL_CACHE_HANDLE) != 0;
    });
}

bool Oplock::current_batch_or_filter() const {
    return !holders_.empty() && (holders_.front().type == OplockType::batch ||
                                 holders_.front().type == OplockType::filter);
}

bool Oplock::batch_or_filter_break_underway() const {
    return current_batch_or_filter() && holders_.front().breaking != BreakState::not_breaking;
}

bool Oplock::breaking() const {
    return std::ranges::any_of(holders_, [](const Holder& holder) {
        return holder.breaking != BreakState::not_breaking;
    });
}

bool Oplock::fast_io_possible() const {
    return holders_.empty() || (is_exclusive(holders_.front().type) && !breaking());
}

bool Oplock::reserved_by_other(const Caller& caller) const {
    return std::ranges::any_of(reservations_, [&](const Reservation& reservation) {
        return !same_oplock_owner(caller.file_object, caller.target_key, reservation.file_object,
                                  reservation.key);
    });
}

bool Oplock::operation_waits() const {
    return std::ranges::any_of(waiters_, [](const Waiter& waiter) {
        return waiter.reason == WaitReason::acknowledgment ||
               waiter.reason == WaitReason::read_handle_queue;
    });
}

void Oplock::restore(std::span<const Holder> holders, std::span<const Waiter> waiters) {
    holders_.clear();
    waiters_.clear();
    reservations_.clear();
    for (const Holder& holder : holders) holders_.push_back(holder);
    for (const Waiter& waiter : waiters) waiters_.push_back(waiter);
}

void Oplock::reserve(const Caller& caller) {
    reservations_.push_back(Reservation{caller.file_object, caller.target_key});
}

void Oplock::back_out_reservation(FileObjectId file_object, Effects& effects) {
    if (reservations_.empty()) return;
    reservations_.erase_if([&](const Reservation& reservation) {
        return reservation.file_object == file_object;
    });
    release_waiters(effects);
}

bool Oplock::may_go_on(const Waiter& waiter) const {
    switch (waiter.reason) {
        case WaitReason::acknowledgment:
            return holders_.empty() || !is_exclusive(holders_.front().type) ||
                   holders_.front().breaking == BreakState::not_breaking;
        case WaitReason::read_handle_queue:   // SC-088
            return std::ranges::none_of(
                holders_, [&](const Holder& holder) { return waits_for(waiter, holder); });
        case WaitReason::reservation:
            return std::ranges::all_of(reservations_, [&](const Reservation& reservation) {
                return same_oplock_owner(waiter.file_object, waiter.key, reservation.file_object,
                                         reservation.key);
            });
        case WaitReason::notification: return !breaking();   // SC-098, SC-099
    }
    OPLOCKSIM_ASSERT(false, "a wait reason outside its enumeration");
}

void Oplock::release_waiters(Effects& effects) {
    // Whether a waiter may go on does not depend on other waiters, so one pass finds them all.
    for (std::uint32_t i = 0; i < waiters_.size();) {
        const Waiter waiter = waiters_[i];
        if (!may_go_on(waiter)) {
            ++i;
            continue;
        }
        waiters_.erase_at(i);
        Effect& effect = effects.append();
        effect.kind = waiter.reason == WaitReason::notification ? EffectKind::complete
                                                                : EffectKind::release;
        effect.irp = waiter.irp;
        effect.why.rule = Rule::break_over;
    }
}

bool Oplock::cancel(IrpId irp, Effects& effects) {
    const CancelMutation mutation(*this, irp, effects);
    for (std::uint32_t i = 0; i < waiters_.size(); ++i) {
        if (waiters_[i].irp != irp) continue;
        waiters_.erase_at(i);   // SC-095: the break goes on
        return true;
    }
    for (std::uint32_t i = 0; i < holders_.size(); ++i) {
        if (holders_[i].irp != irp) continue;
        holders_.erase_at(i);   // SC-096: the oplock is gone at once
        release_waiters(effects);
        check_invariants();
        return true;
    }
    return false;
}

namespace {

// SC-049.
Notice close_notice(const Semantics& semantics, OplockType type) {
    Notice notice;
    if (is_granular(type) && semantics.close_completion_status ==
                                 CloseCompletionStatus::granular_handle_closed) {
        notice.status = NtStatus::STATUS_OPLOCK_HANDLE_CLOSED;
    }
    return notice;
}

// [MS-FSA] 2.1.4.12, CLOSE: Level 2 first, then Read, then Read-Handle, then the exclusive one.
constexpr OplockType kCloseOrder[] = {
    OplockType::level_2, OplockType::read,  OplockType::read_handle,
    OplockType::level_1, OplockType::batch, OplockType::filter,
    OplockType::read_write, OplockType::read_write_handle};

}  // namespace

void Oplock::cleanup(const Semantics& semantics, FileObjectId file_object, Effects& effects) {
    if (holders_.empty() && reservations_.empty()) return;
    const CleanupMutation mutation(*this, file_object, effects);
    const Why why{Rule::owner_closed, OplockType::none, Operation::cleanup};
    const auto owned = [&](const Holder& holder) { return holder.file_object == file_object; };
    if (std::ranges::count_if(holders_, owned) == 1) {
        const Holder& holder = *std::ranges::find_if(holders_, owned);
        if (holder.irp.value != 0) {
            complete_request(holder, close_notice(semantics, holder.type), why, effects);
        }
    } else {
        for (const OplockType type : kCloseOrder) {
            for (const Holder& holder : holders_) {
                if (!owned(holder) || holder.type != type || holder.irp.value == 0) continue;
                complete_request(holder, close_notice(semantics, type), why, effects);
            }
        }
    }
    holders_.erase_if(owned);
    reservations_.erase_if([&](const Reservation& reservation) {
        return reservation.file_object == file_object;
    });
    release_waiters(effects);
    check_invariants();
}

namespace {

// I4: the break states that each type can be in, as a set of bits by BreakState.
constexpr std::uint8_t bit(BreakState state) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(state));
}
constexpr std::uint8_t kLegacyBreaks = bit(BreakState::not_breaking) |
                                       bit(BreakState::to_level_2) | bit(BreakState::to_none) |
                                       bit(BreakState::to_level_2_to_none);
constexpr std::uint8_t kLegalBreakStates[] = {
    0,                                                                       // none
    kLegacyBreaks,                                                           // Level 1
    bit(BreakState::not_breaking),                                           // Level 2
    kLegacyBreaks,                                                           // Batch
    bit(BreakState::not_breaking) | bit(BreakState::to_none),                // Filter
    bit(BreakState::not_breaking),                                           // Read
    bit(BreakState::not_breaking) | bit(BreakState::to_read) |
        bit(BreakState::to_none),                                            // Read-Handle
    bit(BreakState::not_breaking) | bit(BreakState::to_read) |
        bit(BreakState::to_none),                                            // Read-Write
    bit(BreakState::not_breaking) | bit(BreakState::to_read) | bit(BreakState::to_none) |
        bit(BreakState::to_read_handle) | bit(BreakState::to_read_write),    // RWH
};

// Comparing every pair is quadratic; beyond this many holders I6 is left to smaller cases.
constexpr std::uint32_t kPairwiseLimit = 16;

}  // namespace

void Oplock::check_invariants_of_holders() const {
    bool breaking_now = false;
    for (const Holder& holder : holders_) {
        const bool holder_breaks = holder.breaking != BreakState::not_breaking;
        OPLOCKSIM_INVARIANT((kLegalBreakStates[static_cast<std::size_t>(holder.type)] &
                             bit(holder.breaking)) != 0,
                            "I4: a type in a break state that it does not have");
        OPLOCKSIM_INVARIANT(holder_breaks == (holder.irp.value == 0),
                            "I3: a breaking oplock has an IRP, or a granted one has none");
        breaking_now |= holder_breaks;
    }
    OPLOCKSIM_INVARIANT(waiters_.empty() || breaking_now || !reservations_.empty(),
                        "I5: somebody waits for nothing");
    if (holders_.size() >= 2) check_invariants_of_sharing();
}

void Oplock::check_invariants_of_sharing() const {
    bool level_2 = false;
    bool read_handle = false;
    for (std::uint32_t i = 0; i < holders_.size(); ++i) {
        const Holder& a = holders_[i];
        OPLOCKSIM_INVARIANT(!is_exclusive(a.type), "I1: an exclusive oplock has company");
        level_2 |= a.type == OplockType::level_2;
        read_handle |= a.type == OplockType::read_handle;
        if (!is_granular(a.type) || holders_.size() > kPairwiseLimit) continue;
        for (std::uint32_t j = i + 1; j < holders_.size(); ++j) {
            const Holder& b = holders_[j];
            OPLOCKSIM_INVARIANT(!is_granular(b.type) || !same_oplock_owner(a.file_object, a.key,
                                                                           b.file_object, b.key),
                                "I6: one owner has two Windows 7 oplocks");
        }
    }
    OPLOCKSIM_INVARIANT(!(level_2 && read_handle), "I2: Level 2 and Read-Handle coexist");
}

}  // namespace oplocksim::engine
