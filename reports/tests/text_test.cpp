#include "reports/text.h"

#include <gtest/gtest.h>

namespace oplocksim::reports {
namespace {

using Lines = std::vector<std::string>;

TEST(CodePoints, DecodeUtf8AndReturnOtherBytesOneByOne) {
    const auto decode = [](std::string_view text) {
        std::u32string valid;
        int invalid = 0;
        for (std::size_t at = 0; at < text.size();) {
            const CodePoint c = next_code_point(text, at);
            if (c.valid) {
                valid += c.value;
            } else {
                ++invalid;
            }
        }
        return std::pair{valid, invalid};
    };
    const std::u32string valid = U"a\u00e9\u20ac\U0001F600";
    EXPECT_EQ(decode("a\u00e9\u20ac\U0001F600"), std::pair(valid, 0));
    EXPECT_EQ(decode("\xc0\xaf"), std::pair(std::u32string(), 2));           // overlong
    EXPECT_EQ(decode("\xed\xa0\x80"), std::pair(std::u32string(), 3));       // a surrogate
    EXPECT_EQ(decode("\xf4\x90\x80\x80"), std::pair(std::u32string(), 4));   // beyond U+10FFFF
    EXPECT_EQ(decode("x\xe2\x82"), std::pair(std::u32string(U"x"), 2));      // cut short
}

TEST(Columns, CountWhatATerminalShows) {
    EXPECT_EQ(columns("abc"), 3u);
    EXPECT_EQ(columns("e\u0301"), 1u);       // a combining accent
    EXPECT_EQ(columns("\u6f22\u5b57"), 4u);  // wide
    EXPECT_EQ(columns(""), 0u);
}

TEST(Wrapped, BreaksAtSpacesAndInsideLongWords) {
    EXPECT_EQ(wrapped("", 10), Lines{""});
    EXPECT_EQ(wrapped("one two three", 7), (Lines{"one two", "three"}));
    EXPECT_EQ(wrapped("abcdefghij k", 4), (Lines{"abcd", "efgh", "ij k"}));
    EXPECT_EQ(wrapped("a\n\nb", 4), (Lines{"a", "", "b"}));
}

TEST(Wrapped, CutsBetweenConstantsAndTheirWords) {
    EXPECT_EQ(wrapped("FILE_READ_DATA|FILE_WRITE_DATA", 20),
              (Lines{"FILE_READ_DATA|", "FILE_WRITE_DATA"}));
    EXPECT_EQ(wrapped("Information FILE_OPLOCK_BROKEN_TO_LEVEL_2, x", 16),
              (Lines{"Information", "FILE_OPLOCK_", "BROKEN_TO_LEVEL_", "2, x"}));
    EXPECT_EQ(wrapped("one,two,three", 9), (Lines{"one,two,", "three"}));
    EXPECT_EQ(wrapped("FILE_READ_DATA|W", 10), (Lines{"FILE_READ_", "DATA|W"}));
    EXPECT_EQ(wrapped("|||||", 2), (Lines{"||", "||", "|"}));
}

TEST(Wrapped, NoLineIsWiderThanAsked) {
    const std::string text = "x " + std::string(50, 'y') + " \u6f22\u5b57\u6f22\u5b57 z";
    for (std::size_t width = 2; width < 20; ++width) {
        for (const std::string& line : wrapped(text, width)) EXPECT_LE(columns(line), width);
    }
}

TEST(Padded, FillsUpAndNeverCuts) {
    EXPECT_EQ(padded("ab", 4), "ab  ");
    EXPECT_EQ(padded("abcdef", 4), "abcdef");
}

TEST(Counted, KnowsOneFromMany) {
    EXPECT_EQ(counted(1, "run"), "1 run");
    EXPECT_EQ(counted(0, "run"), "0 runs");
    EXPECT_EQ(counted(2, "run"), "2 runs");
}

}  // namespace
}  // namespace oplocksim::reports
