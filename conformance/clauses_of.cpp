#include "conformance/clauses_of.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace oplocksim::conformance {
namespace {

using engine::OplockType;
using engine::Operation;
using engine::Rule;
using enum OplockType;   // `read` is the type; the operation is written out
using Operation::break_to_none;
using Operation::byte_range_lock;
using Operation::byte_range_unlock;
using Operation::create;
using Operation::create_break_handle;
using Operation::create_writable_section;
using Operation::delete_on_close_cleanup;
using Operation::flush;
using Operation::link;
using Operation::parent_change;
using Operation::rename;
using Operation::replaced_by_rename;
using Operation::set_allocation;
using Operation::set_disposition;
using Operation::set_end_of_file;
using Operation::set_security;
using Operation::set_short_name;
using Operation::set_valid_data_length;
using Operation::set_zero_data;

// Sets of types and operations, one bit each.
using Types = std::uint16_t;
using Operations = std::uint32_t;
static_assert(static_cast<int>(read_write_handle) < 16);
static_assert(engine::kOperationCount <= 32);

constexpr Types one(OplockType type) { return static_cast<Types>(1u << static_cast<int>(type)); }
constexpr Operations one(Operation operation) { return 1u << static_cast<int>(operation); }

template <typename... T>
constexpr Types held(T... type) {
    return static_cast<Types>((one(type) | ... | 0));
}
template <typename... T>
constexpr Operations by(T... operation) {
    return (one(operation) | ... | 0u);
}

constexpr Types kAnyType = 0xFFFF;
constexpr Operations kAnyOperation = 0xFFFFFFFF;

constexpr Types kGranular = held(read, read_handle, read_write, read_write_handle);
constexpr Types kExclusiveLegacy = held(level_1, batch, filter);
constexpr Types kExclusive = kExclusiveLegacy | held(read_write, read_write_handle);
constexpr Operations kSizes = by(set_end_of_file, set_allocation, set_valid_data_length);
constexpr Operations kNames = by(rename, set_short_name, link);
constexpr Operations kReads = by(Operation::read);
constexpr Operations kWrites = by(Operation::write);
constexpr Types kR = held(read);

// One row: for this rule, these held types and these operations, these clauses, blank-separated.
// Where the level that is broken to decides which sentence applies, there is a row for each.
struct Row {
    Rule rule;
    Types types;
    Operations operations;
    std::string_view ids;
    Types to = kAnyType;
};

constexpr auto kBreaks = std::to_array<Row>({
    // Create.
    {Rule::broken, held(level_1), by(create), "CREATE-L1-TO-NONE CREATE-L1-KEY CREATE-L1-ACK",
     held(none)},
    {Rule::broken, held(level_1), by(create), "CREATE-L1-TO-LEVEL-2 CREATE-L1-KEY CREATE-L1-ACK",
     held(level_2)},
    {Rule::broken, held(level_2), by(create), "CREATE-L2-OVERWRITE CREATE-L2-KEY CREATE-L2-NO-ACK"},
    {Rule::broken, held(batch), by(create),
     "CREATE-BATCH-TO-NONE CREATE-BATCH-KEY CREATE-BATCH-ACK BRK-NTFS-BATCH-BEFORE-SHARING",
     held(none)},
    {Rule::broken, held(batch), by(create),
     "CREATE-BATCH-TO-LEVEL-2 CREATE-BATCH-KEY CREATE-BATCH-ACK BRK-NTFS-BATCH-BEFORE-SHARING",
     held(level_2)},
    {Rule::broken, held(filter), by(create),
     "CREATE-FILTER-WRITABLE CREATE-FILTER-TO-NONE CREATE-FILTER-KEY CREATE-FILTER-ACK "
     "BRK-NTFS-BATCH-BEFORE-SHARING"},
    {Rule::broken, kR, by(create), "CREATE-R-OVERWRITE CREATE-R-KEY CREATE-R-NO-ACK"},
    {Rule::broken, held(read_handle), by(create),
     "CREATE-RH-TO-NONE CREATE-RH-KEY CREATE-RH-OTHER-NO-WAIT"},
    {Rule::broken, held(read_handle), by(create_break_handle),
     "CREATE-RH-TO-READ CREATE-RH-CONFLICT-WAITS BRK-HANDLE-AFTER-SHARING", held(read)},
    {Rule::broken, held(read_handle), by(create_break_handle),
     "CREATE-CONFLICT-OVERWRITE CREATE-RH-TO-NONE BRK-HANDLE-AFTER-SHARING", held(none)},
    {Rule::broken, held(read_write), by(create), "CREATE-RW-TO-NONE CREATE-RW-KEY CREATE-RW-ACK",
     held(none)},
    {Rule::broken, held(read_write), by(create), "CREATE-RW-TO-READ CREATE-RW-KEY CREATE-RW-ACK",
     held(read)},
    {Rule::broken, held(read_write_handle), by(create),
     "CREATE-RWH-TO-NONE CREATE-RWH-KEY CREATE-RWH-ACK", held(none)},
    {Rule::broken, held(read_write_handle), by(create),
     "CREATE-RWH-TO-READ-HANDLE CREATE-RWH-KEY CREATE-RWH-ACK", held(read_handle)},
    {Rule::broken, held(read_write_handle), by(create_break_handle),
     "CREATE-RWH-TO-READ-WRITE CREATE-RWH-ACK BRK-HANDLE-AFTER-SHARING", held(read_write)},
    {Rule::broken, held(read_write_handle), by(create_break_handle),
     "CREATE-CONFLICT-OVERWRITE CREATE-RWH-TO-NONE CREATE-RWH-ACK", held(none)},

    // Read and flush.
    {Rule::broken, held(level_1, batch), kReads,
     "READ-L1-BATCH-TO-LEVEL-2 READ-OTHER-KEY-BREAKS READ-ACK"},
    {Rule::broken, held(read_write), kReads, "READ-RW-TO-READ READ-OTHER-KEY-BREAKS READ-ACK"},
    {Rule::broken, held(read_write_handle), kReads,
     "READ-RWH-TO-READ-HANDLE READ-OTHER-KEY-BREAKS READ-ACK"},
    {Rule::broken, kAnyType, by(flush), "FLUSH-BREAKS-WRITE-CACHING"},

    // Write.
    {Rule::broken, held(level_2), kWrites, "WRITE-L2-ALWAYS WRITE-L2-NO-ACK"},
    {Rule::broken, kR, kWrites, "WRITE-TO-NONE WRITE-R-NO-ACK WRITE-OTHER-KEY-BREAKS"},
    {Rule::broken, held(read_handle), kWrites,
     "WRITE-TO-NONE WRITE-RH-ACK-NO-WAIT WRITE-OTHER-KEY-BREAKS"},
    {Rule::broken, kExclusive, kWrites,
     "WRITE-TO-NONE WRITE-EXCLUSIVE-ACK WRITE-OTHER-KEY-BREAKS"},

    // Byte-range locks.
    {Rule::broken, held(level_2), by(byte_range_lock, byte_range_unlock),
     "LOCK-L2-ALWAYS LOCK-L2-NO-ACK"},
    {Rule::broken, kR, by(byte_range_lock, byte_range_unlock),
     "LOCK-R-NO-ACK LOCK-OTHER-KEY-BREAKS"},
    {Rule::broken, held(read_handle), by(byte_range_lock, byte_range_unlock),
     "LOCK-RH-ACK-NO-WAIT LOCK-OTHER-KEY-BREAKS"},
    {Rule::broken, held(read_write_handle), by(byte_range_lock, byte_range_unlock),
     "LOCK-RWH-ACK LOCK-OTHER-KEY-BREAKS"},
    {Rule::broken, kExclusive, by(byte_range_lock, byte_range_unlock),
     "LOCK-EXCLUSIVE-ACK LOCK-OTHER-KEY-BREAKS"},

    // Sizes; FSCTL_SET_ZERO_DATA; sections.
    {Rule::broken, held(level_2), kSizes, "SETINFO-SIZE-L2-ALWAYS SETINFO-SIZE-L2-NO-ACK"},
    {Rule::broken, kR, kSizes, "SETINFO-SIZE-R-NO-ACK SETINFO-SIZE-OTHER-KEY"},
    {Rule::broken, held(read_handle), kSizes, "SETINFO-SIZE-RH-ACK-NO-WAIT SETINFO-SIZE-OTHER-KEY"},
    {Rule::broken, kExclusive, kSizes, "SETINFO-SIZE-EXCLUSIVE-ACK SETINFO-SIZE-OTHER-KEY"},
    {Rule::broken, held(level_2), by(set_zero_data), "FSCTL-L2-ALWAYS FSCTL-L2-NO-ACK"},
    {Rule::broken, kR, by(set_zero_data), "FSCTL-R-NO-ACK FSCTL-OTHER-KEY-BREAKS"},
    {Rule::broken, held(read_handle), by(set_zero_data),
     "FSCTL-RH-ACK-NO-WAIT FSCTL-OTHER-KEY-BREAKS"},
    {Rule::broken, kExclusive, by(set_zero_data), "FSCTL-EXCLUSIVE-ACK FSCTL-OTHER-KEY-BREAKS"},
    {Rule::broken, kGranular, by(create_writable_section),
     "SECTION-GRANULAR-TO-NONE SECTION-NO-ACK"},

    // Names, deletion, security.
    {Rule::broken, held(batch, filter), kNames,
     "SETINFO-NAME-BATCH-FILTER-TO-NONE SETINFO-NAME-OTHER-KEY SETINFO-NAME-ACK"},
    {Rule::broken, held(read_handle), kNames,
     "SETINFO-NAME-RH-TO-READ SETINFO-NAME-OTHER-KEY SETINFO-NAME-ACK"},
    {Rule::broken, held(read_write_handle), kNames,
     "SETINFO-NAME-RWH-TO-READ-WRITE SETINFO-NAME-OTHER-KEY SETINFO-NAME-ACK"},
    {Rule::broken, kAnyType, by(replaced_by_rename), "SETINFO-RENAME-TARGET-BREAKS"},
    {Rule::broken, held(read_handle), by(set_disposition),
     "SETINFO-DELETE-RH-TO-READ SETINFO-DELETE-OTHER-KEY SETINFO-DELETE-ACK"},
    {Rule::broken, held(read_write_handle), by(set_disposition),
     "SETINFO-DELETE-RWH-TO-READ-WRITE SETINFO-DELETE-OTHER-KEY SETINFO-DELETE-ACK"},
    {Rule::broken, kAnyType, by(delete_on_close_cleanup),
     "CREATE-DELETE-ON-CLOSE FSRTL-CLOSING-DELETE-ON-CLOSE"},
    {Rule::broken, kAnyType, by(set_security), "SECURITY-BREAKS-HANDLE"},
    {Rule::broken, kAnyType, by(break_to_none), "FSRTL-BREAK-TO-NONE"},
    {Rule::broken, kAnyType, by(parent_change),
     "DIR-CHANGE-BREAKS-TO-NONE DIR-CHANGE-DOES-NOT-WAIT DIR-RH-CHANGE-ACK-FLAG"},
});

// The operation does not break, or does not wait.
constexpr auto kNoBreaks = std::to_array<Row>({
    {Rule::not_affected, held(read, level_2), by(create),
     "CREATE-R-OVERWRITE CREATE-L2-OVERWRITE"},
    {Rule::not_affected, held(read_handle), by(create, create_break_handle),
     "CREATE-RH-CONDITION BRK-NO-CONFLICT-NO-HANDLE-BREAK"},
    {Rule::not_affected, held(filter), by(create),
     "CREATE-FILTER-WRITABLE CREATE-FILTER-WRITABLE-SET"},
    {Rule::not_affected, kAnyType, kReads, "READ-SHARED-NOT-BROKEN"},
    {Rule::not_affected, held(filter), by(byte_range_lock), "LOCK-FILTER-NOT-BROKEN"},
    {Rule::not_affected, kAnyType, by(byte_range_unlock), "LOCK-UNLOCK-NO-CHECK"},
    {Rule::not_affected, kAnyType, by(flush), "FLUSH-NO-BREAK"},
    {Rule::not_affected, kAnyType, kNames, "SETINFO-NAME-NOT-BROKEN"},
    {Rule::not_affected, kAnyType, by(set_disposition), "SETINFO-DELETE-OTHERS-NOT-BROKEN"},
    {Rule::not_affected, held(read_handle, read_write_handle), by(set_security),
     "SECURITY-NO-BREAK"},
    {Rule::not_affected, kAnyType, by(set_security), "SECURITY-OTHERS-NOT-BROKEN"},
    {Rule::not_affected, kAnyType, by(create_writable_section), "SECTION-LEGACY-NOT-BROKEN"},

    {Rule::exempt_same_key, held(level_1), by(create), "CREATE-L1-KEY"},
    {Rule::exempt_same_key, held(level_2), by(create), "CREATE-L2-KEY"},
    {Rule::exempt_same_key, held(batch), by(create), "CREATE-BATCH-KEY"},
    {Rule::exempt_same_key, held(filter), by(create), "CREATE-FILTER-KEY"},
    {Rule::exempt_same_key, kR, by(create), "CREATE-R-KEY"},
    {Rule::exempt_same_key, held(read_handle), by(create, create_break_handle), "CREATE-RH-KEY"},
    {Rule::exempt_same_key, held(read_write), by(create), "CREATE-RW-KEY"},
    {Rule::exempt_same_key, held(read_write_handle), by(create, create_break_handle),
     "CREATE-RWH-KEY"},
    {Rule::exempt_same_key, kAnyType, kReads, "READ-OTHER-KEY-BREAKS"},
    {Rule::exempt_same_key, kAnyType, kWrites, "WRITE-OTHER-KEY-BREAKS"},
    {Rule::exempt_same_key, kAnyType, by(byte_range_lock, byte_range_unlock),
     "LOCK-OTHER-KEY-BREAKS"},
    {Rule::exempt_same_key, kAnyType, kSizes, "SETINFO-SIZE-OTHER-KEY"},
    {Rule::exempt_same_key, kAnyType, by(set_zero_data), "FSCTL-OTHER-KEY-BREAKS"},
    {Rule::exempt_same_key, kAnyType, kNames, "SETINFO-NAME-OTHER-KEY"},
    {Rule::exempt_same_key, kAnyType, by(set_disposition), "SETINFO-DELETE-OTHER-KEY"},
    {Rule::exempt_same_key, kAnyType, by(parent_change), "DIR-PARENT-KEY"},
    {Rule::exempt_same_key, kAnyType, kAnyOperation,
     "KEY-BREAK-NEEDS-OTHER-KEY KEY-EXEMPT-ONE-OPERATION"},
    {Rule::exempt_attribute_only, kAnyType, kAnyOperation, "CREATE-ATTRIBUTE-ONLY"},
    {Rule::complete_if_oplocked, kAnyType, kAnyOperation,
     "BRK-COMPLETE-IF-OPLOCKED BRK-IN-PROGRESS-STATUS CREATE-COMPLETE-NO-WAIT"},

    {Rule::joined_break, held(read_handle), kAnyOperation,
     "BRK-RH-UNACKNOWLEDGED BRK-RH-EVERY-HOLDER"},
    {Rule::joined_break, kAnyType, kAnyOperation, "BRK-JOINS BRK-WAITS-FOR-ACK"},
    {Rule::deepened, kAnyType, kAnyOperation, "BRK-DEEPER-WHILE-BREAKING BRK-JOINS"},
    {Rule::reservation_waits, kAnyType, kAnyOperation, "ATOMIC-NO-VIOLATION-BETWEEN"},
    {Rule::cannot_break, kAnyType, kAnyOperation, "ATOMIC-CANNOT-BREAK CREATE-REQUIRING-OPLOCK"},
});

// Requests. The held type is the requested one where it was granted or a section refused it; else
// it is the first type that is held, so the clauses are those of every request.
constexpr auto kGrants = std::to_array<Row>({
    {Rule::granted, kExclusiveLegacy, kAnyOperation, "GRANT-L1-OVER-NONE"},
    {Rule::granted, held(level_2), kAnyOperation, "GRANT-L2-OVER-NONE GRANT-L2-OVER-L2-R"},
    {Rule::granted, kR, kAnyOperation,
     "GRANT-R-OVER-NONE GRANT-R-OVER-L2-R GRANT-R-OVER-RH-OTHER-KEY"},
    {Rule::granted, held(read_handle), kAnyOperation,
     "GRANT-RH-OVER-NONE GRANT-RH-OVER-R-OTHER-KEY GRANT-RH-OVER-RH"},
    {Rule::granted, held(read_write), kAnyOperation, "GRANT-RW-OVER-NONE"},
    {Rule::granted, held(read_write_handle), kAnyOperation, "GRANT-RWH-OVER-NONE"},
    {Rule::granted_level_none, kAnyType, kAnyOperation, "GRANT-LEVEL-NONE"},
    {Rule::refused_directory, kAnyType, kAnyOperation, "GRANT-DIRECTORY-LEVELS DIR-OTHERS-INVALID"},
    {Rule::refused_level, kAnyType, kAnyOperation, "GRANT-LEVEL-ILLEGAL ACK-LEVEL-ILLEGAL"},
    {Rule::refused_flags, kAnyType, kAnyOperation, "FSCTLP-IN-REQUEST-XOR-ACK"},
    {Rule::refused_synchronous, kAnyType, kAnyOperation, "GRANT-SYNC-NEVER"},
    {Rule::refused_transaction, kAnyType, kAnyOperation,
     "GRANT-L1-TXF GRANT-L2-TXF GRANT-R-TXF GRANT-RH-TXF GRANT-RW-TXF GRANT-RWH-TXF"},
    {Rule::refused_other_opens, kAnyType, kAnyOperation,
     "GRANT-L1-OTHER-OPENS GRANT-RW-OTHER-OPENS GRANT-RWH-OTHER-OPENS"},
    {Rule::refused_byte_range_lock, kAnyType, kAnyOperation,
     "GRANT-L2-BYTE-RANGE-LOCKS GRANT-R-BYTE-RANGE-LOCKS GRANT-RH-BYTE-RANGE-LOCKS"},
    {Rule::refused_writable_section, kR, kAnyOperation, "GRANT-R-WRITABLE-SECTION"},
    {Rule::refused_writable_section, held(read_handle), kAnyOperation,
     "GRANT-RH-WRITABLE-SECTION"},
    {Rule::refused_writable_section, held(read_write), kAnyOperation,
     "GRANT-RW-WRITABLE-SECTION"},
    {Rule::refused_writable_section, held(read_write_handle), kAnyOperation,
     "GRANT-RWH-WRITABLE-SECTION"},
    {Rule::refused_delete_pending, kAnyType, kAnyOperation, "GRANT-DELETE-PENDING"},
    {Rule::refused_current_oplock, held(level_2), kAnyOperation,
     "GRANT-RH-OVER-OTHER GRANT-RW-OVER-OTHER GRANT-RWH-OVER-LEGACY"},
    {Rule::refused_current_oplock, held(level_1, batch, filter), kAnyOperation,
     "GRANT-L1-OVER-OTHER GRANT-L2-OVER-OTHER GRANT-R-OVER-EXCLUSIVE GRANT-RH-OVER-OTHER "
     "GRANT-RW-OVER-OTHER GRANT-RWH-OVER-LEGACY"},
    {Rule::refused_current_oplock, kR, kAnyOperation,
     "GRANT-L1-OVER-OTHER GRANT-RW-OVER-R-RW-OTHER-KEY GRANT-RWH-OVER-WIN7-OTHER-KEY"},
    {Rule::refused_current_oplock, held(read_handle), kAnyOperation,
     "GRANT-L1-OVER-OTHER GRANT-L2-OVER-OTHER GRANT-R-OVER-RH-SAME-KEY GRANT-RW-OVER-OTHER "
     "GRANT-RWH-OVER-WIN7-OTHER-KEY"},
    {Rule::refused_current_oplock, held(read_write, read_write_handle), kAnyOperation,
     "GRANT-L1-OVER-OTHER GRANT-L2-OVER-OTHER GRANT-R-OVER-EXCLUSIVE GRANT-RH-OVER-OTHER "
     "GRANT-RW-OVER-R-RW-OTHER-KEY GRANT-RWH-OVER-WIN7-OTHER-KEY"},
    {Rule::refused_breaking, held(read_handle), kAnyOperation,
     "GRANT-WHILE-RH-BREAKING GRANT-WHILE-OWN-KEY-BREAKING"},
    {Rule::refused_breaking, kAnyType, kAnyOperation, "GRANT-WHILE-EXCLUSIVE-BREAKING"},
    {Rule::switched_to_new_handle, kR, kAnyOperation,
     "GRANT-R-SAME-KEY-SWITCHED GRANT-SWITCHED-LEVEL"},
    {Rule::switched_to_new_handle, held(read_handle), kAnyOperation,
     "GRANT-RH-OVER-R-SAME-KEY GRANT-RH-OVER-RH GRANT-SWITCHED-LEVEL"},
    {Rule::switched_to_new_handle, held(read_write), kAnyOperation,
     "GRANT-RW-OVER-R-RW-SAME-KEY GRANT-SWITCHED-LEVEL"},
    {Rule::switched_to_new_handle, held(read_write_handle), kAnyOperation,
     "GRANT-RWH-OVER-WIN7-SAME-KEY GRANT-SWITCHED-LEVEL"},
    {Rule::displaced_by_exclusive, kAnyType, kAnyOperation, "GRANT-L1-OVER-L2"},
});

// Acknowledgments, cleanup, cancellation.
constexpr auto kEndings = std::to_array<Row>({
    {Rule::acknowledged, kGranular, kAnyOperation,
     "ACK-GRANULAR-LESS ACK-GRANULAR-RETAINED-PENDS ACK-GRANULAR-NONE-COMPLETES"},
    {Rule::acknowledged, kAnyType, kAnyOperation,
     "ACK-ACCEPTS-LEVEL ACK-ACCEPT-LEVEL-2-PENDS ACK-ACCEPT-NONE-COMPLETES"},
    {Rule::acknowledged_broken_to_none, kAnyType, kAnyOperation, "ACK-DEEPENED-LEGACY"},
    {Rule::acknowledged_close_pending, held(level_1), kAnyOperation, "ACK-CLOSE-PENDING-L1"},
    {Rule::acknowledged_close_pending, kAnyType, kAnyOperation,
     "ACK-CLOSE-PENDING-BATCH-FILTER ACK-CLOSE-PENDING-WAITERS"},
    {Rule::acknowledged_at_lower_level, kAnyType, kAnyOperation,
     "ACK-CANNOT-GRANT ACK-CANNOT-GRANT-NOBODY-RELEASED"},
    {Rule::invalid_protocol, kAnyType, kAnyOperation, "ACK-UNEXPECTED ACK-UNEXPECTED-HARMLESS"},
    {Rule::notify_no_break, kAnyType, kAnyOperation, "ACK-NOTIFY-NO-OPLOCK ACK-NOTIFY-NO-BREAK"},
    {Rule::notify_pending, kAnyType, kAnyOperation, "ACK-NOTIFY-WAITS"},
    {Rule::break_over, kAnyType, kAnyOperation, "BRK-WAITS-FOR-ACK BRK-RELEASE-RECHECK"},
    {Rule::owner_closed, held(level_2, read), kAnyOperation,
     "CLEANUP-SHARED-TO-NONE CLEANUP-SHARED-NO-ACK CLEANUP-STATUS"},
    {Rule::owner_closed, kAnyType, kAnyOperation,
     "CLEANUP-OTHERS-TO-NONE CLEANUP-OTHERS-NO-ACK CLEANUP-STATUS"},
    {Rule::cancelled, kAnyType, kAnyOperation, "CANCEL-WAITER-STATUS CANCEL-REQUEST-CANCELLED"},
});

// Calls f(id) for every id of a row.
template <typename F>
void each_id(const Row& row, F f) {
    std::string_view rest = row.ids;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        f(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

template <typename F>
void each_row(F f) {
    for (const Row& row : kBreaks) f(row);
    for (const Row& row : kNoBreaks) f(row);
    for (const Row& row : kGrants) f(row);
    for (const Row& row : kEndings) f(row);
}

bool same_case(const Row& a, const Row& b) {
    return a.rule == b.rule && a.types == b.types && a.operations == b.operations;
}

// Every row of the first case that fits: cases of particular types and operations stand before
// general ones.
std::vector<Row> find_rows(const engine::Why& why, std::optional<OplockType> to) {
    const Types level = to ? one(*to) : kAnyType;
    std::vector<Row> found;
    each_row([&](const Row& row) {
        const bool fits = row.rule == why.rule && (row.types & one(why.held)) != 0 &&
                          (row.operations & one(why.operation)) != 0 && (row.to & level) != 0;
        if (fits && (found.empty() || same_case(found.front(), row))) found.push_back(row);
    });
    return found;
}

}  // namespace

std::vector<std::string_view> clauses_of(const engine::Why& why, std::optional<OplockType> to) {
    std::vector<std::string_view> ids;
    for (const Row& row : find_rows(why, to)) {
        each_id(row, [&ids](std::string_view id) {
            if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
        });
    }
    return ids;
}

std::vector<std::string_view> clause_ids_in_table() {
    std::vector<std::string_view> ids;
    each_row([&ids](const Row& row) {
        each_id(row, [&ids](std::string_view id) { ids.push_back(id); });
    });
    return ids;
}

}  // namespace oplocksim::conformance
