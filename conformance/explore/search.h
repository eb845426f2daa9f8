// Explicit-state search: every state that a model can reach, with a verdict.
//
// A MODEL is a class of pure const functions (called from several workers at once):
//
//   using State, Action             State: a regular value. Action: a small regular value.
//   initial() -> vector<State>      at least one
//   actions(state, actions)         appends what may happen in `state`, always in the same order;
//                                   at most kMaxActions
//   apply(state, action) -> State   what follows. Requires: `action` is one of actions(state)
//   check(state, violated)          appends the ids of the properties that `state` violates
//   is_legal_end(state) -> bool     whether nothing more needs to happen. A state without actions
//                                   that is no legal end is a deadlock
//   fingerprint(state)              -> sim::Fingerprint of everything that decides what follows and
//                                   what is violated. The search then remembers 16 bytes a state.
//                                   WITHOUT this function the State itself is remembered, byte by
//                                   byte (the exact regime): it must be trivially copyable,
//                                   without padding, and small: tens of bytes
// and, if the model has them,
//   successors(state, sink)         actions() and apply() in one, for speed: calls
//                                   sink(next_state) for every action in the order of actions()
//   canonical(state) -> State       symmetry: the representative of the states that differ only
//                                   in names (sort what is interchangeable). Used if
//                                   Options::symmetry. Everything else must not depend on names
//   orbit(state) -> uint64_t        how many states canonical() maps to this representative
//   agent(state, action) -> unsigned,  interferes(state, agent) -> uint64_t,
//   visible(state, action) -> bool  partial-order reduction, see reduction.h
//   size_of(state) -> size_t        bytes, heap included, for the memory limit; default sizeof
//
// The RESULT is the same for every number of workers and every order in which they run:
// breadth-first search goes level by level, what a level finds is entered in the order of the
// states that it came from, and of several counterexamples the first in that order counts. A
// search does not stop below a violation: what lies behind it is visited too, so that reduction
// finds the same set of violations.
//
// Breadth-first search gives a shortest counterexample for every violated property. Depth-first
// search has one worker and a table of fixed size; when that is full it forgets states that it has
// finished with, and may visit them again. Both end in Verdict::unknown when a limit or an
// interruption kept them from seeing everything, unless something was found.
//
// A library knows no threads: Options::parallel runs the bodies that it is given, side by side if
// the caller can do that. Nothing here throws but std::bad_alloc.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sim/fingerprint_mixer.h"

namespace oplocksim::conformance::explore {

// Bounds of what a search can number. Reaching one is "unknown".
inline constexpr std::uint32_t kMaxActions = 65535;    // of one state
inline constexpr std::uint32_t kMaxDepth = 65000;      // a node keeps its depth in 16 bits
inline constexpr std::uint64_t kMaxStates = 0xF000'0000;   // and its parent in 32
inline constexpr unsigned kMaxWorkers = 16;

template <typename M>
concept Model = requires(const M& model, const typename M::State& state,
                         const typename M::Action& action,
                         std::vector<typename M::Action>& actions,
                         std::vector<std::uint32_t>& violated) {
    { model.initial() } -> std::same_as<std::vector<typename M::State>>;
    model.actions(state, actions);
    { model.apply(state, action) } -> std::same_as<typename M::State>;
    model.check(state, violated);
    { model.is_legal_end(state) } -> std::same_as<bool>;
};

template <typename M>
concept HasFingerprint = requires(const M& model, const typename M::State& state) {
    { model.fingerprint(state) } -> std::same_as<sim::Fingerprint>;
};
template <typename M>
concept HasCanonical = requires(const M& model, const typename M::State& state) {
    { model.canonical(state) } -> std::same_as<typename M::State>;
};
template <typename M>
concept HasOrbit = requires(const M& model, const typename M::State& state) {
    { model.orbit(state) } -> std::same_as<std::uint64_t>;
};
template <typename M>
concept HasSizeOf = requires(const M& model, const typename M::State& state) {
    { model.size_of(state) } -> std::same_as<std::size_t>;
};
template <typename M>
concept HasAgents = requires(const M& model, const typename M::State& state,
                             const typename M::Action& action, unsigned agent) {
    { model.agent(state, action) } -> std::same_as<unsigned>;
    { model.interferes(state, agent) } -> std::same_as<std::uint64_t>;
    { model.visible(state, action) } -> std::same_as<bool>;
};

enum class Order : std::uint8_t { breadth_first, depth_first };

// What breadth-first search keeps of the states that it has still to look at, in the fingerprint
// regime: the states (memory), or the way to each (time: every state is rebuilt from the start).
enum class Frontier : std::uint8_t { states, paths };

struct Limits {
    std::uint64_t states = kMaxStates;
    std::uint64_t transitions = ~std::uint64_t{0};
    std::uint32_t depth = kMaxDepth;                // steps from an initial state
    std::uint64_t memory = std::uint64_t{4} << 30;  // bytes, of tables and frontier
};

struct Progress {
    std::uint64_t states = 0;        // unique
    std::uint64_t transitions = 0;
    std::uint64_t queue = 0;         // unique states not yet looked at
    std::uint32_t depth = 0;
    std::uint64_t findings = 0;
};

// Runs body(0) ... body(count - 1), in any order or side by side, and returns when all are over.
using Parallel = std::function<void(unsigned count, const std::function<void(unsigned)>& body)>;

struct Options {
    Order order = Order::breadth_first;
    Frontier frontier = Frontier::states;
    bool reduction = false;      // partial-order reduction, if the model has agents
    bool symmetry = false;       // if the model has canonical()
    bool stop_at_first = false;  // end with the first finding; the counts are then of what was seen
    Limits limits;
    unsigned workers = 1;        // 1..kMaxWorkers; breadth-first only
    Parallel parallel;           // none: one after another
    std::function<bool()> interrupted;                // asked now and then
    std::function<void(const Progress&)> progress;    // called now and then, by the caller's thread
};

enum class Verdict : std::uint8_t { pass, fail, unknown };
[[nodiscard]] std::string_view to_string(Verdict verdict);

// What kept a search from seeing everything.
enum class Bound : std::uint8_t { none, states, transitions, depth, memory, interrupted };
[[nodiscard]] std::string_view to_string(Bound bound);   // "the limit of states"

enum class FindingKind : std::uint8_t { violation, deadlock };

// A way into trouble. With symmetry the path is a real one all the same: its actions can be
// applied one after another from the initial state.
template <typename Action>
struct Finding {
    FindingKind kind = FindingKind::violation;
    std::uint32_t property = 0;     // of a violation: the id that check() gave
    std::size_t initial = 0;        // index into initial()
    std::vector<Action> path;
};

struct Counts {
    std::uint64_t states = 0;         // unique ones (depth-first with a full table: visits)
    std::uint64_t represented = 0;    // with symmetry and orbit(): the states they stand for
    std::uint64_t transitions = 0;    // actions that were applied
    std::uint64_t left_out = 0;       // enabled actions that partial-order reduction left out
    std::uint64_t reduced = 0;        // states where it did
    std::uint64_t ends = 0;           // states without actions, legal ends or not
    std::uint64_t deadlocks = 0;      // those that are no legal end
    std::uint64_t violating = 0;      // states that violate something
    std::uint64_t forgotten = 0;      // depth-first: states that the table gave up
    std::uint32_t depth = 0;          // of the deepest state
    std::uint64_t memory = 0;         // bytes, at most at one time
    // Which states those are, independent of the order: the same in every search that is exact.
    sim::Fingerprint all_states;
    sim::Fingerprint end_states;
    sim::Fingerprint deadlock_states;

    bool operator==(const Counts&) const = default;
};

template <typename Action>
struct Result {
    Verdict verdict = Verdict::unknown;
    Bound bound = Bound::none;      // may be set beside Verdict::fail too
    Counts counts;
    // At most one a property, and one deadlock; in the order in which they were found.
    std::vector<Finding<Action>> findings;
};

// An upper bound of the probability that any two of `states` different states share a
// fingerprint: n * (n - 1) / 2 / 2^128.
[[nodiscard]] double collision_estimate(std::uint64_t states);

// Searches everything that `model` can reach, within the limits.
// Requires: 1 <= workers <= kMaxWorkers.
template <Model M>
[[nodiscard]] Result<typename M::Action> search(const M& model, const Options& options);

}  // namespace oplocksim::conformance::explore

#include "conformance/explore/search_implementation.h"
