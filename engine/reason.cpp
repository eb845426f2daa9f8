#include "engine/reason.h"

#include <array>

#include "engine/oplock.h"

namespace oplocksim::engine {
namespace {

struct RuleText {
    Rule rule;
    std::string_view name;
    std::string_view phrase;
};

constexpr std::array kRules{
    RuleText{Rule::none, "none", "no oplock is held"},
    RuleText{Rule::granted, "granted", "every condition for granting holds"},
    RuleText{Rule::granted_level_none, "granted_level_none",
             "a request for no level succeeds without effect"},
    RuleText{Rule::refused_directory, "refused_directory",
             "a directory can only have Read or Read-Handle"},
    RuleText{Rule::refused_level, "refused_level", "not a legal combination of cache levels"},
    RuleText{Rule::refused_flags, "refused_flags", "exactly one of REQUEST and ACK is needed"},
    RuleText{Rule::refused_synchronous, "refused_synchronous",
             "the handle is synchronous"},
    RuleText{Rule::refused_transaction, "refused_transaction",
             "a TxF transaction is on the file"},
    RuleText{Rule::refused_other_opens, "refused_other_opens",
             "the stream has other opens that count"},
    RuleText{Rule::refused_byte_range_lock, "refused_byte_range_lock",
             "the stream has byte-range locks"},
    RuleText{Rule::refused_writable_section, "refused_writable_section",
             "a writable user-mapped section is present"},
    RuleText{Rule::refused_delete_pending, "refused_delete_pending",
             "handle caching on a stream that is pending deletion"},
    RuleText{Rule::refused_current_oplock, "refused_current_oplock",
             "the oplock that is held denies it"},
    RuleText{Rule::refused_breaking, "refused_breaking", "a break is unacknowledged"},
    RuleText{Rule::switched_to_new_handle, "switched_to_new_handle",
             "the same key requested again"},
    RuleText{Rule::displaced_by_exclusive, "displaced_by_exclusive",
             "an exclusive request ends the Level 2 oplock"},
    RuleText{Rule::broken, "broken", "the operation is not compatible with the oplock"},
    RuleText{Rule::deepened, "deepened", "the break under way now goes further, silently"},
    RuleText{Rule::joined_break, "joined_break", "a break is under way and must be acknowledged"},
    RuleText{Rule::not_affected, "not_affected", "the operation is compatible with the oplock"},
    RuleText{Rule::exempt_same_key, "exempt_same_key", "the same owner"},
    RuleText{Rule::exempt_attribute_only, "exempt_attribute_only",
             "only attribute access is asked for"},
    RuleText{Rule::complete_if_oplocked, "complete_if_oplocked",
             "FILE_COMPLETE_IF_OPLOCKED: it does not wait"},
    RuleText{Rule::reservation_waits, "reservation_waits",
             "an open requiring an oplock has not requested it yet"},
    RuleText{Rule::cannot_break, "cannot_break",
             "FILE_OPEN_REQUIRING_OPLOCK may not break anybody"},
    RuleText{Rule::acknowledged, "acknowledged", "the break is acknowledged"},
    RuleText{Rule::acknowledged_broken_to_none, "acknowledged_broken_to_none",
             "acknowledged, but what was offered has become None"},
    RuleText{Rule::acknowledged_close_pending, "acknowledged_close_pending",
             "acknowledged; waiters wait for the close"},
    RuleText{Rule::acknowledged_at_lower_level, "acknowledged_at_lower_level",
             "this level cannot be had; the acknowledgment is still owed"},
    RuleText{Rule::invalid_protocol, "invalid_protocol",
             "no such acknowledgment is owed by this handle"},
    RuleText{Rule::notify_no_break, "notify_no_break", "no break is in progress"},
    RuleText{Rule::notify_pending, "notify_pending", "a break is in progress"},
    RuleText{Rule::break_over, "break_over", "the break waited for is over"},
    RuleText{Rule::owner_closed, "owner_closed", "the owner's last handle is closed"},
    RuleText{Rule::cancelled, "cancelled", "the IRP was cancelled"},
};
static_assert(kRules.size() == kRuleCount);
static_assert([] {
    for (std::size_t i = 0; i < kRules.size(); ++i) {
        if (static_cast<std::size_t>(kRules[i].rule) != i) return false;
    }
    return true;
}(), "kRules is in the order of Rule");

constexpr std::array<std::string_view, 9> kTypes{
    "None", "Level 1", "Level 2",    "Batch",     "Filter",
    "Read", "Read-Handle", "Read-Write", "Read-Write-Handle"};

constexpr std::array<std::string_view, kOperationCount> kOperations{
    "create",
    "create (sharing violation)",
    "read",
    "write",
    "flush",
    "byte-range lock",
    "byte-range unlock",
    "FileEndOfFileInformation",
    "FileAllocationInformation",
    "FileValidDataLengthInformation",
    "FileRenameInformation",
    "FileShortNameInformation",
    "FileLinkInformation",
    "FileDispositionInformation",
    "FSCTL_SET_ZERO_DATA",
    "set security",
    "writable section",
    "delete-on-close cleanup",
    "replaced by a rename",
    "break to None",
    "change of the directory's content",
    "cleanup",
};

}  // namespace

std::string_view to_string(Rule rule) { return kRules[static_cast<std::size_t>(rule)].phrase; }
std::string_view name_of(Rule rule) { return kRules[static_cast<std::size_t>(rule)].name; }
std::string_view to_string(OplockType type) { return kTypes[static_cast<std::size_t>(type)]; }
std::string_view to_string(Operation operation) {
    return kOperations[static_cast<std::size_t>(operation)];
}

}  // namespace oplocksim::engine
