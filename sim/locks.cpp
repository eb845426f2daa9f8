// IRP_MJ_LOCK_CONTROL: [MS-FSA] 2.1.5.8, 2.1.5.9.
#include "engine/mutant.h"
#include "sim/byte_range_locks.h"
#include "sim/kernel.h"
#include "sim/name_space.h"

namespace oplocksim::sim {

using engine::Operation;

namespace {

// NtLockFile: a handle that could read or write.
constexpr AccessMask kLockAccess = engine::FILE_READ_DATA | engine::FILE_WRITE_DATA;

NtStatus range_problem(const World& world, const FileObject& open, const Request& request) {
    if ((open.granted_access & kLockAccess) == 0) return NtStatus::STATUS_ACCESS_DENIED;
    if (is_directory_stream(world, world.streams[open.stream])) {
        return NtStatus::STATUS_INVALID_PARAMETER;
    }
    if (is_invalid_lock_range(request.offset, request.length)) {
        return NtStatus::STATUS_INVALID_LOCK_RANGE;
    }
    return NtStatus::STATUS_SUCCESS;
}

RangeAccess wish_of(const Irp& irp) {
    const Request& request = irp.request;
    return {irp.file_object, request.offset,    request.length,
            request.lock_key, request.exclusive, true};
}

ByteRangeLock lock_of(const Irp& irp) {
    const Request& request = irp.request;
    return {irp.file_object, request.offset, request.length, request.lock_key,
            request.exclusive};
}

}  // namespace

Kernel::Progress Kernel::lock(Call& call) {
    const Request& request = call.irp.request;
    const FileObject& open = world_.file_objects[call.irp.file_object];
    const NtStatus problem = range_problem(world_, open, request);
    if (!engine::nt_success(problem)) return finish(call, problem);
    const bool exempt = world_.semantics.lock_beyond_allocation_exempt &&   // SC-030
                        request.offset >= world_.streams[open.stream].allocation_size;
    if (!exempt && !passes(call, open.stream, Operation::byte_range_lock)) {
        return Progress::waits;
    }
    Stream& stream = world_.streams[open.stream];
    if (!conflicts_with_locks(stream.locks, wish_of(call.irp))) {
        stream.locks.push_back(lock_of(call.irp));
        return finish(call, NtStatus::STATUS_SUCCESS);
    }
    if (request.fail_immediately) return finish(call, NtStatus::STATUS_LOCK_NOT_GRANTED);
    call.irp.state = IrpState::waiting_for_lock;
    stream.lock_waiters.push_back(call.id);
    return Progress::waits;
}

Kernel::Progress Kernel::unlock(Call& call) {
    const Request& request = call.irp.request;
    const FileObject& open = world_.file_objects[call.irp.file_object];
    const NtStatus problem = range_problem(world_, open, request);
    if (!engine::nt_success(problem)) return finish(call, problem);
    if (!passes(call, open.stream, Operation::byte_range_unlock)) {   // SC-031
        return Progress::waits;
    }
    if (!remove_lock(world_.streams[open.stream].locks, call.irp.file_object, request.offset,
                     request.length, request.lock_key)) {
        return finish(call, NtStatus::STATUS_RANGE_NOT_LOCKED);
    }
    grant_lock_waiters(open.stream);
    return finish(call, NtStatus::STATUS_SUCCESS);
}

// First in, first out; a waiter whose range is still taken does not hold up those behind it.
void Kernel::grant_lock_waiters(StreamId id) {
    Stream& stream = world_.streams[id];
    for (std::size_t i = 0; i < stream.lock_waiters.size();) {
        const IrpId irp = stream.lock_waiters[i];
        if (conflicts_with_locks(stream.locks, wish_of(world_.irps[irp]))) {
            ++i;
            continue;
        }
        stream.lock_waiters.erase(stream.lock_waiters.begin() + static_cast<std::ptrdiff_t>(i));
        stream.locks.push_back(lock_of(world_.irps[irp]));
        complete_with(irp, NtStatus::STATUS_SUCCESS);
        if (engine::mutated(engine::Mutant::free_range_serves_one)) return;
    }
}

}  // namespace oplocksim::sim
