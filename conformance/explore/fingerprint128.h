// Fingerprints of states: 128 bits, the same on every machine and in every build.
//
// A fingerprint stands for a state in a search that cannot afford to keep the state itself. Two
// different states with one fingerprint would make the search miss one of them; collision_estimate
// says how likely that was. Nothing here is random: equal states have equal fingerprints always.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace oplocksim::conformance::explore {

struct Fingerprint128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    auto operator<=>(const Fingerprint128&) const = default;

    // Sums are fingerprints of sets: they do not depend on the order.
    Fingerprint128& operator+=(const Fingerprint128& other) {
        low += other.low;
        high += other.high;
        return *this;
    }
};

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

// Words in, a fingerprint out. Two lanes that start differently and see every word.
class Fingerprinter {
 public:
    void add(std::uint64_t word) {
        low_ = detail::fold(low_ ^ word, detail::kMixC);
        high_ = detail::fold(high_ + word, detail::kMixD) ^ (low_ << 1);
        ++words_;
    }
    // A sequence of bytes: its length is part of it, so that sequences cannot run together.
    void add_bytes(const void* bytes, std::size_t size) {
        const auto* next = static_cast<const unsigned char*>(bytes);
        add(size);
        for (; size >= 8; size -= 8, next += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, next, 8);
            add(word);
        }
        if (size == 0) return;
        std::uint64_t word = 0;
        std::memcpy(&word, next, size);
        add(word);
    }
    [[nodiscard]] Fingerprint128 value() const {
        return {detail::fold(low_ ^ words_, detail::kMixD) ^ high_,
                detail::fold(high_ ^ detail::kMixA, detail::kMixC ^ low_)};
    }

 private:
    std::uint64_t low_ = detail::kMixA;
    std::uint64_t high_ = detail::kMixB;
    std::uint64_t words_ = 0;
};

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

// An upper bound of the probability that any two of `states` different states share a
// fingerprint: n * (n - 1) / 2 / 2^128.
[[nodiscard]] double collision_estimate(std::uint64_t states);

}  // namespace oplocksim::conformance::explore
