// The two halves of fsctrl(): internal to the package.
#pragma once

#include "engine/oplock.h"

namespace oplocksim::engine {

// A request for an oplock: Requesting and Granting Oplocks; [MS-FSA] 2.1.5.18.
class GrantOperation {
 public:
    GrantOperation(Oplock& oplock, const Semantics& semantics, const Caller& caller,
                   const StreamFacts& facts, Effects& effects)
        : oplock_(oplock),
          semantics_(semantics),
          caller_(caller),
          facts_(facts),
          effects_(effects) {}

    // Requires: `type` is not none.
    [[nodiscard]] FsctlResult run(OplockType type);

    // The part of the RW and RWH conditions that an acknowledgment must meet too (SC-080).
    [[nodiscard]] bool other_opens_deny_granular_exclusive() const;

 private:
    [[nodiscard]] FsctlResult request_exclusive_legacy(OplockType type);
    [[nodiscard]] FsctlResult request_exclusive_granular(OplockType type);
    [[nodiscard]] FsctlResult request_shared(OplockType type);
    [[nodiscard]] Rule shared_state_denies(OplockType type) const;
    [[nodiscard]] Rule read_handle_break_denies() const;
    [[nodiscard]] bool byte_range_locks_deny() const;
    [[nodiscard]] bool same_owner(const Holder& holder) const;
    [[nodiscard]] FsctlResult refuse(Rule rule, NtStatus status) const;
    [[nodiscard]] FsctlResult refuse_for_section(OplockType type) const;
    [[nodiscard]] FsctlResult grant(OplockType type, Rule rule);
    // Completes the owner's Windows 7 request with STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE.
    bool switch_own(OplockType from, OplockType new_type);

    Oplock& oplock_;
    const Semantics& semantics_;
    const Caller& caller_;
    const StreamFacts& facts_;
    Effects& effects_;
};

// An acknowledgment: Acknowledging Oplock Breaks; [MS-FSA] 2.1.5.19.
class AcknowledgeOperation {
 public:
    AcknowledgeOperation(Oplock& oplock, const Semantics& semantics, const Caller& caller,
                         const StreamFacts& facts, Effects& effects)
        : oplock_(oplock),
          semantics_(semantics),
          caller_(caller),
          facts_(facts),
          effects_(effects) {}

    // FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, _ACK_NO_2, FSCTL_OPBATCH_ACK_CLOSE_PENDING.
    [[nodiscard]] FsctlResult acknowledge_legacy(FsControlCode code);
    // FSCTL_REQUEST_OPLOCK with REQUEST_OPLOCK_INPUT_FLAG_ACK. `type` may be none.
    [[nodiscard]] FsctlResult acknowledge_granular(OplockType type, bool complete_on_close);
    // FSCTL_OPLOCK_BREAK_NOTIFY.
    [[nodiscard]] FsctlResult notify();

 private:
    [[nodiscard]] Holder* owed_by_caller(bool granular);
    [[nodiscard]] FsctlResult finish_legacy(Holder& holder, bool keep_level_2);
    [[nodiscard]] FsctlResult promise_close(Holder& holder) const;
    [[nodiscard]] OplockType offered(const Holder& holder) const;
    // The level that must be answered with STATUS_CANNOT_GRANT_REQUESTED_OPLOCK, if any.
    struct Refusal {
        bool refused = false;
        OplockType level = OplockType::none;
        std::uint32_t flags = 0;
    };
    [[nodiscard]] Refusal refusal(const Holder& holder, OplockType type) const;
    [[nodiscard]] Refusal read_handle_refusal(const Holder& holder, OplockType type) const;
    [[nodiscard]] FsctlResult invalid_protocol() const;
    [[nodiscard]] FsctlResult retain(Holder& holder, OplockType type);

    Oplock& oplock_;
    const Semantics& semantics_;
    const Caller& caller_;
    const StreamFacts& facts_;
    Effects& effects_;
};

}  // namespace oplocksim::engine
