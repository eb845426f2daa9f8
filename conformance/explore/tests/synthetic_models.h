// Small models whose state spaces are known, and a search too simple to be wrong.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "conformance/explore/search.h"

namespace oplocksim::conformance::explore::testing {

// `kAgents` counters that run from 0 to `top`, each on its own: (top + 1)^kAgents states.
// One state violates property 7: all of them at the top; nothing but that is an end.
template <std::size_t kAgents>
struct Counters {
    using State = std::array<std::uint8_t, kAgents>;
    using Action = std::uint8_t;   // whose counter

    std::uint8_t top = 3;

    [[nodiscard]] std::vector<State> initial() const { return {State{}}; }
    void actions(const State& state, std::vector<Action>& actions) const {
        for (std::size_t i = 0; i < kAgents; ++i) {
            if (state[i] < top) actions.push_back(static_cast<Action>(i));
        }
    }
    [[nodiscard]] State apply(State state, Action action) const {
        ++state[action];
        return state;
    }
    void check(const State& state, std::vector<std::uint32_t>& violated) const {
        if (std::ranges::all_of(state, [&](auto count) { return count == top; })) {
            violated.push_back(7);
        }
    }
    [[nodiscard]] bool is_legal_end(const State&) const { return true; }

    [[nodiscard]] State canonical(State state) const {
        std::ranges::sort(state);
        return state;
    }
    [[nodiscard]] std::uint64_t orbit(const State& state) const {
        std::uint64_t orders = 1;
        std::uint64_t same = 0;
        for (std::size_t i = 0; i < kAgents; ++i) {
            same = i != 0 && state[i] == state[i - 1] ? same + 1 : 1;
            orders = orders * (i + 1) / same;
        }
        return orders;
    }
    [[nodiscard]] unsigned agent(const State&, Action action) const { return action; }
    [[nodiscard]] std::uint64_t interferes(const State&, unsigned) const { return 0; }
    // The violation is at the end of every run: nothing turns it off.
    [[nodiscard]] bool visible(const State&, Action) const { return false; }
};

// Dining philosophers: everyone takes the left fork, then the right one, eats, and puts both back.
// One deadlock: everybody has the left fork. Property 1: two neighbours eat (never).
template <std::size_t kCount>
struct Philosophers {
    enum Phase : std::uint8_t { thinks, has_left, eats };
    using State = std::array<std::uint8_t, kCount>;   // Phase
    using Action = std::uint8_t;                      // who moves

    [[nodiscard]] static bool fork_free(const State& state, std::size_t left_of) {
        const std::size_t neighbour = (left_of + kCount - 1) % kCount;
        return state[left_of] == thinks && state[neighbour] != eats;
    }
    [[nodiscard]] std::vector<State> initial() const { return {State{}}; }
    void actions(const State& state, std::vector<Action>& actions) const {
        for (std::size_t i = 0; i < kCount; ++i) {
            const bool can = state[i] == thinks     ? fork_free(state, i)
                             : state[i] == has_left ? fork_free(state, (i + 1) % kCount)
                                                    : true;
            if (can) actions.push_back(static_cast<Action>(i));
        }
    }
    [[nodiscard]] State apply(State state, Action who) const {
        state[who] = static_cast<std::uint8_t>((state[who] + 1) % 3);
        return state;
    }
    void check(const State& state, std::vector<std::uint32_t>& violated) const {
        for (std::size_t i = 0; i < kCount; ++i) {
            if (state[i] == eats && state[(i + 1) % kCount] == eats) violated.push_back(1);
        }
    }
    [[nodiscard]] bool is_legal_end(const State&) const { return false; }

    // Around the table.
    [[nodiscard]] State canonical(const State& state) const {
        State best = state;
        State turned = state;
        for (std::size_t i = 1; i < kCount; ++i) {
            std::rotate(turned.begin(), turned.begin() + 1, turned.end());
            best = std::min(best, turned);
        }
        return best;
    }
    [[nodiscard]] std::uint64_t orbit(const State& state) const {
        std::set<State> turns;
        State turned = state;
        for (std::size_t i = 0; i < kCount; ++i) {
            std::rotate(turned.begin(), turned.begin() + 1, turned.end());
            turns.insert(turned);
        }
        return turns.size();
    }
    [[nodiscard]] unsigned agent(const State&, Action action) const { return action; }
    // Only neighbours share forks.
    [[nodiscard]] std::uint64_t interferes(const State&, unsigned agent) const {
        return (std::uint64_t{1} << ((agent + 1) % kCount)) |
               (std::uint64_t{1} << ((agent + kCount - 1) % kCount));
    }
    [[nodiscard]] bool visible(const State& state, Action who) const {
        return state[who] != thinks;   // begins or ends a meal
    }
};

// A token goes round for ever; each of the stations may do one thing while it has the token.
// Stations also count to 2 on their own in between: reduction must not put that off for ever.
template <std::size_t kStations>
struct TokenRing {
    struct State {
        std::uint8_t token = 0;
        std::array<std::uint8_t, kStations> count{};
    };
    struct Action {
        std::uint8_t station;
        bool passes;
    };
    [[nodiscard]] std::vector<State> initial() const { return {State{}}; }
    void actions(const State& state, std::vector<Action>& actions) const {
        actions.push_back({state.token, true});
        for (std::uint8_t i = 0; i < kStations; ++i) {
            if (state.count[i] < 2) actions.push_back({i, false});
        }
    }
    [[nodiscard]] State apply(State state, Action action) const {
        if (action.passes) {
            state.token = static_cast<std::uint8_t>((state.token + 1) % kStations);
        } else {
            ++state.count[action.station];
        }
        return state;
    }
    // Property i: station i has counted to the end. Never turned off again.
    void check(const State& state, std::vector<std::uint32_t>& violated) const {
        for (std::uint32_t i = 0; i < kStations; ++i) {
            if (state.count[i] == 2) violated.push_back(i);
        }
    }
    [[nodiscard]] bool is_legal_end(const State&) const { return true; }
    // The token is an agent of its own.
    [[nodiscard]] unsigned agent(const State&, Action action) const {
        return action.passes ? kStations : action.station;
    }
    [[nodiscard]] std::uint64_t interferes(const State&, unsigned) const { return 0; }
    [[nodiscard]] bool visible(const State&, Action) const { return false; }
};

// The same model, remembered by fingerprints.
template <typename M>
struct Fingerprinted : M {
    [[nodiscard]] sim::Fingerprint fingerprint(const typename M::State& state) const {
        sim::FingerprintMixer mixer;
        mixer.add_bytes({reinterpret_cast<const char*>(&state), sizeof state});
        return mixer.result();
    }
};

// What a search must find, by the plainest means.
struct Reference {
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    std::uint64_t ends = 0;
    std::uint64_t deadlocks = 0;
    std::uint32_t depth = 0;
    std::map<std::uint32_t, std::uint32_t> violations;   // property -> steps of a shortest way
};

template <typename M>
Reference reference_search(const M& model) {
    using State = typename M::State;
    Reference reference;
    std::set<std::string> seen;
    std::vector<State> level;
    const auto enter = [&](const State& state, std::vector<State>& into) {
        const auto* bytes = reinterpret_cast<const char*>(&state);
        if (seen.emplace(bytes, sizeof state).second) into.push_back(state);
    };
    for (const State& state : model.initial()) enter(state, level);
    for (std::uint32_t depth = 0; !level.empty(); ++depth) {
        reference.depth = depth;
        std::vector<State> next;
        for (const State& state : level) {
            std::vector<std::uint32_t> violated;
            model.check(state, violated);
            for (const std::uint32_t property : violated) {
                reference.violations.try_emplace(property, depth);
            }
            std::vector<typename M::Action> actions;
            model.actions(state, actions);
            reference.transitions += actions.size();
            if (actions.empty()) {
                ++reference.ends;
                if (!model.is_legal_end(state)) ++reference.deadlocks;
            }
            for (const auto& action : actions) enter(model.apply(state, action), next);
        }
        level = std::move(next);
    }
    reference.states = seen.size();
    return reference;
}

}  // namespace oplocksim::conformance::explore::testing
