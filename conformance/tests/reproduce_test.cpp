#include "conformance/reproduce.h"

#include <gtest/gtest.h>

namespace oplocksim::conformance {
namespace {

scenarios::RunResult failed_run() {
    scenarios::RunResult result;
    result.path = "breaks/write.yaml";
    result.profile = "docs";
    result.case_name = "held=RW";
    result.switches = {{"lock_vs_rwh_waits", "false"}, {"unlock_checks_oplock", "false"}};
    result.changed_switches = {"lock_vs_rwh_waits"};
    return result;
}

TEST(ShellQuoted, QuotesWhatAShellWouldRead) {
    EXPECT_EQ(shell_quoted("a/b-c.yaml"), "a/b-c.yaml");
    EXPECT_EQ(shell_quoted(""), "''");
    EXPECT_EQ(shell_quoted("$(x)"), "'$(x)'");
    EXPECT_EQ(shell_quoted("break/RW>R"), "'break/RW>R'");
}

TEST(Reproduce, ARunIsACommandLineForAShell) {
    scenarios::RunResult result = failed_run();
    EXPECT_EQ(reproduce_command(result),
              "oplocksim run breaks/write.yaml --switch lock_vs_rwh_waits=false --case held=RW -v");
    result.path = "my file's.yaml";
    result.profile = "ms-fsa";
    result.case_name = "held=RW, operation=write";
    EXPECT_EQ(reproduce_command(result),
              "oplocksim run 'my file'\\''s.yaml' --profile ms-fsa "
              "--switch lock_vs_rwh_waits=false --case 'held=RW, operation=write' -v");
}

TEST(Reproduce, ACellNamesWhatWasGivenAndWhatItWasTriedUnder) {
    Cell cell;
    cell.id = "break/RWH>RH/read/other-key";
    CellResult result;
    result.cell = &cell;
    result.switches = {{"ack_level_policy", "subset_of_offer"}};
    const std::vector<SwitchChoice> given{{"ack_level_policy", "fsa_literal"},
                                          {"lock_vs_rwh_waits", "false"}};
    EXPECT_EQ(reproduce_command(result, "observed", given),
              "oplocksim conform 'break/RWH>RH/read/other-key' --profile observed "
              "--switch lock_vs_rwh_waits=false --switch ack_level_policy=subset_of_offer -v");
    EXPECT_EQ(reproduce_command(result, "docs", {}),
              "oplocksim conform 'break/RWH>RH/read/other-key' "
              "--switch ack_level_policy=subset_of_offer -v");
}

}  // namespace
}  // namespace oplocksim::conformance
