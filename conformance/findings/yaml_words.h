// Values as they are written in a scenario file, in the shortest usual form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scenarios/constant_tables.h"
#include "sim/time.h"

namespace oplocksim::conformance::findings {

// A text as a YAML scalar that means this text wherever it stands; in quotes if it has to be.
[[nodiscard]] std::string yaml_text(std::string_view text);

// "FILE_OPEN_IF"; a number if it has no name.
[[nodiscard]] std::string constant_text(scenarios::ConstantKind kind, std::uint64_t value);
// "R|W", "ATTRIBUTES", "NONE": short forms, joined.
[[nodiscard]] std::string mask_text(scenarios::ConstantKind kind, std::uint32_t value);
// "[R, W]", "[FILE_COMPLETE_IF_OPLOCKED]", "[]".
[[nodiscard]] std::string mask_list(scenarios::ConstantKind kind, std::uint32_t value);
// "35 s".
[[nodiscard]] std::string duration_text(sim::Ticks duration);

}  // namespace oplocksim::conformance::findings
