#include "scenarios/runner.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "scenarios/tests/scenario_testing.h"

namespace oplocksim::scenarios {
namespace {

const std::string kHeld = "  - A.oplock: {on: a, request: BATCH, as: held}\n";
const std::string kBreaks =
    "  - B.create: {as: b, file: \\f, access: W}\n    expect: pends\n    breaks: {held: LEVEL_2}\n";

std::string reason_of(const std::string& steps) {
    const RunResult result = run_one(with_file(steps));
    EXPECT_EQ(result.verdict, Verdict::fail);
    return result.reason;
}

void expect_pass(const std::string& steps) {
    const RunResult result = run_one(with_file(steps));
    EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
}

TEST(Run, ABreakFromGrantToAcknowledgment) {
    expect_pass(kHeld + kBreaks +
                "  - A.ack: {on: a, as: kept}\n    expect: returns_pending\n"
                "    completes: {b: {status: SUCCESS, information: OPENED, win32: ERROR_SUCCESS}}\n"
                "    pending: [kept]\n    nothing_else: true\n");
}

TEST(Run, WithoutExpectationAnOperationMustSucceed) {
    EXPECT_EQ(reason_of("  - B.create: {as: b, file: \\none}\n"),
              "step 2: B.create b: expected: completes with a success status; observed: completes "
              "STATUS_OBJECT_NAME_NOT_FOUND");
    EXPECT_EQ(reason_of(kHeld + "  - B.create: {as: b, file: \\f}\n"),
              "step 3: B.create b: expected: completes with a success status; observed: blocks its "
              "thread: waits for the acknowledgment of held by A");
    EXPECT_EQ(reason_of(kHeld + "  - A.oplock: {on: a, request: BATCH}\n"),
              "step 3: A.oplock: expected: is granted (pends); observed: completes "
              "STATUS_OPLOCK_NOT_GRANTED");
}

TEST(Run, AFailingStepIsTheLast) {
    const RunResult result =
        run_one(with_file("  - A.read: a\n    expect: fails\n  - A.read: a\n"));
    EXPECT_EQ(result.verdict, Verdict::fail);
    ASSERT_EQ(result.steps.size(), 2u);
    EXPECT_TRUE(result.steps[1].failed);
    ASSERT_EQ(result.steps[1].checks.size(), 1u);
    const Check& check = result.steps[1].checks[0];
    EXPECT_EQ(check.subject, "A.read");
    EXPECT_EQ(check.expected, "completes with an error or warning status");
    EXPECT_EQ(check.observed, "completes STATUS_SUCCESS, 1 bytes");
    EXPECT_EQ(check.position, (Position{7, 13, 5}));
}

TEST(Run, BreaksAreComparedInFull) {
    const std::string rwh =
        "  - A.oplock: {on: a, request: RWH, as: held}\n"
        "  - B.create: {as: b, file: \\f, access: W, share: [R, W]}\n"
        "    expect: pends\n";
    expect_pass(rwh + "    breaks: {held: {to: RH, ack: required, modes: none}}\n");
    EXPECT_EQ(reason_of(rwh + "    breaks: {held: {to: R, ack: required}}\n"),
              "step 3: held: expected: completes STATUS_SUCCESS, broken RWH to R, acknowledgment "
              "required in this step; observed: completes STATUS_SUCCESS, Information 24 (output "
              "buffer), RWH to RH, acknowledgment required");
    EXPECT_NE(reason_of(rwh + "    breaks: {held: {to: RH, ack: not_required}}\n")
                  .find("no acknowledgment required"),
              std::string::npos);
    EXPECT_NE(reason_of(rwh + "    breaks: {held: LEVEL_2}\n").find("LEVEL_2"), std::string::npos);
    EXPECT_NE(reason_of(kHeld + "  - breaks: {held: NONE}\n").find("pends"), std::string::npos);
}

TEST(Run, TheTypeOfALegacyOplockSaysWhetherAnAcknowledgmentIsOwed) {
    const std::string opens = "  - B.create: {as: b, file: \\f, access: W}\n    expect: pends\n";
    const std::string closes = "  - A.close: a\n";
    expect_pass(kHeld + opens + "    breaks: {held: {to: LEVEL_2, ack: required}}\n");
    expect_pass(kHeld + closes + "    breaks: {held: {to: NONE, ack: not_required}}\n");
    EXPECT_EQ(reason_of(kHeld + opens + "    breaks: {held: {to: LEVEL_2, ack: not_required}}\n"),
              "step 3: held: expected: completes STATUS_SUCCESS, broken to LEVEL_2, no "
              "acknowledgment required in this step; observed: completes STATUS_SUCCESS, "
              "Information FILE_OPLOCK_BROKEN_TO_LEVEL_2, acknowledgment required");
    EXPECT_EQ(reason_of(kHeld + closes + "    breaks: {held: {to: NONE, ack: required}}\n"),
              "step 3: held: expected: completes STATUS_SUCCESS, broken to NONE, acknowledgment "
              "required in this step; observed: completes STATUS_SUCCESS, Information "
              "FILE_OPLOCK_BROKEN_TO_NONE, no acknowledgment required");
}

TEST(Run, AnUnbrokenRequestIsPendingOrWasBrokenBefore) {
    const std::string read = "  - A.read: a\n    breaks: {held: unbroken}\n";
    expect_pass(kHeld + read);
    expect_pass("  - A.oplock: {on: a, request: BATCH, as: held}\n    breaks: {held: unbroken}\n");
    expect_pass(kHeld + kBreaks + "  - breaks: {held: unbroken}\n");
    EXPECT_EQ(reason_of(kHeld +
                        "  - B.create: {as: b, file: \\f, access: W}\n    expect: pends\n"
                        "    breaks: {held: unbroken}\n"),
              "step 3: held: expected: is not broken in this step; observed: completes "
              "STATUS_SUCCESS, Information FILE_OPLOCK_BROKEN_TO_LEVEL_2");
    const std::string by_profile =
        "    breaks: {held: {by_switch: {profile: {docs: DOCS, ms-fsa: {}, observed: }}}}\n";
    const auto at = by_profile.find("DOCS");
    for (const std::string empty : {"{}", "unbroken", ""}) {
        expect_pass(kHeld + "  - A.read: a\n" + std::string(by_profile).replace(at, 4, empty));
        EXPECT_NE(reason_of(kHeld +
                            "  - B.create: {as: b, file: \\f, access: W}\n    expect: pends\n" +
                            std::string(by_profile).replace(at, 4, empty))
                      .find("is not broken in this step"),
                  std::string::npos);
    }
}

TEST(Run, AnyIsWhateverHappens) {
    expect_pass("  - B.create: {as: b, file: \\none}\n    expect: any\n  - B.close: b\n"
                "    expect: any\n  - A.read: a\n    expect: {status: any}\n"
                "    nothing_else: true\n");
    // It fails later, and that does not matter either.
    expect_pass(kHeld + "  - B.create: {as: b, file: \\f, access: W, share: []}\n    expect: any\n"
                        "    breaks: {held: LEVEL_2}\n  - A.ack: a\n    nothing_else: true\n");
    EXPECT_EQ(reason_of(kHeld + kBreaks + "  - note: n\n    completes: {b: any}\n"),
              "step 4: b: expected: anything in this step; observed: blocks its thread: waits for "
              "the acknowledgment of held by A");
    EXPECT_NE(reason_of("  - A.read: a\n    expect: {status: any, length: 2}\n").find("2 bytes"),
              std::string::npos);
}

TEST(Run, TheReasonForABreakIsNotToldOfWhatSucceeded) {
    const RunResult result = run_one(with_file(
        "  - A.oplock: {on: a, request: R, as: held}\n"
        "  - B.create: {as: b, file: \\f, access: W}\n  - B.write: b\n    breaks: {held: NONE}\n"));
    EXPECT_EQ(result.steps[3].happened,
              (std::vector<std::string>{
                  "held completes STATUS_SUCCESS, Information 24 (output buffer), R to NONE, no "
                  "acknowledgment required (the operation is not compatible with the oplock; held: "
                  "Read)",
                  "B.write of step 4 completes STATUS_SUCCESS, 1 bytes"}));
}

TEST(Run, FailuresNameTheFileThatTheyStandIn) {
    const auto results = run_all(
        "scenario: T\ninclude: b.yaml\ndefine: {outcome: fails}\nsteps: [{note: n}]\n", {},
        {{"b.yaml",
          "volume: [{file: \\f}]\nsetup:\n  - A.create: {as: a, file: \\f}\n"
          "  - A.read: a\n    expect: {length: 1, status: \"${outcome}\"}\n"}});
    ASSERT_EQ(results.size(), 1u);
    ASSERT_EQ(results[0].steps.size(), 2u);
    EXPECT_EQ(results[0].steps[1].path, "b.yaml");
    ASSERT_EQ(results[0].steps[1].checks.size(), 1u);
    EXPECT_EQ(results[0].steps[1].checks[0].path, "b.yaml");
}

TEST(Run, ABreakBelongsToItsStep) {
    EXPECT_NE(
        reason_of(kHeld + kBreaks + "  - breaks: {held: LEVEL_2}\n").find("LEVEL_2, but in step 3"),
        std::string::npos);
}

TEST(Run, TheOutputBufferIsComparedByMember) {
    const std::string steps =
        "  - A.oplock: {on: a, request: RH, as: held}\n"
        "  - B.create: {as: b, file: \\f, access: W, disposition: OVERWRITE}\n";
    expect_pass(steps +
                "    expect: {held: {status: SUCCESS, output: {original_level: RH,\n"
                "      new_level: NONE, flags: [ACK_REQUIRED]}}}\n");
    EXPECT_NE(reason_of(steps + "    expect: {held: {output: none}}\n").find("no output buffer"),
              std::string::npos);
    EXPECT_NE(reason_of(steps + "    expect: {held: {output: {new_level: R}}}\n")
                  .find("NewOplockLevel R"),
              std::string::npos);
}

TEST(Run, BlocksAndReturnsPendingAreDifferent) {
    const std::string lock =
        "  - A.lock: {on: a, length: 10}\n"
        "  - B.create: {as: b, file: \\f, synchronous: true}\n"
        "  - B.lock: {on: b, as: l, fail_immediately: false}\n";
    expect_pass(lock +
                "    expect: blocks\n  - A.unlock: {on: a, length: 10}\n"
                "    completes: {l: succeeds}\n");
    EXPECT_EQ(reason_of(lock + "    expect: returns_pending\n"),
              "step 4: B.lock l: expected: returns STATUS_PENDING and pends; observed: blocks its "
              "thread: waits for a byte-range lock by A");
}

TEST(Run, AStepOnABlockedThreadIsExplained) {
    EXPECT_EQ(reason_of(kHeld + kBreaks + "  - B.create: {as: c, file: \\f}\n"),
              "step 4: B.create c: expected: completes with a success status; observed: cannot be "
              "issued: B is blocked in b, which waits for the acknowledgment of held by A");
    expect_pass(kHeld + kBreaks + "  - B.create: {as: c, file: \\f}\n    expect: blocked_thread\n");
}

TEST(Run, ADeadlockIsCalledThat) {
    EXPECT_EQ(reason_of(kHeld + "  - A.create: {as: again, file: \\f}\n    expect: blocks\n"
                                "  - A.close: a\n"),
              "step 4: A.close: expected: completes with a success status; observed: cannot be "
              "issued: A is blocked in again, which waits for the acknowledgment of held by A, "
              "whose thread main is blocked in again: deadlock");
}

TEST(Run, ADeadlockOfTwoClients) {
    const RunResult result = run_one(
        "scenario: T\nvolume: [{file: \\one}, {file: \\two}]\nsteps:\n"
        "  - A.create: {as: a, file: \\one}\n  - A.oplock: {on: a, request: L1, as: of_a}\n"
        "  - B.create: {as: b, file: \\two}\n  - B.oplock: {on: b, request: RWH, as: of_b}\n"
        "  - A.create: {as: a2, file: \\two}\n    expect: blocks\n"
        "  - B.create: {as: b2, file: \\one}\n");
    EXPECT_NE(result.reason.find("waits for the acknowledgment of of_a by A, whose thread main is "
                                 "blocked in a2, which waits for the acknowledgment of of_b by B, "
                                 "whose thread main is blocked in b2: deadlock"),
              std::string::npos)
        << result.reason;
}

TEST(Run, UnaccountedFailuresFailAtTheEnd) {
    const std::string opened =
        "  - A.lock: {on: a}\n  - B.create: {as: b, file: \\f}\n"
        "  - B.lock: {on: b, as: l, fail_immediately: false}\n"
        "    expect: pends\n";
    expect_pass(opened + "  - cancel: l\n");
    expect_pass(opened + "  - cancel: l\n    completes: {l: STATUS_CANCELLED}\n");
    expect_pass(opened + "  - kill: B\n");
    EXPECT_NE(reason_of(opened + "  - cancel: l\n    nothing_else: true\n")
                  .find("no expectation names it"),
              std::string::npos);
}

TEST(Run, CancellingWhatDoesNotWaitFails) {
    EXPECT_NE(reason_of("  - A.read: {on: a, as: f}\n  - cancel: f\n").find("STATUS_NOT_FOUND"),
              std::string::npos);
    expect_pass("  - A.read: {on: a, as: f}\n  - cancel: f\n    expect: STATUS_NOT_FOUND\n");
}

TEST(Run, StrictWantsEveryCompletionNamed) {
    const std::string head =
        "scenario: T\nvolume: [{file: \\f}]\nsteps:\n"
        "  - A.create: {as: a, file: \\f}\n" +
        kHeld + "  - B.create: {as: b, file: \\f}\n    expect: pends\n";
    EXPECT_EQ(run_one(head).verdict, Verdict::pass);
    EXPECT_EQ(run_one(head + "strict: true\n").reason,
              "step 3: held: expected: nothing else completed; observed: completes STATUS_SUCCESS, "
              "Information FILE_OPLOCK_BROKEN_TO_LEVEL_2 in step 3, and no expectation names it");
}

TEST(Run, ReadsReturnWhatWasWritten) {
    const std::string steps =
        "  - B.create: {as: b, file: \\f, access: RW}\n"
        "  - B.write: {on: b, offset: 1, data: hello}\n"
        "    expect: {status: SUCCESS, length: 5}\n"
        "  - A.read: {on: a, offset: 1, length: 5}\n";
    expect_pass(steps + "    expect: {data: hello, length: 5}\n");
    EXPECT_NE(reason_of(steps + "    expect: {data: hullo}\n").find("data 'hello'"),
              std::string::npos);
}

TEST(Run, TimedOperationsAreIssuedWhenTheClockComes) {
    expect_pass(kHeld + "  - A.close: {on: a, as: closed}\n    after: 10 s\n" + kBreaks +
                "  - advance: 9 s\n    pending: [b]\n"
                "  - advance: 1 s\n    completes: {b: succeeds, closed: succeeds}\n");
    EXPECT_NE(reason_of(kHeld + "  - B.create: {as: c, file: \\f}\n    after: 5 s\n" + kBreaks +
                        "  - advance: 1 min\n")
                  .find("c: expected: is issued now; observed: cannot be issued: B is blocked"),
              std::string::npos);
}

TEST(Run, PausedClientsAreHeldBack) {
    expect_pass(kHeld + kBreaks +
                "  - pause: B\n  - A.ack_no_2: a\n    pending: [b]\n"
                "  - resume: B\n    completes: {b: succeeds}\n");
    EXPECT_NE(reason_of("  - pause: A\n  - A.flush: a\n").find("A is paused"), std::string::npos);
}

TEST(Run, ThreadsAndProcessesEnd) {
    expect_pass(kHeld + kBreaks +
                "  - B.exit_thread: {}\n    expect: {b: STATUS_CANCELLED}\n"
                "  - A.ack_no_2: a\n");
    EXPECT_NE(reason_of("  - A.exit_thread:\n  - A.flush: a\n").find("the thread A has ended"),
              std::string::npos);
    expect_pass(kHeld + kBreaks + "  - kill: A\n    completes: {b: succeeds}\n");
}

TEST(Run, DuplicatedHandlesShareTheirOplock) {
    expect_pass(kHeld +
                "  - A.duplicate: {on: a, as: d, to: B}\n  - A.close: a\n"
                "    pending: [held]\n  - B.close: d\n    completes: {held: succeeds}\n");
}

TEST(Run, ANameInUseIsFound) {
    EXPECT_NE(reason_of(kHeld + "  - A.flush: {on: a, as: held}\n").find("the name 'held' is free"),
              std::string::npos);
}

TEST(Run, AMissingHandleIsExplained) {
    EXPECT_EQ(reason_of("  - B.create: {as: b, file: \\none}\n    expect: fails\n"
                        "  - B.close: b\n"),
              "step 3: B.close: expected: completes with a success status; observed: cannot be "
              "issued: there is no handle 'b': b completes STATUS_OBJECT_NAME_NOT_FOUND");
}

TEST(Switches, ScenarioOverCommandLineOverProfile) {
    RunOptions options;
    options.profile = engine::Profile::ms_fsa;
    options.switches = {{"unlock_checks_oplock", "true"}, {"flush_breaks_write_caching", "true"}};
    const RunResult result =
        run_one("scenario: T\nswitches: {unlock_checks_oplock: false}\nsteps: [{note: n}]\n",
                options);
    const auto value = [&](std::string_view name) {
        return std::ranges::find(result.switches, name,
                                 [](const auto& one) -> std::string_view { return one.first; })
            ->second;
    };
    EXPECT_EQ(result.profile, "ms-fsa");
    EXPECT_EQ(value("unlock_checks_oplock"), "false");
    EXPECT_EQ(value("flush_breaks_write_caching"), "true");
    EXPECT_EQ(value("set_security_breaks_handle"), "true");
    EXPECT_EQ(result.changed_switches, (std::vector<std::string>{"flush_breaks_write_caching"}));
}

TEST(Switches, ExpectationsAndStepsMayDependOnThem) {
    const std::string text =
        "scenario: T\nvolume: [{file: \\f}]\nswitches: {unlock_checks_oplock: each}\nsteps:\n"
        "  - A.create: {as: a, file: \\f}\n  - A.lock: {on: a}\n"
        "  - note: only here\n    when: {unlock_checks_oplock: true}\n"
        "  - A.unlock: {on: a, as: u}\n"
        "    expect: {by_switch: {unlock_checks_oplock: {true: succeeds, false: fails}}}\n";
    const auto results = run_all(text);
    ASSERT_EQ(results.size(), 2u);
    EXPECT_EQ(results[0].verdict, Verdict::fail);
    EXPECT_TRUE(results[0].steps[2].skipped);
    EXPECT_EQ(results[1].verdict, Verdict::pass) << results[1].reason;
    EXPECT_FALSE(results[1].steps[2].skipped);
}

TEST(Switches, BreaksMayDependOnThem) {
    const auto results = run_all(
        "scenario: T\nvolume: [{file: \\f}]\nswitches: {unlock_checks_oplock: each}\nsteps:\n"
        "  - A.create: {as: a, file: \\f}\n  - A.oplock: {on: a, request: R, as: held}\n"
        "  - B.create: {as: b, file: \\f, access: W}\n  - B.write: {on: b}\n"
        "    breaks: {by_switch: {unlock_checks_oplock: {true: {held: NONE}, false: {held: "
        "NONE}}}}\n"
        "    expect: {information: 1, by_switch: {unlock_checks_oplock:\n"
        "      {true: succeeds, false: {held: succeeds}}}}\n");
    ASSERT_EQ(results.size(), 2u);
    for (const RunResult& result : results) {
        EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
    }
}

TEST(Profiles, AScenarioForOthersIsSkipped) {
    const RunResult result =
        run_one("scenario: T\nprofile: [ms-fsa, observed]\nsteps: [{note: n}]\n");
    EXPECT_EQ(result.verdict, Verdict::skip);
    EXPECT_EQ(result.reason, "it is written for the profile ms-fsa or observed");
}

TEST(Records, TellTheStory) {
    RunOptions options;
    options.keep_trace = true;
    const RunResult result = run_one(with_file(kHeld + kBreaks), options);
    ASSERT_EQ(result.steps.size(), 3u);
    const StepRecord& step = result.steps[2];
    EXPECT_EQ(step.text, "B.create as b: \\f, access W");
    EXPECT_EQ(step.happened,
              (std::vector<std::string>{
                  "held completes STATUS_SUCCESS, Information FILE_OPLOCK_BROKEN_TO_LEVEL_2 (the "
                  "operation is not compatible with the oplock; held: Batch)",
                  "b waits (the operation is not compatible with the oplock; held: Batch)",
                  "b blocks its thread"}));
    EXPECT_LT(step.first_event, step.last_event);
    EXPECT_EQ(step.last_event, result.trace.size());
    EXPECT_EQ(result.irp_names.size(), 3u);
    EXPECT_EQ(result.irp_names[1].second, "held");
}

TEST(Records, PassingStoriesMayBeLeftOutFailingOnesNot) {
    RunOptions options;
    options.keep_passing_steps = false;
    EXPECT_TRUE(run_one(with_file(kHeld), options).steps[1].happened.empty());
    EXPECT_FALSE(run_one(with_file(kHeld + "  - A.read: a\n    expect: fails\n"), options)
                     .steps[1]
                     .happened.empty());
    EXPECT_TRUE(run_one(with_file(kHeld), options).trace.empty());
}

TEST(Run, StopsWhenAsked) {
    const LoadResult loaded = load("scenario: T\nmatrix: {x: [1, 2, 3]}\nsteps: [{note: n}]\n");
    ASSERT_NE(loaded.scenario, nullptr);
    int seen = 0;
    run_scenario(*loaded.scenario, {}, [&](const RunResult&) { return ++seen < 2; });
    EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace oplocksim::scenarios
