// Processes, threads, cancellation and the clock.
#include <algorithm>

#include "engine/assert.h"
#include "engine/invariant_watch.h"
#include "sim/engine_ids.h"
#include "sim/kernel.h"
#include "sim/mutations.h"

namespace oplocksim::sim {

using engine::Mutant;
using engine::mutated;

ProcessId Kernel::create_process(NameId name) {
    Process process;
    process.name = name;
    return world_.processes.insert(process);
}

ThreadId Kernel::create_thread(ProcessId process, NameId name) {
    Thread thread;
    thread.process = process;
    thread.name = name;
    const ThreadId id = world_.threads.insert(thread);
    ThreadId* place = &world_.processes[process].first_thread;
    while (*place) place = &world_.threads[*place].next_in_process;
    *place = id;
    return id;
}

bool Kernel::cancel(IrpId irp) {
    if (!world_.irps.contains(irp)) return false;
    if (trace_ != nullptr) trace_irp(TraceEventKind::cancel, irp, world_.irps[irp]);
    return !mutated(Mutant::cancellation_is_ignored) && withdraw(irp);
}

// Takes a waiting IRP from where it waits and completes it with STATUS_CANCELLED. Returns false,
// and does nothing, if it does not wait.
bool Kernel::withdraw(IrpId id) {
    const Irp& irp = world_.irps[id];
    switch (irp.state) {
        case IrpState::running:
        case IrpState::ready: return false;
        case IrpState::held_by_oplock: {   // SC-095, SC-096
            const StreamId stream = irp.waiting_stream;
            before_package_call(stream);
            const bool held = world_.streams[stream].oplock.cancel(to_engine(id), effects_);
            OPLOCKSIM_INVARIANT(held, "W4: the package does not know an IRP that it holds");
            complete_with(id, NtStatus::STATUS_CANCELLED);
            apply_effects(stream);
            return true;
        }
        case IrpState::waiting_for_lock: {
            std::erase(world_.streams[world_.file_objects[irp.file_object].stream].lock_waiters,
                       id);
            complete_with(id, NtStatus::STATUS_CANCELLED);
            return true;
        }
    }
    OPLOCKSIM_ASSERT(false, "an IRP state outside its enumeration");
}

std::uint32_t Kernel::cancel_io(HandleId handle) {
    const Handle& target = world_.handles[handle];
    std::vector<IrpId> irps;
    for (ThreadId thread = world_.processes[target.process].first_thread; thread;
         thread = world_.threads[thread].next_in_process) {
        for (IrpId irp = world_.threads[thread].first_irp; irp;
             irp = world_.irps[irp].next_of_thread) {
            if (world_.irps[irp].file_object == target.file_object) irps.push_back(irp);
        }
    }
    if (mutated(Mutant::cancel_io_cancels_one) && irps.size() > 1) irps.resize(1);
    // One cancellation may complete another IRP of the list: a notification of the same break.
    return static_cast<std::uint32_t>(std::count_if(
        irps.begin(), irps.end(), [&](IrpId irp) { return cancel(irp); }));
}

void Kernel::exit_thread(ThreadId thread) {
    if (world_.threads[thread].state == ThreadState::exited) return;
    if (trace_ != nullptr) {
        trace_thread(TraceEventKind::thread_exit, thread, world_.threads[thread].process);
    }
    end_thread(thread);
}

// A released operation of a thread that ends is given up too: nobody is left to go on with it,
// and an open that it would make would be left behind (P07).
void Kernel::end_thread(ThreadId id) {
    if (mutant_outlives(id)) return;
    while (const IrpId irp = world_.threads[id].first_irp) {
        if (withdraw(irp)) continue;
        std::erase(world_.ready, ReadyItem{irp});
        complete_with(irp, NtStatus::STATUS_CANCELLED);
    }
    resume(id);
    world_.threads[id].state = ThreadState::exited;
}

void Kernel::terminate_process(ProcessId id) {
    if (world_.processes[id].terminated) return;
    world_.processes[id].terminated = true;
    if (trace_ != nullptr) trace_thread(TraceEventKind::process_exit, {}, id);
    for (ThreadId thread = world_.processes[id].first_thread; thread;
         thread = world_.threads[thread].next_in_process) {
        exit_thread(thread);
    }
    while (const HandleId handle = world_.processes[id].first_handle) close(handle);
    std::vector<SectionId> sections;
    world_.sections.for_each([&](SectionId section, const Section& value) {
        if (value.process == id) sections.push_back(section);
    });
    for (const SectionId section : sections) remove_section(section);
}

void Kernel::pause(ThreadId id) {
    Thread& thread = world_.threads[id];
    if (thread.paused || thread.state == ThreadState::exited) return;
    thread.paused = true;
    ++world_.paused_threads;
    if (trace_ != nullptr) trace_thread(TraceEventKind::pause, id, thread.process);
}

void Kernel::resume(ThreadId id) {
    Thread& thread = world_.threads[id];
    if (!thread.paused) return;
    thread.paused = false;
    --world_.paused_threads;
    if (trace_ != nullptr) trace_thread(TraceEventKind::resume, id, thread.process);
}

void Kernel::submit_at(ThreadId thread, Ticks delay, const Request& request,
                       std::uint32_t token) {
    OPLOCKSIM_ASSERT(delay <= kMaxTicks - world_.now, "a request after the end of time");
    world_.timers.push(world_.now + delay, TimedRequest{thread, request, token});
}

void Kernel::advance(Ticks delta) {
    OPLOCKSIM_ASSERT(delta <= kMaxTicks - world_.now, "an advance beyond the end of time");
    const Ticks target = world_.now + delta;
    while (!world_.timers.empty() && world_.timers.next_time() <= target) {
        set_clock(world_.timers.next_time());
        issue_timed(world_.timers.pop());
        run_until_idle();
    }
    set_clock(target);
}

void Kernel::set_clock(Ticks now) {
    if (now == world_.now) return;
    const Ticks elapsed = now - world_.now;
    world_.now = now;
    if (trace_ != nullptr) trace_thread(TraceEventKind::advance, {}, {});
    mutant_times_out(elapsed);
}

void Kernel::issue_timed(const TimedRequest& timed) {
    const Thread* const thread = world_.threads.find(timed.thread);
    const bool can_issue =
        thread != nullptr && thread->state == ThreadState::running && !thread->paused;
    const Submitted submitted = can_issue ? issue(timed.thread, timed.request) : Submitted{};
    issued_.push_back({timed.token, submitted, can_issue});
}

}  // namespace oplocksim::sim
