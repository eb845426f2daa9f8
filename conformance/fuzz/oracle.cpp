#include "conformance/fuzz/oracle.h"

#include <vector>

#include "conformance/findings/left_over.h"
#include "engine/invariant_watch.h"

namespace oplocksim::conformance::fuzz {

std::optional<findings::Failure> failure_of(const RuleSet& rules, const std::string& left_over,
                                            const std::string& broken, std::size_t choices) {
    findings::Failure failure;
    failure.choice = choices;
    if (!rules.violations().empty()) {
        const Violation& first = rules.violations().front();
        failure.rule = first.rule;
        failure.clause = first.clause;
        failure.observed = first.observed;
        failure.required = first.required;
        failure.waits = first.waits;
        return failure;
    }
    auto silent = findings::silent_failure(left_over, broken);
    if (silent) silent->choice = choices;
    return silent;
}

Judgement judge_case(const sim::Case& of, sim::ChoiceScheduler& scheduler) {
    const engine::InvariantWatch watch;
    Judgement judgement;
    RuleSet rules(of.semantics, of.names);
    const sim::CaseStart start(of, &rules);
    sim::RunState state = start.state();
    sim::CaseRun run(start, state, &rules);
    std::vector<sim::Choice> choices;
    while (rules.violations().empty() && judgement.schedule.size() < kMaxChoices) {
        run.choices(choices);
        if (choices.empty()) break;
        const sim::Choice choice = choices[scheduler.choose(of, state, choices)];
        judgement.schedule.push_back(choice);
        run.apply(choice);
    }
    OPLOCKSIM_INVARIANT(judgement.schedule.size() < kMaxChoices, "operations never come to rest");
    std::string left;
    // A violation is seen at the last choice that was taken.
    std::size_t seen_at = judgement.schedule.size();
    if (!rules.violations().empty()) {
        if (seen_at > 0) --seen_at;
    } else {
        RuleSet as_it_is = rules;
        as_it_is.at_end();
        if (!as_it_is.violations().empty()) {
            rules = as_it_is;
        } else {
            run.terminate_all();
            rules.at_end();
            left = findings::left_over(state.world);
        }
    }
    judgement.failure = failure_of(rules, left, watch.broken(), seen_at);
    return judgement;
}

}  // namespace oplocksim::conformance::fuzz
