// A scenario as a case for the simulator, whose interleavings can be tried: the programs of its
// clients, or the steps of an ordinary scenario, taken apart by who does them.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/model.h"
#include "scenarios/runner.h"
#include "sim/program.h"

namespace oplocksim::scenarios {

// The case of one run. `of` refers to nothing outside.
struct ScenarioCase {
    RunModel model;
    sim::Case of;
    // By sim::StepIndex: the step of `model` that it is.
    std::vector<std::size_t> steps;
    // What a program of a thread leaves out of an ordinary scenario, in words: pauses, 'after'.
    std::vector<std::string> left_out;
    sim::Schedule schedule;          // `schedule`, resolved; the part up to the first entry that
                                     // names nothing
    engine::Profile profile = engine::Profile::docs;
    std::string skipped;             // why it is not for this profile; the rest is then empty

    // The step that has this index in `model.steps`, or sim::kNoStep.
    [[nodiscard]] sim::StepIndex find(std::size_t step_of_model) const;
};

// A choice as a schedule names it: "A", "~b", "cache:a".
[[nodiscard]] std::string choice_name(const sim::Case& of, sim::Choice choice);

// Requires: `model` is one of LoadedScenario::model(). An ordinary scenario's steps become one
// program for each thread, and one of the world for cancel, kill and advance; each keeps its order.
// Expectations of single steps are left out: they speak of one order.
[[nodiscard]] ScenarioCase case_of(RunModel model, engine::Profile profile,
                                   const std::vector<std::pair<std::string, std::string>>& given);

// The cases of all runs, in order, one at a time; `on_case` returns false to stop.
void for_each_case(const LoadedScenario& scenario, const RunOptions& options,
                   const std::function<bool(ScenarioCase)>& on_case);

}  // namespace oplocksim::scenarios
