// oplocksim export: one run of a trace as a picture, for other people's tools and pages.
#include <optional>
#include <string>

#include "reports/atomic_file.h"
#include "reports/lanes.h"
#include "reports/mermaid.h"
#include "reports/perfetto.h"
#include "reports/text.h"
#include "reports/timeline.h"
#include "scenarios/text.h"
#include "tools/trace_files.h"
#include "tools/verbs.h"

namespace oplocksim::tools {
namespace {

using conformance::TraceRun;

std::string title_of(const TraceRun& run) {
    return run.case_name.empty() ? run.run : run.run + " [" + run.case_name + "]";
}

reports::Picture picture_of(const TraceRun& run, ExportFormat format) {
    conformance::RuleSet rules(run.semantics, run.names);
    for (const sim::TraceEvent& event : run.events) rules.on_event(event);
    rules.at_end();
    reports::PictureInput input;
    input.events = run.events;
    input.names = run.names;
    input.semantics = run.semantics;
    input.threads = run.threads;
    input.irp_names = run.irp_names;
    input.violations = rules.violations();
    input.advisories = rules.advisories();
    reports::LaneWindow window;
    if (format == ExportFormat::mermaid) window.max_rows = reports::kMaxMermaidRows;
    if (format == ExportFormat::perfetto) window.max_rows = reports::kMaxPerfettoRows;
    return reports::make_picture(input, window);
}

std::string drawn(const TraceRun& run, const ExportArguments& arguments, const Output& output) {
    const reports::Picture picture = picture_of(run, arguments.format);
    switch (arguments.format) {
        case ExportFormat::perfetto: return reports::perfetto_json(picture, title_of(run));
        case ExportFormat::mermaid: return reports::mermaid_text(picture, title_of(run));
        case ExportFormat::timeline: break;
    }
    const bool file = !arguments.output.empty();
    const bool colour = use_colour(arguments.colour, output) &&
                        (!file || arguments.colour == ColourMode::always);
    return reports::timeline_text(picture, {output.width(), colour, use_unicode()});
}

// Whether this run was asked for: by its number, or by a part of its name and case. A number is
// a number, whatever digits the names have.
bool selected(const TraceRun& run, std::size_t number, const std::string& wanted) {
    if (wanted.empty()) return true;
    const bool numeral = wanted.find_first_not_of("0123456789") == std::string::npos;
    return numeral ? wanted == std::to_string(number)
                   : title_of(run).find(wanted) != std::string::npos;
}

}  // namespace

int export_verb(const ExportArguments& arguments, Streams& streams) {
    std::optional<TraceRun> chosen;
    std::size_t runs = 0;
    std::size_t matching = 0;
    const std::string problem = read_trace_file(arguments.path, [&](const TraceRun& run) {
        if (!selected(run, ++runs, arguments.run)) return true;
        if (++matching == 1) chosen = run;
        return arguments.run.empty() || matching < 2;
    });
    const std::string path = scenarios::escaped(arguments.path);
    const auto bad = [&](const std::string& text) {
        return report_error(streams, path + ": " + text, ExitStatus::bad_input);
    };
    if (!problem.empty()) return bad(problem);
    if (runs == 0) return bad("no trace in it");
    if (matching == 0) {
        return bad("none of its " + reports::counted(runs, "run") + " is " +
                   scenarios::in_quotes(arguments.run));
    }
    if (matching > 1) {
        const std::string which = arguments.run.empty()
                                      ? std::to_string(runs) + " runs are in it"
                                      : "several runs match " + scenarios::in_quotes(arguments.run);
        return bad(which + "; choose one with --run NUMBER, or with a part of its name and case");
    }
    const std::string text = drawn(*chosen, arguments, streams.out);
    if (arguments.output.empty() || arguments.output == "-") {
        streams.out.write(text);
        return static_cast<int>(ExitStatus::conforms);
    }
    reports::AtomicFile file;
    std::string unwritten = file.open(arguments.output);
    if (unwritten.empty()) {
        file.write(text);
        unwritten = file.commit();
    }
    if (!unwritten.empty()) return report_error(streams, unwritten, ExitStatus::environment);
    return static_cast<int>(ExitStatus::conforms);
}

}  // namespace oplocksim::tools
