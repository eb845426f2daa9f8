// The state explorer: a page on which one walks through the state graph of a small case, choice by
// choice. What is shown is named by the link: "#/0/3/1" is the state after the first choice, then
// the fourth, then the second, each counted from 0 in the order of ExplorerState::choices.
//
// The page is complete in itself, as every page is (html_page.h).
//
// At most kMaxExplorerStates states and kMaxExplorerChoices choices of one state are in a page; what
// leads further says that it is not in it. Deterministic: the same graph gives the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "reports/lanes.h"

namespace oplocksim::reports {

inline constexpr std::size_t kMaxExplorerStates = 20'000;   // a browser still walks them at once
inline constexpr std::size_t kMaxExplorerChoices = 256;

// One way on.
struct ExplorerChoice {
    std::string label;                  // "B.create goes on", "A acknowledges"
    std::string detail;                 // what happens then, one line an event; may be empty
    std::vector<std::string> clauses;   // that decide
    std::uint32_t target = 0;           // index of a state
    Picture picture = {};               // what happens then; spans that began before it are in it
                                        // as LaneSpan::before_window
};

struct ExplorerState {
    std::string text;                   // who waits for what, one line each; may be empty
    LaneState oplocks;
    std::vector<std::string> violations;   // what must not be so here: one sentence each
    bool deadlock = false;              // nobody can go on, and somebody waits
    bool expanded = true;               // false: a limit was hit before its choices were known
    std::vector<ExplorerChoice> choices;
};

struct ExplorerGraph {
    std::string title;                  // of the scenario
    std::string path;                   // of its file
    std::string reproduce;              // the command line that made the page
    std::string version;                // of this program
    std::vector<ExplorerState> states;  // the first is the initial one; at least one
    std::vector<std::string> lanes;     // of the pictures, the file system last
    Picture setup;                      // what happened before the initial state
    std::uint64_t states_found = 0;     // in all; more than `states` if the graph was cut
};

[[nodiscard]] std::string explorer_page(const ExplorerGraph& graph);

}  // namespace oplocksim::reports
