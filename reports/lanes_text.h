// Requests and results in a few words, for pictures of a run: internal to lanes.cpp.
#pragma once

#include <string>
#include <string_view>

#include "sim/names.h"
#include "sim/trace.h"

namespace oplocksim::reports {

// `text`, cut to at most kMaxLaneText bytes between code points, with "..." if it was longer.
[[nodiscard]] std::string bounded(std::string text);

// "create \data.bin, access FILE_READ_DATA, share R". `handle` is what the handle of
// the request is called; it may be empty.
[[nodiscard]] std::string describe_request(const sim::Request& request, std::string_view handle,
                                           const sim::Names& names);

// "STATUS_SUCCESS, Information FILE_OPENED".
[[nodiscard]] std::string describe_completion(const sim::TraceEvent& event);

}  // namespace oplocksim::reports
