// Which operation met which oplocks, under which relation of keys: counted while runs go on.
//
// The same cells as in conformance/coverage.h, kept as numbers, because this is done at every step.
#pragma once

#include <cstdint>
#include <vector>

#include "conformance/coverage.h"
#include "sim/world.h"

namespace oplocksim::conformance::fuzz {

// One cell of the matrix.
struct Encounter {
    std::uint64_t state = 0;        // types with break states, as a set of bits; 0: none
    std::uint8_t operation = 0;     // of coverage_operations()
    std::uint8_t relation = 0;      // KeyRelation
    bool operator==(const Encounter&) const = default;
};

class Encounters {
 public:
    Encounters();

    // `request` is about to be issued on its handle or, a create, on what it names.
    void meet(const sim::World& world, const sim::Request& request);
    void count(const Encounter& cell, std::uint64_t times);
    // How many cells were met at all.
    [[nodiscard]] std::size_t size() const { return used_; }
    [[nodiscard]] bool contains(const Encounter& cell) const {
        return slots_[place_of(cell)].count != 0;
    }
    // Adds what another counted.
    void add(const Encounters& other);
    // The cells met for the first time since forget_news(), in order.
    [[nodiscard]] const std::vector<Encounter>& news() const { return news_; }
    void forget_news() { news_.clear(); }

    // In the order of states and operations of coverage.h; mixtures come last.
    [[nodiscard]] std::vector<CoverageRow> rows() const;

 private:
    struct Slot {
        Encounter cell;
        std::uint64_t count = 0;
    };
    [[nodiscard]] std::size_t place_of(const Encounter& cell) const;
    void grow();

    std::vector<Slot> slots_;       // a power of two; linear probing
    std::size_t used_ = 0;
    std::vector<Encounter> news_;
};

}  // namespace oplocksim::conformance::fuzz
