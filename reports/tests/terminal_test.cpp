#include "reports/terminal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/tests/sample.h"
#include "reports/text.h"

namespace oplocksim::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string rendered(const scenarios::RunResult& result, TerminalOptions options) {
    StringSink sink;
    TerminalReport report(sink, options);
    report.on_begin(sample_session());
    report.on_file_begin(sample_info("breaks/write"));
    report.on_run(result);
    report.on_file_end();
    Summary summary;
    summary.files = 1;
    summary.count(result.verdict);
    report.on_end(summary);
    return sink.text();
}

TEST(TerminalReport, APassIsOneLine) {
    EXPECT_EQ(rendered(sample_pass(), {}),
              "PASS  breaks/write" + std::string(55, ' ') + "  1 run\n" +
                  "1 file, 1 run: 1 passed, 0 failed, 0 skipped, 0 errors  (profile docs)\n");
}

TEST(TerminalReport, AFailureTellsEverythingUpToTheFailingStep) {
    const std::string text = rendered(sample_fail(), {});
    EXPECT_THAT(text, HasSubstr("FAIL  A write breaks\n"));
    EXPECT_THAT(text, HasSubstr("breaks/write.yaml:8\n"));
    EXPECT_THAT(text, HasSubstr("case held=RW\n"));
    EXPECT_THAT(text, HasSubstr("profile docs lock_vs_rwh_waits=false\n"));
    EXPECT_THAT(text, HasSubstr("      1  A.create as a: \\data.bin\n"
                                "           a completes STATUS_SUCCESS\n"
                                "  >   2  B.write on b\n"));
    EXPECT_THAT(text, Not(HasSubstr("a step after the failing one")));
    EXPECT_THAT(text, HasSubstr("         expected                           | observed\n"
                                "         pends                              | completes "
                                "STATUS_SUCCESS,\n"));
    EXPECT_THAT(text, HasSubstr("clause WRITE-TO-NONE ("));
    EXPECT_THAT(text, HasSubstr("clause NO-SUCH-CLAUSE\n"));
    EXPECT_THAT(text, HasSubstr("reproduce: oplocksim run breaks/write.yaml --switch "
                                "lock_vs_rwh_waits=false --case held=RW -v\n"));
}

TEST(TerminalReport, AFailureInAnIncludedFileNamesThat) {
    scenarios::RunResult result = sample_fail();
    result.steps[1].path = "common/_open.yaml";
    EXPECT_THAT(rendered(result, {}), HasSubstr("breaks/write.yaml:8\n"));
    result.steps[1].checks[1].path = "common/_outcomes.yaml";
    EXPECT_THAT(rendered(result, {}), HasSubstr("      common/_outcomes.yaml:8\n"));
    result.steps[1].checks.clear();
    EXPECT_THAT(rendered(result, {}), HasSubstr("      common/_open.yaml:6\n"));
}

TEST(DiagnosticText, ColoursTheMessage) {
    scenarios::Diagnostic diagnostic{"a: error: b", {3, 1, 4}, "no such key", "hint", "stps: []"};
    EXPECT_EQ(diagnostic_text(diagnostic, false), scenarios::render(diagnostic));
    EXPECT_THAT(diagnostic_text(diagnostic, true),
                HasSubstr("a: error: b:3:1: error: \x1b[31mno such key\x1b[0m\n    3 | stps"));
    diagnostic.severity = scenarios::Severity::warning;
    EXPECT_THAT(diagnostic_text(diagnostic, true),
                HasSubstr("3:1: warning: \x1b[33mno such key\x1b[0m\n"));
}

TEST(TerminalReport, VerboseShowsPassesInFull) {
    TerminalOptions options;
    options.verbose = true;
    const std::string text = rendered(sample_pass(), options);
    EXPECT_THAT(text, HasSubstr("PASS  A write breaks\n"));
    EXPECT_THAT(text, HasSubstr("a completes STATUS_SUCCESS\n"));
    EXPECT_THAT(text, Not(HasSubstr("reproduce")));
}

TEST(TerminalReport, HostileTextCannotMoveTheCursor) {
    StringSink sink;
    TerminalReport report(sink, {});
    tell_everything(report);
    for (std::size_t at = 0; at < sink.text().size();) {
        const CodePoint c = next_code_point(sink.text(), at);
        EXPECT_TRUE(c.valid);
        EXPECT_TRUE(c.value >= 0x20 || c.value == '\n') << static_cast<unsigned>(c.value);
        EXPECT_TRUE(c.value < 0x7F || c.value > 0x9F) << static_cast<unsigned>(c.value);
        EXPECT_NE(c.value, U'\u202e');
    }
}

TEST(TerminalReport, LinesFitTheTerminal) {
    for (const std::size_t width : {40u, 80u, 120u}) {
        StringSink sink;
        TerminalReport report(sink, {width, false, true});
        report.on_run(sample_fail());
        std::size_t at = 0;
        while (at < sink.text().size()) {
            const std::size_t end = sink.text().find('\n', at);
            const std::string line = sink.text().substr(at, end - at);
            at = end + 1;
            const bool wide = line.find("reproduce:") != std::string::npos;   // not wrapped
            EXPECT_TRUE(wide || columns(line) <= width) << line;
        }
    }
}

TEST(TerminalReport, ColourIsOnlyWhatIsAskedFor) {
    EXPECT_THAT(rendered(sample_fail(), {}), Not(HasSubstr("\x1b")));
    TerminalOptions options;
    options.colour = true;
    EXPECT_THAT(rendered(sample_fail(), options), HasSubstr("\x1b[31mFAIL\x1b[0m"));
}

TEST(TerminalReport, SummaryCountsEverything) {
    StringSink sink;
    TerminalReport report(sink, {});
    tell_everything(report);
    EXPECT_THAT(sink.text(),
                HasSubstr("1 file, 5 runs: 1 passed, 2 failed, 1 skipped, 1 error, "
                          "1 file not valid  (profile docs)\n"));
    EXPECT_THAT(sink.text(), HasSubstr("bad.yaml:3:1: error: unknown key"));
}

}  // namespace
}  // namespace oplocksim::reports
