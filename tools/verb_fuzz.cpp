// oplocksim fuzz: random clients, files, oplocks, faults and interleavings, judged by the rules.
#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "conformance/findings/oracle.h"
#include "conformance/findings/shrink.h"
#include "conformance/fuzz/campaign.h"
#include "conformance/rules/rules.h"
#include "engine/invariant_watch.h"
#include "reports/atomic_file.h"
#include "reports/finding_files.h"
#include "reports/text.h"
#include "scenarios/text.h"
#include "sim/program.h"
#include "tools/fuzz_corpus.h"
#include "tools/fuzz_traces.h"
#include "tools/html_file.h"
#include "tools/interrupt.h"
#include "tools/parallel.h"
#include "tools/progress_line.h"
#include "tools/verbs.h"

namespace oplocksim::tools {
namespace {

namespace fuzz = conformance::fuzz;
using conformance::findings::Failure;
using reports::counted;
using scenarios::escaped;
using Clock = std::chrono::steady_clock;

// The one place where chance comes in: it is printed, and from there on everything follows.
std::uint64_t fresh_seed() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32 | device()) >> 16;   // easier to type
}

class FuzzSession {
 public:
    FuzzSession(const FuzzArguments& arguments, Streams& streams)
        : arguments_(arguments), streams_(streams), progress_(streams.err) {}

    int run();

 private:
    [[nodiscard]] fuzz::CampaignOptions options();
    [[nodiscard]] bool time_is_up() const;
    void show(const fuzz::CampaignFinding& finding);
    // Shrunk, for files and the page.
    void keep(const fuzz::CampaignFinding& finding);
    void save(const conformance::findings::Finding& shrunk);
    [[nodiscard]] std::string finish_page(const fuzz::CampaignReport& report);
    void show_summary(const fuzz::CampaignReport& report);
    void write_traces();
    void show_rules(const fuzz::CampaignReport& report);
    void show_coverage(const fuzz::CampaignReport& report);
    [[nodiscard]] std::string reproduce(const fuzz::CampaignFinding& finding) const;
    [[nodiscard]] std::string semantics_text() const;

    const FuzzArguments& arguments_;
    Streams& streams_;
    ProgressLine progress_;
    WorkerPool pool_;
    std::uint64_t seed_ = 0;
    Clock::time_point start_;
    std::vector<fuzz::Bytes> corpus_;
    std::unique_ptr<HtmlFile> page_;
    reports::AtomicFile trace_;
    std::string problem_;
};

bool FuzzSession::time_is_up() const {
    return arguments_.seconds != 0 &&
           Clock::now() - start_ >= std::chrono::seconds(arguments_.seconds);
}

std::string FuzzSession::semantics_text() const {
    if (arguments_.draws_semantics) return {};
    std::string text = " --profile " + std::string(to_string(arguments_.semantics.profile));
    for (const auto& [name, value] : arguments_.semantics.switches) {
        text += " --switch " + name + "=" + value;
    }
    return text;
}

fuzz::CampaignOptions FuzzSession::options() {
    fuzz::CampaignOptions options;
    options.seed = seed_;
    if (arguments_.runs != 0) options.runs = arguments_.runs;
    if (arguments_.only_run) {
        options.first_run = *arguments_.only_run;
        options.runs = *arguments_.only_run + 1;
    }
    options.shard = arguments_.shard - 1;
    options.shards = arguments_.shards;
    if (!arguments_.draws_semantics) options.semantics = arguments_.semantics.semantics();
    options.profile = arguments_.semantics.profile;
    options.stop_at_first = arguments_.first;
    options.steering = !arguments_.corpus.empty() && !arguments_.only_run;
    options.corpus = corpus_;
    options.workers = arguments_.jobs == 0 ? default_jobs() : arguments_.jobs;
    options.parallel = [this](unsigned count, const auto& body) { pool_.run(count, body); };
    options.stop = [this] { return interrupted_by() != 0 || time_is_up() || !problem_.empty(); };
    options.progress = [this](const fuzz::CampaignProgress& at) {
        progress_.update([&](double seconds) {
            const double rate = seconds > 0 ? static_cast<double>(at.steps) / seconds : 0;
            return "fuzzing: " + grouped(at.runs) + " runs, " + grouped(at.steps) + " steps, " +
                   rounded(rate) + "/s, " + grouped(at.cells) + " combinations met, " +
                   counted(at.findings, "finding");
        });
    };
    options.on_finding = [this](const fuzz::CampaignFinding& finding) { show(finding); };
    options.on_interesting = [this](const fuzz::Bytes& input) {
        if (problem_.empty()) problem_ = save_input(arguments_.corpus, input);
    };
    return options;
}

std::string FuzzSession::reproduce(const fuzz::CampaignFinding& finding) const {
    const std::string again = "oplocksim fuzz --seed " + std::to_string(seed_) +
                              semantics_text();
    if (finding.from_corpus || finding.steered) return again + " --corpus " + arguments_.corpus;
    return again + " --run " + std::to_string(finding.run);
}

std::string changed_switches_text(const engine::Semantics& semantics) {
    std::string text;
    const engine::Semantics docs;
    for (const engine::SwitchInfo& info : engine::switches()) {
        const std::string_view value = engine::switch_value(semantics, info.name);
        if (value == engine::switch_value(docs, info.name)) continue;
        text += (text.empty() ? "" : " ") + std::string(info.name) + "=" + std::string(value);
    }
    return text;
}

std::vector<std::string> finding_facts(const fuzz::CampaignFinding& found) {
    std::vector<std::string> facts{
        (found.from_corpus ? "input " : "run ") + std::to_string(found.run) + ", " +
        counted(found.finding.schedule.size(), "choice") + ", scheduler " + found.scheduler +
        "; shrunk below"};
    const std::string switches = changed_switches_text(found.finding.of.semantics);
    if (!switches.empty()) facts.push_back("switches: " + switches);
    return facts;
}

void FuzzSession::show(const fuzz::CampaignFinding& finding) {
    progress_.clear();
    Output& out = streams_.out;
    const Failure& failure = finding.finding.failure;
    out.write("FINDING  " + failure.rule +
              (failure.clause.empty() ? "" : "  (" + failure.clause + ")") + "\n");
    const auto line = [&out](std::string_view label, std::string_view text) {
        if (!text.empty()) out.write(reports::hanging(label, text, out.width()));
    };
    line("      observed: ", failure.observed);
    line("      required: ", failure.required);
    line("      waiting:  ", failure.waits);
    const std::string where = finding.from_corpus ? "input " : "run ";
    out.write("      " + where + std::to_string(finding.run) + ", " +
              counted(finding.finding.schedule.size(), "choice") + ", scheduler " +
              finding.scheduler + "\n");
    const std::string switches = changed_switches_text(finding.finding.of.semantics);
    line("      switches: ", switches);
    out.write("      reproduce: " + escaped(reproduce(finding)) + "\n");
    if (!arguments_.out.empty() || page_) keep(finding);
    out.write("\n");
    out.flush();
}

// "from 46 choices to 4 steps of 1 client; 522 candidates tried".
std::string shrunk_text(const fuzz::CampaignFinding& found,
                        const conformance::findings::Shrunk& shrunk) {
    if (!shrunk.reproduced) return "not at all: it does not happen a second time";
    const sim::Case& of = shrunk.finding.of;
    const std::string text =
        "from " + counted(found.finding.schedule.size(), "choice") + " to " +
        counted(of.steps.size(), "step") + " of " + counted(of.clients.size(), "client") + "; " +
        counted(shrunk.runs, "candidate") + " tried, " + grouped(shrunk.searched) +
        " steps searched";
    return shrunk.complete ? text : text + "; as many as are allowed: shorter may be possible";
}

void FuzzSession::keep(const fuzz::CampaignFinding& found) {
    const engine::InvariantWatch watch;   // files and the page show the run once more
    conformance::findings::Finding finding = found.finding;
    finding.provenance.version = OPLOCKSIM_VERSION;
    conformance::findings::ShrinkOptions options;
    options.interrupted = [] { return interrupted_by() != 0; };
    const auto shrunk = shrink(finding, conformance::findings::Oracle(), options);
    streams_.out.write(reports::hanging("      shrunk:   ", shrunk_text(found, shrunk),
                                        streams_.out.width()));
    if (!arguments_.out.empty()) save(shrunk.finding);
    if (page_) {
        page_->report().add_finding({&shrunk.finding, reports::finding_id(shrunk.finding),
                                     reproduce(found), finding_facts(found)});
    }
}

void FuzzSession::save(const conformance::findings::Finding& shrunk) {
    const reports::SavedFinding saved = reports::save_finding(arguments_.out, shrunk);
    if (!saved.error.empty()) {
        problem_ = saved.error;
        return;
    }
    streams_.out.write("      " + std::string(saved.new_file ? "saved:    " : "known:    ") +
                       escaped(saved.scenario) + " (" +
                       counted(shrunk.of.steps.size(), "step") + ")\n");
}

std::string FuzzSession::finish_page(const fuzz::CampaignReport& report) {
    if (!page_) return {};
    std::vector<conformance::RuleReport> rules;
    for (const fuzz::RuleCount& one : report.rules) {
        std::uint64_t violations = 0;
        for (const fuzz::CampaignFinding& found : report.findings) {
            if (found.finding.failure.rule == one.rule) violations += found.times;
        }
        rules.push_back({conformance::find_rule(one.rule), one.exercised, violations});
    }
    page_->report().add_rules(rules);
    conformance::Coverage coverage;
    for (const conformance::CoverageRow& row : report.coverage) coverage.add_row(row);
    reports::HtmlEnd end;
    end.conforms = report.findings.empty();
    end.interrupted = interrupted_by() != 0;
    end.runs = report.done.runs;
    end.facts = {"Seed " + std::to_string(seed_) + ": " + grouped(report.done.runs) + " runs, " +
                 grouped(report.done.steps) + " steps."};
    return page_->finish(end, &coverage);
}

void FuzzSession::show_rules(const fuzz::CampaignReport& report) {
    std::vector<std::string> idle;
    for (const fuzz::RuleCount& rule : report.rules) {
        // Advice is about clients.
        const bool advises = conformance::find_rule(rule.rule)->obligation == "should";
        if (rule.exercised == 0 && !advises) idle.emplace_back(rule.rule);
    }
    const std::string text = std::to_string(report.rules.size() - idle.size()) + " of " +
                             std::to_string(report.rules.size()) + " had something to judge" +
                             (idle.empty() ? "" : "; not " + scenarios::joined(idle, ", "));
    streams_.out.write(reports::hanging("rules: ", text, streams_.out.width()));
}

void FuzzSession::show_coverage(const fuzz::CampaignReport& report) {
    std::size_t mixtures = 0;
    std::size_t cells = 0;
    const auto plain = conformance::coverage_states();
    for (const conformance::CoverageRow& row : report.coverage) {
        const std::size_t met = static_cast<std::size_t>(row.counts.own != 0) +
                                static_cast<std::size_t>(row.counts.same != 0) +
                                static_cast<std::size_t>(row.counts.other != 0);
        (std::ranges::find(plain, row.state) == plain.end() ? mixtures : cells) += met;
    }
    streams_.out.write(reports::hanging(
        "coverage: ",
        grouped(cells) + " combinations of state, operation and key relation, and " +
            grouped(mixtures) + " where several oplocks are held",
        streams_.out.width()));
}

void FuzzSession::show_summary(const fuzz::CampaignReport& report) {
    progress_.clear();
    for (const fuzz::CampaignFinding& finding : report.findings) {
        const Failure& failure = finding.finding.failure;
        streams_.out.write(grouped(finding.times) + " x " + failure.rule + " " + failure.clause +
                           "\n");
    }
    show_rules(report);
    show_coverage(report);
    if (!arguments_.corpus.empty()) {
        streams_.out.write("corpus: " + counted(report.done.inputs, "input") + "\n");
    }
    streams_.out.write(grouped(report.done.runs) + " runs, " + grouped(report.done.steps) +
                       " steps: " + counted(report.findings.size(), "finding") + "  (seed " +
                       std::to_string(seed_) + ")\n");
}

// After the campaign, one run after another: the same whatever the number of workers.
void FuzzSession::write_traces() {
    if (arguments_.trace.empty() || !problem_.empty()) return;
    const std::uint64_t first = arguments_.only_run.value_or(0);
    const std::uint64_t last = arguments_.only_run ? first + 1 : arguments_.runs;
    write_fuzz_traces(arguments_, seed_, first, last, [] { return interrupted_by() != 0; }, trace_);
    problem_ = trace_.commit();
}

int FuzzSession::run() {
    if (!arguments_.corpus.empty()) {
        CorpusInputs read = open_corpus(arguments_.corpus);
        if (!read.error.empty()) return report_error(streams_, read.error, ExitStatus::environment);
        corpus_ = std::move(read.inputs);
    }
    if (!arguments_.html.empty()) {
        page_ = std::make_unique<HtmlFile>();
        const std::string unopened =
            arguments_.draws_semantics
                ? page_->open(arguments_.html, "fuzz")
                : page_->open(arguments_.html, "fuzz", arguments_.semantics);
        if (!unopened.empty()) return report_error(streams_, unopened, ExitStatus::environment);
    }
    if (!arguments_.trace.empty()) {
        const std::string unopened = trace_.open(arguments_.trace);
        if (!unopened.empty()) return report_error(streams_, unopened, ExitStatus::environment);
    }
    seed_ = arguments_.seed ? *arguments_.seed : fresh_seed();
    streams_.out.write("seed " + std::to_string(seed_) + "\n");
    streams_.out.flush();
    start_ = Clock::now();
    const fuzz::CampaignReport report = run_campaign(options());
    show_summary(report);
    write_traces();
    const std::string unwritten = finish_page(report);
    if (problem_.empty()) problem_ = unwritten;
    if (!problem_.empty()) return report_error(streams_, problem_, ExitStatus::environment);
    if (interrupted_by() != 0) return 128 + interrupted_by();
    return static_cast<int>(report.findings.empty() ? ExitStatus::conforms : ExitStatus::failed);
}

}  // namespace

int fuzz_verb(const FuzzArguments& arguments, Streams& streams) {
    return FuzzSession(arguments, streams).run();
}

}  // namespace oplocksim::tools
