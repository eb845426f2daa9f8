// What a fuzzed run did, in order of time, and as an ordinary case with its schedule.
#pragma once

#include <vector>

#include "conformance/fuzz/swarm.h"
#include "sim/program.h"

namespace oplocksim::conformance::fuzz {

// A case that was found, and the interleaving that it was found in.
struct FoundCase {
    sim::Case of;
    sim::Schedule schedule;
};

struct History {
    // In order of time; Step::on and ::subject say which of these.
    std::vector<sim::Step> steps;
    // A step by its place in `steps`, or the released operation of that step.
    sim::Schedule choices;

    void clear() {
        steps.clear();
        choices.clear();
    }
};

// The programs that the threads turned out to have, and the schedule that gives the same run. The
// volume is the whole one: what is left over for shrinking does no harm.
[[nodiscard]] FoundCase found_case(const Swarm& swarm, const History& history);

}  // namespace oplocksim::conformance::fuzz
