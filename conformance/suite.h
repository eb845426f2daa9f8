// The conformance suite: corpus, decision tables and rules, as one list of cases with verdicts.
//
// Every case has an id ("corpus/write/matrix [held=RW]", "break/RWH/write/other-key",
// "rules/waits-for-acknowledgments"), the clauses it stands for, and the strongest obligation among
// them. The rules judge the trace of everything that runs, scenarios and cells alike.
//
// Deterministic: the same arguments give the same report, byte for byte.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/coverage.h"
#include "conformance/expected.h"
#include "conformance/tables.h"
#include "conformance/table_runner.h"
#include "engine/semantics.h"
#include "scenarios/runner.h"

namespace oplocksim::conformance {

enum class SuiteVerdict : std::uint8_t {
    pass,
    fail,
    not_exercised,       // the state cannot be reached, or a rule had nothing to judge
    unknown,             // a limit was hit before the case was decided; never a pass
    skipped,             // written for other profiles
    expected_failure,    // fails, and the list of known failures says so
    unexpected_pass,     // passes, although the list says that it fails
    environment_error,   // a shipped file could not be read
};
inline constexpr int kSuiteVerdictCount = static_cast<int>(SuiteVerdict::environment_error) + 1;
[[nodiscard]] std::string_view to_string(SuiteVerdict verdict);   // "pass", "not exercised", ...

// Which failures count: the obligation of a case's clauses.
enum class ClauseObligation : std::uint8_t { must, should, may };
[[nodiscard]] std::string_view to_string(ClauseObligation obligation);

struct SuiteCase {
    std::string id;
    std::string group;                  // "corpus", "break", "grant", "acknowledge",
                                        // "campaign", "rules"
    std::string title;
    SuiteVerdict verdict = SuiteVerdict::pass;
    ClauseObligation obligation = ClauseObligation::must;
    std::vector<std::string> clauses;
    std::string message;                // one sentence; empty for a pass
    std::string reason;                 // expected failures: of the entry
    std::string link;
    std::string reproduce;              // a command line; empty if there is none
};

// The strongest obligation of some clauses; without a clause, and for one that the catalogue does
// not have, must.
[[nodiscard]] ClauseObligation strongest_obligation(const std::vector<std::string>& clauses);

// What counts against the gate: "fails" the command.
[[nodiscard]] bool counts_against(const SuiteCase& one, ClauseObligation gate);

struct SuiteReport {
    std::string version;
    std::string profile;
    std::vector<SwitchChoice> switches;      // all names and values
    std::vector<SwitchChoice> given;         // --switch
    std::vector<std::string> selection;      // empty: everything
    ClauseObligation gate = ClauseObligation::must;
    bool interrupted = false;
    std::vector<SuiteCase> cases;
    std::vector<std::string> stale;          // entries of known failures that name no case
    Coverage coverage;
    std::uint64_t runs = 0;                  // kernels that were run

    [[nodiscard]] std::uint64_t count(SuiteVerdict verdict) const;
    // No failure that counts, nothing unknown or stale, no unexpected pass, not interrupted.
    [[nodiscard]] bool conforms() const;
};

// The trace of one of the runs that a cell took.
struct CellTrace {
    std::string ending;    // CellRun::ending
    engine::Semantics semantics;
    std::shared_ptr<const sim::Names> names;
    std::vector<sim::TraceEvent> events;
};

// Is told what the suite runs, while it does. The verdicts are those before the list of known
// failures was applied.
class SuiteObserver {
 public:
    virtual ~SuiteObserver() = default;
    virtual void on_file_begin(const scenarios::ScenarioInfo& info) = 0;
    virtual void on_scenario(const SuiteCase& one, const scenarios::RunResult& result) = 0;
    virtual void on_file_end() = 0;
    virtual void on_cell_begin(const Cell& cell) = 0;
    virtual void on_cell(const SuiteCase& one, const CellResult& result,
                         std::span<const CellTrace> traces) = 0;
    virtual void on_cell_end() = 0;
};

struct SuiteOptions {
    std::string version;
    engine::Profile profile = engine::Profile::docs;
    std::vector<SwitchChoice> switches;              // --switch; validated
    std::vector<std::string> selection;              // prefixes; any may match
    ClauseObligation gate = ClauseObligation::must;
    std::vector<ExpectedFailure> expected;           // those that have not expired
    std::function<bool()> stop;                      // asked between cases; may be empty
    std::vector<SuiteObserver*> observers;           // must outlive the run
};

// Whether a selector is a prefix, part by part, of a path or clause: "create.batch" selects the
// clause CREATE-BATCH-KEY and the scenario create/batch-breaks-first. '.', '/', '-' and '_' are the
// same, and so are upper and lower case.
[[nodiscard]] bool selects(std::string_view selector, std::string_view name);

// The ids of what would run; a scenario is one id here, whatever the number of its cases.
[[nodiscard]] std::vector<std::string> selected_ids(const SuiteOptions& options);

[[nodiscard]] SuiteReport run_suite(const SuiteOptions& options);

// The list of known failures that would make `report` pass: what fails now, with the reasons of
// `old` where it has them. Requires: the report is of everything.
[[nodiscard]] std::vector<ExpectedFailure> updated_expected(
    const SuiteReport& report, std::span<const ExpectedFailure> old);

}  // namespace oplocksim::conformance
