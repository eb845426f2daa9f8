#include "conformance/findings/shrink.h"

#include <algorithm>
#include <memory>

#include <gtest/gtest.h>

#include "conformance/explore/explore.h"
#include "conformance/findings/plan.h"
#include "conformance/findings/scenario_text.h"
#include "conformance/findings/shortest.h"
#include "conformance/findings/tests/finding_testing.h"
#include "scenarios/case_of.h"

namespace oplocksim::conformance::findings {
namespace {

using testing::RandomCase;
using testing::random_case;
using testing::with_fault;

// Faults that show in what a caller sees.
struct NamedFault {
    const char* name;
    testing::FaultySink::Fault fault;
};

std::vector<NamedFault> faults() {
    using sim::NtStatus;
    using sim::RequestKind;
    using sim::TraceEventKind;
    const auto completes = [](const sim::TraceEvent& event, RequestKind kind) {
        return event.kind == TraceEventKind::complete && event.request_kind == kind;
    };
    return {
        {"writes never complete", testing::lose_writes},
        {"sharing violations are forgotten",
         [](sim::TraceEvent& event) {
             if (event.status == NtStatus::STATUS_SHARING_VIOLATION) {
                 event.status = NtStatus::STATUS_ACCESS_DENIED;
             }
             return true;
         }},
        {"breaks are not announced",
         [=](sim::TraceEvent& event) {
             return !(completes(event, RequestKind::oplock_fsctl) &&
                      event.status == NtStatus::STATUS_SUCCESS && event.has_output);
         }},
        {"wrong level in the notice",
         [=](sim::TraceEvent& event) {
             if (completes(event, RequestKind::oplock_fsctl) && event.has_output) {
                 event.output.new_oplock_level = 7;
             }
             return true;
         }},
        {"cancelled operations succeed",
         [](sim::TraceEvent& event) {
             if (event.status == NtStatus::STATUS_CANCELLED) {
                 event.status = NtStatus::STATUS_SUCCESS;
             }
             return true;
         }},
    };
}

TEST(SameFailure, ADeadlockOfTwoIsNotOneOfAClientWithItself) {
    const Failure two{"deadlock", "", "a waits for b, whose thread main is blocked in c, which waits "
                      "for d, whose thread main is blocked in a: deadlock", "", "", 0};
    const Failure alone{"deadlock", "", "a waits for b, whose thread main is blocked in a: deadlock",
                        "", "", 0};
    // One who waits for a client that waits for itself.
    const Failure beside{"deadlock", "",
                         "a waits for b, whose thread main is blocked in c, which waits for b, "
                         "whose thread main is blocked in c: deadlock",
                         "", "", 0};
    const Failure unsaid{"deadlock", "", "", "", "", 0};
    EXPECT_TRUE(same_failure(two, two));
    EXPECT_FALSE(same_failure(two, alone));
    EXPECT_FALSE(same_failure(two, beside));
    EXPECT_TRUE(same_failure(alone, beside));
    EXPECT_TRUE(same_failure(two, unsaid));   // a recording names the rule only
    EXPECT_TRUE(same_failure({"r", "BRK-A", "x", "", "", 0}, {"r", "BRK-B", "y", "", "", 0}));
    EXPECT_FALSE(same_failure({"r", "BRK-A", "x", "", "", 0}, {"r", "ACK-A", "x", "", "", 0}));
}

// Up to which length, two steps shorter at most, no run fails in that way, whatever clients do of
// what the finding has and of the usual steps.
std::size_t excluded_below(const Finding& finding, const Oracle& oracle) {
    const Plan plan = plan_of(finding.of, finding.schedule);
    Vocabulary vocabulary = vocabulary_of(plan);
    for (const Sort sort : kSorts) add_usual(vocabulary, plan, sort);
    ShortestOptions options;
    options.last_length = finding.of.steps.size() - 2;
    options.max_steps = 5'000'000;
    options.any_last = true;
    options.at_end = true;
    const auto any = [](const Plan&) { return true; };
    return search_shortest(plan, vocabulary, finding.failure, oracle.options(), options, any)
        .excluded;
}

TEST(Shrink, WhatIsShrunkFailsInTheSameWayAndIsShort) {
    for (const NamedFault& fault : faults()) {
        const Oracle oracle(with_fault(fault.fault));
        int found = 0;
        for (std::uint64_t seed = 1; seed <= 400 && found < 10; ++seed) {
            RandomCase one = random_case(seed, 4, 15);
            const auto failure = oracle.judge(one.of, one.schedule);
            if (!failure || Oracle().judge(one.of, one.schedule)) continue;
            ++found;
            Finding finding{std::move(one.of), std::move(one.schedule), *failure, {}};
            const Shrunk shrunk = shrink(finding, oracle);
            EXPECT_TRUE(shrunk.reproduced);
            EXPECT_TRUE(shrunk.complete);
            EXPECT_TRUE(same_failure(shrunk.finding.failure, *failure));
            const auto again = oracle.judge(shrunk.finding.of, shrunk.finding.schedule);
            ASSERT_TRUE(again.has_value());
            // Nobody needs more to break one of these rules.
            EXPECT_LE(shrunk.finding.of.steps.size(), 5u) << fault.name << ", seed " << seed;
            EXPECT_EQ(excluded_below(shrunk.finding, oracle), shrunk.finding.of.steps.size() - 2)
                << fault.name << ", seed " << seed << ":\n" << scenario_text(shrunk.finding);
        }
        EXPECT_GT(found, 0) << fault.name;
    }
}

// Random cases whose clients end up waiting for each other: a fault that searches see too.
std::vector<Finding> deadlocks(const Oracle& oracle, std::uint64_t seeds) {
    std::vector<Finding> found;
    Failure like;
    like.rule = kDeadlock;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        RandomCase one = random_case(seed, 2, 6);
        const auto failure = oracle.judge(one.of, one.schedule, like);
        if (failure) found.push_back({std::move(one.of), std::move(one.schedule), *failure, {}});
    }
    return found;
}

Oracle deadlock_oracle() {
    OracleOptions options;
    options.deadlock = true;
    options.clients_die = false;
    return Oracle(options);
}

TEST(Shrink, IsNoLongerThanTheShortestWayThroughTheSamePrograms) {
    const Oracle oracle = deadlock_oracle();
    const std::vector<Finding> found = deadlocks(oracle, 4'000);
    ASSERT_GE(found.size(), 3u);
    int compared = 0;
    for (const Finding& finding : found) {
        const Shrunk shrunk = shrink(finding, oracle);
        Plan open = plan_of(finding.of, finding.schedule);
        const Failure none;
        open.turns = carry_out(open, oracle.options(), &none).everything;
        open.settled = 0;
        explore::ExploreOptions options;
        options.search.limits.states = 30'000;
        const auto report = explore::explore_case(to_case(open).of, options);
        for (const explore::CaseFinding& shortest : report.findings) {
            if (shortest.property != kDeadlock) continue;
            ++compared;
            EXPECT_LE(shrunk.finding.of.steps.size(), shortest.schedule.size());
        }
        EXPECT_LE(shrunk.finding.of.steps.size(), 4u) << "open, request, open again and block";
    }
    EXPECT_GT(compared, 0);
}

TEST(Shrink, IsTheSameEveryTime) {
    const Oracle oracle = deadlock_oracle();
    for (const Finding& finding : deadlocks(oracle, 1'000)) {
        const Shrunk one = shrink(finding, oracle);
        const Shrunk other = shrink(finding, oracle);
        EXPECT_EQ(one.runs, other.runs);
        EXPECT_EQ(one.finding.of.steps, other.finding.of.steps);
        EXPECT_EQ(one.finding.schedule, other.finding.schedule);
        EXPECT_EQ(one.finding.failure, other.finding.failure);
    }
}

TEST(Shrink, StopsAtItsBudgetWithSomethingThatFails) {
    const Oracle oracle = deadlock_oracle();
    const Finding finding = deadlocks(oracle, 600).front();
    ShrinkOptions options;
    options.max_runs = 3;
    options.max_searched = 0;
    const Shrunk shrunk = shrink(finding, oracle, options);
    EXPECT_EQ(shrunk.searched, 0u);
    EXPECT_FALSE(shrunk.complete);
    EXPECT_LE(shrunk.runs, 4u) << "and one to judge the result";
    EXPECT_TRUE(oracle.judge(shrunk.finding.of, shrunk.finding.schedule, finding.failure));
}

TEST(Shrink, SaysWhatDoesNotFail) {
    RandomCase one = random_case(1, 2, 3);
    Failure failure;
    failure.rule = "waits-for-acknowledgments";
    const Finding finding{one.of, one.schedule, failure, {}};
    const Shrunk shrunk = shrink(finding, Oracle());
    EXPECT_FALSE(shrunk.reproduced);
    EXPECT_EQ(shrunk.finding.of.steps, one.of.steps);
}

// The same run told with its clients, and what they do meanwhile, the other way round.
TEST(Shrink, DoesNotDependOnTheOrderOfWhatIsAlike) {
    const Oracle oracle(with_fault(testing::lose_writes));
    const std::string volume = "volume: [{file: \\d}, {file: \\e}]\nsteps:\n";
    const std::string one = "scenario: one\n" + volume +
                            "  - A.create: {as: a, file: \\d, access: R}\n"
                            "  - A.oplock: {on: a, request: R}\n"
                            "  - C.create: {as: c, file: \\e}\n"
                            "  - C.read: c\n"
                            "  - B.create: {as: b, file: \\d, access: W, key: key1}\n"
                            "  - B.write: {on: b, offset: 100}\n"
                            "  - B.flush: b\n";
    const std::string other = "scenario: one\n" + volume +
                              "  - B.create: {as: b, file: \\e}\n"
                              "  - A.create: {as: a, file: \\d, access: W, key: key1}\n"
                              "  - C.create: {as: c, file: \\d, access: R}\n"
                              "  - B.read: b\n"
                              "  - C.oplock: {on: c, request: R}\n"
                              "  - A.write: {on: a, offset: 100}\n"
                              "  - A.flush: a\n";
    const Shrunk first = shrink(testing::finding_in(one, oracle), oracle);
    const Shrunk second = shrink(testing::finding_in(other, oracle), oracle);
    EXPECT_EQ(first.finding.of.steps.size(), 3u) << "open, write, anything";
    EXPECT_EQ(scenario_text(first.finding), scenario_text(second.finding));
}

TEST(Shrink, OpensAFileThatIsThereRatherThanMakeOne) {
    const Oracle oracle(with_fault(testing::lose_writes));
    const Finding finding = testing::finding_in(
        "scenario: one\nsteps:\n"
        "  - A.create: {as: a, file: \\new, access: W, disposition: FILE_OPEN_IF}\n"
        "  - A.write: a\n"
        "  - A.read: a\n",
        oracle);
    const Shrunk shrunk = shrink(finding, oracle);
    EXPECT_EQ(shrunk.finding.of.steps.front().request.disposition,
              engine::CreateDisposition::FILE_OPEN);
    EXPECT_EQ(shrunk.finding.of.volume.size(), 1u);
}

// Two creates wait for one owner; the fault is that the later one goes on first. So the order of
// what was released is the finding, and stays in it.
TEST(Shrink, KeepsAnOrderThatMatters) {
    const auto waiting = std::make_shared<std::vector<sim::IrpId>>();
    OracleOptions options;
    options.clients_die = false;
    options.filter = [waiting](sim::TraceSink& next) {
        waiting->clear();
        return std::make_unique<testing::FaultySink>(next, [waiting](sim::TraceEvent& event) {
            if (event.request_kind != sim::RequestKind::create) return true;
            if (event.kind == sim::TraceEventKind::pend) waiting->push_back(event.irp);
            if (event.kind != sim::TraceEventKind::complete) return true;
            const auto place = std::ranges::find(*waiting, event.irp);
            const bool overtakes = place != waiting->end() && place != waiting->begin();
            if (place != waiting->end()) waiting->erase(place);
            if (overtakes) event.status = sim::NtStatus::STATUS_SHARING_VIOLATION;
            return true;
        });
    };
    const Oracle oracle(options);
    const auto loaded = scenarios::load_scenario("order.yaml",
                                                 "scenario: two waiters\n"
                                                 "volume: [{file: \\d}, {file: \\e}]\n"
                                                 "switches: {waiter_release_order: any}\n"
                                                 "setup:\n"
                                                 "  - A.create: {as: a, file: \\d}\n"
                                                 "  - A.oplock: {on: a, request: RWH, as: held}\n"
                                                 "  - D.create: {as: d, file: \\e}\n"
                                                 "programs:\n"
                                                 "  A: [{ack: {on: a, level: RH}}, {close: a}]\n"
                                                 "  B: [{create: {as: b, file: \\d}}]\n"
                                                 "  C: [{create: {as: c, file: \\d}}, {read: c}]\n"
                                                 "  D: [{read: d}, {flush: d}]\n"
                                                 "schedule: B D C D A ~c C ~b A\n",
                                                 nullptr);
    ASSERT_NE(loaded.scenario, nullptr);
    for_each_case(*loaded.scenario, {}, [&](const scenarios::ScenarioCase& one) {
        const auto failure = oracle.judge(one.of, one.schedule);
        EXPECT_TRUE(failure.has_value());
        if (!failure) return false;
        const Shrunk shrunk = shrink({one.of, one.schedule, *failure, {}}, oracle);
        EXPECT_TRUE(oracle.judge(shrunk.finding.of, shrunk.finding.schedule, *failure));
        EXPECT_EQ(shrunk.finding.of.steps.size(), 5u) << "open, request, two waiters, answer";
        const Plan plan = plan_of(shrunk.finding.of, shrunk.finding.schedule);
        const auto goes_on = [](sim::Choice turn) { return turn.kind == sim::Choice::Kind::go_on; };
        EXPECT_TRUE(std::ranges::any_of(plan.turns, goes_on));
        const std::string text = scenario_text(shrunk.finding);
        EXPECT_NE(text.find("setup:"), std::string::npos) << text;
        EXPECT_NE(text.find("\nschedule: ["), std::string::npos) << text;
        return false;
    });
}

}  // namespace
}  // namespace oplocksim::conformance::findings
