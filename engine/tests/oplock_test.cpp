// The package on its own: results, effects and their order, waiting, reservation, random histories.
// The specification's tables are run through the kernel, in scenarios/corpus.
#include "engine/oplock.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>
#include <vector>

namespace oplocksim::engine {
namespace {

// One stream with callers that are made as needed: FILE_OBJECT n has IRPs numbered upwards.
class Bench {
 public:
    Caller caller(std::uint32_t file_object, std::uint32_t key = 0, std::uint32_t parent_key = 0) {
        return Caller{{file_object}, {key}, {parent_key}, {next_irp_++}};
    }
    FsctlResult request(const Caller& caller, OplockType type) {
        return fsctl(caller, code_of(type), cache_level(type), REQUEST_OPLOCK_INPUT_FLAG_REQUEST);
    }
    FsctlResult fsctl(const Caller& caller, FsControlCode code, std::uint32_t level = 0,
                      std::uint32_t flags = 0) {
        effects.clear();
        return oplock.fsctrl(semantics, caller, OplockFsctl{code, level, flags}, facts, effects);
    }
    FsctlResult acknowledge(const Caller& caller, CacheLevel level) {
        return fsctl(caller, FsControlCode::FSCTL_REQUEST_OPLOCK, level,
                     REQUEST_OPLOCK_INPUT_FLAG_ACK);
    }
    CheckResult check(const Caller& caller, Operation operation, OplockCheckFlags flags = 0) {
        CheckRequest request;
        request.operation = operation;
        request.desired_access = FILE_READ_DATA;
        request.share_access = FILE_SHARE_READ;
        request.flags = flags;
        return check(caller, request);
    }
    CheckResult check(const Caller& caller, const CheckRequest& request) {
        effects.clear();
        return oplock.check(semantics, caller, request, effects);
    }

    static FsControlCode code_of(OplockType type) {
        switch (type) {
            case OplockType::level_1: return FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1;
            case OplockType::level_2: return FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2;
            case OplockType::batch: return FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK;
            case OplockType::filter: return FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK;
            case OplockType::none:
            case OplockType::read:
            case OplockType::read_handle:
            case OplockType::read_write:
            case OplockType::read_write_handle: break;
        }
        return FsControlCode::FSCTL_REQUEST_OPLOCK;
    }

    Oplock oplock;
    Semantics semantics;
    StreamFacts facts;
    Effects effects;

 private:
    std::uint32_t next_irp_ = 100;
};

TEST(Oplock, ANoticeCarriesTheModesOfTheConflictingCreate) {
    Bench bench;
    const Caller owner = bench.caller(1);
    ASSERT_EQ(bench.request(owner, OplockType::read_handle).status, NtStatus::STATUS_PENDING);
    const CheckResult result = bench.check(bench.caller(2), Operation::create_break_handle);
    EXPECT_EQ(result.decision, CheckDecision::wait);
    ASSERT_EQ(bench.effects.size(), 1u);
    const Effect& notice = bench.effects[0];
    EXPECT_EQ(notice.irp, owner.irp);
    EXPECT_EQ(notice.status, NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(notice.information, 24u);
    EXPECT_EQ(notice.output.original_oplock_level, 3u);
    EXPECT_EQ(notice.output.new_oplock_level, 1u);
    EXPECT_EQ(notice.output.flags, REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED |
                                       REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED);
    EXPECT_EQ(notice.output.access_mode, FILE_READ_DATA);
    EXPECT_EQ(notice.output.share_mode, FILE_SHARE_READ);
}

TEST(Oplock, WaitersAreReleasedFirstInFirstOut) {
    Bench bench;
    const Caller owner = bench.caller(1);
    ASSERT_EQ(bench.request(owner, OplockType::read_write).status, NtStatus::STATUS_PENDING);
    std::vector<IrpId> waiting;
    for (std::uint32_t i = 2; i < 6; ++i) {
        const Caller breaker = bench.caller(i);
        EXPECT_EQ(bench.check(breaker, Operation::write).decision, CheckDecision::wait);
        waiting.push_back(breaker.irp);
    }
    ASSERT_EQ(bench.acknowledge(bench.caller(1), 0).status, NtStatus::STATUS_SUCCESS);
    std::vector<IrpId> released;
    for (const Effect& effect : bench.effects) {
        EXPECT_EQ(effect.kind, EffectKind::release);
        released.push_back(effect.irp);
    }
    EXPECT_EQ(released, waiting);
    EXPECT_FALSE(bench.oplock.current());
}

TEST(Oplock, ACancelledWaiterIsForgottenAndTheBreakGoesOn) {
    Bench bench;
    ASSERT_EQ(bench.request(bench.caller(1), OplockType::batch).status, NtStatus::STATUS_PENDING);
    const Caller breaker = bench.caller(2);
    ASSERT_EQ(bench.check(breaker, Operation::create).decision, CheckDecision::wait);
    bench.effects.clear();
    EXPECT_TRUE(bench.oplock.cancel(breaker.irp, bench.effects));
    EXPECT_TRUE(bench.effects.empty());
    EXPECT_FALSE(bench.oplock.cancel(breaker.irp, bench.effects));
    EXPECT_TRUE(bench.oplock.breaking());
    const FsctlResult acknowledged =
        bench.fsctl(bench.caller(1), FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE);
    EXPECT_EQ(acknowledged.status, NtStatus::STATUS_PENDING);   // Level 2 now
    EXPECT_TRUE(bench.effects.empty());
}

TEST(Oplock, ACancelledRequestEndsItsOplockAtOnce) {
    Bench bench;
    const Caller owner = bench.caller(1);
    ASSERT_EQ(bench.request(owner, OplockType::read_write_handle).status,
              NtStatus::STATUS_PENDING);
    bench.effects.clear();
    EXPECT_TRUE(bench.oplock.cancel(owner.irp, bench.effects));
    EXPECT_FALSE(bench.oplock.current());
    EXPECT_EQ(bench.check(bench.caller(2), Operation::write).decision, CheckDecision::proceed);
}

TEST(Oplock, AnOpenThatRequiresAnOplockDisturbsNobody) {
    Bench bench;
    ASSERT_EQ(bench.request(bench.caller(1), OplockType::read_write).status,
              NtStatus::STATUS_PENDING);
    const Oplock before = bench.oplock;
    CheckRequest request;
    request.operation = Operation::create;
    request.desired_access = FILE_READ_DATA;
    request.requiring_oplock = true;
    const CheckResult result = bench.check(bench.caller(2), request);
    EXPECT_EQ(result.decision, CheckDecision::cannot_break);
    EXPECT_EQ(result.status, NtStatus::STATUS_CANNOT_BREAK_OPLOCK);
    EXPECT_TRUE(bench.effects.empty());
    EXPECT_EQ(bench.oplock, before);
}

TEST(Oplock, AReservationHoldsASharingConflictUntilTheRequestComes) {
    Bench bench;
    bench.oplock.reserve(bench.caller(1));
    const Caller conflicting = bench.caller(2);
    EXPECT_EQ(bench.check(conflicting, Operation::create_break_handle).decision,
              CheckDecision::wait);
    EXPECT_EQ(bench.check(bench.caller(3), Operation::write).decision, CheckDecision::proceed);
    ASSERT_EQ(bench.request(bench.caller(1), OplockType::read_handle).status,
              NtStatus::STATUS_PENDING);
    ASSERT_EQ(bench.effects.size(), 1u);
    EXPECT_EQ(bench.effects[0].kind, EffectKind::release);
    EXPECT_EQ(bench.effects[0].irp, conflicting.irp);
}

// SC-006: a check that ignores keys waits for its own owner's Read-Handle too, and goes on when
// that break is over, not when another handle is closed.
TEST(Oplock, ACheckThatIgnoresKeysWaitsForItsOwnOwner) {
    Bench bench;
    const Caller owner = bench.caller(1, 7);
    ASSERT_EQ(bench.request(owner, OplockType::read_handle).status, NtStatus::STATUS_PENDING);
    const Caller other = bench.caller(3);
    ASSERT_EQ(bench.request(other, OplockType::read_handle).status, NtStatus::STATUS_PENDING);
    const Caller same_key = bench.caller(2, 7);
    ASSERT_EQ(bench.check(same_key, Operation::create_break_handle, OPLOCK_FLAG_IGNORE_OPLOCK_KEYS)
                  .decision,
              CheckDecision::wait);
    bench.effects.clear();
    bench.oplock.cleanup(bench.semantics, other.file_object, bench.effects);
    EXPECT_EQ(bench.oplock.waiters().size(), 1u);
    bench.effects.clear();
    bench.oplock.cleanup(bench.semantics, owner.file_object, bench.effects);
    EXPECT_TRUE(bench.oplock.waiters().empty());
}

TEST(Oplock, BreakNotifyCompletesWhenTheBreakIsOver) {
    Bench bench;
    ASSERT_EQ(bench.request(bench.caller(1), OplockType::level_1).status,
              NtStatus::STATUS_PENDING);
    EXPECT_EQ(bench.fsctl(bench.caller(2), FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY).status,
              NtStatus::STATUS_SUCCESS);
    ASSERT_EQ(bench.check(bench.caller(2), Operation::read, OPLOCK_FLAG_COMPLETE_IF_OPLOCKED)
                  .status,
              NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS);
    const Caller notified = bench.caller(2);
    EXPECT_EQ(bench.fsctl(notified, FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY).status,
              NtStatus::STATUS_PENDING);
    bench.effects.clear();
    bench.oplock.cleanup(bench.semantics, {1}, bench.effects);
    ASSERT_EQ(bench.effects.size(), 1u);
    EXPECT_EQ(bench.effects[0].kind, EffectKind::complete);
    EXPECT_EQ(bench.effects[0].irp, notified.irp);
    EXPECT_EQ(bench.effects[0].status, NtStatus::STATUS_SUCCESS);
}

// Random histories. The oracle knows only what a caller sees: which IRPs it gave and which came
// back. Every IRP comes back exactly once (P07), and when all owners have closed nobody waits (P23).
class History {
 public:
    void run_step() {
        const auto file_object = *rc::gen::inRange<std::uint32_t>(1, 5);
        const auto key = file_object <= 2 ? file_object : 3u;   // 3 and 4 share a key
        const Caller caller{{file_object}, {key}, {0}, {++irp_}};
        switch (*rc::gen::inRange(0, 5)) {
            case 0:
            case 1: request(caller); break;
            case 2: check(caller); break;
            case 3: acknowledge(caller); break;
            case 4: cancel_one(); break;
            default: break;
        }
        carry_out();
    }

    void finish() {
        for (std::uint32_t file_object = 1; file_object < 5; ++file_object) {
            bench_.effects.clear();
            bench_.oplock.cleanup(bench_.semantics, {file_object}, bench_.effects);
            carry_out();
        }
        RC_ASSERT(!bench_.oplock.current());
        RC_ASSERT(bench_.oplock.waiters().empty());
        RC_ASSERT(held_.empty());
    }

    explicit History(Profile profile) { bench_.semantics = semantics_of(profile); }

 private:
    void request(const Caller& caller) {
        const auto type = static_cast<OplockType>(*rc::gen::inRange(1, 9));
        const FsctlResult result = bench_.request(caller, type);
        if (result.status == NtStatus::STATUS_PENDING) held_.insert(caller.irp);
    }
    void check(const Caller& caller) {
        CheckRequest request;
        request.operation =
            static_cast<Operation>(*rc::gen::inRange(0, static_cast<int>(Operation::cleanup)));
        request.desired_access = FILE_READ_DATA | FILE_WRITE_DATA;
        request.disposition = *rc::gen::element(CreateDisposition::FILE_OPEN,
                                                CreateDisposition::FILE_OVERWRITE);
        bench_.effects.clear();
        const CheckResult result =
            bench_.oplock.check(bench_.semantics, caller, request, bench_.effects);
        if (result.decision == CheckDecision::wait) held_.insert(caller.irp);
    }
    void acknowledge(const Caller& caller) {
        static constexpr CacheLevel kLevels[] = {0, 1, 3, 5, 7};
        const auto code = *rc::gen::element(FsControlCode::FSCTL_REQUEST_OPLOCK,
                                            FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE,
                                            FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2,
                                            FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING,
                                            FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY);
        const FsctlResult result =
            bench_.fsctl(caller, code, kLevels[*rc::gen::inRange(0, 5)],
                         REQUEST_OPLOCK_INPUT_FLAG_ACK);
        if (result.status == NtStatus::STATUS_PENDING) held_.insert(caller.irp);
    }
    void cancel_one() {
        bench_.effects.clear();
        if (held_.empty()) return;
        const IrpId irp = *held_.begin();
        RC_ASSERT(bench_.oplock.cancel(irp, bench_.effects));
        held_.erase(irp);
    }
    void carry_out() {
        for (const Effect& effect : bench_.effects) {
            RC_ASSERT(held_.erase(effect.irp) == 1u);
        }
        bench_.oplock.check_invariants();
    }

    Bench bench_;
    std::uint32_t irp_ = 1000;
    std::set<IrpId> held_;
};

RC_GTEST_PROP(OplockHistories, EveryIrpComesBackOnceAndNobodyIsLeftWaiting, ()) {
    History history(*rc::gen::element(Profile::docs, Profile::ms_fsa, Profile::observed));
    const int steps = *rc::gen::inRange(1, 60);
    for (int i = 0; i < steps; ++i) history.run_step();
    history.finish();
}

}  // namespace
}  // namespace oplocksim::engine
