#include "reports/explored_graph.h"

#include <algorithm>
#include <utility>

#include "sim/case_names.h"
#include "sim/engine_ids.h"

namespace oplocksim::reports {
namespace {

using conformance::explore::GraphEdge;
using conformance::explore::GraphState;
using conformance::explore::StateGraph;
using scenarios::ScenarioCase;

class GraphText {
 public:
    explicit GraphText(const ScenarioCase& scenario) : scenario_(scenario) {}

    [[nodiscard]] ExplorerState state(const GraphState& from) const {
        ExplorerState result;
        result.oplocks = oplocks(from.run);
        result.text = text(from);
        for (const std::string& broken : from.broken) {
            result.violations.push_back("violated: " + broken);
        }
        result.deadlock = from.deadlock;
        result.expanded = from.expanded;
        for (const GraphEdge& edge : from.edges) result.choices.push_back(choice(from, edge));
        return result;
    }

 private:
    [[nodiscard]] LaneState oplocks(const sim::RunState& run) const;
    [[nodiscard]] std::string text(const GraphState& from) const;
    [[nodiscard]] ExplorerChoice choice(const GraphState& from, const GraphEdge& edge) const;
    [[nodiscard]] std::string opener(const sim::RunState& run, sim::FileObjectId open) const;
    [[nodiscard]] std::string path_of(const sim::RunState& run, sim::FileObjectId open) const;

    const ScenarioCase& scenario_;
};

// The step that opened a FILE_OBJECT which still has a handle, or its number.
std::string GraphText::opener(const sim::RunState& run, sim::FileObjectId open) const {
    for (sim::StepIndex i = 0; i < run.operations.size(); ++i) {
        const sim::Handle* const handle = run.world.handles.find(run.operations[i].handle);
        if (handle != nullptr && handle->file_object == open) return step_name(scenario_.of, i);
    }
    return "";
}

std::string GraphText::path_of(const sim::RunState& run, sim::FileObjectId open) const {
    for (sim::StepIndex i = 0; i < run.operations.size(); ++i) {
        const sim::Handle* const handle = run.world.handles.find(run.operations[i].handle);
        const sim::PathId path = scenario_.of.steps[i].request.path;
        if (handle != nullptr && handle->file_object == open && path) {
            return scenario_.of.names->path(path).text;
        }
    }
    return "";
}

LaneState GraphText::oplocks(const sim::RunState& run) const {
    LaneState state;
    run.world.streams.for_each([&](sim::StreamId, const sim::Stream& stream) {
        LaneStream shown;
        for (const engine::Holder& holder : stream.oplock.holders()) {
            const sim::FileObjectId open = sim::from_engine(holder.file_object);
            if (shown.name.empty()) shown.name = path_of(run, open);
            if (shown.holders.size() == kMaxShownHolders) {
                ++shown.more;
                continue;
            }
            LaneHolder one;
            one.owner = opener(run, open);
            one.type = holder.type;
            one.breaking = holder.breaking != engine::BreakState::not_breaking;
            one.to = target_of(holder.breaking);
            one.close_pending = holder.close_pending;
            shown.holders.push_back(std::move(one));
        }
        if (!shown.holders.empty()) state.push_back(std::move(shown));
    });
    return state;
}

// Who waits, and what has not gone well.
std::string GraphText::text(const GraphState& from) const {
    std::string text;
    for (const std::string& waits : from.waits) text += waits + "\n";
    for (sim::StepIndex i = 0; i < from.run.operations.size(); ++i) {
        const sim::OperationState& operation = from.run.operations[i];
        const bool failed = operation.phase == sim::OperationPhase::completed &&
                            !engine::nt_success(operation.status);
        if (!failed) continue;
        text += step_name(scenario_.of, i) + " completed " +
                std::string(engine::to_string(operation.status)) + "\n";
    }
    return text;
}

ExplorerChoice GraphText::choice(const GraphState& from, const GraphEdge& edge) const {
    ExplorerChoice result;
    result.label = conformance::explore::choice_text(scenario_, from.run, edge.choice);
    result.target = edge.target;
    // What pends by now is called by its name; the step itself has no IRP yet.
    std::vector<std::pair<sim::IrpId, std::string>> names;
    for (sim::StepIndex i = 0; i < from.run.operations.size(); ++i) {
        const sim::OperationState& operation = from.run.operations[i];
        if (operation.phase != sim::OperationPhase::pending) continue;
        names.emplace_back(operation.irp, step_name(scenario_.of, i));
    }
    PictureInput input;
    input.events = edge.events;
    input.names = scenario_.of.names;
    input.semantics = scenario_.of.semantics;
    input.irp_names = names;
    input.violations = edge.violations;
    const Picture picture = make_picture(input);
    for (const LaneRow& row : picture.rows) {
        if (!row.text.empty() || !row.result.empty()) {
            result.detail += (row.text.empty() ? row.result
                              : row.result.empty() ? row.text
                                                   : row.text + ": " + row.result) +
                             "\n";
        }
        for (const std::string_view clause : row.clauses) {
            if (std::ranges::find(result.clauses, clause) == result.clauses.end()) {
                result.clauses.emplace_back(clause);
            }
        }
    }
    for (const conformance::Violation& violation : edge.violations) {
        result.detail += "violates " + std::string(violation.rule) + ": " + violation.observed +
                         "; required: " + violation.required + "\n";
    }
    return result;
}

}  // namespace

ExplorerGraph explored_graph(const ScenarioCase& scenario, const StateGraph& graph,
                             std::string path, std::string reproduce, std::string version,
                             std::uint64_t states_found) {
    const GraphText text(scenario);
    ExplorerGraph result;
    result.title = scenario.model.title;
    if (!scenario.model.case_name.empty()) result.title += " [" + scenario.model.case_name + "]";
    result.path = std::move(path);
    result.reproduce = std::move(reproduce);
    result.version = std::move(version);
    for (const GraphState& state : graph.states) result.states.push_back(text.state(state));
    result.states_found = std::max<std::uint64_t>(states_found, graph.states.size());
    return result;
}

}  // namespace oplocksim::reports
