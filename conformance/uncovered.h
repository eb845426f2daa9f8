// The clauses that no scenario of the corpus covers, and why.
//
// A clause is covered by a scenario that names it under `covers:`. A clause that a scenario cannot
// show, because it speaks of a driver's own calls, of the caller's duties or of what is not
// modelled, is listed here with its reason; a test holds that every clause is in exactly one of
// the two places.
#pragma once

#include <span>
#include <string_view>

namespace oplocksim::conformance {

struct Uncovered {
    std::string_view clause;
    std::string_view reason;
};

// Sorted by clause.
[[nodiscard]] std::span<const Uncovered> uncovered_clauses();

}  // namespace oplocksim::conformance
