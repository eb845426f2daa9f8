// Partial-order reduction: persistent sets, from what the model says about its agents.
//
// Every action belongs to an agent (a client, a process; numbers below 64). The model says:
//
//   agent(state, action)       whose action it is
//   interferes(state, p)       the set (bit q for agent q) of the OTHER agents that, by anything
//                              they might do from `state` on while p stands still,
//                                (1) could do something that does not commute with one of p's next
//                                    actions (both orders lead to the same state, and neither
//                                    makes the other possible or impossible), or
//                                (2) could make an action of p possible that is not possible now.
//                              Too many agents cost reduction; one too few makes the search wrong
//   visible(state, action)     whether `action` could turn a property that check() reports on or
//                              off, in this state or any other where it is the same action. A
//                              model that keeps what was violated in its state for ever, and whose
//                              interferes() counts that record as part of the state, may say
//                              false: nothing is lost then, only seen later
//
// WHY IT IS SOUND. Take the agents of one enabled action, and add what interferes with them until
// nothing is added: the group G. T is all enabled actions of G. Consider any run from the state
// without an action of T. Its first action is not one of G: what G can do now is T. As long as G
// has not moved, agents outside it can by (2) not enable anything for G, so no later action is one
// of G either; and by (1) all of them commute with T. That is the definition of a persistent set
// (Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, 4.1): every
// deadlock and every state without actions stays reachable when only T is tried. Violations that
// are turned on and off again need more: T is only used if it contains no visible action, so that
// any violating state on a left-out way has an equal one on a way that is tried.
//
// CYCLES. On a cycle of reduced states an action could be put off for ever. So at least one
// successor of a reduced state must be looked at later than the state itself: breadth-first, it is
// new on the next level; depth-first, it is not on the stack. Where that fails the left-out actions
// are tried too. A chain of "later" states ends, and can only end in a state that was not reduced,
// where everything that was put off is tried.
//
// With symmetry the same holds for representatives, as canonical() only renames.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace oplocksim::conformance::explore {

inline constexpr unsigned kMaxAgents = 64;

// The group of agents to expand: the closure with the fewest enabled actions. All of them if
// nothing smaller exists. `of_action[i]` is the agent of action i, `interferes(agent)` its set,
// `visible(i)` whether action i is.
template <typename Interferes, typename Visible>
[[nodiscard]] std::uint64_t agents_to_expand(std::span<const std::uint8_t> of_action,
                                             const Interferes& interferes,
                                             const Visible& visible) {
    std::uint64_t enabled = 0;
    for (const std::uint8_t agent : of_action) enabled |= std::uint64_t{1} << agent;
    const auto actions_of = [&](std::uint64_t group) {
        std::size_t count = 0;
        for (const std::uint8_t agent : of_action) count += (group >> agent) & 1;
        return count;
    };
    const auto sees_anything = [&](std::uint64_t group) {
        for (std::size_t i = 0; i < of_action.size(); ++i) {
            if (((group >> of_action[i]) & 1) != 0 && visible(i)) return true;
        }
        return false;
    };
    std::uint64_t best = enabled;
    std::size_t fewest = of_action.size();
    for (std::uint64_t rest = enabled; rest != 0; rest &= rest - 1) {
        std::uint64_t group = rest & (~rest + 1);
        std::uint64_t open = group;
        while (open != 0) {
            const auto agent = static_cast<unsigned>(std::countr_zero(open));
            open &= open - 1;
            const std::uint64_t added = interferes(agent) & ~group;
            group |= added;
            open |= added;
        }
        const std::size_t count = actions_of(group);
        if (count >= fewest || sees_anything(group)) continue;
        best = group & enabled;
        fewest = count;
    }
    return best;
}

}  // namespace oplocksim::conformance::explore
