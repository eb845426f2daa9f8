// The files of conformance/clauses, built into the program. Written by embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace oplocksim::conformance {

struct EmbeddedFile {
    std::string_view name;   // "create.yaml"
    std::string_view text;
};

// Every clause file, in order of name.
[[nodiscard]] std::span<const EmbeddedFile> clause_files();

}  // namespace oplocksim::conformance
