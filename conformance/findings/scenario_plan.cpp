#include "conformance/findings/scenario_plan.h"

#include <algorithm>
#include <vector>

#include "engine/assert.h"

namespace oplocksim::conformance::findings {

Plan plan_of(const scenarios::ScenarioCase& scenario) {
    OPLOCKSIM_ASSERT(scenario.skipped.empty(), "a skipped scenario does nothing");
    if (!scenario.model.programs.empty()) return plan_of(scenario.of, scenario.schedule);
    Plan plan;
    plan.of = scenario.of;
    plan.of.setup_end = 0;
    plan.of.programs.clear();
    std::vector<std::pair<std::size_t, sim::StepIndex>> order;   // place in the file, step
    for (sim::StepIndex i = 0; i < plan.of.steps.size(); ++i) {
        order.emplace_back(scenario.steps[i], i);
    }
    std::ranges::sort(order);
    for (const auto& [place, step] : order) {
        plan.turns.push_back({sim::Choice::Kind::step, step});
    }
    plan.settled = plan.turns.size();
    return plan;
}

}  // namespace oplocksim::conformance::findings
