// What was asked for on the command line, checked and in the program's own terms.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "conformance/suite.h"
#include "conformance/what_if.h"
#include "engine/semantics.h"

namespace oplocksim::tools {

// The exit status is part of the command's contract.
enum class ExitStatus : std::uint8_t {
    conforms = 0,
    failed = 1,            // an expectation failed
    bad_input = 2,         // usage, or a file that is no scenario
    environment = 3,       // a report could not be written, ...
    interrupted = 130,     // SIGINT; 143 for SIGTERM
};

enum class ColourMode : std::uint8_t { automatic, always, never };

enum class ReportFormat : std::uint8_t { json, junit, html };
struct ReportRequest {
    ReportFormat format = ReportFormat::json;
    std::string path;   // "-": standard output
};

// Which reading of the specification: a profile, and switches over it.
struct SemanticsArguments {
    engine::Profile profile = engine::Profile::docs;
    std::vector<std::pair<std::string, std::string>> switches;
    // All switch values together. Requires: the switches are valid.
    [[nodiscard]] engine::Semantics semantics() const;
};

struct RunArguments {
    std::vector<std::string> paths;      // empty: the shipped corpus
    std::vector<std::string> filters;    // of scenario ids; any may match
    std::vector<std::string> cases;      // of case names; any may match
    SemanticsArguments semantics;
    std::vector<ReportRequest> reports;
    std::string trace;                   // path; "-": standard output; empty: none
    std::string coverage;                // path that coverage is added to; empty: none
    ColourMode colour = ColourMode::automatic;
    bool verbose = false;
    bool fail_fast = false;
};

enum class ListSubject : std::uint8_t { scenarios, clauses, switches, profiles };
struct ListArguments {
    ListSubject subject = ListSubject::scenarios;
    std::vector<std::string> paths;      // scenarios: empty: the shipped corpus
    std::vector<std::string> filters;
    bool json = false;
};

struct LintArguments {
    std::vector<std::string> paths;      // empty: the shipped corpus
    ColourMode colour = ColourMode::automatic;
    bool json = false;
};

struct SchemaArguments {};

struct ExplainArguments {
    conformance::WhatIfQuestion question;
    ColourMode colour = ColourMode::automatic;
    bool json = false;
};

struct CheckArguments {
    std::vector<std::string> paths;      // "-": standard input
    SemanticsArguments semantics;        // for traces that do not name their profile
    std::string html;                    // path of the HTML report; empty: none
    bool verbose = false;
    bool json = false;
};

enum class ExportFormat : std::uint8_t { perfetto, mermaid, timeline };
struct ExportArguments {
    std::string path;                    // "-": standard input
    ExportFormat format = ExportFormat::timeline;
    std::string run;                     // number from 1, or part of its name; empty: the only one
    std::string output;                  // empty or "-": standard output
    ColourMode colour = ColourMode::automatic;
};

struct RulesArguments {
    std::string id;                      // of a rule, property or clause; empty: a list
    bool clauses = false;                // list clauses
    std::vector<std::string> sources;    // of clauses: a document or section, or its beginning
    std::string status;                  // of clauses: rule, table, scenario, unchecked; empty: any
    bool json = false;
};

struct CoverageArguments {
    std::vector<std::string> paths;      // of coverage; at least one
    std::string output;                  // where the merged one goes; empty: nowhere
    bool verbose = false;
    bool json = false;
};

enum class ConformReportFormat : std::uint8_t { json, junit, tap, markdown, html };
struct ConformReportRequest {
    ConformReportFormat format = ConformReportFormat::json;
    std::string path;   // "-": standard output
};

struct ConformArguments {
    std::vector<std::string> selection;   // prefixes of folders, cells, rules or clauses; any
    SemanticsArguments semantics;
    conformance::ClauseObligation gate = conformance::ClauseObligation::must;
    std::string expected;                 // path of the known failures; empty: none
    std::string update_expected;          // path to write them to; empty: do not
    std::vector<ConformReportRequest> reports;
    std::string coverage;                 // path that coverage is added to; empty: none
    bool dry_run = false;
    bool verbose = false;
};

struct ExploreArguments {
    std::vector<std::string> paths;
    std::vector<std::string> cases;       // of case names; any may match
    SemanticsArguments semantics;
    bool reduction = true;
    bool symmetry = true;
    std::string dot;                      // path for the state graph; empty: none
    std::string page;                     // path for the page that walks it; empty: none
    std::string out;                      // folder for findings; empty: none
    std::string html;                     // path of the HTML report; empty: none
    unsigned jobs = 0;                    // 0: one a core
    bool depth_first = false;
    bool first = false;                   // end with the first finding
    std::uint64_t max_states = 0;         // 0 in all of these: as much as the search can
    std::uint64_t max_transitions = 0;
    std::uint64_t max_depth = 0;
    std::uint64_t max_memory = 4096;      // MiB
};

struct FuzzArguments {
    SemanticsArguments semantics;
    bool draws_semantics = true;          // neither a profile nor a switch was given
    std::optional<std::uint64_t> seed;    // none: a fresh one
    std::uint64_t runs = 0;               // 0: no limit
    std::uint64_t seconds = 0;            // 0: no limit
    std::optional<std::uint64_t> only_run;
    unsigned jobs = 0;                    // 0: one a core
    std::uint64_t shard = 1;              // of `shards`
    std::uint64_t shards = 1;
    std::string corpus;                   // folder; empty: none
    std::string out;                      // folder; empty: none
    std::string html;                     // path of the HTML report; empty: none
    std::string trace;                    // path; empty: none
    bool first = false;                   // end with the first finding
};

struct ReplayArguments {
    std::vector<std::string> paths;
    SemanticsArguments semantics;         // for files that recorded nothing
    ColourMode colour = ColourMode::automatic;
    bool verbose = false;
};

using Command = std::variant<RunArguments, ListArguments, LintArguments, SchemaArguments,
                             ExplainArguments, CheckArguments, ExportArguments, RulesArguments,
                             ConformArguments, ExploreArguments, FuzzArguments, CoverageArguments,
                             ReplayArguments>;

}  // namespace oplocksim::tools
