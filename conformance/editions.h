// The editions of the documents that the catalogue was written from.
//
// Windows' documentation changes without version numbers, so an article is dated; [MS-FSA] has
// both. When an article is read again, its date here moves with what it changed in the catalogue.
//
// Invariant (held by a test): every document of the catalogue has an edition, and every edition a
// document of the catalogue.
#pragma once

#include <span>
#include <string_view>

namespace oplocksim::conformance {

struct Edition {
    std::string_view title;       // as the document calls itself
    std::string_view edition;     // "42.0, 2025-09-09", or the date of the article
    std::string_view documents;   // of the catalogue (Clause::document), separated by blanks
};

// [MS-FSA] first, then the articles by title.
[[nodiscard]] std::span<const Edition> editions();

}  // namespace oplocksim::conformance
