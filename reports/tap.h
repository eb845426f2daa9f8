// The conformance suite as TAP, version 14: one test point a case.
//
// A known failure is "not ok" with the directive that says so; what was not exercised or was
// skipped is "ok ... # SKIP". Text is escaped: a description is one line.
#pragma once

#include <string>

#include "conformance/suite.h"

namespace oplocksim::reports {

[[nodiscard]] std::string suite_tap(const conformance::SuiteReport& report);

}  // namespace oplocksim::reports
