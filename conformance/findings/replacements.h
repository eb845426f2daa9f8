// Runs in which one step does what several did.
#pragma once

#include <cstddef>
#include <functional>

#include "conformance/findings/plan.h"
#include "conformance/findings/vocabulary.h"

namespace oplocksim::conformance::findings {

// Calls `accept` with the plan without `count` of its steps, any of them, and with one step of the
// vocabulary in the place of one of those, by any client on any handle; until it returns true.
// What was done to a handle that is gone is then done to the one that the new step makes, if it
// makes one. Returns whether something was accepted. Requires: every turn is a settled step.
bool try_replacements(const Plan& plan, const Vocabulary& vocabulary, std::size_t count,
                      const std::function<bool(const Plan&)>& accept);

}  // namespace oplocksim::conformance::findings
