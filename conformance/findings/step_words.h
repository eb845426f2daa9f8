// A step as numbers: equal if and only if the steps are, but for their names.
#pragma once

#include <array>
#include <cstdint>

#include "sim/program.h"

namespace oplocksim::conformance::findings {

using StepWords = std::array<std::uint64_t, 12>;
[[nodiscard]] StepWords words_of(const sim::Step& step);

}  // namespace oplocksim::conformance::findings
