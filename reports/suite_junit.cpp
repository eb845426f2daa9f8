#include "reports/suite_junit.h"

#include <array>

#include "reports/junit.h"
#include "scenarios/text.h"

namespace oplocksim::reports {
namespace {

using conformance::SuiteCase;
using conformance::SuiteReport;
using conformance::SuiteVerdict;

std::string attribute(std::string_view name, std::string_view value) {
    return " " + std::string(name) + "=\"" + xml_escaped(value, XmlPlace::attribute) + "\"";
}

struct Counts {
    std::size_t tests = 0;
    std::size_t failures = 0;
    std::size_t errors = 0;
    std::size_t skipped = 0;
};

std::string problem(std::string_view element, const SuiteCase& one) {
    std::string body = one.message + "\nclauses: " + scenarios::joined(one.clauses, ", ");
    if (!one.reproduce.empty()) body += "\nreproduce: " + one.reproduce;
    return "      <" + std::string(element) + attribute("type", to_string(one.verdict)) +
           attribute("message", one.message) + ">" + xml_escaped(body, XmlPlace::text) + "</" +
           std::string(element) + ">\n";
}

std::string element_of(const SuiteCase& one, Counts& counts) {
    ++counts.tests;
    switch (one.verdict) {
        case SuiteVerdict::pass: return {};
        case SuiteVerdict::fail:
        case SuiteVerdict::unexpected_pass: ++counts.failures; return problem("failure", one);
        case SuiteVerdict::unknown:
        case SuiteVerdict::environment_error: ++counts.errors; return problem("error", one);
        case SuiteVerdict::not_exercised:
        case SuiteVerdict::skipped:
        case SuiteVerdict::expected_failure: break;
    }
    ++counts.skipped;
    const std::string why = one.reason.empty() ? one.message : one.reason;
    return "      <skipped" +
           attribute("message", std::string(to_string(one.verdict)) + ": " + why) + "/>\n";
}

std::string suite_of(const SuiteReport& report, std::string_view group) {
    Counts counts;
    std::string cases;
    for (const SuiteCase& one : report.cases) {
        if (one.group != group) continue;
        const std::string element = element_of(one, counts);
        cases += "    <testcase" + attribute("classname", "conform." + std::string(group)) +
                 attribute("name", one.id);
        cases += element.empty() ? "/>\n" : ">\n" + element + "    </testcase>\n";
    }
    if (counts.tests == 0) return {};
    return "  <testsuite" + attribute("name", group) +
           attribute("tests", std::to_string(counts.tests)) +
           attribute("failures", std::to_string(counts.failures)) +
           attribute("errors", std::to_string(counts.errors)) +
           attribute("skipped", std::to_string(counts.skipped)) + ">\n    <properties>\n" +
           "      <property name=\"profile\"" + attribute("value", report.profile) +
           "/>\n    </properties>\n" + cases + "  </testsuite>\n";
}

}  // namespace

std::string suite_junit(const SuiteReport& report) {
    std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"oplocksim\">\n";
    for (const std::string_view group : {"corpus", "break", "grant", "acknowledge", "campaign",
                                         "rules"}) {
        text += suite_of(report, group);
    }
    SuiteReport stale;
    for (const std::string& id : report.stale) {
        SuiteCase one;
        one.id = id;
        one.group = "known failures";
        one.verdict = SuiteVerdict::unexpected_pass;
        one.message = "the list of known failures names it, and there is no such case";
        stale.cases.push_back(std::move(one));
    }
    return text + suite_of(stale, "known failures") + "</testsuites>\n";
}

}  // namespace oplocksim::reports
