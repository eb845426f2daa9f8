// What a caching client keeps above one FILE_OBJECT: the purpose of an oplock.
//
// Beside clients that do what they are told there are clients that cache, as a redirector does for
// the applications above it. Such a client answers reads from what it has read before as long as
// its oplock lets it cache reads, holds writes back while it may cache writes, and keeps a handle
// that the application has closed while it may cache handles. What it cannot answer itself becomes
// an ordinary request. It knows only what a caller is told: how its requests completed.
//
// When its oplock is broken, it owes the others the following, in this order: what it held back
// is written to the file; a handle that the application has closed is closed, if handles may no
// longer be cached, and that is the answer; otherwise the break is acknowledged with the level
// that was offered. Each of these is a step of its own (Kernel::cache_work), so that everything
// else may happen in between. From the notice on it caches only what the offered level allows: a
// write does not wait for the acknowledgment of Read-Handle. An oplock that is lost without an
// acknowledgment is lost at once, and with it what was read.
//
// Overview of oplocks, Types; Breaking Oplocks. A Filter oplock is used for reads only: readers are
// let in without a break (CREATE-FILTER-WRITABLE), and must not miss what was held back (SC-119).
//
// A regular value. Invariants:
//   H1  `dirty` is a part of `bytes`;
//   H2  `owes` only with an oplock that is broken, and then `grant` is none;
//   H3  at most kMaxCachedBytes are kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/oplock.h"
#include "sim/extent.h"
#include "sim/ids.h"
#include "sim/request.h"

namespace oplocksim::sim {

// Of one FILE_OBJECT. Enough for any test of coherence; beyond it is written through, and read
// again.
inline constexpr std::size_t kMaxCachedBytes = 1u << 16;

// What an oplock lets its owner cache.
[[nodiscard]] bool caches_reads(engine::OplockType type);
[[nodiscard]] bool caches_writes(engine::OplockType type);
[[nodiscard]] bool caches_handles(engine::OplockType type);

struct ClientCache {
    FileObjectId file_object;
    ProcessId process;                // whose cache thread works for it
    HandleId handle;                  // that the client reaches the file by
    Request create;                   // that opened it: what a handle that is kept back is good for
    bool directory = false;
    bool must_close = false;          // a lock, deletion, ... through it ends with its close
    bool kept_back = false;           // the application has closed it
    bool owes = false;                // its oplock is broken to `offered`, which it must answer
    engine::OplockType type{};        // what it caches as
    engine::OplockType offered{};
    IrpId grant;                      // the outstanding request, or acknowledgment
    IrpId write_back;                 // that is under way
    Extent in_flight;                 // what it writes
    std::vector<Extent> bytes;        // what is in the cache
    std::vector<Extent> dirty;        // and of it what the file does not have yet

    bool operator==(const ClientCache&) const = default;

    // What it may cache now.
    [[nodiscard]] engine::OplockType level() const { return owes ? offered : type; }
    [[nodiscard]] bool holds(std::uint64_t offset, std::uint64_t length) const;
    // Requires: holds().
    [[nodiscard]] std::string load(std::uint64_t offset, std::uint64_t length) const;
    // Whether there is room for so much more.
    [[nodiscard]] bool has_room(std::uint64_t length) const;

    // Bytes that the file has too. Requires: nothing is dirty, and there is room.
    void keep(std::uint64_t offset, std::string_view read);
    // Bytes that the file does not have yet. Requires: there is room.
    void hold_back(std::uint64_t offset, std::string_view written);
    // What was read is not good any more; what was held back is still to be written.
    void drop_reads() { bytes = dirty; }
    // The oplock is gone, without anything to answer.
    void lose();
    // The oplock is broken, and an answer is owed.
    void must_answer(engine::OplockType told);
    // The break was answered.
    void answered(engine::OplockType left, IrpId irp);

    // What it owes now, in this order.
    [[nodiscard]] bool must_write_back() const;
    [[nodiscard]] bool must_close_handle() const;
    [[nodiscard]] bool must_acknowledge() const { return owes; }
    [[nodiscard]] bool has_work() const {
        return must_write_back() || must_close_handle() || must_acknowledge();
    }

    // Would a handle that is kept back serve this create? The same, but for a first time.
    [[nodiscard]] bool serves(const Request& create_again) const;
};

// The FSCTL that acknowledges a break to `offered`.
[[nodiscard]] engine::OplockFsctl acknowledgment(engine::OplockType held,
                                                 engine::OplockType offered);
// The type that a request names, or acknowledges with; none if it names none.
[[nodiscard]] engine::OplockType named_type(const engine::OplockFsctl& fsctl);
// The type of an OPLOCK_LEVEL_CACHE_* combination; none if there is none.
[[nodiscard]] engine::OplockType type_of_level(engine::CacheLevel level);

}  // namespace oplocksim::sim
