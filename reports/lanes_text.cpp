#include "reports/lanes_text.h"

#include "reports/lanes.h"
#include "scenarios/constant_tables.h"
#include "scenarios/judgement.h"

namespace oplocksim::reports {
namespace {

using scenarios::constant_name;
using scenarios::ConstantKind;
using sim::Request;
using sim::RequestKind;

std::string range_text(const Request& request) {
    return ", offset " + std::to_string(request.offset) + ", length " +
           std::to_string(request.length);
}

// "R|W|D", as scenarios may write it.
std::string share_text(sim::ShareAccess share) {
    std::string text;
    const auto add = [&](sim::ShareAccess bit, std::string_view letter) {
        if ((share & bit) == 0) return;
        text += text.empty() ? "" : "|";
        text += letter;
    };
    add(engine::FILE_SHARE_READ, "R");
    add(engine::FILE_SHARE_WRITE, "W");
    add(engine::FILE_SHARE_DELETE, "D");
    return text.empty() ? "none" : text;
}

std::string create_text(const Request& request, const sim::Names& names) {
    std::string text = "create " + (request.path ? names.path(request.path).text : std::string());
    text += ", access " + constant_name(ConstantKind::access, request.access);
    text += ", share " + share_text(request.share);
    if (request.disposition != sim::CreateDisposition::FILE_OPEN) {
        text += ", " + constant_name(ConstantKind::disposition,
                                     static_cast<std::uint64_t>(request.disposition));
    }
    if (request.options != 0) {
        text += ", " + constant_name(ConstantKind::create_option, request.options);
    }
    return text;
}

std::string fsctl_text(const engine::OplockFsctl& fsctl, const std::string& on) {
    std::string text =
        constant_name(ConstantKind::fsctl_code, static_cast<std::uint64_t>(fsctl.code));
    if (fsctl.code == engine::FsControlCode::FSCTL_REQUEST_OPLOCK) {
        const bool acknowledges = (fsctl.flags & engine::REQUEST_OPLOCK_INPUT_FLAG_ACK) != 0;
        text += acknowledges ? ", acknowledge " : " ";
        text += scenarios::level_name(fsctl.requested_oplock_level);
    }
    return text + on;
}

std::string verb_of(RequestKind kind) {
    if (kind == RequestKind::close_handle) return "close";
    if (kind == RequestKind::duplicate_handle) return "duplicate";
    return std::string(sim::to_string(kind));
}

// What follows the verb and the handle.
std::string details(const Request& request, const sim::Names& names) {
    switch (request.kind) {
        case RequestKind::read:
        case RequestKind::write:
            return range_text(request) + (request.paging_io ? ", paging I/O" : "") +
                   (request.write_back ? ", write-back" : "");
        case RequestKind::lock:
            return range_text(request) + (request.exclusive ? ", exclusive" : ", shared");
        case RequestKind::unlock:
        case RequestKind::set_zero_data: return range_text(request);
        case RequestKind::set_end_of_file:
        case RequestKind::set_allocation:
        case RequestKind::set_valid_data_length:
            return ", " + std::to_string(request.length) + " bytes";
        case RequestKind::rename:
        case RequestKind::link:
            return (request.path ? " to " + names.path(request.path).text : std::string()) +
                   (request.replace_if_exists ? ", replace" : "");
        case RequestKind::set_short_name: return " to " + std::string(names.text(request.name));
        case RequestKind::set_disposition:
            return request.delete_file ? ", delete" : ", do not delete";
        case RequestKind::create_section:
            return ", " + constant_name(ConstantKind::protection, request.page_protection);
        case RequestKind::create:
        case RequestKind::oplock_fsctl:
        case RequestKind::close_handle:
        case RequestKind::duplicate_handle:
        case RequestKind::flush:
        case RequestKind::set_basic_information:
        case RequestKind::set_security:
        case RequestKind::set_encryption:
        case RequestKind::close_section: return "";
    }
    return "";
}

}  // namespace

std::string bounded(std::string text) {
    if (text.size() <= kMaxLaneText) return text;
    std::size_t end = kMaxLaneText - 3;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
    text.resize(end);
    return text += "...";
}

std::string describe_request(const Request& request, std::string_view handle,
                             const sim::Names& names) {
    const std::string on = handle.empty() ? "" : " " + std::string(handle);
    if (request.kind == RequestKind::create) return bounded(create_text(request, names));
    if (request.kind == RequestKind::oplock_fsctl) {
        return bounded(fsctl_text(request.fsctl, on.empty() ? "" : " on" + on));
    }
    return bounded(verb_of(request.kind) + on + details(request, names));
}

std::string describe_completion(const sim::TraceEvent& event) {
    sim::Completion completion;
    completion.kind = event.request_kind;
    completion.status = event.status;
    completion.information = event.information;
    completion.has_output = event.has_output;
    completion.output = event.output;
    completion.from_cache = event.kind == sim::TraceEventKind::cached;
    return std::string(engine::to_string(event.status)) + scenarios::describe_result(completion);
}

}  // namespace oplocksim::reports
