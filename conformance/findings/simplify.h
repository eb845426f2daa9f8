// Plainer forms of a step: what shrinking tries in its place.
#pragma once

#include <vector>

#include "conformance/findings/plan.h"

namespace oplocksim::conformance::findings {

// Each is plainer than the step in one way, and none is reached from a plainer one again: so
// trying them until none fits comes to an end. The plainest come first.
[[nodiscard]] std::vector<sim::Step> plainer_steps(const Plan& plan, sim::StepIndex step);

// How much there is about a step that is not plain. A step of plainer_steps() of the same kind has
// less of it, or as much.
[[nodiscard]] unsigned oddness(const sim::Step& step);

// The plan with one path, wherever it is named, replaced by a plainer one of its volume.
[[nodiscard]] std::vector<Plan> plainer_paths(const Plan& plan);

// The paths that its steps name, and those of files that links which they name lead to.
[[nodiscard]] std::vector<sim::PathId> named_paths(const Plan& plan);

// The plan with a file there that it makes, which is opened then.
[[nodiscard]] std::vector<Plan> plans_with_files(const Plan& plan);

// The plan with something less on its volume: files that no step names, one file or link, a size,
// an attribute, a short name. Those that do less come later.
[[nodiscard]] std::vector<Plan> plainer_volumes(const Plan& plan);

}  // namespace oplocksim::conformance::findings
