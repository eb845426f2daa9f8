// oplocksim rules: the rules and clauses: what they demand, where that is written, who checks it.
#include <algorithm>
#include <string>
#include <vector>

#include "conformance/clauses.h"
#include "conformance/owners.h"
#include "conformance/rules/rules.h"
#include "engine/semantics.h"
#include "reports/rules_json.h"
#include "reports/text.h"
#include "scenarios/diagnostic.h"
#include "scenarios/text.h"
#include "tools/verbs.h"

namespace oplocksim::tools {
namespace {

using conformance::Clause;
using conformance::RuleInfo;
using scenarios::in_quotes;

// Ids that an unknown one may have been meant to be.
constexpr std::size_t kSuggestions = 3;

void write_wrapped(Output& out, std::string_view text, std::size_t indent,
                   std::string_view label = {}) {
    const std::size_t room = std::max<std::size_t>(out.width(), indent + 40) - indent;
    std::string head = reports::padded(std::string(label), indent);
    for (const std::string& line : reports::wrapped(scenarios::escaped(text), room)) {
        out.write(head + line + "\n");
        head.assign(indent, ' ');
    }
}

void write_field(Output& out, std::string_view label, const std::string& text) {
    constexpr std::size_t kLabelColumns = 14;
    if (!text.empty()) write_wrapped(out, text, kLabelColumns, "  " + std::string(label));
}

// "SC-029 (switch lock_vs_rwh_waits)": what docs/spec-decisions.md has under these ids.
std::string decisions_text(const Clause& clause) {
    std::string text = clause.decision;
    for (const engine::SwitchInfo& info : engine::switches()) {
        if (clause.decision.find(info.decision) == std::string::npos) continue;
        text += "; switch " + std::string(info.name);
    }
    return text;
}

void write_owners(Output& out, const Clause& clause) {
    const conformance::ClauseOwners& owners = conformance::owners_of(clause.id);
    if (!clause.unchecked.empty()) write_field(out, "checked by", "nobody: " + clause.unchecked);
    write_field(out, "rules", scenarios::joined(owners.rules, ", "));
    write_field(out, "tables", scenarios::joined(owners.tables, ", "));
    write_field(out, "scenarios", scenarios::joined(owners.scenarios, ", "));
}

void write_clause(Output& out, const Clause& clause) {
    out.write(clause.id + "  (" + clause.obligation + ")\n");
    write_wrapped(out, clause.text, 2);
    std::vector<std::string> places;
    for (const auto& source : sources_of(clause)) places.push_back(to_string(source));
    write_field(out, "source", scenarios::joined(places, "; "));
    write_field(out, "applies to", clause.applies_to);
    write_field(out, "decision", decisions_text(clause));
    write_owners(out, clause);
}

void write_rule(Output& out, const RuleInfo& rule) {
    out.write(std::string(rule.id) + "  (" + std::string(rule.property) + ", " +
              std::string(rule.obligation) + ")\n");
    write_wrapped(out, std::string(rule.summary) + ".", 2);
    write_wrapped(out, rule.documentation, 2);
    for (const std::string_view id : rule.clauses) {
        const Clause* const clause = conformance::find_clause(id);
        if (clause == nullptr) continue;
        out.write("  " + clause->id + "  " + conformance::citation(*clause) + "\n");
        write_wrapped(out, clause->text, 4);
    }
}

void write_rules(Output& out, const std::vector<RuleInfo>& rules) {
    for (const RuleInfo& rule : rules) {
        out.write(reports::padded(rule.property, 5) + std::string(rule.id) + "\n");
        write_wrapped(out, rule.summary, 5);
    }
    out.write(reports::counted(rules.size(), "rule") + "\n");
}

void write_clauses(Output& out, const std::vector<Clause>& clauses) {
    for (const Clause& clause : clauses) {
        out.write(clause.id + "  (" + to_string(clause.checked_by) + ")  " +
                  conformance::citation(clause) + "\n");
        write_wrapped(out, clause.text, 4);
    }
    out.write(reports::counted(clauses.size(), "clause") + "\n");
}

// By id or property.
std::vector<RuleInfo> selected_rules(const std::string& id) {
    std::vector<RuleInfo> found;
    for (const RuleInfo& rule : conformance::rules()) {
        if (id.empty() || rule.id == id || rule.property == id) found.push_back(rule);
    }
    return found;
}

// Whether a section begins with `prefix` at its own joints: 2.1.5.1 has 2.1.5.1.2, not 2.1.5.15.
bool begins_with(std::string_view text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    const bool number = !prefix.empty() && prefix.back() >= '0' && prefix.back() <= '9';
    const bool goes_on = text.size() > prefix.size() && text[prefix.size()] >= '0' &&
                         text[prefix.size()] <= '9';
    return !(number && goes_on);
}

bool is_of(const Clause& clause, const std::string& source) {
    const std::string wanted = scenarios::lower(source);
    return std::ranges::any_of(sources_of(clause), [&](const conformance::ClauseSource& one) {
        const std::string section = scenarios::lower(one.section);
        return begins_with(scenarios::lower(one.document), wanted) ||
               begins_with(scenarios::lower(one.title), wanted) || begins_with(section, wanted) ||
               begins_with(one.document + " " + section, wanted) ||
               begins_with(scenarios::lower(to_string(one)), wanted);
    });
}

bool has_status(const Clause& clause, const std::string& status) {
    if (status == "rule") return clause.checked_by.rule;
    if (status == "table") return clause.checked_by.table;
    if (status == "scenario") return clause.checked_by.scenario;
    return status.empty() || !clause.unchecked.empty();
}

std::vector<Clause> selected_clauses(const RulesArguments& arguments) {
    std::vector<Clause> found;
    for (const Clause& clause : conformance::clauses()) {
        const bool of_source =
            arguments.sources.empty() ||
            std::ranges::any_of(arguments.sources, [&clause](const std::string& source) {
                return is_of(clause, source);
            });
        if (of_source && has_status(clause, arguments.status)) found.push_back(clause);
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

// The nearest spelling, then those that begin like it.
std::string suggestions(const std::string& id) {
    std::vector<std::string_view> near;
    const std::vector<std::string_view> known = known_ids();
    const std::string_view nearest = scenarios::nearest(id, known);
    if (!nearest.empty()) near.push_back(nearest);
    for (const std::string_view one : known) {
        const bool begins = !id.empty() && scenarios::lower(one).starts_with(scenarios::lower(id));
        const bool there = std::ranges::find(near, one) != near.end();
        if (begins && !there && near.size() < kSuggestions) near.push_back(one);
    }
    if (near.empty()) return " (see 'oplocksim rules' and 'oplocksim rules --clauses')";
    std::string text = "; did you mean ";
    for (const std::string_view one : near) {
        if (one != near.front()) text += one == near.back() ? " or " : ", ";
        text += "'" + std::string(one) + "'";
    }
    return text + "?";
}

int list_clauses(const RulesArguments& arguments, Streams& streams) {
    for (const std::string& source : arguments.sources) {
        const auto of_it = [&source](const Clause& clause) { return is_of(clause, source); };
        if (std::ranges::any_of(conformance::clauses(), of_it)) continue;
        return report_error(streams, in_quotes(source) + " is no document or section of a clause",
                            ExitStatus::bad_input);
    }
    const std::vector<Clause> clauses = selected_clauses(arguments);
    if (arguments.json) {
        streams.out.write(reports::rules_json({}, clauses));
    } else {
        write_clauses(streams.out, clauses);
    }
    return static_cast<int>(ExitStatus::conforms);
}

}  // namespace

int rules_verb(const RulesArguments& arguments, Streams& streams) {
    if (arguments.clauses) return list_clauses(arguments, streams);
    const std::vector<RuleInfo> rules = selected_rules(arguments.id);
    const Clause* const clause = conformance::find_clause(arguments.id);
    if (rules.empty() && clause == nullptr) {
        return report_error(streams,
                            in_quotes(arguments.id) + " is not a rule, a property or a clause" +
                                suggestions(arguments.id),
                            ExitStatus::bad_input);
    }
    if (arguments.json) {
        const std::vector<Clause> clauses = clause == nullptr ? std::vector<Clause>{}
                                                              : std::vector<Clause>{*clause};
        streams.out.write(reports::rules_json(rules, clauses));
    } else if (arguments.id.empty()) {
        write_rules(streams.out, rules);
    } else {
        if (clause != nullptr) write_clause(streams.out, *clause);
        for (const RuleInfo& rule : rules) write_rule(streams.out, rule);
    }
    return static_cast<int>(ExitStatus::conforms);
}

}  // namespace oplocksim::tools
