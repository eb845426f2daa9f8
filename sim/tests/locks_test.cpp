#include "sim/tests/test_kernel.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

class LocksTest : public KernelTest {};

TEST_F(LocksTest, FailsOrWaits) {
    file("\\f");
    directory("\\d");
    const HandleId a = open(ta_, "\\f");
    const HandleId b = open(tb_, "\\f");
    EXPECT_EQ(status(ta_, on(RequestKind::lock, open(ta_, "\\d"))),
              NtStatus::STATUS_INVALID_PARAMETER);
    EXPECT_EQ(status(ta_, on(RequestKind::lock, a)), NtStatus::STATUS_SUCCESS);
    Request lock = on(RequestKind::lock, b);
    lock.fail_immediately = true;
    EXPECT_EQ(status(tb_, lock), NtStatus::STATUS_LOCK_NOT_GRANTED);
    lock.fail_immediately = false;
    const Submitted first = submit(tb_, lock);
    const Submitted second = submit(tb_, lock);
    kernel().clear_completions();
    submit(ta_, on(RequestKind::unlock, a));
    ASSERT_NE(completion(first.irp), nullptr) << "first in, first out";
    EXPECT_EQ(completion(second.irp), nullptr);
    EXPECT_EQ(kernel().completions().back().kind, RequestKind::unlock);
    EXPECT_TRUE(kernel().cancel(second.irp));
    lock.offset = ~0ull;
    lock.length = 2;
    EXPECT_EQ(status(tb_, lock), NtStatus::STATUS_INVALID_LOCK_RANGE);
}

// SC-030.
TEST_F(LocksTest, BeyondTheAllocation) {
    file("\\f", 100);
    const HandleId a = open(ta_, "\\f");
    const HandleId b = open(tb_, "\\f");
    IrpId held = grant(ta_, level(a, kR));
    Request lock = on(RequestKind::lock, b);
    lock.offset = 4096;
    world_.semantics.lock_beyond_allocation_exempt = true;
    EXPECT_EQ(status(tb_, lock), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(completion(held), nullptr);
    lock.offset = 4097;
    world_.semantics.lock_beyond_allocation_exempt = false;
    EXPECT_EQ(status(tb_, lock), NtStatus::STATUS_SUCCESS);
    EXPECT_NE(completion(held), nullptr);
    EXPECT_EQ(status(ta_, level(a, kR)), NtStatus::STATUS_OPLOCK_NOT_GRANTED) << "P17";
    world_.semantics.brl_beyond_allocation_blocks_grant = false;   // SC-067
    grant(ta_, level(a, kR));
}

}  // namespace
}  // namespace oplocksim::sim
