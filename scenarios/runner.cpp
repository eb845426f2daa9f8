#include "scenarios/runner.h"

#include <set>
#include <utility>

#include "engine/assert.h"
#include "scenarios/loaded_scenario.h"
#include "scenarios/run.h"

namespace oplocksim::scenarios {
namespace {

RunResult run_once(const LoadedScenario& scenario, const RunModel& model, const RunOptions& options,
                   bool record) {
    RunResult result;
    result.scenario = scenario.id;
    result.title = model.title;
    result.path = scenario.path;
    result.case_name = model.case_name;
    result.clauses = model.covers;
    std::set<std::string> known(model.covers.begin(), model.covers.end());
    for (const Step& step : model.steps) {
        for (const std::string& clause : step.covers) {
            if (known.insert(clause).second) result.clauses.push_back(clause);
        }
    }
    Run(model, options, record, result).execute();
    return result;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::pass: return "pass";
        case Verdict::fail: return "fail";
        case Verdict::skip: return "skip";
        case Verdict::error: return "error";
    }
    return "";
}

void run_scenario(const LoadedScenario& scenario, const RunOptions& options,
                  const std::function<bool(RunResult)>& on_result) {
    const bool record = options.keep_trace || options.keep_passing_steps;
    for (const RunKey& key : scenario.runs) {
        const RunModel model = scenario.model(key);
        engine::set_assertion_context(scenario.id + " [" + model.case_name + "]");
        RunResult result = run_once(scenario, model, options, record);
        // A run is deterministic, so the story of a failure can be had by telling it again.
        if (!record && (result.verdict == Verdict::fail || result.verdict == Verdict::error)) {
            result = run_once(scenario, model, options, true);
        }
        if (!on_result(std::move(result))) return;
    }
}

}  // namespace oplocksim::scenarios
