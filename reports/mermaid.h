// A picture of a run as a Mermaid sequence diagram, for pages that render Mermaid.
//
// Requests and completions are messages, break notices open-headed ones, the time that a thread is
// blocked in a call is an activation; oplocks, clauses and failures are notes. Text that means
// something to Mermaid is written as its entity codes (#59; for a semicolon), so that any name is
// shown as it is. Mermaid's default limit is 50,000 characters: whoever wants a diagram of a long
// run draws a part of it; kMaxMermaidRows keeps an ordinary one below.
#pragma once

#include <cstddef>
#include <string>

#include "reports/lanes.h"

namespace oplocksim::reports {

inline constexpr std::size_t kMaxMermaidRows = 250;

[[nodiscard]] std::string mermaid_text(const Picture& picture, const std::string& title);

// `text` as Mermaid shows it literally in a message, a note or a title; `name`: as a participant's
// name, where more means something.
[[nodiscard]] std::string mermaid_escaped(std::string_view text, bool name = false);

}  // namespace oplocksim::reports
