// A finding as a scenario file in the ordinary language, as somebody would write it by hand.
//
// Where what is released goes on at once, as `steps`, with what was seen up to the failure as
// expectations; otherwise as `programs` with a `schedule`, and what came before the order mattered
// as `setup`. Comments say which rule broke, at the step where it did. What is at its default is
// left out.
#pragma once

#include <string>
#include <vector>

#include "conformance/findings/finding.h"

namespace oplocksim::conformance::findings {

// What went wrong in one line: "waits-for-acknowledgments: write by B completes STATUS_SUCCESS".
[[nodiscard]] std::string title_of(const Finding& finding);

// A text of a rule with the clients' names for the processes that it speaks of, without ids.
[[nodiscard]] std::string in_clients_words(const sim::Case& of, std::string_view text);

[[nodiscard]] std::string scenario_text(const Finding& finding);

// What is done in it, step by step, without what is expected: for one line of a message.
[[nodiscard]] std::vector<std::string> step_texts(const Finding& finding);

}  // namespace oplocksim::conformance::findings
