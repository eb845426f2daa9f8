// Coverage as JSON; reports/coverage.schema.json says the shape exactly:
//
//   {"format": "oplocksim-coverage", "format_version": 1, "runs": 3,
//    "cells": [{"state", "operation", "own_handle", "same_key", "other_key"}, ...],
//    "clauses": {"ID": 7, ...}}
//
// Only what was counted, sorted: equal coverage has equal bytes. A state, operation or clause that
// this program does not know is kept. A file with anything else in it is refused, so that nothing
// is lost when it is written again.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "conformance/coverage.h"

namespace oplocksim::reports {

inline constexpr int kCoverageVersion = 1;

// Far above every combination that there is; bounds what a foreign file can cost.
inline constexpr std::size_t kMaxCoverageBytes = 16 * 1024 * 1024;
inline constexpr std::size_t kMaxCoverageName = 100;

[[nodiscard]] std::string coverage_json(const conformance::Coverage& coverage);

// Reads such a document. Without a value, `problem` says in one sentence what is wrong.
struct ParsedCoverage {
    std::optional<conformance::Coverage> coverage;
    std::string problem;
};
[[nodiscard]] ParsedCoverage parse_coverage(std::string_view text);

// What `oplocksim coverage --json` prints: the counts, and what they mean: the gaps, the
// combinations that nothing can meet, and the clauses of the catalogue that nothing exercised.
[[nodiscard]] std::string coverage_report_json(const conformance::Coverage& coverage);

}  // namespace oplocksim::reports
