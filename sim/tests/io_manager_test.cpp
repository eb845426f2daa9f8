#include "sim/tests/test_kernel.h"

#include <algorithm>

namespace oplocksim::sim {
namespace {

using namespace engine;

class IoManagerTest : public KernelTest {};

TEST_F(IoManagerTest, AForeignOrClosedHandleIsInvalid) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    EXPECT_EQ(status(tb_, on(RequestKind::read, a)), NtStatus::STATUS_INVALID_HANDLE);
    EXPECT_EQ(status(tb_, on(RequestKind::close_handle, a)), NtStatus::STATUS_INVALID_HANDLE);
    close(ta_, a);
    EXPECT_EQ(status(ta_, on(RequestKind::read, a)), NtStatus::STATUS_INVALID_HANDLE);
}

// SC-094: who blocks, and who gets STATUS_PENDING.
TEST_F(IoManagerTest, SynchronousHandlesBlockAsynchronousOnesPend) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    const HandleId asynchronous = open(tb_, "\\f", FILE_READ_ATTRIBUTES | FILE_WRITE_DATA);
    close(tb_, asynchronous);
    Request request = create_request("\\f", FILE_WRITE_DATA | SYNCHRONIZE);
    request.options = FILE_SYNCHRONOUS_IO_NONALERT;
    const HandleId synchronous = done(tb_, request).handle;
    const HandleId overlapped = open(tb_, "\\f", FILE_WRITE_DATA);
    // A Read-Write oplock with other opens of the same key only is not possible here; use locks.
    Request mine = on(RequestKind::lock, a);
    EXPECT_EQ(status(ta_, mine), NtStatus::STATUS_SUCCESS);
    const Submitted pending = submit(tb_, on(RequestKind::lock, overlapped));
    EXPECT_EQ(pending.outcome, SubmitOutcome::pending);
    EXPECT_EQ(world_.threads[tb_].state, ThreadState::running);
    const Submitted blocked = submit(tb_, on(RequestKind::lock, synchronous));
    EXPECT_EQ(blocked.outcome, SubmitOutcome::blocked);
    EXPECT_EQ(world_.threads[tb_].state, ThreadState::blocked);
    EXPECT_TRUE(kernel().cancel(blocked.irp));
    EXPECT_EQ(world_.threads[tb_].state, ThreadState::running);
    EXPECT_EQ(kernel().cancel_io(overlapped), 1u);
    EXPECT_EQ(completion(pending.irp)->status, NtStatus::STATUS_CANCELLED);
}

// P03, P04: the owner is told before the operation that broke its oplock is over.
TEST_F(IoManagerTest, TheNotificationPrecedesTheCompletion) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    const HandleId b = open(tb_, "\\f", FILE_WRITE_DATA);
    const IrpId held = grant(ta_, level(a, kR));
    kernel().clear_completions();
    recorder_.clear();
    kernel().submit(tb_, on(RequestKind::write, b));
    const auto completions = kernel().completions();
    ASSERT_EQ(completions.size(), 2u);
    EXPECT_EQ(completions[0].irp, held);
    EXPECT_EQ(completions[1].kind, RequestKind::write);
    std::vector<TraceEventKind> kinds;
    for (const TraceEvent& event : recorder_.events()) kinds.push_back(event.kind);
    EXPECT_EQ(kinds, (std::vector{TraceEventKind::issue, TraceEventKind::complete,
                                  TraceEventKind::oplock, TraceEventKind::complete}));
}

// P21, interleaving 2: a fresh oplock granted before the released operation looks is broken anew.
TEST_F(IoManagerTest, AReleasedOperationChecksAgain) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    grant(ta_, level(a, kRW));
    const Submitted waiting = kernel().submit(tb_, create_request("\\f"));
    EXPECT_EQ(waiting.outcome, SubmitOutcome::blocked);
    kernel().submit(ta_, on(RequestKind::close_handle, a));
    const Submitted reopened = kernel().submit(ta_, create_request("\\f"));
    const HandleId again = completion(reopened.irp)->handle;
    const Submitted fresh = kernel().submit(ta_, level(again, kRW));
    EXPECT_EQ(fresh.outcome, SubmitOutcome::pending);
    kernel().clear_completions();
    kernel().run_until_idle();
    ASSERT_NE(completion(fresh.irp), nullptr) << "a new break";
    EXPECT_EQ(completion(waiting.irp), nullptr);
    grant(ta_, ack(again, kR));
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_SUCCESS);
}

TEST_F(IoManagerTest, WithoutRecheckAReleasedOperationGoesThrough) {
    world_.semantics.recheck_after_release = false;
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    grant(ta_, level(a, kRW));
    const Submitted waiting = kernel().submit(tb_, create_request("\\f"));
    kernel().submit(ta_, on(RequestKind::close_handle, a));
    const Submitted reopened = kernel().submit(ta_, create_request("\\f"));
    const HandleId again = completion(reopened.irp)->handle;
    const Submitted fresh = kernel().submit(ta_, level(again, kRW));
    kernel().clear_completions();
    kernel().run_until_idle();
    EXPECT_EQ(completion(fresh.irp), nullptr);
    ASSERT_NE(completion(waiting.irp), nullptr);
}

class LastFirst final : public Scheduler {
 public:
    std::size_t choose(const World&, std::span<const ReadyItem> choices) override {
        ++asked;
        return choices.size() - 1;
    }
    int asked = 0;
};

// SC-091: any order is the scheduler's choice; first in, first out leaves it none on one stream.
TEST_F(IoManagerTest, FirstInFirstOutLeavesTheSchedulerNoChoiceOnOneStream) {
    ASSERT_EQ(world_.semantics.waiter_release_order, engine::WaiterReleaseOrder::fifo);
    LastFirst scheduler;
    kernel_ = std::make_unique<Kernel>(world_, scheduler, &recorder_);
    file("\\f");
    const ThreadId second = kernel().create_thread(b_, names_->intern("second"));
    const HandleId a = open(ta_, "\\f");
    grant(ta_, batch(a));
    const Submitted first = kernel().submit(tb_, create_request("\\f"));
    const Submitted last = kernel().submit(second, create_request("\\f"));
    kernel().clear_completions();
    submit(ta_, on(RequestKind::close_handle, a));
    EXPECT_EQ(scheduler.asked, 0);
    const auto completions = kernel().completions();
    ASSERT_EQ(completions.size(), 3u);
    EXPECT_EQ(completions[1].irp, first.irp);
    EXPECT_EQ(completions[2].irp, last.irp);
    kernel_.reset();
}

TEST_F(IoManagerTest, TheSchedulerChoosesAmongReadyOperations) {
    world_.semantics.waiter_release_order = engine::WaiterReleaseOrder::any;
    LastFirst scheduler;
    kernel_ = std::make_unique<Kernel>(world_, scheduler, &recorder_);
    file("\\f");
    const ThreadId second = kernel().create_thread(b_, names_->intern("second"));
    const HandleId a = open(ta_, "\\f");
    grant(ta_, batch(a));
    const Submitted first = kernel().submit(tb_, create_request("\\f"));
    const Submitted last = kernel().submit(second, create_request("\\f"));
    kernel().clear_completions();
    submit(ta_, on(RequestKind::close_handle, a));
    EXPECT_EQ(scheduler.asked, 1);
    const auto completions = kernel().completions();
    ASSERT_EQ(completions.size(), 3u);
    EXPECT_EQ(completions[1].irp, last.irp);
    EXPECT_EQ(completions[2].irp, first.irp);
    kernel_.reset();
}

TEST_F(IoManagerTest, PausedThreadsAreNotRun) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    grant(ta_, batch(a));
    const Submitted waiting = submit(tb_, create_request("\\f"));
    kernel().pause(tb_);
    submit(ta_, on(RequestKind::close_handle, a));
    EXPECT_EQ(world_.ready.size(), 1u);
    EXPECT_EQ(completion(waiting.irp), nullptr);
    EXPECT_FALSE(kernel().cancel(waiting.irp)) << "released already";
    kernel().resume(tb_);
    kernel().run_until_idle();
    EXPECT_NE(completion(waiting.irp), nullptr);
}

}  // namespace
}  // namespace oplocksim::sim
