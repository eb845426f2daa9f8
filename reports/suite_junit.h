// The conformance suite as JUnit XML: a <testsuite> for each group, a <testcase> for each case. A
// known failure and what was not exercised are <skipped>, with the reason.
#pragma once

#include <string>

#include "conformance/suite.h"

namespace oplocksim::reports {

[[nodiscard]] std::string suite_junit(const conformance::SuiteReport& report);

}  // namespace oplocksim::reports
