// A statement about whole runs (always, never, eventually) as a line of a scenario.
#pragma once

#include <string>
#include <string_view>

#include "conformance/findings/finding.h"
#include "scenarios/model.h"

namespace oplocksim::conformance::findings {

// "always: {b: {status: STATUS_SUCCESS, information: FILE_OPENED}}", of the operation `name`.
[[nodiscard]] std::string statement_text(const scenarios::Statement& statement,
                                         std::string_view name);

// Makes the finding say the statement that its run violates. An operation without a name gets one.
// Requires: `subject` is a step of the finding's case.
void say_statement(Finding& finding, const scenarios::Statement& statement,
                   sim::StepIndex subject);

}  // namespace oplocksim::conformance::findings
