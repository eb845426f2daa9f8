// The fuzzer itself: what it says is reproducible is, and it can find.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "conformance/fuzz/campaign.h"
#include "conformance/fuzz/fuzz_run.h"
#include "sim/schedulers.h"

namespace oplocksim::conformance::fuzz {
namespace {

constexpr std::uint64_t kSeed = 20'240;

// A run is judged to its end only if nothing is wrong with it; these tests look at both kinds.
TEST(Fuzz, ARunIsAnOrdinaryCaseAndSchedule) {
    FuzzRun run;
    Choices choices;
    for (std::uint64_t i = 0; i < 2'000; ++i) {
        choices.begin({}, seed_of_run(kSeed, i));
        run.run(choices, {});
        const FoundCase found = run.found_case();
        const sim::CaseStart start(found.of);
        sim::RunState state = start.state();
        RuleSet rules(found.of.semantics, found.of.names);
        sim::CaseRun again(start, state, &rules);
        ASSERT_EQ(sim::replay(again, found.schedule, false), std::nullopt) << "run " << i;
        if (run.failed()) {
            ASSERT_FALSE(run.failure()->observed.empty()) << "run " << i;
            continue;   // it has ended early
        }
        again.terminate_all();
        ASSERT_TRUE(state.world == run.world()) << "run " << i;
    }
}

TEST(Fuzz, TheBytesThatWereDrawnGiveTheSameRun) {
    FuzzRun first;
    FuzzRun second;
    Choices choices;
    for (std::uint64_t i = 0; i < 500; ++i) {
        choices.begin({}, seed_of_run(kSeed, i));
        first.run(choices, {});
        const Bytes taken = choices.taken();
        choices.begin(taken, 0);
        second.run(choices, {});
        ASSERT_EQ(first.history().choices, second.history().choices) << "run " << i;
        ASSERT_EQ(first.history().steps, second.history().steps) << "run " << i;
        ASSERT_TRUE(first.world() == second.world()) << "run " << i;
    }
}

TEST(Fuzz, AnyBytesAreAnInput) {
    FuzzRun run;
    Choices choices;
    sim::Random random(kSeed);
    for (int i = 0; i < 500; ++i) {
        Bytes bytes(random.below(200));
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
        choices.begin(bytes);
        run.run(choices, {std::nullopt, true});
    }
    choices.begin({});
    run.run(choices, {std::nullopt, true});
    EXPECT_FALSE(run.failed());
}

// What a campaign says of its findings, but for texts that are made of it.
using Digest = std::vector<std::pair<std::uint64_t, std::string>>;

Digest digest(const CampaignReport& report) {
    Digest all;
    for (const CampaignFinding& one : report.findings) {
        all.emplace_back(one.run, one.finding.failure.rule + one.finding.failure.clause +
                                      one.finding.failure.observed + std::to_string(one.times));
    }
    return all;
}

// Workers one after another, as if they were threads.
CampaignOptions options_for(unsigned workers) {
    CampaignOptions options;
    options.seed = kSeed;
    options.runs = 3'000;
    options.workers = workers;
    return options;
}

TEST(Fuzz, TheNumberOfWorkersDoesNotMatter) {
    const CampaignReport one = run_campaign(options_for(1));
    const CampaignReport three = run_campaign(options_for(3));
    EXPECT_EQ(digest(one), digest(three));
    EXPECT_EQ(one.done.steps, three.done.steps);
    EXPECT_EQ(one.done.cells, three.done.cells);
    EXPECT_EQ(one.done.runs, 3'000u);
}

TEST(Fuzz, ShardsDoTheSameRunsBetweenThem) {
    const CampaignReport whole = run_campaign(options_for(1));
    std::uint64_t steps = 0;
    std::uint64_t runs = 0;
    for (std::uint64_t shard = 0; shard < 3; ++shard) {
        CampaignOptions options = options_for(1);
        options.shard = shard;
        options.shards = 3;
        const CampaignReport part = run_campaign(options);
        steps += part.done.steps;
        runs += part.done.runs;
    }
    EXPECT_EQ(steps, whole.done.steps);
    EXPECT_EQ(runs, whole.done.runs);
}

TEST(Fuzz, SteeringDoesNotDependOnTheWorkersAndKeepsWhatIsNew) {
    const auto steered = [](unsigned workers, std::vector<Bytes>& kept) {
        CampaignOptions options = options_for(workers);
        options.steering = true;
        options.on_interesting = [&](const Bytes& input) { kept.push_back(input); };
        return run_campaign(options);
    };
    std::vector<Bytes> one;
    std::vector<Bytes> two;
    const CampaignReport first = steered(1, one);
    const CampaignReport second = steered(2, two);
    EXPECT_EQ(digest(first), digest(second));
    EXPECT_EQ(one, two);
    EXPECT_GT(one.size(), 100u);
    // What was kept is all it takes to meet what they were kept for.
    CampaignOptions again = options_for(1);
    again.runs = 0;
    again.corpus = one;
    EXPECT_EQ(run_campaign(again).done.runs, one.size());
}

TEST(Fuzz, EveryOperationMeetsEveryTypeOfOplock) {
    const CampaignReport report = run_campaign(options_for(1));
    std::map<std::string, int> met;
    for (const CoverageRow& row : report.coverage) {
        if (row.counts.other + row.counts.own + row.counts.same > 0) ++met[row.state];
    }
    const auto operations = static_cast<int>(coverage_operations().size());
    for (const char* type : {"L1", "L2", "BATCH", "FILTER", "R", "RH", "RW", "RWH"}) {
        EXPECT_EQ(met[type], operations) << type;
    }
}

TEST(Fuzz, EveryRuleHasSomethingToJudge) {
    CampaignOptions options = options_for(1);
    options.runs = 30'000;
    for (const RuleCount& rule : run_campaign(options).rules) {
        if (find_rule(rule.rule)->obligation == "should") continue;
        EXPECT_GT(rule.exercised, 0u) << rule.rule;
    }
}

}  // namespace
}  // namespace oplocksim::conformance::fuzz
