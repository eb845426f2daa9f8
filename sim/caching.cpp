// Caching clients (caching_client.h): what they answer without asking the file system, what they
// learn from what completes, and what they have to do when an oplock is broken.
#include <algorithm>

#include "engine/assert.h"
#include "sim/engine_ids.h"
#include "sim/kernel.h"
#include "sim/name_space.h"
#include "sim/share_access.h"
#include "sim/stream_data.h"

namespace oplocksim::sim {

using engine::mutated;
using engine::Mutant;
using engine::OplockType;

void Kernel::start_caching(ProcessId process, ThreadId cache_thread) {
    OPLOCKSIM_ASSERT(world_.threads[cache_thread].process == process,
                     "a cache that works on a thread of another process");
    world_.processes[process].cache_thread = cache_thread;
    if (trace_ != nullptr) trace_thread(TraceEventKind::caching, cache_thread, process);
}

ClientCache* Kernel::find_cache(FileObjectId file_object) {
    const auto found = std::ranges::find(world_.caches, file_object, &ClientCache::file_object);
    return found == world_.caches.end() ? nullptr : &*found;
}

// What a write writes; nothing: zeros.
std::string_view Kernel::bytes_of(const Irp& irp) const {
    if (irp.request.write_back) {
        const auto found =
            std::ranges::find(world_.caches, irp.file_object, &ClientCache::file_object);
        OPLOCKSIM_ASSERT(found != world_.caches.end(), "nobody knows what to write back");
        return found->in_flight.bytes;
    }
    return irp.request.data == 0 ? std::string_view() : data_[irp.request.data - 1];
}

// ---- What is answered at once

std::optional<Completion> Kernel::answer_from_cache(ThreadId thread, const Request& request) {
    if (request.kind == RequestKind::create) {
        return answer_create(world_.threads[thread].process, request);
    }
    if (world_.caches.empty() || request.kind == RequestKind::close_section) return std::nullopt;
    const Handle* const handle = world_.handles.find(request.handle);
    const bool own = handle != nullptr && handle->process == world_.threads[thread].process;
    ClientCache* const cache = own ? find_cache(handle->file_object) : nullptr;
    if (cache == nullptr || cache->process != handle->process) return std::nullopt;
    if (!cache->handle) cache->handle = request.handle;   // a duplicate came back
    Completion answer;
    if (cache->kept_back && cache->handle == request.handle) {   // closed, to the application
        answer.status = NtStatus::STATUS_INVALID_HANDLE;
        return answer;
    }
    if (request.kind == RequestKind::close_handle) return answer_close(*cache, request);
    if (request.kind == RequestKind::write) return answer_write(*cache, request);
    if (request.kind != RequestKind::read || request.paging_io || request.length == 0 ||
        (world_.file_objects[cache->file_object].granted_access & kReadAccess) == 0 ||
        !(caches_reads(cache->level()) || mutated(Mutant::client_keeps_what_it_has_read)) ||
        !cache->holds(request.offset, request.length)) {
        return std::nullopt;
    }
    answer.information = request.length;
    return answer;
}

// The application opens what it has closed, and the handle is still there.
std::optional<Completion> Kernel::answer_create(ProcessId process, const Request& request) {
    for (ClientCache& cache : world_.caches) {
        if (cache.process != process || !cache.serves(request)) continue;
        cache.kept_back = false;
        Completion answer;
        answer.handle = cache.handle;
        answer.information = engine::FILE_OPENED;
        return answer;
    }
    return std::nullopt;
}

std::optional<Completion> Kernel::answer_close(ClientCache& cache, const Request& request) {
    const bool keeps = caches_handles(cache.level()) && !cache.must_close &&
                       cache.handle == request.handle &&
                       (cache.create.options & engine::FILE_DELETE_ON_CLOSE) == 0;
    if (!keeps) return std::nullopt;
    cache.kept_back = true;
    return Completion{};
}

std::optional<Completion> Kernel::answer_write(ClientCache& cache, const Request& request) {
    const std::string zeros(request.data == 0 && request.length <= kMaxCachedBytes
                                ? request.length
                                : 0, '\0');
    const std::string_view bytes =
        request.data == 0 ? std::string_view(zeros) : std::string_view(data_[request.data - 1]);
    const FileObject& open = world_.file_objects[cache.file_object];
    if (bytes.empty() || request.paging_io || cache.directory || !caches_writes(cache.level()) ||
        (open.granted_access & engine::FILE_WRITE_DATA) == 0 || !cache.has_room(bytes.size()) ||
        request.offset > kMaxFileSize - bytes.size()) {
        return std::nullopt;
    }
    cache.hold_back(request.offset, bytes);
    Completion answer;
    answer.information = bytes.size();
    return answer;
}

Submitted Kernel::tell(ThreadId thread, const Request& request, Completion answer) {
    answer.irp = world_.irps.insert(Irp{});   // a name for it, and nothing else
    world_.irps.erase(answer.irp);
    answer.thread = thread;
    answer.kind = request.kind;
    answer.from_cache = true;
    completions_.push_back(answer);
    if (trace_ != nullptr) trace_cached(request, answer);
    return {SubmitOutcome::completed, answer.irp};
}

// ---- What has to be done

// What the client cannot answer itself must find in the file what was held back before it. Its
// other opens under the same key are no strangers to the oplock, and break nothing.
void Kernel::write_back_before(ProcessId process, const Request& request) {
    if (world_.caches.empty()) return;
    const Handle* const handle = world_.handles.find(request.handle);
    const bool create = request.kind == RequestKind::create;
    if (handle == nullptr && !create) return;
    const FileObjectId self = create ? FileObjectId{} : handle->file_object;
    const OplockKey key = create ? request.target_key : world_.file_objects[self].target_key;
    if (request.kind == RequestKind::read &&
        mutated(Mutant::client_reads_past_what_it_holds_back)) {
        return;
    }
    for (std::size_t i = 0; i < world_.caches.size(); ++i) {
        ClientCache& cache = world_.caches[i];
        const FileObjectId id = cache.file_object;
        if (cache.process != process ||
            !engine::same_oplock_owner(to_engine(self), key, to_engine(id),
                                       world_.file_objects[id].target_key)) {
            continue;
        }
        if (request.kind == RequestKind::close_handle &&
            mutated(Mutant::client_close_forgets_writes)) {
            cache.dirty.clear();
        }
        while (!world_.caches[i].dirty.empty() && !world_.caches[i].write_back) write_back(id);
    }
}

std::span<const HandleId> Kernel::cache_work() {
    cache_work_.clear();
    for (const ClientCache& cache : world_.caches) {
        if (!cache.has_work() || !world_.handles.contains(cache.handle)) continue;
        const Thread& thread = world_.threads[world_.processes[cache.process].cache_thread];
        if (thread.state == ThreadState::running && !thread.paused) {
            cache_work_.push_back(cache.handle);
        }
    }
    return cache_work_;
}

void Kernel::work_for_cache(HandleId handle) {
    ClientCache* const cache = find_cache(world_.handles[handle].file_object);
    OPLOCKSIM_ASSERT(cache != nullptr && cache->has_work(), "a cache with nothing to do");
    const FileObjectId id = cache->file_object;
    const bool answers_first =
        cache->owes && mutated(Mutant::client_acknowledges_before_it_writes_back);
    if (cache->must_write_back() && !answers_first) return write_back(id);
    if (!cache->must_close_handle()) return acknowledge_for_cache(id);
    Request request;
    request.kind = RequestKind::close_handle;
    request.handle = handle;
    send(world_.processes[cache->process].cache_thread, request);
}

// One range of what was held back.
void Kernel::write_back(FileObjectId id) {
    ClientCache& cache = *find_cache(id);
    cache.in_flight = std::move(cache.dirty.front());
    cache.dirty.erase(cache.dirty.begin());
    if (mutated(Mutant::client_writes_back_one_range)) cache.dirty.clear();
    Request request;
    request.kind = RequestKind::write;
    request.handle = cache.handle;
    request.offset = cache.in_flight.offset;
    request.length = cache.in_flight.bytes.size();
    request.write_back = true;
    const Submitted sent = send(world_.processes[cache.process].cache_thread, request);
    if (sent.outcome != SubmitOutcome::completed) find_cache(id)->write_back = sent.irp;
}

void Kernel::acknowledge_for_cache(FileObjectId id) {
    const ClientCache& before = *find_cache(id);
    Request request;
    request.kind = RequestKind::oplock_fsctl;
    request.handle = before.handle;
    request.fsctl = acknowledgment(before.type, before.offered);
    const Submitted sent = send(world_.processes[before.process].cache_thread, request);
    ClientCache* const cache = find_cache(id);
    if (sent.outcome != SubmitOutcome::completed || cache == nullptr || !cache->owes) return;
    // It keeps nothing: that was the offer, or it has been broken further meanwhile.
    const Completion& completion = completions_.back();
    const bool again = completion.status == NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK ||
                       (completion.output.flags &
                        engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0;
    if (again && completion.has_output && cache->offered != OplockType::none) {
        cache->must_answer(engine::nt_success(completion.status)
                               ? type_of_level(completion.output.new_oplock_level)
                               : OplockType::none);
    } else {
        cache->answered(OplockType::none, {});
    }
}

// ---- What it is told

void Kernel::tell_cache_of_grant(IrpId id, const Irp& irp) {
    if (irp.request.kind != RequestKind::oplock_fsctl) return;
    ClientCache* const cache = find_cache(irp.file_object);
    const engine::OplockFsctl& fsctl = irp.request.fsctl;
    const bool answers = fsctl.code == engine::FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE;
    const OplockType type = answers && cache != nullptr ? cache->offered : named_type(fsctl);
    if (cache == nullptr || type == OplockType::none) return;
    if (cache->type != OplockType::none && mutated(Mutant::client_caches_as_before)) {
        return cache->answered(cache->type, id);
    }
    cache->answered(type, id);
}

void Kernel::tell_cache(IrpId id, const Irp& irp, const Completion& completion) {
    ClientCache* const cache = find_cache(irp.file_object);
    if (cache != nullptr && cache->grant == id) {
        const OplockType held = cache->type;
        const bool granular = engine::is_granular(held);
        const bool owed = granular ? (completion.output.flags &
                                      engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0
                                   : engine::is_exclusive(held);
        if (completion.status != NtStatus::STATUS_SUCCESS || !owed) return cache->lose();
        return cache->must_answer(
            granular ? type_of_level(completion.output.new_oplock_level)
            : completion.information == engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2
                ? OplockType::level_2
                : OplockType::none);
    }
    if (!engine::nt_success(completion.status) && !irp.request.write_back) return;
    switch (irp.request.kind) {
        case RequestKind::create: return tell_cache_of_create(irp, completion);
        case RequestKind::read: return tell_cache_of_read(irp, completion);
        case RequestKind::write: return tell_cache_of_write(irp, completion);
        case RequestKind::set_end_of_file:
        case RequestKind::set_allocation:
        case RequestKind::set_valid_data_length:
        case RequestKind::set_zero_data: return drop_reads(irp, true);
        case RequestKind::oplock_fsctl:
            if (irp.request.fsctl.code == engine::FsControlCode::FSCTL_SET_ZERO_DATA) {
                drop_reads(irp, true);
            }
            return;
        case RequestKind::rename:
            if (cache != nullptr) cache->create.path = irp.request.path;
            return;
        case RequestKind::create_section: drop_reads(irp, true); [[fallthrough]];
        case RequestKind::duplicate_handle:
        case RequestKind::lock:
        case RequestKind::set_disposition:
            if (cache != nullptr) cache->must_close = true;
            return;
        case RequestKind::close_handle:
            if (cache != nullptr && cache->handle == irp.request.handle) change_handle(*cache);
            return;
        case RequestKind::flush:
        case RequestKind::unlock:
        case RequestKind::link:
        case RequestKind::set_short_name:
        case RequestKind::set_basic_information:
        case RequestKind::set_security:
        case RequestKind::set_encryption:
        case RequestKind::close_section: return;
    }
}

// It was closed, and there may be a duplicate. Without a handle there is nothing left to do.
void Kernel::change_handle(ClientCache& cache) {
    cache.handle = {};
    cache.kept_back = false;
    for (HandleId at = world_.processes[cache.process].first_handle; at;
         at = world_.handles[at].next_in_process) {
        if (world_.handles[at].file_object == cache.file_object) cache.handle = at;
    }
    if (!cache.handle) cache.dirty.clear();
}

// The reads that this client caches of the stream under the same key: in the cache of the handle
// itself (`own`) and in those of its other handles.
void Kernel::drop_reads(const Irp& irp, bool own) {
    const FileObject& open = world_.file_objects[irp.file_object];
    for (ClientCache& cache : world_.caches) {
        const FileObject& other = world_.file_objects[cache.file_object];
        const bool same = cache.file_object == irp.file_object;
        if ((same && !own) || other.stream != open.stream ||
            !engine::same_oplock_owner(to_engine(irp.file_object), open.target_key,
                                       to_engine(cache.file_object), other.target_key)) {
            continue;
        }
        cache.drop_reads();
    }
}

void Kernel::tell_cache_of_create(const Irp& irp, const Completion& completion) {
    ClientCache cache;
    cache.handle = completion.handle;
    cache.file_object = world_.handles[completion.handle].file_object;
    cache.process = world_.threads[irp.thread].process;
    cache.create = irp.request;
    const FileObject& open = world_.file_objects[cache.file_object];
    cache.directory = is_directory_stream(world_, world_.streams[open.stream]);
    if (completion.information != engine::FILE_OPENED) {
        Irp opened = irp;
        opened.file_object = cache.file_object;
        drop_reads(opened, true);
    }
    world_.caches.push_back(std::move(cache));
}

// What was read is kept, unless something was held back meanwhile: that is newer.
void Kernel::tell_cache_of_read(const Irp& irp, const Completion& completion) {
    ClientCache* const cache = find_cache(irp.file_object);
    const std::uint64_t length = completion.information;
    if (cache == nullptr || !caches_reads(cache->level()) || !cache->dirty.empty() ||
        cache->write_back || irp.request.paging_io || !cache->has_room(length)) {
        return;
    }
    const StreamId stream = world_.file_objects[irp.file_object].stream;
    cache->keep(irp.request.offset, stream_bytes(stream, irp.request.offset, length));
}

void Kernel::tell_cache_of_write(const Irp& irp, const Completion& completion) {
    const bool mine = irp.request.write_back;
    if (!mine && !mutated(Mutant::client_writes_past_its_other_handles)) drop_reads(irp, false);
    ClientCache* const cache = find_cache(irp.file_object);
    if (cache == nullptr) return;
    if (mine) {
        cache->write_back = {};
        cache->in_flight = {};
        if (!engine::nt_success(completion.status)) cache->drop_reads();   // it is lost
        return;
    }
    if (mutated(Mutant::client_does_not_see_its_own_writes)) return;
    cache->drop_reads();
}

}  // namespace oplocksim::sim
