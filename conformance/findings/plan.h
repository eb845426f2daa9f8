// A run in order of time: the form in which findings are shrunk and written.
//
// A case keeps the programs of clients apart and a schedule puts them together. Here it is one
// list of turns. So a turn can be left out, put elsewhere, or given to another client without
// anything else to repair: what can then not be done any more is passed over.
//
// Invariants:
//   N1  the case of a plan has no setup and no programs; turns name its steps;
//   N2  a step has at most one turn; steps without one are not part of the run;
//   N3  the first `settled` turns are steps. After each of them, what was released goes on at
//       once, first in, first out; these goings-on are no turns.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "conformance/findings/oracle.h"
#include "sim/program.h"

namespace oplocksim::conformance::findings {

struct Plan {
    sim::Case of;
    sim::Schedule turns;        // in order of time; Choice::index is a step, of either kind
    std::size_t settled = 0;
    std::size_t choices = 0;    // of plan_of: how many the run took after its setup
};

// What a run of `of` under `schedule` does, goings-on after its end included, as a plan in which as
// much as possible is settled. Steps that are passed over are left out, and so is what waits for
// them: waiting shows in the order already.
[[nodiscard]] Plan plan_of(const sim::Case& of, const sim::Schedule& schedule);

// A plan as a case with its schedule. If every turn is settled, there is no setup and the schedule
// has the goings-on; otherwise the settled turns are the setup. Clients, threads and data that
// nobody uses are left out.
struct CaseAndSchedule {
    sim::Case of;
    sim::Schedule schedule;
};
[[nodiscard]] CaseAndSchedule to_case(const Plan& plan);

// Carries a plan out, and judges it. What cannot be done is passed over.
struct PlanRun {
    std::optional<Failure> failure;
    sim::Schedule done;         // the turns that were done, up to the failure
    std::size_t settled = 0;    // how many of them are settled
    sim::Schedule everything;   // the same with every going-on
};
// The plan without what was not done.
[[nodiscard]] Plan reduced_to(const Plan& plan, const PlanRun& run);
[[nodiscard]] PlanRun carry_out(const Plan& plan, const OracleOptions& options,
                                const Failure* like, sim::TraceSink* recorder = nullptr);

}  // namespace oplocksim::conformance::findings
