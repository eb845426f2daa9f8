// How fast the package and the kernel are, beside a peer in the same run. See README.md.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "conformance/rules/rules.h"
#include "engine/assert.h"
#include "engine/oplock.h"
#include "engine/semantics.h"
#include "sim/fingerprint.h"
#include "sim/kernel.h"
#include "sim/trace_json.h"

namespace oplocksim {
namespace {

using engine::Caller;
using engine::CheckRequest;
using engine::Effects;
using engine::Oplock;
using engine::Semantics;

// ---- The peer: what the least conceivable implementation does. ----------------------------------
// One exclusive oplock as three variables and a switch, no lists, no keys beyond one comparison, no
// waiters, no reasons: a lower bound for the cost of one decision.
struct PlainOplock {
    std::uint32_t owner = 0;
    std::uint32_t waiter = 0;
    int state = 0;   // 0 none, 1 RWH, 2 RWH breaking to RH, 3 RH
};

int plain_step(PlainOplock& oplock, int operation, std::uint32_t caller) {
    switch (operation) {
        case 0:   // request
            if (oplock.state != 0) return 1;
            oplock.owner = caller;
            oplock.state = 1;
            return 0;
        case 1:   // a conflicting create
            if (oplock.state == 0 || oplock.owner == caller) return 0;
            if (oplock.state == 1) oplock.state = 2;
            oplock.waiter = caller;
            return 2;
        case 2:   // acknowledge
            if (oplock.state != 2 || oplock.owner != caller) return 1;
            oplock.state = 3;
            oplock.waiter = 0;
            return 0;
        case 3:   // cleanup
            if (oplock.owner == caller) oplock = PlainOplock{};
            return 0;
        default: return 1;
    }
}

void plain_cycle(benchmark::State& state) {
    PlainOplock oplock;
    int sum = 0;
    for (auto _ : state) {
        for (int operation = 0; operation < 4; ++operation) {
            benchmark::DoNotOptimize(oplock);
            sum += plain_step(oplock, operation, operation == 1 ? 2u : 1u);
        }
    }
    benchmark::DoNotOptimize(sum);
    state.SetItemsProcessed(state.iterations() * 4);
}
BENCHMARK(plain_cycle);

// ---- The package. -------------------------------------------------------------------------------

constexpr Caller kOwner{{1}, {1}, {0}, {1}};
constexpr Caller kAcknowledger{{1}, {1}, {0}, {3}};
constexpr Caller kOther{{2}, {2}, {0}, {2}};

engine::OplockFsctl rwh_request() {
    return {engine::FsControlCode::FSCTL_REQUEST_OPLOCK, 7,
            engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST};
}
engine::OplockFsctl rh_acknowledgment() {
    return {engine::FsControlCode::FSCTL_REQUEST_OPLOCK, 3, engine::REQUEST_OPLOCK_INPUT_FLAG_ACK};
}
CheckRequest conflicting_create() {
    CheckRequest request;
    request.operation = engine::Operation::create;
    request.desired_access = engine::FILE_READ_DATA;
    request.share_access = engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE;
    return request;
}

engine::StreamFacts owner_facts() { return {}; }

// The four calls, each on an oplock in the state that it expects.
void request(const Semantics& semantics, Oplock& oplock, Effects& effects) {
    benchmark::DoNotOptimize(
        oplock.fsctrl(semantics, kOwner, rwh_request(), owner_facts(), effects));
}
void conflict(const Semantics& semantics, Oplock& oplock, Effects& effects) {
    benchmark::DoNotOptimize(oplock.check(semantics, kOther, conflicting_create(), effects));
}
void acknowledge(const Semantics& semantics, Oplock& oplock, Effects& effects) {
    benchmark::DoNotOptimize(
        oplock.fsctrl(semantics, kAcknowledger, rh_acknowledgment(), owner_facts(), effects));
}
void clean_up(const Semantics& semantics, Oplock& oplock, Effects& effects) {
    oplock.cleanup(semantics, kOwner.file_object, effects);
}

using Call = void (*)(const Semantics&, Oplock&, Effects&);
constexpr std::array<Call, 4> kCycle{request, conflict, acknowledge, clean_up};

void engine_cycle(benchmark::State& state) {
    const Semantics semantics;
    Oplock oplock;
    Effects effects;
    for (auto _ : state) {
        for (const Call call : kCycle) {
            effects.clear();
            call(semantics, oplock, effects);
        }
    }
    state.SetItemsProcessed(state.iterations() * 4);
}
BENCHMARK(engine_cycle);

// One of the four calls alone: many oplocks are brought to the state before it, off the clock.
void engine_call(benchmark::State& state, std::size_t measured) {
    constexpr int kBatch = 4096;
    const Semantics semantics;
    Effects effects;
    Oplock before;
    for (std::size_t i = 0; i < measured; ++i) {
        effects.clear();
        kCycle[i](semantics, before, effects);
    }
    std::vector<Oplock> oplocks(kBatch);
    std::size_t next = kBatch;
    for (auto _ : state) {
        if (next == oplocks.size()) {
            state.PauseTiming();
            for (Oplock& oplock : oplocks) oplock = before;
            next = 0;
            state.ResumeTiming();
        }
        effects.clear();
        kCycle[measured](semantics, oplocks[next++], effects);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(engine_call, request_RWH, 0u);
BENCHMARK_CAPTURE(engine_call, conflicting_check, 1u);
BENCHMARK_CAPTURE(engine_call, acknowledge_RH, 2u);
BENCHMARK_CAPTURE(engine_call, cleanup, 3u);

// ---- The kernel. --------------------------------------------------------------------------------
// A step is one submitted request. One round is ten of them on one file:
//   A opens, A requests RWH, A reads, A writes, B opens (breaks RWH to RH and waits), A
//   acknowledges RH (B's open completes), B reads, B writes (breaks RH to None, nobody waits),
//   A closes, B closes.

constexpr int kStepsPerRound = 10;

sim::Request open(sim::PathId path) {
    sim::Request request;
    request.kind = sim::RequestKind::create;
    request.path = path;
    request.access = engine::FILE_READ_DATA | engine::FILE_WRITE_DATA;
    request.share = engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE;
    return request;
}
sim::Request data(sim::RequestKind kind, sim::HandleId handle) {
    sim::Request request;
    request.kind = kind;
    request.handle = handle;
    request.length = 512;
    return request;
}
sim::Request close(sim::HandleId handle) {
    sim::Request request;
    request.kind = sim::RequestKind::close_handle;
    request.handle = handle;
    return request;
}
sim::Request fsctl(sim::HandleId handle, const engine::OplockFsctl& fsctl) {
    sim::Request request;
    request.kind = sim::RequestKind::oplock_fsctl;
    request.handle = handle;
    request.fsctl = fsctl;
    return request;
}

class Round {
 public:
    // `judged`: rules watch from the first handle on.
    explicit Round(std::int64_t unrelated_handles, bool judged = false) {
        auto names = std::make_shared<sim::Names>();
        file_ = *names->intern_path("\\data.bin");
        const std::int64_t files = std::min<std::int64_t>(unrelated_handles, kUnrelatedFiles);
        std::vector<sim::PathId> others;
        for (std::int64_t i = 0; i < files; ++i) {
            others.push_back(*names->intern_path("\\other" + std::to_string(i)));
        }
        const sim::NameId client = names->intern("client");
        names_ = names;
        world_ = sim::Kernel::make_world(Semantics{}, names_);
        if (judged) rules_ = std::make_unique<conformance::RuleSet>(Semantics{}, names_);
        sim::Kernel kernel(world_, scheduler_, rules_.get());
        kernel.add_to_volume({file_, false, 0, 4096, 0, {}});
        for (const sim::PathId path : others) kernel.add_to_volume({path, false, 0, 4096, 0, {}});
        a_ = kernel.create_thread(kernel.create_process(client), client);
        b_ = kernel.create_thread(kernel.create_process(client), client);
        const sim::ThreadId c = kernel.create_thread(kernel.create_process(client), client);
        for (std::int64_t i = 0; i < unrelated_handles; ++i) {
            static_cast<void>(kernel.submit(c, open(others[static_cast<std::size_t>(i % files)])));
            kernel.clear_completions();
        }
    }

    // The first half: A owes an acknowledgment, B's open waits for it. Returns A's handle.
    sim::HandleId run_to_the_break(sim::Kernel& kernel) {
        const sim::HandleId a = opened(kernel, a_);
        submit(kernel, a_, fsctl(a, rwh_request()));
        submit(kernel, a_, data(sim::RequestKind::read, a));
        submit(kernel, a_, data(sim::RequestKind::write, a));
        static_cast<void>(kernel.submit(b_, open(file_)));
        return a;
    }

    void run(sim::Kernel& kernel) {
        const sim::HandleId a = run_to_the_break(kernel);
        submit(kernel, a_, fsctl(a, rh_acknowledgment()));
        const sim::HandleId b = last_handle(kernel);
        submit(kernel, b_, data(sim::RequestKind::read, b));
        submit(kernel, b_, data(sim::RequestKind::write, b));
        submit(kernel, a_, close(a));
        submit(kernel, b_, close(b));
        // What is measured is what is described: every request of a round is over at its end.
        OPLOCKSIM_ASSERT(kernel.completions().size() == kStepsPerRound, "a round went astray");
        kernel.clear_completions();
    }

    sim::World& world() { return world_; }
    sim::Scheduler& scheduler() { return scheduler_; }
    [[nodiscard]] const sim::Names& names() const { return *names_; }
    // Requires: judged.
    [[nodiscard]] conformance::RuleSet& rules() { return *rules_; }

 private:
    static constexpr std::int64_t kUnrelatedFiles = 1024;

    static void submit(sim::Kernel& kernel, sim::ThreadId thread, const sim::Request& request) {
        static_cast<void>(kernel.submit(thread, request));
        kernel.run_until_idle();
    }
    static sim::HandleId last_handle(const sim::Kernel& kernel) {
        for (std::size_t i = kernel.completions().size(); i > 0; --i) {
            const sim::Completion& completion = kernel.completions()[i - 1];
            if (completion.kind == sim::RequestKind::create) return completion.handle;
        }
        return {};
    }
    sim::HandleId opened(sim::Kernel& kernel, sim::ThreadId thread) {
        submit(kernel, thread, open(file_));
        return last_handle(kernel);
    }

    std::shared_ptr<const sim::Names> names_;
    sim::World world_;
    sim::FifoScheduler scheduler_;
    std::unique_ptr<conformance::RuleSet> rules_;
    sim::PathId file_;
    sim::ThreadId a_;
    sim::ThreadId b_;
};

void kernel_steps(benchmark::State& state) {
    Round round(state.range(0));
    sim::Kernel kernel(round.world(), round.scheduler());
    for (auto _ : state) round.run(kernel);
    state.SetItemsProcessed(state.iterations() * kStepsPerRound);
}
BENCHMARK(kernel_steps)->ArgName("unrelated_handles")->Arg(0)->Arg(2)->Arg(1'000)->Arg(1'000'000);

void kernel_steps_trace_in_memory(benchmark::State& state) {
    constexpr std::size_t kKeptEvents = 65'536;
    Round round(state.range(0));
    sim::TraceRecorder recorder;
    sim::Kernel kernel(round.world(), round.scheduler(), &recorder);
    for (auto _ : state) {
        round.run(kernel);
        if (recorder.events().size() > kKeptEvents) recorder.clear();
    }
    state.SetItemsProcessed(state.iterations() * kStepsPerRound);
}
BENCHMARK(kernel_steps_trace_in_memory)->ArgName("unrelated_handles")->Arg(2)->Arg(1'000'000);

void kernel_steps_trace_json(benchmark::State& state) {
    Round round(state.range(0));
    std::uint64_t bytes = 0;
    sim::TraceJsonWriter writer(round.names(), [&bytes](std::string_view text) {
        bytes += text.size();
    });
    sim::Kernel kernel(round.world(), round.scheduler(), &writer);
    for (auto _ : state) round.run(kernel);
    state.SetItemsProcessed(state.iterations() * kStepsPerRound);
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(kernel_steps_trace_json)->ArgName("unrelated_handles")->Arg(2)->Arg(1'000'000);

// Every rule judges every event as it happens.
void kernel_steps_rules(benchmark::State& state) {
    Round round(state.range(0), true);
    sim::Kernel kernel(round.world(), round.scheduler(), &round.rules());
    for (auto _ : state) round.run(kernel);
    OPLOCKSIM_ASSERT(round.rules().violations().empty(), "the rules object to a round");
    state.SetItemsProcessed(state.iterations() * kStepsPerRound);
}
BENCHMARK(kernel_steps_rules)->ArgName("unrelated_handles")->Arg(0)->Arg(2)->Arg(1'000)->Arg(1'000'000);

// ---- A varied load. -----------------------------------------------------------------------------
// One turn at each of eight files, in two directories, with another type of oplock each: A opens
// it, requests the oplock and reads; B opens it and waits for the break, if there is one; A lets
// every third wait be cancelled and acknowledges the others; A takes and drops a byte-range lock;
// B, if it got in, writes, which A has to acknowledge again if it kept a cache; both close.
class VariedLoad {
 public:
    VariedLoad() {
        auto names = std::make_shared<sim::Names>();
        for (std::size_t i = 0; i < kFiles; ++i) {
            const std::string directory = i % 2 == 0 ? "\\a" : "\\b";
            files_.push_back(*names->intern_path(directory + "\\file" + std::to_string(i)));
        }
        const sim::PathId a = *names->intern_path("\\a");
        const sim::PathId b = *names->intern_path("\\b");
        const sim::NameId client = names->intern("client");
        names_ = names;
        world_ = sim::Kernel::make_world(Semantics{}, names_);
        sim::Kernel kernel(world_, scheduler_);
        for (const sim::PathId directory : {a, b}) {
            kernel.add_to_volume({directory, true, 0, 0, 0, {}});
        }
        for (const sim::PathId file : files_) kernel.add_to_volume({file, false, 0, 4096, 0, {}});
        a_ = kernel.create_thread(kernel.create_process(client), client);
        b_ = kernel.create_thread(kernel.create_process(client), client);
    }

    // Returns the number of steps.
    int run(sim::Kernel& kernel) {
        steps_ = 0;
        for (std::size_t i = 0; i < kFiles; ++i) {
            visit(kernel, files_[i], kTypes[i], i % 3 == 0);
            kernel.clear_completions();
        }
        return steps_;
    }

    sim::World& world() { return world_; }
    sim::Scheduler& scheduler() { return scheduler_; }
    [[nodiscard]] const std::shared_ptr<const sim::Names>& shared_names() const { return names_; }

 private:
    static constexpr std::size_t kFiles = 8;
    static constexpr engine::OplockType kTypes[kFiles] = {
        engine::OplockType::level_1,    engine::OplockType::batch,
        engine::OplockType::filter,     engine::OplockType::level_2,
        engine::OplockType::read,       engine::OplockType::read_handle,
        engine::OplockType::read_write, engine::OplockType::read_write_handle};

    static engine::OplockFsctl request_for(engine::OplockType type) {
        using engine::FsControlCode;
        if (type == engine::OplockType::level_1) {
            return {FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1, 0, 0};
        }
        if (type == engine::OplockType::batch) {
            return {FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK, 0, 0};
        }
        if (type == engine::OplockType::filter) {
            return {FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK, 0, 0};
        }
        if (type == engine::OplockType::level_2) {
            return {FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2, 0, 0};
        }
        return {FsControlCode::FSCTL_REQUEST_OPLOCK, engine::cache_level(type),
                engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST};
    }
    static engine::OplockFsctl acknowledgment_for(engine::OplockType type) {
        if (!engine::is_granular(type)) {
            return {engine::FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, 0, 0};
        }
        return {engine::FsControlCode::FSCTL_REQUEST_OPLOCK, 0,
                engine::REQUEST_OPLOCK_INPUT_FLAG_ACK};
    }

    void visit(sim::Kernel& kernel, sim::PathId file, engine::OplockType type, bool cancels) {
        submit(kernel, a_, open(file));
        const sim::HandleId a = kernel.completions().back().handle;
        submit(kernel, a_, fsctl(a, request_for(type)));
        submit(kernel, a_, data(sim::RequestKind::read, a));
        const sim::IrpId second = submit(kernel, b_, open(file));
        const bool waits = kernel.world().irps.contains(second);
        if (waits && cancels) kernel.cancel(second);
        if (waits && !cancels) submit(kernel, a_, fsctl(a, acknowledgment_for(type)));
        kernel.run_until_idle();
        sim::HandleId b;
        for (const sim::Completion& one : kernel.completions()) {
            if (one.irp == second && engine::nt_success(one.status)) b = one.handle;
        }
        submit(kernel, a_, data(sim::RequestKind::lock, a));
        submit(kernel, a_, data(sim::RequestKind::unlock, a));
        if (b) submit(kernel, b_, data(sim::RequestKind::write, b));
        if (b) submit(kernel, a_, fsctl(a, acknowledgment_for(type)));
        submit(kernel, a_, close(a));
        if (b) submit(kernel, b_, close(b));
        OPLOCKSIM_ASSERT(kernel.world().irps.empty(), "a visit left something behind");
    }

    sim::IrpId submit(sim::Kernel& kernel, sim::ThreadId thread, const sim::Request& request) {
        ++steps_;
        const sim::IrpId irp = kernel.submit(thread, request).irp;
        kernel.run_until_idle();
        return irp;
    }

    std::vector<sim::PathId> files_;
    std::shared_ptr<const sim::Names> names_;
    sim::World world_;
    sim::FifoScheduler scheduler_;
    sim::ThreadId a_;
    sim::ThreadId b_;
    int steps_ = 0;
};

void varied_steps(benchmark::State& state) {
    VariedLoad load;
    sim::Kernel kernel(load.world(), load.scheduler());
    std::int64_t steps = 0;
    for (auto _ : state) steps += load.run(kernel);
    state.SetItemsProcessed(steps);
}
BENCHMARK(varied_steps);

void varied_steps_rules(benchmark::State& state) {
    VariedLoad load;
    conformance::RuleSet rules(Semantics{}, load.shared_names());
    sim::Kernel kernel(load.world(), load.scheduler(), &rules);
    std::int64_t steps = 0;
    for (auto _ : state) steps += load.run(kernel);
    OPLOCKSIM_ASSERT(rules.violations().empty(), "the rules object to the varied load");
    state.SetItemsProcessed(steps);
}
BENCHMARK(varied_steps_rules);

// ---- Forking the universe. ----------------------------------------------------------------------
// One copy of the world, and of the rules that have watched a round so far.
void fork_rules(benchmark::State& state) {
    Round round(state.range(0), true);
    sim::Kernel kernel(round.world(), round.scheduler(), &round.rules());
    round.run_to_the_break(kernel);
    for (auto _ : state) {
        const conformance::RuleSet copy = round.rules();
        benchmark::DoNotOptimize(&copy);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fork_rules)->ArgName("unrelated_handles")->Arg(2)->Arg(1'000);

void fork_world(benchmark::State& state) {
    Round round(state.range(0));
    for (auto _ : state) {
        const sim::World copy = round.world();
        benchmark::DoNotOptimize(&copy);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fork_world)->ArgName("unrelated_handles")->Arg(2)->Arg(1'000);

// ---- Fingerprints. ------------------------------------------------------------------------------
// A small world, as exploration meets it millions of times: two clients, one file, two handles
// each; A holds RWH, B's third open broke it and waits.

sim::World small_world() {
    auto names = std::make_shared<sim::Names>();
    sim::Request open;
    open.path = *names->intern_path("\\data.bin");
    open.access = engine::FILE_READ_DATA;
    open.share = engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE;
    open.target_key.value = 1;
    const sim::NameId client = names->intern("client");
    sim::World world = sim::Kernel::make_world(Semantics{}, names);
    sim::FifoScheduler scheduler;
    sim::Kernel kernel(world, scheduler);
    kernel.add_to_volume({open.path, false, 0, 4096, 0, {}});
    const sim::ThreadId a = kernel.create_thread(kernel.create_process(client), client);
    const sim::ThreadId b = kernel.create_thread(kernel.create_process(client), client);
    for (const sim::ThreadId thread : {a, a, b, b}) static_cast<void>(kernel.submit(thread, open));
    sim::Request oplock;
    oplock.kind = sim::RequestKind::oplock_fsctl;
    oplock.handle = kernel.completions().front().handle;
    oplock.fsctl = rwh_request();
    static_cast<void>(kernel.submit(a, oplock));
    open.target_key.value = 2;
    static_cast<void>(kernel.submit(b, open));
    OPLOCKSIM_ASSERT(world.irps.size() == 1 && world.handles.size() == 4, "not the world described");
    return world;
}

void fingerprint_small_world(benchmark::State& state) {
    const sim::World world = small_world();
    const std::vector<sim::ThreadId> threads = sim::all_threads(world);
    sim::CanonicalIds ids;
    for (auto _ : state) {
        ids.assign(world, threads);
        benchmark::DoNotOptimize(sim::fingerprint(world, ids));
    }
    state.counters["words"] = static_cast<double>(sim::canonical_form(world, ids).size());
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fingerprint_small_world);

void canonical_ids_small_world(benchmark::State& state) {
    const sim::World world = small_world();
    const std::vector<sim::ThreadId> threads = sim::all_threads(world);
    sim::CanonicalIds ids;
    for (auto _ : state) {
        ids.assign(world, threads);
        benchmark::DoNotOptimize(&ids);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(canonical_ids_small_world);

}  // namespace
}  // namespace oplocksim

BENCHMARK_MAIN();
