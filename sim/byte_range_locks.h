// Byte-range locks of one stream ([MS-FSA] 2.1.4.10, 2.1.5.8, 2.1.5.9).
#pragma once

#include "sim/world.h"

namespace oplocksim::sim {

// An access to a range: an I/O, or the wish to lock it.
struct RangeAccess {
    FileObjectId file_object;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint32_t lock_key = 0;
    bool exclusive = false;
    bool lock_intent = false;
};

// 2.1.4.10: does the access conflict with a lock that somebody holds?
[[nodiscard]] bool conflicts_with_locks(const std::vector<ByteRangeLock>& locks,
                                        const RangeAccess& access);

// 2.1.5.8: does the range reach beyond the largest 64-bit offset?
[[nodiscard]] constexpr bool is_invalid_lock_range(std::uint64_t offset, std::uint64_t length) {
    return length != 0 && offset + length - 1 < offset;
}

// 2.1.5.9: removes the lock with exactly this range, owner and key. Returns whether there was one.
[[nodiscard]] bool remove_lock(std::vector<ByteRangeLock>& locks, FileObjectId owner,
                               std::uint64_t offset, std::uint64_t length,
                               std::uint32_t lock_key);

}  // namespace oplocksim::sim
