// A table of objects addressed by Id: constant-time insert, find and erase; a regular value.
//
// Slots are re-used last-in first-out, so the ids that a run hands out are a function of its
// history alone. Iteration (for_each) is in index order.
#pragma once

#include <cstdint>
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
        if (first_free_ != 0) {
            const std::uint32_t index = first_free_ - 1;
            Slot& slot = slots_[index];
            first_free_ = slot.next_free;
            slot.value = std::move(value);
            slot.live = true;
            ++size_;
            return IdType::make(index, slot.generation);
        }
        OPLOCKSIM_ASSERT(slots_.size() < kMaxObjects, "too many objects of one kind");
        const auto index = static_cast<std::uint32_t>(slots_.size());
        slots_.push_back(Slot{std::move(value), 0, 0, true});
        ++size_;
        return IdType::make(index, 0);
    }

    // A default object, to be filled in place.
    IdType insert() {
        if (first_free_ == 0) return insert(T{});
        const std::uint32_t index = first_free_ - 1;
        Slot& slot = slots_[index];   // its object is a default one
        first_free_ = slot.next_free;
        slot.live = true;
        ++size_;
        return IdType::make(index, slot.generation);
    }

    void erase(IdType id) {
        Slot& slot = live_slot(id);
        slot.value = T{};
        slot.live = false;
        ++slot.generation;
        slot.next_free = first_free_;
        first_free_ = id.index() + 1;
        --size_;
    }

    [[nodiscard]] bool contains(IdType id) const {
        return id && id.index() < slots_.size() && slots_[id.index()].live &&
               slots_[id.index()].generation == id.generation();
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
    [[nodiscard]] std::size_t index_end() const { return slots_.size(); }
    void reserve(std::uint32_t count) { slots_.reserve(count); }

    // Calls f(id, object) for every object, in index order.
    template <typename F>
    void for_each(F f) const {
        for (std::uint32_t i = 0; i < slots_.size(); ++i) {
            if (slots_[i].live) f(IdType::make(i, slots_[i].generation), slots_[i].value);
        }
    }

    bool operator==(const SlotMap&) const = default;

 private:
    struct Slot {
        T value;
        std::uint32_t next_free = 0;  // index + 1 of the next free slot
        std::uint8_t generation = 0;
        bool live = false;
        bool operator==(const Slot&) const = default;
    };

    [[nodiscard]] Slot& live_slot(IdType id) {
        OPLOCKSIM_ASSERT(contains(id), "an id whose object is gone");
        return slots_[id.index()];
    }

    std::vector<Slot> slots_;
    std::uint32_t first_free_ = 0;
    std::uint32_t size_ = 0;
};

}  // namespace oplocksim::sim
