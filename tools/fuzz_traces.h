// The traces of random runs, in the form in which `run --trace` writes those of scenarios.
#pragma once

#include <cstdint>
#include <functional>

#include "reports/sink.h"
#include "tools/arguments.h"

namespace oplocksim::tools {

// Writes what the runs [first, last) of a seed do, those of the shard, one after another; each ends
// with the death of every client. `stop` is asked before each run.
void write_fuzz_traces(const FuzzArguments& arguments, std::uint64_t seed, std::uint64_t first,
                       std::uint64_t last, const std::function<bool()>& stop,
                       reports::Sink& sink);

}  // namespace oplocksim::tools
