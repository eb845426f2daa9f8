// The manual page of the command, made from the description of its command line.
#pragma once

#include <string>
#include <string_view>

#include "tools/command_description.h"

namespace oplocksim::tools {

// oplocksim(1) in roff, for the man macros.
[[nodiscard]] std::string man_page(const CommandDescription& command, std::string_view version);

}  // namespace oplocksim::tools
