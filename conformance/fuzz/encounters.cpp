#include "conformance/fuzz/encounters.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "conformance/tables.h"
#include "engine/assert.h"
#include "sim/engine_ids.h"
#include "sim/name_space.h"

namespace oplocksim::conformance::fuzz {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr unsigned kBreakStates = 7;
constexpr unsigned kTypes = 9;
static_assert(kBreakStates * kTypes <= 64, "a state must fit in a word");

constexpr engine::AccessMask kAttributeAccess =
    engine::FILE_READ_ATTRIBUTES | engine::FILE_WRITE_ATTRIBUTES | engine::SYNCHRONIZE;

// Places in coverage_operations().
struct OperationNumbers {
    std::array<std::uint8_t, sim::kRequestKindCount> of_kind{};
    std::uint8_t overwriting = 0;
    std::uint8_t attributes_only = 0;
    std::uint8_t request = 0;
    std::uint8_t acknowledgment = 0;
    std::uint8_t notification = 0;
    static constexpr std::uint8_t kNot = 0xFF;

    OperationNumbers() {
        for (int kind = 0; kind < sim::kRequestKindCount; ++kind) {
            of_kind[static_cast<std::size_t>(kind)] =
                find(to_string(static_cast<sim::RequestKind>(kind)));
        }
        overwriting = find("create (overwriting)");
        attributes_only = find("create (attributes only)");
        request = find("oplock request");
        acknowledgment = find("oplock acknowledgment");
        notification = find("oplock notification");
    }
    static std::uint8_t find(std::string_view name) {
        const auto all = coverage_operations();
        const auto found = std::ranges::find(all, name);
        return found == all.end() ? kNot : static_cast<std::uint8_t>(found - all.begin());
    }
};

std::uint8_t operation_of(const sim::Request& request) {
    static const OperationNumbers numbers;
    if (request.kind == sim::RequestKind::create) {
        if ((request.access & ~kAttributeAccess) == 0) return numbers.attributes_only;
        if (engine::overwrites(request.disposition)) return numbers.overwriting;
    }
    if (request.kind != sim::RequestKind::oplock_fsctl) {
        return numbers.of_kind[static_cast<std::size_t>(request.kind)];
    }
    switch (request.fsctl.code) {
        case engine::FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
        case engine::FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING:
        case engine::FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2: return numbers.acknowledgment;
        case engine::FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY: return numbers.notification;
        case engine::FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1:
        case engine::FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2:
        case engine::FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK:
        case engine::FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK:
        case engine::FsControlCode::FSCTL_SET_ZERO_DATA: return numbers.request;
        case engine::FsControlCode::FSCTL_REQUEST_OPLOCK: break;
    }
    const bool ack = (request.fsctl.flags & engine::REQUEST_OPLOCK_INPUT_FLAG_ACK) != 0;
    return ack ? numbers.acknowledgment : numbers.request;
}

std::string_view break_suffix(engine::BreakState state) {
    switch (state) {
        case engine::BreakState::not_breaking: return "";
        case engine::BreakState::to_level_2: return ">L2";
        case engine::BreakState::to_none:
        case engine::BreakState::to_level_2_to_none: return ">NONE";
        case engine::BreakState::to_read: return ">R";
        case engine::BreakState::to_read_handle: return ">RH";
        case engine::BreakState::to_read_write: return ">RW";
    }
    return "";
}

std::string state_name(std::uint64_t state) {
    if (state == 0) return "none";
    std::set<std::string> parts;
    for (; state != 0; state &= state - 1) {
        const auto bit = static_cast<unsigned>(std::countr_zero(state));
        parts.insert(
            std::string(short_name(static_cast<engine::OplockType>(bit / kBreakStates))) +
            std::string(break_suffix(static_cast<engine::BreakState>(bit % kBreakStates))));
    }
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : "+") + part;
    return text;
}

std::size_t hash_of(const Encounter& cell) {
    std::uint64_t hash = cell.state * 0x9E3779B97F4A7C15ull;
    hash ^= (static_cast<std::uint64_t>(cell.operation) << 2 | cell.relation) *
            0xBF58476D1CE4E5B9ull;
    return hash ^ hash >> 29;
}

}  // namespace

Encounters::Encounters() : slots_(kFirstSlots) {}

void Encounters::meet(const sim::World& world, const sim::Request& request) {
    Encounter cell;
    cell.operation = operation_of(request);
    if (cell.operation == OperationNumbers::kNot) return;
    cell.relation = static_cast<std::uint8_t>(KeyRelation::other);
    sim::StreamId stream;
    sim::FileObjectId by;
    sim::OplockKey key = request.target_key;
    if (request.kind == sim::RequestKind::create) {
        const sim::Lookup place = sim::look_up(world, request.path);
        if (place.file) {
            stream = sim::find_stream(world, place.file, world.names->path(request.path).stream);
        }
    } else if (const sim::Handle* handle = world.handles.find(request.handle)) {
        by = handle->file_object;
        stream = world.file_objects[by].stream;
        key = world.file_objects[by].target_key;
    }
    if (stream) {
        for (const engine::Holder& holder : world.streams[stream].oplock.holders()) {
            cell.state |= 1ull << (static_cast<unsigned>(holder.type) * kBreakStates +
                                   static_cast<unsigned>(holder.breaking));
            if (holder.file_object == sim::to_engine(by)) {
                cell.relation = static_cast<std::uint8_t>(KeyRelation::own);
            } else if (key.value != 0 && holder.key == key &&
                       cell.relation == static_cast<std::uint8_t>(KeyRelation::other)) {
                cell.relation = static_cast<std::uint8_t>(KeyRelation::same);
            }
        }
    }
    count(cell, 1);
}

std::size_t Encounters::place_of(const Encounter& cell) const {
    std::size_t place = hash_of(cell) & (slots_.size() - 1);
    while (slots_[place].count != 0 && !(slots_[place].cell == cell)) {
        place = (place + 1) & (slots_.size() - 1);
    }
    return place;
}

void Encounters::count(const Encounter& cell, std::uint64_t times) {
    Slot& slot = slots_[place_of(cell)];
    const bool is_new = slot.count == 0;
    slot.cell = cell;
    slot.count += times;
    if (!is_new) return;
    news_.push_back(cell);
    if (2 * ++used_ > slots_.size()) grow();
}

void Encounters::grow() {
    const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
    for (const Slot& slot : old) {
        if (slot.count != 0) slots_[place_of(slot.cell)] = slot;
    }
}

void Encounters::add(const Encounters& other) {
    for (const Slot& slot : other.slots_) {
        if (slot.count != 0) count(slot.cell, slot.count);
    }
}

std::vector<CoverageRow> Encounters::rows() const {
    std::map<std::pair<std::string, std::uint8_t>, CoverageCounts> counts;
    for (const Slot& slot : slots_) {
        if (slot.count == 0) continue;
        CoverageCounts& cell = counts[{state_name(slot.cell.state), slot.cell.operation}];
        switch (static_cast<KeyRelation>(slot.cell.relation)) {
            case KeyRelation::own: cell.own += slot.count; break;
            case KeyRelation::same: cell.same += slot.count; break;
            case KeyRelation::other: cell.other += slot.count; break;
        }
    }
    std::vector<CoverageRow> rows;
    for (const auto& [cell, count] : counts) {
        rows.push_back({cell.first, std::string(coverage_operations()[cell.second]), count});
    }
    return rows;
}

}  // namespace oplocksim::conformance::fuzz
