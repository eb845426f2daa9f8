// What happened in each step of a run in which everything settles.
#pragma once

#include <vector>

#include "conformance/findings/plan.h"

namespace oplocksim::conformance::findings {

struct StepStory {
    sim::StepIndex step = 0;
    sim::OperationState own;                  // at the end of the step
    bool blocks = false;                      // its thread is blocked in it then
    std::vector<sim::StepIndex> completed;    // earlier operations that completed in this step
    std::vector<sim::OperationState> how;     // of each
    std::size_t first_choice = 0;             // of the schedule
};

// Requires: the case has no setup.
[[nodiscard]] std::vector<StepStory> story_of(const CaseAndSchedule& run);

}  // namespace oplocksim::conformance::findings
