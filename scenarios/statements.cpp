#include "scenarios/statements.h"

#include <algorithm>

#include "engine/assert.h"

namespace oplocksim::scenarios {
namespace {

// Whether an outcome is that the operation does not complete.
bool is_of_pending(const Outcome& outcome) {
    if (outcome.pends) return *outcome.pends;
    if (!outcome.word) return false;
    switch (*outcome.word) {
        case OutcomeWord::pends:
        case OutcomeWord::granted:
        case OutcomeWord::blocks:
        case OutcomeWord::returns_pending: return true;
        case OutcomeWord::status:
        case OutcomeWord::succeeds:
        case OutcomeWord::fails:
        case OutcomeWord::blocked_thread:
        case OutcomeWord::any: return false;
    }
    return false;
}

}  // namespace

std::optional<Judgement> judge_statement(const Statement& statement, const Operation* operation,
                                         bool at_end, const std::string& waiting) {
    const Outcome& outcome = statement.expectation.outcome;
    const bool over = operation != nullptr && operation->completed();
    if (statement.kind == StatementKind::eventually) {
        if (!at_end) return std::nullopt;
        if (operation == nullptr) return Judgement{false, "eventually an outcome", "never issued"};
        Judgement judgement = judge(outcome, *operation, outcome.says_how(), waiting);
        judgement.expected = "eventually " + judgement.expected;
        return judgement;
    }
    if (operation == nullptr || (!over && !(at_end && is_of_pending(outcome)))) {
        return std::nullopt;
    }
    Judgement judgement = judge(outcome, *operation, outcome.says_how(), waiting);
    if (statement.kind == StatementKind::never) judgement.passed = !judgement.passed;
    judgement.expected = std::string(to_string(statement.kind)) + " " + judgement.expected;
    return judgement;
}

std::optional<Operation> operation_of(const ScenarioCase& scenario, const sim::RunState& state,
                                      sim::StepIndex step) {
    const sim::OperationState& from = state.operations[step];
    if (from.phase == sim::OperationPhase::not_issued ||
        from.phase == sim::OperationPhase::passed_over) {
        return std::nullopt;
    }
    Operation operation;
    operation.name = scenario.of.steps[step].name;
    operation.display = step_name(scenario.of, step);
    operation.step = &scenario.model.steps[scenario.steps[step]];
    operation.completion.kind = scenario.of.steps[step].request.kind;
    if (from.phase == sim::OperationPhase::pending) {
        operation.state = OperationState::pending;
        operation.pended = true;
        const sim::Irp& irp = state.world.irps[from.irp];
        operation.blocks = !irp.returned_pending;
        operation.thread = irp.thread;
        operation.irp = from.irp;
        return operation;
    }
    operation.state = OperationState::completed;
    operation.completion.status = from.status;
    operation.completion.information = from.information;
    operation.completion.has_output = from.has_output;
    operation.completion.output = from.output;
    return operation;
}

sim::StepIndex subject_of(const ScenarioCase& scenario, const Statement& statement) {
    if (statement.step) return scenario.find(*statement.step);
    const auto found = std::ranges::find(scenario.of.steps, statement.expectation.name,
                                         &sim::Step::name);
    return found == scenario.of.steps.end()
               ? sim::kNoStep
               : static_cast<sim::StepIndex>(found - scenario.of.steps.begin());
}

bool holds(const Guard& guard, engine::Profile profile, const engine::Semantics& semantics) {
    return std::ranges::all_of(guard, [&](const Condition& condition) {
        const std::string_view value = condition.name == "profile"
                                           ? to_string(profile)
                                           : switch_value(semantics, condition.name);
        return std::ranges::find(condition.values, value) != condition.values.end();
    });
}

bool applies(const ScenarioCase& scenario, const Statement& statement) {
    return holds(statement.expectation.guard, scenario.profile, scenario.of.semantics);
}

}  // namespace oplocksim::scenarios
