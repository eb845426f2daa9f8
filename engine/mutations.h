// Mutants that are wrong values rather than wrong decisions: what a call is given, what an
// operation demands and what somebody is told, changed on the way. Internal to the package.
//
// Mutation and its like stand around one public operation of an Oplock, and change what it is given
// and what it leaves behind.
//
// In every build but the one with mutants these functions hand through what they are given, and
// the classes are empty.
#pragma once

#include "engine/break_demand.h"
#include "engine/mutant.h"
#include "engine/oplock.h"

namespace oplocksim::engine {

#ifdef OPLOCKSIM_MUTANTS

[[nodiscard]] OplockFsctl mutant_of(OplockFsctl fsctl);
void mutate(FsctlResult& result);
[[nodiscard]] StreamFacts mutant_of(StreamFacts facts, const OplockFsctl& fsctl);
[[nodiscard]] CheckRequest mutant_of(CheckRequest request);
[[nodiscard]] BreakDemand mutant_of(BreakDemand demand, const CheckRequest& request);
void mutate(Effect& notice);
void mutate(Holder& broken, Effect& notice);

// Before an operation, what was; afterwards, what it has done.
class Mutation {
 public:
    Mutation(Oplock& oplock, Effects& effects)
        : oplock_(oplock), before_(oplock), effects_(effects), first_(effects.size()) {}

    [[nodiscard]] Caller of(Caller caller, const CheckRequest& request);
    [[nodiscard]] Caller of(Caller caller, const OplockFsctl& fsctl, const StreamFacts& facts);
    [[nodiscard]] OplockFsctl of(const OplockFsctl& fsctl) const;
    void after(CheckResult& result);
    void after(FsctlResult& result);
    void after_cancel(IrpId irp);
    void after_cleanup(FileObjectId file_object);

 private:
    [[nodiscard]] bool told(IrpId irp) const;
    [[nodiscard]] bool goes_on_despite(Rule why) const;
    [[nodiscard]] bool grants_over(Rule refused) const;
    void prepare_acknowledgment(Caller& caller);
    void after_request(FsctlResult& result);
    void after_acknowledgment(FsctlResult& result);
    void after_notification(FsctlResult& result);
    void grant(FsctlResult& result);
    void forget_effects(Rule rule);
    void undo();
    void undo(const Holder& was);
    void undo_all_but_first(OplockType type);
    void undo_depth(int kept);
    void mutate_depth();
    void release(WaitReason reason);
    void mutate_releases();
    void release_nobody();

    Oplock& oplock_;
    const Oplock before_;
    Effects& effects_;
    const std::uint32_t first_;   // effects before the operation
    Caller caller_;
    CheckRequest request_;
    OplockFsctl fsctl_;
    OplockType requested_ = OplockType::none;
    bool complete_if_oplocked_ = false;
    bool hides_waiters_ = false;
};

class CancelMutation {
 public:
    CancelMutation(Oplock& oplock, IrpId irp, Effects& effects)
        : mutation_(oplock, effects), irp_(irp) {}
    ~CancelMutation() { mutation_.after_cancel(irp_); }

 private:
    Mutation mutation_;
    IrpId irp_;
};

class CleanupMutation {
 public:
    CleanupMutation(Oplock& oplock, FileObjectId file_object, Effects& effects)
        : mutation_(oplock, effects), file_object_(file_object) {}
    ~CleanupMutation() { mutation_.after_cleanup(file_object_); }

 private:
    Mutation mutation_;
    FileObjectId file_object_;
};

#else

[[nodiscard]] constexpr const StreamFacts& mutant_of(const StreamFacts& facts,
                                                     const OplockFsctl&) {
    return facts;
}
[[nodiscard]] constexpr const CheckRequest& mutant_of(const CheckRequest& request) {
    return request;
}
[[nodiscard]] constexpr const BreakDemand& mutant_of(const BreakDemand& demand,
                                                     const CheckRequest&) {
    return demand;
}
constexpr void mutate(const Effect&) {}
constexpr void mutate(const Holder&, const Effect&) {}

class Mutation {
 public:
    constexpr Mutation(const Oplock&, const Effects&) {}
    [[nodiscard]] static constexpr const Caller& of(const Caller& caller, const CheckRequest&) {
        return caller;
    }
    [[nodiscard]] static constexpr const Caller& of(const Caller& caller, const OplockFsctl&,
                                                    const StreamFacts&) {
        return caller;
    }
    [[nodiscard]] static constexpr const OplockFsctl& of(const OplockFsctl& fsctl) {
        return fsctl;
    }
    static constexpr void after(const CheckResult&) {}
    static constexpr void after(const FsctlResult&) {}
};
struct CancelMutation {
    constexpr CancelMutation(const Oplock&, IrpId, const Effects&) {}
};
struct CleanupMutation {
    constexpr CleanupMutation(const Oplock&, FileObjectId, const Effects&) {}
};

#endif

}  // namespace oplocksim::engine
