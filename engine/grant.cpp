// Granting: the table of Requesting and Granting Oplocks; [MS-FSA] 2.1.5.18.1, 2.1.5.18.2.
#include <algorithm>

#include "engine/assert.h"
#include "engine/completion.h"
#include "engine/fsctl_operations.h"

namespace oplocksim::engine {
namespace {

bool is_breaking(const Holder& holder) { return holder.breaking != BreakState::not_breaking; }

bool caches_handles(OplockType type) {
    return (cache_level(type) & OPLOCK_LEVEL_CACHE_HANDLE) != 0;
}

}  // namespace

bool GrantOperation::same_owner(const Holder& holder) const {
    return same_oplock_owner(caller_.file_object, caller_.target_key, holder.file_object,
                             holder.key);
}

FsctlResult GrantOperation::refuse(Rule rule, NtStatus status) const {
    FsctlResult result;
    result.status = status;
    result.why.rule = rule;
    if (!oplock_.holders_.empty()) result.why.held = oplock_.holders_.front().type;
    return result;
}

FsctlResult GrantOperation::refuse_for_section(OplockType type) const {
    FsctlResult result = refuse(Rule::refused_writable_section,
                                NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK);
    Notice notice;
    notice.flags = REQUEST_OPLOCK_OUTPUT_FLAG_WRITABLE_SECTION_PRESENT;
    result.has_output = true;
    result.output = output_buffer(OplockType::none, notice);
    result.information = sizeof(RequestOplockOutputBuffer);
    result.why.held = type;
    return result;
}

FsctlResult GrantOperation::grant(OplockType type, Rule rule) {
    oplock_.holders_.push_back(Holder{caller_.file_object, caller_.irp, caller_.target_key, type,
                                      BreakState::not_breaking, false});
    FsctlResult result;
    result.status = NtStatus::STATUS_PENDING;
    result.why = Why{rule, type, Operation{}};
    return result;
}

bool GrantOperation::switch_own(OplockType from, OplockType new_type) {
    auto& holders = oplock_.holders_;
    for (std::uint32_t i = 0; i < holders.size(); ++i) {
        if (holders[i].type != from || is_breaking(holders[i]) || !same_owner(holders[i])) {
            continue;
        }
        Notice notice;
        notice.status = NtStatus::STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE;
        notice.new_type = new_type;   // SC-051
        complete_request(holders[i], notice, Why{Rule::switched_to_new_handle, from, Operation{}},
                         effects_);
        holders.erase_at(i);
        return true;
    }
    return false;
}

// Order of failures: SC-072.
FsctlResult GrantOperation::run(OplockType type) {
    const bool shared_granular = type == OplockType::read || type == OplockType::read_handle;
    if (facts_.directory && !shared_granular) {   // SC-068
        return refuse(Rule::refused_directory, NtStatus::STATUS_INVALID_PARAMETER);
    }
    if (facts_.synchronous) {
        return refuse(Rule::refused_synchronous, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    }
    if (facts_.transaction) {
        return refuse(Rule::refused_transaction, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    }
    switch (type) {
        case OplockType::level_1:
        case OplockType::batch:
        case OplockType::filter: return request_exclusive_legacy(type);
        case OplockType::read_write:
        case OplockType::read_write_handle: return request_exclusive_granular(type);
        case OplockType::level_2:
        case OplockType::read:
        case OplockType::read_handle: return request_shared(type);
        case OplockType::none: break;
    }
    OPLOCKSIM_ASSERT(false, "a request for no type");
}

FsctlResult GrantOperation::request_exclusive_legacy(OplockType type) {
    const bool ignores_attribute_only =
        semantics_.exclusive_grant_same_key_opens ==
        ExclusiveGrantSameKeyOpens::allow_ignoring_attribute_only;
    const std::uint32_t others =
        ignores_attribute_only ? facts_.other_data_opens : facts_.other_opens;
    if (others != 0) {
        return refuse(Rule::refused_other_opens, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    }
    auto& holders = oplock_.holders_;
    if (holders.empty()) return grant(type, Rule::granted);
    const bool only_level_2 = std::ranges::all_of(
        holders, [](const Holder& holder) { return holder.type == OplockType::level_2; });
    if (!only_level_2) {   // SC-065
        return refuse(oplock_.breaking() ? Rule::refused_breaking : Rule::refused_current_oplock,
                      NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    }
    for (const Holder& holder : holders) {   // SC-066: every one of them
        complete_request(holder, Notice{},
                         Why{Rule::displaced_by_exclusive, holder.type, Operation{}}, effects_);
    }
    holders.clear();
    return grant(type, Rule::granted);
}

// SC-059, SC-060.
bool GrantOperation::other_opens_deny_granular_exclusive() const {
    switch (semantics_.exclusive_grant_same_key_opens) {
        case ExclusiveGrantSameKeyOpens::allow: return facts_.other_opens_other_key != 0;
        case ExclusiveGrantSameKeyOpens::deny:
            return oplock_.holders_.empty() ? facts_.other_opens != 0
                                            : facts_.other_opens_other_key != 0;
        case ExclusiveGrantSameKeyOpens::allow_ignoring_attribute_only:
            return facts_.other_data_opens_other_key != 0;
    }
    OPLOCKSIM_ASSERT(false, "an exclusive_grant_same_key_opens outside its enumeration");
}

FsctlResult GrantOperation::request_exclusive_granular(OplockType type) {
    if (other_opens_deny_granular_exclusive()) {
        return refuse(Rule::refused_other_opens, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    }
    if (facts_.writable_section && semantics_.writable_section_blocks_granular_grant) {
        return refuse_for_section(type);
    }
    const auto& holders = oplock_.holders_;
    if (oplock_.breaking()) {   // SC-073
        return refuse(Rule::refused_breaking, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    }
    for (const Holder& holder : holders) {
        const bool upgradable =
            holder.type == OplockType::read || holder.type == OplockType::read_write ||
            (type == OplockType::read_write_handle &&
             (holder.type == OplockType::read_handle ||
              holder.type == OplockType::read_write_handle));
        if (!upgradable || !same_owner(holder)) {   // SC-075
            return refuse(Rule::refused_current_oplock, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
        }
    }
    if (facts_.delete_pending && caches_handles(type) &&
        semantics_.handle_grant_denied_when_delete_pending) {   // SC-070
        return refuse(Rule::refused_delete_pending, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    }
    if (holders.empty()) return grant(type, Rule::granted);
    while (!oplock_.holders_.empty()) {
        const bool switched = switch_own(oplock_.holders_.front().type, type);
        OPLOCKSIM_ASSERT(switched, "an upgradable oplock of the caller must be switched");
    }
    return grant(type, Rule::switched_to_new_handle);
}

bool GrantOperation::byte_range_locks_deny() const {   // SC-067
    return facts_.byte_range_lock && (semantics_.brl_beyond_allocation_blocks_grant ||
                                      facts_.byte_range_lock_below_allocation);
}

// SC-073: the leading guard of [MS-FSA] 2.1.5.18.2, for a stream with breaking Read-Handles.
Rule GrantOperation::read_handle_break_denies() const {
    bool all_breaking_one_way = true;
    BreakState way = BreakState::not_breaking;
    for (const Holder& holder : oplock_.holders_) {
        if (!is_breaking(holder)) {
            all_breaking_one_way = false;
            continue;
        }
        if (same_owner(holder)) return Rule::refused_breaking;
        if (way != BreakState::not_breaking && way != holder.breaking) {
            all_breaking_one_way = false;
        }
        way = holder.breaking;
    }
    if (way == BreakState::not_breaking) return Rule::granted;
    switch (semantics_.grant_while_rh_breaking) {
        case GrantWhileRhBreaking::deny_all: return Rule::refused_breaking;
        case GrantWhileRhBreaking::fsa_guard:
            return all_breaking_one_way ? Rule::refused_breaking : Rule::granted;
        case GrantWhileRhBreaking::allow_other_keys: return Rule::granted;
    }
    OPLOCKSIM_ASSERT(false, "a grant_while_rh_breaking outside its enumeration");
}

// The rule that denies a shared request, or Rule::granted.
Rule GrantOperation::shared_state_denies(OplockType type) const {
    const auto& holders = oplock_.holders_;
    if (holders.empty()) return Rule::granted;
    if (is_exclusive(holders.front().type)) {
        return is_breaking(holders.front()) ? Rule::refused_breaking
                                            : Rule::refused_current_oplock;
    }
    const Rule breaking = read_handle_break_denies();
    if (breaking != Rule::granted) return breaking;
    for (const Holder& holder : holders) {
        const bool read_handle = holder.type == OplockType::read_handle;
        const bool denies =
            (type == OplockType::level_2 && read_handle) ||
            (type == OplockType::read && read_handle && same_owner(holder)) ||
            (type == OplockType::read_handle && holder.type == OplockType::level_2);
        if (denies) return Rule::refused_current_oplock;
    }
    return Rule::granted;
}

FsctlResult GrantOperation::request_shared(OplockType type) {
    if (byte_range_locks_deny()) {
        return refuse(Rule::refused_byte_range_lock, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    }
    if (is_granular(type) && facts_.writable_section &&
        semantics_.writable_section_blocks_granular_grant) {
        return refuse_for_section(type);
    }
    const Rule denied = shared_state_denies(type);
    if (denied != Rule::granted) return refuse(denied, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    if (facts_.delete_pending && caches_handles(type) &&
        semantics_.handle_grant_denied_when_delete_pending) {   // SC-070
        return refuse(Rule::refused_delete_pending, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    }
    bool switched = false;
    if (type == OplockType::read ||   // SC-062, SC-063
        (type == OplockType::level_2 && semantics_.level2_request_displaces_same_key_read)) {
        switched = switch_own(OplockType::read, OplockType::read);
    } else if (type == OplockType::read_handle) {   // SC-064
        switched = switch_own(OplockType::read, type) ||
                   switch_own(OplockType::read_handle, type);
    }
    return grant(type, switched ? Rule::switched_to_new_handle : Rule::granted);
}

}  // namespace oplocksim::engine
