// The conformance suite as Markdown, fit for the summary page of a CI run: verdicts at a glance,
// what fails with its message, and what was covered. At most kMaxMarkdownFailures failures are
// shown in full, so that the page stays within the size that such pages may have.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "conformance/suite.h"

namespace oplocksim::reports {

inline constexpr std::size_t kMaxMarkdownFailures = 100;

[[nodiscard]] std::string suite_markdown(const conformance::SuiteReport& report);

// Text that Markdown and HTML show as it is, in a table cell too.
[[nodiscard]] std::string markdown_escaped(std::string_view text);

}  // namespace oplocksim::reports
