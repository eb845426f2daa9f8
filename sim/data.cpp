// IRP_MJ_READ, IRP_MJ_WRITE, IRP_MJ_FLUSH_BUFFERS and FSCTL_SET_ZERO_DATA: [MS-FSA] 2.1.5.3,
// 2.1.5.4, 2.1.5.7, 2.1.5.10.39.
#include <algorithm>

#include "sim/byte_range_locks.h"
#include "sim/kernel.h"
#include "sim/name_space.h"
#include "sim/share_access.h"
#include "sim/stream_data.h"

namespace oplocksim::sim {

using engine::Operation;

namespace {

constexpr std::uint64_t kMaxLongLong = 0x7FFF'FFFF'FFFF'FFFFull;   // MAXLONGLONG

bool exceeds(std::uint64_t offset, std::uint64_t length, std::uint64_t maximum) {
    return offset > maximum || length > maximum - offset;
}

}  // namespace

Kernel::Progress Kernel::read(Call& call) {
    const Request& request = call.irp.request;
    FileObject& open = world_.file_objects[call.irp.file_object];
    if (is_directory_stream(world_, world_.streams[open.stream])) {
        return finish(call, NtStatus::STATUS_INVALID_DEVICE_REQUEST);
    }
    if (!request.paging_io && (open.granted_access & kReadAccess) == 0) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    if (exceeds(request.offset, request.length, kMaxLongLong)) {
        return finish(call, NtStatus::STATUS_INVALID_PARAMETER);
    }
    if (request.length == 0) return finish(call, NtStatus::STATUS_SUCCESS);   // SC-033
    // A transacted reader excludes every writer: there can be nobody to break (SC-034).
    if (!open.transacted && !passes(call, open.stream, Operation::read)) return Progress::waits;

    const Stream& stream = world_.streams[open.stream];
    const RangeAccess access{call.irp.file_object, request.offset, request.length,
                             request.lock_key, false, false};
    if (!request.paging_io && conflicts_with_locks(stream.locks, access)) {
        return finish(call, NtStatus::STATUS_FILE_LOCK_CONFLICT);
    }
    if (request.offset >= stream.size) return finish(call, NtStatus::STATUS_END_OF_FILE);
    call.result.information = std::min(request.length, stream.size - request.offset);
    if (open.synchronous) open.current_byte_offset = request.offset + call.result.information;
    return finish(call, NtStatus::STATUS_SUCCESS);
}

Kernel::Progress Kernel::write(Call& call) {
    const Request& request = call.irp.request;
    FileObject& open = world_.file_objects[call.irp.file_object];
    if (is_directory_stream(world_, world_.streams[open.stream])) {
        return finish(call, NtStatus::STATUS_INVALID_DEVICE_REQUEST);
    }
    if (!request.paging_io && (open.granted_access & kWriteAccess) == 0) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    const std::string_view bytes = bytes_of(call.irp);
    std::uint64_t length = bytes.empty() ? request.length : bytes.size();
    if (exceeds(request.offset, length, kMaxFileSize)) {
        return finish(call, NtStatus::STATUS_INVALID_PARAMETER);
    }
    if (length == 0) return finish(call, NtStatus::STATUS_SUCCESS);   // SC-033
    // SC-034: the check was made when the data came into the cache.
    if (!request.paging_io && !passes(call, open.stream, Operation::write)) {
        return Progress::waits;
    }
    Stream& stream = world_.streams[open.stream];
    std::uint64_t offset = request.offset;
    if (request.paging_io) {   // it never extends the file
        length = offset >= stream.size ? 0 : std::min(length, stream.size - offset);
        if (length == 0) return finish(call, NtStatus::STATUS_SUCCESS);
    } else if ((open.granted_access & engine::FILE_WRITE_DATA) == 0) {
        offset = stream.size;   // FILE_APPEND_DATA alone
        if (exceeds(offset, length, kMaxFileSize)) {
            return finish(call, NtStatus::STATUS_INVALID_PARAMETER);
        }
    }
    const RangeAccess access{call.irp.file_object, offset, length, request.lock_key, true, false};
    if (!request.paging_io && conflicts_with_locks(stream.locks, access)) {
        return finish(call, NtStatus::STATUS_FILE_LOCK_CONFLICT);
    }
    if (bytes.empty()) {
        zero_range(stream, offset, length);
    } else {
        if (stored_bytes(stream) + length > kMaxStoredBytes) {
            return finish(call, NtStatus::STATUS_INSUFFICIENT_RESOURCES);
        }
        store_bytes(stream, offset, bytes.substr(0, length));
    }
    const std::uint64_t end = offset + length;
    if (end > stream.allocation_size) stream.allocation_size = cluster_aligned(end);
    stream.size = std::max(stream.size, end);
    stream.valid_data_length = std::max(stream.valid_data_length, end);
    if (open.synchronous) open.current_byte_offset = end;
    call.result.information = length;
    return finish(call, NtStatus::STATUS_SUCCESS);
}

// NtFlushBuffersFile: needs a handle that could have written. The package knows whether a flush
// breaks anything (SC-037).
Kernel::Progress Kernel::flush(Call& call) {
    const FileObject& open = world_.file_objects[call.irp.file_object];
    if ((open.granted_access & kWriteAccess) == 0) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    if (!passes(call, open.stream, Operation::flush)) return Progress::waits;
    return finish(call, NtStatus::STATUS_SUCCESS);
}

Kernel::Progress Kernel::set_zero_data(Call& call) {
    const Request& request = call.irp.request;
    const FileObject& open = world_.file_objects[call.irp.file_object];
    if ((open.granted_access & engine::FILE_WRITE_DATA) == 0) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    if (is_directory_stream(world_, world_.streams[open.stream]) ||
        exceeds(request.offset, request.length, kMaxLongLong)) {
        return finish(call, NtStatus::STATUS_INVALID_PARAMETER);
    }
    const auto inside = [&] {   // how many bytes of the file are affected
        const std::uint64_t size = world_.streams[open.stream].size;
        return request.offset >= size ? 0 : std::min(request.length, size - request.offset);
    };
    if (world_.streams[open.stream].deleted) return finish(call, NtStatus::STATUS_FILE_DELETED);
    if (inside() == 0) return finish(call, NtStatus::STATUS_SUCCESS);   // SC-036
    if (!passes(call, open.stream, Operation::set_zero_data)) return Progress::waits;
    const RangeAccess access{call.irp.file_object, request.offset, inside(), 0, true, false};
    if (conflicts_with_locks(world_.streams[open.stream].locks, access)) {
        return finish(call, NtStatus::STATUS_FILE_LOCK_CONFLICT);
    }
    zero_range(world_.streams[open.stream], request.offset, inside());
    return finish(call, NtStatus::STATUS_SUCCESS);
}

std::string Kernel::stream_bytes(StreamId id, std::uint64_t offset, std::uint64_t length) const {
    const Stream& stream = world_.streams[id];
    if (offset >= stream.size) return {};
    return load_bytes(stream, offset, std::min(length, stream.size - offset));
}

}  // namespace oplocksim::sim
