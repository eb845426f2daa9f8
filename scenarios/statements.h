// What a scenario says about whole runs: always, never, eventually.
#pragma once

#include <optional>
#include <string>

#include "scenarios/case_of.h"
#include "scenarios/judgement.h"
#include "scenarios/model.h"
#include "scenarios/operations.h"

namespace oplocksim::scenarios {

// Holds a statement against an operation at a moment: it has just completed, or the run is over.
// `operation` null: it was never issued. Nothing if the moment decides nothing. `waiting` says
// what a pending operation waits for; it may be empty.
//   always      judged when the operation is over; one that must not complete never may;
//   never       likewise, the other way round;
//   eventually  judged at the end.
[[nodiscard]] std::optional<Judgement> judge_statement(const Statement& statement,
                                                       const Operation* operation, bool at_end,
                                                       const std::string& waiting);

// The operation of a case's step as the judgement sees it; nothing if it was not issued.
[[nodiscard]] std::optional<Operation> operation_of(const ScenarioCase& scenario,
                                                    const sim::RunState& state,
                                                    sim::StepIndex step);

// The operation that a statement speaks of, in a case; sim::kNoStep if the case leaves it out.
[[nodiscard]] sim::StepIndex subject_of(const ScenarioCase& scenario, const Statement& statement);

// Whether the conditions of a statement hold for the case.
[[nodiscard]] bool applies(const ScenarioCase& scenario, const Statement& statement);

// Whether a guard holds under these switches.
[[nodiscard]] bool holds(const Guard& guard, engine::Profile profile,
                         const engine::Semantics& semantics);

}  // namespace oplocksim::scenarios
