// The event stream that every report is made from.
//
// The command announces the session, then each file: either on_invalid, or on_file_begin, one
// on_run for every run in order, and on_file_end; last of all on_end. A session that was
// interrupted ends after the run that was under way, with a summary that says so: what a listener
// was told before that is complete.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/diagnostic.h"
#include "scenarios/result.h"
#include "scenarios/runner.h"

namespace oplocksim::reports {

// What holds for the whole session.
struct Session {
    std::string version;                                         // of this program
    std::string profile;
    std::vector<std::pair<std::string, std::string>> switches;   // all names and values
    std::vector<std::pair<std::string, std::string>> given;      // --switch, as it was given
};

// The counts. Invariant: runs == passed + failed + skipped + errors.
struct Summary {
    std::uint64_t files = 0;      // scenario files that were run
    std::uint64_t invalid = 0;    // files that could not be read or loaded
    std::uint64_t runs = 0;
    std::uint64_t passed = 0;
    std::uint64_t failed = 0;
    std::uint64_t skipped = 0;
    std::uint64_t errors = 0;
    bool interrupted = false;

    bool operator==(const Summary&) const = default;
    void count(scenarios::Verdict verdict);
};

class Listener {
 public:
    virtual ~Listener() = default;
    virtual void on_begin(const Session& session) = 0;
    // The file at `path` is no scenario; at least one diagnostic.
    virtual void on_invalid(const std::string& path,
                            std::span<const scenarios::Diagnostic> diagnostics) = 0;
    virtual void on_file_begin(const scenarios::ScenarioInfo& info) = 0;
    virtual void on_run(const scenarios::RunResult& result) = 0;
    virtual void on_file_end() = 0;
    virtual void on_end(const Summary& summary) = 0;
};

// "[held=RW, operation=write]" and the switches that differ from the profile: what tells the runs
// of one scenario apart. Empty if there is nothing to tell.
[[nodiscard]] std::string variant_of(const scenarios::RunResult& result);

// The value that a run had for a switch; empty if it has no such switch.
[[nodiscard]] std::string_view switch_value_of(const scenarios::RunResult& result,
                                               std::string_view name);

}  // namespace oplocksim::reports
