// How the file system calls the oplock package, and carries out the effects it returns.
#include "engine/assert.h"
#include "sim/engine_ids.h"
#include "sim/kernel.h"
#include "sim/mutations.h"

namespace oplocksim::sim {

engine::Caller Kernel::owner(FileObjectId id) const {
    const FileObject& open = world_.file_objects[id];
    return {to_engine(id), open.target_key, open.parent_key, {}};
}

engine::Caller Kernel::caller_of(IrpId id, const Irp& irp) const {
    engine::Caller caller;
    if (irp.file_object) {
        caller = owner(irp.file_object);
    } else {
        // A create has no FILE_OBJECT yet, but its keys (ECP_OPLOCK_KEY).
        caller.target_key = irp.request.target_key;
        caller.parent_key = irp.request.parent_key;
    }
    caller.irp = to_engine(id);
    return caller;
}

// If the answer is `wait`, the package now holds the IRP.
engine::CheckResult Kernel::check(Call& call, StreamId stream,
                                  const engine::CheckRequest& request) {
    if (call.irp.released && call.irp.cursor == stream &&
        call.irp.waited_check == request.operation) {   // SC-092, SC-120
        call.irp.released = false;
        return {};
    }
    if (mutant_skips(call, stream, request)) return {};
    before_package_call(stream);
    const engine::CheckResult result = world_.streams[stream].oplock.check(
        world_.semantics, caller_of(call.id, call.irp), request, effects_);
    if (result.why.rule != engine::Rule::none) call.result.why = result.why;
    if (!mutant_defers(result)) apply_effects(stream);
    if (result.decision == engine::CheckDecision::wait) {
        hold(call, stream);
        call.irp.waited_check.reset();
        // Whoever waited for a reservation has not had its break yet (SC-102).
        if (result.why.rule != engine::Rule::reservation_waits) {
            call.irp.waited_check = request.operation;
        }
        if (trace_all_) trace_irp(TraceEventKind::wait, call.id, call.irp, result.why);
    }
    return result;
}

// For operations other than creates: whether they may go on; if not, the package holds the IRP.
bool Kernel::passes(Call& call, StreamId stream, engine::Operation operation) {
    if (!world_.streams[stream].oplock.current()) return true;
    const engine::CheckRequest request{.operation = operation};
    return check(call, stream, request).decision == engine::CheckDecision::proceed;
}

// A check that breaks, but whose operation never waits.
void Kernel::advise(const engine::Caller& caller, StreamId stream, engine::Operation operation,
                    engine::OplockCheckFlags flags) {
    if (!world_.streams[stream].oplock.current()) return;
    before_package_call(stream);
    const engine::CheckRequest request{.operation = operation, .flags = flags};
    const engine::CheckResult result =
        world_.streams[stream].oplock.check(world_.semantics, caller, request, effects_);
    OPLOCKSIM_ASSERT(result.decision == engine::CheckDecision::proceed,
                     "an operation that cannot wait was told to");
    apply_effects(stream);
}

// SC-047: what the directory's oplock covers has changed.
void Kernel::parent_changes(const engine::Caller& caller, FileId directory,
                            engine::OplockCheckFlags flags) {
    if (!directory) return;   // the root directory has no parent
    if (mutant_misses(caller, directory, flags)) return;
    advise(caller, world_.files[directory].first_stream, engine::Operation::parent_change,
           flags | engine::OPLOCK_FLAG_PARENT_OBJECT);
}

void Kernel::hold(Call& call, StreamId stream) {
    call.irp.state = IrpState::held_by_oplock;
    call.irp.waiting_stream = stream;
}

void Kernel::make_ready(IrpId id, const engine::Why& why) {
    Irp& irp = world_.irps[id];
    irp.state = IrpState::ready;
    irp.cursor = irp.waiting_stream;
    irp.waiting_stream = {};
    irp.released = !world_.semantics.recheck_after_release;
    world_.ready.push_back({id});
    if (trace_all_) trace_irp(TraceEventKind::release, id, irp, why);
}

// Completing an IRP never calls the package, so the list cannot change under the loop. An owner's
// notification is thus delivered before the operation that caused it goes on (P04).
void Kernel::apply_effects(StreamId stream) {
    for (const engine::Effect& effect : effects_) {
        const IrpId id = from_engine(effect.irp);
        switch (effect.kind) {
            case engine::EffectKind::release: make_ready(id, effect.why); break;
            case engine::EffectKind::complete: {
                Completion completion;
                completion.status = effect.status;
                completion.information = effect.information;
                completion.has_output = effect.has_output;
                completion.output = effect.output;
                completion.why = effect.why;
                complete(id, completion);
                break;
            }
        }
    }
    effects_.clear();
    after_package_call(stream);
}

}  // namespace oplocksim::sim
