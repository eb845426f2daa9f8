// Logical time: 100 ns ticks, as NT counts, from the start of the run. Never a wall clock.
#pragma once

#include <cstdint>

namespace oplocksim::sim {

using Ticks = std::uint64_t;
inline constexpr Ticks kTicksPerMicrosecond = 10;
inline constexpr Ticks kTicksPerMillisecond = 10'000;
inline constexpr Ticks kTicksPerSecond = 10'000'000;
// The clock stops here: about 29,000 years. Advancing beyond is refused.
inline constexpr Ticks kMaxTicks = 0x7FFF'FFFF'FFFF'FFFFull;

}  // namespace oplocksim::sim
