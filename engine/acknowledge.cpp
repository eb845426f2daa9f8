// Acknowledging: Acknowledging Oplock Breaks; [MS-FSA] 2.1.5.19. And fsctrl() itself.
#include <algorithm>

#include "engine/assert.h"
#include "engine/cache_levels.h"
#include "engine/completion.h"
#include "engine/fsctl_operations.h"
#include "engine/mutations.h"

namespace oplocksim::engine {
namespace {

using namespace levels;

FsctlResult answer(NtStatus status, Rule rule, OplockType held = OplockType::none) {
    FsctlResult result;
    result.status = status;
    result.why = Why{rule, held, Operation{}};
    return result;
}

OplockType type_of_level(CacheLevel level) {
    if (level == R) return OplockType::read;
    if (level == (R | H)) return OplockType::read_handle;
    if (level == (R | W)) return OplockType::read_write;
    if (level == (R | W | H)) return OplockType::read_write_handle;
    return OplockType::none;
}

// None, R, RH, RW and RWH ([MS-FSA] 2.1.5.18; SC-071).
bool is_legal_level(std::uint32_t level) {
    return level == 0 || (level <= 0xFF && type_of_level(static_cast<CacheLevel>(level)) !=
                                               OplockType::none);
}

}  // namespace

// The break that the calling handle itself owes an acknowledgment for (SC-082, SC-083).
Holder* AcknowledgeOperation::owed_by_caller(bool granular) {
    for (Holder& holder : oplock_.holders_) {
        if (holder.file_object != caller_.file_object || is_granular(holder.type) != granular ||
            holder.breaking == BreakState::not_breaking) {
            continue;
        }
        if (holder.close_pending &&
            semantics_.ack_after_close_pending == AckAfterClosePending::invalid_protocol) {
            continue;   // SC-085
        }
        return &holder;
    }
    return nullptr;
}

FsctlResult AcknowledgeOperation::invalid_protocol() const {   // SC-084
    return answer(NtStatus::STATUS_INVALID_OPLOCK_PROTOCOL, Rule::invalid_protocol);
}

FsctlResult AcknowledgeOperation::acknowledge_legacy(FsControlCode code) {
    Holder* const holder = owed_by_caller(/*granular=*/false);
    if (holder == nullptr) return invalid_protocol();
    if (code == FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING &&
        holder->type != OplockType::level_1) {
        return promise_close(*holder);
    }
    const bool keep_level_2 = code == FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE &&
                              holder->breaking == BreakState::to_level_2;
    return finish_legacy(*holder, keep_level_2);
}

// Batch and Filter, and the Windows 7 types with COMPLETE_ACK_ON_CLOSE (SC-101): whoever waits
// goes on waiting until the handle is closed.
FsctlResult AcknowledgeOperation::promise_close(Holder& holder) const {
    holder.close_pending = true;
    return answer(NtStatus::STATUS_SUCCESS, Rule::acknowledged_close_pending, holder.type);
}

FsctlResult AcknowledgeOperation::finish_legacy(Holder& holder, bool keep_level_2) {
    const OplockType held = holder.type;
    FsctlResult result = answer(NtStatus::STATUS_SUCCESS, Rule::acknowledged, held);
    if (keep_level_2) {   // SC-077, SC-078: this IRP is the Level 2 request from now on
        holder = Holder{caller_.file_object, caller_.irp, caller_.target_key, OplockType::level_2,
                        BreakState::not_breaking, false};
        result.status = NtStatus::STATUS_PENDING;
    } else {
        if (holder.breaking == BreakState::to_level_2_to_none) {   // SC-081
            result.information = FILE_OPLOCK_BROKEN_TO_NONE;
            result.why.rule = Rule::acknowledged_broken_to_none;
        }
        oplock_.holders_.clear();   // exclusive: it was the only one
    }
    oplock_.release_waiters(effects_);
    return result;
}

// What the break under way leaves, by now.
OplockType AcknowledgeOperation::offered(const Holder& holder) const {
    switch (holder.breaking) {
        case BreakState::to_read: return OplockType::read;
        case BreakState::to_read_handle: return OplockType::read_handle;
        case BreakState::to_read_write: return OplockType::read_write;
        case BreakState::to_none: return OplockType::none;
        case BreakState::not_breaking:
        case BreakState::to_level_2:
        case BreakState::to_level_2_to_none: break;
    }
    OPLOCKSIM_ASSERT(false, "a Windows 7 oplock that breaks to no Windows 7 level");
}

AcknowledgeOperation::Refusal AcknowledgeOperation::read_handle_refusal(const Holder& holder,
                                                                        OplockType type) const {
    const CacheLevel level = cache_level(type);
    const bool somebody_waits = oplock_.operation_waits();
    if (holder.breaking == BreakState::to_none && somebody_waits) {
        return {true, OplockType::none, 0};
    }
    if ((level & W) == 0) return {};
    if (somebody_waits) return {true, offered(holder), 0};
    // SC-080: the conditions for granting RW and RWH hold for an acknowledgment too. Before
    // SC-097: without its handle level, such a request would be refused next.
    const GrantOperation grant(oplock_, semantics_, caller_, facts_, effects_);
    if (oplock_.holders_.size() > 1 || facts_.directory || facts_.transaction ||
        grant.other_opens_deny_granular_exclusive()) {
        return {true, offered(holder), 0};
    }
    return {};
}

// When the level asked for cannot be had ([MS-FSA] 2.1.5.19; SC-079, SC-080, SC-097).
AcknowledgeOperation::Refusal AcknowledgeOperation::refusal(const Holder& holder,
                                                            OplockType type) const {
    const CacheLevel level = cache_level(type);
    if (level == 0) return {};
    if (facts_.writable_section && semantics_.writable_section_blocks_granular_grant) {   // SC-103
        return {true, OplockType::none, REQUEST_OPLOCK_OUTPUT_FLAG_WRITABLE_SECTION_PRESENT};
    }
    if (semantics_.ack_level_policy == AckLevelPolicy::subset_of_offer &&
        (level & ~cache_level(offered(holder))) != 0) {
        return {true, offered(holder), 0};
    }
    if (holder.type == OplockType::read_handle) {
        const Refusal refused = read_handle_refusal(holder, type);
        if (refused.refused) return refused;
    } else if (type == OplockType::read_write_handle && holder.type == OplockType::read_write &&
               oplock_.operation_waits()) {
        return {true, offered(holder), 0};
    }
    if (facts_.delete_pending && (level & H) != 0 &&
        semantics_.handle_grant_denied_when_delete_pending) {
        return {true, type_of_level(static_cast<CacheLevel>(level & ~H)), 0};
    }
    return {};
}

FsctlResult AcknowledgeOperation::acknowledge_granular(OplockType type, bool complete_on_close) {
    Holder* const holder = owed_by_caller(/*granular=*/true);
    if (holder == nullptr) return invalid_protocol();
    if (complete_on_close) return promise_close(*holder);
    const Refusal refused = refusal(*holder, type);
    if (refused.refused) {
        FsctlResult result = answer(NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK,
                                    Rule::acknowledged_at_lower_level, holder->type);
        Notice notice;
        notice.new_type = refused.level;
        notice.flags = REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED | refused.flags;
        result.has_output = true;
        result.output = output_buffer(holder->type, notice);
        result.information = sizeof(RequestOplockOutputBuffer);
        return result;
    }
    return retain(*holder, type);
}

FsctlResult AcknowledgeOperation::retain(Holder& holder, OplockType type) {
    auto& holders = oplock_.holders_;
    FsctlResult result = answer(NtStatus::STATUS_SUCCESS, Rule::acknowledged, holder.type);
    holders.erase_at(static_cast<std::uint32_t>(&holder - holders.begin()));
    if (type != OplockType::none) {
        holders.push_back(Holder{caller_.file_object, caller_.irp, caller_.target_key, type,
                                 BreakState::not_breaking, false});
        result.status = NtStatus::STATUS_PENDING;
    }
    oplock_.release_waiters(effects_);
    return result;
}

FsctlResult AcknowledgeOperation::notify() {
    if (semantics_.notify_requires_complete_if_oplocked && !facts_.opened_complete_if_oplocked) {
        return invalid_protocol();
    }
    if (!oplock_.breaking()) return answer(NtStatus::STATUS_SUCCESS, Rule::notify_no_break);
    oplock_.waiters_.push_back(Waiter{caller_.irp, caller_.file_object, caller_.target_key,
                                      WaitReason::notification});
    return answer(NtStatus::STATUS_PENDING, Rule::notify_pending,
                  oplock_.holders_.front().type);
}

namespace {

// FSCTL_REQUEST_OPLOCK, before anything is looked at but its input buffer (SC-071).
struct GranularInput {
    Rule refused = Rule::granted;   // granted: the input is well formed
    bool acknowledgment = false;
    bool complete_on_close = false;
    OplockType type = OplockType::none;
};

GranularInput decode(const OplockFsctl& fsctl, bool directory) {
    GranularInput input;
    const bool request = (fsctl.flags & REQUEST_OPLOCK_INPUT_FLAG_REQUEST) != 0;
    input.acknowledgment = (fsctl.flags & REQUEST_OPLOCK_INPUT_FLAG_ACK) != 0;
    input.complete_on_close =
        (fsctl.flags & REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE) != 0;
    if (request == input.acknowledgment || (input.complete_on_close && request) ||
        (fsctl.flags & ~0x7u) != 0) {
        input.refused = Rule::refused_flags;
    } else if (!is_legal_level(fsctl.requested_oplock_level)) {
        input.refused = Rule::refused_level;
    } else {
        input.type = type_of_level(static_cast<CacheLevel>(fsctl.requested_oplock_level));
        // Requests only: an acknowledgment that nobody asked for is a protocol error first.
        const bool none_of_directory =
            is_exclusive(input.type) || input.type == OplockType::none;
        if (directory && request && none_of_directory) input.refused = Rule::refused_directory;
    }
    return input;
}

OplockType legacy_type(FsControlCode code) {
    switch (code) {
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1: return OplockType::level_1;
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2: return OplockType::level_2;
        case FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK: return OplockType::batch;
        case FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK: return OplockType::filter;
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
        case FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING:
        case FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY:
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2:
        case FsControlCode::FSCTL_REQUEST_OPLOCK:
        case FsControlCode::FSCTL_SET_ZERO_DATA: break;
    }
    return OplockType::none;
}

// FSCTL_REQUEST_OPLOCK serves requests and acknowledgments (SC-071).
FsctlResult request_oplock(const OplockFsctl& fsctl, bool directory, GrantOperation& grant,
                           AcknowledgeOperation& acknowledge) {
    const GranularInput input = decode(fsctl, directory);
    if (input.refused != Rule::granted) {
        return answer(NtStatus::STATUS_INVALID_PARAMETER, input.refused);
    }
    if (input.acknowledgment) {
        return acknowledge.acknowledge_granular(input.type, input.complete_on_close);
    }
    if (input.type == OplockType::none) {
        return answer(NtStatus::STATUS_SUCCESS, Rule::granted_level_none);
    }
    return grant.run(input.type);
}

bool is_request(const OplockFsctl& fsctl) {
    return legacy_type(fsctl.code) != OplockType::none ||
           (fsctl.code == FsControlCode::FSCTL_REQUEST_OPLOCK &&
            (fsctl.flags & REQUEST_OPLOCK_INPUT_FLAG_ACK) == 0);
}

FsctlResult dispatch(const OplockFsctl& fsctl, bool directory, GrantOperation& grant,
                     AcknowledgeOperation& acknowledge) {
    switch (fsctl.code) {
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1:
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2:
        case FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK:
        case FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK: return grant.run(legacy_type(fsctl.code));
        case FsControlCode::FSCTL_REQUEST_OPLOCK:
            return request_oplock(fsctl, directory, grant, acknowledge);
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2:
        case FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING:
            return acknowledge.acknowledge_legacy(fsctl.code);
        case FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY: return acknowledge.notify();
        case FsControlCode::FSCTL_SET_ZERO_DATA: break;
    }
    OPLOCKSIM_ASSERT(false, "FSCTL_SET_ZERO_DATA is an operation, not an oplock FSCTL");
}

}  // namespace

FsctlResult Oplock::fsctrl(const Semantics& semantics, const Caller& caller,
                           const OplockFsctl& fsctl, const StreamFacts& facts,
                           Effects& effects) {
    Mutation mutation(*this, effects);
    const Caller& asking = mutation.of(caller, fsctl, facts);
    const OplockFsctl& asked = mutation.of(fsctl);
    const StreamFacts& seen = mutant_of(facts, fsctl);
    GrantOperation grant(*this, semantics, asking, seen, effects);
    AcknowledgeOperation acknowledge(*this, semantics, asking, seen, effects);
    FsctlResult result = dispatch(asked, seen.directory, grant, acknowledge);
    // The request that a reservation waited for came, granted or not (SC-102).
    if (!reservations_.empty() && is_request(fsctl)) {
        back_out_reservation(caller.file_object, effects);
    }
    mutation.after(result);
    check_invariants();
    return result;
}

}  // namespace oplocksim::engine
