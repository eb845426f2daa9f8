// The verbs of the command, one file each (verb_*.cpp).
#pragma once

#include <string_view>

#include "reports/coverage_file.h"
#include "tools/arguments.h"
#include "tools/output.h"

namespace oplocksim::tools {

// What a verb writes to. `out` is for what was asked for, `err` for what went wrong.
struct Streams {
    Output& out;
    Output& err;
};

[[nodiscard]] int run_verb(const RunArguments& arguments, Streams& streams);
[[nodiscard]] int list_verb(const ListArguments& arguments, Streams& streams);
[[nodiscard]] int lint_verb(const LintArguments& arguments, Streams& streams);
[[nodiscard]] int schema_verb(const SchemaArguments& arguments, Streams& streams);
[[nodiscard]] int explain_verb(const ExplainArguments& arguments, Streams& streams);
[[nodiscard]] int check_verb(const CheckArguments& arguments, Streams& streams);
[[nodiscard]] int export_verb(const ExportArguments& arguments, Streams& streams);
[[nodiscard]] int rules_verb(const RulesArguments& arguments, Streams& streams);
[[nodiscard]] int replay_verb(const ReplayArguments& arguments, Streams& streams);
[[nodiscard]] int explore_verb(const ExploreArguments& arguments, Streams& streams);
[[nodiscard]] int fuzz_verb(const FuzzArguments& arguments, Streams& streams);
[[nodiscard]] int conform_verb(const ConformArguments& arguments, Streams& streams);
[[nodiscard]] int coverage_verb(const CoverageArguments& arguments, Streams& streams);

// A file of coverage that could not be read or written, as an exit status.
int coverage_failed(Streams& streams, const reports::CoverageFileResult& result);

// "oplocksim: error: ..." on `err`; returns `status` as the process's exit status.
int report_error(Streams& streams, std::string_view message, ExitStatus status);

// Whether to colour what goes to `output`: as asked; else on a terminal unless NO_COLOR is set.
[[nodiscard]] bool use_colour(ColourMode mode, const Output& output);
// Whether the locale of the environment can show box drawing: its character set is UTF-8.
[[nodiscard]] bool use_unicode();

}  // namespace oplocksim::tools
