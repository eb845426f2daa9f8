#include "conformance/findings/tests/finding_testing.h"

#include "conformance/findings/plan.h"
#include "conformance/findings/scenario_plan.h"

#include <gtest/gtest.h>

#include "scenarios/case_of.h"
#include "sim/schedulers.h"

namespace oplocksim::conformance::findings::testing {
namespace {

using engine::FsControlCode;
using sim::Request;
using sim::RequestKind;
using sim::Step;
using sim::StepIndex;
using sim::StepKind;

class CaseMaker {
 public:
    CaseMaker(std::uint64_t seed, int clients) : random_(seed) {
        const auto names = std::make_shared<sim::Names>();
        for (const char* path : {"\\data.bin", "\\data.bin:alt", "\\dir", "\\dir\\in side.txt",
                                 "\\new.bin", "\\Second"}) {
            paths_.push_back(*names->intern_path(path));
        }
        short_name_ = names->intern("DATA~1.BIN");
        add_volume();
        of_.data = {"hello", "tab\tquote\" \\ line\nend", "#: not - a [comment]"};
        for (int i = 0; i < clients; ++i) {
            const std::string name(1, static_cast<char>('A' + i));
            const auto client = static_cast<sim::ClientIndex>(i);
            of_.clients.push_back({name, names->intern(name)});
            of_.threads.push_back({client, "main", names->intern("main")});
            if (below(3) == 0) of_.threads.push_back({client, "t2", names->intern("t2")});
        }
        of_.names = names;
    }

    RandomCase make(int steps) {
        if (below(4) == 0) {
            const auto& info = engine::switches()[below(engine::switches().size())];
            const bool known = engine::set_switch(of_.semantics, info.name,
                                                  info.values[below(info.values.size())]);
            static_cast<void>(known);
        }
        setup();
        for (std::size_t thread = 0; thread <= of_.threads.size(); ++thread) {
            const bool world = thread == of_.threads.size();
            const auto count = world ? below(3) : 1 + below(static_cast<std::uint64_t>(steps));
            sim::Program program;
            program.thread = world ? sim::kNobody : static_cast<sim::ThreadIndex>(thread);
            program.first = static_cast<StepIndex>(of_.steps.size());
            for (std::uint64_t i = 0; i < count; ++i) {
                of_.steps.push_back(world ? world_step() : thread_step(program.thread));
            }
            program.last = static_cast<StepIndex>(of_.steps.size());
            if (program.first != program.last) of_.programs.push_back(program);
        }
        RandomCase made{std::move(of_), {}};
        const sim::CaseStart start(made.of);
        sim::RunState state = start.state();
        sim::RandomChoices scheduler(random_.next());
        sim::CaseRun(start, state).run(scheduler, 500, &made.schedule);
        return made;
    }

 private:
    std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    bool one_in(std::uint64_t count) { return below(count) == 0; }

    void add_volume() {
        const auto add = [&](std::size_t path, bool directory, std::uint64_t size) {
            sim::VolumeEntry entry;
            entry.path = paths_[path];
            entry.directory = directory;
            entry.size = size;
            of_.volume.push_back(entry);
        };
        add(0, false, sim::kClusterSize);
        if (one_in(2)) of_.volume.back().short_name = short_name_;
        if (one_in(2)) add(1, false, 10);
        if (one_in(2)) {
            add(2, true, 0);
            add(3, false, 123);
            of_.volume.back().attributes = one_in(2) ? sim::FILE_ATTRIBUTE_READONLY : 0;
            of_.volume.back().allocation_size = one_in(2) ? 8192 : 0;
        }
        if (one_in(4)) of_.links.emplace_back(paths_[0], paths_[5]);
    }

    void setup() {
        for (std::uint64_t i = below(3); i > 0; --i) {
            const auto thread = static_cast<sim::ThreadIndex>(below(of_.threads.size()));
            of_.steps.push_back(thread_step(thread));
        }
        of_.setup_end = static_cast<StepIndex>(of_.steps.size());
    }

    // A step before this one that made a handle (or section) for the client, or kNoStep.
    StepIndex handle_of(sim::ClientIndex client, bool section) {
        std::vector<StepIndex> found;
        for (StepIndex i = 0; i < of_.steps.size(); ++i) {
            const Step& step = of_.steps[i];
            if (step.kind != StepKind::request || step.thread == sim::kNobody) continue;
            const RequestKind kind = step.request.kind;
            const sim::ClientIndex owner = kind == RequestKind::duplicate_handle
                                               ? step.client
                                               : of_.threads[step.thread].client;
            const bool makes = section ? kind == RequestKind::create_section
                                       : kind == RequestKind::create ||
                                             kind == RequestKind::duplicate_handle;
            if (makes && owner == client) found.push_back(i);
        }
        return found.empty() ? sim::kNoStep : found[below(found.size())];
    }

    Step create(sim::ThreadIndex thread) {
        Step step;
        step.thread = thread;
        Request& request = step.request;
        request.kind = RequestKind::create;
        request.path = paths_[one_in(2) ? 0 : below(paths_.size())];
        constexpr engine::AccessMask kAccesses[] = {
            engine::FILE_READ_DATA, engine::FILE_READ_DATA | engine::FILE_WRITE_DATA,
            engine::FILE_WRITE_DATA | engine::DELETE, engine::FILE_READ_ATTRIBUTES,
            engine::GENERIC_READ, 0x00020181};
        request.access = kAccesses[below(std::size(kAccesses))];
        request.share = static_cast<sim::ShareAccess>(one_in(3) ? below(8) : 7);
        request.disposition = static_cast<engine::CreateDisposition>(one_in(3) ? below(6) : 1);
        if (one_in(3)) request.options |= engine::FILE_COMPLETE_IF_OPLOCKED;
        if (one_in(8)) request.options |= engine::FILE_SYNCHRONOUS_IO_NONALERT;
        if (one_in(8)) request.options |= engine::FILE_DELETE_ON_CLOSE;
        if (one_in(4)) request.target_key = {static_cast<std::uint32_t>(1 + below(2))};
        if (one_in(8)) request.parent_key = {static_cast<std::uint32_t>(1 + below(3))};
        if (one_in(8)) request.attributes = sim::FILE_ATTRIBUTE_HIDDEN;
        request.transacted = one_in(16);
        return step;
    }

    void fsctl(Request& request) {
        request.kind = RequestKind::oplock_fsctl;
        constexpr FsControlCode kCodes[] = {
            FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1,
            FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2,
            FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK,
            FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK,
            FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE,
            FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING,
            FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY,
            FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2};
        if (one_in(2)) {
            request.fsctl.code = kCodes[below(std::size(kCodes))];
            return;
        }
        request.fsctl.code = FsControlCode::FSCTL_REQUEST_OPLOCK;
        request.fsctl.requested_oplock_level = static_cast<std::uint32_t>(below(8));
        request.fsctl.flags = static_cast<std::uint32_t>(one_in(4) ? below(8) : 1 + below(2));
    }

    void other(Request& request) {
        constexpr RequestKind kKinds[] = {
            RequestKind::read, RequestKind::write, RequestKind::flush, RequestKind::lock,
            RequestKind::unlock, RequestKind::set_end_of_file, RequestKind::set_allocation,
            RequestKind::set_valid_data_length, RequestKind::rename, RequestKind::link,
            RequestKind::set_short_name, RequestKind::set_disposition,
            RequestKind::set_basic_information, RequestKind::set_security,
            RequestKind::set_encryption, RequestKind::set_zero_data,
            RequestKind::create_section, RequestKind::close_handle};
        request.kind = kKinds[below(std::size(kKinds))];
        request.offset = one_in(2) ? 0 : below(5000);
        request.length = one_in(2) ? 1 : below(5000);
        request.exclusive = one_in(2);
        request.fail_immediately = one_in(2);
        request.paging_io = one_in(6);
        const bool locks = request.kind == RequestKind::lock ||
                           request.kind == RequestKind::unlock;
        request.lock_key = locks && one_in(4) ? 3 : 0;
        request.replace_if_exists = one_in(2);
        request.delete_file = !one_in(4);
        request.lazy_writer = one_in(4);
        request.page_protection = one_in(2) ? sim::PAGE_READWRITE : sim::PAGE_READONLY;
        if (request.kind == RequestKind::rename || request.kind == RequestKind::link) {
            request.path = paths_[one_in(2) ? 4 : 5];
        }
        if (request.kind == RequestKind::set_short_name && one_in(2)) request.name = short_name_;
        if (request.kind == RequestKind::write && one_in(2)) {
            request.data = static_cast<std::uint32_t>(1 + below(of_.data.size()));
            request.length = of_.data[request.data - 1].size();
        }
    }

    Step thread_step(sim::ThreadIndex thread) {
        const sim::ClientIndex client = of_.threads[thread].client;
        Step step;
        step.thread = thread;
        step.on = handle_of(client, false);
        if (step.on == sim::kNoStep || one_in(5)) return create(thread);
        if (one_in(40)) {
            step.on = sim::kNoStep;
            step.kind = StepKind::exit_thread;
            return step;
        }
        if (one_in(20)) {
            step.kind = StepKind::cancel_io;
            return step;
        }
        if (one_in(20)) {
            step.request.kind = RequestKind::duplicate_handle;
            step.client = static_cast<sim::ClientIndex>(below(of_.clients.size()));
            return step;
        }
        if (const StepIndex section = handle_of(client, true);
            section != sim::kNoStep && one_in(10)) {
            step.on = section;
            step.request.kind = RequestKind::close_section;
            return step;
        }
        if (one_in(2)) {
            fsctl(step.request);
        } else {
            other(step.request);
        }
        return step;
    }

    Step world_step() {
        Step step;
        step.kind = StepKind::advance;
        step.duration = 1 + below(100'000'000);
        if (one_in(3)) {
            step.kind = StepKind::kill;
            step.duration = 0;
            step.client = static_cast<sim::ClientIndex>(below(of_.clients.size()));
        } else if (one_in(2) && !of_.steps.empty()) {
            const auto subject = static_cast<StepIndex>(below(of_.steps.size()));
            const bool request = of_.steps[subject].kind == StepKind::request &&
                                 of_.steps[subject].thread != sim::kNobody;
            if (!request) return step;
            step.kind = StepKind::cancel;
            step.duration = 0;
            step.subject = subject;
        }
        return step;
    }

    sim::Random random_;
    sim::Case of_;
    std::vector<sim::PathId> paths_;
    sim::NameId short_name_;
};

}  // namespace

Finding finding_in(const std::string& scenario, const Oracle& oracle) {
    Finding found;
    const auto loaded = scenarios::load_scenario("finding.yaml", scenario, nullptr);
    EXPECT_NE(loaded.scenario, nullptr) << scenario;
    if (loaded.scenario == nullptr) return found;
    for_each_case(*loaded.scenario, {}, [&](const scenarios::ScenarioCase& one) {
        const CaseAndSchedule run = to_case(plan_of(one));
        const auto failure = oracle.judge(run.of, run.schedule);
        EXPECT_TRUE(failure.has_value()) << scenario;
        if (failure) found = {run.of, run.schedule, *failure, {}};
        return false;
    });
    return found;
}

RandomCase random_case(std::uint64_t seed, int clients, int steps) {
    return CaseMaker(seed, clients).make(steps);
}

}  // namespace oplocksim::conformance::findings::testing
