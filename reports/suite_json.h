// The conformance suite as JSON; reports/conform.schema.json says the shape exactly. New members
// may be added under the same version; a change of meaning or a removal raises it.
#pragma once

#include <string>

#include "conformance/suite.h"

namespace oplocksim::reports {

inline constexpr int kConformReportVersion = 1;

[[nodiscard]] std::string suite_json(const conformance::SuiteReport& report);

}  // namespace oplocksim::reports
