// IRP_MJ_CREATE: [MS-FSA] 2.1.5.1, the create article, Breaking Oplocks.
//
// Order of an open of an existing stream (SC-012): the name; deletion pending; collision; the kind
// of file; the FILE_RESERVE_OPFILTER precheck (SC-007); the break of Batch and Filter; attributes
// and access; the two sharing checks, with one break of handle caching and one retry (SC-014); the
// remaining break; the effects. Nothing is changed before every break that waits is over, so a
// create that fails or is cancelled leaves nothing behind (P07).
//
// A create that waited goes on at the phase that waited, with the file that its name led to before
// the wait, whatever the name leads to by now ([MS-FSA] 2.1.4.12.1). Only if that file, link or
// stream has gone meanwhile is the name looked up anew, and everything decided afresh (P21). The
// sharing checks are repeated even if the remaining break was waited for: another open may have
// come meanwhile.
#include <algorithm>

#include "engine/assert.h"
#include "sim/engine_ids.h"
#include "sim/kernel.h"
#include "sim/name_space.h"
#include "sim/share_access.h"

namespace oplocksim::sim {

using namespace engine;  // the constants of wdm.h, by the names that the field uses

// What a create is about, put together each time it runs.
struct Kernel::CreateState {
    Lookup target;
    StreamId stream;                 // that is opened; none if it does not exist yet
    NameId stream_name;
    bool directory_stream = false;   // StreamTypeToOpen is DirectoryStream
    AccessMask desired_access = 0;   // as asked for, generic rights mapped
    AccessMask sharing_access = 0;   // and what the disposition implies
};

namespace {

enum class CreatePhase : std::uint8_t {
    start,
    batch_and_filter,  // the break before the sharing checks
    sharing,           // the sharing checks, the handle break and the remaining break
};

constexpr CreateOptions kSynchronousOptions =
    FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
// Not among ValidDirectoryCreateOptions.
constexpr CreateOptions kNotForDirectories =
    FILE_SEQUENTIAL_ONLY | FILE_NO_INTERMEDIATE_BUFFERING | FILE_NON_DIRECTORY_FILE |
    FILE_RANDOM_ACCESS | FILE_RESERVE_OPFILTER;
constexpr std::uint32_t kSettableAttributes =
    FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM;
// [MS-FSA] 2.1.5.1, phase 1: bits that are no right at all.
constexpr AccessMask kReservedAccess = 0x0CE0FE00;

bool has(std::uint32_t set, std::uint32_t flag) { return (set & flag) != 0; }

// [MS-FSA] 2.1.5.1, phase 1, for the options that exist here.
NtStatus parameter_problem(const Request& request) {
    const CreateOptions options = request.options;
    const bool synchronous = has(options, kSynchronousOptions);
    const bool overwriting = overwrites(request.disposition);
    if ((request.share & ~(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)) != 0 ||
        (synchronous && !has(request.access, SYNCHRONIZE)) ||
        (options & kSynchronousOptions) == kSynchronousOptions ||
        (has(options, FILE_DELETE_ON_CLOSE) && !has(request.access, DELETE)) ||
        (has(options, FILE_COMPLETE_IF_OPLOCKED) && has(options, FILE_RESERVE_OPFILTER)) ||
        (has(options, FILE_NO_INTERMEDIATE_BUFFERING) && has(request.access, FILE_APPEND_DATA)) ||
        (has(options, FILE_DIRECTORY_FILE) &&
         (has(options, kNotForDirectories) || overwriting))) {
        return NtStatus::STATUS_INVALID_PARAMETER;
    }
    if (request.access == 0 || has(request.access, kReservedAccess & ~MAXIMUM_ALLOWED)) {
        return NtStatus::STATUS_ACCESS_DENIED;
    }
    return NtStatus::STATUS_SUCCESS;
}

// IoGetFileObjectGenericMapping. Whoever asks for the maximum gets it: there is no security here.
AccessMask mapped(AccessMask access) {
    constexpr AccessMask kGeneric =
        GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL | MAXIMUM_ALLOWED;
    AccessMask result = access & ~kGeneric;
    if (has(access, GENERIC_READ)) result |= FILE_GENERIC_READ;
    if (has(access, GENERIC_WRITE)) result |= FILE_GENERIC_WRITE;
    if (has(access, GENERIC_EXECUTE)) result |= FILE_GENERIC_EXECUTE;
    if (has(access, GENERIC_ALL | MAXIMUM_ALLOWED)) result |= FILE_ALL_ACCESS;
    return result;
}

// [MS-FSA] 2.1.5.1.2: what the disposition implies beyond what was asked for.
AccessMask implied_access(CreateDisposition disposition) {
    switch (disposition) {
        case CreateDisposition::FILE_SUPERSEDE: return DELETE;
        case CreateDisposition::FILE_OVERWRITE:
        case CreateDisposition::FILE_OVERWRITE_IF: return FILE_WRITE_DATA;
        case CreateDisposition::FILE_OPEN:
        case CreateDisposition::FILE_CREATE:
        case CreateDisposition::FILE_OPEN_IF: return 0;
    }
    OPLOCKSIM_ASSERT(false, "a create disposition outside its enumeration");
}

bool fails_if_missing(CreateDisposition disposition) {
    return disposition == CreateDisposition::FILE_OPEN ||
           disposition == CreateDisposition::FILE_OVERWRITE;
}

// [MS-FSA] 2.1.5.1, phase 7.
bool opens_directory(const World& world, const Request& request, FileId file) {
    if (has(request.options, FILE_DIRECTORY_FILE)) return true;
    return !has(request.options, FILE_NON_DIRECTORY_FILE) && file &&
           !world.names->path(request.path).names_stream && world.files[file].directory;
}

// SC-007: can it be seen that the filter oplock will be refused?
bool filter_would_be_refused(const World& world, const Request& request, StreamId stream,
                             bool directory) {
    if (!has(request.options, FILE_RESERVE_OPFILTER)) return false;
    if (directory || has(request.options, kSynchronousOptions) || request.transacted) return true;
    if (!stream) return false;
    const Stream& existing = world.streams[stream];
    return existing.open_count != 0 || world.files[existing.file].transactions != 0;
}

// [MS-FSA] 2.1.5.1.2 and 2.1.5.1.2.1, attributes.
NtStatus attribute_problem(const File& file, const Request& request, bool unnamed,
                           AccessMask access) {
    const bool overwriting = overwrites(request.disposition);
    if (overwriting && unnamed) {
        const std::uint32_t must_give =
            file.attributes & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM);
        if ((must_give & ~request.attributes) != 0) return NtStatus::STATUS_ACCESS_DENIED;
    }
    if (!has(file.attributes, FILE_ATTRIBUTE_READONLY)) return NtStatus::STATUS_SUCCESS;
    if (!file.directory && (overwriting || has(access, kWriteAccess))) {
        return NtStatus::STATUS_ACCESS_DENIED;
    }
    return has(request.options, FILE_DELETE_ON_CLOSE) ? NtStatus::STATUS_CANNOT_DELETE
                                                      : NtStatus::STATUS_SUCCESS;
}

}  // namespace

Kernel::Progress Kernel::create(Call& call) {
    const Request& request = call.irp.request;
    if (const NtStatus status = parameter_problem(request); !nt_success(status)) {
        return finish(call, status);
    }
    CreateState state;
    locate(call.irp, state);
    if (!nt_success(state.target.status)) return finish(call, state.target.status);
    const FileId file = state.target.file;
    state.directory_stream = opens_directory(world_, request, file);
    state.desired_access = mapped(request.access);
    if (has(request.access, MAXIMUM_ALLOWED) && file &&
        has(world_.files[file].attributes, FILE_ATTRIBUTE_READONLY)) {
        state.desired_access &= ~(kWriteAccess | FILE_DELETE_CHILD);
    }
    state.sharing_access = state.desired_access;

    // Deletion pending wins over everything that could break an oplock.
    if ((file && world_.links[state.target.link].deleted) ||
        (state.stream && world_.streams[state.stream].deleted)) {
        return finish(call, NtStatus::STATUS_DELETE_PENDING);
    }
    if (state.stream && request.disposition == CreateDisposition::FILE_CREATE) {   // SC-026
        return finish(call, NtStatus::STATUS_OBJECT_NAME_COLLISION);
    }
    if (!file && fails_if_missing(request.disposition)) {
        return finish(call, NtStatus::STATUS_OBJECT_NAME_NOT_FOUND);
    }
    const bool is_directory = file && world_.files[file].directory;
    if (state.directory_stream) {
        if (world_.names->path(request.path).names_stream || (file && !is_directory)) {
            return finish(call, NtStatus::STATUS_NOT_A_DIRECTORY);
        }
        if (overwrites(request.disposition)) {   // existing directories cannot be overwritten
            return finish(call, file == world_.root ? NtStatus::STATUS_ACCESS_DENIED
                                                    : NtStatus::STATUS_OBJECT_NAME_COLLISION);
        }
    } else if (is_directory && state.stream_name == NameId{}) {
        return finish(call, NtStatus::STATUS_FILE_IS_A_DIRECTORY);
    }
    if (!file) return create_file(call, state);
    if (state.stream) {
        const Progress progress = open_existing(call, state);
        if (progress == Progress::waits && !call.irp.target_link) {
            call.irp.target_stream = state.stream;
            call.irp.target_link = state.target.link;
            add_references(world_, state.stream, state.target.link);
        }
        return progress;
    }
    return fails_if_missing(request.disposition)
               ? finish(call, NtStatus::STATUS_OBJECT_NAME_NOT_FOUND)
               : create_stream(call, state);
}

// What the create opens: what it waited for, if that is still there, or what its name leads to.
void Kernel::locate(Irp& irp, CreateState& state) {
    state.stream_name = world_.names->path(irp.request.path).stream;
    if (irp.target_link) {
        const Link& link = world_.links[irp.target_link];
        const Stream& stream = world_.streams[irp.target_stream];
        if (!link.removed && !stream.removed) {
            state.target = {NtStatus::STATUS_SUCCESS, link.parent, link.name, irp.target_link,
                            link.file};
            state.stream = irp.target_stream;
            state.stream_name = stream.name;
            return;
        }
        forget_target(irp);
        irp.phase = static_cast<std::uint8_t>(CreatePhase::start);
        irp.handle_break_done = false;
        irp.break_in_progress = false;
    }
    state.target = look_up(world_, irp.request.path);
    if (state.target.file) {
        state.stream = sim::find_stream(world_, state.target.file, state.stream_name);
    }
}

void Kernel::forget_target(Irp& irp) {
    if (!irp.target_link) return;
    drop_references(world_, irp.target_stream, irp.target_link);
    irp.target_stream = {};
    irp.target_link = {};
}

// [MS-FSA] 2.1.5.1.1.
Kernel::Progress Kernel::create_file(Call& call, CreateState& state) {
    const Request& request = call.irp.request;
    if (has(request.attributes, FILE_ATTRIBUTE_READONLY) &&
        has(request.options, FILE_DELETE_ON_CLOSE)) {
        return finish(call, NtStatus::STATUS_CANNOT_DELETE);
    }
    if (world_.semantics.reserve_opfilter_precheck != ReserveOpfilterPrecheck::off &&
        filter_would_be_refused(world_, request, {}, state.directory_stream)) {
        return finish(call, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    }
    const bool directory = state.directory_stream;
    const std::uint32_t attributes = (request.attributes & kSettableAttributes) |
                                     (directory ? FILE_ATTRIBUTE_DIRECTORY : 0);
    state.target.file = make_file(world_, directory, attributes);
    state.target.link =
        sim::add_link(world_, state.target.file, state.target.parent, state.target.name);
    state.stream = state.stream_name == NameId{}
                       ? world_.files[state.target.file].first_stream
                       : add_stream(world_, state.target.file, state.stream_name);
    const Progress progress = open_stream(call, state, FILE_CREATED);
    parent_changes(owner(world_.handles[call.result.handle].file_object), state.target.parent);
    return progress;
}

// [MS-FSA] 2.1.5.1.2, the stream was not found. There are no opens of it to share with.
Kernel::Progress Kernel::create_stream(Call& call, CreateState& state) {
    const Request& request = call.irp.request;
    const File& file = world_.files[state.target.file];
    const AccessMask access = state.desired_access | FILE_WRITE_DATA;
    if (has(file.attributes, FILE_ATTRIBUTE_READONLY) && !file.directory) {
        return finish(call, NtStatus::STATUS_ACCESS_DENIED);
    }
    if (delete_sharing_conflicts(file, false, access, request.share)) {
        return finish(call, NtStatus::STATUS_SHARING_VIOLATION);
    }
    if (world_.semantics.reserve_opfilter_precheck != ReserveOpfilterPrecheck::off &&
        filter_would_be_refused(world_, request, {}, file.transactions != 0)) {
        return finish(call, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    }
    state.stream = add_stream(world_, state.target.file, state.stream_name);
    return open_stream(call, state, FILE_CREATED);
}

// [MS-FSA] 2.1.5.1.2.
Kernel::Progress Kernel::open_existing(Call& call, CreateState& state) {
    const Request& request = call.irp.request;
    Irp& irp = call.irp;
    state.sharing_access |= implied_access(request.disposition);
    const auto phase = static_cast<CreatePhase>(irp.phase);
    const ReserveOpfilterPrecheck precheck = world_.semantics.reserve_opfilter_precheck;
    if (phase == CreatePhase::start &&
        precheck == ReserveOpfilterPrecheck::fails_before_break &&
        filter_would_be_refused(world_, request, state.stream, state.directory_stream)) {
        return finish(call, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    }
    if (phase != CreatePhase::sharing) {
        irp.phase = static_cast<std::uint8_t>(CreatePhase::batch_and_filter);
        if (const auto stopped = break_batch_and_filter(call, state)) return *stopped;
    }
    irp.phase = static_cast<std::uint8_t>(CreatePhase::sharing);
    const bool unnamed = state.stream_name == NameId{};
    const NtStatus problem = attribute_problem(world_.files[state.target.file], request, unnamed,
                                               state.sharing_access);
    if (!nt_success(problem)) return finish(call, problem);
    if (const auto stopped = pass_sharing_check(call, state)) return *stopped;
    if (const auto stopped = check_create(call, state, state.stream)) return *stopped;

    if (precheck == ReserveOpfilterPrecheck::breaks_then_fails &&
        filter_would_be_refused(world_, request, state.stream, state.directory_stream)) {
        return finish(call, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
    }
    if (!overwrites(request.disposition)) return open_stream(call, state, FILE_OPENED);
    if (truncation_is_mapped(world_.streams[state.stream], 0)) {
        return finish(call, NtStatus::STATUS_USER_MAPPED_FILE);
    }
    overwrite(call, state);
    return open_stream(call, state,
                       request.disposition == CreateDisposition::FILE_SUPERSEDE
                           ? FILE_SUPERSEDED
                           : FILE_OVERWRITTEN);
}

// Before the sharing checks, whatever comes of them. Two cases reach over to other streams of the
// file (create article, last list; SC-018).
std::optional<Kernel::Progress> Kernel::break_batch_and_filter(Call& call,
                                                               const CreateState& state) {
    const Request& request = call.irp.request;
    const auto breaks = [&](StreamId stream) {
        return world_.streams[stream].oplock.current_batch_or_filter();
    };
    if (breaks(state.stream)) {
        if (const auto stopped = check_create(call, state, state.stream)) return stopped;
    }
    for (StreamId stream = world_.files[state.target.file].first_stream; stream;
         stream = world_.streams[stream].next_of_file) {
        if (!breaks(stream) || !reaches_over(request, state, stream)) continue;
        if (const auto stopped = check_create(call, state, stream)) return stopped;
    }
    return std::nullopt;
}

// Overwriting an alternate stream without FILE_SHARE_DELETE reaches over to the primary stream;
// overwriting the primary stream with DELETE access to every alternate one.
bool Kernel::reaches_over(const Request& request, const CreateState& state,
                          StreamId stream) const {
    if (!world_.semantics.cross_stream_batch_filter || !overwrites(request.disposition)) {
        return false;
    }
    const bool from_primary = state.stream_name == NameId{};
    const bool to_primary = world_.streams[stream].name == NameId{};
    if (from_primary == to_primary) return false;
    return from_primary ? has(state.desired_access, DELETE)
                        : !has(request.share, FILE_SHARE_DELETE);
}

engine::CheckRequest Kernel::create_check(const Call& call, const CreateState& state,
                                          Operation operation) {
    const Request& request = call.irp.request;
    CheckRequest check;
    check.operation = operation;
    check.reserve_opfilter = has(request.options, FILE_RESERVE_OPFILTER);
    check.requiring_oplock = has(request.options, FILE_OPEN_REQUIRING_OPLOCK);
    check.disposition = request.disposition;
    check.share_access = request.share;
    if (has(request.options, FILE_COMPLETE_IF_OPLOCKED)) {
        check.flags |= OPLOCK_FLAG_COMPLETE_IF_OPLOCKED;
    }
    check.desired_access = state.desired_access;   // what the disposition implies is the package's
    return check;
}

std::optional<Kernel::Progress> Kernel::check_create(Call& call, const CreateState& state,
                                                     StreamId stream) {
    const CheckResult result = check(call, stream, create_check(call, state, Operation::create));
    switch (result.decision) {
        case CheckDecision::wait: return Progress::waits;
        case CheckDecision::cannot_break:
            return finish(call, NtStatus::STATUS_CANNOT_BREAK_OPLOCK);
        case CheckDecision::proceed: break;
    }
    if (result.status == NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS) {
        call.irp.break_in_progress = true;
    }
    return std::nullopt;
}

bool Kernel::sharing_violated(const Call& call, const CreateState& state) const {
    const ShareAccess share = call.irp.request.share;
    const bool primary = state.stream_name == NameId{};
    return delete_sharing_conflicts(world_.files[state.target.file], primary,
                                    state.sharing_access, share) ||
           sharing_conflicts(world_.streams[state.stream].share, state.sharing_access, share);
}

// Whether what a create waits for is the handle break that its one retry follows (SC-014). A
// reservation is not (SC-102); stepwise, neither is a break that was under way (SC-115).
bool Kernel::retry_follows(Rule waited_for) const {
    if (waited_for == Rule::reservation_waits) return false;
    return waited_for != Rule::joined_break || world_.semantics.deeper_break_while_breaking ==
                                                   DeeperBreakWhileBreaking::silent_deepening;
}

// [MS-FSA] 2.1.5.1.2.1 and 2.1.5.1.2.2, with OPEN_BREAK_H and one retry (SC-013..SC-015).
std::optional<Kernel::Progress> Kernel::pass_sharing_check(Call& call, const CreateState& state) {
    while (sharing_violated(call, state)) {
        const Oplock& oplock = world_.streams[state.stream].oplock;
        const bool may_help = oplock.current_handle_caching() ||
                              oplock.reserved_by_other(caller_of(call.id, call.irp));
        if (call.irp.handle_break_done || !may_help) return fail_sharing(call, state);
        CheckRequest request = create_check(call, state, Operation::create_break_handle);
        if (world_.semantics.rh_conflict_scope == RhConflictScope::conflicting_handles_only) {
            conflicting_.clear();
            for (FileObjectId open = world_.streams[state.stream].first_open; open;
                 open = world_.file_objects[open].next_on_stream) {
                if (opens_conflict(world_.file_objects[open], state.sharing_access,
                                   call.irp.request.share)) {
                    conflicting_.push_back(to_engine(open));
                }
            }
            request.conflicting = conflicting_;
        }
        const CheckResult result = check(call, state.stream, request);
        switch (result.decision) {
            case CheckDecision::cannot_break:
                return finish(call, NtStatus::STATUS_CANNOT_BREAK_OPLOCK);
            case CheckDecision::wait:
                call.irp.handle_break_done = retry_follows(result.why.rule);
                return Progress::waits;
            case CheckDecision::proceed: call.irp.handle_break_done = true; break;
        }
        if (result.status == NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS) {
            call.irp.break_in_progress = true;
        }
    }
    return std::nullopt;
}

// Breaking Oplocks: FILE_OPBATCH_BREAK_UNDERWAY tells that trying again later may help (SC-022,
// SC-023).
Kernel::Progress Kernel::fail_sharing(Call& call, const CreateState& state) {
    call.result.information =
        batch_break_underway(call.irp.request, state) ? FILE_OPBATCH_BREAK_UNDERWAY : 0;
    return finish(call, NtStatus::STATUS_SHARING_VIOLATION);
}

bool Kernel::batch_break_underway(const Request& request, const CreateState& state) const {
    for (StreamId stream = world_.files[state.target.file].first_stream; stream;
         stream = world_.streams[stream].next_of_file) {
        const bool concerned = stream == state.stream || reaches_over(request, state, stream);
        if (concerned && world_.streams[stream].oplock.batch_or_filter_break_underway()) {
            return true;
        }
    }
    return false;
}

// SC-024: also when a break that the create did not wait for is unacknowledged.
void Kernel::overwrite(const Call& call, const CreateState& state) {
    Stream& stream = world_.streams[state.stream];
    stream.size = 0;
    stream.allocation_size = 0;
    stream.valid_data_length = 0;
    stream.extents.clear();
    if (state.stream_name == NameId{}) {
        world_.files[state.target.file].attributes =
            call.irp.request.attributes & kSettableAttributes;
    }
}

// The effects: FILE_OBJECT, share access, handle.
Kernel::Progress Kernel::open_stream(Call& call, const CreateState& state,
                                     std::uint32_t information) {
    const Request& request = call.irp.request;
    FileObject open;
    open.stream = state.stream;
    open.link = state.target.link;
    open.granted_access = state.desired_access;
    open.sharing_access = state.sharing_access;
    open.share_access = request.share;
    open.options = request.options;
    open.target_key = request.target_key;
    open.parent_key = request.parent_key;
    open.transacted = request.transacted;
    open.synchronous = has(request.options, kSynchronousOptions);
    const FileObjectId id = world_.file_objects.insert(open);
    add_references(world_, state.stream, state.target.link);
    enter_open(world_, id);
    if (has(request.options, FILE_OPEN_REQUIRING_OPLOCK)) {
        world_.streams[state.stream].oplock.reserve(owner(id));
    }
    call.result.handle = insert_handle(world_.threads[call.irp.thread].process, id);
    call.result.information = information;
    return finish(call, call.irp.break_in_progress ? NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS
                                                   : NtStatus::STATUS_SUCCESS);
}

HandleId Kernel::insert_handle(ProcessId process_id, FileObjectId file_object) {
    Process& process = world_.processes[process_id];
    const HandleId id =
        world_.handles.insert(Handle{process_id, file_object, {}, process.last_handle});
    (process.last_handle ? world_.handles[process.last_handle].next_in_process
                         : process.first_handle) = id;
    process.last_handle = id;
    ++world_.file_objects[file_object].handle_count;
    return id;
}

}  // namespace oplocksim::sim
