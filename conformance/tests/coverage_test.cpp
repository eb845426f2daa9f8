#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "conformance/clauses.h"
#include "conformance/uncovered.h"
#include "scenarios/corpus.h"
#include "scenarios/runner.h"

namespace oplocksim::conformance {
namespace {

std::optional<std::string> read_shipped(const std::string& path) {
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        if (file.path == path) return std::string(file.text);
    }
    return std::nullopt;
}

// Every clause that the corpus names, with one file that does.
std::map<std::string, std::string> covered_clauses() {
    std::map<std::string, std::string> covered;
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        if (scenarios::is_include_only(file.path)) continue;
        const auto loaded = scenarios::load_scenario(std::string(file.path), std::string(file.text),
                                                     read_shipped);
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
        const auto loaded = scenarios::load_scenario(std::string(file.path), std::string(file.text),
                                                     read_shipped);
        if (loaded.scenario == nullptr) continue;
        EXPECT_FALSE(scenarios::info(*loaded.scenario).clauses.empty()) << file.path;
    }
}

TEST(Coverage, EveryClauseIsCoveredOrListedWithAReason) {
    const auto covered = covered_clauses();
    std::set<std::string_view> listed;
    for (const Uncovered& one : uncovered_clauses()) {
        EXPECT_NE(find_clause(one.clause), nullptr) << one.clause;
        EXPECT_FALSE(one.reason.empty()) << one.clause;
        EXPECT_TRUE(listed.insert(one.clause).second) << one.clause;
        const auto scenario = covered.find(std::string(one.clause));
        if (scenario == covered.end()) continue;
        ADD_FAILURE() << one.clause << " is listed, but covered by " << scenario->second;
    }
    EXPECT_TRUE(std::ranges::is_sorted(uncovered_clauses(), {}, &Uncovered::clause));
    for (const Clause& clause : clauses()) {
        EXPECT_TRUE(covered.contains(clause.id) || listed.contains(clause.id))
            << clause.id << ": " << clause.text;
    }
}

}  // namespace
}  // namespace oplocksim::conformance
