#include "conformance/findings/shrink.h"

#include <gtest/gtest.h>

#include "conformance/findings/plan.h"
#include "conformance/findings/tests/finding_testing.h"

namespace oplocksim::conformance::findings {
namespace {

using testing::RandomCase;
using testing::random_case;
using testing::with_fault;

// Faults that show in what a caller sees.
struct NamedFault {
    const char* name;
    testing::FaultySink::Fault fault;
};

std::vector<NamedFault> faults() {
    using sim::NtStatus;
    using sim::RequestKind;
    using sim::TraceEventKind;
    const auto completes = [](const sim::TraceEvent& event, RequestKind kind) {
        return event.kind == TraceEventKind::complete && event.request_kind == kind;
    };
    return {
        {"writes never complete",
         [=](sim::TraceEvent& event) { return !completes(event, RequestKind::write); }},
        {"sharing violations are forgotten",
         [](sim::TraceEvent& event) {
             if (event.status == NtStatus::STATUS_SHARING_VIOLATION) {
                 event.status = NtStatus::STATUS_ACCESS_DENIED;
             }
             return true;
         }},
        {"breaks are not announced",
         [=](sim::TraceEvent& event) {
             return !(completes(event, RequestKind::oplock_fsctl) &&
                      event.status == NtStatus::STATUS_SUCCESS && event.has_output);
         }},
        {"wrong level in the notice",
         [=](sim::TraceEvent& event) {
             if (completes(event, RequestKind::oplock_fsctl) && event.has_output) {
                 event.output.new_oplock_level = 7;
             }
             return true;
         }},
        {"cancelled operations succeed",
         [](sim::TraceEvent& event) {
             if (event.status == NtStatus::STATUS_CANCELLED) {
                 event.status = NtStatus::STATUS_SUCCESS;
             }
             return true;
         }},
    };
}

TEST(Shrink, WhatIsShrunkFailsInTheSameWayAndIsShort) {
    for (const NamedFault& fault : faults()) {
        const Oracle oracle(with_fault(fault.fault));
        int found = 0;
        for (std::uint64_t seed = 1; seed <= 400 && found < 10; ++seed) {
            RandomCase one = random_case(seed, 4, 15);
            const auto failure = oracle.judge(one.of, one.schedule);
            if (!failure || Oracle().judge(one.of, one.schedule)) continue;
            ++found;
            Finding finding{std::move(one.of), std::move(one.schedule), *failure, {}};
            const Shrunk shrunk = shrink(finding, oracle);
            EXPECT_TRUE(shrunk.reproduced);
            EXPECT_TRUE(shrunk.complete);
            EXPECT_TRUE(same_failure(shrunk.finding.failure, *failure));
            const auto again = oracle.judge(shrunk.finding.of, shrunk.finding.schedule);
            ASSERT_TRUE(again.has_value());
            // Nobody needs more to break one of these rules.
            EXPECT_LE(shrunk.finding.of.steps.size(), 6u) << fault.name << ", seed " << seed;
        }
        EXPECT_GT(found, 0) << fault.name;
    }
}

}  // namespace
}  // namespace oplocksim::conformance::findings
