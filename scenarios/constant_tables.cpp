#include "scenarios/constant_tables.h"

#include <algorithm>
#include <array>

#include "engine/assert.h"
#include "engine/constants.h"
#include "engine/ntstatus.h"
#include "scenarios/text.h"
#include "sim/request.h"

namespace oplocksim::scenarios {
namespace {

using namespace std::string_view_literals;
using engine::CreateDisposition;
using engine::FsControlCode;

#define OPLOCKSIM_NAMED(name) \
    Constant { #name, engine::name }

constexpr std::array kAccess{
    OPLOCKSIM_NAMED(FILE_READ_DATA),
    OPLOCKSIM_NAMED(FILE_WRITE_DATA),
    OPLOCKSIM_NAMED(FILE_APPEND_DATA),
    OPLOCKSIM_NAMED(FILE_READ_EA),
    OPLOCKSIM_NAMED(FILE_WRITE_EA),
    OPLOCKSIM_NAMED(FILE_EXECUTE),
    OPLOCKSIM_NAMED(FILE_DELETE_CHILD),
    OPLOCKSIM_NAMED(FILE_READ_ATTRIBUTES),
    OPLOCKSIM_NAMED(FILE_WRITE_ATTRIBUTES),
    OPLOCKSIM_NAMED(DELETE),
    OPLOCKSIM_NAMED(READ_CONTROL),
    OPLOCKSIM_NAMED(WRITE_DAC),
    OPLOCKSIM_NAMED(WRITE_OWNER),
    OPLOCKSIM_NAMED(SYNCHRONIZE),
    OPLOCKSIM_NAMED(ACCESS_SYSTEM_SECURITY),
    OPLOCKSIM_NAMED(MAXIMUM_ALLOWED),
    OPLOCKSIM_NAMED(GENERIC_READ),
    OPLOCKSIM_NAMED(GENERIC_WRITE),
    OPLOCKSIM_NAMED(GENERIC_EXECUTE),
    OPLOCKSIM_NAMED(GENERIC_ALL),
    OPLOCKSIM_NAMED(FILE_GENERIC_READ),
    OPLOCKSIM_NAMED(FILE_GENERIC_WRITE),
    OPLOCKSIM_NAMED(FILE_GENERIC_EXECUTE),
    OPLOCKSIM_NAMED(FILE_ALL_ACCESS),
    Constant{"FILE_LIST_DIRECTORY", engine::FILE_READ_DATA},
    Constant{"FILE_ADD_FILE", engine::FILE_WRITE_DATA},
    Constant{"FILE_ADD_SUBDIRECTORY", engine::FILE_APPEND_DATA},
    Constant{"FILE_TRAVERSE", engine::FILE_EXECUTE},
};
constexpr std::array kAccessShort{
    Constant{"R", engine::FILE_READ_DATA},
    Constant{"W", engine::FILE_WRITE_DATA},
    Constant{"D", engine::DELETE},
    Constant{"X", engine::FILE_EXECUTE},
    Constant{"RW", engine::FILE_READ_DATA | engine::FILE_WRITE_DATA},
    Constant{"ALL", engine::FILE_ALL_ACCESS},
    Constant{"ATTRIBUTES",
             engine::FILE_READ_ATTRIBUTES | engine::FILE_WRITE_ATTRIBUTES | engine::SYNCHRONIZE},
};

constexpr std::array kShare{
    OPLOCKSIM_NAMED(FILE_SHARE_READ),
    OPLOCKSIM_NAMED(FILE_SHARE_WRITE),
    OPLOCKSIM_NAMED(FILE_SHARE_DELETE),
};
constexpr std::array kShareShort{
    Constant{"R", engine::FILE_SHARE_READ},
    Constant{"W", engine::FILE_SHARE_WRITE},
    Constant{"D", engine::FILE_SHARE_DELETE},
    Constant{"RW", engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE},
    Constant{"RWD", engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE},
    Constant{"ALL", engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE},
};

constexpr std::array kOptions{
    OPLOCKSIM_NAMED(FILE_DIRECTORY_FILE),         OPLOCKSIM_NAMED(FILE_WRITE_THROUGH),
    OPLOCKSIM_NAMED(FILE_SEQUENTIAL_ONLY),        OPLOCKSIM_NAMED(FILE_NO_INTERMEDIATE_BUFFERING),
    OPLOCKSIM_NAMED(FILE_SYNCHRONOUS_IO_ALERT),   OPLOCKSIM_NAMED(FILE_SYNCHRONOUS_IO_NONALERT),
    OPLOCKSIM_NAMED(FILE_NON_DIRECTORY_FILE),     OPLOCKSIM_NAMED(FILE_COMPLETE_IF_OPLOCKED),
    OPLOCKSIM_NAMED(FILE_RANDOM_ACCESS),          OPLOCKSIM_NAMED(FILE_DELETE_ON_CLOSE),
    OPLOCKSIM_NAMED(FILE_OPEN_FOR_BACKUP_INTENT), OPLOCKSIM_NAMED(FILE_OPEN_REQUIRING_OPLOCK),
    OPLOCKSIM_NAMED(FILE_RESERVE_OPFILTER),       OPLOCKSIM_NAMED(FILE_OPEN_REPARSE_POINT),
};

#undef OPLOCKSIM_NAMED
#define OPLOCKSIM_NAMED(name) \
    Constant { #name, static_cast < std::uint64_t>(CreateDisposition::name) }
constexpr std::array kDispositions{
    OPLOCKSIM_NAMED(FILE_SUPERSEDE), OPLOCKSIM_NAMED(FILE_OPEN),
    OPLOCKSIM_NAMED(FILE_CREATE),    OPLOCKSIM_NAMED(FILE_OPEN_IF),
    OPLOCKSIM_NAMED(FILE_OVERWRITE), OPLOCKSIM_NAMED(FILE_OVERWRITE_IF),
};
#undef OPLOCKSIM_NAMED

#define OPLOCKSIM_NAMED(name) \
    Constant { #name, sim::name }
constexpr std::array kAttributes{
    OPLOCKSIM_NAMED(FILE_ATTRIBUTE_READONLY),
    OPLOCKSIM_NAMED(FILE_ATTRIBUTE_HIDDEN),
    OPLOCKSIM_NAMED(FILE_ATTRIBUTE_SYSTEM),
    OPLOCKSIM_NAMED(FILE_ATTRIBUTE_NORMAL),
};
constexpr std::array kProtections{
    OPLOCKSIM_NAMED(PAGE_READONLY),          OPLOCKSIM_NAMED(PAGE_READWRITE),
    OPLOCKSIM_NAMED(PAGE_WRITECOPY),         OPLOCKSIM_NAMED(PAGE_EXECUTE_READ),
    OPLOCKSIM_NAMED(PAGE_EXECUTE_READWRITE),
};
#undef OPLOCKSIM_NAMED

#define OPLOCKSIM_NAMED(name) \
    Constant { #name, engine::name }
constexpr std::array kLevels{
    OPLOCKSIM_NAMED(OPLOCK_LEVEL_CACHE_READ),
    OPLOCKSIM_NAMED(OPLOCK_LEVEL_CACHE_HANDLE),
    OPLOCKSIM_NAMED(OPLOCK_LEVEL_CACHE_WRITE),
};
constexpr std::array kLevelsShort{
    Constant{"R", 1},
    Constant{"H", 2},
    Constant{"RH", 3},
    Constant{"W", 4},
    Constant{"RW", 5},
    Constant{"WH", 6},
    Constant{"RWH", 7},
    Constant{"READ_HANDLE", 3},
    Constant{"READ_WRITE", 5},
    Constant{"WRITE_HANDLE", 6},
    Constant{"READ_WRITE_HANDLE", 7},
};
constexpr std::array kInputFlags{
    OPLOCKSIM_NAMED(REQUEST_OPLOCK_INPUT_FLAG_REQUEST),
    OPLOCKSIM_NAMED(REQUEST_OPLOCK_INPUT_FLAG_ACK),
    OPLOCKSIM_NAMED(REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE),
};
constexpr std::array kOutputFlags{
    OPLOCKSIM_NAMED(REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED),
    OPLOCKSIM_NAMED(REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED),
    OPLOCKSIM_NAMED(REQUEST_OPLOCK_OUTPUT_FLAG_WRITABLE_SECTION_PRESENT),
};
constexpr std::array kInformation{
    OPLOCKSIM_NAMED(FILE_SUPERSEDED),
    OPLOCKSIM_NAMED(FILE_OPENED),
    OPLOCKSIM_NAMED(FILE_CREATED),
    OPLOCKSIM_NAMED(FILE_OVERWRITTEN),
    OPLOCKSIM_NAMED(FILE_EXISTS),
    OPLOCKSIM_NAMED(FILE_DOES_NOT_EXIST),
    OPLOCKSIM_NAMED(FILE_OPLOCK_BROKEN_TO_LEVEL_2),
    OPLOCKSIM_NAMED(FILE_OPLOCK_BROKEN_TO_NONE),
    OPLOCKSIM_NAMED(FILE_OPBATCH_BREAK_UNDERWAY),
};
#undef OPLOCKSIM_NAMED

#define OPLOCKSIM_NAMED(name) \
    Constant { #name, static_cast < std::uint64_t>(FsControlCode::name) }
constexpr std::array kFsctlCodes{
    OPLOCKSIM_NAMED(FSCTL_REQUEST_OPLOCK_LEVEL_1),
    OPLOCKSIM_NAMED(FSCTL_REQUEST_OPLOCK_LEVEL_2),
    OPLOCKSIM_NAMED(FSCTL_REQUEST_BATCH_OPLOCK),
    OPLOCKSIM_NAMED(FSCTL_OPLOCK_BREAK_ACKNOWLEDGE),
    OPLOCKSIM_NAMED(FSCTL_OPBATCH_ACK_CLOSE_PENDING),
    OPLOCKSIM_NAMED(FSCTL_OPLOCK_BREAK_NOTIFY),
    OPLOCKSIM_NAMED(FSCTL_OPLOCK_BREAK_ACK_NO_2),
    OPLOCKSIM_NAMED(FSCTL_REQUEST_FILTER_OPLOCK),
    OPLOCKSIM_NAMED(FSCTL_REQUEST_OPLOCK),
    OPLOCKSIM_NAMED(FSCTL_SET_ZERO_DATA),
};
#undef OPLOCKSIM_NAMED

constexpr auto code_of(FsControlCode code) { return static_cast<std::uint64_t>(code); }
constexpr std::array kLegacy{
    Constant{"LEVEL_1", code_of(FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1)},
    Constant{"LEVEL_2", code_of(FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2)},
    Constant{"BATCH", code_of(FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK)},
    Constant{"FILTER", code_of(FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK)},
};
constexpr std::array kLegacyShort{
    Constant{"L1", code_of(FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1)},
    Constant{"L2", code_of(FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2)},
    Constant{"LEVEL1", code_of(FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1)},
    Constant{"LEVEL2", code_of(FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2)},
};

constexpr std::array kStatuses{
#define OPLOCKSIM_X(name, value, win32_name, win32_value) Constant{#name, value},
    OPLOCKSIM_NTSTATUS_LIST(OPLOCKSIM_X)
#undef OPLOCKSIM_X
};
constexpr std::array kWin32{
#define OPLOCKSIM_X(name, value, win32_name, win32_value) Constant{#win32_name, win32_value},
    OPLOCKSIM_NTSTATUS_LIST(OPLOCKSIM_X)
#undef OPLOCKSIM_X
};

constexpr std::array kFilePrefix{"FILE_"sv};
constexpr std::array kSharePrefixes{"FILE_SHARE_"sv, "FILE_"sv};
constexpr std::array kAttributePrefixes{"FILE_ATTRIBUTE_"sv, "FILE_"sv};
constexpr std::array kPagePrefix{"PAGE_"sv};
constexpr std::array kLevelPrefixes{"OPLOCK_LEVEL_CACHE_"sv, "OPLOCK_LEVEL_"sv};
constexpr std::array kInputPrefix{"REQUEST_OPLOCK_INPUT_FLAG_"sv};
constexpr std::array kOutputPrefix{"REQUEST_OPLOCK_OUTPUT_FLAG_"sv};
constexpr std::array kFsctlPrefix{"FSCTL_"sv};
constexpr std::array kInformationPrefixes{"FILE_"sv, "FILE_OPLOCK_"sv};
constexpr std::array kStatusPrefix{"STATUS_"sv};
constexpr std::array kWin32Prefix{"ERROR_"sv};

constexpr ConstantTable kTables[] = {
    {"access right", kFilePrefix, kAccess, kAccessShort, true, true},
    {"share mode", kSharePrefixes, kShare, kShareShort, true, true},
    {"create option", kFilePrefix, kOptions, {}, true, true},
    {"create disposition", kFilePrefix, kDispositions, {}, false, false},
    {"file attribute", kAttributePrefixes, kAttributes, {}, true, true},
    {"page protection", kPagePrefix, kProtections, {}, false, false},
    {"oplock level", kLevelPrefixes, kLevels, kLevelsShort, true, true},
    {"oplock type", {}, kLegacy, kLegacyShort, false, false},
    {"input flag", kInputPrefix, kInputFlags, {}, true, true},
    {"output flag", kOutputPrefix, kOutputFlags, {}, true, true},
    {"FSCTL code", kFsctlPrefix, kFsctlCodes, {}, false, false},
    {"Information value", kInformationPrefixes, kInformation, {}, false, true},
    {"status", kStatusPrefix, kStatuses, {}, false, false},
    {"Win32 error", kWin32Prefix, kWin32, {}, false, true},
};
static_assert(std::size(kTables) == kConstantKindCount);

}  // namespace

const ConstantTable& constant_table(ConstantKind kind) {
    return kTables[static_cast<std::size_t>(kind)];
}

std::optional<std::uint64_t> find_constant(ConstantKind kind, std::string_view word) {
    const ConstantTable& table = constant_table(kind);
    const std::string name = upper(word);
    if (table.mask && name == "NONE") return 0;
    for (const Constant& constant : table.short_forms) {
        if (constant.name == name) return constant.value;
    }
    for (const Constant& constant : table.constants) {
        if (constant.name == name) return constant.value;
        for (const std::string_view prefix : table.prefixes) {
            if (constant.name.starts_with(prefix) && constant.name.substr(prefix.size()) == name) {
                return constant.value;
            }
        }
    }
    return std::nullopt;
}

std::vector<std::string> spellings(ConstantKind kind) {
    const ConstantTable& table = constant_table(kind);
    std::vector<std::string> words;
    const auto add = [&words](std::string_view word) {
        if (std::ranges::find(words, word) == words.end()) words.emplace_back(word);
    };
    for (const Constant& constant : table.constants) add(constant.name);
    for (const Constant& constant : table.constants) {
        if (!table.prefixes.empty() && constant.name.starts_with(table.prefixes.front())) {
            add(constant.name.substr(table.prefixes.front().size()));
        }
    }
    for (const Constant& constant : table.short_forms) add(constant.name);
    if (table.mask) add("NONE");
    return words;
}

std::string constant_name(ConstantKind kind, std::uint64_t value) {
    const ConstantTable& table = constant_table(kind);
    for (const Constant& constant : table.constants) {
        if (constant.value == value) return std::string(constant.name);
    }
    if (!table.mask) return table.numbers ? std::to_string(value) : hexadecimal(value);
    if (value == 0) return "NONE";
    std::string text;
    for (const Constant& constant : table.constants) {
        const bool single_bit = (constant.value & (constant.value - 1)) == 0;
        if (!single_bit || (value & constant.value) == 0) continue;
        value &= ~constant.value;
        if (!text.empty()) text += '|';
        text += constant.name;
    }
    if (value == 0) return text;
    if (!text.empty()) text += '|';
    return text + hexadecimal(value);
}

std::string level_name(std::uint64_t level) {
    if (level == 0) return "NONE";
    std::string text;
    if ((level & engine::OPLOCK_LEVEL_CACHE_READ) != 0) text += "R";
    if ((level & engine::OPLOCK_LEVEL_CACHE_WRITE) != 0) text += "W";
    if ((level & engine::OPLOCK_LEVEL_CACHE_HANDLE) != 0) text += "H";
    return level > 7 ? hexadecimal(level) : text;
}

}  // namespace oplocksim::scenarios
