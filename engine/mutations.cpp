#include "engine/mutations.h"

#ifdef OPLOCKSIM_MUTANTS

#include "engine/cache_levels.h"

namespace oplocksim::engine {
namespace {

using namespace levels;

bool asks(const OplockFsctl& fsctl, std::uint32_t flag) {
    return fsctl.code == FsControlCode::FSCTL_REQUEST_OPLOCK && (fsctl.flags & flag) != 0;
}

bool is_windows_7_request(const OplockFsctl& fsctl) {
    return asks(fsctl, REQUEST_OPLOCK_INPUT_FLAG_REQUEST);
}

bool is_windows_7_acknowledgment(const OplockFsctl& fsctl) {
    return asks(fsctl, REQUEST_OPLOCK_INPUT_FLAG_ACK);
}

void forget_other_opens(StreamFacts& facts) {
    facts.other_opens = facts.other_opens_other_key = 0;
    facts.other_data_opens = facts.other_data_opens_other_key = 0;
}

// The mutant that forgets the check of one operation.
Mutant forgets(Operation operation) {
    switch (operation) {
        case Operation::create: return Mutant::create_is_not_checked;
        case Operation::create_break_handle: return Mutant::conflict_is_not_checked;
        case Operation::read: return Mutant::read_is_not_checked;
        case Operation::write: return Mutant::write_is_not_checked;
        case Operation::flush: return Mutant::flush_is_not_checked;
        case Operation::byte_range_lock: return Mutant::lock_is_not_checked;
        case Operation::byte_range_unlock: return Mutant::unlock_is_not_checked;
        case Operation::set_end_of_file: return Mutant::end_of_file_is_not_checked;
        case Operation::set_allocation: return Mutant::allocation_is_not_checked;
        case Operation::set_valid_data_length: return Mutant::valid_data_length_is_not_checked;
        case Operation::rename: return Mutant::rename_is_not_checked;
        case Operation::set_short_name: return Mutant::short_name_is_not_checked;
        case Operation::link: return Mutant::link_is_not_checked;
        case Operation::set_disposition: return Mutant::disposition_is_not_checked;
        case Operation::set_zero_data: return Mutant::zero_data_is_not_checked;
        case Operation::set_security: return Mutant::security_is_not_checked;
        case Operation::create_writable_section: return Mutant::section_is_not_checked;
        case Operation::delete_on_close_cleanup: return Mutant::delete_on_close_is_not_checked;
        case Operation::replaced_by_rename: return Mutant::replaced_file_is_not_checked;
        case Operation::parent_change: return Mutant::directory_change_is_not_checked;
        case Operation::break_to_none:
        case Operation::cleanup: break;
    }
    return Mutant::none;
}

bool is_write_like(const CheckRequest& request) {
    switch (request.operation) {
        case Operation::write:
        case Operation::byte_range_lock:
        case Operation::set_end_of_file:
        case Operation::set_allocation:
        case Operation::set_valid_data_length:
        case Operation::set_zero_data: return true;
        case Operation::create:
        case Operation::create_break_handle:
        case Operation::read:
        case Operation::flush:
        case Operation::byte_range_unlock:
        case Operation::rename:
        case Operation::set_short_name:
        case Operation::link:
        case Operation::set_disposition:
        case Operation::set_security:
        case Operation::create_writable_section:
        case Operation::delete_on_close_cleanup:
        case Operation::replaced_by_rename:
        case Operation::break_to_none:
        case Operation::parent_change:
        case Operation::cleanup: return false;
    }
    return false;
}

bool is_name_change(const CheckRequest& request) {
    return request.operation == Operation::rename ||
           request.operation == Operation::set_short_name ||
           request.operation == Operation::link;
}

void mutate_write(BreakDemand& demand) {
    if (mutated(Mutant::write_spares_level_2)) demand.level_2 = false;
    if (mutated(Mutant::write_spares_filter)) demand.filter = LegacyTarget::unaffected;
    if (mutated(Mutant::level_2_survives_its_own_write)) demand.level_2_spares_own_key = true;
    if (mutated(Mutant::write_breaks_to_level_2)) {
        demand.level_1 = demand.batch = LegacyTarget::level_2;
    }
    if (mutated(Mutant::write_leaves_read_caching)) demand.lost = W;
}

void mutate_read(BreakDemand& demand) {
    if (mutated(Mutant::read_breaks_filter)) demand.filter = LegacyTarget::none;
    if (mutated(Mutant::read_breaks_level_2)) demand.level_2 = true;
    if (mutated(Mutant::read_breaks_level_1_to_none)) demand.level_1 = LegacyTarget::none;
    if (mutated(Mutant::read_breaks_batch_to_none)) demand.batch = LegacyTarget::none;
    if (mutated(Mutant::read_takes_read_caching)) demand.lost = R | W;
}

void mutate_name_change(BreakDemand& demand) {
    if (mutated(Mutant::rename_breaks_level_1)) demand.level_1 = LegacyTarget::none;
    if (mutated(Mutant::rename_spares_filter)) demand.filter = LegacyTarget::unaffected;
    if (mutated(Mutant::rename_leaves_level_2)) demand.batch = LegacyTarget::level_2;
}

void mutate_create(BreakDemand& demand, const CheckRequest& request) {
    if (mutated(Mutant::own_overwrite_breaks_level_2)) demand.level_2_spares_own_key = false;
    if (mutated(Mutant::reserve_opfilter_ignores_own_key)) {
        demand.ignore_keys = request.reserve_opfilter;
    }
    if (is_attribute_only(request.desired_access)) {
        if (mutated(Mutant::reserve_opfilter_open_is_exempt)) demand = {};
        return;
    }
    if (mutated(Mutant::open_breaks_level_2)) demand.level_2 = true;
    if (mutated(Mutant::open_takes_read_caching)) demand.lost = R | W;
    if (mutated(Mutant::open_breaks_legacy_to_none)) {
        demand.level_1 = demand.batch = LegacyTarget::none;
    }
}

void mutate_conflict(BreakDemand& demand) {
    if (mutated(Mutant::violation_breaks_read_and_read_write)) {
        demand.lost |= R | W;
        demand.handle_holders_only = false;
    }
    if (mutated(Mutant::overwriting_conflict_keeps_write)) demand.lost = H;
}

void mutate_section(BreakDemand& demand) {
    if (mutated(Mutant::section_break_owes_acknowledgment)) demand.unacknowledged = false;
    if (mutated(Mutant::section_spares_own_key)) demand.ignore_keys = false;
    if (mutated(Mutant::section_breaks_level_2)) demand.level_2 = true;
}

}  // namespace

OplockFsctl mutant_of(OplockFsctl fsctl) {
    constexpr std::uint32_t kBoth =
        REQUEST_OPLOCK_INPUT_FLAG_REQUEST | REQUEST_OPLOCK_INPUT_FLAG_ACK;
    const std::uint32_t level = fsctl.requested_oplock_level;
    if (mutated(Mutant::handle_without_read_is_granted) && level == H) {
        fsctl.requested_oplock_level = R | H;
    }
    if (mutated(Mutant::illegal_level_counts_as_none) && (level & R) == 0) {
        fsctl.requested_oplock_level = 0;
    }
    if (mutated(Mutant::level_none_is_refused) && level == 0 && is_windows_7_request(fsctl)) {
        fsctl.requested_oplock_level = H;
    }
    if (mutated(Mutant::level_is_cut_to_a_byte)) fsctl.requested_oplock_level &= 0xFF;
    if (mutated(Mutant::flags_are_not_looked_at) &&
        ((fsctl.flags & kBoth) == kBoth || (fsctl.flags & kBoth) == 0)) {
        fsctl.flags = REQUEST_OPLOCK_INPUT_FLAG_REQUEST;
    }
    if (mutated(Mutant::complete_on_close_releases)) {
        fsctl.flags &= ~REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE;
    }
    if (mutated(Mutant::ack_no_2_keeps_level_2) &&
        fsctl.code == FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2) {
        fsctl.code = FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE;
    }
    if ((mutated(Mutant::level_2_is_never_kept) &&
         fsctl.code == FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE) ||
        (mutated(Mutant::close_pending_releases) &&
         fsctl.code == FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING)) {
        fsctl.code = FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2;
    }
    return fsctl;
}

StreamFacts mutant_of(StreamFacts facts, const OplockFsctl& fsctl) {
    const bool windows_7 = is_windows_7_request(fsctl);
    const bool acknowledgment = is_windows_7_acknowledgment(fsctl);
    const bool level_2 = fsctl.code == FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2;
    const bool exclusive = windows_7 && (fsctl.requested_oplock_level & W) != 0;
    if (mutated(Mutant::directory_grants_any_type)) facts.directory = false;
    if (mutated(Mutant::synchronous_handle_is_granted)) facts.synchronous = false;
    if (mutated(Mutant::transaction_does_not_matter)) facts.transaction = false;
    if ((mutated(Mutant::other_opens_do_not_matter_to_windows_7) && windows_7) ||
        (mutated(Mutant::other_opens_do_not_matter_to_legacy) && !windows_7) ||
        (mutated(Mutant::acknowledgment_ignores_others) && acknowledgment)) {
        forget_other_opens(facts);
    }
    if (mutated(Mutant::opens_of_own_key_count)) {
        facts.other_opens_other_key = facts.other_opens;
        facts.other_data_opens_other_key = facts.other_data_opens;
    }
    if (mutated(Mutant::attribute_only_opens_do_not_count)) {
        facts.other_opens = facts.other_data_opens;
        facts.other_opens_other_key = facts.other_data_opens_other_key;
    }
    if (mutated(Mutant::attribute_only_opens_always_count)) {
        facts.other_data_opens = facts.other_opens;
        facts.other_data_opens_other_key = facts.other_opens_other_key;
    }
    if ((mutated(Mutant::locks_do_not_matter_to_level_2) && level_2) ||
        (mutated(Mutant::locks_do_not_matter_to_read) && windows_7)) {
        facts.byte_range_lock = facts.byte_range_lock_below_allocation = false;
    }
    if (mutated(Mutant::locks_matter_to_exclusive) && exclusive && facts.byte_range_lock) {
        facts.transaction = true;   // refused in the same way
    }
    if (mutated(Mutant::section_matters_to_level_2) && level_2 && facts.writable_section) {
        facts.transaction = true;
    }
    if ((mutated(Mutant::section_does_not_matter) && windows_7) ||
        (mutated(Mutant::acknowledgment_ignores_section) && acknowledgment)) {
        facts.writable_section = false;
    }
    if ((mutated(Mutant::deletion_does_not_matter) && windows_7) ||
        (mutated(Mutant::acknowledgment_ignores_deletion) && acknowledgment)) {
        facts.delete_pending = false;
    }
    return facts;
}

void mutate(FsctlResult& result) {
    if (mutated(Mutant::section_refusal_hides_reason) &&
        result.why.rule == Rule::refused_writable_section) {
        result.output.flags = 0;
    }
    if (result.why.rule == Rule::acknowledged_at_lower_level) {
        if (mutated(Mutant::refusal_offers_nothing)) result.output.new_oplock_level = 0;
        if (mutated(Mutant::refusal_hides_acknowledgment)) {
            result.output.flags &= ~REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED;
        }
    }
    if (mutated(Mutant::deepened_break_is_not_told) &&
        result.why.rule == Rule::acknowledged_broken_to_none) {
        result.information = 0;
    }
    if (mutated(Mutant::unexpected_acknowledgment_succeeds) &&
        result.why.rule == Rule::invalid_protocol) {
        result.status = NtStatus::STATUS_SUCCESS;
    }
    if (mutated(Mutant::grant_completes_the_request) && result.why.rule == Rule::granted) {
        result.status = NtStatus::STATUS_SUCCESS;
    }
}

CheckRequest mutant_of(CheckRequest request) {
    if (mutated(Mutant::atomic_open_breaks)) request.requiring_oplock = false;
    if (mutated(Mutant::complete_if_oplocked_waits)) {
        request.flags &= ~OPLOCK_FLAG_COMPLETE_IF_OPLOCKED;
    }
    if (mutated(Mutant::flush_is_checked) && request.operation == Operation::flush) {
        request.operation = Operation::read;
    }
    if (mutated(Mutant::unlock_is_checked) && request.operation == Operation::byte_range_unlock) {
        request.operation = Operation::byte_range_lock;
    }
    if ((mutated(Mutant::security_is_checked) && request.operation == Operation::set_security) ||
        (mutated(Mutant::delete_on_close_is_checked) &&
         request.operation == Operation::delete_on_close_cleanup)) {
        request.operation = Operation::set_disposition;
    }
    if (request.operation != Operation::create) return request;
    const bool attribute_only = is_attribute_only(request.desired_access);
    const bool overwriting = overwrites(request.disposition);
    if ((mutated(Mutant::attribute_only_open_breaks) && attribute_only) ||
        (mutated(Mutant::attribute_only_overwrite_breaks) && attribute_only && overwriting)) {
        request.desired_access |= FILE_READ_DATA;
    }
    if (mutated(Mutant::read_control_open_is_exempt)) request.desired_access &= ~READ_CONTROL;
    if (mutated(Mutant::filter_ignores_access) && !attribute_only) {
        request.desired_access |= FILE_WRITE_DATA;
    }
    if (mutated(Mutant::filter_ignores_share_mode)) request.share_access &= ~FILE_SHARE_READ;
    if (mutated(Mutant::overwrite_breaks_like_an_open)) {
        request.disposition = CreateDisposition::FILE_OPEN;
    }
    if (mutated(Mutant::reserve_opfilter_leaves_level_2) && request.reserve_opfilter) {
        request.reserve_opfilter = false;
        request.desired_access |= FILE_READ_DATA;
    }
    return request;
}

BreakDemand mutant_of(BreakDemand demand, const CheckRequest& request) {
    const bool of_directory = concerns_parent(request);
    if (mutated(forgets(of_directory ? Operation::parent_change : request.operation))) return {};
    if (of_directory) {
        if (mutated(Mutant::directory_change_spares_read)) demand.lost = H;
        if (mutated(Mutant::directory_change_waits)) {
            demand.lost = R | W | H;
            demand.advisory = false;
        }
        return demand;
    }
    if (is_write_like(request)) mutate_write(demand);
    if (request.operation == Operation::read) mutate_read(demand);
    if (is_name_change(request)) mutate_name_change(demand);
    if (request.operation == Operation::create) mutate_create(demand, request);
    if (request.operation == Operation::create_break_handle) mutate_conflict(demand);
    if (request.operation == Operation::create_writable_section) mutate_section(demand);
    if (request.operation == Operation::byte_range_lock) {
        if (mutated(Mutant::lock_breaks_filter)) demand.filter = LegacyTarget::none;
        if (mutated(Mutant::lock_does_not_wait_for_rwh)) demand.lock_literal = true;
    }
    if (request.operation == Operation::set_disposition &&
        mutated(Mutant::handle_break_reaches_batch)) {
        demand.batch = LegacyTarget::none;
    }
    if (request.operation == Operation::delete_on_close_cleanup) demand.advisory = true;
    if (request.operation == Operation::replaced_by_rename &&
        mutated(Mutant::replaced_file_loses_handle_only)) {
        demand.level_1 = LegacyTarget::unaffected;
        demand.level_2 = false;
        demand.lost = H;
    }
    return demand;
}

void mutate(Effect& notice) {
    RequestOplockOutputBuffer& output = notice.output;
    const bool broken = notice.why.rule == Rule::broken;
    const bool closed = notice.why.rule == Rule::owner_closed;
    const bool switched = notice.why.rule == Rule::switched_to_new_handle;
    if (mutated(Mutant::notice_hides_acknowledgment)) {
        output.flags &= ~REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED;
    }
    if ((mutated(Mutant::shared_break_asks_for_acknowledgment) && broken) ||
        (mutated(Mutant::close_asks_for_acknowledgment) && closed)) {
        output.flags |= REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED;
    }
    if (mutated(Mutant::conflict_hides_modes)) {
        output.flags &= ~REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED;
    }
    if (mutated(Mutant::rename_tells_modes) && notice.why.operation == Operation::rename) {
        output.flags |= REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED;
    }
    if (mutated(Mutant::notice_hides_share_mode)) output.share_mode = 0;
    if (mutated(Mutant::notice_hides_original_level)) {
        output.original_oplock_level = output.new_oplock_level;
    }
    if (mutated(Mutant::notice_reports_old_level) ||
        (mutated(Mutant::switch_reports_old_level) && switched)) {
        output.new_oplock_level = output.original_oplock_level;
    }
    if (mutated(Mutant::buffer_size_is_not_said) && notice.has_output) notice.information = 0;
    if (mutated(Mutant::level_2_is_told_as_none) && !notice.has_output) {
        notice.information = FILE_OPLOCK_BROKEN_TO_NONE;
    }
    if (mutated(Mutant::broken_level_2_says_level_2) &&
        notice.why.held == OplockType::level_2) {
        notice.information = FILE_OPLOCK_BROKEN_TO_LEVEL_2;
    }
    if ((mutated(Mutant::break_says_handle_closed) && broken && notice.has_output) ||
        (mutated(Mutant::legacy_close_says_handle_closed) && closed)) {
        notice.status = NtStatus::STATUS_OPLOCK_HANDLE_CLOSED;
    }
    if ((mutated(Mutant::close_says_success) && closed) ||
        (mutated(Mutant::switch_says_success) && switched)) {
        notice.status = NtStatus::STATUS_SUCCESS;
    }
}

// A holder that was just broken, and what it was told.
void mutate(Holder& broken, Effect& notice) {
    struct Other {
        Mutant mutant;
        OplockType type;
        BreakState right, wrong;
    };
    static constexpr Other kOthers[] = {
        {Mutant::open_breaks_rw_to_none, OplockType::read_write, BreakState::to_read,
         BreakState::to_none},
        {Mutant::open_breaks_rwh_to_read, OplockType::read_write_handle,
         BreakState::to_read_handle, BreakState::to_read},
        {Mutant::conflict_breaks_rwh_to_read_handle, OplockType::read_write_handle,
         BreakState::to_read_write, BreakState::to_read_handle},
        {Mutant::conflict_breaks_read_handle_to_none, OplockType::read_handle,
         BreakState::to_read, BreakState::to_none},
        {Mutant::write_breaks_read_handle_to_read, OplockType::read_handle, BreakState::to_none,
         BreakState::to_read},
    };
    for (const Other& other : kOthers) {
        if (!mutated(other.mutant) || broken.type != other.type ||
            broken.breaking != other.right) {
            continue;
        }
        broken.breaking = other.wrong;
        notice.output.new_oplock_level = other.wrong == BreakState::to_none          ? 0
                                         : other.wrong == BreakState::to_read_handle ? R | H
                                                                                     : R;
        return;
    }
    if (mutated(Mutant::filter_breaks_to_level_2) && broken.type == OplockType::filter) {
        broken.breaking = BreakState::to_level_2;
        notice.information = FILE_OPLOCK_BROKEN_TO_LEVEL_2;
    }
    if (mutated(Mutant::section_leaves_read) &&
        notice.why.operation == Operation::create_writable_section) {
        notice.output.new_oplock_level = R;
    }
}

}  // namespace oplocksim::engine

#endif
