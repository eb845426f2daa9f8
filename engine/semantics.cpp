#include "engine/semantics.h"

#include <algorithm>
#include <array>

#include "engine/assert.h"

namespace oplocksim::engine {
namespace {

using Values = std::span<const std::string_view>;

constexpr std::array<std::string_view, 2> kBool{"false", "true"};
constexpr std::array<std::string_view, 3> kReserve{"fails_before_break", "breaks_then_fails",
                                                   "off"};
constexpr std::array<std::string_view, 2> kHandleConflict{"single_break_to_none", "two_phase"};
constexpr std::array<std::string_view, 2> kRhScope{"all_different_key",
                                                   "conflicting_handles_only"};
constexpr std::array<std::string_view, 3> kFilterCreate{
    "writable_and_not_share_read", "writable_or_not_share_read", "writable"};
constexpr std::array<std::string_view, 3> kCompleteIf{"would_have_waited", "any_unacknowledged",
                                                      "any_break"};
constexpr std::array<std::string_view, 2> kRequiring{"would_break", "any_but_R_and_RH"};
constexpr std::array<std::string_view, 2> kDeleteOnClose{"false", "at_cleanup"};
constexpr std::array<std::string_view, 3> kRenameTarget{"access_denied",
                                                        "access_denied_handle_only", "proceed"};
constexpr std::array<std::string_view, 2> kCloseStatus{"granular_handle_closed",
                                                       "always_success"};
constexpr std::array<std::string_view, 2> kDeeper{"silent_deepening", "stepwise"};
constexpr std::array<std::string_view, 3> kSameKeyOpens{"allow", "deny",
                                                        "allow_ignoring_attribute_only"};
constexpr std::array<std::string_view, 3> kRhBreaking{"fsa_guard", "deny_all",
                                                      "allow_other_keys"};
constexpr std::array<std::string_view, 2> kAckLevel{"fsa_literal", "subset_of_offer"};
constexpr std::array<std::string_view, 2> kClosePending{"invalid_protocol", "accept"};
constexpr std::array<std::string_view, 2> kReleaseOrder{"fifo", "any"};

// X(member, decision, value names, summary)
#define OPLOCKSIM_SWITCH_LIST(X)                                                                  \
    X(level2_create_ignores_key, "SC-002", kBool,                                                 \
      "an overwriting create breaks Level 2 even if it carries the owner's key")                  \
    X(reserve_opfilter_ignores_key, "SC-006", kBool,                                              \
      "FILE_RESERVE_OPFILTER breaks even if it carries the owner's key")                          \
    X(reserve_opfilter_precheck, "SC-007", kReserve,                                              \
      "a FILE_RESERVE_OPFILTER create that can see the filter oplock would be refused")           \
    X(read_control_open_exempt_granular, "SC-008", kBool,                                         \
      "READ_CONTROL alone counts as attribute access for the Windows 7 types")                    \
    X(attr_only_overwrite_exempt, "SC-009", kBool,                                                \
      "attribute-only access is exempt even with an overwriting disposition")                     \
    X(handle_conflict_overwrite, "SC-013", kHandleConflict,                                       \
      "a sharing conflict with RH or RWH together with an overwriting disposition")               \
    X(rh_conflict_scope, "SC-015", kRhScope,                                                      \
      "which Read-Handle holders break on a sharing conflict")                                    \
    X(filter_create_rule, "SC-016", kFilterCreate, "which creates break a Filter oplock")         \
    X(cross_stream_batch_filter, "SC-018", kBool,                                                 \
      "creates that overwrite one stream break Batch and Filter oplocks on others")               \
    X(complete_if_oplocked_status, "SC-021", kCompleteIf,                                         \
      "when FILE_COMPLETE_IF_OPLOCKED answers STATUS_OPLOCK_BREAK_IN_PROGRESS")                   \
    X(open_requiring_oplock_conflict, "SC-025", kRequiring,                                       \
      "which oplocks of others make FILE_OPEN_REQUIRING_OPLOCK fail")                             \
    X(delete_on_close_breaks_handle, "SC-028", kDeleteOnClose,                                    \
      "whether the cleanup of a FILE_DELETE_ON_CLOSE handle breaks handle caching")               \
    X(lock_vs_rwh_waits, "SC-029", kBool,                                                         \
      "whether a byte-range lock waits for a Read-Write-Handle owner")                            \
    X(lock_beyond_allocation_exempt, "SC-030", kBool,                                             \
      "a lock that starts at or beyond the allocation size checks no oplock")                     \
    X(unlock_checks_oplock, "SC-031", kBool, "whether an unlock breaks what a lock breaks")       \
    X(flush_breaks_write_caching, "SC-037", kBool, "whether a flush breaks as a read does")       \
    X(set_security_breaks_handle, "SC-038", kBool,                                                \
      "whether setting the security descriptor breaks handle caching")                            \
    X(writable_section_breaks, "SC-039", kBool,                                                   \
      "whether creating a writable section breaks the Windows 7 types")                           \
    X(rename_target_open_after_break, "SC-044", kRenameTarget,                                    \
      "renaming over a file that is still open after its oplocks broke")                          \
    X(ancestor_rename_denied_if_open, "SC-045", kBool,                                            \
      "whether renaming a directory fails while something below it is open")                      \
    X(close_completion_status, "SC-049", kCloseStatus,                                            \
      "how a pended request completes when its own handle is closed")                             \
    X(deeper_break_while_breaking, "SC-055", kDeeper,                                             \
      "a deeper break while one is unacknowledged")                                               \
    X(exclusive_grant_same_key_opens, "SC-059", kSameKeyOpens,                                    \
      "RW and RWH requests while other opens of the stream exist")                                \
    X(level2_request_displaces_same_key_read, "SC-061", kBool,                                    \
      "a Level 2 request switches the Read oplock of its own key")                                \
    X(brl_beyond_allocation_blocks_grant, "SC-067", kBool,                                        \
      "byte-range locks beyond the allocation size refuse shared oplocks too")                    \
    X(writable_section_blocks_granular_grant, "SC-069", kBool,                                    \
      "a writable section refuses the Windows 7 types")                                           \
    X(handle_grant_denied_when_delete_pending, "SC-070", kBool,                                   \
      "RH and RWH are refused on a stream that is pending deletion")                              \
    X(grant_while_rh_breaking, "SC-073", kRhBreaking,                                             \
      "shared requests while Read-Handle oplocks are breaking")                                   \
    X(ack_level_policy, "SC-079", kAckLevel,                                                      \
      "acknowledging with a level other than the one offered")                                    \
    X(ack_after_close_pending, "SC-085", kClosePending,                                           \
      "an acknowledgment after FSCTL_OPBATCH_ACK_CLOSE_PENDING")                                  \
    X(waiter_release_order, "SC-091", kReleaseOrder,                                              \
      "the order in which several waiters are released")                                          \
    X(recheck_after_release, "SC-092", kBool,                                                     \
      "whether a released operation decides again from the current state")                        \
    X(notify_requires_complete_if_oplocked, "SC-098", kBool,                                      \
      "FSCTL_OPLOCK_BREAK_NOTIFY needs a handle opened with FILE_COMPLETE_IF_OPLOCKED")

constexpr std::array kSwitches{
#define OPLOCKSIM_X(member, decision, value_names, summary)                                            \
    SwitchInfo{#member, decision, summary, Values{value_names}},
    OPLOCKSIM_SWITCH_LIST(OPLOCKSIM_X)
#undef OPLOCKSIM_X
};

static_assert(sizeof(Semantics) == kSwitches.size(), "every switch is one byte and is listed");

constexpr std::array<std::string_view, kProfileCount> kProfileNames{"docs", "ms-fsa", "observed"};

Semantics ms_fsa_semantics() {
    Semantics s;
    s.level2_create_ignores_key = true;
    s.read_control_open_exempt_granular = true;
    s.handle_conflict_overwrite = HandleConflictOverwrite::two_phase;
    s.cross_stream_batch_filter = false;
    s.lock_beyond_allocation_exempt = true;
    s.set_security_breaks_handle = true;
    s.writable_section_breaks = false;
    s.exclusive_grant_same_key_opens = ExclusiveGrantSameKeyOpens::deny;
    s.level2_request_displaces_same_key_read = true;
    s.brl_beyond_allocation_blocks_grant = false;
    s.writable_section_blocks_granular_grant = false;
    return s;
}

Semantics observed_semantics() {
    Semantics s;
    s.reserve_opfilter_precheck = ReserveOpfilterPrecheck::breaks_then_fails;
    s.read_control_open_exempt_granular = true;
    s.attr_only_overwrite_exempt = false;
    s.handle_conflict_overwrite = HandleConflictOverwrite::two_phase;
    s.filter_create_rule = FilterCreateRule::writable;
    s.open_requiring_oplock_conflict = OpenRequiringOplockConflict::any_but_R_and_RH;
    s.delete_on_close_breaks_handle = DeleteOnCloseBreaksHandle::at_cleanup;
    s.rename_target_open_after_break = RenameTargetOpenAfterBreak::access_denied_handle_only;
    s.deeper_break_while_breaking = DeeperBreakWhileBreaking::stepwise;
    s.exclusive_grant_same_key_opens = ExclusiveGrantSameKeyOpens::allow_ignoring_attribute_only;
    s.brl_beyond_allocation_blocks_grant = false;
    return s;
}

}  // namespace

std::string_view to_string(Profile profile) {
    return kProfileNames[static_cast<std::size_t>(profile)];
}

std::optional<Profile> profile_from_name(std::string_view name) {
    const auto* found = std::ranges::find(kProfileNames, name);
    if (found == kProfileNames.end()) return std::nullopt;
    return static_cast<Profile>(found - kProfileNames.begin());
}

Semantics semantics_of(Profile profile) {
    switch (profile) {
        case Profile::docs: return Semantics{};
        case Profile::ms_fsa: return ms_fsa_semantics();
        case Profile::observed: return observed_semantics();
    }
    OPLOCKSIM_ASSERT(false, "a profile outside its enumeration");
}

std::span<const SwitchInfo> switches() { return kSwitches; }

const SwitchInfo* find_switch(std::string_view name) {
    const auto* found = std::ranges::find(kSwitches, name, &SwitchInfo::name);
    return found == kSwitches.end() ? nullptr : found;
}

std::string_view switch_value(const Semantics& semantics, std::string_view name) {
    const SwitchInfo* info = find_switch(name);
    OPLOCKSIM_ASSERT(info != nullptr, "switch_value of a name that is no switch");
#define OPLOCKSIM_X(member, decision, value_names, summary)                                            \
    if (name == #member) return info->values[static_cast<std::size_t>(semantics.member)];
    OPLOCKSIM_SWITCH_LIST(OPLOCKSIM_X)
#undef OPLOCKSIM_X
    OPLOCKSIM_ASSERT(false, "a switch without a member");
}

bool set_switch(Semantics& semantics, std::string_view name, std::string_view value) {
    const SwitchInfo* info = find_switch(name);
    if (info == nullptr) return false;
    const auto found = std::ranges::find(info->values, value);
    if (found == info->values.end()) return false;
    const auto index = static_cast<std::uint8_t>(found - info->values.begin());
#define OPLOCKSIM_X(member, decision, value_names, summary)                                            \
    if (name == #member) {                                                                        \
        semantics.member = static_cast<decltype(semantics.member)>(index);                        \
        return true;                                                                              \
    }
    OPLOCKSIM_SWITCH_LIST(OPLOCKSIM_X)
#undef OPLOCKSIM_X
    OPLOCKSIM_ASSERT(false, "a switch without a member");
}

}  // namespace oplocksim::engine
