#include <algorithm>
#include <utility>

#include "scenarios/run.h"

namespace oplocksim::scenarios {

std::string Run::included_file(const Place& place) const {
    return place.file == 0 ? "" : model_.files[place.file];
}

void Run::fail(const StepRecord& failed, const Check& check) {
    stop(Verdict::fail, "step " + std::to_string(failed.number) + ": " + check.subject +
                            ": expected: " + check.expected + "; observed: " + check.observed);
}

void Run::add_check(std::string subject, Judgement judgement, const Place& place) {
    Check check{judgement.passed, std::move(subject), std::move(judgement.expected),
                std::move(judgement.observed), place.position, included_file(place)};
    if (!check.passed) {
        record().failed = true;
        fail(record(), check);
    }
    record().checks.push_back(std::move(check));
}

std::string Run::waiting(const Operation& operation) const {
    return operation.pending() ? explain_wait(world_, operations_, operation.irp).text : "";
}

// Whether an expectation of the step says how the operation ended; an empty name is its own.
bool Run::how_is_said(const Step& step, const std::string& name) const {
    const auto same = [&](const std::string& other) {
        return other == name || (own_ != nullptr && other.empty() && name == own_->name) ||
               (own_ != nullptr && name.empty() && !other.empty() && other == own_->name);
    };
    const auto says = [&](const auto& expectation) {
        return same(expectation.name) && holds(expectation.guard);
    };
    return std::ranges::any_of(step.outcomes,
                               [&](const OutcomeExpectation& expectation) {
                                   return expectation.outcome.says_how() && says(expectation);
                               }) ||
           std::ranges::any_of(step.pending, says) ||
           std::ranges::any_of(step.breaks, [&](const BreakExpectation& expectation) {
               return !expectation.unbroken && says(expectation);
           });
}

std::string Run::subject_of(const Operation& operation) const {
    if (&operation != own_) return operation.display;
    const Action& action = operation.step->action;
    return (action.client.empty() ? "" : action.client + ".") +
           std::string(to_string(action.verb)) + (action.as.empty() ? "" : " " + action.as);
}

void Run::evaluate_outcome(const OutcomeExpectation& expectation, bool said) {
    Operation* operation = expectation.name.empty() ? own_ : operations_.find(expectation.name);
    if (operation == nullptr) {
        return add_check(expectation.name, {false, "an outcome", "it was never issued"},
                         expectation.place);
    }
    const bool whatever = expectation.outcome.word == OutcomeWord::any;
    if (operation->completed() || whatever) operation->accounted = true;
    const std::string why = waiting(*operation);
    Judgement judgement = judge(expectation.outcome, *operation, said, why);
    if (expectation.in_this_step) require_in_step(*operation, number_, judgement);
    add_check(subject_of(*operation), std::move(judgement), expectation.place);
}

void Run::evaluate_break(const BreakExpectation& expectation) {
    Operation* operation = operations_.find(expectation.name);
    if (operation == nullptr) {
        return add_check(expectation.name, {false, "a break", "it was never issued"},
                         expectation.place);
    }
    if (operation->completed() && !expectation.unbroken) operation->accounted = true;
    add_check(subject_of(*operation),
              judge_break(expectation, *operation, number_, waiting(*operation)),
              expectation.place);
}

void Run::evaluate_pending(const PendingExpectation& expectation) {
    Outcome outcome;
    outcome.word = OutcomeWord::pends;
    evaluate_outcome({expectation.name, outcome, {}, false, expectation.place}, true);
}

// The step's own operation, where no expectation says how it ended.
void Run::evaluate_own(const Step& step) {
    if (own_ == nullptr || own_->state == OperationState::timed) return;
    if (how_is_said(step, "")) return;
    if (own_->completed()) own_->accounted = true;
    add_check(subject_of(*own_), judge_default(*own_, waiting(*own_)), step.place);
}

void Run::evaluate_nothing_else(StepRecord& into, const Place& place) {
    for (const Operation& operation : operations_.all()) {
        if (!operation.completed() || !operation.pended || operation.accounted) continue;
        Check check{false, operation.display, "nothing else completed",
                    describe_outcome(operation, "") + " in step " +
                        std::to_string(operation.completed_in) + ", and no expectation names it",
                    place.position, included_file(place)};
        into.failed = true;
        fail(into, check);
        into.checks.push_back(std::move(check));
    }
}

void Run::evaluate(const Step& step) {
    evaluate_own(step);
    for (const OutcomeExpectation& expectation : step.outcomes) {
        if (!holds(expectation.guard)) continue;
        // The default has been held against the step's own operation already.
        const bool own = expectation.name.empty() || (own_ && expectation.name == own_->name);
        evaluate_outcome(expectation, own || how_is_said(step, expectation.name));
    }
    for (const BreakExpectation& expectation : step.breaks) {
        if (holds(expectation.guard)) evaluate_break(expectation);
    }
    for (const PendingExpectation& expectation : step.pending) {
        if (holds(expectation.guard)) evaluate_pending(expectation);
    }
    if (step.nothing_else) evaluate_nothing_else(record(), step.place);
}

// Failures that nobody expected are found where they happened.
void Run::evaluate_end() {
    for (const Operation& operation : operations_.all()) {
        const bool failing =
            operation.completed() && !engine::nt_success(operation.completion.status);
        if (!failing || operation.accounted || operation.excused) continue;
        for (StepRecord& happened : result_.steps) {
            if (happened.number != operation.completed_in) continue;
            Check check{false, operation.display,
                        "completes with a success status, or is named by an expectation",
                        describe_outcome(operation, ""), happened.position, happened.path};
            happened.failed = true;
            fail(happened, check);
            happened.checks.push_back(std::move(check));
        }
    }
    if (model_.strict && !result_.steps.empty()) {
        evaluate_nothing_else(record(), model_.steps.back().place);
    }
}

}  // namespace oplocksim::scenarios
