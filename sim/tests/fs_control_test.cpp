#include "sim/tests/test_kernel.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

class FsControlTest : public KernelTest {};

// What the file system tells the package about a stream (Requesting and Granting Oplocks).
TEST_F(FsControlTest, TheConditionsForGrantingAreSeen) {
    file("\\f");
    directory("\\d");
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA | FILE_WRITE_DATA, kShareAll, 1);
    EXPECT_EQ(status(ta_, batch(open(ta_, "\\d"))), NtStatus::STATUS_INVALID_PARAMETER);
    Request synchronous = create_request("\\f", FILE_READ_DATA | SYNCHRONIZE);
    synchronous.options = FILE_SYNCHRONOUS_IO_NONALERT;
    const HandleId s = done(ta_, synchronous).handle;
    EXPECT_EQ(status(ta_, level(s, kR)), NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    EXPECT_EQ(status(ta_, batch(a)), NtStatus::STATUS_OPLOCK_NOT_GRANTED) << "other opens";
    close(ta_, s);
    const HandleId same_key = open(tb_, "\\f", FILE_READ_DATA, kShareAll, 1);
    IrpId held = grant(ta_, level(a, kRW));
    EXPECT_TRUE(kernel().cancel(held));
    const HandleId other_key = open(tb_, "\\f", FILE_READ_ATTRIBUTES, kShareAll, 2);
    EXPECT_EQ(status(ta_, level(a, kRW)), NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    close(tb_, same_key);
    close(tb_, other_key);
    const SectionId section = done(ta_, on(RequestKind::create_section, a)).section;
    EXPECT_TRUE(section);
    Request writable = on(RequestKind::create_section, a);
    writable.page_protection = PAGE_READWRITE;
    const SectionId mapped = done(ta_, writable).section;
    EXPECT_EQ(status(ta_, level(a, kR)), NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK);
    Request unmap;
    unmap.kind = RequestKind::close_section;
    unmap.section = mapped;
    EXPECT_EQ(status(ta_, unmap), NtStatus::STATUS_SUCCESS);
    grant(ta_, level(a, kR));
}

TEST_F(FsControlTest, TransactionsDenyEverything) {
    file("\\f");
    file("\\f:s");
    Request transacted = create_request("\\f:s");
    transacted.transacted = true;
    const HandleId t = done(tb_, transacted).handle;
    const HandleId a = open(ta_, "\\f");
    EXPECT_EQ(status(ta_, level(a, kR)), NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    close(tb_, t);
    grant(ta_, level(a, kR));
}

// SC-070.
TEST_F(FsControlTest, NoHandleCachingOfWhatGoesAway) {
    file("\\f");
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA | DELETE);
    EXPECT_EQ(status(ta_, on(RequestKind::set_disposition, a)), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(ta_, level(a, kRH)), NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    grant(ta_, level(a, kR));
}

// P09, P28: the old request is over before the new one pends.
TEST_F(FsControlTest, SwitchingKeepsTheOrder) {
    file("\\f");
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA, kShareAll, 1);
    const HandleId b = open(ta_, "\\f", FILE_READ_DATA, kShareAll, 1);
    const IrpId first = grant(ta_, level(a, kR));
    recorder_.clear();
    const IrpId second = grant(ta_, level(b, kRWH));
    EXPECT_EQ(completion(first)->status, NtStatus::STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE);
    ASSERT_EQ(recorder_.events().size(), 4u);
    EXPECT_EQ(recorder_.events()[1].kind, TraceEventKind::complete);
    EXPECT_EQ(recorder_.events()[2].kind, TraceEventKind::oplock);
    EXPECT_EQ(recorder_.events()[3].kind, TraceEventKind::pend);
    EXPECT_EQ(recorder_.events()[3].irp, second);
}

}  // namespace
}  // namespace oplocksim::sim
