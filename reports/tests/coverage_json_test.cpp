#include "reports/coverage_json.h"

#include <gtest/gtest.h>

#include <string>

namespace oplocksim::reports {
namespace {

using conformance::Coverage;

Coverage sample() {
    Coverage coverage;
    coverage.add_runs(3);
    coverage.add_row({"RH>R", "write", {1, 0, 2}});
    coverage.add_row({"none", "create", {0, 0, 7}});
    coverage.add_clause("READ-ACK", 4);
    coverage.add_clause("MADE-BY-ANOTHER-VERSION");
    return coverage;
}

std::string problem_of(std::string text) { return parse_coverage(text).problem; }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(CoverageJson, ComesBackAsItWas) {
    const ParsedCoverage parsed = parse_coverage(coverage_json(sample()));
    ASSERT_EQ(parsed.problem, "");
    EXPECT_EQ(*parsed.coverage, sample());
    EXPECT_EQ(coverage_json(*parsed.coverage), coverage_json(sample()));
    EXPECT_EQ(*parse_coverage(coverage_json(Coverage{})).coverage, Coverage{});
}

TEST(CoverageJson, WhatIsForeignIsRefused) {
    for (const char* text : {"", "x", "{", "[1, 2"}) {
        EXPECT_EQ(problem_of(text), "is no JSON: line 1") << text;
    }
    EXPECT_EQ(problem_of("{\n\n?"), "is no JSON: line 3");
    for (const char* text : {"[]", "1", "null", "{}", "{\"format\": \"oplocksim-report\"}"}) {
        EXPECT_EQ(problem_of(text), "is no coverage of oplocksim") << text;
    }
    EXPECT_EQ(problem_of(std::string(kMaxCoverageBytes + 1, ' ')),
              "has more than 16 MiB, which no coverage has");
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    EXPECT_EQ(problem_of(deep), "is no coverage of oplocksim");
}

TEST(CoverageJson, WhatIsDamagedIsRefused) {
    const std::string good = coverage_json(sample());
    EXPECT_EQ(problem_of(replaced(good, "\"format_version\": 1", "\"format_version\": 2")),
              "has coverage of format version 2; this program knows 1");
    EXPECT_EQ(problem_of(replaced(good, "\"runs\": 3", "\"runs\": -3")),
              "is not whole: runs is no count");
    EXPECT_EQ(problem_of(replaced(good, "\"runs\": 3", "\"runs\": 9007199254740992")),
              "is not whole: runs is no count");
    EXPECT_EQ(problem_of(replaced(good, "\"runs\": 3", "\"runs\": 3, \"more\": 1")),
              "is not whole: the file has an unknown member 'more'");
    EXPECT_EQ(problem_of(replaced(good, "\"own_handle\": 1", "\"own_handle\": 1.5")),
              "is not whole: 'own_handle' of cell 1 is no count");
    EXPECT_EQ(problem_of(replaced(good, "\"state\": \"RH>R\"", "\"state\": \"\"")),
              "is not whole: the state of cell 1 is no name");
    EXPECT_EQ(problem_of(replaced(good, "READ-ACK", "read-ack")),
              "is not whole: 'read-ack' is not a clause id");
    const std::string twice = replaced(replaced(good, "\"RH>R\"", "\"none\""), "\"write\"",
                                       "\"create\"");
    EXPECT_EQ(problem_of(twice), "is not whole: cell 2 is there twice");
    // Whatever is cut off, it is noticed.
    const std::size_t closing = good.rfind('}');
    for (std::size_t size = 0; size <= closing; ++size) {
        EXPECT_NE(problem_of(good.substr(0, size)), "") << size;
    }
}

}  // namespace
}  // namespace oplocksim::reports
