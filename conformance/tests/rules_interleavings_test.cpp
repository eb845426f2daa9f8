// Rules in odd interleavings: what is right there is not objected to, what is wrong still is.
#include "conformance/rules/rules.h"

#include <gmock/gmock.h>

#include "conformance/tests/story.h"

namespace oplocksim::conformance {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr std::uint32_t D = 4;

// B's create waits for the break of A's Read-Handle oplock; then A closes, and with its handle the
// file is gone: the create goes on with whatever has the name by then (SC-114).
struct FileGoneMeanwhile : Story {
    std::uint32_t waits = 0;
    explicit FileGoneMeanwhile(sim::CreateOptions of_waiter = 0) {
        volume("\\data.bin", 100);
        const std::uint32_t a = create(A, {.share = 0,
                                           .options = engine::FILE_DELETE_ON_CLOSE |
                                                      engine::FILE_NON_DIRECTORY_FILE});
        const std::uint32_t held = grant(A, a, OplockType::read_handle);
        waits = issue_create(B, {.access = engine::FILE_READ_DATA, .options = of_waiter});
        broken_for(waits, held, OplockType::read_handle, OplockType::read,
                   kAckRequired | kModesProvided);
        pend(waits, true);
        done(A, a, RequestKind::close_handle);
    }
    // C makes the file anew.
    std::uint32_t made_anew(const Open& open) { return create(C, open, engine::FILE_CREATED); }
};

constexpr Open kAnew{.share = 0, .disposition = CreateDisposition::FILE_CREATE};

TEST(RulesInOddOrder, ACreateWhoseFileIsGoneWaitsForTheReservationOfTheNewOne) {
    FileGoneMeanwhile story;
    Open reserving = kAnew;
    reserving.options = engine::FILE_OPEN_REQUIRING_OPLOCK;
    story.made_anew(reserving);
    EXPECT_THAT(story.objections_at_end(), IsEmpty());
}

TEST(RulesInOddOrder, ACreateWhoseFileIsGoneIsNotForgottenBesideTheNewOne) {
    FileGoneMeanwhile story;
    story.made_anew(kAnew);
    EXPECT_THAT(story.objections_at_end(), ElementsAre("nobody-is-forgotten"));
}

TEST(RulesInOddOrder, ACreateWhoseFileIsGoneBreaksTheOplockOfTheNewOne) {
    FileGoneMeanwhile story;
    const std::uint32_t c = story.made_anew({.disposition = CreateDisposition::FILE_CREATE});
    const std::uint32_t held = story.grant(C, c, OplockType::read_write);
    story.broken(held, OplockType::read_write, OplockType::read);
    EXPECT_THAT(story.objections_at_end(), IsEmpty());
}

TEST(RulesInOddOrder, AndGoesOnAfterThatOnesAcknowledgment) {
    FileGoneMeanwhile story;
    const std::uint32_t c = story.made_anew({.disposition = CreateDisposition::FILE_CREATE});
    const std::uint32_t held = story.grant(C, c, OplockType::read_write);
    story.broken(held, OplockType::read_write, OplockType::read);
    story.pend(story.issue_acknowledgment(C, c, OplockType::read));
    EXPECT_THAT(story.objections_at_end(), ElementsAre("nobody-is-forgotten"));
}

TEST(RulesInOddOrder, AndItsHandleBreakIsStillAheadOfIt) {
    FileGoneMeanwhile story;
    const std::uint32_t c = story.made_anew(kAnew);
    const std::uint32_t held = story.grant(C, c, OplockType::read_handle);
    story.broken_for(story.waits, held, OplockType::read_handle, OplockType::read,
                     kAckRequired | kModesProvided);
    EXPECT_THAT(story.objections_at_end(), IsEmpty());
}

TEST(RulesInOddOrder, WhereTheFileIsStillThereTheOneHandleBreakIsBehindIt) {
    Story story;
    const std::uint32_t a = story.create(A, {.share = 0});
    const std::uint32_t held = story.grant(A, a, OplockType::read_handle);
    const std::uint32_t waits = story.issue_create(B, {});
    story.broken_for(waits, held, OplockType::read_handle, OplockType::read,
                     kAckRequired | kModesProvided);
    story.pend(waits, true);
    const std::uint32_t again = story.issue_acknowledgment(A, a, OplockType::read_handle);
    story.pend(again);
    story.broken_for(waits, again, OplockType::read_handle, OplockType::read,
                     kAckRequired | kModesProvided);
    EXPECT_THAT(story.objections(), Contains("one-handle-break"));
}

// A Batch oplock of the new file is breaking when the create fails.
std::vector<std::string> fails_with(std::uint64_t information, bool breaks) {
    FileGoneMeanwhile story;
    const std::uint32_t c = story.made_anew(kAnew);
    if (breaks) {
        const std::uint32_t held = story.grant(C, c, OplockType::batch);
        const std::uint32_t other = story.issue_create(D, {});
        story.complete(held, NtStatus::STATUS_SUCCESS, engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2);
        story.pend(other, true);
    }
    story.complete(story.waits, NtStatus::STATUS_SHARING_VIOLATION, information);
    return story.objections();
}

TEST(RulesInOddOrder, ABatchBreakOfTheNewFileIsUnderWay) {
    EXPECT_THAT(fails_with(engine::FILE_OPBATCH_BREAK_UNDERWAY, true), IsEmpty());
    EXPECT_THAT(fails_with(engine::FILE_OPBATCH_BREAK_UNDERWAY, false),
                ElementsAre("batch-break-underway"));
}

std::vector<std::string> cannot_break(bool gone) {
    if (gone) {
        FileGoneMeanwhile story;
        const std::uint32_t c = story.made_anew(kAnew);
        story.grant(C, c, OplockType::read_handle);
        story.complete(story.waits, NtStatus::STATUS_CANNOT_BREAK_OPLOCK);
        return story.objections();
    }
    Story story;
    story.create(A);
    story.complete(story.issue_create(B, {.options = engine::FILE_OPEN_REQUIRING_OPLOCK}),
                   NtStatus::STATUS_CANNOT_BREAK_OPLOCK);
    return story.objections();
}

TEST(RulesInOddOrder, AnOplockOfTheNewFileCannotBeBroken) {
    EXPECT_THAT(cannot_break(true), Not(Contains("requiring-an-oplock")));
    EXPECT_THAT(cannot_break(false), ElementsAre("requiring-an-oplock"));
}

// Two operations of B wait for A's Read-Write-Handle oplock; A gives up writing and goes on caching
// the handle.
struct TwoWaiters : Story {
    std::uint32_t a = create(A);
    std::uint32_t marks = 0;
    std::uint32_t writes = 0;
    std::uint32_t kept = 0;
    TwoWaiters() {
        const std::uint32_t held = grant(A, a, OplockType::read_write_handle);
        const std::uint32_t open =
            issue_create(B, {.access = engine::FILE_WRITE_DATA | engine::DELETE,
                             .options = engine::FILE_COMPLETE_IF_OPLOCKED});
        broken(held, OplockType::read_write_handle, OplockType::read_handle);
        const std::uint32_t b = opened(open, NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS);
        marks = issue_deletion(B, b);
        pend(marks);
        writes = issue_on(B, b, RequestKind::write);
        pend(writes);
        kept = issue_acknowledgment(A, a, OplockType::read_handle);
        pend(kept);
    }
};

TEST(RulesInOddOrder, WhoBreaksAnewWaitsBehindWhoWasReleasedBefore) {
    TwoWaiters story;
    // The disposition goes on, takes the handle caching that A kept, and waits once more.
    story.broken(story.kept, OplockType::read_handle, OplockType::read);
    const std::uint32_t kept = story.issue_acknowledgment(A, story.a, OplockType::read);
    story.pend(kept);
    story.broken(kept, OplockType::read, OplockType::none, 0);
    story.complete(story.writes, NtStatus::STATUS_SUCCESS, 1);
    story.complete(story.marks);
    EXPECT_THAT(story.objections(), Not(Contains("released-in-order")));
}

TEST(RulesInOddOrder, WhoBreaksNothingAnewGoesOnInOrder) {
    TwoWaiters story;
    story.complete(story.writes, NtStatus::STATUS_SUCCESS, 1);
    story.complete(story.marks);
    EXPECT_THAT(story.objections(), Contains("released-in-order"));
}

// A create whose own conflict is with C meets A's handle break, for which B waits.
std::vector<std::string> joins_a_break(bool in_the_way) {
    engine::Semantics semantics;
    semantics.rh_conflict_scope = engine::RhConflictScope::conflicting_handles_only;
    Story story(semantics);
    story.create(C, {.access = engine::FILE_WRITE_DATA});
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::read_handle);
    const std::uint32_t first =
        story.issue_create(B, {.share = engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE});
    story.broken_for(first, held, OplockType::read_handle, OplockType::read,
                     kAckRequired | kModesProvided);
    story.pend(first, true);
    const sim::ShareAccess share =
        in_the_way ? engine::FILE_SHARE_READ | engine::FILE_SHARE_DELETE : kShareAll;
    story.pend(story.issue_create(D, {.share = share}), true);
    return story.objections();
}

TEST(RulesInOddOrder, WhoeverMeetsAViolationWaitsForEveryBreakUnderWay) {
    EXPECT_THAT(joins_a_break(true), IsEmpty());
    EXPECT_THAT(joins_a_break(false), ElementsAre("waits-only-for-a-break"));
}

// The size of a stream that is to be deleted stays as it is, whatever it is set to; only locks in
// what is allocated are checked (SC-030).
std::vector<std::string> locks_after_a_size(bool deleted) {
    engine::Semantics semantics;
    semantics.lock_beyond_allocation_exempt = true;
    Story story(semantics);
    const std::uint32_t a = story.create(
        A, {.path = "\\data.bin:stream", .access = engine::FILE_WRITE_DATA | engine::DELETE});
    if (deleted) story.complete(story.issue_deletion(A, a));
    story.complete(story.issue_size(A, a, 1'000'000));
    story.grant(A, a, OplockType::level_2);
    story.complete(story.issue_range(A, a, RequestKind::lock, 5000, 1));
    return story.objections_at_end();
}

TEST(RulesInOddOrder, WhatIsToBeDeletedKeepsItsSize) {
    EXPECT_THAT(locks_after_a_size(true), IsEmpty());
    EXPECT_THAT(locks_after_a_size(false), ElementsAre("locks-exclude-shared-oplocks"));
}

// A create with FILE_COMPLETE_IF_OPLOCKED of a stream, which would reach over to the main stream's
// Batch oplock if it overwrote anything (SC-018).
std::vector<std::string> answers_in_progress(std::uint64_t information) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::batch);
    const std::uint32_t open = story.issue_create(B, {});
    story.complete(held, NtStatus::STATUS_SUCCESS, engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2);
    story.pend(open, true);
    story.create(C, {.path = "\\data.bin:new",
                     .share = engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE,
                     .disposition = CreateDisposition::FILE_OVERWRITE_IF,
                     .options = engine::FILE_COMPLETE_IF_OPLOCKED},
                 information);
    return story.objections();
}

TEST(RulesInOddOrder, AStreamThatIsMadeMeetsNoOplock) {
    EXPECT_THAT(answers_in_progress(engine::FILE_CREATED), IsEmpty());
    EXPECT_THAT(answers_in_progress(engine::FILE_OVERWRITTEN), Contains("break-in-progress"));
}

// The file is deleted, and another is made under its name: what becomes of its streams?
std::vector<std::string> stream_after(bool deleted) {
    Story story;
    story.create(A, {.path = "\\data.bin:stream"});
    const std::uint32_t b = story.create(
        B, {.access = engine::DELETE, .options = deleted ? engine::FILE_DELETE_ON_CLOSE : 0});
    story.done(A, 1, RequestKind::close_handle);
    story.done(B, b, RequestKind::close_handle);
    if (deleted) story.create(B, {.disposition = CreateDisposition::FILE_CREATE},
                              engine::FILE_CREATED);
    story.complete(story.issue_create(A, {.path = "\\data.bin:stream"}),
                   NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
    return story.objections();
}

TEST(RulesInOddOrder, AFileThatIsMadeAnewHasNoStreams) {
    EXPECT_THAT(stream_after(true), IsEmpty());
    EXPECT_THAT(stream_after(false), ElementsAre("names-lead-where-they-should"));
}

// Level 2 on what was a directory: its deletion at close makes way for a file, which a create of a
// named stream makes.
std::vector<std::string> level_2_after(bool deleted) {
    Story story;
    const std::uint32_t a = story.create(
        A, {.access = engine::DELETE,
            .disposition = CreateDisposition::FILE_CREATE,
            .options = engine::FILE_DIRECTORY_FILE |
                       (deleted ? engine::FILE_DELETE_ON_CLOSE : 0)},
        engine::FILE_CREATED);
    story.done(A, a, RequestKind::close_handle);
    const std::uint32_t stream = story.create(
        B, {.path = "\\data.bin:stream", .disposition = CreateDisposition::FILE_CREATE},
        engine::FILE_CREATED);
    story.done(B, stream, RequestKind::close_handle);
    story.grant(B, story.create(B), OplockType::level_2);
    return story.objections();
}

TEST(RulesInOddOrder, AStreamMayHaveMadeAFileWhereADirectoryWas) {
    EXPECT_THAT(level_2_after(true), IsEmpty());
    EXPECT_THAT(level_2_after(false), ElementsAre("directory-types"));
}

// A directory is to be deleted at close, and so is the file in it; both handles are A's.
std::vector<std::string> directory_after(bool process_ends) {
    Story story;
    const std::uint32_t directory = story.create(
        A, {.path = "\\dir",
            .access = engine::DELETE,
            .options = engine::FILE_DIRECTORY_FILE | engine::FILE_DELETE_ON_CLOSE});
    const std::uint32_t file = story.create(
        A, {.path = "\\dir\\file", .access = engine::DELETE,
            .options = engine::FILE_NON_DIRECTORY_FILE | engine::FILE_DELETE_ON_CLOSE});
    if (process_ends) {
        story.exit_process(A);
    } else {
        story.done(A, directory, RequestKind::close_handle);
        story.done(A, file, RequestKind::close_handle);
    }
    story.complete(story.issue_create(B, {.path = "\\dir"}),
                   NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
    return story.objections();
}

TEST(RulesInOddOrder, WhatAProcessClosesFirstWhenItEndsIsNotKnown) {
    EXPECT_THAT(directory_after(true), IsEmpty());
    EXPECT_THAT(directory_after(false), ElementsAre("names-lead-where-they-should"));
}

// A's Read-Handle oplock on a directory is breaking to Read when B ends, whose file in it is to be
// deleted: that takes the rest. A asks for more than it is offered.
std::vector<std::string> offered_after(bool deletes, OplockType offered) {
    Story story;
    const std::uint32_t a = story.create(A, {.path = "\\dir",
                                             .share = engine::FILE_SHARE_READ,
                                             .options = engine::FILE_DIRECTORY_FILE});
    const std::uint32_t held = story.grant(A, a, OplockType::read_handle);
    story.create(B, {.path = "\\dir\\file",
                     .access = engine::DELETE,
                     .options = engine::FILE_NON_DIRECTORY_FILE |
                                (deletes ? engine::FILE_DELETE_ON_CLOSE : 0)});
    const std::uint32_t waits =
        story.issue_create(B, {.path = "\\dir", .access = engine::FILE_WRITE_DATA});
    story.broken_for(waits, held, OplockType::read_handle, OplockType::read,
                     kAckRequired | kModesProvided);
    story.pend(waits, true);
    story.exit_process(B);
    story.complete(waits, NtStatus::STATUS_CANCELLED);
    story.broken(story.issue_acknowledgment(A, a, OplockType::read_write),
                 OplockType::read_handle, offered, kAckRequired,
                 NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK);
    return story.objections();
}

TEST(RulesInOddOrder, ADeletionWhenAProcessEndsTakesWhatWasOffered) {
    EXPECT_THAT(offered_after(true, OplockType::none), IsEmpty());
    EXPECT_THAT(offered_after(false, OplockType::read), IsEmpty());
    EXPECT_THAT(offered_after(false, OplockType::none), ElementsAre("failure-format"));
}

// B's rename breaks A's oplock, and fails.
std::vector<std::string> fails_after_a_break(sim::AccessMask access) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t b = story.create(B, {.access = access});
    const std::uint32_t held = story.grant(A, a, OplockType::read_handle);
    const std::uint32_t rename = story.issue_rename(B, b, "\\renamed.bin");
    story.broken(held, OplockType::read_handle, OplockType::read);
    story.pend(rename);
    story.complete(story.issue_acknowledgment(A, a, OplockType::none));
    story.complete(rename, NtStatus::STATUS_ACCESS_DENIED);
    return story.objections();
}

TEST(RulesInOddOrder, ARenameWithoutDeleteAccessBreaksNothing) {
    EXPECT_THAT(fails_after_a_break(engine::FILE_READ_DATA), ElementsAre("create-order"));
    // It may have failed for what there is by the time that it goes on.
    EXPECT_THAT(fails_after_a_break(engine::DELETE), IsEmpty());
    EXPECT_THAT(fails_after_a_break(engine::MAXIMUM_ALLOWED), IsEmpty());
}

// B's create waits for A, whose close deletes the file.
TEST(RulesInOddOrder, WhatIsGoneIsNotFoundUnlessItIsMadeAnew) {
    FileGoneMeanwhile gone;
    gone.opened(gone.waits);
    EXPECT_THAT(gone.objections(), Contains("share-access-of-the-living"));
    FileGoneMeanwhile anew;
    anew.made_anew({.disposition = CreateDisposition::FILE_CREATE});
    anew.opened(anew.waits);
    EXPECT_THAT(anew.objections(), IsEmpty());
}

}  // namespace
}  // namespace oplocksim::conformance
