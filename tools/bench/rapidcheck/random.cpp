// Random steps a second: random clients of the virtual kernel, without and with the rules as
// judges, against trivial commands in RapidCheck's stateful testing.
//
// RapidCheck runs sequences of up to 100 commands on a counter, the least that a command can be:
// what is measured is its own machinery. Here a run is a fork of a prepared world and 100 requests
// of four threads of two clients on three files, in random order, with whatever is released going
// on in between; then the clients end. A step is a request or the resumption of a released
// operation. All are measured in one process, in turns, in CPU time; the medians are printed.
#include <rapidcheck.h>
#include <rapidcheck/state.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "conformance/rules/rules.h"
#include "sim/kernel.h"
#include "sim/random.h"

namespace {

using namespace oplocksim;

constexpr int kRequestsPerRun = 100;

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// ---- RapidCheck. --------------------------------------------------------------------------------

std::uint64_t commands_run = 0;

struct Increment final : rc::state::Command<int, int> {
    void apply(int& model) const override { ++model; }
    void run(const int& model, int& counter) const override {
        ++commands_run;
        RC_ASSERT(++counter == model + 1);
    }
    void show(std::ostream& out) const override { out << "increment"; }
};
struct Decrement final : rc::state::Command<int, int> {
    void apply(int& model) const override { --model; }
    void run(const int& model, int& counter) const override {
        ++commands_run;
        RC_ASSERT(--counter == model - 1);
    }
    void show(std::ostream& out) const override { out << "decrement"; }
};

// The same with a random argument.
struct Add final : rc::state::Command<int, int> {
    int amount = *rc::gen::inRange(0, 1000);
    void apply(int& model) const override { model += amount; }
    void run(const int& model, int& counter) const override {
        ++commands_run;
        counter += amount;
        RC_ASSERT(counter == model + amount);
    }
    void show(std::ostream& out) const override { out << "add " << amount; }
};

template <typename... Commands>
std::uint64_t run_rapidcheck() {
    commands_run = 0;
    const bool passed = rc::check([] {
        int counter = 0;
        rc::state::check(0, counter, rc::state::gen::execOneOfWithArgs<Commands...>());
    });
    if (!passed) std::exit(EXIT_FAILURE);
    return commands_run;
}

// ---- The virtual kernel. ------------------------------------------------------------------------

constexpr std::size_t kThreads = 4;

class Clients {
 public:
    Clients() {
        auto names = std::make_shared<sim::Names>();
        names_ = names;
        world_ = sim::Kernel::make_world({}, names_);
        sim::FifoScheduler fifo;
        sim::Kernel kernel(world_, fifo);
        for (const char* text : {"\\a", "\\b", "\\c"}) {
            paths_.push_back(*names->intern_path(text));
            kernel.add_to_volume({paths_.back(), false, 0, 4096, 0, {}});
        }
        for (std::size_t i = 0; i < kThreads; ++i) {
            if (i % 2 == 0) processes_[i / 2] = kernel.create_process(names->intern("client"));
            threads_[i] = kernel.create_thread(processes_[i / 2], names->intern("thread"));
        }
    }

    // One run. Returns how many steps it took.
    std::uint64_t run(std::uint64_t seed, sim::TraceSink* sink) {
        sim::Random random(seed);
        sim::World world = world_;
        RandomScheduler scheduler(random);
        sim::Kernel kernel(world, scheduler, sink);
        std::uint64_t steps = 0;
        for (auto& handles : handles_) handles.clear();
        for (int i = 0; i < kRequestsPerRun; ++i) {
            if (random.below(2) == 0) steps += kernel.step();
            const std::size_t index = random.below(kThreads);
            if (world.threads[threads_[index]].state != sim::ThreadState::running) continue;
            static_cast<void>(kernel.submit(threads_[index], request(random, index / 2)));
            ++steps;
            keep_handles(kernel);
        }
        while (kernel.step()) ++steps;
        for (const sim::ProcessId process : processes_) kernel.terminate_process(process);
        return steps;
    }
    [[nodiscard]] const std::shared_ptr<const sim::Names>& names() const { return names_; }

 private:
    class RandomScheduler final : public sim::Scheduler {
     public:
        explicit RandomScheduler(sim::Random& random) : random_(random) {}
        std::size_t choose(const sim::World&, std::span<const sim::ReadyItem> choices) override {
            return random_.below(static_cast<std::uint32_t>(choices.size()));
        }

     private:
        sim::Random& random_;
    };

    sim::Request request(sim::Random& random, std::size_t client) {
        using sim::RequestKind;
        static constexpr RequestKind kKinds[] = {
            RequestKind::oplock_fsctl, RequestKind::oplock_fsctl, RequestKind::oplock_fsctl,
            RequestKind::read,         RequestKind::read,         RequestKind::write,
            RequestKind::write,        RequestKind::lock,         RequestKind::unlock,
            RequestKind::flush,        RequestKind::close_handle, RequestKind::close_handle};
        const auto& handles = handles_[client];
        sim::Request r;
        if (handles.empty() || random.below(4) == 0) {
            r.path = paths_[random.below(3)];
            r.access = random.below(2) == 0 ? engine::FILE_READ_DATA
                                            : engine::FILE_READ_DATA | engine::FILE_WRITE_DATA;
            r.share = random.below(4) == 0 ? engine::FILE_SHARE_READ : engine::ShareAccess{7};
            r.target_key.value = random.below(3);
            return r;
        }
        r.kind = kKinds[random.below(std::size(kKinds))];
        r.handle = handles[random.below(static_cast<std::uint32_t>(handles.size()))];
        r.offset = random.below(8);
        r.length = 8;
        r.fail_immediately = true;
        r.fsctl.requested_oplock_level = 1 + 2 * random.below(4);
        r.fsctl.flags = random.below(3) == 0 ? engine::REQUEST_OPLOCK_INPUT_FLAG_ACK
                                             : engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST;
        return r;
    }
    void keep_handles(sim::Kernel& kernel) {
        for (const sim::Completion& completion : kernel.completions()) {
            const auto thread = std::ranges::find(threads_, completion.thread);
            auto& handles = handles_[static_cast<std::size_t>(thread - threads_.begin()) / 2];
            if (completion.handle) handles.push_back(completion.handle);
        }
        kernel.clear_completions();
        const sim::World& world = kernel.world();
        for (auto& handles : handles_) {
            std::erase_if(handles, [&](auto id) { return !world.handles.contains(id); });
        }
    }

    std::shared_ptr<const sim::Names> names_;
    sim::World world_;
    std::vector<sim::PathId> paths_;
    std::array<sim::ProcessId, kThreads / 2> processes_;
    std::array<sim::ThreadId, kThreads> threads_;
    std::array<std::vector<sim::HandleId>, kThreads / 2> handles_;
};

std::uint64_t run_kernel(std::uint64_t first_seed, int runs) {
    Clients clients;
    std::uint64_t steps = 0;
    for (int i = 0; i < runs; ++i) {
        steps += clients.run(first_seed + static_cast<std::uint64_t>(i), nullptr);
    }
    return steps;
}

// What the rules had to say: nothing, one hopes.
struct Findings {
    int runs = 0;
    std::uint64_t first_seed = 0;
    std::string first;
};

std::uint64_t run_kernel_with_rules(std::uint64_t first_seed, int runs, Findings& findings) {
    Clients clients;
    std::uint64_t steps = 0;
    for (int i = 0; i < runs; ++i) {
        const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
        conformance::RuleSet rules({}, clients.names());
        steps += clients.run(seed, &rules);
        rules.at_end();
        if (rules.violations().empty() || findings.runs++ != 0) continue;
        const conformance::Violation& violation = rules.violations().front();
        findings.first_seed = seed;
        findings.first = std::string(violation.rule) + ": " + violation.observed;
    }
    return steps;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

template <typename Work>
double rate(Work work) {
    const double before = cpu_seconds();
    const auto steps = static_cast<double>(work());
    return steps / (cpu_seconds() - before) / 1e6;
}

}  // namespace

int main() {
    constexpr int kRounds = 5;
    setenv("RC_PARAMS", "max_success=5000 max_size=100", 1);
    std::vector<double> rapidcheck;
    std::vector<double> with_argument;
    std::vector<double> plain;
    std::vector<double> judged;
    Findings findings;
    for (int round = 0; round < kRounds; ++round) {
        const auto seed = static_cast<std::uint64_t>(round) * 1'000'000;
        rapidcheck.push_back(rate([] { return run_rapidcheck<Increment, Decrement>(); }));
        with_argument.push_back(rate([] { return run_rapidcheck<Add>(); }));
        plain.push_back(rate([&] { return run_kernel(seed, 5000); }));
        judged.push_back(rate([&] { return run_kernel_with_rules(seed, 5000, findings); }));
    }
    const double peer = median(rapidcheck);
    std::printf("%-46s %8s  %s\n", "", "M/s CPU", "times RapidCheck");
    const auto print = [&](const char* what, const std::vector<double>& rates) {
        std::printf("%-46s %8.2f  %5.1f\n", what, median(rates), median(rates) / peer);
    };
    print("RapidCheck, commands without arguments", rapidcheck);
    print("RapidCheck, commands with one random number", with_argument);
    print("random kernel steps, rules off", plain);
    print("random kernel steps, rules on", judged);
    if (findings.runs == 0) return EXIT_SUCCESS;
    std::printf("%d runs broke a rule, the first with seed %llu: %s\n", findings.runs,
                static_cast<unsigned long long>(findings.first_seed), findings.first.c_str());
    return EXIT_FAILURE;
}
