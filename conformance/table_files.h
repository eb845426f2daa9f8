// The files of conformance/tables, built into the program. Written by embed.cmake.
#pragma once

#include <span>

#include "conformance/clause_files.h"

namespace oplocksim::conformance {

// Every table, in order of name.
[[nodiscard]] std::span<const EmbeddedFile> table_files();

}  // namespace oplocksim::conformance
