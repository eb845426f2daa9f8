// Runs to draw, for the tests of the pictures.
#pragma once

#include <functional>
#include <string>

#include "scenarios/corpus.h"
#include "scenarios/runner.h"

namespace oplocksim::reports {

inline const std::string kBatchScenario = R"(
scenario: A Batch oplock breaks before the sharing check
covers: [BRK-NTFS-BATCH-BEFORE-SHARING]
volume:
  - file: \data.bin
steps:
  - A.create: {as: a, file: \data.bin, access: R, share: []}
  - A.oplock: {on: a, request: BATCH, as: held}
  - B.create: {as: b, file: \data.bin, access: W}
    expect: {b: blocks}
    breaks: {held: {to: LEVEL_2, ack: required}}
  - A.ack: a
    completes: {b: STATUS_SHARING_VIOLATION}
)";

inline scenarios::RunOptions keeping_traces() {
    scenarios::RunOptions options;
    options.keep_trace = true;
    return options;
}

// The first run of a scenario that is valid.
inline scenarios::RunResult run_text(const std::string& text) {
    const auto loaded = scenarios::load_scenario("test.yaml", text, {});
    scenarios::RunResult first;
    if (loaded.scenario == nullptr) return first;
    scenarios::run_scenario(*loaded.scenario, keeping_traces(), [&](scenarios::RunResult run) {
        first = std::move(run);
        return false;
    });
    return first;
}

// Every run of the shipped corpus under the profile docs, with its trace.
inline void each_corpus_run(const std::function<void(const scenarios::RunResult&)>& take) {
    const auto read = [](const std::string& path) -> scenarios::ReadResult {
        for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
            if (file.path != path) continue;
            return {std::optional<std::string>(file.text)};
        }
        return {std::nullopt};
    };
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        if (scenarios::is_include_only(file.path)) continue;
        const auto loaded =
            scenarios::load_scenario(std::string(file.path), std::string(file.text), read);
        if (loaded.scenario == nullptr) continue;
        scenarios::run_scenario(*loaded.scenario, keeping_traces(),
                                [&](const scenarios::RunResult& run) {
                                    take(run);
                                    return true;
                                });
    }
}

}  // namespace oplocksim::reports
