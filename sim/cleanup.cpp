// NtClose, IRP_MJ_CLEANUP and IRP_MJ_CLOSE: [MS-FSA] 2.1.5.5, the cleanup article.
//
// Order at the last handle of a FILE_OBJECT (P08): share access, byte-range locks, deletion, the
// oplock. Whoever then is released finds all of the former gone.
#include "engine/assert.h"
#include "sim/engine_ids.h"
#include "sim/kernel.h"
#include "sim/mutations.h"
#include "sim/name_space.h"
#include "sim/share_access.h"

namespace oplocksim::sim {

Kernel::Progress Kernel::close_handle(Call& call) {
    close(call.irp.request.handle);
    return finish(call, NtStatus::STATUS_SUCCESS);
}

Kernel::Progress Kernel::duplicate_handle(Call& call) {
    const ProcessId own = world_.threads[call.irp.thread].process;
    const ProcessId target =
        call.irp.request.target_process ? call.irp.request.target_process : own;
    const Process* const process = world_.processes.find(target);
    if (process == nullptr) return finish(call, NtStatus::STATUS_INVALID_HANDLE);
    if (process->terminated) return finish(call, NtStatus::STATUS_PROCESS_IS_TERMINATING);
    call.result.handle = insert_handle(target, call.irp.file_object);
    return finish(call, NtStatus::STATUS_SUCCESS);
}

void Kernel::close(HandleId id) {
    const Handle handle = world_.handles[id];
    Process& process = world_.processes[handle.process];
    (handle.previous_in_process ? world_.handles[handle.previous_in_process].next_in_process
                                : process.first_handle) = handle.next_in_process;
    (handle.next_in_process ? world_.handles[handle.next_in_process].previous_in_process
                            : process.last_handle) = handle.previous_in_process;
    world_.handles.erase(id);
    if (--world_.file_objects[handle.file_object].handle_count != 0) return;
    ++world_.file_objects[handle.file_object].irp_count;   // IRP_MJ_CLEANUP
    clean_up(handle.file_object);
    --world_.file_objects[handle.file_object].irp_count;
    free_if_unreferenced(handle.file_object);
}

void Kernel::clean_up(FileObjectId id) {
    world_.file_objects[id].cleaned_up = true;
    const FileObject open = world_.file_objects[id];
    mutant_wakes(engine::Mutant::woken_before_share_access_is_gone, id);
    remove_open(world_, id);
    mutant_wakes(engine::Mutant::woken_before_locks_are_gone, id);
    clean_up_locks(id);
    mutant_wakes(engine::Mutant::woken_before_deletion, id);
    delete_what_is_pending(id);
    if ((open.options & engine::FILE_DELETE_ON_CLOSE) != 0) {   // SC-028
        advise(owner(id), open.stream, engine::Operation::delete_on_close_cleanup,
               engine::OPLOCK_FLAG_CLOSING_DELETE_ON_CLOSE);
    }
    before_package_call(open.stream);
    world_.streams[open.stream].oplock.cleanup(world_.semantics, to_engine(id), effects_);
    apply_effects(open.stream);
}

// [MS-FSA] 2.1.5.5, phase 9. Its own requests that wait for a range are given up.
void Kernel::clean_up_locks(FileObjectId id) {
    const StreamId stream_id = world_.file_objects[id].stream;
    Stream& stream = world_.streams[stream_id];
    const std::size_t held = stream.locks.size();
    if (held == 0) return;   // nobody waits without a lock to wait for
    std::erase_if(stream.locks, [&](const ByteRangeLock& lock) { return lock.owner == id; });
    for (std::size_t i = 0; i < stream.lock_waiters.size();) {
        const IrpId irp = stream.lock_waiters[i];
        if (world_.irps[irp].file_object != id) {
            ++i;
            continue;
        }
        stream.lock_waiters.erase(stream.lock_waiters.begin() + static_cast<std::ptrdiff_t>(i));
        complete_with(irp, NtStatus::STATUS_CANCELLED);
    }
    const bool others = engine::mutated(engine::Mutant::cleanup_serves_no_range) &&
                        !stream.locks.empty();
    if (stream.locks.size() != held && !others) grant_lock_waiters(stream_id);
}

// [MS-FSA] 2.1.5.5, phases 1 to 3 and 8.
void Kernel::delete_what_is_pending(FileObjectId id) {
    const FileObject open = world_.file_objects[id];
    Stream& stream = world_.streams[open.stream];
    Link& link = world_.links[open.link];
    const File& file = world_.files[stream.file];
    if ((open.options & engine::FILE_DELETE_ON_CLOSE) != 0) {
        if (stream.name != NameId{}) {
            stream.deleted = true;
        } else if (!file.first_child) {   // a directory that is not empty stays
            link.deleted = true;
        }
    }
    if (stream.deleted && !stream.removed && stream.open_count == 0) {
        remove_stream(world_, open.stream);
    }
    if (!link.deleted || link.removed || link.open_count != 0 || !link.parent) return;
    const FileId parent = link.parent;
    remove_link(world_, open.link);
    parent_changes(owner(id), parent, engine::OPLOCK_FLAG_REMOVING_FILE_OR_LINK);
}

// IRP_MJ_CLOSE: nothing refers to the FILE_OBJECT any more (W5).
void Kernel::free_if_unreferenced(FileObjectId id) {
    const FileObject& open = world_.file_objects[id];
    if (open.handle_count != 0 || open.irp_count != 0 || open.section_count != 0) return;
    OPLOCKSIM_ASSERT(open.cleaned_up, "IRP_MJ_CLOSE comes after IRP_MJ_CLEANUP");
    drop_references(world_, open.stream, open.link);
    if (!world_.caches.empty()) std::erase_if(world_.caches, [&](const ClientCache& cache) {
        return cache.file_object == id;
    });
    world_.file_objects.erase(id);
}

}  // namespace oplocksim::sim
