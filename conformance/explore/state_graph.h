// The state graph of a small case: every state with what leads on from it, for people to look at.
//
// States are numbered as breadth-first search meets them; 0 is where the setup ends. Neither
// reduction nor symmetry: what is shown is what there is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conformance/explore/case_model.h"
#include "scenarios/case_of.h"
#include "sim/trace.h"

namespace oplocksim::conformance::explore {

// More than this nobody looks at.
inline constexpr std::size_t kMaxGraphStates = 20'000;

struct GraphEdge {
    sim::Choice choice;
    std::uint32_t target = 0;
    std::vector<sim::TraceEvent> events;     // what happens
    std::vector<Violation> violations;       // that the rules see in it
};

struct GraphState {
    sim::RunState run;
    std::vector<GraphEdge> edges;
    std::vector<std::string> waits;          // "b waits for the acknowledgment of held by A"
    std::vector<std::string> broken;         // properties that have been violated by now
    bool deadlock = false;
    bool expanded = true;                    // false: the graph was cut here
};

struct StateGraph {
    std::vector<GraphState> states;
    std::vector<sim::TraceEvent> setup;      // what happened before state 0
    bool cut = false;                        // there are more states
};

// Requires: the case is not skipped; 1 <= limit <= kMaxGraphStates.
[[nodiscard]] StateGraph state_graph(const scenarios::ScenarioCase& scenario, std::size_t limit);

// "A.create b", "b goes on".
[[nodiscard]] std::string choice_text(const scenarios::ScenarioCase& scenario,
                                      const sim::RunState& state, sim::Choice choice);

// The graph in the DOT language.
[[nodiscard]] std::string to_dot(const scenarios::ScenarioCase& scenario, const StateGraph& graph);

}  // namespace oplocksim::conformance::explore
