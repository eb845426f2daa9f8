// A hash map from a pair of 32-bit keys to a small value: open addressing, linear probing.
//
// Made for the directory index: (directory, folded name) -> link. A regular value; the hash is
// fixed, so a run is the same on every machine; there is no iteration, so the layout of the table
// can be observed by nobody, and two maps are equal if they hold the same pairs. Erasing moves
// the entries behind back over the gap: there are no tombstones, and a table that is used for
// ever never slows down.
//
// Invariants:
//   F1  the capacity is zero or a power of two, and at most three quarters of it are used;
//   F2  from the home slot of an entry to its slot there is no free slot.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/assert.h"

namespace oplocksim::sim {

template <typename V>
class FlatMap {
 public:
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

    [[nodiscard]] const V* find(std::uint32_t first, std::uint32_t second) const {
        if (size_ == 0) return nullptr;
        const Slot& slot = slots_[slot_of(first, second)];
        return slot.used ? &slot.value : nullptr;
    }
    [[nodiscard]] bool contains(std::uint32_t first, std::uint32_t second) const {
        return find(first, second) != nullptr;
    }

    // Requires: the key is not in the map.
    void insert(std::uint32_t first, std::uint32_t second, V value) {
        if ((size_ + 1) * 4 > slots_.size() * 3) grow();
        Slot& slot = slots_[slot_of(first, second)];
        OPLOCKSIM_ASSERT(!slot.used, "a key is inserted twice");
        slot = Slot{first, second, true, std::move(value)};
        ++size_;
    }

    // Returns whether the key was in the map.
    bool erase(std::uint32_t first, std::uint32_t second) {
        if (size_ == 0) return false;
        std::size_t gap = slot_of(first, second);
        if (!slots_[gap].used) return false;
        for (std::size_t next = following(gap); slots_[next].used; next = following(next)) {
            if (!may_move(next, gap)) continue;
            slots_[gap] = std::move(slots_[next]);
            gap = next;
        }
        slots_[gap] = Slot{};
        --size_;
        return true;
    }

    friend bool operator==(const FlatMap& a, const FlatMap& b) {
        if (a.size_ != b.size_) return false;
        for (const Slot& slot : a.slots_) {
            if (!slot.used) continue;
            const V* const other = b.find(slot.first, slot.second);
            if (other == nullptr || !(*other == slot.value)) return false;
        }
        return true;
    }

 private:
    struct Slot {
        std::uint32_t first = 0;
        std::uint32_t second = 0;
        bool used = false;
        V value{};
    };
    static constexpr std::size_t kFirstCapacity = 16;

    // The finalizer of splitmix64.
    [[nodiscard]] static std::uint64_t hash(std::uint32_t first, std::uint32_t second) {
        std::uint64_t h = (static_cast<std::uint64_t>(first) << 32) | second;
        h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9ull;
        h = (h ^ (h >> 27)) * 0x94D049BB133111EBull;
        return h ^ (h >> 31);
    }
    [[nodiscard]] std::size_t home(std::uint32_t first, std::uint32_t second) const {
        return static_cast<std::size_t>(hash(first, second)) & (slots_.size() - 1);
    }
    [[nodiscard]] std::size_t following(std::size_t i) const {
        return (i + 1) & (slots_.size() - 1);
    }
    // The slot of the key, or the free one where it would go.
    [[nodiscard]] std::size_t slot_of(std::uint32_t first, std::uint32_t second) const {
        std::size_t i = home(first, second);
        while (slots_[i].used && (slots_[i].first != first || slots_[i].second != second)) {
            i = following(i);
        }
        return i;
    }
    // Keeps F2: an entry may fill the gap only if its home is not behind the gap.
    [[nodiscard]] bool may_move(std::size_t from, std::size_t gap) const {
        const std::size_t mask = slots_.size() - 1;
        const std::size_t distance = (from - home(slots_[from].first, slots_[from].second)) & mask;
        return distance >= ((from - gap) & mask);
    }
    void grow() {
        std::vector<Slot> old(slots_.empty() ? kFirstCapacity : slots_.size() * 2);
        old.swap(slots_);
        for (Slot& slot : old) {
            if (slot.used) slots_[slot_of(slot.first, slot.second)] = std::move(slot);
        }
    }

    std::vector<Slot> slots_;
    std::size_t size_ = 0;
};

}  // namespace oplocksim::sim
