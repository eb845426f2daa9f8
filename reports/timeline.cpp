#include "reports/timeline.h"

#include <algorithm>
#include <array>

#include "reports/row_text.h"
#include "reports/terminal.h"
#include "reports/text.h"
#include "reports/timeline_layout.h"
#include "scenarios/text.h"

namespace oplocksim::reports {
namespace {

using scenarios::escaped;

struct Glyphs {
    std::string_view lifeline, blocked, track, more, paused;
    std::string_view line, cross, left, right, from_client, from_system;
    std::string_view notice_line, notice_cross, notice_from;
    std::string_view event, cancel, gone, clock;
    std::string_view arrow, clause, wrong;
};
constexpr Glyphs kUnicode{"│", "┃", "╎", "⋮", "┊", "─", "┼", "◀", "▶", "├", "┤",
                          "━", "┿", "┥", "●", "✕", "╳", "┈", "→", "§ ", "✗ "};
constexpr Glyphs kAscii{"|", "#", ":", "*", ".", "-", "+", "<", ">", "+", "+",
                        "=", "=", "+", "o", "x", "X", ".", "->", "clause ", "! "};

struct Line {
    std::string text;
    Style style = Style::plain;
};

// One character cell left of the text.
struct Cell {
    std::string_view glyph = " ";
    Style style = Style::plain;
};

class Timeline {
 public:
    Timeline(const Picture& picture, const TimelineOptions& options)
        : picture_(picture),
          options_(options),
          glyphs_(options.unicode ? kUnicode : kAscii),
          layout_(make_layout(picture, std::clamp(options.width, kMinimumWidth, kMaximumWidth))),
          lanes_(picture.lanes.size()),
          tracks_(layout_.columns.size()),
          slots_(picture.spans.size(), kNoSlot) {}

    std::string draw();

 private:
    struct LaneNow {
        std::size_t blocked_by = kNone;   // a span
        bool paused = false;
        bool gone = false;
    };
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    static constexpr std::size_t kNoSlot = kNone;

    void header();
    void cut(std::size_t events, std::string_view where);
    void row(std::size_t number);
    [[nodiscard]] std::vector<Cell> lifelines() const;
    void draw_arrow(std::vector<Cell>& cells, const LaneRow& row) const;
    void arrow_line(std::vector<Cell>& cells, std::size_t from, bool notice) const;
    void draw_mark(std::vector<Cell>& cells, const LaneRow& row) const;
    void before(const LaneRow& row);
    void after(std::size_t number, const LaneRow& row);
    void begin_waiting(std::size_t span);
    void end_waiting(std::size_t span);
    [[nodiscard]] std::size_t x_of(std::size_t lane) const {
        return layout_.columns[layout_.column_of_lane[lane]];
    }
    [[nodiscard]] std::size_t head_of(const LaneRow& row) const;

    [[nodiscard]] Style style_of(const LaneRow& row) const;
    [[nodiscard]] std::vector<Line> texts(const LaneRow& row, std::size_t width) const;
    [[nodiscard]] std::vector<Line> oplocks(const LaneRow& row) const;
    [[nodiscard]] std::vector<Line> holder_lines(const LaneStream& stream) const;
    void stream_lines(std::vector<Line>& lines, const LaneStream& stream) const;
    [[nodiscard]] std::vector<Line> remarks(const LaneRow& row) const;
    void emit(std::string_view gutter, Style style, const std::vector<Cell>& cells,
              const Line& text, const Line& side);

    const Picture& picture_;
    const TimelineOptions options_;
    const Glyphs& glyphs_;
    const TimelineLayout layout_;
    std::vector<LaneNow> lanes_;
    std::vector<std::vector<std::size_t>> tracks_;   // by column: spans in slots, or kNone
    std::vector<std::size_t> slots_;                 // by span
    std::uint32_t step_ = 0;
    std::string out_;
};

void Timeline::begin_waiting(std::size_t number) {
    const LaneSpan& span = picture_.spans[number];
    if (slots_[number] != kNoSlot) return;
    if (span.waiting == Waiting::blocks) {
        lanes_[span.lane].blocked_by = number;
        return;
    }
    std::vector<std::size_t>& slots = tracks_[layout_.column_of_lane[span.lane]];
    const auto free = std::ranges::find(slots, kNone);
    slots_[number] = static_cast<std::size_t>(free - slots.begin());
    if (free == slots.end()) {
        slots.push_back(number);
    } else {
        *free = number;
    }
}

void Timeline::end_waiting(std::size_t number) {
    LaneNow& lane = lanes_[picture_.spans[number].lane];
    if (lane.blocked_by == number) lane.blocked_by = kNone;
    if (slots_[number] == kNoSlot) return;
    tracks_[layout_.column_of_lane[picture_.spans[number].lane]][slots_[number]] = kNone;
    slots_[number] = kNoSlot;
}

// The lanes as they are between rows.
std::vector<Cell> Timeline::lifelines() const {
    std::vector<Cell> cells(layout_.file_system + 1);
    for (std::size_t lane = 0; lane < picture_.file_system(); ++lane) {
        const std::size_t column = layout_.column_of_lane[lane];
        if (column == kHiddenLane) continue;
        const LaneNow& now = lanes_[lane];
        Cell& cell = cells[layout_.columns[column]];
        if (cell.glyph == glyphs_.blocked) continue;   // shared: the most telling one
        if (now.gone) continue;
        cell = {glyphs_.lifeline, Style::dim};
        if (now.paused) cell.glyph = glyphs_.paused;
        if (now.blocked_by != kNone) cell = {glyphs_.blocked, Style::warning};
    }
    for (std::size_t column = 0; column < tracks_.size(); ++column) {
        for (std::size_t slot = 0; slot < tracks_[column].size(); ++slot) {
            if (tracks_[column][slot] == kNone) continue;
            const bool fits = slot < layout_.slots;
            const std::size_t at = std::min(slot, layout_.slots - 1);
            cells[layout_.columns[column] + 1 + at] = {fits ? glyphs_.track : glyphs_.more,
                                                       Style::plain};
        }
    }
    cells[layout_.file_system] = {glyphs_.lifeline, Style::dim};
    return cells;
}

// Where an arrow to the client ends: the line of the IRP that it completes.
std::size_t Timeline::head_of(const LaneRow& row) const {
    const std::size_t x = x_of(*row.lane);
    if (!row.span || slots_[*row.span] == kNoSlot) return x;
    return x + 1 + std::min(slots_[*row.span], layout_.slots - 1);
}

void Timeline::arrow_line(std::vector<Cell>& cells, std::size_t from, bool notice) const {
    for (std::size_t x = from + 1; x < layout_.file_system; ++x) {
        const bool empty = cells[x].glyph == " ";
        Cell& cell = cells[x];
        if (notice) {
            cell = {empty ? glyphs_.notice_line : glyphs_.notice_cross, Style::warning};
        } else if (empty) {
            cell = {glyphs_.line, Style::plain};
        } else if (cell.glyph != glyphs_.blocked) {
            cell = {glyphs_.cross, Style::dim};
        }
    }
}

void Timeline::draw_arrow(std::vector<Cell>& cells, const LaneRow& row) const {
    const std::size_t system = layout_.file_system;
    if (row.kind == RowKind::request) {
        const std::size_t x = x_of(*row.lane);
        arrow_line(cells, x, false);
        cells[x] = {glyphs_.from_client, Style::plain};
        cells[system - 1] = {glyphs_.right, Style::plain};
        return;
    }
    const bool notice = row.kind == RowKind::notice;
    const std::size_t head = head_of(row);
    arrow_line(cells, head, notice);
    const Style style = notice ? Style::warning : Style::plain;
    cells[head] = {glyphs_.left, style};
    cells[system] = {notice ? glyphs_.notice_from : glyphs_.from_system, style};
}

void Timeline::draw_mark(std::vector<Cell>& cells, const LaneRow& row) const {
    if (row.kind == RowKind::wait || row.kind == RowKind::release || row.kind == RowKind::pend) {
        cells[layout_.file_system] = {glyphs_.event, Style::plain};
    } else if (row.kind == RowKind::cancel && row.lane) {
        cells[head_of(row)] = {glyphs_.cancel, Style::bad};
    } else if (row.kind == RowKind::clock) {
        for (Cell& cell : cells) {
            if (cell.glyph == " ") cell = {glyphs_.clock, Style::dim};
        }
    } else if (row.kind == RowKind::thread_exit && row.lane) {
        cells[x_of(*row.lane)] = {glyphs_.gone, Style::bad};
    } else if (row.kind == RowKind::process_exit) {
        for (std::size_t lane = 0; lane < picture_.file_system(); ++lane) {
            const bool shown = layout_.column_of_lane[lane] != kHiddenLane;
            if (shown && picture_.lanes[lane].process == row.process) {
                cells[x_of(lane)] = {glyphs_.gone, Style::bad};
            }
        }
    }
}

// What changes where the row stands.
void Timeline::before(const LaneRow& row) {
    const bool waits = row.kind == RowKind::pend || row.kind == RowKind::wait;
    if (waits && row.span && row.waiting != Waiting::at_once) begin_waiting(*row.span);
    if (row.kind == RowKind::pause && row.lane) lanes_[*row.lane].paused = true;
    if (row.kind == RowKind::resume && row.lane) lanes_[*row.lane].paused = false;
}

// What is different below it.
void Timeline::after(std::size_t number, const LaneRow& row) {
    const bool ends = row.kind == RowKind::completion || row.kind == RowKind::notice;
    if (ends && row.span) end_waiting(*row.span);
    if (row.kind == RowKind::request && row.span && !row.answered) {
        const LaneSpan& span = picture_.spans[*row.span];
        const bool seen = row.waiting != Waiting::at_once || span.waiting == Waiting::pends;
        if (seen && span.last_row != number) begin_waiting(*row.span);
    }
    if (row.kind == RowKind::thread_exit && row.lane) lanes_[*row.lane].gone = true;
    if (row.kind != RowKind::process_exit) return;
    for (std::size_t lane = 0; lane < picture_.file_system(); ++lane) {
        if (picture_.lanes[lane].process == row.process) lanes_[lane].gone = true;
    }
}

Style Timeline::style_of(const LaneRow& row) const {
    const bool ended = row.kind == RowKind::completion || row.answered;
    if (row.kind == RowKind::notice) return Style::warning;
    if (!ended) return Style::plain;
    if (!engine::nt_success(picture_.spans[*row.span].status)) return Style::warning;
    return row.answered ? Style::plain : Style::good;
}

void add_wrapped(std::vector<Line>& lines, const Line& line, std::size_t width,
                 std::string_view indent = "") {
    std::string lead;
    for (const std::string& piece : wrapped(line.text, width - columns(indent))) {
        lines.push_back({lead + piece, line.style});
        lead = indent;
    }
}

void add_labelled(std::vector<Line>& lines, std::string_view label, const Line& line,
                  std::size_t width) {
    std::string lead(label);
    for (const std::string& piece : wrapped(line.text, width - columns(label))) {
        lines.push_back({lead + piece, line.style});
        lead.assign(columns(label), ' ');
    }
}

std::vector<Line> Timeline::texts(const LaneRow& row, std::size_t width) const {
    std::vector<Line> lines;
    const std::string said = escaped(row_text(picture_, row, glyphs_.arrow));
    add_wrapped(lines, {said, style_of(row)}, width, "  ");
    std::string clauses;
    for (const std::string_view clause : row.clauses) {
        clauses += clauses.empty() ? "" : ", ";
        clauses += clause;
    }
    if (!clauses.empty()) add_labelled(lines, glyphs_.clause, {clauses, Style::dim}, width);
    return lines;
}

std::vector<Line> Timeline::holder_lines(const LaneStream& stream) const {
    std::vector<Line> lines;
    for (const HolderGroup& group : holder_groups(stream, glyphs_.arrow)) {
        lines.push_back({escaped(group.text), group.breaking ? Style::warning : Style::strong});
    }
    if (lines.empty()) lines.push_back({"none", Style::dim});
    return lines;
}

void Timeline::stream_lines(std::vector<Line>& lines, const LaneStream& stream) const {
    const std::size_t width = layout_.side_width;
    const std::vector<Line> holders = holder_lines(stream);
    if (layout_.side != 0) {
        const std::string name = cut_to(escaped(stream.name), width, options_.unicode);
        if (!layout_.single_stream) lines.push_back({name, Style::plain});
        for (const Line& line : holders) add_wrapped(lines, line, width, "  ");
        return;
    }
    Line all{escaped(stream.name) + " ", Style::strong};
    for (const Line& line : holders) {
        all.text += (&line == holders.data() ? " " : "; ") + line.text;
        if (line.style == Style::warning) all.style = Style::warning;
    }
    add_wrapped(lines, all, width, "  ");
}

// The streams whose oplocks changed in this row.
std::vector<Line> Timeline::oplocks(const LaneRow& row) const {
    std::vector<Line> lines;
    for (const LaneStream& stream : changed_streams(picture_, row)) stream_lines(lines, stream);
    return lines;
}

std::vector<Line> Timeline::remarks(const LaneRow& row) const {
    std::vector<Line> lines;
    const std::size_t width = layout_.remark_width();
    for (const LaneRemark& remark : row.remarks) {
        const Style style = remark.advice ? Style::warning : Style::bad;
        add_wrapped(lines, {std::string(glyphs_.wrong) + escaped(remark.subject), style}, width);
        add_labelled(lines, "  expected  ", {escaped(remark.expected), Style::good}, width);
        add_labelled(lines, "  observed  ", {escaped(remark.observed), style}, width);
        for (const std::string& clause : remark.clauses) {
            const bool known = std::ranges::find(row.clauses, clause) != row.clauses.end();
            if (known) continue;
            add_labelled(lines, "  " + std::string(glyphs_.clause), {escaped(clause), Style::dim},
                         width);
        }
    }
    return lines;
}

void Timeline::emit(std::string_view gutter, Style style, const std::vector<Cell>& cells,
                    const Line& text, const Line& side) {
    std::string line = styled(gutter, style, options_.colour);
    std::size_t used = columns(gutter);
    for (std::size_t x = 0; x < cells.size();) {
        std::string run;
        const Style first = cells[x].style;
        for (; x < cells.size() && cells[x].style == first; ++x) {
            run += cells[x].glyph;
            ++used;
        }
        line += styled(run, first, options_.colour);
    }
    const auto place = [&](const Line& piece, std::size_t at) {
        if (piece.text.empty()) return;
        if (at > used) line.append(at - used, ' ');
        line += styled(piece.text, piece.style, options_.colour);
        used = std::max(at, used) + columns(piece.text);
    };
    place(text, layout_.text);
    place(side, layout_.side);
    if (!options_.colour) {
        while (!line.empty() && line.back() == ' ') line.pop_back();
    }
    out_ += line + "\n";
}

void Timeline::row(std::size_t number) {
    const LaneRow& row = picture_.rows[number];
    before(row);
    std::vector<Cell> cells = lifelines();
    const bool arrow = row.kind == RowKind::request || row.kind == RowKind::notice ||
                       row.kind == RowKind::completion;
    if (arrow) draw_arrow(cells, row);
    draw_mark(cells, row);
    std::vector<Line> side = oplocks(row);
    std::vector<Line> text = texts(row, side.empty() ? layout_.remark_width() : layout_.text_width);
    if (layout_.side == 0) {
        for (Line& line : side) line.text.insert(0, "  ");
        text.insert(text.end(), side.begin(), side.end());
        side.clear();
    }
    std::string gutter(layout_.gutter, ' ');
    if (row.step != 0 && row.step != step_) {
        gutter = step_gutter(row.step, layout_.gutter, row.failed_step);
        step_ = row.step;
    }
    const Style gutter_style = row.failed_step ? Style::bad : Style::dim;
    for (std::size_t i = 0; i < std::max(text.size(), side.size()); ++i) {
        emit(i == 0 ? gutter : std::string(layout_.gutter, ' '), gutter_style, cells,
             i < text.size() ? text[i] : Line{}, i < side.size() ? side[i] : Line{});
        if (i == 0) after(number, row);
        if (i == 0) cells = lifelines();
    }
    for (const Line& line : remarks(row)) {
        emit(std::string(layout_.gutter, ' '), Style::plain, cells, line, {});
    }
}

// The names above their lanes; one below the other if they do not fit side by side.
void Timeline::header() {
    const std::vector<std::string> names = column_names(picture_, layout_);
    for (std::size_t first = 0; first < names.size();) {
        std::string line(layout_.gutter, ' ');
        for (std::size_t i = 0; i < first; ++i) {
            if (layout_.names_fit) break;
            line.append(layout_.gutter + layout_.x_of_column(i) - columns(line), ' ');
            line += glyphs_.lifeline;
        }
        const std::size_t last = layout_.names_fit ? names.size() : first + 1;
        for (; first < last; ++first) {
            line.append(layout_.gutter + layout_.x_of_column(first) - columns(line), ' ');
            line += names[first];
        }
        out_ += styled(line, Style::strong, options_.colour);
        if (first == names.size() && layout_.side != 0) {
            out_.append(layout_.side - std::min(layout_.side, columns(line)), ' ');
            const std::string head = layout_.single_stream ? "oplocks of " : "oplocks";
            const std::string oplocks = head + escaped(layout_.stream_name);
            out_ += styled(cut_to(oplocks, layout_.side_width, options_.unicode), Style::strong,
                           options_.colour);
        }
        out_ += "\n";
    }
}

void Timeline::cut(std::size_t events, std::string_view where) {
    if (events == 0) return;
    out_ += std::string(layout_.gutter, ' ') + "(" + counted(events, "event") + " " +
            std::string(where) + ")\n";
}

std::string Timeline::draw() {
    if (picture_.rows.empty()) return "";
    header();
    for (std::size_t i = 0; i < picture_.spans.size(); ++i) {
        if (picture_.spans[i].before_window) begin_waiting(i);
    }
    cut(picture_.events_before, "before");
    for (std::size_t i = 0; i < picture_.rows.size(); ++i) row(i);
    cut(picture_.events_after, "more");
    return std::move(out_);
}

}  // namespace

std::string timeline_text(const Picture& picture, const TimelineOptions& options) {
    return Timeline(picture, options).draw();
}

}  // namespace oplocksim::reports
