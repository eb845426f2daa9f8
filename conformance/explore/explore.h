// Exploring a case: every interleaving of its programs, judged by the rules and by what the
// scenario says about whole runs.
//
// The result does not depend on the number of workers. A search that met a limit says "unknown"
// unless it found something.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "conformance/explore/case_model.h"
#include "conformance/explore/search.h"
#include "scenarios/case_of.h"
#include "sim/program.h"

namespace oplocksim::conformance::explore {

struct ExploreOptions {
    bool reduction = true;       // partial-order reduction
    bool symmetry = true;        // of interchangeable clients and keys
    Options search;              // `reduction` and `symmetry` there are set from these
};

// One thing that is wrong in some interleaving, and the shortest way there if the search was
// breadth-first.
struct CaseFinding {
    std::string property;        // "waits-for-acknowledgments", "deadlock", "always b"
    std::string clause;          // of the rule; empty for statements and deadlocks
    sim::Schedule schedule;      // from the end of the setup
    std::string observed;
    std::string required;
    std::string waits;           // who waits for whom; may be empty
    // Of a violated statement: the statement of the scenario, and the operation that it is about.
    const scenarios::Statement* statement = nullptr;
    sim::StepIndex subject = sim::kNoStep;
};

// How a number of runs ended: by step of the case, the status or what else became of it.
struct CaseOutcome {
    RunOutcome operations;
    std::uint64_t ends = 0;
};

struct CaseReport {
    Verdict verdict = Verdict::unknown;
    Bound bound = Bound::none;
    Counts counts;
    double collision_estimate = 0;
    std::size_t programs = 0;
    std::size_t interchangeable = 0;       // programs that have one to change places with
    std::uint64_t represented = 0;         // states, with those that differ by an exchange
    std::uint64_t stuck_ends = 0;          // ends where an operation never ends
    std::vector<CaseFinding> findings;
    std::vector<CaseOutcome> outcomes;     // most frequent first
};

// Explores the case of a scenario. Requires: it is not skipped.
[[nodiscard]] CaseReport explore_case(const scenarios::ScenarioCase& scenario,
                                      const ExploreOptions& options);

// Explores a case without a scenario's statements.
[[nodiscard]] CaseReport explore_case(const sim::Case& of, const ExploreOptions& options);

}  // namespace oplocksim::conformance::explore
