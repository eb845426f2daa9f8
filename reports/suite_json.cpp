#include "reports/suite_json.h"

#include <array>
#include <nlohmann/json.hpp>

#include "reports/text.h"

namespace oplocksim::reports {
namespace {

using Json = nlohmann::ordered_json;
using conformance::SuiteCase;
using conformance::SuiteReport;
using conformance::SuiteVerdict;

constexpr int kIndented = 1;

// "not_exercised": verdicts as machines read them.
std::string verdict_key(SuiteVerdict verdict) {
    std::string key(to_string(verdict));
    for (char& c : key) {
        if (c == ' ') c = '_';
    }
    return key;
}

Json pairs_json(const std::vector<conformance::SwitchChoice>& pairs) {
    Json object = Json::object();
    for (const auto& [name, value] : pairs) object[name] = value;
    return object;
}

Json case_json(const SuiteCase& one) {
    Json object{{"id", one.id},
                {"group", one.group},
                {"title", one.title},
                {"verdict", verdict_key(one.verdict)},
                {"obligation", to_string(one.obligation)},
                {"clauses", one.clauses}};
    if (!one.message.empty()) object["message"] = one.message;
    if (!one.reason.empty()) object["reason"] = one.reason;
    if (!one.link.empty()) object["link"] = one.link;
    const bool bad = counts_against(one, conformance::ClauseObligation::may);
    if (bad && !one.reproduce.empty()) object["reproduce"] = one.reproduce;
    return object;
}

Json summary_json(const SuiteReport& report) {
    Json summary{{"conforms", report.conforms()},
                 {"interrupted", report.interrupted},
                 {"cases", report.cases.size()},
                 {"runs", report.runs}};
    for (int i = 0; i < conformance::kSuiteVerdictCount; ++i) {
        const auto verdict = static_cast<SuiteVerdict>(i);
        summary[verdict_key(verdict)] = report.count(verdict);
    }
    return summary;
}

Json coverage_json(const SuiteReport& report) {
    Json matrix = Json::array();
    for (const conformance::CoverageRow& row : report.coverage.rows()) {
        matrix.push_back({{"state", row.state},
                          {"operation", row.operation},
                          {"own_handle", row.counts.own},
                          {"same_key", row.counts.same},
                          {"other_key", row.counts.other}});
    }
    Json hits = Json::object();
    for (const auto& [id, count] : report.coverage.clause_hits()) hits[id] = count;
    return {{"matrix", matrix}, {"empty", report.coverage.empty_cells()}, {"clauses", hits}};
}

}  // namespace

std::string suite_json(const SuiteReport& report) {
    Json cases = Json::array();
    for (const SuiteCase& one : report.cases) cases.push_back(case_json(one));
    const Json document{{"format", "oplocksim-conform"},
                        {"format_version", kConformReportVersion},
                        {"version", report.version},
                        {"profile", report.profile},
                        {"gate", to_string(report.gate)},
                        {"switches", pairs_json(report.switches)},
                        {"given_switches", pairs_json(report.given)},
                        {"selection", report.selection},
                        {"summary", summary_json(report)},
                        {"stale_expectations", report.stale},
                        {"cases", cases},
                        {"coverage", coverage_json(report)}};
    return undeceptive_json(
               document.dump(kIndented, ' ', false, Json::error_handler_t::replace)) +
           "\n";
}

}  // namespace oplocksim::reports
