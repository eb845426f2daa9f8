// P07: when every client is dead, the system is as it was. Of the volume, files may be left.
#pragma once

#include <optional>
#include <string>

#include "conformance/findings/finding.h"
#include "sim/world.h"

namespace oplocksim::conformance::findings {

// What is left in a world whose clients are all dead, in words; empty if nothing is.
[[nodiscard]] std::string left_over(const sim::World& world);

// What is wrong with a run that no rule objects to: `left` is left over, or `broken` was told to an
// InvariantWatch. Nothing if both are empty. Failure::choice is for the caller.
[[nodiscard]] std::optional<Failure> silent_failure(const std::string& left,
                                                    const std::string& broken);

}  // namespace oplocksim::conformance::findings
