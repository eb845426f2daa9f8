// A table of a few, or of many, small entries with a number each: handles, threads.
//
// A few are searched one by one, which nothing beats and which copies as a block; from kFew on an
// index of the numbers is kept. Entries lie next to each other; the order is that of a run's
// history, but means nothing.
//
// `Entry` is trivially copyable, and `Entry::number()` says its number.
#pragma once

#include <cstdint>
#include <utility>

#include "engine/small_vector.h"
#include "sim/flat_map.h"

namespace oplocksim::conformance {

template <typename Entry>
class IdTable {
 public:
    [[nodiscard]] std::uint32_t size() const { return entries_.size(); }
    [[nodiscard]] const Entry* begin() const { return entries_.begin(); }
    [[nodiscard]] const Entry* end() const { return entries_.end(); }
    [[nodiscard]] Entry* begin() { return entries_.begin(); }
    [[nodiscard]] Entry* end() { return entries_.end(); }

    [[nodiscard]] const Entry* find(std::uint32_t number) const {
        if (!positions_.empty()) {
            const std::uint32_t* const position = positions_.find(number, 0);
            return position != nullptr ? &entries_[*position] : nullptr;
        }
        for (const Entry& entry : entries_) {
            if (entry.number() == number) return &entry;
        }
        return nullptr;
    }
    [[nodiscard]] Entry* find(std::uint32_t number) {
        return const_cast<Entry*>(std::as_const(*this).find(number));
    }

    // Requires: no entry has this number.
    Entry& insert(const Entry& entry) {
        entries_.push_back(entry);
        if (!positions_.empty()) {
            positions_.insert(entry.number(), 0, size() - 1);
        } else if (size() == kFew) {
            for (std::uint32_t i = 0; i < size(); ++i) {
                positions_.insert(entries_[i].number(), 0, i);
            }
        }
        return entries_.back();
    }

    // Requires: `entry` is in the table. The last one takes its place.
    void erase(const Entry* entry) {
        const auto position = static_cast<std::uint32_t>(entry - entries_.begin());
        const std::uint32_t last = size() - 1;
        if (!positions_.empty()) {
            positions_.erase(entry->number(), 0);
            if (position != last) {
                positions_.erase(entries_[last].number(), 0);
                positions_.insert(entries_[last].number(), 0, position);
            }
        }
        entries_[position] = entries_[last];
        entries_.erase_at(last);
    }

    friend bool operator==(const IdTable& a, const IdTable& b) { return a.entries_ == b.entries_; }

 private:
    static constexpr std::uint32_t kFew = 32;
    engine::SmallVector<Entry, 8> entries_;
    sim::FlatMap<std::uint32_t> positions_;   // empty while there are only a few
};

}  // namespace oplocksim::conformance
