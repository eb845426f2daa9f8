// NtCreateSection and the end of a section: the section-synchronization article (SC-039).
#include "sim/kernel.h"
#include "sim/name_space.h"

namespace oplocksim::sim {
namespace {

constexpr std::uint32_t kWritable = PAGE_READWRITE | PAGE_EXECUTE_READWRITE;
constexpr std::uint32_t kExecutable = PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE;
constexpr std::uint32_t kKnown =
    PAGE_READONLY | PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE;

// What the file handle must allow for a page protection.
AccessMask needed_access(std::uint32_t protection) {
    AccessMask needed = engine::FILE_READ_DATA;
    if ((protection & kWritable) != 0) needed |= engine::FILE_WRITE_DATA;
    if ((protection & kExecutable) != 0) needed |= engine::FILE_EXECUTE;
    return needed;
}

bool is_one_protection(std::uint32_t protection) {
    return protection != 0 && (protection & ~kKnown) == 0 && (protection & (protection - 1)) == 0;
}

}  // namespace

Kernel::Progress Kernel::create_section(Call& call) {
    const std::uint32_t protection = call.irp.request.page_protection;
    const FileObjectId file_object = call.irp.file_object;
    const FileObject& open = world_.file_objects[file_object];
    if (!is_one_protection(protection)) return finish(call, NtStatus::STATUS_INVALID_PARAMETER);
    if (is_directory_stream(world_, world_.streams[open.stream])) {
        return finish(call, NtStatus::STATUS_INVALID_DEVICE_REQUEST);
    }
    const AccessMask needed = needed_access(protection);
    if ((open.granted_access & needed) != needed) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    const bool writable = (protection & kWritable) != 0;
    if (writable) {
        advise(caller_of(call.id, call.irp), open.stream,
               engine::Operation::create_writable_section, 0);
    }
    Stream& stream = world_.streams[open.stream];
    ++stream.sections;
    stream.writable_sections += writable;
    ++world_.file_objects[file_object].section_count;
    call.result.section = world_.sections.insert(
        Section{world_.threads[call.irp.thread].process, open.stream, file_object, writable});
    return finish(call, NtStatus::STATUS_SUCCESS);
}

Kernel::Progress Kernel::close_section(Call& call) {
    const SectionId id = call.irp.request.section;
    const Section* const section = world_.sections.find(id);
    if (section == nullptr || section->process != world_.threads[call.irp.thread].process) {
        return finish(call, NtStatus::STATUS_INVALID_HANDLE);
    }
    remove_section(id);
    return finish(call, NtStatus::STATUS_SUCCESS);
}

void Kernel::remove_section(SectionId id) {
    const Section section = world_.sections[id];
    world_.sections.erase(id);
    Stream& stream = world_.streams[section.stream];
    --stream.sections;
    stream.writable_sections -= section.writable;
    --world_.file_objects[section.file_object].section_count;
    free_if_unreferenced(section.file_object);
}

}  // namespace oplocksim::sim
