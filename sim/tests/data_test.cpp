#include "sim/tests/test_kernel.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

class DataTest : public KernelTest {};

TEST_F(DataTest, ReadsWhatWasWritten) {
    file("\\f", 3);
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA | FILE_WRITE_DATA);
    Request write = on(RequestKind::write, a);
    write.data = 1;
    write.offset = 10;
    EXPECT_EQ(done(ta_, write).information, 5u);
    const StreamId stream = kernel().find_stream(path("\\f"));
    EXPECT_EQ(world_.streams[stream].size, 15u);
    EXPECT_EQ(kernel().stream_bytes(stream, 8, 100), std::string("\0\0hello", 7));
    Request read = on(RequestKind::read, a);
    read.offset = 14;
    read.length = 100;
    EXPECT_EQ(done(ta_, read).information, 1u);
    read.offset = 15;
    EXPECT_EQ(status(ta_, read), NtStatus::STATUS_END_OF_FILE);
}

TEST_F(DataTest, AccessOfTheHandleDecides) {
    file("\\f");
    directory("\\d");
    const HandleId reader = open(ta_, "\\f", FILE_READ_DATA);
    const HandleId writer = open(ta_, "\\f", FILE_APPEND_DATA);
    const HandleId d = open(ta_, "\\d", FILE_READ_DATA | FILE_WRITE_DATA);
    EXPECT_EQ(status(ta_, on(RequestKind::write, reader)), NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_EQ(status(ta_, on(RequestKind::read, writer)), NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_EQ(status(ta_, on(RequestKind::flush, reader)), NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_EQ(status(ta_, on(RequestKind::flush, writer)), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(ta_, on(RequestKind::read, d)), NtStatus::STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(status(ta_, on(RequestKind::write, d)), NtStatus::STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(status(ta_, on(RequestKind::write, writer)), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(world_.streams[kernel().find_stream(path("\\f"))].size, 4097u) << "it appends";
}

// SC-033, SC-034.
TEST_F(DataTest, SomeReadsAndWritesCheckNothing) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    const HandleId b = open(tb_, "\\f", FILE_WRITE_DATA | FILE_READ_DATA);
    const IrpId held = grant(ta_, level(a, kRH));
    Request write = on(RequestKind::write, b);
    write.length = 0;
    EXPECT_EQ(status(tb_, write), NtStatus::STATUS_SUCCESS);
    write.length = 10;
    write.paging_io = true;
    EXPECT_EQ(status(tb_, write), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(completion(held), nullptr);
    write.paging_io = false;
    kernel().clear_completions();
    submit(tb_, write);
    ASSERT_NE(completion(held), nullptr);
    EXPECT_NE(completion(held)->output.flags & REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED, 0u);
}

TEST_F(DataTest, APagingWriteNeverExtendsTheFile) {
    file("\\f", 100);
    const HandleId a = open(ta_, "\\f", FILE_WRITE_DATA);
    Request write = on(RequestKind::write, a);
    write.paging_io = true;
    write.length = 10;
    for (const std::uint64_t offset : {95u, 100u, 163u}) {
        write.offset = offset;
        EXPECT_EQ(done(ta_, write).information, offset < 100 ? 5u : 0u);
        EXPECT_EQ(world_.streams[kernel().find_stream(path("\\f"))].size, 100u) << offset;
    }
}

TEST_F(DataTest, AWriteWaitsForTheExclusiveOwner) {
    file("\\f");
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA, kShareAll, 1);
    Request request = create_request("\\f", FILE_WRITE_DATA | FILE_READ_DATA);
    request.options = FILE_COMPLETE_IF_OPLOCKED;
    grant(ta_, level(a, kRW));
    const HandleId b = done(tb_, request).handle;
    Request write = on(RequestKind::write, b);
    write.data = 1;
    const Submitted waiting = submit(tb_, write);
    EXPECT_EQ(waiting.outcome, SubmitOutcome::pending);
    const StreamId stream = kernel().find_stream(path("\\f"));
    EXPECT_EQ(kernel().stream_bytes(stream, 0, 1), std::string(1, '\0')) << "P03";
    submit(ta_, ack(a, 0));
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(kernel().stream_bytes(stream, 0, 5), "hello");
}

TEST_F(DataTest, ByteRangeLocksConflict) {
    file("\\f");
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA | FILE_WRITE_DATA);
    const HandleId b = open(tb_, "\\f", FILE_READ_DATA | FILE_WRITE_DATA);
    EXPECT_EQ(status(ta_, on(RequestKind::lock, a)), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(tb_, on(RequestKind::read, b)), NtStatus::STATUS_FILE_LOCK_CONFLICT);
    EXPECT_EQ(status(tb_, on(RequestKind::write, b)), NtStatus::STATUS_FILE_LOCK_CONFLICT);
    EXPECT_EQ(status(tb_, on(RequestKind::set_zero_data, b)),
              NtStatus::STATUS_FILE_LOCK_CONFLICT);
    EXPECT_EQ(status(ta_, on(RequestKind::write, a)), NtStatus::STATUS_SUCCESS);
}

// SC-036.
TEST_F(DataTest, ZeroDataOutsideTheFileChecksNothing) {
    file("\\f", 100);
    const HandleId a = open(ta_, "\\f");
    const HandleId b = open(tb_, "\\f", FILE_WRITE_DATA);
    const IrpId held = grant(ta_, level(a, kR));
    Request zero = on(RequestKind::set_zero_data, b);
    zero.offset = 100;
    EXPECT_EQ(status(tb_, zero), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(completion(held), nullptr);
    zero.offset = 99;
    kernel().clear_completions();
    submit(tb_, zero);
    EXPECT_NE(completion(held), nullptr);
}

}  // namespace
}  // namespace oplocksim::sim
