// A scenario as a run in order of time.
#pragma once

#include "conformance/findings/plan.h"
#include "scenarios/case_of.h"

namespace oplocksim::conformance::findings {

// What `oplocksim run` does with a scenario: its steps in order, or its programs under its
// schedule. Requires: the scenario is not skipped.
[[nodiscard]] Plan plan_of(const scenarios::ScenarioCase& scenario);

}  // namespace oplocksim::conformance::findings
