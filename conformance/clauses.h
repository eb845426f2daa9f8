// The clause catalogue: the sentences of the specification that scenarios and rules cite.
//
// The catalogue is data (conformance/clauses/*.yaml), built into the program and parsed when it is
// first asked for: a run that shows no clause text does not pay for it. A clause belongs to one
// document; `decision` names the entry of docs/spec-decisions.md that settles its reading, if the
// sources disagree or leave it open.
//
// Invariants (checked when the catalogue is parsed, and by the tests):
//   C1  ids are unique and well formed (well_formed_clause_id);
//   C2  no clause lacks a document, an obligation or a text;
//   C3  the catalogue is sorted by id.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace oplocksim::conformance {

// One sentence, or one row of a table, of the specification.
struct Clause {
    std::string id;           // "BRK-CREATE-BATCH-BEFORE-SHARING"
    std::string document;     // short name: "granting-oplocks"
    std::string source;       // title: "Requesting and Granting Oplocks"
    std::string section;      // where in the document; empty: the whole of it
    std::string obligation;   // "must", "may", ...
    std::string applies_to;   // oplock types: "RH, RWH"; "any"
    std::string text;         // what it says, in our words
    std::string decision;     // "SC-029", or empty
};

// The whole catalogue, sorted by id. Aborts if the built-in files are malformed: the tests hold
// that they are not.
[[nodiscard]] std::span<const Clause> clauses();

// The clause with exactly this id, or null.
[[nodiscard]] const Clause* find_clause(std::string_view id);

// Where a clause stands: "Breaking Oplocks, Conditions; SC-012".
[[nodiscard]] std::string citation(const Clause& clause);

// The id that `id` was probably meant to be, or empty.
[[nodiscard]] std::string_view nearest_clause(std::string_view id);

// Upper-case words and numbers joined by hyphens, at least two: "BRK-CREATE-RH".
[[nodiscard]] bool well_formed_clause_id(std::string_view id);

// Reads one clause file. On failure `clauses` is empty and `problem` is one sentence that names
// `file`.
struct ParsedClauses {
    std::vector<Clause> clauses;
    std::string problem;
};
[[nodiscard]] ParsedClauses parse_clauses(std::string_view file, std::string_view text);

}  // namespace oplocksim::conformance
