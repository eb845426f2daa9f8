#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/markdown.h"
#include "reports/suite_json.h"
#include "reports/suite_junit.h"
#include "reports/tap.h"

namespace oplocksim::reports {
namespace {

using conformance::SuiteCase;
using conformance::SuiteReport;
using conformance::SuiteVerdict;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHostile = "a|b <script> `x` # \"q\" \\ & ]]> \n\x1b[31m \xff *z*";

SuiteCase make_case(std::string id, SuiteVerdict verdict, std::string message) {
    SuiteCase one;
    one.id = std::move(id);
    one.group = "break";
    one.title = kHostile;
    one.verdict = verdict;
    one.message = std::move(message);
    one.clauses = {"WRITE-TO-NONE"};
    return one;
}

SuiteReport hostile_report() {
    SuiteReport report;
    report.profile = "docs";
    report.cases = {make_case(kHostile, SuiteVerdict::fail, kHostile),
                    make_case("known", SuiteVerdict::expected_failure, "m"),
                    make_case("passes", SuiteVerdict::pass, ""),
                    make_case("skipped", SuiteVerdict::not_exercised, kHostile)};
    report.cases[1].reason = kHostile;
    report.stale = {kHostile};
    return report;
}

TEST(SuiteTap, IsOneLineAPoint) {
    const std::string text = suite_tap(hostile_report());
    EXPECT_THAT(text, HasSubstr("TAP version 14\n1..5\nnot ok 1 - "));
    EXPECT_THAT(text, HasSubstr("\nnot ok 2 - known # TO" "DO "));
    EXPECT_THAT(text, HasSubstr("\nok 3 - passes\n"));
    EXPECT_THAT(text, HasSubstr("\nok 4 - skipped # SKIP "));
    EXPECT_THAT(text, HasSubstr("\nnot ok 5 - "));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, HasSubstr("ok 1 - a|b <script> `x` \\# "));   // no directive
}

TEST(SuiteMarkdown, EscapesWhatMarkdownReads) {
    const std::string text = suite_markdown(hostile_report());
    EXPECT_THAT(text, HasSubstr("a\\|b &lt;script&gt; \\`x\\` \\#"));
    EXPECT_THAT(text, Not(HasSubstr("<script>")));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, HasSubstr("does not conform"));
    EXPECT_THAT(text, HasSubstr("| break | 1 | 1 | 1 |"));
}

TEST(SuiteMarkdown, StaysShort) {
    SuiteReport report;
    for (int i = 0; i < 1000; ++i) {
        report.cases.push_back(make_case("x", SuiteVerdict::fail, "m"));
    }
    EXPECT_THAT(suite_markdown(report), HasSubstr("- and 900 more\n"));
}

TEST(SuiteJunit, IsWellFormedWhateverTheText) {
    const std::string text = suite_junit(hostile_report());
    EXPECT_THAT(text, HasSubstr("&lt;script&gt;"));
    EXPECT_THAT(text, Not(HasSubstr("<script>")));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, HasSubstr("tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"2\""));
}

TEST(SuiteJson, IsJsonWhateverTheText) {
    const auto document = nlohmann::json::parse(suite_json(hostile_report()));
    EXPECT_EQ(document["format"], "oplocksim-conform");
    EXPECT_EQ(document["cases"].size(), 4u);
    EXPECT_EQ(document["summary"]["fail"], 1);
    EXPECT_EQ(document["summary"]["conforms"], false);
    EXPECT_EQ(document["cases"][3]["verdict"], "not_exercised");
    EXPECT_EQ(document["stale_expectations"].size(), 1u);
}

}  // namespace
}  // namespace oplocksim::reports
