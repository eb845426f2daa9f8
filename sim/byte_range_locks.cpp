#include "sim/byte_range_locks.h"

#include <algorithm>

namespace oplocksim::sim {
namespace {

bool conflicts(const ByteRangeLock& lock, const RangeAccess& access) {
    if (lock.offset == 0 && lock.length == 0) return false;
    // As 2.1.4.10 writes it: a range of length zero ends before it begins.
    const std::uint64_t last = access.offset + access.length - 1;
    const std::uint64_t last_locked = lock.offset + lock.length - 1;
    if (access.offset > last_locked || last < lock.offset) return false;
    if (!lock.exclusive) return access.exclusive;
    if (lock.owner != access.file_object || lock.lock_key != access.lock_key) return true;
    return access.exclusive && access.lock_intent;
}

}  // namespace

bool conflicts_with_locks(const std::vector<ByteRangeLock>& locks, const RangeAccess& access) {
    if (access.offset == 0 && access.length == 0) return false;
    return std::any_of(locks.begin(), locks.end(),
                       [&](const ByteRangeLock& lock) { return conflicts(lock, access); });
}

bool remove_lock(std::vector<ByteRangeLock>& locks, FileObjectId owner, std::uint64_t offset,
                 std::uint64_t length, std::uint32_t lock_key) {
    auto found = locks.end();
    for (auto lock = locks.begin(); lock != locks.end(); ++lock) {
        if (lock->owner != owner || lock->offset != offset || lock->length != length ||
            lock->lock_key != lock_key) {
            continue;
        }
        found = lock;
        if (lock->exclusive) break;
    }
    if (found == locks.end()) return false;
    locks.erase(found);
    return true;
}

}  // namespace oplocksim::sim
