// The run of a finding as a picture, with what is wrong marked where it shows.
//
// The run is judged again by the rules, because a trace does not say what is wrong with it. What no
// rule says (a deadlock, a statement of a scenario, something that is left over) is marked where
// the run ends.
#pragma once

#include <vector>

#include "conformance/findings/finding.h"
#include "conformance/rules/rules.h"
#include "reports/lanes.h"
#include "scenarios/result.h"

namespace oplocksim::reports {

// What is wrong in a run of a finding, in the words of its clients. At least one; the texts that
// violations only refer to are those of `failure`, which must outlive them, and of the rules.
// Requires: the run's trace was kept.
[[nodiscard]] std::vector<conformance::Violation> violations_of(
    const conformance::findings::Failure& failure, const scenarios::RunResult& run);

// Requires: the run's trace was kept. `violations` as above.
[[nodiscard]] Picture finding_picture(const scenarios::RunResult& run,
                                      const std::vector<conformance::Violation>& violations);

}  // namespace oplocksim::reports
