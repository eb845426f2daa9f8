// A fingerprint of values, the same on every machine (FNV-1a over 64-bit words).
#pragma once

#include <cstdint>

namespace oplocksim::conformance {

class Fingerprint {
 public:
    void add(std::uint64_t word) {
        for (int byte = 0; byte < 8; ++byte) {
            value_ = (value_ ^ (word & 0xFF)) * 0x100000001B3ull;
            word >>= 8;
        }
    }
    [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
    std::uint64_t value_ = 0xCBF29CE484222325ull;
};

}  // namespace oplocksim::conformance
