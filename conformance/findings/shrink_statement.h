// Leaves out of a scenario what a violated statement of it does not need.
//
// A statement speaks of the programs as they are, so a step may go only if the statement still says
// something without it: what violated it in this order still does, and if some order satisfied it,
// some order still does. Nothing else changes: steps keep their arguments, and clients theirs.
#pragma once

#include <cstddef>
#include <string>

#include "scenarios/case_of.h"
#include "sim/program.h"

namespace oplocksim::conformance::findings {

// Runs of programs of some ten steps: a fifth of a second.
inline constexpr std::size_t kMaxStatementRuns = 20'000;

struct ShrunkStatement {
    sim::Case of;
    sim::Schedule schedule;
    sim::StepIndex subject = sim::kNoStep;   // the operation that the statement is about
    std::string observed;                    // of the run, in the words of the statement
    std::size_t runs = 0;                    // 0: the schedule does not violate it; as it was
};

// Requires: `statement` is one of the model of `scenario`, which is not skipped.
[[nodiscard]] ShrunkStatement shrink_statement(const scenarios::ScenarioCase& scenario,
                                               const sim::Schedule& schedule,
                                               const scenarios::Statement& statement);

}  // namespace oplocksim::conformance::findings
