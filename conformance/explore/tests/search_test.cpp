#include "conformance/explore/search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "conformance/explore/tests/synthetic_models.h"

namespace oplocksim::conformance::explore {
namespace {

using testing::Counters;
using testing::Fingerprinted;
using testing::Philosophers;
using testing::Reference;
using testing::reference_search;
using testing::TokenRing;

// Side by side, for real.
void in_threads(unsigned count, const std::function<void(unsigned)>& body) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < count; ++i) threads.emplace_back(body, i);
    for (std::thread& thread : threads) thread.join();
}

// One after another, the last one first.
void backwards(unsigned count, const std::function<void(unsigned)>& body) {
    while (count-- != 0) body(count);
}

template <typename Action>
std::map<std::uint32_t, std::size_t> violations(const Result<Action>& result) {
    std::map<std::uint32_t, std::size_t> found;
    for (const auto& finding : result.findings) {
        if (finding.kind == FindingKind::violation) found[finding.property] = finding.path.size();
    }
    return found;
}

template <typename Action>
std::vector<std::uint32_t> properties(const Result<Action>& result) {
    std::vector<std::uint32_t> ids;
    for (const auto& [property, steps] : violations(result)) ids.push_back(property);
    return ids;
}

// The path is one, and ends where the finding says.
template <typename M>
void expect_real(const M& model, const Finding<typename M::Action>& finding) {
    auto state = model.initial()[finding.initial];
    std::vector<typename M::Action> actions;
    for (const auto& action : finding.path) {
        actions.clear();
        model.actions(state, actions);
        EXPECT_TRUE(std::ranges::any_of(actions, [&](const auto& enabled) {
            return std::memcmp(&enabled, &action, sizeof action) == 0;
        }));
        state = model.apply(state, action);
    }
    if (finding.kind == FindingKind::deadlock) {
        actions.clear();
        model.actions(state, actions);
        EXPECT_TRUE(actions.empty() && !model.is_legal_end(state));
    } else {
        std::vector<std::uint32_t> violated;
        model.check(state, violated);
        EXPECT_NE(std::ranges::find(violated, finding.property), violated.end());
    }
}

template <typename M>
void expect_agrees(const M& model, const Options& options) {
    const Reference reference = reference_search(model);
    const auto result = search(model, options);
    EXPECT_EQ(result.bound, Bound::none);
    EXPECT_EQ(result.counts.states, reference.states);
    EXPECT_EQ(result.counts.transitions, reference.transitions);
    EXPECT_EQ(result.counts.ends, reference.ends);
    EXPECT_EQ(result.counts.deadlocks, reference.deadlocks);
    const bool fails = !reference.violations.empty() || reference.deadlocks != 0;
    EXPECT_EQ(result.verdict, fails ? Verdict::fail : Verdict::pass);
    for (const auto& finding : result.findings) expect_real(model, finding);
    if (options.order == Order::breadth_first) {
        EXPECT_EQ(result.counts.depth, reference.depth);
        for (const auto& [property, steps] : violations(result)) {
            EXPECT_EQ(steps, reference.violations.at(property)) << "not a shortest way";
        }
    }
    std::vector<std::uint32_t> expected;
    for (const auto& [property, steps] : reference.violations) expected.push_back(property);
    EXPECT_EQ(properties(result), expected);
}

TEST(Search, AgreesWithThePlainestSearch) {
    for (const Order order : {Order::breadth_first, Order::depth_first}) {
        Options options;
        options.order = order;
        expect_agrees(Counters<4>{5}, options);
        expect_agrees(Philosophers<7>{}, options);
        expect_agrees(TokenRing<4>{}, options);
        expect_agrees(Fingerprinted<Philosophers<6>>{}, options);
        expect_agrees(Fingerprinted<TokenRing<3>>{}, options);
        options.frontier = Frontier::paths;
        expect_agrees(Fingerprinted<Philosophers<6>>{}, options);
        expect_agrees(Fingerprinted<Counters<3>>{}, options);
    }
}

TEST(Search, CountsWhatCanBeCountedByHand) {
    const auto result = search(Counters<4>{3}, Options{});
    EXPECT_EQ(result.counts.states, 256u);        // 4^4
    EXPECT_EQ(result.counts.transitions, 768u);   // 4 * 3 * 4^3
    EXPECT_EQ(result.counts.ends, 1u);
    EXPECT_EQ(result.counts.depth, 12u);
    ASSERT_EQ(result.findings.size(), 1u);
    EXPECT_EQ(result.findings[0].property, 7u);
    EXPECT_EQ(result.findings[0].path.size(), 12u);
}

template <typename M>
void expect_same_for_all_workers(const M& model, Options options) {
    const auto alone = search(model, options);
    for (const unsigned workers : {2u, 3u, 16u}) {
        for (const Parallel& parallel : {Parallel{in_threads}, Parallel{backwards}, Parallel{}}) {
            options.workers = workers;
            options.parallel = parallel;
            const auto together = search(model, options);
            EXPECT_EQ(together.verdict, alone.verdict);
            EXPECT_EQ(together.bound, alone.bound);
            EXPECT_EQ(together.counts, alone.counts);
            ASSERT_EQ(together.findings.size(), alone.findings.size());
            for (std::size_t i = 0; i < alone.findings.size(); ++i) {
                EXPECT_EQ(together.findings[i].property, alone.findings[i].property);
                EXPECT_EQ(together.findings[i].path, alone.findings[i].path);
            }
        }
    }
}

TEST(Search, ResultDoesNotDependOnTheWorkers) {
    for (const bool reduction : {false, true}) {
        for (const bool symmetry : {false, true}) {
            Options options;
            options.reduction = reduction;
            options.symmetry = symmetry;
            expect_same_for_all_workers(Philosophers<9>{}, options);
            expect_same_for_all_workers(Fingerprinted<Philosophers<7>>{}, options);
            options.limits.states = 500;
            expect_same_for_all_workers(Philosophers<9>{}, options);
            options.stop_at_first = true;
            expect_same_for_all_workers(Counters<5>{4}, options);
        }
    }
}

TEST(Search, LimitsEndInUnknown) {
    const auto bound = [](auto change, Order order) {
        Options options;
        options.order = order;
        change(options);
        // Nothing is wrong here but at the end.
        const auto result = search(Counters<6>{6}, options);
        EXPECT_EQ(result.verdict, Verdict::unknown);
        EXPECT_TRUE(result.findings.empty());
        return result.bound;
    };
    for (const Order order : {Order::breadth_first, Order::depth_first}) {
        EXPECT_EQ(bound([](Options& o) { o.limits.depth = 35; }, order), Bound::depth);
    }
    const Order first = Order::breadth_first;
    EXPECT_EQ(bound([](Options& o) { o.limits.states = 10000; }, first), Bound::states);
    EXPECT_EQ(bound([](Options& o) { o.limits.transitions = 10000; }, first),
              Bound::transitions);
    EXPECT_EQ(bound([](Options& o) { o.limits.memory = 100000; }, first), Bound::memory);
    EXPECT_EQ(bound([](Options& o) { o.interrupted = [] { return true; }; }, first),
              Bound::interrupted);
}

TEST(Search, AViolationBeforeTheLimitStillFails) {
    Options options;
    options.limits.depth = 5;
    const auto result = search(TokenRing<2>{}, options);
    EXPECT_EQ(result.verdict, Verdict::fail);
    EXPECT_EQ(result.bound, Bound::depth);
    EXPECT_EQ(properties(result), (std::vector<std::uint32_t>{0, 1}));
}

TEST(Search, TheDepthLimitMattersOnlyIfSomethingLiesBeyond) {
    Options options;
    options.limits.depth = 12;
    EXPECT_EQ(search(Counters<4>{3}, options).bound, Bound::none);
    options.limits.depth = 11;
    EXPECT_EQ(search(Counters<4>{3}, options).bound, Bound::depth);
}

TEST(Search, DepthFirstInLittleMemorySeesEverythingAllTheSame) {
    const Counters<4> model{9};   // 10,000 states, 36 steps deep
    const auto all = search(model, Options{});
    Options options;
    options.order = Order::depth_first;
    options.limits.memory = 40 << 10;
    const auto little = search(model, options);
    EXPECT_EQ(little.verdict, Verdict::fail);
    EXPECT_EQ(little.bound, Bound::none);
    EXPECT_GT(little.counts.forgotten, 0u);
    EXPECT_GT(little.counts.states, all.counts.states);   // some were visited again
    EXPECT_LE(little.counts.memory, options.limits.memory);
}

TEST(Search, StopsAtTheFirstFinding) {
    Options options;
    options.stop_at_first = true;
    for (const Order order : {Order::breadth_first, Order::depth_first}) {
        options.order = order;
        const auto result = search(TokenRing<4>{}, options);
        EXPECT_EQ(result.verdict, Verdict::fail);
        EXPECT_EQ(result.findings.size(), 1u);
        EXPECT_LT(result.counts.states, 4u * 81u);
    }
}

TEST(Search, ProgressOnlyGrows) {
    Progress last;
    std::uint64_t calls = 0;
    Options options;
    options.progress = [&](const Progress& now) {
        EXPECT_GE(now.states, last.states);
        EXPECT_GE(now.transitions, last.transitions);
        EXPECT_LE(now.queue, now.states);
        last = now;
        ++calls;
    };
    const auto result = search(Counters<5>{5}, options);
    EXPECT_GT(calls, 1u);
    EXPECT_EQ(last.states, result.counts.states);
    EXPECT_EQ(last.queue, 0u);
}

TEST(Search, CollisionEstimate) {
    EXPECT_EQ(collision_estimate(0), 0);
    EXPECT_EQ(collision_estimate(1), 0);
    EXPECT_DOUBLE_EQ(collision_estimate(2), std::ldexp(1, -128));
    EXPECT_NEAR(collision_estimate(1'000'000'000), 1.469e-21, 1e-23);
}

}  // namespace
}  // namespace oplocksim::conformance::explore
