// The state graph of a case, as the state explorer shows it.
#pragma once

#include <string>

#include "conformance/explore/state_graph.h"
#include "reports/explorer_page.h"
#include "scenarios/case_of.h"

namespace oplocksim::reports {

// `path` is the scenario's file, `reproduce` the command line, `version` of this program.
// `states_found`: how many states there are in all, if that is known; else 0.
[[nodiscard]] ExplorerGraph explored_graph(const scenarios::ScenarioCase& scenario,
                                           const conformance::explore::StateGraph& graph,
                                           std::string path, std::string reproduce,
                                           std::string version, std::uint64_t states_found);

}  // namespace oplocksim::reports
