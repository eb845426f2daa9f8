// Names: FileRenameInformation, FileLinkInformation and FileShortNameInformation. [MS-FSA]
// 2.1.5.15.7, .12, .14 and 2.1.4.2; the set-information article.
//
// An operation that waited starts again; only the check of the own stream, once passed, is not
// repeated (SC-048).
#include <algorithm>

#include "engine/assert.h"
#include "sim/kernel.h"
#include "sim/name_space.h"
#include "sim/share_access.h"

namespace oplocksim::sim {

using engine::Operation;

namespace {

enum class NamePhase : std::uint8_t { own_stream, others };

constexpr bool is_8dot3_char(char c) {
    constexpr std::string_view kForbidden = "\"*+,/:;<=>?[\\]| ";
    return static_cast<unsigned char>(c) >= 0x20 &&
           kForbidden.find(c) == std::string_view::npos;
}

// [MS-FSCC] 2.1.5.2.1.
bool is_8dot3(std::string_view name) {
    const std::size_t dot = name.find('.');
    const std::string_view base = name.substr(0, dot);
    const std::string_view extension =
        dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
    return !base.empty() && base.size() <= 8 && extension.size() <= 3 &&
           extension.find('.') == std::string_view::npos &&
           std::all_of(name.begin(), name.end(), is_8dot3_char);
}

bool is_busy(const World& world, FileId directory) {
    for (LinkId link = next_below(world, directory, {}); link;
         link = next_below(world, directory, link)) {
        if (world.links[link].open_count != 0) return true;
    }
    return false;
}

// May the link be replaced by another file's ([MS-FSA] 2.1.5.15.12)?
NtStatus replacement_problem(const World& world, LinkId id, bool replace_if_exists) {
    if (!replace_if_exists) return NtStatus::STATUS_OBJECT_NAME_COLLISION;
    const Link& link = world.links[id];
    const File& file = world.files[link.file];
    if (file.directory || (file.attributes & FILE_ATTRIBUTE_READONLY) != 0) {
        return NtStatus::STATUS_ACCESS_DENIED;
    }
    return link.deleted ? NtStatus::STATUS_DELETE_PENDING : NtStatus::STATUS_SUCCESS;
}

}  // namespace

Kernel::Progress Kernel::rename(Call& call) {
    const Request& request = call.irp.request;
    const FileObject& open = world_.file_objects[call.irp.file_object];
    if ((open.granted_access & engine::DELETE) == 0) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    if (!request.path) return finish(call, NtStatus::STATUS_INVALID_PARAMETER);
    const Path& path = world_.names->path(request.path);
    const bool of_stream = path.components.empty() && path.names_stream;   // ":name"
    const Lookup destination = look_up(world_, request.path);
    if (!engine::nt_success(destination.status)) return finish(call, destination.status);
    if (!of_stream && !destination.parent) {
        return finish(call, NtStatus::STATUS_INVALID_PARAMETER);
    }
    if (call.irp.phase == static_cast<std::uint8_t>(NamePhase::own_stream)) {
        if (!passes(call, open.stream, Operation::rename)) return Progress::waits;
        call.irp.phase = static_cast<std::uint8_t>(NamePhase::others);
    }
    return of_stream ? rename_own_stream(call, path.stream)
                     : rename_to(call, destination.parent, destination.name);
}

Kernel::Progress Kernel::rename_to(Call& call, FileId directory, NameId name) {
    const FileObject& open = world_.file_objects[call.irp.file_object];
    const Link& own = world_.links[open.link];
    if (own.deleted || own.removed) return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    if (!own.parent) return finish(call, NtStatus::STATUS_INVALID_PARAMETER);   // the root
    if (world_.files[own.file].directory) {
        if (is_within(world_, directory, own.file)) {   // into itself
            return finish(call, NtStatus::STATUS_ACCESS_DENIED);
        }
        if (const auto stopped = clear_descendants(call, Operation::rename)) return *stopped;
    }
    if (world_.names->path(call.irp.request.path).names_stream) {
        return finish(call, NtStatus::STATUS_OBJECT_NAME_INVALID);
    }
    if (directory == own.parent && name == own.name) {
        return finish(call, NtStatus::STATUS_SUCCESS);
    }
    return replace_and_move(call, directory, name);
}

Kernel::Progress Kernel::replace_and_move(Call& call, FileId directory, NameId name) {
    const LinkId own = world_.file_objects[call.irp.file_object].link;
    const FileId source = world_.links[own].parent;
    const LinkId target = find_link(world_, directory, name);
    if (target && target != own) {
        if (world_.links[target].file == world_.links[own].file) {
            // Onto another link of the same file: the two become one.
            move_opens(target, own);
            remove_link(world_, target);
        } else {
            const NtStatus problem =
                replacement_problem(world_, target, call.irp.request.replace_if_exists);
            if (!engine::nt_success(problem)) return finish(call, problem);
            if (const auto stopped = break_target(call, world_.links[target].file)) {
                return *stopped;
            }
            remove_link(world_, target);
        }
    }
    move_link(world_, own, directory, name);
    const engine::Caller caller = caller_of(call.id, call.irp);
    if (directory != source) parent_changes(caller, directory);
    parent_changes(caller, source);
    return finish(call, NtStatus::STATUS_SUCCESS);
}

// Every open stream of the file that is replaced is broken as by a write; a stream that is open
// without an oplock, or still open afterwards, denies (SC-044). Streams up to the cursor were
// broken before the wait.
std::optional<Kernel::Progress> Kernel::break_target(Call& call, FileId target) {
    const bool proceeds = world_.semantics.rename_target_open_after_break ==
                          engine::RenameTargetOpenAfterBreak::proceed;
    const StreamId first = world_.files[target].first_stream;
    bool broken_before = false;
    for (StreamId id = first; id; id = world_.streams[id].next_of_file) {
        broken_before |= id == call.irp.cursor;
    }
    for (StreamId id = first; id; id = world_.streams[id].next_of_file) {
        const Stream& stream = world_.streams[id];
        if (stream.open_count != 0) {
            if (stream.oplock.current()) {
                if (!passes(call, id, Operation::replaced_by_rename)) return Progress::waits;
            } else if (!broken_before) {
                return finish(call, NtStatus::STATUS_ACCESS_DENIED);
            }
        }
        if (id == call.irp.cursor) broken_before = false;
    }
    if (!proceeds && world_.files[target].open_count != 0) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    return std::nullopt;
}

// [MS-FSA] 2.1.4.2, SC-045: handle caching below the directory is broken, one after the other;
// then nothing below may be open any more.
std::optional<Kernel::Progress> Kernel::clear_descendants(Call& call, Operation operation) {
    const FileId top = world_.links[world_.file_objects[call.irp.file_object].link].file;
    for (LinkId link = next_below(world_, top, {}); link; link = next_below(world_, top, link)) {
        if (world_.links[link].open_count == 0) continue;
        for (StreamId id = world_.files[world_.links[link].file].first_stream; id;
             id = world_.streams[id].next_of_file) {
            const engine::Oplock& oplock = world_.streams[id].oplock;
            if (!oplock.current_batch_or_filter() && !oplock.current_handle_caching()) continue;
            if (!passes(call, id, operation)) return Progress::waits;
        }
    }
    if (world_.semantics.ancestor_rename_denied_if_open && is_busy(world_, top)) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    return std::nullopt;
}

// Whoever has the file open by one of its names, or waits to, now has it open by another.
void Kernel::move_opens(LinkId from, LinkId to) {
    world_.links[to].open_count += world_.links[from].open_count;
    world_.links[to].references += world_.links[from].references;
    world_.links[from].open_count = 0;
    world_.links[from].references = 0;
    std::vector<FileObjectId> opens;
    world_.file_objects.for_each([&](FileObjectId id, const FileObject& open) {
        if (open.link == from) opens.push_back(id);
    });
    for (const FileObjectId id : opens) world_.file_objects[id].link = to;
    std::vector<IrpId> creates;
    world_.irps.for_each([&](IrpId id, const Irp& irp) {
        if (irp.target_link == from) creates.push_back(id);
    });
    for (const IrpId id : creates) world_.irps[id].target_link = to;
}

// [MS-FSA] 2.1.5.15.12.1.
Kernel::Progress Kernel::rename_own_stream(Call& call, NameId name) {
    const StreamId own = world_.file_objects[call.irp.file_object].stream;
    const Stream& stream = world_.streams[own];
    if (is_directory_stream(world_, stream) ||
        (name == NameId{} && world_.files[stream.file].directory)) {
        return finish(call, NtStatus::STATUS_INVALID_PARAMETER);
    }
    if (stream.removed) return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    if (name == stream.name) return finish(call, NtStatus::STATUS_SUCCESS);
    if (const StreamId target = sim::find_stream(world_, stream.file, name)) {
        if (!call.irp.request.replace_if_exists) {
            return finish(call, NtStatus::STATUS_OBJECT_NAME_COLLISION);
        }
        if (world_.streams[target].open_count != 0 || world_.streams[target].size != 0) {
            return finish(call, NtStatus::STATUS_INVALID_PARAMETER);
        }
    }
    forget_primary_deleters(world_, own);
    sim::rename_stream(world_, own, name);
    count_primary_deleters(world_, own);
    return finish(call, NtStatus::STATUS_SUCCESS);
}

// The file that gets the new link is not affected; the one that loses it is (SC-043).
Kernel::Progress Kernel::link(Call& call) {
    const Request& request = call.irp.request;
    const FileObject& open = world_.file_objects[call.irp.file_object];
    const Stream& stream = world_.streams[open.stream];
    if (stream.name != NameId{} || !request.path) {
        return finish(call, NtStatus::STATUS_INVALID_PARAMETER);
    }
    if (world_.files[stream.file].directory) {
        return finish(call, NtStatus::STATUS_FILE_IS_A_DIRECTORY);
    }
    if (world_.links[open.link].deleted || world_.links[open.link].removed) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    const Lookup destination = look_up(world_, request.path);
    if (world_.names->path(request.path).names_stream) {
        return finish(call, NtStatus::STATUS_OBJECT_NAME_INVALID);
    }
    if (!engine::nt_success(destination.status)) return finish(call, destination.status);
    if (!destination.parent) return finish(call, NtStatus::STATUS_OBJECT_NAME_COLLISION);
    if (destination.link) {
        if (destination.file == stream.file && request.replace_if_exists) {
            return finish(call, NtStatus::STATUS_SUCCESS);
        }
        const NtStatus problem =
            replacement_problem(world_, destination.link, request.replace_if_exists);
        if (!engine::nt_success(problem)) return finish(call, problem);
        for (StreamId id = world_.files[destination.file].first_stream; id;
             id = world_.streams[id].next_of_file) {
            if (!passes(call, id, Operation::link)) return Progress::waits;
        }
        remove_link(world_, destination.link);
    }
    sim::add_link(world_, world_.streams[open.stream].file, destination.parent, destination.name);
    parent_changes(caller_of(call.id, call.irp), destination.parent);
    return finish(call, NtStatus::STATUS_SUCCESS);
}

// [MS-FSA] 2.1.5.15.14, with the check of the own stream (SC-042).
Kernel::Progress Kernel::set_short_name(Call& call) {
    const NameId name = call.irp.request.name;
    const FileObject& open = world_.file_objects[call.irp.file_object];
    const Link& own = world_.links[open.link];
    constexpr AccessMask kNeeded = engine::FILE_WRITE_DATA | engine::FILE_WRITE_ATTRIBUTES;
    if (!own.parent || world_.streams[open.stream].name != NameId{} ||
        (name != NameId{} && !is_8dot3(world_.names->text(name)))) {
        return finish(call, NtStatus::STATUS_INVALID_PARAMETER);
    }
    if ((open.granted_access & kNeeded) == 0 || own.deleted || own.removed ||
        (open.options & engine::FILE_DELETE_ON_CLOSE) != 0) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    if (call.irp.phase == static_cast<std::uint8_t>(NamePhase::own_stream)) {
        if (!passes(call, open.stream, Operation::set_short_name)) return Progress::waits;
        call.irp.phase = static_cast<std::uint8_t>(NamePhase::others);
    }
    if (world_.files[own.file].directory) {
        if (const auto stopped = clear_descendants(call, Operation::set_short_name)) {
            return *stopped;
        }
    }
    return change_short_name(call);
}

Kernel::Progress Kernel::change_short_name(Call& call) {
    const NameId name = call.irp.request.name;
    const LinkId own = world_.file_objects[call.irp.file_object].link;
    const Link& link = world_.links[own];
    if (name == link.short_name) return finish(call, NtStatus::STATUS_SUCCESS);
    if (name == NameId{}) {
        sim::set_short_name(world_, own, name);
        return finish(call, NtStatus::STATUS_SUCCESS);
    }
    for (LinkId other = world_.files[link.file].first_link; other;
         other = world_.links[other].next_of_file) {
        if (other != own && world_.links[other].short_name != NameId{}) {
            return finish(call, NtStatus::STATUS_OBJECT_NAME_COLLISION);
        }
    }
    const LinkId taken = find_link(world_, link.parent, name);
    if (taken && taken != own) return finish(call, NtStatus::STATUS_OBJECT_NAME_COLLISION);
    parent_changes(caller_of(call.id, call.irp), link.parent);
    sim::set_short_name(world_, own, name);
    return finish(call, NtStatus::STATUS_SUCCESS);
}

}  // namespace oplocksim::sim
