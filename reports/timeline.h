// A picture of a run for the terminal: lanes side by side, logical time going down.
//
//       A     B     file system                                        oplocks
//   1   |     +---->|   B.create as b: \data.bin, access W
//       |<====|=====+   held breaks: Batch -> Level 2, must be         a: Batch -> Level 2,
//       |     #     |   acknowledged (because of b)                    owes ack
//
// A lane is a client thread: a thin line; a thick one while the thread is blocked in a call, with a
// dashed line beside it for each IRP that pends. Arrows are requests, completions and, doubled,
// break notices. Beside them stands what happened, the clauses that decided, and the oplocks of the
// stream after it. What does not fit gives way in this order: the oplocks go below the text, lanes
// get narrower and their names are listed above, idle lanes are left out, the last ones share one.
//
// No line is wider than the width; nothing but printable text and, with colour, SGR sequences is
// written. The same picture and options give the same bytes.
#pragma once

#include <cstddef>
#include <string>

#include "reports/lanes.h"

namespace oplocksim::reports {

struct TimelineOptions {
    std::size_t width = 80;      // columns; kMinimumWidth to kMaximumWidth (reports/terminal.h)
    bool colour = false;
    bool unicode = true;         // box drawing; else ASCII
};

// Empty if the picture has no rows.
[[nodiscard]] std::string timeline_text(const Picture& picture, const TimelineOptions& options);

}  // namespace oplocksim::reports
