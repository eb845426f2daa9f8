#include "conformance/table_operations.h"

#include <algorithm>
#include <array>

namespace oplocksim::conformance {
namespace {

using sim::Request;
using sim::RequestKind;

constexpr std::array kOperations{
    TableOperation{"read", RequestKind::read},
    TableOperation{"read-zero-length", RequestKind::read},
    TableOperation{"read-paging", RequestKind::read},
    TableOperation{"write", RequestKind::write},
    TableOperation{"write-zero-length", RequestKind::write},
    TableOperation{"write-paging", RequestKind::write},
    TableOperation{"lock", RequestKind::lock},
    TableOperation{"unlock", RequestKind::unlock},
    TableOperation{"end-of-file", RequestKind::set_end_of_file},
    TableOperation{"end-of-file-unchanged", RequestKind::set_end_of_file},
    TableOperation{"end-of-file-lazy-writer", RequestKind::set_end_of_file},
    TableOperation{"allocation", RequestKind::set_allocation},
    TableOperation{"valid-data-length", RequestKind::set_valid_data_length},
    TableOperation{"zero-data", RequestKind::set_zero_data},
    TableOperation{"zero-data-outside", RequestKind::set_zero_data},
    TableOperation{"flush", RequestKind::flush},
    TableOperation{"set-security", RequestKind::set_security},
    TableOperation{"set-basic", RequestKind::set_basic_information},
    TableOperation{"rename", RequestKind::rename},
    TableOperation{"short-name", RequestKind::set_short_name},
    TableOperation{"delete", RequestKind::set_disposition},
    TableOperation{"undelete", RequestKind::set_disposition},
    TableOperation{"link-source", RequestKind::link},
    TableOperation{"link-over", RequestKind::link, ActsOn::another},
    TableOperation{"rename-over", RequestKind::rename, ActsOn::another},
    TableOperation{"rename-parent", RequestKind::rename, ActsOn::parent},
    TableOperation{"section-writable", RequestKind::create_section},
    TableOperation{"section-execute-writable", RequestKind::create_section},
    TableOperation{"section-readonly", RequestKind::create_section},
    TableOperation{"section-writecopy", RequestKind::create_section},
    TableOperation{"close", RequestKind::close_handle},
    TableOperation{"close-delete-on-close", RequestKind::close_handle, ActsOn::target, true},
    TableOperation{"child-create", RequestKind::create, ActsOn::nothing},
    TableOperation{"child-open", RequestKind::create, ActsOn::nothing},
    TableOperation{"child-delete-on-close", RequestKind::close_handle, ActsOn::child, true},
    TableOperation{"child-close", RequestKind::close_handle, ActsOn::child},
    TableOperation{"child-read", RequestKind::read, ActsOn::child},
    TableOperation{"child-rename", RequestKind::rename, ActsOn::child},
    TableOperation{"child-move-in", RequestKind::rename, ActsOn::outside},
    TableOperation{"child-link", RequestKind::link, ActsOn::outside},
    TableOperation{"child-short-name", RequestKind::set_short_name, ActsOn::child},
    TableOperation{"child-basic", RequestKind::set_basic_information, ActsOn::child},
    TableOperation{"child-end-of-file", RequestKind::set_end_of_file, ActsOn::child},
    TableOperation{"child-allocation", RequestKind::set_allocation, ActsOn::child},
    TableOperation{"child-mark-for-deletion", RequestKind::set_disposition, ActsOn::child},
    TableOperation{"directory-rename", RequestKind::rename},
    TableOperation{"directory-delete", RequestKind::set_disposition},
};

constexpr std::uint64_t kSize = 8192;      // of every file
constexpr std::uint64_t kNewSize = 4096;

// Where a rename or link leads.
std::string destination(std::string_view operation) {
    if (operation == "rename") return "\\dir\\renamed.bin";
    if (operation == "link-source") return "\\dir\\link.bin";
    if (operation == "link-over" || operation == "rename-over") return "\\dir\\data.bin";
    if (operation == "rename-parent") return "\\dir2";
    if (operation == "directory-rename") return "\\empty2";
    if (operation == "child-rename") return "\\dir\\renamed.bin";
    if (operation == "child-link") return "\\dir\\link.bin";
    return "\\dir\\x.bin";
}

std::uint32_t protection(std::string_view operation) {
    if (operation == "section-writable") return sim::PAGE_READWRITE;
    if (operation == "section-execute-writable") return sim::PAGE_EXECUTE_READWRITE;
    if (operation == "section-writecopy") return sim::PAGE_WRITECOPY;
    return sim::PAGE_READONLY;
}

std::uint64_t length_of(const TableOperation& operation) {
    const std::string_view name = operation.name;
    if (name.ends_with("zero-length")) return 0;
    if (name == "end-of-file-unchanged" || name == "valid-data-length") return kSize;
    const bool sizes = operation.kind == RequestKind::set_end_of_file ||
                       operation.kind == RequestKind::set_allocation;
    return sizes ? kNewSize : 1;
}

}  // namespace

const TableOperation* find_table_operation(std::string_view name) {
    const auto* found = std::ranges::find(kOperations, name, &TableOperation::name);
    return found == kOperations.end() ? nullptr : found;
}

Request operation_request(const TableBench& bench, const TableOperation& operation,
                          sim::HandleId handle, std::uint32_t parent_key) {
    const std::string_view name = operation.name;
    if (operation.kind == RequestKind::create) {
        const bool makes = name == "child-create";
        const CreateShape shape{engine::FILE_READ_DATA, kShareAll,
                                makes ? engine::CreateDisposition::FILE_CREATE
                                      : engine::CreateDisposition::FILE_OPEN,
                                0};
        Request request =
            bench.create(makes ? "\\dir\\new.bin" : "\\dir\\child.bin", kUnrelatedKey, shape);
        request.parent_key.value = parent_key;
        return request;
    }
    Request request = on_handle(operation.kind, handle);
    request.length = length_of(operation);
    request.paging_io = name.ends_with("paging");
    request.lazy_writer = name.ends_with("lazy-writer");
    request.delete_file = name != "undelete";
    request.fail_immediately = true;
    request.page_protection = protection(name);
    if (name == "zero-data-outside") request.offset = kSize;
    if (operation.kind == RequestKind::rename || operation.kind == RequestKind::link) {
        request.path = bench.path(destination(name));
        request.replace_if_exists = name.ends_with("-over");
    }
    if (operation.kind == RequestKind::set_short_name) request.name = bench.name("DATA~9.BIN");
    return request;
}

}  // namespace oplocksim::conformance
