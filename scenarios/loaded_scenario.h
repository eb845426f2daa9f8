// A scenario that was read and validated, with what is needed to make each of its runs again.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/convert.h"
#include "scenarios/model.h"
#include "scenarios/recorded.h"
#include "scenarios/runner.h"
#include "scenarios/yaml_document.h"

namespace oplocksim::scenarios {

// The values over all runs that the loader is willing to look at: it checks each run.
inline constexpr std::size_t kMaxValuesOverAllRuns = 5'000'000;
inline constexpr std::size_t kMaxIncludes = 16;

// One row of cases with one combination of the matrix.
struct Parameters {
    std::vector<std::pair<std::string, NodePtr>> values;
    std::string case_name;
};

// One run: parameters by index, and the values of the switches that are set to `each`.
struct RunKey {
    std::uint32_t parameters = 0;
    std::vector<std::pair<std::string, std::string>> switches;
};

class LoadedScenario {
 public:
    std::string id;
    std::string path;
    std::deque<SourceText> sources;  // the scenario's own file first
    Sections sections;
    std::vector<std::pair<std::string, NodePtr>> defines;
    std::vector<Parameters> parameters;  // at least one
    std::vector<RunKey> runs;
    ScenarioInfo info;
    std::vector<ClauseCitation> citations;
    std::optional<Recorded> recorded;

    // The model of one run. Requires: the scenario was validated.
    [[nodiscard]] RunModel model(const RunKey& key) const;
};

// The scope of one run.
void fill_scope(Scope& scope, const std::vector<std::pair<std::string, NodePtr>>& defines,
                const Parameters& parameters);

}  // namespace oplocksim::scenarios
