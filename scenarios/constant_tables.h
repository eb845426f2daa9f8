// The constants of the headers as a scenario may write them: by name, with or without the prefix
// that their table shares, in either case, or by a documented short form.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace oplocksim::scenarios {

enum class ConstantKind : std::uint8_t {
    access,         // FILE_READ_DATA, ...: a mask
    share,          // FILE_SHARE_READ, ...: a mask
    create_option,  // FILE_COMPLETE_IF_OPLOCKED, ...: a mask
    disposition,    // FILE_OPEN, ...
    attribute,      // FILE_ATTRIBUTE_READONLY, ...: a mask
    protection,     // PAGE_READWRITE, ...
    cache_level,    // OPLOCK_LEVEL_CACHE_READ, ..., and R, RH, RW, RWH: a mask
    legacy_oplock,  // LEVEL_1, LEVEL_2, BATCH, FILTER: the FSCTL that requests it
    input_flag,     // REQUEST_OPLOCK_INPUT_FLAG_REQUEST, ...: a mask
    output_flag,    // REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED, ...: a mask
    fsctl_code,     // FSCTL_REQUEST_OPLOCK, ...
    information,    // FILE_OPENED, FILE_OPLOCK_BROKEN_TO_NONE, ...
    status,         // STATUS_SUCCESS, ...
    win32_error,    // ERROR_SHARING_VIOLATION, ...
};
inline constexpr int kConstantKindCount = static_cast<int>(ConstantKind::win32_error) + 1;

struct Constant {
    std::string_view name;
    std::uint64_t value = 0;
};

struct ConstantTable {
    std::string_view what;                       // "access right": for messages
    std::span<const std::string_view> prefixes;  // that may be left out
    std::span<const Constant> constants;         // by their names in the headers
    std::span<const Constant> short_forms;       // that are no name without its prefix
    bool mask = false;                           // several may be combined with '|' or in a list
    bool numbers = false;                        // a number is accepted too
};

[[nodiscard]] const ConstantTable& constant_table(ConstantKind kind);

// The value of a word. The empty mask, NONE, is a word of every table with `mask`.
[[nodiscard]] std::optional<std::uint64_t> find_constant(ConstantKind kind, std::string_view word);

// Every spelling in upper case, full names first: for suggestions and editors.
[[nodiscard]] std::vector<std::string> spellings(ConstantKind kind);

// The full name of a value ("FILE_OPEN"), the names of a mask joined with '|', NONE for an empty
// mask, or a number for what has no name.
[[nodiscard]] std::string constant_name(ConstantKind kind, std::uint64_t value);

// R, RH, RW, RWH, NONE: how oplock levels are shown.
[[nodiscard]] std::string level_name(std::uint64_t level);

}  // namespace oplocksim::scenarios
