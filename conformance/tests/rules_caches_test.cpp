// The rules over clients that cache: each is shown to fail, and to be silent where it should.
#include <gmock/gmock.h>

#include "conformance/tests/story.h"

namespace oplocksim::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr sim::AccessMask kReadWrite = engine::FILE_READ_DATA | engine::FILE_WRITE_DATA;

// A caches, B does not; A has a file of 100 zeros open under Read-Write.
struct CachingStory : Story {
    std::uint32_t a = 0;
    std::uint32_t held = 0;
    explicit CachingStory(OplockType type = OplockType::read_write) {
        volume("\\data.bin", 100);
        TraceEvent event;
        event.kind = TraceEventKind::caching;
        event.process.value = A;
        event.thread.value = A;
        rules().on_event(event);
        a = create(A, {.access = kReadWrite});
        held = grant(A, a, type);
    }
    void cached(RequestKind kind, std::uint64_t offset, const std::string& data) {
        TraceEvent event;
        event.kind = TraceEventKind::cached;
        event.process.value = A;
        event.thread.value = A;
        event.irp.value = 1'000;
        event.request_kind = kind;
        event.request.kind = kind;
        event.request.handle.value = a;
        event.request.offset = offset;
        event.request.length = data.size();
        event.handle.value = a;
        event.information = data.size();
        event.has_data = true;
        event.data = data.substr(0, data.find_last_not_of('\0') + 1);
        rules().on_event(event);
    }
    void write_back(std::uint64_t offset, const std::string& data,
                    NtStatus status = NtStatus::STATUS_SUCCESS) {
        TraceEvent event;
        event.kind = TraceEventKind::issue;
        event.process.value = A;
        event.thread.value = A;
        event.irp.value = 2'000;
        event.request_kind = RequestKind::write;
        event.request.kind = RequestKind::write;
        event.request.write_back = true;
        event.request.handle.value = a;
        event.request.offset = offset;
        event.request.length = data.size();
        event.has_data = true;
        event.data = data;
        rules().on_event(event);
        event.kind = TraceEventKind::complete;
        event.status = status;
        event.information = engine::nt_success(status) ? data.size() : 0;
        rules().on_event(event);
    }
    // B's open breaks A's oplock; it waits.
    std::uint32_t contend() {
        const std::uint32_t b = issue_create(B, {});
        broken(held, OplockType::read_write, OplockType::read);
        pend(b, true);
        return b;
    }
    void acknowledge(std::uint32_t waiter) {
        pend(issue_acknowledgment(A, a, OplockType::read));
        read(B, opened(waiter), 0, 4, seen_by_b);
    }
    std::string seen_by_b = "mine";
};

TEST(CoherentCaches, AreSilentInARightRun) {
    CachingStory story;
    story.cached(RequestKind::write, 0, "mine");
    story.cached(RequestKind::read, 1, "ine");
    const std::uint32_t b = story.contend();
    story.write_back(0, "mine");
    story.acknowledge(b);
    story.cached(RequestKind::read, 0, "mine");
    EXPECT_THAT(story.objections_at_end(), IsEmpty());
}

TEST(CoherentCaches, StrangerReadsWhatWasNotWrittenBack) {
    CachingStory story;
    story.cached(RequestKind::write, 0, "mine");
    const std::uint32_t b = story.contend();
    story.seen_by_b = std::string(4, '\0');
    story.acknowledge(b);
    EXPECT_THAT(story.objections(),
                ElementsAre("writes-back-before-it-answers", "coherent-caches"));
    const Violation& early = story.rules().violations()[0];
    EXPECT_EQ(early.clause, "CACHE-WRITE-BACK-FIRST");
    EXPECT_EQ(early.observed,
              "process 1 acknowledges the break while it holds back 4 bytes at offset 0");
}

TEST(CoherentCaches, PartOfIt) {
    CachingStory story;
    story.cached(RequestKind::write, 0, "mi");
    story.cached(RequestKind::write, 50, "ne");
    const std::uint32_t b = story.contend();
    story.write_back(0, "mi");
    story.seen_by_b = std::string("mi\0\0", 4);
    story.acknowledge(b);
    EXPECT_THAT(story.objections(), ElementsAre("writes-back-before-it-answers"));
}

TEST(CoherentCaches, StaleAnswer) {
    CachingStory story(OplockType::read);
    const std::uint32_t b = story.create(B, {.access = kReadWrite});
    story.read(A, story.a, 0, 3, std::string(3, '\0'));
    const std::uint32_t write = story.issue_write(B, b, 0, "new");
    story.broken(story.held, OplockType::read, OplockType::none, 0);
    story.cached(RequestKind::read, 0, std::string(3, '\0'));   // at work: before or after
    EXPECT_THAT(story.objections(), IsEmpty());
    story.complete(write, NtStatus::STATUS_SUCCESS, 3);
    story.cached(RequestKind::read, 0, std::string(3, '\0'));
    story.cached(RequestKind::read, 0, std::string(3, '\0'));
    EXPECT_THAT(story.objections(), ElementsAre("coherent-caches"));
    ASSERT_EQ(story.rules().violations().size(), 1u);   // once
    EXPECT_EQ(story.rules().violations()[0].required,
              "0x6E 'n': what the applications' writes that are over have made of it");
}

TEST(CoherentCaches, OwnWriteIsLostOnTheWayToTheFile) {
    CachingStory story;
    story.cached(RequestKind::write, 0, "one");
    story.write_back(0, "one");
    story.cached(RequestKind::write, 0, "two");
    story.read(A, story.a, 0, 3, "one");   // past its own cache
    EXPECT_THAT(story.objections(), ElementsAre("coherent-caches"));
}

TEST(CoherentCaches, ExtendTheFile) {
    CachingStory story;
    story.cached(RequestKind::write, 98, "long");
    story.read(A, story.a, 90, 20, std::string(10, '\0'));
    EXPECT_THAT(story.objections(), ElementsAre("coherent-caches"));
}

TEST(CoherentCaches, NobodyAnswersForWhatACancelledOwnerHeldBack) {
    CachingStory story;
    story.cached(RequestKind::write, 0, "mine");
    story.cancel(story.held);
    story.complete(story.held, NtStatus::STATUS_CANCELLED);
    const std::uint32_t b = story.create(B);
    story.read(B, b, 0, 4, std::string(4, '\0'));
    EXPECT_THAT(story.objections(), IsEmpty());
}

TEST(CoherentCaches, NobodyAnswersForAWriteBackThatFailed) {
    CachingStory story;
    story.cached(RequestKind::write, 0, "mine");
    const std::uint32_t b = story.contend();
    story.write_back(0, "mine", NtStatus::STATUS_INVALID_PARAMETER);
    story.seen_by_b = std::string(4, '\0');
    story.acknowledge(b);
    EXPECT_THAT(story.objections(), IsEmpty());
}

TEST(CoherentCaches, NobodyAnswersForAnOverwriteThatDidNotWait) {
    CachingStory story;
    story.cached(RequestKind::write, 0, "mine");
    const std::uint32_t b =
        story.issue_create(B, {.disposition = CreateDisposition::FILE_OVERWRITE,
                               .options = engine::FILE_COMPLETE_IF_OPLOCKED});
    story.broken(story.held, OplockType::read_write, OplockType::none);
    static_cast<void>(story.opened(b, NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS,
                                   engine::FILE_OVERWRITTEN));
    story.write_back(0, "mine");
    story.complete(story.issue_acknowledgment(A, story.a, OplockType::none));
    story.read(A, story.a, 0, 4, "mine");
    EXPECT_THAT(story.objections(), IsEmpty());
}

TEST(WritesBackBeforeItAnswers, CloseForgets) {
    CachingStory story;
    story.cached(RequestKind::write, 0, "mine");
    static_cast<void>(story.issue_on(A, story.a, RequestKind::close_handle));
    EXPECT_THAT(story.objections(), ElementsAre("writes-back-before-it-answers"));
    EXPECT_EQ(story.rules().violations()[0].clause, "CACHE-WRITE-BACK-CLOSE");
}

TEST(ClosesWhatWasClosed, HandleIsKept) {
    CachingStory story(OplockType::read_handle);
    story.cached(RequestKind::close_handle, 0, "");
    const std::uint32_t d = story.create(B, {.access = kReadWrite});
    const std::uint32_t write = story.issue_write(B, d, 0, "x");
    story.broken(story.held, OplockType::read_handle, OplockType::none);
    story.complete(write, NtStatus::STATUS_SUCCESS, 1);
    static_cast<void>(story.issue_acknowledgment(A, story.a, OplockType::none));
    EXPECT_THAT(story.objections(), ElementsAre("closes-what-was-closed"));
}

TEST(ClosesWhatWasClosed, HandleIsInUseAgain) {
    CachingStory story(OplockType::read_handle);
    story.cached(RequestKind::close_handle, 0, "");
    story.cached(RequestKind::create, 0, "");
    const std::uint32_t d = story.create(B, {.access = kReadWrite});
    const std::uint32_t write = story.issue_write(B, d, 0, "x");
    story.broken(story.held, OplockType::read_handle, OplockType::none);
    story.complete(write, NtStatus::STATUS_SUCCESS, 1);
    static_cast<void>(story.issue_acknowledgment(A, story.a, OplockType::none));
    EXPECT_THAT(story.objections(), IsEmpty());
}

// Without a client that caches there is nothing to remember, and nothing in the fingerprint.
TEST(KnownCaches, RememberNothingWhereNobodyCaches) {
    Story story;
    story.volume("\\data.bin", 100);
    story.write(A, story.create(A, {.access = kReadWrite}), 0, "text");
    EXPECT_FALSE(story.rules().observation().caches().any());
    EXPECT_EQ(story.rules().observation().caches(), KnownCaches());
}

}  // namespace
}  // namespace oplocksim::conformance
