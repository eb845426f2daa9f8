#include "reports/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/tests/sample.h"
#include "reports/text.h"

// The shape is held by reports/report.schema.json, which the test of the command validates real
// reports against; here stands what a schema cannot say.
namespace oplocksim::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(JsonReport, StatesStepsOfFailuresOnly) {
    StringSink sink;
    JsonReport report(sink, /*all_steps=*/false);
    report.on_begin(sample_session());
    report.on_file_begin(sample_info("a"));
    report.on_run(sample_pass());
    report.on_file_end();
    EXPECT_THAT(sink.text(), Not(HasSubstr("\"steps\"")));
    EXPECT_THAT(sink.text(), HasSubstr("\"checks\":1"));
    report.on_file_begin(sample_info("b"));
    report.on_run(sample_fail());
    report.on_file_end();
    EXPECT_THAT(sink.text(), HasSubstr("\"steps\""));
    EXPECT_THAT(sink.text(), HasSubstr("\"changed_switches\":{\"lock_vs_rwh_waits\":\"false\"}"));
}

TEST(JsonReport, VerboseStatesAllSteps) {
    StringSink sink;
    JsonReport report(sink, /*all_steps=*/true);
    report.on_file_begin(sample_info("a"));
    report.on_run(sample_pass());
    report.on_file_end();
    EXPECT_THAT(sink.text(), HasSubstr("\"steps\""));
}

TEST(JsonReport, HostileTextIsValidUtf8WithoutControls) {
    StringSink sink;
    JsonReport report(sink, false);
    tell_everything(report);
    for (std::size_t at = 0; at < sink.text().size();) {
        const CodePoint c = next_code_point(sink.text(), at);
        EXPECT_TRUE(c.valid);
        EXPECT_TRUE(c.value >= 0x20 || c.value == '\n');
    }
    EXPECT_THAT(sink.text(), HasSubstr("\"summary\": {\"files\":1,\"invalid_files\":1,\"runs\":5"));
}

TEST(TraceHeader, IsOneLine) {
    scenarios::RunResult result = sample_hostile();
    const std::string line = trace_header_json(result);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_TRUE(line.ends_with("}\n"));
}

}  // namespace
}  // namespace oplocksim::reports
