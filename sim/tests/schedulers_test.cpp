// Schedulers: what they promise, measured with fixed seeds.
#include "sim/schedulers.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "sim/schedule_text.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

// Programs of so many steps, none of which ever has to wait: A, B, C, ...
Case independent_programs(std::initializer_list<std::uint16_t> lengths) {
    Case of;
    const auto names = std::make_shared<Names>();
    std::uint16_t first = 0;
    for (const std::uint16_t length : lengths) {
        const auto index = static_cast<std::uint16_t>(of.clients.size());
        const std::string name(1, static_cast<char>('A' + index));
        of.clients.push_back({name, names->intern(name)});
        of.threads.push_back({index, "main", names->intern("main")});
        for (std::uint16_t i = 0; i < length; ++i) {
            of.steps.push_back({.kind = StepKind::advance, .thread = index});
        }
        of.programs.push_back({index, first, static_cast<StepIndex>(first + length)});
        first = static_cast<std::uint16_t>(first + length);
    }
    of.names = names;
    return of;
}

Schedule run_to_end(const CaseStart& start, ChoiceScheduler& scheduler) {
    RunState state = start.state();
    CaseRun run(start, state);
    Schedule taken;
    EXPECT_LT(run.run(scheduler, 1000, &taken), 1000u);
    return taken;
}

// "AAB": whose steps were taken.
std::string letters(const Schedule& schedule) {
    std::string text;
    for (const Choice choice : schedule) text += static_cast<char>('A' + choice.index);
    return text;
}

// How often each interleaving came up in `runs` runs with the seeds 0, 1, 2, ...
template <typename MakeScheduler>
std::map<std::string, int> interleavings(const Case& of, int runs, MakeScheduler make) {
    const CaseStart start(of);
    std::map<std::string, int> counts;
    for (int seed = 0; seed < runs; ++seed) {
        auto scheduler = make(static_cast<std::uint64_t>(seed));
        ++counts[letters(run_to_end(start, scheduler))];
    }
    return counts;
}

double chi_square(const std::map<std::string, int>& counts, int runs, int classes) {
    const double expected = static_cast<double>(runs) / classes;
    double sum = expected * static_cast<double>(classes - static_cast<int>(counts.size()));
    for (const auto& [text, count] : counts) {
        sum += (count - expected) * (count - expected) / expected;
    }
    return sum;
}

// Blackman and Vigna's generator from the state 1, 2, 3, 4, reckoned from its definition by hand:
// rotl(2 * 5, 7) * 9 = 11520; the second word then is 0; ...
TEST(Random, IsXoshiro256StarStar) {
    Random random(std::array<std::uint64_t, 4>{1, 2, 3, 4});
    EXPECT_EQ(random.next(), 11520u);
    EXPECT_EQ(random.next(), 0u);
    EXPECT_EQ(random.next(), 1509978240u);
    EXPECT_EQ(random.next(), 1215971899390074240u);
}

TEST(Random, BelowIsUniformAndBounded) {
    Random random(1);
    EXPECT_EQ(random.below(1), 0u);
    constexpr std::uint32_t kBound = 3u << 30;   // a remainder would favour a third of the numbers
    int in_first_third = 0;
    for (int i = 0; i < 30'000; ++i) {
        const std::uint32_t drawn = random.below(kBound);
        ASSERT_LT(drawn, kBound);
        in_first_third += drawn < kBound / 3;
    }
    EXPECT_NEAR(in_first_third, 10'000, 400);   // five standard deviations
    Random copy = random;
    EXPECT_EQ(copy.next(), random.next());
}

TEST(FifoChoices, ProgramsTakeTurns) {
    const Case of = independent_programs({3, 1, 2});
    const CaseStart start(of);
    FifoChoices fifo;
    EXPECT_EQ(letters(run_to_end(start, fifo)), "ABCACA");
    EXPECT_TRUE(fifo.fair());
}

// 5! / (3! 2!) = 10 interleavings; 27.9 is the 0.1 % point of chi-square with 9 degrees.
TEST(RandomInterleavings, IsUniformOverTheInterleavingsOfTwoPrograms) {
    const Case of = independent_programs({3, 2});
    const auto counts =
        interleavings(of, 20'000, [](std::uint64_t seed) { return RandomInterleavings(seed); });
    EXPECT_EQ(counts.size(), 10u);
    EXPECT_LT(chi_square(counts, 20'000, 10), 27.9);
}

// 7! / (4! 2! 1!) = 105; 104 degrees: 153.2 at 0.1 %.
TEST(RandomInterleavings, IsUniformOverTheInterleavingsOfThreePrograms) {
    const Case of = independent_programs({1, 4, 2});
    const auto counts =
        interleavings(of, 50'000, [](std::uint64_t seed) { return RandomInterleavings(seed); });
    EXPECT_EQ(counts.size(), 105u);
    EXPECT_LT(chi_square(counts, 50'000, 105), 153.2);
}

// And the measure can fail: uniform steps are far from it. B's only step comes last in one of
// 2^4 runs instead of one of 5.
TEST(RandomChoices, IsUniformOverStepsAndNotOverInterleavings) {
    const Case of = independent_programs({4, 1});
    auto counts =
        interleavings(of, 16'000, [](std::uint64_t seed) { return RandomChoices(seed); });
    EXPECT_EQ(counts.size(), 5u);
    EXPECT_NEAR(counts["AAAAB"], 1000, 5 * 31);
    EXPECT_NEAR(counts["BAAAA"], 8000, 5 * 64);
    EXPECT_GT(chi_square(counts, 16'000, 5), 1000);
    EXPECT_TRUE(RandomChoices(1).fair());
}

// How many of `runs` PCT runs of two programs of ten steps have all of the given orderings.
int found(std::uint32_t depth, int runs, bool (*is_bug)(const std::string&)) {
    const Case of = independent_programs({10, 10});
    const auto counts = interleavings(
        of, runs, [&](std::uint64_t seed) { return PctChoices(seed, depth, step_count(of)); });
    int bugs = 0;
    for (const auto& [text, count] : counts) bugs += is_bug(text) ? count : 0;
    return bugs;
}
// The place of the n-th step of a program.
std::size_t place(const std::string& text, char program, int n) {
    std::size_t at = std::string::npos;
    for (int i = 0; i < n; ++i) at = text.find(program, at + 1);
    return at;
}

// With n = 2 programs and k = 20 steps a bug of depth d is found with 1 / (2 * 20^(d-1)).
TEST(PctChoices, FindsBugsOfADepthAsOftenAsItPromises) {
    const auto depth_1 = [](const std::string& text) { return text.front() == 'B'; };
    EXPECT_NEAR(found(1, 4000, depth_1), 2000, 5 * 32);
    // B gets in between two steps of A that follow each other.
    const auto depth_2 = [](const std::string& text) {
        return place(text, 'A', 5) < place(text, 'B', 1) &&
               place(text, 'B', 1) < place(text, 'A', 6);
    };
    EXPECT_EQ(found(1, 4000, depth_2), 0) << "one ordering more than the depth allows";
    EXPECT_GE(found(2, 20'000, depth_2), 500 - 5 * 22);
    // And then A between two steps of B.
    const auto depth_3 = [](const std::string& text) {
        return place(text, 'A', 5) < place(text, 'B', 1) &&
               place(text, 'B', 5) < place(text, 'A', 6) &&
               place(text, 'A', 6) < place(text, 'B', 6) && place(text, 'B', 5) == 9;
    };
    EXPECT_EQ(found(2, 4000, depth_3), 0);
    EXPECT_GE(found(3, 40'000, depth_3), 50 - 5 * 7);
}

TEST(PctChoices, SaysThatItIsNotFair) {
    EXPECT_FALSE(PctChoices(1, 3, 10).fair());
    const Case of = independent_programs({5, 5});
    const auto counts = interleavings(
        of, 100, [](std::uint64_t seed) { return PctChoices(seed, 1, 10); });
    EXPECT_EQ(counts.size(), 2u) << "without change points one program runs to its end";
}

TEST(PctChoices, MoreStepsThanExpectedChangeNothing) {
    const Case of = independent_programs({5, 5});
    const CaseStart start(of);
    PctChoices scheduler(7, 5, 1);
    EXPECT_EQ(run_to_end(start, scheduler).size(), 10u);
}

// ---- With operations that wait: A holds an oplock and acknowledges, B's create waits for it. -----

class Waiting : public ::testing::Test {
 protected:
    Waiting() {
        case_ = independent_programs({3, 2});
        const auto names = std::make_shared<Names>(*case_.names);
        const PathId file = *names->intern_path("\\f");
        case_.names = names;
        case_.volume = {{.path = file, .size = 10, .short_name = {}}};
        for (const StepIndex create : {StepIndex{0}, StepIndex{3}}) {
            Step& step = case_.steps[create];
            step.kind = StepKind::request;
            step.request.path = file;
            step.request.access = FILE_READ_DATA;
            step.request.share = 7;
        }
        case_.steps[0].name = "a";
        case_.steps[3].name = "b";
        fsctl(1, 7, 1);
        fsctl(2, 3, 2);
        case_.steps[4] = {.thread = 1, .on = 3};
        case_.steps[4].request.kind = RequestKind::close_handle;
    }
    void fsctl(StepIndex index, std::uint32_t level, std::uint32_t flags) {
        Step& step = case_.steps[index];
        step.kind = StepKind::request;
        step.on = 0;
        step.request.kind = RequestKind::oplock_fsctl;
        step.request.fsctl = {FsControlCode::FSCTL_REQUEST_OPLOCK, level, flags};
    }
    static Choice step_of(ProgramIndex program) { return {Choice::Kind::step, program}; }
    static Choice go_on(StepIndex step) { return {Choice::Kind::go_on, step}; }
    const Schedule broken_{step_of(0), step_of(0), step_of(1), step_of(0), go_on(3), step_of(1)};

    Case case_;
};

TEST_F(Waiting, EverySchedulerComesToTheEnd) {
    const CaseStart start(case_);
    std::map<std::string, int> seen;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        RandomChoices steps(seed);
        RandomInterleavings interleaved(seed);
        PctChoices pct(seed, 2, step_count(case_));
        for (ChoiceScheduler* scheduler :
             std::initializer_list<ChoiceScheduler*>{&steps, &interleaved, &pct}) {
            ++seen[to_string(case_, run_to_end(start, *scheduler))];
        }
    }
    FifoChoices fifo;
    ++seen[to_string(case_, run_to_end(start, fifo))];
    EXPECT_GT(seen[to_string(case_, broken_)], 0) << "the break is among them";
}

TEST_F(Waiting, TheSameSeedGivesTheSameSchedule) {
    const CaseStart start(case_);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        RandomInterleavings first(seed);
        RandomInterleavings second(seed);
        EXPECT_EQ(run_to_end(start, first), run_to_end(start, second));
    }
}

TEST_F(Waiting, AReplayIsTheRun) {
    const CaseStart start(case_);
    RandomChoices random(3);
    const Schedule recorded = run_to_end(start, random);
    EXPECT_GT(recorded.size(), 3u);
    ReplayChoices again(recorded);
    EXPECT_EQ(run_to_end(start, again), recorded);
    EXPECT_EQ(again.divergence(), std::nullopt);
}

TEST_F(Waiting, ADivergenceSaysWhereAndWhatCouldHappen) {
    const CaseStart start(case_);
    const auto diverges = [&](const Schedule& schedule, bool whole) {
        RunState state = start.state();
        CaseRun run(start, state);
        return replay(run, schedule, whole);
    };
    EXPECT_EQ(diverges(broken_, true), std::nullopt);
    Schedule wrong = broken_;
    wrong[3] = step_of(1);   // B is blocked in its create
    const Divergence expected{3, step_of(1), {step_of(0)}};
    EXPECT_EQ(diverges(wrong, true), expected);
    EXPECT_EQ(to_string(case_, expected),
              "choice 4: recorded was 'step B', but what can happen is 'step A'");
    // Too short, too long.
    Schedule part(broken_.begin(), broken_.begin() + 2);
    EXPECT_EQ(diverges(part, false), std::nullopt);
    EXPECT_EQ(diverges(part, true), (Divergence{2, std::nullopt, {step_of(0), step_of(1)}}));
    EXPECT_EQ(to_string(case_, *diverges(part, true)),
              "choice 3: the schedule has ended, but what can happen is 'step A' or 'step B'");
    Schedule more = broken_;
    more.push_back(go_on(3));
    EXPECT_EQ(to_string(case_, *diverges(more, true)),
              "choice 7: recorded was 'go-on b', but nothing can happen any more");

    // The scheduler goes on all the same, and reports the same.
    for (const Schedule& schedule : {wrong, part, more}) {
        ReplayChoices scheduler(schedule);
        run_to_end(start, scheduler);
        EXPECT_EQ(scheduler.divergence(), diverges(schedule, true));
    }
}

// ---- As text. ---------------------------------------------------------------------------------

TEST_F(Waiting, SchedulesAreReadAsTheyAreWritten) {
    const std::string text =
        "step A\n"
        "step A\n"
        "step B\n"
        "step A\n"
        "go-on b\n"
        "step B\n";
    EXPECT_EQ(to_string(case_, broken_), text);
    const ParsedSchedule parsed = parse_schedule(case_, text);
    EXPECT_EQ(parsed.error, "");
    EXPECT_EQ(parsed.schedule, broken_);
    const ParsedSchedule commented =
        parse_schedule(case_, "# found by hand\r\n\n  step\t A \nstep A\nstep B\nstep A\n"
                              "go-on b\nstep B");
    EXPECT_EQ(commented.error, "");
    EXPECT_EQ(commented.schedule, broken_);
    EXPECT_TRUE(parse_schedule(case_, "").schedule.empty());
    EXPECT_EQ(parse_schedule(case_, "go-on B.2").schedule, Schedule{go_on(4)});
}

TEST_F(Waiting, WhatIsNoScheduleIsAnErrorWithItsLine) {
    const auto error = [&](std::string_view text) {
        const ParsedSchedule parsed = parse_schedule(case_, text);
        EXPECT_TRUE(parsed.schedule.empty());
        return std::to_string(parsed.error_line) + ": " + parsed.error;
    };
    EXPECT_EQ(error("step A\nstep C\n"), "2: there is no thread 'C'; there is 'A' or 'B'");
    EXPECT_EQ(error("step"), "1: no thread is named; there is 'A' or 'B'");
    EXPECT_EQ(error("\n\ngo-on x\n"),
              "3: there is no step 'x'; there is 'a', 'A.2', 'A.3', 'b' or 'B.2'");
    EXPECT_EQ(error("run A"),
              "1: 'run' is no choice; a line is 'step THREAD', 'go-on STEP' or 'cache STEP'");
    EXPECT_EQ(error(std::string(3, '\0')).substr(0, 2), "1:");
    std::string long_text;
    for (std::size_t i = 0; i <= kMaxScheduleLength; ++i) long_text += "step A\n";
    EXPECT_EQ(error(long_text), "1000001: more than 1000000 choices");
}

}  // namespace
}  // namespace oplocksim::sim
