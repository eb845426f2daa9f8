// Hashes of the bytes of a state, for tables. Internal to explore/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace oplocksim::conformance::explore {

namespace detail {

__extension__ using Wide = unsigned __int128;

// The two halves of the product, folded: every bit of the result depends on all of both factors.
[[nodiscard]] constexpr std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Odd constants without structure: the first digits of the fractions of square roots.
inline constexpr std::uint64_t kMixA = 0x6A09E667F3BCC909;
inline constexpr std::uint64_t kMixB = 0xBB67AE8584CAA73B;
inline constexpr std::uint64_t kMixC = 0x3C6EF372FE94F82B;
inline constexpr std::uint64_t kMixD = 0xA54FF53A5F1D36F1;

}  // namespace detail

// 64 bits of `size` bytes, for tables; compile-time sizes unroll.
template <std::size_t size>
[[nodiscard]] inline std::uint64_t hash_of_bytes(const unsigned char* bytes) {
    std::uint64_t hash = detail::kMixA ^ size;
    std::size_t at = 0;
    for (; at + 16 <= size; at += 16) {
        std::uint64_t a = 0;
        std::uint64_t b = 0;
        std::memcpy(&a, bytes + at, 8);
        std::memcpy(&b, bytes + at + 8, 8);
        hash = detail::fold(a ^ detail::kMixB, b ^ hash);
    }
    if constexpr (size % 16 != 0) {
        std::uint64_t words[2] = {0, 0};
        std::memcpy(words, bytes + at, size % 16);
        hash = detail::fold(words[0] ^ detail::kMixC, words[1] ^ hash);
    }
    return detail::fold(hash, detail::kMixD);
}

}  // namespace oplocksim::conformance::explore
