// Cuts a finding down to what it takes to see the same failure.
//
// First what there is gets less: clients, threads, steps and faults are left out in ever smaller
// chunks; what is left is made plainer field by field (options, access, sharing, keys, sizes, data,
// oplock types, files, switches); last the order, towards one where every client goes on as long
// as it can and what was released goes on at once. Then breadth-first search looks for a shorter
// run, of whatever clients may do (shortest.h), and single steps are tried in the place of several
// (replacements.h); what is found that way gets less again.
//
// The failure stays one of the same rule and of the very clause. One of another clause of the same
// part of the specification is taken only if that saves two steps.
//
// Deterministic, and bounded by numbers of runs and steps, not by time. Of results that are alike
// the one is taken that does not depend on the order in which they were found. Clients are called
// A, B, ... in the order in which they act, if letters are what they were called and the finding
// does not come from somebody's scenario.
#pragma once

#include <cstddef>
#include <functional>

#include "conformance/findings/finding.h"
#include "conformance/findings/oracle.h"

namespace oplocksim::conformance::findings {

// A candidate of ten steps takes some 5 us, a step of a search 1.5: altogether about a second.
inline constexpr std::size_t kMaxShrinkRuns = 40'000;
inline constexpr std::size_t kMaxShrinkChoices = 1'000'000;
inline constexpr std::size_t kMaxShrinkSearched = 600'000;

struct ShrinkOptions {
    std::size_t max_runs = kMaxShrinkRuns;          // of candidates
    std::size_t max_choices = kMaxShrinkChoices;    // that these take
    std::size_t max_searched = kMaxShrinkSearched;  // steps of searches
    std::function<bool()> interrupted;              // asked now and then: enough
};

struct Shrunk {
    Finding finding;
    std::size_t runs = 0;         // of candidates
    std::size_t searched = 0;     // steps of searches
    bool reproduced = true;       // false: the finding given does not fail; it is as it was
    bool complete = true;         // false: it was interrupted, or the candidates were used up
};

[[nodiscard]] Shrunk shrink(const Finding& finding, const Oracle& oracle,
                            const ShrinkOptions& options = {});

}  // namespace oplocksim::conformance::findings
