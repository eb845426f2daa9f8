// The events of a step as lines for people: what happened, and why.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "scenarios/operations.h"
#include "sim/names.h"
#include "sim/trace.h"

namespace oplocksim::scenarios {

[[nodiscard]] std::vector<std::string> narrate(std::span<const sim::TraceEvent> events,
                                               const Operations& operations,
                                               const sim::World& world);

// "10 s", "1 d": in the largest unit that divides it.
[[nodiscard]] std::string describe_ticks(sim::Ticks ticks);

}  // namespace oplocksim::scenarios
