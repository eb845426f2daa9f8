// oplocksim coverage: coverage gathered by several runs, merged and shown.
#include <string>

#include "reports/coverage_file.h"
#include "reports/coverage_json.h"
#include "reports/coverage_text.h"
#include "tools/verbs.h"

namespace oplocksim::tools {

int coverage_failed(Streams& streams, const reports::CoverageFileResult& result) {
    const bool content = result.outcome == reports::CoverageFileOutcome::not_coverage;
    return report_error(streams, result.problem,
                        content ? ExitStatus::bad_input : ExitStatus::environment);
}

int coverage_verb(const CoverageArguments& arguments, Streams& streams) {
    conformance::Coverage merged;
    for (const std::string& path : arguments.paths) {
        const reports::CoverageFileResult read = reports::read_coverage(path);
        // A file that the user named and that is not there is the user's mistake.
        if (!read.coverage) return report_error(streams, read.problem, ExitStatus::bad_input);
        merged.merge(*read.coverage);
    }
    if (!arguments.output.empty()) {
        const auto written = reports::write_coverage_file(arguments.output, merged);
        if (!written.coverage) return coverage_failed(streams, written);
    }
    streams.out.write(arguments.json ? reports::coverage_report_json(merged)
                                     : reports::coverage_text(merged, streams.out.width(),
                                                              arguments.verbose));
    return static_cast<int>(ExitStatus::conforms);
}

}  // namespace oplocksim::tools
