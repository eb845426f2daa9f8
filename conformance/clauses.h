// The clause catalogue: the sentences of the specification that scenarios and rules cite.
//
// The catalogue is data (conformance/clauses/*.yaml), built into the program and parsed when it is
// first asked for: a run that shows no clause text does not pay for it. A file is of one document;
// a clause of another names it. What a second document says too is not a second clause: it is
// another place (`also`) of the first. A clause FSA-... is what [MS-FSA] alone says. `decision`
// names the entries of docs/spec-decisions.md that settle its reading, if the sources disagree or
// leave it open.
//
// A clause declares who checks it: rules, cells of decision tables, scenarios. Nobody has to
// believe that: conformance/owners.h finds out who does, and a test holds the two together.
//
// Invariants (checked when the catalogue is parsed, and by the tests):
//   C1  ids are unique and well formed (well_formed_clause_id);
//   C2  no clause lacks a document, an obligation or a text;
//   C3  the catalogue is sorted by id;
//   C4  a clause is checked by somebody or says why by nobody, never both.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace oplocksim::conformance {

// A document, and where in it.
struct ClauseSource {
    std::string document;     // short name: "ms-fsa"
    std::string title;        // "[MS-FSA]"
    std::string section;      // empty: the whole of it
};

// Who checks a clause; any set of them.
struct CheckedBy {
    bool rule = false;        // a rule over traces cites it
    bool table = false;       // a cell of a decision table states it
    bool scenario = false;    // a scenario of the corpus covers it
    [[nodiscard]] bool anybody() const { return rule || table || scenario; }
    bool operator==(const CheckedBy&) const = default;
};
// "rule, scenario"; "nobody".
[[nodiscard]] std::string to_string(const CheckedBy& checked_by);

// One sentence, or one row of a table, of the specification.
struct Clause {
    std::string id;           // "BRK-CREATE-BATCH-BEFORE-SHARING"
    std::string document;     // short name: "granting-oplocks"
    std::string source;       // title: "Requesting and Granting Oplocks"
    std::string section;      // where in the document; empty: the whole of it
    std::string obligation;   // "must", "may", ...
    std::string applies_to;   // oplock types: "RH, RWH"; "any"
    std::string text;         // what it says, in our words
    std::string decision;     // "SC-029", "SC-045, SC-046", or empty
    std::vector<ClauseSource> also = {};   // further places that say it
    CheckedBy checked_by = {};             // declared
    std::string unchecked = {};            // why nobody checks it; empty: somebody does
};

// The whole catalogue, sorted by id. Aborts if the built-in files are malformed: the tests hold
// that they are not.
[[nodiscard]] std::span<const Clause> clauses();

// The clause with exactly this id, or null.
[[nodiscard]] const Clause* find_clause(std::string_view id);

// Where a clause stands: "Breaking Oplocks, Conditions; SC-012".
[[nodiscard]] std::string citation(const Clause& clause);

// Every place of a clause, the first one first.
[[nodiscard]] std::vector<ClauseSource> sources_of(const Clause& clause);
// "Breaking Oplocks, Conditions"; "[MS-FSA] 2.1.4.12".
[[nodiscard]] std::string to_string(const ClauseSource& source);

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
