// Mutants of whole operations: what an Oplock is before one and after it, changed.
#include <algorithm>

#include "engine/completion.h"
#include "engine/mutations.h"

#ifdef OPLOCKSIM_MUTANTS

namespace oplocksim::engine {
namespace {

bool is_breaking(const Holder& holder) { return holder.breaking != BreakState::not_breaking; }

bool owns(const Caller& caller, const Holder& holder) {
    return same_oplock_owner(caller.file_object, caller.target_key, holder.file_object,
                             holder.key);
}

bool is_legacy_acknowledgment(const OplockFsctl& fsctl) {
    return fsctl.code == FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE ||
           fsctl.code == FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2 ||
           fsctl.code == FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING;
}

bool is_acknowledgment(const OplockFsctl& fsctl) {
    return is_legacy_acknowledgment(fsctl) ||
           (fsctl.code == FsControlCode::FSCTL_REQUEST_OPLOCK &&
            (fsctl.flags & REQUEST_OPLOCK_INPUT_FLAG_ACK) != 0);
}

// Of a request; none for everything else.
OplockType requested_type(const OplockFsctl& fsctl) {
    switch (fsctl.code) {
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1: return OplockType::level_1;
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2: return OplockType::level_2;
        case FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK: return OplockType::batch;
        case FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK: return OplockType::filter;
        case FsControlCode::FSCTL_REQUEST_OPLOCK: break;
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
        case FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING:
        case FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY:
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2:
        case FsControlCode::FSCTL_SET_ZERO_DATA: return OplockType::none;
    }
    if (is_acknowledgment(fsctl)) return OplockType::none;
    for (const OplockType type : {OplockType::read, OplockType::read_handle,
                                  OplockType::read_write, OplockType::read_write_handle}) {
        if (cache_level(type) == fsctl.requested_oplock_level) return type;
    }
    return OplockType::none;
}

void mutate_keys(Caller& caller) {
    if (mutated(Mutant::keys_are_ignored)) caller.target_key = caller.parent_key = {};
    if (mutated(Mutant::no_key_equals_no_key)) {
        constexpr OplockKey kOneForAll{~0u};
        if (caller.target_key.value == 0) caller.target_key = kOneForAll;
        if (caller.parent_key.value == 0) caller.parent_key = kOneForAll;
    }
}

Mutant not_waited_for(OplockType type) {
    switch (type) {
        case OplockType::level_1: return Mutant::level_1_is_not_waited_for;
        case OplockType::batch: return Mutant::batch_is_not_waited_for;
        case OplockType::filter: return Mutant::filter_is_not_waited_for;
        case OplockType::read_handle: return Mutant::read_handle_is_not_waited_for;
        case OplockType::read_write: return Mutant::read_write_is_not_waited_for;
        case OplockType::read_write_handle: return Mutant::read_write_handle_is_not_waited_for;
        case OplockType::none:
        case OplockType::level_2:
        case OplockType::read: break;
    }
    return Mutant::none;
}

}  // namespace

// Did the operation complete this request?
bool Mutation::told(IrpId irp) const {
    return irp.value != 0 &&
           std::any_of(effects_.begin() + first_, effects_.end(),
                       [&](const Effect& effect) { return effect.irp == irp; });
}

void Mutation::forget_effects(Rule rule) {
    for (std::uint32_t i = first_; i < effects_.size();) {
        if (effects_[i].why.rule == rule) {
            effects_.erase_at(i);
        } else {
            ++i;
        }
    }
}

void Mutation::undo() {
    oplock_ = before_;
    while (effects_.size() > first_) effects_.erase_at(effects_.size() - 1);
}

// The holder is what it was, and was told nothing.
void Mutation::undo(const Holder& was) {
    for (std::uint32_t i = first_; i < effects_.size(); ++i) {
        if (effects_[i].irp != was.irp) continue;
        effects_.erase_at(i);
        break;
    }
    oplock_.holders_.erase_if([&](const Holder& holder) {
        return holder.irp.value == 0 && holder.type == was.type &&
               holder.file_object == was.file_object;
    });
    oplock_.holders_.push_back(was);
}

void Mutation::undo_all_but_first(OplockType type) {
    bool first = true;
    for (const Holder& holder : before_.holders_) {
        if (holder.type != type || !told(holder.irp)) continue;
        if (!first) undo(holder);
        first = false;
    }
}

void Mutation::release(WaitReason reason) {
    for (const Waiter& waiter : oplock_.waiters_) {
        if (waiter.reason != reason) continue;
        Effect& effect = effects_.append();
        effect.kind = reason == WaitReason::notification ? EffectKind::complete
                                                         : EffectKind::release;
        effect.irp = waiter.irp;
        effect.why.rule = Rule::break_over;
    }
    oplock_.waiters_.erase_if([&](const Waiter& waiter) { return waiter.reason == reason; });
}

void Mutation::release_nobody() {
    forget_effects(Rule::break_over);
    oplock_.waiters_ = before_.waiters_;
}

void Mutation::mutate_releases() {
    const auto released = [](const Effect& effect) { return effect.why.rule == Rule::break_over; };
    const auto first = std::find_if(effects_.begin() + first_, effects_.end(), released);
    if (first == effects_.end()) return;
    if (mutated(Mutant::waiters_go_on_last_first)) std::reverse(first, effects_.end());
    if (mutated(Mutant::only_first_waiter_goes_on)) {
        const Effect only = *first;
        release_nobody();
        effects_.push_back(only);
        oplock_.waiters_.erase_if([&](const Waiter& waiter) { return waiter.irp == only.irp; });
    }
}

Caller Mutation::of(Caller caller, const CheckRequest& request) {
    const bool parent = concerns_parent(request);
    mutate_keys(caller);
    if (mutated(Mutant::handles_are_ignored)) caller.file_object = {~0u};
    if (mutated(Mutant::directory_compares_target_key) && parent) {
        caller.parent_key = caller.target_key;
    }
    for (Holder& holder : oplock_.holders_) {
        if (mutated(Mutant::either_key_exempts) && caller.parent_key.value != 0 &&
            (caller.parent_key == holder.key || caller.target_key == holder.key)) {
            caller.parent_key = caller.target_key = holder.key;
        }
        // Here close_pending remembers that somebody was exempt.
        if (!mutated(Mutant::exemption_outlives_the_operation) || !is_exclusive(holder.type)) {
            continue;
        }
        if (!is_breaking(holder) && holder.close_pending) caller.file_object = holder.file_object;
        holder.close_pending |=
            same_oplock_owner(caller.file_object, parent ? caller.parent_key : caller.target_key,
                              holder.file_object, holder.key);
    }
    caller_ = caller;
    request_ = request;
    return caller;
}

// Does whoever was told to wait go on all the same?
bool Mutation::goes_on_despite(Rule why) const {
    const bool joins = why == Rule::joined_break;
    switch (oplock_.waiters_.back().reason) {
        case WaitReason::acknowledgment:
            return mutated(not_waited_for(oplock_.holders_.front().type)) ||
                   (joins && mutated(Mutant::break_under_way_is_not_joined));
        case WaitReason::read_handle_queue:
            return mutated(Mutant::read_handle_is_not_waited_for) ||
                   (joins && mutated(Mutant::read_handle_queue_is_not_joined));
        case WaitReason::reservation: return mutated(Mutant::reservation_is_ignored);
        case WaitReason::notification: break;
    }
    return false;
}

// Breaks that were under way before the operation are as they were, but for the first `kept` that
// it deepened.
void Mutation::undo_depth(int kept) {
    for (Holder& holder : oplock_.holders_) {
        for (const Holder& was : before_.holders_) {
            const bool same = was.file_object == holder.file_object && was.type == holder.type;
            if (!same || !is_breaking(was) || was.breaking == holder.breaking) continue;
            if (kept-- <= 0) holder.breaking = was.breaking;
        }
    }
}

void Mutation::mutate_depth() {
    if (mutated(Mutant::only_one_read_handle_deepens)) undo_depth(1);
    if (mutated(Mutant::section_does_not_deepen) &&
        request_.operation == Operation::create_writable_section) {
        undo_depth(0);
    }
    bool told = false;
    for (std::uint32_t i = first_; i < effects_.size(); ++i) {
        RequestOplockOutputBuffer& output = effects_[i].output;
        if ((output.flags & REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED) == 0) continue;
        if (told && mutated(Mutant::second_owner_is_told_no_sharing)) output.share_mode = 0;
        told = true;
    }
}

void Mutation::after(CheckResult& result) {
    const bool may_not_wait = (request_.flags & OPLOCK_FLAG_COMPLETE_IF_OPLOCKED) != 0;
    if (mutated(Mutant::atomic_open_fails_beside_any) && request_.requiring_oplock &&
        before_.current()) {
        undo();
        result = {CheckDecision::cannot_break, NtStatus::STATUS_CANNOT_BREAK_OPLOCK,
                  Why{Rule::cannot_break, OplockType::none, request_.operation}};
        return;
    }
    if (result.decision == CheckDecision::wait && goes_on_despite(result.why.rule)) {
        oplock_.waiters_.erase_at(oplock_.waiters_.size() - 1);
        result = {CheckDecision::proceed, NtStatus::STATUS_SUCCESS, result.why};
    }
    if (mutated(Mutant::break_never_deepens) && result.why.rule == Rule::deepened) undo_depth(0);
    mutate_depth();
    if (mutated(Mutant::only_one_level_2_or_read_breaks)) {
        undo_all_but_first(OplockType::level_2);
        undo_all_but_first(OplockType::read);
    }
    if (mutated(Mutant::only_one_read_handle_breaks)) undo_all_but_first(OplockType::read_handle);
    if (mutated(Mutant::write_waits_for_read_handle) && request_.operation == Operation::write &&
        result.decision == CheckDecision::proceed &&
        std::any_of(oplock_.holders_.begin(), oplock_.holders_.end(), [&](const Holder& holder) {
            return is_breaking(holder) && !owns(caller_, holder);
        })) {
        oplock_.waiters_.push_back(Waiter{caller_.irp, caller_.file_object, caller_.target_key,
                                          WaitReason::read_handle_queue});
        result = {CheckDecision::wait, NtStatus::STATUS_PENDING, result.why};
    }
    if (mutated(Mutant::break_in_progress_is_not_said) &&
        result.decision == CheckDecision::proceed) {
        result.status = NtStatus::STATUS_SUCCESS;
    }
    if (mutated(Mutant::every_break_is_in_progress) && may_not_wait && effects_.size() > first_) {
        result.status = NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS;
    }
}

Caller Mutation::of(Caller caller, const OplockFsctl& fsctl, const StreamFacts& facts) {
    mutate_keys(caller);
    requested_ = requested_type(fsctl);
    fsctl_ = fsctl;
    complete_if_oplocked_ = facts.opened_complete_if_oplocked;
    if (is_acknowledgment(fsctl)) prepare_acknowledgment(caller);
    const bool exclusive_legacy = is_exclusive(requested_) && !is_granular(requested_);
    if (mutated(Mutant::exclusive_displaces_any_shared) && exclusive_legacy &&
        !oplock_.breaking()) {
        for (Holder& holder : oplock_.holders_) {
            if (!is_exclusive(holder.type)) holder.type = OplockType::level_2;
        }
    }
    caller_ = caller;
    return caller;
}

void Mutation::prepare_acknowledgment(Caller& caller) {
    const FileObjectId own = caller.file_object;
    const bool writes = (fsctl_.requested_oplock_level & OPLOCK_LEVEL_CACHE_WRITE) != 0;
    for (Holder& holder : oplock_.holders_) {
        if (!is_breaking(holder)) continue;
        const bool key = caller.target_key.value != 0 && caller.target_key == holder.key;
        const bool another = mutated(Mutant::any_handle_acknowledges) ||
                             (mutated(Mutant::handle_of_the_key_acknowledges) && key);
        if (another && holder.file_object != own) {
            caller.file_object = holder.file_object;
        }
        if (mutated(Mutant::acknowledged_after_close_pending)) holder.close_pending = false;
        if (mutated(Mutant::deepened_break_keeps_level_2) &&
            fsctl_.code == FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE &&
            holder.breaking == BreakState::to_level_2_to_none) {
            holder.breaking = BreakState::to_level_2;
        }
        const bool read_handle = holder.type == OplockType::read_handle;
        hides_waiters_ |=
            (mutated(Mutant::read_handle_outlasts_a_waiter) && read_handle && !writes) ||
            (mutated(Mutant::write_caching_outlasts_a_waiter) && read_handle && writes) ||
            (mutated(Mutant::handle_caching_outlasts_a_waiter) &&
             holder.type == OplockType::read_write);
    }
    if (hides_waiters_) oplock_.waiters_.clear();
}

OplockFsctl Mutation::of(const OplockFsctl& fsctl) const {
    if (mutated(Mutant::legacy_code_acknowledges_windows_7) && is_legacy_acknowledgment(fsctl)) {
        for (const Holder& holder : oplock_.holders_) {
            if (!is_granular(holder.type) || holder.file_object != caller_.file_object) continue;
            return {FsControlCode::FSCTL_REQUEST_OPLOCK, 0, REQUEST_OPLOCK_INPUT_FLAG_ACK};
        }
    }
    return mutant_of(fsctl);
}

void Mutation::after(FsctlResult& result) {
    if (hides_waiters_) {
        oplock_.waiters_ = before_.waiters_;
        oplock_.release_waiters(effects_);
    }
    if (requested_ != OplockType::none) after_request(result);
    if (is_acknowledgment(fsctl_)) after_acknowledgment(result);
    if (fsctl_.code == FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY) after_notification(result);
    if (mutated(Mutant::reservation_outlives_the_request)) {
        release_nobody();
        oplock_.reservations_ = before_.reservations_;
    }
    if (mutated(Mutant::request_ends_every_reservation) && requested_ != OplockType::none) {
        oplock_.reservations_.clear();
        oplock_.release_waiters(effects_);
    }
    mutate_releases();
    mutate(result);
}

void Mutation::grant(FsctlResult& result) {
    oplock_.holders_.push_back(Holder{caller_.file_object, caller_.irp, caller_.target_key,
                                      requested_, BreakState::not_breaking, false});
    result = {};
    result.status = NtStatus::STATUS_PENDING;
    result.why = Why{Rule::granted, requested_, Operation{}};
}

// Is a request granted although what is held or breaking refuses it?
bool Mutation::grants_over(Rule refused) const {
    const bool breaking = refused == Rule::refused_breaking;
    if (!breaking && refused != Rule::refused_current_oplock) return false;
    if (is_exclusive(requested_)) {
        return breaking && is_granular(requested_) &&
               mutated(Mutant::exclusive_granted_during_break);
    }
    if (is_exclusive(before_.holders_.front().type)) {
        return mutated(breaking ? Mutant::shared_granted_during_break
                                : Mutant::shared_granted_over_exclusive);
    }
    if (breaking) {
        const bool own = std::any_of(
            before_.holders_.begin(), before_.holders_.end(),
            [&](const Holder& holder) { return is_breaking(holder) && owns(caller_, holder); });
        return mutated(own ? Mutant::breaking_key_is_granted
                           : Mutant::grant_overtakes_read_handle_break);
    }
    if (requested_ == OplockType::level_2) {
        return mutated(Mutant::level_2_granted_beside_read_handle);
    }
    return mutated(requested_ == OplockType::read_handle
                       ? Mutant::read_handle_granted_beside_level_2
                       : Mutant::read_granted_under_own_read_handle);
}

void Mutation::after_request(FsctlResult& result) {
    const Rule rule = result.why.rule;
    if (mutated(Mutant::exclusive_displaces_any_shared) &&
        result.status != NtStatus::STATUS_PENDING) {
        oplock_.holders_ = before_.holders_;
    }
    if (mutated(Mutant::displaced_level_2_is_not_told)) {
        forget_effects(Rule::displaced_by_exclusive);
    }
    if (grants_over(rule)) grant(result);
    if (mutated(Mutant::request_lowers_what_is_held) && is_granular(requested_) &&
        is_exclusive(requested_) && rule == Rule::refused_current_oplock &&
        owns(caller_, before_.holders_.front())) {
        for (const Holder& holder : before_.holders_) {
            Notice notice;
            notice.status = NtStatus::STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE;
            notice.new_type = requested_;
            complete_request(holder, notice,
                             Why{Rule::switched_to_new_handle, holder.type, Operation{}},
                             effects_);
        }
        oplock_.holders_.clear();
        grant(result);
    }
    if (mutated(Mutant::read_of_own_key_is_not_switched) && requested_ == OplockType::read &&
        rule == Rule::switched_to_new_handle) {
        for (const Holder& holder : before_.holders_) {
            if (told(holder.irp)) undo(holder);
        }
    }
}

void Mutation::after_acknowledgment(FsctlResult& result) {
    const auto end = [&](auto which) {
        oplock_.holders_.erase_if(which);
        oplock_.release_waiters(effects_);
    };
    const auto own = [&](const Holder& holder) {
        return holder.file_object == caller_.file_object;
    };
    const Rule rule = result.why.rule;
    if (rule == Rule::invalid_protocol) {
        if (mutated(Mutant::unexpected_acknowledgment_ends_break)) end(is_breaking);
        if (mutated(Mutant::acknowledgment_needs_no_break) &&
            std::any_of(oplock_.holders_.begin(), oplock_.holders_.end(), own)) {
            end(own);
            result.status = NtStatus::STATUS_SUCCESS;
        }
    }
    if (mutated(Mutant::refused_acknowledgment_is_final) &&
        rule == Rule::acknowledged_at_lower_level) {
        end([&](const Holder& holder) { return own(holder) && is_breaking(holder); });
    }
    if (mutated(Mutant::level_1_close_pending_waits) &&
        fsctl_.code == FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING &&
        rule == Rule::acknowledged && result.why.held == OplockType::level_1) {
        undo();
        oplock_.holders_.front().close_pending = true;
        result.why.rule = Rule::acknowledged_close_pending;
    }
    if (mutated(Mutant::first_acknowledgment_releases_all) && rule == Rule::acknowledged) {
        release(WaitReason::read_handle_queue);
    }
    if (mutated(Mutant::notification_ends_with_the_first) && rule == Rule::acknowledged) {
        release(WaitReason::notification);
    }
    if (mutated(Mutant::acknowledgment_releases_nobody)) release_nobody();
    if (mutated(Mutant::kept_level_loses_its_key) && result.status == NtStatus::STATUS_PENDING) {
        for (Holder& holder : oplock_.holders_) {
            if (own(holder)) holder.key = {};
        }
    }
}

void Mutation::after_notification(FsctlResult& result) {
    const bool pending = result.status == NtStatus::STATUS_PENDING;
    const bool refuses =
        mutated(Mutant::notification_needs_the_option) && !complete_if_oplocked_;
    if (pending && (refuses || mutated(Mutant::notification_returns_at_once))) {
        oplock_.waiters_.erase_at(oplock_.waiters_.size() - 1);
        result.status = NtStatus::STATUS_SUCCESS;
    }
    if (refuses) result.status = NtStatus::STATUS_INVALID_OPLOCK_PROTOCOL;
}

void Mutation::after_cancel(IrpId irp) {
    const auto its = [&](const auto& entry) { return entry.irp == irp; };
    if (std::any_of(before_.waiters_.begin(), before_.waiters_.end(), its)) {
        if (mutated(Mutant::cancelled_waiter_stays_queued)) undo();
        if (mutated(Mutant::cancelled_waiter_ends_the_break)) {
            oplock_.holders_.erase_if(is_breaking);
            oplock_.release_waiters(effects_);
        }
        if (mutated(Mutant::cancellation_hits_every_waiter)) {
            for (const Waiter& waiter : oplock_.waiters_) {
                Effect& effect = effects_.append();
                effect.irp = waiter.irp;
                effect.status = NtStatus::STATUS_CANCELLED;
            }
            oplock_.waiters_.clear();
        }
    } else if (std::any_of(before_.holders_.begin(), before_.holders_.end(), its)) {
        if (mutated(Mutant::cancelled_request_keeps_the_oplock)) undo();
        if (mutated(Mutant::cancelled_request_owes_acknowledgment)) {
            undo();
            for (Holder& holder : oplock_.holders_) {
                const bool acknowledged =
                    is_exclusive(holder.type) || holder.type == OplockType::read_handle;
                if (holder.irp != irp) continue;
                holder.irp = {};
                if (acknowledged) holder.breaking = BreakState::to_none;
            }
            oplock_.holders_.erase_if([](const Holder& holder) {
                return holder.irp.value == 0 && !is_breaking(holder);
            });
        }
    }
}

void Mutation::after_cleanup(FileObjectId file_object) {
    const Why why{Rule::owner_closed, OplockType::none, Operation::cleanup};
    if (mutated(Mutant::any_close_ends_the_oplock)) {
        for (const Holder& holder : oplock_.holders_) {
            if (holder.irp.value != 0) complete_request(holder, Notice{}, why, effects_);
        }
        oplock_.holders_.clear();
        oplock_.release_waiters(effects_);
    }
    if (mutated(Mutant::close_does_not_end_the_break)) {
        for (const Holder& holder : before_.holders_) {
            if (holder.file_object != file_object || !is_breaking(holder)) continue;
            release_nobody();
            oplock_.holders_.push_back(holder);
        }
    }
    if (mutated(Mutant::close_completes_one_level_2)) {
        bool first = true;
        for (std::uint32_t i = first_; i < effects_.size();) {
            const bool closes = effects_[i].why.rule == Rule::owner_closed;
            if (closes && !first) {
                effects_.erase_at(i);
            } else {
                first &= !closes;
                ++i;
            }
        }
    }
    if (mutated(Mutant::reservation_outlives_the_close)) {
        release_nobody();
        oplock_.reservations_ = before_.reservations_;
    }
    if (mutated(Mutant::close_releases_nobody)) release_nobody();
    mutate_releases();
}

}  // namespace oplocksim::engine

#endif
