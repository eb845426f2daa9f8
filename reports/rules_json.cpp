#include "reports/rules_json.h"

#include <nlohmann/json.hpp>

#include "reports/text.h"

namespace oplocksim::reports {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& value) {
    return undeceptive_json(value.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

Json violation_json(const CheckedRun& run, const conformance::Violation& one) {
    Json object = {{"rule", one.rule},
                   {"property", one.property},
                   {"clause", one.clause},
                   {"event", one.event},
                   {"line", run.line_of(one)},
                   {"observed", one.observed},
                   {"required", one.required}};
    if (!one.waits.empty()) object["waits"] = one.waits;
    return object;
}

Json violations_json(const CheckedRun& run, std::span<const conformance::Violation> all) {
    Json rows = Json::array();
    for (const conformance::Violation& one : all) rows.push_back(violation_json(run, one));
    return rows;
}

}  // namespace

std::string check_json(std::span<const CheckedRun> runs,
                       std::span<const conformance::RuleReport> rules,
                       const std::string& problem) {
    Json run_rows = Json::array();
    for (const CheckedRun& run : runs) {
        run_rows.push_back({{"path", run.path},
                            {"run", run.run},
                            {"case", run.case_name},
                            {"profile", run.profile},
                            {"events", run.events},
                            {"violations", violations_json(run, run.violations)},
                            {"advisories", violations_json(run, run.advisories)}});
    }
    Json rule_rows = Json::array();
    for (const conformance::RuleReport& rule : rules) {
        rule_rows.push_back({{"id", rule.info->id},
                             {"property", rule.info->property},
                             {"exercised", rule.exercised},
                             {"violations", rule.violations}});
    }
    Json document = {{"runs", run_rows}, {"rules", rule_rows}};
    if (!problem.empty()) document["problem"] = problem;
    return dumped(document);
}

std::string rules_json(std::span<const conformance::RuleInfo> rules) {
    Json rows = Json::array();
    for (const conformance::RuleInfo& rule : rules) {
        rows.push_back({{"id", rule.id},
                        {"property", rule.property},
                        {"obligation", rule.obligation},
                        {"summary", rule.summary},
                        {"documentation", rule.documentation},
                        {"clauses", std::vector<std::string_view>(rule.clauses.begin(),
                                                                  rule.clauses.end())}});
    }
    return dumped({{"rules", rows}});
}

}  // namespace oplocksim::reports
