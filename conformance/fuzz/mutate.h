// Changes an input a little.
#pragma once

#include <span>

#include "conformance/fuzz/choices.h"
#include "sim/random.h"

namespace oplocksim::conformance::fuzz {

// What came of `inputs[which]`: with bytes changed, taken out, put in, cut off (what follows is
// then drawn anew) or continued with another input's. Requires: there are inputs.
[[nodiscard]] Bytes mutated_input(std::span<const Bytes> inputs, sim::Random& random);

}  // namespace oplocksim::conformance::fuzz
