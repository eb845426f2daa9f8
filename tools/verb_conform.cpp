#include "tools/conform_arguments.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "conformance/suite.h"
#include "reports/atomic_file.h"
#include "reports/coverage_file.h"
#include "reports/html_suite.h"
#include "reports/markdown.h"
#include "reports/suite_json.h"
#include "reports/suite_junit.h"
#include "reports/tap.h"
#include "reports/text.h"
#include "scenarios/text.h"
#include "tools/input_files.h"
#include "tools/interrupt.h"
#include "tools/verbs.h"

namespace oplocksim::tools {
namespace {

using conformance::ExpectedFailure;
using conformance::SuiteCase;
using conformance::SuiteReport;
using conformance::SuiteVerdict;
using scenarios::escaped;

// Failures that standard output shows; the reports have them all.
constexpr std::size_t kShownFailures = 50;

std::string rendered(ConformReportFormat format, const SuiteReport& report) {
    switch (format) {
        case ConformReportFormat::json: return reports::suite_json(report);
        case ConformReportFormat::junit: return reports::suite_junit(report);
        case ConformReportFormat::tap: return reports::suite_tap(report);
        case ConformReportFormat::markdown: return reports::suite_markdown(report);
        case ConformReportFormat::html: break;   // written while the suite runs
    }
    return {};
}

// "2030-01-31", in UTC.
std::string today() {
    const auto now = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    const std::chrono::year_month_day date(now);
    const auto two = [](unsigned number) {
        return (number < 10 ? "0" : "") + std::to_string(number);
    };
    return std::to_string(static_cast<int>(date.year())) + "-" +
           two(static_cast<unsigned>(date.month())) + "-" + two(static_cast<unsigned>(date.day()));
}

class ConformSession {
 public:
    ConformSession(const ConformArguments& arguments, Streams& streams)
        : arguments_(arguments), streams_(streams) {}

    int run() {
        options_.version = OPLOCKSIM_VERSION;
        options_.profile = arguments_.semantics.profile;
        options_.switches = arguments_.semantics.switches;
        options_.selection = arguments_.selection;
        options_.gate = arguments_.gate;
        options_.stop = [] { return interrupted_by() != 0; };
        const bool partial = !arguments_.selection.empty();
        if (partial && !arguments_.update_expected.empty()) {
            return bad_input(
                "--update-expected needs a run of everything: it would forget what was "
                "not run");
        }
        const std::string unread = read_expected();
        if (!unread.empty()) return bad_input(unread);
        const std::string unmatched = check_selection();
        if (!unmatched.empty()) return bad_input(unmatched);
        if (arguments_.dry_run) return list_selected();
        if (!arguments_.coverage.empty()) {
            const auto old = reports::check_coverage_file(arguments_.coverage);
            if (!old.coverage) return coverage_failed(streams_, old);
        }
        const std::string unopened = open_reports();
        if (!unopened.empty()) return report_error(streams_, unopened, ExitStatus::environment);
        const SuiteReport report = conformance::run_suite(options_);
        show(report);
        const std::string unwritten = write_reports(report);
        if (!unwritten.empty()) return report_error(streams_, unwritten, ExitStatus::environment);
        if (!arguments_.coverage.empty()) {
            const auto added = reports::add_to_coverage_file(arguments_.coverage, report.coverage);
            if (!added.coverage) return coverage_failed(streams_, added);
        }
        return exit_status(report);
    }

 private:
    int bad_input(const std::string& message) {
        return report_error(streams_, message, ExitStatus::bad_input);
    }

    // The list that is given; else, for its reasons, the one that is to be brought up to date.
    std::string read_expected() {
        const bool applies = !arguments_.expected.empty();
        const std::string& path = applies ? arguments_.expected : arguments_.update_expected;
        if (path.empty()) return {};
        FileText read = read_text({path, false});
        if (!read.text) return applies ? read.error : std::string();   // it is to be made
        conformance::ParsedExpected parsed = conformance::parse_expected(path, *read.text);
        if (!parsed.problem.empty()) return escaped(parsed.problem);
        entries_ = std::move(parsed.entries);
        if (!applies) return {};
        for (const ExpectedFailure& entry : entries_) {
            if (conformance::has_expired(entry, today())) {
                expired_.push_back(entry.id);
            } else {
                options_.expected.push_back(entry);
            }
        }
        return {};
    }

    // Every selector selects something: a typing error must not look like success.
    [[nodiscard]] std::string check_selection() {
        for (const std::string& selector : arguments_.selection) {
            conformance::SuiteOptions one = options_;
            one.selection = {selector};
            if (conformance::selected_ids(one).empty()) {
                return scenarios::in_quotes(selector) +
                       " selects nothing (see 'oplocksim conform --dry-run')";
            }
        }
        return {};
    }

    int list_selected() {
        const std::vector<std::string> ids = conformance::selected_ids(options_);
        for (const std::string& id : ids) streams_.out.write(escaped(id) + "\n");
        return static_cast<int>(ExitStatus::conforms);
    }

    std::string open_reports() {
        for (const ConformReportRequest& request : arguments_.reports) {
            files_.push_back(nullptr);
            if (request.path != "-") {
                files_.back() = std::make_unique<reports::AtomicFile>();
                const std::string problem = files_.back()->open(request.path);
                if (!problem.empty()) return problem;
            }
            pages_.push_back(nullptr);
            if (request.format == ConformReportFormat::html) begin_page(files_.back().get());
        }
        if (arguments_.update_expected.empty()) return {};
        update_ = std::make_unique<reports::AtomicFile>();
        return update_->open(arguments_.update_expected);
    }

    void begin_page(reports::AtomicFile* file) {
        reports::Sink& sink = file != nullptr ? static_cast<reports::Sink&>(*file)
                                              : static_cast<reports::Sink&>(streams_.out);
        pages_.back() = std::make_unique<reports::HtmlSuiteReport>(sink);
        pages_.back()->begin(options_);
        options_.observers.push_back(pages_.back().get());
    }

    std::string write_reports(const SuiteReport& report) {
        std::string problem;
        const auto commit = [&problem](reports::AtomicFile& file, const std::string& text) {
            file.write(text);
            const std::string one = file.commit();
            if (problem.empty()) problem = one;
        };
        for (std::size_t i = 0; i < files_.size(); ++i) {
            if (pages_[i]) pages_[i]->finish(report);
            const std::string text = rendered(arguments_.reports[i].format, report);
            if (files_[i]) {
                commit(*files_[i], text);
            } else {
                streams_.out.write(text);
            }
        }
        if (update_ && !report.interrupted) {
            commit(*update_, conformance::expected_text(
                                 conformance::updated_expected(report, entries_)));
        }
        return problem;
    }

    // A report on standard output takes its place: people then read standard error.
    Output& people() {
        const auto on_output = [](const ConformReportRequest& one) { return one.path == "-"; };
        return std::ranges::any_of(arguments_.reports, on_output) ? streams_.err : streams_.out;
    }

    void show(const SuiteReport& report) {
        Output& out = people();
        std::size_t shown = 0;
        std::size_t left_out = 0;
        for (const SuiteCase& one : report.cases) {
            const bool bad = counts_against(one, conformance::ClauseObligation::may);
            const bool wanted = bad || (arguments_.verbose && one.verdict != SuiteVerdict::pass);
            if (!wanted) continue;
            if (shown++ >= kShownFailures && !arguments_.verbose) {
                ++left_out;
                continue;
            }
            show_case(out, one);
        }
        for (const std::string& id : report.stale) {
            out.write("STALE  " + escaped(id) + ": a known failure that names no case\n");
        }
        for (const std::string& id : expired_) {
            out.write("EXPIRED  " + escaped(id) + ": this known failure counts no longer\n");
        }
        if (left_out > 0) out.write("... and " + std::to_string(left_out) + " more (--verbose)\n");
        show_summary(out, report);
    }

    static void show_case(Output& out, const SuiteCase& one) {
        out.write(scenarios::upper(to_string(one.verdict)) + " (" +
                  std::string(to_string(one.obligation)) + ")  " + escaped(one.id) + "\n    " +
                  escaped(one.message) + "\n");
        if (!one.reason.empty()) out.write("    known: " + escaped(one.reason) + "\n");
        if (!one.reproduce.empty()) out.write("    " + escaped(one.reproduce) + "\n");
    }

    static void show_summary(Output& out, const SuiteReport& report) {
        std::string text = reports::counted(report.cases.size(), "case") + ":";
        for (int i = 0; i < conformance::kSuiteVerdictCount; ++i) {
            const auto verdict = static_cast<SuiteVerdict>(i);
            const std::uint64_t count = report.count(verdict);
            if (count == 0) continue;
            text += " " + std::to_string(count) + " " + std::string(to_string(verdict)) + ",";
        }
        text.back() = ' ';
        std::size_t clauses = 0;
        for (const auto& [id, hits] : report.coverage.clause_hits()) clauses += hits > 0 ? 1 : 0;
        std::string reading = report.profile;
        for (const auto& [name, value] : report.given) reading += " " + name + "=" + value;
        out.write(text + " (profile " + reading + ", gate " +
                  std::string(to_string(report.gate)) + ")\n" +
                  reports::counted(clauses, "clause") + " exercised, " +
                  reports::counted(report.coverage.empty_cells().size(), "combination") +
                  " of state, operation and key not met\n" +
                  (report.conforms() ? "conforms\n" : "does not conform\n"));
    }

    int exit_status(const SuiteReport& report) const {
        if (report.interrupted) return 128 + interrupted_by();
        if (report.count(SuiteVerdict::environment_error) > 0) {
            return static_cast<int>(ExitStatus::environment);
        }
        if (!arguments_.update_expected.empty()) return static_cast<int>(ExitStatus::conforms);
        return static_cast<int>(report.conforms() ? ExitStatus::conforms : ExitStatus::failed);
    }

    const ConformArguments& arguments_;
    Streams& streams_;
    conformance::SuiteOptions options_;
    std::vector<ExpectedFailure> entries_;    // all of the list, the expired ones too
    std::vector<std::string> expired_;
    std::vector<std::unique_ptr<reports::AtomicFile>> files_;   // null: standard output
    std::vector<std::unique_ptr<reports::HtmlSuiteReport>> pages_;   // null: another format
    std::unique_ptr<reports::AtomicFile> update_;
};

}  // namespace

int conform_verb(const ConformArguments& arguments, Streams& streams) {
    return ConformSession(arguments, streams).run();
}

}  // namespace oplocksim::tools
