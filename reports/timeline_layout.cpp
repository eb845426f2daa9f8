#include "reports/timeline_layout.h"

#include <algorithm>
#include <set>
#include <utility>

#include "reports/terminal.h"
#include "reports/text.h"
#include "scenarios/text.h"

namespace oplocksim::reports {
namespace {

constexpr std::size_t kLeastLane = 3;        // lifeline, one pending IRP, a cell of arrow
constexpr std::size_t kGoodLane = 6;
constexpr std::size_t kWidestLane = 14;
constexpr std::size_t kLeastText = 20;
constexpr std::size_t kGoodText = 28;        // below it the oplocks go under the text
constexpr std::size_t kLeastSide = 22;       // "a: Batch -> Level 2, "
constexpr std::size_t kWidestSide = 40;
constexpr std::size_t kLongestName = 30;

// Lanes that something happens in, in rows that are shown.
std::vector<bool> active_lanes(const Picture& picture) {
    std::vector<bool> active(picture.lanes.size());
    for (const LaneSpan& span : picture.spans) active[span.lane] = true;
    for (const LaneRow& row : picture.rows) {
        if (row.lane) active[*row.lane] = true;
    }
    return active;
}

void assign_columns(const Picture& picture, TimelineLayout& layout) {
    const std::size_t room = layout.width - layout.gutter - 2 - kLeastText - 1;
    const std::size_t most = std::max<std::size_t>(1, room / kLeastLane);
    const std::vector<bool> active = active_lanes(picture);
    layout.column_of_lane.assign(picture.lanes.size(), kHiddenLane);
    std::size_t used = 0;
    for (std::size_t lane = 0; lane < picture.file_system(); ++lane) {
        if (!active[lane]) continue;
        layout.column_of_lane[lane] = std::min(used, most - 1);
        ++used;
    }
    layout.shared = used > most ? used - most + 1 : 0;
    layout.columns.resize(std::min(used, most));
}

// IRPs that pend at the same time in one lane.
std::size_t most_pending(const Picture& picture) {
    std::vector<std::vector<std::pair<std::size_t, int>>> changes(picture.lanes.size());
    for (const LaneSpan& span : picture.spans) {
        if (span.waiting != Waiting::pends) continue;
        changes[span.lane].emplace_back(span.first_row, 1);
        changes[span.lane].emplace_back(span.last_row.value_or(picture.rows.size()), -1);
    }
    int most = 0;
    for (auto& lane : changes) {
        std::ranges::sort(lane);
        int now = 0;
        for (const auto& [row, change] : lane) most = std::max(most, now += change);
    }
    return static_cast<std::size_t>(most);
}

void place_lanes(const Picture& picture, TimelineLayout& layout) {
    const std::size_t count = layout.columns.size();
    if (count > 0) {
        std::size_t wanted = std::max(kGoodLane, most_pending(picture) + 3);
        for (std::size_t lane = 0; lane < picture.file_system(); ++lane) {
            if (layout.column_of_lane[lane] == kHiddenLane) continue;
            wanted = std::max(wanted, columns(scenarios::escaped(picture.lanes[lane].name)) + 2);
        }
        const std::size_t budget = layout.width * 3 / 10;
        const std::size_t width =
            std::max(kLeastLane, std::min({wanted, kWidestLane, budget / count}));
        for (std::size_t i = 0; i < count; ++i) layout.columns[i] = i * width;
        layout.slots = width - 2;
        layout.file_system = count * width;
    }
    layout.text = layout.gutter + layout.file_system + 3;
}

void find_streams(const Picture& picture, TimelineLayout& layout) {
    std::set<std::string_view> names;
    std::size_t most = 0;
    for (const LaneState& state : picture.states) {
        for (const LaneStream& stream : state) names.insert(stream.name);
        most = std::max(most, state.size());
    }
    layout.single_stream = names.size() == 1 && most == 1;
    if (layout.single_stream) layout.stream_name = *names.begin();
}

}  // namespace

TimelineLayout make_layout(const Picture& picture, std::size_t width) {
    TimelineLayout layout;
    layout.width = width;
    assign_columns(picture, layout);
    place_lanes(picture, layout);
    find_streams(picture, layout);
    const std::size_t room = width - layout.text;
    layout.text_width = room;
    const bool any = picture.states.size() > 1 || !picture.states.front().empty();
    if (any && room >= kGoodText + 2 + kLeastSide) {
        layout.side_width = std::clamp(room / 3, kLeastSide, kWidestSide);
        layout.side = width - layout.side_width;
        layout.text_width = room - layout.side_width - 2;
    } else {
        layout.side_width = room - 2;
    }
    const std::vector<std::string> names = column_names(picture, layout);
    for (std::size_t i = 0; i + 1 < names.size(); ++i) {
        const std::size_t lane = layout.x_of_column(i + 1) - layout.x_of_column(i);
        if (columns(names[i]) >= lane) layout.names_fit = false;
    }
    return layout;
}

std::vector<std::string> column_names(const Picture& picture, const TimelineLayout& layout) {
    std::vector<std::string> names(layout.columns.size());
    for (std::size_t lane = 0; lane < picture.file_system(); ++lane) {
        const std::size_t column = layout.column_of_lane[lane];
        if (column == kHiddenLane) continue;
        const bool shared = layout.shared > 0 && column + 1 == names.size();
        const std::size_t room = std::min(kLongestName, layout.width - layout.text);
        names[column] = shared ? std::to_string(layout.shared) + " more"
                               : cut_to(scenarios::escaped(picture.lanes[lane].name), room);
    }
    names.push_back(picture.lanes.back().name);
    return names;
}

std::string cut_to(const std::string& text, std::size_t width, bool unicode) {
    if (columns(text) <= width) return text;
    const std::string mark = unicode ? "…" : "...";
    const std::size_t room = width - columns(mark);
    std::string kept;
    std::size_t used = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t first = at;
        static_cast<void>(next_code_point(text, at));
        const std::string piece = text.substr(first, at - first);
        used += columns(piece);
        if (used > room) break;
        kept += piece;
    }
    return kept + mark;
}

std::string step_gutter(std::uint32_t step, std::size_t gutter, bool failed) {
    std::string text = std::to_string(step) + "  ";
    if (text.size() + 2 <= gutter && failed) {
        text.insert(0, gutter - text.size() - 2, ' ');
        return "> " + text;
    }
    if (text.size() < gutter) text.insert(0, gutter - text.size(), ' ');
    return text.size() > gutter ? text.substr(0, gutter) : text;
}

}  // namespace oplocksim::reports
