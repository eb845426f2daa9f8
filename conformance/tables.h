// The decision tables: which operation does what to which oplock, which request is granted over
// what, how an acknowledgment ends. The second, independent reading of the specification: written
// from the driver documentation and not from the engine (docs/spec-decisions.md where they differ).
//
// A table is data (conformance/tables/*.yaml), built into the program. A file lists groups of rows;
// a row stands for one cell for each combination of its lists. Every cell names the clause that
// says so. Where the outcome depends on a switch, the row has a mapping from the switch to an
// outcome for each value, nested if several matter; a value without an outcome is one that no
// source speaks of.
//
// Notation of a state: a type (L1, L2, BATCH, FILTER, R, RH, RW, RWH), or none; "A>B": A was told
// to break to B and has not acknowledged; "A>B>C": it was told B, and C is needed by now; "A+B":
// two owners with different keys. The comment on top of each file explains its outcomes.
//
// Invariants (checked when a table is parsed, and by the tests):
//   T1  cell ids are unique;
//   T2  every clause is in the catalogue, every switch and value exists;
//   T3  an outcome of a state with n owners says what happens to each of them, or to all at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/oplock.h"
#include "sim/request.h"

namespace oplocksim::conformance {

enum class TableKind : std::uint8_t { breaks, grants, acknowledgments };
[[nodiscard]] std::string_view to_string(TableKind kind);   // "break", "grant", "acknowledge"

// One oplock of a state.
struct HeldOplock {
    engine::OplockType type = engine::OplockType::none;
    bool breaking = false;
    engine::OplockType announced = engine::OplockType::none;   // what its owner was told
    engine::OplockType target = engine::OplockType::none;      // what is needed by now
};
struct TableState {
    std::string text;                   // "RH>R+RH"
    std::vector<HeldOplock> oplocks;    // empty: none; at most two
    [[nodiscard]] bool breaking() const;
};

// How the handle that acts is related to the (first) owner.
enum class KeyRelation : std::uint8_t {
    own,     // the owner's handle itself
    same,    // another handle with the owner's key
    other,   // a handle with another key
};
[[nodiscard]] std::string_view to_string(KeyRelation relation);   // "own-handle", "same-key", ...

// One word of an outcome.
enum class TableStepKind : std::uint8_t {
    unaffected,          // nothing is told to the owner
    waits,               // the operation joins the break that is under way
    told,                // the owner is told a new level
    closed,              // STATUS_OPLOCK_HANDLE_CLOSED
    gone,                // the acknowledgment itself reports FILE_OPLOCK_BROKEN_TO_NONE
    refused,             // acknowledgment: STATUS_CANNOT_GRANT_REQUESTED_OPLOCK; request:
                         // STATUS_OPLOCK_NOT_GRANTED
    pends,               // the acknowledgment is accepted and a level is kept
    success,             // STATUS_SUCCESS, nothing is held
    invalid,             // STATUS_INVALID_OPLOCK_PROTOCOL; request: STATUS_INVALID_PARAMETER
    invalid_parameter,   // STATUS_INVALID_PARAMETER
    close_pending,       // STATUS_SUCCESS; the break is over when the handle is closed
    notified,            // FSCTL_OPLOCK_BREAK_NOTIFY pends until the break is over
    granted,
    cannot_grant,        // request: STATUS_CANNOT_GRANT_REQUESTED_OPLOCK
    nothing,             // request: STATUS_SUCCESS without an oplock
    kept,                // an oplock held before the request stays
    switched,            // ... is completed with STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE
    displaced,           // ... is completed with FILE_OPLOCK_BROKEN_TO_NONE
};
struct TableStep {
    TableStepKind kind = TableStepKind::unaffected;
    engine::OplockType level = engine::OplockType::none;   // told, refused, pends
    bool ack = false;      // told: an acknowledgment is owed
    bool waits = false;    // the operation waits for it
};

// The name and value of a switch.
using SwitchChoice = std::pair<std::string, std::string>;

// What a cell demands under some values of switches.
struct CellOutcome {
    std::vector<SwitchChoice> when;     // all of them; empty: always
    std::string text;                   // as it is written
    std::vector<TableStep> steps;            // one an owner, or one for all
    std::vector<TableStep> then;             // after "->": of the first owner that owes something
    std::vector<TableStep> holders;          // grants, after ";": one an owner
    std::optional<engine::NtStatus> status;   // breaks: over that of the cell
};

// What a create asks for.
struct CreateShape {
    engine::AccessMask access = engine::FILE_READ_DATA;
    engine::ShareAccess share = 0;
    engine::CreateDisposition disposition = engine::CreateDisposition::FILE_OPEN;
    engine::CreateOptions options = 0;
};

// One cell.
struct Cell {
    TableKind table = TableKind::breaks;
    std::string id;                      // "break/RWH/write/other-key"
    TableState state;
    std::string subject;                 // operation, requested type, or acknowledgment
    KeyRelation relation = KeyRelation::own;
    bool conflict = false;               // breaks: the create conflicts in sharing
    bool directory = false;              // the oplock is on a directory
    bool waiter = false;                 // acknowledgments: a create waits
    std::vector<std::string> with;       // grants, acknowledgments: conditions
    std::optional<CreateShape> create;   // breaks: the operation is this create
    engine::AccessMask owner_access = engine::FILE_ALL_ACCESS;
    std::optional<engine::NtStatus> status = engine::NtStatus::STATUS_SUCCESS;   // none: any
    std::optional<engine::NtStatus> status_if_closed;   // none: as `status`
    std::optional<std::uint64_t> information;
    std::string clause;
    std::vector<CellOutcome> outcomes;       // at least one
};

// Every cell, in the order of the files. Aborts if the built-in files are malformed: the tests hold
// that they are not.
[[nodiscard]] std::span<const Cell> cells();

// Reads one table. On failure `cells` is empty and `problem` is one sentence that names `file`.
struct ParsedTable {
    std::vector<Cell> cells;
    std::string problem;
};
[[nodiscard]] ParsedTable parse_table(std::string_view file, std::string_view text);

// "R", "L2", "NONE", ...
[[nodiscard]] std::string_view short_name(engine::OplockType type);
[[nodiscard]] std::optional<engine::OplockType> type_from_short_name(std::string_view name);

}  // namespace oplocksim::conformance
