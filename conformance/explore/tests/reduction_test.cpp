// Reduced and unreduced searches, on models where they are known and on random ones.
#include "conformance/explore/reduction.h"

#include <gtest/gtest.h>

#include <random>

#include "conformance/explore/search.h"
#include "conformance/explore/tests/synthetic_models.h"

namespace oplocksim::conformance::explore {
namespace {

template <typename Action>
std::set<std::uint32_t> properties(const Result<Action>& result) {
    std::set<std::uint32_t> ids;
    for (const auto& finding : result.findings) {
        if (finding.kind == FindingKind::violation) ids.insert(finding.property);
    }
    return ids;
}

template <typename M>
void expect_same_findings(const M& model, bool symmetry = false) {
    Options options;
    options.symmetry = symmetry;
    const auto all = search(model, options);
    options.reduction = true;
    for (const Order order : {Order::breadth_first, Order::depth_first}) {
        options.order = order;
        const auto reduced = search(model, options);
        EXPECT_EQ(reduced.verdict, all.verdict);
        EXPECT_EQ(reduced.bound, Bound::none);
        EXPECT_LE(reduced.counts.states, all.counts.states);
        EXPECT_EQ(reduced.counts.ends, all.counts.ends);
        EXPECT_EQ(reduced.counts.end_states, all.counts.end_states);
        EXPECT_EQ(reduced.counts.deadlocks, all.counts.deadlocks);
        EXPECT_EQ(reduced.counts.deadlock_states, all.counts.deadlock_states);
        EXPECT_EQ(properties(reduced), properties(all));
    }
}

TEST(Reduction, OneOrderOfIndependentCounters) {
    Options options;
    options.reduction = true;
    const auto result = search(testing::Counters<5>{4}, options);
    EXPECT_EQ(result.counts.states, 21u);   // 5 * 4 steps, in one order
    EXPECT_EQ(result.counts.transitions, 20u);
    EXPECT_EQ(result.counts.ends, 1u);
    expect_same_findings(testing::Counters<4>{3});
    expect_same_findings(testing::Counters<4>{3}, true);
}

TEST(Reduction, Philosophers) {
    expect_same_findings(testing::Philosophers<5>{});
    expect_same_findings(testing::Philosophers<6>{}, true);
}

// The token alone goes round for ever. If the others could be put off, nothing would be found.
TEST(Reduction, NothingIsPutOffForEver) {
    expect_same_findings(testing::TokenRing<3>{});
    Options options;
    options.reduction = true;
    for (const Order order : {Order::breadth_first, Order::depth_first}) {
        options.order = order;
        EXPECT_EQ(properties(search(testing::TokenRing<3>{}, options)),
                  (std::set<std::uint32_t>{0, 1, 2}));
    }
}

// Small programs over shared variables, some of which run in circles.
struct Programs {
    static constexpr std::size_t kAgents = 3;
    static constexpr std::size_t kVariables = 3;
    static constexpr std::uint8_t kModulus = 3;
    enum class Kind : std::uint8_t { add, set, wait, swap_if, expect };
    struct Step {
        Kind kind = Kind::add;
        std::uint8_t variable = 0;
        std::uint8_t value = 0;
    };
    struct State {
        std::array<std::uint8_t, kAgents> at{};
        std::array<std::uint8_t, kVariables> variables{};
        std::array<std::uint8_t, kAgents> failed{};   // an expectation of the agent, for ever
    };
    using Action = std::uint8_t;   // whose next step

    std::array<std::vector<Step>, kAgents> programs;
    std::array<bool, kAgents> circular{};

    explicit Programs(std::uint32_t seed) {
        std::mt19937 random(seed);
        for (std::size_t agent = 0; agent < kAgents; ++agent) {
            const std::size_t steps = 1 + random() % 4;
            for (std::size_t i = 0; i < steps; ++i) {
                programs[agent].push_back({static_cast<Kind>(random() % 5),
                                           static_cast<std::uint8_t>(random() % kVariables),
                                           static_cast<std::uint8_t>(random() % kModulus)});
            }
            circular[agent] = random() % 4 == 0;
        }
    }

    [[nodiscard]] bool over(const State& state, std::size_t agent) const {
        return state.at[agent] == programs[agent].size();
    }
    [[nodiscard]] std::vector<State> initial() const { return {State{}}; }
    void actions(const State& state, std::vector<Action>& actions) const {
        for (std::size_t agent = 0; agent < kAgents; ++agent) {
            if (over(state, agent)) continue;
            const Step& step = programs[agent][state.at[agent]];
            if (step.kind == Kind::wait && state.variables[step.variable] != step.value) continue;
            actions.push_back(static_cast<Action>(agent));
        }
    }
    [[nodiscard]] State apply(State state, Action agent) const {
        const Step& step = programs[agent][state.at[agent]];
        std::uint8_t& variable = state.variables[step.variable];
        switch (step.kind) {
            case Kind::add: variable = static_cast<std::uint8_t>((variable + 1) % kModulus); break;
            case Kind::set: variable = step.value; break;
            case Kind::wait: break;
            case Kind::swap_if:
                if (variable == step.value) variable = 0;
                break;
            case Kind::expect:
                if (variable != step.value) state.failed[agent] = 1;
                break;
        }
        ++state.at[agent];
        if (circular[agent] && over(state, agent)) state.at[agent] = 0;
        return state;
    }
    // An agent's expectation failed (for ever); and two variables at once (now and then).
    void check(const State& state, std::vector<std::uint32_t>& violated) const {
        for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
            if (state.failed[agent] != 0) violated.push_back(agent);
        }
        if (state.variables[0] == 2 && state.variables[1] == 1) violated.push_back(100);
    }
    [[nodiscard]] bool is_legal_end(const State& state) const {
        for (std::size_t agent = 0; agent < kAgents; ++agent) {
            if (!over(state, agent) && !circular[agent]) return false;
        }
        return true;
    }
    [[nodiscard]] unsigned agent(const State&, Action action) const { return action; }
    [[nodiscard]] static bool writes(Kind kind) {
        return kind == Kind::add || kind == Kind::set || kind == Kind::swap_if;
    }
    [[nodiscard]] std::uint64_t interferes(const State& state, unsigned agent) const {
        if (over(state, agent)) return 0;
        const Step& mine = programs[agent][state.at[agent]];
        std::uint64_t others = 0;
        for (std::size_t other = 0; other < kAgents; ++other) {
            if (other == agent) continue;
            const std::size_t from = circular[other] ? 0 : state.at[other];
            for (std::size_t i = from; i < programs[other].size(); ++i) {
                const Step& step = programs[other][i];
                if (step.variable == mine.variable && (writes(step.kind) || writes(mine.kind))) {
                    others |= std::uint64_t{1} << other;
                }
            }
        }
        return others;
    }
    [[nodiscard]] bool visible(const State& state, Action action) const {
        const Step& step = programs[action][state.at[action]];
        return writes(step.kind) && step.variable <= 1;
    }
};

TEST(Reduction, RandomProgramsGiveTheSame) {
    std::uint64_t states = 0;
    std::uint64_t reduced_states = 0;
    std::uint64_t violations = 0;
    std::uint64_t deadlocks = 0;
    for (std::uint32_t seed = 0; seed < 2000; ++seed) {
        SCOPED_TRACE(seed);
        const Programs model(seed);
        expect_same_findings(model);
        Options options;
        const auto all = search(model, options);
        states += all.counts.states;
        violations += properties(all).size();
        deadlocks += all.counts.deadlocks;
        options.reduction = true;
        reduced_states += search(model, options).counts.states;
        if (HasFailure()) return;
    }
    // That there was something to lose, and something gained.
    EXPECT_GT(violations, 500u);
    EXPECT_GT(deadlocks, 100u);
    EXPECT_LT(reduced_states * 10, states * 9);
}

// A dependence relation that is wrong must be noticed by the comparison above: the canary.
struct Careless : Programs {
    using Programs::Programs;
    [[nodiscard]] std::uint64_t interferes(const State&, unsigned) const { return 0; }
};

TEST(Reduction, AWrongDependenceRelationLosesSomething) {
    std::uint64_t lost = 0;
    for (std::uint32_t seed = 0; seed < 300; ++seed) {
        const Careless model(seed);
        Options options;
        const auto all = search(model, options);
        options.reduction = true;
        const auto reduced = search(model, options);
        lost += properties(all) != properties(reduced) ||
                all.counts.end_states != reduced.counts.end_states;
    }
    EXPECT_GT(lost, 10u);
}

TEST(Reduction, TheSmallestGroupIsChosen) {
    const std::vector<std::uint8_t> of_action = {0, 0, 1, 2};
    const auto interferes = [](unsigned agent) -> std::uint64_t { return agent == 1 ? 4u : 0u; };
    const auto nothing_visible = [](std::size_t) { return false; };
    // {0}: two actions; {1, 2}: two; {2}: one.
    EXPECT_EQ(agents_to_expand(of_action, interferes, nothing_visible), 4u);
    // The third agent's action is visible: then {0} or all.
    const auto last_visible = [](std::size_t i) { return i == 3; };
    EXPECT_EQ(agents_to_expand(of_action, interferes, last_visible), 1u);
}

}  // namespace
}  // namespace oplocksim::conformance::explore
