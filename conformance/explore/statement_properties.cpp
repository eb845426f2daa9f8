#include "conformance/explore/statement_properties.h"

#include "sim/case_names.h"

namespace oplocksim::conformance::explore {

StatementProperties::StatementProperties(const scenarios::ScenarioCase& scenario)
    : scenario_(scenario) {
    for (const scenarios::Statement& statement : scenario.model.statements) {
        if (!applies(scenario, statement)) continue;
        const sim::StepIndex step = subject_of(scenario, statement);
        if (step != sim::kNoStep) statements_.push_back({&statement, step});
    }
}

bool StatementProperties::holds(const Entry& entry, const sim::RunState& state,
                                bool at_end) const {
    const auto operation = operation_of(scenario_, state, entry.step);
    const auto judgement = judge_statement(
        *entry.statement, operation ? &*operation : nullptr, at_end, "");
    return !judgement || judgement->passed;
}

// While a run goes on only what has just ended is judged; at its end everything is.
void StatementProperties::judge(const sim::RunState& before, const sim::RunState& after,
                                bool at_end, std::vector<std::uint32_t>& violated) const {
    for (std::size_t i = 0; i < statements_.size(); ++i) {
        const sim::StepIndex step = statements_[i].step;
        const bool news = after.operations[step].phase == sim::OperationPhase::completed &&
                          before.operations[step].phase != sim::OperationPhase::completed;
        if ((news || at_end) && !holds(statements_[i], after, at_end)) {
            violated.push_back(static_cast<std::uint32_t>(i));
        }
    }
}

std::string StatementProperties::subject(std::size_t number) const {
    return step_name(scenario_.of, statements_[number].step);
}

scenarios::Judgement StatementProperties::explain(std::size_t number, const sim::RunState& state,
                                                  bool at_end) const {
    const Entry& entry = statements_[number];
    const auto operation = operation_of(scenario_, state, entry.step);
    std::string waiting;
    if (operation && operation->pending()) {
        const sim::CaseNames names(scenario_.of, state);
        waiting = explain_wait(state.world, names, operation->irp).text;
    }
    return judge_statement(*entry.statement, operation ? &*operation : nullptr, at_end, waiting)
        .value_or(scenarios::Judgement{});
}

}  // namespace oplocksim::conformance::explore
