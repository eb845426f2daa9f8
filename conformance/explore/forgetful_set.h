// The states that depth-first search has seen, in bounded memory: it grows up to a limit and then
// forgets states that are finished. What is on the stack is never forgotten. Internal to explore/.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "conformance/explore/node_table.h"

namespace oplocksim::conformance::explore::detail {

enum class Memory : std::uint8_t { unknown, on_stack, finished };

template <std::size_t size>
class ForgetfulSet {
    static constexpr std::size_t kWays = 8;   // places that a key can be in
    struct Way {
        Key<size> key;
        Memory memory = Memory::unknown;
    };
    struct Set {
        std::array<Way, kWays> ways;
        std::uint8_t next = 0;   // to be forgotten
    };

 public:
    explicit ForgetfulSet(std::uint64_t limit_bytes)
        : limit_sets_(std::max<std::uint64_t>(1, limit_bytes / sizeof(Set))), sets_(1) {}

    [[nodiscard]] std::size_t bytes() const { return sets_.capacity() * sizeof(Set); }
    [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

    [[nodiscard]] Memory recall(const Key<size>& key, std::uint64_t hash) const {
        for (const Way& way : set_of(hash).ways) {
            if (way.memory != Memory::unknown && way.key == key) return way.memory;
        }
        return Memory::unknown;
    }

    // Enters a state that is unknown, as on the stack. False if there is no room for it.
    [[nodiscard]] bool push(const Key<size>& key, std::uint64_t hash) {
        for (;;) {
            Set& set = set_of(hash);
            for (Way& way : set.ways) {
                if (way.memory != Memory::unknown) continue;
                way = {key, Memory::on_stack};
                return true;
            }
            if (sets_.size() * 2 > limit_sets_) return replace(set, key);
            grow();
        }
    }

    // Requires: the state is on the stack.
    void finish(const Key<size>& key, std::uint64_t hash) {
        for (Way& way : set_of(hash).ways) {
            if (way.memory == Memory::on_stack && way.key == key) {
                way.memory = Memory::finished;
                return;
            }
        }
        OPLOCKSIM_ASSERT(false, "a state on the stack was forgotten");
    }

 private:
    [[nodiscard]] Set& set_of(std::uint64_t hash) { return sets_[hash & (sets_.size() - 1)]; }
    [[nodiscard]] const Set& set_of(std::uint64_t hash) const {
        return sets_[hash & (sets_.size() - 1)];
    }

    bool replace(Set& set, const Key<size>& key) {
        for (std::size_t tries = 0; tries < kWays; ++tries) {
            Way& way = set.ways[set.next];
            set.next = static_cast<std::uint8_t>((set.next + 1) % kWays);
            if (way.memory != Memory::finished) continue;
            way = {key, Memory::on_stack};
            ++forgotten_;
            return true;
        }
        return false;
    }

    // Twice as many sets: each is divided, so everything has room.
    void grow() {
        const std::vector<Set> old = std::exchange(sets_, std::vector<Set>(sets_.size() * 2));
        for (const Set& set : old) {
            for (const Way& way : set.ways) {
                if (way.memory == Memory::unknown) continue;
                Set& home = set_of(hash_of_bytes<size>(way.key.bytes));
                *std::ranges::find(home.ways, Memory::unknown, &Way::memory) = way;
            }
        }
    }

    std::uint64_t limit_sets_;
    std::vector<Set> sets_;   // a power of two
    std::uint64_t forgotten_ = 0;
};

}  // namespace oplocksim::conformance::explore::detail
