// Short names for the cache levels: internal to the package.
#pragma once

#include "engine/constants.h"

namespace oplocksim::engine::levels {

inline constexpr CacheLevel R = OPLOCK_LEVEL_CACHE_READ;
inline constexpr CacheLevel H = OPLOCK_LEVEL_CACHE_HANDLE;
inline constexpr CacheLevel W = OPLOCK_LEVEL_CACHE_WRITE;

// Whether `levels` contains all of `wanted`.
[[nodiscard]] constexpr bool has(CacheLevel levels, CacheLevel wanted) {
    return (levels & wanted) == wanted;
}

}  // namespace oplocksim::engine::levels
