#include "reports/explored_graph.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/case_names.h"
#include "sim/engine_ids.h"

namespace oplocksim::reports {
namespace {

using conformance::explore::GraphEdge;
using conformance::explore::GraphState;
using conformance::explore::StateGraph;
using scenarios::ScenarioCase;

constexpr sim::StepIndex kNoStep = std::numeric_limits<sim::StepIndex>::max();

// What happened from the beginning to some moment, and what the operations in it are called.
struct Way {
    std::vector<sim::TraceEvent> events;
    std::vector<std::pair<sim::IrpId, std::string>> irp_names;

    // A choice issues one operation, or none.
    void add(const std::vector<sim::TraceEvent>& more, const std::string& name) {
        events.insert(events.end(), more.begin(), more.end());
        for (const sim::TraceEvent& event : more) {
            if (event.kind != sim::TraceEventKind::issue) continue;
            irp_names.emplace_back(event.irp, name);
        }
    }
};

class GraphText {
 public:
    GraphText(const ScenarioCase& scenario, const StateGraph& graph)
        : scenario_(scenario), graph_(graph), start_(scenario.of), before_(graph.states.size()) {
        for (const GraphState& state : graph.states) {
            for (const GraphEdge& edge : state.edges) {
                Before& before = before_[edge.target];
                if (before.edge == nullptr && edge.target != 0) before = {&state, &edge};
            }
        }
        for (std::size_t i = 0; i < scenario.of.threads.size(); ++i) {
            const auto thread = static_cast<sim::ThreadIndex>(i);
            const sim::ClientIndex client = scenario.of.threads[i].client;
            threads_.push_back({start_.process(client), start_.thread(thread),
                                scenario.of.clients[client].name, scenario.of.threads[i].name});
        }
    }

    // Every thread, and the file system.
    [[nodiscard]] std::vector<std::string> lanes() const {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < threads_.size(); ++i) names.push_back(lane_name(i));
        names.emplace_back("file system");
        return names;
    }
    [[nodiscard]] Picture setup() const {
        const Way way = way_to(graph_.states.front());
        return drawn(input_of(way), {});
    }

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
    // The edge that a state was first met by.
    struct Before {
        const GraphState* state = nullptr;
        const GraphEdge* edge = nullptr;
    };

    [[nodiscard]] std::string lane_name(std::size_t thread) const {
        return thread_name(scenario_.of, static_cast<sim::ThreadIndex>(thread));
    }
    [[nodiscard]] Way way_to(const GraphState& state) const;
    [[nodiscard]] PictureInput input_of(const Way& way) const;
    [[nodiscard]] Picture drawn(const PictureInput& input, const LaneWindow& window) const;
    [[nodiscard]] LaneState oplocks(const sim::RunState& run) const;
    [[nodiscard]] std::string text(const GraphState& from) const;
    [[nodiscard]] ExplorerChoice choice(const GraphState& from, const GraphEdge& edge) const;
    [[nodiscard]] std::string opener(const sim::RunState& run, sim::FileObjectId open) const;
    [[nodiscard]] std::string path_of(const sim::RunState& run, sim::FileObjectId open) const;

    const ScenarioCase& scenario_;
    const StateGraph& graph_;
    const sim::CaseStart start_;
    std::vector<Before> before_;                    // of each state
    std::vector<scenarios::ThreadName> threads_;    // in the order of the case
};

// The shortest one. What the setup left pending has its name; what is over in it has none.
Way GraphText::way_to(const GraphState& state) const {
    std::vector<Before> edges;
    for (const GraphState* at = &state;;) {
        const Before& before = before_[static_cast<std::size_t>(at - graph_.states.data())];
        if (before.edge == nullptr) break;
        edges.push_back(before);
        at = before.state;
    }
    Way way;
    way.add(graph_.setup, "");
    const sim::RunState& initial = graph_.states.front().run;
    for (sim::StepIndex i = 0; i < initial.operations.size(); ++i) {
        if (initial.operations[i].phase != sim::OperationPhase::pending) continue;
        const auto last = std::find_if(way.irp_names.rbegin(), way.irp_names.rend(),
                                       [&](const auto& one) {
                                           return one.first == initial.operations[i].irp;
                                       });
        if (last != way.irp_names.rend()) last->second = step_name(scenario_.of, i);
    }
    for (auto edge = edges.rbegin(); edge != edges.rend(); ++edge) {
        const sim::Choice choice = edge->edge->choice;
        const bool step = choice.kind == sim::Choice::Kind::step;
        way.add(edge->edge->events,
                step ? step_name(scenario_.of, edge->state->run.next[choice.index]) : "");
    }
    return way;
}

PictureInput GraphText::input_of(const Way& way) const {
    PictureInput input;
    input.events = way.events;
    input.names = scenario_.of.names;
    input.semantics = scenario_.of.semantics;
    input.threads = threads_;
    input.irp_names = way.irp_names;
    return input;
}

// A lane is called the same in every picture.
Picture GraphText::drawn(const PictureInput& input, const LaneWindow& window) const {
    Picture picture = make_picture(input, window);
    for (Lane& lane : picture.lanes) {
        for (std::size_t i = 0; i < threads_.size(); ++i) {
            if (threads_[i].thread == lane.thread) lane.name = lane_name(i);
        }
    }
    return picture;
}

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
    const sim::StepIndex step =
        edge.choice.kind == sim::Choice::Kind::step ? from.run.next[edge.choice.index] : kNoStep;
    Way way = way_to(from);
    way.add(edge.events, step == kNoStep ? "" : step_name(scenario_.of, step));
    PictureInput input = input_of(way);
    LaneWindow window;
    window.first_event = way.events.size() - edge.events.size();
    std::vector<conformance::Violation> violations = edge.violations;
    for (conformance::Violation& one : violations) one.event = way.events.size() - 1;
    input.violations = violations;
    Picture picture = drawn(input, window);
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
    result.picture = std::move(picture);
    return result;
}

}  // namespace

ExplorerGraph explored_graph(const ScenarioCase& scenario, const StateGraph& graph,
                             std::string path, std::string reproduce, std::string version,
                             std::uint64_t states_found) {
    const GraphText text(scenario, graph);
    ExplorerGraph result;
    result.lanes = text.lanes();
    result.setup = text.setup();
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
