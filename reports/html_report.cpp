#include "reports/html_report.h"

#include <algorithm>
#include <map>

#include "conformance/clauses.h"
#include "reports/html_json.h"
#include "reports/html_page.h"

namespace oplocksim::reports {
namespace {

using Json = HtmlJson;
using scenarios::Check;
using scenarios::StepRecord;

Json pairs_json(const std::vector<std::pair<std::string, std::string>>& pairs) {
    Json list = Json::array();
    for (const auto& [name, value] : pairs) list.push_back({name, value});
    return list;
}

Json coverage_json(const conformance::Coverage& coverage) {
    Json rows = Json::array();
    for (const conformance::CoverageRow& row : coverage.rows()) {
        rows.push_back(
            {row.state, row.operation, row.counts.own, row.counts.same, row.counts.other});
    }
    return {{"states", conformance::coverage_states()},
            {"operations", conformance::coverage_operations()},
            {"rows", rows}};
}

Json cell_json(const HtmlCell& cell) {
    return {cell.table, cell.state, cell.subject, cell.condition, cell.expected};
}

// Members that have nothing to say are left out.
Json case_json(const HtmlCase& one) {
    Json row = Json::object();
    if (!one.variant.empty()) row["n"] = one.variant;
    row["v"] = static_cast<int>(one.verdict);
    row["o"] = static_cast<int>(one.obligation);
    if (!one.clauses.empty()) row["c"] = one.clauses;
    if (!one.message.empty()) row["m"] = one.message;
    if (!one.reason.empty()) row["why"] = one.reason;
    if (!one.link.empty()) row["link"] = one.link;
    if (!one.reproduce.empty()) row["r"] = one.reproduce;
    if (one.detail.element != 0) row["d"] = {one.detail.element, one.detail.index};
    if (one.cell) row["t"] = cell_json(*one.cell);
    return row;
}

Json check_json(const Check& check, HtmlTexts& texts) {
    return {check.passed ? 1 : 0,          texts.of(check.subject), texts.of(check.expected),
            texts.of(check.observed), check.position.line,     texts.of(check.path)};
}

Json step_json(const StepRecord& step, HtmlTexts& texts) {
    Json checks = Json::array();
    for (const Check& check : step.checks) checks.push_back(check_json(check, texts));
    Json object{{"n", step.number}, {"l", step.position.line}, {"t", texts.of(step.text)}};
    if (!step.path.empty()) object["p"] = texts.of(step.path);
    if (!step.happened.empty()) object["h"] = texts.numbers(step.happened);
    if (!step.checks.empty()) object["k"] = checks;
    if (!step.clauses.empty()) object["c"] = texts.numbers(step.clauses);
    if (step.failed) object["f"] = 1;
    if (step.skipped) object["s"] = 1;
    return object;
}

Json violation_json(const HtmlViolation& one, HtmlTexts& texts) {
    const conformance::Violation& what = *one.violation;
    return {one.advice ? 1 : 0,        texts.of(std::string(what.rule)),
            texts.of(std::string(what.clause)), texts.of(what.required),
            texts.of(what.observed),   texts.of(what.waits),
            texts.of(one.where)};
}

Json labelled_json(const HtmlPicture& one, HtmlTexts& texts) {
    Json object = picture_json(one.picture, texts);
    if (!one.label.empty()) object["label"] = one.label;
    return object;
}

}  // namespace

HtmlJson catalogue_json(const std::vector<std::string>* only) {
    HtmlJson list = HtmlJson::array();
    for (const conformance::Clause& one : conformance::clauses()) {
        if (only != nullptr && std::ranges::find(*only, one.id) == only->end()) continue;
        std::string places;
        for (const conformance::ClauseSource& place : conformance::sources_of(one)) {
            places += (places.empty() ? "" : "; ") + conformance::to_string(place);
        }
        if (!one.decision.empty()) places += "; " + one.decision;
        list.push_back({one.id, one.source, places, one.obligation, one.applies_to, one.text,
                        one.unchecked});
    }
    return list;
}

struct HtmlReport::Group {
    HtmlTexts texts;
    Json sources = Json::array();
    Json details = Json::array();
    std::size_t passing = 0;
};

HtmlReport::HtmlReport(Sink& sink) : sink_(sink) {}
HtmlReport::~HtmlReport() = default;

void HtmlReport::begin(const HtmlHead& head) {
    sink_.write(html_page_begin("oplocksim " + head.verb + ", profile " + head.profile, {"page.css"},
                                {"base.js", "diagram.js", "report.js", "compare.js"}));
    Json verdicts = Json::array();
    for (int i = 0; i < conformance::kSuiteVerdictCount; ++i) {
        verdicts.push_back(to_string(static_cast<conformance::SuiteVerdict>(i)));
    }
    const Json document{{"verb", head.verb},
                        {"version", head.version},
                        {"profile", head.profile},
                        {"gate", head.gate},
                        {"switches", pairs_json(head.switches)},
                        {"given", pairs_json(head.given)},
                        {"selection", head.selection},
                        {"verdicts", verdicts},
                        {"clauses", catalogue_json()}};
    sink_.write(html_data("head", dumped_compact(document)));
}

void HtmlReport::begin_group(std::span<const scenarios::SourceFile> sources) {
    group_ = std::make_unique<Group>();
    for (const scenarios::SourceFile& source : sources) {
        group_->sources.push_back({source.path, source.text});
    }
}

bool HtmlReport::has_room_for_passing() const {
    return group_->passing < kMaxPassingOfGroup && passing_bytes_ < kMaxPassingBytes;
}

HtmlDetailRef HtmlReport::add_detail(const HtmlDetail& detail) {
    const bool room =
        detail.passed ? has_room_for_passing() : failure_bytes_ < kMaxFailureBytes;
    if (!room) {
        ++(detail.passed ? passing_left_out_ : failures_left_out_);
        return {};
    }
    if (detail.passed) ++group_->passing;
    const std::size_t texts_before = group_->texts.bytes();
    Json steps = Json::array();
    for (const StepRecord& step : detail.steps) steps.push_back(step_json(step, group_->texts));
    Json pictures = Json::array();
    for (const HtmlPicture& one : detail.pictures) {
        pictures.push_back(labelled_json(one, group_->texts));
    }
    Json object{{"steps", steps}, {"pictures", pictures}};
    if (!detail.violations.empty()) {
        Json violations = Json::array();
        for (const HtmlViolation& one : detail.violations) {
            violations.push_back(violation_json(one, group_->texts));
        }
        object["violations"] = violations;
    }
    if (!detail.facts.empty()) {
        object["facts"] = group_->texts.numbers({detail.facts.begin(), detail.facts.end()});
    }
    (detail.passed ? passing_bytes_ : failure_bytes_) +=
        dumped_compact(object).size() + group_->texts.bytes() - texts_before;
    group_->details.push_back(std::move(object));
    return {elements_ + 1, static_cast<std::uint32_t>(group_->details.size() - 1)};
}

void HtmlReport::end_group() {
    if (!group_->details.empty()) {
        const Json document{{"texts", group_->texts.all()},
                            {"sources", group_->sources},
                            {"runs", group_->details}};
        sink_.write(html_data("details", dumped_compact(document)));
        ++elements_;
    }
    group_.reset();
}

void HtmlReport::rows(const HtmlGroup& group, std::span<const HtmlCase> cases) {
    Json list = Json::array();
    for (const HtmlCase& one : cases) list.push_back(case_json(one));
    Json document{{"kind", group.kind}, {"id", group.id}, {"rows", list}};
    if (!group.title.empty()) document["title"] = group.title;
    if (!group.about.empty()) document["about"] = group.about;
    if (!group.path.empty()) document["path"] = group.path;
    sink_.write(html_data("rows", dumped_compact(document)));
}

void HtmlReport::finish(const HtmlEnd& end) {
    Json document{{"conforms", end.conforms},
                  {"interrupted", end.interrupted},
                  {"runs", end.runs},
                  {"stale", end.stale},
                  {"passing_left_out", passing_left_out_},
                  {"failures_left_out", failures_left_out_}};
    if (!end.facts.empty()) document["facts"] = end.facts;
    if (end.coverage != nullptr) document["coverage"] = coverage_json(*end.coverage);
    sink_.write(html_data("end", dumped_compact(document)) + html_page_end());
}

}  // namespace oplocksim::reports
