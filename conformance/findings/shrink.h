// Cuts a finding down to what it takes to see the same failure.
//
// Everything shrinks together: clients, threads, steps and faults are left out in ever smaller
// chunks; what is left is made plainer field by field (options, access, sharing, keys, sizes, data,
// oplock types, files, switches); last the order, towards one where every client goes on as long
// as it can and what was released goes on at once. Of a small case, a breadth-first search over
// the interleavings then gives the shortest one.
//
// Deterministic, and bounded by a number of runs. The result fails as the finding did. Its clients
// are called A, B, ... in the order in which they act, if letters are what they were called and
// the finding does not come from somebody's scenario.
#pragma once

#include <cstddef>
#include <functional>

#include "conformance/findings/finding.h"
#include "conformance/findings/oracle.h"

namespace oplocksim::conformance::findings {

// A run of sixty steps takes some 50 us.
inline constexpr std::size_t kMaxShrinkRuns = 20'000;

struct ShrinkOptions {
    std::size_t max_runs = kMaxShrinkRuns;
    bool breadth_first = true;                // of small cases
    std::function<bool()> interrupted;        // asked now and then: enough
};

struct Shrunk {
    Finding finding;
    std::size_t runs = 0;
    bool reproduced = true;       // false: the finding given does not fail; it is as it was
    bool complete = true;         // false: the budget was used up, or it was interrupted
};

[[nodiscard]] Shrunk shrink(const Finding& finding, const Oracle& oracle,
                            const ShrinkOptions& options = {});

}  // namespace oplocksim::conformance::findings
