// Runs the cells of the decision tables: each as a real sequence of requests to the kernel.
//
// For a cell the volume is made, clients open, request and break until the state of the cell is
// reached; then the operation, request or acknowledgment is submitted, and what callers see is
// compared: the owners' notices, whether the operation waits, its status, and what an
// acknowledgment, or the close of the owner's handle, does to it. A cell that waits is run twice:
// once the owner accepts, once it closes.
//
// How a caller comes to have a handle with another key beside an exclusive oplock: Filter lets a
// writer in that shares reading; the owner of RW and RWH lets an opener with
// FILE_COMPLETE_IF_OPLOCKED in and acknowledges with the level it lost (SC-079); Level 1 and Batch
// let nobody in, so an opener waits for an earlier oplock, is held back while the owner is granted
// the one that matters, and goes on without a second look (recheck_after_release=false).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "conformance/tables.h"
#include "engine/semantics.h"
#include "sim/names.h"
#include "sim/trace.h"

namespace oplocksim::conformance {

enum class CellVerdict : std::uint8_t {
    pass,
    fail,            // what callers saw is not what the table says
    not_exercised,   // the state cannot be reached, or no source speaks of this switch value
};

// One sequence of requests that was carried out, for rules to judge.
struct CellRun {
    const engine::Semantics& semantics;
    const std::shared_ptr<const sim::Names>& names;
    std::span<const sim::TraceEvent> trace;
    std::string_view ending;   // "the owners accept", "the owners close their handles"
};

// A cell under one choice of switch values.
struct CellResult {
    const Cell* cell = nullptr;
    std::string id;                       // "break/RWH/lock/other-key [lock_vs_rwh_waits=false]"
    std::vector<SwitchChoice> switches;   // that the outcome depends on, and those it is reached by
    std::string expected;                 // the outcome as the table has it
    CellVerdict verdict = CellVerdict::pass;
    std::string message;                  // fail: what differed, where; not exercised: why
    std::uint32_t requests = 0;           // how many were submitted
    std::uint32_t runs = 0;               // sequences of requests: calls of on_run
};

struct TableRunOptions {
    engine::Semantics semantics;                  // the profile with the given switches
    std::vector<std::string> given_switches;      // names; their other values are not run
    std::function<void(const CellRun&)> on_run;   // may be empty
};

// Runs one cell under every choice of the switch values that it names, in the order of the table.
// Deterministic.
[[nodiscard]] std::vector<CellResult> run_cell(const Cell& cell, const TableRunOptions& options);

}  // namespace oplocksim::conformance
