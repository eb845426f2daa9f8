// What a search remembers of the states it has seen: one shard of an open-addressing table.
//
// A node is the key of a state (the packed state itself, or its fingerprint), the node it was first
// reached from, by which action, and how deep. Nodes are numbered in the order of their entry, and
// stay where they are; so the nodes of one level are a range, which is the queue of breadth-first
// search. The slots hold a node's number and 32 bits of its hash: 8 bytes, at most three quarters
// full.
//
// Invariants: N1 every node has exactly one slot; N2 keys are unique; N3 numbers never change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "conformance/explore/fingerprint128.h"
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
        Key<size> key;
        unsigned char parent[4];   // NodeId; bytes, so that nodes are packed
        unsigned char action[2];   // number among the parent's actions; of a root: its index
        unsigned char depth[2];

        [[nodiscard]] NodeId parent_id() const { return load<NodeId>(parent); }
        [[nodiscard]] std::uint16_t action_number() const { return load<std::uint16_t>(action); }
        [[nodiscard]] std::uint16_t depth_of() const { return load<std::uint16_t>(depth); }
    };
    static_assert(sizeof(Node) == size + 8);

    struct Entry {
        std::uint32_t number = 0;
        bool is_new = false;
    };

    NodeTable() : slots_(kFirstSlots, kEmpty) {}

    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(nodes_.size()); }
    [[nodiscard]] const Node& operator[](std::uint32_t number) const { return nodes_[number]; }
    [[nodiscard]] std::size_t bytes() const {
        return nodes_.capacity() * sizeof(Node) + slots_.capacity() * sizeof(std::uint64_t);
    }

    // Before a batch of enter(): two steps that only warm the cache, a few entries ahead.
    void prefetch_slot(std::uint64_t hash) const { __builtin_prefetch(&slots_[home(hash)]); }
    void prefetch_node(std::uint64_t hash) const {
        const std::uint64_t slot = slots_[home(hash)];
        if (slot != kEmpty) __builtin_prefetch(&nodes_[static_cast<std::uint32_t>(slot)]);
    }

    [[nodiscard]] bool contains(const Key<size>& key, std::uint64_t hash) const {
        for (std::size_t at = home(hash);; at = (at + 1) & mask()) {
            const std::uint64_t slot = slots_[at];
            if (slot == kEmpty) return false;
            if (tag(slot) == tag_of(hash) && nodes_[static_cast<std::uint32_t>(slot)].key == key) {
                return true;
            }
        }
    }

    // Requires: count() < kShardNodes - 1.
    Entry enter(const Key<size>& key, std::uint64_t hash, NodeId parent, std::uint16_t action,
                std::uint16_t depth) {
        std::size_t at = home(hash);
        for (;; at = (at + 1) & mask()) {
            const std::uint64_t slot = slots_[at];
            if (slot == kEmpty) break;
            if (tag(slot) == tag_of(hash) && nodes_[static_cast<std::uint32_t>(slot)].key == key) {
                return {static_cast<std::uint32_t>(slot), false};
            }
        }
        const std::uint32_t number = count();
        OPLOCKSIM_ASSERT(number < kShardNodes - 1, "a shard has more nodes than can be numbered");
        slots_[at] = (hash & ~std::uint64_t{0xFFFF'FFFF}) | number;
        Node& node = nodes_.emplace_back();
        node.key = key;
        std::memcpy(node.parent, &parent, sizeof parent);
        std::memcpy(node.action, &action, sizeof action);
        std::memcpy(node.depth, &depth, sizeof depth);
        if (4 * std::size_t{nodes_.size()} > 3 * slots_.size()) grow();
        return {number, true};
    }

 private:
    static constexpr std::size_t kFirstSlots = 64;
    static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};   // no node has this number

    template <typename T>
    [[nodiscard]] static T load(const unsigned char* bytes) {
        T value;
        std::memcpy(&value, bytes, sizeof value);
        return value;
    }
    // The upper half of the hash is in the slot, the upper bits of it choose the shard; the lower
    // half chooses the place.
    [[nodiscard]] static std::uint32_t tag_of(std::uint64_t hash) {
        return static_cast<std::uint32_t>(hash >> 32);
    }
    [[nodiscard]] static std::uint32_t tag(std::uint64_t slot) {
        return static_cast<std::uint32_t>(slot >> 32);
    }
    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
    [[nodiscard]] std::size_t home(std::uint64_t hash) const { return hash & mask(); }

    void grow() {
        std::vector<std::uint64_t> bigger(slots_.size() * 2, kEmpty);
        const std::size_t bigger_mask = bigger.size() - 1;
        for (const std::uint64_t slot : slots_) {
            if (slot == kEmpty) continue;
            const Node& node = nodes_[static_cast<std::uint32_t>(slot)];
            std::size_t at = hash_of_bytes<size>(node.key.bytes) & bigger_mask;
            while (bigger[at] != kEmpty) at = (at + 1) & bigger_mask;
            bigger[at] = slot;
        }
        slots_ = std::move(bigger);
    }

    std::vector<Node> nodes_;
    std::vector<std::uint64_t> slots_;
};

}  // namespace oplocksim::conformance::explore::detail
