// Random clients on a small volume: after every step every invariant of world.h must hold, every
// request must have exactly one completion, and a second run must be identical byte for byte.
#include <map>

#include "sim/tests/random_universe.h"

namespace oplocksim::sim {
namespace {

using namespace engine;
using random_clients::Universe;

class KernelFuzz : public ::testing::TestWithParam<Profile> {};

TEST_P(KernelFuzz, InvariantsHoldAfterEveryStep) {
    std::map<NtStatus, int> statuses;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        engine::set_assertion_context("seed " + std::to_string(seed));
        Universe universe(seed, GetParam());
        universe.run(1000);
        for (const auto& [status, count] : universe.statuses()) statuses[status] += count;
        if (HasFailure()) FAIL() << "seed " << seed;
    }
    // The random clients get everywhere: these cannot all be rare.
    for (const NtStatus status :
         {NtStatus::STATUS_SUCCESS, NtStatus::STATUS_CANCELLED,
          NtStatus::STATUS_SHARING_VIOLATION, NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS,
          NtStatus::STATUS_OPLOCK_HANDLE_CLOSED, NtStatus::STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE,
          NtStatus::STATUS_CANNOT_BREAK_OPLOCK, NtStatus::STATUS_DELETE_PENDING,
          NtStatus::STATUS_USER_MAPPED_FILE, NtStatus::STATUS_OBJECT_NAME_COLLISION,
          NtStatus::STATUS_DIRECTORY_NOT_EMPTY, NtStatus::STATUS_FILE_LOCK_CONFLICT}) {
        EXPECT_GT(statuses[status], 0) << engine::to_string(status);
    }
}

TEST_P(KernelFuzz, TheSameSeedGivesTheSameTrace) {
    for (std::uint64_t seed = 1000; seed < 1010; ++seed) {
        Universe first(seed, GetParam());
        Universe second(seed, GetParam());
        first.run(1000);
        second.run(1000);
        EXPECT_EQ(first.trace(), second.trace());
    }
}

INSTANTIATE_TEST_SUITE_P(Profiles, KernelFuzz,
                         ::testing::Values(Profile::docs, Profile::ms_fsa, Profile::observed),
                         [](const auto& param) {
                             std::string name(engine::to_string(param.param));
                             std::erase(name, '-');
                             return name;
                         });

}  // namespace
}  // namespace oplocksim::sim
