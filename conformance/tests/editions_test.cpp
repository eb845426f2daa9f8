// Every document of the catalogue is dated, and nothing is dated that is not there.
#include "conformance/editions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include "conformance/clauses.h"
#include "scenarios/text.h"

namespace oplocksim::conformance {
namespace {

std::set<std::string> documents_with_editions() {
    std::set<std::string> found;
    for (const Edition& edition : editions()) {
        for (const std::string_view one : scenarios::split(edition.documents, ' ')) {
            found.emplace(one);
        }
    }
    return found;
}

TEST(Editions, EveryDocumentHasOne) {
    const std::set<std::string> dated = documents_with_editions();
    std::set<std::string> documents;
    for (const Clause& clause : clauses()) documents.insert(clause.document);
    for (const std::string& document : documents) {
        EXPECT_TRUE(dated.contains(document)) << document << ": add it to conformance/editions.cpp";
    }
    for (const std::string& document : dated) {
        EXPECT_TRUE(documents.contains(document)) << document << " has no clause";
    }
}

TEST(Editions, AreDatedOrSayThatTheyAreNot) {
    const std::regex dated(".*20[0-9]{2}-[01][0-9]-[0-3][0-9]$");
    for (const Edition& edition : editions()) {
        const std::string text(edition.edition);
        EXPECT_TRUE(std::regex_match(text, dated) || text == "no date of their own")
            << edition.title << ": " << text;
    }
}

TEST(Editions, AreSortedBehindTheProtocolDocument) {
    ASSERT_GT(editions().size(), 2u);
    EXPECT_TRUE(editions().front().title.starts_with("[MS-FSA]"));
    EXPECT_TRUE(std::ranges::is_sorted(editions().subspan(1), {}, &Edition::title));
}

}  // namespace
}  // namespace oplocksim::conformance
