// The shortest run that fails in a given way, by breadth-first search over what clients may do.
//
// Every client does anything that a vocabulary has, on any of its handles, in every order; runs are
// counted by their steps. Two runs that come to the same situation (world and rules) are one. A
// situation is kept as the way to it, so the memory is that of a few words for each.
//
// What the search says of a run is what carry_out() says of its plan.
//
// Mostly what shows the fault is a step of the kind of the last one of `start`. Of the runs of one
// length those that end with one are tried first, and of the longest ones no others.
//
// Invariants:
//   S1  runs are tried in order of their length; among those of one length in an order that depends
//       on the vocabulary and the clients' names, not on where either came from;
//   S2  clients that are alike begin in order of their names; of a client's threads the first that
//       can act does; of a client's handles that were made in the same way and not used yet, the
//       oldest is used.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "conformance/findings/oracle.h"
#include "conformance/findings/plan.h"
#include "conformance/findings/vocabulary.h"

namespace oplocksim::conformance::findings {

// A step with the copy of the situation that it takes: some 4 us.
inline constexpr std::size_t kMaxSearchedSteps = 60'000;
// More clients make a search wider, and shorten nothing: two are blocked, a third one acts.
inline constexpr std::size_t kMaxSearchedClients = 3;

struct ShortestOptions {
    std::size_t last_length = 0;     // longer ones are not tried
    std::size_t max_steps = kMaxSearchedSteps;   // that are taken altogether
    bool at_end = false;             // what is wrong may show at the end of a run only
    bool any_order = false;          // what was released may go on later, and in another order
    bool few_clients = false;        // one begins only if those that are like it are blocked
    bool any_last = false;           // the longest runs may end with anything
    std::vector<sim::ThreadIndex> spared = {};   // threads that do nothing
    std::function<bool()> interrupted;
};

struct ShortestSearch {
    std::size_t length = 0;          // of what was accepted; 0: nothing was
    std::size_t excluded = 0;        // no run of so many steps, or fewer, is one
    std::size_t steps = 0;           // that were taken
};

// `start` gives volume, clients, data and switches; its steps are not looked at. Calls `accept`
// with each run that fails like `like`, until it returns true.
// Requires: the filter of `judges`, if there is one, remembers nothing.
[[nodiscard]] ShortestSearch search_shortest(const Plan& start, const Vocabulary& vocabulary,
                                             const Failure& like, const OracleOptions& judges,
                                             const ShortestOptions& options,
                                             const std::function<bool(const Plan&)>& accept);

}  // namespace oplocksim::conformance::findings
