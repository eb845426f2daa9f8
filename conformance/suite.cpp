#include "conformance/suite.h"

#include <algorithm>
#include <map>
#include <set>

#include "conformance/clauses.h"
#include "conformance/findings/scenario_text.h"
#include "conformance/findings/shrink.h"
#include "conformance/fuzz/campaign.h"
#include "conformance/reproduce.h"
#include "conformance/rules/rules.h"
#include "conformance/table_runner.h"
#include "engine/invariant_watch.h"
#include "scenarios/corpus.h"
#include "scenarios/runner.h"
#include "scenarios/text.h"

namespace oplocksim::conformance {
namespace {

using scenarios::RunResult;

// Violations of one rule that its message names.
constexpr std::size_t kNamedViolations = 3;

std::vector<std::string> parts_of(std::string_view name) {
    std::vector<std::string> parts(1);
    for (const char c : scenarios::lower(name)) {
        if (c == '.' || c == '/' || c == '-' || c == '_') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    while (!parts.empty() && parts.back().empty()) parts.pop_back();
    return parts;
}

ClauseObligation obligation_of(std::string_view word) {
    if (word == "must") return ClauseObligation::must;
    return word == "should" ? ClauseObligation::should : ClauseObligation::may;
}

std::string id_of(const RunResult& result) {
    std::string variant = result.case_name;
    for (const std::string& name : result.changed_switches) {
        for (const auto& [key, value] : result.switches) {
            if (key != name) continue;
            variant += (variant.empty() ? "" : ", ") + key + "=" + value;
        }
    }
    return "corpus/" + result.scenario + (variant.empty() ? "" : " [" + variant + "]");
}

SuiteVerdict verdict_of(scenarios::Verdict verdict) {
    switch (verdict) {
        case scenarios::Verdict::pass: return SuiteVerdict::pass;
        case scenarios::Verdict::fail: return SuiteVerdict::fail;
        case scenarios::Verdict::skip: return SuiteVerdict::skipped;
        case scenarios::Verdict::error: return SuiteVerdict::unknown;
    }
    return SuiteVerdict::unknown;
}

SuiteVerdict verdict_of(CellVerdict verdict) {
    switch (verdict) {
        case CellVerdict::pass: return SuiteVerdict::pass;
        case CellVerdict::fail: return SuiteVerdict::fail;
        case CellVerdict::not_exercised: return SuiteVerdict::not_exercised;
    }
    return SuiteVerdict::unknown;
}

// The random campaign: always the same runs. About a second of one core in all.
constexpr std::uint64_t kCampaignSeeds = 4;
constexpr std::uint64_t kCampaignRuns = 4'000;   // of each seed

// To make a finding of the campaign short enough for a message, and steps that it names.
constexpr std::size_t kShrinkRuns = 4'000;
constexpr std::size_t kShrinkSearched = 100'000;
constexpr std::size_t kNamedSteps = 12;

std::string in_short(std::vector<std::string> steps) {
    const std::size_t all = steps.size();
    if (all > kNamedSteps) steps.resize(kNamedSteps);
    return scenarios::joined(steps, " | ") +
           (all > kNamedSteps ? " | and " + std::to_string(all - kNamedSteps) + " more" : "");
}

std::string campaign_id(std::uint64_t seed) { return "campaign/seed-" + std::to_string(seed); }

// What the rules found over everything that ran.
class RuleTally {
 public:
    void judge(const engine::Semantics& semantics, const std::shared_ptr<const sim::Names>& names,
               std::span<const sim::TraceEvent> trace, const std::string& id) {
        RuleSet set(semantics, names);
        for (const sim::TraceEvent& event : trace) set.on_event(event);
        set.at_end();
        for (const RuleReport& report : set.report()) {
            Found& found = found_[std::string(report.info->id)];
            found.exercised += report.exercised;
            // What is only advice is about the clients, not about the implementation.
            if (report.info->obligation != "should") found.violations += report.violations;
        }
        for (const Violation& violation : set.violations()) {
            Found& found = found_[std::string(violation.rule)];
            if (found.named.size() == kNamedViolations) continue;
            found.named.push_back(id + ", event " + std::to_string(violation.event) + ": " +
                                  violation.observed + "; required: " + violation.required);
        }
    }

    [[nodiscard]] SuiteCase case_of(const RuleInfo& info) const {
        SuiteCase one;
        one.id = "rules/" + std::string(info.id);
        one.group = "rules";
        one.title = info.summary;
        one.obligation = obligation_of(info.obligation);
        for (const std::string_view clause : info.clauses) one.clauses.emplace_back(clause);
        const auto found = found_.find(std::string(info.id));
        if (found == found_.end() || found->second.exercised == 0) {
            one.verdict = SuiteVerdict::not_exercised;
            one.message = "nothing that ran gave it anything to judge";
        }
        if (found == found_.end() || found->second.violations == 0) return one;
        one.verdict = SuiteVerdict::fail;
        one.message = std::to_string(found->second.violations) + " violations: " +
                      scenarios::joined(found->second.named, " | ");
        return one;
    }

 private:
    struct Found {
        std::uint64_t exercised = 0;
        std::uint64_t violations = 0;
        std::vector<std::string> named;
    };
    std::map<std::string, Found> found_;
};

bool any_selects(const std::vector<std::string>& selection, std::string_view id,
                 const std::vector<std::string>& clauses) {
    if (selection.empty()) return true;
    return std::ranges::any_of(selection, [&](const std::string& selector) {
        if (selects(selector, id)) return true;
        return std::ranges::any_of(
            clauses, [&](const std::string& clause) { return selects(selector, clause); });
    });
}

// A cell is found by its own id and its clause, a scenario also without "corpus".
bool selected(const std::vector<std::string>& selection, const Cell& cell) {
    return any_selects(selection, cell.id, {cell.clause});
}
bool selected(const std::vector<std::string>& selection, const scenarios::ScenarioInfo& info) {
    return any_selects(selection, info.id, info.clauses) ||
           any_selects(selection, "corpus/" + info.id, {});
}
bool selected(const std::vector<std::string>& selection, const RuleInfo& info) {
    return any_selects(selection, "rules/" + std::string(info.id),
                       {info.clauses.begin(), info.clauses.end()});
}

class SuiteRun {
 public:
    explicit SuiteRun(const SuiteOptions& options) : options_(options) {
        semantics_ = engine::semantics_of(options.profile);
        for (const auto& [name, value] : options.switches) {
            static_cast<void>(engine::set_switch(semantics_, name, value));
        }
        report_.version = options.version;
        report_.profile = engine::to_string(options.profile);
        report_.given = options.switches;
        report_.selection = options.selection;
        report_.gate = options.gate;
        for (const engine::SwitchInfo& info : engine::switches()) {
            report_.switches.emplace_back(info.name, engine::switch_value(semantics_, info.name));
        }
    }

    SuiteReport run() {
        for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
            if (stopped()) break;
            if (!scenarios::is_include_only(file.path)) run_scenario_file(file);
        }
        run_cells();
        for (std::uint64_t seed = 1; seed <= kCampaignSeeds; ++seed) run_campaign_of(seed);
        for (const RuleInfo& info : rules()) judge(info);
        for (SuiteCase& one : report_.cases) apply_expectation(one);
        note_stale_entries();
        return std::move(report_);
    }

 private:
    bool stopped() {
        report_.interrupted = report_.interrupted || (options_.stop && options_.stop());
        return report_.interrupted;
    }

    void add(SuiteCase one) {
        one.obligation = strongest_obligation(one.clauses);
        const bool ran = one.verdict == SuiteVerdict::pass || one.verdict == SuiteVerdict::fail;
        for (const std::string& clause : one.clauses) {
            if (ran) report_.coverage.add_clause(clause);
        }
        report_.cases.push_back(std::move(one));
    }

    void run_scenario_file(const scenarios::CorpusFile& file) {
        const scenarios::LoadResult loaded = scenarios::load_shipped(file);
        if (loaded.scenario == nullptr) {
            SuiteCase broken;
            broken.id = "corpus/" + std::string(file.path);
            broken.group = "corpus";
            broken.verdict = SuiteVerdict::environment_error;
            broken.message = loaded.diagnostics.front().message;
            return add(std::move(broken));
        }
        const scenarios::ScenarioInfo info = scenarios::info(*loaded.scenario);
        if (!selected(options_.selection, info)) return;
        scenarios::RunOptions run;
        run.profile = options_.profile;
        run.switches = options_.switches;
        run.keep_trace = true;
        run.keep_passing_steps = !options_.observers.empty();
        each_observer([&info](SuiteObserver& one) { one.on_file_begin(info); });
        scenarios::run_scenario(*loaded.scenario, run, [this](const RunResult& result) {
            take(result);
            return !stopped();
        });
        each_observer([](SuiteObserver& one) { one.on_file_end(); });
    }

    void take(const RunResult& result) {
        SuiteCase one;
        one.id = id_of(result);
        one.group = "corpus";
        one.title = result.title;
        one.verdict = verdict_of(result.verdict);
        one.clauses = result.clauses;
        one.message = result.reason;
        one.reproduce = reproduce_command(result);
        if (result.names) {
            engine::Semantics semantics = semantics_;
            for (const auto& [name, value] : result.switches) {
                static_cast<void>(engine::set_switch(semantics, name, value));
            }
            observe(semantics, result.names, result.trace, one.id);
        }
        fail_if_broken(one);
        each_observer([&](SuiteObserver& observer) { observer.on_scenario(one, result); });
        add(std::move(one));
    }

    // What was expected came, from an engine that is no longer in order.
    void fail_if_broken(SuiteCase& one) {
        if (!watch_.broken().empty() && one.verdict == SuiteVerdict::pass) {
            one.verdict = SuiteVerdict::fail;
            one.message = "a broken invariant: " + watch_.broken();
        }
        watch_.forget();
    }

    void observe(const engine::Semantics& semantics,
                 const std::shared_ptr<const sim::Names>& names,
                 std::span<const sim::TraceEvent> trace, const std::string& id) {
        ++report_.runs;
        report_.coverage.add_run(*names, trace);
        tally_.judge(semantics, names, trace, id);
    }

    void run_cells() {
        TableRunOptions run;
        run.semantics = semantics_;
        for (const auto& [name, value] : options_.switches) run.given_switches.push_back(name);
        std::string id;
        run.on_run = [this, &id](const CellRun& one) {
            observe(one.semantics, one.names, one.trace, id);
            if (options_.observers.empty()) return;
            cell_traces_.push_back({std::string(one.ending), one.semantics, one.names,
                                    {one.trace.begin(), one.trace.end()}});
        };
        for (const Cell& cell : cells()) {
            if (stopped()) return;
            if (!selected(options_.selection, cell)) continue;
            id = cell.id;
            each_observer([&cell](SuiteObserver& one) { one.on_cell_begin(cell); });
            cell_traces_.clear();
            std::size_t first_trace = 0;
            for (const CellResult& result : run_cell(cell, run)) {
                take(result, first_trace);
                first_trace += result.runs;
            }
            each_observer([](SuiteObserver& one) { one.on_cell_end(); });
        }
    }

    // The traces of `result` begin at `first_trace` of cell_traces_, if anybody wants them.
    void take(const CellResult& result, std::size_t first_trace) {
        SuiteCase one;
        one.id = result.id;
        one.group = to_string(result.cell->table);
        one.title = result.expected;
        one.verdict = verdict_of(result.verdict);
        one.clauses = {result.cell->clause};
        one.message = result.message;
        one.reproduce = reproduce_command(result, report_.profile, report_.given);
        fail_if_broken(one);
        each_observer([&](SuiteObserver& observer) {
            observer.on_cell(one, result,
                             std::span(cell_traces_).subspan(first_trace, result.runs));
        });
        add(std::move(one));
    }

    void run_campaign_of(std::uint64_t seed) {
        const std::string id = campaign_id(seed);
        if (stopped() || !any_selects(options_.selection, id, {})) return;
        fuzz::CampaignOptions campaign;
        campaign.seed = seed;
        campaign.runs = kCampaignRuns;
        campaign.semantics = semantics_;
        campaign.stop_at_first = true;
        campaign.stop = options_.stop;
        const fuzz::CampaignReport found = fuzz::run_campaign(campaign);
        report_.runs += found.done.runs;
        SuiteCase one;
        one.id = id;
        one.group = "campaign";
        one.title = std::to_string(kCampaignRuns) + " random runs that break no rule";
        std::string runs = "--runs " + std::to_string(kCampaignRuns);
        if (found.stopped) one.verdict = SuiteVerdict::unknown;
        if (!found.findings.empty()) {
            runs = "--run " + std::to_string(found.findings.front().run);
            one.verdict = SuiteVerdict::fail;
            tell(found.findings.front().finding, one);
        }
        one.reproduce = "oplocksim fuzz --seed " + std::to_string(seed) + " " + runs +
                        " --profile " + report_.profile;
        for (const auto& [name, value] : options_.switches) {
            one.reproduce += " --switch " + name + "=" + value;
        }
        add(std::move(one));
    }

    // The shortest run that shows it, in the words of a scenario.
    void tell(findings::Finding finding, SuiteCase& one) const {
        finding.provenance.profile = options_.profile;
        findings::ShrinkOptions bounds;
        bounds.max_runs = kShrinkRuns;
        bounds.max_searched = kShrinkSearched;
        bounds.interrupted = options_.stop;
        finding = findings::shrink(finding, findings::Oracle(), bounds).finding;
        const findings::Failure& failure = finding.failure;
        if (!failure.clause.empty()) one.clauses = {failure.clause};
        one.message = "rule " + failure.rule + ": " +
                      findings::in_clients_words(finding.of, failure.observed) + "; required: " +
                      findings::in_clients_words(finding.of, failure.required) + "; steps: " +
                      in_short(findings::step_texts(finding));
    }

    // With a selection, the rules that it names, and those that what ran violated.
    void judge(const RuleInfo& info) {
        SuiteCase one = tally_.case_of(info);
        const bool wanted = selected(options_.selection, info);
        if (!wanted && one.verdict != SuiteVerdict::fail) return;
        report_.cases.push_back(std::move(one));
    }

    void apply_expectation(SuiteCase& one) const {
        const ExpectedFailure* entry = find_expected(options_.expected, one.id);
        if (entry == nullptr) return;
        one.reason = entry->reason;
        one.link = entry->link;
        if (one.verdict == SuiteVerdict::fail) one.verdict = SuiteVerdict::expected_failure;
        if (one.verdict == SuiteVerdict::pass) {
            one.verdict = SuiteVerdict::unexpected_pass;
            one.message = "it passes, although the list of known failures says that it fails";
        }
    }

    // Only a run of everything can tell that an entry names nothing.
    void note_stale_entries() {
        if (!options_.selection.empty() || report_.interrupted) return;
        std::set<std::string> ids;
        for (const SuiteCase& one : report_.cases) ids.insert(one.id);
        for (const ExpectedFailure& entry : options_.expected) {
            if (!ids.contains(entry.id)) report_.stale.push_back(entry.id);
        }
    }

    template <typename Call>
    void each_observer(Call call) {
        for (SuiteObserver* observer : options_.observers) call(*observer);
    }

    const SuiteOptions& options_;
    engine::InvariantWatch watch_;
    engine::Semantics semantics_;
    SuiteReport report_;
    RuleTally tally_;
    std::vector<CellTrace> cell_traces_;   // of one cell; kept only for observers
};

}  // namespace

std::string_view to_string(SuiteVerdict verdict) {
    switch (verdict) {
        case SuiteVerdict::pass: return "pass";
        case SuiteVerdict::fail: return "fail";
        case SuiteVerdict::not_exercised: return "not exercised";
        case SuiteVerdict::unknown: return "unknown";
        case SuiteVerdict::skipped: return "skipped";
        case SuiteVerdict::expected_failure: return "expected failure";
        case SuiteVerdict::unexpected_pass: return "unexpected pass";
        case SuiteVerdict::environment_error: return "environment error";
    }
    return "";
}

std::string_view to_string(ClauseObligation obligation) {
    switch (obligation) {
        case ClauseObligation::must: return "must";
        case ClauseObligation::should: return "should";
        case ClauseObligation::may: return "may";
    }
    return "";
}

ClauseObligation strongest_obligation(const std::vector<std::string>& ids) {
    if (ids.empty()) return ClauseObligation::must;
    ClauseObligation result = ClauseObligation::may;
    for (const std::string& id : ids) {
        const Clause* clause = find_clause(id);
        const ClauseObligation one =
            clause ? obligation_of(clause->obligation) : ClauseObligation::must;
        result = std::min(result, one);
    }
    return result;
}

bool counts_against(const SuiteCase& one, ClauseObligation gate) {
    switch (one.verdict) {
        case SuiteVerdict::fail: return one.obligation <= gate;
        case SuiteVerdict::unknown:
        case SuiteVerdict::unexpected_pass:
        case SuiteVerdict::environment_error: return true;
        case SuiteVerdict::pass:
        case SuiteVerdict::not_exercised:
        case SuiteVerdict::skipped:
        case SuiteVerdict::expected_failure: break;
    }
    return false;
}

std::uint64_t SuiteReport::count(SuiteVerdict verdict) const {
    return static_cast<std::uint64_t>(std::ranges::count(cases, verdict, &SuiteCase::verdict));
}

bool SuiteReport::conforms() const {
    return stale.empty() && !interrupted &&
           std::ranges::none_of(cases, [this](const SuiteCase& one) {
               return counts_against(one, gate);
           });
}

bool selects(std::string_view selector, std::string_view name) {
    const std::vector<std::string> wanted = parts_of(selector);
    const std::vector<std::string> parts = parts_of(name);
    return !wanted.empty() && wanted.size() <= parts.size() &&
           std::equal(wanted.begin(), wanted.end(), parts.begin());
}

std::vector<std::string> selected_ids(const SuiteOptions& options) {
    std::vector<std::string> ids;
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        if (scenarios::is_include_only(file.path)) continue;
        const auto loaded = scenarios::load_shipped(file);
        if (loaded.scenario == nullptr) continue;
        const scenarios::ScenarioInfo info = scenarios::info(*loaded.scenario);
        if (selected(options.selection, info)) ids.push_back("corpus/" + info.id);
    }
    for (const Cell& cell : cells()) {
        if (selected(options.selection, cell)) ids.push_back(cell.id);
    }
    for (std::uint64_t seed = 1; seed <= kCampaignSeeds; ++seed) {
        if (any_selects(options.selection, campaign_id(seed), {})) ids.push_back(campaign_id(seed));
    }
    for (const RuleInfo& info : rules()) {
        if (selected(options.selection, info)) ids.push_back("rules/" + std::string(info.id));
    }
    return ids;
}

SuiteReport run_suite(const SuiteOptions& options) { return SuiteRun(options).run(); }

std::vector<ExpectedFailure> updated_expected(const SuiteReport& report,
                                              std::span<const ExpectedFailure> old) {
    std::vector<ExpectedFailure> entries;
    for (const SuiteCase& one : report.cases) {
        const bool fails = one.verdict == SuiteVerdict::fail ||
                           one.verdict == SuiteVerdict::expected_failure;
        if (!fails) continue;
        const ExpectedFailure* known = find_expected(old, one.id);
        ExpectedFailure entry{one.id, "not explained yet", "", "", ""};
        if (known != nullptr) entry = *known;
        if (entry.clause.empty() && !one.clauses.empty()) entry.clause = one.clauses.front();
        entries.push_back(std::move(entry));
    }
    std::ranges::sort(entries, {}, &ExpectedFailure::id);
    return entries;
}

}  // namespace oplocksim::conformance
