// The same generator under RapidCheck: bytes are the draws, so a history shrinks like a list.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "conformance/fuzz/fuzz_run.h"
#include "sim/schedulers.h"

namespace oplocksim::conformance::fuzz {
namespace {

// The same histories on every run, unless somebody asks for others.
[[maybe_unused]] const int kSeeded = setenv("RC_PARAMS", "seed=20240 max_success=200", 0);

rc::Gen<Bytes> inputs() {
    // The configuration takes some sixty bytes, a step some ten.
    constexpr double kBytesPerSize = 8.0;
    return rc::gen::scale(kBytesPerSize,
                          rc::gen::container<Bytes>(rc::gen::inRange<std::uint8_t>(0, 255)));
}

RC_GTEST_PROP(FuzzProperty, NoRuleObjectsAndInvariantsHold, ()) {
    static FuzzRun run;
    const Bytes input = *inputs();
    Choices choices;
    choices.begin(input);
    run.run(choices, {std::nullopt, true});
    if (run.failed()) RC_FAIL(run.failure()->rule + ": " + run.failure()->observed);
}

RC_GTEST_PROP(FuzzProperty, TheSameInputGivesTheSameRun, ()) {
    static FuzzRun first;
    static FuzzRun second;
    const Bytes input = *inputs();
    Choices choices;
    choices.begin(input);
    first.run(choices, {});
    choices.begin(input);
    second.run(choices, {});
    RC_ASSERT(first.history().choices == second.history().choices);
    RC_ASSERT(first.world() == second.world());
    RC_ASSERT(first.rules() == second.rules());
}

// Somebody else's implementation: it never says that an acknowledgment is required.
class HidesAcknowledgments final : public sim::TraceSink {
 public:
    explicit HidesAcknowledgments(RuleSet& rules) : rules_(rules) {}
    void on_event(const sim::TraceEvent& event) override {
        sim::TraceEvent changed = event;
        changed.output.flags &= ~engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED;
        rules_.on_event(changed);
    }
    [[nodiscard]] bool wants_unobservable() const override { return false; }

 private:
    RuleSet& rules_;
};

bool object_to_hidden_acknowledgments(const Bytes& input) {
    static FuzzRun run;
    Choices choices;
    choices.begin(input);
    run.run(choices, {});
    const FoundCase found = run.found_case();
    const sim::CaseStart start(found.of);
    sim::RunState state = start.state();
    RuleSet rules(found.of.semantics, found.of.names);
    HidesAcknowledgments sink(rules);
    sim::CaseRun again(start, state, &sink);
    static_cast<void>(sim::replay(again, found.schedule, false));
    return !rules.violations().empty();
}

// The canary: a property that cannot fail shows nothing.
TEST(FuzzProperty, AWrongImplementationIsObjectedToAndTheHistoryShrinks) {
    Bytes shrunk;
    const bool holds = rc::check("nobody has to acknowledge anything", [&] {
        const Bytes input = *inputs();
        if (!object_to_hidden_acknowledgments(input)) return;
        shrunk = input;
        RC_FAIL("found");
    });
    EXPECT_FALSE(holds);
    EXPECT_TRUE(object_to_hidden_acknowledgments(shrunk));
    FuzzRun run;
    Choices choices;
    choices.begin(shrunk);
    run.run(choices, {});
    // An open, a request, and somebody who breaks it; what is left over from shrinking bytes.
    EXPECT_LE(run.history().steps.size(), 20u);
}

}  // namespace
}  // namespace oplocksim::conformance::fuzz
