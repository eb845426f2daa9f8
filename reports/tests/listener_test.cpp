#include "reports/listener.h"

#include <gtest/gtest.h>

#include "reports/tests/sample.h"

namespace oplocksim::reports {
namespace {

TEST(Summary, CountsEveryVerdictOnce) {
    Summary summary;
    for (const auto verdict : {scenarios::Verdict::pass, scenarios::Verdict::fail,
                               scenarios::Verdict::skip, scenarios::Verdict::error}) {
        summary.count(verdict);
    }
    EXPECT_EQ(summary.runs, 4u);
    EXPECT_EQ(summary.passed + summary.failed + summary.skipped + summary.errors, summary.runs);
}

TEST(Variant, TellsCaseAndChangedSwitches) {
    EXPECT_EQ(variant_of(sample_pass()), "[held=RW]");
    EXPECT_EQ(variant_of(sample_fail()), "[held=RW] lock_vs_rwh_waits=false");
}

TEST(Reproduce, IsACommandLineForAShell) {
    EXPECT_EQ(reproduce_command(sample_fail()),
              "oplocksim run breaks/write.yaml --switch lock_vs_rwh_waits=false --case held=RW -v");
    scenarios::RunResult result = sample_fail();
    result.path = "my file's.yaml";
    result.profile = "ms-fsa";
    result.case_name = "held=RW, operation=write";
    EXPECT_EQ(reproduce_command(result),
              "oplocksim run 'my file'\\''s.yaml' --profile ms-fsa "
              "--switch lock_vs_rwh_waits=false --case 'held=RW, operation=write' -v");
}

TEST(ShellQuoted, QuotesWhatAShellWouldRead) {
    EXPECT_EQ(shell_quoted("a/b-c.yaml"), "a/b-c.yaml");
    EXPECT_EQ(shell_quoted(""), "''");
    EXPECT_EQ(shell_quoted("$(x)"), "'$(x)'");
}

}  // namespace
}  // namespace oplocksim::reports
