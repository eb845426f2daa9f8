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

TEST(JsonReport, DirectionsOfTextAreEscaped) {
    StringSink sink;
    JsonReport report(sink, false);
    tell_everything(report);
    EXPECT_THAT(sink.text(), HasSubstr("\\u202e" "evil"));
    EXPECT_THAT(sink.text(), Not(HasSubstr("\xE2\x80\xAE")));
    scenarios::Diagnostic other;
    other.path = "\xD8\x9C \xE2\x81\xA6 \xD8\xA7 \xE2\x82\xAC";   // a letter and a sign stay
    EXPECT_THAT(diagnostics_json({&other, 1}, 1),
                HasSubstr("\"\\u061c \\u2066 \xD8\xA7 \xE2\x82\xAC\""));
}

TEST(JsonReport, IncludedFilesAreNamed) {
    scenarios::RunResult result = sample_fail();
    result.steps[1].path = "_open.yaml";
    result.steps[1].checks[1].path = "_outcomes.yaml";
    StringSink sink;
    JsonReport report(sink, false);
    report.on_run(result);
    report.on_file_end();
    EXPECT_THAT(sink.text(), HasSubstr("\"path\":\"_open.yaml\""));
    EXPECT_THAT(sink.text(), HasSubstr("\"path\":\"_outcomes.yaml\""));
}

TEST(DiagnosticsJson, WarningsStandApart) {
    const scenarios::Diagnostic both[] = {
        {"a", {1, 1, 1}, "one", "", "", scenarios::Severity::error},
        {"a", {1, 1, 1}, "two", "", "", scenarios::Severity::warning}};
    const std::string text = diagnostics_json(both, 1);
    EXPECT_LT(text.find("\"diagnostics\""), text.find("\"one\""));
    EXPECT_LT(text.find("\"one\""), text.find("\"warnings\""));
    EXPECT_LT(text.find("\"warnings\""), text.find("\"two\""));
}

TEST(TraceHeader, IsOneLine) {
    scenarios::RunResult result = sample_hostile();
    const std::string line = trace_header_json(result);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_TRUE(line.ends_with("}\n"));
}

}  // namespace
}  // namespace oplocksim::reports
