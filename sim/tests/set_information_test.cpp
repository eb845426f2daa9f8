#include "sim/tests/test_kernel.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

class SetInformationTest : public KernelTest {
 protected:
    Request size(RequestKind kind, HandleId handle, std::uint64_t value) {
        Request request = on(kind, handle);
        request.length = value;
        return request;
    }
    const Stream& stream(std::string_view text) {
        return world_.streams[kernel().find_stream(path(text))];
    }
};

TEST_F(SetInformationTest, Sizes) {
    file("\\f", 100);
    const HandleId a = open(ta_, "\\f", FILE_WRITE_DATA);
    const HandleId reader = open(ta_, "\\f");
    using enum RequestKind;
    EXPECT_EQ(status(ta_, size(set_end_of_file, reader, 5)), NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_EQ(status(ta_, size(set_end_of_file, a, ~0ull)), NtStatus::STATUS_INVALID_PARAMETER);
    EXPECT_EQ(status(ta_, size(set_end_of_file, a, 5000)), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(stream("\\f").allocation_size, 8192u);
    EXPECT_EQ(stream("\\f").valid_data_length, 100u);
    EXPECT_EQ(status(ta_, size(set_valid_data_length, a, 99)),
              NtStatus::STATUS_INVALID_PARAMETER);
    EXPECT_EQ(status(ta_, size(set_valid_data_length, a, 5001)),
              NtStatus::STATUS_INVALID_PARAMETER);
    EXPECT_EQ(status(ta_, size(set_valid_data_length, a, 5000)), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(ta_, size(set_allocation, a, 4096)), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(stream("\\f").size, 4096u);
    EXPECT_EQ(stream("\\f").valid_data_length, 4096u);
}

// SC-034, SC-036: the check comes before the sizes are compared; the lazy writer makes none.
TEST_F(SetInformationTest, TheSameSizeBreaksToo) {
    file("\\f", 100);
    const HandleId a = open(ta_, "\\f");
    const HandleId b = open(tb_, "\\f", FILE_WRITE_DATA);
    const IrpId held = grant(ta_, level(a, kR));
    Request request = size(RequestKind::set_end_of_file, b, 100);
    request.lazy_writer = true;
    EXPECT_EQ(status(tb_, request), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(completion(held), nullptr);
    request.lazy_writer = false;
    kernel().clear_completions();
    submit(tb_, request);
    EXPECT_NE(completion(held), nullptr);
}

TEST_F(SetInformationTest, WhatIsMappedCannotBeCutOff) {
    file("\\f", 100);
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA | FILE_WRITE_DATA);
    const SectionId section = done(ta_, on(RequestKind::create_section, a)).section;
    using enum RequestKind;
    EXPECT_EQ(status(ta_, size(set_end_of_file, a, 99)), NtStatus::STATUS_USER_MAPPED_FILE);
    EXPECT_EQ(status(ta_, size(set_end_of_file, a, 200)), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(ta_, size(set_allocation, a, 0)), NtStatus::STATUS_USER_MAPPED_FILE);
    Request overwriting = create_request("\\f");
    overwriting.disposition = CreateDisposition::FILE_OVERWRITE;
    EXPECT_EQ(status(tb_, overwriting), NtStatus::STATUS_USER_MAPPED_FILE);
    Request request;
    request.kind = close_section;
    request.section = section;
    EXPECT_EQ(status(tb_, request), NtStatus::STATUS_INVALID_HANDLE);
    EXPECT_EQ(status(ta_, request), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(ta_, size(set_end_of_file, a, 99)), NtStatus::STATUS_SUCCESS);
}

TEST_F(SetInformationTest, DispositionTestsBeforeItBreaks) {
    file("\\f", 1, FILE_ATTRIBUTE_READONLY);
    file("\\g");
    directory("\\d");
    file("\\d\\x");
    const HandleId a = open(ta_, "\\f");
    const IrpId held = grant(ta_, level(a, kRH));
    using enum RequestKind;
    const HandleId f = open(tb_, "\\f", DELETE);
    EXPECT_EQ(status(tb_, on(set_disposition, f)), NtStatus::STATUS_CANNOT_DELETE);
    EXPECT_EQ(completion(held), nullptr);
    EXPECT_EQ(status(tb_, on(set_disposition, open(tb_, "\\d", DELETE))),
              NtStatus::STATUS_DIRECTORY_NOT_EMPTY);
    EXPECT_EQ(status(tb_, on(set_disposition, open(tb_, "\\g"))),
              NtStatus::STATUS_ACCESS_DENIED);

    const HandleId owner = open(ta_, "\\g");
    const IrpId held_g = grant(ta_, level(owner, kRH));
    const HandleId g = open(tb_, "\\g", DELETE);
    Request no = on(set_disposition, g);
    no.delete_file = false;
    EXPECT_EQ(status(tb_, no), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(completion(held_g), nullptr);
    const Submitted waiting = submit(tb_, on(set_disposition, g));
    EXPECT_EQ(waiting.outcome, SubmitOutcome::pending);
    EXPECT_EQ(completion(held_g)->output.new_oplock_level, kR);
    close(ta_, owner);
    EXPECT_EQ(status(ta_, create_request("\\g")), NtStatus::STATUS_DELETE_PENDING);
}

TEST_F(SetInformationTest, AttributesAndSecurityNeedTheirRights) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    const HandleId all = open(ta_, "\\f", FILE_ALL_ACCESS);
    using enum RequestKind;
    EXPECT_EQ(status(ta_, on(set_basic_information, a)), NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_EQ(status(ta_, on(set_security, a)), NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_EQ(status(ta_, on(set_basic_information, all)), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(ta_, on(set_security, all)), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(ta_, on(set_encryption, all)), NtStatus::STATUS_SUCCESS);
    Request readonly = on(set_basic_information, all);
    readonly.attributes = FILE_ATTRIBUTE_READONLY;
    EXPECT_EQ(status(ta_, readonly), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(ta_, create_request("\\f", FILE_WRITE_DATA)),
              NtStatus::STATUS_ACCESS_DENIED);
}

}  // namespace
}  // namespace oplocksim::sim
