#include "conformance/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "conformance/clauses.h"
#include "conformance/table_operations.h"

namespace oplocksim::conformance {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const Cell* find_cell(std::string_view id) {
    for (const Cell& cell : cells()) {
        if (cell.id == id) return &cell;
    }
    return nullptr;
}

// Pinned: a row that is lost shows here.
TEST(Tables, HaveAsManyCellsAsTheyHad) {
    std::map<TableKind, std::size_t> counts;
    for (const Cell& cell : cells()) ++counts[cell.table];
    EXPECT_EQ(counts[TableKind::breaks], 2103u);
    EXPECT_EQ(counts[TableKind::grants], 1005u);
    EXPECT_EQ(counts[TableKind::acknowledgments], 793u);
}

TEST(Tables, CellIdsAreUniqueAndFitForAShell) {
    std::set<std::string> seen;
    for (const Cell& cell : cells()) {
        EXPECT_TRUE(seen.insert(cell.id).second) << cell.id;
        EXPECT_THAT(cell.id, StartsWith(std::string(to_string(cell.table)) + "/"));
        EXPECT_EQ(cell.id.find_first_of(" >|&;'\"*?[]()"), std::string::npos) << cell.id;
        EXPECT_NE(find_clause(cell.clause), nullptr) << cell.id;
    }
}

TEST(Tables, EveryOperationIsOneThatCanBeCarriedOut) {
    for (const Cell& cell : cells()) {
        if (cell.table != TableKind::breaks || cell.create) continue;
        EXPECT_NE(find_table_operation(cell.subject), nullptr) << cell.id;
    }
}

// The eight types, each with another and with the same key, for every operation of the articles.
TEST(Tables, LeaveNoTypeOutForAnOperationOfTheArticles) {
    for (const std::string operation :
         {"open", "overwrite", "supersede", "read", "write", "lock", "end-of-file", "allocation",
          "valid-data-length", "rename", "short-name", "delete", "zero-data", "flush",
          "set-security", "section-writable"}) {
        for (const std::string type : {"L1", "L2", "BATCH", "FILTER", "R", "RH", "RW", "RWH"}) {
            for (const std::string key : {"same-key", "other-key"}) {
                EXPECT_NE(find_cell("break/" + type + "/" + operation + "/" + key), nullptr)
                    << type << " " << operation << " " << key;
            }
        }
    }
}

// And for every request, over nothing and over each type, whoever owns that.
TEST(Tables, LeaveNoTypeOutForARequest) {
    for (const std::string request : {"L1", "L2", "BATCH", "FILTER", "R", "RH", "RW", "RWH"}) {
        EXPECT_NE(find_cell("grant/" + request + "/over-none"), nullptr) << request;
        for (const std::string type : {"L1", "L2", "BATCH", "FILTER", "R", "RH", "RW", "RWH"}) {
            for (const std::string key : {"own-handle", "same-key", "other-key"}) {
                EXPECT_NE(find_cell("grant/" + request + "/over-" + type + "/" + key), nullptr)
                    << request << " over " << type << " " << key;
            }
        }
    }
}

TEST(Tables, ReadAnOutcome) {
    const Cell* cell = find_cell("break/R+RH/write/other-key");
    ASSERT_NE(cell, nullptr);
    ASSERT_EQ(cell->outcomes.size(), 1u);
    ASSERT_EQ(cell->outcomes[0].steps.size(), 2u);
    EXPECT_EQ(cell->outcomes[0].steps[0].kind, TableStepKind::told);
    EXPECT_FALSE(cell->outcomes[0].steps[0].ack);
    EXPECT_TRUE(cell->outcomes[0].steps[1].ack);
    EXPECT_FALSE(cell->outcomes[0].steps[1].waits);
    const Cell* lock = find_cell("break/RWH/lock/other-key");
    ASSERT_EQ(lock->outcomes.size(), 2u);
    EXPECT_EQ(lock->outcomes[0].when,
              (std::vector<SwitchChoice>{{"lock_vs_rwh_waits", "true"}}));
    EXPECT_TRUE(lock->outcomes[0].steps[0].waits);
    EXPECT_FALSE(lock->outcomes[1].steps[0].waits);
}

// What is wrong with a table, each with the words of the message.
TEST(Tables, RefuseWhatIsWrong) {
    const auto problem = [](const std::string& row) {
        return parse_table(
                   "bad.yaml",
                   "table: break\ngroups:\n  - operation: write\n    rows:\n      - " + row + "\n")
            .problem;
    };
    EXPECT_EQ(problem("{held: R, key: other, outcome: NONE, clause: WRITE-TO-NONE}"), "");
    EXPECT_THAT(problem("{held: X, key: other, outcome: NONE, clause: WRITE-TO-NONE}"),
                HasSubstr("bad.yaml: 'X' is no level"));
    EXPECT_THAT(problem("{held: R+R+R, key: other, outcome: NONE, clause: WRITE-TO-NONE}"),
                HasSubstr("too many owners"));
    EXPECT_THAT(problem("{held: R, key: mine, outcome: NONE, clause: WRITE-TO-NONE}"),
                HasSubstr("relation"));
    EXPECT_THAT(problem("{held: R, key: other, outcome: NONE sometimes, clause: WRITE-TO-NONE}"),
                HasSubstr("'sometimes'"));
    EXPECT_THAT(problem("{held: R, key: other, outcome: NONE / NONE, clause: WRITE-TO-NONE}"),
                HasSubstr("does not fit the owners"));
    EXPECT_THAT(problem("{held: R, key: other, outcome: NONE, clause: WRITE-TO-NOME}"),
                HasSubstr("nearest: WRITE-TO-NONE"));
    EXPECT_THAT(
        problem("{held: R, key: other, outcome: {nix: {true: NONE}}, clause: WRITE-TO-NONE}"),
        HasSubstr("'nix' is no switch"));
    EXPECT_THAT(problem("{held: R, key: other, outcome: {lock_vs_rwh_waits: {2: NONE}}, "
                        "clause: WRITE-TO-NONE}"),
                HasSubstr("no value of lock_vs_rwh_waits"));
    EXPECT_THAT(problem("{held: [R, R], key: other, outcome: NONE, clause: WRITE-TO-NONE}"),
                HasSubstr("there twice"));
    EXPECT_THAT(problem("{held: R, kee: other, outcome: NONE, clause: WRITE-TO-NONE}"),
                HasSubstr("unknown key 'kee'"));
    EXPECT_THAT(parse_table("bad.yaml", "table: [").problem, HasSubstr("bad.yaml"));
    EXPECT_THAT(parse_table("bad.yaml", "table: nothing\ngroups: []").problem,
                HasSubstr("is no table"));
}

}  // namespace
}  // namespace oplocksim::conformance
