// oplocksim check: judges recorded traces with the rules, whoever recorded them.
#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "conformance/clauses.h"
#include "conformance/trace_reader.h"
#include "reports/lanes.h"
#include "reports/rules_json.h"
#include "reports/text.h"
#include "reports/timeline.h"
#include "scenarios/text.h"
#include "tools/html_file.h"
#include "tools/interrupt.h"
#include "tools/trace_files.h"
#include "tools/verbs.h"

namespace oplocksim::tools {
namespace {

using conformance::RuleReport;
using conformance::TraceRun;
using conformance::Violation;
using reports::CheckedRun;
using reports::counted;
using scenarios::escaped;

// What a run may have at once. An event is compared with all of it, so this bounds the time of a
// trace of the largest size to some minutes.
constexpr std::size_t kMaxObjects = 16'384;
// Violations of a run that are drawn, and what is drawn before and after each. Each drawing reads
// the run from its beginning.
constexpr std::size_t kMaxEventsDrawnWhole = 64;
constexpr std::size_t kMaxDrawn = 3;
constexpr std::size_t kEventsBefore = 24;
constexpr std::size_t kEventsAfter = 2;

class CheckSession {
 public:
    CheckSession(const CheckArguments& arguments, Streams& streams)
        : arguments_(arguments), streams_(streams) {
        for (const conformance::RuleInfo& info : conformance::rules()) {
            totals_.push_back({&info, 0, 0});
        }
    }

    int run() {
        if (!arguments_.html.empty()) {
            page_ = std::make_unique<HtmlFile>();
            const std::string unopened = page_->open(arguments_.html, "check",
                                                     arguments_.semantics);
            if (!unopened.empty()) {
                return report_error(streams_, unopened, ExitStatus::environment);
            }
        }
        for (const std::string& path : arguments_.paths) {
            if (interrupted_by() != 0) break;
            read_file(path);
        }
        if (arguments_.json) {
            streams_.out.write(reports::check_json(runs_, totals_, problem_));
        } else {
            write_summary();
        }
        const std::string unwritten = finish_page();
        if (!unwritten.empty()) return report_error(streams_, unwritten, ExitStatus::environment);
        if (!problem_.empty()) return report_error(streams_, problem_, ExitStatus::bad_input);
        if (interrupted_by() != 0) return 128 + interrupted_by();
        return static_cast<int>(violations_ == 0 ? ExitStatus::conforms : ExitStatus::failed);
    }

 private:
    std::string finish_page() {
        if (!page_) return {};
        page_->report().add_rules(totals_);
        reports::HtmlEnd end;
        end.conforms = violations_ == 0 && problem_.empty();
        end.interrupted = interrupted_by() != 0;
        end.runs = run_count_;
        if (!problem_.empty()) end.facts.push_back("Not everything could be read: " + problem_);
        return page_->finish(end);
    }

    void fail(const std::string& path, const std::string& problem) {
        if (problem_.empty()) problem_ = escaped(path) + ": " + problem;
    }

    void read_file(const std::string& path) {
        const std::size_t before = run_count_;
        std::string problem;
        const auto take = [&](const TraceRun& run) { return take_run(path, run); };
        problem = read_trace_file(path, take);
        const bool empty = problem.empty() && problem_.empty() && run_count_ == before &&
                           interrupted_by() == 0;
        if (empty) problem = "no trace in it";
        if (!problem.empty()) fail(path, problem);
    }

    bool take_run(const std::string& path, const TraceRun& run) {
        const engine::Semantics semantics =
            run.profile ? run.semantics : arguments_.semantics.semantics();
        const engine::Profile profile = run.profile.value_or(arguments_.semantics.profile);
        conformance::RuleSet rules(semantics, run.names);
        for (const sim::TraceEvent& event : run.events) {
            rules.on_event(event);
            if (rules.observation().size() <= kMaxObjects) continue;
            fail(path, "line " + std::to_string(run.lines[&event - run.events.data()]) +
                           ": more than " + std::to_string(kMaxObjects) +
                           " handles, IRPs and names in one run");
            return false;
        }
        rules.at_end();
        CheckedRun checked{path,
                           run.run,
                           run.case_name,
                           std::string(engine::to_string(profile)),
                           run.events.size(),
                           rules.violations(),
                           rules.advisories(),
                           {}};
        const bool found = !checked.violations.empty() || !checked.advisories.empty();
        if (found) checked.lines = run.lines;
        const std::vector<RuleReport> reports = rules.report();
        for (std::size_t i = 0; i < reports.size(); ++i) {
            totals_[i].exercised += reports[i].exercised;
            totals_[i].violations += reports[i].violations;
        }
        ++run_count_;
        events_ += checked.events;
        violations_ += checked.violations.size();
        advisories_ += checked.advisories.size();
        if (!arguments_.json) write_run(checked, run);
        if (page_) {
            page_->report().add_trace(
                {path, &run, checked.profile, checked.violations, checked.advisories});
        }
        if (arguments_.json) runs_.push_back(std::move(checked));
        return interrupted_by() == 0;
    }

    void write_indented(std::string_view label, std::string_view text) {
        streams_.out.write(
            reports::hanging("    " + std::string(label), text, streams_.out.width()));
    }

    void write_violation(const CheckedRun& run, const Violation& one, std::string_view word) {
        streams_.out.write("  " + std::string(word) + "  " + std::string(one.rule) + " (" +
                           std::string(one.property) + ")  line " +
                           std::to_string(run.line_of(one)) + "\n");
        write_indented("observed: ", one.observed);
        write_indented("required: ", one.required);
        if (!one.waits.empty()) write_indented("waiting:  ", one.waits);
        const conformance::Clause* const clause = conformance::find_clause(one.clause);
        std::string text(one.clause);
        if (clause != nullptr) text += ": " + clause->text + " (" + citation(*clause) + ")";
        write_indented("clause:   ", text);
    }

    // A short run with all that was found in it; of a long one, what came just before a violation,
    // and that at its row.
    void draw(const TraceRun& run, std::span<const Violation> violations,
              std::span<const Violation> advisories, const reports::LaneWindow& window) {
        reports::PictureInput input;
        input.events = run.events;
        input.names = run.names;
        input.semantics = run.semantics;
        input.threads = run.threads;
        input.irp_names = run.irp_names;
        input.violations = violations;
        input.advisories = advisories;
        const bool colour = use_colour(ColourMode::automatic, streams_.out);
        const reports::Picture picture = make_picture(input, window);
        streams_.out.write("\n" + timeline_text(picture, {streams_.out.width(), colour,
                                                          use_unicode()}) + "\n");
    }

    static reports::LaneWindow around(const TraceRun& run, const Violation& one) {
        reports::LaneWindow window;
        const std::size_t event = std::min(one.event, run.events.size());
        window.first_event = event > kEventsBefore ? event - kEventsBefore : 0;
        window.end_event = event + 1 + kEventsAfter;
        return window;
    }

    void write_run(const CheckedRun& run, const TraceRun& trace) {
        if (run.violations.empty() && run.advisories.empty()) return;
        std::string title = run.path;
        if (!run.run.empty()) title += ": " + run.run;
        if (!run.case_name.empty()) title += " [" + run.case_name + "]";
        streams_.out.write(escaped(title) + "  (profile " + run.profile + ")\n");
        const bool whole = trace.events.size() <= kMaxEventsDrawnWhole;
        std::size_t drawn = 0;
        for (const bool advice : {false, true}) {
            for (const Violation& one : advice ? run.advisories : run.violations) {
                write_violation(run, one, advice ? "ADVICE" : "VIOLATION");
                if (whole || drawn++ >= kMaxDrawn) continue;
                const std::span<const Violation> found(&one, 1);
                const std::span<const Violation> none;
                draw(trace, advice ? none : found, advice ? found : none, around(trace, one));
            }
        }
        if (whole) draw(trace, run.violations, run.advisories, {});
    }

    void write_summary() {
        std::size_t exercised = 0;
        for (const RuleReport& total : totals_) exercised += total.exercised != 0 ? 1 : 0;
        if (arguments_.verbose) {
            for (const RuleReport& total : totals_) {
                const std::string times = total.exercised == 0
                                              ? "not exercised"
                                              : counted(total.exercised, "time");
                streams_.out.write(reports::padded(total.info->property, 5) +
                                   reports::padded(total.info->id, 32) + times + "\n");
            }
        }
        std::string text = counted(run_count_, "run") + ", " + counted(events_, "event") + ": " +
                           counted(violations_, "violation");
        if (advisories_ != 0) text += ", advice " + counted(advisories_, "time");
        streams_.out.write(text + "; " + std::to_string(exercised) + " of " +
                           counted(totals_.size(), "rule") + " exercised\n");
    }

    const CheckArguments& arguments_;
    Streams& streams_;
    std::unique_ptr<HtmlFile> page_;
    std::vector<CheckedRun> runs_;
    std::vector<RuleReport> totals_;
    std::string problem_;
    std::size_t run_count_ = 0;
    std::size_t events_ = 0;
    std::size_t violations_ = 0;
    std::size_t advisories_ = 0;
};

}  // namespace

int check_verb(const CheckArguments& arguments, Streams& streams) {
    return CheckSession(arguments, streams).run();
}

}  // namespace oplocksim::tools
