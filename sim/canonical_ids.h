// Canonical numbers for everything in a World.
//
// A raw id says in which slot of a table an object happens to lie, and how often the slot was used
// before: two runs that do the same independent things in another order hand out other ids. A
// canonical number depends only on what the object is to the rest of the world. It is given by a
// traversal whose roots are the volume and a list of threads:
//
//   1. the volume: from the root directory, directory by directory, names in their order in the
//      directory; a file where its first name is met, its streams with it;
//   2. the threads as listed, and their processes as they are met; then the other threads of these
//      processes, in order of creation;
//   3. process by process, the handles, oldest first, and the FILE_OBJECTs they lead to;
//   4. thread by thread, the outstanding IRPs in order of issue, and FILE_OBJECTs only they have;
//   5. sections, by process and what they are of; FILE_OBJECTs only they have;
//   6. files, streams and names that are deleted, in the order of the FILE_OBJECTs and IRPs that
//      keep them.
//
// The list of threads is the caller's: listing two interchangeable clients the other way round
// numbers the world as if they had changed places, which is what symmetry reduction does. A
// process of which no thread is listed comes last, in order of creation.
//
// Numbers begin at 1 for each kind; zero stays "none". An id whose object is gone (an operation may
// remember one) has a number too, from kFirstGone on, so that two of them stay apart.
//
// The buffers are kept from one assign() to the next: numbering many worlds does not allocate.
#pragma once

#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "sim/world.h"

namespace oplocksim::sim {

// Whether the values of oplock keys mean something to the caller, or only which are equal.
enum class KeyNames : std::uint8_t {
    exact,             // the number of a key is its value
    interchangeable,   // keys are numbered in the order in which the traversal meets them
};

class CanonicalIds {
 public:
    // Greater than the number of any object that exists.
    static constexpr std::uint32_t kFirstGone = kMaxObjects + 1;
    // The number of an id that was never met.
    static constexpr std::uint32_t kUnknown = 0xFFFF'FFFFu;

    CanonicalIds() = default;
    CanonicalIds(const World& world, std::span<const ThreadId> threads,
                 KeyNames keys = KeyNames::exact) {
        assign(world, threads, keys);
    }

    // Forgets everything and numbers `world`. Requires: the threads exist and differ.
    void assign(const World& world, std::span<const ThreadId> threads,
                KeyNames keys = KeyNames::exact);

    // Zero for none, kUnknown for what the traversal did not meet.
    template <typename Tag>
    [[nodiscard]] std::uint32_t number(Id<Tag> id) const {
        return std::get<Numbering<Id<Tag>>>(numberings_).number(id);
    }
    [[nodiscard]] std::uint32_t number(engine::OplockKey key) const {
        if (key_names_ == KeyNames::exact || key.value == 0) return key.value;
        for (std::uint32_t i = 0; i < keys_.size(); ++i) {
            if (keys_[i] == key) return i + 1;
        }
        return kUnknown;
    }

    // For what a caller keeps beside the world: the number of an id or key, given now if it was
    // not met. The order in which a caller asks must be canonical as well.
    template <typename Tag>
    std::uint32_t number_or_add(Id<Tag> id) {
        return std::get<Numbering<Id<Tag>>>(numberings_).number_or_add_gone(id);
    }
    std::uint32_t number_or_add(engine::OplockKey key) {
        add(key);
        return number(key);
    }

    // The existing objects of a kind: the one with number n is at n - 1.
    template <typename IdType>
    [[nodiscard]] const std::vector<IdType>& in_order() const {
        return std::get<Numbering<IdType>>(numberings_).order();
    }

 private:
    // A sparse set: `order_` lists the ids, `place_` says where in it the id of a slot may be.
    // What is left in `place_` from earlier never matters, so clearing costs nothing.
    template <typename IdType>
    class Numbering {
     public:
        void clear() {
            order_.clear();
            gone_.clear();
        }
        // Gives the next number to an object that exists, if it has none. Returns whether it did.
        bool add(IdType id) {
            if (id.index() >= place_.size()) place_.resize(id.index() + 1);
            std::uint32_t& place = place_[id.index()];
            if (place < order_.size() && order_[place] == id) return false;
            place = static_cast<std::uint32_t>(order_.size());
            order_.push_back(id);
            return true;
        }
        [[nodiscard]] std::uint32_t number(IdType id) const {
            if (!id) return 0;
            if (id.index() < place_.size()) [[likely]] {
                const std::uint32_t place = place_[id.index()];
                if (place < order_.size() && order_[place] == id) return place + 1;
            }
            for (std::uint32_t i = 0; i < gone_.size(); ++i) {
                if (gone_[i] == id) return kFirstGone + i;
            }
            return kUnknown;
        }
        std::uint32_t number_or_add_gone(IdType id) {
            const std::uint32_t known = number(id);
            if (known != kUnknown) return known;
            gone_.push_back(id);
            return kFirstGone + static_cast<std::uint32_t>(gone_.size() - 1);
        }
        [[nodiscard]] const std::vector<IdType>& order() const { return order_; }

     private:
        std::vector<IdType> order_;
        std::vector<std::uint32_t> place_;
        std::vector<IdType> gone_;
    };

    template <typename IdType>
    bool add(IdType id) {
        return std::get<Numbering<IdType>>(numberings_).add(id);
    }
    template <typename IdType, typename T>
    void add_the_rest(const SlotMap<IdType, T>& objects);
    void add(engine::OplockKey key);

    void add_file(const World& world, FileId file);
    void add_tree(const World& world);
    void add_target(const World& world, StreamId stream, LinkId link);
    void add_clients(const World& world, std::span<const ThreadId> threads);
    void add_handles(const World& world);
    void add_irps(const World& world);
    void add_sections(const World& world);
    void add_deleted(const World& world);
    void add_mentioned(const World& world);
    void add_keys(const World& world);

    std::tuple<Numbering<ProcessId>, Numbering<ThreadId>, Numbering<HandleId>,
               Numbering<FileObjectId>, Numbering<FileId>, Numbering<LinkId>, Numbering<StreamId>,
               Numbering<SectionId>, Numbering<IrpId>>
        numberings_;
    std::vector<engine::OplockKey> keys_;
    KeyNames key_names_ = KeyNames::exact;
    std::size_t expanded_files_ = 0;     // files whose directory listing was followed
    std::vector<SectionId> sections_;    // to be sorted
};

// Every thread of the world, in order of creation: the roots for a caller without symmetry.
[[nodiscard]] std::vector<ThreadId> all_threads(const World& world);

}  // namespace oplocksim::sim
