#include "engine/tests/fsa_model.h"

#include <algorithm>

namespace oplocksim::engine::fsa {
namespace {

constexpr StateFlags BREAK_MASK = BREAK_TO_TWO | BREAK_TO_NONE | BREAK_TO_TWO_TO_NONE |
                                  BREAK_TO_READ_CACHING | BREAK_TO_WRITE_CACHING |
                                  BREAK_TO_HANDLE_CACHING | BREAK_TO_NO_CACHING;
constexpr StateFlags CACHING_MASK = READ_CACHING | WRITE_CACHING | HANDLE_CACHING;
constexpr StateFlags R_AND_W = READ_CACHING | WRITE_CACHING;
constexpr StateFlags R_AND_H = READ_CACHING | HANDLE_CACHING;
constexpr StateFlags RW_EXCLUSIVE = READ_CACHING | WRITE_CACHING | EXCLUSIVE;
constexpr StateFlags RWH_EXCLUSIVE = READ_CACHING | WRITE_CACHING | HANDLE_CACHING | EXCLUSIVE;

// OPERATION_MASK of 2.1.4.12.
constexpr StateFlags OPERATION_MASK = LEVEL_ONE_OPLOCK | LEVEL_TWO_OPLOCK | BATCH_OPLOCK |
                                      READ_CACHING | WRITE_CACHING | HANDLE_CACHING;

constexpr AccessMask ATTRIBUTES_ONLY = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;

// "contains one or more of", and "contains each of".
bool contains_any(StateFlags state, StateFlags flags) { return (state & flags) != 0; }
bool contains_all(StateFlags state, StateFlags flags) { return (state & flags) == flags; }

// SC-004: wherever the text compares two TargetOplockKey fields without 2.1.4.12.2. An empty key
// is equal to itself only, so an Open without a key is its own owner and nobody else's.
bool same_target_key(const Open& a, const Open& b) {
    return a.id == b.id || (a.TargetOplockKey != 0 && a.TargetOplockKey == b.TargetOplockKey);
}

Answer failed(NtStatus status) { return {status, false, LEVEL_NONE, false}; }
Answer not_granted() { return failed(NtStatus::STATUS_OPLOCK_NOT_GRANTED); }
Answer invalid_protocol() { return failed(NtStatus::STATUS_INVALID_OPLOCK_PROTOCOL); }
Answer waits_for_break() { return failed(NtStatus::STATUS_PENDING); }

// 2.1.5.18.3 where BreakingOplockOpen is the Open passed in, so that the operation ends.
Answer cannot_grant(StateFlags NewOplockLevel) {
    return {NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK, true, NewOplockLevel, true};
}

}  // namespace

bool compare_oplock_keys(const Open& OperationOpen, const Open& OplockOpen, bool parent_object) {
    if (OperationOpen.id == OplockOpen.id) return true;
    if ((OperationOpen.TargetOplockKey == 0 && OperationOpen.ParentOplockKey == 0) ||
        (OplockOpen.TargetOplockKey == 0 && OplockOpen.ParentOplockKey == 0)) {   // SC-005
        return false;
    }
    if (OplockOpen.TargetOplockKey == 0 ||
        (!parent_object && OperationOpen.TargetOplockKey == 0)) {
        return false;
    }
    if (parent_object && OperationOpen.ParentOplockKey == 0) return false;
    if (parent_object) {
        return OperationOpen.ParentOplockKey == OplockOpen.TargetOplockKey;
    }
    return OperationOpen.TargetOplockKey == OplockOpen.TargetOplockKey;
}

// 2.1.4.12. A wait ends the call: when the operation resumes, it resumes at this call
// (2.1.4.12.1, SC-092).
bool Model::check_for_an_oplock_break(const OpenOfOperation& open, OperationCode code,
                                      const OpParams& params, bool parent_object) {
    if (oplock.State == NO_OPLOCK) return false;
    Check check;
    check.open = open;
    check.parent_object = parent_object;
    if (parent_object) {
        check.BreakCacheState = R_AND_W;
    } else {
        switch_operation(check, code, params);
    }
    if (check.returned) return false;
    if (check.BreakToTwo) {
        if (break_to_two(check)) return true;
    } else if (check.BreakToNone) {
        if (break_to_none(check)) return true;
    }
    // LeaveBreakToNone:
    if (check.BreakCacheState != 0) {
        if (contains_any(oplock.State, check.BreakCacheState)) {
            if (oplock.ExclusiveOpen.open.id != 0) {
                if (compare_oplock_keys(open.open, oplock.ExclusiveOpen.open, parent_object)) {
                    return false;
                }
            }
            break_cache_state(check);
            if (check.NeedToWait) {
                oplock.WaitList.push_back(open);
                return true;
            }
        }
    }
    return false;
}

// Switch (Operation).
void Model::switch_operation(Check& check, OperationCode code, const OpParams& params) {
    switch (code) {
        case OperationCode::OPEN: case_open(check, params); break;
        case OperationCode::OPEN_BREAK_H:
            // SC-116: the exemption of OPEN, for the Windows 7 types, holds here too.
            check.returned =
                (params.DesiredAccess & ~(ATTRIBUTES_ONLY | READ_CONTROL)) == 0;
            check.BreakCacheState = HANDLE_CACHING;
            break;
        case OperationCode::CLOSE: case_close(check.open.open); break;
        case OperationCode::READ:
            check.BreakToTwo = true;
            check.BreakCacheState = WRITE_CACHING;
            break;
        case OperationCode::FLUSH_DATA:
            check.BreakToTwo = true;
            check.BreakCacheState = WRITE_CACHING;
            break;
        case OperationCode::LOCK_CONTROL:
        case OperationCode::WRITE:
            check.BreakToNone = true;
            check.BreakCacheState = R_AND_W;
            break;
        case OperationCode::SET_INFORMATION: case_set_information(check, params); break;
        case OperationCode::FS_CONTROL:
            if (params.set_zero_data) {
                check.BreakToNone = true;
                check.BreakCacheState = R_AND_W;
            }
            break;
        case OperationCode::SET_SECURITY: check.BreakCacheState = HANDLE_CACHING; break;
    }
}

void Model::case_open(Check& check, const OpParams& params) {
    const StateFlags masked = oplock.State & OPERATION_MASK;
    const bool attributes_only = (params.DesiredAccess & ~ATTRIBUTES_ONLY) == 0;
    const bool or_read_control = (params.DesiredAccess & ~(ATTRIBUTES_ONLY | READ_CONTROL)) == 0;
    if ((or_read_control && (masked & ~CACHING_MASK) == 0) ||
        (attributes_only &&
         (masked & ~(LEVEL_TWO_OPLOCK | LEVEL_ONE_OPLOCK | BATCH_OPLOCK)) == 0)) {
        check.returned = true;
        return;
    }
    // SC-010: the one mixture that matches neither clause, Level 2 with Read.
    if (attributes_only) {
        check.returned = true;
        return;
    }
    const bool overwrite = params.Disposition == CreateDisposition::FILE_SUPERSEDE ||
                           params.Disposition == CreateDisposition::FILE_OVERWRITE ||
                           params.Disposition == CreateDisposition::FILE_OVERWRITE_IF;
    if (overwrite) {
        check.BreakToNone = true;
        check.BreakCacheState = R_AND_W;
    } else {
        check.BreakToTwo = true;
        check.BreakCacheState = WRITE_CACHING;
    }
    // SC-003: in that mixture each holder follows its own rule, so READ_CONTROL leaves the Read
    // oplocks alone.
    if (or_read_control) check.BreakCacheState = 0;
}

void Model::case_set_information(Check& check, const OpParams& params) {
    switch (params.FileInformationClass) {
        case InformationClass::FileEndOfFileInformation:
        case InformationClass::FileAllocationInformation:
        case InformationClass::FileValidDataLengthInformation:   // SC-035
            check.BreakToNone = true;
            check.BreakCacheState = R_AND_W;
            break;
        case InformationClass::FileRenameInformation:
        case InformationClass::FileLinkInformation:
        case InformationClass::FileShortNameInformation:
            check.BreakCacheState = HANDLE_CACHING;
            if (contains_any(oplock.State, BATCH_OPLOCK)) check.BreakToNone = true;
            break;
        case InformationClass::FileDispositionInformation:
            if (params.DeleteFile) check.BreakCacheState = HANDLE_CACHING;
            break;
    }
}

// Case CLOSE.
void Model::case_close(const Open& closing) {
    case_close_shared(closing, oplock.IIOplocks, NtStatus::STATUS_SUCCESS);
    case_close_shared(closing, oplock.ROplocks, NtStatus::STATUS_OPLOCK_HANDLE_CLOSED);
    case_close_shared(closing, oplock.RHOplocks, NtStatus::STATUS_OPLOCK_HANDLE_CLOSED);
    if (!oplock.RHBreakQueue.empty()) {
        std::erase_if(oplock.RHBreakQueue, [&](const RHOpContext& ThisContext) {
            return ThisContext.open.id == closing.id;
        });
        recompute_state();
        release_read_handle_waiters();
    }
    if (closing.id == oplock.ExclusiveOpen.open.id) case_close_exclusive();
}

void Model::case_close_shared(const Open& closing, std::vector<OpenOfOperation>& list,
                              NtStatus status) {
    if (list.empty()) return;
    for (OpenOfOperation& ThisOpen : list) {
        if (ThisOpen.open.id == closing.id) {
            indicate_an_oplock_break(ThisOpen, status, LEVEL_NONE, false);
        }
    }
    std::erase_if(list, [&](const OpenOfOperation& o) { return o.open.id == closing.id; });
    recompute_state();
}

void Model::case_close_exclusive() {
    if (!contains_any(oplock.State, BREAK_MASK)) {
        const NtStatus status = contains_any(oplock.State, CACHING_MASK)
                                    ? NtStatus::STATUS_OPLOCK_HANDLE_CLOSED
                                    : NtStatus::STATUS_SUCCESS;
        indicate_an_oplock_break(oplock.ExclusiveOpen, status, LEVEL_NONE, false);
    }
    oplock.ExclusiveOpen = {};
    oplock.State = NO_OPLOCK;
    release_all();
}

// "If BreakToTwo is TRUE". Whether the operation waits.
bool Model::break_to_two(const Check& check) {
    if (oplock.State != LEVEL_TWO_OPLOCK &&
        (oplock.ExclusiveOpen.open.id == 0 ||
         !same_target_key(oplock.ExclusiveOpen.open, check.open.open))) {
        if (contains_any(oplock.State, EXCLUSIVE) && !contains_any(oplock.State, CACHING_MASK)) {
            if (!contains_any(oplock.State, BREAK_MASK)) {
                oplock.State |= BREAK_TO_TWO;
                indicate_an_oplock_break(oplock.ExclusiveOpen, NtStatus::STATUS_SUCCESS,
                                         LEVEL_TWO, true);
            }
            oplock.WaitList.push_back(check.open);
            return true;
        }
    }
    return false;
}

// "Else If BreakToNone is TRUE". Whether the operation waits; if not, it goes to LeaveBreakToNone.
bool Model::break_to_none(const Check& check) {
    if (oplock.State == LEVEL_TWO_OPLOCK || oplock.ExclusiveOpen.open.id == 0 ||
        !same_target_key(oplock.ExclusiveOpen.open, check.open.open)) {
        if (oplock.State != NO_OPLOCK &&
            !contains_any(oplock.State, WRITE_CACHING | HANDLE_CACHING)) {
            if (!contains_any(oplock.State, LEVEL_TWO_OPLOCK | BREAK_MASK)) {
                if (contains_any(oplock.State, READ_CACHING)) return false;
                oplock.State |= BREAK_TO_NONE;
                indicate_an_oplock_break(oplock.ExclusiveOpen, NtStatus::STATUS_SUCCESS,
                                         LEVEL_NONE, true);
            } else if (oplock.State == LEVEL_TWO_OPLOCK ||
                       oplock.State == (LEVEL_TWO_OPLOCK | READ_CACHING)) {
                break_all_level_two();
                return false;
            } else if (contains_any(oplock.State, BREAK_TO_TWO)) {
                oplock.State &= ~BREAK_TO_TWO;
                oplock.State |= BREAK_TO_TWO_TO_NONE;
            }
            if (oplock.ExclusiveOpen.open.id != 0 &&
                same_target_key(oplock.ExclusiveOpen.open, check.open.open)) {
                return false;
            }
            oplock.WaitList.push_back(check.open);
            return true;
        }
    }
    return false;
}

void Model::break_all_level_two() {
    for (OpenOfOperation& ThisOpen : oplock.IIOplocks) {
        indicate_an_oplock_break(ThisOpen, NtStatus::STATUS_SUCCESS, LEVEL_NONE, false);
    }
    oplock.IIOplocks.clear();
    if (oplock.State == (LEVEL_TWO_OPLOCK | READ_CACHING)) {
        oplock.State = READ_CACHING;
    } else {
        oplock.State = NO_OPLOCK;
    }
}

// Switch (Oplock.State) behind LeaveBreakToNone.
void Model::break_cache_state(Check& check) {
    switch (oplock.State) {
        case R_AND_H | MIXED_R_AND_RH:
            break_read(check);
            break_read_handle(check);   // the fall-through
            break;
        case READ_CACHING:
        case LEVEL_TWO_OPLOCK | READ_CACHING:
            break_read(check);
            recompute_state();
            break;
        case R_AND_H: break_read_handle(check); break;
        case R_AND_H | BREAK_TO_READ_CACHING: break_read_handle_breaking_to_read(check); break;
        case R_AND_H | BREAK_TO_NO_CACHING:
            if (contains_any(check.BreakCacheState, HANDLE_CACHING)) {
                wait_for_other_keys_on_queue(check);
            }
            break;
        case RW_EXCLUSIVE:
        case RW_EXCLUSIVE | BREAK_TO_READ_CACHING:
        case RW_EXCLUSIVE | BREAK_TO_NO_CACHING: break_read_write(check); break;
        case RWH_EXCLUSIVE:
        case RWH_EXCLUSIVE | BREAK_TO_READ_CACHING | BREAK_TO_WRITE_CACHING:
        case RWH_EXCLUSIVE | BREAK_TO_READ_CACHING | BREAK_TO_HANDLE_CACHING:
        case RWH_EXCLUSIVE | BREAK_TO_READ_CACHING:
        case RWH_EXCLUSIVE | BREAK_TO_NO_CACHING: break_read_write_handle(check); break;
        default: break;   // the text lists no other state
    }
}

// Cases (READ|HANDLE|MIXED), READ and (LEVEL_TWO|READ).
void Model::break_read(const Check& check) {
    if (!contains_any(check.BreakCacheState, READ_CACHING)) return;
    std::vector<OpenOfOperation> kept;
    for (OpenOfOperation& ThisOpen : oplock.ROplocks) {
        if (!compare_oplock_keys(check.open.open, ThisOpen.open, check.parent_object)) {
            indicate_an_oplock_break(ThisOpen, NtStatus::STATUS_SUCCESS, LEVEL_NONE, false);
        } else {
            kept.push_back(ThisOpen);
        }
    }
    oplock.ROplocks = kept;
}

// Case (READ|HANDLE).
void Model::break_read_handle(Check& check) {
    if (check.BreakCacheState == HANDLE_CACHING) {
        break_read_handle_handle_only(check);
    } else if (contains_all(check.BreakCacheState, R_AND_W)) {
        break_read_handle_read_and_write(check);
    }
    if (!check.NeedToWait && !oplock.RHBreakQueue.empty() &&
        contains_any(check.BreakCacheState, HANDLE_CACHING)) {
        wait_for_other_keys_on_queue(check);
    }
    recompute_state();
}

void Model::break_read_handle_handle_only(Check& check) {
    std::vector<OpenOfOperation> kept;
    for (OpenOfOperation& ThisOpen : oplock.RHOplocks) {
        if (!same_target_key(ThisOpen.open, check.open.open)) {   // SC-005: OplockKey
            indicate_an_oplock_break(ThisOpen, NtStatus::STATUS_SUCCESS, READ_CACHING, true);
            oplock.RHBreakQueue.push_back({ThisOpen.open, true});
            check.NeedToWait = true;
        } else {
            kept.push_back(ThisOpen);
        }
    }
    oplock.RHOplocks = kept;
}

void Model::break_read_handle_read_and_write(Check& check) {
    for (RHOpContext& ThisContext : oplock.RHBreakQueue) {
        if (!compare_oplock_keys(check.open.open, ThisContext.open, check.parent_object)) {
            ThisContext.BreakingToRead = false;
            if (contains_any(check.BreakCacheState, HANDLE_CACHING)) check.NeedToWait = true;
        }
    }
    std::vector<OpenOfOperation> kept;
    for (OpenOfOperation& ThisOpen : oplock.RHOplocks) {
        if (!compare_oplock_keys(check.open.open, ThisOpen.open, check.parent_object)) {
            indicate_an_oplock_break(ThisOpen, NtStatus::STATUS_SUCCESS, LEVEL_NONE, true);
            oplock.RHBreakQueue.push_back({ThisOpen.open, false});
            if (contains_any(check.BreakCacheState, HANDLE_CACHING)) check.NeedToWait = true;
        } else {
            kept.push_back(ThisOpen);
        }
    }
    oplock.RHOplocks = kept;
}

// Case (READ|HANDLE|BREAK_TO_READ).
void Model::break_read_handle_breaking_to_read(Check& check) {
    if (contains_any(check.BreakCacheState, READ_CACHING)) {
        for (RHOpContext& ThisContext : oplock.RHBreakQueue) {
            if (!compare_oplock_keys(check.open.open, ThisContext.open, check.parent_object)) {
                ThisContext.BreakingToRead = false;
            }
            recompute_state();
        }
    }
    if (contains_any(check.BreakCacheState, HANDLE_CACHING)) wait_for_other_keys_on_queue(check);
}

void Model::wait_for_other_keys_on_queue(Check& check) {
    for (const RHOpContext& ThisContext : oplock.RHBreakQueue) {
        if (!same_target_key(ThisContext.open, check.open.open)) {   // SC-005: OplockKey
            check.NeedToWait = true;
            break;
        }
    }
}

// Cases (READ|WRITE|EXCLUSIVE), without and with a break under way.
void Model::break_read_write(Check& check) {
    if (oplock.State == RW_EXCLUSIVE) {
        if (contains_all(check.BreakCacheState, R_AND_W)) {
            break_exclusive_granular(check, LEVEL_NONE, RW_EXCLUSIVE | BREAK_TO_NO_CACHING);
        } else if (contains_any(check.BreakCacheState, WRITE_CACHING)) {
            break_exclusive_granular(check, READ_CACHING, RW_EXCLUSIVE | BREAK_TO_READ_CACHING);
        }
        return;
    }
    if (oplock.State == (RW_EXCLUSIVE | BREAK_TO_READ_CACHING) &&
        contains_any(check.BreakCacheState, READ_CACHING)) {
        oplock.State = RW_EXCLUSIVE | BREAK_TO_NO_CACHING;
    }
    if (contains_any(check.BreakCacheState, R_AND_W)) check.NeedToWait = true;
}

// Cases (READ|WRITE|HANDLE|EXCLUSIVE), without and with a break under way.
void Model::break_read_write_handle(Check& check) {
    constexpr StateFlags to_read_write =
        RWH_EXCLUSIVE | BREAK_TO_READ_CACHING | BREAK_TO_WRITE_CACHING;
    constexpr StateFlags to_read_handle =
        RWH_EXCLUSIVE | BREAK_TO_READ_CACHING | BREAK_TO_HANDLE_CACHING;
    constexpr StateFlags to_read = RWH_EXCLUSIVE | BREAK_TO_READ_CACHING;
    constexpr StateFlags to_no_caching = RWH_EXCLUSIVE | BREAK_TO_NO_CACHING;
    switch (oplock.State) {
        case RWH_EXCLUSIVE:
            if (check.BreakCacheState == WRITE_CACHING) {
                break_exclusive_granular(check, R_AND_H, to_read_handle);
            } else if (check.BreakCacheState == HANDLE_CACHING) {
                break_exclusive_granular(check, R_AND_W, to_read_write);
            } else if (contains_all(check.BreakCacheState, R_AND_W)) {
                break_exclusive_granular(check, LEVEL_NONE, to_no_caching);
            }
            break;
        case to_read_write:
            if (check.BreakCacheState == WRITE_CACHING) {
                oplock.State = to_read;
            } else if (contains_all(check.BreakCacheState, R_AND_W)) {
                oplock.State = to_no_caching;
            }
            check.NeedToWait = true;
            break;
        case to_read_handle:
            if (check.BreakCacheState == HANDLE_CACHING) {
                oplock.State = to_read;
            } else if (contains_any(check.BreakCacheState, READ_CACHING)) {
                oplock.State = to_no_caching;
            }
            check.NeedToWait = true;
            break;
        case to_read:
            if (contains_any(check.BreakCacheState, READ_CACHING)) oplock.State = to_no_caching;
            check.NeedToWait = true;
            break;
        case to_no_caching: check.NeedToWait = true; break;
        default: break;
    }
}

void Model::break_exclusive_granular(Check& check, StateFlags NewOplockLevel,
                                     StateFlags new_state) {
    indicate_an_oplock_break(oplock.ExclusiveOpen, NtStatus::STATUS_SUCCESS, NewOplockLevel, true);
    oplock.State = new_state;
    check.NeedToWait = true;
}

// 2.1.5.18.
Answer Model::request_an_oplock(const OpenOfOperation& open, RequestType Type,
                                StateFlags RequestedOplockLevel) {
    const bool granular = Type == RequestType::level_granular;
    if (directory) {
        if (!granular ||
            (RequestedOplockLevel != READ_CACHING && RequestedOplockLevel != R_AND_H)) {
            return failed(NtStatus::STATUS_INVALID_PARAMETER);
        }
    }
    if (Type == RequestType::level_one || Type == RequestType::level_batch) {
        if (OpenList.size() > 1 || open.open.synchronous) return not_granted();
        return request_an_exclusive_oplock(
            open, Type == RequestType::level_one ? LEVEL_ONE_OPLOCK : BATCH_OPLOCK);
    }
    if (Type == RequestType::level_two) {
        if (lock_below_allocation || open.open.synchronous) return not_granted();
        return request_a_shared_oplock(open, LEVEL_TWO, false);
    }
    if (RequestedOplockLevel == READ_CACHING || RequestedOplockLevel == R_AND_H) {
        if (lock_below_allocation || open.open.synchronous) return not_granted();
        return request_a_shared_oplock(open, RequestedOplockLevel, false);
    }
    if (RequestedOplockLevel == R_AND_W || RequestedOplockLevel == CACHING_MASK) {
        if (open.open.synchronous) return not_granted();
        return request_an_exclusive_oplock(open, RequestedOplockLevel);
    }
    if (RequestedOplockLevel == 0) return failed(NtStatus::STATUS_SUCCESS);
    return failed(NtStatus::STATUS_INVALID_PARAMETER);
}

// 2.1.5.18.1.
Answer Model::request_an_exclusive_oplock(const OpenOfOperation& open,
                                          StateFlags RequestedOplock) {
    bool GrantExclusiveOplock = false;
    if (contains_any(oplock.State, LEVEL_TWO_OPLOCK | NO_OPLOCK)) {
        GrantExclusiveOplock = exclusive_from_none_or_two(RequestedOplock);
    } else if (contains_any(oplock.State, CACHING_MASK) &&
               !contains_any(oplock.State, BREAK_MASK) && oplock.RHBreakQueue.empty()) {
        // This is a granular oplock and it is not breaking.
        GrantExclusiveOplock = exclusive_from_granular(open.open, RequestedOplock);
    }
    if (!GrantExclusiveOplock) return not_granted();
    oplock.ExclusiveOpen = open;
    oplock.State = RequestedOplock | EXCLUSIVE;
    return waits_for_break();
}

bool Model::exclusive_from_none_or_two(StateFlags RequestedOplock) {
    if (contains_any(oplock.State, LEVEL_TWO_OPLOCK) &&
        contains_any(RequestedOplock, CACHING_MASK)) {
        return false;
    }
    if (oplock.State == (LEVEL_TWO_OPLOCK | READ_CACHING)) return false;   // SC-065
    if (oplock.State == LEVEL_TWO_OPLOCK) {
        for (OpenOfOperation& ThisOpen : oplock.IIOplocks) {   // SC-066: all, not the first
            indicate_an_oplock_break(ThisOpen, NtStatus::STATUS_SUCCESS, LEVEL_NONE, false);
        }
        oplock.IIOplocks.clear();
    }
    if (OpenList.size() > 1 && contains_any(oplock.State, NO_OPLOCK)) return false;
    return !(IsDeleted && contains_any(RequestedOplock, HANDLE_CACHING));
}

bool Model::exclusive_from_granular(const Open& requester, StateFlags RequestedOplock) {
    if (!contains_any(RequestedOplock, CACHING_MASK)) return false;
    if (IsDeleted && contains_any(RequestedOplock, HANDLE_CACHING)) return false;
    if (other_key_has_stream_open(requester)) return false;   // SC-060
    switch (oplock.State) {
        case READ_CACHING:
            if (RequestedOplock != R_AND_W && RequestedOplock != CACHING_MASK) return false;
            return switch_all(oplock.ROplocks, requester, RequestedOplock);
        case R_AND_H:
            if (RequestedOplock != CACHING_MASK || !oplock.RHBreakQueue.empty()) return false;
            return switch_all(oplock.RHOplocks, requester, RequestedOplock);
        case RWH_EXCLUSIVE:
            if (RequestedOplock != CACHING_MASK) return false;
            [[fallthrough]];
        case RW_EXCLUSIVE:
            if (RequestedOplock != CACHING_MASK && RequestedOplock != R_AND_W) return false;
            if (!same_target_key(requester, oplock.ExclusiveOpen.open)) return false;
            indicate_an_oplock_break(oplock.ExclusiveOpen,
                                     NtStatus::STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE,
                                     RequestedOplock, false);
            oplock.ExclusiveOpen = {};
            return true;
        default: return false;
    }
}

bool Model::switch_all(std::vector<OpenOfOperation>& list, const Open& requester,
                       StateFlags RequestedOplock) {
    for (const OpenOfOperation& ThisOpen : list) {
        if (!same_target_key(ThisOpen.open, requester)) return false;
    }
    for (OpenOfOperation& ThisOpen : list) {
        indicate_an_oplock_break(ThisOpen, NtStatus::STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE,
                                 RequestedOplock, false);
    }
    list.clear();
    return true;
}

// 2.1.5.18.2.
Answer Model::request_a_shared_oplock(const OpenOfOperation& open, StateFlags RequestedOplock,
                                      bool GrantingInAck) {
    bool OplockGranted = false;
    if (!GrantingInAck && contains_any(oplock.State, BREAK_MASK | EXCLUSIVE)) {
        return not_granted();
    }
    if (RequestedOplock == LEVEL_TWO || RequestedOplock == READ_CACHING) {
        OplockGranted = shared_level_two_or_read(open, RequestedOplock, GrantingInAck);
    } else if (RequestedOplock == R_AND_H) {
        OplockGranted = shared_read_handle(open, GrantingInAck);
    }
    if (!OplockGranted) return not_granted();
    recompute_state();
    return waits_for_break();
}

// Case LEVEL_TWO, which falls through into case READ_CACHING (SC-061: so does this model).
bool Model::shared_level_two_or_read(const OpenOfOperation& open, StateFlags RequestedOplock,
                                     bool GrantingInAck) {
    const bool none_two_or_read = oplock.State == NO_OPLOCK || oplock.State == LEVEL_TWO_OPLOCK ||
                                  oplock.State == READ_CACHING ||
                                  oplock.State == (LEVEL_TWO_OPLOCK | READ_CACHING);
    if (RequestedOplock == LEVEL_TWO && !none_two_or_read) return false;
    if (!GrantingInAck && !none_two_or_read && oplock.State != R_AND_H &&
        oplock.State != (R_AND_H | MIXED_R_AND_RH) &&
        oplock.State != (R_AND_H | BREAK_TO_READ_CACHING) &&
        oplock.State != (R_AND_H | BREAK_TO_NO_CACHING)) {
        return false;
    }
    if (!GrantingInAck) {
        for (const OpenOfOperation& ThisOpen : oplock.RHOplocks) {
            if (same_target_key(ThisOpen.open, open.open)) return false;
        }
        for (const RHOpContext& ThisContext : oplock.RHBreakQueue) {
            if (same_target_key(ThisContext.open, open.open)) return false;
        }
        switch_same_key(oplock.ROplocks, open.open, READ_CACHING);
    }
    if (RequestedOplock == LEVEL_TWO) {
        oplock.IIOplocks.push_back(open);
    } else {
        oplock.ROplocks.push_back(open);
    }
    return true;
}

// Case (READ_CACHING|HANDLE_CACHING).
bool Model::shared_read_handle(const OpenOfOperation& open, bool GrantingInAck) {
    if (!GrantingInAck && oplock.State != NO_OPLOCK && oplock.State != READ_CACHING &&
        oplock.State != R_AND_H && oplock.State != (R_AND_H | MIXED_R_AND_RH) &&
        oplock.State != (R_AND_H | BREAK_TO_READ_CACHING) &&
        oplock.State != (R_AND_H | BREAK_TO_NO_CACHING)) {
        return false;
    }
    if (IsDeleted) return false;
    if (!GrantingInAck) {
        for (const RHOpContext& ThisContext : oplock.RHBreakQueue) {   // SC-073
            if (same_target_key(ThisContext.open, open.open)) return false;
        }
        switch_same_key(oplock.ROplocks, open.open, R_AND_H);
        switch_same_key(oplock.RHOplocks, open.open, R_AND_H);
    }
    oplock.RHOplocks.push_back(open);
    return true;
}

void Model::switch_same_key(std::vector<OpenOfOperation>& list, const Open& requester,
                            StateFlags NewOplockLevel) {
    for (auto ThisOpen = list.begin(); ThisOpen != list.end(); ++ThisOpen) {
        if (same_target_key(ThisOpen->open, requester)) {
            indicate_an_oplock_break(*ThisOpen, NtStatus::STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE,
                                     NewOplockLevel, false);
            list.erase(ThisOpen);
            return;   // there is supposed to be at most one present
        }
    }
}

bool Model::other_key_has_stream_open(const Open& requester) const {
    return std::any_of(OpenList.begin(), OpenList.end(),
                       [&](const Open& o) { return !same_target_key(o, requester); });
}

// 2.1.5.19. LEVEL_ONE and LEVEL_BATCH are no types of an acknowledgment.
Answer Model::acknowledge_an_oplock_break(const OpenOfOperation& open, RequestType Type,
                                          StateFlags RequestedOplockLevel) {
    if (Type == RequestType::none || Type == RequestType::level_two) {
        return acknowledge_legacy(open, Type);
    }
    if (RequestedOplockLevel != 0 && RequestedOplockLevel != READ_CACHING &&
        RequestedOplockLevel != R_AND_H && RequestedOplockLevel != R_AND_W &&
        RequestedOplockLevel != CACHING_MASK) {   // SC-071
        return failed(NtStatus::STATUS_INVALID_PARAMETER);
    }
    switch (oplock.State) {
        case R_AND_H | MIXED_R_AND_RH:
        case R_AND_H:
        case R_AND_H | BREAK_TO_READ_CACHING:
        case R_AND_H | BREAK_TO_NO_CACHING:
            if (oplock.RHBreakQueue.empty()) return invalid_protocol();
            return acknowledge_read_handle(open, RequestedOplockLevel);
        case RW_EXCLUSIVE | BREAK_TO_READ_CACHING:
        case RW_EXCLUSIVE | BREAK_TO_NO_CACHING:
        case RWH_EXCLUSIVE | BREAK_TO_READ_CACHING | BREAK_TO_WRITE_CACHING:
        case RWH_EXCLUSIVE | BREAK_TO_READ_CACHING | BREAK_TO_HANDLE_CACHING:
        case RWH_EXCLUSIVE | BREAK_TO_READ_CACHING:
        case RWH_EXCLUSIVE | BREAK_TO_NO_CACHING:
            return acknowledge_exclusive(open, RequestedOplockLevel);
        default: return invalid_protocol();
    }
}

// Type is LEVEL_NONE or LEVEL_TWO.
Answer Model::acknowledge_legacy(const OpenOfOperation& open, RequestType Type) {
    bool NewOplockGranted = false;
    bool ReturnBreakToNone = false;
    if (oplock.ExclusiveOpen.open.id != open.open.id) return invalid_protocol();
    if (Type == RequestType::level_two && contains_any(oplock.State, BREAK_TO_TWO)) {
        oplock.State = LEVEL_TWO_OPLOCK;
        oplock.IIOplocks.push_back(open);   // SC-077
        NewOplockGranted = true;
    } else if (contains_any(oplock.State, BREAK_TO_TWO | BREAK_TO_NONE)) {
        oplock.State = NO_OPLOCK;
    } else if (contains_any(oplock.State, BREAK_TO_TWO_TO_NONE)) {
        oplock.State = NO_OPLOCK;
        ReturnBreakToNone = true;
    } else {
        return invalid_protocol();
    }
    release_all();
    oplock.ExclusiveOpen = {};
    if (NewOplockGranted) return waits_for_break();
    if (ReturnBreakToNone) return {NtStatus::STATUS_SUCCESS, true, LEVEL_NONE, false};
    return failed(NtStatus::STATUS_SUCCESS);
}

// The four cases of 2.1.5.19 in which somebody is on RHBreakQueue.
Answer Model::acknowledge_read_handle(const OpenOfOperation& open,
                                      StateFlags RequestedOplockLevel) {
    const auto ThisContext =
        std::find_if(oplock.RHBreakQueue.begin(), oplock.RHBreakQueue.end(),
                     [&](const RHOpContext& c) { return c.open.id == open.open.id; });
    if (ThisContext == oplock.RHBreakQueue.end()) return invalid_protocol();
    const StateFlags offered = ThisContext->BreakingToRead ? READ_CACHING : LEVEL_NONE;
    if (!ThisContext->BreakingToRead) {
        if (RequestedOplockLevel != 0 && !oplock.WaitList.empty()) {
            return cannot_grant(LEVEL_NONE);
        }
    } else {
        if (!oplock.WaitList.empty() &&
            (RequestedOplockLevel == R_AND_W || RequestedOplockLevel == CACHING_MASK)) {
            return cannot_grant(READ_CACHING);
        }
    }
    if (contains_any(RequestedOplockLevel, WRITE_CACHING) &&
        granular_exclusive_denied(open.open)) {   // SC-080, before SC-097: no entry orders them
        return cannot_grant(offered);
    }
    if (IsDeleted && contains_any(RequestedOplockLevel, HANDLE_CACHING)) {   // SC-097
        return cannot_grant(RequestedOplockLevel & ~HANDLE_CACHING);
    }
    oplock.RHBreakQueue.erase(ThisContext);
    release_read_handle_waiters();
    if (RequestedOplockLevel == 0) {
        recompute_state();
        return failed(NtStatus::STATUS_SUCCESS);
    }
    if (!contains_any(RequestedOplockLevel, WRITE_CACHING)) {
        return request_a_shared_oplock(open, RequestedOplockLevel, true);
    }
    oplock.ExclusiveOpen = open;
    oplock.State = RequestedOplockLevel | EXCLUSIVE;
    return waits_for_break();
}

// SC-080: what 2.1.5.18 and 2.1.5.18.1 ask of a request for RW or RWH.
bool Model::granular_exclusive_denied(const Open& acknowledger) const {
    return directory || acknowledger.synchronous || other_key_has_stream_open(acknowledger) ||
           !oplock.ROplocks.empty() || !oplock.RHOplocks.empty() ||
           oplock.RHBreakQueue.size() > 1;
}

// The six cases of 2.1.5.19 in which RW or RWH is breaking.
Answer Model::acknowledge_exclusive(const OpenOfOperation& open,
                                    StateFlags RequestedOplockLevel) {
    if (oplock.ExclusiveOpen.open.id != open.open.id) return invalid_protocol();
    if (!oplock.WaitList.empty() && !contains_any(oplock.State, HANDLE_CACHING) &&
        RequestedOplockLevel == CACHING_MASK) {
        StateFlags NewOplockLevel = LEVEL_NONE;
        if (contains_any(oplock.State, BREAK_TO_READ_CACHING)) {
            NewOplockLevel |= READ_CACHING;
            if (contains_any(oplock.State, BREAK_TO_WRITE_CACHING)) {
                NewOplockLevel |= WRITE_CACHING;
            }
            if (contains_any(oplock.State, BREAK_TO_HANDLE_CACHING)) {
                NewOplockLevel |= HANDLE_CACHING;
            }
        }
        return cannot_grant(NewOplockLevel);
    }
    if (IsDeleted && contains_any(RequestedOplockLevel, HANDLE_CACHING)) {
        return cannot_grant(RequestedOplockLevel & ~HANDLE_CACHING);
    }
    release_all();
    if (!contains_any(RequestedOplockLevel, WRITE_CACHING)) oplock.ExclusiveOpen = {};
    if (RequestedOplockLevel == 0) {
        oplock.State = NO_OPLOCK;
        return failed(NtStatus::STATUS_SUCCESS);
    }
    if (!contains_any(RequestedOplockLevel, WRITE_CACHING)) {
        return request_a_shared_oplock(open, RequestedOplockLevel, true);
    }
    oplock.ExclusiveOpen = open;
    oplock.State = RequestedOplockLevel | EXCLUSIVE;
    return waits_for_break();
}

// 2.1.5.20, with the two things it does not say: a cancelled waiter leaves WaitList (SC-095), and
// an oplock whose request is cancelled is gone (SC-096).
bool Model::cancel_an_operation(std::uint32_t irp) {
    const auto is_it = [&](const OpenOfOperation& o) { return o.irp == irp; };
    if (std::erase_if(oplock.WaitList, is_it) != 0) return true;
    if (oplock.ExclusiveOpen.irp == irp) {
        oplock.ExclusiveOpen = {};
        oplock.State = NO_OPLOCK;
        release_all();
        return true;
    }
    for (auto* list : {&oplock.IIOplocks, &oplock.ROplocks, &oplock.RHOplocks}) {
        if (std::erase_if(*list, is_it) != 0) {
            recompute_state();
            release_read_handle_waiters();
            return true;
        }
    }
    return false;
}

// 2.1.4.13.
void Model::recompute_state() {
    if (oplock.IIOplocks.empty() && oplock.ROplocks.empty() && oplock.RHOplocks.empty() &&
        oplock.RHBreakQueue.empty()) {
        oplock.State = NO_OPLOCK;
    } else if (!oplock.ROplocks.empty() &&
               (!oplock.RHOplocks.empty() || !oplock.RHBreakQueue.empty())) {
        oplock.State = R_AND_H | MIXED_R_AND_RH;
    } else if (oplock.ROplocks.empty() && !oplock.RHOplocks.empty()) {
        oplock.State = R_AND_H;
    } else if (!oplock.ROplocks.empty() && !oplock.IIOplocks.empty()) {
        oplock.State = READ_CACHING | LEVEL_TWO_OPLOCK;
    } else if (!oplock.ROplocks.empty() && oplock.IIOplocks.empty()) {
        oplock.State = READ_CACHING;
    } else if (oplock.ROplocks.empty() && !oplock.IIOplocks.empty()) {
        oplock.State = LEVEL_TWO_OPLOCK;
    } else {
        const auto to_read = [](const RHOpContext& c) { return c.BreakingToRead; };
        if (std::all_of(oplock.RHBreakQueue.begin(), oplock.RHBreakQueue.end(), to_read)) {
            oplock.State = R_AND_H | BREAK_TO_READ_CACHING;
        } else if (std::none_of(oplock.RHBreakQueue.begin(), oplock.RHBreakQueue.end(),
                                to_read)) {
            oplock.State = R_AND_H | BREAK_TO_NO_CACHING;
        } else {
            oplock.State = R_AND_H;
        }
    }
}

// 2.1.5.18.3.
void Model::indicate_an_oplock_break(OpenOfOperation& request, NtStatus status,
                                     StateFlags NewOplockLevel, bool AcknowledgeRequired) {
    outcome.indications.push_back({request.irp, status, NewOplockLevel, AcknowledgeRequired});
    request.irp = 0;
}

// 2.1.4.12.1.
void Model::continue_operation(const OpenOfOperation& OpenToRelease) {
    outcome.released.push_back(OpenToRelease.irp);
}

void Model::release_all() {
    for (const OpenOfOperation& WaitingOpen : oplock.WaitList) continue_operation(WaitingOpen);
    oplock.WaitList.clear();
}

// The loop that 2.1.4.12 (CLOSE) and 2.1.5.19 share.
void Model::release_read_handle_waiters() {
    std::vector<OpenOfOperation> kept;
    for (const OpenOfOperation& WaitingOpen : oplock.WaitList) {
        const bool all_equal = std::all_of(
            oplock.RHBreakQueue.begin(), oplock.RHBreakQueue.end(), [&](const RHOpContext& c) {
                return same_target_key(c.open, WaitingOpen.open);
            });
        if (oplock.RHBreakQueue.empty() || all_equal) {
            continue_operation(WaitingOpen);
        } else {
            kept.push_back(WaitingOpen);
        }
    }
    oplock.WaitList = kept;
}

}  // namespace oplocksim::engine::fsa
