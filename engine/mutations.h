// Mutants that are wrong values rather than wrong decisions: what a call is given, what an
// operation demands and what somebody is told, changed on the way. Internal to the package.
//
// In every build but the one with mutants these functions hand through what they are given.
#pragma once

#include "engine/break_demand.h"
#include "engine/mutant.h"
#include "engine/oplock.h"

namespace oplocksim::engine {

#ifdef OPLOCKSIM_MUTANTS

[[nodiscard]] OplockFsctl mutant_of(OplockFsctl fsctl);
[[nodiscard]] StreamFacts mutant_of(StreamFacts facts, const OplockFsctl& fsctl);
[[nodiscard]] FsctlResult mutant_of(FsctlResult result);
[[nodiscard]] CheckRequest mutant_of(CheckRequest request);
[[nodiscard]] BreakDemand mutant_of(BreakDemand demand, const CheckRequest& request);
void mutate(Effect& notice);

#else

[[nodiscard]] constexpr const OplockFsctl& mutant_of(const OplockFsctl& fsctl) { return fsctl; }
[[nodiscard]] constexpr const StreamFacts& mutant_of(const StreamFacts& facts,
                                                     const OplockFsctl&) {
    return facts;
}
[[nodiscard]] constexpr const FsctlResult& mutant_of(const FsctlResult& result) { return result; }
[[nodiscard]] constexpr const CheckRequest& mutant_of(const CheckRequest& request) {
    return request;
}
[[nodiscard]] constexpr const BreakDemand& mutant_of(const BreakDemand& demand,
                                                     const CheckRequest&) {
    return demand;
}
constexpr void mutate(const Effect&) {}

#endif

}  // namespace oplocksim::engine
