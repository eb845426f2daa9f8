// NTSTATUS values and the Win32 error codes that user mode sees for them.
//
// One list (OPLOCKSIM_NTSTATUS_LIST) is the single place where a status, its number, its Win32
// mapping and its name are written; everything else is generated from it.
// Numbers: ntstatus.h and winerror.h. Mapping: RtlNtStatusToDosError.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace oplocksim::engine {

// X(status, NTSTATUS value, Win32 name, Win32 value)
#define OPLOCKSIM_NTSTATUS_LIST(X)                                                                \
    X(STATUS_SUCCESS, 0x00000000u, ERROR_SUCCESS, 0u)                                             \
    X(STATUS_PENDING, 0x00000103u, ERROR_IO_PENDING, 997u)                                        \
    X(STATUS_OPLOCK_BREAK_IN_PROGRESS, 0x00000108u, ERROR_OPLOCK_BREAK_IN_PROGRESS, 742u)         \
    X(STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE, 0x00000215u, ERROR_OPLOCK_SWITCHED_TO_NEW_HANDLE,     \
      800u)                                                                                       \
    X(STATUS_OPLOCK_HANDLE_CLOSED, 0x00000216u, ERROR_OPLOCK_HANDLE_CLOSED, 803u)                 \
    X(STATUS_WAIT_FOR_OPLOCK, 0x00000367u, ERROR_WAIT_FOR_OPLOCK, 765u)                           \
    X(STATUS_CANNOT_GRANT_REQUESTED_OPLOCK, 0x8000002Eu, ERROR_CANNOT_GRANT_REQUESTED_OPLOCK,     \
      801u)                                                                                       \
    X(STATUS_UNSUCCESSFUL, 0xC0000001u, ERROR_GEN_FAILURE, 31u)                                   \
    X(STATUS_INVALID_HANDLE, 0xC0000008u, ERROR_INVALID_HANDLE, 6u)                               \
    X(STATUS_INVALID_PARAMETER, 0xC000000Du, ERROR_INVALID_PARAMETER, 87u)                        \
    X(STATUS_INVALID_DEVICE_REQUEST, 0xC0000010u, ERROR_INVALID_FUNCTION, 1u)                     \
    X(STATUS_END_OF_FILE, 0xC0000011u, ERROR_HANDLE_EOF, 38u)                                     \
    X(STATUS_ACCESS_DENIED, 0xC0000022u, ERROR_ACCESS_DENIED, 5u)                                 \
    X(STATUS_OBJECT_NAME_INVALID, 0xC0000033u, ERROR_INVALID_NAME, 123u)                          \
    X(STATUS_OBJECT_NAME_NOT_FOUND, 0xC0000034u, ERROR_FILE_NOT_FOUND, 2u)                        \
    X(STATUS_OBJECT_NAME_COLLISION, 0xC0000035u, ERROR_ALREADY_EXISTS, 183u)                      \
    X(STATUS_OBJECT_PATH_NOT_FOUND, 0xC000003Au, ERROR_PATH_NOT_FOUND, 3u)                        \
    X(STATUS_SHARING_VIOLATION, 0xC0000043u, ERROR_SHARING_VIOLATION, 32u)                        \
    X(STATUS_FILE_LOCK_CONFLICT, 0xC0000054u, ERROR_LOCK_VIOLATION, 33u)                          \
    X(STATUS_LOCK_NOT_GRANTED, 0xC0000055u, ERROR_LOCK_VIOLATION, 33u)                            \
    X(STATUS_DELETE_PENDING, 0xC0000056u, ERROR_ACCESS_DENIED, 5u)                                \
    X(STATUS_RANGE_NOT_LOCKED, 0xC000007Eu, ERROR_NOT_LOCKED, 158u)                               \
    X(STATUS_FILE_IS_A_DIRECTORY, 0xC00000BAu, ERROR_ACCESS_DENIED, 5u)                           \
    X(STATUS_NOT_SUPPORTED, 0xC00000BBu, ERROR_NOT_SUPPORTED, 50u)                                \
    X(STATUS_OPLOCK_NOT_GRANTED, 0xC00000E2u, ERROR_OPLOCK_NOT_GRANTED, 300u)                     \
    X(STATUS_INVALID_OPLOCK_PROTOCOL, 0xC00000E3u, ERROR_INVALID_OPLOCK_PROTOCOL, 301u)           \
    X(STATUS_DIRECTORY_NOT_EMPTY, 0xC0000101u, ERROR_DIR_NOT_EMPTY, 145u)                         \
    X(STATUS_NOT_A_DIRECTORY, 0xC0000103u, ERROR_DIRECTORY, 267u)                                 \
    X(STATUS_CANCELLED, 0xC0000120u, ERROR_OPERATION_ABORTED, 995u)                               \
    X(STATUS_CANNOT_DELETE, 0xC0000121u, ERROR_ACCESS_DENIED, 5u)                                 \
    X(STATUS_FILE_DELETED, 0xC0000123u, ERROR_ACCESS_DENIED, 5u)                                  \
    X(STATUS_FILE_CLOSED, 0xC0000128u, ERROR_INVALID_HANDLE, 6u)                                  \
    X(STATUS_THREAD_IS_TERMINATING, 0xC000004Bu, ERROR_ACCESS_DENIED, 5u)                         \
    X(STATUS_PROCESS_IS_TERMINATING, 0xC000010Au, ERROR_ACCESS_DENIED, 5u)                        \
    X(STATUS_INVALID_DEVICE_STATE, 0xC0000184u, ERROR_BAD_COMMAND, 22u)                           \
    X(STATUS_INVALID_LOCK_RANGE, 0xC00001A1u, ERROR_INVALID_LOCK_RANGE, 307u)                     \
    X(STATUS_NOT_FOUND, 0xC0000225u, ERROR_NOT_FOUND, 1168u)                                      \
    X(STATUS_USER_MAPPED_FILE, 0xC0000243u, ERROR_USER_MAPPED_FILE, 1224u)                        \
    X(STATUS_INSUFFICIENT_RESOURCES, 0xC000009Au, ERROR_NO_SYSTEM_RESOURCES, 1450u)               \
    X(STATUS_TRANSACTIONAL_CONFLICT, 0xC0190001u, ERROR_TRANSACTIONAL_CONFLICT, 6800u)            \
    X(STATUS_CANNOT_BREAK_OPLOCK, 0xC0000909u, ERROR_CANNOT_BREAK_OPLOCK, 802u)

// The completion status of an IRP, spelt as ntstatus.h spells it.
enum class NtStatus : std::uint32_t {
#define OPLOCKSIM_X(name, value, win32_name, win32_value) name = value,
    OPLOCKSIM_NTSTATUS_LIST(OPLOCKSIM_X)
#undef OPLOCKSIM_X
};

// One row of the list above.
struct NtStatusInfo {
    NtStatus status;
    std::string_view name;
    std::uint32_t win32_error;
    std::string_view win32_name;
};

// Every status this project knows, in the order of the list.
[[nodiscard]] std::span<const NtStatusInfo> nt_statuses();

// The row of `status`. Every NtStatus that this program makes is in the list.
[[nodiscard]] const NtStatusInfo& nt_status_info(NtStatus status);

// "STATUS_SUCCESS" and so on.
[[nodiscard]] std::string_view to_string(NtStatus status);

// The status with exactly this name ("STATUS_..."), if it is known.
[[nodiscard]] std::optional<NtStatus> nt_status_from_name(std::string_view name);

// NT_SUCCESS(): success (0x0...) and informational (0x4...) codes.
[[nodiscard]] constexpr bool nt_success(NtStatus status) {
    return static_cast<std::uint32_t>(status) < 0x80000000u;
}

}  // namespace oplocksim::engine
