#include "sim/tests/test_kernel.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

class CreateTest : public KernelTest {};

TEST_F(CreateTest, ParametersAreChecked) {
    file("\\f");
    const auto with = [&](CreateOptions options, AccessMask access = FILE_READ_DATA) {
        Request request = create_request("\\f", access);
        request.options = options;
        return status(ta_, request);
    };
    EXPECT_EQ(with(0, 0), NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_EQ(with(FILE_SYNCHRONOUS_IO_ALERT), NtStatus::STATUS_INVALID_PARAMETER);
    EXPECT_EQ(with(FILE_DELETE_ON_CLOSE), NtStatus::STATUS_INVALID_PARAMETER);
    EXPECT_EQ(with(FILE_COMPLETE_IF_OPLOCKED | FILE_RESERVE_OPFILTER),
              NtStatus::STATUS_INVALID_PARAMETER);
    EXPECT_EQ(with(FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT,
                   FILE_READ_DATA | SYNCHRONIZE),
              NtStatus::STATUS_INVALID_PARAMETER);
    EXPECT_EQ(with(FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE),
              NtStatus::STATUS_INVALID_PARAMETER);
}

TEST_F(CreateTest, DispositionDecidesBetweenFoundAndMissing) {
    file("\\f");
    const auto with = [&](std::string_view name, CreateDisposition disposition) {
        Request request = create_request(name);
        request.disposition = disposition;
        const Completion result = done(ta_, request);
        if (result.handle) close(ta_, result.handle);
        return std::pair(result.status, result.information);
    };
    using enum CreateDisposition;
    const auto ok = [](std::uint64_t information) {
        return std::pair(NtStatus::STATUS_SUCCESS, information);
    };
    EXPECT_EQ(with("\\f", FILE_OPEN), ok(FILE_OPENED));
    EXPECT_EQ(with("\\f", FILE_OPEN_IF), ok(FILE_OPENED));
    EXPECT_EQ(with("\\f", FILE_OVERWRITE), ok(FILE_OVERWRITTEN));
    EXPECT_EQ(with("\\f", FILE_OVERWRITE_IF), ok(FILE_OVERWRITTEN));
    EXPECT_EQ(with("\\f", FILE_SUPERSEDE), ok(FILE_SUPERSEDED));
    EXPECT_EQ(with("\\f", FILE_CREATE).first, NtStatus::STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(with("\\n", FILE_OPEN).first, NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(with("\\n", FILE_OVERWRITE).first, NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(with("\\n\\x", FILE_CREATE).first, NtStatus::STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_EQ(with("\\n1", FILE_CREATE), ok(FILE_CREATED));
    EXPECT_EQ(with("\\n2", FILE_OPEN_IF), ok(FILE_CREATED));
    EXPECT_EQ(with("\\n3", FILE_OVERWRITE_IF), ok(FILE_CREATED));
    EXPECT_EQ(with("\\n4", FILE_SUPERSEDE), ok(FILE_CREATED));
    EXPECT_EQ(with("\\f:s", FILE_OPEN).first, NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(with("\\f:s", FILE_CREATE), ok(FILE_CREATED));
    EXPECT_EQ(with("\\f:s", FILE_CREATE).first, NtStatus::STATUS_OBJECT_NAME_COLLISION);
}

TEST_F(CreateTest, DirectoriesAndFilesAreToldApart) {
    file("\\f");
    directory("\\d");
    const auto with = [&](std::string_view name, CreateOptions options,
                          CreateDisposition disposition = CreateDisposition::FILE_OPEN) {
        Request request = create_request(name);
        request.options = options;
        request.disposition = disposition;
        return status(ta_, request);
    };
    EXPECT_EQ(with("\\d", 0), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(with("\\d", FILE_NON_DIRECTORY_FILE), NtStatus::STATUS_FILE_IS_A_DIRECTORY);
    EXPECT_EQ(with("\\f", FILE_DIRECTORY_FILE), NtStatus::STATUS_NOT_A_DIRECTORY);
    EXPECT_EQ(with("\\d", 0, CreateDisposition::FILE_OVERWRITE),
              NtStatus::STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(with("\\d::$DATA", 0), NtStatus::STATUS_FILE_IS_A_DIRECTORY);
    EXPECT_EQ(with("\\d:s", 0, CreateDisposition::FILE_CREATE), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(with("\\f\\x", 0), NtStatus::STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_EQ(with("\\e", FILE_DIRECTORY_FILE, CreateDisposition::FILE_CREATE),
              NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(with("\\e\\x", 0, CreateDisposition::FILE_CREATE), NtStatus::STATUS_SUCCESS);
}

TEST_F(CreateTest, AttributesDeny) {
    file("\\r", 0, FILE_ATTRIBUTE_READONLY);
    file("\\h", 0, FILE_ATTRIBUTE_HIDDEN);
    EXPECT_EQ(status(ta_, create_request("\\r", FILE_WRITE_DATA)),
              NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_EQ(status(ta_, create_request("\\r", FILE_READ_DATA)), NtStatus::STATUS_SUCCESS);
    Request request = create_request("\\r", DELETE);
    request.options = FILE_DELETE_ON_CLOSE;
    EXPECT_EQ(status(ta_, request), NtStatus::STATUS_CANNOT_DELETE);
    request = create_request("\\h");
    request.disposition = CreateDisposition::FILE_OVERWRITE;
    EXPECT_EQ(status(ta_, request), NtStatus::STATUS_ACCESS_DENIED);
    request.attributes = FILE_ATTRIBUTE_HIDDEN;
    EXPECT_EQ(status(ta_, request), NtStatus::STATUS_SUCCESS);
}

// [MS-FSA] 2.1.5.1.2.2.
TEST_F(CreateTest, ShareAccessIsMutual) {
    file("\\f");
    const HandleId reader = open(ta_, "\\f", FILE_READ_DATA, FILE_SHARE_READ);
    EXPECT_EQ(status(tb_, create_request("\\f", FILE_WRITE_DATA)),
              NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_EQ(status(tb_, create_request("\\f", FILE_READ_DATA, FILE_SHARE_WRITE)),
              NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_EQ(status(tb_, create_request("\\f", FILE_READ_ATTRIBUTES, 0)),
              NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(tb_, create_request("\\f", READ_CONTROL, 0)), NtStatus::STATUS_SUCCESS);
    Request overwriting = create_request("\\f");
    overwriting.disposition = CreateDisposition::FILE_OVERWRITE;
    EXPECT_EQ(status(tb_, overwriting), NtStatus::STATUS_SHARING_VIOLATION);
    close(ta_, reader);
    EXPECT_EQ(status(tb_, overwriting), NtStatus::STATUS_SUCCESS);
}

// [MS-FSA] 2.1.5.1.2.1.
TEST_F(CreateTest, DeletingThePrimaryStreamConcernsEveryStream) {
    file("\\f");
    file("\\f:s");
    const HandleId stream = open(ta_, "\\f:s", FILE_READ_DATA, FILE_SHARE_READ);
    EXPECT_EQ(status(tb_, create_request("\\f", DELETE)), NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_EQ(status(tb_, create_request("\\f", FILE_WRITE_DATA, 0)), NtStatus::STATUS_SUCCESS);
    close(ta_, stream);
    const HandleId deleter = open(tb_, "\\f:s", DELETE);
    EXPECT_EQ(status(ta_, create_request("\\f:s", FILE_READ_DATA, FILE_SHARE_READ)),
              NtStatus::STATUS_SHARING_VIOLATION);
    close(tb_, deleter);
}

// Breaking Oplocks: Batch breaks before the sharing check, and the caller can tell.
TEST_F(CreateTest, BatchBreaksBeforeTheSharingCheck) {
    file("\\f");
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA, 0);
    const IrpId held = grant(ta_, batch(a));
    Request request = create_request("\\f", FILE_WRITE_DATA);
    request.options = FILE_COMPLETE_IF_OPLOCKED;
    const Completion result = done(tb_, request);
    EXPECT_EQ(result.status, NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_EQ(result.information, FILE_OPBATCH_BREAK_UNDERWAY);
    ASSERT_NE(completion(held), nullptr);
    EXPECT_EQ(completion(held)->information, FILE_OPLOCK_BROKEN_TO_LEVEL_2);
}

// Interleaving 1: no sharing violation is left over from an owner that closes.
TEST_F(CreateTest, AHandleBreakAnsweredByClosingCuresTheViolation) {
    file("\\f");
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA, FILE_SHARE_READ);
    const IrpId held = grant(ta_, level(a, kRH));
    const Submitted waiting = submit(tb_, create_request("\\f", FILE_WRITE_DATA));
    EXPECT_EQ(waiting.outcome, SubmitOutcome::blocked);
    EXPECT_EQ(world_.threads[tb_].state, ThreadState::blocked);
    EXPECT_EQ(world_.streams[kernel().find_stream(path("\\f"))].open_count, 1u) << "SC-076";
    ASSERT_NE(completion(held), nullptr);
    EXPECT_EQ(completion(held)->output.new_oplock_level, kR);
    submit(ta_, on(RequestKind::close_handle, a));
    ASSERT_NE(completion(waiting.irp), nullptr);
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(world_.threads[tb_].state, ThreadState::running);
}

// SC-014: one retry; the oplock stays at the acknowledged level.
TEST_F(CreateTest, AHandleBreakAnsweredOtherwiseLeavesTheViolation) {
    file("\\f");
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA, FILE_SHARE_READ);
    grant(ta_, level(a, kRWH));
    const Submitted waiting = submit(tb_, create_request("\\f", FILE_WRITE_DATA));
    const IrpId again = grant(ta_, ack(a, kRW));
    ASSERT_NE(completion(waiting.irp), nullptr);
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_EQ(completion(waiting.irp)->information, 0u);
    EXPECT_EQ(completion(again), nullptr) << "P13: nothing more is broken";
}

TEST_F(CreateTest, CompleteIfOplockedSaysSo) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    grant(ta_, batch(a));
    Request request = create_request("\\f");
    request.options = FILE_COMPLETE_IF_OPLOCKED;
    const Completion result = done(tb_, request);
    EXPECT_EQ(result.status, NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS);
    EXPECT_EQ(result.information, FILE_OPENED);
    EXPECT_TRUE(world_.handles.contains(result.handle));
}

// Interleaving 10: what was broken is what is opened, whatever the name leads to by now.
TEST_F(CreateTest, TheFileThatWasBrokenIsTheFileThatIsOpened) {
    file("\\f");
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA | DELETE);
    grant(ta_, level(a, kRW));
    const Submitted waiting = submit(tb_, create_request("\\f"));
    EXPECT_EQ(waiting.outcome, SubmitOutcome::blocked);
    Request away = on(RequestKind::rename, a);
    away.path = path("\\old");
    EXPECT_EQ(kernel().submit(ta_, away).outcome, SubmitOutcome::completed);
    kernel().clear_completions();
    grant(ta_, ack(a, kR));
    ASSERT_NE(completion(waiting.irp), nullptr);
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_SUCCESS);
    EXPECT_NE(kernel().find_stream(path("\\old")), StreamId{});
}

// P21: unless it is gone.
TEST_F(CreateTest, AfterADeletionTheNameIsLookedUpAnew) {
    file("\\f");
    for (const CreateDisposition disposition :
         {CreateDisposition::FILE_OPEN_IF, CreateDisposition::FILE_OPEN}) {
        const HandleId a = open(ta_, "\\f", FILE_READ_DATA | DELETE);
        grant(ta_, level(a, kRW));
        Request request = create_request("\\f");
        request.disposition = disposition;
        const Submitted waiting = submit(tb_, request);
        EXPECT_EQ(status(ta_, on(RequestKind::set_disposition, a)), NtStatus::STATUS_SUCCESS);
        kernel().clear_completions();
        submit(ta_, on(RequestKind::close_handle, a));
        ASSERT_NE(completion(waiting.irp), nullptr);
        const Completion result = *completion(waiting.irp);
        if (disposition == CreateDisposition::FILE_OPEN) {
            EXPECT_EQ(result.status, NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
        } else {
            EXPECT_EQ(result.information, FILE_CREATED);
            close(tb_, result.handle);
        }
    }
    EXPECT_EQ(world_.files.size(), 1u);
}

TEST_F(CreateTest, WhatIsPendingDeletionAfterTheWaitIsNotOpened) {
    file("\\f");
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA | DELETE);
    grant(ta_, level(a, kRW));
    const Submitted waiting = submit(tb_, create_request("\\f"));
    EXPECT_EQ(status(ta_, on(RequestKind::set_disposition, a)), NtStatus::STATUS_SUCCESS);
    kernel().clear_completions();
    submit(ta_, ack(a, 0));
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_DELETE_PENDING);
}

// SC-007.
TEST_F(CreateTest, ReserveOpfilterFailsBeforeItBreaks) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    const IrpId held = grant(ta_, level(a, kR));
    Request request = create_request("\\f", FILE_READ_ATTRIBUTES);
    request.options = FILE_RESERVE_OPFILTER;
    EXPECT_EQ(status(tb_, request), NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    EXPECT_EQ(completion(held), nullptr);
    world_.semantics.reserve_opfilter_precheck = ReserveOpfilterPrecheck::breaks_then_fails;
    EXPECT_EQ(status(tb_, request), NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    EXPECT_NE(completion(held), nullptr);
}

// SC-018.
TEST_F(CreateTest, OverwritingReachesOverToOtherStreams) {
    file("\\f");
    file("\\f:s");
    const HandleId primary = open(ta_, "\\f");
    const IrpId held = grant(ta_, batch(primary));
    Request request = create_request("\\f:s", FILE_WRITE_DATA, FILE_SHARE_READ);
    request.disposition = CreateDisposition::FILE_OVERWRITE;
    const Submitted waiting = submit(tb_, request);
    EXPECT_EQ(waiting.outcome, SubmitOutcome::blocked);
    EXPECT_NE(completion(held), nullptr);
    close(ta_, primary);
    EXPECT_EQ(world_.threads[tb_].state, ThreadState::running);
}

// SC-025, SC-102, P27.
TEST_F(CreateTest, OpenRequiringOplockReservesOrFails) {
    file("\\f");
    Request atomic = create_request("\\f", FILE_READ_DATA, FILE_SHARE_READ);
    atomic.options = FILE_OPEN_REQUIRING_OPLOCK;
    const HandleId a = done(ta_, atomic).handle;
    const Submitted waiting = submit(tb_, create_request("\\f", FILE_WRITE_DATA));
    EXPECT_EQ(waiting.outcome, SubmitOutcome::blocked) << "for the reservation";
    const IrpId held = grant(ta_, level(a, kRH));
    ASSERT_NE(completion(held), nullptr) << "the create goes on and now breaks the oplock";
    EXPECT_EQ(completion(waiting.irp), nullptr);
    submit(ta_, on(RequestKind::close_handle, a));
    ASSERT_NE(completion(waiting.irp), nullptr);
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_SUCCESS);

    const HandleId b = completion(waiting.irp)->handle;
    const IrpId rw = grant(tb_, level(b, kRW));
    atomic.share = kShareAll;
    EXPECT_EQ(status(ta_, atomic), NtStatus::STATUS_CANNOT_BREAK_OPLOCK);
    EXPECT_EQ(completion(rw), nullptr);
}

TEST_F(CreateTest, ACancelledCreateLeavesNothing) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    grant(ta_, batch(a));
    const Submitted waiting = submit(tb_, create_request("\\f"));
    const World before = world_;
    EXPECT_TRUE(kernel().cancel(waiting.irp));
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_CANCELLED);
    EXPECT_EQ(before.file_objects, world_.file_objects);
    EXPECT_EQ(before.handles, world_.handles);
    EXPECT_EQ(status(ta_, oplock_request(a, FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2)),
              NtStatus::STATUS_SUCCESS)
        << "P19: the break went on";
}

}  // namespace
}  // namespace oplocksim::sim
