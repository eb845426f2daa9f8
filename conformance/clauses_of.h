// From the package's reason to the clauses of the specification that say so.
//
// The table is written by hand, from the documents: a row names a rule, the operations and the
// held types it speaks of, and the clauses. It is data, so that a test can hold that every id
// exists, and every rule has a row.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/oplock.h"
#include "engine/reason.h"

namespace oplocksim::conformance {

// The ids of the clauses that decided, most specific first, once each; empty if the catalogue has
// none for this reason. With `to`, the level that the oplock was broken to, only those of that
// level.
[[nodiscard]] std::vector<std::string_view> clauses_of(
    const engine::Why& why, std::optional<engine::OplockType> to = std::nullopt);

// Every id that the table names, in the order of the table. For tests.
[[nodiscard]] std::vector<std::string_view> clause_ids_in_table();

}  // namespace oplocksim::conformance
