// Loading and running scenarios: the way in for the command, tests and reports.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/semantics.h"
#include "scenarios/diagnostic.h"
#include "scenarios/result.h"

namespace oplocksim::scenarios {

// A file that was read and validated: every run of it is known to be executable. Immutable.
class LoadedScenario;

// Where `include:` finds files, and where diagnostics take their text from.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

// Reads and validates a scenario. `path` is for diagnostics and the id; `text` is its content.
// On failure: every error found (at least one), in order of position; at most kMaxDiagnostics.
inline constexpr std::size_t kMaxDiagnostics = 20;
struct LoadResult {
    std::shared_ptr<const LoadedScenario> scenario;  // null if there are diagnostics
    std::vector<Diagnostic> diagnostics;
};
[[nodiscard]] LoadResult load_scenario(std::string path, std::string text, const ReadFile& read);

// What a loaded file says about itself.
struct ScenarioInfo {
    std::string id;
    std::string title;
    std::string path;
    std::string description;
    std::vector<std::string> clauses;   // of the scenario and of its steps, sorted, once each
    std::vector<std::string> profiles;  // empty: any
    std::size_t runs = 0;               // matrix times cases times switch values
};
[[nodiscard]] ScenarioInfo info(const LoadedScenario& scenario);

struct RunOptions {
    engine::Profile profile = engine::Profile::docs;
    std::vector<std::pair<std::string, std::string>> switches;  // --switch; validated
    bool keep_trace = false;                                    // RunResult::trace
    bool keep_passing_steps = true;  // StepRecord::happened of passing runs
    bool check_invariants = false;   // after every step, of the whole world
    bool go_on_after_failure = false;   // run the later steps too, for their trace
};

// Runs every case of a scenario, in order, handing each result to `on_result` as it is ready.
// `on_result` returns false to stop. Deterministic: the same input gives the same results.
void run_scenario(const LoadedScenario& scenario, const RunOptions& options,
                  const std::function<bool(RunResult)>& on_result);

// The JSON Schema (draft 2020-12) of scenario files, generated from the description that the
// loader uses.
[[nodiscard]] std::string json_schema();

}  // namespace oplocksim::scenarios
