#include "conformance/fuzz/fuzz_run.h"

#include <algorithm>
#include <array>

#include "conformance/findings/left_over.h"
#include "conformance/fuzz/oracle.h"
#include "engine/assert.h"
#include "engine/invariant_watch.h"

namespace oplocksim::conformance::fuzz {
namespace {

// Answers that owners may have to give in the end: each may start another break.
constexpr int kMaxAnswers = 64;
// Waiters that are cancelled because nobody can move any more.
constexpr int kMaxUnblocked = 16;
constexpr std::size_t kMaxThreads = std::size_t{kMaxClients} * kMaxThreadsPerClient;

sim::World pristine_world(sim::TraceSink& sink) {
    const Universe& all = universe();
    sim::World world = sim::Kernel::make_world(engine::Semantics{}, all.names);
    sim::FifoScheduler fifo;
    sim::Kernel kernel(world, fifo, &sink);
    for (const sim::VolumeEntry& entry : all.volume) kernel.add_to_volume(entry);
    for (const auto& [existing, link] : all.links) kernel.add_link(existing, link);
    return world;
}

}  // namespace

FuzzRun::FuzzRun()
    : pristine_(pristine_world(volume_)),
      world_(pristine_),
      shown_volume_(engine::Semantics{}, universe().names),
      rules_(shown_volume_),
      end_rules_(shown_volume_),
      kernel_(world_, fifo_, &rules_, universe().data) {
    for (const sim::TraceEvent& event : volume_.events()) shown_volume_.on_event(event);
}

void FuzzRun::begin(Choices& choices, const Options& options) {
    choices_ = &choices;
    swarm_ = draw_swarm(choices, options.semantics);
    goes_on_ = options.goes_on;
    if (options.configure) options.configure(swarm_);
    world_ = pristine_;
    world_.semantics = swarm_.semantics;
    if (options.shows_volume) {
        rules_ = shown_volume_;
        rules_.set_semantics(swarm_.semantics);
    } else {
        rules_ = RuleSet(swarm_.semantics, universe().names);
    }
    kernel_.clear_completions();
    situation_.begin();
    history_.clear();
    left_over_.clear();
    broken_.clear();
    judged_end_ = false;
    generator_.begin(swarm_, choices, situation_);
    processes_.clear();
    threads_.clear();
    last_thread_ = 0;
    steps_ = 0;
    for (sim::ClientIndex client = 0; client < swarm_.clients; ++client) {
        processes_.push_back(kernel_.create_process(universe().clients[client].name_id));
    }
    for (sim::ClientIndex client = 0; client < swarm_.clients; ++client) {
        for (std::size_t i = 0; i < swarm_.threads_per_client; ++i) {
            threads_.push_back({kernel_.create_thread(processes_[client],
                                                      universe().thread_name_ids[i]),
                                client, sim::kNoStep});
        }
    }
    for (sim::ClientIndex client = 0; client < swarm_.clients; ++client) {
        if (!swarm_.caches(client)) continue;
        kernel_.start_caching(processes_[client],
                              kernel_.create_thread(processes_[client],
                                                    universe().cache_thread_name_id));
    }
}

void FuzzRun::run(Choices& choices, const Options& options) {
    const engine::InvariantWatch watch;
    begin(choices, options);
    carry_out(options);
    failed_at_ = history_.choices.size();
    if (is_over()) {
        if (failed_at_ > 0) --failed_at_;   // the last choice showed it
        return;
    }
    end();
    broken_ = watch.broken();
}

void FuzzRun::carry_out(const Options& options) {
    int unblocked = 0;
    for (int moves = 0; moves < swarm_.steps && !choices_->exhausted(); ++moves) {
        if (options.before_move) options.before_move(steps_);
        if (!take_next() && (++unblocked > kMaxUnblocked || !unblock())) break;
        if (options.check_invariants) kernel_.check_invariants();
        if (is_over()) return;
    }
    finish(swarm_.answers);
}

bool FuzzRun::can_move(const Thread& thread) const {
    if (world_.threads[thread.id].state != sim::ThreadState::running) return false;
    return thread.waits_for == sim::kNoStep || situation_.operations()[thread.waits_for].over;
}

bool FuzzRun::choose_thread(std::size_t& chosen) {
    if (choices_->chance(swarm_.stays) && can_move(threads_[last_thread_])) {
        chosen = last_thread_;
        return true;
    }
    std::array<std::size_t, kMaxThreads> movable;
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        movable[count] = i;
        count += can_move(threads_[i]) ? 1 : 0;
    }
    if (count == 0) return false;
    chosen = movable[choices_->below(count)];
    return true;
}

// A released operation or a cache goes on: one that is drawn, or the first. Returns false if there
// is none.
bool FuzzRun::let_something_go_on(bool first) {
    const std::span<const sim::ReadyItem> ready = kernel_.runnable();
    const std::span<const sim::HandleId> work =
        swarm_.caching != 0 ? kernel_.cache_work() : std::span<const sim::HandleId>();
    const auto count = static_cast<std::uint32_t>(ready.size() + work.size());
    if (count == 0) return false;
    const std::uint32_t chosen = first || count == 1 ? 0 : choices_->below(count);
    if (chosen < ready.size()) {
        release(ready[chosen]);
    } else {
        work_for_cache(work[chosen - ready.size()]);
    }
    return true;
}

// Something happens. Returns false if nobody can move.
bool FuzzRun::take_next() {
    const bool goes_on = !kernel_.runnable().empty() ||
                         (swarm_.caching != 0 && !kernel_.cache_work().empty());
    if (goes_on && choices_->chance(swarm_.releases_first)) return let_something_go_on(false);
    if (swarm_.world != 0 && choices_->chance(swarm_.world)) {
        generator_.draw_world(draft_);
        take(draft_);
        return true;
    }
    std::size_t chosen = 0;
    if (!choose_thread(chosen)) {
        return let_something_go_on(true);
    }
    last_thread_ = chosen;
    if (!generator_.draw(threads_[chosen].client, static_cast<sim::ThreadIndex>(chosen),
                         draft_)) {
        return false;
    }
    take(draft_);
    return true;
}

// Everybody waits: the world cancels the oldest operation that is no granted request.
bool FuzzRun::unblock() {
    for (const sim::StepIndex pending : situation_.pending()) {
        if (situation_.operations()[pending].granted) continue;
        draft_ = Draft{};
        draft_.step.kind = sim::StepKind::cancel;
        draft_.step.subject = pending;
        take(draft_);
        return true;
    }
    return false;
}

sim::ClientIndex FuzzRun::client_of(const Draft& draft) const {
    if (draft.step.client != sim::kNobody) return draft.step.client;
    return draft.step.thread == sim::kNobody ? 0 : threads_[draft.step.thread].client;
}

void FuzzRun::issue(const Draft& draft, sim::StepIndex index) {
    sim::Request request = draft.step.request;
    if (draft.step.client != sim::kNobody) request.target_process = processes_[draft.step.client];
    if (draft.handle != kNone) request.handle = situation_.handles()[draft.handle].id;
    if (draft.section != kNone) {
        request.section = situation_.sections()[draft.section].id;
        situation_.close_section(draft.section);
    }
    encounters_.meet(world_, request);
    const sim::Submitted submitted =
        kernel_.submit(threads_[draft.step.thread].id, request);
    situation_.issued(draft.step, client_of(draft), draft.place, draft.handle, submitted.irp);
    if (submitted.outcome != sim::SubmitOutcome::completed) situation_.pends(index);
}

void FuzzRun::take(const Draft& draft) {
    const auto index = static_cast<sim::StepIndex>(history_.steps.size());
    const sim::Step& step = draft.step;
    if (step.kind == sim::StepKind::kill &&
        world_.processes[processes_[step.client]].terminated) {
        return;   // a step that would be passed over
    }
    ++steps_;
    history_.steps.push_back(step);
    history_.choices.push_back({sim::Choice::Kind::step, index});
    switch (step.kind) {
        case sim::StepKind::request: issue(draft, index); break;
        case sim::StepKind::wait_for:
            situation_.taken();
            threads_[step.thread].waits_for = step.subject;
            break;
        case sim::StepKind::cancel:
            situation_.taken();
            kernel_.cancel(situation_.operations()[step.subject].irp);
            break;
        case sim::StepKind::cancel_io:
            situation_.taken();
            if (world_.handles.contains(situation_.handles()[draft.handle].id)) {
                kernel_.cancel_io(situation_.handles()[draft.handle].id);
            }
            break;
        case sim::StepKind::exit_thread:
            situation_.taken();
            kernel_.exit_thread(threads_[step.thread].id);
            break;
        case sim::StepKind::kill:
            situation_.taken();
            kernel_.terminate_process(processes_[step.client]);
            situation_.died(step.client);
            break;
        case sim::StepKind::advance:
            situation_.taken();
            kernel_.advance(step.duration);
            break;
    }
    collect();
}

void FuzzRun::release(sim::ReadyItem item) {
    const sim::StepIndex step = situation_.operation_of(item.irp);
    OPLOCKSIM_ASSERT(step != sim::kNoStep, "a released operation that nobody issued");
    ++steps_;
    history_.choices.push_back({sim::Choice::Kind::go_on, step});
    kernel_.go_on(item);
    collect();
}

void FuzzRun::work_for_cache(sim::HandleId handle) {
    const auto& handles = situation_.handles();
    const auto opened = std::ranges::find(handles, handle, &FuzzHandle::id);   // the first: for real
    OPLOCKSIM_ASSERT(opened != handles.end(), "a cache of a handle that nobody opened");
    ++steps_;
    history_.choices.push_back({sim::Choice::Kind::cache, opened->made_by});
    kernel_.work_for_cache(handle);
    collect();
}

void FuzzRun::collect() {
    for (const sim::Completion& completion : kernel_.completions()) {
        situation_.completed(history_.steps, completion);
    }
    kernel_.clear_completions();
}

// In the end what is released goes on, and, if `answers`, every owner answers what it owes, as long
// as one can.
void FuzzRun::finish(bool answers) {
    int answered = 0;
    while (!is_over()) {
        if (history_.choices.size() >= kMaxChoices) {
            OPLOCKSIM_INVARIANT(history_.choices.size() < kMaxChoices,
                                "operations never come to rest");
            return;
        }
        if (let_something_go_on(true)) continue;
        if (!answers || ++answered > kMaxAnswers || !answer_one()) return;
    }
}

bool FuzzRun::answer_one() {
    for (const HandleIndex index : situation_.open_handles()) {
        const FuzzHandle& handle = situation_.handles()[index];
        if (!situation_.opens()[handle.open].owes || swarm_.caches(handle.client)) continue;
        for (std::size_t i = 0; i < threads_.size(); ++i) {
            if (threads_[i].client != handle.client || !can_move(threads_[i])) continue;
            generator_.answer(static_cast<sim::ThreadIndex>(i), index, draft_);
            take(draft_);
            return true;
        }
    }
    return false;
}

// What the rules say of the run as it is; then everybody dies, and nothing may be left over.
void FuzzRun::end() {
    end_rules_ = rules_;
    end_rules_.at_end();
    judged_end_ = true;
    if (!goes_on_ && !end_rules_.violations().empty()) {
        rules_ = end_rules_;
        return;
    }
    for (const sim::ProcessId process : processes_) {
        ++steps_;
        kernel_.terminate_process(process);
        kernel_.run_until_idle();
    }
    kernel_.clear_completions();
    rules_.at_end();
    left_over_ = findings::left_over(world_);
}

void FuzzRun::add_exercised(std::span<std::uint64_t> counts) const {
    const std::span<const std::uint64_t> all = rules_.exercised();
    const std::span<const std::uint64_t> before = judged_end_ ? end_rules_.exercised() : all;
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += std::max(all[i], before[i]);
}

bool FuzzRun::failed() const {
    return !rules_.violations().empty() || !left_over_.empty() || !broken_.empty();
}

}  // namespace oplocksim::conformance::fuzz
