// oplocksim check: judges recorded traces with the rules, whoever recorded them.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "conformance/clauses.h"
#include "conformance/trace_reader.h"
#include "reports/rules_json.h"
#include "reports/text.h"
#include "scenarios/text.h"
#include "tools/interrupt.h"
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

class CheckSession {
 public:
    CheckSession(const CheckArguments& arguments, Streams& streams)
        : arguments_(arguments), streams_(streams) {
        for (const conformance::RuleInfo& info : conformance::rules()) {
            totals_.push_back({&info, 0, 0});
        }
    }

    int run() {
        for (const std::string& path : arguments_.paths) {
            if (interrupted_by() != 0) break;
            read_file(path);
        }
        if (arguments_.json) {
            streams_.out.write(reports::check_json(runs_, totals_, problem_));
        } else {
            write_summary();
        }
        if (!problem_.empty()) return report_error(streams_, problem_, ExitStatus::bad_input);
        if (interrupted_by() != 0) return 128 + interrupted_by();
        return static_cast<int>(violations_ == 0 ? ExitStatus::conforms : ExitStatus::failed);
    }

 private:
    void fail(const std::string& path, const std::string& problem) {
        if (problem_.empty()) problem_ = escaped(path) + ": " + problem;
    }

    void read_file(const std::string& path) {
        const std::size_t before = run_count_;
        std::string problem;
        const auto take = [&](const TraceRun& run) { return take_run(path, run); };
        if (path == "-") {
            problem = conformance::read_trace(std::cin, take);
        } else {
            std::error_code error;
            const bool folder = std::filesystem::is_directory(path, error);
            std::ifstream file(path, std::ios::binary);
            if (folder || !file) {
                fail(path, folder ? "is a folder" : std::strerror(errno));
                return;
            }
            problem = conformance::read_trace(file, take);
        }
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
        if (!arguments_.json) write_run(checked);
        if (arguments_.json) runs_.push_back(std::move(checked));
        return interrupted_by() == 0;
    }

    void write_indented(std::string_view label, std::string_view text) {
        const std::size_t indent = 4 + label.size();
        const std::size_t room = std::max<std::size_t>(streams_.out.width(), indent + 40) - indent;
        std::string head = "    " + std::string(label);
        for (const std::string& line : reports::wrapped(escaped(text), room)) {
            streams_.out.write(head + line + "\n");
            head.assign(indent, ' ');
        }
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

    void write_run(const CheckedRun& run) {
        if (run.violations.empty() && run.advisories.empty()) return;
        std::string title = run.path;
        if (!run.run.empty()) title += ": " + run.run;
        if (!run.case_name.empty()) title += " [" + run.case_name + "]";
        streams_.out.write(escaped(title) + "  (profile " + run.profile + ")\n");
        for (const Violation& one : run.violations) write_violation(run, one, "VIOLATION");
        for (const Violation& one : run.advisories) write_violation(run, one, "ADVICE");
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
