#include "sim/mutations.h"

#ifdef OPLOCKSIM_MUTANTS

#include "sim/byte_range_locks.h"
#include "sim/engine_ids.h"
#include "sim/name_space.h"
#include "sim/share_access.h"
#include "sim/stream_data.h"

namespace oplocksim::sim {

using engine::Mutant;
using engine::mutated;
using engine::Operation;

namespace {

constexpr std::uint32_t kWritableProtections = PAGE_READWRITE | PAGE_EXECUTE_READWRITE;

// Does this process have a handle of an owner?
bool owns_an_oplock_of(const World& world, ProcessId process, const Stream& stream) {
    for (const engine::Holder& holder : stream.oplock.holders()) {
        for (HandleId at = world.processes[process].first_handle; at;
             at = world.handles[at].next_in_process) {
            if (to_engine(world.handles[at].file_object) == holder.file_object) return true;
        }
    }
    return false;
}

// What waits at an oplock through this handle, but for its own oplock's request.
std::vector<IrpId> waiting_through(const World& world, FileObjectId id) {
    std::vector<IrpId> irps;
    world.irps.for_each([&](IrpId irp, const Irp& value) {
        if (value.state == IrpState::held_by_oplock && value.file_object == id &&
            value.request.kind != RequestKind::oplock_fsctl) {
            irps.push_back(irp);
        }
    });
    return irps;
}

Mutant missing_change(const World& world, const Irp& irp, FileId directory) {
    switch (irp.request.kind) {
        case RequestKind::rename:
            return world.links[world.file_objects[irp.file_object].link].parent == directory
                       ? Mutant::directory_misses_name_that_arrives
                       : Mutant::directory_misses_name_that_leaves;
        case RequestKind::link: return Mutant::directory_misses_new_link;
        case RequestKind::set_short_name: return Mutant::directory_misses_new_short_name;
        case RequestKind::set_basic_information:
            return Mutant::directory_misses_basic_information;
        case RequestKind::set_end_of_file: return Mutant::directory_misses_end_of_file;
        case RequestKind::set_allocation: return Mutant::directory_misses_allocation;
        case RequestKind::set_encryption: return Mutant::directory_misses_encryption;
        case RequestKind::create:
        case RequestKind::close_handle:
        case RequestKind::duplicate_handle:
        case RequestKind::read:
        case RequestKind::write:
        case RequestKind::flush:
        case RequestKind::lock:
        case RequestKind::unlock:
        case RequestKind::set_valid_data_length:
        case RequestKind::set_disposition:
        case RequestKind::set_security:
        case RequestKind::set_zero_data:
        case RequestKind::oplock_fsctl:
        case RequestKind::create_section:
        case RequestKind::close_section: break;
    }
    return Mutant::none;
}

void mutate(engine::Semantics& semantics) {
    if (mutated(Mutant::reserve_opfilter_is_not_prechecked)) {
        semantics.reserve_opfilter_precheck = engine::ReserveOpfilterPrecheck::off;
    }
    if (mutated(Mutant::cross_stream_is_not_checked)) semantics.cross_stream_batch_filter = false;
    if (mutated(Mutant::open_target_does_not_matter)) {
        semantics.rename_target_open_after_break = engine::RenameTargetOpenAfterBreak::proceed;
    }
    if (mutated(Mutant::open_descendants_do_not_matter)) {
        semantics.ancestor_rename_denied_if_open = false;
    }
}

}  // namespace

void Kernel::end_oplock_of(FileObjectId id) {
    const StreamId stream = world_.file_objects[id].stream;
    before_package_call(stream);
    world_.streams[stream].oplock.cleanup(world_.semantics, to_engine(id), effects_);
    apply_effects(stream);
}

void Kernel::mutate_input(Call& call) {
    Irp& irp = call.irp;
    if (mutated(Mutant::released_waiter_does_not_look_again) && irp.cursor) irp.released = true;
    if (mutated(Mutant::handle_break_is_repeated)) irp.handle_break_done = false;
    constexpr CreateOptions kBoth =
        engine::FILE_COMPLETE_IF_OPLOCKED | engine::FILE_RESERVE_OPFILTER;
    if (mutated(Mutant::reserve_and_complete_go_together) &&
        (irp.request.options & kBoth) == kBoth) {
        irp.request.options &= ~engine::FILE_RESERVE_OPFILTER;
    }
    if (mutated(Mutant::released_create_denies_nothing) && irp.phase != 0) {
        irp.request.share = engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE |
                            engine::FILE_SHARE_DELETE;
    }
    if (mutated(Mutant::size_access_is_not_looked_at) &&
        (irp.request.kind == RequestKind::set_end_of_file ||
         irp.request.kind == RequestKind::set_allocation)) {
        world_.file_objects[irp.file_object].granted_access |= engine::FILE_WRITE_DATA;
    }
    if (mutated(Mutant::lazy_writer_changes_the_directory) && irp.request.lazy_writer &&
        irp.request.kind == RequestKind::set_end_of_file) {
        const Link& link = world_.links[world_.file_objects[irp.file_object].link];
        if (!link.removed) parent_changes(caller_of(call.id, irp), link.parent);
    }
    if (irp.request.kind != RequestKind::close_handle) return;
    if (mutated(Mutant::duplicate_close_ends_the_oplock)) end_oplock_of(irp.file_object);
    if (mutated(Mutant::close_cancels_the_waiter) &&
        world_.file_objects[irp.file_object].handle_count == 1) {
        for (const IrpId id : waiting_through(world_, irp.file_object)) {
            static_cast<void>(withdraw(id));
        }
    }
}

// The mutants that check where nothing is checked. Returns whether the operation goes on.
bool Kernel::passes_needlessly(Call& call) {
    const Request& request = call.irp.request;
    if (request.kind == RequestKind::create) {
        const StreamId stream = find_stream(request.path);
        const bool collides = request.disposition == CreateDisposition::FILE_CREATE;
        if (!stream) return true;
        if (mutated(Mutant::collision_breaks) && collides) {
            return passes(call, stream, Operation::write);
        }
        if (!mutated(Mutant::handle_breaks_without_a_violation)) return true;
        if (!world_.streams[stream].oplock.current_handle_caching()) return true;
        engine::CheckRequest early;
        early.operation = Operation::create_break_handle;
        early.disposition = request.disposition;
        early.desired_access = request.access;
        return check(call, stream, early).decision == engine::CheckDecision::proceed;
    }
    if (!call.irp.file_object) return true;
    const FileObject& open = world_.file_objects[call.irp.file_object];
    const StreamId main = world_.files[world_.streams[open.stream].file].first_stream;
    const bool shares = mutated(Mutant::streams_share_one_oplock) && open.stream != main;
    const auto checked = [&](bool needlessly, Operation operation) {
        if (shares) return passes(call, main, operation);
        return !needlessly || passes(call, open.stream, operation);
    };
    switch (request.kind) {
        case RequestKind::read:
            return checked((mutated(Mutant::read_of_nothing_is_checked) && request.length == 0) ||
                               (mutated(Mutant::transacted_read_is_checked) && open.transacted),
                           Operation::read);
        case RequestKind::write:
            return checked(
                (mutated(Mutant::write_of_nothing_is_checked) && request.length == 0) ||
                    (mutated(Mutant::paging_write_is_checked) && request.paging_io),
                Operation::write);
        case RequestKind::set_zero_data:
            return checked(mutated(Mutant::zeroing_of_nothing_is_checked),
                           Operation::set_zero_data);
        case RequestKind::set_end_of_file:
            return checked(mutated(Mutant::lazy_writer_is_checked) && request.lazy_writer,
                           Operation::set_end_of_file);
        case RequestKind::set_disposition:
            return checked(mutated(request.delete_file ? Mutant::failed_deletion_breaks
                                                       : Mutant::undelete_is_checked),
                           Operation::set_disposition);
        case RequestKind::link:
            return checked(mutated(Mutant::link_breaks_its_source), Operation::link);
        case RequestKind::rename:
            return checked(mutated(Mutant::failed_rename_breaks), Operation::rename);
        case RequestKind::create_section:
            if (mutated(Mutant::read_only_section_is_checked) ||
                (mutated(Mutant::refused_section_breaks) &&
                 (request.page_protection & kWritableProtections) != 0)) {
                advise(caller_of(call.id, call.irp), open.stream,
                       Operation::create_writable_section, 0);
            }
            return true;
        case RequestKind::set_valid_data_length:
            return checked(mutated(Mutant::refused_valid_data_length_breaks),
                           Operation::set_valid_data_length);
        case RequestKind::create:
        case RequestKind::close_handle:
        case RequestKind::duplicate_handle:
        case RequestKind::flush:
        case RequestKind::lock:
        case RequestKind::unlock:
        case RequestKind::set_allocation:
        case RequestKind::set_short_name:
        case RequestKind::set_basic_information:
        case RequestKind::set_security:
        case RequestKind::set_encryption:
        case RequestKind::oplock_fsctl:
        case RequestKind::close_section: break;
    }
    return true;
}

void Kernel::act_too_early(const Call& call) {
    const Request& request = call.irp.request;
    const bool creates = request.kind == RequestKind::create;
    if (!creates && !call.irp.file_object) return;
    const StreamId id = creates ? find_stream(request.path)
                                : world_.file_objects[call.irp.file_object].stream;
    if (!id || !world_.streams[id].oplock.current()) return;
    Stream& stream = world_.streams[id];
    if (mutated(Mutant::truncation_before_acknowledgment) && creates &&
        engine::overwrites(request.disposition)) {
        set_size(stream, 0);
    }
    if (mutated(Mutant::write_before_acknowledgment) && request.kind == RequestKind::write &&
        request.data != 0) {
        store_bytes(stream, request.offset, data_[request.data - 1]);
    }
    if (mutated(Mutant::end_of_file_before_acknowledgment) &&
        request.kind == RequestKind::set_end_of_file) {
        set_size(stream, request.length);
    }
    if (mutated(Mutant::deletion_before_acknowledgment) &&
        request.kind == RequestKind::set_disposition) {
        world_.links[world_.file_objects[call.irp.file_object].link].deleted = request.delete_file;
    }
}

void Kernel::mutate_transfer(const Call& call) {
    const RequestKind kind = call.irp.request.kind;
    if (kind == RequestKind::read && mutated(Mutant::read_at_the_end_succeeds) &&
        call.result.status == NtStatus::STATUS_END_OF_FILE) {
        call.result.status = NtStatus::STATUS_SUCCESS;
    }
    if (!engine::nt_success(call.result.status) || kind != RequestKind::write) return;
    if (mutated(Mutant::write_says_less) && call.result.information > 1) {
        --call.result.information;
    }
    if (!mutated(Mutant::completion_names_another_handle)) return;
    const Process& process = world_.processes[world_.threads[call.irp.thread].process];
    call.result.handle = process.first_handle != call.irp.request.handle ? process.first_handle
                                                                         : process.last_handle;
}

void Kernel::mutate_output(const Call& call) {
    if (mutated(Mutant::every_create_says_opened) &&
        call.irp.request.kind == RequestKind::create && engine::nt_success(call.result.status)) {
        call.result.information = engine::FILE_OPENED;
    }
    mutate_transfer(call);
    if (call.irp.request.kind != RequestKind::create ||
        call.result.status != NtStatus::STATUS_SHARING_VIOLATION) {
        return;
    }
    const StreamId stream = find_stream(call.irp.request.path);
    if (mutated(Mutant::opbatch_break_is_not_said)) call.result.information = 0;
    if (mutated(Mutant::opbatch_break_is_said_of_any) && stream &&
        world_.streams[stream].oplock.breaking()) {
        call.result.information = engine::FILE_OPBATCH_BREAK_UNDERWAY;
    }
}

Kernel::Progress Kernel::perform(Call& call) {
    const engine::Semantics semantics = world_.semantics;
    const Request request = call.irp.request;
    mutate(world_.semantics);
    mutate_input(call);
    act_too_early(call);
    engine::Oplock kept;
    StreamId directory;
    if (mutated(Mutant::cleanup_skips_directories) && request.kind == RequestKind::close_handle) {
        const StreamId stream = world_.file_objects[call.irp.file_object].stream;
        if (is_directory_stream(world_, world_.streams[stream])) {
            directory = stream;
            std::swap(kept, world_.streams[stream].oplock);
        }
    }
    const Progress progress = passes_needlessly(call) ? dispatch(call) : Progress::waits;
    if (Stream* const stream = world_.streams.find(directory); directory && stream != nullptr) {
        stream->oplock = kept;
    }
    if (progress == Progress::done) {
        mutate_output(call);
    } else if (mutated(Mutant::notice_after_operation)) {
        apply_effects({});
    }
    call.irp.request = request;
    world_.semantics = semantics;
    return progress;
}

void Kernel::report(IrpId id, const Completion& completion) {
    Completion told = completion;
    const bool own = world_.irps[id].state == IrpState::running;
    const bool cancelled = told.status == NtStatus::STATUS_CANCELLED;
    if (mutated(Mutant::cancelled_waiter_says_success) && cancelled) {
        told.status = NtStatus::STATUS_SUCCESS;
    }
    record(id, told);
    if (mutated(Mutant::cancelled_irp_completes_twice) && cancelled) record(id, told);
    if (mutated(Mutant::notice_after_operation) && own) apply_effects({});
}

// The checks that are forgotten.
bool Kernel::mutant_skips(const Call& call, StreamId id,
                          const engine::CheckRequest& request) const {
    const Request& asked = call.irp.request;
    const Stream& stream = world_.streams[id];
    if (mutated(Mutant::owner_is_the_process)) {
        return owns_an_oplock_of(world_, world_.threads[call.irp.thread].process, stream);
    }
    if (mutated(Mutant::batch_survives_a_failing_create)) {
        return request.operation == Operation::create &&
               sharing_conflicts(stream.share, request.desired_access, request.share_access);
    }
    if (mutated(Mutant::paging_read_is_not_checked)) {
        return request.operation == Operation::read && asked.paging_io;
    }
    if (mutated(Mutant::unchanged_size_is_not_checked)) {
        return request.operation == Operation::set_end_of_file && asked.length == stream.size;
    }
    if (mutated(Mutant::descendants_are_not_checked)) {
        return (request.operation == Operation::rename ||
                request.operation == Operation::set_short_name) &&
               world_.file_objects[call.irp.file_object].stream != id;
    }
    const bool named = stream.name != NameId{};
    if (mutated(Mutant::replaced_file_is_checked_on_one_stream)) {
        return request.operation == Operation::replaced_by_rename && named;
    }
    if (mutated(Mutant::link_is_checked_on_one_stream)) {
        return request.operation == Operation::link && named;
    }
    if (mutated(Mutant::append_only_write_is_not_checked)) {
        return request.operation == Operation::write &&
               (world_.file_objects[call.irp.file_object].granted_access &
                engine::FILE_WRITE_DATA) == 0;
    }
    if (mutated(Mutant::lock_conflict_comes_first)) {
        const RangeAccess wish{call.irp.file_object, asked.offset,    asked.length,
                               asked.lock_key,       asked.exclusive, true};
        return request.operation == Operation::byte_range_lock && asked.fail_immediately &&
               conflicts_with_locks(stream.locks, wish);
    }
    return false;
}

bool Kernel::mutant_misses(const engine::Caller& caller, FileId directory,
                           engine::OplockCheckFlags flags) {
    if (mutated(Mutant::change_reaches_every_ancestor)) {
        parent_changes(caller, world_.links[world_.files[directory].first_link].parent, flags);
    }
    if ((flags & engine::OPLOCK_FLAG_REMOVING_FILE_OR_LINK) != 0) {
        return mutated(Mutant::directory_misses_removed_name);
    }
    const Irp* const irp = world_.irps.find(from_engine(caller.irp));
    return mutated(irp == nullptr ? Mutant::directory_misses_new_file
                                  : missing_change(world_, *irp, directory));
}

// The effects stay where they are until the operation has completed.
bool Kernel::mutant_defers(const engine::CheckResult& result) const {
    return mutated(Mutant::notice_after_operation) &&
           result.decision == engine::CheckDecision::proceed;
}

bool Kernel::mutant_blocks(const Irp& irp, bool blocks) const {
    if (mutated(Mutant::asynchronous_handle_blocks)) return true;
    return blocks && !mutated(irp.request.kind == RequestKind::create
                                  ? Mutant::create_does_not_block
                                  : Mutant::synchronous_handle_does_not_block);
}

bool Kernel::mutant_hides(const Irp& pending) {
    return mutated(pending.request.kind == RequestKind::oplock_fsctl
                       ? Mutant::granted_request_does_not_return
                       : Mutant::held_operation_does_not_return);
}

bool Kernel::mutant_outlives(ThreadId thread) const {
    return mutated(world_.processes[world_.threads[thread].process].terminated
                       ? Mutant::dead_process_goes_on_waiting
                       : Mutant::ended_thread_goes_on_waiting);
}

void Kernel::mutant_wakes(Mutant mutant, FileObjectId closing) {
    if (!mutated(mutant)) return;
    end_oplock_of(closing);
    // Not what caches have to do: that would be requests in the midst of this one.
    for (std::uint32_t i = 0; i < kMaxStepsPerIdle && !runnable().empty(); ++i) {
        go_on(runnable().front());
    }
}

// As if every owner that owes an acknowledgment had closed its handle.
void Kernel::mutant_times_out(Ticks elapsed) {
    constexpr Ticks kTimeout = 35ull * 10'000'000;
    if (!mutated(Mutant::break_times_out) || elapsed < kTimeout) return;
    std::vector<FileObjectId> owners;
    world_.streams.for_each([&](StreamId, const Stream& stream) {
        for (const engine::Holder& holder : stream.oplock.holders()) {
            if (holder.irp.value == 0) owners.push_back(from_engine(holder.file_object));
        }
    });
    for (const FileObjectId id : owners) end_oplock_of(id);
}

}  // namespace oplocksim::sim

#endif
