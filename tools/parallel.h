// Workers, for libraries that know no threads.
#pragma once

#include <functional>

namespace oplocksim::tools {

// How many workers the machine has cores for; at least 1.
[[nodiscard]] unsigned default_jobs();

// Runs body(0) ... body(count - 1), each on a thread of its own, and returns when all are over.
// What a body throws is thrown again here, the first worker's first.
void run_in_parallel(unsigned count, const std::function<void(unsigned)>& body);

}  // namespace oplocksim::tools
