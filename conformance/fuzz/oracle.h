// What a run is judged by: the rules, that nothing is left over, and that the invariants hold.
//
// Of a run the situation at its end is judged, then every client dies, in order, and the rules
// judge that too; then the world must be empty. The first violation is what a run is found for.
#pragma once

#include <optional>
#include <string>

#include "conformance/findings/finding.h"
#include "conformance/rules/rules.h"
#include "sim/program.h"

namespace oplocksim::conformance::fuzz {

// The first violation, or what no rule saw (findings::silent_failure), after `choices` choices;
// nothing if all is well.
[[nodiscard]] std::optional<findings::Failure> failure_of(const RuleSet& rules,
                                                          const std::string& left_over,
                                                          const std::string& broken,
                                                          std::size_t choices);

// More choices than this no run makes.
inline constexpr std::size_t kMaxChoices = 100'000;

struct Judgement {
    std::optional<findings::Failure> failure;
    sim::Schedule schedule;      // that was taken
};
// Runs a case under a scheduler, up to the first violation.
[[nodiscard]] Judgement judge_case(const sim::Case& of, sim::ChoiceScheduler& scheduler);

}  // namespace oplocksim::conformance::fuzz
