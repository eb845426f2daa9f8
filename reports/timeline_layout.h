// Where what stands in a timeline of a given width: internal to timeline.cpp.
//
//   | gutter | lanes, the file system last | text | oplocks (if there is room beside the text) |
//
// A column is what a lane is drawn in. Lanes that do nothing in the picture have none; if there are
// more than fit, the last column is shared by the rest.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "reports/lanes.h"

namespace oplocksim::reports {

inline constexpr std::size_t kHiddenLane = static_cast<std::size_t>(-1);

struct TimelineLayout {
    std::size_t width = 80;
    std::size_t gutter = 6;                    // for the number of the step
    std::vector<std::size_t> column_of_lane;   // kHiddenLane: it has none
    std::vector<std::size_t> columns;          // where each lifeline is, right of the gutter
    std::size_t shared = 0;                    // lanes in the last column, if more than one
    std::size_t slots = 1;                     // lines of pending IRPs that fit beside a lifeline
    std::size_t file_system = 0;               // its lifeline, right of the gutter
    std::size_t text = 0;                      // from the left edge
    std::size_t text_width = 20;
    std::size_t side = 0;                      // from the left edge; 0: oplocks go below the text
    std::size_t side_width = 20;
    bool names_fit = true;                     // the lanes' names stand in one line
    bool single_stream = false;                // all oplocks are of one stream: `stream_name`
    std::string stream_name;

    // The file system's column comes after the others.
    [[nodiscard]] std::size_t x_of_column(std::size_t column) const {
        return column < columns.size() ? columns[column] : file_system;
    }
    [[nodiscard]] std::size_t remark_width() const { return width - text; }
};

// Requires: width >= kMinimumWidth.
[[nodiscard]] TimelineLayout make_layout(const Picture& picture, std::size_t width);

// What to write above each column, the file system's last; escaped and not too long.
[[nodiscard]] std::vector<std::string> column_names(const Picture& picture,
                                                    const TimelineLayout& layout);

// `text` cut to `width` columns, with a mark if it was longer. Requires: width >= 4.
[[nodiscard]] std::string cut_to(const std::string& text, std::size_t width, bool unicode = false);

// "   12 ", "  > 12 " of a failed step, as wide as the gutter if the number allows.
[[nodiscard]] std::string step_gutter(std::uint32_t step, std::size_t gutter, bool failed);

}  // namespace oplocksim::reports
