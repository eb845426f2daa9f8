// A stable priority queue of things that happen at a time: earliest first, and first in first out
// among those of one time. A regular value; two queues are equal if they would hand out equal
// things at equal times in the same order, however they lie.
//
// A few events are kept in a sorted list. Many lie in a wheel of 16 levels with 16 buckets each, a
// hexadecimal digit of the time a level. The base is the time of the event that was taken last. An
// event lies at the level of the highest digit in which its time differs from the base, in the
// bucket of its own digit there. So everything at a lower level is earlier than everything at a
// higher one, and of one level the lowest bucket is the earliest. To take an event from a level
// above the lowest, its bucket is dealt out to the levels below, around the new base. An event
// is thus moved once for each digit that tells it from its neighbours: about log16 of the number of
// pending events, always from one row of memory to another, where a heap jumps about.
//
// Invariants:
//   E1  no event is earlier than the base;
//   E2  events of one time lie in one bucket, in the order in which they were put in (where an
//       event lies depends on its time and the base alone, and a bucket is dealt out in order);
//   E3  a bucket of the lowest level holds events of one time;
//   E4  an empty queue holds nothing, and has the base zero.
// No operation looks at all pending events: each bucket knows its earliest time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/assert.h"
#include "sim/time.h"

namespace oplocksim::sim {

template <typename T>
class EventQueue {
 public:
    // Events that may be pending together.
    static constexpr std::uint32_t kMaxEvents = 0xFFFF'FFFEu;

    [[nodiscard]] bool empty() const { return values_.empty(); }
    [[nodiscard]] std::size_t size() const { return values_.size() - free_.size(); }

    // Requires: `time` is not before the event that was taken last, unless the queue is empty;
    // fewer than kMaxEvents events are pending.
    void push(Ticks time, T value) {
        OPLOCKSIM_ASSERT(time >= base_, "an event before the one that was taken last");
        next_time_ = empty() ? time : std::min(next_time_, time);
        const Entry entry{time, put(std::move(value))};
        if (!buckets_.empty()) {
            deal(entry);
        } else if (few_.size() < kFew) {
            // Latest first, and behind what has the same time: nearer to the front.
            const auto place = std::ranges::lower_bound(few_, time, std::ranges::greater{},
                                                        &Entry::time);
            few_.insert(place, entry);
        } else {
            become_wheel();
            deal(entry);
        }
    }

    // When the next event is due. Requires: not empty.
    [[nodiscard]] Ticks next_time() const {
        OPLOCKSIM_ASSERT(!empty(), "an empty event queue has no next time");
        return next_time_;
    }

    // Removes and returns the next event. Requires: not empty.
    [[nodiscard]] T pop() {
        OPLOCKSIM_ASSERT(!empty(), "nothing to take from an empty event queue");
        base_ = next_time_;
        const std::uint32_t slot = buckets_.empty() ? take_of_few() : take_of_wheel();
        T value = std::move(values_[slot]);
        free_.push_back(slot);
        if (free_.size() == values_.size()) clear();
        return value;
    }

    // Calls f(time, value) for every event, in the order in which pop() would return them.
    template <typename F>
    void for_each(F f) const {
        if (empty()) return;
        for (const Entry& entry : in_order()) f(entry.time, values_[entry.slot]);
    }

    friend bool operator==(const EventQueue& a, const EventQueue& b) {
        if (a.size() != b.size()) return false;
        if (a.empty()) return true;
        const std::vector<Entry> left = a.in_order();
        const std::vector<Entry> right = b.in_order();
        return std::equal(left.begin(), left.end(), right.begin(),
                          [&](const Entry& x, const Entry& y) {
                              return x.time == y.time && a.values_[x.slot] == b.values_[y.slot];
                          });
    }

 private:
    struct Entry {
        Ticks time = 0;
        std::uint32_t slot = 0;   // in values_
    };
    // First in, first out; emptied from the front at the lowest level only.
    struct Bucket {
        std::vector<Entry> entries;
        Ticks earliest = kNever;
        std::uint32_t taken = 0;
    };
    static constexpr Ticks kNever = ~Ticks{0};
    // So many are sorted by hand.
    static constexpr std::size_t kFew = 32;
    static constexpr unsigned kDigitBits = 4;
    static constexpr unsigned kDigits = 1u << kDigitBits;
    static constexpr unsigned kLevels = 64 / kDigitBits;
    // A bucket that was greater gives its memory back when it is empty.
    static constexpr std::size_t kKeptEntries = 4096;

    [[nodiscard]] std::uint32_t put(T value) {
        if (free_.empty()) {
            OPLOCKSIM_ASSERT(values_.size() < kMaxEvents, "too many pending events");
            values_.push_back(std::move(value));
            return static_cast<std::uint32_t>(values_.size() - 1);
        }
        const std::uint32_t slot = free_.back();
        free_.pop_back();
        values_[slot] = std::move(value);
        return slot;
    }

    [[nodiscard]] std::uint32_t take_of_few() {
        const std::uint32_t slot = few_.back().slot;
        few_.pop_back();
        if (!few_.empty()) next_time_ = few_.back().time;
        return slot;
    }

    void become_wheel() {
        buckets_.resize(std::size_t{kLevels} * kDigits);
        for (auto entry = few_.rbegin(); entry != few_.rend(); ++entry) deal(*entry);
        few_.clear();
    }

    // Into its bucket.
    void deal(const Entry& entry) {
        const std::uint64_t differs = (entry.time ^ base_) | 1;   // the last digit for no other
        const unsigned level = static_cast<unsigned>(63 - std::countl_zero(differs)) / kDigitBits;
        const unsigned digit = (entry.time >> (level * kDigitBits)) & (kDigits - 1);
        Bucket& bucket = buckets_[level * kDigits + digit];
        bucket.entries.push_back(entry);
        bucket.earliest = std::min(bucket.earliest, entry.time);
        used_digits_[level] |= static_cast<std::uint16_t>(1u << digit);
        used_levels_ |= static_cast<std::uint16_t>(1u << level);
    }

    // The earliest bucket. Requires: the wheel is not empty.
    [[nodiscard]] unsigned lowest_level() const {
        return static_cast<unsigned>(std::countr_zero(used_levels_));
    }
    [[nodiscard]] unsigned lowest_digit(unsigned level) const {
        return static_cast<unsigned>(std::countr_zero(used_digits_[level]));
    }
    void mark_unused(unsigned level, unsigned digit) {
        used_digits_[level] &= static_cast<std::uint16_t>(~(1u << digit));
        if (used_digits_[level] == 0) used_levels_ &= static_cast<std::uint16_t>(~(1u << level));
    }

    // Requires: the base is the time of the earliest event.
    [[nodiscard]] std::uint32_t take_of_wheel() {
        unsigned level = lowest_level();
        unsigned digit = lowest_digit(level);
        Bucket* bucket = &buckets_[level * kDigits + digit];
        if (level != 0 && bucket->entries.size() != 1) {
            deal_out(*bucket, level, digit);
            level = 0;
            digit = lowest_digit(0);
            bucket = &buckets_[digit];
        }
        const std::uint32_t slot = bucket->entries[bucket->taken].slot;
        if (++bucket->taken == bucket->entries.size()) {
            empty_bucket(*bucket);
            mark_unused(level, digit);
        }
        if (used_levels_ != 0) {
            level = lowest_level();
            next_time_ = buckets_[level * kDigits + lowest_digit(level)].earliest;
        }
        return slot;
    }

    void deal_out(Bucket& bucket, unsigned level, unsigned digit) {
        mark_unused(level, digit);
        for (const Entry& entry : bucket.entries) deal(entry);   // all of them to lower levels
        empty_bucket(bucket);
    }
    static void empty_bucket(Bucket& bucket) {
        if (bucket.entries.capacity() > kKeptEntries) bucket.entries = {};
        bucket.entries.clear();
        bucket.earliest = kNever;
        bucket.taken = 0;
    }

    void clear() {
        few_.clear();
        buckets_.clear();
        values_.clear();
        free_.clear();
        base_ = 0;
        used_digits_ = {};
        used_levels_ = 0;
    }

    [[nodiscard]] std::vector<Entry> in_order() const {
        std::vector<Entry> entries(few_.rbegin(), few_.rend());
        entries.reserve(size());
        for (const Bucket& bucket : buckets_) {
            entries.insert(entries.end(), bucket.entries.begin() + bucket.taken,
                           bucket.entries.end());
        }
        std::ranges::stable_sort(entries, {}, &Entry::time);
        return entries;
    }

    std::vector<Entry> few_;             // latest first; empty if there is a wheel
    std::vector<Bucket> buckets_;        // the wheel; none while there are few
    std::vector<T> values_;
    std::vector<std::uint32_t> free_;    // of values_, the last freed last
    Ticks base_ = 0;
    Ticks next_time_ = 0;                // of the earliest event, if there is one
    std::array<std::uint16_t, kLevels> used_digits_{};
    std::uint16_t used_levels_ = 0;
};

}  // namespace oplocksim::sim
