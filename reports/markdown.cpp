#include "reports/markdown.h"

#include <array>
#include <map>

#include "conformance/clauses.h"
#include "reports/text.h"
#include "scenarios/text.h"

namespace oplocksim::reports {
namespace {

using conformance::SuiteCase;
using conformance::SuiteReport;
using conformance::SuiteVerdict;

constexpr std::array kVerdicts{
    SuiteVerdict::pass,          SuiteVerdict::fail,    SuiteVerdict::expected_failure,
    SuiteVerdict::unexpected_pass, SuiteVerdict::unknown, SuiteVerdict::environment_error,
    SuiteVerdict::not_exercised, SuiteVerdict::skipped};
static_assert(kVerdicts.size() == conformance::kSuiteVerdictCount);

constexpr std::array<std::string_view, 6> kGroups{"corpus", "break", "grant", "acknowledge",
                                                  "campaign", "rules"};

std::string headline(const SuiteReport& report) {
    const std::string profile = markdown_escaped(report.profile);
    std::string text = "## oplocksim " + markdown_escaped(report.version) + ": " +
                       (report.conforms() ? "conforms" : "does not conform") + "\n\nProfile " +
                       profile + ", gate " + std::string(to_string(report.gate)) + ", " +
                       counted(report.cases.size(), "case") + ", " + counted(report.runs, "run") +
                       ".";
    for (const auto& [name, value] : report.given) {
        text += " Switch " + markdown_escaped(name + "=" + value) + ".";
    }
    if (!report.selection.empty()) {
        text += " Only " + markdown_escaped(scenarios::joined(report.selection, ", ")) + ".";
    }
    if (report.interrupted) text += " **Interrupted: not everything was run.**";
    return text + "\n";
}

std::string counts_table(const SuiteReport& report) {
    std::map<std::pair<std::string, SuiteVerdict>, std::size_t> counts;
    for (const SuiteCase& one : report.cases) ++counts[{one.group, one.verdict}];
    std::string text = "\n| |";
    std::string line = "|---|";
    for (const SuiteVerdict verdict : kVerdicts) {
        text += " " + std::string(to_string(verdict)) + " |";
        line += "---:|";
    }
    text += "\n" + line + "\n";
    for (const std::string_view group : kGroups) {
        text += "| " + std::string(group) + " |";
        for (const SuiteVerdict verdict : kVerdicts) {
            text += " " + std::to_string(counts[{std::string(group), verdict}]) + " |";
        }
        text += "\n";
    }
    return text;
}

std::string failures(const SuiteReport& report) {
    std::string text;
    std::size_t shown = 0;
    std::size_t left_out = 0;
    for (const SuiteCase& one : report.cases) {
        const bool bad = counts_against(one, conformance::ClauseObligation::may) ||
                         one.verdict == SuiteVerdict::expected_failure;
        if (!bad) continue;
        if (shown++ >= kMaxMarkdownFailures) {
            ++left_out;
            continue;
        }
        text += "- **" + std::string(to_string(one.verdict)) + "** (" +
                std::string(to_string(one.obligation)) + ") " + markdown_escaped(one.id) + ": " +
                markdown_escaped(one.message);
        if (!one.reason.empty()) text += " Known: " + markdown_escaped(one.reason);
        if (!one.link.empty()) text += " " + markdown_escaped(one.link);
        text += "\n";
    }
    for (const std::string& id : report.stale) {
        text += "- **no such case**: the list of known failures names " + markdown_escaped(id) +
                "\n";
    }
    if (left_out > 0) text += "- and " + std::to_string(left_out) + " more\n";
    return text.empty() ? text : "\n### What fails\n\n" + text;
}

std::string counts_text(const conformance::CoverageCounts& counts) {
    const std::uint64_t all = counts.own + counts.same + counts.other;
    if (all == 0) return "";
    return std::to_string(counts.own) + "/" + std::to_string(counts.same) + "/" +
           std::to_string(counts.other);
}

std::string coverage_table(const SuiteReport& report) {
    std::string text =
        "\n<details><summary>Coverage: state x operation (own handle/same key/other key)</summary>"
        "\n\n| operation |";
    std::map<std::string, std::map<std::string, std::string>> table;
    for (const conformance::CoverageRow& row : report.coverage.rows()) {
        table[row.operation][row.state] = counts_text(row.counts);
    }
    std::string line = "|---|";
    for (const std::string_view state : conformance::coverage_states()) {
        text += " " + markdown_escaped(state) + " |";
        line += "---:|";
    }
    text += "\n" + line + "\n";
    for (const std::string_view operation : conformance::coverage_operations()) {
        text += "| " + markdown_escaped(operation) + " |";
        for (const std::string_view state : conformance::coverage_states()) {
            text += " " + table[std::string(operation)][std::string(state)] + " |";
        }
        text += "\n";
    }
    return text + "\n</details>\n";
}

std::string named_list(const std::string& summary, const std::vector<std::string>& items) {
    if (items.empty()) return {};
    std::string text = "\n<details><summary>" + summary + "</summary>\n\n";
    for (const std::string& item : items) text += "- " + markdown_escaped(item) + "\n";
    return text + "\n</details>\n";
}

std::vector<std::string> clauses_without_a_case(const SuiteReport& report) {
    std::vector<std::string> items;
    for (const auto& [id, hits] : report.coverage.clause_hits()) {
        if (hits > 0) continue;
        const conformance::Clause* clause = conformance::find_clause(id);
        const bool known = clause != nullptr && !clause->unchecked.empty();
        items.push_back(known ? id + ": " + clause->unchecked : id);
    }
    return items;
}

}  // namespace

std::string markdown_escaped(std::string_view text) {
    std::string out;
    for (const char c : scenarios::escaped(text)) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '\\':
            case '`':
            case '*':
            case '_':
            case '[':
            case ']':
            case '|':
            case '#':
            case '~':
            case '!': out += '\\'; out += c; break;
            default: out += c; break;
        }
    }
    return out;
}

std::string suite_markdown(const SuiteReport& report) {
    std::vector<std::string> not_exercised;
    for (const SuiteCase& one : report.cases) {
        if (one.verdict != SuiteVerdict::not_exercised) continue;
        not_exercised.push_back(one.id + ": " + one.message);
    }
    const std::vector<std::string> empty = report.coverage.empty_cells();
    const std::vector<std::string> clauses = clauses_without_a_case(report);
    return headline(report) + counts_table(report) + failures(report) + coverage_table(report) +
           named_list(counted(empty.size(), "combination") + " that nothing met", empty) +
           named_list(counted(clauses.size(), "clause") + " without a case", clauses) +
           named_list(counted(not_exercised.size(), "case") + " not exercised", not_exercised);
}

}  // namespace oplocksim::reports
