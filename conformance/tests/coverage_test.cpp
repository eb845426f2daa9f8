#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "conformance/clauses.h"
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

}  // namespace
}  // namespace oplocksim::conformance
