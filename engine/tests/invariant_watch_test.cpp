#include "engine/invariant_watch.h"

#include <gtest/gtest.h>

#include "engine/oplock.h"

namespace oplocksim::engine {
namespace {

// Somebody waits although nothing breaks (I5), and two exclusive oplocks (I1).
Oplock oplock_with_an_idle_waiter() {
    const Waiter waiter{IrpId{2}, FileObjectId{2}, {}, WaitReason::acknowledgment};
    Oplock oplock;
    oplock.restore({}, {&waiter, 1});
    return oplock;
}

Oplock oplock_with_two_exclusive_holders() {
    const Holder holders[] = {
        {FileObjectId{1}, IrpId{1}, {}, OplockType::batch, BreakState::not_breaking, false},
        {FileObjectId{2}, IrpId{2}, {}, OplockType::batch, BreakState::not_breaking, false}};
    Oplock oplock;
    oplock.restore(holders, {});
    return oplock;
}

TEST(InvariantWatch, KeepsTheFirstThatIsBroken) {
    InvariantWatch watch;
    Oplock().check_invariants();
    EXPECT_EQ(watch.broken(), "");
    oplock_with_an_idle_waiter().check_invariants();
    oplock_with_two_exclusive_holders().check_invariants();
    EXPECT_TRUE(watch.broken().starts_with("I5")) << watch.broken();
    watch.forget();
    oplock_with_two_exclusive_holders().check_invariants();
    EXPECT_TRUE(watch.broken().starts_with("I1")) << watch.broken();
}

TEST(InvariantWatch, OnlyTheInnermostIsTold) {
    const InvariantWatch outer;
    {
        const InvariantWatch inner;
        oplock_with_an_idle_waiter().check_invariants();
        EXPECT_NE(inner.broken(), "");
    }
    EXPECT_EQ(outer.broken(), "");
    oplock_with_an_idle_waiter().check_invariants();
    EXPECT_NE(outer.broken(), "");
}

TEST(InvariantWatchDeathTest, WithoutOneTheProgramEnds) {
    { const InvariantWatch over; }
    EXPECT_DEATH(oplock_with_an_idle_waiter().check_invariants(), "I5: somebody waits");
}

}  // namespace
}  // namespace oplocksim::engine
