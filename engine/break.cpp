// Breaking: [MS-FSA] 2.1.4.12, with the demands of the per-operation articles (break_demand.cpp).
#include <algorithm>

#include "engine/assert.h"
#include "engine/break_demand.h"
#include "engine/cache_levels.h"
#include "engine/completion.h"
#include "engine/mutations.h"
#include "engine/oplock.h"

namespace oplocksim::engine {
namespace {

using namespace levels;

// What an exclusive Windows 7 oplock becomes when `lost` is taken from it, or not_breaking if it
// keeps all it has ([MS-FSA] 2.1.4.12, the two EXCLUSIVE cases that are not breaking).
constexpr BreakState first_target(OplockType type, CacheLevel lost) {
    if (has(lost, R | W)) return BreakState::to_none;
    if (type == OplockType::read_write) {
        return has(lost, W) ? BreakState::to_read : BreakState::not_breaking;
    }
    if (lost == W) return BreakState::to_read_handle;
    if (lost == H) return BreakState::to_read_write;
    return BreakState::not_breaking;
}

// Where a break under way goes when `lost` is taken too ([MS-FSA] 2.1.4.12, the BREAK_TO_* cases).
constexpr BreakState deeper_target(BreakState now, CacheLevel lost) {
    switch (now) {
        case BreakState::to_level_2:
        case BreakState::to_level_2_to_none:
        case BreakState::to_none:
        case BreakState::not_breaking: return now;
        case BreakState::to_read_handle:
            if (lost == H) return BreakState::to_read;
            return has(lost, R) ? BreakState::to_none : now;
        case BreakState::to_read_write:
            if (lost == W) return BreakState::to_read;
            return has(lost, R | W) ? BreakState::to_none : now;
        case BreakState::to_read: return has(lost, R) ? BreakState::to_none : now;
    }
    return now;
}

constexpr OplockType type_of_target(BreakState target) {
    switch (target) {
        case BreakState::not_breaking:
        case BreakState::to_none:
        case BreakState::to_level_2_to_none: return OplockType::none;
        case BreakState::to_level_2: return OplockType::level_2;
        case BreakState::to_read: return OplockType::read;
        case BreakState::to_read_handle: return OplockType::read_handle;
        case BreakState::to_read_write: return OplockType::read_write;
    }
    return OplockType::none;
}

}  // namespace

// One call of check(): applies the demand of the operation to each holder.
class BreakOperation {
 public:
    BreakOperation(Oplock& oplock, const Semantics& semantics, const Caller& caller,
                   const CheckRequest& request, Effects& effects)
        : oplock_(oplock),
          semantics_(semantics),
          caller_(caller),
          request_(request),
          demand_(demand_of(semantics, request)),
          effects_(effects) {}

    CheckResult run() {
        if (reservation_blocks()) return wait_or_go_on();
        if (!oplock_.holders_.empty()) {
            why_.rule = demand_.when_unaffected;
            if (is_exclusive(oplock_.holders_.front().type)) {
                break_exclusive(oplock_.holders_.front());
            } else {
                break_level_2();
                break_read();
                break_read_handle();
            }
        }
        why_.operation = request_.operation;
        return wait_or_go_on();
    }

    // Would the operation disturb anybody, or wait? For FILE_OPEN_REQUIRING_OPLOCK.
    // Waiting for another opener's reservation disturbs nobody.
    [[nodiscard]] bool disturbs() const {
        return broke_ || deepened_ ||
               (must_wait_ && wait_reason_ != WaitReason::reservation);
    }

 private:
    // The same owner is exempt, unless the operation ignores keys ([MS-FSA] 2.1.4.12.2; SC-004).
    [[nodiscard]] bool spares(const Holder& holder) const {
        return !demand_.ignore_keys && same_oplock_owner(caller_.file_object, own_key(),
                                                         holder.file_object, holder.key);
    }
    [[nodiscard]] OplockKey own_key() const {
        return concerns_parent(request_) ? caller_.parent_key : caller_.target_key;
    }

    // SC-102. A create that does not wait goes on to break handle caching (SC-022).
    [[nodiscard]] bool reservation_blocks() {
        if (request_.operation != Operation::create_break_handle || complete_if_oplocked() ||
            !oplock_.reserved_by_other(caller_)) {
            return false;
        }
        note(Rule::reservation_waits, OplockType::none);
        wait_for(WaitReason::reservation);
        return true;
    }

    [[nodiscard]] bool complete_if_oplocked() const {
        return (request_.flags & OPLOCK_FLAG_COMPLETE_IF_OPLOCKED) != 0;
    }

    void note(Rule rule, OplockType held) { why_ = Why{rule, held, request_.operation}; }

    // Completes the holder's request as broken to `new_type`.
    void notify(Holder& holder, OplockType new_type, bool acknowledgment_required) {
        Notice notice;
        notice.new_type = new_type;
        if (acknowledgment_required) {
            notice.flags |= REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED;
            broke_with_acknowledgment_ = true;
        }
        const bool loses_handle =
            has(cache_level(holder.type), H) && !has(cache_level(new_type), H);
        if (demand_.modes_provided && loses_handle) {
            notice.flags |= REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED;
            notice.access_mode = request_.desired_access;
            notice.share_mode = request_.share_access;
        }
        note(Rule::broken, holder.type);
        complete_request(holder, notice, why_, effects_);
        mutate(holder, effects_.back());
        holder.irp = {};
        broke_ = true;
    }

    void wait_for(WaitReason reason) {
        must_wait_ = true;
        wait_reason_ = reason;
    }

    void break_exclusive(Holder& holder) {
        if (spares(holder)) {
            why_ = Why{Rule::exempt_same_key, holder.type, request_.operation};
            return;
        }
        switch (holder.type) {
            case OplockType::level_1: return break_legacy(holder, demand_.level_1);
            case OplockType::batch: return break_legacy(holder, demand_.batch);
            case OplockType::filter: return break_legacy(holder, demand_.filter);
            case OplockType::read_write:
                if (demand_.handle_holders_only) return;
                return break_granular_exclusive(holder);
            case OplockType::read_write_handle: return break_granular_exclusive(holder);
            case OplockType::none:
            case OplockType::level_2:
            case OplockType::read:
            case OplockType::read_handle: break;
        }
        OPLOCKSIM_ASSERT(false, "a shared type among the exclusive ones");
    }

    // [MS-FSA] 2.1.4.12, BreakToTwo and BreakToNone.
    void break_legacy(Holder& holder, LegacyTarget target) {
        why_.held = holder.type;
        if (target == LegacyTarget::unaffected) return;
        const bool to_none = target == LegacyTarget::none;
        if (holder.breaking == BreakState::not_breaking) {
            holder.breaking = to_none ? BreakState::to_none : BreakState::to_level_2;
            notify(holder, to_none ? OplockType::none : OplockType::level_2, true);
        } else {
            note(Rule::joined_break, holder.type);
            if (to_none && holder.breaking == BreakState::to_level_2 &&
                deepens_silently(/*waits=*/true)) {
                holder.breaking = BreakState::to_level_2_to_none;
                note_deepened(holder);
            }
        }
        wait_for(WaitReason::acknowledgment);
    }

    // SC-055. Stepwise, a waiter breaks the next step after the acknowledgment; an operation that
    // does not wait has no such later moment, so it deepens now (SC-105).
    [[nodiscard]] bool deepens_silently(bool waits) const {
        return semantics_.deeper_break_while_breaking ==
                   DeeperBreakWhileBreaking::silent_deepening ||
               !waits || complete_if_oplocked();
    }

    void note_deepened(const Holder& holder) {
        note(Rule::deepened, holder.type);
        deepened_ = true;
    }

    void break_granular_exclusive(Holder& holder) {
        why_.held = holder.type;
        if ((cache_level(holder.type) & demand_.lost) == 0) return;
        if (demand_.unacknowledged) return end_without_acknowledgment(holder);
        const bool literal_lock =   // SC-029
            demand_.lock_literal && holder.type == OplockType::read_write_handle;
        const bool waits = !demand_.advisory && !literal_lock;
        if (holder.breaking == BreakState::not_breaking) {
            holder.breaking = first_target(holder.type, demand_.lost);
            OPLOCKSIM_ASSERT(holder.breaking != BreakState::not_breaking,
                             "a lost level that the type has must break it");
            notify(holder, type_of_target(holder.breaking), true);
        } else {
            note(Rule::joined_break, holder.type);
            const BreakState deeper = deeper_target(holder.breaking, demand_.lost);
            if (deeper != holder.breaking && deepens_silently(waits)) {
                holder.breaking = deeper;
                note_deepened(holder);
            }
        }
        if (waits) wait_for(WaitReason::acknowledgment);
    }

    // A writable section: broken to None, nothing owed. A break that was under way stays owed,
    // at None. Holders move, so `holder` must not be used afterwards.
    void end_without_acknowledgment(Holder& holder) {
        if (holder.breaking != BreakState::not_breaking) {
            if (holder.breaking != BreakState::to_none) {
                holder.breaking = BreakState::to_none;
                note_deepened(holder);
            }
            return;
        }
        notify(holder, OplockType::none, false);
        oplock_.holders_.erase_at(static_cast<std::uint32_t>(&holder - oplock_.holders_.begin()));
    }

    // Every Level 2 of the stream, whoever issued the operation (SC-001), but for creates.
    void break_level_2() {
        if (!demand_.level_2) return;
        break_unacknowledged(OplockType::level_2, demand_.level_2_spares_own_key);
    }

    // [MS-FSA] 2.1.4.12, READ_CACHING: broken to None, no acknowledgment.
    void break_read() {
        if (!has(demand_.lost, R) || demand_.handle_holders_only) return;
        break_unacknowledged(OplockType::read, true);
    }

    void break_unacknowledged(OplockType type, bool key_exempts) {
        auto& holders = oplock_.holders_;
        for (std::uint32_t i = 0; i < holders.size();) {
            Holder& holder = holders[i];
            if (holder.type != type) {
                ++i;
            } else if (key_exempts && spares(holder)) {
                if (!broke_) note(Rule::exempt_same_key, type);
                ++i;
            } else {
                notify(holder, OplockType::none, false);
                holders.erase_at(i);
            }
        }
    }

    // [MS-FSA] 2.1.4.12, (READ_CACHING|HANDLE_CACHING) with and without BREAK flags.
    void break_read_handle() {
        if ((demand_.lost & (R | H)) == 0) return;
        if (has(demand_.lost, R)) deepen_queue();
        break_granted_read_handle(has(demand_.lost, R | W) ? BreakState::to_none
                                                           : BreakState::to_read);
        if (has(demand_.lost, H) && !demand_.advisory) wait_for_queue();
    }

    // Entries of RHBreakQueue that were breaking to Read now break to None, without a notice.
    void deepen_queue() {
        const bool waits = has(demand_.lost, H) && !demand_.advisory;
        if (!deepens_silently(waits)) return;
        for (Holder& holder : oplock_.holders_) {
            if (holder.breaking != BreakState::to_read || spares(holder)) continue;
            holder.breaking = BreakState::to_none;
            note_deepened(holder);
        }
    }

    // Every granted Read-Handle of another owner, to the end of RHBreakQueue.
    void break_granted_read_handle(BreakState target) {
        auto& holders = oplock_.holders_;
        std::uint32_t granted = holders.size();
        for (std::uint32_t i = 0; i < granted;) {
            Holder& holder = holders[i];
            if (holder.type != OplockType::read_handle ||
                holder.breaking != BreakState::not_breaking || !in_scope(holder)) {
                ++i;
            } else if (spares(holder)) {
                if (!broke_) note(Rule::exempt_same_key, holder.type);
                ++i;
            } else if (demand_.unacknowledged) {
                notify(holder, OplockType::none, false);
                holders.erase_at(i);
                --granted;
            } else {
                holder.breaking = target;
                notify(holder, type_of_target(target), true);
                const Holder moved = holder;
                holders.erase_at(i);
                holders.push_back(moved);
                --granted;
            }
        }
    }

    [[nodiscard]] bool in_scope(const Holder& holder) const {   // SC-015
        if (request_.operation != Operation::create_break_handle ||
            semantics_.rh_conflict_scope == RhConflictScope::all_different_key) {
            return true;
        }
        return std::ranges::find(request_.conflicting, holder.file_object) !=
               request_.conflicting.end();
    }

    // SC-087: it waits for every breaking entry of another owner, its own doing or not.
    void wait_for_queue() {
        for (const Holder& holder : oplock_.holders_) {
            if (holder.breaking == BreakState::not_breaking || spares(holder)) continue;
            if (!broke_ && !deepened_) note(Rule::joined_break, holder.type);
            return wait_for(WaitReason::read_handle_queue);
        }
    }

    CheckResult wait_or_go_on() {
        if (must_wait_ && !complete_if_oplocked()) {
            oplock_.waiters_.push_back(
                Waiter{caller_.irp, caller_.file_object, own_key(), wait_reason_,
                       demand_.ignore_keys});
            return {CheckDecision::wait, NtStatus::STATUS_PENDING, why_};
        }
        if (must_wait_ && !broke_) why_.rule = Rule::complete_if_oplocked;
        const NtStatus status = complete_if_oplocked() && reports_break()
                                    ? NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS
                                    : NtStatus::STATUS_SUCCESS;
        return {CheckDecision::proceed, status, why_};
    }

    [[nodiscard]] bool reports_break() const {   // SC-021, SC-027
        if (must_wait_) return true;
        switch (semantics_.complete_if_oplocked_status) {
            case CompleteIfOplockedStatus::would_have_waited: return false;
            case CompleteIfOplockedStatus::any_unacknowledged: return broke_with_acknowledgment_;
            case CompleteIfOplockedStatus::any_break: return broke_;
        }
        OPLOCKSIM_ASSERT(false, "a complete_if_oplocked_status outside its enumeration");
    }

    Oplock& oplock_;
    const Semantics& semantics_;
    const Caller& caller_;
    const CheckRequest& request_;
    const BreakDemand demand_;
    Effects& effects_;
    Why why_;
    bool broke_ = false;
    bool broke_with_acknowledgment_ = false;
    bool deepened_ = false;
    bool must_wait_ = false;
    WaitReason wait_reason_ = WaitReason::acknowledgment;
};

namespace {

// SC-025: may a FILE_OPEN_REQUIRING_OPLOCK open go on with these oplocks in place?
bool open_requiring_oplock_conflicts(const Oplock& oplock, const Semantics& semantics,
                                     const Caller& caller, const CheckRequest& request) {
    if (semantics.open_requiring_oplock_conflict ==
        OpenRequiringOplockConflict::any_but_R_and_RH) {
        for (const Holder& holder : oplock.holders()) {
            const bool harmless = holder.type == OplockType::read ||
                                  holder.type == OplockType::read_handle;
            if (!harmless && !same_oplock_owner(caller.file_object, caller.target_key,
                                                holder.file_object, holder.key)) {
                return true;
            }
        }
    }
    Oplock trial = oplock;
    Effects ignored;
    BreakOperation operation(trial, semantics, caller, request, ignored);
    static_cast<void>(operation.run());
    return operation.disturbs();
}

}  // namespace

CheckResult Oplock::check_held(const Semantics& semantics, const Caller& caller,
                               const CheckRequest& request, Effects& effects) {
    if ((request.flags & OPLOCK_FLAG_OPLOCK_KEY_CHECK_ONLY) != 0) return {};
    Mutation mutation(*this, effects);
    const Caller& asking = mutation.of(caller, request);
    const CheckRequest& asked = mutant_of(request);
    if (asked.requiring_oplock &&
        open_requiring_oplock_conflicts(*this, semantics, asking, asked)) {
        return {CheckDecision::cannot_break, NtStatus::STATUS_CANNOT_BREAK_OPLOCK,
                Why{Rule::cannot_break, holders_.empty() ? OplockType::none
                                                         : holders_.front().type,
                    request.operation}};
    }
    CheckResult result = BreakOperation(*this, semantics, asking, asked, effects).run();
    mutation.after(result);
    check_invariants();
    return result;
}

}  // namespace oplocksim::engine
