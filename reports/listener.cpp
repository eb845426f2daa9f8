#include "reports/listener.h"

#include <algorithm>

namespace oplocksim::reports {

void Summary::count(scenarios::Verdict verdict) {
    ++runs;
    switch (verdict) {
        case scenarios::Verdict::pass: ++passed; return;
        case scenarios::Verdict::fail: ++failed; return;
        case scenarios::Verdict::skip: ++skipped; return;
        case scenarios::Verdict::error: ++errors; return;
    }
}

std::string_view switch_value_of(const scenarios::RunResult& result, std::string_view name) {
    for (const auto& [key, value] : result.switches) {
        if (key == name) return value;
    }
    return {};
}

std::string variant_of(const scenarios::RunResult& result) {
    std::string text;
    if (!result.case_name.empty()) text = "[" + result.case_name + "]";
    for (const std::string& name : result.changed_switches) {
        if (!text.empty()) text += ' ';
        text += name + "=" + std::string(switch_value_of(result, name));
    }
    return text;
}

std::string shell_quoted(std::string_view word) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+%@";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) {
        return std::string(word);
    }
    std::string quoted = "'";
    for (const char c : word) {
        if (c == '\'') {
            quoted += "'\\''";
        } else {
            quoted += c;
        }
    }
    return quoted + "'";
}

std::string reproduce_command(const scenarios::RunResult& result) {
    std::string command = "oplocksim run " + shell_quoted(result.path);
    if (result.profile != "docs") command += " --profile " + shell_quoted(result.profile);
    for (const std::string& name : result.changed_switches) {
        const std::string value(switch_value_of(result, name));
        command += " --switch " + shell_quoted(name + "=" + value);
    }
    if (!result.case_name.empty()) command += " --case " + shell_quoted(result.case_name);
    return command + " -v";
}

}  // namespace oplocksim::reports
