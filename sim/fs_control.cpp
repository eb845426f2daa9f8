// IRP_MJ_FILE_SYSTEM_CONTROL: the oplock FSCTLs ([MS-FSA] 2.1.5.18, 2.1.5.19) and
// FSCTL_SET_ENCRYPTION (2.1.5.10.32). FSCTL_SET_ZERO_DATA is in data.cpp.
#include <algorithm>

#include "sim/engine_ids.h"
#include "sim/kernel.h"
#include "sim/name_space.h"
#include "sim/share_access.h"

namespace oplocksim::sim {
namespace {

// SC-070: the stream goes away, by itself or with its file.
bool deletion_is_pending(const World& world, const FileObject& open) {
    const Stream& stream = world.streams[open.stream];
    if (stream.deleted || world.links[open.link].deleted) return true;
    const LinkId first = world.files[stream.file].first_link;
    for (LinkId link = first; link; link = world.links[link].next_of_file) {
        if (!world.links[link].deleted) return false;
    }
    return true;
}

void count_other_opens(const World& world, FileObjectId requester, engine::StreamFacts& facts) {
    const FileObject& own = world.file_objects[requester];
    for (FileObjectId id = world.streams[own.stream].first_open; id;
         id = world.file_objects[id].next_on_stream) {
        if (id == requester) continue;
        const FileObject& other = world.file_objects[id];
        const bool other_key = !engine::same_oplock_owner(to_engine(requester), own.target_key,
                                                          to_engine(id), other.target_key);
        const bool data = !is_attribute_only(other.granted_access);
        ++facts.other_opens;
        facts.other_opens_other_key += other_key;
        facts.other_data_opens += data;
        facts.other_data_opens_other_key += data && other_key;
    }
}

}  // namespace

engine::StreamFacts Kernel::facts_of(FileObjectId requester) const {
    const FileObject& open = world_.file_objects[requester];
    const Stream& stream = world_.streams[open.stream];
    engine::StreamFacts facts;
    facts.directory = is_directory_stream(world_, stream);
    facts.synchronous = open.synchronous;
    facts.transaction = world_.files[stream.file].transactions != 0;
    facts.delete_pending = deletion_is_pending(world_, open);
    facts.writable_section = stream.writable_sections != 0;
    facts.byte_range_lock = !stream.locks.empty();
    facts.byte_range_lock_below_allocation =
        std::any_of(stream.locks.begin(), stream.locks.end(), [&](const ByteRangeLock& lock) {
            return lock.offset < stream.allocation_size;
        });
    facts.opened_complete_if_oplocked =
        (open.options & engine::FILE_COMPLETE_IF_OPLOCKED) != 0;
    count_other_opens(world_, requester, facts);
    return facts;
}

Kernel::Progress Kernel::oplock_fsctl(Call& call) {
    const engine::OplockFsctl& fsctl = call.irp.request.fsctl;
    if (fsctl.code == engine::FsControlCode::FSCTL_SET_ZERO_DATA) return set_zero_data(call);
    const StreamId stream = world_.file_objects[call.irp.file_object].stream;
    before_package_call(stream);
    const engine::FsctlResult result = world_.streams[stream].oplock.fsctrl(
        world_.semantics, caller_of(call.id, call.irp), fsctl, facts_of(call.irp.file_object),
        effects_);
    apply_effects(stream);
    call.result.why = result.why;
    if (result.status == NtStatus::STATUS_PENDING) {
        hold(call, stream);
        return Progress::waits;
    }
    call.result.information = result.information;
    call.result.has_output = result.has_output;
    call.result.output = result.output;
    return finish(call, result.status);
}

// Only what concerns the parent directory's oplock is modelled (SC-047).
Kernel::Progress Kernel::set_encryption(Call& call) {
    const Link& link = world_.links[world_.file_objects[call.irp.file_object].link];
    if (!link.removed) parent_changes(caller_of(call.id, call.irp), link.parent);
    return finish(call, NtStatus::STATUS_SUCCESS);
}

}  // namespace oplocksim::sim
