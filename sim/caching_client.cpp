#include "sim/caching_client.h"

#include <algorithm>

#include "engine/mutant.h"
#include "sim/stream_data.h"

namespace oplocksim::sim {

using engine::FsControlCode;
using engine::mutated;
using engine::Mutant;
using engine::OplockType;

namespace {

std::size_t size_of(const std::vector<Extent>& extents) {
    std::size_t size = 0;
    for (const Extent& extent : extents) size += extent.bytes.size();
    return size;
}

}  // namespace

bool caches_reads(OplockType type) { return type != OplockType::none; }

bool caches_writes(OplockType type) {
    if (type == OplockType::read_handle && mutated(Mutant::client_holds_writes_back_under_rh)) {
        return true;
    }
    return type == OplockType::level_1 || type == OplockType::batch ||
           type == OplockType::read_write || type == OplockType::read_write_handle;
}

bool caches_handles(OplockType type) {
    return type == OplockType::batch || type == OplockType::read_handle ||
           type == OplockType::read_write_handle;
}

// Extents that touch are one, so what is whole is in one.
bool ClientCache::holds(std::uint64_t offset, std::uint64_t length) const {
    return std::ranges::any_of(bytes, [&](const Extent& extent) {
        return extent.offset <= offset && extent.bytes.size() >= length &&
               offset - extent.offset <= extent.bytes.size() - length;
    });
}

std::string ClientCache::load(std::uint64_t offset, std::uint64_t length) const {
    return load_bytes(bytes, offset, length);
}

bool ClientCache::has_room(std::uint64_t length) const {
    return length <= kMaxCachedBytes && size_of(bytes) <= kMaxCachedBytes - length;
}

void ClientCache::keep(std::uint64_t offset, std::string_view read) {
    store_bytes(bytes, offset, read);
}

void ClientCache::hold_back(std::uint64_t offset, std::string_view written) {
    store_bytes(bytes, offset, written);
    store_bytes(dirty, offset, written);
}

void ClientCache::lose() {
    grant = {};
    owes = false;
    type = OplockType::none;
    offered = OplockType::none;
    if (!mutated(Mutant::client_keeps_what_it_has_read)) drop_reads();
}

void ClientCache::must_answer(OplockType told) {
    grant = {};
    owes = true;
    offered = told;
    if (!caches_reads(told) && !mutated(Mutant::client_keeps_what_it_has_read)) drop_reads();
}

void ClientCache::answered(OplockType left, IrpId irp) {
    owes = false;
    grant = irp;
    type = left;
    offered = OplockType::none;
    if (!caches_reads(left) && !mutated(Mutant::client_keeps_what_it_has_read)) drop_reads();
}

bool ClientCache::must_write_back() const {
    if (dirty.empty() || write_back) return false;
    if (mutated(Mutant::client_forgets_what_it_held_back)) return false;
    return !caches_writes(level()) || must_close_handle();
}

bool ClientCache::must_close_handle() const {
    if (!kept_back || mutated(Mutant::client_keeps_its_handle)) return false;
    return !caches_handles(level());
}

bool ClientCache::serves(const Request& again) const {
    if (!kept_back) return false;
    if (!caches_handles(level()) && !mutated(Mutant::client_keeps_its_handle)) return false;
    const bool shares = again.share == create.share ||
                        mutated(Mutant::client_keeps_a_handle_for_any_sharing);
    return again.path == create.path && again.access == create.access && shares &&
           again.options == create.options &&
           again.target_key == create.target_key && again.parent_key == create.parent_key &&
           again.disposition == engine::CreateDisposition::FILE_OPEN && !again.transacted &&
           !create.transacted;
}

engine::OplockFsctl acknowledgment(OplockType held, OplockType offered) {
    if (!engine::is_granular(held)) return {FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, 0, 0};
    return {FsControlCode::FSCTL_REQUEST_OPLOCK, engine::cache_level(offered),
            engine::REQUEST_OPLOCK_INPUT_FLAG_ACK};
}

OplockType type_of_level(engine::CacheLevel level) {
    for (const OplockType type : {OplockType::read, OplockType::read_handle,
                                  OplockType::read_write, OplockType::read_write_handle}) {
        if (engine::cache_level(type) == level) return type;
    }
    return OplockType::none;
}

OplockType named_type(const engine::OplockFsctl& fsctl) {
    switch (fsctl.code) {
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1: return OplockType::level_1;
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2: return OplockType::level_2;
        case FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK: return OplockType::batch;
        case FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK: return OplockType::filter;
        case FsControlCode::FSCTL_REQUEST_OPLOCK:
            return type_of_level(fsctl.requested_oplock_level);
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
        case FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING:
        case FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY:
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2:
        case FsControlCode::FSCTL_SET_ZERO_DATA: return OplockType::none;
    }
    return OplockType::none;
}

}  // namespace oplocksim::sim
