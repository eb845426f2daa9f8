// What a row of a picture says, in words, for every drawing of it.
//
// Texts are as they came: whoever draws them escapes them.
#pragma once

#include <string>
#include <string_view>

#include "reports/lanes.h"

namespace oplocksim::reports {

// What a span is called in a row: the scenario's name, without "of step 4" in a row of that step;
// else who did what: "A.write", "A's oplock".
[[nodiscard]] std::string label(const Picture& picture, std::size_t span, const LaneRow& row);

// "b breaks held: Batch -> Level 2, must be acknowledged". `arrow`: "->", or a nicer one.
[[nodiscard]] std::string row_text(const Picture& picture, const LaneRow& row,
                                   std::string_view arrow);

// "a, b: RH", "c: Batch -> Level 2, owes ack": the holders of a stream, those alike together.
struct HolderGroup {
    std::string text;
    bool breaking = false;
};
[[nodiscard]] std::vector<HolderGroup> holder_groups(const LaneStream& stream,
                                                     std::string_view arrow);

// The streams whose oplocks a row changed; one that lost its last has no holders.
[[nodiscard]] LaneState changed_streams(const Picture& picture, const LaneRow& row);

// A result without what every reader knows: "STATUS_SUCCESS, FILE_OPENED".
[[nodiscard]] std::string short_result(std::string_view result);

}  // namespace oplocksim::reports
