// Clients that cache: what they answer by themselves, and what a break makes them do, step by step.
#include "sim/caching_client.h"
#include "sim/canonical_ids.h"
#include "sim/fingerprint.h"
#include "sim/tests/test_kernel.h"

namespace oplocksim::sim {
namespace {

constexpr AccessMask kReadWrite = engine::FILE_READ_DATA | engine::FILE_WRITE_DATA;

class CachingTest : public KernelTest {
 protected:
    CachingTest() {
        file("\\f", 8);
        cache_ = kernel().create_thread(a_, names_->intern("cache"));
        kernel().start_caching(a_, cache_);
    }
    static Request range(RequestKind kind, HandleId handle, std::uint64_t offset,
                         std::uint64_t length, std::uint32_t data = 0) {
        Request request = on(kind, handle);
        request.offset = offset;
        request.length = length;
        request.data = data;
        return request;
    }
    static Request write(HandleId handle, std::uint64_t offset, std::uint32_t data = 1) {
        return range(RequestKind::write, handle, offset, 5, data);
    }
    static Request read(HandleId handle, std::uint64_t offset, std::uint64_t length) {
        return range(RequestKind::read, handle, offset, length);
    }
    std::string in_file() { return kernel().stream_bytes(kernel().find_stream(path("\\f")), 0, 64); }

    ThreadId cache_;
};

TEST_F(CachingTest, ReadsAreAnsweredOnceTheyWereRead) {
    const HandleId a = open(ta_, "\\f");
    EXPECT_FALSE(done(ta_, read(a, 0, 4)).from_cache);
    EXPECT_FALSE(done(ta_, read(a, 0, 4)).from_cache) << "there is no oplock";
    grant(ta_, level(a, kR));
    EXPECT_FALSE(done(ta_, read(a, 0, 4)).from_cache);
    EXPECT_TRUE(done(ta_, read(a, 1, 3)).from_cache);
    EXPECT_FALSE(done(ta_, read(a, 1, 4)).from_cache) << "only a part was read";
}

TEST_F(CachingTest, WhatIsOwedIsDoneStepByStep) {
    const HandleId a = open(ta_, "\\f", kReadWrite);
    grant(ta_, level(a, kRWH));
    EXPECT_TRUE(done(ta_, write(a, 0)).from_cache);
    EXPECT_TRUE(done(ta_, write(a, 10, 2)).from_cache);
    EXPECT_TRUE(kernel().cache_work().empty());
    EXPECT_EQ(in_file(), std::string(8, '\0'));
    const Submitted b = kernel().submit(tb_, create_request("\\f"));
    ASSERT_EQ(b.outcome, SubmitOutcome::blocked);
    for (const std::string& seen : {std::string("hello\0\0\0", 8),
                                    std::string("hello\0\0\0\0\0WORLD", 15)}) {
        ASSERT_EQ(kernel().cache_work().size(), 1u);
        kernel().work_for_cache(a);
        kernel().check_invariants();
        EXPECT_EQ(in_file(), seen);
        EXPECT_TRUE(kernel().runnable().empty()) << "it has not acknowledged yet";
    }
    kernel().work_for_cache(a);
    EXPECT_TRUE(kernel().cache_work().empty());
    EXPECT_EQ(kernel().runnable().size(), 1u);
    kernel().run_until_idle();
    EXPECT_TRUE(done(ta_, read(a, 10, 5)).from_cache) << "Read-Handle is left";
    EXPECT_FALSE(done(ta_, write(a, 0, 2)).from_cache);
}

TEST_F(CachingTest, PausedCacheAnswersLater) {
    const HandleId a = open(ta_, "\\f", kReadWrite);
    grant(ta_, level(a, kRW));
    kernel().pause(cache_);
    const Submitted b = submit(tb_, create_request("\\f"));
    EXPECT_EQ(completion(b.irp), nullptr);
    kernel().resume(cache_);
    kernel().run_until_idle();
    ASSERT_NE(completion(b.irp), nullptr);
    EXPECT_EQ(completion(b.irp)->status, NtStatus::STATUS_SUCCESS);
}

TEST_F(CachingTest, HandleIsKeptBackForAnEqualOpenOnly) {
    const HandleId a = open(ta_, "\\f");
    grant(ta_, level(a, kRH));
    EXPECT_TRUE(done(ta_, on(RequestKind::close_handle, a)).from_cache);
    EXPECT_EQ(status(ta_, read(a, 0, 1)), NtStatus::STATUS_INVALID_HANDLE);
    const Completion other = done(ta_, create_request("\\f", kReadWrite));
    EXPECT_FALSE(other.from_cache);
    const Completion again = done(ta_, create_request("\\f"));
    EXPECT_TRUE(again.from_cache);
    EXPECT_EQ(again.handle, a);
    EXPECT_FALSE(done(ta_, create_request("\\f")).from_cache) << "it is in use";
}

TEST_F(CachingTest, WhatEndsWithTheCloseIsNotPutOff) {
    const HandleId a = open(ta_, "\\f", kReadWrite | engine::DELETE);
    grant(ta_, level(a, kRWH));
    EXPECT_EQ(status(ta_, on(RequestKind::set_disposition, a)), NtStatus::STATUS_SUCCESS);
    EXPECT_FALSE(done(ta_, on(RequestKind::close_handle, a)).from_cache);
    EXPECT_FALSE(kernel().find_stream(path("\\f")));
}

TEST_F(CachingTest, DuplicateTakesTheHandlesPlace) {
    const HandleId a = open(ta_, "\\f", kReadWrite);
    grant(ta_, level(a, kRW));
    Request away = on(RequestKind::duplicate_handle, a);
    away.target_process = b_;
    const HandleId other = done(ta_, away).handle;
    EXPECT_TRUE(done(ta_, write(a, 0)).from_cache);
    close(ta_, a);
    EXPECT_EQ(in_file(), std::string("hello\0\0\0", 8));
    Request back = on(RequestKind::duplicate_handle, other);
    back.target_process = a_;
    const HandleId again = done(tb_, back).handle;
    EXPECT_TRUE(done(ta_, write(again, 0, 2)).from_cache);
    close(ta_, again);
    EXPECT_EQ(in_file(), std::string("WORLD\0\0\0", 8));
}

TEST_F(CachingTest, HeldBackAndReadInPartIsWrittenFirst) {
    const HandleId a = open(ta_, "\\f", kReadWrite);
    grant(ta_, level(a, kRW));
    EXPECT_TRUE(done(ta_, write(a, 2)).from_cache);
    EXPECT_FALSE(done(ta_, read(a, 0, 8)).from_cache);
    EXPECT_EQ(in_file(), std::string("\0\0hello\0", 8));
}

TEST_F(CachingTest, MoreThanThereIsRoomForIsWrittenThrough) {
    const HandleId a = open(ta_, "\\f", kReadWrite);
    grant(ta_, level(a, kRW));
    EXPECT_FALSE(
        done(ta_, range(RequestKind::write, a, 0, kMaxCachedBytes + 1)).from_cache);
    EXPECT_TRUE(done(ta_, range(RequestKind::write, a, 0, kMaxCachedBytes)).from_cache);
    EXPECT_FALSE(done(ta_, range(RequestKind::write, a, kMaxCachedBytes, 1)).from_cache);
}

TEST_F(CachingTest, CachesArePartOfTheFingerprint) {
    const auto fingerprint = [&] {
        FingerprintMixer mixer;
        add_world(mixer, world_, CanonicalIds(world_, all_threads(world_)));
        return mixer.result();
    };
    const HandleId a = open(ta_, "\\f", kReadWrite);
    grant(ta_, level(a, kRWH));
    const Fingerprint before = fingerprint();
    done(ta_, write(a, 0));
    const Fingerprint dirty = fingerprint();
    EXPECT_NE(before, dirty);
    done(ta_, write(a, 0, 2));
    EXPECT_NE(dirty, fingerprint());
    done(ta_, write(a, 0));
    EXPECT_EQ(dirty, fingerprint());
    done(ta_, on(RequestKind::close_handle, a));
    EXPECT_NE(dirty, fingerprint());
}

}  // namespace
}  // namespace oplocksim::sim
