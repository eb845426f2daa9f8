// 128 bits that stand for a sequence of words: the same on every machine and in every build.
//
// Equal sequences have equal fingerprints; n different ones share one with a probability of about
// n*n / 2^129. What is to be one sequence is the caller's business: whatever has no fixed length
// says how long it is, so that two of them cannot run together.
#pragma once

#include <algorithm>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace oplocksim::sim {

struct Fingerprint {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    auto operator<=>(const Fingerprint&) const = default;

    // Sums are fingerprints of sets: they do not depend on the order.
    Fingerprint& operator+=(const Fingerprint& other) {
        high += other.high;
        low += other.low;
        return *this;
    }
};

// 32 hexadecimal digits, most significant first.
[[nodiscard]] std::string to_string(const Fingerprint& fingerprint);

// The length, then the bytes, eight to a word, first byte lowest.
template <typename Sink>
void add_bytes_as_words(Sink& sink, std::string_view bytes) {
    sink.add(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
        std::uint64_t word = 0;
        for (std::size_t k = std::min<std::size_t>(8, bytes.size() - i); k > 0; --k) {
            word = (word << 8) | static_cast<unsigned char>(bytes[i + k - 1]);
        }
        sink.add(word);
    }
}

// Mixes 64-bit words into 128 bits. Defined by this header alone, on integers only: the same on
// every machine and compiler. Not for adversaries.
//
// Each word is first scattered by a bijection, then taken up by two lanes that differ in how they
// combine, rotate and multiply. For a given state a lane is a bijection of the word, and for a
// given word one of the state, so one different word is never lost; result() makes every bit of
// both lanes count for every bit of the fingerprint.
class FingerprintMixer {
 public:
    void add(std::uint64_t word) {
        std::uint64_t scattered = (word ^ (word >> 32)) * 0x9E3779B97F4A7C15ull;
        scattered ^= scattered >> 29;
        low_ = std::rotl(low_ ^ scattered, 27) * 0xD6E8FEB86659FD93ull + 0x2545F4914F6CDD1Dull;
        high_ = (std::rotl(high_ + scattered, 37) ^ 0xA0761D6478BD642Full) * 0xFF51AFD7ED558CCDull;
    }

    void add_bytes(std::string_view bytes) { add_bytes_as_words(*this, bytes); }

    [[nodiscard]] Fingerprint result() const {
        const std::uint64_t a = finish(low_ + std::rotl(high_, 23));
        const std::uint64_t b = finish(high_ ^ a);
        return {b, a + b};
    }

 private:
    // The finalizer of splitmix64.
    [[nodiscard]] static std::uint64_t finish(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }

    std::uint64_t low_ = 0x243F6A8885A308D3ull;    // the first digits of pi
    std::uint64_t high_ = 0x13198A2E03707344ull;
};

}  // namespace oplocksim::sim
