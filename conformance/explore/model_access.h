// What both search orders need of a model: keys, renaming, digests. Internal to explore/.
#pragma once

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "conformance/explore/node_table.h"
#include "conformance/explore/reduction.h"
#include "conformance/explore/search.h"

namespace oplocksim::conformance::explore::detail {

template <typename M>
constexpr std::size_t key_size() {
    if constexpr (HasFingerprint<M>) {
        return sizeof(sim::Fingerprint);
    } else {
        using State = typename M::State;
        static_assert(std::is_trivially_copyable_v<State> &&
                          std::has_unique_object_representations_v<State>,
                      "without fingerprint() the bytes of a State are its key: no padding");
        return sizeof(State);
    }
}

// A sink of successors(), for the question whether a model has that function.
struct AnySink {
    template <typename State>
    void operator()(const State&) const {}
};
template <typename M>
concept HasSuccessors = requires(const M& model, const typename M::State& state,
                                 const AnySink& sink) { model.successors(state, sink); };

template <Model M>
class ModelAccess {
 public:
    using State = typename M::State;
    using Action = typename M::Action;
    static constexpr bool kExact = !HasFingerprint<M>;
    static constexpr std::size_t kKeySize = key_size<M>();
    using StateKey = Key<kKeySize>;

    ModelAccess(const M& model, const Options& options)
        : model_(model),
          symmetry_(options.symmetry && HasCanonical<M>),
          reduction_(options.reduction && HasAgents<M>) {}

    [[nodiscard]] const M& model() const { return model_; }
    [[nodiscard]] bool symmetry() const { return symmetry_; }
    [[nodiscard]] bool reduction() const { return reduction_; }

    [[nodiscard]] State representative(State state) const {
        if constexpr (HasCanonical<M>) {
            if (symmetry_) return model_.canonical(state);
        }
        return state;
    }

    [[nodiscard]] StateKey key_of(const State& state) const {
        StateKey key;
        if constexpr (kExact) {
            std::memcpy(key.bytes, &state, kKeySize);
        } else {
            const sim::Fingerprint fingerprint = model_.fingerprint(state);
            std::memcpy(key.bytes, &fingerprint.low, sizeof fingerprint.low);
            std::memcpy(key.bytes + sizeof fingerprint.low, &fingerprint.high,
                        sizeof fingerprint.high);
        }
        return key;
    }

    [[nodiscard]] static State state_of(const StateKey& key)
        requires(kExact)
    {
        State state;
        std::memcpy(&state, key.bytes, kKeySize);
        return state;
    }

    [[nodiscard]] static std::uint64_t hash_of(const StateKey& key) {
        return hash_of_bytes<kKeySize>(key.bytes);
    }

    // One term of a sum over a set of states.
    [[nodiscard]] static sim::Fingerprint digest_of(const StateKey& key) {
        const std::uint64_t hash = hash_of(key);
        return {hash, fold(hash ^ kMixB, kMixD)};
    }

    [[nodiscard]] std::uint64_t orbit(const State& state) const {
        if constexpr (HasOrbit<M>) {
            if (symmetry_) return model_.orbit(state);
        }
        return 1;
    }

    [[nodiscard]] std::size_t size_of(const State& state) const {
        if constexpr (HasSizeOf<M>) {
            return model_.size_of(state);
        } else {
            return sizeof(State);
        }
    }

    // The agents whose actions are to be tried, as a set; sets `of_action` on the way.
    [[nodiscard]] std::uint64_t agents_of(const State& state, const std::vector<Action>& actions,
                                          std::vector<std::uint8_t>& of_action) const {
        of_action.clear();
        if constexpr (HasAgents<M>) {
            for (const Action& action : actions) {
                const unsigned agent = model_.agent(state, action);
                OPLOCKSIM_ASSERT(agent < kMaxAgents, "an agent beyond the largest number");
                of_action.push_back(static_cast<std::uint8_t>(agent));
            }
            return agents_to_expand(
                of_action, [&](unsigned agent) { return model_.interferes(state, agent); },
                [&](std::size_t i) { return model_.visible(state, actions[i]); });
        } else {
            of_action.assign(actions.size(), 0);
            return 1;
        }
    }

    // Among representatives: what the action with this number leads to.
    [[nodiscard]] State follow(const State& state, std::size_t number,
                               std::vector<Action>& actions) const {
        actions.clear();
        model_.actions(state, actions);
        OPLOCKSIM_ASSERT(number < actions.size(), "a path that the model does not repeat");
        return representative(model_.apply(state, actions[number]));
    }

    // Real actions from an initial state. The numbers are those of the representatives' actions.
    [[nodiscard]] std::vector<Action> real_path(std::size_t initial,
                                                const std::vector<std::uint16_t>& numbers) const {
        State state = model_.initial()[initial];
        State renamed = representative(state);
        std::vector<Action> path;
        std::vector<Action> actions;
        for (std::size_t chosen : numbers) {
            if (symmetry_) {
                renamed = follow(renamed, chosen, actions);
                chosen = number_to(state, renamed);
            }
            actions.clear();
            model_.actions(state, actions);
            OPLOCKSIM_ASSERT(chosen < actions.size(), "a path that the model does not repeat");
            path.push_back(actions[chosen]);
            state = model_.apply(state, actions[chosen]);
        }
        return path;
    }

 private:
    // Of an action that leads to this representative.
    [[nodiscard]] std::size_t number_to(const State& state, const State& wanted) const {
        const StateKey key = key_of(wanted);
        std::vector<Action> actions;
        model_.actions(state, actions);
        std::size_t number = 0;
        while (number < actions.size() &&
               !(key_of(representative(model_.apply(state, actions[number]))) == key)) {
            ++number;
        }
        return number;
    }

    const M& model_;
    const bool symmetry_;
    const bool reduction_;
};

// Enters what was found, unless it was found before. Returns whether it was new.
struct Seen {
    FindingKind kind = FindingKind::violation;
    std::uint32_t property = 0;
    auto operator<=>(const Seen&) const = default;
};
inline bool note(std::vector<Seen>& known, Seen seen) {
    if (std::ranges::find(known, seen) != known.end()) return false;
    known.push_back(seen);
    return true;
}

// The counts that workers keep of their own, added up.
inline void add(Counts& sum, const Counts& other) {
    sum.represented += other.represented;
    sum.transitions += other.transitions;
    sum.left_out += other.left_out;
    sum.reduced += other.reduced;
    sum.ends += other.ends;
    sum.deadlocks += other.deadlocks;
    sum.violating += other.violating;
    sum.all_states += other.all_states;
    sum.end_states += other.end_states;
    sum.deadlock_states += other.deadlock_states;
}

[[nodiscard]] inline Verdict verdict_of(bool found, Bound bound) {
    if (found) return Verdict::fail;
    return bound == Bound::none ? Verdict::pass : Verdict::unknown;
}

}  // namespace oplocksim::conformance::explore::detail
