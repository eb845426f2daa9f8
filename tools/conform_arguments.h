// The options of `oplocksim conform`: text to the program's own terms.
#pragma once

#include <string_view>
#include <vector>

#include "conformance/suite.h"
#include "tools/arguments.h"
#include "tools/parse_values.h"

namespace oplocksim::tools {

// "junit=PATH".
[[nodiscard]] Parsed<ConformReportRequest> parse_conform_report(std::string_view text);
// "must" or "should"; every value of --gate.
[[nodiscard]] Parsed<conformance::ClauseObligation> parse_gate(std::string_view text);
[[nodiscard]] std::vector<std::string_view> gate_names();

}  // namespace oplocksim::tools
