#include "conformance/clauses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "conformance/clauses_of.h"
#include "conformance/owners.h"
#include "engine/reason.h"

namespace oplocksim::conformance {
namespace {

TEST(ClauseCatalogue, IsSortedWithUniqueWellFormedIds) {
    const auto all = clauses();
    ASSERT_FALSE(all.empty());
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LT(all[i - 1].id, all[i].id);
    for (const Clause& clause : all) {
        EXPECT_TRUE(well_formed_clause_id(clause.id)) << clause.id;
        EXPECT_FALSE(clause.text.empty()) << clause.id;
        EXPECT_FALSE(clause.source.empty()) << clause.id;
        EXPECT_FALSE(clause.document.empty()) << clause.id;
    }
}

TEST(ClauseCatalogue, ObligationsAreWordsOfTheRegister) {
    const std::set<std::string> known{"must", "should", "may"};
    for (const Clause& clause : clauses()) {
        EXPECT_TRUE(known.contains(clause.obligation)) << clause.id << ": " << clause.obligation;
    }
}

TEST(ClauseCatalogue, FindsByIdOnly) {
    EXPECT_NE(find_clause("BRK-NTFS-BATCH-BEFORE-SHARING"), nullptr);
    EXPECT_EQ(find_clause("BRK-NTFS-BATCH"), nullptr);
    EXPECT_EQ(find_clause(""), nullptr);
    EXPECT_EQ(nearest_clause("BRK-NTFS-BATCH-BEFORE-SHARNG"), "BRK-NTFS-BATCH-BEFORE-SHARING");
}

TEST(ClauseCatalogue, CitationNamesSourceSectionAndDecision) {
    const Clause clause{"A-B", "doc", "Title", "Part", "must", "any", "Text.", "SC-001"};
    EXPECT_EQ(citation(clause), "Title, Part; SC-001");
    const Clause whole{"A-B", "doc", "Title", "", "must", "any", "Text.", ""};
    EXPECT_EQ(citation(whole), "Title");
    const Clause fsa{"A-B", "ms-fsa", "[MS-FSA]", "2.1.4.12", "must", "any", "Text.", ""};
    EXPECT_EQ(citation(fsa), "[MS-FSA] 2.1.4.12");
}

TEST(ClauseCatalogue, EverySectionOfMsFsaOnOplocksIsCited) {
    std::set<std::string> cited;
    for (const Clause& clause : clauses()) {
        for (const ClauseSource& source : sources_of(clause)) {
            if (source.document == "ms-fsa") cited.insert(source.section);
        }
    }
    // Those that ask for the check, and those that say what oplocks, requests and answers are.
    for (const char* section :
         {"2.1.1.10", "2.1.4.2", "2.1.4.12", "2.1.4.12.1", "2.1.4.12.2", "2.1.4.13", "2.1.5.1",
          "2.1.5.1.1", "2.1.5.1.2", "2.1.5.1.2.2", "2.1.5.3", "2.1.5.4", "2.1.5.5", "2.1.5.7",
          "2.1.5.8", "2.1.5.9", "2.1.5.10.32", "2.1.5.10.39", "2.1.5.10.41", "2.1.5.15.1",
          "2.1.5.15.2", "2.1.5.15.3", "2.1.5.15.5", "2.1.5.15.7", "2.1.5.15.12", "2.1.5.15.14",
          "2.1.5.15.15", "2.1.5.17", "2.1.5.18", "2.1.5.18.1", "2.1.5.18.2", "2.1.5.18.3",
          "2.1.5.19", "2.1.5.20"}) {
        EXPECT_TRUE(cited.contains(section)) << section;
    }
}

TEST(ClauseOwners, AreThoseThatTheClauseDeclares) {
    for (const Clause& clause : clauses()) {
        const CheckedBy found = owners_of(clause.id).checked_by();
        if (found == clause.checked_by) continue;
        ADD_FAILURE() << clause.id << " declares " << to_string(clause.checked_by)
                      << " and is checked by " << to_string(found)
                      << "; write `checked: [...]` so in conformance/clauses/, or `unchecked` with "
                         "the reason";
    }
}

TEST(ClauseOwners, NameOnlyClausesOfTheCatalogue) {
    for (const auto& [id, owners] : clause_owners()) {
        EXPECT_NE(find_clause(id), nullptr) << id << "; nearest: " << nearest_clause(id);
    }
}

TEST(ClauseOwners, EveryDecisionIsInTheRegister) {
    std::ifstream file(std::string(OPLOCKSIM_SOURCE_DIR) + "/docs/spec-decisions.md");
    const std::string register_text((std::istreambuf_iterator<char>(file)), {});
    ASSERT_FALSE(register_text.empty());
    for (const Clause& clause : clauses()) {
        std::istringstream ids(clause.decision);
        for (std::string id; std::getline(ids >> std::ws, id, ',');) {
            EXPECT_NE(register_text.find("### " + id + " "), std::string::npos)
                << clause.id << ": " << id;
        }
    }
}

TEST(ClauseOwners, OfOneClause) {
    const ClauseOwners& owners = owners_of("WRITE-L2-ALWAYS");
    EXPECT_THAT(owners.tables, testing::Contains("break/write"));
    EXPECT_THAT(owners.scenarios, testing::Contains("write/level-2"));
    EXPECT_FALSE(owners_of("NO-SUCH").checked_by().anybody());
}

TEST(ClauseIds, AreUpperCaseWordsJoinedByHyphens) {
    EXPECT_TRUE(well_formed_clause_id("BRK-CREATE-RH"));
    EXPECT_TRUE(well_formed_clause_id("WIN32-HANDLE-CLOSED-803"));
    for (const char* bad : {"", "BRK", "brk-create", "BRK--X", "-BRK-X", "BRK-X-", "BRK X-Y"}) {
        EXPECT_FALSE(well_formed_clause_id(bad)) << bad;
    }
}

TEST(ParseClauses, FoldsTextAndJoinsLists) {
    const auto parsed = parse_clauses("x.yaml",
                                      "source: S\ndocument: d\nclauses:\n"
                                      "  - id: A-B\n    section: s\n    obligation: must\n"
                                      "    applies_to: [R, RH]\n    text: |\n      one\n"
                                      "      two\n    decision: SC-001\n"
                                      "    document: ms-fsa\n    also: [ms-fsa 2.1.4.12]\n"
                                      "    checked: [rule, scenario]\n");
    ASSERT_EQ(parsed.problem, "");
    ASSERT_EQ(parsed.clauses.size(), 1u);
    EXPECT_EQ(parsed.clauses[0].text, "one two");
    EXPECT_EQ(parsed.clauses[0].applies_to, "R, RH");
    EXPECT_EQ(parsed.clauses[0].decision, "SC-001");
    EXPECT_EQ(parsed.clauses[0].document, "ms-fsa");
    EXPECT_EQ(to_string(parsed.clauses[0].checked_by), "rule, scenario");
    const auto sources = sources_of(parsed.clauses[0]);
    ASSERT_EQ(sources.size(), 2u);
    EXPECT_EQ(to_string(sources[1]), "[MS-FSA] 2.1.4.12");
}

TEST(ParseClauses, NamesWhatIsWrong) {
    const auto problem = [](const std::string& text) {
        return parse_clauses("x.yaml", text).problem;
    };
    const std::string head = "source: S\ndocument: d\nclauses:\n  - id: ";
    EXPECT_NE(problem("[1"), "");
    EXPECT_EQ(problem("- 1"), "x.yaml: not a mapping");
    EXPECT_EQ(problem("source: S\nclauses: []\n"), "x.yaml: no document or no source");
    EXPECT_EQ(problem("source: S\ndocument: d\nclause: []\n"), "x.yaml: unknown key 'clause'");
    EXPECT_EQ(problem(head + "a-b\n    obligation: must\n    text: t\n"),
              "x.yaml: 'a-b' is not a clause id");
    EXPECT_EQ(problem(head + "A-B\n    obligation: must\n"), "x.yaml: A-B has no text");
    EXPECT_EQ(problem(head + "A-B\n    texts: t\n"), "x.yaml: A-B: unknown key 'texts'");
    const std::string whole = head + "A-B\n    obligation: must\n    text: t\n";
    EXPECT_EQ(problem(whole), "x.yaml: A-B says neither who checks it nor why nobody does");
    EXPECT_EQ(problem(whole + "    checked: [rule]\n    unchecked: r\n"),
              "x.yaml: A-B is checked and unchecked");
    EXPECT_EQ(problem(whole + "    checked: [rules]\n"),
              "x.yaml: A-B: 'rules' is not one of rule, table, scenario");
    EXPECT_EQ(problem(whole + "    also: [MS-FSA 1]\n"),
              "x.yaml: A-B: 'MS-FSA 1' is no place, such as 'ms-fsa 2.1.4.12'");
    EXPECT_EQ(problem(whole + "    document: x\n"), "x.yaml: A-B: unknown document 'x'");
    EXPECT_EQ(problem(whole + "    unchecked: because\n"), "");
}

TEST(ClausesOf, EveryIdOfTheTableIsInTheCatalogue) {
    for (const std::string_view id : clause_ids_in_table()) {
        EXPECT_NE(find_clause(id), nullptr) << id;
    }
}

TEST(ClausesOf, EveryRuleButNoneHasARow) {
    constexpr int kLastType = static_cast<int>(engine::OplockType::read_write_handle);
    for (int rule = 1; rule < engine::kRuleCount; ++rule) {
        bool any = false;
        for (int held = 0; held <= kLastType; ++held) {
            for (int operation = 0; operation < engine::kOperationCount; ++operation) {
                const engine::Why why{static_cast<engine::Rule>(rule),
                                      static_cast<engine::OplockType>(held),
                                      static_cast<engine::Operation>(operation)};
                any = any || !clauses_of(why).empty();
            }
        }
        EXPECT_TRUE(any) << engine::name_of(static_cast<engine::Rule>(rule));
    }
}

TEST(ClausesOf, SpeaksOfTheOperationAndTheHeldType) {
    using engine::OplockType;
    using engine::Operation;
    using engine::Rule;
    const auto first = [](Rule rule, OplockType held, Operation operation) {
        const auto ids = clauses_of({rule, held, operation});
        return ids.empty() ? std::string() : std::string(ids.front());
    };
    EXPECT_EQ(first(Rule::broken, OplockType::level_2, Operation::write), "WRITE-L2-ALWAYS");
    EXPECT_EQ(first(Rule::broken, OplockType::read_write_handle, Operation::byte_range_lock),
              "LOCK-RWH-ACK");
    EXPECT_EQ(first(Rule::broken, OplockType::read_handle, Operation::create_break_handle),
              "CREATE-RH-TO-READ");
    EXPECT_EQ(first(Rule::exempt_same_key, OplockType::read_write, Operation::read),
              "READ-OTHER-KEY-BREAKS");
    EXPECT_EQ(first(Rule::none, OplockType::none, Operation::read), "");
}

}  // namespace
}  // namespace oplocksim::conformance
