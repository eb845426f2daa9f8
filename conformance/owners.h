// Who checks a clause, found out from what does the checking: the rules (RuleInfo::clauses), the
// cells of the decision tables and the scenarios of the shipped corpus (`covers`). What a clause
// declares about itself (Clause::checked_by) is held against this by a test.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/clauses.h"
#include "conformance/tables.h"

namespace oplocksim::conformance {

// Everybody who checks one clause; each list in the order of what it lists, nobody twice.
struct ClauseOwners {
    std::vector<std::string> rules;         // "waits-for-acknowledgments"
    std::vector<std::string> tables;        // sections: "break/write"
    std::vector<std::string> scenarios;     // "create/read-control-legacy"
    [[nodiscard]] CheckedBy checked_by() const {
        return {!rules.empty(), !tables.empty(), !scenarios.empty()};
    }
};
using OwnersByClause = std::map<std::string, ClauseOwners, std::less<>>;

// The owners of every clause that somebody names, whether the catalogue has it or not. Made once,
// when it is first asked for: it loads the corpus.
[[nodiscard]] const OwnersByClause& clause_owners();

// The owners of one clause; nobody, if nobody names it.
[[nodiscard]] const ClauseOwners& owners_of(std::string_view clause);

// The section of its table that a cell belongs to: "break/write".
[[nodiscard]] std::string table_section(const Cell& cell);

}  // namespace oplocksim::conformance
