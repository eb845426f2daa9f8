#include "scenarios/yaml_document.h"

#include <gtest/gtest.h>

#include <chrono>

namespace oplocksim::scenarios {
namespace {

YamlResult parse(const std::string& text) { return parse_yaml(SourceText("t.yaml", text), 0); }

std::string error_of(const std::string& text) {
    const YamlResult result = parse(text);
    EXPECT_EQ(result.root, nullptr);
    if (result.diagnostics.empty()) return "";
    const Diagnostic& first = result.diagnostics.front();
    return std::to_string(first.position.line) + ":" + std::to_string(first.position.column) + " " +
           first.message;
}

Position position_of(const YamlNode* node) { return node->place.position; }

TEST(YamlDocument, KnowsWhereScalarsStand) {
    const YamlResult result = parse("a: {bé: 'it''s', c: \"q\\\"\"}\nd:\n  - plain text # c\n");
    ASSERT_NE(result.root, nullptr);
    const YamlNode* a = result.root->find("a");
    EXPECT_EQ(position_of(a), (Position{1, 4, 1}));
    EXPECT_EQ(a->members[0].key_place.position, (Position{1, 5, 2}));
    EXPECT_EQ(position_of(a->find("bé")), (Position{1, 9, 7}));
    EXPECT_EQ(a->find("bé")->text, "it's");
    EXPECT_TRUE(a->find("bé")->quoted);
    EXPECT_EQ(position_of(a->find("c")), (Position{1, 21, 5}));
    EXPECT_EQ(position_of(result.root->find("d")->items[0].get()), (Position{3, 5, 10}));
    EXPECT_FALSE(result.root->find("d")->items[0]->quoted);
}

TEST(YamlDocument, AnchorsStandBeforeTheirValue) {
    const YamlResult result = parse("a: &x value\nb: *x\nc: &y {k: 1}\n");
    ASSERT_NE(result.root, nullptr);
    EXPECT_EQ(position_of(result.root->find("a")), (Position{1, 7, 5}));
    EXPECT_EQ(result.root->find("a"), result.root->find("b"));
    EXPECT_EQ(position_of(result.root->find("c")), (Position{3, 7, 1}));
}

TEST(YamlDocument, AMissingValueStandsAtItsKey) {
    const YamlResult result = parse("a:\nb: ~\nc: null\n");
    ASSERT_NE(result.root, nullptr);
    EXPECT_EQ(position_of(result.root->find("a")), (Position{1, 1, 1}));
    EXPECT_EQ(result.root->find("a")->kind, YamlKind::null);
    EXPECT_EQ(position_of(result.root->find("b")), (Position{2, 4, 1}));
    EXPECT_EQ(position_of(result.root->find("c")), (Position{3, 4, 4}));
}

TEST(YamlDocument, MergesWhatIsNotThere) {
    const YamlResult result = parse("x: &x {a: 1, b: 2}\ny: &y {c: 3}\nz: {<<: [*x, *y], b: 5}\n");
    ASSERT_NE(result.root, nullptr);
    const YamlNode* z = result.root->find("z");
    EXPECT_EQ(z->find("a")->text, "1");
    EXPECT_EQ(z->find("b")->text, "5");
    EXPECT_EQ(z->find("c")->text, "3");
    EXPECT_EQ(z->members.size(), 3u);
    EXPECT_EQ(error_of("a: {<<: b}"), "1:5 a merge key needs a mapping, or a list of mappings");
}

TEST(YamlDocument, LineEndsAndByteOrderMark) {
    const YamlResult result = parse(
        "\xEF\xBB\xBF"
        "a: b\r\nc: d\r\n");
    ASSERT_NE(result.root, nullptr);
    EXPECT_EQ(position_of(result.root->find("c")), (Position{2, 4, 1}));
    EXPECT_EQ(result.root->find("a")->text, "b");
}

TEST(YamlDocument, RefusesWhatIsNoText) {
    EXPECT_EQ(error_of("\xFF\xFE"
                       "a"),
              "1:1 the file is UTF-16; only UTF-8 is accepted");
    EXPECT_EQ(error_of(std::string("a\0:\0", 4)),
              "1:2 a NUL character; the file looks like UTF-16, and only UTF-8 is accepted");
    EXPECT_EQ(error_of("a: b\nc: \xC3("), "2:4 byte 0xC3 is not valid UTF-8");
    EXPECT_EQ(error_of("a: \x1B"), "1:4 control character U+001B is not accepted");
    EXPECT_EQ(error_of("a: b\rc: d"), "1:5 control character U+000D is not accepted");
    EXPECT_EQ(error_of(""), "0:0 the file has no content");
    EXPECT_EQ(error_of("# only a remark\n"), "0:0 the file has no content");
    EXPECT_EQ(error_of(std::string((1u << 20) + 1, ' ')), "0:0 the file is larger than 1 MiB");
}

TEST(YamlDocument, RefusesYamlThatNobodyNeedsHere) {
    EXPECT_EQ(error_of("a: !!int 3"), "1:4 tags are not accepted");
    EXPECT_EQ(error_of("a: ! 3"), "1:4 tags are not accepted");
    EXPECT_EQ(error_of("a: !x [1]"), "1:4 tags are not accepted");
    EXPECT_EQ(error_of("a: 1\n---\nb: 2\n"), "2:1 a second document in one file");
    EXPECT_EQ(error_of("? [a]\n: b\n"), "1:3 a key must be a plain word, not a list");
    EXPECT_EQ(error_of("a: &a [*a]\n"), "1:8 this alias is inside the value that it stands for");
    EXPECT_EQ(error_of("a: 'b\n"), "1:4 the quote is never closed");
}

TEST(YamlDocument, NestingHasALimit) {
    EXPECT_NE(parse(std::string(32, '[') + std::string(32, ']')).root, nullptr);
    EXPECT_EQ(error_of(std::string(33, '[') + std::string(33, ']')),
              "1:33 nested deeper than 32 levels");
}

TEST(YamlDocument, AnAliasBombFailsWithoutExploding) {
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 30; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + " ," +
                before + " ," + before + " ," + before + "]\n";
    }
    EXPECT_NE(error_of(bomb).find("more than 200000 values"), std::string::npos);
}

std::string repeated(std::string_view unit, std::size_t total = (1u << 20) - 64) {
    std::string text;
    while (text.size() + unit.size() <= total) text += unit;
    return text;
}

// Whatever fills a mebibyte: it ends, soon, with or without errors. The bound is far above what
// it takes, so that a busy machine does not fail it.
TEST(YamlDocument, PathologicalInputEndsSoon) {
    const char* const units[] = {
        "[",      "{",     "? ",    "- ",       "- - -",       "&a ",        "!a ",
        "*a ",    "a: ",   "a:\n",  "x",        "\"",          "'",          "- a\n",
        "a: b, ", "[a,",   "{a: ",  "|\n",      "> x\n",       "\n",         "%",
        "---\n",  "...\n", "# a\n", "- &a b\n", "- [1,2,3]\n", "? a\n: b\n", "- 'it''s'\n",
        "\\",     "@",     "é",     "[]",       "${",          "<<: "};
    for (const char* unit : units) {
        for (const char* head : {"", "a: ["}) {
            const auto start = std::chrono::steady_clock::now();
            const YamlResult result = parse(head + repeated(unit));
            const auto took = std::chrono::steady_clock::now() - start;
            EXPECT_LT(took, std::chrono::seconds(20)) << head << unit;
            EXPECT_NE(result.root == nullptr, result.diagnostics.empty()) << head << unit;
        }
    }
}

}  // namespace
}  // namespace oplocksim::scenarios
