#include "conformance/fuzz/oracle.h"

#include <vector>

namespace oplocksim::conformance::fuzz {

std::string left_over(const sim::World& world) {
    if (!world.irps.empty()) return std::to_string(world.irps.size()) + " IRPs";
    if (!world.handles.empty()) return std::to_string(world.handles.size()) + " handles";
    if (!world.file_objects.empty()) {
        return std::to_string(world.file_objects.size()) + " FILE_OBJECTs";
    }
    if (!world.sections.empty()) return std::to_string(world.sections.size()) + " sections";
    std::string found;
    world.streams.for_each([&](sim::StreamId, const sim::Stream& stream) {
        if (stream.oplock.current() || !stream.oplock.waiters().empty()) found = "an oplock";
        if (stream.oplock.reserved_for().value != 0) found = "a reservation";
        if (!stream.locks.empty()) found = "a byte-range lock";
    });
    return found;
}

std::optional<findings::Failure> failure_of(const RuleSet& rules, const std::string& left_over,
                                            std::size_t choices) {
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
    if (left_over.empty()) return std::nullopt;
    failure.rule = findings::kLeftOver;
    failure.observed = left_over + " left after every client has died";
    failure.required = "nothing is left";
    return failure;
}

Judgement judge_case(const sim::Case& of, sim::ChoiceScheduler& scheduler) {
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
            left = left_over(state.world);
        }
    }
    judgement.failure = failure_of(rules, left, seen_at);
    return judgement;
}

}  // namespace oplocksim::conformance::fuzz
