// The named switches on which respectable sources differ, and the profiles that set them.
//
// A Semantics is a small value that every decision is given; nothing reads a global. Each switch
// carries the id of its entry (SC-nnn) in docs/spec-decisions.md, where the sources and the
// reasons stand. The default member values are the profile `docs`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace oplocksim::engine {

// SC-007: when a FILE_RESERVE_OPFILTER create can see that the filter oplock would be refused.
enum class ReserveOpfilterPrecheck : std::uint8_t {
    fails_before_break,  // STATUS_OPLOCK_NOT_GRANTED, and nothing is broken
    breaks_then_fails,   // what it conflicts with is broken, and then the create fails
    off,                 // no precheck: the create breaks and succeeds
};

// SC-013: a sharing conflict with RH or RWH, together with an overwriting disposition.
enum class HandleConflictOverwrite : std::uint8_t {
    single_break_to_none,  // one break straight to None, acknowledged and waited for
    two_phase,             // first the handle level, then, if the sharing check passes, the rest
};

// SC-015: which Read-Handle holders break on a sharing conflict.
enum class RhConflictScope : std::uint8_t { all_different_key, conflicting_handles_only };

// SC-016: which creates break a Filter oplock.
enum class FilterCreateRule : std::uint8_t {
    writable_and_not_share_read,  // the literal conjunction of the create article
    writable_or_not_share_read,   // either alone
    writable,                     // any writable open, however it shares; overwriting too
};

// SC-021: when FILE_COMPLETE_IF_OPLOCKED answers STATUS_OPLOCK_BREAK_IN_PROGRESS.
enum class CompleteIfOplockedStatus : std::uint8_t {
    would_have_waited,   // only where the create would otherwise have waited
    any_unacknowledged,  // also where a break it caused still needs an acknowledgment
    any_break,           // whenever it broke anything
};

// SC-025: which oplocks of others make FILE_OPEN_REQUIRING_OPLOCK fail.
enum class OpenRequiringOplockConflict : std::uint8_t {
    would_break,          // those that the open would have to break
    any_but_R_and_RH,     // every oplock that is neither Read nor Read-Handle
};

// SC-028: FILE_DELETE_ON_CLOSE and the handle caching of others.
enum class DeleteOnCloseBreaksHandle : std::uint8_t { never, at_cleanup };

// SC-044: renaming over a file that is open, after its oplocks were broken.
enum class RenameTargetOpenAfterBreak : std::uint8_t {
    access_denied,              // broken to None; the rename fails if the target is still open
    access_denied_handle_only,  // only handle caching is lost (RWH to RW); fails likewise
    proceed,                    // broken to None; the rename goes on
};

// SC-049: how a request completes when its own handle is closed.
enum class CloseCompletionStatus : std::uint8_t {
    granular_handle_closed,  // STATUS_OPLOCK_HANDLE_CLOSED for the Windows 7 types
    always_success,          // STATUS_SUCCESS for all
};

// SC-055: a deeper break while one is unacknowledged.
enum class DeeperBreakWhileBreaking : std::uint8_t {
    silent_deepening,  // the target deepens; the owner learns at its acknowledgment, if at all
    stepwise,          // the waiter waits; after the acknowledgment the next step has its notice
};

// SC-059: RW or RWH while other opens of the stream exist.
enum class ExclusiveGrantSameKeyOpens : std::uint8_t {
    allow,                            // granted if all of them carry the requester's key
    deny,                             // refused if there is any and nothing is held yet
    allow_ignoring_attribute_only,    // as allow; attribute-only opens of others do not count
};

// SC-073: shared requests while Read-Handle oplocks are breaking.
enum class GrantWhileRhBreaking : std::uint8_t { fsa_guard, deny_all, allow_other_keys };

// SC-079: acknowledging with a level other than the one offered.
enum class AckLevelPolicy : std::uint8_t { fsa_literal, subset_of_offer };

// SC-085: an acknowledgment after FSCTL_OPBATCH_ACK_CLOSE_PENDING.
enum class AckAfterClosePending : std::uint8_t { invalid_protocol, accept };

// SC-091: the order in which several waiters are released.
enum class WaiterReleaseOrder : std::uint8_t { fifo, any };

// The value of every switch. A regular, trivially copyable value.
struct Semantics {
    bool level2_create_ignores_key = false;                                          // SC-002
    bool reserve_opfilter_ignores_key = false;                                       // SC-006
    ReserveOpfilterPrecheck reserve_opfilter_precheck =
        ReserveOpfilterPrecheck::fails_before_break;                                 // SC-007
    bool read_control_open_exempt_granular = false;                                  // SC-008
    bool attr_only_overwrite_exempt = true;                                          // SC-009
    HandleConflictOverwrite handle_conflict_overwrite =
        HandleConflictOverwrite::single_break_to_none;                               // SC-013
    RhConflictScope rh_conflict_scope = RhConflictScope::all_different_key;          // SC-015
    FilterCreateRule filter_create_rule =
        FilterCreateRule::writable_and_not_share_read;                               // SC-016
    bool cross_stream_batch_filter = true;                                           // SC-018
    CompleteIfOplockedStatus complete_if_oplocked_status =
        CompleteIfOplockedStatus::would_have_waited;                                 // SC-021
    OpenRequiringOplockConflict open_requiring_oplock_conflict =
        OpenRequiringOplockConflict::would_break;                                    // SC-025
    DeleteOnCloseBreaksHandle delete_on_close_breaks_handle =
        DeleteOnCloseBreaksHandle::never;                                            // SC-028
    bool lock_vs_rwh_waits = true;                                                   // SC-029
    bool lock_beyond_allocation_exempt = false;                                      // SC-030
    bool unlock_checks_oplock = false;                                               // SC-031
    bool flush_breaks_write_caching = false;                                         // SC-037
    bool set_security_breaks_handle = false;                                         // SC-038
    bool writable_section_breaks = true;                                             // SC-039
    RenameTargetOpenAfterBreak rename_target_open_after_break =
        RenameTargetOpenAfterBreak::access_denied;                                   // SC-044
    bool ancestor_rename_denied_if_open = true;                                      // SC-045
    CloseCompletionStatus close_completion_status =
        CloseCompletionStatus::granular_handle_closed;                               // SC-049
    DeeperBreakWhileBreaking deeper_break_while_breaking =
        DeeperBreakWhileBreaking::silent_deepening;                                  // SC-055
    ExclusiveGrantSameKeyOpens exclusive_grant_same_key_opens =
        ExclusiveGrantSameKeyOpens::allow;                                           // SC-059
    bool level2_request_displaces_same_key_read = false;                             // SC-061
    bool brl_beyond_allocation_blocks_grant = true;                                  // SC-067
    bool writable_section_blocks_granular_grant = true;                              // SC-069
    bool handle_grant_denied_when_delete_pending = true;                             // SC-070
    GrantWhileRhBreaking grant_while_rh_breaking = GrantWhileRhBreaking::fsa_guard;  // SC-073
    AckLevelPolicy ack_level_policy = AckLevelPolicy::fsa_literal;                   // SC-079
    AckAfterClosePending ack_after_close_pending =
        AckAfterClosePending::invalid_protocol;                                      // SC-085
    WaiterReleaseOrder waiter_release_order = WaiterReleaseOrder::fifo;              // SC-091
    bool recheck_after_release = true;                                               // SC-092
    bool notify_requires_complete_if_oplocked = false;                               // SC-098

    bool operator==(const Semantics&) const = default;
};

// The shipped sets of switch values.
enum class Profile : std::uint8_t {
    docs,      // the driver documentation, gaps filled from [MS-FSA]; the default
    ms_fsa,    // [MS-FSA] to the letter, its evident errata repaired
    observed,  // what published test suites saw Windows servers do
};
inline constexpr int kProfileCount = 3;

// The names accepted by --profile: "docs", "ms-fsa", "observed".
[[nodiscard]] std::string_view to_string(Profile profile);
[[nodiscard]] std::optional<Profile> profile_from_name(std::string_view name);

// All switch values of a profile.
[[nodiscard]] Semantics semantics_of(Profile profile);

// One switch as data: what the command line, the scenario language and the reports know of it.
struct SwitchInfo {
    std::string_view name;                        // as written in files and on the command line
    std::string_view decision;                    // "SC-029"
    std::string_view summary;                     // one sentence: what it decides
    std::span<const std::string_view> values;     // every accepted value, in declaration order
};

// Every switch, in the order of the decisions register.
[[nodiscard]] std::span<const SwitchInfo> switches();

// The description of the switch with this name.
[[nodiscard]] const SwitchInfo* find_switch(std::string_view name);

// The value that `semantics` has for a switch. Requires: `name` is a switch.
[[nodiscard]] std::string_view switch_value(const Semantics& semantics, std::string_view name);

// Sets one switch. Returns false, and changes nothing, if the name or the value is unknown.
[[nodiscard]] bool set_switch(Semantics& semantics, std::string_view name, std::string_view value);

}  // namespace oplocksim::engine
