// Command lines that run one case again, for people to paste into a shell.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "conformance/tables.h"
#include "conformance/table_runner.h"
#include "scenarios/result.h"

namespace oplocksim::conformance {

// `word` as one argument of a POSIX shell: quoted only if it needs it.
[[nodiscard]] std::string shell_quoted(std::string_view word);

// One run of a scenario: its file, its case, and every switch value that is not the profile's.
[[nodiscard]] std::string reproduce_command(const scenarios::RunResult& result);

// A cell of a decision table under a profile: the switches that were `given` and those that the
// cell was tried under, which win.
[[nodiscard]] std::string reproduce_command(const CellResult& result, std::string_view profile,
                                            std::span<const SwitchChoice> given);

}  // namespace oplocksim::conformance
