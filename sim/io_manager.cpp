// The I/O manager: IRPs from their issue to their completion, and the scheduling of those that
// may go on.
#include "sim/kernel.h"

#include <algorithm>

#include "engine/assert.h"
#include "engine/invariant_watch.h"
#include "sim/mutations.h"

namespace oplocksim::sim {

namespace {

// Byte-range locks are released, and deletions that are pending done, at cleanup.
bool ends_at_cleanup(RequestKind kind) {
    return kind == RequestKind::lock || kind == RequestKind::set_disposition;
}

}  // namespace

Kernel::Kernel(World& world, Scheduler& scheduler, TraceSink* trace,
               std::span<const std::string> data)
    : world_(world),
      scheduler_(scheduler),
      trace_(trace),
      trace_all_(trace != nullptr && trace->wants_unobservable()),
      data_(data) {}

Submitted Kernel::submit(ThreadId thread, const Request& request) {
    const Thread& issuer = world_.threads[thread];
    OPLOCKSIM_ASSERT(issuer.state == ThreadState::running, "a request of a thread that cannot run");
    OPLOCKSIM_ASSERT(!issuer.paused, "a request of a paused thread");
    return issue(thread, request);
}

Submitted Kernel::issue(ThreadId thread, const Request& request) {
    const ProcessId process = world_.threads[thread].process;
    if (world_.processes[process].cache_thread) {
        if (const auto answer = answer_from_cache(thread, request)) {
            return tell(thread, request, *answer);
        }
        write_back_before(process, request);
    }
    return send(thread, request);
}

Submitted Kernel::send(ThreadId thread, const Request& request) {
    const IrpId id = world_.irps.insert();
    Irp& irp = world_.irps[id];
    irp.request = request;
    irp.thread = thread;
    link_irp(id, irp);
    const bool valid = refer_to_handle(irp);
    if (trace_ != nullptr) trace_irp(TraceEventKind::issue, id, irp);

    Completion result;
    Call call{id, irp, result};
    const Progress progress =
        valid ? perform(call) : finish(call, NtStatus::STATUS_INVALID_HANDLE);
    if (progress == Progress::done) {
        complete(id, result);
        return {SubmitOutcome::completed, id};
    }
    // Breaking Oplocks: a create, and any operation on a synchronous handle, blocks (SC-094). A
    // cache sends IRPs of its own, and waits for none.
    const ThreadId cache_thread = world_.processes[world_.threads[thread].process].cache_thread;
    const bool blocks =
        mutant_blocks(irp, request.kind == RequestKind::create ||
                               (world_.file_objects[irp.file_object].synchronous &&
                                thread != cache_thread));
    if (cache_thread) tell_cache_of_grant(id, irp);
    irp.returned_pending = !blocks;
    if (blocks) {
        Thread& issuer = world_.threads[thread];
        issuer.state = ThreadState::blocked;
        issuer.waiting_for = id;
    }
    if (trace_ != nullptr && !mutant_hides(irp)) trace_irp(TraceEventKind::pend, id, irp);
    return {blocks ? SubmitOutcome::blocked : SubmitOutcome::pending, id};
}

// Resolves the handle of the request; the FILE_OBJECT then lives at least as long as the IRP.
// Returns false if the process has no such handle.
bool Kernel::refer_to_handle(Irp& irp) {
    if (irp.request.kind == RequestKind::create ||
        irp.request.kind == RequestKind::close_section) {
        return true;
    }
    const Handle* const handle = world_.handles.find(irp.request.handle);
    if (handle == nullptr || handle->process != world_.threads[irp.thread].process) return false;
    irp.file_object = handle->file_object;
    ++world_.file_objects[irp.file_object].irp_count;
    return true;
}

Kernel::Progress Kernel::dispatch(Call& call) {
    switch (call.irp.request.kind) {
        case RequestKind::create: return create(call);
        case RequestKind::close_handle: return close_handle(call);
        case RequestKind::duplicate_handle: return duplicate_handle(call);
        case RequestKind::read: return read(call);
        case RequestKind::write: return write(call);
        case RequestKind::flush: return flush(call);
        case RequestKind::lock: return lock(call);
        case RequestKind::unlock: return unlock(call);
        case RequestKind::set_end_of_file: return set_end_of_file(call);
        case RequestKind::set_allocation: return set_allocation(call);
        case RequestKind::set_valid_data_length: return set_valid_data_length(call);
        case RequestKind::rename: return rename(call);
        case RequestKind::link: return link(call);
        case RequestKind::set_short_name: return set_short_name(call);
        case RequestKind::set_disposition: return set_disposition(call);
        case RequestKind::set_basic_information: return set_basic_information(call);
        case RequestKind::set_security: return set_security(call);
        case RequestKind::set_encryption: return set_encryption(call);
        case RequestKind::set_zero_data: return set_zero_data(call);
        case RequestKind::oplock_fsctl: return oplock_fsctl(call);
        case RequestKind::create_section: return create_section(call);
        case RequestKind::close_section: return close_section(call);
    }
    OPLOCKSIM_ASSERT(false, "a request kind outside its enumeration");
}

Kernel::Progress Kernel::finish(Call& call, NtStatus status) {
    call.result.status = status;
    return Progress::done;
}

void Kernel::complete(IrpId id, const Completion& completion) {
    const Irp& irp = world_.irps[id];
    unlink_irp(irp);
    Thread& thread = world_.threads[irp.thread];
    if (thread.waiting_for == id) {
        thread.waiting_for = {};
        thread.state = ThreadState::running;
    }
    report(id, completion);
    if (world_.processes[thread.process].cache_thread) tell_cache(id, irp, completion);
    forget_target(world_.irps[id]);
    const FileObjectId file_object = irp.file_object;
    world_.irps.erase(id);
    if (!file_object) return;
    --world_.file_objects[file_object].irp_count;
    free_if_unreferenced(file_object);
}

void Kernel::record(IrpId id, const Completion& completion) {
    const Irp& irp = world_.irps[id];
    Completion& entry = completions_.emplace_back(completion);
    entry.irp = id;
    entry.thread = irp.thread;
    entry.kind = irp.request.kind;
    if (trace_ != nullptr) trace_completion(irp, entry);
}

void Kernel::complete_with(IrpId id, NtStatus status) {
    Completion completion;
    completion.status = status;
    complete(id, completion);
}

void Kernel::link_irp(IrpId id, Irp& irp) {
    Thread& thread = world_.threads[irp.thread];
    irp.previous_of_thread = thread.last_irp;
    (thread.last_irp ? world_.irps[thread.last_irp].next_of_thread : thread.first_irp) = id;
    thread.last_irp = id;
}

void Kernel::unlink_irp(const Irp& irp) {
    Thread& thread = world_.threads[irp.thread];
    (irp.previous_of_thread ? world_.irps[irp.previous_of_thread].next_of_thread
                            : thread.first_irp) = irp.next_of_thread;
    (irp.next_of_thread ? world_.irps[irp.next_of_thread].previous_of_thread : thread.last_irp) =
        irp.previous_of_thread;
}

std::span<const ReadyItem> Kernel::runnable() {
    if (world_.ready.size() < 2 && world_.paused_threads == 0) return world_.ready;
    const bool fifo =
        world_.semantics.waiter_release_order == engine::WaiterReleaseOrder::fifo;
    const auto stream_of = [&](const ReadyItem& item) { return world_.irps[item.irp].cursor; };
    choices_.clear();
    for (const ReadyItem& item : world_.ready) {
        if (world_.threads[world_.irps[item.irp].thread].paused) continue;
        if (fifo && std::ranges::find(choices_, stream_of(item), stream_of) != choices_.end()) {
            continue;
        }
        choices_.push_back(item);
    }
    return choices_;
}

bool Kernel::step() {
    const std::span<const ReadyItem> choices = runnable();
    if (choices.empty()) {
        const std::span<const HandleId> work = cache_work();
        if (work.empty()) return false;
        work_for_cache(work.front());
        return true;
    }
    const std::size_t chosen = choices.size() == 1 ? 0 : scheduler_.choose(world_, choices);
    OPLOCKSIM_ASSERT(chosen < choices.size(), "a scheduler chose something it was not offered");
    go_on(choices[chosen]);
    return true;
}

void Kernel::go_on(ReadyItem item) {
    const auto place = std::find(world_.ready.begin(), world_.ready.end(), item);
    OPLOCKSIM_ASSERT(place != world_.ready.end(), "something goes on that is not ready");
    world_.ready.erase(place);
    resume_irp(item.irp);
}

void Kernel::run_until_idle() {
    const std::uint64_t allowed =
        kMaxStepsPerIdle + std::uint64_t{kMaxStepsPerIrp} * world_.irps.size();
    for (std::uint64_t steps = 0; step(); ++steps) {
        if (steps < allowed) continue;
        OPLOCKSIM_INVARIANT(steps < allowed, "operations never come to rest");
        return;
    }
}

void Kernel::resume_irp(IrpId id) {
    Irp& irp = world_.irps[id];
    irp.state = IrpState::running;
    Completion result;
    Call call{id, irp, result};
    // An operation whose last handle was closed while it waited goes on all the same, unless its
    // effect would be undone by a cleanup that has already been.
    const bool closed = ends_at_cleanup(irp.request.kind) && irp.file_object &&
                        world_.file_objects[irp.file_object].cleaned_up;
    const Progress progress =
        closed ? finish(call, NtStatus::STATUS_FILE_CLOSED) : perform(call);
    if (progress == Progress::done) complete(id, result);
}

}  // namespace oplocksim::sim
