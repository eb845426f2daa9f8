// Plans that differ a little from another, and what tells one from another.
#pragma once

#include <cstddef>
#include <functional>

#include "conformance/findings/plan.h"
#include "conformance/findings/simplify.h"
#include "sim/fingerprint_mixer.h"

namespace oplocksim::conformance::findings {

// Of what a run of the plan depends on: not of names, or of steps that have no turn.
[[nodiscard]] sim::Fingerprint fingerprint_of(const Plan& plan);

// Turns that are steps.
[[nodiscard]] std::size_t steps_of(const Plan& plan);
// How much there is about its steps that is not plain.
[[nodiscard]] std::size_t oddness(const Plan& plan);
// How often another thread goes on than the one before.
[[nodiscard]] std::size_t changes_of_thread(const Plan& plan);

// Without the turns at the places [first, last).
[[nodiscard]] Plan without(const Plan& plan, std::size_t first, std::size_t last);
[[nodiscard]] Plan without_if(const Plan& plan,
                              const std::function<bool(const sim::Step&)>& unwanted);
// The first `count` steps and all that follows from them settled.
[[nodiscard]] Plan with_settled(const Plan& plan, std::size_t count);

}  // namespace oplocksim::conformance::findings
