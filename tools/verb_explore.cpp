// oplocksim explore: every interleaving of the programs of a scenario.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "conformance/explore/explore.h"
#include "conformance/explore/state_graph.h"
#include "conformance/findings/shrink.h"
#include "conformance/findings/shrink_statement.h"
#include "conformance/findings/statement_text.h"
#include "conformance/reproduce.h"
#include "engine/ntstatus.h"
#include "reports/atomic_file.h"
#include "reports/explored_graph.h"
#include "reports/finding_files.h"
#include "reports/listener.h"
#include "reports/text.h"
#include "scenarios/text.h"
#include "tools/html_file.h"
#include "tools/input_files.h"
#include "tools/interrupt.h"
#include "tools/parallel.h"
#include "tools/progress_line.h"
#include "tools/verbs.h"

namespace oplocksim::tools {
namespace {

using conformance::explore::Bound;
using conformance::explore::CaseFinding;
using conformance::explore::CaseOutcome;
using conformance::explore::CaseReport;
using conformance::explore::ExploreOptions;
using conformance::explore::Limits;
using conformance::explore::Order;
using conformance::explore::Verdict;
using reports::counted;
using scenarios::escaped;
using scenarios::ScenarioCase;

// More ways to end than this are only counted.
constexpr std::size_t kMaxShownOutcomes = 10;
// Layout programs and people give up beyond.
constexpr std::size_t kMaxGraphStates = 2'000;
static_assert(kMaxGraphStates <= conformance::explore::kMaxGraphStates);
static_assert(kMaxGraphStates <= reports::kMaxExplorerStates);

std::string outcome_text(const sim::Case& of, const CaseOutcome& outcome) {
    std::string text;
    for (sim::StepIndex i = of.setup_end; i < of.steps.size(); ++i) {
        const auto& operation = outcome.operations[i];
        std::string how;
        switch (operation.phase) {
            case sim::OperationPhase::not_issued:
            case sim::OperationPhase::passed_over: continue;
            case sim::OperationPhase::pending: how = "pends"; break;
            case sim::OperationPhase::completed: {
                // What succeeds without a name says nothing.
                const bool success = engine::nt_success(operation.status);
                if (of.steps[i].name.empty() && success) continue;
                how = engine::to_string(operation.status);
                break;
            }
        }
        text += (text.empty() ? "" : ", ") + step_name(of, i) + " " + how;
    }
    return text.empty() ? "every operation succeeds" : text;
}

std::string schedule_text(const sim::Case& of, const sim::Schedule& schedule) {
    std::string text;
    for (const sim::Choice choice : schedule) {
        text += (text.empty() ? "" : " ") + scenarios::choice_name(of, choice);
    }
    return text.empty() ? "[]" : text;
}

class ExploreSession {
 public:
    ExploreSession(const ExploreArguments& arguments, Streams& streams)
        : arguments_(arguments), streams_(streams), progress_(streams.err) {}

    int run();

 private:
    void explore_file(const InputFile& file);
    bool explore_one(const InputFile& file, const ScenarioCase& scenario);
    [[nodiscard]] ExploreOptions options();
    void write_graph(const InputFile& file, const ScenarioCase& scenario, std::uint64_t states);
    void write_file(const std::string& path, const std::string& text);
    void write(const InputFile& file, const ScenarioCase& scenario, const CaseReport& report);
    void write_finding(const ScenarioCase& scenario, const CaseFinding& finding);
    void keep(const InputFile& file, const ScenarioCase& scenario, const CaseFinding& found);
    void save(const conformance::findings::Finding& shrunk);
    void add_to_page(const InputFile& file, const ScenarioCase& scenario,
                     const CaseReport& report);
    [[nodiscard]] std::string finish_page();
    [[nodiscard]] std::string command_line(const InputFile& file,
                                           const ScenarioCase& scenario) const;

    const ExploreArguments& arguments_;
    Streams& streams_;
    ProgressLine progress_;
    WorkerPool pool_;
    std::unique_ptr<HtmlFile> page_;
    std::string source_;        // text of the file that is explored
    std::string problem_;       // of the input
    std::string environment_;   // a file that could not be written
    std::size_t cases_ = 0;
    std::size_t failed_ = 0;
    std::size_t unknown_ = 0;
};

ExploreOptions ExploreSession::options() {
    ExploreOptions options;
    options.reduction = arguments_.reduction;
    options.symmetry = arguments_.symmetry;
    options.search.order = arguments_.depth_first ? Order::depth_first : Order::breadth_first;
    options.search.stop_at_first = arguments_.first;
    Limits& limits = options.search.limits;
    if (arguments_.max_states != 0) limits.states = arguments_.max_states;
    if (arguments_.max_transitions != 0) limits.transitions = arguments_.max_transitions;
    if (arguments_.max_depth != 0) {
        limits.depth = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(arguments_.max_depth, conformance::explore::kMaxDepth));
    }
    if (arguments_.max_memory != 0) limits.memory = arguments_.max_memory << 20;
    options.search.workers = std::min(arguments_.jobs == 0 ? default_jobs() : arguments_.jobs,
                                      conformance::explore::kMaxWorkers);
    options.search.parallel = [this](unsigned count, const auto& body) { pool_.run(count, body); };
    options.search.interrupted = [] { return interrupted_by() != 0; };
    options.search.progress = [&](const conformance::explore::Progress& at) {
        progress_.update([&](double seconds) {
            const double rate = seconds > 0 ? static_cast<double>(at.transitions) / seconds : 0;
            return "exploring: " + grouped(at.transitions) + " transitions, " +
                   grouped(at.states) + " states, " + grouped(at.queue) + " to do, depth " +
                   std::to_string(at.depth) + ", " + rounded(rate) + "/s, " +
                   counted(at.findings, "finding");
        });
    };
    return options;
}

// What was seen, one line each.
std::vector<std::string> count_lines(const ScenarioCase& scenario, const CaseReport& report) {
    std::vector<std::string> lines;
    const auto& counts = report.counts;
    lines.push_back(counted(report.programs, "program") + ", " +
                    counted(scenario.of.steps.size() - scenario.of.setup_end, "step") + ": " +
                    grouped(counts.states) + " states, " + grouped(counts.transitions) +
                    " transitions, depth " + std::to_string(counts.depth) + ", " +
                    grouped(counts.ends) + " ends");
    if (report.interchangeable != 0) {
        lines.push_back("symmetry: " + counted(report.interchangeable, "program") +
                        " can change places; the states stand for " +
                        grouped(report.represented));
    }
    if (counts.left_out != 0) {
        lines.push_back("partial-order reduction left out " + grouped(counts.left_out) + " of " +
                        grouped(counts.left_out + counts.transitions) + " choices, at " +
                        grouped(counts.reduced) + " states");
    }
    for (std::size_t i = 0; i < report.outcomes.size() && i < kMaxShownOutcomes; ++i) {
        lines.push_back(grouped(report.outcomes[i].ends) + " x " +
                        outcome_text(scenario.of, report.outcomes[i]));
    }
    if (report.outcomes.size() > kMaxShownOutcomes) {
        lines.push_back("and " + grouped(report.outcomes.size() - kMaxShownOutcomes) +
                        " other ways to end");
    }
    if (report.stuck_ends != 0) {
        lines.push_back("in " + grouped(report.stuck_ends) +
                        " ends an operation waits for ever for somebody who does not answer");
    }
    for (const std::string& what : scenario.left_out) {
        lines.push_back("left out: " + what);
    }
    return lines;
}

void ExploreSession::write_finding(const ScenarioCase& scenario, const CaseFinding& finding) {
    Output& out = streams_.out;
    out.write("\n  " + finding.property +
              (finding.clause.empty() ? "" : "  (" + finding.clause + ")") + "\n");
    const auto line = [&out](std::string_view label, std::string_view text) {
        if (!text.empty()) out.write(reports::hanging(label, text, out.width()));
    };
    line("      observed: ", finding.observed);
    line("      required: ", finding.required);
    line("      waiting:  ", finding.waits);
    line("      schedule: ", schedule_text(scenario.of, finding.schedule));
}

void ExploreSession::write(const InputFile& file, const ScenarioCase& scenario,
                           const CaseReport& report) {
    const std::string name =
        escaped(file.path) +
        (scenario.model.case_name.empty() ? "" : " [" + escaped(scenario.model.case_name) + "]");
    std::string verdict = "PASS";
    if (report.verdict == Verdict::fail) verdict = "FAIL";
    if (report.verdict == Verdict::unknown) verdict = "UNKNOWN";
    streams_.out.write(verdict + "  " + name + "\n");
    if (report.bound != Bound::none) {
        streams_.out.write("      not everything was seen: " +
                           std::string(to_string(report.bound)) + "\n");
    }
    for (const std::string& line : count_lines(scenario, report)) {
        streams_.out.write(reports::hanging("      ", line, streams_.out.width()));
    }
    if (page_) add_to_page(file, scenario, report);
    for (const CaseFinding& finding : report.findings) {
        write_finding(scenario, finding);
        if (!arguments_.out.empty() || page_) keep(file, scenario, finding);
    }
    streams_.out.flush();
}

std::string ExploreSession::command_line(const InputFile& file,
                                         const ScenarioCase& scenario) const {
    std::string text = "oplocksim explore " + conformance::shell_quoted(file.path);
    const std::string& name = scenario.model.case_name;
    if (!name.empty()) text += " --case " + conformance::shell_quoted(name);
    if (arguments_.semantics.profile != engine::Profile::docs) {
        text += " --profile " + std::string(to_string(arguments_.semantics.profile));
    }
    for (const auto& [key, value] : arguments_.semantics.switches) {
        text += " --switch " + key + "=" + value;
    }
    return text;
}

void ExploreSession::add_to_page(const InputFile& file, const ScenarioCase& scenario,
                                 const CaseReport& report) {
    using conformance::SuiteVerdict;
    reports::ExploredCase one;
    one.path = file.path;
    one.case_name = scenario.model.case_name;
    one.title = scenario.model.title;
    one.verdict = SuiteVerdict::pass;
    if (report.verdict == Verdict::fail) one.verdict = SuiteVerdict::fail;
    if (report.verdict == Verdict::unknown) one.verdict = SuiteVerdict::unknown;
    if (report.bound != Bound::none) {
        one.message = "not everything was seen: " + std::string(to_string(report.bound));
    }
    for (const CaseFinding& finding : report.findings) {
        one.message += (one.message.empty() ? "" : "\n") + finding.property + ": " +
                       finding.observed + "; schedule " +
                       schedule_text(scenario.of, finding.schedule);
        if (!finding.clause.empty()) one.clauses.push_back(finding.clause);
    }
    one.facts = count_lines(scenario, report);
    one.source = source_;
    one.reproduce = command_line(file, scenario);
    page_->report().add_explored(one);
}

std::string ExploreSession::finish_page() {
    if (!page_) return {};
    reports::HtmlEnd end;
    end.conforms = failed_ == 0 && unknown_ == 0 && problem_.empty();
    end.interrupted = interrupted_by() != 0;
    end.runs = cases_;
    if (!problem_.empty()) end.facts.push_back("Not everything was explored: " + problem_);
    return page_->finish(end);
}

// The finding for files and the page, shrunk.
void ExploreSession::keep(const InputFile& file, const ScenarioCase& scenario,
                          const CaseFinding& found) {
    namespace findings = conformance::findings;
    const bool deadlock = found.property == findings::kDeadlock;
    const bool shrinks = deadlock || conformance::find_rule(found.property) != nullptr;
    findings::Finding finding;
    finding.of = scenario.of;
    finding.schedule = found.schedule;
    finding.failure = {found.property, found.clause, found.observed,
                       found.required, found.waits,  found.schedule.size()};
    finding.provenance.version = OPLOCKSIM_VERSION;
    finding.provenance.profile = scenario.profile;
    finding.provenance.source = file.path;
    findings::OracleOptions judges;
    judges.deadlock = deadlock;
    judges.clients_die = false;
    findings::ShrinkOptions options;
    options.interrupted = [] { return interrupted_by() != 0; };
    if (found.statement != nullptr) {
        findings::ShrunkStatement shrunk =
            findings::shrink_statement(scenario, found.schedule, *found.statement);
        if (shrunk.runs != 0) {
            finding.of = std::move(shrunk.of);
            finding.schedule = std::move(shrunk.schedule);
            finding.failure.observed = std::move(shrunk.observed);
        }
        say_statement(finding, *found.statement,
                      shrunk.runs != 0 ? shrunk.subject : found.subject);
    }
    bool has_run = found.statement != nullptr;
    if (shrinks) {
        findings::Shrunk shrunk = shrink(finding, findings::Oracle(judges), options);
        finding = std::move(shrunk.finding);
        has_run = shrunk.reproduced;   // that no run ends in a deadlock has none
    }
    if (page_) {
        page_->report().add_finding({&finding, reports::finding_id(finding),
                                     command_line(file, scenario),
                                     {"schedule: " + schedule_text(finding.of, finding.schedule)}});
    }
    if (!arguments_.out.empty() && has_run) save(finding);
}

void ExploreSession::save(const conformance::findings::Finding& shrunk) {
    const reports::SavedFinding saved = reports::save_finding(arguments_.out, shrunk);
    if (!saved.error.empty()) {
        environment_ = saved.error;
        return;
    }
    streams_.out.write("      " + std::string(saved.new_file ? "saved:    " : "known:    ") +
                       escaped(saved.scenario) + "\n");
}

// Returns whether to go on.
bool ExploreSession::explore_one(const InputFile& file, const ScenarioCase& scenario) {
    const auto& wanted = arguments_.cases;
    const bool selected =
        wanted.empty() || std::ranges::any_of(wanted, [&](const std::string& one) {
            return scenario.model.case_name.find(one) != std::string::npos;
        });
    if (!selected || !scenario.skipped.empty()) return true;
    if (scenario.of.programs.size() > conformance::explore::kMaxPrograms) {
        problem_ = escaped(file.path) + ": more than " +
                   std::to_string(conformance::explore::kMaxPrograms) + " programs";
        return false;
    }
    const CaseReport report = conformance::explore::explore_case(scenario, options());
    progress_.clear();
    ++cases_;
    if (report.verdict == Verdict::fail) ++failed_;
    if (report.verdict == Verdict::unknown) ++unknown_;
    write(file, scenario, report);
    if (!arguments_.dot.empty() || !arguments_.page.empty()) {
        write_graph(file, scenario, report.counts.states);
    }
    return interrupted_by() == 0 && problem_.empty();
}

void ExploreSession::write_file(const std::string& path, const std::string& text) {
    if (path.empty()) return;
    reports::AtomicFile file;
    std::string failure = file.open(path);
    if (failure.empty()) {
        file.write(text);
        failure = file.commit();
    }
    if (!failure.empty()) environment_ = failure;
}

// Of the first case; a second would take its place.
void ExploreSession::write_graph(const InputFile& file, const ScenarioCase& scenario,
                                 std::uint64_t states) {
    if (cases_ > 1) {
        problem_ = "--dot and --html are for one case: choose it with --case";
        return;
    }
    const auto graph = conformance::explore::state_graph(scenario, kMaxGraphStates);
    if (graph.cut) {
        streams_.out.write("      the graph is cut at " + grouped(kMaxGraphStates) + " states\n");
    }
    if (!arguments_.dot.empty()) {
        write_file(arguments_.dot, conformance::explore::to_dot(scenario, graph));
    }
    if (arguments_.page.empty()) return;
    std::string reproduce =
        command_line(file, scenario) + " --html " + conformance::shell_quoted(arguments_.page);
    write_file(arguments_.page,
               explorer_page(reports::explored_graph(scenario, graph, file.path,
                                                     std::move(reproduce), OPLOCKSIM_VERSION,
                                                     states)));
}

void ExploreSession::explore_file(const InputFile& file) {
    FileText text = read_text(file);
    if (!text.text) {
        problem_ = text.error;
        return;
    }
    source_ = *text.text;
    const scenarios::LoadResult loaded = load(file, std::move(*text.text));
    if (loaded.scenario == nullptr) {
        for (const auto& diagnostic : loaded.diagnostics) streams_.err.write(render(diagnostic));
        problem_ = escaped(file.path) + " is not a valid scenario";
        return;
    }
    scenarios::RunOptions run;
    run.profile = arguments_.semantics.profile;
    run.switches = arguments_.semantics.switches;
    for_each_case(*loaded.scenario, run,
                  [&](const ScenarioCase& scenario) { return explore_one(file, scenario); });
}

int ExploreSession::run() {
    const FoundFiles found = find_files(arguments_.paths);
    if (!found.error.empty()) return report_error(streams_, found.error, ExitStatus::bad_input);
    if (!arguments_.html.empty()) {
        page_ = std::make_unique<HtmlFile>();
        const std::string unopened =
            page_->open(arguments_.html, "explore", arguments_.semantics);
        if (!unopened.empty()) return report_error(streams_, unopened, ExitStatus::environment);
    }
    for (const InputFile& file : found.files) {
        if (interrupted_by() != 0 || !problem_.empty()) break;
        explore_file(file);
    }
    const std::string unwritten = finish_page();
    if (environment_.empty()) environment_ = unwritten;
    if (!problem_.empty()) return report_error(streams_, problem_, ExitStatus::bad_input);
    if (!environment_.empty()) {
        return report_error(streams_, environment_, ExitStatus::environment);
    }
    streams_.out.write(counted(cases_, "case") + ": " +
                       std::to_string(cases_ - failed_ - unknown_) + " pass, " +
                       std::to_string(failed_) + " fail, " + std::to_string(unknown_) +
                       " unknown\n");
    if (interrupted_by() != 0) return 128 + interrupted_by();
    const bool conforms = failed_ == 0 && unknown_ == 0;
    return static_cast<int>(conforms ? ExitStatus::conforms : ExitStatus::failed);
}

}  // namespace

int explore_verb(const ExploreArguments& arguments, Streams& streams) {
    return ExploreSession(arguments, streams).run();
}

}  // namespace oplocksim::tools
