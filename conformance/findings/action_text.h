// A step of a case as an action of the scenario language.
#pragma once

#include <string>
#include <vector>

#include "sim/program.h"

namespace oplocksim::conformance::findings {

// What steps are called: by StepIndex; empty: without a name.
using StepNames = std::vector<std::string>;

// Names for the steps that need one: handles, sections, oplock requests, and whatever `needed`
// marks. Those that the case has are kept if the language allows them.
[[nodiscard]] StepNames step_names(const sim::Case& of, const std::vector<bool>& needed);

// A step with its actor, as in `steps`: "A.create: {as: a, file: \data.bin}", "cancel: b".
[[nodiscard]] std::string action_text(const sim::Case& of, sim::StepIndex step,
                                      const StepNames& names);
// The same as in a program, whose actor is known: "create: {as: a, file: \data.bin}".
[[nodiscard]] std::string program_action_text(const sim::Case& of, sim::StepIndex step,
                                              const StepNames& names);

}  // namespace oplocksim::conformance::findings
