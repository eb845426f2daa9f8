// The operations of the break table, as requests. Internal to the table runner.
#pragma once

#include <string>
#include <string_view>

#include "conformance/table_bench.h"

namespace oplocksim::conformance {

// What the acting handle is opened on.
enum class ActsOn : std::uint8_t {
    target,       // the stream that is held
    another,      // another file of the directory
    parent,       // the directory of the file that is held
    child,        // a file in the directory that is held; the key is its parent key
    outside,      // a file elsewhere that moves into that directory
    nothing,      // no handle: a create
};

struct TableOperation {
    std::string_view name;
    sim::RequestKind kind = sim::RequestKind::read;
    ActsOn acts_on = ActsOn::target;
    bool deletes_on_close = false;   // the acting handle was opened so
};

// The operation with this name, or null; creates described by their cell are not among them.
[[nodiscard]] const TableOperation* find_table_operation(std::string_view name);

// The request, on the acting handle.
[[nodiscard]] sim::Request operation_request(const TableBench& bench,
                                             const TableOperation& operation, sim::HandleId handle,
                                             std::uint32_t parent_key);

}  // namespace oplocksim::conformance
