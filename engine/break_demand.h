// What an operation demands of each type of oplock: the per-operation articles as one function.
//
// A demand does not look at what is held; break.cpp applies it to the holders. Legacy types are
// asked for a level each, because the articles differ by type; the Windows 7 types by the cache
// levels that are lost, as [MS-FSA] 2.1.4.12 does with BreakCacheState.
#pragma once

#include "engine/oplock.h"

namespace oplocksim::engine {

// What a legacy exclusive oplock must become.
enum class LegacyTarget : std::uint8_t { unaffected, level_2, none };

struct BreakDemand {
    LegacyTarget level_1 = LegacyTarget::unaffected;
    LegacyTarget batch = LegacyTarget::unaffected;
    LegacyTarget filter = LegacyTarget::unaffected;
    bool level_2 = false;             // Level 2 is broken (to None, the only way)
    bool level_2_spares_own_key = false;
    CacheLevel lost = 0;              // BreakCacheState: W, H, R|W or R|W|H
    bool advisory = false;            // the operation never waits
    bool lock_literal = false;        // it does not wait for RWH (SC-029)
    bool unacknowledged = false;      // no acknowledgment is owed (writable section)
    bool ignore_keys = false;         // the same owner is not exempt
    bool modes_provided = false;      // MODES_PROVIDED, if handle caching is lost
    bool handle_holders_only = false; // holders without handle caching are left alone (SC-011)
    Rule when_unaffected = Rule::not_affected;
};

// Requires: `request.operation` is not cleanup (see Oplock::cleanup).
[[nodiscard]] BreakDemand demand_of(const Semantics& semantics, const CheckRequest& request);

// OPLOCK_FLAG_PARENT_OBJECT: the oplock is the parent directory's, and the caller's parent key is
// compared. What the operation is does not matter then (FsRtlCheckOplockEx2).
[[nodiscard]] constexpr bool concerns_parent(const CheckRequest& request) {
    return request.operation == Operation::parent_change ||
           (request.flags & OPLOCK_FLAG_PARENT_OBJECT) != 0;
}

// Only FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES and SYNCHRONIZE (create article, note).
[[nodiscard]] constexpr bool is_attribute_only(AccessMask desired_access) {
    return (desired_access & ~(FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE)) == 0;
}

}  // namespace oplocksim::engine
