// oplocksim run: runs scenario files and reports what they found.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "conformance/coverage.h"
#include "reports/atomic_file.h"
#include "reports/coverage_file.h"
#include "reports/html_run.h"
#include "reports/json.h"
#include "reports/junit.h"
#include "reports/terminal.h"
#include "scenarios/text.h"
#include "sim/trace_json.h"
#include "tools/input_files.h"
#include "tools/interrupt.h"
#include "tools/verbs.h"

namespace oplocksim::tools {
namespace {

using scenarios::RunResult;
using scenarios::Verdict;

// A report and the file it goes to; without a file, standard output.
struct FileReport {
    std::unique_ptr<reports::AtomicFile> file;
    std::unique_ptr<reports::Listener> listener;
};

class RunSession {
 public:
    RunSession(const RunArguments& arguments, Streams& streams)
        : arguments_(arguments), streams_(streams) {}

    int run();

 private:
    [[nodiscard]] std::string open_reports();
    void make_terminal();
    void run_file(const InputFile& file);
    // Returns whether to go on.
    bool take_result(const RunResult& result);
    void invalid(const InputFile& file, std::span<const scenarios::Diagnostic> diagnostics);
    void write_trace(const RunResult& result);
    void count_coverage(const RunResult& result);
    [[nodiscard]] bool selected(const RunResult& result) const;
    [[nodiscard]] std::string finish_reports();
    [[nodiscard]] int exit_status() const;
    [[nodiscard]] bool stopped() const { return stop_ || interrupted_by() != 0; }

    template <typename Call>
    void each_listener(Call call) {
        for (reports::Listener* listener : listeners_) call(*listener);
    }

    const RunArguments& arguments_;
    Streams& streams_;
    std::unique_ptr<reports::TerminalReport> terminal_;
    std::vector<FileReport> reports_;
    std::unique_ptr<reports::AtomicFile> trace_file_;
    reports::Sink* trace_ = nullptr;       // trace_file_, standard output, or none
    std::vector<reports::Listener*> listeners_;
    reports::Summary summary_;
    conformance::Coverage coverage_;
    bool stop_ = false;
};

std::unique_ptr<reports::Listener> make_listener(ReportFormat format, reports::Sink& sink,
                                                 bool verbose) {
    switch (format) {
        case ReportFormat::json: return std::make_unique<reports::JsonReport>(sink, verbose);
        case ReportFormat::junit: return std::make_unique<reports::JunitReport>(sink);
        case ReportFormat::html: return std::make_unique<reports::HtmlRunReport>(sink);
    }
    return nullptr;
}

std::string RunSession::open_reports() {
    for (const ReportRequest& request : arguments_.reports) {
        FileReport report;
        if (request.path != "-") {
            report.file = std::make_unique<reports::AtomicFile>();
            const std::string problem = report.file->open(request.path);
            if (!problem.empty()) return problem;
        }
        reports::Sink& sink = report.file ? static_cast<reports::Sink&>(*report.file)
                                          : static_cast<reports::Sink&>(streams_.out);
        report.listener = make_listener(request.format, sink, arguments_.verbose);
        listeners_.push_back(report.listener.get());
        reports_.push_back(std::move(report));
    }
    if (arguments_.trace.empty()) return {};
    if (arguments_.trace == "-") {
        trace_ = &streams_.out;
        return {};
    }
    trace_file_ = std::make_unique<reports::AtomicFile>();
    trace_ = trace_file_.get();
    return trace_file_->open(arguments_.trace);
}

// A report or trace on standard output takes its place: people then read standard error.
void RunSession::make_terminal() {
    const bool taken = arguments_.trace == "-" ||
                       std::ranges::find(arguments_.reports, "-", &ReportRequest::path) !=
                           arguments_.reports.end();
    Output& output = taken ? streams_.err : streams_.out;
    const reports::TerminalOptions options{output.width(), use_colour(arguments_.colour, output),
                                           arguments_.verbose, use_unicode()};
    terminal_ = std::make_unique<reports::TerminalReport>(output, options);
    listeners_.push_back(terminal_.get());
}

bool RunSession::selected(const RunResult& result) const {
    if (arguments_.cases.empty()) return true;
    return std::ranges::any_of(arguments_.cases, [&result](const std::string& text) {
        return result.case_name.find(text) != std::string::npos;
    });
}

void RunSession::write_trace(const RunResult& result) {
    trace_->write(reports::trace_header_json(result));
    if (result.names) trace_->write(sim::to_json_lines(*result.names, result.trace));
}

bool RunSession::take_result(const RunResult& result) {
    if (!selected(result)) return !stopped();
    summary_.count(result.verdict);
    if (trace_ != nullptr) write_trace(result);
    if (!arguments_.coverage.empty()) count_coverage(result);
    each_listener([&result](reports::Listener& one) { one.on_run(result); });
    const bool bad = result.verdict == Verdict::fail || result.verdict == Verdict::error;
    stop_ = stop_ || (bad && arguments_.fail_fast);
    return !stopped();
}

void RunSession::count_coverage(const RunResult& result) {
    if (result.names) coverage_.add_run(*result.names, result.trace);
    if (result.verdict != Verdict::pass && result.verdict != Verdict::fail) return;
    for (const std::string& clause : result.clauses) coverage_.add_clause(clause);
}

void RunSession::invalid(const InputFile& file,
                         std::span<const scenarios::Diagnostic> diagnostics) {
    ++summary_.invalid;
    each_listener([&](reports::Listener& one) { one.on_invalid(file.path, diagnostics); });
    stop_ = stop_ || arguments_.fail_fast;
}

void RunSession::run_file(const InputFile& file) {
    FileText read = read_text(file);
    if (!read.text) {
        const scenarios::Diagnostic unreadable{file.path, {}, read.error, {}, {}};
        invalid(file, {&unreadable, 1});
        return;
    }
    const scenarios::LoadResult loaded = load(file, std::move(*read.text));
    if (loaded.scenario == nullptr) {
        invalid(file, loaded.diagnostics);
        return;
    }
    ++summary_.files;
    const scenarios::ScenarioInfo info = scenarios::info(*loaded.scenario);
    each_listener([&info](reports::Listener& one) { one.on_file_begin(info); });
    scenarios::RunOptions options;
    options.profile = arguments_.semantics.profile;
    options.switches = arguments_.semantics.switches;
    const bool html = std::ranges::find(arguments_.reports, ReportFormat::html,
                                        &ReportRequest::format) != arguments_.reports.end();
    options.keep_trace = trace_ != nullptr || html || !arguments_.coverage.empty();
    options.keep_passing_steps = arguments_.verbose || html;
    scenarios::run_scenario(*loaded.scenario, options,
                            [this](const RunResult& result) { return take_result(result); });
    each_listener([](reports::Listener& one) { one.on_file_end(); });
    streams_.out.flush();
    for (const FileReport& report : reports_) {
        if (report.file) static_cast<void>(report.file->flush());
    }
}

std::string RunSession::finish_reports() {
    std::string problem;
    const auto commit = [&problem](reports::AtomicFile& file) {
        const std::string one = file.commit();
        if (problem.empty()) problem = one;
    };
    for (const FileReport& report : reports_) {
        if (report.file) commit(*report.file);
    }
    if (trace_file_) commit(*trace_file_);
    return problem;
}

int RunSession::exit_status() const {
    if (summary_.interrupted) return 128 + interrupted_by();
    if (summary_.invalid > 0) return static_cast<int>(ExitStatus::bad_input);
    const bool bad = summary_.failed > 0 || summary_.errors > 0;
    return static_cast<int>(bad ? ExitStatus::failed : ExitStatus::conforms);
}

reports::Session session_of(const SemanticsArguments& arguments) {
    reports::Session session;
    session.version = OPLOCKSIM_VERSION;
    session.profile = engine::to_string(arguments.profile);
    const engine::Semantics semantics = arguments.semantics();
    for (const engine::SwitchInfo& info : engine::switches()) {
        session.switches.emplace_back(info.name, engine::switch_value(semantics, info.name));
    }
    session.given = arguments.switches;
    return session;
}

int RunSession::run() {
    FoundFiles found = find_files(arguments_.paths);
    if (!found.error.empty()) return report_error(streams_, found.error, ExitStatus::bad_input);
    keep_matching(found.files, arguments_.filters);
    if (!arguments_.coverage.empty()) {
        const auto old = reports::check_coverage_file(arguments_.coverage);
        if (!old.coverage) return coverage_failed(streams_, old);
    }
    const std::string problem = found.files.empty() ? std::string() : open_reports();
    if (!problem.empty()) return report_error(streams_, problem, ExitStatus::environment);
    make_terminal();
    const reports::Session session = session_of(arguments_.semantics);
    each_listener([&session](reports::Listener& one) { one.on_begin(session); });
    for (const InputFile& file : found.files) {
        if (stopped()) break;
        run_file(file);
    }
    summary_.interrupted = interrupted_by() != 0;
    const bool nothing = summary_.runs == 0 && summary_.invalid == 0 && !summary_.interrupted;
    if (nothing) return report_error(streams_, "no scenario matched", ExitStatus::bad_input);
    each_listener([this](reports::Listener& one) { one.on_end(summary_); });
    const std::string unwritten = finish_reports();
    if (!unwritten.empty()) return report_error(streams_, unwritten, ExitStatus::environment);
    if (!arguments_.coverage.empty()) {
        const auto added = reports::add_to_coverage_file(arguments_.coverage, coverage_);
        if (!added.coverage) return coverage_failed(streams_, added);
    }
    return exit_status();
}

}  // namespace

int run_verb(const RunArguments& arguments, Streams& streams) {
    return RunSession(arguments, streams).run();
}

}  // namespace oplocksim::tools
