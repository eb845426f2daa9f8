// oplocksim rules: the rules, what they demand and where that is written.
#include <algorithm>
#include <string>
#include <vector>

#include "conformance/clauses.h"
#include "conformance/rules/rules.h"
#include "reports/json.h"
#include "reports/rules_json.h"
#include "reports/text.h"
#include "scenarios/text.h"
#include "tools/parse_values.h"
#include "tools/verbs.h"

namespace oplocksim::tools {
namespace {

using conformance::Clause;
using conformance::RuleInfo;

void write_wrapped(Output& out, std::string_view text, std::size_t indent) {
    const std::size_t room = std::max<std::size_t>(out.width(), indent + 40) - indent;
    for (const std::string& line : reports::wrapped(scenarios::escaped(text), room)) {
        out.write(std::string(indent, ' ') + line + "\n");
    }
}

void write_clause(Output& out, std::string_view id) {
    const Clause* const clause = conformance::find_clause(id);
    if (clause == nullptr) return;
    out.write("  " + clause->id + "  " + conformance::citation(*clause) + "\n");
    write_wrapped(out, clause->text, 4);
}

void write_rule(Output& out, const RuleInfo& rule) {
    out.write(std::string(rule.id) + "  (" + std::string(rule.property) + ", " +
              std::string(rule.obligation) + ")\n");
    write_wrapped(out, std::string(rule.summary) + ".", 2);
    write_wrapped(out, rule.documentation, 2);
    for (const std::string_view clause : rule.clauses) write_clause(out, clause);
}

void write_list(Output& out, const std::vector<RuleInfo>& rules) {
    for (const RuleInfo& rule : rules) {
        out.write(reports::padded(rule.property, 5) + std::string(rule.id) + "\n");
        write_wrapped(out, rule.summary, 5);
    }
    out.write(reports::counted(rules.size(), "rule") + "\n");
}

// By id or property; a clause id selects the rules that cite it.
std::vector<RuleInfo> selected(const std::string& id) {
    std::vector<RuleInfo> found;
    for (const RuleInfo& rule : conformance::rules()) {
        const bool cites = std::ranges::find(rule.clauses, id) != rule.clauses.end();
        if (id.empty() || rule.id == id || rule.property == id || cites) found.push_back(rule);
    }
    return found;
}

std::vector<std::string_view> known_ids() {
    std::vector<std::string_view> ids;
    for (const RuleInfo& rule : conformance::rules()) {
        ids.push_back(rule.id);
        ids.push_back(rule.property);
    }
    for (const Clause& clause : conformance::clauses()) ids.push_back(clause.id);
    return ids;
}

}  // namespace

int rules_verb(const RulesArguments& arguments, Streams& streams) {
    const std::vector<RuleInfo> rules = selected(arguments.id);
    const Clause* const clause = conformance::find_clause(arguments.id);
    if (rules.empty() && clause == nullptr) {
        const std::string_view near = scenarios::nearest(arguments.id, known_ids());
        std::string error = scenarios::in_quotes(arguments.id) +
                            " is not a rule, a property or a clause";
        error += near.empty() ? " (see 'oplocksim rules')"
                              : "; did you mean '" + std::string(near) + "'?";
        return report_error(streams, error, ExitStatus::bad_input);
    }
    if (arguments.json) {
        streams.out.write(reports::rules_json(rules));
        return static_cast<int>(ExitStatus::conforms);
    }
    if (arguments.id.empty()) {
        write_list(streams.out, rules);
        return static_cast<int>(ExitStatus::conforms);
    }
    if (clause != nullptr) {
        write_clause(streams.out, clause->id);
        if (rules.empty()) streams.out.write("  No rule cites it.\n");
    }
    for (const RuleInfo& rule : rules) write_rule(streams.out, rule);
    return static_cast<int>(ExitStatus::conforms);
}

}  // namespace oplocksim::tools
