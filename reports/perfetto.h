// A picture of a run in the Trace Event Format (JSON), for ui.perfetto.dev and chrome://tracing.
//
// Clients are processes and their threads are threads; the file system is a process of its own.
//   slices on a thread     a request, as long as its thread is in the call; break notices; "may go
//                          on" of a waiter
//   slices beside it       an IRP that pends, from issue to completion (async, "irp")
//   instants               break notices, cancellations, exits, and, on the file system's thread,
//                          what fails
//   flow arrows            from the breaking operation to the notice, from an acknowledgment to the
//                          waiter that may go on
//   counters               for each stream: how many oplocks of each type, and how many breaking
//
// Time: a row of the picture takes 10 microseconds, since what is logically ordered mostly happens
// at the same logical time; the clock is in the arguments ("time_100ns").
#pragma once

#include <cstddef>
#include <string>

#include "reports/lanes.h"

namespace oplocksim::reports {

inline constexpr std::size_t kMaxPerfettoRows = 200'000;   // some 200 MiB of memory

[[nodiscard]] std::string perfetto_json(const Picture& picture, const std::string& title);

}  // namespace oplocksim::reports
