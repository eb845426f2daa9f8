#include "sim/tests/test_kernel.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

class ProcessesTest : public KernelTest {};

// Interleaving 6: the owner dies while it owes an acknowledgment.
TEST_F(ProcessesTest, TheOwnersDeathReleasesTheWaiter) {
    file("\\f");
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA, 0);
    grant(ta_, batch(a));
    const Submitted waiting = submit(tb_, create_request("\\f"));
    EXPECT_EQ(waiting.outcome, SubmitOutcome::blocked);
    kernel().terminate_process(a_);
    kernel().run_until_idle();
    ASSERT_NE(completion(waiting.irp), nullptr);
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_SUCCESS) << "P08: no violation";
    EXPECT_EQ(world_.threads[ta_].state, ThreadState::exited);
}

TEST_F(ProcessesTest, TheWaitersDeathCancelsItsCreate) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    grant(ta_, batch(a));
    const Submitted waiting = submit(tb_, create_request("\\f"));
    kernel().terminate_process(b_);
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_CANCELLED);
    kernel().check_invariants();
    EXPECT_EQ(submit(ta_, legacy_ack(a)).outcome, SubmitOutcome::pending) << "P19";
}

TEST_F(ProcessesTest, BothAtOnce) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    grant(ta_, batch(a));
    const Submitted waiting = submit(tb_, create_request("\\f"));
    kernel().terminate_process(a_);
    kernel().terminate_process(b_);
    kernel().run_until_idle();
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_CANCELLED);
    EXPECT_TRUE(world_.file_objects.empty());
    EXPECT_TRUE(world_.irps.empty());
    EXPECT_TRUE(world_.ready.empty());
}

// SC-096: a granted request that is cancelled takes its oplock with it.
TEST_F(ProcessesTest, AnExitingThreadLosesItsOplocks) {
    file("\\f");
    const ThreadId other = kernel().create_thread(a_, names_->intern("other"));
    const HandleId a = open(ta_, "\\f");
    const IrpId held = grant(other, level(a, kRWH));
    kernel().exit_thread(other);
    EXPECT_EQ(completion(held)->status, NtStatus::STATUS_CANCELLED);
    EXPECT_EQ(submit(tb_, create_request("\\f")).outcome, SubmitOutcome::completed);
}

// P01: there is no timeout.
TEST_F(ProcessesTest, TimeAloneCompletesNothing) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    grant(ta_, batch(a));
    const Submitted waiting = submit(tb_, create_request("\\f"));
    kernel().advance(365ull * 24 * 3600 * kTicksPerSecond);
    EXPECT_EQ(completion(waiting.irp), nullptr);
}

TEST_F(ProcessesTest, TimedRequestsAreIssuedInOrder) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    kernel().submit_at(ta_, 20, on(RequestKind::read, a), 2);
    kernel().submit_at(ta_, 10, on(RequestKind::read, a), 1);
    kernel().submit_at(tb_, 20, create_request("\\f"), 3);
    kernel().pause(tb_);
    kernel().advance(15);
    ASSERT_EQ(kernel().issued().size(), 1u);
    EXPECT_EQ(kernel().issued()[0].token, 1u);
    kernel().advance(15);
    ASSERT_EQ(kernel().issued().size(), 3u);
    EXPECT_EQ(kernel().issued()[1].token, 2u);
    EXPECT_TRUE(kernel().issued()[1].issued);
    EXPECT_FALSE(kernel().issued()[2].issued) << "its thread is paused";
    EXPECT_EQ(world_.now, 30u);
}

TEST_F(ProcessesTest, AWorldIsAValue) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    grant(ta_, batch(a));
    kernel().submit_at(tb_, 100, create_request("\\f"), 1);
    World fork = world_;
    EXPECT_EQ(fork, world_);
    kernel().advance(100);
    EXPECT_FALSE(fork == world_);
    FifoScheduler scheduler;
    Kernel other(fork, scheduler);
    other.advance(100);
    EXPECT_EQ(fork, world_) << "the same steps lead to the same world";
}

}  // namespace
}  // namespace oplocksim::sim
