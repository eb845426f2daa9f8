#include "conformance/rules/granting.h"

#include <algorithm>

#include "conformance/rules/decision.h"
#include "conformance/rules/moment.h"
#include "conformance/rules/observation.h"

namespace oplocksim::conformance {
namespace {

using engine::FsControlCode;
using engine::NtStatus;
using engine::OplockType;

bool is_shared(OplockType type) {
    return type == OplockType::level_2 || type == OplockType::read ||
           type == OplockType::read_handle;
}

// Everything about one request for an oplock.
class GrantReading {
 public:
    GrantReading(const Observation& model, const KnownIrp& irp)
        : model_(model), irp_(irp), type_(requested_type(irp.request.fsctl)) {}

    [[nodiscard]] Expected answer() const {
        if (const Expected refused = illegal(); refused.answers != 0) return refused;
        const bool may_be_directory =
            model_.names().is_directory(irp_.place.stream) == Known::unknown;
        Expected expected = on_file();
        if (may_be_directory && !is_directory_type()) {
            expected.answers = static_cast<Answers>(expected.answers | kInvalidParameter);
        }
        return expected;
    }

 private:
    [[nodiscard]] bool is_directory_type() const {
        return type_ == OplockType::read || type_ == OplockType::read_handle;
    }

    [[nodiscard]] Expected illegal() const {
        const engine::OplockFsctl& fsctl = irp_.request.fsctl;
        const bool directory = model_.names().is_directory(irp_.place.stream) == Known::yes;
        if (fsctl.code == FsControlCode::FSCTL_REQUEST_OPLOCK) {
            const std::uint32_t kFlags = engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST;
            if (fsctl.flags != kFlags) {
                return {kInvalidParameter, AnswerTopic::grant, "FSCTLP-IN-REQUEST-XOR-ACK"};
            }
            if (!legal_level(fsctl.requested_oplock_level)) {
                return {kInvalidParameter, AnswerTopic::grant, "GRANT-LEVEL-ILLEGAL"};
            }
        }
        if (directory && !is_directory_type()) {
            return {kInvalidParameter, AnswerTopic::directory, "GRANT-DIRECTORY-LEVELS"};
        }
        return {};
    }

    // The order of SC-072.
    [[nodiscard]] Expected on_file() const {
        if (type_ == OplockType::none) {
            return {kSuccess, AnswerTopic::grant, "GRANT-LEVEL-NONE"};
        }
        if (model_.synchronous(irp_)) {
            return {kNotGranted, AnswerTopic::synchronous, "GRANT-SYNC-NEVER"};
        }
        if (transaction()) return {kNotGranted, AnswerTopic::grant, "GRANT-L1-TXF"};
        if (other_opens_deny()) return {kNotGranted, AnswerTopic::grant, opens_clause()};
        Answers also = 0;
        if (is_shared(type_) && locked()) {
            const Answers refused = kNotGranted;
            if (model_.semantics().brl_beyond_allocation_blocks_grant) {
                return {refused, AnswerTopic::byte_range_lock, "GRANT-R-BYTE-RANGE-LOCKS"};
            }
            also = refused;   // whether it counts depends on an allocation size
        }
        Expected expected = section_and_state();
        expected.answers = static_cast<Answers>(expected.answers | also);
        return expected;
    }

    [[nodiscard]] Expected section_and_state() const {
        const bool looks = model_.semantics().handle_grant_denied_when_delete_pending &&
                           caches_handles(type_);
        const Known going =
            looks ? model_.names().is_going(irp_.place.stream, irp_.place.link) : Known::no;
        const bool handle_refused = going == Known::yes;
        const bool section_refused =
            model_.semantics().writable_section_blocks_granular_grant &&
            engine::is_granular(type_) && writable_section();
        if (handle_refused && section_refused) {
            return {kNotGranted | kCannotGrant, AnswerTopic::grant, "GRANT-PRECEDENCE"};
        }
        if (handle_refused) return {kNotGranted, AnswerTopic::grant, "GRANT-DELETE-PENDING"};
        Expected expected =
            section_refused ? Expected{kCannotGrant, AnswerTopic::grant, "GRANT-R-WRITABLE-SECTION"}
                            : state();
        if (going == Known::unknown) expected.answers = expected.answers | kNotGranted;
        return expected;
    }

    [[nodiscard]] bool transaction() const {
        return model_.opens_of(irp_.place.file).any([](const KnownOpen& open) {
            return !open.cleaned_up && open.transacted;
        });
    }

    [[nodiscard]] bool writable_section() const {
        return std::ranges::any_of(model_.sections(), [&](const KnownSection& section) {
            return section.writable && section.stream == irp_.place.stream;
        });
    }

    [[nodiscard]] bool locked() const {
        return std::ranges::any_of(model_.locks(), [&](const KnownLock& lock) {
            return lock.stream == irp_.place.stream;
        });
    }

    [[nodiscard]] std::string_view opens_clause() const {
        return engine::is_granular(type_) ? "GRANT-RW-OTHER-OPENS" : "GRANT-L1-OTHER-OPENS";
    }

    [[nodiscard]] bool other_opens_deny() const {
        if (!engine::is_exclusive(type_)) return false;
        const auto policy = model_.semantics().exclusive_grant_same_key_opens;
        const bool ignore_attributes =
            policy == engine::ExclusiveGrantSameKeyOpens::allow_ignoring_attribute_only;
        const bool deny_same_key =
            !engine::is_granular(type_) ||
            (policy == engine::ExclusiveGrantSameKeyOpens::deny && holders().empty());
        const sim::OplockKey key = model_.target_key(irp_);
        return model_.opens_of(irp_.place.file).any([&](const KnownOpen& open) {
            if (open.cleaned_up || open.number == irp_.open) return false;
            if (open.stream != irp_.place.stream) return false;
            if (ignore_attributes && attribute_only(open.access)) return false;
            const bool same_key = key.value != 0 && open.target_key == key;
            return deny_same_key || !same_key;
        });
    }

    [[nodiscard]] OplockList holders() const {
        OplockList found;
        for (const KnownOplock& oplock : model_.oplocks()) {
            if (oplock.stream == irp_.place.stream) found.push_back(&oplock);
        }
        return found;
    }

    [[nodiscard]] Expected refuse(std::string_view clause) const {
        return {kNotGranted, AnswerTopic::grant, clause};
    }
    [[nodiscard]] Expected grant(std::string_view clause) const {
        return {kPends, AnswerTopic::grant, clause};
    }

    [[nodiscard]] Expected state() const {
        const OplockList held = holders();
        const auto breaking = [](const KnownOplock* one) { return one->breaking; };
        const bool exclusive_breaking = std::ranges::any_of(held, [&](const KnownOplock* one) {
            return one->breaking && engine::is_exclusive(one->type);
        });
        if (exclusive_breaking) return refuse("GRANT-WHILE-EXCLUSIVE-BREAKING");
        if (std::ranges::any_of(held, breaking)) return beside_breaking_read_handle(held);
        return settled(held);
    }

    // SC-073. Only Read-Handle is breaking.
    [[nodiscard]] Expected beside_breaking_read_handle(const OplockList& held) const {
        if (!is_directory_type()) return refuse("GRANT-WHILE-RH-BREAKING");
        std::size_t breaking = 0;
        bool granted_beside = false;
        for (const KnownOplock* one : held) {
            if (one->breaking && model_.same_owner(irp_, *one)) {
                return refuse("GRANT-WHILE-OWN-KEY-BREAKING");
            }
            breaking += one->breaking ? 1 : 0;
            granted_beside = granted_beside || !one->breaking;
        }
        switch (model_.semantics().grant_while_rh_breaking) {
            case engine::GrantWhileRhBreaking::deny_all: return refuse("GRANT-WHILE-RH-BREAKING");
            case engine::GrantWhileRhBreaking::allow_other_keys:
                return settled_beside("GRANT-WHILE-RH-BREAKING", held);
            case engine::GrantWhileRhBreaking::fsa_guard: break;
        }
        if (granted_beside) return settled_beside("GRANT-WHILE-RH-BREAKING", held);
        if (breaking == 1) return refuse("GRANT-WHILE-RH-BREAKING");
        return {kPends | kNotGranted, AnswerTopic::grant, "GRANT-WHILE-RH-BREAKING"};
    }

    // Granted, unless an oplock of the requester's own key that is not breaking says no.
    [[nodiscard]] Expected settled_beside(std::string_view clause,
                                          const OplockList& held) const {
        const bool own_read_handle = std::ranges::any_of(held, [&](const KnownOplock* one) {
            return !one->breaking && one->type == OplockType::read_handle &&
                   model_.same_owner(irp_, *one);
        });
        if (type_ == OplockType::read && own_read_handle) return refuse("GRANT-R-OVER-RH-SAME-KEY");
        return grant(clause);
    }

    // The matrix: every oplock on the stream must allow the requested type beside or instead of it.
    [[nodiscard]] Expected settled(const OplockList& held) const {
        for (const KnownOplock* one : held) {
            if (!allows(*one)) return refuse(over_clause());
        }
        return grant(over_clause());
    }

    [[nodiscard]] bool allows(const KnownOplock& one) const {
        const bool own = model_.same_owner(irp_, one);
        switch (type_) {
            case OplockType::none: return true;
            case OplockType::level_1:
            case OplockType::batch:
            case OplockType::filter: return one.type == OplockType::level_2;
            case OplockType::level_2:
                return one.type == OplockType::level_2 || one.type == OplockType::read;
            case OplockType::read:
                if (one.type == OplockType::read_handle) return !own;
                return one.type == OplockType::level_2 || one.type == OplockType::read;
            case OplockType::read_handle:
                return one.type == OplockType::read || one.type == OplockType::read_handle;
            case OplockType::read_write:
                return own && (one.type == OplockType::read || one.type == OplockType::read_write);
            case OplockType::read_write_handle:
                return own && engine::is_granular(one.type);
        }
        return false;
    }

    [[nodiscard]] std::string_view over_clause() const {
        switch (type_) {
            case OplockType::none: return "GRANT-LEVEL-NONE";
            case OplockType::level_1:
            case OplockType::batch:
            case OplockType::filter: return "GRANT-L1-OVER-OTHER";
            case OplockType::level_2: return "GRANT-L2-OVER-L2-R";
            case OplockType::read: return "GRANT-R-OVER-L2-R";
            case OplockType::read_handle: return "GRANT-RH-OVER-OTHER";
            case OplockType::read_write: return "GRANT-RW-OVER-OTHER";
            case OplockType::read_write_handle: return "GRANT-RWH-OVER-LEGACY";
        }
        return "GRANT-PRECEDENCE";
    }

    const Observation& model_;
    const KnownIrp& irp_;
    OplockType type_;
};

Expected acknowledged(Answers answers, std::string_view clause) {
    return {answers, AnswerTopic::acknowledgment, clause};
}

// What changes names may wait at other streams: below a directory, or at what it replaces.
bool may_wait_elsewhere(const Observation& model, const KnownIrp& irp) {
    const sim::RequestKind kind = irp.request.kind;
    const bool below = kind == sim::RequestKind::set_short_name &&
                       model.names().is_directory(irp.place.stream) != Known::no;
    return below || kind == sim::RequestKind::rename || kind == sim::RequestKind::link ||
           waits_for_something_else(model, irp);
}

// Does an operation wait that can only go on when nothing is left of the oplock?
bool somebody_needs_none(const Observation& model, const KnownOplock& owed) {
    return std::ranges::any_of(model.irps(), [&](const KnownIrp& irp) {
        if (!irp.pended || irp.cancelled || irp.released) return false;
        if (irp.place.stream != owed.stream) return false;
        if (irp.request.kind == sim::RequestKind::oplock_fsctl) return false;
        if (may_wait_elsewhere(model, irp)) return false;
        const auto decision = decide(model, irp, owed, Relation::same_stream, false);
        return decision && decision->waits && decision->to == OplockType::none;
    });
}

}  // namespace

// A released operation decides again when nobody sees it.
bool may_be_deepened(const Observation& model, const KnownOplock& owed) {
    if (owed.deepened) return true;
    return std::ranges::any_of(model.irps(), [&](const KnownIrp& irp) {
        const bool waits = irp.pended && irp.request.kind != sim::RequestKind::oplock_fsctl;
        return waits && (irp.released || irp.request.kind == sim::RequestKind::link ||
                         irp.request.kind == sim::RequestKind::rename) &&
               needs_more_than_told(model, irp, owed);
    });
}

namespace {

// Does anybody surely wait for the break of this oplock?
bool somebody_waits(const Observation& model, const KnownOplock& owed) {
    return std::ranges::any_of(model.irps(), [&](const KnownIrp& irp) {
        if (!irp.pended || irp.cancelled || irp.released) return false;
        if (irp.request.kind == sim::RequestKind::oplock_fsctl) return false;
        if (may_wait_elsewhere(model, irp)) return false;
        const auto decision = decide(model, irp, owed, Relation::same_stream, irp.conflict);
        return irp.place.stream == owed.stream && decision && decision->waits;
    });
}

// Surely nobody: what is pended elsewhere may have come to this stream meanwhile, by its names.
bool nobody_waits(const Observation& model, const KnownOplock& owed) {
    return std::ranges::none_of(model.irps(), [&](const KnownIrp& irp) {
        if (!irp.pended || irp.request.kind == sim::RequestKind::oplock_fsctl) return false;
        return irp.released || !irp.known_place || irp.place.stream == owed.stream ||
               irp.request.kind == sim::RequestKind::create ||
               irp.request.kind == sim::RequestKind::link ||
               irp.request.kind == sim::RequestKind::rename ||
               irp.request.kind == sim::RequestKind::set_short_name;
    });
}

// An RH owner for whom nobody waits keeps what others do not exclude, whatever it was told
// ([MS-FSA] 2.1.5.19: only a waiting operation, or a level with write caching, refuses it).
bool surely_kept(const Observation& model, const KnownOplock& owed, OplockType level) {
    return owed.type == OplockType::read_handle && !engine::is_exclusive(level) &&
           model.semantics().ack_level_policy != engine::AckLevelPolicy::subset_of_offer &&
           nobody_waits(model, owed);
}

// [MS-FSA] 2.1.5.19 with SC-079, SC-080, SC-097: levels that an acknowledgment cannot keep.
bool surely_refused(const Observation& model, const KnownIrp& irp, const KnownOplock& owed,
                    OplockType level) {
    const bool going = model.names().is_going(owed.stream, irp.place.link) == Known::yes;
    const bool matters = model.semantics().handle_grant_denied_when_delete_pending;
    if (matters && going && caches_handles(level)) return true;
    const bool waits = somebody_waits(model, owed);
    if (owed.type == OplockType::read_write) {
        return waits && level == OplockType::read_write_handle;
    }
    if (owed.type != OplockType::read_handle) return false;
    if (waits && owed.told == OplockType::none) return true;
    if (!engine::is_exclusive(level)) return false;
    const sim::OplockKey key = model.target_key(irp);
    const bool others = model.opens_of(owed.file).any([&](const KnownOpen& open) {
        const bool same_key = key.value != 0 && open.target_key == key;
        return !open.cleaned_up && open.number != irp.open && open.stream == owed.stream &&
               !same_key && !attribute_only(open.access);
    });
    return waits || others;
}

Expected legacy_acknowledgment(const Observation& model, const KnownIrp& irp) {
    const KnownOplock* const owed = model.owed_by(irp.open, false);
    if (owed == nullptr) return acknowledged(kInvalidProtocol, "ACK-UNEXPECTED");
    if (owed->close_pending) {
        const bool accept = model.semantics().ack_after_close_pending ==
                            engine::AckAfterClosePending::accept;
        if (!accept) return acknowledged(kInvalidProtocol, "ACK-CLOSE-PENDING-STATE");
        return acknowledged(kPends | kSuccess, "ACK-CLOSE-PENDING-STATE");
    }
    const bool accepts = irp.request.fsctl.code == FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE;
    if (!accepts) return acknowledged(kSuccess, "ACK-NO-2");
    if (owed->told != OplockType::level_2) {
        return acknowledged(kSuccess, "ACK-ACCEPT-NONE-COMPLETES");
    }
    const bool silent = model.semantics().deeper_break_while_breaking ==
                        engine::DeeperBreakWhileBreaking::silent_deepening;
    if (silent && somebody_needs_none(model, *owed)) {
        return acknowledged(kSuccess, "ACK-DEEPENED-LEGACY");
    }
    if (may_be_deepened(model, *owed)) {
        return acknowledged(kPends | kSuccess, "ACK-DEEPENED-LEGACY");
    }
    return acknowledged(kPends, "ACK-ACCEPT-LEVEL-2-PENDS");
}

bool within(OplockType level, OplockType offer) {
    return (engine::cache_level(level) & ~engine::cache_level(offer)) == 0;
}

// FSCTL_REQUEST_OPLOCK with REQUEST_OPLOCK_INPUT_FLAG_ACK.
Expected granular_acknowledgment(const Observation& model, const KnownIrp& irp) {
    const engine::OplockFsctl& fsctl = irp.request.fsctl;
    const bool also_requests = (fsctl.flags & engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST) != 0;
    const bool on_close =
        (fsctl.flags & engine::REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE) != 0;
    if (also_requests) return acknowledged(kInvalidParameter, "FSCTLP-IN-REQUEST-XOR-ACK");
    const KnownOplock* const owed = model.owed_by(irp.open, true);
    if (!legal_level(fsctl.requested_oplock_level)) {
        Answers answers = kInvalidParameter;
        if (on_close) answers = answers | kSuccess;
        if (owed == nullptr) answers = answers | kInvalidProtocol;
        return acknowledged(answers, "ACK-LEVEL-ILLEGAL");
    }
    if (owed == nullptr) return acknowledged(kInvalidProtocol, "ACK-UNEXPECTED");
    if (owed->close_pending) {
        const bool accept = model.semantics().ack_after_close_pending ==
                            engine::AckAfterClosePending::accept;
        if (!accept) return acknowledged(kInvalidProtocol, "ACK-COMPLETE-ON-CLOSE");
        return acknowledged(kPends | kSuccess | kCannotGrant, "ACK-COMPLETE-ON-CLOSE");
    }
    if (on_close) return acknowledged(kSuccess, "ACK-COMPLETE-ON-CLOSE");
    const OplockType level = requested_type(fsctl);
    if (level == OplockType::none) return acknowledged(kSuccess, "ACK-GRANULAR-NONE-COMPLETES");
    const bool section = std::ranges::any_of(model.sections(), [&](const KnownSection& one) {
        return one.writable && one.stream == owed->stream;
    });
    if (section && model.semantics().writable_section_blocks_granular_grant) {
        return acknowledged(kCannotGrant, "ACK-WRITABLE-SECTION");
    }
    const bool stays = model.names().is_going(owed->stream, irp.place.link) == Known::no;
    const bool settled = stays && !may_be_deepened(model, *owed) && !owed->by_section;
    if (settled && within(level, owed->told)) return acknowledged(kPends, "ACK-GRANULAR-LESS");
    if (stays && surely_kept(model, *owed, level)) {
        return acknowledged(kPends, "ACK-GRANULAR-RH-TO-NONE");
    }
    if (surely_refused(model, irp, *owed, level)) {
        return acknowledged(kCannotGrant, "ACK-GRANULAR-MORE");
    }
    const bool strict =
        model.semantics().ack_level_policy == engine::AckLevelPolicy::subset_of_offer;
    if (strict && !within(level, owed->told)) {
        return acknowledged(kCannotGrant, "ACK-GRANULAR-MORE");
    }
    return acknowledged(kPends | kCannotGrant, "ACK-GRANULAR-MORE");
}

Expected notification(const Observation& model, const KnownIrp& irp) {
    if (model.semantics().notify_requires_complete_if_oplocked) return {};
    const bool breaking = std::ranges::any_of(model.oplocks(), [&](const KnownOplock& oplock) {
        return oplock.breaking && oplock.stream == irp.place.stream;
    });
    if (breaking) return {kPends, AnswerTopic::notification, "ACK-NOTIFY-WAITS"};
    return {kSuccess, AnswerTopic::notification, "ACK-NOTIFY-NO-BREAK"};
}

}  // namespace

Expected expected_answer(const Observation& model, const KnownIrp& irp) {
    const KnownOpen* const own = model.open(irp.open);
    if (own == nullptr || own->cleaned_up) return {};
    switch (fsctl_kind(irp.request.fsctl)) {
        case FsctlKind::request: return GrantReading(model, irp).answer();
        case FsctlKind::acknowledgment:
            if (irp.request.fsctl.code == FsControlCode::FSCTL_REQUEST_OPLOCK) {
                return granular_acknowledgment(model, irp);
            }
            return legacy_acknowledgment(model, irp);
        case FsctlKind::notification: return notification(model, irp);
        case FsctlKind::other: return {};
    }
    return {};
}

Answers answer_of(NtStatus status) {
    if (status == NtStatus::STATUS_SUCCESS) return kSuccess;
    if (status == NtStatus::STATUS_OPLOCK_NOT_GRANTED) return kNotGranted;
    if (status == NtStatus::STATUS_INVALID_PARAMETER) return kInvalidParameter;
    if (status == NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK) return kCannotGrant;
    if (status == NtStatus::STATUS_INVALID_OPLOCK_PROTOCOL) return kInvalidProtocol;
    return 0;
}

std::string describe(Answers answers) {
    std::string text;
    const auto add = [&](Answers one, std::string_view name) {
        if ((answers & one) == 0) return;
        if (!text.empty()) text += " or ";
        text += name;
    };
    add(kPends, "STATUS_PENDING");
    add(kSuccess, "STATUS_SUCCESS");
    add(kNotGranted, "STATUS_OPLOCK_NOT_GRANTED");
    add(kInvalidParameter, "STATUS_INVALID_PARAMETER");
    add(kCannotGrant, "STATUS_CANNOT_GRANT_REQUESTED_OPLOCK");
    add(kInvalidProtocol, "STATUS_INVALID_OPLOCK_PROTOCOL");
    return text;
}

}  // namespace oplocksim::conformance
