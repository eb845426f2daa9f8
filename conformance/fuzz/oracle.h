// What a run is judged by: the rules, and that nothing is left over.
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

// What is left in a world whose clients are all dead; empty if it is as it should be.
[[nodiscard]] std::string left_over(const sim::World& world);

// The first violation, or what is left over, after `choices` choices; nothing if all is well.
[[nodiscard]] std::optional<findings::Failure> failure_of(const RuleSet& rules,
                                                          const std::string& left_over,
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
