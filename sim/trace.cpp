#include "sim/trace.h"

#include <algorithm>

#include "engine/assert.h"
#include "sim/engine_ids.h"
#include "sim/kernel.h"
#include "sim/stream_data.h"

namespace oplocksim::sim {

std::string_view to_string(RequestKind kind) {
    switch (kind) {
        case RequestKind::create: return "create";
        case RequestKind::close_handle: return "close_handle";
        case RequestKind::duplicate_handle: return "duplicate_handle";
        case RequestKind::read: return "read";
        case RequestKind::write: return "write";
        case RequestKind::flush: return "flush";
        case RequestKind::lock: return "lock";
        case RequestKind::unlock: return "unlock";
        case RequestKind::set_end_of_file: return "set_end_of_file";
        case RequestKind::set_allocation: return "set_allocation";
        case RequestKind::set_valid_data_length: return "set_valid_data_length";
        case RequestKind::rename: return "rename";
        case RequestKind::link: return "link";
        case RequestKind::set_short_name: return "set_short_name";
        case RequestKind::set_disposition: return "set_disposition";
        case RequestKind::set_basic_information: return "set_basic_information";
        case RequestKind::set_security: return "set_security";
        case RequestKind::set_encryption: return "set_encryption";
        case RequestKind::set_zero_data: return "set_zero_data";
        case RequestKind::oplock_fsctl: return "oplock_fsctl";
        case RequestKind::create_section: return "create_section";
        case RequestKind::close_section: return "close_section";
    }
    OPLOCKSIM_ASSERT(false, "a request kind outside its enumeration");
}

std::string_view to_string(TraceEventKind kind) {
    switch (kind) {
        case TraceEventKind::issue: return "issue";
        case TraceEventKind::pend: return "pend";
        case TraceEventKind::complete: return "complete";
        case TraceEventKind::cancel: return "cancel";
        case TraceEventKind::advance: return "advance";
        case TraceEventKind::pause: return "pause";
        case TraceEventKind::resume: return "resume";
        case TraceEventKind::thread_exit: return "thread_exit";
        case TraceEventKind::process_exit: return "process_exit";
        case TraceEventKind::volume: return "volume";
        case TraceEventKind::caching: return "caching";
        case TraceEventKind::cached: return "cached";
        case TraceEventKind::wait: return "wait";
        case TraceEventKind::release: return "release";
        case TraceEventKind::oplock: return "oplock";
    }
    OPLOCKSIM_ASSERT(false, "a trace event kind outside its enumeration");
}

namespace {

// The bytes without the zeros at their end, if an event may carry them.
void set_data(TraceEvent& event, std::string_view bytes) {
    bytes = bytes.substr(0, bytes.find_last_not_of('\0') + 1);
    event.has_data = bytes.size() <= kMaxTraceDataBytes;
    if (event.has_data) event.data = bytes;
}

}  // namespace

void Kernel::trace_issue(TraceEvent& event, const Irp& irp) {
    event.request = irp.request;
    if (irp.request.kind != RequestKind::write) return;
    event.has_data = true;
    const std::string_view bytes = bytes_of(irp);
    if (bytes.empty()) return;
    event.request.length = bytes.size();
    set_data(event, bytes);
}

void Kernel::trace_irp(TraceEventKind kind, IrpId id, const Irp& irp, const engine::Why& why) {
    TraceEvent event;
    event.kind = kind;
    event.time = world_.now;
    event.request_kind = irp.request.kind;
    event.irp = id;
    event.thread = irp.thread;
    event.process = world_.threads[irp.thread].process;
    event.handle = irp.request.handle;
    event.section = irp.request.section;
    if (trace_all_) {   // for people: a caller does not see it
        event.file_object = irp.file_object;
        event.stream = irp.file_object ? world_.file_objects[irp.file_object].stream : StreamId{};
        event.why = why;
    }
    if (kind == TraceEventKind::issue) trace_issue(event, irp);
    if (kind == TraceEventKind::wait) event.stream = irp.waiting_stream;
    if (kind == TraceEventKind::release) event.stream = irp.cursor;
    if (kind == TraceEventKind::pend) {
        event.status = NtStatus::STATUS_PENDING;
        event.blocked = !irp.returned_pending;
    }
    trace_->on_event(event);
}

void Kernel::trace_completion(const Irp& irp, const Completion& completion) {
    TraceEvent event;
    event.kind = TraceEventKind::complete;
    event.time = world_.now;
    event.request_kind = completion.kind;
    event.irp = completion.irp;
    event.thread = completion.thread;
    event.process = world_.threads[completion.thread].process;
    event.status = completion.status;
    event.information = completion.information;
    event.has_output = completion.has_output;
    event.output = completion.output;
    event.handle = completion.handle ? completion.handle : irp.request.handle;
    event.section = completion.section;
    const bool reads = completion.kind == RequestKind::read && irp.file_object &&
                       engine::nt_success(completion.status);
    if (reads || trace_all_) {
        event.file_object = completion.handle && world_.handles.contains(completion.handle)
                                ? world_.handles[completion.handle].file_object
                                : irp.file_object;
        event.stream =
            event.file_object ? world_.file_objects[event.file_object].stream : StreamId{};
        event.why = completion.why;
    }
    if (reads) trace_read(event, irp.request.offset);
    trace_->on_event(event);
}

void Kernel::trace_cached(const Request& request, const Completion& answer) {
    TraceEvent event;
    event.kind = TraceEventKind::cached;
    event.time = world_.now;
    event.request_kind = request.kind;
    event.irp = answer.irp;
    event.thread = answer.thread;
    event.process = world_.threads[answer.thread].process;
    event.status = answer.status;
    event.information = answer.information;
    event.handle = request.handle ? request.handle : answer.handle;
    const FileObjectId open = world_.handles[event.handle].file_object;
    event.file_object = open;
    event.stream = world_.file_objects[open].stream;
    event.request = request;
    const bool data = (request.kind == RequestKind::read || request.kind == RequestKind::write) &&
                      engine::nt_success(answer.status);
    if (data) {
        event.request.length = answer.information;
        if (request.kind == RequestKind::read) event.request.length = request.length;
        set_data(event, find_cache(open)->load(request.offset, answer.information));
    }
    trace_->on_event(event);
}

// What a read returns: it is as it is at this moment.
void Kernel::trace_read(TraceEvent& event, std::uint64_t offset) const {
    const Stream& stream = world_.streams[event.stream];
    const std::uint64_t stored = stored_length(stream, offset, event.information);
    event.has_data = stored <= kMaxTraceDataBytes;
    if (event.has_data) set_data(event, load_bytes(stream, offset, stored));
}

void Kernel::trace_volume(const VolumeEntry& entry) {
    TraceEvent event;
    event.kind = TraceEventKind::volume;
    event.time = world_.now;
    event.entry = entry;
    trace_->on_event(event);
}

void Kernel::trace_thread(TraceEventKind kind, ThreadId thread, ProcessId process) {
    TraceEvent event;
    event.kind = kind;
    event.time = world_.now;
    event.thread = thread;
    event.process = process;
    trace_->on_event(event);
}

namespace {

bool same(const TraceHolder& shown, const engine::Holder& holder) {
    return shown.file_object == from_engine(holder.file_object) && shown.type == holder.type &&
           shown.breaking == holder.breaking && shown.close_pending == holder.close_pending;
}

TraceHolder shown(const engine::Holder& holder) {
    return {from_engine(holder.file_object), holder.type, holder.breaking, holder.close_pending};
}

}  // namespace

// Around every call of the package: what it changed becomes an `oplock` event.
void Kernel::before_package_call(StreamId stream) {
    if (!trace_all_) return;
    holders_before_.clear();
    for (const engine::Holder& holder : world_.streams[stream].oplock.holders()) {
        holders_before_.push_back(shown(holder));
    }
}

void Kernel::after_package_call(StreamId stream) {
    if (!trace_all_) return;
    const Stream* const value = world_.streams.find(stream);
    if (value == nullptr) return;   // the last IRP of a removed stream completed
    const auto holders = value->oplock.holders();
    if (std::equal(holders_before_.begin(), holders_before_.end(), holders.begin(),
                   holders.end(), same)) {
        return;
    }
    TraceEvent event;
    event.kind = TraceEventKind::oplock;
    event.time = world_.now;
    event.stream = stream;
    for (const engine::Holder& holder : holders) event.holders.push_back(shown(holder));
    trace_->on_event(event);
}

}  // namespace oplocksim::sim
