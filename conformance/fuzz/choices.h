// Where the draws of a fuzzed run come from: bytes.
//
// Every decision of the generator takes one byte or two. They are those given, a random input's, a
// mutated one's, libFuzzer's or RapidCheck's, and after these random ones or none. What was taken
// is the input of the run: given again, it gives the same run again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/assert.h"
#include "sim/random.h"

namespace oplocksim::conformance::fuzz {

using Bytes = std::vector<std::uint8_t>;

// Longer inputs are cut: no run takes more.
inline constexpr std::size_t kMaxInputBytes = 16'384;

class Choices {
 public:
    // Starts a run: first the bytes of `given`, then random ones from `seed`.
    void begin(std::span<const std::uint8_t> given, std::uint64_t seed) {
        start(given);
        random_ = sim::Random(seed);
        goes_on_ = true;
    }
    // Starts a run that has no more than `given`. Afterwards every draw is 0.
    void begin(std::span<const std::uint8_t> given) {
        start(given);
        goes_on_ = false;
    }

    // Nothing is left to draw from: the run should come to its end.
    [[nodiscard]] bool exhausted() const {
        return !goes_on_ ? next_ >= given_.size() : taken_.size() >= kMaxInputBytes;
    }

    // In [0, bound). Requires: 0 < bound <= 65536.
    std::uint32_t below(std::uint32_t bound) {
        OPLOCKSIM_ASSERT(bound != 0 && bound <= 65'536, "a bound that two bytes cannot fill");
        if (bound <= 256) return byte() * bound >> 8;
        const std::uint32_t high = byte();
        return (high << 8 | byte()) * bound >> 16;
    }
    // True in `of_256` of 256 cases; 0 of an exhausted source is "no".
    bool chance(std::uint32_t of_256) { return byte() + of_256 >= 256; }
    template <typename T, std::size_t Count>
    const T& pick(const T (&table)[Count]) {
        return table[below(Count)];
    }
    std::uint64_t word() {
        std::uint64_t result = 0;
        for (int i = 0; i < 4; ++i) result = result << 8 | byte();
        return result;
    }

    // What was drawn so far.
    [[nodiscard]] const Bytes& taken() const { return taken_; }

 private:
    void start(std::span<const std::uint8_t> given) {
        given_ = given.first(std::min(given.size(), kMaxInputBytes));
        next_ = 0;
        left_ = 0;
        taken_.clear();
    }
    std::uint32_t byte() {
        std::uint8_t drawn = 0;
        if (next_ < given_.size()) {
            drawn = given_[next_++];
        } else if (goes_on_) {
            if (left_ == 0) {
                word_ = random_.next();
                left_ = 8;
            }
            drawn = static_cast<std::uint8_t>(word_);
            word_ >>= 8;
            --left_;
        }
        taken_.push_back(drawn);
        return drawn;
    }

    std::span<const std::uint8_t> given_;
    std::size_t next_ = 0;
    sim::Random random_{0};
    std::uint64_t word_ = 0;
    int left_ = 0;
    bool goes_on_ = false;
    Bytes taken_;
};

}  // namespace oplocksim::conformance::fuzz
