// What a search remembers of the states it has seen: one shard of an open-addressing table.
//
// A slot holds the key of a state (the packed state itself, or its fingerprint) and the number of
// its node; at most three quarters of the slots are full. One look-up touches one place in memory,
// which can be fetched in advance. A node says how the state was first reached: from which node, by
// which action, how deep. Nodes are numbered in the order of their entry.
//
// Invariants: N1 every node has exactly one slot; N2 keys are unique; N3 numbers never change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "conformance/explore/state_hash.h"
#include "conformance/explore/huge_pages.h"
#include "engine/assert.h"

namespace oplocksim::conformance::explore::detail {

inline constexpr unsigned kShards = 16;    // fixed: what is found must not depend on the workers
inline constexpr unsigned kShardBits = 4;
static_assert(1u << kShardBits == kShards);

// A node in any shard: the shard in the upper bits.
using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = ~NodeId{0};
inline constexpr std::uint32_t kShardNodes = 1u << (32 - kShardBits);   // kNoNode is beyond

[[nodiscard]] constexpr NodeId node_id(unsigned shard, std::uint32_t number) {
    return (shard << (32 - kShardBits)) | number;
}
[[nodiscard]] constexpr unsigned shard_of(NodeId node) { return node >> (32 - kShardBits); }
[[nodiscard]] constexpr std::uint32_t number_of(NodeId node) { return node & (kShardNodes - 1); }
[[nodiscard]] constexpr unsigned shard_of_hash(std::uint64_t hash) {
    return static_cast<unsigned>(hash >> (64 - kShardBits));
}

template <std::size_t size>
struct Key {
    unsigned char bytes[size];
    bool operator==(const Key& other) const {
        return std::memcmp(bytes, other.bytes, size) == 0;
    }
};

template <std::size_t size>
class NodeTable {
 public:
    struct Node {
        NodeId parent;
        std::uint16_t action;   // number among the parent's actions; of a root: its index
        std::uint16_t depth;
    };

    struct Entry {
        std::uint32_t number = 0;
        bool is_new = false;
    };

    NodeTable() : slots_(kFirstSlots) {}

    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(nodes_.size()); }
    [[nodiscard]] const Node& operator[](std::uint32_t number) const { return nodes_[number]; }
    [[nodiscard]] std::size_t bytes() const {
        return nodes_.capacity() * sizeof(Node) + slots_.capacity() * sizeof(Slot);
    }

    // Warms the cache for contains() or enter(), a few entries ahead.
    void prefetch(std::uint64_t hash) const {
        const auto* slot = reinterpret_cast<const char*>(&slots_[home(hash)]);
        __builtin_prefetch(slot);
        __builtin_prefetch(slot + 2 * sizeof(Slot));   // and what is probed next
    }

    [[nodiscard]] bool contains(const Key<size>& key, std::uint64_t hash) const {
        for (std::size_t at = home(hash);; at = (at + 1) & mask()) {
            const Slot& slot = slots_[at];
            if (slot.number == kEmpty) return false;
            if (slot.key == key) return true;
        }
    }

    // Requires: count() < kShardNodes - 1.
    Entry enter(const Key<size>& key, std::uint64_t hash, NodeId parent, std::uint16_t action,
                std::uint16_t depth) {
        std::size_t at = home(hash);
        for (;; at = (at + 1) & mask()) {
            const Slot& slot = slots_[at];
            if (slot.number == kEmpty) break;
            if (slot.key == key) return {slot.number, false};
        }
        const std::uint32_t number = count();
        OPLOCKSIM_ASSERT(number < kShardNodes - 1, "a shard has more nodes than can be numbered");
        slots_[at] = {key, number};
        nodes_.push_back({parent, action, depth});
        if (4 * std::size_t{nodes_.size()} > 3 * slots_.size()) grow();
        return {number, true};
    }

 private:
    static constexpr std::size_t kFirstSlots = 64;
    static constexpr std::uint32_t kEmpty = ~std::uint32_t{0};   // no node has this number

    struct Slot {
        Key<size> key;
        std::uint32_t number = kEmpty;
    };
    using Slots = std::vector<Slot, HugePages<Slot>>;

    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
    // The upper bits choose the shard, the lower ones the place.
    [[nodiscard]] std::size_t home(std::uint64_t hash) const { return hash & mask(); }

    void grow() {
        const Slots old = std::exchange(slots_, Slots(slots_.size() * 2));
        for (const Slot& slot : old) {
            if (slot.number == kEmpty) continue;
            std::size_t at = home(hash_of_bytes<size>(slot.key.bytes));
            while (slots_[at].number != kEmpty) at = (at + 1) & mask();
            slots_[at] = slot;
        }
    }

    std::vector<Node> nodes_;
    Slots slots_;   // a power of two
};

}  // namespace oplocksim::conformance::explore::detail
