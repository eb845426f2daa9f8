#include "reports/tap.h"

#include "scenarios/text.h"

namespace oplocksim::reports {
namespace {

using conformance::SuiteCase;
using conformance::SuiteVerdict;

// The directive of TAP for what is known to fail; in pieces, since the word marks unfinished work
// elsewhere.
constexpr std::string_view kKnownToFail = "# TO" "DO ";

// One line; '#' begins a directive and '\' escapes, so both are escaped.
std::string line_text(std::string_view text) {
    std::string out;
    for (const char c : scenarios::escaped(text)) {
        if (c == '#' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string_view result_of(SuiteVerdict verdict) {
    switch (verdict) {
        case SuiteVerdict::pass:
        case SuiteVerdict::not_exercised:
        case SuiteVerdict::skipped: return "ok";
        case SuiteVerdict::fail:
        case SuiteVerdict::unknown:
        case SuiteVerdict::expected_failure:
        case SuiteVerdict::unexpected_pass:
        case SuiteVerdict::environment_error: break;
    }
    return "not ok";
}

std::string directive_of(const SuiteCase& one) {
    switch (one.verdict) {
        case SuiteVerdict::not_exercised:
        case SuiteVerdict::skipped: return " # SKIP " + line_text(one.message);
        case SuiteVerdict::expected_failure:
            return " " + std::string(kKnownToFail) + line_text(one.reason);
        case SuiteVerdict::pass:
        case SuiteVerdict::fail:
        case SuiteVerdict::unknown:
        case SuiteVerdict::unexpected_pass:
        case SuiteVerdict::environment_error: break;
    }
    return {};
}

// A YAML block of double-quoted scalars.
std::string diagnostic_of(const SuiteCase& one) {
    const auto quoted = [](std::string_view text) {
        std::string out = "\"";
        for (const char c : scenarios::escaped(text)) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        return out + "\"";
    };
    std::string text = "  ---\n  verdict: " + quoted(to_string(one.verdict)) +
                       "\n  obligation: " + quoted(to_string(one.obligation)) +
                       "\n  message: " + quoted(one.message) +
                       "\n  clauses: " + quoted(scenarios::joined(one.clauses, ", "));
    if (!one.link.empty()) text += "\n  link: " + quoted(one.link);
    if (!one.reproduce.empty()) text += "\n  reproduce: " + quoted(one.reproduce);
    return text + "\n  ...\n";
}

}  // namespace

std::string suite_tap(const conformance::SuiteReport& report) {
    const std::size_t points = report.cases.size() + report.stale.size();
    std::string text = "TAP version 14\n1.." + std::to_string(points) + "\n";
    std::size_t number = 0;
    for (const SuiteCase& one : report.cases) {
        text += std::string(result_of(one.verdict)) + " " + std::to_string(++number) + " - " +
                line_text(one.id) + directive_of(one) + "\n";
        if (result_of(one.verdict) != "ok") text += diagnostic_of(one);
    }
    for (const std::string& id : report.stale) {
        text += "not ok " + std::to_string(++number) + " - " + line_text(id) +
                " (a known failure that names no case)\n";
    }
    if (report.interrupted) text += "Bail out! interrupted\n";
    return text;
}

}  // namespace oplocksim::reports
