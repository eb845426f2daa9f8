#include "conformance/fuzz/mutate.h"

namespace oplocksim::conformance::fuzz {
namespace {

constexpr std::uint32_t kMostChanges = 6;
constexpr std::uint32_t kLongestPiece = 16;

std::uint32_t position(const Bytes& bytes, sim::Random& random) {
    return random.below(static_cast<std::uint32_t>(bytes.size()) + 1);
}

void change(Bytes& bytes, std::span<const Bytes> inputs, sim::Random& random) {
    const std::uint32_t at = position(bytes, random);
    const auto place = bytes.begin() + at;
    switch (random.below(6)) {
        case 0:   // another draw
        case 1:
            if (at < bytes.size()) bytes[at] = static_cast<std::uint8_t>(random.below(256));
            break;
        case 2: {   // some draws less
            const std::size_t left = bytes.size() - at;
            const std::size_t count = std::min<std::size_t>(left, 1 + random.below(kLongestPiece));
            bytes.erase(place, place + static_cast<std::ptrdiff_t>(count));
            break;
        }
        case 3: {   // some more
            Bytes piece(1 + random.below(kLongestPiece));
            for (std::uint8_t& byte : piece) byte = static_cast<std::uint8_t>(random.below(256));
            bytes.insert(place, piece.begin(), piece.end());
            break;
        }
        case 4: bytes.resize(at); break;   // another future
        case 5: {                          // the future of another
            const Bytes& other = inputs[random.below(static_cast<std::uint32_t>(inputs.size()))];
            bytes.resize(at);
            if (at < other.size()) bytes.insert(bytes.end(), other.begin() + at, other.end());
            break;
        }
    }
}

}  // namespace

Bytes mutated_input(std::span<const Bytes> inputs, sim::Random& random) {
    Bytes bytes = inputs[random.below(static_cast<std::uint32_t>(inputs.size()))];
    const std::uint32_t changes = 1 + random.below(kMostChanges);
    for (std::uint32_t i = 0; i < changes; ++i) change(bytes, inputs, random);
    if (bytes.size() > kMaxInputBytes) bytes.resize(kMaxInputBytes);
    return bytes;
}

}  // namespace oplocksim::conformance::fuzz
