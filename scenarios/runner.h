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
#include "scenarios/corpus.h"
#include "scenarios/diagnostic.h"
#include "scenarios/result.h"

namespace oplocksim::scenarios {

// A file that was read and validated: every run of it is known to be executable. Immutable.
class LoadedScenario;

// A file's text, or why it cannot be read: "No such file or directory".
struct ReadResult {
    std::optional<std::string> text;
    std::string reason;

    // Implicit: a reader that knows no reasons returns an optional text.
    ReadResult(std::nullopt_t) {}  // NOLINT(google-explicit-constructor)
    // NOLINTNEXTLINE(google-explicit-constructor)
    ReadResult(std::optional<std::string> found, std::string why = "")
        : text(std::move(found)), reason(std::move(why)) {}
};
// Where `include:` finds files.
using ReadFile = std::function<ReadResult(const std::string& path)>;

// Reads and validates a scenario. `path` is for diagnostics and the id; `text` is its content.
// On failure: every error found (at least one), in order of position; at most kMaxDiagnostics.
inline constexpr std::size_t kMaxDiagnostics = 20;
struct LoadResult {
    std::shared_ptr<const LoadedScenario> scenario;  // null if there are diagnostics
    std::vector<Diagnostic> diagnostics;
};
[[nodiscard]] LoadResult load_scenario(std::string path, std::string text, const ReadFile& read);

// A file of the shipped corpus; what it includes is found there too.
[[nodiscard]] LoadResult load_shipped(const CorpusFile& file);

// A file that was read for a scenario, as it is written.
struct SourceFile {
    std::string path;
    std::string text;
};

// What a loaded file says about itself.
struct ScenarioInfo {
    std::string id;
    std::string title;
    std::string path;
    std::string description;
    std::vector<std::string> clauses;   // of the scenario and of its steps, sorted, once each
    std::vector<std::string> profiles;  // empty: any
    std::size_t runs = 0;               // matrix times cases times switch values
    std::vector<SourceFile> sources = {};   // its own file first, then what it includes
};
[[nodiscard]] ScenarioInfo info(const LoadedScenario& scenario);

// One clause id of a `covers:`, and where it stands.
struct ClauseCitation {
    std::string id;
    std::string path;
    Position position;
    std::string source_line;
};
// All of a loaded file and of what it includes, in order. Whether there are such clauses is not
// known here: a user may have a catalogue of their own.
[[nodiscard]] std::vector<ClauseCitation> citations(const LoadedScenario& scenario);

// What the file remembers of the run that it was written for, if it does.
struct Recorded;
[[nodiscard]] const std::optional<Recorded>& recorded(const LoadedScenario& scenario);

struct RunOptions {
    engine::Profile profile = engine::Profile::docs;
    std::vector<std::pair<std::string, std::string>> switches;  // --switch; validated
    bool keep_trace = false;           // RunResult::trace; also kept where the steps are told
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
