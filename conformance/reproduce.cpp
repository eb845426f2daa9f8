#include "conformance/reproduce.h"

#include <algorithm>

namespace oplocksim::conformance {

namespace {

std::string option(std::string_view name, std::string_view value) {
    return " " + std::string(name) + " " + shell_quoted(value);
}

std::string switch_option(std::string_view name, std::string_view value) {
    return option("--switch", std::string(name) + "=" + std::string(value));
}

}  // namespace

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
    if (result.profile != "docs") command += option("--profile", result.profile);
    for (const auto& [name, value] : result.switches) {
        const bool changed = std::ranges::find(result.changed_switches, name) !=
                             result.changed_switches.end();
        if (changed) command += switch_option(name, value);
    }
    if (!result.case_name.empty()) command += option("--case", result.case_name);
    return command + " -v";
}

std::string reproduce_command(const CellResult& result, std::string_view profile,
                              std::span<const SwitchChoice> given) {
    std::string command = "oplocksim conform " + shell_quoted(result.cell->id);
    if (profile != "docs") command += option("--profile", profile);
    for (const auto& [name, value] : given) {
        const bool tried = std::ranges::find(result.switches, name, &SwitchChoice::first) !=
                           result.switches.end();
        if (!tried) command += switch_option(name, value);
    }
    for (const auto& [name, value] : result.switches) command += switch_option(name, value);
    return command + " -v";
}

}  // namespace oplocksim::conformance
