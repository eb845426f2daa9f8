#include "sim/trace_json.h"

#include <charconv>
#include <cstring>

#include "engine/assert.h"

namespace oplocksim::sim {
namespace {

// No line is longer than this, but for its texts and holders.
constexpr std::size_t kLineBytes = 1024;
constexpr std::size_t kHolderBytes = 160;

std::string_view disposition_name(CreateDisposition disposition) {
    switch (disposition) {
        case CreateDisposition::FILE_SUPERSEDE: return "FILE_SUPERSEDE";
        case CreateDisposition::FILE_OPEN: return "FILE_OPEN";
        case CreateDisposition::FILE_CREATE: return "FILE_CREATE";
        case CreateDisposition::FILE_OPEN_IF: return "FILE_OPEN_IF";
        case CreateDisposition::FILE_OVERWRITE: return "FILE_OVERWRITE";
        case CreateDisposition::FILE_OVERWRITE_IF: return "FILE_OVERWRITE_IF";
    }
    OPLOCKSIM_ASSERT(false, "a create disposition outside its enumeration");
}

std::string_view fsctl_name(engine::FsControlCode code) {
    using enum engine::FsControlCode;
    switch (code) {
        case FSCTL_REQUEST_OPLOCK_LEVEL_1: return "FSCTL_REQUEST_OPLOCK_LEVEL_1";
        case FSCTL_REQUEST_OPLOCK_LEVEL_2: return "FSCTL_REQUEST_OPLOCK_LEVEL_2";
        case FSCTL_REQUEST_BATCH_OPLOCK: return "FSCTL_REQUEST_BATCH_OPLOCK";
        case FSCTL_OPLOCK_BREAK_ACKNOWLEDGE: return "FSCTL_OPLOCK_BREAK_ACKNOWLEDGE";
        case FSCTL_OPBATCH_ACK_CLOSE_PENDING: return "FSCTL_OPBATCH_ACK_CLOSE_PENDING";
        case FSCTL_OPLOCK_BREAK_NOTIFY: return "FSCTL_OPLOCK_BREAK_NOTIFY";
        case FSCTL_OPLOCK_BREAK_ACK_NO_2: return "FSCTL_OPLOCK_BREAK_ACK_NO_2";
        case FSCTL_REQUEST_FILTER_OPLOCK: return "FSCTL_REQUEST_FILTER_OPLOCK";
        case FSCTL_REQUEST_OPLOCK: return "FSCTL_REQUEST_OPLOCK";
        case FSCTL_SET_ZERO_DATA: return "FSCTL_SET_ZERO_DATA";
    }
    OPLOCKSIM_ASSERT(false, "an FSCTL outside its enumeration");
}

std::string_view break_name(engine::BreakState state) {
    switch (state) {
        case engine::BreakState::not_breaking: return "not_breaking";
        case engine::BreakState::to_level_2: return "to_level_2";
        case engine::BreakState::to_none: return "to_none";
        case engine::BreakState::to_level_2_to_none: return "to_level_2_to_none";
        case engine::BreakState::to_read: return "to_read";
        case engine::BreakState::to_read_handle: return "to_read_handle";
        case engine::BreakState::to_read_write: return "to_read_write";
    }
    OPLOCKSIM_ASSERT(false, "a break state outside its enumeration");
}

}  // namespace

TraceJsonWriter::TraceJsonWriter(const Names& names, Output output)
    : names_(names), output_(std::move(output)) {
    reserve(kFlushBytes + kLineBytes);
    literal("{\"format\":\"oplocksim-trace\"");
    number("version", kTraceVersion);
    literal("}\n");
}

TraceJsonWriter::~TraceJsonWriter() { flush(); }

void TraceJsonWriter::flush() {
    if (used_ == 0) return;
    output_(std::string_view(buffer_.get(), used_));
    used_ = 0;
}

// Room for `bytes` more; everything below relies on it.
void TraceJsonWriter::reserve(std::size_t bytes) {
    if (used_ + bytes <= capacity_) return;
    const std::size_t capacity = std::max(capacity_ * 2, used_ + bytes);
    auto bigger = std::make_unique_for_overwrite<char[]>(capacity);
    if (used_ != 0) std::memcpy(bigger.get(), buffer_.get(), used_);
    buffer_ = std::move(bigger);
    capacity_ = capacity;
}

inline void TraceJsonWriter::literal(std::string_view text) {
    std::memcpy(buffer_.get() + used_, text.data(), text.size());
    used_ += text.size();
}

inline void TraceJsonWriter::number(std::string_view key, std::uint64_t value) {
    literal(",\"");
    literal(key);
    literal("\":");
    char* const first = buffer_.get() + used_;
    used_ = static_cast<std::size_t>(std::to_chars(first, first + 20, value).ptr - buffer_.get());
}

inline void TraceJsonWriter::boolean(std::string_view key, bool value) {
    literal(",\"");
    literal(key);
    literal(value ? "\":true" : "\":false");
}

inline void TraceJsonWriter::text(std::string_view key, std::string_view value) {
    literal(",\"");
    literal(key);
    literal("\":\"");
    literal(value);
    literal("\"");
}

// RFC 8259: quotation mark, reverse solidus and control characters.
void TraceJsonWriter::escaped(std::string_view key, std::string_view value) {
    constexpr std::string_view kHex = "0123456789abcdef";
    reserve(kLineBytes + value.size() * 6);
    literal(",\"");
    literal(key);
    literal("\":\"");
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20) {
            literal("\\u00");
            buffer_[used_++] = kHex[byte >> 4];
            buffer_[used_++] = kHex[byte & 0xF];
            continue;
        }
        if (c == '"' || c == '\\') buffer_[used_++] = '\\';
        buffer_[used_++] = c;
    }
    literal("\"");
}

// One character for each byte, U+0000 to U+00FF: what is not printable ASCII is escaped.
void TraceJsonWriter::data(const TraceEvent& event) {
    constexpr std::string_view kHex = "0123456789abcdef";
    if (!event.has_data) return boolean("data_omitted", true);
    reserve(kLineBytes + event.data.size() * 6);
    literal(",\"data\":\"");
    for (const char c : event.data) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte > 0x7E) {
            literal("\\u00");
            buffer_[used_++] = kHex[byte >> 4];
            buffer_[used_++] = kHex[byte & 0xF];
            continue;
        }
        if (c == '"' || c == '\\') buffer_[used_++] = '\\';
        buffer_[used_++] = c;
    }
    literal("\"");
}

void TraceJsonWriter::begin(const TraceEvent& event) {
    literal("{\"time\":");
    char* const first = buffer_.get() + used_;
    used_ = static_cast<std::size_t>(std::to_chars(first, first + 20, event.time).ptr -
                                     buffer_.get());
    text("event", to_string(event.kind));
}

void TraceJsonWriter::irp(const TraceEvent& event) {
    number("process", event.process.value);
    number("thread", event.thread.value);
    number("irp", event.irp.value);
    text("request", to_string(event.request_kind));
}

void TraceJsonWriter::on_event(const TraceEvent& event) {
    if (used_ >= kFlushBytes) flush();
    reserve(kLineBytes + event.holders.size() * kHolderBytes);
    begin(event);
    switch (event.kind) {
        case TraceEventKind::issue:
            irp(event);
            request(event);
            break;
        case TraceEventKind::pend:
            irp(event);
            boolean("blocked", event.blocked);
            break;
        case TraceEventKind::complete:
            irp(event);
            completion(event);
            break;
        case TraceEventKind::cancel: irp(event); break;
        case TraceEventKind::advance: break;
        case TraceEventKind::pause:
        case TraceEventKind::resume:
        case TraceEventKind::thread_exit:
            number("process", event.process.value);
            number("thread", event.thread.value);
            break;
        case TraceEventKind::process_exit: number("process", event.process.value); break;
        case TraceEventKind::volume: volume(event.entry); break;
        case TraceEventKind::caching:
            number("process", event.process.value);
            number("thread", event.thread.value);
            break;
        case TraceEventKind::cached:
            irp(event);
            request(event);
            answer(event);
            break;
        case TraceEventKind::wait:
        case TraceEventKind::release:
            irp(event);
            number("stream", event.stream.value);
            why(event.why);
            break;
        case TraceEventKind::oplock:
            number("stream", event.stream.value);
            holders(event.holders);
            break;
    }
    literal("}\n");
}

void TraceJsonWriter::volume(const VolumeEntry& entry) {
    escaped("path", names_.path(entry.path).text);
    if (entry.existing) return escaped("link_to", names_.path(entry.existing).text);
    boolean("directory", entry.directory);
    number("attributes", entry.attributes);
    if (entry.short_name != NameId{}) escaped("short_name", names_.text(entry.short_name));
    if (entry.directory) return;
    number("size", entry.size);
    number("allocation_size", entry.allocation_size);
}

void TraceJsonWriter::range(const Request& request) {
    number("offset", request.offset);
    number("length", request.length);
}

void TraceJsonWriter::create(const Request& request) {
    escaped("path", request.path ? std::string_view(names_.path(request.path).text) : "");
    number("access", request.access);
    number("share", request.share);
    text("disposition", disposition_name(request.disposition));
    number("options", request.options);
    number("attributes", request.attributes);
    number("target_key", request.target_key.value);
    number("parent_key", request.parent_key.value);
    boolean("transacted", request.transacted);
}

void TraceJsonWriter::request(const TraceEvent& event) {
    const Request& request = event.request;
    if (request.handle) number("handle", request.handle.value);
    switch (request.kind) {
        case RequestKind::create: create(request); break;
        case RequestKind::close_handle:
        case RequestKind::flush:
        case RequestKind::set_security:
        case RequestKind::set_encryption: break;
        case RequestKind::duplicate_handle:
            number("target_process", request.target_process.value);
            break;
        case RequestKind::read:
        case RequestKind::write:
            range(request);
            boolean("paging", request.paging_io);
            if (request.write_back) boolean("write_back", true);
            if (request.kind == RequestKind::write) data(event);
            break;
        case RequestKind::lock:
        case RequestKind::unlock:
            range(request);
            number("lock_key", request.lock_key);
            if (request.kind == RequestKind::unlock) break;
            boolean("exclusive", request.exclusive);
            boolean("fail_immediately", request.fail_immediately);
            break;
        case RequestKind::set_end_of_file:
        case RequestKind::set_allocation:
        case RequestKind::set_valid_data_length:
            number("size", request.length);
            if (request.kind == RequestKind::set_end_of_file) {
                boolean("lazy_writer", request.lazy_writer);
            }
            break;
        case RequestKind::rename:
        case RequestKind::link:
            escaped("path", request.path ? std::string_view(names_.path(request.path).text) : "");
            boolean("replace", request.replace_if_exists);
            break;
        case RequestKind::set_short_name: escaped("name", names_.text(request.name)); break;
        case RequestKind::set_disposition: boolean("delete", request.delete_file); break;
        case RequestKind::set_basic_information: number("attributes", request.attributes); break;
        case RequestKind::set_zero_data: range(request); break;
        case RequestKind::oplock_fsctl:
            text("code", fsctl_name(request.fsctl.code));
            number("level", request.fsctl.requested_oplock_level);
            number("flags", request.fsctl.flags);
            break;
        case RequestKind::create_section: number("protection", request.page_protection); break;
        case RequestKind::close_section: number("section", request.section.value); break;
    }
}

void TraceJsonWriter::completion(const TraceEvent& event) {
    text("status", engine::to_string(event.status));
    number("information", event.information);
    if (event.has_output) output_buffer(event.output);
    if (event.handle) number("handle", event.handle.value);
    if (event.section) number("section", event.section.value);
    const bool reads = event.request_kind == RequestKind::read && event.information != 0;
    if (reads && engine::nt_success(event.status)) data(event);
    why(event.why);
}

// Of the client itself: there is no IRP that could have told more.
void TraceJsonWriter::answer(const TraceEvent& event) {
    text("status", engine::to_string(event.status));
    number("information", event.information);
    if (event.request_kind == RequestKind::create) number("handle", event.handle.value);
    if (event.request_kind == RequestKind::read && event.information != 0) data(event);
}

void TraceJsonWriter::output_buffer(const RequestOplockOutputBuffer& output) {
    literal(",\"output\":{\"version\":1");
    number("original_level", output.original_oplock_level);
    number("new_level", output.new_oplock_level);
    number("flags", output.flags);
    number("access_mode", output.access_mode);
    number("share_mode", output.share_mode);
    literal("}");
}

void TraceJsonWriter::why(const engine::Why& why) {
    if (why.rule == engine::Rule::none) return;
    literal(",\"why\":{\"rule\":\"");
    literal(engine::name_of(why.rule));
    literal("\"");
    text("held", engine::to_string(why.held));
    text("operation", engine::to_string(why.operation));
    literal("}");
}

void TraceJsonWriter::holders(std::span<const TraceHolder> holders) {
    literal(",\"holders\":[");
    for (const TraceHolder& holder : holders) {
        if (&holder != holders.data()) literal(",");
        literal("{\"file_object\":");
        char* const first = buffer_.get() + used_;
        used_ = static_cast<std::size_t>(
            std::to_chars(first, first + 20, holder.file_object.value).ptr - buffer_.get());
        text("type", engine::to_string(holder.type));
        text("breaking", break_name(holder.breaking));
        boolean("close_pending", holder.close_pending);
        literal("}");
    }
    literal("]");
}

std::string to_json_lines(const Names& names, std::span<const TraceEvent> events) {
    std::string lines;
    TraceJsonWriter writer(names, [&](std::string_view text) { lines += text; });
    for (const TraceEvent& event : events) writer.on_event(event);
    writer.flush();
    return lines;
}

}  // namespace oplocksim::sim
