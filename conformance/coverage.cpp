#include "conformance/coverage.h"

#include <algorithm>
#include <array>
#include <set>

#include "conformance/clauses.h"
#include "conformance/tables.h"

namespace oplocksim::conformance {
namespace {

using sim::RequestKind;
using sim::TraceEvent;
using sim::TraceEventKind;

constexpr std::array<std::string_view, 22> kStates{
    "none",    "L1",       "L2",      "BATCH",       "FILTER", "R",    "RH",   "RW",
    "RWH",     "L1>L2",    "L1>NONE", "BATCH>L2",    "BATCH>NONE", "FILTER>NONE", "RH>R",
    "RH>NONE", "RW>R",     "RW>NONE", "RWH>RH",      "RWH>RW", "RWH>R", "RWH>NONE"};

constexpr std::array<std::string_view, 24> kOperations{
    "create", "create (overwriting)", "create (attributes only)", "close_handle", "read", "write",
    "flush", "lock", "unlock", "set_end_of_file", "set_allocation", "set_valid_data_length",
    "rename", "link", "set_short_name", "set_disposition", "set_basic_information", "set_security",
    "set_encryption", "set_zero_data", "oplock request", "oplock acknowledgment",
    "oplock notification", "create_section"};

constexpr engine::AccessMask kAttributeAccess =
    engine::FILE_READ_ATTRIBUTES | engine::FILE_WRITE_ATTRIBUTES | engine::SYNCHRONIZE;

std::string fsctl_operation(const engine::OplockFsctl& fsctl) {
    switch (fsctl.code) {
        case engine::FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
        case engine::FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING:
        case engine::FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2: return "oplock acknowledgment";
        case engine::FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY: return "oplock notification";
        case engine::FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1:
        case engine::FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2:
        case engine::FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK:
        case engine::FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK:
        case engine::FsControlCode::FSCTL_SET_ZERO_DATA: return "oplock request";
        case engine::FsControlCode::FSCTL_REQUEST_OPLOCK: break;
    }
    const bool ack = (fsctl.flags & engine::REQUEST_OPLOCK_INPUT_FLAG_ACK) != 0;
    return ack ? "oplock acknowledgment" : "oplock request";
}

std::string operation_of(const sim::Request& request) {
    if (request.kind == RequestKind::oplock_fsctl) return fsctl_operation(request.fsctl);
    if (request.kind != RequestKind::create) return std::string(to_string(request.kind));
    if ((request.access & ~kAttributeAccess) == 0) return "create (attributes only)";
    return engine::overwrites(request.disposition) ? "create (overwriting)" : "create";
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

// Follows one trace: which handle names which file, and who holds what there.
class Follower {
 public:
    // The holders of the file that `request` is about, and how it is related to them.
    struct Meeting {
        std::string state = "none";
        KeyRelation relation = KeyRelation::other;
    };

    [[nodiscard]] Meeting meet(const sim::Request& request) const {
        const bool create = request.kind == RequestKind::create;
        const Opened* opened = nullptr;
        if (!create) {
            const auto found = handles_.find(request.handle.value);
            if (found == handles_.end()) return {};
            opened = &found->second;
        }
        const sim::PathId path = create ? request.path : opened->path;
        const auto stream = streams_.find(path.value);
        if (stream == streams_.end()) return {};
        const auto holders = holders_.find(stream->second);
        if (holders == holders_.end() || holders->second.empty()) return {};
        const sim::OplockKey key = create ? request.target_key : opened->key;
        return {state_of(holders->second),
                relation_of(holders->second, create ? 0 : request.handle.value, key)};
    }

    void follow(const TraceEvent& event) {
        switch (event.kind) {
            case TraceEventKind::issue: issued_[event.irp.value] = event.request; return;
            case TraceEventKind::complete: return completed(event);
            case TraceEventKind::oplock: return changed(event);
            case TraceEventKind::pend:
            case TraceEventKind::cancel:
            case TraceEventKind::advance:
            case TraceEventKind::pause:
            case TraceEventKind::resume:
            case TraceEventKind::thread_exit:
            case TraceEventKind::process_exit:
            case TraceEventKind::volume:
            case TraceEventKind::caching:
            case TraceEventKind::cached:
            case TraceEventKind::wait:
            case TraceEventKind::release: return;
        }
    }
    void about_to(const sim::Request& request) { requester_ = request.handle.value; }

 private:
    struct Opened {
        sim::PathId path;
        sim::OplockKey key;
    };

    static std::string state_of(const std::vector<sim::TraceHolder>& holders) {
        std::set<std::string> parts;
        for (const sim::TraceHolder& holder : holders) {
            parts.insert(std::string(short_name(holder.type)) +
                         std::string(break_suffix(holder.breaking)));
        }
        std::string text;
        for (const std::string& part : parts) text += (text.empty() ? "" : "+") + part;
        return text;
    }

    [[nodiscard]] KeyRelation relation_of(const std::vector<sim::TraceHolder>& holders,
                                          std::uint32_t handle, sim::OplockKey key) const {
        KeyRelation relation = KeyRelation::other;
        for (const sim::TraceHolder& holder : holders) {
            const auto owner = owners_.find(holder.file_object.value);
            if (owner == owners_.end()) continue;
            if (owner->second == handle) return KeyRelation::own;
            const auto opened = handles_.find(owner->second);
            const bool equal = opened != handles_.end() && key.value != 0 &&
                               opened->second.key == key;
            if (equal) relation = KeyRelation::same;
        }
        return relation;
    }

    void completed(const TraceEvent& event) {
        const auto issued = issued_.find(event.irp.value);
        if (issued == issued_.end()) return;
        const sim::Request request = issued->second;
        issued_.erase(issued);
        if (request.kind == RequestKind::create && event.handle.value != 0) {
            handles_[event.handle.value] = {request.path, request.target_key};
        }
        if (request.kind == RequestKind::close_handle) {   // ids are used again
            std::erase_if(owners_, [&request](const auto& owner) {
                return owner.second == request.handle.value;
            });
        }
    }

    void changed(const TraceEvent& event) {
        for (const sim::TraceHolder& holder : event.holders) {
            // A new holder is the handle whose request is at work.
            const auto inserted = owners_.emplace(holder.file_object.value, requester_);
            const auto opened = handles_.find(inserted.first->second);
            if (opened != handles_.end()) {
                streams_[opened->second.path.value] = event.stream.value;
            }
        }
        holders_[event.stream.value] = event.holders;
    }

    std::map<std::uint32_t, sim::Request> issued_;                    // by IRP
    std::map<std::uint32_t, Opened> handles_;
    std::map<std::uint32_t, std::uint32_t> owners_;                   // FILE_OBJECT to handle
    std::map<std::uint32_t, std::uint32_t> streams_;                  // path to stream
    std::map<std::uint32_t, std::vector<sim::TraceHolder>> holders_;  // by stream
    std::uint32_t requester_ = 0;
};

constexpr auto kImpossible = std::to_array<ImpossibleCells>({
    {"none", "", KeyRelation::own, "nothing is held, so that no handle is an owner's"},
    {"none", "", KeyRelation::same, "nothing is held, so that no key is an owner's"},
    {"", "create", KeyRelation::own, "a create makes its handle, and owns nothing before"},
});
// It begins like a create and is made through a handle.
constexpr std::string_view kCreateSection = "create_section";

constexpr std::array kRelations{KeyRelation::own, KeyRelation::same, KeyRelation::other};

void add(std::uint64_t& count, std::uint64_t more) {
    count += std::min(more, kMaxCoverageCount - count);
}

}  // namespace

std::uint64_t CoverageCounts::of(KeyRelation relation) const {
    switch (relation) {
        case KeyRelation::own: return own;
        case KeyRelation::same: return same;
        case KeyRelation::other: return other;
    }
    return 0;
}

std::string to_string(const CoverageCell& cell) {
    return cell.state + " x " + cell.operation + " x " + std::string(to_string(cell.relation));
}

std::span<const ImpossibleCells> impossible_cells() { return kImpossible; }

std::string_view impossible_because(const CoverageCell& cell) {
    for (const ImpossibleCells& one : kImpossible) {
        const bool state = one.state.empty() || one.state == cell.state;
        const bool section = !one.operation.empty() && cell.operation == kCreateSection;
        const bool operation = cell.operation.starts_with(one.operation) && !section;
        if (state && operation && one.relation == cell.relation) return one.reason;
    }
    return {};
}

void Coverage::add_run(const sim::Names& /*names*/, std::span<const TraceEvent> trace) {
    add(runs_, 1);
    Follower follower;
    for (const TraceEvent& event : trace) {
        if (event.kind == TraceEventKind::issue) {
            const Follower::Meeting met = follower.meet(event.request);
            CoverageCounts& counts = counts_[{met.state, operation_of(event.request)}];
            switch (met.relation) {
                case KeyRelation::own: add(counts.own, 1); break;
                case KeyRelation::same: add(counts.same, 1); break;
                case KeyRelation::other: add(counts.other, 1); break;
            }
            follower.about_to(event.request);
        }
        follower.follow(event);
    }
}

void Coverage::add_clause(std::string_view id, std::uint64_t times) {
    add(clauses_[std::string(id)], times);
}

void Coverage::add_runs(std::uint64_t runs) { add(runs_, runs); }

void Coverage::add_row(const CoverageRow& row) {
    CoverageCounts& counts = counts_[{row.state, row.operation}];
    add(counts.own, row.counts.own);
    add(counts.same, row.counts.same);
    add(counts.other, row.counts.other);
}

void Coverage::merge(const Coverage& other) {
    add_runs(other.runs_);
    for (const CoverageRow& row : other.counted_rows()) add_row(row);
    for (const auto& [id, hits] : other.clauses_) add_clause(id, hits);
}

std::vector<CoverageRow> Coverage::counted_rows() const {
    std::vector<CoverageRow> rows;
    for (const auto& [key, counts] : counts_) rows.push_back({key.first, key.second, counts});
    return rows;
}

std::vector<CoverageRow> Coverage::rows() const {
    std::vector<CoverageRow> rows;
    const auto add_state = [&](std::string_view state) {
        for (const std::string_view operation : kOperations) {
            const auto found = counts_.find({std::string(state), std::string(operation)});
            rows.push_back({std::string(state), std::string(operation),
                            found == counts_.end() ? CoverageCounts{} : found->second});
        }
    };
    for (const std::string_view state : kStates) add_state(state);
    std::set<std::string> mixtures;
    for (const auto& [key, counts] : counts_) {
        if (std::ranges::find(kStates, key.first) == kStates.end()) mixtures.insert(key.first);
    }
    for (const std::string& state : mixtures) add_state(state);
    return rows;
}

std::vector<CoverageCell> Coverage::gaps() const {
    std::vector<CoverageCell> gaps;
    for (const CoverageRow& row : rows()) {
        if (std::ranges::find(kStates, row.state) == kStates.end()) continue;
        for (const KeyRelation relation : kRelations) {
            CoverageCell cell{row.state, row.operation, relation};
            const bool met = row.counts.of(relation) > 0;
            if (!met && impossible_because(cell).empty()) gaps.push_back(std::move(cell));
        }
    }
    return gaps;
}

std::vector<std::string> Coverage::empty_cells() const {
    std::vector<std::string> texts;
    for (const CoverageCell& cell : gaps()) texts.push_back(to_string(cell));
    return texts;
}

std::vector<std::pair<std::string, std::uint64_t>> Coverage::clause_hits() const {
    std::vector<std::pair<std::string, std::uint64_t>> hits;
    for (const Clause& clause : clauses()) {
        const auto found = clauses_.find(clause.id);
        hits.emplace_back(clause.id, found == clauses_.end() ? 0 : found->second);
    }
    return hits;
}

std::span<const std::string_view> coverage_states() { return kStates; }
std::span<const std::string_view> coverage_operations() { return kOperations; }

}  // namespace oplocksim::conformance
