// What-if: one question to the simulator about one operation that meets held oplocks.
//
// The answer is not looked up anywhere: a small world is made, the oplocks are requested, the
// operation is submitted to the kernel, and what callers see is written down. The world is a
// value, so each acknowledgment that the owner could answer with is tried on a copy.
//
// An operation on a handle (a write, say) needs a second handle that was opened without
// disturbing the oplock. It is opened with the owner's oplock key, which exempts it, and given
// its own key afterwards, unless the question is about the same key.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/oplock.h"
#include "engine/semantics.h"
#include "scenarios/result.h"
#include "sim/request.h"

namespace oplocksim::conformance {

// What the second client does. Named by what users type.
enum class WhatIfOperation : std::uint8_t {
    create,                 // opens the file that is held
    read,
    write,
    flush,
    lock,                   // an exclusive byte-range lock of the first byte
    unlock,                 // of a range that was locked before the oplock broke
    set_end_of_file,
    set_allocation,
    set_valid_data_length,
    set_zero_data,
    set_disposition,        // DeleteFile is TRUE
    set_security,
    set_short_name,
    rename,                 // the file itself
    rename_over,            // another file is renamed over it
    rename_parent,          // the directory it is in
    link_over,              // a new link to another file supersedes its name
    create_section,         // for a writable user mapping
    create_child,           // a file is created in the directory that is held
    close_delete_on_close,  // a handle opened with FILE_DELETE_ON_CLOSE is closed
    close_owner,            // the owner closes its handle
};

struct WhatIfOperationInfo {
    WhatIfOperation operation;
    std::string_view name;      // "set_end_of_file"
    std::string_view summary;
};
// Every operation, in the order of the enumeration.
[[nodiscard]] std::span<const WhatIfOperationInfo> what_if_operations();

// More owners than this teach nothing more, and each costs a world of its own to try.
inline constexpr std::size_t kMaxHolders = 64;

struct WhatIfQuestion {
    std::vector<engine::OplockType> held;   // in the order they are requested; may be empty
    WhatIfOperation operation = WhatIfOperation::create;
    bool same_key = false;                  // the key of the first holder
    bool directory = false;                 // the oplocks are held on a directory
    engine::Semantics semantics;
    // Of a create:
    sim::AccessMask access = engine::FILE_READ_DATA;
    sim::ShareAccess share =
        engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE;
    sim::CreateDisposition disposition = sim::CreateDisposition::FILE_OPEN;
    sim::CreateOptions options = 0;
    // How the holders opened the file:
    sim::AccessMask owner_access = engine::FILE_READ_DATA;
    sim::ShareAccess owner_share =
        engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE;
};

// What a caller sees of one IRP: nothing yet, or its completion.
struct Seen {
    sim::RequestKind kind = sim::RequestKind::create;   // of the request; set when completed
    bool completed = false;
    sim::NtStatus status = sim::NtStatus::STATUS_PENDING;
    std::uint64_t information = 0;
    std::optional<sim::RequestOplockOutputBuffer> output;

    bool operator==(const Seen&) const = default;
};

// One holder after the operation was submitted.
struct HolderSeen {
    engine::OplockType held = engine::OplockType::none;
    Seen notice;                       // not completed: it still holds its oplock
    engine::OplockType to = engine::OplockType::none;   // the level it was told
    bool acknowledgment_required = false;

    bool operator==(const HolderSeen&) const = default;
};

// One way for the first owner that owes an acknowledgment to answer; other owners have already
// accepted what they were offered.
struct AcknowledgmentSeen {
    std::string name;                  // "FSCTL_REQUEST_OPLOCK, acknowledge R"
    bool pended = false;               // accepted, and an oplock was kept for a time at least
    Seen acknowledgment;               // if pended and completed: how what was kept was broken
    Seen operation;                    // afterwards
    bool accepts_offer = false;        // the answer that the notice offered

    bool operator==(const AcknowledgmentSeen&) const = default;
};

// Everything that callers see; equal if and only if no caller could tell the difference.
struct WhatIfAnswer {
    std::vector<HolderSeen> holders;
    Seen operation;                    // at once
    bool blocked = false;              // the caller's thread is blocked in the call
    Seen final_operation;              // after every owner accepted what it was offered
    std::vector<AcknowledgmentSeen> acknowledgments;

    bool operator==(const WhatIfAnswer&) const = default;
    [[nodiscard]] bool waits() const { return !operation.completed; }
};

// One switch value that changes the answer.
struct SwitchEffect {
    std::string_view name;
    std::string_view decision;     // "SC-029"
    std::string_view value;        // another value than the question's
    WhatIfAnswer answer;
    std::string problem;           // or why the question cannot be asked under it
};

struct WhatIfResult {
    std::string problem;           // why the question cannot be asked; then nothing else is set
    WhatIfAnswer answer;
    std::vector<engine::Why> whys; // the package's reasons, in order, once each
    std::vector<std::string_view> clauses;
    std::vector<SwitchEffect> switches;
    // What happened, from the requests for the oplocks to the answer that each owner was offered.
    std::vector<sim::TraceEvent> trace;
    std::size_t first_event = 0;   // of it: the first request for an oplock, or the operation
    std::shared_ptr<const sim::Names> names;
    std::vector<scenarios::ThreadName> threads;
};

// Asks. Deterministic.
[[nodiscard]] WhatIfResult what_if(const WhatIfQuestion& question);

// Equal neighbours together, with how many they are.
template <typename T>
[[nodiscard]] std::vector<std::pair<T, std::size_t>> grouped(const std::vector<T>& all) {
    std::vector<std::pair<T, std::size_t>> groups;
    for (const T& one : all) {
        if (groups.empty() || !(groups.back().first == one)) groups.emplace_back(one, 0);
        ++groups.back().second;
    }
    return groups;
}
// "20 x Read"; of one only "Read".
[[nodiscard]] std::string times(std::size_t count, std::string_view what);

// One sentence: "Read-Write-Handle breaks to Read, ...; the operation waits".
[[nodiscard]] std::string summary_of(const WhatIfAnswer& answer);

// "STATUS_SUCCESS, Information FILE_OPENED", "has not completed".
[[nodiscard]] std::string describe(const Seen& seen);

}  // namespace oplocksim::conformance
