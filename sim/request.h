// What a thread asks the kernel for, and what it is told when the operation is over.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/constants.h"
#include "engine/ntstatus.h"
#include "engine/oplock.h"
#include "sim/ids.h"
#include "sim/names.h"
#include "sim/time.h"

namespace oplocksim::sim {

using engine::AccessMask;
using engine::CreateDisposition;
using engine::CreateOptions;
using engine::NtStatus;
using engine::OplockKey;
using engine::RequestOplockOutputBuffer;
using engine::ShareAccess;

// The system services of the simulated I/O manager. The IRP major function (and information
// class) each becomes is in the comment.
enum class RequestKind : std::uint8_t {
    create,                  // IRP_MJ_CREATE; always synchronous
    close_handle,            // NtClose; the last handle of a FILE_OBJECT: IRP_MJ_CLEANUP, _CLOSE
    duplicate_handle,        // NtDuplicateObject; no IRP
    read,                    // IRP_MJ_READ
    write,                   // IRP_MJ_WRITE
    flush,                   // IRP_MJ_FLUSH_BUFFERS
    lock,                    // IRP_MJ_LOCK_CONTROL, IRP_MN_LOCK
    unlock,                  // IRP_MJ_LOCK_CONTROL, IRP_MN_UNLOCK_SINGLE
    set_end_of_file,         // IRP_MJ_SET_INFORMATION, FileEndOfFileInformation
    set_allocation,          // FileAllocationInformation
    set_valid_data_length,   // FileValidDataLengthInformation
    rename,                  // FileRenameInformation
    link,                    // FileLinkInformation
    set_short_name,          // FileShortNameInformation
    set_disposition,         // FileDispositionInformation
    set_basic_information,   // FileBasicInformation (a change of a time or attribute)
    set_security,            // IRP_MJ_SET_SECURITY
    set_encryption,          // FSCTL_SET_ENCRYPTION
    set_zero_data,           // FSCTL_SET_ZERO_DATA
    oplock_fsctl,            // an oplock FSCTL: request, acknowledgment, notification
    create_section,          // NtCreateSection; FS_FILTER_ACQUIRE_FOR_SECTION_SYNCHRONIZATION
    close_section,           // the section and its views are gone; no IRP
};
inline constexpr int kRequestKindCount = static_cast<int>(RequestKind::close_section) + 1;

[[nodiscard]] std::string_view to_string(RequestKind kind);

// File attributes that decide something here.
inline constexpr std::uint32_t FILE_ATTRIBUTE_READONLY = 0x1;
inline constexpr std::uint32_t FILE_ATTRIBUTE_HIDDEN = 0x2;
inline constexpr std::uint32_t FILE_ATTRIBUTE_SYSTEM = 0x4;
inline constexpr std::uint32_t FILE_ATTRIBUTE_DIRECTORY = 0x10;
inline constexpr std::uint32_t FILE_ATTRIBUTE_NORMAL = 0x80;

// Page protection of a section.
inline constexpr std::uint32_t PAGE_READONLY = 0x02;
inline constexpr std::uint32_t PAGE_READWRITE = 0x04;
inline constexpr std::uint32_t PAGE_WRITECOPY = 0x08;
inline constexpr std::uint32_t PAGE_EXECUTE_READ = 0x20;
inline constexpr std::uint32_t PAGE_EXECUTE_READWRITE = 0x40;

// One request. Members that a kind does not name are ignored by it.
struct Request {
    RequestKind kind = RequestKind::create;

    // create: path, access, share, disposition, options, keys, attributes, transacted.
    CreateDisposition disposition = CreateDisposition::FILE_OPEN;
    ShareAccess share = 0;
    bool transacted = false;           // the open joins a TxF transaction
    bool replace_if_exists = false;    // rename, link
    bool delete_file = true;           // set_disposition: DeleteFile
    bool exclusive = true;             // lock
    bool fail_immediately = false;     // lock
    bool paging_io = false;            // read, write
    bool lazy_writer = false;          // set_end_of_file by the cache manager
    bool write_back = false;           // write: what a caching client had kept (caching_client.h)
    AccessMask access = 0;
    CreateOptions options = 0;
    std::uint32_t attributes = 0;      // create: of a new file
    OplockKey target_key;              // create
    OplockKey parent_key;              // create
    PathId path;                       // create, rename (new name), link (new name)
    NameId name;                       // set_short_name (zero removes it)

    HandleId handle;                   // every kind but create
    ProcessId target_process;          // duplicate_handle: who gets it
    SectionId section;                 // close_section
    std::uint32_t page_protection = PAGE_READONLY;  // create_section

    std::uint64_t offset = 0;          // read, write, lock, unlock, set_zero_data
    std::uint64_t length = 0;          // read, write, lock, unlock; set_* : the new size;
                                       // set_zero_data: BeyondFinalZero is offset + length
    std::uint32_t lock_key = 0;        // lock, unlock: LockKey
    std::uint32_t data = 0;            // write: index + 1 into the caller's data table, 0: zeros

    engine::OplockFsctl fsctl;         // oplock_fsctl

    bool operator==(const Request&) const;
};

// A name that is on the volume before the run: of a file, a directory, or a stream of a file.
struct VolumeEntry {
    PathId path;                     // may name a stream
    bool directory = false;
    std::uint32_t attributes = 0;
    std::uint64_t size = 0;          // a file: so many zeros
    std::uint64_t allocation_size = 0;   // 0: size rounded up to the cluster size
    NameId short_name;
    PathId existing{};               // set: `path` is one more link of that file, and the rest is
                                     // of no account
};

// An IRP (or handle call) that is over. Exactly one for each submitted request.
struct Completion {
    IrpId irp;
    ThreadId thread;                   // that issued it
    RequestKind kind = RequestKind::create;
    bool has_output = false;
    bool from_cache = false;           // its client answered it: no IRP (caching_client.h)
    NtStatus status = NtStatus::STATUS_SUCCESS;
    std::uint64_t information = 0;     // IoStatus.Information
    RequestOplockOutputBuffer output;  // oplock_fsctl with has_output
    HandleId handle;                   // create, duplicate_handle that succeeded
    SectionId section;                 // create_section that succeeded
    engine::Why why;                   // the package's reason, if it decided
};

}  // namespace oplocksim::sim
