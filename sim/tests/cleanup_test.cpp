#include "sim/tests/test_kernel.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

class CleanupTest : public KernelTest {};

TEST_F(CleanupTest, CleanupIsAtTheLastHandle) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    Request request = on(RequestKind::duplicate_handle, a);
    request.target_process = b_;
    const HandleId copy = done(ta_, request).handle;
    const IrpId held = grant(ta_, level(a, kRH));
    kernel().clear_completions();
    close(ta_, a);
    EXPECT_EQ(completion(held), nullptr);
    submit(tb_, on(RequestKind::close_handle, copy));
    ASSERT_NE(completion(held), nullptr);
    EXPECT_EQ(completion(held)->status, NtStatus::STATUS_OPLOCK_HANDLE_CLOSED);
    EXPECT_TRUE(world_.file_objects.empty());
}

TEST_F(CleanupTest, AHandleThatIsNotInheritedByTheDead) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    kernel().terminate_process(b_);
    Request request = on(RequestKind::duplicate_handle, a);
    request.target_process = b_;
    EXPECT_EQ(status(ta_, request), NtStatus::STATUS_PROCESS_IS_TERMINATING);
}

TEST_F(CleanupTest, DeleteOnCloseTakesTheFileAtTheLastClose) {
    file("\\f");
    Request request = create_request("\\f", FILE_READ_DATA | DELETE);
    request.options = FILE_DELETE_ON_CLOSE;
    const HandleId a = done(ta_, request).handle;
    const HandleId b = open(tb_, "\\f");
    close(ta_, a);
    EXPECT_EQ(status(ta_, create_request("\\f")), NtStatus::STATUS_DELETE_PENDING);
    close(tb_, b);
    EXPECT_EQ(status(ta_, create_request("\\f")), NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(world_.files.size(), 1u) << "only the root directory";
    EXPECT_EQ(world_.streams.size(), 1u);
    EXPECT_EQ(world_.links.size(), 1u);
}

TEST_F(CleanupTest, AStreamCanBeDeletedByItself) {
    file("\\f");
    file("\\f:s");
    const HandleId a = open(ta_, "\\f:s", DELETE);
    EXPECT_EQ(status(ta_, on(RequestKind::set_disposition, a)), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(tb_, create_request("\\f:s")), NtStatus::STATUS_DELETE_PENDING);
    close(ta_, a);
    EXPECT_EQ(status(tb_, create_request("\\f:s")), NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(status(tb_, create_request("\\f")), NtStatus::STATUS_SUCCESS);
}

TEST_F(CleanupTest, OneOfTwoHardLinksGoes) {
    file("\\f");
    kernel().add_link(path("\\f"), path("\\g"));
    const HandleId a = open(ta_, "\\f", DELETE);
    EXPECT_EQ(status(ta_, on(RequestKind::set_disposition, a)), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(tb_, create_request("\\g")), NtStatus::STATUS_SUCCESS);
    close(ta_, a);
    EXPECT_EQ(status(tb_, create_request("\\f")), NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
}

// P08, P24: the lock, the sharing and the name are gone before anybody is released or told.
TEST_F(CleanupTest, LocksAreGrantedToWhoWaits) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    const HandleId b = open(tb_, "\\f");
    EXPECT_EQ(status(ta_, on(RequestKind::lock, a)), NtStatus::STATUS_SUCCESS);
    const Submitted waiting = submit(tb_, on(RequestKind::lock, b));
    const Submitted own = submit(ta_, on(RequestKind::lock, a));
    EXPECT_EQ(own.outcome, SubmitOutcome::pending) << "no two exclusive locks of one owner";
    kernel().clear_completions();
    submit(ta_, on(RequestKind::close_handle, a));
    EXPECT_EQ(completion(own.irp)->status, NtStatus::STATUS_CANCELLED);
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_SUCCESS);
    Request unlock = on(RequestKind::unlock, b);
    EXPECT_EQ(status(tb_, unlock), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(tb_, unlock), NtStatus::STATUS_RANGE_NOT_LOCKED);
}

TEST_F(CleanupTest, AnOperationOutlivesItsHandle) {
    file("\\f");
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA, kShareAll, 1);
    const HandleId same_key = open(tb_, "\\f", FILE_READ_DATA, kShareAll, 1);
    grant(ta_, level(a, kRW));
    const HandleId b = open(tb_, "\\f", FILE_READ_ATTRIBUTES, kShareAll, 2);
    close(tb_, same_key);
    close(tb_, b);
    // A notification waits for the break; its handle is closed meanwhile.
    Request request = create_request("\\f");
    request.options = FILE_COMPLETE_IF_OPLOCKED;
    const HandleId c = done(tb_, request).handle;
    const Submitted notify =
        submit(tb_, oplock_request(c, FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY));
    EXPECT_EQ(notify.outcome, SubmitOutcome::pending);
    const Submitted read = submit(tb_, on(RequestKind::read, c));
    const Submitted lock = submit(tb_, on(RequestKind::lock, c));
    EXPECT_EQ(read.outcome, SubmitOutcome::pending);
    EXPECT_EQ(lock.outcome, SubmitOutcome::pending);
    kernel().clear_completions();
    submit(tb_, on(RequestKind::close_handle, c));
    EXPECT_EQ(completion(notify.irp), nullptr);
    submit(ta_, ack(a, 0));
    EXPECT_EQ(completion(notify.irp)->status, NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(completion(read.irp)->status, NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(completion(lock.irp)->status, NtStatus::STATUS_FILE_CLOSED)
        << "nobody would ever release it";
}

}  // namespace
}  // namespace oplocksim::sim
