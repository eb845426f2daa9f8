#include "reports/junit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/tests/sample.h"
#include "reports/text.h"

namespace oplocksim::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(XmlEscaped, EscapesMarkupAndReplacesWhatXmlForbids) {
    EXPECT_EQ(xml_escaped("a]]>&<\"", XmlPlace::text), "a]]&gt;&amp;&lt;\"");
    EXPECT_EQ(xml_escaped("\"\n\t\r", XmlPlace::attribute), "&quot;&#10;&#9;&#13;");
    EXPECT_EQ(xml_escaped("\n\t", XmlPlace::text), "\n\t");
    const std::string replaced = "\xEF\xBF\xBD";
    EXPECT_EQ(xml_escaped("\x01", XmlPlace::text), replaced);
    EXPECT_EQ(xml_escaped("\xef\xbf\xbf", XmlPlace::text), replaced);   // U+FFFF
    EXPECT_EQ(xml_escaped("\xff", XmlPlace::text), replaced);
    EXPECT_EQ(xml_escaped(std::string(1, '\0'), XmlPlace::text), replaced);
}

TEST(JunitReport, VerdictsBecomeElements) {
    StringSink sink;
    JunitReport report(sink);
    tell_everything(report);
    const std::string& text = sink.text();
    EXPECT_THAT(text, HasSubstr("<testsuite name=\"breaks/write\" tests=\"5\" failures=\"2\" "
                                "errors=\"1\" skipped=\"1\">"));
    EXPECT_THAT(text, HasSubstr("<testcase classname=\"breaks.write\" name=\"A write breaks "
                                "[held=RW]\" file=\"breaks/write.yaml\"/>"));
    EXPECT_THAT(text, HasSubstr("<failure type=\"expectation\" message=\"step 2: B.write"));
    EXPECT_THAT(text, HasSubstr("<skipped message=\"written for ms-fsa\"/>"));
    EXPECT_THAT(text, HasSubstr("<error type=\"limit\" message=\"more than 10,000 steps\">"));
    EXPECT_THAT(text, HasSubstr("<error type=\"input\" message=\"unknown key"));
    EXPECT_TRUE(text.ends_with("</testsuites>\n"));
}

TEST(JunitReport, HostileTextIsWellFormedXml) {
    StringSink sink;
    JunitReport report(sink);
    tell_everything(report);
    EXPECT_THAT(sink.text(), Not(HasSubstr("]]>")));
    for (std::size_t at = 0; at < sink.text().size();) {
        const CodePoint c = next_code_point(sink.text(), at);
        EXPECT_TRUE(c.valid);
        EXPECT_TRUE(c.value >= 0x20 || c.value == '\n' || c.value == '\t');
        EXPECT_NE(c.value, U'\uffff');
    }
}

TEST(JunitReport, WritesASuiteWhenItsFileIsDone) {
    StringSink sink;
    JunitReport report(sink);
    report.on_begin(sample_session());
    report.on_file_begin(sample_info("a"));
    report.on_run(sample_fail());
    EXPECT_THAT(sink.text(), Not(HasSubstr("<failure")));
    report.on_file_end();
    EXPECT_THAT(sink.text(), HasSubstr("<failure"));
}

}  // namespace
}  // namespace oplocksim::reports
