// Random numbers that are the same everywhere: xoshiro256**, seeded by splitmix64.
//
// The distributions of the standard library give other numbers with another library, so a bound is
// applied here too. A regular value: a copy goes on like the original.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "engine/assert.h"

namespace oplocksim::sim {

class Random {
 public:
    explicit Random(std::uint64_t seed) {
        for (std::uint64_t& word : state_) {
            seed += 0x9E3779B97F4A7C15ull;
            std::uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
            word = z ^ (z >> 31);
        }
    }
    // From a state. Requires: not all zero.
    explicit constexpr Random(const std::array<std::uint64_t, 4>& state) : state_(state) {}

    // 64 random bits.
    std::uint64_t next() {
        const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    // Uniform in [0, bound). Requires: bound != 0.
    // A product of 32 random bits and the bound has the number in its upper half; the few lower
    // halves that would favour some numbers are drawn again.
    std::uint32_t below(std::uint32_t bound) {
        OPLOCKSIM_ASSERT(bound != 0, "nothing to choose from");
        for (;;) {
            const std::uint64_t product = (next() >> 32) * bound;
            const auto lower = static_cast<std::uint32_t>(product);
            if (lower >= bound || lower >= (0u - bound) % bound) {
                return static_cast<std::uint32_t>(product >> 32);
            }
        }
    }

    bool operator==(const Random&) const = default;

 private:
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace oplocksim::sim
