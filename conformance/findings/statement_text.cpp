#include "conformance/findings/statement_text.h"

#include <algorithm>
#include <vector>

#include "conformance/findings/yaml_words.h"
#include "engine/assert.h"
#include "engine/ntstatus.h"
#include "scenarios/constant_tables.h"
#include "scenarios/language.h"
#include "scenarios/text.h"

namespace oplocksim::conformance::findings {
namespace {

using scenarios::ConstantKind;

std::string braces(const std::vector<std::string>& members) {
    return "{" + scenarios::joined(members, ", ") + "}";
}

std::string output_text(const scenarios::OutputExpectation& output) {
    const auto& [none, original_level, new_level, flags, access_mode, share_mode] = output;
    if (none) return "none";
    std::vector<std::string> members;
    const auto add = [&members](const char* key, const std::string& value) {
        members.push_back(std::string(key) + ": " + value);
    };
    if (original_level) add("original_level", scenarios::level_name(*original_level));
    if (new_level) add("new_level", scenarios::level_name(*new_level));
    if (flags) add("flags", mask_list(ConstantKind::output_flag, *flags));
    if (access_mode) add("access_mode", mask_list(ConstantKind::access, *access_mode));
    if (share_mode) add("share_mode", mask_list(ConstantKind::share, *share_mode));
    return braces(members);
}

std::string outcome_text(const scenarios::Outcome& outcome) {
    const auto& [word, status, pends, win32, information, output, data, length, cached] = outcome;
    std::vector<std::string> members;
    const auto add = [&members](const char* key, const std::string& value) {
        members.push_back(std::string(key) + ": " + value);
    };
    if (word) {
        add("status", std::string(*word == scenarios::OutcomeWord::status
                                      ? engine::to_string(status)
                                      : to_string(*word)));
    }
    if (pends) add("pends", *pends ? "true" : "false");
    if (win32) add("win32", std::to_string(*win32));
    if (information) {
        add("information", scenarios::constant_name(ConstantKind::information, *information));
    }
    if (output) add("output", output_text(*output));
    if (data) add("data", yaml_text(*data));
    if (length) add("length", std::to_string(*length));
    if (cached) add("cached", *cached ? "true" : "false");
    return members.size() == 1 && word ? members.front().substr(8) : braces(members);
}

}  // namespace

std::string statement_text(const scenarios::Statement& statement, std::string_view name) {
    return std::string(to_string(statement.kind)) + ": {" + std::string(name) + ": " +
           outcome_text(statement.expectation.outcome) + "}";
}

void say_statement(Finding& finding, const scenarios::Statement& statement,
                   sim::StepIndex subject) {
    OPLOCKSIM_ASSERT(subject < finding.of.steps.size(), "a statement about no step");
    const std::string called = step_name(finding.of, subject);
    std::string& name = finding.of.steps[subject].name;
    for (std::size_t number = 1; name.empty(); ++number) {
        const std::string fresh = "subject" + (number == 1 ? "" : std::to_string(number));
        const bool used = std::ranges::find(finding.of.steps, fresh, &sim::Step::name) !=
                          finding.of.steps.end();
        if (!used) name = fresh;
    }
    finding.statement = statement_text(statement, name);
    Failure& failure = finding.failure;
    failure.rule = std::string(to_string(statement.kind)) + " " + name;
    if (failure.observed.starts_with(called)) failure.observed.replace(0, called.size(), name);
    // The last choice showed it, or what had not happened by the end.
    const bool at_end = statement.kind == scenarios::StatementKind::eventually;
    failure.choice = finding.schedule.size() - (at_end || finding.schedule.empty() ? 0 : 1);
}

}  // namespace oplocksim::conformance::findings
