// Trace files, as verbs take them: a path, or '-' for standard input.
#pragma once

#include <functional>
#include <string>

#include "conformance/trace_reader.h"

namespace oplocksim::tools {

// Hands over each run of a trace; `take` returns false to stop. Returns what is wrong, without the
// path: "line 12: ...", "is a folder"; empty if nothing is.
[[nodiscard]] std::string read_trace_file(
    const std::string& path, const std::function<bool(const conformance::TraceRun&)>& take);

}  // namespace oplocksim::tools
