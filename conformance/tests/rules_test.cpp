// Each rule is shown to be able to fail: a small run, made by hand, that it objects to.
#include "conformance/rules/rules.h"

#include <gmock/gmock.h>

#include "conformance/tests/story.h"
#include "sim/canonical_ids.h"
#include "sim/fingerprint.h"

namespace oplocksim::conformance {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

// A holds a Read-Write oplock and B's write waits for its break to None.
struct WaitingWrite : Story {
    std::uint32_t a = create(A, {.access = engine::FILE_WRITE_DATA});
    std::uint32_t held = 0;
    std::uint32_t b = 0;
    std::uint32_t write = 0;
    WaitingWrite() {
        // B's handle carries A's key, so that its open is no reason to refuse the oplock.
        b = create(B, {.access = engine::FILE_READ_ATTRIBUTES});
        done(B, b, RequestKind::close_handle);
        held = grant(A, a, OplockType::read_write);
        const std::uint32_t open = issue_create(B, {.access = engine::FILE_WRITE_DATA,
                                                    .options = engine::FILE_COMPLETE_IF_OPLOCKED});
        broken(held, OplockType::read_write, OplockType::read);
        b = opened(open, NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS);
        write = issue_on(B, b, RequestKind::write);
        pend(write);
    }
};

TEST(Rules, ObjectToNothingInARightRun) {
    WaitingWrite story;
    story.pend(story.issue_acknowledgment(A, story.a, OplockType::read));
    // What was kept does not stand a write: it is broken before the write completes.
    story.broken(7, OplockType::read, OplockType::none, 0);
    story.complete(story.write, NtStatus::STATUS_SUCCESS, 1);
    EXPECT_THAT(story.objections_at_end(), IsEmpty());
}

TEST(Rules, TimeAlone) {
    WaitingWrite story;
    story.advance();
    story.complete(story.write, NtStatus::STATUS_SUCCESS, 1);
    EXPECT_THAT(story.objections(), ElementsAre("time-alone"));
}

TEST(Rules, BreakEndsByAcknowledgment) {
    WaitingWrite story;
    const std::uint32_t notify =
        story.issue_fsctl(B, story.b, FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY);
    story.pend(notify);
    story.complete(notify);
    EXPECT_THAT(story.objections(), ElementsAre("break-ends-by-acknowledgment"));
}

// However it ends: it does not look again before the break is over.
TEST(Rules, WaitsForAcknowledgmentsWhateverTheStatus) {
    WaitingWrite refused;
    refused.complete(refused.write, NtStatus::STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_THAT(refused.objections(), ElementsAre("waits-for-acknowledgments"));

    WaitingWrite cancelled;
    cancelled.cancel(cancelled.write);
    cancelled.complete(cancelled.write, NtStatus::STATUS_CANCELLED);
    EXPECT_THAT(cancelled.objections(), IsEmpty());
}

TEST(Rules, WaitsForAcknowledgments) {
    WaitingWrite story;
    story.complete(story.write, NtStatus::STATUS_SUCCESS, 1);
    ASSERT_THAT(story.objections(), ElementsAre("waits-for-acknowledgments"));
    const Violation& violation = story.rules().violations().front();
    EXPECT_EQ(violation.clause, "BRK-WAITS-FOR-ACK");
    EXPECT_EQ(violation.observed, "write by process 2 (IRP 6) completes STATUS_SUCCESS");
    EXPECT_EQ(violation.waits,
              "write by process 2 (IRP 6) waits for the Read-Write oplock of process 1 (IRP 4)");
}

TEST(Rules, NoticeBeforeCompletion) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::read);
    const std::uint32_t b = story.create(B, {.access = engine::FILE_WRITE_DATA});
    story.done(B, b, RequestKind::write);
    story.broken(held, OplockType::read, OplockType::none, 0);
    EXPECT_THAT(story.objections(), ElementsAre("notice-before-completion"));
}

TEST(Rules, GrantBeforeItsBreak) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.complete(story.issue_request(A, a, OplockType::level_1), NtStatus::STATUS_SUCCESS,
                   engine::FILE_OPLOCK_BROKEN_TO_NONE);
    EXPECT_THAT(story.objections(), ElementsAre("grant-before-its-break"));
}

TEST(Rules, PendingBeforeFinal) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.issue_on(A, a, RequestKind::read);
    story.issue_on(A, a, RequestKind::read);
    EXPECT_THAT(story.objections(), ElementsAre("pending-before-final"));
}

TEST(Rules, WhoIsBlocked) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::batch);
    const std::uint32_t create = story.issue_create(B, {});
    story.complete(held, NtStatus::STATUS_SUCCESS, engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2);
    story.pend(create, false);
    EXPECT_THAT(story.objections(), ElementsAre("who-is-blocked"));

    Story request;
    const std::uint32_t c = request.create(C);
    request.pend(request.issue_request(C, c, OplockType::batch), true);
    EXPECT_THAT(request.objections(), ElementsAre("who-is-blocked"));
}

TEST(Rules, CreateAnswers) {
    Story denied;
    denied.create(A, {.share = 0});
    denied.complete(denied.issue_create(B, {}), NtStatus::STATUS_SUCCESS, engine::FILE_OPENED);
    EXPECT_THAT(denied.objections(), ElementsAre("create-answers"));

    Story closed;
    const std::uint32_t a = closed.create(A, {.share = 0});
    closed.done(A, a, RequestKind::close_handle);
    closed.complete(closed.issue_create(B, {}), NtStatus::STATUS_SUCCESS, engine::FILE_OPENED);
    EXPECT_THAT(closed.objections(), IsEmpty());

    Story action;
    action.complete(action.issue_create(A, {.disposition = CreateDisposition::FILE_OVERWRITE}),
                    NtStatus::STATUS_SUCCESS, engine::FILE_OPENED);
    EXPECT_THAT(action.objections(), ElementsAre("create-answers"));
}

// What speaks of oplocks answers who asked about them.
TEST(Rules, FailureFormatOfOtherRequests) {
    Story write;
    const std::uint32_t a = write.create(A);
    write.complete(write.issue_on(A, a, RequestKind::write),
                   NtStatus::STATUS_INVALID_OPLOCK_PROTOCOL);
    EXPECT_THAT(write.objections(), ElementsAre("failure-format"));

    Story shared;
    const std::uint32_t read = shared.create(A);
    shared.done(A, read, RequestKind::read, NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_THAT(shared.objections(), ElementsAre("failure-format"));

    // A directory is opened for the new name (2.1.5.15.12, notes).
    Story renamed;
    const std::uint32_t source = renamed.create(A);
    renamed.done(A, source, RequestKind::rename, NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_THAT(renamed.objections(), IsEmpty());

    Story create;
    create.complete(create.issue_create(A, {}), NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    EXPECT_THAT(create.objections(), ElementsAre("failure-format"));

    Story refused;
    refused.complete(refused.issue_create(A, {.options = engine::FILE_RESERVE_OPFILTER}),
                     NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    EXPECT_THAT(refused.objections(), IsEmpty());
}

TEST(Rules, CompletesOnce) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t read = story.issue_on(A, a, RequestKind::read);
    story.complete(read);
    story.complete(read);
    EXPECT_THAT(story.objections(), ElementsAre("completes-once"));
}

TEST(Rules, NothingLeftOver) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.grant(A, a, OplockType::read);
    story.done(A, a, RequestKind::close_handle);
    EXPECT_THAT(story.objections_at_end(), ElementsAre("nothing-left-over"));
}

TEST(Rules, ShareAccessOfTheLiving) {
    Story story;
    const std::uint32_t a = story.create(A, {.share = 0});
    story.done(A, a, RequestKind::close_handle);
    story.complete(story.issue_create(B, {}), NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_THAT(story.objections(), ElementsAre("share-access-of-the-living"));
}

TEST(Rules, LocksOfTheLiving) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t b = story.create(B);
    story.done(A, a, RequestKind::lock);
    story.done(A, a, RequestKind::close_handle);
    story.done(B, b, RequestKind::write, NtStatus::STATUS_FILE_LOCK_CONFLICT);
    EXPECT_THAT(story.objections(), ElementsAre("share-access-of-the-living"));
}

TEST(Rules, OneBreakAtATime) {
    Story story;
    const std::uint32_t a = story.create(A, {.key = 1});
    const std::uint32_t other = story.create(A, {.key = 1});
    const std::uint32_t held = story.grant(A, a, OplockType::read_handle);
    const std::uint32_t b = story.create(B, {.access = engine::FILE_WRITE_DATA});
    const std::uint32_t write = story.issue_on(B, b, RequestKind::write);
    story.broken(held, OplockType::read_handle, OplockType::none);
    story.complete(write);
    const std::uint32_t second = story.grant(A, other, OplockType::read_handle);
    const std::uint32_t again = story.issue_on(B, b, RequestKind::write);
    story.broken(second, OplockType::read_handle, OplockType::none);
    story.complete(again);
    EXPECT_THAT(story.objections(), ElementsAre("one-key-one-owner", "grant-matrix",
                                                "one-break-at-a-time"));
}

// B's create waits for A's Batch break; what is left when it goes on.
struct WaitingCreate : Story {
    std::uint32_t a = create(A);
    std::uint32_t held = grant(A, a, OplockType::batch);
    std::uint32_t waiting = issue_create(B, {.access = engine::FILE_WRITE_DATA,
                                             .disposition = CreateDisposition::FILE_OVERWRITE});
    WaitingCreate() {
        complete(held, NtStatus::STATUS_SUCCESS, engine::FILE_OPLOCK_BROKEN_TO_NONE);
        pend(waiting, true);
        complete(issue_fsctl(A, a, FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE));
    }
};

TEST(Rules, LooksAgain) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::read_write);
    const std::uint32_t first = story.issue_create(B, {});
    story.broken(held, OplockType::read_write, OplockType::read);
    story.pend(first, true);
    const std::uint32_t second = story.issue_create(
        C, {.access = engine::FILE_WRITE_DATA, .disposition = CreateDisposition::FILE_OVERWRITE});
    story.pend(second, true);
    story.pend(story.issue_acknowledgment(A, a, OplockType::read));
    story.opened(first);
    story.opened(second, NtStatus::STATUS_SUCCESS, engine::FILE_OVERWRITTEN);
    EXPECT_THAT(story.objections_at_end(), ElementsAre("looks-again"));
}

TEST(Rules, RefusedAcknowledgmentSaysWhatIsOwed) {
    WaitingWrite story;
    story.broken(story.issue_acknowledgment(A, story.a, OplockType::read_write_handle),
                 OplockType::read_write, OplockType::read, 0,
                 NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK);
    EXPECT_THAT(story.objections(), ElementsAre("failure-format"));
}

TEST(Rules, DecidesFromThePresent) {
    WaitingCreate story;
    story.grant(A, story.a, OplockType::batch);
    story.opened(story.waiting, NtStatus::STATUS_SUCCESS, engine::FILE_OVERWRITTEN);
    EXPECT_THAT(story.objections_at_end(), ElementsAre("decides-from-the-present"));
}

TEST(Rules, OwnKeyIsExempt) {
    Story story;
    const std::uint32_t a = story.create(A, {.key = 1});
    const std::uint32_t held = story.grant(A, a, OplockType::read);
    const std::uint32_t other = story.create(A, {.access = engine::FILE_WRITE_DATA, .key = 1});
    const std::uint32_t write = story.issue_on(A, other, RequestKind::write);
    story.broken(held, OplockType::read, OplockType::none, 0);
    story.complete(write);
    EXPECT_THAT(story.objections(), ElementsAre("own-key-is-exempt"));
}

TEST(Rules, LevelOfTheTable) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::read_write_handle);
    const std::uint32_t create = story.issue_create(B, {});
    story.broken(held, OplockType::read_write_handle, OplockType::read);
    story.pend(create, true);
    EXPECT_THAT(story.objections(), ElementsAre("level-of-the-table"));
    EXPECT_EQ(story.rules().violations().front().clause, "CREATE-RWH-TO-READ-HANDLE");
}

TEST(Rules, BreaksWhatConflicts) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.grant(A, a, OplockType::read);
    const std::uint32_t b = story.create(B, {.access = engine::FILE_WRITE_DATA});
    story.done(B, b, RequestKind::write);
    EXPECT_THAT(story.objections_at_end(), ElementsAre("breaks-what-conflicts"));
}

TEST(Rules, NoticeFormat) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::read_write);
    const std::uint32_t create = story.issue_create(B, {});
    story.broken(held, OplockType::read_write_handle, OplockType::read);
    story.pend(create, true);
    EXPECT_THAT(story.objections(), ElementsAre("notice-format"));
}

// A shares nothing and holds Read-Handle; B's create conflicts.
struct Conflict : Story {
    std::uint32_t a = create(A, {.share = 0});
    std::uint32_t held = grant(A, a, OplockType::read_handle);
    std::uint32_t conflicting = issue_create(B, {});
};

TEST(Rules, ModesProvided) {
    Conflict story;
    story.broken(story.held, OplockType::read_handle, OplockType::read);
    story.pend(story.conflicting, true);
    EXPECT_THAT(story.objections(), ElementsAre("modes-provided"));
}

TEST(Rules, FailureFormat) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.complete(story.issue_on(A, a, RequestKind::write), NtStatus::STATUS_ACCESS_DENIED, 7);
    EXPECT_THAT(story.objections(), ElementsAre("failure-format"));
}

TEST(Rules, CreateOrder) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::read_handle);
    const std::uint32_t create = story.issue_create(B, {});
    story.broken(held, OplockType::read_handle, OplockType::read, kAckRequired | kModesProvided);
    story.pend(create, true);
    EXPECT_THAT(story.objections(), Contains("create-order"));
}

TEST(Rules, FailedCreateBreaksNothing) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::read);
    const std::uint32_t create =
        story.issue_create(B, {.disposition = CreateDisposition::FILE_OVERWRITE});
    story.broken(held, OplockType::read, OplockType::none, 0);
    story.complete(create, NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_THAT(story.objections(), ElementsAre("create-order"));
}

TEST(Rules, BatchBeforeSharing) {
    Story story;
    const std::uint32_t a = story.create(A, {.share = 0});
    story.grant(A, a, OplockType::batch);
    story.complete(story.issue_create(B, {}), NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_THAT(story.objections_at_end(), ElementsAre("batch-before-sharing"));
}

TEST(Rules, HandleAfterSharing) {
    Conflict story;
    story.complete(story.conflicting, NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_THAT(story.objections_at_end(), ElementsAre("handle-after-sharing"));
}

TEST(Rules, BatchBreakUnderway) {
    Story story;
    const std::uint32_t a = story.create(A, {.share = 0});
    const std::uint32_t held = story.grant(A, a, OplockType::batch);
    const std::uint32_t create =
        story.issue_create(B, {.options = engine::FILE_COMPLETE_IF_OPLOCKED});
    story.complete(held, NtStatus::STATUS_SUCCESS, engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2);
    story.complete(create, NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_THAT(story.objections(), ElementsAre("batch-break-underway"));
}

TEST(Rules, AttributeOnlyBreaksNothing) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::batch);
    const std::uint32_t create = story.issue_create(B, {.access = engine::FILE_READ_ATTRIBUTES});
    story.complete(held, NtStatus::STATUS_SUCCESS, engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2);
    story.pend(create, true);
    EXPECT_THAT(story.objections(),
                ElementsAre("attribute-only-breaks-nothing", "waits-only-for-a-break"));
}

TEST(Rules, Acknowledgments) {
    WaitingWrite story;
    story.complete(story.issue_acknowledgment(A, story.a, OplockType::none),
                   NtStatus::STATUS_INVALID_OPLOCK_PROTOCOL);
    EXPECT_THAT(story.objections(), ElementsAre("acknowledgments"));
}

TEST(Rules, AcknowledgmentNobodyExpects) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.grant(A, a, OplockType::read_write);
    story.complete(story.issue_acknowledgment(A, a, OplockType::none));
    EXPECT_THAT(story.objections(), ElementsAre("acknowledgments"));
}

TEST(Rules, LegalState) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t b = story.create(B);
    story.grant(A, a, OplockType::level_2);
    story.grant(B, b, OplockType::read_handle);
    EXPECT_THAT(story.objections(), ElementsAre("legal-state", "grant-matrix"));
}

TEST(Rules, LocksExcludeSharedOplocks) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t b = story.create(B);
    story.grant(A, a, OplockType::level_2);
    story.done(B, b, RequestKind::lock);
    EXPECT_THAT(story.objections_at_end(), ElementsAre("locks-exclude-shared-oplocks"));
}

TEST(Rules, LocksKeepSharedOplocksFromBeingGranted) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t b = story.create(B);
    story.done(B, b, RequestKind::lock);
    story.grant(A, a, OplockType::read);
    EXPECT_THAT(story.objections(), ElementsAre("locks-exclude-shared-oplocks"));
}

TEST(Rules, GrantMatrix) {
    Story story;
    const std::uint32_t a = story.create(A, {.options = engine::FILE_NON_DIRECTORY_FILE});
    story.create(B);
    story.grant(A, a, OplockType::batch);
    EXPECT_THAT(story.objections(), ElementsAre("grant-matrix"));
    EXPECT_EQ(story.rules().violations().front().required, "STATUS_OPLOCK_NOT_GRANTED");
}

// Somebody else's handle leads nowhere; one's own leads to a grant.
TEST(Rules, GrantMatrixAndHandlesOfOthers) {
    Story of_another;
    const std::uint32_t a = of_another.create(A);
    of_another.complete(of_another.issue_request(B, a, OplockType::read_handle),
                        NtStatus::STATUS_INVALID_HANDLE);
    EXPECT_THAT(of_another.objections(), IsEmpty());

    Story own;
    own.complete(own.issue_request(A, own.create(A), OplockType::read_handle),
                 NtStatus::STATUS_INVALID_HANDLE);
    EXPECT_THAT(own.objections(), ElementsAre("grant-matrix"));
}

TEST(Rules, Cancellation) {
    WaitingWrite story;
    story.cancel(story.write);
    story.advance();
    EXPECT_THAT(story.objections(), ElementsAre("cancellation"));
}

// Once released it is no longer held, and cannot be cancelled; but it ends with its thread.
TEST(Rules, CancellationAfterTheRelease) {
    struct Released : WaitingWrite {
        std::uint32_t kept = issue_acknowledgment(A, a, OplockType::read);
        Released() { pend(kept); }
        void go_on() {
            broken(kept, OplockType::read, OplockType::none, 0);
            complete(write, NtStatus::STATUS_SUCCESS, 1);
        }
    };
    Released cancelled;
    cancelled.cancel(cancelled.write);
    cancelled.advance();
    cancelled.go_on();
    EXPECT_THAT(cancelled.objections_at_end(), IsEmpty());

    Released given_up;
    given_up.exit_thread(B);
    given_up.complete(given_up.write, NtStatus::STATUS_CANCELLED);
    EXPECT_THAT(given_up.objections_at_end(), IsEmpty());

    Released outlives;
    outlives.exit_thread(B);
    outlives.go_on();
    EXPECT_THAT(outlives.objections(), ElementsAre("cancellation"));
}

TEST(Rules, CancellationOfNobody) {
    WaitingWrite story;
    story.complete(story.write, NtStatus::STATUS_CANCELLED);
    EXPECT_THAT(story.objections(), ElementsAre("cancellation"));
}

TEST(Rules, OwnerNeverWaitsForItself) {
    WaitingWrite story;
    story.pend(story.issue_on(A, story.a, RequestKind::write));
    EXPECT_THAT(story.objections(), ElementsAre("owner-never-waits-for-itself"));
}

TEST(Rules, NoCircularWait) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::batch);
    const std::uint32_t create = story.issue_create(A, {});
    story.complete(held, NtStatus::STATUS_SUCCESS, engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2);
    story.pend(create, true);
    EXPECT_THAT(story.objections_at_end(), ElementsAre("no-circular-wait"));
    EXPECT_TRUE(story.rules().violations().empty());
}

TEST(Rules, WaitsOnlyForABreak) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.pend(story.issue_on(A, a, RequestKind::read));
    EXPECT_THAT(story.objections(), ElementsAre("waits-only-for-a-break"));
}

// A's handle does not share writing, and B, who wants to write, takes its handle caching (SC-014).
struct WaitingConflict : Story {
    explicit WaitingConflict(CreateDisposition disposition, engine::Semantics semantics = {})
        : Story(semantics) {
        c = create(C, {.share = engine::FILE_SHARE_READ});
        a = create(A);
        held = grant(A, a, OplockType::read_handle);
        b = issue_create(B, {.access = engine::FILE_WRITE_DATA, .disposition = disposition});
        broken(held, OplockType::read_handle, OplockType::read, kAckRequired | kModesProvided);
        pend(b, true);
    }
    // As the output buffer of the notice has them.
    void broken(std::uint32_t irp, OplockType from, OplockType to, std::uint32_t flags) {
        TraceEvent event = about(irp, TraceEventKind::complete);
        event.information = sizeof event.output;
        event.has_output = true;
        event.output.original_oplock_level = engine::cache_level(from);
        event.output.new_oplock_level = engine::cache_level(to);
        event.output.flags = flags;
        event.output.access_mode = engine::FILE_WRITE_DATA;
        event.output.share_mode = kShareAll;
        rules().on_event(event);
    }
    std::uint32_t c = 0;
    std::uint32_t a = 0;
    std::uint32_t held = 0;
    std::uint32_t b = 0;
};

// What it waits for is the acknowledgment, whether or not the conflict is still there.
TEST(Rules, NobodyIsForgottenWhenTheConflictGoes) {
    engine::Semantics semantics;
    semantics.handle_conflict_overwrite = engine::HandleConflictOverwrite::two_phase;
    WaitingConflict waits(CreateDisposition::FILE_OVERWRITE, semantics);
    waits.done(C, waits.c, RequestKind::close_handle);
    EXPECT_THAT(waits.objections_at_end(), IsEmpty());

    WaitingConflict forgotten(CreateDisposition::FILE_OVERWRITE, semantics);
    forgotten.done(C, forgotten.c, RequestKind::close_handle);
    forgotten.pend(forgotten.issue_acknowledgment(A, forgotten.a, OplockType::read));
    EXPECT_THAT(forgotten.objections_at_end(), ElementsAre("nobody-is-forgotten"));
}

// Between its release and its one retry another handle break may begin: it fails all the same.
TEST(Rules, WaitsForAcknowledgmentsOnceWithAViolation) {
    WaitingConflict retries(CreateDisposition::FILE_OPEN);
    retries.pend(retries.issue_acknowledgment(A, retries.a, OplockType::read));
    const std::uint32_t fourth = retries.create(4);
    const std::uint32_t other = retries.grant(4, fourth, OplockType::read_handle);
    const std::uint32_t fifth = retries.issue_create(5, {.access = engine::FILE_WRITE_DATA});
    retries.broken(other, OplockType::read_handle, OplockType::read,
                   kAckRequired | kModesProvided);
    retries.pend(fifth, true);
    retries.complete(retries.b, NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_THAT(retries.objections(), IsEmpty());

    WaitingConflict early(CreateDisposition::FILE_OPEN);
    early.complete(early.b, NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_THAT(early.objections(), ElementsAre("waits-for-acknowledgments"));

    WaitingConflict opens(CreateDisposition::FILE_OPEN);
    opens.complete(opens.b, NtStatus::STATUS_SUCCESS, engine::FILE_OPENED);
    EXPECT_THAT(opens.objections(), testing::Contains("waits-for-acknowledgments"));
}

TEST(Rules, NobodyIsForgotten) {
    WaitingCreate story;
    EXPECT_THAT(story.objections_at_end(), ElementsAre("nobody-is-forgotten"));
}

TEST(Rules, DirectoryOplocks) {
    Story story;
    const Open directory{.path = "\\box", .options = engine::FILE_DIRECTORY_FILE};
    const std::uint32_t a = story.create(A, directory);
    const std::uint32_t held = story.grant(A, a, OplockType::read);
    const std::uint32_t create = story.issue_create(B, {.path = "\\other.bin"});
    story.broken(held, OplockType::read, OplockType::none, 0);
    story.opened(create);
    EXPECT_THAT(story.objections(), ElementsAre("directory-oplocks"));
}

TEST(Rules, DirectoryChangesAreTold) {
    Story story;
    const Open directory{.path = "\\box", .options = engine::FILE_DIRECTORY_FILE};
    const std::uint32_t a = story.create(A, directory);
    story.grant(A, a, OplockType::read_handle);
    story.create(B, {.path = "\\box\\new.txt", .disposition = CreateDisposition::FILE_CREATE},
                 engine::FILE_CREATED);
    EXPECT_THAT(story.objections_at_end(), ElementsAre("directory-changes-are-told"));
}

TEST(Rules, DirectoryTypes) {
    Story story;
    const Open directory{.path = "\\box", .options = engine::FILE_DIRECTORY_FILE};
    story.grant(A, story.create(A, directory), OplockType::batch);
    EXPECT_THAT(story.objections(), ElementsAre("directory-types"));
}

TEST(Rules, StreamsAreIndependent) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::level_1);
    const std::uint32_t create = story.issue_create(B, {.path = "\\data.bin:other"});
    story.complete(held, NtStatus::STATUS_SUCCESS, engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2);
    story.opened(create);
    EXPECT_THAT(story.objections(), ElementsAre("streams-are-independent"));
}

TEST(Rules, CrossStreamBreaks) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.grant(A, a, OplockType::batch);
    story.create(B, {.path = "\\data.bin:other",
                     .access = engine::FILE_WRITE_DATA,
                     .share = engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE,
                     .disposition = CreateDisposition::FILE_OVERWRITE},
                 engine::FILE_OVERWRITTEN);
    EXPECT_THAT(story.objections_at_end(), ElementsAre("cross-stream-breaks"));
}

TEST(Rules, OpenFilesKeepTheirNames) {
    Story story;
    const std::uint32_t a = story.create(A, {.path = "\\box"});
    story.create(B, {.path = "\\box\\data.bin"});
    story.complete(story.issue_rename(A, a, "\\other"));
    EXPECT_THAT(story.objections(), ElementsAre("open-files-keep-their-names"));
}

TEST(Rules, BreakInProgress) {
    Story story;
    story.opened(story.issue_create(A, {}), NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS);
    EXPECT_THAT(story.objections(), ElementsAre("break-in-progress"));
}

TEST(Rules, NotificationAnswer) {
    WaitingWrite story;
    story.complete(story.issue_fsctl(B, story.b, FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY));
    EXPECT_THAT(story.objections(), ElementsAre("notification-answer"));
}

TEST(Rules, RequiringAnOplock) {
    Story story;
    const std::uint32_t a = story.create(A);
    story.grant(A, a, OplockType::batch);
    story.create(B, {.options = engine::FILE_OPEN_REQUIRING_OPLOCK});
    EXPECT_THAT(story.objections_at_end(), ElementsAre("requiring-an-oplock"));
}

TEST(Rules, OwesNothing) {
    Story story;
    const std::uint32_t a = story.create(A);
    const std::uint32_t held = story.grant(A, a, OplockType::read);
    story.broken(held, OplockType::read, OplockType::none, 0,
                 NtStatus::STATUS_OPLOCK_HANDLE_CLOSED);
    EXPECT_THAT(story.objections(), ElementsAre("owes-nothing"));
}

TEST(Rules, SynchronousHandles) {
    Story story;
    const Open synchronous{.options = engine::FILE_SYNCHRONOUS_IO_NONALERT};
    story.grant(A, story.create(A, synchronous), OplockType::read);
    EXPECT_THAT(story.objections(), ElementsAre("synchronous-handles"));
}

sim::Fingerprint fingerprint(const RuleSet& rules) {
    sim::FingerprintMixer mixer;
    sim::CanonicalIds ids;   // of no world: numbers as they are met
    rules.fingerprint(mixer, ids);
    return mixer.result();
}

// A rule set is a value: a copy goes its own way, and equal histories are equal.
TEST(RuleSet, IsAValue) {
    WaitingWrite story;
    RuleSet copy = story.rules();
    EXPECT_TRUE(copy == story.rules());
    EXPECT_EQ(fingerprint(copy), fingerprint(story.rules()));
    story.complete(story.write, NtStatus::STATUS_SUCCESS, 1);
    EXPECT_FALSE(copy == story.rules());
    EXPECT_NE(fingerprint(copy), fingerprint(story.rules()));
    EXPECT_TRUE(copy.violations().empty());
}

TEST(RuleSet, SurvivesEventsThatMakeNoSense) {
    Story story;
    story.complete(99);
    story.pend(98);
    story.cancel(97);
    story.done(A, 42, RequestKind::close_handle);
    story.done(A, 42, RequestKind::write);
    story.complete(story.issue_request(A, 42, OplockType::read), NtStatus::STATUS_INVALID_HANDLE);
    EXPECT_THAT(story.objections_at_end(), ElementsAre("completes-once"));
}

}  // namespace
}  // namespace oplocksim::conformance
