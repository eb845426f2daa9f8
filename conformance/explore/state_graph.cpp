#include "conformance/explore/state_graph.h"

#include <map>
#include <utility>

#include "conformance/explore/statement_properties.h"
#include "engine/assert.h"
#include "engine/ntstatus.h"
#include "scenarios/text.h"
#include "sim/case_names.h"

namespace oplocksim::conformance::explore {
namespace {

std::string property_name(std::uint32_t number, const StatementProperties& statements) {
    if (number < deadlock_property()) return std::string(rules()[number].id);
    if (number == deadlock_property()) return "deadlock";
    const std::uint32_t statement = number - first_case_property();
    return std::string(to_string(statements.statement(statement).kind)) + " " +
           statements.subject(statement);
}

class GraphMaker {
 public:
    GraphMaker(const scenarios::ScenarioCase& scenario, std::size_t limit)
        : scenario_(scenario),
          statements_(scenario),
          model_(scenario.of, &statements_, false),
          limit_(limit) {}

    StateGraph make() {
        sim::TraceRecorder setup;
        static_cast<void>(sim::CaseStart(scenario_.of, &setup));
        graph_.setup = setup.events();
        static_cast<void>(enter(model_.initial().front()));
        for (std::size_t i = 0; i < states_.size(); ++i) expand(i);
        return std::move(graph_);
    }

 private:
    // Returns the number of the state, and enters it if there is room; or nothing.
    [[nodiscard]] std::optional<std::uint32_t> enter(CaseState state) {
        const sim::Fingerprint key = model_.fingerprint(state);
        if (const auto known = numbers_.find(key); known != numbers_.end()) return known->second;
        if (states_.size() >= limit_) return std::nullopt;
        const auto number = static_cast<std::uint32_t>(states_.size());
        numbers_.emplace(key, number);
        GraphState& entry = graph_.states.emplace_back();
        describe(state, entry);
        entry.run = state.run;
        states_.push_back(std::move(state));
        return number;
    }

    void describe(const CaseState& state, GraphState& entry) {
        std::vector<std::uint32_t> violated;
        model_.check(state, violated);
        for (const std::uint32_t property : violated) {
            if (property == deadlock_property()) entry.deadlock = true;
            entry.broken.push_back(property_name(property, statements_));
        }
        sim::RunState run = state.run;
        std::vector<sim::StepIndex> unfinished;
        sim::CaseRun(model_.start(), run).unfinished(unfinished);
        const sim::CaseNames names(scenario_.of, run);
        for (const sim::StepIndex step : unfinished) {
            const auto why = explain_wait(run.world, names, run.operations[step].irp);
            entry.waits.push_back(step_name(scenario_.of, step) + " " + why.text);
        }
    }

    void expand(std::size_t number) {
        std::vector<sim::Choice> choices;
        model_.actions(states_[number], choices);
        for (const sim::Choice choice : choices) {
            CaseState next = model_.apply(states_[number], choice);
            GraphEdge edge;
            edge.choice = choice;
            const std::size_t before = states_[number].rules.violations().size();
            const auto& violations = next.rules.violations();
            edge.violations.assign(violations.begin() + static_cast<std::ptrdiff_t>(before),
                                   violations.end());
            edge.events = events_of(states_[number].run, choice);
            const auto target = enter(std::move(next));
            if (!target) {
                graph_.states[number].expanded = false;
                graph_.cut = true;
                continue;
            }
            edge.target = *target;
            graph_.states[number].edges.push_back(std::move(edge));
        }
    }

    [[nodiscard]] std::vector<sim::TraceEvent> events_of(sim::RunState run,
                                                         sim::Choice choice) const {
        sim::TraceRecorder recorder;
        sim::CaseRun(model_.start(), run, &recorder).apply(choice);
        return recorder.events();
    }

    const scenarios::ScenarioCase& scenario_;
    StatementProperties statements_;
    CaseModel model_;
    const std::size_t limit_;
    StateGraph graph_;
    std::vector<CaseState> states_;
    std::map<sim::Fingerprint, std::uint32_t> numbers_;
};

// As a string of the DOT language.
std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : scenarios::escaped(text)) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

// What has become of the operations: those that are not simply over and well.
std::string state_label(const sim::Case& of, const GraphState& state) {
    std::vector<std::string> lines;
    for (sim::StepIndex i = 0; i < of.steps.size(); ++i) {
        const sim::OperationState& operation = state.run.operations[i];
        const bool failed = operation.phase == sim::OperationPhase::completed &&
                            !engine::nt_success(operation.status);
        if (operation.phase == sim::OperationPhase::pending) {
            lines.push_back(step_name(of, i) + " pends");
        } else if (failed) {
            lines.push_back(step_name(of, i) + " " +
                            std::string(engine::to_string(operation.status)));
        }
    }
    for (const std::string& broken : state.broken) lines.push_back("violated: " + broken);
    return scenarios::joined(lines, ", ");
}

}  // namespace

std::string choice_text(const scenarios::ScenarioCase& scenario, const sim::RunState& state,
                        sim::Choice choice) {
    if (choice.kind == sim::Choice::Kind::go_on) {
        return step_name(scenario.of, choice.index) + " goes on";
    }
    if (choice.kind == sim::Choice::Kind::cache) {
        return "the cache of " + step_name(scenario.of, choice.index) + " goes on";
    }
    const sim::StepIndex step = state.next[choice.index];
    return scenario.model.steps[scenario.steps[step]].text;
}

StateGraph state_graph(const scenarios::ScenarioCase& scenario, std::size_t limit) {
    OPLOCKSIM_ASSERT(limit >= 1 && limit <= kMaxGraphStates, "a limit outside its bounds");
    return GraphMaker(scenario, limit).make();
}

std::string to_dot(const scenarios::ScenarioCase& scenario, const StateGraph& graph) {
    std::string text = "digraph states {\n  label=" + quoted(scenario.model.title) +
                       ";\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];\n"
                       "  edge [fontname=\"sans-serif\", fontsize=9];\n";
    for (std::size_t i = 0; i < graph.states.size(); ++i) {
        const GraphState& state = graph.states[i];
        const std::string label = state_label(scenario.of, state);
        text += "  s" + std::to_string(i) + " [label=" +
                quoted(std::to_string(i) + (label.empty() ? "" : ": " + label));
        if (!state.broken.empty()) text += ", color=red, penwidth=2";
        if (state.edges.empty() && state.expanded) text += ", peripheries=2";
        if (!state.expanded) text += ", style=dashed";
        text += "];\n";
    }
    for (std::size_t i = 0; i < graph.states.size(); ++i) {
        for (const GraphEdge& edge : graph.states[i].edges) {
            text += "  s" + std::to_string(i) + " -> s" + std::to_string(edge.target) +
                    " [label=" + quoted(choice_text(scenario, graph.states[i].run, edge.choice)) +
                    (edge.violations.empty() ? "" : ", color=red") + "];\n";
        }
    }
    return text + "}\n";
}

}  // namespace oplocksim::conformance::explore
