// Why the package answered as it did: a small value beside every result and effect.
//
// A Why names the rule that decided; with the operation and the type of the oplock it concerns
// it determines the clause of the specification. The texts stand in reason.cpp.
#pragma once

#include <cstdint>
#include <string_view>

namespace oplocksim::engine {

enum class OplockType : std::uint8_t;
enum class Operation : std::uint8_t;

// The rules, grouped by the article they come from.
enum class Rule : std::uint8_t {
    none,                         // nothing is held: there is nothing to decide

    // Requesting and Granting Oplocks.
    granted,                      // every condition for granting holds
    granted_level_none,           // a request for no level at all succeeds without effect
    refused_directory,            // a directory can only have R or RH
    refused_level,                // W, H and WH are no levels
    refused_flags,                // exactly one of REQUEST and ACK
    refused_synchronous,          // a synchronous handle never owns an oplock
    refused_transaction,          // TxF on the file
    refused_other_opens,          // an exclusive request, and others have the stream open
    refused_byte_range_lock,      // a shared request, and the stream has byte-range locks
    refused_writable_section,     // a Windows 7 request, and a writable section exists
    refused_delete_pending,       // handle caching on a stream that is going away
    refused_current_oplock,       // the oplock that is held denies it
    refused_breaking,             // a break is unacknowledged
    switched_to_new_handle,       // the same key requests again: the old request completes
    displaced_by_exclusive,       // an exclusive legacy request ends the handle's own Level 2

    // The per-operation articles and [MS-FSA] 2.1.4.12.
    broken,                       // the operation is not compatible with the held type
    deepened,                     // the break under way now goes further, without a notice
    joined_break,                 // the operation waits for a break that was under way
    not_affected,                 // the operation is compatible with what is held
    exempt_same_key,              // the same owner
    exempt_attribute_only,        // only attribute access was asked for
    complete_if_oplocked,         // it would wait, but asked not to
    reservation_waits,            // an open requiring an oplock has not requested it yet
    cannot_break,                 // an open requiring an oplock may not break anybody

    // Acknowledging Oplock Breaks and [MS-FSA] 2.1.5.19.
    acknowledged,                 // accepted at the level asked for, or at none
    acknowledged_broken_to_none,  // accepted; what was offered has meanwhile become None
    acknowledged_close_pending,   // accepted; waiters wait for the close
    acknowledged_at_lower_level,  // STATUS_CANNOT_GRANT_REQUESTED_OPLOCK: still owed
    invalid_protocol,             // nobody asked for this acknowledgment
    notify_no_break,              // no break in progress
    notify_pending,               // will complete when the break does
    break_over,                   // the acknowledgment, close or cancellation waited for came

    // Cleanup and cancellation.
    owner_closed,                 // the owner's last handle is gone
    cancelled,                    // the IRP was cancelled
};
inline constexpr int kRuleCount = static_cast<int>(Rule::cancelled) + 1;

struct Why {
    Rule rule = Rule::none;
    OplockType held{};       // the oplock it concerns; `none` if no particular one
    Operation operation{};   // the operation that was checked; meaningful for checks and breaks

    bool operator==(const Why&) const = default;
};

// A short phrase, "the same owner", for traces and explanations.
[[nodiscard]] std::string_view to_string(Rule rule);
// The enumerator's own name, stable, for machine-readable output: "exempt_same_key".
[[nodiscard]] std::string_view name_of(Rule rule);

}  // namespace oplocksim::engine
