#include "conformance/findings/shortest.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "conformance/findings/plan_edits.h"
#include "conformance/findings/replacements.h"
#include "conformance/findings/step_words.h"
#include "conformance/findings/tests/finding_testing.h"

namespace oplocksim::conformance::findings {
namespace {

using testing::finding_in;
using testing::with_fault;
using Kind = sim::Choice::Kind;

// An open, a write and a request after it show that writes are lost; the rest is idle.
const char* const kLong = R"(scenario: long
volume: [{file: \d}, {file: \e}]
steps:
  - B.create: {as: b, file: \e}
  - A.create: {as: a, file: \d, access: W}
  - B.read: b
  - A.write: a
  - A.read: a
)";

Oracle losing_writes() { return Oracle(with_fault(testing::lose_writes)); }

Plan plan_in(const Finding& finding) { return plan_of(finding.of, finding.schedule); }

TEST(Shortest, IsFoundAndNothingShorterIs) {
    const Oracle oracle = losing_writes();
    const Finding finding = finding_in(kLong, oracle);
    const Plan start = plan_in(finding);
    ShortestOptions options;
    options.last_length = 4;
    Plan found;
    const auto take = [&](const Plan& plan) {
        found = plan;
        return true;
    };
    const ShortestSearch done = search_shortest(start, vocabulary_of(start), finding.failure,
                                                oracle.options(), options, take);
    EXPECT_EQ(done.length, 3u);
    EXPECT_EQ(done.excluded, 2u);
    EXPECT_EQ(steps_of(found), 3u);
    EXPECT_TRUE(carry_out(found, oracle.options(), &finding.failure).failure);
    options.last_length = 2;
    const ShortestSearch none = search_shortest(start, vocabulary_of(start), finding.failure,
                                                oracle.options(), options, take);
    EXPECT_EQ(none.length, 0u);
    EXPECT_EQ(none.excluded, 2u);
}

TEST(Shortest, GoesOnUntilSomethingIsAccepted) {
    const Oracle oracle = losing_writes();
    const Finding finding = finding_in(kLong, oracle);
    const Plan start = plan_in(finding);
    ShortestOptions options;
    options.last_length = 4;
    std::size_t least = 1;
    std::size_t offered = 0;
    const auto refuse = [&](const Plan& plan) {
        ++offered;
        EXPECT_GE(steps_of(plan), least) << "in order of their length";
        least = steps_of(plan);
        EXPECT_TRUE(carry_out(plan, oracle.options(), &finding.failure).failure);
        return false;
    };
    const ShortestSearch done = search_shortest(start, vocabulary_of(start), finding.failure,
                                                oracle.options(), options, refuse);
    EXPECT_EQ(done.length, 0u);
    EXPECT_EQ(done.excluded, 4u);
    EXPECT_EQ(least, 4u);
    EXPECT_GT(offered, 2u);
}

TEST(Shortest, KeepsItsBudgetAndClaimsNothingBeyondIt) {
    const Oracle oracle = losing_writes();
    const Finding finding = finding_in(kLong, oracle);
    const Plan start = plan_in(finding);
    ShortestOptions options;
    options.last_length = 4;
    options.max_steps = 5;
    const auto refuse = [](const Plan&) { return false; };
    const ShortestSearch done = search_shortest(start, vocabulary_of(start), finding.failure,
                                                oracle.options(), options, refuse);
    EXPECT_LE(done.steps, 5u + options.last_length) << "and the way to a situation";
    EXPECT_LT(done.excluded, 2u);
}

// A client waits for itself: an exclusive oplock, and an open that breaks it.
TEST(Shortest, FindsWhatShowsAtTheEndOfARun) {
    OracleOptions judges;
    judges.deadlock = true;
    judges.clients_die = false;
    const Oracle oracle(judges);
    const Finding finding = finding_in(R"(scenario: deadlock
volume: [{file: \d}]
steps:
  - A.create: {as: a, file: \d}
  - B.create: {as: b, file: \d}
  - B.close: b
  - A.oplock: {on: a, request: RW}
  - A.read: a
  - A.create: {as: a2, file: \d}
)",
                                       oracle);
    const Plan start = plan_in(finding);
    for (const bool any_order : {false, true}) {
        ShortestOptions options;
        options.last_length = 5;
        options.at_end = true;
        options.any_order = any_order;
        const ShortestSearch done =
            search_shortest(start, vocabulary_of(start), finding.failure, oracle.options(), options,
                            [](const Plan&) { return true; });
        EXPECT_EQ(done.length, 3u);
        EXPECT_EQ(done.excluded, any_order ? 1u : 2u) << "what goes on is seen one step later";
    }
}

TEST(Shortest, DoesNotDependOnWhereItsStepsComeFrom) {
    const Oracle oracle = losing_writes();
    const Finding finding = finding_in(kLong, oracle);
    Plan start = plan_in(finding);
    const auto found_from = [&] {
        ShortestOptions options;
        options.last_length = 3;
        Plan found;
        const auto take = [&](const Plan& plan) {
            found = plan;
            return true;
        };
        EXPECT_EQ(search_shortest(start, vocabulary_of(start), finding.failure, oracle.options(),
                                  options, take)
                      .length,
                  3u);
        return fingerprint_of(found);
    };
    const sim::Fingerprint forwards = found_from();
    std::reverse(start.turns.begin(), start.turns.end() - 1);   // the last says what shows it
    EXPECT_EQ(found_from(), forwards);
}

TEST(Vocabulary, HasEveryShapeOnceInOneOrder) {
    const Finding finding = finding_in(kLong, losing_writes());
    const Plan plan = plan_in(finding);
    Vocabulary forwards;
    Vocabulary backwards;
    for (const sim::Choice turn : plan.turns) forwards.add(plan.of.steps[turn.index]);
    for (std::size_t i = plan.turns.size(); i-- > 0;) {
        backwards.add(plan.of.steps[plan.turns[i].index]);
    }
    EXPECT_EQ(forwards.shapes(), backwards.shapes());
    EXPECT_EQ(forwards.shapes().size(), 4u) << "two opens, both reads in one, a write";
    Vocabulary usual = forwards;
    for (const Sort sort : kSorts) add_usual(usual, plan, sort);
    const std::size_t count = usual.shapes().size();
    for (const Sort sort : kSorts) add_usual(usual, plan, sort);
    EXPECT_EQ(usual.shapes().size(), count);
    EXPECT_GT(count, forwards.shapes().size());
}

TEST(Replacements, PutOneStepInThePlaceOfSeveral) {
    const Finding finding = finding_in(kLong, losing_writes());
    const Plan plan = plan_in(finding);
    Vocabulary vocabulary;
    for (const sim::Choice turn : plan.turns) vocabulary.add(plan.of.steps[turn.index]);
    bool reads_what_is_new = false;
    std::size_t offered = 0;
    const bool accepted = try_replacements(plan, vocabulary, 2, [&](const Plan& made) {
        ++offered;
        EXPECT_EQ(made.turns.size(), plan.turns.size() - 1);
        EXPECT_EQ(made.settled, made.turns.size());
        const auto added = static_cast<sim::StepIndex>(plan.of.steps.size());
        for (const sim::Choice turn : made.turns) {
            reads_what_is_new = reads_what_is_new || made.of.steps[turn.index].on == added;
        }
        return false;
    });
    EXPECT_FALSE(accepted);
    EXPECT_TRUE(reads_what_is_new) << "an open in the place of an open is read from";
    EXPECT_GT(offered, 50u);
    EXPECT_TRUE(try_replacements(plan, vocabulary, 2, [](const Plan&) { return true; }));
}

TEST(StepWords, TellOneArgumentFromAnother) {
    sim::Step step;
    step.thread = 1;
    step.request.access = engine::FILE_READ_DATA;
    const StepWords words = words_of(step);
    EXPECT_EQ(words_of(step), words);
    sim::Step other = step;
    other.name = "called";
    EXPECT_EQ(words_of(other), words) << "names are for people";
    other = step;
    other.request.share = engine::FILE_SHARE_READ;
    EXPECT_NE(words_of(other), words);
    other = step;
    other.request.fsctl.flags = 1;
    EXPECT_NE(words_of(other), words);
    other = step;
    other.on = 0;
    EXPECT_NE(words_of(other), words);
}

}  // namespace
}  // namespace oplocksim::conformance::findings
