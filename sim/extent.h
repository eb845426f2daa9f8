// A run of bytes at an offset.
#pragma once

#include <cstdint>
#include <string>

namespace oplocksim::sim {

struct Extent {
    std::uint64_t offset = 0;
    std::string bytes;
    bool operator==(const Extent&) const = default;
};

}  // namespace oplocksim::sim
