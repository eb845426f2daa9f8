#include "conformance/table_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace oplocksim::conformance {
namespace {

using ::testing::HasSubstr;

// A notice of a sharing conflict gives the create's desired access (SC-106); with
// attr_only_overwrite_exempt=false the engine adds what an overwriting disposition implies.
bool is_known(const CellResult& result, const engine::Semantics& semantics) {
    return !semantics.attr_only_overwrite_exempt &&
           result.id.find("/overwrite-conflict/other-key") != std::string::npos;
}

void expect_agreement(const TableRunOptions& options) {
    for (const Cell& cell : cells()) {
        for (const CellResult& result : run_cell(cell, options)) {
            if (is_known(result, options.semantics)) continue;
            EXPECT_NE(result.verdict, CellVerdict::fail) << result.id << ": " << result.message;
        }
    }
}

class TablesUnderProfile : public ::testing::TestWithParam<engine::Profile> {};
TEST_P(TablesUnderProfile, AgreeWithTheKernel) {
    TableRunOptions options;
    options.semantics = engine::semantics_of(GetParam());
    expect_agreement(options);
}
INSTANTIATE_TEST_SUITE_P(All, TablesUnderProfile,
                         ::testing::Values(engine::Profile::docs, engine::Profile::ms_fsa,
                                           engine::Profile::observed));

// Every value of every switch over the default profile: a dependence that a row does not name
// would show.
TEST(TableRunner, NamesEverySwitchThatAnOutcomeDependsOn) {
    for (const engine::SwitchInfo& info : engine::switches()) {
        for (const std::string_view value : info.values) {
            TableRunOptions options;
            ASSERT_TRUE(engine::set_switch(options.semantics, info.name, value));
            options.given_switches = {std::string(info.name)};
            SCOPED_TRACE(std::string(info.name) + "=" + std::string(value));
            expect_agreement(options);
        }
    }
}

// The message of the first outcome of a one-row table.
std::string message_of(const std::string& kind, const std::string& group) {
    const ParsedTable table = parse_table("wrong.yaml", "table: " + kind + "\ngroups:\n" + group);
    EXPECT_EQ(table.problem, "");
    return table.cells.empty() ? "" : run_cell(table.cells.front(), {}).front().message;
}

// A table that is wrong is contradicted, in words that lead to the cell.
TEST(TableRunner, ContradictsAWrongTable) {
    const auto write = [](const std::string& held, const std::string& outcome) {
        return message_of("break", "  - operation: write\n    rows:\n      - {held: " + held +
                                       ", key: other, outcome: " + outcome +
                                       ", clause: WRITE-TO-NONE}\n");
    };
    EXPECT_EQ(write("RWH", "NONE ack waits"), "");
    EXPECT_EQ(write("RWH", "RH ack waits"),
              "the owner's notice: expected STATUS_SUCCESS, broken from RWH to RH, acknowledgment "
              "owed, observed completed with STATUS_SUCCESS, level RWH to NONE, flags "
              "REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED (WRITE-TO-NONE; the table says 'RH ack "
              "waits')");
    EXPECT_THAT(write("RWH", "NONE ack"), HasSubstr("expected STATUS_SUCCESS, observed not comp"));
    EXPECT_THAT(write("RH", "NONE ack waits"), HasSubstr("expected waits"));
    EXPECT_THAT(write("RH", "NONE"), HasSubstr("nothing owed"));
    EXPECT_THAT(write("R", "unaffected"), HasSubstr("the owner's request: expected not completed"));
    EXPECT_THAT(write("L1>L2", "waits"), HasSubstr("accepting L2: expected not completed"));
    EXPECT_THAT(write("RH+RH", "NONE ack / unaffected"), HasSubstr("the second owner's request"));
}

TEST(TableRunner, ContradictsWrongAnswersToRequestsAndAcknowledgments) {
    const auto grant = [](const std::string& state, const std::string& result) {
        return message_of("grant", "  - request: RH\n    rows:\n      - {state: " + state +
                                       ", holder: same, result: " + result +
                                       ", clause: GRANT-RH-OVER-RH}\n");
    };
    EXPECT_EQ(grant("RH", "granted; switched"), "");
    EXPECT_THAT(grant("RH", "granted"),
                HasSubstr("the oplock held before: expected not completed"));
    EXPECT_THAT(grant("RH", "refused"), HasSubstr("expected STATUS_OPLOCK_NOT_GRANTED"));
    const auto acknowledge = [](const std::string& state, const std::string& result) {
        return message_of("acknowledge",
                          "  - state: " + state +
                              "\n    rows:\n      - {waiter: waits, ack: R, result: " + result +
                              ", clause: ACK-GRANULAR-LESS}\n");
    };
    EXPECT_EQ(acknowledge("RW>R", "pends R"), "");
    EXPECT_THAT(acknowledge("RW>R", "pends RW"), HasSubstr("RW was held"));
    EXPECT_THAT(acknowledge("RW>R", "success"), HasSubstr("expected STATUS_SUCCESS"));
    EXPECT_THAT(acknowledge("RH>NONE", "pends R"), HasSubstr("expected STATUS_PENDING"));
}

TEST(TableRunner, HandsOutTheTraceOfEverySequence) {
    TableRunOptions options;
    std::size_t runs = 0;
    options.on_run = [&runs](const CellRun& run) {
        ++runs;
        EXPECT_FALSE(run.trace.empty());
        EXPECT_NE(run.names, nullptr);
    };
    for (const Cell& cell : cells()) {
        if (cell.id != "break/RWH/write/other-key") continue;
        EXPECT_EQ(run_cell(cell, options).size(), 1u);
    }
    EXPECT_EQ(runs, 2u);   // the owner accepts; the owner closes
}

// What cannot be reached is said, with the reason.
TEST(TableRunner, SaysWhatItCannotReach) {
    TableRunOptions options;
    options.given_switches = {"recheck_after_release"};
    for (const Cell& cell : cells()) {
        if (cell.id != "break/L1/write/other-key") continue;
        const auto results = run_cell(cell, options);
        ASSERT_EQ(results.size(), 1u);
        EXPECT_EQ(results[0].verdict, CellVerdict::not_exercised);
        EXPECT_THAT(results[0].message, HasSubstr("recheck_after_release is true"));
    }
}

}  // namespace
}  // namespace oplocksim::conformance
