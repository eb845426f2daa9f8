#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "conformance/clauses.h"
#include "conformance/coverage.h"
#include "scenarios/corpus.h"
#include "scenarios/runner.h"

namespace oplocksim::conformance {
namespace {

// Every clause that the corpus names, with one file that does.
std::map<std::string, std::string> covered_clauses() {
    std::map<std::string, std::string> covered;
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        if (scenarios::is_include_only(file.path)) continue;
        const auto loaded = scenarios::load_shipped(file);
        EXPECT_NE(loaded.scenario, nullptr) << scenarios::render(loaded.diagnostics.front());
        if (loaded.scenario == nullptr) continue;
        for (const std::string& id : scenarios::info(*loaded.scenario).clauses) {
            covered.emplace(id, file.path);
        }
    }
    return covered;
}

TEST(Coverage, EveryClauseThatAScenarioNamesIsInTheCatalogue) {
    for (const auto& [id, path] : covered_clauses()) {
        EXPECT_NE(find_clause(id), nullptr)
            << path << ": " << id << "; nearest: " << nearest_clause(id);
    }
}

TEST(Coverage, EveryScenarioNamesAClause) {
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        if (scenarios::is_include_only(file.path)) continue;
        const auto loaded = scenarios::load_shipped(file);
        if (loaded.scenario == nullptr) continue;
        EXPECT_FALSE(scenarios::info(*loaded.scenario).clauses.empty()) << file.path;
    }
}

// Coverage as gathered by somebody: a few cells, near the ceiling too, and a few clauses.
rc::Gen<Coverage> any_coverage() {
    return rc::gen::exec([] {
        const auto count = rc::gen::oneOf(
            rc::gen::inRange<std::uint64_t>(0, 100),
            rc::gen::element(kMaxCoverageCount - 1, kMaxCoverageCount));
        Coverage coverage;
        coverage.add_runs(*count);
        const int cells = *rc::gen::inRange(0, 6);
        for (int i = 0; i < cells; ++i) {
            CoverageRow row{*rc::gen::element<std::string>("none", "RH", "R+RH", "RW>NONE"),
                            *rc::gen::element<std::string>("read", "write", "create"),
                            {*count, *count, *count}};
            coverage.add_row(row);
        }
        const int clauses = *rc::gen::inRange(0, 4);
        for (int i = 0; i < clauses; ++i) {
            coverage.add_clause(*rc::gen::element<std::string>("READ-ACK", "WRITE-TO-NONE"),
                                *count);
        }
        return coverage;
    });
}

Coverage merged(Coverage a, const Coverage& b) {
    a.merge(b);
    return a;
}

RC_GTEST_PROP(CoverageMerge, IsCommutative, ()) {
    const Coverage a = *any_coverage();
    const Coverage b = *any_coverage();
    RC_ASSERT(merged(a, b) == merged(b, a));
}

RC_GTEST_PROP(CoverageMerge, IsAssociative, ()) {
    const Coverage a = *any_coverage();
    const Coverage b = *any_coverage();
    const Coverage c = *any_coverage();
    RC_ASSERT(merged(merged(a, b), c) == merged(a, merged(b, c)));
}

RC_GTEST_PROP(CoverageMerge, OfNothingChangesNothing, ()) {
    const Coverage a = *any_coverage();
    RC_ASSERT(merged(a, Coverage{}) == a);
}

TEST(CoverageMerge, AddsUpToTheCeilingAndNoFurther) {
    Coverage a;
    a.add_row({"RH", "read", {1, 2, kMaxCoverageCount - 1}});
    Coverage b;
    b.add_row({"RH", "read", {10, 0, 5}});
    a.merge(b);
    ASSERT_EQ(a.counted_rows().size(), 1u);
    EXPECT_EQ(a.counted_rows()[0].counts, (CoverageCounts{11, 2, kMaxCoverageCount}));
}

TEST(CoverageGaps, AreWhatCanBeMetAndWasNot) {
    const Coverage nothing;
    const auto gaps = nothing.gaps();
    const auto has = [&gaps](std::string_view text) {
        return std::ranges::any_of(
            gaps, [text](const CoverageCell& cell) { return to_string(cell) == text; });
    };
    EXPECT_TRUE(has("RH x write x own-handle"));
    EXPECT_TRUE(has("RH x create x same-key"));
    EXPECT_TRUE(has("RH x create_section x own-handle"));
    EXPECT_TRUE(has("none x write x other-key"));
    // A create has no handle yet, and where nothing is held there is no owner.
    EXPECT_FALSE(has("RH x create x own-handle"));
    EXPECT_FALSE(has("RH x create (overwriting) x own-handle"));
    EXPECT_FALSE(has("none x write x own-handle"));
    EXPECT_FALSE(has("none x create x same-key"));
    const std::size_t states = coverage_states().size() - 1;
    const std::size_t operations = coverage_operations().size();
    constexpr std::size_t kCreates = 3;
    EXPECT_EQ(gaps.size(), states * (operations * 3 - kCreates) + operations);
}

}  // namespace
}  // namespace oplocksim::conformance
