// The oplock model with its calls of the package shared between states that differ only in the
// order of their handles.
//
// Every state and every transition is still visited and counted, each under its own names: this is
// no symmetry reduction. But the engine compares names and does nothing else with them
// (HandlesAreInterchangeable in the tests), so what follows from a state is what follows from the
// same handles in ascending order, put back in place. The states in ascending order, which are few,
// are all asked beforehand; after that the table is only read.
//
// What it is not good for is to find out whether the engine does something else with names:
// OplockModel makes every call.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "conformance/explore/oplock_model.h"
#include "conformance/explore/state_hash.h"
#include "engine/assert.h"

namespace oplocksim::conformance::explore {

template <std::size_t kHandles>
class OplockClassModel : public OplockModel<kHandles> {
 public:
    using typename OplockModel<kHandles>::State;

    // Visits every state in ascending order that can be reached.
    explicit OplockClassModel(const OplockModelSettings& settings = {})
        : OplockModel<kHandles>(settings) {
        grow(kFirstSlots);
        for (const State& state : this->initial()) add(this->canonical(state));
        for (std::size_t i = 0; i < classes_.size(); ++i) ask(i);
    }

    // Requires: the state can be reached.
    template <typename Sink>
    void successors(const State& state, const Sink& sink) const {
        const Order order(state);
        const Class& found = classes_[find(order.sorted)];
        State next;
        for (std::size_t handle = 0; handle < kHandles; ++handle) {
            const std::size_t acts = order.rank[handle];
            for (std::size_t i = found.first[acts]; i < found.first[acts + 1]; ++i) {
                for (std::size_t k = 0; k < kHandles; ++k) next[k] = next_[i][order.rank[k]];
                sink(next);
            }
        }
    }
    // Bytes that the table takes.
    [[nodiscard]] std::uint64_t memory() const {
        return classes_.capacity() * sizeof(Class) + next_.capacity() * sizeof(State) +
               slots_.capacity() * sizeof(std::uint32_t);
    }

 private:
    static constexpr std::size_t kFirstSlots = 1u << 10;
    static constexpr std::uint32_t kFree = UINT32_MAX;
    static constexpr unsigned kIndexBits = std::bit_width(kMaxModelHandles - 1);

    // The handles of a state in ascending order, and the place that each has in it.
    struct Order {
        explicit Order(const State& state) {
            std::array<std::uint64_t, kHandles> tagged;
            for (std::size_t i = 0; i < kHandles; ++i) {
                tagged[i] = std::uint64_t{state[i]} << kIndexBits | i;
            }
            for (std::size_t end = kHandles; end > 1; --end) {   // without a branch
                for (std::size_t i = 1; i < end; ++i) {
                    const std::uint64_t low = std::min(tagged[i - 1], tagged[i]);
                    tagged[i] = std::max(tagged[i - 1], tagged[i]);
                    tagged[i - 1] = low;
                }
            }
            for (std::size_t i = 0; i < kHandles; ++i) {
                sorted[i] = static_cast<HandleBits>(tagged[i] >> kIndexBits);
                rank[tagged[i] & ((1u << kIndexBits) - 1)] = static_cast<std::uint8_t>(i);
            }
        }
        State sorted;
        std::array<std::uint8_t, kMaxModelHandles> rank{};
    };
    // What follows from a state in ascending order, handle by handle: a part of next_.
    struct Class {
        State state;
        std::array<std::uint32_t, kHandles + 1> first;
    };

    [[nodiscard]] std::size_t slot_of(const State& state) const {
        std::array<unsigned char, sizeof(State)> bytes;
        std::memcpy(bytes.data(), &state, sizeof(State));
        return hash_of_bytes<sizeof(State)>(bytes.data()) & (slots_.size() - 1);
    }
    // The slot that the state has, or would have.
    [[nodiscard]] std::size_t slot_for(const State& state) const {
        std::size_t slot = slot_of(state);
        while (slots_[slot] != kFree && classes_[slots_[slot]].state != state) {
            slot = (slot + 1) & (slots_.size() - 1);
        }
        return slot;
    }
    [[nodiscard]] std::size_t find(const State& state) const {
        const std::uint32_t number = slots_[slot_for(state)];
        OPLOCKSIM_ASSERT(number != kFree, "a state that cannot be reached");
        return number;
    }
    void grow(std::size_t slots) {
        slots_.assign(slots, kFree);
        for (std::uint32_t i = 0; i < classes_.size(); ++i) slots_[slot_for(classes_[i].state)] = i;
    }
    void add(const State& state) {
        std::uint32_t& slot = slots_[slot_for(state)];
        if (slot != kFree) return;
        slot = static_cast<std::uint32_t>(classes_.size());
        classes_.push_back({state, {}});
        if (classes_.size() * 2 > slots_.size()) grow(slots_.size() * 2);
    }
    void ask(std::size_t number) {
        const State state = classes_[number].state;
        actions_.clear();
        this->actions(state, actions_);
        std::array<std::uint32_t, kHandles + 1> first{};
        for (const OplockAction& action : actions_) ++first[action.handle + 1u];
        first[0] = static_cast<std::uint32_t>(next_.size());
        for (std::size_t i = 0; i < kHandles; ++i) first[i + 1] += first[i];
        classes_[number].first = first;
        OplockModel<kHandles>::successors(state, [&](const State& next) {
            next_.push_back(next);
            add(this->canonical(next));
        });
    }

    std::vector<Class> classes_;
    std::vector<State> next_;
    std::vector<std::uint32_t> slots_;   // numbers of classes_, by hash
    std::vector<OplockAction> actions_;
};

}  // namespace oplocksim::conformance::explore
