#include "reports/rules_json.h"

#include <nlohmann/json.hpp>

#include "conformance/owners.h"
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

Json clause_json(const conformance::Clause& clause) {
    Json sources = Json::array();
    for (const conformance::ClauseSource& source : sources_of(clause)) {
        sources.push_back({{"document", source.document},
                           {"title", source.title},
                           {"section", source.section}});
    }
    const conformance::ClauseOwners& owners = conformance::owners_of(clause.id);
    Json object = {{"id", clause.id},
                   {"text", clause.text},
                   {"obligation", clause.obligation},
                   {"applies_to", clause.applies_to},
                   {"sources", sources},
                   {"rules", owners.rules},
                   {"tables", owners.tables},
                   {"scenarios", owners.scenarios}};
    if (!clause.decision.empty()) object["decision"] = clause.decision;
    if (!clause.unchecked.empty()) object["unchecked"] = clause.unchecked;
    return object;
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

std::string rules_json(std::span<const conformance::RuleInfo> rules,
                       std::span<const conformance::Clause> clauses) {
    Json rule_rows = Json::array();
    for (const conformance::RuleInfo& rule : rules) {
        rule_rows.push_back({{"id", rule.id},
                             {"property", rule.property},
                             {"obligation", rule.obligation},
                             {"summary", rule.summary},
                             {"documentation", rule.documentation},
                             {"clauses", std::vector<std::string_view>(rule.clauses.begin(),
                                                                       rule.clauses.end())}});
    }
    Json clause_rows = Json::array();
    for (const conformance::Clause& clause : clauses) clause_rows.push_back(clause_json(clause));
    return dumped({{"format", "oplocksim-rules"},
                   {"format_version", kRulesVersion},
                   {"rules", rule_rows},
                   {"clauses", clause_rows}});
}

}  // namespace oplocksim::reports
