// A literal transcription of the oplock pseudocode of [MS-FSA], as an oracle for the package.
//
// It was written from the specification alone and shares no rule with the package: only the names
// of status codes, access rights and dispositions. Plainness comes before everything else; the
// lists, flags and variables have the names of the specification, and a function is a section.
//
//   2.1.1.10  Per Oplock                                  Oplock
//   2.1.1.11  Per RHOpContext                             RHOpContext
//   2.1.4.12  Check for an Oplock Break                   Model::check_for_an_oplock_break
//   2.1.4.12.1  Request Processing After a Break          Model::continue_operation
//   2.1.4.12.2  Compare Oplock Keys                       compare_oplock_keys
//   2.1.4.13  Recompute the State of a Shared Oplock      Model::recompute_state
//   2.1.5.18  Server Requests an Oplock                   Model::request_an_oplock
//   2.1.5.18.1  Request an Exclusive Oplock               Model::request_an_exclusive_oplock
//   2.1.5.18.2  Request a Shared Oplock                   Model::request_a_shared_oplock
//   2.1.5.18.3  Indicating an Oplock Break                Model::indicate_an_oplock_break
//   2.1.5.19  Server Acknowledges an Oplock Break         Model::acknowledge_an_oplock_break
//   2.1.5.20  Server Requests Canceling an Operation      Model::cancel_an_operation
//
// Where the text has an error that docs/spec-decisions.md repairs without a switch, the repair is
// marked with the entry's id. Not in [MS-FSA], so not here: Filter, FILE_COMPLETE_IF_OPLOCKED,
// FILE_RESERVE_OPFILTER, FILE_OPEN_REQUIRING_OPLOCK, close-pending, notification, sections, TxF.
// Where a switch decides, the model has the value of the profile ms-fsa.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/constants.h"
#include "engine/ntstatus.h"

namespace oplocksim::engine::fsa {

// Flags of Oplock.State (2.1.1.10).
using StateFlags = std::uint32_t;
inline constexpr StateFlags NO_OPLOCK = 0x00001;
inline constexpr StateFlags LEVEL_ONE_OPLOCK = 0x00002;   // also LEVEL_ONE (SC-074)
inline constexpr StateFlags BATCH_OPLOCK = 0x00004;       // also LEVEL_BATCH (SC-074)
inline constexpr StateFlags LEVEL_TWO_OPLOCK = 0x00008;   // also LEVEL_TWO (SC-074)
inline constexpr StateFlags EXCLUSIVE = 0x00010;
inline constexpr StateFlags BREAK_TO_TWO = 0x00020;
inline constexpr StateFlags BREAK_TO_NONE = 0x00040;
inline constexpr StateFlags BREAK_TO_TWO_TO_NONE = 0x00080;
inline constexpr StateFlags READ_CACHING = 0x00100;
inline constexpr StateFlags HANDLE_CACHING = 0x00200;
inline constexpr StateFlags WRITE_CACHING = 0x00400;
inline constexpr StateFlags MIXED_R_AND_RH = 0x00800;
inline constexpr StateFlags BREAK_TO_READ_CACHING = 0x01000;
inline constexpr StateFlags BREAK_TO_WRITE_CACHING = 0x02000;
inline constexpr StateFlags BREAK_TO_HANDLE_CACHING = 0x04000;
inline constexpr StateFlags BREAK_TO_NO_CACHING = 0x08000;

// NewOplockLevel: LEVEL_NONE, LEVEL_TWO, or a combination of the caching flags.
inline constexpr StateFlags LEVEL_NONE = 0;
inline constexpr StateFlags LEVEL_TWO = LEVEL_TWO_OPLOCK;

// Per Open (2.1.1.6), as far as oplocks go. A key of zero is empty.
struct Open {
    std::uint32_t id = 0;   // which Open it is; zero is no Open
    std::uint32_t TargetOplockKey = 0;
    std::uint32_t ParentOplockKey = 0;
    bool synchronous = false;   // Mode has FILE_SYNCHRONOUS_IO_ALERT or _NONALERT
};

// An Open on one of the lists, with the operation that put it there: the oplock request that a
// break completes, or the operation that waits. Zero once the request has been completed.
struct OpenOfOperation {
    Open open;
    std::uint32_t irp = 0;
};

// 2.1.1.11.
struct RHOpContext {
    Open open;
    bool BreakingToRead = false;
};

// 2.1.1.10.
struct Oplock {
    OpenOfOperation ExclusiveOpen;
    std::vector<OpenOfOperation> IIOplocks;
    std::vector<OpenOfOperation> ROplocks;
    std::vector<OpenOfOperation> RHOplocks;
    std::vector<RHOpContext> RHBreakQueue;
    std::vector<OpenOfOperation> WaitList;
    StateFlags State = NO_OPLOCK;
};

// Operation and OpParams of 2.1.4.12.
enum class OperationCode : std::uint8_t {
    OPEN,
    OPEN_BREAK_H,
    CLOSE,
    READ,
    FLUSH_DATA,
    LOCK_CONTROL,
    WRITE,
    SET_INFORMATION,
    FS_CONTROL,
    SET_SECURITY,
};
enum class InformationClass : std::uint8_t {
    FileEndOfFileInformation,
    FileAllocationInformation,
    FileValidDataLengthInformation,
    FileRenameInformation,
    FileLinkInformation,
    FileShortNameInformation,
    FileDispositionInformation,
};
struct OpParams {
    AccessMask DesiredAccess = 0;
    CreateDisposition Disposition = CreateDisposition::FILE_OPEN;
    InformationClass FileInformationClass = InformationClass::FileEndOfFileInformation;
    bool DeleteFile = false;
    bool set_zero_data = false;   // ControlCode is FSCTL_SET_ZERO_DATA
};

// Type of 2.1.5.18 and 2.1.5.19.
enum class RequestType : std::uint8_t {
    none,
    level_two,
    level_one,
    level_batch,
    level_granular,
};

// 2.1.5.18.3: an earlier request is completed.
struct Indication {
    std::uint32_t irp = 0;
    NtStatus OplockCompletionStatus = NtStatus::STATUS_SUCCESS;
    StateFlags NewOplockLevel = LEVEL_NONE;
    bool AcknowledgeRequired = false;
};

// What one call makes visible outside, apart from its own answer.
struct Outcome {
    std::vector<Indication> indications;
    std::vector<std::uint32_t> released;   // operations that can continue, in order
};

// The answer to a request or an acknowledgment. STATUS_PENDING: it waits for its break.
struct Answer {
    NtStatus status = NtStatus::STATUS_SUCCESS;
    bool indicated = false;   // the two below were returned by 2.1.5.18.3
    StateFlags NewOplockLevel = LEVEL_NONE;
    bool AcknowledgeRequired = false;
};

// 2.1.4.12.2. `parent_object`: Flags contains PARENT_OBJECT.
[[nodiscard]] bool compare_oplock_keys(const Open& OperationOpen, const Open& OplockOpen,
                                       bool parent_object);

// One stream, its Opens and its oplock.
struct Model {
    Oplock oplock;
    std::vector<Open> OpenList;            // the Opens of this stream
    bool directory = false;                // StreamType is DirectoryStream
    bool IsDeleted = false;                // Stream.IsDeleted, or its Link's (SC-070)
    bool lock_below_allocation = false;    // AllocationSize is greater than some LockOffset
    Outcome outcome;                       // of the call that is running; the caller clears it

    // Whether the operation waits. CLOSE never does.
    [[nodiscard]] bool check_for_an_oplock_break(const OpenOfOperation& open, OperationCode code,
                                                 const OpParams& params, bool parent_object);
    [[nodiscard]] Answer request_an_oplock(const OpenOfOperation& open, RequestType Type,
                                           StateFlags RequestedOplockLevel);
    [[nodiscard]] Answer acknowledge_an_oplock_break(const OpenOfOperation& open,
                                                     RequestType Type,
                                                     StateFlags RequestedOplockLevel);
    // Whether the operation was found; the caller then fails it with STATUS_CANCELLED.
    [[nodiscard]] bool cancel_an_operation(std::uint32_t irp);

 private:
    // The local variables of 2.1.4.12.
    struct Check {
        OpenOfOperation open;
        bool parent_object = false;
        bool BreakToTwo = false;
        bool BreakToNone = false;
        bool NeedToWait = false;
        bool returned = false;   // "the algorithm returns at this point"
        StateFlags BreakCacheState = 0;
    };

    void switch_operation(Check& check, OperationCode code, const OpParams& params);
    void case_open(Check& check, const OpParams& params);
    void case_set_information(Check& check, const OpParams& params);
    void case_close(const Open& closing);
    void case_close_shared(const Open& closing, std::vector<OpenOfOperation>& list,
                           NtStatus status);
    void case_close_exclusive();
    [[nodiscard]] bool break_to_two(const Check& check);
    [[nodiscard]] bool break_to_none(const Check& check);
    void break_all_level_two();
    void break_cache_state(Check& check);
    void break_read(const Check& check);
    void break_read_handle(Check& check);
    void break_read_handle_handle_only(Check& check);
    void break_read_handle_read_and_write(Check& check);
    void break_read_handle_breaking_to_read(Check& check);
    void wait_for_other_keys_on_queue(Check& check);
    void break_read_write(Check& check);
    void break_read_write_handle(Check& check);
    void break_exclusive_granular(Check& check, StateFlags NewOplockLevel, StateFlags new_state);

    [[nodiscard]] Answer request_an_exclusive_oplock(const OpenOfOperation& open,
                                                     StateFlags RequestedOplock);
    [[nodiscard]] bool exclusive_from_none_or_two(StateFlags RequestedOplock);
    [[nodiscard]] bool exclusive_from_granular(const Open& requester, StateFlags RequestedOplock);
    [[nodiscard]] bool switch_all(std::vector<OpenOfOperation>& list, const Open& requester,
                                  StateFlags RequestedOplock);
    [[nodiscard]] Answer request_a_shared_oplock(const OpenOfOperation& open,
                                                 StateFlags RequestedOplock, bool GrantingInAck);
    [[nodiscard]] bool shared_level_two_or_read(const OpenOfOperation& open,
                                                StateFlags RequestedOplock, bool GrantingInAck);
    [[nodiscard]] bool shared_read_handle(const OpenOfOperation& open, bool GrantingInAck);
    void switch_same_key(std::vector<OpenOfOperation>& list, const Open& requester,
                         StateFlags NewOplockLevel);
    [[nodiscard]] bool other_key_has_stream_open(const Open& requester) const;

    [[nodiscard]] Answer acknowledge_legacy(const OpenOfOperation& open, RequestType Type);
    [[nodiscard]] Answer acknowledge_read_handle(const OpenOfOperation& open,
                                                 StateFlags RequestedOplockLevel);
    [[nodiscard]] Answer acknowledge_exclusive(const OpenOfOperation& open,
                                               StateFlags RequestedOplockLevel);
    [[nodiscard]] bool granular_exclusive_denied(const Open& acknowledger) const;

    void recompute_state();
    void indicate_an_oplock_break(OpenOfOperation& request, NtStatus status,
                                  StateFlags NewOplockLevel, bool AcknowledgeRequired);
    void continue_operation(const OpenOfOperation& OpenToRelease);
    void release_all();
    void release_read_handle_waiters();
};

}  // namespace oplocksim::engine::fsa
