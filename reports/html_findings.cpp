#include "reports/html_findings.h"

#include <algorithm>

#include "conformance/findings/recording.h"
#include "conformance/findings/scenario_text.h"
#include "conformance/reproduce.h"
#include "reports/finding_picture.h"
#include "reports/listener.h"
#include "reports/text.h"

namespace oplocksim::reports {
namespace {

using conformance::SuiteVerdict;
using conformance::TraceRun;
using conformance::Violation;

// A run of more events is drawn around what is wrong with it, or its beginning.
constexpr std::size_t kMaxEventsDrawnWhole = 400;
constexpr std::size_t kMaxDrawn = 3;           // violations of a long run
constexpr std::size_t kEventsBefore = 120;
constexpr std::size_t kEventsAfter = 20;

std::vector<std::string> clauses_of(std::span<const Violation> violations) {
    std::vector<std::string> clauses;
    for (const Violation& one : violations) {
        if (one.clause.empty()) continue;
        if (std::ranges::find(clauses, one.clause) != clauses.end()) continue;
        clauses.emplace_back(one.clause);
    }
    return clauses;
}

std::string message_of(const Violation& one, std::size_t count) {
    std::string text = std::string(one.rule) + ": " + one.observed;
    if (count > 1) text += " (and " + std::to_string(count - 1) + " more)";
    return text;
}

std::string line_of(const TraceRun& run, const Violation& one) {
    if (run.lines.empty()) return {};
    return "line " + std::to_string(run.lines[std::min(one.event, run.lines.size() - 1)]);
}

PictureInput picture_input_of(const JudgedTrace& trace) {
    const TraceRun& run = *trace.run;
    PictureInput input;
    input.events = run.events;
    input.names = run.names;
    input.semantics = run.semantics;
    input.threads = run.threads;
    input.irp_names = run.irp_names;
    input.violations = trace.violations;
    input.advisories = trace.advisories;
    return input;
}

std::vector<HtmlPicture> pictures_of(const JudgedTrace& trace) {
    const PictureInput input = picture_input_of(trace);
    const std::size_t events = trace.run->events.size();
    if (events <= kMaxEventsDrawnWhole) return {{"", make_picture(input)}};
    std::vector<HtmlPicture> pictures;
    for (const std::span<const Violation> found : {trace.violations, trace.advisories}) {
        for (const Violation& one : found) {
            if (pictures.size() == kMaxDrawn) return pictures;
            LaneWindow window;
            const std::size_t at = std::min(one.event, events);
            window.first_event = at > kEventsBefore ? at - kEventsBefore : 0;
            window.end_event = at + 1 + kEventsAfter;
            pictures.push_back({line_of(*trace.run, one) + ": " + std::string(one.rule),
                                make_picture(input, window)});
        }
    }
    if (!pictures.empty()) return pictures;
    LaneWindow beginning;
    beginning.end_event = kMaxEventsDrawnWhole;
    return {{"", make_picture(input, beginning)}};
}

}  // namespace

void HtmlFindingsReport::add_trace(const JudgedTrace& trace) {
    const TraceRun& run = *trace.run;
    if (run.names != nullptr) coverage_.add_run(*run.names, run.events);
    std::vector<HtmlViolation> violations;
    for (const Violation& one : trace.violations) {
        violations.push_back({&one, false, line_of(run, one)});
    }
    for (const Violation& one : trace.advisories) {
        violations.push_back({&one, true, line_of(run, one)});
    }
    HtmlCase row;
    row.variant = run.run + (run.case_name.empty() ? "" : " [" + run.case_name + "]");
    const bool passed = trace.violations.empty();
    row.verdict = passed ? SuiteVerdict::pass : SuiteVerdict::fail;
    row.clauses = clauses_of(passed ? trace.advisories : trace.violations);
    if (!passed) row.message = message_of(trace.violations.front(), trace.violations.size());
    if (passed && !trace.advisories.empty()) {
        row.message = "advice: " + message_of(trace.advisories.front(), trace.advisories.size());
    }
    row.reproduce = "oplocksim check " + conformance::shell_quoted(trace.path);
    const std::string facts = counted(run.events.size(), "event") + ", profile " + trace.profile;

    report_.begin_group({});
    HtmlDetail detail;
    detail.passed = passed;
    detail.violations = violations;
    detail.facts = {&facts, 1};
    std::vector<HtmlPicture> pictures;
    if (!passed || report_.has_room_for_passing()) pictures = pictures_of(trace);
    detail.pictures = pictures;
    row.detail = report_.add_detail(detail);
    report_.end_group();
    report_.rows({"trace", trace.path, "", "", trace.path}, {&row, 1});
}

void HtmlFindingsReport::add_explored(const ExploredCase& one) {
    HtmlCase row;
    row.variant = one.case_name;
    row.verdict = one.verdict;
    row.clauses = one.clauses;
    row.message = one.message;
    row.reproduce = one.reproduce;
    std::vector<scenarios::SourceFile> sources;
    if (one.path != source_of_) sources.push_back({one.path, one.source});
    source_of_ = one.path;
    report_.begin_group(sources);
    HtmlDetail detail;
    detail.passed = one.verdict == SuiteVerdict::pass;
    detail.facts = one.facts;
    row.detail = report_.add_detail(detail);
    report_.end_group();
    report_.rows({"explored", one.path, one.title, "", one.path}, {&row, 1});
}

void HtmlFindingsReport::add_finding(const FoundFinding& found) {
    const conformance::findings::Finding& finding = *found.finding;
    const std::string title = conformance::findings::title_of(finding);
    const std::string text = conformance::findings::scenario_text(finding);
    const auto recorded = conformance::findings::recorded_scenario(finding);
    HtmlCase row;
    row.verdict = SuiteVerdict::fail;
    if (!finding.failure.clause.empty()) row.clauses.push_back(finding.failure.clause);
    row.reproduce = found.reproduce;

    const scenarios::RunResult& run = recorded.run;
    const std::vector<Violation> wrong = violations_of(finding.failure, run);
    row.message = "required: " + wrong.front().required;   // the title says what was seen
    std::vector<HtmlViolation> violations;
    for (const Violation& one : wrong) violations.push_back({&one, false, ""});
    const scenarios::SourceFile source{found.id + ".yaml", text};
    report_.begin_group({&source, 1});
    HtmlDetail detail;
    detail.passed = false;
    detail.violations = violations;
    detail.facts = found.facts;
    std::vector<HtmlPicture> pictures;
    if (recorded.problem.empty()) {
        detail.steps = run.steps;
        pictures.push_back({"", finding_picture(run, wrong)});
    }
    detail.pictures = pictures;
    row.detail = report_.add_detail(detail);
    report_.end_group();
    report_.rows({"finding", found.id, title, "", finding.provenance.source}, {&row, 1});
}

void HtmlFindingsReport::add_rules(std::span<const conformance::RuleReport> rules) {
    for (const conformance::RuleReport& one : rules) {
        HtmlCase row;
        row.verdict = SuiteVerdict::pass;
        if (one.exercised == 0) row.verdict = SuiteVerdict::not_exercised;
        if (one.violations > 0) row.verdict = SuiteVerdict::fail;
        if (one.info->obligation == "should") {
            row.obligation = conformance::ClauseObligation::should;
        }
        row.message = one.exercised == 0 ? "nothing in these runs gave it anything to judge"
                                         : "judged " + counted(one.exercised, "time");
        if (one.violations > 0) row.message += ", objects " + counted(one.violations, "time");
        for (const std::string_view clause : one.info->clauses) row.clauses.emplace_back(clause);
        row.reproduce = "oplocksim rules " + std::string(one.info->id);
        report_.rows({"rule", "rules/" + std::string(one.info->id), std::string(one.info->summary),
                      std::string(one.info->documentation), ""},
                     {&row, 1});
    }
}

void HtmlFindingsReport::finish(HtmlEnd end, const conformance::Coverage* coverage) {
    end.coverage = coverage;
    if (coverage == nullptr && coverage_.runs() > 0) end.coverage = &coverage_;
    report_.finish(end);
}

}  // namespace oplocksim::reports
