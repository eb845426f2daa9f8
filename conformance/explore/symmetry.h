// Clients that can change places: the symmetry of a case.
//
// Two programs are interchangeable if exchanging their threads, clients and operations maps the
// case onto itself: their steps are the same but for names, and refer to their own operations by the
// same places or to the same steps of the setup; their clients have no other thread, nothing to do
// in the setup, and nobody else refers to them. Oplock keys may differ if nobody else uses them and
// equal ones stay equal; bytes that are written must be the same.
//
// Everything the simulator and the rules do is blind to such an exchange: they compare ids and
// keys for equality only, and what is in order of creation (processes, threads) is nowhere looked
// at across clients. So states that differ by one have the same future up to names.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/program.h"

namespace oplocksim::conformance::explore {

// An order of the programs: the one at place i takes the part of program i.
using ProgramOrder = std::vector<sim::ProgramIndex>;

// More orders than this are not tried: a fingerprint costs as many times as much. What is left is
// the symmetry of the first programs of each class.
inline constexpr std::size_t kMaxProgramOrders = 120;

// The classes of interchangeable programs with at least two members, in order.
[[nodiscard]] std::vector<ProgramOrder> interchangeable_programs(const sim::Case& of);

// Every order that exchanges interchangeable programs only; the first changes nothing.
[[nodiscard]] std::vector<ProgramOrder> symmetric_orders(const sim::Case& of);

}  // namespace oplocksim::conformance::explore
