// Helpers of this folder's tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/diagnostic.h"
#include "scenarios/runner.h"

namespace oplocksim::scenarios {

using Files = std::map<std::string, std::string>;

inline LoadResult load(std::string_view text, const Files& files = {}) {
    return load_scenario("t.yaml", std::string(text),
                         [&](const std::string& path) -> ReadResult {
                             const auto found = files.find(path);
                             if (found == files.end()) return {std::nullopt, "No such file"};
                             return {found->second};
                         });
}

// What the loader says, as the command shows it.
inline std::string errors_of(std::string_view text, const Files& files = {}) {
    std::string errors;
    for (const Diagnostic& diagnostic : load(text, files).diagnostics) {
        errors += render(diagnostic);
    }
    return errors;
}

// A file that is not valid.
struct BadFile {
    std::string_view name;
    std::string_view text;
    std::string_view errors;  // as they are rendered, of a file "t.yaml"
};
inline void PrintTo(const BadFile& file, std::ostream* stream) { *stream << file.name; }

// Every run of a scenario that must be valid.
inline std::vector<RunResult> run_all(std::string_view text, RunOptions options = {},
                                      const Files& files = {}) {
    const LoadResult loaded = load(text, files);
    EXPECT_EQ(errors_of(text, files), "");
    std::vector<RunResult> results;
    if (loaded.scenario == nullptr) return results;
    options.check_invariants = true;
    run_scenario(*loaded.scenario, options, [&](RunResult result) {
        results.push_back(std::move(result));
        return true;
    });
    return results;
}

// The only run of a scenario.
inline RunResult run_one(std::string_view text, const RunOptions& options = {}) {
    std::vector<RunResult> results = run_all(text, options);
    EXPECT_EQ(results.size(), 1u);
    return results.empty() ? RunResult{} : std::move(results.front());
}

// One file, opened by A as `a`; steps are added.
inline std::string with_file(std::string_view steps) {
    return "scenario: T\nvolume:\n  - file: \\f\nsteps:\n  - A.create: {as: a, file: \\f}\n" +
           std::string(steps);
}

}  // namespace oplocksim::scenarios
