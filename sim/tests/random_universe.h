// Random clients on a small volume, who do anything that the kernel lets them, in any order: pauses,
// timers, cancellations, ends of threads and processes, handles of others.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/kernel.h"
#include "sim/random.h"
#include "sim/trace_json.h"

namespace oplocksim::sim::random_clients {

using namespace engine;  // the constants of wdm.h, by the names that the field uses

template <typename T, std::size_t N>
T pick(Random& random, const T (&values)[N]) {
    return values[random.below(N)];
}

class RandomScheduler final : public Scheduler {
 public:
    explicit RandomScheduler(Random& random) : random_(random) {}
    std::size_t choose(const World&, std::span<const ReadyItem> choices) override {
        return random_.below(static_cast<std::uint32_t>(choices.size()));
    }

 private:
    Random& random_;
};

// One universe of random clients.
class Universe {
 public:
    Universe(std::uint64_t seed, Profile profile)
        : random_(seed),
          scheduler_(random_),
          names_(std::make_shared<Names>()),
          world_(Kernel::make_world(semantics_of(profile), names_)),
          kernel_(world_, scheduler_, &recorder_, data_) {
        for (const char* text : {"\\f", "\\f:s", "\\d", "\\d\\g", "\\d\\e", "\\d\\e\\h", "\\x",
                                 "\\d\\y", "\\d\\e\\z", ":t"}) {
            paths_.push_back(*names_->intern_path(text));
        }
        short_name_ = names_->intern("SHORT~1");
        world_.semantics.recheck_after_release = random_.below(8) != 0;
        kernel_.add_to_volume({.path = paths_[0], .size = 5000, .short_name = {}});
        kernel_.add_to_volume({.path = paths_[1], .size = 10, .short_name = {}});
        kernel_.add_to_volume({.path = paths_[2], .directory = true, .short_name = {}});
        kernel_.add_to_volume({.path = paths_[3], .size = 100, .short_name = {}});
        kernel_.add_to_volume({.path = paths_[4], .directory = true, .short_name = {}});
        kernel_.add_to_volume({.path = paths_[5], .size = 100, .short_name = {}});
        for (int i = 0; i < 3; ++i) new_client();
    }

    void run(int steps) {
        for (int i = 0; i < steps; ++i) {
            step();
            kernel_.check_invariants();
            collect();
        }
        for (const ProcessId process : processes_) kernel_.terminate_process(process);
        kernel_.run_until_idle();
        kernel_.check_invariants();
        collect();
        EXPECT_TRUE(world_.ready.empty());
        EXPECT_EQ(issued_, completed_) << "P07: every request completes exactly once";
        EXPECT_TRUE(world_.file_objects.empty());
        EXPECT_TRUE(world_.handles.empty());
        EXPECT_TRUE(world_.sections.empty());
        EXPECT_TRUE(world_.irps.empty());
    }

    [[nodiscard]] const TraceRecorder& recorder() const { return recorder_; }
    [[nodiscard]] const Semantics& semantics() const { return world_.semantics; }
    [[nodiscard]] const std::shared_ptr<Names>& names() const { return names_; }
    [[nodiscard]] std::string trace() const {
        return to_json_lines(*names_, recorder_.events());
    }
    [[nodiscard]] const std::map<NtStatus, int>& statuses() const { return statuses_; }

 private:
    void new_client() {
        processes_.push_back(kernel_.create_process(names_->intern("client")));
        for (int i = 0; i < 2; ++i) {
            threads_.push_back(kernel_.create_thread(processes_.back(), names_->intern("main")));
        }
    }

    void step() {
        const ThreadId thread = threads_[random_.below(size(threads_))];
        switch (random_.below(200)) {
            case 0: kernel_.advance(random_.below(50)); return;
            case 1: return cancel_something();
            case 2: return end(thread);
            case 3: return kernel_.pause(thread);
            case 4:
            case 5: return kernel_.resume(thread);
            case 6: return kernel_.run_until_idle();
            case 7: return kernel_.submit_at(thread, random_.below(100), request(thread), 0);
            default: break;
        }
        if (random_.below(2) == 0) static_cast<void>(kernel_.step());
        const Thread& state = world_.threads[thread];
        if (state.state == ThreadState::running && !state.paused) {
            kernel_.submit(thread, request(thread));
        }
    }

    // A thread ends, or its whole process; somebody else comes.
    void end(ThreadId thread) {
        if (random_.below(2) == 0) {
            kernel_.exit_thread(thread);
        } else {
            const ProcessId process = world_.threads[thread].process;
            kernel_.terminate_process(process);
            std::erase(processes_, process);
        }
        std::erase_if(threads_, [&](ThreadId id) {
            return world_.threads[id].state == ThreadState::exited;
        });
        new_client();
    }

    void cancel_something() {
        std::vector<IrpId> irps;
        world_.irps.for_each([&](IrpId id, const Irp&) { irps.push_back(id); });
        if (!irps.empty()) kernel_.cancel(irps[random_.below(size(irps))]);
    }

    Request request(ThreadId thread) {
        static constexpr AccessMask kAccess[] = {
            FILE_READ_DATA, FILE_WRITE_DATA, FILE_READ_DATA | FILE_WRITE_DATA | DELETE,
            FILE_READ_ATTRIBUTES, FILE_ALL_ACCESS, FILE_ALL_ACCESS, GENERIC_READ, DELETE};
        static constexpr CreateOptions kOptions[] = {
            0, 0, 0, FILE_COMPLETE_IF_OPLOCKED, FILE_OPEN_REQUIRING_OPLOCK, FILE_RESERVE_OPFILTER,
            FILE_SYNCHRONOUS_IO_NONALERT, FILE_DELETE_ON_CLOSE};
        static constexpr std::uint32_t kProtection[] = {PAGE_READONLY, PAGE_READWRITE};
        Request r;
        r.kind = static_cast<RequestKind>(random_.below(kRequestKindCount));
        if (random_.below(4) == 0) r.kind = RequestKind::create;
        if (random_.below(4) == 0) r.kind = RequestKind::oplock_fsctl;
        r.disposition = static_cast<CreateDisposition>(
            random_.below(2) == 0 ? 1 : random_.below(6));
        r.share = static_cast<ShareAccess>(random_.below(3) == 0 ? random_.below(8) : 7);
        r.access = pick(random_, kAccess);
        r.options = pick(random_, kOptions);
        r.transacted = random_.below(30) == 0;
        r.replace_if_exists = random_.below(2) == 0;
        r.delete_file = random_.below(2) == 0;
        r.exclusive = random_.below(2) == 0;
        r.fail_immediately = random_.below(2) == 0;
        r.paging_io = random_.below(10) == 0;
        r.target_key.value = random_.below(4);
        r.parent_key.value = random_.below(4);
        r.path = paths_[random_.below(size(paths_))];
        if (r.kind == RequestKind::create && r.path == paths_.back()) r.path = paths_[0];
        r.name = random_.below(2) == 0 ? short_name_ : NameId{};
        r.handle = any_handle(world_.threads[thread].process);
        r.target_process = processes_[random_.below(size(processes_))];
        world_.sections.for_each([&](SectionId id, const Section&) { r.section = id; });
        r.page_protection = pick(random_, kProtection);
        r.offset = random_.below(200);
        r.length = random_.below(200);
        r.data = random_.below(3);
        r.fsctl = fsctl();
        return r;
    }

    OplockFsctl fsctl() {
        static constexpr FsControlCode kCodes[] = {
            FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1,
            FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2,
            FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK,
            FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE,
            FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING,
            FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY,
            FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2,
            FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK,
            FsControlCode::FSCTL_SET_ZERO_DATA,
            FsControlCode::FSCTL_REQUEST_OPLOCK,
            FsControlCode::FSCTL_REQUEST_OPLOCK,
            FsControlCode::FSCTL_REQUEST_OPLOCK,
            FsControlCode::FSCTL_REQUEST_OPLOCK,
            FsControlCode::FSCTL_REQUEST_OPLOCK};
        return {pick(random_, kCodes), random_.below(8), random_.below(3) == 0 ? 2u : 1u};
    }

    // Mostly a handle of the process; sometimes somebody else's, or none.
    HandleId any_handle(ProcessId process) {
        const bool anybodys = random_.below(30) == 0;
        std::vector<HandleId> handles;
        world_.handles.for_each([&](HandleId id, const Handle& handle) {
            if (anybodys || handle.process == process) handles.push_back(id);
        });
        return handles.empty() ? HandleId{} : handles[random_.below(size(handles))];
    }

    void collect() {
        for (const Completion& completion : kernel_.completions()) ++statuses_[completion.status];
        kernel_.clear_completions();
        for (; seen_ < recorder_.events().size(); ++seen_) {
            const TraceEventKind kind = recorder_.events()[seen_].kind;
            issued_ += kind == TraceEventKind::issue;
            completed_ += kind == TraceEventKind::complete;
        }
    }

    template <typename T>
    static std::uint32_t size(const std::vector<T>& values) {
        return static_cast<std::uint32_t>(values.size());
    }

    Random random_;
    RandomScheduler scheduler_;
    std::shared_ptr<Names> names_;
    World world_;
    TraceRecorder recorder_;
    std::vector<std::string> data_{"hello", "WORLD"};
    Kernel kernel_;
    std::vector<PathId> paths_;
    NameId short_name_;
    std::vector<ProcessId> processes_;
    std::vector<ThreadId> threads_;
    std::size_t seen_ = 0;
    int issued_ = 0;
    int completed_ = 0;
    std::map<NtStatus, int> statuses_;
};

}  // namespace oplocksim::sim::random_clients
