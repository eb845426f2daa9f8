// Random histories of the kernel as it is, in any interleaving: no rule objects to any.
#include <gtest/gtest.h>

#include "conformance/rules/rules.h"
#include "sim/tests/random_universe.h"

namespace oplocksim::conformance {
namespace {

using sim::random_clients::Universe;

// Of 1,000 steps each, under each profile.
#ifdef NDEBUG
constexpr std::uint64_t kHistories = 300;
#else
constexpr std::uint64_t kHistories = 10;
#endif

class RulesRandom : public ::testing::TestWithParam<engine::Profile> {};

TEST_P(RulesRandom, ObjectToNoHistoryOfTheKernel) {
    for (std::uint64_t seed = 0; seed < kHistories; ++seed) {
        Universe universe(seed, GetParam());
        universe.run(1000);
        RuleSet rules(universe.semantics(), universe.names());
        // Of every other history the rules are not told what was on the volume before.
        for (const sim::TraceEvent& event : universe.recorder().events()) {
            const bool volume = event.kind == sim::TraceEventKind::volume;
            if (!volume || seed % 2 == 0) rules.on_event(event);
        }
        rules.at_end();
        for (const Violation& one : rules.violations()) {
            ADD_FAILURE() << "seed " << seed << ", event " << one.event << ", " << one.rule << ": "
                          << one.observed << "; required: " << one.required;
        }
        ASSERT_FALSE(HasFailure());
    }
}

INSTANTIATE_TEST_SUITE_P(Profiles, RulesRandom,
                         ::testing::Values(engine::Profile::docs, engine::Profile::ms_fsa,
                                           engine::Profile::observed),
                         [](const auto& param) {
                             std::string name(engine::to_string(param.param));
                             std::erase(name, '-');
                             return name;
                         });

}  // namespace
}  // namespace oplocksim::conformance
