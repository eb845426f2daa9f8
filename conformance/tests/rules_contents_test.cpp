// The rules over bytes, names and locks: each is shown to fail, and to be silent where it should.
#include <gmock/gmock.h>

#include "conformance/tests/story.h"

namespace oplocksim::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr sim::AccessMask kReadWrite = engine::FILE_READ_DATA | engine::FILE_WRITE_DATA;
constexpr Open kOpen{.access = kReadWrite | engine::DELETE};

// A and B have a file of 100 zeros open, for reading and writing.
struct TwoClients : Story {
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    TwoClients() {
        volume("\\data.bin", 100);
        a = create(A, kOpen);
        b = create(B, kOpen);
    }
};

TEST(ReadsWhatWasWritten, IsSilentInARightRun) {
    TwoClients story;
    story.write(A, story.a, 10, "hello");
    story.read(B, story.b, 8, 8, std::string("\0\0hello\0", 8));
    story.write(B, story.b, 12, "XX");
    story.read(A, story.a, 10, 5, "heXXo");
    story.complete(story.issue_size(A, story.a, 12));
    story.read(B, story.b, 10, 50, "he");
    story.complete(story.issue_size(A, story.a, 14));
    story.read(B, story.b, 10, 50, std::string("he\0\0", 4));
    story.complete(story.issue_range(B, story.b, RequestKind::read, 14, 1),
                   NtStatus::STATUS_END_OF_FILE);
    EXPECT_THAT(story.objections_at_end(), IsEmpty());
}

TEST(ReadsWhatWasWritten, StaleRead) {
    TwoClients story;
    story.write(A, story.a, 0, "new");
    story.read(B, story.b, 0, 3, std::string(3, '\0'));
    EXPECT_THAT(story.objections(), ElementsAre("reads-what-was-written"));
    EXPECT_EQ(story.rules().violations()[0].clause, "FSA-DATA-READ");
    EXPECT_EQ(story.rules().violations()[0].observed,
              "read by process 2 (IRP 4) completes STATUS_SUCCESS with 0x00 at offset 0");
}

TEST(ReadsWhatWasWritten, IsReportedOnce) {
    TwoClients story;
    story.write(A, story.a, 0, "new");
    story.read(B, story.b, 0, 3, "old");
    story.read(B, story.b, 0, 3, "old");
    story.read(A, story.a, 0, 3, "old");
    EXPECT_EQ(story.rules().violations().size(), 1u);
}

TEST(ReadsWhatWasWritten, LostWrite) {
    TwoClients story;
    story.write(A, story.a, 0, "aaaa");
    story.write(B, story.b, 2, "bb");
    story.read(A, story.a, 0, 4, "aaaa");
    EXPECT_THAT(story.objections(), ElementsAre("reads-what-was-written"));
}

TEST(ReadsWhatWasWritten, WhatFailsHasNoEffect) {
    TwoClients story;
    story.write(A, story.a, 0, "old");
    story.complete(story.issue_write(B, story.b, 0, "new"),
                   NtStatus::STATUS_INSUFFICIENT_RESOURCES);
    story.read(A, story.a, 0, 3, "new");
    EXPECT_THAT(story.objections(), ElementsAre("reads-what-was-written"));
}

TEST(ReadsWhatWasWritten, EndOfFile) {
    TwoClients story;
    story.complete(story.issue_size(A, story.a, 50));
    story.read(B, story.b, 40, 20, std::string(20, '\0'));
    EXPECT_THAT(story.objections(), ElementsAre("reads-what-was-written"));
    EXPECT_EQ(story.rules().violations()[0].clause, "FSA-DATA-END-OF-FILE");
    EXPECT_EQ(story.rules().violations()[0].required,
              "10 bytes: so many there are in the file");
}

TEST(ReadsWhatWasWritten, OverwritingCreateEmpties) {
    TwoClients story;
    story.write(A, story.a, 0, "old");
    story.create(C, {.access = engine::FILE_WRITE_DATA,
                     .disposition = CreateDisposition::FILE_OVERWRITE},
                 engine::FILE_OVERWRITTEN);
    story.read(A, story.a, 0, 3, "old");
    EXPECT_THAT(story.objections(), ElementsAre("reads-what-was-written"));
}

TEST(ReadsWhatWasWritten, ContentsFollowARename) {
    TwoClients story;
    story.write(A, story.a, 0, "one");
    story.done(B, story.b, RequestKind::close_handle);
    story.complete(story.issue_rename(A, story.a, "\\other.bin"));
    const std::uint32_t again = story.create(B, {.path = "\\other.bin", .access = kReadWrite});
    story.read(B, again, 0, 3, "one");
    EXPECT_THAT(story.objections(), IsEmpty());
    story.read(B, again, 0, 3, std::string(3, '\0'));
    EXPECT_THAT(story.objections(), ElementsAre("reads-what-was-written"));
}

TEST(ReadsWhatWasWritten, AHardLinkOfTheVolumeIsTheSameFile) {
    Story story;
    story.volume("\\data.bin", 10);
    story.volume("\\link.bin", 0, "\\data.bin");
    const std::uint32_t a = story.create(A, kOpen);
    const std::uint32_t b = story.create(B, {.path = "\\link.bin", .access = kReadWrite});
    story.write(A, a, 0, "one");
    story.read(B, b, 0, 3, std::string(3, '\0'));
    EXPECT_THAT(story.objections(), ElementsAre("reads-what-was-written"));
}

TEST(ReadsWhatWasWritten, WhatIsNotKnownIsLearnt) {
    Story story;   // without a volume: an older trace
    const std::uint32_t a = story.create(A, kOpen);
    story.read(A, a, 0, 4, "abcd");
    EXPECT_THAT(story.objections(), IsEmpty());
    story.read(A, a, 2, 2, "cd");
    EXPECT_THAT(story.objections(), IsEmpty());
    story.read(A, a, 2, 2, "xy");
    EXPECT_THAT(story.objections(), ElementsAre("reads-what-was-written"));
}

TEST(ReadsWhatWasWritten, IsNotExercisedWithoutData) {
    Story story;
    const std::uint32_t a = story.create(A, kOpen);
    story.complete(story.issue_range(A, a, RequestKind::read, 0, 4), NtStatus::STATUS_SUCCESS, 4);
    for (const RuleReport& report : story.rules().report()) {
        if (report.info->id == "reads-what-was-written") {
            EXPECT_EQ(report.exercised, 0u);
        }
    }
}

// Two that are at work at once may take effect in either order.
TEST(ReadsWhatWasWritten, WhatOverlapsMayBeFirstOrLast) {
    for (const std::string seen : {"old", "new"}) {
        TwoClients story;
        story.write(A, story.a, 0, "old");
        const std::uint32_t read = story.issue_range(B, story.b, RequestKind::read, 0, 3);
        const std::uint32_t write = story.issue_write(A, story.a, 0, "new");
        story.complete(write, NtStatus::STATUS_SUCCESS, 3);
        story.returns(read, seen);
        EXPECT_THAT(story.objections(), IsEmpty()) << seen;
        story.read(B, story.b, 0, 3, "old");   // but that one is over
        EXPECT_THAT(story.objections(), ElementsAre("reads-what-was-written"));
    }
}

TEST(ReadsWhatWasWritten, AWritableSectionHidesChanges) {
    TwoClients story;
    const std::uint32_t irp = story.issue_section(A, story.a, sim::PAGE_READWRITE);
    story.complete(irp);
    story.read(B, story.b, 0, 3, "any");
    story.read(B, story.b, 0, 3, "yet");
    EXPECT_THAT(story.objections(), IsEmpty());
}

// B's write waits for the break of A's oplock.
struct HeldWrite : TwoClients {
    std::uint32_t held = 0;
    std::uint32_t write = 0;
    HeldWrite() {
        done(B, b, RequestKind::close_handle);
        Story::write(A, a, 0, "old");
        held = grant(A, a, OplockType::read_write);
        const std::uint32_t open = issue_create(
            B, {.access = kReadWrite, .options = engine::FILE_COMPLETE_IF_OPLOCKED});
        broken(held, OplockType::read_write, OplockType::read);
        b = opened(open, NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS);
        write = issue_write(B, b, 0, "new");
        pend(write);
    }
};

TEST(NoEffectBeforeAcknowledgment, Write) {
    HeldWrite story;
    story.read(A, story.a, 0, 3, "old");
    EXPECT_THAT(story.objections(), IsEmpty());
    story.read(A, story.a, 0, 3, "new");
    EXPECT_THAT(story.objections(), ElementsAre("no-effect-before-acknowledgment"));
    EXPECT_EQ(story.rules().violations()[0].clause, "BRK-OWNER-FIRST");
    EXPECT_THAT(story.rules().violations()[0].waits, testing::HasSubstr("waits for the"));
}

TEST(NoEffectBeforeAcknowledgment, ACancelledWriteHasNone) {
    HeldWrite story;
    story.cancel(story.write);
    story.complete(story.write, NtStatus::STATUS_CANCELLED);
    story.read(A, story.a, 0, 3, "new");
    EXPECT_THAT(story.objections(), ElementsAre("reads-what-was-written"));
}

TEST(NoEffectBeforeAcknowledgment, TheOwnersLastWriteIsNotLost) {
    HeldWrite story;
    story.Story::write(A, story.a, 3, "!");
    story.pend(story.issue_acknowledgment(A, story.a, OplockType::read));
    const std::uint32_t kept = story.last_irp();
    story.broken(kept, OplockType::read, OplockType::none, 0);
    story.complete(story.write, NtStatus::STATUS_SUCCESS, 3);
    story.read(B, story.b, 0, 4, "new!");
    EXPECT_THAT(story.objections_at_end(), IsEmpty());
}

TEST(NoEffectBeforeAcknowledgment, EndOfFile) {
    HeldWrite story;
    story.pend(story.issue_size(B, story.b, 1));
    story.complete(story.issue_range(A, story.a, RequestKind::read, 2, 1),
                   NtStatus::STATUS_END_OF_FILE);
    EXPECT_THAT(story.objections(), ElementsAre("no-effect-before-acknowledgment"));
}

TEST(NoEffectBeforeAcknowledgment, DeletionMarksNothing) {
    Story story;
    story.volume("\\data.bin", 10);
    const std::uint32_t a = story.create(A);
    const std::uint32_t b = story.create(B, {.access = engine::DELETE});
    const std::uint32_t held = story.grant(A, a, OplockType::read_handle);
    const std::uint32_t mark = story.issue_on(B, b, RequestKind::set_disposition);
    story.broken(held, OplockType::read_handle, OplockType::read);
    story.pend(mark);
    story.complete(story.issue_create(A, {}), NtStatus::STATUS_DELETE_PENDING);
    EXPECT_THAT(story.objections(), testing::Contains("no-effect-before-acknowledgment"));
}

TEST(Names, FindWhatIsThere) {
    TwoClients story;
    story.complete(story.issue_create(C, {}), NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_THAT(story.objections(), ElementsAre("names-lead-where-they-should"));
}

TEST(Names, DoNotFindWhatWasMoved) {
    TwoClients story;
    story.done(B, story.b, RequestKind::close_handle);
    story.complete(story.issue_rename(A, story.a, "\\other.bin"));
    story.create(C, {.path = "\\other.bin"});
    EXPECT_THAT(story.objections(), IsEmpty());
    story.create(C, {});
    EXPECT_THAT(story.objections(), ElementsAre("names-lead-where-they-should"));
}

TEST(Names, AFailedRenameMovesNothing) {
    TwoClients story;
    story.complete(story.issue_rename(A, story.a, "\\other.bin"),
                   NtStatus::STATUS_ACCESS_DENIED);
    story.complete(story.issue_create(C, {}), NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_THAT(story.objections(), ElementsAre("names-lead-where-they-should"));
}

TEST(Names, AMarkedNameAnswersDeletePending) {
    TwoClients story;
    story.done(A, story.a, RequestKind::set_disposition);
    story.complete(story.issue_create(C, {}), NtStatus::STATUS_DELETE_PENDING);
    EXPECT_THAT(story.objections(), IsEmpty());
    story.create(C);
    EXPECT_THAT(story.objections(), ElementsAre("names-lead-where-they-should"));
}

TEST(Names, NothingIsMarkedByWhatFailed) {
    TwoClients story;
    story.done(A, story.a, RequestKind::set_disposition, NtStatus::STATUS_CANNOT_DELETE);
    story.complete(story.issue_create(C, {}), NtStatus::STATUS_DELETE_PENDING);
    EXPECT_THAT(story.objections(), ElementsAre("names-lead-where-they-should"));
}

TEST(Locks, StandInTheWayWhileTheyAreHeld) {
    TwoClients story;
    story.complete(story.issue_range(A, story.a, RequestKind::lock, 10, 5));
    story.complete(story.issue_write(B, story.b, 14, "x"), NtStatus::STATUS_FILE_LOCK_CONFLICT);
    story.write(B, story.b, 15, "x");
    EXPECT_THAT(story.objections(), IsEmpty());
    story.write(B, story.b, 12, "x");
    EXPECT_THAT(story.objections(), ElementsAre("locks-in-force"));
}

TEST(Locks, OfAnotherRangeDoNotMatter) {
    TwoClients story;
    story.complete(story.issue_range(A, story.a, RequestKind::lock, 10, 5));
    story.complete(story.issue_range(B, story.b, RequestKind::read, 20, 1),
                   NtStatus::STATUS_FILE_LOCK_CONFLICT);
    EXPECT_THAT(story.objections(), ElementsAre("locks-in-force"));
}

TEST(Waiters, GoOnInOrder) {
    HeldWrite story;
    const std::uint32_t second = story.issue_write(B, story.b, 0, "two");
    story.pend(second);
    story.complete(story.issue_acknowledgment(A, story.a, OplockType::none));
    story.complete(second, NtStatus::STATUS_SUCCESS, 3);
    EXPECT_THAT(story.objections(), ElementsAre("released-in-order"));
}

TEST(OneHandleBreak, IsNotRepeated) {
    Story story;
    const std::uint32_t a = story.create(A, {.share = 0});
    const std::uint32_t held = story.grant(A, a, OplockType::read_handle);
    const std::uint32_t create = story.issue_create(B, {});
    const std::uint32_t flags = kAckRequired | kModesProvided;
    story.broken_for(create, held, OplockType::read_handle, OplockType::read, flags);
    story.pend(create, true);
    story.pend(story.issue_acknowledgment(A, a, OplockType::read_handle));
    story.broken_for(create, story.last_irp(), OplockType::read_handle, OplockType::read, flags);
    EXPECT_THAT(story.objections(), testing::Contains("one-handle-break"));
}

TEST(FilterIsPrechecked, BesideAnotherOpen) {
    TwoClients story;
    const Open filter{.options = engine::FILE_RESERVE_OPFILTER};
    story.complete(story.issue_create(C, filter), NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    EXPECT_THAT(story.objections(), IsEmpty());
    story.create(C, filter);
    EXPECT_THAT(story.objections(), ElementsAre("filter-is-prechecked"));
}

}  // namespace
}  // namespace oplocksim::conformance
