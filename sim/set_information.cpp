// IRP_MJ_SET_INFORMATION but for names, and IRP_MJ_SET_SECURITY: [MS-FSA] 2.1.5.15.1 - .5, .15,
// 2.1.5.17; the set-information article.
#include <algorithm>

#include "sim/kernel.h"
#include "sim/name_space.h"
#include "sim/stream_data.h"

namespace oplocksim::sim {

using engine::Operation;

namespace {

// The directory whose oplock covers what is done through this open; none if the name is gone.
FileId parent_of(const World& world, const FileObject& open) {
    const Link& link = world.links[open.link];
    return link.removed ? FileId{} : link.parent;
}

NtStatus size_problem(const World& world, const FileObject& open, std::uint64_t size) {
    if (is_directory_stream(world, world.streams[open.stream]) || size > kMaxFileSize) {
        return NtStatus::STATUS_INVALID_PARAMETER;
    }
    return (open.granted_access & engine::FILE_WRITE_DATA) != 0 ? NtStatus::STATUS_SUCCESS
                                                                : NtStatus::STATUS_ACCESS_DENIED;
}

}  // namespace

// MmCanFileBeTruncated: what a user has mapped cannot be cut off.
bool Kernel::truncation_is_mapped(const Stream& stream, std::uint64_t size) const {
    return stream.sections != 0 && size < stream.size;
}

// The check comes before the sizes are compared (SC-036).
Kernel::Progress Kernel::set_end_of_file(Call& call) {
    const Request& request = call.irp.request;
    const FileObject& open = world_.file_objects[call.irp.file_object];
    const NtStatus problem = size_problem(world_, open, request.length);
    if (!engine::nt_success(problem)) return finish(call, problem);
    if (!request.lazy_writer) {   // SC-034
        if (!passes(call, open.stream, Operation::set_end_of_file)) return Progress::waits;
        parent_changes(caller_of(call.id, call.irp), parent_of(world_, open));
    }
    Stream& stream = world_.streams[open.stream];
    const std::uint64_t size = request.length;
    if (stream.deleted || size == stream.size) return finish(call, NtStatus::STATUS_SUCCESS);
    if (truncation_is_mapped(stream, size)) {
        return finish(call, NtStatus::STATUS_USER_MAPPED_FILE);
    }
    if (size > stream.allocation_size ||
        cluster_aligned(size) < cluster_aligned(stream.size)) {
        stream.allocation_size = cluster_aligned(size);
    }
    set_size(stream, size);
    return finish(call, NtStatus::STATUS_SUCCESS);
}

Kernel::Progress Kernel::set_allocation(Call& call) {
    const FileObject& open = world_.file_objects[call.irp.file_object];
    const NtStatus problem = size_problem(world_, open, call.irp.request.length);
    if (!engine::nt_success(problem)) return finish(call, problem);
    if (!passes(call, open.stream, Operation::set_allocation)) return Progress::waits;
    parent_changes(caller_of(call.id, call.irp), parent_of(world_, open));
    Stream& stream = world_.streams[open.stream];
    const std::uint64_t allocation = cluster_aligned(call.irp.request.length);
    if (stream.deleted || allocation == stream.allocation_size) {
        return finish(call, NtStatus::STATUS_SUCCESS);
    }
    if (truncation_is_mapped(stream, allocation)) {
        return finish(call, NtStatus::STATUS_USER_MAPPED_FILE);
    }
    stream.allocation_size = allocation;
    if (allocation < stream.size) set_size(stream, allocation);
    return finish(call, NtStatus::STATUS_SUCCESS);
}

// SC-035. Whoever asks is taken to have SeManageVolumePrivilege.
Kernel::Progress Kernel::set_valid_data_length(Call& call) {
    const FileObject& open = world_.file_objects[call.irp.file_object];
    const std::uint64_t length = call.irp.request.length;
    const NtStatus problem = size_problem(world_, open, length);
    if (!engine::nt_success(problem)) return finish(call, problem);
    const auto in_range = [&](const Stream& stream) {
        return stream.valid_data_length <= length && length <= stream.size;
    };
    if (!in_range(world_.streams[open.stream])) {
        return finish(call, NtStatus::STATUS_INVALID_PARAMETER);
    }
    if (!passes(call, open.stream, Operation::set_valid_data_length)) return Progress::waits;
    world_.streams[open.stream].valid_data_length = length;
    return finish(call, NtStatus::STATUS_SUCCESS);
}

// Everything that can fail is tested first, so that a deletion that fails breaks nothing; then
// the check, then the flag (SC-040).
Kernel::Progress Kernel::set_disposition(Call& call) {
    const FileObject& open = world_.file_objects[call.irp.file_object];
    if ((open.granted_access & engine::DELETE) == 0) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    const bool pending = call.irp.request.delete_file;
    const bool named = world_.streams[open.stream].name != NameId{};
    const File& file = world_.files[world_.streams[open.stream].file];
    if (pending) {
        if ((file.attributes & FILE_ATTRIBUTE_READONLY) != 0 ||
            (!named && !world_.links[open.link].parent)) {   // the root directory
            return finish(call, NtStatus::STATUS_CANNOT_DELETE);
        }
        if (!named && file.first_child) {
            return finish(call, NtStatus::STATUS_DIRECTORY_NOT_EMPTY);
        }
        if (!passes(call, open.stream, Operation::set_disposition)) return Progress::waits;
    }
    (named ? world_.streams[open.stream].deleted : world_.links[open.link].deleted) = pending;
    return finish(call, NtStatus::STATUS_SUCCESS);
}

// A change of a time, or of the attributes that are given.
Kernel::Progress Kernel::set_basic_information(Call& call) {
    constexpr std::uint32_t kSettable =
        FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM;
    const FileObject& open = world_.file_objects[call.irp.file_object];
    const std::uint32_t attributes = call.irp.request.attributes;
    File& file = world_.files[world_.streams[open.stream].file];
    if ((open.granted_access & engine::FILE_WRITE_ATTRIBUTES) == 0) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 && !file.directory) {
        return finish(call, NtStatus::STATUS_INVALID_PARAMETER);
    }
    if (attributes != 0) {
        file.attributes = (file.attributes & ~kSettable) | (attributes & kSettable);
    }
    parent_changes(caller_of(call.id, call.irp), parent_of(world_, open));
    return finish(call, NtStatus::STATUS_SUCCESS);
}

// The package knows whether this breaks anything (SC-038).
Kernel::Progress Kernel::set_security(Call& call) {
    constexpr AccessMask kSecurityAccess =
        engine::WRITE_DAC | engine::WRITE_OWNER | engine::ACCESS_SYSTEM_SECURITY;
    const FileObject& open = world_.file_objects[call.irp.file_object];
    if ((open.granted_access & kSecurityAccess) == 0) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    if (!passes(call, open.stream, Operation::set_security)) return Progress::waits;
    return finish(call, NtStatus::STATUS_SUCCESS);
}

}  // namespace oplocksim::sim
