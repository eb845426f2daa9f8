#include "scenarios/diagnostic.h"

#include <gtest/gtest.h>

#include "scenarios/text.h"

namespace oplocksim::scenarios {
namespace {

TEST(Render, UnderlinesWhatIsMeant) {
    const Diagnostic diagnostic{"path",
                                {12, 23, 5},
                                "unknown key 'acess' of create",
                                "did you mean 'access'?",
                                "  - A.create: {as: a, acess: [R]}"};
    EXPECT_EQ(render(diagnostic),
              "path:12:23: error: unknown key 'acess' of create\n"
              "   12 |   - A.create: {as: a, acess: [R]}\n"
              "      |                       ^~~~~\n"
              "   = did you mean 'access'?\n");
}

TEST(Render, AFileAsAWholeHasNoLine) {
    EXPECT_EQ(render({"p", {}, "the file has no content", "", ""}),
              "p: error: the file has no content\n");
}

TEST(Render, KeepsTabsUnderTabsAndCountsCodePoints) {
    EXPECT_EQ(render({"p", {1, 4, 2}, "m", "", "\té=xy"}),
              "p:1:4: error: m\n    1 | \té=xy\n      | \t  ^~\n");
}

TEST(Render, UserTextCannotMoveTheCursor) {
    const std::string text = render({"a\x1B[2J",
                                     {1, 3, 1},
                                     "bad '\x07'\n",
                                     "\r",
                                     "a\x1B"
                                     "b\xE2\x80\xAE"});
    EXPECT_EQ(text,
              "a\\x1B[2J:1:3: error: bad '\\x07'\\n\n"
              "    1 | a\\x1Bb\\u{202E}\n"
              "      |      ^\n"
              "   = \\r\n");
}

TEST(Render, APlaceBehindTheEndOfTheLine) {
    EXPECT_EQ(render({"p", {1, 4, 0}, "m", "", "ab"}),
              "p:1:4: error: m\n    1 | ab\n      |    ^\n");
}

TEST(Render, ShowsAWindowOfALongLine) {
    const std::string line = std::string(5000, 'x') + "HERE" + std::string(5000, 'y');
    const std::string text = render({"p", {1, 5001, 4}, "m", "", line});
    EXPECT_LT(text.size(), 400u);
    EXPECT_NE(text.find("xHERE"), std::string::npos);
    const auto marks = text.find("^~~~");
    ASSERT_NE(marks, std::string::npos);
    const auto line_start = text.rfind('\n', marks);
    const auto shown = text.find("HERE");
    EXPECT_EQ(marks - line_start, shown - text.rfind('\n', shown));
}

TEST(Nearest, FindsSlipsOfTheFinger) {
    const std::vector<std::string_view> words{"access", "share", "options", "disposition"};
    EXPECT_EQ(nearest("acess", words), "access");
    EXPECT_EQ(nearest("shrae", words), "share");
    EXPECT_EQ(nearest("OPTIONS", words), "options");
    EXPECT_EQ(nearest("dispositoin", words), "disposition");
}

TEST(Nearest, DoesNotGuessWildly) {
    EXPECT_EQ(nearest("zebra", {"access", "share"}), "");
    EXPECT_EQ(nearest("b", {"a", "c"}), "");
    EXPECT_EQ(nearest("", {"a"}), "");
    EXPECT_EQ(nearest(std::string(5000, 'a'), {"a"}), "");
    EXPECT_EQ(nearest("b2", {"b1"}), "b1");
}

TEST(Text, FindsWhatIsNotUtf8) {
    EXPECT_FALSE(encoding_problem("a\tb\r\né 𐍈"));
    EXPECT_EQ(encoding_problem("ab\xC3(")->offset, 2u);
    EXPECT_EQ(encoding_problem("\xC0\x80")->offset, 0u);          // overlong
    EXPECT_EQ(encoding_problem("x\xED\xA0\x80")->offset, 1u);     // surrogate
    EXPECT_EQ(encoding_problem("\xF4\x90\x80\x80")->offset, 0u);  // beyond U+10FFFF
    EXPECT_EQ(encoding_problem("abc\xE2\x82")->offset, 3u);       // cut off
    EXPECT_EQ(encoding_problem(std::string_view("ab\0c", 4))->offset, 2u);
    EXPECT_EQ(encoding_problem("a\rb")->offset, 1u);
}

TEST(Render, AWarningSaysSo) {
    Diagnostic diagnostic{"a.yaml", {}, "message", "", ""};
    EXPECT_EQ(render(diagnostic), "a.yaml: error: message\n");
    diagnostic.severity = Severity::warning;
    EXPECT_EQ(render(diagnostic), "a.yaml: warning: message\n");
}

}  // namespace
}  // namespace oplocksim::scenarios
