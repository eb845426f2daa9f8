// The constants of wdm.h, ntifs.h and winioctl.h that the oplock protocol is written in, with
// the names and numbers of those headers.
#pragma once

#include <cstdint>

namespace oplocksim::engine {

// Access rights (wdm.h). FILE_ADD_FILE and FILE_LIST_DIRECTORY are the directory readings of the
// same bits.
using AccessMask = std::uint32_t;
inline constexpr AccessMask FILE_READ_DATA = 0x00000001;
inline constexpr AccessMask FILE_WRITE_DATA = 0x00000002;
inline constexpr AccessMask FILE_APPEND_DATA = 0x00000004;
inline constexpr AccessMask FILE_READ_EA = 0x00000008;
inline constexpr AccessMask FILE_WRITE_EA = 0x00000010;
inline constexpr AccessMask FILE_EXECUTE = 0x00000020;
inline constexpr AccessMask FILE_DELETE_CHILD = 0x00000040;
inline constexpr AccessMask FILE_READ_ATTRIBUTES = 0x00000080;
inline constexpr AccessMask FILE_WRITE_ATTRIBUTES = 0x00000100;
inline constexpr AccessMask DELETE = 0x00010000;
inline constexpr AccessMask READ_CONTROL = 0x00020000;
inline constexpr AccessMask WRITE_DAC = 0x00040000;
inline constexpr AccessMask WRITE_OWNER = 0x00080000;
inline constexpr AccessMask SYNCHRONIZE = 0x00100000;
inline constexpr AccessMask ACCESS_SYSTEM_SECURITY = 0x01000000;
inline constexpr AccessMask MAXIMUM_ALLOWED = 0x02000000;
inline constexpr AccessMask GENERIC_ALL = 0x10000000;
inline constexpr AccessMask GENERIC_EXECUTE = 0x20000000;
inline constexpr AccessMask GENERIC_WRITE = 0x40000000;
inline constexpr AccessMask GENERIC_READ = 0x80000000;
inline constexpr AccessMask FILE_ALL_ACCESS = 0x001F01FF;
inline constexpr AccessMask FILE_GENERIC_READ =
    READ_CONTROL | FILE_READ_DATA | FILE_READ_ATTRIBUTES | FILE_READ_EA | SYNCHRONIZE;
inline constexpr AccessMask FILE_GENERIC_WRITE = READ_CONTROL | FILE_WRITE_DATA |
                                                 FILE_WRITE_ATTRIBUTES | FILE_WRITE_EA |
                                                 FILE_APPEND_DATA | SYNCHRONIZE;
inline constexpr AccessMask FILE_GENERIC_EXECUTE =
    READ_CONTROL | FILE_READ_ATTRIBUTES | FILE_EXECUTE | SYNCHRONIZE;

// Share access of a create.
using ShareAccess = std::uint16_t;
inline constexpr ShareAccess FILE_SHARE_READ = 0x1;
inline constexpr ShareAccess FILE_SHARE_WRITE = 0x2;
inline constexpr ShareAccess FILE_SHARE_DELETE = 0x4;

// What a create does with an existing or missing file.
enum class CreateDisposition : std::uint8_t {
    FILE_SUPERSEDE = 0,
    FILE_OPEN = 1,
    FILE_CREATE = 2,
    FILE_OPEN_IF = 3,
    FILE_OVERWRITE = 4,
    FILE_OVERWRITE_IF = 5,
};

// Whether the disposition destroys what an existing stream holds.
[[nodiscard]] constexpr bool overwrites(CreateDisposition disposition) {
    return disposition == CreateDisposition::FILE_SUPERSEDE ||
           disposition == CreateDisposition::FILE_OVERWRITE ||
           disposition == CreateDisposition::FILE_OVERWRITE_IF;
}

// IoStatus.Information of a successful create.
inline constexpr std::uint32_t FILE_SUPERSEDED = 0;
inline constexpr std::uint32_t FILE_OPENED = 1;
inline constexpr std::uint32_t FILE_CREATED = 2;
inline constexpr std::uint32_t FILE_OVERWRITTEN = 3;
inline constexpr std::uint32_t FILE_EXISTS = 4;
inline constexpr std::uint32_t FILE_DOES_NOT_EXIST = 5;

// IoStatus.Information values of the oplock protocol (Breaking Oplocks).
inline constexpr std::uint32_t FILE_OPLOCK_BROKEN_TO_LEVEL_2 = 7;
inline constexpr std::uint32_t FILE_OPLOCK_BROKEN_TO_NONE = 8;
inline constexpr std::uint32_t FILE_OPBATCH_BREAK_UNDERWAY = 9;

// Create options.
using CreateOptions = std::uint32_t;
inline constexpr CreateOptions FILE_DIRECTORY_FILE = 0x00000001;
inline constexpr CreateOptions FILE_WRITE_THROUGH = 0x00000002;
inline constexpr CreateOptions FILE_SEQUENTIAL_ONLY = 0x00000004;
inline constexpr CreateOptions FILE_NO_INTERMEDIATE_BUFFERING = 0x00000008;
inline constexpr CreateOptions FILE_SYNCHRONOUS_IO_ALERT = 0x00000010;
inline constexpr CreateOptions FILE_SYNCHRONOUS_IO_NONALERT = 0x00000020;
inline constexpr CreateOptions FILE_NON_DIRECTORY_FILE = 0x00000040;
inline constexpr CreateOptions FILE_COMPLETE_IF_OPLOCKED = 0x00000100;
inline constexpr CreateOptions FILE_RANDOM_ACCESS = 0x00000800;
inline constexpr CreateOptions FILE_DELETE_ON_CLOSE = 0x00001000;
inline constexpr CreateOptions FILE_OPEN_FOR_BACKUP_INTENT = 0x00004000;
inline constexpr CreateOptions FILE_OPEN_REQUIRING_OPLOCK = 0x00010000;
inline constexpr CreateOptions FILE_RESERVE_OPFILTER = 0x00100000;
inline constexpr CreateOptions FILE_OPEN_REPARSE_POINT = 0x00200000;

// File system control codes of the oplock protocol, and the one that checks oplocks.
enum class FsControlCode : std::uint32_t {
    FSCTL_REQUEST_OPLOCK_LEVEL_1 = 0x00090000,
    FSCTL_REQUEST_OPLOCK_LEVEL_2 = 0x00090004,
    FSCTL_REQUEST_BATCH_OPLOCK = 0x00090008,
    FSCTL_OPLOCK_BREAK_ACKNOWLEDGE = 0x0009000C,
    FSCTL_OPBATCH_ACK_CLOSE_PENDING = 0x00090010,
    FSCTL_OPLOCK_BREAK_NOTIFY = 0x00090014,
    FSCTL_OPLOCK_BREAK_ACK_NO_2 = 0x00090050,
    FSCTL_REQUEST_FILTER_OPLOCK = 0x0009005C,
    FSCTL_REQUEST_OPLOCK = 0x00090240,
    FSCTL_SET_ZERO_DATA = 0x000980C8,
};

// OPLOCK_LEVEL_CACHE_* (winioctl.h): what a Windows 7 oplock lets its owner cache.
using CacheLevel = std::uint8_t;
inline constexpr CacheLevel OPLOCK_LEVEL_CACHE_READ = 0x1;
inline constexpr CacheLevel OPLOCK_LEVEL_CACHE_HANDLE = 0x2;
inline constexpr CacheLevel OPLOCK_LEVEL_CACHE_WRITE = 0x4;

// Flags of REQUEST_OPLOCK_INPUT_BUFFER.
inline constexpr std::uint32_t REQUEST_OPLOCK_INPUT_FLAG_REQUEST = 0x1;
inline constexpr std::uint32_t REQUEST_OPLOCK_INPUT_FLAG_ACK = 0x2;
inline constexpr std::uint32_t REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE = 0x4;

// Flags of REQUEST_OPLOCK_OUTPUT_BUFFER.
inline constexpr std::uint32_t REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED = 0x1;
inline constexpr std::uint32_t REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED = 0x2;
inline constexpr std::uint32_t REQUEST_OPLOCK_OUTPUT_FLAG_WRITABLE_SECTION_PRESENT = 0x4;

inline constexpr std::uint16_t REQUEST_OPLOCK_CURRENT_VERSION = 1;

// What a Windows 7 oplock request is completed with (winioctl.h). 24 bytes, as on Windows.
struct RequestOplockOutputBuffer {
    std::uint16_t structure_version = REQUEST_OPLOCK_CURRENT_VERSION;
    std::uint16_t structure_length = 24;
    std::uint32_t original_oplock_level = 0;
    std::uint32_t new_oplock_level = 0;
    std::uint32_t flags = 0;
    AccessMask access_mode = 0;
    ShareAccess share_mode = 0;
    std::uint16_t padding = 0;

    bool operator==(const RequestOplockOutputBuffer&) const = default;
};
static_assert(sizeof(RequestOplockOutputBuffer) == 24);

// Flags of FsRtlCheckOplockEx2 (ntifs.h).
using OplockCheckFlags = std::uint32_t;
inline constexpr OplockCheckFlags OPLOCK_FLAG_COMPLETE_IF_OPLOCKED = 0x01;
inline constexpr OplockCheckFlags OPLOCK_FLAG_OPLOCK_KEY_CHECK_ONLY = 0x02;
inline constexpr OplockCheckFlags OPLOCK_FLAG_BACK_OUT_ATOMIC_OPLOCK = 0x04;
inline constexpr OplockCheckFlags OPLOCK_FLAG_IGNORE_OPLOCK_KEYS = 0x08;
inline constexpr OplockCheckFlags OPLOCK_FLAG_PARENT_OBJECT = 0x10;
inline constexpr OplockCheckFlags OPLOCK_FLAG_CLOSING_DELETE_ON_CLOSE = 0x20;
inline constexpr OplockCheckFlags OPLOCK_FLAG_REMOVING_FILE_OR_LINK = 0x40;

}  // namespace oplocksim::engine
