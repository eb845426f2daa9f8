// A finding as a page that can be pasted into a bug report.
#pragma once

#include <string>
#include <string_view>

#include "conformance/findings/finding.h"
#include "scenarios/result.h"

namespace oplocksim::reports {

// `scenario`: the text of the file, without what it recorded; `file`: its name; `run`: what
// running it gave, with its trace. Whatever names and texts contain, they are shown as they are.
[[nodiscard]] std::string finding_markdown(const conformance::findings::Finding& finding,
                                           std::string_view scenario, std::string_view file,
                                           const scenarios::RunResult& run);

}  // namespace oplocksim::reports
