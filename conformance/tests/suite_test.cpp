#include "conformance/suite.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace oplocksim::conformance {
namespace {

TEST(Suite, SelectsByPrefixPartByPart) {
    EXPECT_TRUE(selects("create.batch", "CREATE-BATCH-KEY"));
    EXPECT_TRUE(selects("create.batch", "create/batch-breaks-first"));
    EXPECT_TRUE(selects("break/RWH", "break/RWH/write/other-key"));
    EXPECT_FALSE(selects("break/RW", "break/RWH/write/other-key"));
    EXPECT_FALSE(selects("batch", "create/batch"));
    EXPECT_FALSE(selects("create.batch.key", "create/batch"));
    EXPECT_FALSE(selects("", "create"));
    EXPECT_FALSE(selects(".", "create"));
}

SuiteReport run_part(const std::vector<std::string>& selection,
                     std::vector<ExpectedFailure> expected = {}) {
    SuiteOptions options;
    options.selection = selection;
    options.expected = std::move(expected);
    return run_suite(options);
}

TEST(Suite, RunsScenariosAndCellsThatAClauseSelects) {
    const SuiteReport report = run_part({"write.exclusive"});
    const auto of = [&report](std::string_view group) {
        return std::ranges::count(report.cases, group, &SuiteCase::group);
    };
    EXPECT_GT(of("corpus"), 0);
    EXPECT_EQ(of("break"), 5);   // L1, BATCH, FILTER, RW and RWH
    EXPECT_EQ(of("grant"), 0);
    EXPECT_TRUE(report.conforms());
    EXPECT_EQ(report.count(SuiteVerdict::pass), report.cases.size());
}

TEST(Suite, JudgesExpectations) {
    const std::string id = "break/RWH/write/other-key";
    const SuiteReport passes = run_part({id}, {{id, "known", "", "", ""}});
    ASSERT_EQ(passes.count(SuiteVerdict::unexpected_pass), 1u);
    EXPECT_FALSE(passes.conforms());
    EXPECT_TRUE(passes.stale.empty());
    // What was not run is not stale.
    EXPECT_TRUE(run_part({id}, {{"no/such", "known", "", "", ""}}).conforms());
}

// A case that was run under a switch of the command line is run again under that.
TEST(Suite, ReproducesUnderTheSwitchesThatWereGiven) {
    SuiteOptions options;
    options.selection = {"break/RWH/write/other-key", "corpus/write/zero-length"};
    options.profile = engine::Profile::observed;
    options.switches = {{"lock_vs_rwh_waits", "false"}};
    const SuiteReport report = run_suite(options);
    std::size_t commands = 0;
    for (const SuiteCase& one : report.cases) {
        if (one.group == "rules") continue;
        EXPECT_NE(one.reproduce.find(" --profile observed"), std::string::npos) << one.id;
        EXPECT_NE(one.reproduce.find(" --switch lock_vs_rwh_waits=false"), std::string::npos)
            << one.id << ": " << one.reproduce;
        ++commands;
    }
    EXPECT_GT(commands, 1u);
}

TEST(Suite, CountsFailuresByTheGate) {
    SuiteReport report;
    SuiteCase one;
    one.verdict = SuiteVerdict::fail;
    one.obligation = ClauseObligation::should;
    report.cases = {one};
    EXPECT_TRUE(report.conforms());
    report.gate = ClauseObligation::should;
    EXPECT_FALSE(report.conforms());
    for (const SuiteVerdict verdict : {SuiteVerdict::unknown, SuiteVerdict::unexpected_pass,
                                       SuiteVerdict::environment_error}) {
        report.cases[0].verdict = verdict;
        report.gate = ClauseObligation::must;
        EXPECT_FALSE(report.conforms()) << to_string(verdict);
    }
    for (const SuiteVerdict verdict :
         {SuiteVerdict::pass, SuiteVerdict::not_exercised, SuiteVerdict::skipped,
          SuiteVerdict::expected_failure}) {
        report.cases[0].verdict = verdict;
        EXPECT_TRUE(report.conforms()) << to_string(verdict);
    }
    report.stale = {"gone"};
    EXPECT_FALSE(report.conforms());
}

TEST(Suite, BringsTheListOfKnownFailuresUpToDate) {
    SuiteReport report;
    SuiteCase one;
    one.id = "b";
    one.verdict = SuiteVerdict::expected_failure;
    report.cases.push_back(one);
    one.id = "a";
    one.verdict = SuiteVerdict::fail;
    one.clauses = {"WRITE-TO-NONE"};
    report.cases.push_back(one);
    one.id = "c";
    one.verdict = SuiteVerdict::unexpected_pass;
    report.cases.push_back(one);
    const std::vector<ExpectedFailure> old{{"b", "because", "", "link", ""},
                                           {"c", "was", "", "", ""}};
    const auto entries = updated_expected(report, old);
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].id, "a");
    EXPECT_EQ(entries[0].clause, "WRITE-TO-NONE");
    EXPECT_EQ(entries[1], old[0]);
}

TEST(Suite, CountsWhatRan) {
    const SuiteReport report = run_part({"break/RWH/write/other-key"});
    for (const CoverageRow& row : report.coverage.rows()) {
        if (row.state != "RWH" || row.operation != "write") continue;
        EXPECT_EQ(row.counts.own, 0u);
        EXPECT_EQ(row.counts.same, 0u);
        EXPECT_EQ(row.counts.other, 2u);   // it is run twice
    }
    const auto empty = report.coverage.empty_cells();
    EXPECT_EQ(std::ranges::count(empty, "RWH x write x other-key"), 0);
    EXPECT_EQ(std::ranges::count(empty, "RWH x write x same-key"), 1);
    for (const auto& [id, hits] : report.coverage.clause_hits()) {
        EXPECT_EQ(hits > 0, id == "WRITE-EXCLUSIVE-ACK") << id;
    }
}

}  // namespace
}  // namespace oplocksim::conformance
