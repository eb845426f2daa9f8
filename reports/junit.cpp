#include "reports/junit.h"

#include <algorithm>

#include "conformance/reproduce.h"
#include "reports/text.h"

namespace oplocksim::reports {
namespace {

using scenarios::Check;
using scenarios::RunResult;
using scenarios::StepRecord;
using scenarios::Verdict;

// The Char production of XML 1.0.
bool allowed_in_xml(char32_t c) {
    return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c <= 0xD7FF) ||
           (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

std::string_view reference_for(char32_t c, XmlPlace place) {
    const bool in_attribute = place == XmlPlace::attribute;
    switch (c) {
        case U'&': return "&amp;";
        case U'<': return "&lt;";
        case U'>': return "&gt;";
        case U'\r': return "&#13;";
        case U'"': return in_attribute ? "&quot;" : "";
        case U'\t': return in_attribute ? "&#9;" : "";
        case U'\n': return in_attribute ? "&#10;" : "";
        default: return "";
    }
}

std::string attribute(std::string_view name, std::string_view value) {
    return " " + std::string(name) + "=\"" + xml_escaped(value, XmlPlace::attribute) + "\"";
}

// "grants.matrix" for "grants/matrix": the way class names are grouped.
std::string dotted(std::string id) {
    std::ranges::replace(id, '/', '.');
    return id;
}

std::string case_title(const RunResult& result) {
    const std::string variant = variant_of(result);
    return variant.empty() ? result.title : result.title + " " + variant;
}

std::string body_of(const RunResult& result) {
    std::string text = result.reason + "\n";
    for (const StepRecord& step : result.steps) {
        if (step.skipped) continue;
        text += (step.failed ? "> " : "  ") + std::to_string(step.number) + "  " + step.text + "\n";
        for (const std::string& event : step.happened) text += "       " + event + "\n";
        for (const Check& check : step.checks) {
            if (check.passed) continue;
            text += "     " + result.path + ":" + std::to_string(check.position.line) + ": " +
                    check.subject + "\n       expected: " + check.expected +
                    "\n       observed: " + check.observed + "\n";
        }
        if (step.failed) break;
    }
    for (const std::string& id : result.clauses) text += "clause " + id + "\n";
    return text + "reproduce: " + conformance::reproduce_command(result) + "\n";
}

std::string problem_element(std::string_view name, std::string_view type,
                            const std::string& message, const std::string& body) {
    return "      <" + std::string(name) + attribute("type", type) + attribute("message", message) +
           ">" + xml_escaped(body, XmlPlace::text) + "</" + std::string(name) + ">\n";
}

std::string outcome_element(const RunResult& result) {
    switch (result.verdict) {
        case Verdict::pass: return "";
        case Verdict::skip:
            return "      <skipped" + attribute("message", result.reason) + "/>\n";
        case Verdict::fail:
            return problem_element("failure", "expectation", result.reason, body_of(result));
        case Verdict::error:
            return problem_element("error", "limit", result.reason, body_of(result));
    }
    return "";
}

}  // namespace

std::string xml_escaped(std::string_view text, XmlPlace place) {
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t first = at;
        const CodePoint c = next_code_point(text, at);
        const std::string_view reference = c.valid ? reference_for(c.value, place) : "";
        if (!c.valid || !allowed_in_xml(c.value)) {
            out += "\xEF\xBF\xBD";
        } else if (!reference.empty()) {
            out += reference;
        } else {
            out += text.substr(first, at - first);
        }
    }
    return out;
}

void JunitReport::on_begin(const Session& session) {
    session_ = session;
    sink_.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"oplocksim\">\n");
}

void JunitReport::write_suite(std::string_view name, const Summary& counts,
                              std::string_view cases) {
    sink_.write("  <testsuite" + attribute("name", name) +
                attribute("tests", std::to_string(counts.runs)) +
                attribute("failures", std::to_string(counts.failed)) +
                attribute("errors", std::to_string(counts.errors)) +
                attribute("skipped", std::to_string(counts.skipped)) + ">\n    <properties>\n");
    sink_.write("      <property name=\"version\"" + attribute("value", session_.version) + "/>\n" +
                "      <property name=\"profile\"" + attribute("value", session_.profile) + "/>\n");
    for (const auto& [key, value] : session_.given) {
        sink_.write("      <property" + attribute("name", key) + attribute("value", value) +
                    "/>\n");
    }
    sink_.write("    </properties>\n");
    sink_.write(cases);
    sink_.write("  </testsuite>\n");
}

void JunitReport::on_invalid(const std::string& path,
                             std::span<const scenarios::Diagnostic> diagnostics) {
    std::string body;
    for (const scenarios::Diagnostic& diagnostic : diagnostics) {
        body += scenarios::render(diagnostic);
    }
    Summary counts;
    counts.runs = counts.errors = 1;
    const std::string message = diagnostics.empty() ? "" : diagnostics.front().message;
    write_suite(path, counts,
                "    <testcase" + attribute("classname", dotted(path)) +
                    attribute("name", "is a valid scenario file") + ">\n" +
                    problem_element("error", "input", message, body) + "    </testcase>\n");
}

void JunitReport::on_file_begin(const scenarios::ScenarioInfo& info) {
    file_id_ = info.id;
    cases_.clear();
    counts_ = Summary{};
}

void JunitReport::on_run(const RunResult& result) {
    counts_.count(result.verdict);
    cases_ += "    <testcase" + attribute("classname", dotted(result.scenario)) +
              attribute("name", case_title(result)) + attribute("file", result.path);
    const std::string outcome = outcome_element(result);
    cases_ += outcome.empty() ? "/>\n" : ">\n" + outcome + "    </testcase>\n";
}

void JunitReport::on_file_end() {
    if (counts_.runs > 0) write_suite(file_id_, counts_, cases_);
}

void JunitReport::on_end(const Summary& /*summary*/) { sink_.write("</testsuites>\n"); }

}  // namespace oplocksim::reports
