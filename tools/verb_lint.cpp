// oplocksim lint: every error of every file.
#include <vector>

#include "reports/json.h"
#include "reports/text.h"
#include "tools/input_files.h"
#include "tools/verbs.h"

namespace oplocksim::tools {

int lint_verb(const LintArguments& arguments, Streams& streams) {
    const FoundFiles found = find_files(arguments.paths);
    if (!found.error.empty()) return report_error(streams, found.error, ExitStatus::bad_input);
    std::vector<scenarios::Diagnostic> all;
    std::size_t unreadable = 0;
    for (const InputFile& file : found.files) {
        FileText read = read_text(file);
        if (!read.text) {
            ++unreadable;
            static_cast<void>(report_error(streams, read.error, ExitStatus::bad_input));
            continue;
        }
        const scenarios::LoadResult loaded = load(file, std::move(*read.text));
        all.insert(all.end(), loaded.diagnostics.begin(), loaded.diagnostics.end());
        if (arguments.json) continue;
        for (const auto& diagnostic : loaded.diagnostics) {
            streams.out.write(scenarios::render(diagnostic));
        }
    }
    const std::size_t files = found.files.size();
    if (arguments.json) {
        streams.out.write(reports::diagnostics_json(all, files));
    } else {
        streams.out.write(reports::counted(files, "file") + ", " +
                          reports::counted(all.size() + unreadable, "error") + "\n");
    }
    const bool good = all.empty() && unreadable == 0;
    return static_cast<int>(good ? ExitStatus::conforms : ExitStatus::bad_input);
}

}  // namespace oplocksim::tools
