// What a scenario file remembers of the run that it was written for: `recorded`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/semantics.h"
#include "scenarios/values.h"

namespace oplocksim::scenarios {

struct Recorded {
    std::string version;          // of the program that recorded it
    engine::Profile profile = engine::Profile::docs;
    std::vector<std::pair<std::string, std::string>> switches;   // over the profile
    std::optional<std::uint64_t> seed;   // of the campaign that found it, and which of its runs
    std::optional<std::uint64_t> run;
    std::string rule;             // that was broken; may be empty
    std::string clause;
    std::string trace;            // JSON Lines (sim/trace_json.h), header first
};

// Reads the value of `recorded`; reports what is wrong with it.
[[nodiscard]] Recorded convert_recorded(const YamlNode& node, Reader& reader);

}  // namespace oplocksim::scenarios
