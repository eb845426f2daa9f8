// The answer of `oplocksim explain`, for people.
#pragma once

#include <string>

#include "conformance/what_if.h"
#include "reports/terminal.h"

namespace oplocksim::reports {

// Renders question and answer. Requires: `result` has no problem.
[[nodiscard]] std::string explanation_text(const conformance::WhatIfQuestion& question,
                                           const conformance::WhatIfResult& result,
                                           const TerminalOptions& options);

}  // namespace oplocksim::reports
