#include "sim/byte_range_locks.h"

#include <gtest/gtest.h>

namespace oplocksim::sim {
namespace {

constexpr FileObjectId kOwner{1};
constexpr FileObjectId kOther{2};

RangeAccess read_of(FileObjectId who, std::uint64_t offset, std::uint64_t length) {
    return {who, offset, length, 0, false, false};
}
RangeAccess write_of(FileObjectId who, std::uint64_t offset, std::uint64_t length) {
    return {who, offset, length, 0, true, false};
}
RangeAccess lock_of(FileObjectId who, std::uint64_t offset, std::uint64_t length,
                    bool exclusive) {
    return {who, offset, length, 0, exclusive, true};
}

// [MS-FSA] 2.1.4.10.
TEST(ByteRangeLocks, AnExclusiveLockExcludesOthers) {
    const std::vector<ByteRangeLock> locks{{kOwner, 10, 10, 0, true}};
    EXPECT_TRUE(conflicts_with_locks(locks, read_of(kOther, 19, 1)));
    EXPECT_FALSE(conflicts_with_locks(locks, read_of(kOther, 20, 1)));
    EXPECT_FALSE(conflicts_with_locks(locks, write_of(kOwner, 10, 1)));
    EXPECT_TRUE(conflicts_with_locks(locks, lock_of(kOwner, 10, 1, true)));
    EXPECT_FALSE(conflicts_with_locks(locks, lock_of(kOwner, 10, 1, false)));
    RangeAccess other_key = read_of(kOwner, 10, 1);
    other_key.lock_key = 7;
    EXPECT_TRUE(conflicts_with_locks(locks, other_key));
}

TEST(ByteRangeLocks, ASharedLockExcludesEveryWriter) {
    const std::vector<ByteRangeLock> locks{{kOwner, 10, 10, 0, false}};
    EXPECT_FALSE(conflicts_with_locks(locks, read_of(kOther, 10, 1)));
    EXPECT_TRUE(conflicts_with_locks(locks, write_of(kOwner, 10, 1)));
    EXPECT_FALSE(conflicts_with_locks(locks, lock_of(kOther, 10, 1, false)));
}

TEST(ByteRangeLocks, TheEmptyRangeAtZeroConflictsWithNothing) {
    const std::vector<ByteRangeLock> locks{{kOwner, 0, 0, 0, true}, {kOwner, 0, ~0ull, 0, true}};
    EXPECT_FALSE(conflicts_with_locks(locks, lock_of(kOther, 0, 0, true)));
    EXPECT_FALSE(conflicts_with_locks({locks[0]}, lock_of(kOther, 0, 5, true)));
    EXPECT_TRUE(conflicts_with_locks(locks, lock_of(kOther, 5, 0, true)));
}

TEST(ByteRangeLocks, ARangeMustEndWithin64Bits) {
    EXPECT_FALSE(is_invalid_lock_range(~0ull, 1));
    EXPECT_TRUE(is_invalid_lock_range(~0ull, 2));
    EXPECT_FALSE(is_invalid_lock_range(~0ull, 0));
}

// [MS-FSA] 2.1.5.9: the exclusive one of two equal ranges goes first.
TEST(ByteRangeLocks, UnlockNeedsTheVeryRange) {
    std::vector<ByteRangeLock> locks{{kOwner, 1, 2, 0, false}, {kOwner, 1, 2, 0, true}};
    EXPECT_FALSE(remove_lock(locks, kOwner, 1, 1, 0));
    EXPECT_FALSE(remove_lock(locks, kOther, 1, 2, 0));
    EXPECT_FALSE(remove_lock(locks, kOwner, 1, 2, 5));
    EXPECT_TRUE(remove_lock(locks, kOwner, 1, 2, 0));
    ASSERT_EQ(locks.size(), 1u);
    EXPECT_FALSE(locks[0].exclusive);
}

}  // namespace
}  // namespace oplocksim::sim
