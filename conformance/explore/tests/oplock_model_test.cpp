#include "conformance/explore/oplock_model.h"

#include <gtest/gtest.h>

#include "conformance/explore/oplock_classes.h"
#include "conformance/explore/search.h"
#include "conformance/explore/tests/synthetic_models.h"

namespace oplocksim::conformance::explore {
namespace {

// The model that is also written in Promela (tools/bench/spin/oplock.pml). That has the same
// numbers of reachable states; of transitions one more, because Spin counts the way into the
// initial state.
template <std::size_t kHandles>
void expect_counts(std::uint32_t openings, std::uint64_t states, std::uint64_t transitions) {
    const OplockModel<kHandles> model(OplockModelSettings{.openings = openings});
    Options options;
    const auto all = search(model, options);
    EXPECT_EQ(all.verdict, Verdict::pass);
    EXPECT_EQ(all.counts.states, states);
    EXPECT_EQ(all.counts.transitions, transitions);
    options.symmetry = true;
    const auto renamed = search(model, options);
    EXPECT_EQ(renamed.verdict, Verdict::pass);
    EXPECT_EQ(renamed.counts.represented, states);
    EXPECT_LE(renamed.counts.states, states);
    EXPECT_EQ(renamed.counts.depth, all.counts.depth);
}

constexpr std::uint32_t kAllOpenings = (1u << kOpenings) - 1;
constexpr std::uint32_t kWriters = (1u << static_cast<unsigned>(Opening::write)) |
                                   (1u << static_cast<unsigned>(Opening::exclusive)) |
                                   (1u << static_cast<unsigned>(Opening::write_no_wait));

TEST(OplockModel, ReachesWhatTheModelInPromelaReaches) {
    expect_counts<1>(kAllOpenings, 39, 96);
    expect_counts<2>(kAllOpenings, 2839, 16716);
    expect_counts<3>(kAllOpenings, 127049, 1061694);
    expect_counts<4>(kWriters, 161581, 1761684);
}

// One handle, by hand. States: closed; four ways of being open, before the request or with one of
// eight types, which an only opener gets; and, for the two that may write, after the request with
// nothing: a write ends the writer's own Level 2. Transitions: six ways to open; eight requests and
// a close, and for two a write; from a type close, and for two write; from nothing both.
TEST(OplockModel, OneHandleByHand) {
    expect_counts<1>(kAllOpenings, 1 + 4 * (1 + 8) + 2,
                     6 + (4 * (8 + 1) + 2) + (4 * 8 + 2 * 8) + 2 * 2);
}

// Another search that shares nothing with this one but the model.
TEST(OplockModel, AgreesWithThePlainestSearch) {
    const OplockModel<2> model;
    const auto reference = testing::reference_search(model);
    const auto result = search(model, Options{});
    EXPECT_EQ(result.counts.states, reference.states);
    EXPECT_EQ(result.counts.transitions, reference.transitions);
    EXPECT_EQ(reference.violations.size(), 0u);
}

// successors() is actions() and apply(), and handles are interchangeable: what follows from a
// state with its handles in another order is what follows from it, in that order.
TEST(OplockModel, HandlesAreInterchangeable) {
    using Model = OplockModel<3>;
    const Model model;
    std::vector<Model::State> states = model.initial();
    for (std::size_t i = 0; i < states.size() && i < 3000; ++i) {
        std::vector<OplockAction> actions;
        model.actions(states[i], actions);
        std::vector<Model::State> together;
        model.successors(states[i], [&](const Model::State& next) { together.push_back(next); });
        ASSERT_EQ(together.size(), actions.size());
        for (std::size_t j = 0; j < actions.size(); ++j) {
            ASSERT_EQ(together[j], model.apply(states[i], actions[j])) << to_string(actions[j]);
            constexpr std::array<std::uint8_t, 3> kPlace = {2, 0, 1};   // of each handle
            Model::State turned{};
            Model::State turned_next{};
            for (std::size_t k = 0; k < 3; ++k) {
                turned[kPlace[k]] = states[i][k];
                turned_next[kPlace[k]] = together[j][k];
            }
            OplockAction renamed = actions[j];
            renamed.handle = kPlace[renamed.handle];
            ASSERT_EQ(model.apply(turned, renamed), turned_next) << to_string(actions[j]);
        }
        // A breadth of states: every seventh successor.
        for (std::size_t j = i % 7; j < together.size(); j += 7) states.push_back(together[j]);
    }
}

// Calls that are shared lead to the same states in the same order as calls that are made.
TEST(OplockModel, SharedCallsGiveTheSame) {
    using Model = OplockModel<4>;
    const OplockModelSettings settings{.openings = kWriters};
    const Model model(settings);
    const OplockClassModel<4> shared(settings);
    std::vector<Model::State> states = model.initial();
    for (std::size_t i = 0; i < states.size() && i < 5000; ++i) {
        std::vector<Model::State> made;
        std::vector<Model::State> looked_up;
        model.successors(states[i], [&](const Model::State& next) { made.push_back(next); });
        shared.successors(states[i], [&](const Model::State& next) { looked_up.push_back(next); });
        ASSERT_EQ(made, looked_up) << "state " << i;
        for (std::size_t j = i % 5; j < made.size(); j += 5) states.push_back(made[j]);
    }
    EXPECT_GT(states.size(), 5000u);
    const auto all = search(model, Options{});
    const auto counted = search(shared, Options{});
    EXPECT_EQ(counted.counts.states, all.counts.states);
    EXPECT_EQ(counted.counts.transitions, all.counts.transitions);
    EXPECT_EQ(counted.counts.depth, all.counts.depth);
}

TEST(OplockModel, ChecksCanFail) {
    const auto violated = [](std::vector<HandleBits> state) {
        std::vector<std::uint32_t> ids;
        check_oplock_state(state, ids);
        return ids;
    };
    const auto id = [](OplockProperty property) { return static_cast<std::uint32_t>(property); };
    constexpr HandleBits kOpen = 1;
    constexpr auto how = [](Opening opening) { return static_cast<HandleBits>(opening) << 1; };
    constexpr auto holds = [](engine::OplockType type) {
        return static_cast<HandleBits>(type) << 13;
    };
    using engine::OplockType;
    EXPECT_TRUE(violated({0, 0}).empty());
    EXPECT_EQ(violated({holds(OplockType::batch), holds(OplockType::read)}),
              std::vector{id(OplockProperty::exclusive_alone)});
    EXPECT_EQ(violated({holds(OplockType::level_2), holds(OplockType::read_handle)}),
              std::vector{id(OplockProperty::level_2_apart)});
    constexpr HandleBits kWriting = 2u << 4;
    constexpr HandleBits kWaits = 1u << 10;
    EXPECT_EQ(violated({kWriting | kWaits}), std::vector{id(OplockProperty::waits_for_a_break)});
    EXPECT_EQ(violated({kWriting}), std::vector{id(OplockProperty::nothing_lost)});
    EXPECT_EQ(violated({kOpen | how(Opening::exclusive), kOpen | how(Opening::write)}),
              std::vector{id(OplockProperty::sharing_kept)});
}

TEST(OplockModel, ActionsReadWell) {
    EXPECT_EQ(to_string(OplockAction{1, OplockVerb::request,
                                     static_cast<std::uint8_t>(engine::OplockType::batch)}),
              "handle 2: request Batch");
    EXPECT_EQ(to_string(OplockAction{0, OplockVerb::go_on, 0}), "handle 1: go on");
}

}  // namespace
}  // namespace oplocksim::conformance::explore
