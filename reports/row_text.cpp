#include "reports/row_text.h"

#include <algorithm>

namespace oplocksim::reports {
namespace {

// Why, if that tells more than the notice and the wait beside it.
std::string reason(const LaneRow& row) {
    using engine::Rule;
    if (row.why.rule == Rule::none || row.why.rule == Rule::broken) return "";
    return " (" + std::string(engine::to_string(row.why.rule)) + ")";
}

std::string waits_text(const LaneRow& row) {
    using engine::Rule;
    std::string text = "waits";
    if (row.waiting == Waiting::blocks) text = "blocks its thread";
    if (row.waiting == Waiting::pends) text = "pends";
    if (row.why.rule == Rule::broken) return text + " until the break is acknowledged";
    if (row.why.rule == Rule::joined_break) return text + " for the break under way";
    return text + reason(row);
}

std::string request_text(const Picture& picture, const LaneRow& row, const std::string& arrow) {
    if (row.answered) return row.text + arrow + short_result(row.result) + reason(row);
    if (row.waiting == Waiting::at_once) return row.text;
    const LaneSpan& span = picture.spans[*row.span];
    const bool kept = span.oplock != engine::OplockType::none && row.waiting == Waiting::pends;
    const std::string outcome = span.acknowledgment ? "accepted, " : "granted, ";
    return row.text + arrow + (kept ? outcome : "") + waits_text(row);
}

std::string notice_text(const Picture& picture, const LaneRow& row, const std::string& arrow) {
    const std::string name = label(picture, *row.span, row);
    std::string text = name + " breaks";
    if (row.cause) text = label(picture, *row.cause, row) + " breaks " + name;
    text += ": " + std::string(short_name(row.from)) + arrow + std::string(short_name(row.to));
    return text + (row.ack_required ? ", must be acknowledged" : ", no acknowledgment");
}

bool same_oplock(const LaneHolder& one, const LaneHolder& other) {
    return one.type == other.type && one.breaking == other.breaking && one.to == other.to &&
           one.close_pending == other.close_pending;
}

}  // namespace

std::string label(const Picture& picture, std::size_t number, const LaneRow& row) {
    const LaneSpan& span = picture.spans[number];
    const std::string step = " of step " + std::to_string(row.step);
    if (row.step != 0 && span.name.ends_with(step)) {
        return span.name.substr(0, span.name.size() - step.size());
    }
    if (!span.name.empty()) return span.name;
    const std::string& lane = picture.lanes[span.lane].name;
    if (span.acknowledgment) return lane + "'s acknowledgment";
    if (span.oplock != engine::OplockType::none) return lane + "'s oplock";
    std::string verb = span.what.substr(0, span.what.find(' '));
    if (!verb.empty() && verb.back() == ',') verb.pop_back();
    return lane + "." + verb;
}

std::string row_text(const Picture& picture, const LaneRow& row, std::string_view bare_arrow) {
    const std::string arrow = " " + std::string(bare_arrow) + " ";
    const std::string name = row.span ? label(picture, *row.span, row) : "";
    const std::string prefix = row.begins_step ? row.text + ": " : "";
    switch (row.kind) {
        case RowKind::step:
        case RowKind::clock:
        case RowKind::process_exit: return row.text;
        case RowKind::request: return request_text(picture, row, arrow);
        case RowKind::pend:
        case RowKind::wait: return name + " " + waits_text(row);
        case RowKind::notice: return notice_text(picture, row, arrow);
        case RowKind::release:
            return name + " may go on" +
                   (row.cause ? ", after " + label(picture, *row.cause, row) : "");
        case RowKind::completion: return name + arrow + short_result(row.result) + reason(row);
        case RowKind::cancel: return name + " is to be cancelled";
        case RowKind::pause: return prefix + "held back from here";
        case RowKind::resume: return prefix + "goes on";
        case RowKind::thread_exit: return prefix + "the thread ends";
    }
    return "";
}

std::vector<HolderGroup> holder_groups(const LaneStream& stream, std::string_view arrow) {
    std::vector<HolderGroup> groups;
    std::vector<bool> done(stream.holders.size());
    for (std::size_t i = 0; i < stream.holders.size(); ++i) {
        if (done[i]) continue;
        const LaneHolder& first = stream.holders[i];
        std::string text;
        for (std::size_t j = i; j < stream.holders.size(); ++j) {
            if (!same_oplock(stream.holders[j], first)) continue;
            done[j] = true;
            text += (text.empty() ? "" : ", ") + stream.holders[j].owner;
        }
        text += (text.empty() ? "" : ": ") + std::string(short_name(first.type));
        if (first.breaking) {
            text += " " + std::string(arrow) + " " + std::string(short_name(first.to)) +
                    (first.close_pending ? ", will close" : ", owes ack");
        }
        groups.push_back({text, first.breaking});
    }
    if (stream.more > 0) groups.push_back({std::to_string(stream.more) + " more", false});
    return groups;
}

LaneState changed_streams(const Picture& picture, const LaneRow& row) {
    LaneState changed;
    if (!row.state_changed) return changed;
    const LaneState& now = picture.states[row.state];
    const LaneState& past = picture.states[row.state - 1];
    for (const LaneStream& stream : now) {
        if (std::ranges::find(past, stream) == past.end()) changed.push_back(stream);
    }
    for (const LaneStream& stream : past) {
        const bool left = std::ranges::find(now, stream.name, &LaneStream::name) == now.end();
        if (left) changed.push_back({stream.name, {}, 0});
    }
    return changed;
}

std::string short_result(std::string_view result) {
    constexpr std::string_view kWord = "Information ";
    std::string text(result);
    const std::size_t at = text.find(kWord);
    if (at != std::string::npos) text.erase(at, kWord.size());
    return text;
}

}  // namespace oplocksim::reports
