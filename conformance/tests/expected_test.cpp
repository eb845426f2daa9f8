#include "conformance/expected.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace oplocksim::conformance {
namespace {

using ::testing::HasSubstr;

TEST(Expected, ReadsWhatItWrote) {
    const std::vector<ExpectedFailure> entries{
        {"a [b=\"c\"]", "it's: #hard\n\x01 \xE2\x80\xAE", "WRITE-TO-NONE", "https://x/1?a=b&c", ""},
        {"break/RH/write/other-key", "late", "", "", "2030-01-31"}};
    const ParsedExpected parsed = parse_expected("known.yaml", expected_text(entries));
    EXPECT_EQ(parsed.problem, "");
    EXPECT_EQ(parsed.entries, entries);
    EXPECT_TRUE(parse_expected("known.yaml", expected_text({})).entries.empty());
    EXPECT_EQ(parse_expected("known.yaml", expected_text({})).problem, "");
}

TEST(Expected, SaysWhatIsWrong) {
    const auto problem = [](std::string_view text) {
        return parse_expected("known.yaml", text).problem;
    };
    EXPECT_THAT(problem("- a"), HasSubstr("known.yaml: it is a mapping"));
    EXPECT_THAT(problem("expected:\n  - {id: a}"), HasSubstr("line 2: 'a' has no reason"));
    EXPECT_THAT(problem("expected:\n  - {reason: r}"), HasSubstr("no id"));
    EXPECT_THAT(problem("expected:\n  - {id: a, reason: r, clause: NO-SUCH}"),
                HasSubstr("'NO-SUCH' is no clause"));
    EXPECT_THAT(problem("expected:\n  - {id: a, reason: r, expires: soon}"), HasSubstr("a date"));
    EXPECT_THAT(problem("expected:\n  - {id: a, reason: r, expires: 2030-13-01}"),
                HasSubstr("a date"));
    EXPECT_THAT(problem("expected:\n  - {id: a, reasn: r}"), HasSubstr("unknown key 'reasn'"));
    EXPECT_THAT(problem("expected:\n  - {id: a, reason: r}\n  - {id: a, reason: s}"),
                HasSubstr("'a' is there twice"));
    EXPECT_THAT(problem("expected: ["), HasSubstr("known.yaml"));
    EXPECT_THAT(problem("expected:\n  - word"), HasSubstr("an entry is a mapping"));
}

TEST(Expected, ExpiresTheDayAfter) {
    const ExpectedFailure entry{"a", "r", "", "", "2030-01-31"};
    EXPECT_FALSE(has_expired(entry, "2030-01-31"));
    EXPECT_TRUE(has_expired(entry, "2030-02-01"));
    EXPECT_FALSE(has_expired({"a", "r", "", "", ""}, "9999-12-31"));
}

}  // namespace
}  // namespace oplocksim::conformance
