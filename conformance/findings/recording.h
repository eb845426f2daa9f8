// A finding as one file that is enough to replay it, and replaying.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/findings/finding.h"
#include "scenarios/recorded.h"
#include "scenarios/result.h"
#include "scenarios/runner.h"

namespace oplocksim::conformance::findings {

// The text of scenario_text(), and what running it gives, as its `recorded`.
struct RecordedScenario {
    std::string text;
    std::string problem;      // empty, or why the finding cannot be written as a scenario
    scenarios::RunResult run; // of the text, with its trace
};
[[nodiscard]] RecordedScenario recorded_scenario(const Finding& finding);

// One member of a line of a trace that is not the same.
struct ChangedMember {
    std::string name;         // "status"
    std::string recorded;     // "\"STATUS_SUCCESS\""; empty: it is not there
    std::string now;
};
// Where a trace and a recorded one part.
struct TraceDifference {
    std::size_t line = 0;     // of the trace, from 1; the first is its header
    std::string recorded;     // the lines; empty: the trace has ended
    std::string now;
    std::vector<ChangedMember> members;   // if both lines are there
    std::uint32_t step = 0;   // of the run, from 1; 0: before the first, or after the run
    std::string step_text;
};

// The first line that differs; nothing if the traces are the same, byte for byte.
[[nodiscard]] std::optional<TraceDifference> compare_traces(std::string_view recorded,
                                                            std::string_view now);

// A scenario run again.
struct Replay {
    scenarios::RunResult run;
    std::optional<TraceDifference> difference;   // if there is something to compare with
    std::optional<Failure> failure;   // what was recorded as broken; without that, whatever is
    std::string problem;      // it cannot be replayed: one sentence; then there is nothing else
};
// Runs the one run of a scenario as it was recorded; or, if nothing is recorded, under `options`.
[[nodiscard]] Replay replay(const scenarios::LoadedScenario& scenario,
                            const scenarios::RunOptions& options);

}  // namespace oplocksim::conformance::findings
