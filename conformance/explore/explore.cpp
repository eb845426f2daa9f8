#include "conformance/explore/explore.h"

#include <algorithm>

#include "conformance/explore/statement_properties.h"
#include "engine/assert.h"
#include "sim/case_names.h"

namespace oplocksim::conformance::explore {
namespace {

// One finding told again, step by step, for its words.
class Teller {
 public:
    Teller(const CaseModel& model, const sim::Case& of, const StatementProperties* statements)
        : model_(model), case_(of), statements_(statements) {}

    [[nodiscard]] CaseFinding tell(const Finding<sim::Choice>& finding) const {
        CaseFinding told;
        told.schedule = finding.path;
        CaseState state = model_.initial().front();
        for (const sim::Choice choice : finding.path) state = model_.apply(state, choice);
        if (finding.property < deadlock_property()) {
            tell_rule(finding.property, state, told);
        } else if (finding.property == deadlock_property()) {
            tell_deadlock(state, told);
        } else {
            tell_statement(finding.property - first_case_property(), state, told);
        }
        return told;
    }

 private:
    void tell_rule(std::uint32_t number, CaseState& state, CaseFinding& told) const {
        const std::string_view id = rules()[number].id;
        told.property = id;
        told.clause = rules()[number].clauses.empty() ? "" : rules()[number].clauses.front();
        if (((state.broken_rules >> number) & 1) == 0) state.rules.at_end();
        for (const Violation& violation : state.rules.violations()) {
            if (violation.rule != id) continue;
            told.clause = violation.clause;
            told.observed = violation.observed;
            told.required = violation.required;
            told.waits = violation.waits;
            return;
        }
    }

    void tell_deadlock(CaseState& state, CaseFinding& told) const {
        told.property = "deadlock";
        told.required = "every operation can end";
        const sim::CaseNames names(case_, state.run);
        std::vector<sim::StepIndex> unfinished;
        sim::CaseRun(model_.start(), state.run).unfinished(unfinished);
        for (const sim::StepIndex step : unfinished) {
            const auto why =
                explain_wait(state.run.world, names, state.run.operations[step].irp);
            if (!why.deadlock) continue;
            told.observed = step_name(case_, step) + " " + why.text;
            return;
        }
    }

    void tell_statement(std::uint32_t number, const CaseState& state, CaseFinding& told) const {
        const scenarios::Statement& statement = statements_->statement(number);
        told.statement = &statement;
        told.subject = statements_->step(number);
        told.property = std::string(to_string(statement.kind)) + " " + statements_->subject(number);
        std::vector<sim::Choice> choices;
        model_.actions(state, choices);
        const scenarios::Judgement judgement =
            statements_->explain(number, state.run, choices.empty());
        told.required = judgement.expected;
        told.observed = statements_->subject(number) + " " + judgement.observed;
    }

    const CaseModel& model_;
    const sim::Case& case_;
    const StatementProperties* statements_;
};

CaseReport explore(const sim::Case& of, const StatementProperties* statements,
                   const ExploreOptions& options) {
    const CaseModel model(of, statements, options.symmetry);
    Options search_options = options.search;
    search_options.reduction = options.reduction;
    search_options.symmetry = false;   // the fingerprint sees to it
    const Result<sim::Choice> result = search(model, search_options);

    CaseReport report;
    report.verdict = result.verdict;
    report.bound = result.bound;
    report.counts = result.counts;
    report.collision_estimate = collision_estimate(result.counts.states);
    report.programs = of.programs.size();
    for (const ProgramOrder& members : interchangeable_programs(of)) {
        if (options.symmetry) report.interchangeable += members.size();
    }
    report.represented =
        model.orders().size() > 1 ? model.represented() : result.counts.states;
    report.stuck_ends = model.stuck_ends();
    const Teller teller(model, of, statements);
    for (const Finding<sim::Choice>& finding : result.findings) {
        report.findings.push_back(teller.tell(finding));
    }
    for (const auto& [operations, ends] : model.outcomes()) {
        report.outcomes.push_back({operations, ends});
    }
    std::ranges::stable_sort(report.outcomes, std::greater<>(), &CaseOutcome::ends);
    return report;
}

// What the scenario says of deadlocks decides whether they are findings.
void apply_policy(scenarios::DeadlockPolicy policy, CaseReport& report) {
    if (policy == scenarios::DeadlockPolicy::forbidden) return;
    const auto found = std::ranges::find(report.findings, "deadlock", &CaseFinding::property);
    const bool any = found != report.findings.end();
    if (any) report.findings.erase(found);
    if (!any && policy == scenarios::DeadlockPolicy::expected && report.bound == Bound::none) {
        CaseFinding missing;
        missing.property = "deadlock";
        missing.required = "some interleaving ends in a deadlock";
        missing.observed = "none does";
        report.findings.push_back(std::move(missing));
    }
    if (report.findings.empty() && report.verdict == Verdict::fail) {
        report.verdict = report.bound == Bound::none ? Verdict::pass : Verdict::unknown;
    }
    if (!report.findings.empty()) report.verdict = Verdict::fail;
}

}  // namespace

CaseReport explore_case(const sim::Case& of, const ExploreOptions& options) {
    return explore(of, nullptr, options);
}

CaseReport explore_case(const scenarios::ScenarioCase& scenario, const ExploreOptions& options) {
    OPLOCKSIM_ASSERT(scenario.skipped.empty(), "a skipped case has nothing to explore");
    const StatementProperties statements(scenario);
    CaseReport report = explore(scenario.of, &statements, options);
    apply_policy(scenario.model.deadlock, report);
    return report;
}

}  // namespace oplocksim::conformance::explore
