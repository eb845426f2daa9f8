// A small world to test the kernel in: two clients, A and B, with a thread each.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel.h"

namespace oplocksim::sim {

class KernelTest : public ::testing::Test {
 protected:
    KernelTest() : KernelTest(engine::Semantics{}) {}
    explicit KernelTest(const engine::Semantics& semantics) {
        names_ = std::make_shared<Names>();
        world_ = Kernel::make_world(semantics, names_);
        a_ = kernel().create_process(names_->intern("A"));
        b_ = kernel().create_process(names_->intern("B"));
        ta_ = kernel().create_thread(a_, names_->intern("main"));
        tb_ = kernel().create_thread(b_, names_->intern("main"));
    }
    ~KernelTest() override { kernel().check_invariants(); }

    Kernel& kernel() {
        if (!kernel_) kernel_ = std::make_unique<Kernel>(world_, scheduler_, &recorder_, data_);
        return *kernel_;
    }

    PathId path(std::string_view text) { return *names_->intern_path(text); }
    void file(std::string_view text, std::uint64_t size = 4096, std::uint32_t attributes = 0) {
        kernel().add_to_volume(
            {.path = path(text), .attributes = attributes, .size = size, .short_name = {}});
    }
    void directory(std::string_view text) {
        kernel().add_to_volume({.path = path(text), .directory = true, .short_name = {}});
    }

    // A create of everything that does not matter to the test.
    Request create_request(std::string_view text, AccessMask access = engine::FILE_READ_DATA,
                           ShareAccess share = kShareAll) {
        Request request;
        request.kind = RequestKind::create;
        request.path = path(text);
        request.access = access;
        request.share = share;
        return request;
    }
    static Request on(RequestKind kind, HandleId handle) {
        Request request;
        request.kind = kind;
        request.handle = handle;
        request.length = 1;
        return request;
    }

    // Submits, runs what becomes ready, checks the invariants.
    Submitted submit(ThreadId thread, const Request& request) {
        const Submitted submitted = kernel().submit(thread, request);
        kernel().run_until_idle();
        kernel().check_invariants();
        return submitted;
    }
    // The completion of an IRP, if it has completed.
    const Completion* completion(IrpId irp) {
        for (auto it = kernel().completions().rbegin(); it != kernel().completions().rend(); ++it) {
            if (it->irp == irp) return &*it;
        }
        return nullptr;
    }
    // Submits something that completes at once.
    Completion done(ThreadId thread, const Request& request) {
        kernel().clear_completions();
        const Submitted submitted = kernel().submit(thread, request);
        EXPECT_EQ(submitted.outcome, SubmitOutcome::completed);
        const Completion result = submitted.outcome == SubmitOutcome::completed
                                      ? kernel().completions().back()
                                      : Completion{};
        kernel().run_until_idle();
        kernel().check_invariants();
        return result;
    }
    NtStatus status(ThreadId thread, const Request& request) {
        return done(thread, request).status;
    }
    HandleId open(ThreadId thread, std::string_view text,
                  AccessMask access = engine::FILE_READ_DATA, ShareAccess share = kShareAll,
                  std::uint32_t key = 0) {
        Request request = create_request(text, access, share);
        request.target_key.value = key;
        const Completion result = done(thread, request);
        EXPECT_EQ(result.status, NtStatus::STATUS_SUCCESS) << text;
        return result.handle;
    }
    void close(ThreadId thread, HandleId handle) {
        EXPECT_EQ(status(thread, on(RequestKind::close_handle, handle)),
                  NtStatus::STATUS_SUCCESS);
    }

    static Request oplock_request(HandleId handle, engine::FsControlCode code,
                                  std::uint32_t level = 0,
                                  std::uint32_t flags = engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST) {
        Request request = on(RequestKind::oplock_fsctl, handle);
        request.fsctl = {code, level, flags};
        return request;
    }
    static Request level(HandleId handle, std::uint32_t level) {
        return oplock_request(handle, engine::FsControlCode::FSCTL_REQUEST_OPLOCK, level);
    }
    static Request batch(HandleId handle) {
        return oplock_request(handle, engine::FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK);
    }
    static Request ack(HandleId handle, std::uint32_t to) {
        return oplock_request(handle, engine::FsControlCode::FSCTL_REQUEST_OPLOCK, to,
                              engine::REQUEST_OPLOCK_INPUT_FLAG_ACK);
    }
    static Request legacy_ack(HandleId handle) {
        return oplock_request(handle, engine::FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE);
    }
    // A granted oplock request.
    IrpId grant(ThreadId thread, const Request& request) {
        const Submitted submitted = submit(thread, request);
        EXPECT_EQ(submitted.outcome, SubmitOutcome::pending);
        return submitted.irp;
    }

    static constexpr ShareAccess kShareAll =
        engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE;
    static constexpr std::uint32_t kR = 1;
    static constexpr std::uint32_t kRH = 3;
    static constexpr std::uint32_t kRW = 5;
    static constexpr std::uint32_t kRWH = 7;

    std::shared_ptr<Names> names_;
    World world_;
    FifoScheduler scheduler_;
    TraceRecorder recorder_;
    std::vector<std::string> data_{"hello", "WORLD"};
    std::unique_ptr<Kernel> kernel_;
    ProcessId a_, b_;
    ThreadId ta_, tb_;
};

}  // namespace oplocksim::sim
