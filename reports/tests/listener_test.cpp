#include "reports/listener.h"

#include <gtest/gtest.h>

#include "reports/tests/sample.h"

namespace oplocksim::reports {
namespace {

TEST(Summary, CountsEveryVerdictOnce) {
    Summary summary;
    for (const auto verdict : {scenarios::Verdict::pass, scenarios::Verdict::fail,
                               scenarios::Verdict::skip, scenarios::Verdict::error}) {
        summary.count(verdict);
    }
    EXPECT_EQ(summary.runs, 4u);
    EXPECT_EQ(summary.passed + summary.failed + summary.skipped + summary.errors, summary.runs);
}

TEST(Variant, TellsCaseAndChangedSwitches) {
    EXPECT_EQ(variant_of(sample_pass()), "[held=RW]");
    EXPECT_EQ(variant_of(sample_fail()), "[held=RW] lock_vs_rwh_waits=false");
}

}  // namespace
}  // namespace oplocksim::reports
