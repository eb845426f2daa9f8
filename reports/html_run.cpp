#include "reports/html_run.h"

#include "conformance/reproduce.h"
#include "scenarios/diagnostic.h"

namespace oplocksim::reports {
namespace {

using conformance::SuiteVerdict;
using scenarios::RunResult;
using scenarios::Verdict;

SuiteVerdict verdict_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::pass: return SuiteVerdict::pass;
        case Verdict::fail: return SuiteVerdict::fail;
        case Verdict::skip: return SuiteVerdict::skipped;
        case Verdict::error: return SuiteVerdict::unknown;
    }
    return SuiteVerdict::unknown;
}

}  // namespace

HtmlDetailRef add_run_detail(HtmlReport& report, const RunResult& result) {
    if (result.verdict == Verdict::skip) return {};
    HtmlDetail detail;
    detail.passed = result.verdict == Verdict::pass;
    detail.steps = result.steps;
    if (detail.passed && !report.has_room_for_passing()) return report.add_detail(detail);
    std::vector<HtmlPicture> pictures;
    if (result.names != nullptr && !result.trace.empty()) {
        pictures.push_back({"", make_picture(result)});
    }
    detail.pictures = pictures;
    return report.add_detail(detail);
}

void HtmlRunReport::on_begin(const Session& session) {
    HtmlHead head;
    head.verb = "run";
    head.version = session.version;
    head.profile = session.profile;
    head.switches = session.switches;
    head.given = session.given;
    report_.begin(head);
}

void HtmlRunReport::on_invalid(const std::string& path,
                               std::span<const scenarios::Diagnostic> diagnostics) {
    HtmlCase one;
    one.verdict = SuiteVerdict::environment_error;
    for (const scenarios::Diagnostic& diagnostic : diagnostics) {
        one.message += scenarios::render(diagnostic);
    }
    report_.rows({"file", path, "This file could not be read as a scenario", "", path}, {&one, 1});
}

void HtmlRunReport::on_file_begin(const scenarios::ScenarioInfo& info) {
    group_ = {"scenario", info.id, info.title, info.description, info.path};
    cases_.clear();
    report_.begin_group(info.sources);
}

void HtmlRunReport::on_run(const RunResult& result) {
    HtmlCase one;
    one.variant = variant_of(result);
    one.verdict = verdict_of(result.verdict);
    one.obligation = conformance::strongest_obligation(result.clauses);
    one.clauses = result.clauses;
    one.message = result.reason;
    one.reproduce = conformance::reproduce_command(result);
    one.detail = add_run_detail(report_, result);
    cases_.push_back(std::move(one));
    if (result.verdict == Verdict::skip) return;
    for (const std::string& clause : result.clauses) coverage_.add_clause(clause);
    if (result.names != nullptr) coverage_.add_run(*result.names, result.trace);
}

void HtmlRunReport::on_file_end() {
    report_.end_group();
    report_.rows(group_, cases_);
}

void HtmlRunReport::on_end(const Summary& summary) {
    HtmlEnd end;
    end.conforms = summary.failed == 0 && summary.errors == 0 && summary.invalid == 0 &&
                   !summary.interrupted;
    end.interrupted = summary.interrupted;
    end.runs = summary.runs;
    end.coverage = &coverage_;
    report_.finish(end);
}

}  // namespace oplocksim::reports
