// The rules about what operations on a handle answer are shown to be able to fail.
#include <gmock/gmock.h>

#include "conformance/tests/story.h"

namespace oplocksim::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr sim::AccessMask kReadWrite = engine::FILE_READ_DATA | engine::FILE_WRITE_DATA;

TEST(AccessDecides, WhoHasTheAccessIsNotDenied) {
    Story story;
    const std::uint32_t a = story.create(A, {.access = kReadWrite});
    story.done(A, a, RequestKind::set_disposition, NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_THAT(story.objections(), IsEmpty());
    story.done(A, a, RequestKind::flush, NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_THAT(story.objections(), ElementsAre("access-decides"));
}

// SC-122: what is between being needed and being enough.
TEST(AccessDecides, NothingIsSaidOfHalfAnAccess) {
    for (const sim::NtStatus status : {NtStatus::STATUS_ACCESS_DENIED, NtStatus::STATUS_SUCCESS}) {
        Story story;
        const std::uint32_t a = story.create(A, {.access = engine::WRITE_DAC});
        story.done(A, a, RequestKind::set_security, status);
        EXPECT_THAT(story.objections(), IsEmpty());
    }
    Story story;
    const std::uint32_t a = story.create(A, {.access = engine::FILE_EXECUTE});
    story.done(A, a, RequestKind::read, NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_THAT(story.objections(), IsEmpty());
    story.done(A, a, RequestKind::set_security);
    EXPECT_THAT(story.objections(), ElementsAre("access-decides"));
}

TEST(AccessDecides, WhoHasItNotIsDenied) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.complete(story.issue_size(A, a, 10), NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_THAT(story.objections(), IsEmpty());
    story.complete(story.issue_size(A, a, 10));
    EXPECT_THAT(story.objections(), ElementsAre("access-decides"));
}

TEST(AccessDecides, SectionsNeedWhatTheirProtectionAllows) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.complete(story.issue_section(A, a, sim::PAGE_READONLY));
    EXPECT_THAT(story.objections(), IsEmpty());
    story.complete(story.issue_section(A, a, sim::PAGE_READWRITE));
    EXPECT_THAT(story.objections(), ElementsAre("access-decides"));
}

TEST(AccessDecides, WhoeverHasAHandleMayCloseIt) {
    Story story;
    const std::uint32_t a = story.create(A, {.access = engine::FILE_READ_ATTRIBUTES});
    story.done(A, a, RequestKind::close_handle, NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_THAT(story.objections(), ElementsAre("access-decides"));
}

TEST(AccessDecides, NobodyKnowsWhatTheMaximumCameTo) {
    Story story;
    const std::uint32_t a = story.create(A, {.access = engine::MAXIMUM_ALLOWED});
    story.done(A, a, RequestKind::flush, NtStatus::STATUS_ACCESS_DENIED);
    story.complete(story.issue_size(A, a, 10));
    EXPECT_THAT(story.objections(), IsEmpty());
}

TEST(RefusedBreaksNothing, SectionWithoutTheAccess) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::read);
    const std::uint32_t b = story.create(B);
    const std::uint32_t section = story.issue_section(B, b, sim::PAGE_READWRITE);
    story.broken(held, OplockType::read, OplockType::none, 0);
    story.complete(section, NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_THAT(story.objections(), ElementsAre("refused-breaks-nothing"));
}

TEST(RefusedBreaksNothing, ValidDataLengthOutOfRange) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::read);
    const std::uint32_t b = story.create(B, {.access = kReadWrite});
    const std::uint32_t length =
        story.issue_size(B, b, 1u << 30, RequestKind::set_valid_data_length);
    story.broken(held, OplockType::read, OplockType::none, 0);
    story.complete(length, NtStatus::STATUS_INVALID_PARAMETER);
    EXPECT_THAT(story.objections(), ElementsAre("refused-breaks-nothing"));
}

TEST(MovesWhatItSays, EveryByteOfAWrite) {
    Story story;
    const std::uint32_t a = story.create(A, {.access = kReadWrite});
    story.complete(story.issue_write(A, a, 0, "four"), NtStatus::STATUS_SUCCESS, 4);
    EXPECT_THAT(story.objections(), IsEmpty());
    story.complete(story.issue_write(A, a, 0, "four"), NtStatus::STATUS_SUCCESS, 3);
    EXPECT_THAT(story.objections(), ElementsAre("moves-what-it-says"));
}

TEST(MovesWhatItSays, AByteOfAReadAtLeast) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.complete(story.issue_on(A, a, RequestKind::read, 1), NtStatus::STATUS_SUCCESS, 1);
    story.complete(story.issue_on(A, a, RequestKind::read, 0), NtStatus::STATUS_SUCCESS, 0);
    EXPECT_THAT(story.objections(), IsEmpty());
    story.complete(story.issue_on(A, a, RequestKind::read, 10), NtStatus::STATUS_SUCCESS, 0);
    EXPECT_THAT(story.objections(), ElementsAre("moves-what-it-says"));
}

TEST(MovesWhatItSays, NoMoreThanWasAskedFor) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.complete(story.issue_on(A, a, RequestKind::read, 10), NtStatus::STATUS_SUCCESS, 11);
    EXPECT_THAT(story.objections(), ElementsAre("moves-what-it-says"));
}

TEST(AnswersItsRequest, TheHandleThatWasAskedAbout) {
    Story story;
    const std::uint32_t a = story.create(A, {.access = kReadWrite});
    const std::uint32_t other = story.create(A);
    story.complete_naming(story.issue_on(A, a, RequestKind::flush), a);
    EXPECT_THAT(story.objections(), IsEmpty());
    story.complete_naming(story.issue_on(A, a, RequestKind::flush), other);
    EXPECT_THAT(story.objections(), ElementsAre("answers-its-request"));
}

TEST(AnswersItsRequest, AHandleOfItsOwn) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.complete_naming(story.issue_create(B, {}), a, engine::FILE_OPENED);
    EXPECT_THAT(story.objections(), ElementsAre("answers-its-request"));
}

TEST(WaitsForAcknowledgments, HasPendedBeforeAnybodyElseGoesOn) {
    Story story;
    const std::uint32_t a = story.create(A, {.access = kReadWrite});
    const std::uint32_t held = story.grant(A, a, OplockType::batch);
    const std::uint32_t create = story.issue_create(B, {});
    story.complete(held, NtStatus::STATUS_SUCCESS, engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2);
    const std::uint32_t answer =
        story.issue_fsctl(A, a, FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2);
    story.complete(answer);
    story.opened(create);
    EXPECT_THAT(story.objections(), ElementsAre("waits-for-acknowledgments"));
}

TEST(LocksInForce, AreGivenBackByWhoHasThem) {
    Story story;
    const std::uint32_t a = story.create(A, {.access = kReadWrite});
    story.done(A, a, RequestKind::lock);
    story.done(A, a, RequestKind::unlock);
    story.done(A, a, RequestKind::unlock, NtStatus::STATUS_RANGE_NOT_LOCKED);
    EXPECT_THAT(story.objections(), IsEmpty());
    story.done(A, a, RequestKind::unlock);
    EXPECT_THAT(story.objections(), ElementsAre("locks-in-force"));
}

TEST(NobodyIsForgotten, WhoseRangeIsFree) {
    Story story;
    const std::uint32_t a = story.create(A, {.access = kReadWrite});
    const std::uint32_t b = story.create(B, {.access = kReadWrite});
    story.complete(story.issue_range(A, a, RequestKind::lock, 0, 10));
    story.complete(story.issue_range(A, a, RequestKind::lock, 100, 10));
    story.pend(story.issue_range(B, b, RequestKind::lock, 0, 10));
    story.complete(story.issue_range(A, a, RequestKind::unlock, 0, 10));
    EXPECT_THAT(story.objections_at_end(), ElementsAre("nobody-is-forgotten"));
}

}  // namespace
}  // namespace oplocksim::conformance
