// A table of objects addressed by Id: constant-time insert, find and erase; a regular value.
//
// Slots are re-used last-in first-out, so the ids that a run hands out are a function of its
// history alone. Iteration (for_each) is in index order. A look-up is one comparison with the id
// that the slot holds: it is the most frequent thing that the kernel does.
//
// Invariants:
//   S1  a slot holds the id of its object, or none, and then its object is a default one;
//   S2  the free slots are a list, each with the generation that its next object gets.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/assert.h"
#include "sim/ids.h"

namespace oplocksim::sim {

template <typename IdType, typename T>
class SlotMap {
 public:
    // Requires: fewer than kMaxObjects objects exist.
    IdType insert(T value) {
        const IdType id = insert();
        slots_[id.index()].value = std::move(value);
        return id;
    }
    // A default object, to be filled in place.
    IdType insert() {
        if (!first_free_) {
            OPLOCKSIM_ASSERT(slots_.size() < kMaxObjects, "too many objects of one kind");
            first_free_ = IdType::make(static_cast<std::uint32_t>(slots_.size()), 0);
            slots_.emplace_back();
            ++slot_count_;
        }
        const IdType id = first_free_;
        Slot& slot = slots_[id.index()];
        first_free_ = std::exchange(slot.next_free, IdType{});
        slot.id = id;
        ++size_;
        return id;
    }

    void erase(IdType id) {
        Slot& slot = live_slot(id);
        if constexpr (std::is_trivially_copyable_v<T>) {
            static constexpr T kDefault{};
            slot.value = kDefault;   // quicker than to put one together
        } else {
            slot.value = T{};
        }
        slot.id = {};
        slot.next_free = first_free_;
        first_free_ = IdType::make(id.index(), static_cast<std::uint8_t>(id.generation() + 1));
        --size_;
    }

    [[nodiscard]] bool contains(IdType id) const {
        return id.index() < slot_count_ && slots_[id.index()].id == id;
    }
    [[nodiscard]] T* find(IdType id) {
        return contains(id) ? &slots_[id.index()].value : nullptr;
    }
    [[nodiscard]] const T* find(IdType id) const {
        return contains(id) ? &slots_[id.index()].value : nullptr;
    }
    // Requires: the object exists.
    [[nodiscard]] T& operator[](IdType id) { return live_slot(id).value; }
    [[nodiscard]] const T& operator[](IdType id) const {
        OPLOCKSIM_ASSERT(contains(id), "an id whose object is gone");
        return slots_[id.index()].value;
    }

    [[nodiscard]] std::uint32_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    // Every object has an index below this.
    [[nodiscard]] std::size_t index_end() const { return slot_count_; }
    void reserve(std::uint32_t count) { slots_.reserve(count); }

    // Calls f(id, object) for every object, in index order. Requires: f inserts nothing.
    template <typename F>
    void for_each(F f) const {
        for (const Slot& slot : slots_) {
            if (slot.id) f(slot.id, slot.value);
        }
    }

    bool operator==(const SlotMap&) const = default;

 private:
    struct Slot {
        T value;
        IdType id;          // none: free
        IdType next_free;   // S2, after this one
        bool operator==(const Slot&) const = default;
    };

    [[nodiscard]] Slot& live_slot(IdType id) {
        OPLOCKSIM_ASSERT(contains(id), "an id whose object is gone");
        return slots_[id.index()];
    }

    std::vector<Slot> slots_;
    IdType first_free_;              // the id that the next object gets, if a slot is free
    std::uint32_t slot_count_ = 0;   // slots_.size(), which takes a division
    std::uint32_t size_ = 0;
};

}  // namespace oplocksim::sim
