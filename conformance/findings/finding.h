// A finding: a case, the interleaving of it that went wrong, what is wrong with it, and where it
// comes from. Whoever finds something (exploration, random runs) says it in this form; shrinking,
// scenario files, reports and replay take it from here.
//
// A run of a finding: the setup, then the choices of the schedule, then, if something can still
// happen, that first in, first out. It is judged as it goes, and once more at its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/semantics.h"
#include "sim/program.h"

namespace oplocksim::conformance::findings {

// What Failure::rule says if it is not the id of a rule of rules(): clients wait for each other for
// ever; something is left in the world when every client is dead; no rule objects, but an invariant
// of the package or the world does not hold (InvariantWatch); or a statement of a scenario,
// "always b", "never b", "eventually b".
inline constexpr std::string_view kDeadlock = "deadlock";
inline constexpr std::string_view kLeftOver = "left-over";
inline constexpr std::string_view kBrokenInvariant = "broken-invariant";

// What is wrong with a run.
struct Failure {
    std::string rule;
    std::string clause;        // of the catalogue; empty for statements and deadlocks
    std::string observed;
    std::string required;
    std::string waits;         // who waits for whom; may be empty
    std::size_t choice = 0;    // where in the schedule it was seen: the choice that showed it, or
                               // the schedule's length: at the end of the run
    bool operator==(const Failure&) const = default;
};

// Whether both show the same fault: the same rule, and a clause of the same kind. Texts and oplock
// types may differ, so that a shrunk run can speak of fewer clients and of simpler types. A deadlock
// of two is not one of a client with itself: where both are told, as many threads are in the circle.
[[nodiscard]] bool same_failure(const Failure& one, const Failure& other);

// Where a finding comes from. What is not known is left empty.
struct Provenance {
    std::string version;                  // of this program
    engine::Profile profile = engine::Profile::docs;
    std::optional<std::uint64_t> seed;    // of the campaign
    std::optional<std::uint64_t> run;     // its number there
    std::string source;                   // the scenario file that was explored
    bool operator==(const Provenance&) const = default;
};

struct Finding {
    sim::Case of;                         // its semantics say which switches are in force
    sim::Schedule schedule;
    Failure failure;
    Provenance provenance;
    // A line of a scenario with the statement that is violated; empty: something else is wrong.
    std::string statement = {};
};

// The switches of `semantics` that are not as in the profile, and their values, in order.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> changed_switches(
    const engine::Semantics& semantics, engine::Profile profile);

}  // namespace oplocksim::conformance::findings
