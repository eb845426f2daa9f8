#include "conformance/findings/shrink_statement.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "conformance/explore/explore.h"
#include "scenarios/case_of.h"

namespace oplocksim::conformance::findings {
namespace {

// What exploring a scenario finds against its one statement, shrunk.
ShrunkStatement shrunk_in(const std::string& text) {
    ShrunkStatement shrunk;
    const auto loaded = scenarios::load_scenario("statement.yaml", text, nullptr);
    EXPECT_NE(loaded.scenario, nullptr) << text;
    if (loaded.scenario == nullptr) return shrunk;
    for_each_case(*loaded.scenario, {}, [&](const scenarios::ScenarioCase& one) {
        const auto report = explore::explore_case(one, {});
        const auto found = std::ranges::find_if(report.findings, [](const auto& finding) {
            return finding.statement != nullptr;
        });
        EXPECT_NE(found, report.findings.end()) << text;
        if (found == report.findings.end()) return false;
        shrunk = shrink_statement(one, found->schedule, *found->statement);
        return false;
    });
    return shrunk;
}

TEST(ShrinkStatement, LeavesOutWhatItDoesNotSpeakOf) {
    const ShrunkStatement shrunk = shrunk_in(R"(scenario: two opens
volume: [{file: \d}, {file: \e}]
setup:
  - C.create: {as: c, file: \e}
  - A.create: {as: a0, file: \d}
programs:
  A:
    - read: a0
    - create: {as: a, file: \d, share: [R]}
    - close: a
  B:
    - create: {as: b, file: \d, access: W}
    - read: b
  C: [{read: c}, {flush: c}]
always: {b: STATUS_SUCCESS}
)");
    ASSERT_EQ(shrunk.of.steps.size(), 2u) << "two opens that exclude each other";
    EXPECT_EQ(shrunk.of.steps[0].name, "a");
    EXPECT_EQ(shrunk.of.steps[1].name, "b");
    EXPECT_EQ(shrunk.subject, 1u);
    EXPECT_EQ(shrunk.schedule.size(), 2u);
    EXPECT_NE(shrunk.observed.find("STATUS_SHARING_VIOLATION"), std::string::npos)
        << shrunk.observed;
}

// Without the answer b would never succeed, in no order: that is not what went wrong.
TEST(ShrinkStatement, KeepsWhatAnOrderNeedsThatSatisfiesIt) {
    const ShrunkStatement shrunk = shrunk_in(R"(scenario: an answer that comes too soon
volume: [{file: \d}]
setup:
  - A.create: {as: a, file: \d}
  - A.oplock: {on: a, request: RW}
programs:
  A: [{read: a}, {ack: {on: a, level: NONE}}]
  B: [{create: {as: b, file: \d}}]
eventually: {b: STATUS_SUCCESS}
)");
    ASSERT_EQ(shrunk.of.steps.size(), 4u) << "open, request, answer, open; no read";
    const auto answers = std::ranges::count_if(shrunk.of.steps, [](const sim::Step& step) {
        return step.request.kind == sim::RequestKind::oplock_fsctl;
    });
    EXPECT_EQ(answers, 2) << "the request and the answer";
}

// Nothing else is needed to see that it holds in no order.
TEST(ShrinkStatement, LeavesOutMoreWhereNoOrderSatisfiesIt) {
    const ShrunkStatement shrunk = shrunk_in(R"(scenario: never
volume: [{file: \d}]
setup:
  - A.create: {as: a, file: \d}
programs:
  A: [{read: a}, {read: {on: a, as: again}}]
  B: [{create: {as: b, file: \d}}]
never: {again: STATUS_SUCCESS}
)");
    EXPECT_EQ(shrunk.of.steps.size(), 2u);
}

TEST(ShrinkStatement, SaysWhatDoesNotViolateIt) {
    const auto loaded = scenarios::load_scenario("holds.yaml",
                                                 "scenario: holds\n"
                                                 "volume: [{file: \\d}]\n"
                                                 "programs:\n"
                                                 "  A: [{create: {as: a, file: \\d}}]\n"
                                                 "always: {a: STATUS_SUCCESS}\n",
                                                 nullptr);
    ASSERT_NE(loaded.scenario, nullptr);
    for_each_case(*loaded.scenario, {}, [](const scenarios::ScenarioCase& one) {
        const sim::Schedule schedule{{sim::Choice::Kind::step, 0}};
        const ShrunkStatement shrunk =
            shrink_statement(one, schedule, one.model.statements.front());
        EXPECT_EQ(shrunk.runs, 0u);
        EXPECT_EQ(shrunk.of.steps, one.of.steps);
        return false;
    });
}

}  // namespace
}  // namespace oplocksim::conformance::findings
