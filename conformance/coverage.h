// Coverage by what ran: which operation met which oplock state, under which relation of keys, and
// which clauses were exercised.
//
// It is counted from traces, of scenarios and of table cells alike, so it says what happened and
// not what was meant to. The states are those of the stream that the operation's handle or path
// names; a create counts as overwriting by its disposition and as attribute-only by its access.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/names.h"
#include "sim/trace.h"

namespace oplocksim::conformance {

// How often one operation met one state.
struct CoverageCounts {
    std::uint64_t own = 0;     // on the handle of an owner
    std::uint64_t same = 0;    // on another handle with the key of an owner
    std::uint64_t other = 0;   // neither; with nothing held, everything
};
struct CoverageRow {
    std::string state;         // "RWH", "RH>R", "R+RH", "none"
    std::string operation;     // "write", "create (overwriting)"
    CoverageCounts counts;
};

class Coverage {
 public:
    // Counts the operations of one run.
    void add_run(const sim::Names& names, std::span<const sim::TraceEvent> trace);
    // The clause was exercised once.
    void add_clause(std::string_view id) { ++clauses_[std::string(id)]; }

    // Every state times every operation, the empty ones too; then the mixtures that were seen.
    [[nodiscard]] std::vector<CoverageRow> rows() const;
    // "RW>NONE x set_security x same key", ...: what could have been met and was not.
    [[nodiscard]] std::vector<std::string> empty_cells() const;
    // Every clause of the catalogue with the number of cases that exercised it.
    [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> clause_hits() const;

 private:
    std::map<std::pair<std::string, std::string>, CoverageCounts> counts_;
    std::map<std::string, std::uint64_t> clauses_;
};

// The states and operations that rows() begins with.
[[nodiscard]] std::span<const std::string_view> coverage_states();
[[nodiscard]] std::span<const std::string_view> coverage_operations();

}  // namespace oplocksim::conformance
