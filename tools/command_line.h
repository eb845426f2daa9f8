// Reads the command line. The one place that knows the parser library.
#pragma once

#include <optional>
#include <string>

#include "tools/arguments.h"

namespace oplocksim::tools {

// Exactly one member is set.
struct CommandLine {
    std::optional<Command> command;
    std::string answer;   // --help or --version: for standard output, status 0
    std::string error;    // one sentence, with what was probably meant; status 2
};
[[nodiscard]] CommandLine read_command_line(int argc, const char* const* argv);

}  // namespace oplocksim::tools
