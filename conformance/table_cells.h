// The sequences of requests that the cells of the tables stand for. Internal to the table runner.
#pragma once

#include <string>
#include <vector>

#include "conformance/table_bench.h"
#include "conformance/tables.h"

namespace oplocksim::conformance {

// Something that callers saw otherwise than the table has it.
struct CellMismatch {
    std::string subject;    // "the owner's notice"
    std::string expected;
    std::string observed;
};

// How a break that is waited for ends.
enum class CellEnding : std::uint8_t {
    accept,   // every owner accepts what it was told
    close,    // every owner closes its handle
};

// Carries the cell out, in a bench that is fresh. The first mismatch ends the sequence.
[[nodiscard]] std::vector<CellMismatch> run_sequence(TableBench& bench, const Cell& cell,
                                                 const CellOutcome& outcome, CellEnding ending);

// The path of the stream that the cell is about.
[[nodiscard]] std::string target_of(const Cell& cell);

// Whether the state of the cell needs an opener that goes on without a second look.
[[nodiscard]] bool needs_no_second_look(const Cell& cell, const engine::Semantics& semantics);

}  // namespace oplocksim::conformance
