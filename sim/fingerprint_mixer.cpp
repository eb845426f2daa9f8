#include "sim/fingerprint_mixer.h"

namespace oplocksim::sim {

std::string to_string(const Fingerprint& fingerprint) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text(32, '0');
    for (std::size_t i = 0; i < 16; ++i) {
        text[i] = kDigits[(fingerprint.high >> (60 - 4 * i)) & 0xF];
        text[16 + i] = kDigits[(fingerprint.low >> (60 - 4 * i)) & 0xF];
    }
    return text;
}

}  // namespace oplocksim::sim
