#include "sim/tests/test_kernel.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

class RenameTest : public KernelTest {
 protected:
    Request rename(HandleId handle, std::string_view to, bool replace = false) {
        Request request = on(RequestKind::rename, handle);
        request.path = path(to);
        request.replace_if_exists = replace;
        return request;
    }
    Request link(HandleId handle, std::string_view to, bool replace = false) {
        Request request = rename(handle, to, replace);
        request.kind = RequestKind::link;
        return request;
    }
};

TEST_F(RenameTest, MovesAName) {
    file("\\f");
    directory("\\d");
    const HandleId a = open(ta_, "\\f", DELETE);
    EXPECT_EQ(status(ta_, rename(a, "\\no\\f")), NtStatus::STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_EQ(status(ta_, rename(a, "\\d")), NtStatus::STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(status(ta_, rename(a, "\\d", true)), NtStatus::STATUS_ACCESS_DENIED);
    EXPECT_EQ(status(ta_, rename(a, "\\d\\g")), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(tb_, create_request("\\f")), NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(status(tb_, create_request("\\d\\G")), NtStatus::STATUS_SUCCESS);
    const HandleId reader = open(tb_, "\\d\\g");
    EXPECT_EQ(status(tb_, rename(reader, "\\x")), NtStatus::STATUS_ACCESS_DENIED);
}

// setinfo2: RH to R, acknowledged, waits.
TEST_F(RenameTest, BreaksHandleCachingOfTheFile) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    const HandleId b = open(tb_, "\\f", DELETE);
    const IrpId held = grant(ta_, level(a, kRH));
    const Submitted waiting = submit(tb_, rename(b, "\\g"));
    EXPECT_EQ(waiting.outcome, SubmitOutcome::pending);
    EXPECT_EQ(completion(held)->output.new_oplock_level, kR);
    EXPECT_NE(kernel().find_stream(path("\\f")), StreamId{}) << "P03: no effect yet";
    grant(ta_, ack(a, kR));
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_SUCCESS);
    EXPECT_NE(kernel().find_stream(path("\\g")), StreamId{});
}

// SC-045.
TEST_F(RenameTest, ADirectoryNeedsEverythingBelowClosed) {
    directory("\\d");
    directory("\\d\\e");
    file("\\d\\e\\f");
    file("\\d\\g");
    const HandleId d = open(tb_, "\\d", DELETE);
    const HandleId f = open(ta_, "\\d\\e\\f");
    const HandleId g = open(ta_, "\\d\\g");
    grant(ta_, level(f, kRH));
    grant(ta_, batch(g));
    EXPECT_EQ(status(tb_, rename(d, "\\d\\e\\x")), NtStatus::STATUS_ACCESS_DENIED) << "into itself";
    const Submitted waiting = submit(tb_, rename(d, "\\x"));
    EXPECT_EQ(waiting.outcome, SubmitOutcome::pending);
    close(ta_, f);
    EXPECT_EQ(completion(waiting.irp), nullptr) << "the second one was broken only now";
    kernel().clear_completions();
    submit(ta_, on(RequestKind::close_handle, g));
    ASSERT_NE(completion(waiting.irp), nullptr);
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_SUCCESS);
    EXPECT_NE(kernel().find_stream(path("\\x\\e\\f")), StreamId{});

    const HandleId again = open(ta_, "\\x\\g");
    EXPECT_EQ(status(tb_, rename(d, "\\y")), NtStatus::STATUS_ACCESS_DENIED);
    world_.semantics.ancestor_rename_denied_if_open = false;
    EXPECT_EQ(status(tb_, rename(d, "\\y")), NtStatus::STATUS_SUCCESS);
    close(ta_, again);
}

// SC-044.
TEST_F(RenameTest, AReplacedFileMustGetClosed) {
    file("\\f");
    file("\\t");
    const HandleId f = open(tb_, "\\f", DELETE);
    const HandleId plain = open(ta_, "\\t");
    EXPECT_EQ(status(tb_, rename(f, "\\t", true)), NtStatus::STATUS_ACCESS_DENIED);
    const IrpId held = grant(ta_, level(plain, kRW));
    const Submitted waiting = submit(tb_, rename(f, "\\t", true));
    EXPECT_EQ(completion(held)->output.new_oplock_level, 0u);
    kernel().clear_completions();
    submit(ta_, ack(plain, 0));
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_ACCESS_DENIED) << "still open";

    grant(ta_, level(plain, kRWH));
    const Submitted second = submit(tb_, rename(f, "\\t", true));
    submit(ta_, on(RequestKind::close_handle, plain));
    EXPECT_EQ(completion(second.irp)->status, NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(kernel().find_stream(path("\\f")), StreamId{});
    EXPECT_EQ(world_.files.size(), 2u);
}

TEST_F(RenameTest, AReplacedFileMayStayOpenIfTheSwitchSaysSo) {
    world_.semantics.rename_target_open_after_break = RenameTargetOpenAfterBreak::proceed;
    file("\\f");
    file("\\t");
    const HandleId f = open(tb_, "\\f", DELETE);
    const HandleId t = open(ta_, "\\t");
    EXPECT_EQ(status(tb_, rename(f, "\\t", true)), NtStatus::STATUS_ACCESS_DENIED)
        << "open without an oplock";
    grant(ta_, level(t, kRW));
    const Submitted waiting = submit(tb_, rename(f, "\\t", true));
    submit(ta_, ack(t, 0));
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(ta_, on(RequestKind::read, t)), NtStatus::STATUS_SUCCESS) << "nameless";
    close(ta_, t);
    EXPECT_EQ(world_.files.size(), 2u);
}

// SC-043.
TEST_F(RenameTest, ALinkBreaksTheFileItSupersedes) {
    file("\\f");
    file("\\t");
    const HandleId f = open(tb_, "\\f");
    const HandleId t = open(ta_, "\\t");
    const IrpId own = grant(tb_, level(f, kRH));
    const IrpId held = grant(ta_, level(t, kRH));
    EXPECT_EQ(status(tb_, link(f, "\\t")), NtStatus::STATUS_OBJECT_NAME_COLLISION);
    const Submitted waiting = submit(tb_, link(f, "\\t", true));
    EXPECT_EQ(waiting.outcome, SubmitOutcome::pending);
    EXPECT_EQ(completion(held)->output.new_oplock_level, kR);
    EXPECT_EQ(completion(own), nullptr);
    submit(ta_, ack(t, 0));
    EXPECT_EQ(completion(waiting.irp)->status, NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(kernel().find_stream(path("\\t")), kernel().find_stream(path("\\f")));
}

TEST_F(RenameTest, ToAnotherLinkOfTheSameFile) {
    file("\\f");
    kernel().add_link(path("\\f"), path("\\g"));
    const HandleId f = open(ta_, "\\f", DELETE);
    const HandleId g = open(tb_, "\\g", DELETE);
    EXPECT_EQ(status(ta_, rename(f, "\\g")), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(kernel().find_stream(path("\\f")), StreamId{});
    EXPECT_EQ(status(tb_, rename(g, "\\h")), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(kernel().find_stream(path("\\g")), StreamId{});
}

TEST_F(RenameTest, StreamsCanBeRenamed) {
    file("\\f", 10);
    file("\\f:s", 20);
    const HandleId s = open(ta_, "\\f:s", DELETE);
    EXPECT_EQ(status(ta_, rename(s, ":t")), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(world_.streams[kernel().find_stream(path("\\f:t"))].size, 20u);
    EXPECT_EQ(kernel().find_stream(path("\\f:s")), StreamId{});
    const HandleId f = open(ta_, "\\f", DELETE);
    EXPECT_EQ(status(ta_, rename(f, ":u")), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(world_.streams[kernel().find_stream(path("\\f:u"))].size, 10u);
    EXPECT_EQ(world_.streams[kernel().find_stream(path("\\f"))].size, 0u);
    EXPECT_EQ(status(ta_, rename(f, "::$DATA")), NtStatus::STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(status(ta_, rename(f, "::$DATA", true)), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(world_.streams[kernel().find_stream(path("\\f"))].size, 10u);
}

TEST_F(RenameTest, ShortNames) {
    file("\\longer name.txt");
    file("\\other.txt");
    const HandleId a = open(ta_, "\\longer name.txt", FILE_WRITE_ATTRIBUTES);
    Request request = on(RequestKind::set_short_name, a);
    const auto set = [&](std::string_view name) {
        request.name = names_->intern(name);
        return status(ta_, request);
    };
    EXPECT_EQ(set("much too long.txt"), NtStatus::STATUS_INVALID_PARAMETER);
    EXPECT_EQ(set("OTHER.TXT"), NtStatus::STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(set("LONGER~1.TXT"), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(tb_, create_request("\\longer~1.txt")), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(set(""), NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(status(tb_, create_request("\\longer~1.txt")),
              NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
}

// SC-047, P24: a change of content breaks a directory's R and RH, and nobody waits for it.
TEST_F(RenameTest, ParentDirectoriesLoseTheirOplocks) {
    directory("\\d");
    directory("\\e");
    file("\\d\\f");
    const HandleId d = open(ta_, "\\d");
    const HandleId e = open(ta_, "\\e");
    const HandleId f = open(tb_, "\\d\\f", DELETE | FILE_WRITE_DATA);
    IrpId of_d = grant(ta_, level(d, kR));
    IrpId of_e = grant(ta_, level(e, kRH));
    EXPECT_EQ(status(tb_, rename(f, "\\e\\f")), NtStatus::STATUS_SUCCESS);
    EXPECT_NE(completion(of_d), nullptr);
    EXPECT_NE(completion(of_e), nullptr);
    of_d = grant(ta_, level(d, kR));
    Request request = create_request("\\d\\new");
    request.disposition = CreateDisposition::FILE_CREATE;
    EXPECT_EQ(status(tb_, request), NtStatus::STATUS_SUCCESS);
    EXPECT_NE(completion(of_d), nullptr);
    of_d = grant(ta_, level(d, kR));
    Request keyed = create_request("\\d\\newer");
    keyed.disposition = CreateDisposition::FILE_CREATE;
    EXPECT_EQ(status(tb_, keyed), NtStatus::STATUS_SUCCESS);
    EXPECT_NE(completion(of_d), nullptr);
}

}  // namespace
}  // namespace oplocksim::sim
