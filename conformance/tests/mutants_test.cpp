#include "engine/mutant.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "conformance/clauses.h"

namespace oplocksim::conformance {
namespace {

using engine::Fault;
using engine::Mutant;
using engine::MutantInfo;

TEST(Mutants, EachViolatesAClauseOfTheCatalogue) {
    for (const MutantInfo& info : engine::mutants()) {
        EXPECT_NE(find_clause(info.clause), nullptr) << info.name << ": " << info.clause;
    }
}

TEST(Mutants, EachIsExplainedAndFoundByItsName) {
    std::set<std::string_view> summaries;
    for (const MutantInfo& info : engine::mutants()) {
        EXPECT_EQ(engine::mutant_from_name(info.name), info.mutant) << info.name;
        EXPECT_TRUE(summaries.insert(info.summary).second) << info.name;
    }
    EXPECT_EQ(engine::mutant_from_name("none"), std::nullopt);
    EXPECT_EQ(engine::mutant_from_name("NONE_SUCH"), std::nullopt);
}

TEST(Mutants, EveryFaultHasOne) {
    std::set<Fault> faults;
    for (const MutantInfo& info : engine::mutants()) faults.insert(info.fault);
    EXPECT_EQ(faults.size(), engine::kFaultCount);
    std::set<std::string_view> texts;
    for (const Fault fault : faults) EXPECT_TRUE(texts.insert(engine::to_string(fault)).second);
}

TEST(Mutants, NoneIsInPlaceUnlessItIsSelected) {
    for (const MutantInfo& info : engine::mutants()) {
        EXPECT_FALSE(engine::mutated(info.mutant)) << info.name;
    }
}

}  // namespace
}  // namespace oplocksim::conformance
