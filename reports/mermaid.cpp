#include "reports/mermaid.h"

#include <algorithm>
#include <cctype>

#include "reports/row_text.h"
#include "reports/text.h"
#include "scenarios/text.h"

namespace oplocksim::reports {
namespace {

constexpr std::string_view kArrow = "→";

// Draws one row after another.
class Diagram {
 public:
    explicit Diagram(const Picture& picture)
        : picture_(picture), active_(picture.lanes.size()) {}

    std::string draw(const std::string& title) {
        out_ = "sequenceDiagram\n";
        if (!title.empty()) out_ += "    title " + mermaid_escaped(title) + "\n";
        for (std::size_t lane = 0; lane < picture_.lanes.size(); ++lane) {
            const std::string& name = picture_.lanes[lane].name;
            out_ += "    participant " + id(lane) + " as " +
                    (name.empty() ? "?" : mermaid_escaped(name, true)) + "\n";
        }
        for (const LaneRow& row : picture_.rows) draw_row(row);
        if (picture_.events_after > 0) {
            note(picture_.file_system(), counted(picture_.events_after, "event") + " more");
        }
        return std::move(out_);
    }

 private:
    [[nodiscard]] static std::string id(std::size_t lane) { return "L" + std::to_string(lane); }

    void message(std::size_t from, std::string_view arrow, std::size_t to,
                 const std::string& text) {
        out_ += "    " + id(from) + std::string(arrow) + id(to) + ": " + mermaid_escaped(text) +
                "\n";
    }
    void note(std::size_t lane, const std::string& text) {
        out_ += "    Note over " + id(lane) + ": " + mermaid_escaped(text) + "\n";
    }
    void activate(std::size_t lane, bool on) {
        if (active_[lane] == on) return;
        active_[lane] = on;
        out_ += std::string(on ? "    activate " : "    deactivate ") + id(lane) + "\n";
    }

    void draw_row(const LaneRow& row);
    void draw_notes(const LaneRow& row);

    const Picture& picture_;
    std::vector<bool> active_;
    std::string out_;
};

void Diagram::draw_row(const LaneRow& row) {
    const std::size_t system = picture_.file_system();
    const std::size_t lane = row.lane.value_or(system);
    const std::string text = row_text(picture_, row, kArrow);
    switch (row.kind) {
        case RowKind::request: message(lane, "->>", system, text); break;
        case RowKind::completion: message(system, "-->>", lane, text); break;
        case RowKind::notice: message(system, "-)", lane, text); break;
        case RowKind::release:
        case RowKind::step:
        case RowKind::clock:
        case RowKind::process_exit: note(system, text); break;
        case RowKind::pend:
        case RowKind::wait:
        case RowKind::cancel:
        case RowKind::pause:
        case RowKind::resume:
        case RowKind::thread_exit: note(lane, text); break;
    }
    const bool waits = row.waiting == Waiting::blocks && !row.answered;
    if (waits && row.lane) activate(lane, true);
    const bool ends = row.kind == RowKind::completion && row.span &&
                      picture_.spans[*row.span].waiting == Waiting::blocks;
    if (ends) activate(lane, false);
    draw_notes(row);
}

void Diagram::draw_notes(const LaneRow& row) {
    const std::size_t system = picture_.file_system();
    for (const LaneStream& stream : changed_streams(picture_, row)) {
        std::string text = "oplocks of " + stream.name;
        std::string_view between = ": ";
        for (const HolderGroup& group : holder_groups(stream, kArrow)) {
            text += std::string(between) + group.text;
            between = " | ";
        }
        if (stream.holders.empty()) text += ": none";
        note(system, text);
    }
    if (!row.clauses.empty()) {
        std::string text;
        for (const std::string_view clause : row.clauses) {
            text += (text.empty() ? "" : ", ") + std::string(clause);
        }
        note(system, text);
    }
    for (const LaneRemark& remark : row.remarks) {
        note(row.lane.value_or(system), (remark.advice ? "ADVICE " : "FAILED ") + remark.subject +
                                            ": expected " + remark.expected + "; observed " +
                                            remark.observed);
    }
}

}  // namespace

std::string mermaid_escaped(std::string_view text, bool name) {
    // What needs no code; a name ends at an arrow, ':' or ','.
    constexpr std::string_view kPlain = " _./()=|[]+*'!?~@^";
    constexpr std::string_view kPlainInText = "-,:";
    const std::string shown = scenarios::escaped(text);
    std::string result;
    for (const char c : shown) {
        const auto byte = static_cast<unsigned char>(c);
        const bool letter = std::isalnum(byte) != 0 && byte < 0x80;
        // "wrap:" at the beginning of a text is an instruction.
        const bool instruction = result.empty() && (c == 'w' || c == 'W' || c == 'n' || c == 'N');
        const bool plain = letter || kPlain.find(c) != std::string_view::npos ||
                           (!name && kPlainInText.find(c) != std::string_view::npos);
        if (byte >= 0x80 || (plain && !instruction)) {
            result += c;
        } else {
            result += "#" + std::to_string(byte) + ";";
        }
    }
    return result;
}

std::string mermaid_text(const Picture& picture, const std::string& title) {
    return Diagram(picture).draw(title);
}

}  // namespace oplocksim::reports
