#include "engine/break_demand.h"

#include "engine/assert.h"
#include "engine/cache_levels.h"
#include "engine/mutations.h"

namespace oplocksim::engine {
namespace {

using namespace levels;

// IRP_MJ_WRITE article; the size classes, zero-data and a rename's target follow it.
constexpr BreakDemand write_demand() {
    BreakDemand demand;
    demand.level_1 = demand.batch = demand.filter = LegacyTarget::none;
    demand.level_2 = true;
    demand.lost = R | W;
    return demand;
}

// IRP_MJ_LOCK_CONTROL article: as a write, but Filter is not broken.
constexpr BreakDemand lock_demand(const Semantics& semantics) {
    BreakDemand demand = write_demand();
    demand.filter = LegacyTarget::unaffected;
    demand.lock_literal = !semantics.lock_vs_rwh_waits;
    return demand;
}

// IRP_MJ_READ article; a flush, if it breaks at all, follows it ([MS-FSA] FLUSH_DATA).
constexpr BreakDemand read_demand() {
    BreakDemand demand;
    demand.level_1 = demand.batch = LegacyTarget::level_2;
    demand.lost = W;
    return demand;
}

// IRP_MJ_SET_INFORMATION article, rename, short name and link.
constexpr BreakDemand name_demand() {
    BreakDemand demand;
    demand.batch = demand.filter = LegacyTarget::none;
    demand.lost = H;
    return demand;
}

constexpr BreakDemand handle_demand() {
    BreakDemand demand;
    demand.lost = H;
    return demand;
}

// FS_FILTER_ACQUIRE_FOR_SECTION_SYNCHRONIZATION article (SC-039).
constexpr BreakDemand section_demand() {
    BreakDemand demand;
    demand.lost = R | W;
    demand.advisory = demand.unacknowledged = demand.ignore_keys = true;
    return demand;
}

// FsRtlOplockBreakToNoneEx.
constexpr BreakDemand everything_demand() {
    BreakDemand demand = write_demand();
    demand.ignore_keys = true;
    return demand;
}

// [MS-FSA] 2.1.4.12, PARENT_OBJECT (SC-047).
constexpr BreakDemand parent_demand() {
    BreakDemand demand;
    demand.lost = R | W;
    demand.advisory = true;
    return demand;
}

// IRP_MJ_CREATE article, Filter row (SC-016, SC-017).
bool breaks_filter(const Semantics& semantics, const CheckRequest& request) {
    constexpr AccessMask kReadLike = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES |
                                     FILE_READ_DATA | FILE_READ_EA | FILE_EXECUTE | SYNCHRONIZE |
                                     READ_CONTROL;
    const bool implied_write =   // SC-009
        !semantics.attr_only_overwrite_exempt && overwrites(request.disposition);
    const bool writable = (request.desired_access & ~kReadLike) != 0 || implied_write;
    const bool shares_read = (request.share_access & FILE_SHARE_READ) != 0;
    switch (semantics.filter_create_rule) {
        case FilterCreateRule::writable_and_not_share_read: return writable && !shares_read;
        case FilterCreateRule::writable_or_not_share_read: return writable || !shares_read;
        case FilterCreateRule::writable: return writable || overwrites(request.disposition);
    }
    OPLOCKSIM_ASSERT(false, "a filter_create_rule outside its enumeration");
}

// The create article's note: which types an open that asks for attributes only does not break.
struct AttributeExemption {
    bool legacy = false;
    bool granular = false;
};
AttributeExemption exemption_of(const Semantics& semantics, const CheckRequest& request) {
    const bool possible =
        !request.reserve_opfilter &&
        (semantics.attr_only_overwrite_exempt || !overwrites(request.disposition));   // SC-009
    AttributeExemption exemption;
    exemption.legacy = possible && is_attribute_only(request.desired_access);
    exemption.granular =
        exemption.legacy || (possible && semantics.read_control_open_exempt_granular &&   // SC-008
                             is_attribute_only(request.desired_access & ~READ_CONTROL));
    return exemption;
}

bool breaks_to_none(const CheckRequest& request) {
    return overwrites(request.disposition) || request.reserve_opfilter;
}

// IRP_MJ_CREATE article, the table and its note (SC-001, SC-002, SC-006, SC-010).
BreakDemand create_demand(const Semantics& semantics, const CheckRequest& request) {
    const AttributeExemption exempt = exemption_of(semantics, request);
    const bool to_none = breaks_to_none(request);
    BreakDemand demand;
    demand.ignore_keys = request.reserve_opfilter && semantics.reserve_opfilter_ignores_key;
    demand.level_2_spares_own_key =
        !semantics.level2_create_ignores_key || !overwrites(request.disposition);
    if (exempt.granular) demand.when_unaffected = Rule::exempt_attribute_only;
    if (!exempt.legacy) {
        demand.level_1 = demand.batch = to_none ? LegacyTarget::none : LegacyTarget::level_2;
        demand.level_2 = to_none;
        if (request.reserve_opfilter || breaks_filter(semantics, request)) {
            demand.filter = LegacyTarget::none;
        }
    }
    if (!exempt.granular) demand.lost = to_none ? (R | W) : W;
    return demand;
}

// OPEN_BREAK_H: the create found a sharing violation (SC-013).
BreakDemand create_break_handle_demand(const Semantics& semantics, const CheckRequest& request) {
    BreakDemand demand = handle_demand();
    demand.modes_provided = true;
    demand.handle_holders_only = true;
    demand.ignore_keys = request.reserve_opfilter && semantics.reserve_opfilter_ignores_key;
    if (exemption_of(semantics, request).granular) {   // SC-116
        demand.lost = 0;
        demand.when_unaffected = Rule::exempt_attribute_only;
    } else if (breaks_to_none(request) &&
        semantics.handle_conflict_overwrite == HandleConflictOverwrite::single_break_to_none) {
        demand.lost = R | W | H;
    }
    return demand;
}

// A rename replaces the file that this oplock is on (SC-044).
BreakDemand replaced_demand(const Semantics& semantics) {
    switch (semantics.rename_target_open_after_break) {
        case RenameTargetOpenAfterBreak::access_denied:
        case RenameTargetOpenAfterBreak::proceed: return write_demand();
        case RenameTargetOpenAfterBreak::access_denied_handle_only: return name_demand();
    }
    OPLOCKSIM_ASSERT(false, "a rename_target_open_after_break outside its enumeration");
}

BreakDemand demand_by_operation(const Semantics& semantics, const CheckRequest& request) {
    const BreakDemand nothing;
    switch (request.operation) {
        case Operation::create: return create_demand(semantics, request);
        case Operation::create_break_handle:
            return create_break_handle_demand(semantics, request);
        case Operation::read: return read_demand();
        case Operation::write:
        case Operation::set_end_of_file:
        case Operation::set_allocation:
        case Operation::set_valid_data_length:   // SC-035
        case Operation::set_zero_data: return write_demand();
        case Operation::flush:
            return semantics.flush_breaks_write_caching ? read_demand() : nothing;
        case Operation::byte_range_lock: return lock_demand(semantics);
        case Operation::byte_range_unlock:
            return semantics.unlock_checks_oplock ? lock_demand(semantics) : nothing;
        case Operation::rename:
        case Operation::set_short_name:   // SC-042
        case Operation::link: return name_demand();   // SC-043
        case Operation::set_disposition: return handle_demand();   // SC-040, SC-041
        case Operation::set_security:
            return semantics.set_security_breaks_handle ? handle_demand() : nothing;
        case Operation::create_writable_section:
            return semantics.writable_section_breaks ? section_demand() : nothing;
        case Operation::delete_on_close_cleanup: {
            BreakDemand demand = handle_demand();
            demand.advisory = true;
            return semantics.delete_on_close_breaks_handle ==
                           DeleteOnCloseBreaksHandle::at_cleanup
                       ? demand
                       : nothing;
        }
        case Operation::replaced_by_rename: return replaced_demand(semantics);
        case Operation::break_to_none: return everything_demand();
        case Operation::parent_change: return parent_demand();
        case Operation::cleanup: break;
    }
    OPLOCKSIM_ASSERT(false, "an operation that has no break check");
}

}  // namespace

BreakDemand demand_of(const Semantics& semantics, const CheckRequest& request) {
    BreakDemand demand = concerns_parent(request) ? parent_demand()
                                                  : demand_by_operation(semantics, request);
    if ((request.flags & OPLOCK_FLAG_IGNORE_OPLOCK_KEYS) != 0) demand.ignore_keys = true;
    return mutant_of(demand, request);
}

}  // namespace oplocksim::engine
