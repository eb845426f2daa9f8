#include "reports/finding_markdown.h"

#include <algorithm>

#include "conformance/clauses.h"
#include "conformance/findings/scenario_text.h"
#include "conformance/rules/rules.h"
#include "reports/finding_picture.h"
#include "reports/markdown.h"
#include "reports/timeline.h"
#include "scenarios/text.h"

namespace oplocksim::reports {
namespace {

using conformance::findings::Failure;
using conformance::findings::Finding;
using conformance::findings::Provenance;

constexpr std::size_t kTimelineWidth = 100;

// A block that no line of `text` can end.
std::string fenced(std::string_view language, std::string_view text) {
    std::size_t longest = 2;
    std::size_t now = 0;
    for (const char byte : text) {
        now = byte == '`' ? now + 1 : 0;
        longest = std::max(longest, now);
    }
    const std::string fence(longest + 1, '`');
    std::string block = fence + std::string(language) + "\n" + std::string(text);
    if (!text.ends_with('\n')) block += '\n';
    return block + fence + "\n";
}

std::string item(std::string_view label, std::string_view text) {
    if (text.empty()) return {};
    return "- **" + std::string(label) + "**: " + markdown_escaped(text) + "\n";
}

std::string rule_of(const Failure& failure) {
    const conformance::RuleInfo* info = conformance::find_rule(failure.rule);
    if (info == nullptr) return failure.rule;
    return failure.rule + " (" + std::string(info->property) + "): " + std::string(info->summary);
}

std::string clause_of(const Failure& failure) {
    const conformance::Clause* clause = conformance::find_clause(failure.clause);
    if (clause == nullptr) return failure.clause;
    return clause->id + ": " + clause->text + " (" + citation(*clause) + ")";
}

std::string origin_of(const Finding& finding) {
    const Provenance& from = finding.provenance;
    std::string text = item("Version", from.version);
    text += item("Profile", to_string(from.profile));
    std::string switches;
    const auto changed =
        conformance::findings::changed_switches(finding.of.semantics, from.profile);
    for (const auto& [name, value] : changed) {
        switches += (switches.empty() ? "" : ", ") + name + "=" + value;
    }
    text += item("Switches", switches);
    text += item("Explored", from.source);
    if (from.seed) {
        text += item("Seed", std::to_string(*from.seed) +
                                 (from.run ? ", run " + std::to_string(*from.run) : ""));
    }
    return text;
}

}  // namespace

std::string finding_markdown(const Finding& finding, std::string_view scenario,
                             std::string_view file, const scenarios::RunResult& run) {
    const Failure& failure = finding.failure;
    const auto words = [&](std::string_view text) {
        return conformance::findings::in_clients_words(finding.of, text);
    };
    std::string text =
        "# " + markdown_escaped(conformance::findings::title_of(finding)) + "\n\n";
    text += item("Rule", rule_of(failure));
    text += item("Clause", clause_of(failure));
    text += item("Observed", words(failure.observed));
    text += item("Required", words(failure.required));
    text += item("Waiting", words(failure.waits));
    text += origin_of(finding);
    text += "\n## Scenario\n\n" + fenced("yaml", scenario);
    const TimelineOptions options{kTimelineWidth, false, false};
    const std::string timeline = timeline_text(finding_picture(run, violations_of(failure, run)), options);
    if (!timeline.empty()) text += "\n## What happens\n\n" + fenced("text", timeline);
    text += "\n## How to reproduce\n\n" +
            fenced("sh", "oplocksim replay " + scenarios::escaped(file));
    return text;
}

}  // namespace oplocksim::reports
