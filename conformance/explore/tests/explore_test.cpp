// Exploring cases: with and without reduction, with and without symmetry, the same is found.
#include "conformance/explore/explore.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "scenarios/runner.h"

namespace oplocksim::conformance::explore {
namespace {

using scenarios::ScenarioCase;

std::vector<ScenarioCase> cases_of(std::string text) {
    const auto loaded = scenarios::load_scenario("t.yaml", std::move(text), {});
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << render(diagnostic);
    std::vector<ScenarioCase> cases;
    if (loaded.scenario == nullptr) return cases;
    for_each_case(*loaded.scenario, {}, [&](ScenarioCase one) {
        cases.push_back(std::move(one));
        return true;
    });
    return cases;
}

ScenarioCase case_from(std::string text) {
    auto cases = cases_of(std::move(text));
    return cases.empty() ? ScenarioCase{} : std::move(cases.front());
}

CaseReport explored(const ScenarioCase& one, bool reduction, bool symmetry) {
    ExploreOptions options;
    options.reduction = reduction;
    options.symmetry = symmetry;
    return explore_case(one, options);
}

std::set<std::string> properties(const CaseReport& report) {
    std::set<std::string> found;
    for (const CaseFinding& finding : report.findings) found.insert(finding.property);
    return found;
}

std::set<RunOutcome> outcomes(const CaseReport& report) {
    std::set<RunOutcome> found;
    for (const CaseOutcome& outcome : report.outcomes) found.insert(outcome.operations);
    return found;
}

// Three readers that may change places, with keys of their own, beside an owner.
constexpr const char* kReaders = R"(scenario: T
volume: [{file: \f}]
programs:
  A:
    - create: {as: a, file: \f, access: R|W}
    - oplock: {on: a, request: RWH, as: held}
    - wait_for: held
    - ack: {on: a, level: RH}
  B:
    - create: {as: b, file: \f, access: R, key: kb}
    - read: {on: b}
    - close: b
  C:
    - create: {as: c, file: \f, access: R, key: kc}
    - read: {on: c}
    - close: c
  D:
    - create: {as: d, file: \f, access: R, key: kd}
    - read: {on: d}
    - close: d
)";

TEST(Explore, SymmetryStandsForEveryStateThatItLeavesOut) {
    const ScenarioCase one = case_from(kReaders);
    const CaseReport all = explored(one, false, false);
    const CaseReport some = explored(one, false, true);
    EXPECT_EQ(some.interchangeable, 3u);
    EXPECT_EQ(all.interchangeable, 0u);
    EXPECT_EQ(some.represented, all.counts.states) << "orbits partition the states";
    EXPECT_LT(some.counts.states * 3, all.counts.states);
    EXPECT_EQ(properties(some), properties(all));
    EXPECT_EQ(all.verdict, Verdict::pass);
}

TEST(Explore, ClientsThatDifferCannotChangePlaces) {
    std::string text(kReaders);
    text.replace(text.find("access: R, key: kd"), 9, "access: W");
    EXPECT_EQ(explored(case_from(text), false, true).interchangeable, 2u);
    text.replace(text.find("key: kc"), 7, "key: kd");   // C shares a key with D: not so B
    EXPECT_EQ(explored(case_from(text), false, true).interchangeable, 0u);
}

// Two pairs of clients on two files: nothing that one pair does matters to the other.
constexpr const char* kTwoFiles = R"(scenario: T
volume: [{file: \f}, {file: \g}]
programs:
  A:
    - create: {as: a, file: \f, access: R|W}
    - oplock: {on: a, request: RWH, as: held}
    - wait_for: held
    - ack: {on: a, level: RH}
  B:
    - create: {as: b, file: \f, access: W}
  C:
    - create: {as: c, file: \g, access: R|W}
    - oplock: {on: c, request: BATCH, as: batch}
    - wait_for: batch
    - close: c
  D:
    - create: {as: d, file: \g, access: W}
    - write: {on: d, data: x}
)";

TEST(Explore, ReductionLeavesOutOrdersOfWhatIsIndependent) {
    const ScenarioCase one = case_from(kTwoFiles);
    const CaseReport all = explored(one, false, false);
    const CaseReport some = explored(one, true, false);
    EXPECT_LT(some.counts.states * 3, all.counts.states);
    EXPECT_EQ(some.counts.ends, all.counts.ends);
    EXPECT_EQ(some.counts.end_states, all.counts.end_states) << "the same final states";
    EXPECT_EQ(outcomes(some), outcomes(all));
    EXPECT_EQ(properties(some), properties(all));
}

TEST(Explore, ARenameConnectsTheFilesItMoves) {
    std::string text(kTwoFiles);
    text += "    - rename: {on: d, to: \\f, replace: true}\n";
    const CaseReport some = explored(case_from(text), true, false);
    EXPECT_EQ(some.counts.left_out, 0u) << "\\f and \\g are one territory now";
}

// A deadlock that one order of three has.
constexpr const char* kDeadlock = R"(scenario: T
volume: [{file: \f}]
programs:
  A:
    - create: {as: a, file: \f, access: R|W}
    - oplock: {on: a, request: RWH, as: held}
    - create: {as: again, file: \f, access: R|W}
    - ack: {on: a, level: RH}
  B:
    - create: {as: b, file: \f, access: R}
    - close: b
)";

TEST(Explore, ADeadlockIsFoundWithItsCircle) {
    const CaseReport report = explored(case_from(kDeadlock), true, true);
    EXPECT_EQ(report.verdict, Verdict::fail);
    ASSERT_EQ(properties(report), std::set<std::string>{"deadlock"});
    EXPECT_EQ(report.findings[0].observed,
              "again waits for the acknowledgment of held by A, whose thread main is blocked in "
              "again: deadlock");
    EXPECT_EQ(report.findings[0].schedule.size(), 4u) << "A three times, and B, which then waits";
}

TEST(Explore, APolicySaysWhetherADeadlockIsWrong) {
    const std::string text(kDeadlock);
    EXPECT_EQ(explored(case_from(text + "deadlock: allowed\n"), true, true).verdict,
              Verdict::pass);
    EXPECT_EQ(explored(case_from(text + "deadlock: expected\n"), true, true).verdict,
              Verdict::pass);
    const CaseReport missing =
        explored(case_from(std::string(kReaders) + "deadlock: expected\n"), true, true);
    EXPECT_EQ(missing.verdict, Verdict::fail);
    EXPECT_EQ(missing.findings[0].observed, "none does");
}

TEST(Explore, APolicyHoldsForStepsThatAreTakenApartToo) {
    const std::string text = R"(scenario: T
volume: [{file: \f}]
steps:
  - A.create: {as: a, file: \f, access: R|W}
  - A.oplock: {on: a, request: BATCH, as: held}
  - A.create: {as: again, file: \f}
    expect: blocks
)";
    EXPECT_EQ(properties(explored(case_from(text), true, true)),
              std::set<std::string>{"deadlock"});
    EXPECT_EQ(explored(case_from(text + "deadlock: expected\n"), true, true).verdict,
              Verdict::pass);
}

TEST(Explore, StatementsAreJudgedInEveryOrder) {
    const std::string text(kReaders);
    EXPECT_EQ(explored(case_from(text + "always: {b: STATUS_SUCCESS}\n"), true, true).verdict,
              Verdict::pass);
    const CaseReport never =
        explored(case_from(text + "never: {held: {output: {new_level: RH}}}\n"), true, true);
    ASSERT_EQ(properties(never), std::set<std::string>{"never held"});
    EXPECT_EQ(never.findings[0].schedule.size(), 3u) << "A opens, A holds, one of the others opens";
    const CaseReport eventually =
        explored(case_from(text + "eventually: {held: {output: {new_level: RH}}}\n"), true, true);
    EXPECT_EQ(properties(eventually), std::set<std::string>{"eventually held"})
        << "if A comes last, nobody breaks what it holds";
}

TEST(Explore, ALimitIsUnknownAndNeverAPass) {
    ExploreOptions options;
    options.search.limits.states = 20;
    const CaseReport report = explore_case(case_from(kReaders), options);
    EXPECT_EQ(report.verdict, Verdict::unknown);
    EXPECT_EQ(report.bound, Bound::states);
}

TEST(Explore, TheOrderOfTheSearchAndTheWorkersDoNotMatter) {
    const ScenarioCase one = case_from(kReaders);
    ExploreOptions options;
    const CaseReport alone = explore_case(one, options);
    options.search.workers = 3;
    options.search.parallel = [](unsigned count, const std::function<void(unsigned)>& body) {
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < count; ++i) threads.emplace_back(body, i);
        for (std::thread& thread : threads) thread.join();
    };
    const CaseReport together = explore_case(one, options);
    EXPECT_EQ(together.counts, alone.counts);
    EXPECT_EQ(together.outcomes.size(), alone.outcomes.size());
    options = {};
    options.search.order = Order::depth_first;
    const CaseReport deep = explore_case(one, options);
    EXPECT_EQ(deep.counts.states, alone.counts.states);
    EXPECT_EQ(deep.counts.end_states, alone.counts.end_states);
}

}  // namespace
}  // namespace oplocksim::conformance::explore
