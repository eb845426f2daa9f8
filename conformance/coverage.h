// Coverage by what ran: which operation met which oplock state, under which relation of keys, and
// which clauses were exercised.
//
// It is counted from traces, of scenarios and of table cells alike, so it says what happened and
// not what was meant to. The states are those of the stream that the operation's handle or path
// names; a create counts as overwriting by its disposition and as attribute-only by its access.
//
// Coverage is a value that adds up: of runs, and of other coverage, whoever gathered it and in
// whatever order (reports/coverage_file.h keeps it in files). Counts are added with a ceiling,
// kMaxCoverageCount; so merging is associative and commutative without exception.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/tables.h"
#include "sim/names.h"
#include "sim/trace.h"

namespace oplocksim::conformance {

// The largest number that every reader of JSON takes for what it is: 2 to the 53rd, less 1.
inline constexpr std::uint64_t kMaxCoverageCount = 9'007'199'254'740'991;

// How often one operation met one state.
struct CoverageCounts {
    std::uint64_t own = 0;     // on the handle of an owner
    std::uint64_t same = 0;    // on another handle with the key of an owner
    std::uint64_t other = 0;   // neither; with nothing held, everything
    [[nodiscard]] std::uint64_t of(KeyRelation relation) const;
    bool operator==(const CoverageCounts&) const = default;
};
struct CoverageRow {
    std::string state;         // "RWH", "RH>R", "R+RH", "none"
    std::string operation;     // "write", "create (overwriting)"
    CoverageCounts counts;
    bool operator==(const CoverageRow&) const = default;
};

// One combination of the matrix.
struct CoverageCell {
    std::string state;
    std::string operation;
    KeyRelation relation = KeyRelation::other;
};
[[nodiscard]] std::string to_string(const CoverageCell& cell);   // "RW>NONE x flush x same-key"

// Combinations that no run can meet, and why. Every other one that nothing met is a gap: a request
// of any kind can be issued in every state, by every handle, whatever its answer.
struct ImpossibleCells {
    std::string_view state;        // empty: every state
    std::string_view operation;    // the beginning of its name; empty: every operation
    KeyRelation relation;
    std::string_view reason;
};
[[nodiscard]] std::span<const ImpossibleCells> impossible_cells();
// Why nothing can meet the combination; empty: something can.
[[nodiscard]] std::string_view impossible_because(const CoverageCell& cell);

class Coverage {
 public:
    // Counts the operations of one run.
    void add_run(const sim::Names& names, std::span<const sim::TraceEvent> trace);
    // A clause was exercised, so often.
    void add_clause(std::string_view id, std::uint64_t times = 1);
    // What was counted elsewhere: so many runs, and a row of the matrix.
    void add_runs(std::uint64_t runs);
    void add_row(const CoverageRow& row);
    // Everything that `other` counted.
    void merge(const Coverage& other);
    bool operator==(const Coverage&) const = default;

    [[nodiscard]] std::uint64_t runs() const { return runs_; }
    // What was counted and nothing else, sorted: all that a file has to keep.
    [[nodiscard]] std::vector<CoverageRow> counted_rows() const;
    [[nodiscard]] const std::map<std::string, std::uint64_t>& counted_clauses() const {
        return clauses_;
    }

    // Every state times every operation, the empty ones too; then the mixtures that were seen.
    [[nodiscard]] std::vector<CoverageRow> rows() const;
    // What could have been met, in the plain states, and was not.
    [[nodiscard]] std::vector<CoverageCell> gaps() const;
    // The same as texts: "RW>NONE x set_security x same-key", ...
    [[nodiscard]] std::vector<std::string> empty_cells() const;
    // Every clause of the catalogue with the number of cases that exercised it.
    [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> clause_hits() const;

 private:
    std::map<std::pair<std::string, std::string>, CoverageCounts> counts_;
    std::map<std::string, std::uint64_t> clauses_;
    std::uint64_t runs_ = 0;
};

// The states and operations that rows() begins with.
[[nodiscard]] std::span<const std::string_view> coverage_states();
[[nodiscard]] std::span<const std::string_view> coverage_operations();

}  // namespace oplocksim::conformance
