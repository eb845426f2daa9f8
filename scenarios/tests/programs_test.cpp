// Programs of clients, schedules, and statements about whole runs.
#include <gtest/gtest.h>

#include "scenarios/case_of.h"
#include "scenarios/loaded_scenario.h"
#include "scenarios/tests/scenario_testing.h"

namespace oplocksim::scenarios {
namespace {

// A holds Read-Write-Handle and acknowledges Read-Handle when told; B opens and closes.
constexpr std::string_view kTwoClients = R"(scenario: T
volume:
  - file: \f
setup:
  - A.create: {as: a, file: \f, access: R|W}
programs:
  A:
    - oplock: {on: a, request: RWH, as: held}
    - wait_for: held
    - ack: {on: a, level: RH}
  B:
    - create: {as: b, file: \f, access: R}
    - close: b
)";

std::string two_clients(std::string_view more) { return std::string(kTwoClients).append(more); }

std::vector<std::string> story(const RunResult& result) {
    std::vector<std::string> steps;
    for (const StepRecord& step : result.steps) steps.push_back(step.text);
    return steps;
}

ScenarioCase only_case(std::string_view text) {
    const LoadResult loaded = load(text);
    EXPECT_EQ(errors_of(text), "");
    ScenarioCase result;
    for_each_case(*loaded.scenario, {}, [&](ScenarioCase one) {
        result = std::move(one);
        return true;
    });
    return result;
}

TEST(Programs, RunFirstInFirstOutWithoutASchedule) {
    const auto results = run_all(kTwoClients);
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(results[0].verdict, Verdict::pass) << results[0].reason;
    EXPECT_EQ(story(results[0]),
              (std::vector<std::string>{"A.create as a: \\f, access R|W",
                                        "A.oplock as held: a, request RWH",
                                        "B.create as b: \\f, access R", "A.ack: a, level RH",
                                        "b goes on", "B.close b"}));
}

TEST(Programs, MayDoNothingButWait) {
    const auto results = run_all(two_clients("  W:\n    - wait_for: held\n    - wait_for: b\n"));
    EXPECT_EQ(results[0].verdict, Verdict::pass) << results[0].reason;
    const std::string threads = "clients: {W: {threads: [x]}}\n";
    EXPECT_EQ(run_all(two_clients("  W/x:\n    - wait_for: held\n" + threads))[0].verdict,
              Verdict::pass);
}

TEST(Programs, RunInTheOrderOfTheSchedule) {
    const auto results = run_all(two_clients("schedule: [B, B, A]\n"));
    EXPECT_EQ(results[0].verdict, Verdict::pass) << results[0].reason;
    EXPECT_EQ(story(results[0])[1], "B.create as b: \\f, access R");
    EXPECT_EQ(story(results[0]).size(), 4u) << "A's break never comes";
}

TEST(Programs, AScheduleThatIsNotPossibleFailsWithWhatIs) {
    const auto results = run_all(two_clients("schedule: A A\n"));
    EXPECT_EQ(results[0].verdict, Verdict::fail);
    EXPECT_EQ(results[0].reason,
              "step 3: schedule: expected: A is possible as choice 2; observed: possible: B");
    const auto late = run_all(two_clients("schedule: A B A ~b B B\n"));
    EXPECT_EQ(late[0].reason,
              "step 7: schedule: expected: B is possible; observed: the run is over");
}

TEST(Programs, StatementsAreJudged) {
    const auto reason = [](std::string_view statements) {
        return run_all(two_clients(statements))[0].reason;
    };
    EXPECT_EQ(reason("always: {b: STATUS_SUCCESS}\n"
                     "never: {b: STATUS_SHARING_VIOLATION}\n"
                     "eventually: {held: {output: {new_level: RH}}}\n"),
              "");
    EXPECT_EQ(reason("always: {b: fails}\n"),
              "step 5: b: expected: always completes with an error or warning status; observed: "
              "completes STATUS_SUCCESS, Information FILE_OPENED");
    EXPECT_EQ(reason("never: {b: succeeds}\n"),
              "step 5: b: expected: never completes with a success status; observed: completes "
              "STATUS_SUCCESS, Information FILE_OPENED");
    EXPECT_EQ(reason("eventually: {held: granted}\n"),
              "step 6: held: expected: eventually is granted (pends); observed: completes "
              "STATUS_SUCCESS, Information 24 (output buffer), RWH to RH, acknowledgment "
              "required");
    EXPECT_NE(reason("never: {b: {output: none}}\n"), "") << "b succeeds, without a buffer";
}

TEST(Programs, StatementsHoldOfOrdinaryStepsToo) {
    constexpr std::string_view kSteps = R"(scenario: T
volume: [{file: \f}]
steps:
  - A.create: {as: a, file: \f}
  - A.close: {on: a, as: closed}
never: {a: STATUS_SUCCESS}
)";
    EXPECT_EQ(run_all(kSteps)[0].reason,
              "step 1: a: expected: never completes STATUS_SUCCESS; observed: completes "
              "STATUS_SUCCESS, Information FILE_OPENED");
}

TEST(Programs, AnExpectationInAProgramSpeaksOfEveryOrder) {
    std::string text(kTwoClients);
    text += "      expect: fails\n";   // of B.close
    const auto results = run_all(text);
    EXPECT_EQ(results[0].verdict, Verdict::fail);
    EXPECT_NE(results[0].reason.find("always completes with an error"), std::string::npos);
}

TEST(Programs, ADeadlockFailsUnlessItIsAllowed) {
    constexpr std::string_view kDeadlock = R"(scenario: T
volume: [{file: \f}]
programs:
  A:
    - create: {as: a, file: \f, access: R|W}
    - oplock: {on: a, request: RWH, as: held}
    - create: {as: again, file: \f, access: R|W}
    - ack: {on: a, level: RH}
)";
    const auto results = run_all(kDeadlock);
    EXPECT_EQ(results[0].verdict, Verdict::fail);
    EXPECT_NE(results[0].reason.find("expected: no deadlock"), std::string::npos)
        << results[0].reason;
    EXPECT_EQ(run_all(std::string(kDeadlock) + "deadlock: allowed\n")[0].verdict, Verdict::pass);
}

TEST(Programs, AnOrdinaryScenarioIsTakenApartByThread) {
    const ScenarioCase one = only_case(R"(scenario: T
volume: [{file: \f}]
clients: {B: {threads: [t2]}}
setup:
  - A.create: {as: a, file: \f, access: R|W}
steps:
  - A.oplock: {on: a, request: RWH, as: held}
  - B.create: {as: b, file: \f}
    expect: pends
  - pause: B
  - B/t2.create: {as: c, file: \f}
  - cancel: b
  - expect: {held: any}
  - A.ack: {on: a, level: RH, as: held}
    after: 3 s
)");
    ASSERT_EQ(one.of.programs.size(), 4u);
    EXPECT_EQ(one.of.setup_end, 1);
    EXPECT_EQ(thread_name(one.of, one.of.programs[0].thread), "A");
    EXPECT_EQ(thread_name(one.of, one.of.programs[2].thread), "B/t2");
    EXPECT_EQ(thread_name(one.of, one.of.programs[3].thread), "world");
    const sim::Step& cancel = one.of.steps.back();
    EXPECT_EQ(cancel.kind, sim::StepKind::cancel);
    EXPECT_EQ(step_name(one.of, cancel.subject), "b");
    EXPECT_EQ(one.of.steps[2].on, 0) << "A's acknowledgment, on the handle of the setup";
    EXPECT_EQ(step_name(one.of, 2), "A.2") << "a name given again is not given to two steps";
    EXPECT_EQ(one.left_out.size(), 2u) << "the pause, and 'after'";
}

TEST(Programs, ConditionsChooseTheSteps) {
    const ScenarioCase one = only_case(two_clients("  C:\n"
                                                   "    - create: {as: c, file: \\f}\n"
                                                   "      when: {profile: ms-fsa}\n"));
    EXPECT_EQ(one.of.programs.size(), 2u);
}

constexpr BadFile kBadPrograms[] = {
    {"BothStepsAndPrograms",
     R"(scenario: T
steps: [{note: n}]
programs: {A: [{note: n}]}
)",
     R"(t.yaml:3:1: error: 'steps' and 'programs' exclude each other
    3 | programs: {A: [{note: n}]}
      | ^~~~~~~~
   = what comes before the programs is 'setup'
)"},
    {"ScheduleWithoutPrograms",
     R"(scenario: T
schedule: A
steps: [{note: n}]
)",
     R"(t.yaml:2:11: error: 'schedule' needs 'programs'
    2 | schedule: A
      |           ^
)"},
    {"ClientInAProgram",
     R"(scenario: T
volume: [{file: \f}]
programs:
  A:
    - A.create: {as: a, file: \f}
)",
     R"(t.yaml:5:7: error: 'A.create' in the program of 'A'
    5 |     - A.create: {as: a, file: \f}
      |       ^~~~~~~~
   = a program's steps leave the client out: 'create'
)"},
    {"PauseInAProgram",
     R"(scenario: T
programs:
  A:
    - pause: A
)",
     R"(t.yaml:4:7: error: 'pause' has no place in a program
    4 |     - pause: A
      |       ^~~~~
   = every order of the programs' steps is possible anyway
)"},
    {"MomentInAProgram",
     R"(scenario: T
volume: [{file: \f}]
programs:
  A:
    - create: {as: a, file: \f}
      nothing_else: true
)",
     R"(t.yaml:6:7: error: 'nothing_else' has no place in a program
    6 |       nothing_else: true
      |       ^~~~~~~~~~~~
   = the order is open: say it of the whole run with 'always', 'never' or 'eventually'
)"},
    {"TheWorldOpensNothing",
     R"(scenario: T
volume: [{file: \f}]
programs:
  world:
    - create: {as: a, file: \f}
)",
     R"(t.yaml:5:7: error: the program 'world' cannot do 'create'
    5 |     - create: {as: a, file: \f}
      |       ^~~~~~
   = it can cancel, kill, advance and wait_for
)"},
    {"CacheOfNothing",
     R"(scenario: T
clients: {A: {caches: true}}
volume: [{file: \f}]
programs:
  A:
    - create: {as: first, file: \f}
schedule: [A, "cache:frist"]
)",
     R"(t.yaml:7:15: error: 'cache:frist' is no operation of a program
    7 | schedule: [A, "cache:frist"]
      |               ^~~~~~~~~~~~~
   = did you mean 'cache:first'?
)"},
    {"OnlyWaitsOnAThreadThatIsNone",
     R"(scenario: T
volume: [{file: \f}]
programs:
  A:
    - create: {as: a, file: \f}
  A/x:
    - wait_for: a
)",
     R"(t.yaml:6:3: error: the client 'A' has no thread 'x'
    6 |   A/x:
      |   ^~~
   = write 'clients: {A: {threads: [x]}}'
)"},
    {"WaitForInSteps",
     R"(scenario: T
volume: [{file: \f}]
steps:
  - A.create: {as: a, file: \f}
  - wait_for: a
)",
     R"(t.yaml:5:5: error: 'wait_for' needs a program
    5 |   - wait_for: a
      |     ^~~~~~~~
   = steps are taken in order; 'completes' says what has ended
)"},
    {"WaitsForItself",
     R"(scenario: T
volume: [{file: \f}]
programs:
  A:
    - wait_for: a
    - create: {as: a, file: \f}
)",
     R"(t.yaml:5:17: error: 'a' is made later in the same program
    5 |     - wait_for: a
      |                 ^
   = by the step of line 6
)"},
    {"NameGivenTwice",
     R"(scenario: T
volume: [{file: \f}]
programs:
  A:
    - create: {as: a, file: \f}
  B:
    - create: {as: a, file: \f}
)",
     R"(t.yaml:7:20: error: the name 'a' is in use
    7 |     - create: {as: a, file: \f}
      |                    ^
   = it names the create of line 5; in programs a name is given once
)"},
    {"UnknownChoice",
     R"(scenario: T
volume: [{file: \f}]
programs:
  A:
    - create: {as: opened, file: \f}
schedule: [A, ~opend]
)",
     R"(t.yaml:6:15: error: '~opend' is no operation of a program
    6 | schedule: [A, ~opend]
      |               ^~~~~~
   = did you mean '~opened'?
)"},
    {"UnknownDeadlockPolicy",
     R"(scenario: T
volume: [{file: \f}]
programs:
  A:
    - create: {as: a, file: \f}
deadlock: alowed
)",
     R"(t.yaml:6:11: error: unknown value 'alowed'
    6 | deadlock: alowed
      |           ^~~~~~
   = did you mean 'allowed'?
)"},
    {"StatementOfNobody",
     R"(scenario: T
volume: [{file: \f}]
programs:
  A:
    - create: {as: a, file: \f}
eventually: {b: succeeds}
)",
     R"(t.yaml:6:14: error: no step before this one defines the operation 'b'
    6 | eventually: {b: succeeds}
      |              ^
   = 'as: b' gives an operation its name
)"},
};

class BadPrograms : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadPrograms, AreReportedWithTheirPlace) {
    EXPECT_EQ(errors_of(GetParam().text), GetParam().errors);
}

INSTANTIATE_TEST_SUITE_P(Loader, BadPrograms, ::testing::ValuesIn(kBadPrograms),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace oplocksim::scenarios
