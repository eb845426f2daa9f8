// Coverage for people: how much of each state was met, and every gap by name.
#pragma once

#include <string>

#include "conformance/coverage.h"

namespace oplocksim::reports {

// `width`: columns. With `details`, the counts of the whole matrix.
[[nodiscard]] std::string coverage_text(const conformance::Coverage& coverage, std::size_t width,
                                        bool details);

}  // namespace oplocksim::reports
