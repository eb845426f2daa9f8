// A stable priority queue of things that happen at a time: earliest first, and first in first out
// among those of one time.
//
// A binary heap keyed by (time, sequence), as a regular value. Two queues are equal if they would
// hand out equal things at equal times in the same order; how the heap happens to lie does not
// matter, nor do the sequence numbers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/assert.h"
#include "sim/time.h"

namespace oplocksim::sim {

template <typename T>
class EventQueue {
 public:
    [[nodiscard]] bool empty() const { return heap_.empty(); }
    [[nodiscard]] std::size_t size() const { return heap_.size(); }

    void push(Ticks time, T value) {
        heap_.push_back(Event{time, next_sequence_++, std::move(value)});
        std::push_heap(heap_.begin(), heap_.end(), later);
    }

    // When the next event is due. Requires: not empty.
    [[nodiscard]] Ticks next_time() const {
        OPLOCKSIM_ASSERT(!heap_.empty(), "an empty event queue has no next time");
        return heap_.front().time;
    }

    // Removes and returns the next event. Requires: not empty.
    [[nodiscard]] T pop() {
        OPLOCKSIM_ASSERT(!heap_.empty(), "nothing to take from an empty event queue");
        std::pop_heap(heap_.begin(), heap_.end(), later);
        T value = std::move(heap_.back().value);
        heap_.pop_back();
        return value;
    }

    // Calls f(time, value) for every event, in the order in which pop() would return them.
    template <typename F>
    void for_each(F f) const {
        for (const Event* event : in_order()) f(event->time, event->value);
    }

    friend bool operator==(const EventQueue& a, const EventQueue& b) {
        if (a.heap_.size() != b.heap_.size()) return false;
        const std::vector<const Event*> left = a.in_order();
        const std::vector<const Event*> right = b.in_order();
        return std::equal(left.begin(), left.end(), right.begin(),
                          [](const Event* x, const Event* y) {
                              return x->time == y->time && x->value == y->value;
                          });
    }

 private:
    struct Event {
        Ticks time = 0;
        std::uint64_t sequence = 0;
        T value;
    };

    [[nodiscard]] static bool later(const Event& a, const Event& b) {
        return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
    }

    [[nodiscard]] std::vector<const Event*> in_order() const {
        std::vector<const Event*> events;
        events.reserve(heap_.size());
        for (const Event& event : heap_) events.push_back(&event);
        std::sort(events.begin(), events.end(),
                  [](const Event* a, const Event* b) { return later(*b, *a); });
        return events;
    }

    std::vector<Event> heap_;
    std::uint64_t next_sequence_ = 0;
};

}  // namespace oplocksim::sim
