#include "sim/program.h"

#include <algorithm>

#include "engine/assert.h"
#include "sim/engine_ids.h"

namespace oplocksim::sim {

std::string_view to_string(StepKind kind) {
    switch (kind) {
        case StepKind::request: return "request";
        case StepKind::wait_for: return "wait_for";
        case StepKind::cancel: return "cancel";
        case StepKind::cancel_io: return "cancel_io";
        case StepKind::exit_thread: return "exit_thread";
        case StepKind::kill: return "kill";
        case StepKind::advance: return "advance";
    }
    OPLOCKSIM_ASSERT(false, "a step kind outside its enumeration");
}

std::string thread_name(const Case& of, ThreadIndex thread) {
    if (thread == kNobody) return "world";
    const CaseThread& named = of.threads[thread];
    const std::string& client = of.clients[named.client].name;
    const auto first = std::ranges::find(of.threads, named.client, &CaseThread::client);
    return &*first == &named ? client : client + "/" + named.name;
}

std::string step_name(const Case& of, StepIndex step) {
    if (!of.steps[step].name.empty()) return of.steps[step].name;
    if (step < of.setup_end) return "setup." + std::to_string(step + 1);
    for (const Program& program : of.programs) {
        if (step < program.first || step >= program.last) continue;
        return thread_name(of, program.thread) + "." + std::to_string(step - program.first + 1);
    }
    OPLOCKSIM_ASSERT(false, "a step outside every program");
}

CaseStart::CaseStart(const Case& of, TraceSink* sink) : case_(of) {
    OPLOCKSIM_ASSERT(of.steps.size() < kNoStep, "more steps than a step index can name");
    state_.world = Kernel::make_world(of.semantics, of.names);
    state_.operations.resize(of.steps.size());
    for (const Program& program : of.programs) state_.next.push_back(program.first);
    FifoScheduler fifo;
    Kernel kernel(state_.world, fifo, sink);
    for (const VolumeEntry& entry : of.volume) kernel.add_to_volume(entry);
    for (const auto& [existing, link] : of.links) kernel.add_link(existing, link);
    for (const CaseClient& client : of.clients) {
        processes_.push_back(kernel.create_process(client.name_id));
    }
    for (const CaseThread& thread : of.threads) {
        threads_.push_back(kernel.create_thread(processes_[thread.client], thread.name_id));
    }
    for (std::size_t i = 0; i < of.clients.size(); ++i) {
        const ThreadIndex cache_thread = of.clients[i].cache_thread;
        if (cache_thread != kNobody) kernel.start_caching(processes_[i], threads_[cache_thread]);
    }
    CaseRun run(*this, state_, sink);
    for (StepIndex i = 0; i < of.setup_end; ++i) {
        const Step& step = of.steps[i];
        if (run.has_nothing_to_do(step) || !run.can_take(step)) {
            state_.operations[i].phase = OperationPhase::passed_over;
            continue;
        }
        run.take(i);
        run.settle();
    }
    run.pass_over();
}

CaseRun::CaseRun(const CaseStart& start, RunState& state, TraceSink* sink)
    : start_(start),
      case_(start.of()),
      state_(state),
      kernel_(state.world, fifo_, sink, case_.data) {}

bool CaseRun::thread_is_gone(ThreadIndex thread) const {
    return thread != kNobody &&
           state_.world.threads[start_.thread(thread)].state == ThreadState::exited;
}

// Whether a step that was not taken yet never will be: its thread is gone, or it was passed over.
bool CaseRun::never_comes(StepIndex step) const {
    const OperationState& operation = state_.operations[step];
    if (operation.phase == OperationPhase::not_issued) {
        return step < case_.setup_end || thread_is_gone(case_.steps[step].thread);
    }
    return operation.phase == OperationPhase::passed_over;
}

bool CaseRun::has_nothing_to_do(const Step& step) const {
    if (step.on != kNoStep) {
        const OperationState& source = state_.operations[step.on];
        const bool nothing = !source.handle && !source.section;
        if (never_comes(step.on) || (source.over() && nothing)) return true;
    }
    switch (step.kind) {
        case StepKind::wait_for:
        case StepKind::cancel:
            return state_.operations[step.subject].over() || never_comes(step.subject);
        case StepKind::kill: return state_.world.processes[start_.process(step.client)].terminated;
        case StepKind::request:
        case StepKind::cancel_io:
        case StepKind::exit_thread:
        case StepKind::advance: return false;
    }
    OPLOCKSIM_ASSERT(false, "a step kind outside its enumeration");
}

bool CaseRun::can_take(const Step& step) const {
    if (step.on != kNoStep && !state_.operations[step.on].over()) return false;
    const bool any_state = step.kind == StepKind::exit_thread || step.thread == kNobody;
    if (!any_state && state_.world.threads[start_.thread(step.thread)].state !=
                          ThreadState::running) {
        return false;
    }
    switch (step.kind) {
        case StepKind::wait_for: return false;   // passed over when the operation ends
        case StepKind::cancel:
            return state_.operations[step.subject].phase == OperationPhase::pending;
        case StepKind::request:
        case StepKind::cancel_io:
        case StepKind::exit_thread:
        case StepKind::kill:
        case StepKind::advance: return true;
    }
    OPLOCKSIM_ASSERT(false, "a step kind outside its enumeration");
}

// Brings every program to a step that has something to do. One pass over may allow another.
void CaseRun::pass_over() {
    for (bool again = true; again;) {
        again = false;
        for (std::size_t i = 0; i < case_.programs.size(); ++i) {
            const Program& program = case_.programs[i];
            StepIndex& next = state_.next[i];
            if (thread_is_gone(program.thread)) next = program.last;
            for (; next < program.last && has_nothing_to_do(case_.steps[next]); ++next) {
                state_.operations[next].phase = OperationPhase::passed_over;
                again = true;
            }
        }
    }
}

void CaseRun::choices(std::vector<Choice>& into) {
    into.clear();
    for (std::size_t i = 0; i < case_.programs.size(); ++i) {
        const StepIndex next = state_.next[i];
        if (next < case_.programs[i].last && can_take(case_.steps[next])) {
            into.push_back({Choice::Kind::step, static_cast<std::uint16_t>(i)});
        }
    }
    for (const ReadyItem& item : kernel_.runnable()) {
        into.push_back({Choice::Kind::go_on, pending_operation(item.irp)});
    }
    if (state_.world.caches.empty()) return;
    for (const HandleId handle : kernel_.cache_work()) {
        into.push_back({Choice::Kind::cache, opener_of(handle)});
    }
}

void CaseRun::apply(Choice choice) {
    switch (choice.kind) {
        case Choice::Kind::step: take(state_.next[choice.index]++); break;
        case Choice::Kind::go_on:
            kernel_.go_on(ReadyItem{state_.operations[choice.index].irp});
            collect();
            break;
        case Choice::Kind::cache:
            kernel_.work_for_cache(state_.operations[choice.index].handle);
            collect();
            break;
    }
    pass_over();
}

std::size_t CaseRun::run(ChoiceScheduler& scheduler, std::size_t limit, Schedule* taken) {
    for (std::size_t count = 0; count < limit; ++count) {
        choices(choices_);
        if (choices_.empty()) return count;
        const std::size_t chosen = scheduler.choose(case_, state_, choices_);
        OPLOCKSIM_ASSERT(chosen < choices_.size(), "a scheduler chose what it was not offered");
        const Choice choice = choices_[chosen];
        if (taken != nullptr) taken->push_back(choice);
        apply(choice);
    }
    return limit;
}

Request CaseRun::request_of(const Step& step) const {
    Request request = step.request;
    if (step.client != kNobody) request.target_process = start_.process(step.client);
    if (step.on == kNoStep) return request;
    const OperationState& source = state_.operations[step.on];
    if (request.kind == RequestKind::close_section) {
        request.section = source.section;
    } else {
        request.handle = source.handle;
    }
    return request;
}

void CaseRun::issue(StepIndex index, const Step& step) {
    const Submitted submitted =
        kernel_.submit(start_.thread(step.thread), request_of(step));
    OperationState& operation = state_.operations[index];
    operation.phase = OperationPhase::pending;
    operation.irp = submitted.irp;
}

void CaseRun::take(StepIndex index) {
    const Step& step = case_.steps[index];
    OperationState& operation = state_.operations[index];
    if (step.kind != StepKind::request) operation.phase = OperationPhase::completed;
    switch (step.kind) {
        case StepKind::request: issue(index, step); break;
        case StepKind::cancel: kernel_.cancel(state_.operations[step.subject].irp); break;
        case StepKind::cancel_io:
            if (state_.world.handles.contains(state_.operations[step.on].handle)) {
                kernel_.cancel_io(state_.operations[step.on].handle);
            }
            break;
        case StepKind::exit_thread: kernel_.exit_thread(start_.thread(step.thread)); break;
        case StepKind::kill: kernel_.terminate_process(start_.process(step.client)); break;
        case StepKind::advance: kernel_.advance(step.duration); break;
        case StepKind::wait_for: OPLOCKSIM_ASSERT(false, "waiting is not taken"); break;
    }
    collect();
}

// The step whose operation is pending as this IRP.
StepIndex CaseRun::pending_operation(IrpId irp) const {
    for (std::size_t i = 0; i < state_.operations.size(); ++i) {
        const OperationState& operation = state_.operations[i];
        if (operation.phase == OperationPhase::pending && operation.irp == irp) {
            return static_cast<StepIndex>(i);
        }
    }
    return kNoStep;
}

// The step that opened a handle, and was not answered with one that was kept back.
StepIndex CaseRun::opener_of(HandleId handle) const {
    const auto found = std::ranges::find_if(state_.operations, [&](const OperationState& one) {
        return one.handle == handle && !one.from_cache;
    });
    OPLOCKSIM_ASSERT(found != state_.operations.end(), "a cache of a handle that no step got");
    return static_cast<StepIndex>(found - state_.operations.begin());
}

// What completed, into the operations.
void CaseRun::collect() {
    for (const Completion& completion : kernel_.completions()) {
        const StepIndex operation = pending_operation(completion.irp);
        if (operation != kNoStep) finish(state_.operations[operation], completion);
    }
    kernel_.clear_completions();
}

void CaseRun::finish(OperationState& operation, const Completion& completion) {
    operation.phase = OperationPhase::completed;
    operation.irp = {};
    operation.status = completion.status;
    operation.information = completion.information;
    operation.has_output = completion.has_output;
    operation.from_cache = completion.from_cache;
    operation.output = completion.output;
    operation.handle = completion.handle;
    operation.section = completion.section;
}

void CaseRun::settle() {
    kernel_.run_until_idle();
    collect();
}

void CaseRun::unfinished(std::vector<StepIndex>& into) const {
    into.clear();
    const auto holds = [&](IrpId id, const Irp& irp) {   // a granted request
        const engine::Oplock& oplock = state_.world.streams[irp.waiting_stream].oplock;
        return std::ranges::find(oplock.waiters(), to_engine(id), &engine::Waiter::irp) ==
               oplock.waiters().end();
    };
    for (std::size_t i = 0; i < state_.operations.size(); ++i) {
        const OperationState& operation = state_.operations[i];
        if (operation.phase != OperationPhase::pending) continue;
        const Irp& irp = state_.world.irps[operation.irp];
        if (irp.state == IrpState::held_by_oplock && holds(operation.irp, irp)) continue;
        into.push_back(static_cast<StepIndex>(i));
    }
}

bool CaseRun::programs_done() const {
    for (std::size_t i = 0; i < case_.programs.size(); ++i) {
        if (state_.next[i] != case_.programs[i].last) return false;
    }
    return true;
}

void CaseRun::terminate_all() {
    for (std::size_t i = 0; i < case_.clients.size(); ++i) {
        kernel_.terminate_process(start_.process(static_cast<ClientIndex>(i)));
        settle();
    }
    pass_over();
}

}  // namespace oplocksim::sim
