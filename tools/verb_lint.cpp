// oplocksim lint: every error of every file, and clause ids that nobody knows.
#include <vector>

#include "conformance/clauses.h"
#include "reports/json.h"
#include "reports/terminal.h"
#include "reports/text.h"
#include "scenarios/text.h"
#include "tools/input_files.h"
#include "tools/verbs.h"

namespace oplocksim::tools {
namespace {

using scenarios::Diagnostic;

// Ids that are not in the catalogue. Warnings only: users may have clauses of their own.
std::vector<Diagnostic> unknown_clauses(const scenarios::LoadedScenario& scenario) {
    std::vector<Diagnostic> warnings;
    for (const scenarios::ClauseCitation& citation : scenarios::citations(scenario)) {
        if (conformance::find_clause(citation.id) != nullptr) continue;
        const std::string_view near = conformance::nearest_clause(citation.id);
        warnings.push_back({citation.path, citation.position,
                            "no clause " + scenarios::in_quotes(citation.id) + " in the catalogue",
                            near.empty() ? "see 'oplocksim list --clauses'"
                                         : "did you mean " + scenarios::in_quotes(near) + "?",
                            citation.source_line, scenarios::Severity::warning});
    }
    return warnings;
}

}  // namespace

int lint_verb(const LintArguments& arguments, Streams& streams) {
    const FoundFiles found = find_files(arguments.paths);
    if (!found.error.empty()) return report_error(streams, found.error, ExitStatus::bad_input);
    const bool colour = use_colour(arguments.colour, streams.out);
    std::vector<Diagnostic> all;
    std::size_t errors = 0;
    std::size_t warnings = 0;
    for (const InputFile& file : found.files) {
        FileText read = read_text(file);
        if (!read.text) {
            ++errors;
            static_cast<void>(report_error(streams, read.error, ExitStatus::bad_input));
            continue;
        }
        const scenarios::LoadResult loaded = load(file, std::move(*read.text));
        std::vector<Diagnostic> diagnostics = loaded.diagnostics;
        errors += diagnostics.size();
        if (loaded.scenario != nullptr) {
            diagnostics = unknown_clauses(*loaded.scenario);
            warnings += diagnostics.size();
        }
        all.insert(all.end(), diagnostics.begin(), diagnostics.end());
        if (arguments.json) continue;
        for (const Diagnostic& diagnostic : diagnostics) {
            streams.out.write(reports::diagnostic_text(diagnostic, colour));
        }
    }
    const std::size_t files = found.files.size();
    if (arguments.json) {
        streams.out.write(reports::diagnostics_json(all, files));
    } else {
        std::string summary =
            reports::counted(files, "file") + ", " + reports::counted(errors, "error");
        if (warnings > 0) summary += ", " + reports::counted(warnings, "warning");
        streams.out.write(summary + "\n");
    }
    return static_cast<int>(errors == 0 ? ExitStatus::conforms : ExitStatus::bad_input);
}

}  // namespace oplocksim::tools
