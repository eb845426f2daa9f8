#include <optional>

#include "reports/html_json.h"

namespace oplocksim::reports {
namespace {

using Json = HtmlJson;

Json optional_json(const std::optional<std::size_t>& number) {
    return number ? Json(*number) : Json(nullptr);
}

Json remark_json(const LaneRemark& remark, HtmlTexts& texts) {
    return {remark.advice ? 1 : 0, texts.of(remark.subject), texts.of(remark.expected),
            texts.of(remark.observed), texts.numbers(remark.clauses)};
}

// Members that have nothing to say are left out.
Json row_json(const LaneRow& row, HtmlTexts& texts) {
    Json object{{"k", to_string(row.kind)}, {"t", texts.of(row.text)}, {"s", row.state}};
    if (row.time != 0) object["time"] = row.time;
    if (row.step != 0) object["n"] = row.step;
    if (row.begins_step) object["b"] = 1;
    if (row.failed_step) object["f"] = 1;
    if (row.lane) object["l"] = *row.lane;
    if (row.span) object["sp"] = *row.span;
    if (row.cause) object["by"] = *row.cause;
    if (row.answered) object["a"] = 1;
    if (row.waiting != Waiting::at_once) object["w"] = row.waiting == Waiting::blocks ? 2 : 1;
    if (!row.result.empty()) object["r"] = texts.of(row.result);
    if (row.kind == RowKind::notice) {
        object["from"] = short_name(row.from);
        object["to"] = short_name(row.to);
        object["ack"] = row.ack_required ? 1 : 0;
    }
    if (row.why.rule != engine::Rule::none) {
        object["y"] = texts.of(std::string(engine::to_string(row.why.rule)));
    }
    if (!row.clauses.empty()) {
        object["c"] = texts.numbers({row.clauses.begin(), row.clauses.end()});
    }
    if (row.state_changed) object["ch"] = 1;
    if (!row.remarks.empty()) {
        Json remarks = Json::array();
        for (const LaneRemark& one : row.remarks) remarks.push_back(remark_json(one, texts));
        object["x"] = remarks;
    }
    return object;
}

Json span_json(const LaneSpan& span, HtmlTexts& texts) {
    Json object{{"l", span.lane},
                {"t", texts.of(span.what)},
                {"a", span.first_row},
                {"z", optional_json(span.last_row)}};
    if (!span.name.empty()) object["n"] = texts.of(span.name);
    if (span.waiting != Waiting::at_once) object["w"] = span.waiting == Waiting::blocks ? 2 : 1;
    if (span.waited_for_break) object["wb"] = 1;
    if (span.cancelled) object["x"] = 1;
    if (span.before_window) object["e"] = 1;
    if (!span.result.empty()) object["r"] = texts.of(span.result);
    return object;
}

}  // namespace

HtmlJson state_json(const LaneState& state, HtmlTexts& texts) {
    HtmlJson streams = HtmlJson::array();
    for (const LaneStream& stream : state) {
        HtmlJson holders = HtmlJson::array();
        for (const LaneHolder& holder : stream.holders) {
            const auto level = [&texts](engine::OplockType type) {
                return texts.of(std::string(short_name(type)));
            };
            holders.push_back({texts.of(holder.owner), optional_json(holder.lane),
                               level(holder.type),
                               holder.breaking ? HtmlJson(level(holder.to)) : HtmlJson(nullptr),
                               texts.of(describe(holder))});
        }
        streams.push_back({texts.of(stream.name), holders, stream.more});
    }
    return streams;
}

HtmlJson picture_json(const Picture& picture, HtmlTexts& texts) {
    Json lanes = Json::array();
    for (const Lane& lane : picture.lanes) lanes.push_back(texts.of(lane.name));
    Json rows = Json::array();
    for (const LaneRow& row : picture.rows) rows.push_back(row_json(row, texts));
    Json spans = Json::array();
    for (const LaneSpan& span : picture.spans) spans.push_back(span_json(span, texts));
    Json states = Json::array();
    for (const LaneState& state : picture.states) states.push_back(state_json(state, texts));
    Json object{{"lanes", lanes}, {"rows", rows}, {"spans", spans}, {"states", states}};
    if (picture.events_before > 0) object["before"] = picture.events_before;
    if (picture.events_after > 0) object["after"] = picture.events_after;
    return object;
}

}  // namespace oplocksim::reports
