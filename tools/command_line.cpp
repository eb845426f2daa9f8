#include "tools/command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <limits>
#include <string_view>
#include <tuple>

#include "conformance/editions.h"
#include "scenarios/constant_tables.h"
#include "scenarios/diagnostic.h"
#include "scenarios/text.h"
#include "scenarios/values.h"
#include "tools/command_description.h"
#include "tools/completion.h"
#include "tools/conform_arguments.h"
#include "tools/man_page.h"
#include "tools/parse_values.h"

namespace oplocksim::tools {
namespace {

using scenarios::ConstantKind;

// Options as they are typed, before their values are looked at.
struct SemanticsText {
    std::string profile = "docs";
    std::vector<std::string> switches;
};
struct RunText {
    RunArguments arguments;
    SemanticsText semantics;
    std::vector<std::string> reports;
    std::string colour = "auto";
};
struct ListText {
    ListArguments arguments;
    bool clauses = false;
    bool switches = false;
    bool profiles = false;
};
struct LintText {
    LintArguments arguments;
    std::string colour = "auto";
};
struct ExplainText {
    ExplainArguments arguments;
    SemanticsText semantics;
    std::string held;
    std::string operation;
    std::string access;
    std::string share;
    std::string disposition;
    std::string options;
    std::string owner_access;
    std::string owner_share;
    std::string colour = "auto";
    bool same_key = false;
    bool different_key = false;
};
struct CheckText {
    CheckArguments arguments;
    SemanticsText semantics;
    std::string report;
};
struct ExportText {
    ExportArguments arguments;
    std::string format;
    std::string colour = "auto";
};
struct ConformText {
    ConformArguments arguments;
    SemanticsText semantics;
    std::vector<std::string> reports;
    std::string gate = "must";
};
struct ReplayText {
    ReplayArguments arguments;
    SemanticsText semantics;
    std::string colour = "auto";
};

struct ExploreText {
    ExploreArguments arguments;
    SemanticsText semantics;
    std::string order = "breadth-first";
    std::string report;
    std::string jobs = "0";
    std::string states = "0";
    std::string transitions = "0";
    std::string depth = "0";
    std::string memory = "4096";
    bool no_reduction = false;
    bool no_symmetry = false;
};
struct FuzzText {
    FuzzArguments arguments;
    SemanticsText semantics{"", {}};
    std::string report;
    std::string seed;
    std::string runs;
    std::string time;
    std::string only_run;
    std::string jobs = "0";
    std::string shard;
};
struct RulesText {
    RulesArguments arguments;
    std::string format = "text";
};
struct CompletionText {
    std::string shell;
    std::vector<std::string> words;
};
struct Texts {
    ConformText conform;
    CheckText check;
    ExportText exported;
    RulesText rules;
    CoverageArguments coverage;
    RunText run;
    ListText list;
    LintText lint;
    ExplainText explain;
    ExploreText explore;
    ReplayText replay;
    FuzzText fuzz;
    CompletionText completion;
};

// "; it is one of R, W, D", where nothing is near; the full names of a long table are left out.
std::string choices_of(ConstantKind kind) {
    const scenarios::ConstantTable& table = scenarios::constant_table(kind);
    std::vector<std::string> names = scenarios::spellings(kind);
    if (!table.prefixes.empty()) {
        names.erase(names.begin(),
                    names.begin() + static_cast<std::ptrdiff_t>(table.constants.size()));
    }
    return "; it is one of " + scenarios::joined(names, ", ");
}

// Takes a value out of `parsed`, or keeps the first error.
class Checker {
 public:
    template <typename T>
    void take(Parsed<T> parsed, T& target) {
        if (parsed.value) {
            target = std::move(*parsed.value);
        } else {
            fail(std::move(parsed.error));
        }
    }
    void fail(std::string error) {
        if (error_.empty()) error_ = std::move(error);
    }
    // The constants of `text`, joined with '|' or ','; masks as numbers too. Empty text leaves
    // `target` alone.
    template <typename T>
    void take_constant(ConstantKind kind, std::string text, T& target) {
        if (text.empty()) return;
        const scenarios::ConstantTable& table = scenarios::constant_table(kind);
        const std::string what(table.what);
        std::uint64_t value = 0;
        std::ranges::replace(text, ',', '|');
        for (const std::string_view part : scenarios::split(text, '|')) {
            const std::string_view word = scenarios::trimmed(part);
            auto one = scenarios::find_constant(kind, word);
            if (!one && table.numbers) one = scenarios::parse_number(word);
            if (!one || *one > std::numeric_limits<std::uint32_t>::max() ||
                *one != static_cast<std::uint64_t>(static_cast<T>(*one))) {
                const std::vector<std::string> names = scenarios::spellings(kind);
                const std::string_view near =
                    scenarios::nearest(word, {names.begin(), names.end()});
                fail("unknown " + what + " " + scenarios::in_quotes(word) +
                     (near.empty() ? choices_of(kind)
                                   : "; did you mean '" + std::string(near) + "'?"));
                return;
            }
            if (!table.mask && part.size() != text.size()) {
                fail("only one " + what + " can be given");
                return;
            }
            value |= *one;
        }
        target = static_cast<T>(value);
    }
    void take_html_report(const std::string& text, std::string& target) {
        if (!text.empty()) take(parse_html_report(text), target);
    }
    void take_semantics(const SemanticsText& text, SemanticsArguments& target) {
        take(parse_profile(text.profile), target.profile);
        for (const std::string& one : text.switches) {
            std::pair<std::string, std::string> pair;
            take(parse_switch(one), pair);
            for (const auto& [name, value] : target.switches) {
                if (name == pair.first) fail("--switch " + name + " is given twice");
            }
            target.switches.push_back(std::move(pair));
        }
    }
    [[nodiscard]] const std::string& error() const { return error_; }

 private:
    std::string error_;
};

// An option that takes one value each time it is given. Without this, CLI11 would let an option
// that may be repeated swallow the paths behind it.
CLI::Option* repeated(CLI::App* app, const std::string& name, std::vector<std::string>& target,
                      const std::string& value, const std::string& help) {
    return app->add_option(name, target, help)->allow_extra_args(false)->type_name(value);
}

CLI::Option* single(CLI::App* app, const std::string& name, std::string& target,
                    const std::string& value, const std::string& help) {
    return app->add_option(name, target, help)
        ->type_name(value)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void add_semantics(CLI::App* app, SemanticsText& text) {
    single(app, "--profile", text.profile, "PROFILE",
           "docs (default), ms-fsa or observed: which source decides where they differ");
    repeated(app, "--switch", text.switches, "SWITCH=VALUE",
             "one switch over the profile; repeatable (see 'oplocksim list --switches')");
}

void add_html_report(CLI::App* app, std::string& text) {
    single(app, "--report", text, "FORMAT=PATH",
           "write a report: html=PATH, one page with every finding drawn");
}

void add_colour(CLI::App* app, std::string& text) {
    single(app, "--color,--colour", text, "WHEN", "auto (default), always or never");
}

CLI::App* add_run(CLI::App& app, RunText& text) {
    CLI::App* run = app.add_subcommand("run", "Run scenario files, or the shipped corpus");
    run->add_option("PATH", text.arguments.paths,
                    "files or folders; default: the shipped corpus")->type_name("");
    add_semantics(run, text.semantics);
    repeated(run, "--filter", text.arguments.filters, "SCENARIO",
             "only scenarios whose id contains this, as 'breaks.create'; repeatable");
    repeated(run, "--case", text.arguments.cases, "TEXT",
             "only runs whose case name contains TEXT, as 'held=RW'; repeatable");
    repeated(run, "--report", text.reports, "FORMAT=PATH",
             "write a report: json=, junit= or html=PATH, '-' for standard output; repeatable");
    single(run, "--trace", text.arguments.trace, "PATH",
           "write every event of every run as JSON Lines; '-' for standard output");
    single(run, "--coverage", text.arguments.coverage, "PATH",
           "add what was met to a file (see 'oplocksim coverage --help')");
    run->add_flag("-v,--verbose", text.arguments.verbose, "show passing runs in full too");
    run->add_flag("--fail-fast", text.arguments.fail_fast, "stop after the first failure");
    add_colour(run, text.colour);
    run->footer("Examples:\n"
                "  oplocksim run\n"
                "  oplocksim run my/scenarios --profile ms-fsa --report junit=results.xml\n"
                "  oplocksim run --filter breaks.create --switch lock_vs_rwh_waits=false -v\n\n"
                "Exit status: 0 all passed; 1 an expectation failed; 2 usage or bad input;\n"
                "3 a report could not be written; 130 interrupted, what was found is kept.");
    return run;
}

CLI::App* add_list(CLI::App& app, ListText& text) {
    CLI::App* list =
        app.add_subcommand("list", "List scenarios, clauses, switches or profiles");
    list->add_option("PATH", text.arguments.paths,
                     "files or folders; default: the shipped corpus")->type_name("");
    repeated(list, "--filter", text.arguments.filters, "TEXT",
             "only rows whose id contains TEXT; repeatable");
    auto* clauses = list->add_flag("--clauses", text.clauses, "the clause catalogue");
    auto* switches = list->add_flag("--switches", text.switches, "the semantics switches");
    auto* profiles = list->add_flag("--profiles", text.profiles, "the profiles");
    clauses->excludes(switches)->excludes(profiles);
    switches->excludes(profiles);
    list->add_flag("--json", text.arguments.json, "as JSON");
    list->footer("Examples:\n  oplocksim list\n  oplocksim list --clauses --filter GRANT-RH\n"
                 "  oplocksim list --switches --json");
    return list;
}

CLI::App* add_lint(CLI::App& app, LintText& text) {
    CLI::App* lint = app.add_subcommand("lint", "Check scenario files without running them");
    lint->add_option("PATH", text.arguments.paths,
                     "files or folders; default: the shipped corpus")->type_name("");
    lint->add_flag("--json", text.arguments.json, "the errors and warnings as JSON");
    add_colour(lint, text.colour);
    lint->footer("Example:\n  oplocksim lint my/scenarios\n\n"
                 "A clause id that the catalogue does not have is a warning: it may be yours.\n"
                 "Exit status: 0 every file is valid; 2 there are errors.");
    return lint;
}

CLI::App* add_schema(CLI::App& app) {
    CLI::App* schema = app.add_subcommand("schema", "Print the JSON Schema of scenario files");
    schema->footer("Example:\n  oplocksim schema > scenario.schema.json");
    return schema;
}

std::string explain_footer() {
    std::string text = "Operations:\n";
    for (const auto& info : conformance::what_if_operations()) {
        text += "  " + std::string(info.name);
        text.append(24 - std::min<std::size_t>(23, info.name.size()), ' ');
        text += std::string(info.summary) + "\n";
    }
    return text +
           "\nExamples:\n"
           "  oplocksim explain --held RWH --operation write\n"
           "  oplocksim explain --held R,RH --operation create --disposition FILE_OVERWRITE\n"
           "  oplocksim explain --held BATCH --owner-share NONE --operation create "
           "--access W --json";
}

CLI::App* add_explain(CLI::App& app, ExplainText& text) {
    CLI::App* explain =
        app.add_subcommand("explain", "What happens when an operation meets held oplocks");
    single(explain, "--held", text.held, "TYPES",
           "R, RH, RW, RWH, L1, L2, BATCH or FILTER; several as R,RH; NONE")->required();
    single(explain, "--operation", text.operation, "OPERATION", "one of those below")->required();
    auto* same = explain->add_flag("--same-key", text.same_key,
                                   "the operation carries the (first) owner's oplock key");
    explain->add_flag("--different-key", text.different_key, "it carries another key (default)")
        ->excludes(same);
    explain->add_flag("--directory", text.arguments.question.directory,
                      "the oplocks are held on a directory");
    single(explain, "--access", text.access, "ACCESS", "create: desired access (FILE_READ_DATA)");
    single(explain, "--share", text.share, "SHARE", "create: share access (R|W|D)");
    single(explain, "--disposition", text.disposition, "DISPOSITION", "create: (FILE_OPEN)");
    single(explain, "--options", text.options, "OPTIONS", "create: options (NONE)");
    single(explain, "--owner-access", text.owner_access, "ACCESS",
           "how the owners opened the file (FILE_READ_DATA)");
    single(explain, "--owner-share", text.owner_share, "SHARE", "likewise (R|W|D)");
    add_semantics(explain, text.semantics);
    explain->add_flag("--json", text.arguments.json, "as JSON");
    add_colour(explain, text.colour);
    explain->footer(explain_footer());
    return explain;
}

CLI::App* add_check(CLI::App& app, CheckText& text) {
    CLI::App* check = app.add_subcommand("check", "Judge recorded traces with the rules");
    check->add_option("TRACE", text.arguments.paths,
                      "files as 'run --trace' writes them; '-' for standard input")
        ->type_name("")
        ->required();
    add_semantics(check, text.semantics);
    add_html_report(check, text.report);
    check->add_flag("-v,--verbose", text.arguments.verbose,
                    "how often each rule had something to judge");
    check->add_flag("--json", text.arguments.json, "as JSON");
    check->footer("Examples:\n  oplocksim run --trace trace.jsonl\n"
                  "  oplocksim check trace.jsonl\n"
                  "  oplocksim check server.jsonl --report html=server.html\n\n"
                  "--profile and --switch are for traces that do not name their profile.\n"
                  "Exit status: 0 no rule objects; 1 one does; 2 usage, or no trace.");
    return check;
}

CLI::App* add_conform(CLI::App& app, ConformText& text) {
    CLI::App* conform = app.add_subcommand(
        "conform", "Run the whole suite: corpus, decision tables and rules");
    ConformArguments& arguments = text.arguments;
    conform->add_option("PREFIX", arguments.selection,
                        "only what a prefix selects: a folder, cell, rule or clause, as "
                        "create.batch or break/RWH")->type_name("");
    add_semantics(conform, text.semantics);
    single(conform, "--gate", text.gate, "LEVEL",
           "must (default) or should: which obligations fail the command");
    single(conform, "--expected", arguments.expected, "FILE",
           "known failures (YAML); one that passes is a failure");
    single(conform, "--update-expected", arguments.update_expected, "FILE",
           "write what fails now as known failures; needs a run of everything");
    repeated(conform, "--report", text.reports, "FORMAT=PATH",
             "write a report: json=, junit=, tap=, markdown= or html=PATH, '-' for standard output; "
             "repeatable");
    single(conform, "--coverage", arguments.coverage, "PATH",
           "add what was met to a file (see 'oplocksim coverage --help')");
    conform->add_flag("--dry-run", arguments.dry_run, "list what would run");
    conform->add_flag("-v,--verbose", arguments.verbose, "show what did not pass for any reason");
    conform->footer("Examples:\n"
                    "  oplocksim conform\n"
                    "  oplocksim conform create.batch break/RWH --profile ms-fsa\n"
                    "  oplocksim conform --report markdown=summary.md --report junit=results.xml\n"
                    "  oplocksim conform --expected known.yaml --gate should\n\n"
                    "Exit status: 0 conforms; 1 does not; 2 usage or bad input; 3 a report could\n"
                    "not be written; 130 interrupted.");
    return conform;
}

CLI::App* add_replay(CLI::App& app, ReplayText& text) {
    CLI::App* replay =
        app.add_subcommand("replay", "Run a recorded scenario again and compare the traces");
    replay->add_option("PATH", text.arguments.paths,
                       "scenario files or folders; without a recording they are only judged")
        ->type_name("")
        ->required();
    add_semantics(replay, text.semantics);
    add_colour(replay, text.colour);
    replay->add_flag("-v,--verbose", text.arguments.verbose, "draw the run in any case");
    replay->footer("Example:\n  oplocksim replay findings/waits-for-acknowledgments-0a1b2c.yaml\n\n"
                   "Exit status: 0 every trace is identical, byte for byte (without a recording:\n"
                   "nothing is wrong); 1 one differs (something is wrong); 2 usage or bad input;\n"
                   "130 interrupted.");
    return replay;
}

CLI::App* add_explore(CLI::App& app, ExploreText& text) {
    CLI::App* explore = app.add_subcommand(
        "explore", "Try every interleaving of the programs of a scenario");
    explore->add_option("PATH", text.arguments.paths,
                        "scenario files or folders; steps in order are taken apart by thread")
        ->type_name("")
        ->required();
    repeated(explore, "--case", text.arguments.cases, "TEXT",
             "only cases whose name contains TEXT; repeatable");
    add_semantics(explore, text.semantics);
    single(explore, "--order", text.order, "ORDER",
           "breadth-first (default: shortest way to a fault) or depth-first (bounded memory)");
    explore->add_flag("--first", text.arguments.first, "end with the first finding");
    explore->add_flag("--no-reduction", text.no_reduction, "without partial-order reduction");
    explore->add_flag("--no-symmetry", text.no_symmetry,
                      "tell interchangeable clients apart");
    single(explore, "--html", text.arguments.page, "PATH",
           "write a page on which one walks through the states of one small case");
    single(explore, "--dot", text.arguments.dot, "PATH",
           "write the state graph of one small case in the DOT language");
    single(explore, "--out", text.arguments.out, "FOLDER",
           "write each finding, shrunk, as a scenario and a page; 'replay' runs it again");
    add_html_report(explore, text.report);
    single(explore, "--jobs", text.jobs, "N", "workers; the result is the same (one a core)");
    single(explore, "--max-states", text.states, "N", "a limit ends in 'unknown'");
    single(explore, "--max-transitions", text.transitions, "N", "likewise");
    single(explore, "--max-depth", text.depth, "N", "likewise, choices in one run");
    single(explore, "--max-memory", text.memory, "MIB", "likewise (4096)");
    explore->footer("Examples:\n"
                    "  oplocksim explore breaking/waiters.yaml\n"
                    "  oplocksim explore my.yaml --no-reduction --jobs 4\n"
                    "  oplocksim explore my.yaml --html states.html --report html=report.html\n\n"
                    "Exit status: 0 no interleaving is wrong; 1 one is, or a limit was met;\n"
                    "2 usage or bad input; 130 interrupted.");
    return explore;
}

CLI::App* add_fuzz(CLI::App& app, FuzzText& text) {
    CLI::App* fuzz = app.add_subcommand(
        "fuzz", "Random clients, faults and interleavings, judged by the rules");
    single(fuzz, "--seed", text.seed, "N", "where everything is drawn from (a fresh one, printed)");
    single(fuzz, "--runs", text.runs, "N", "end after so many runs");
    single(fuzz, "--time", text.time, "TIME",
           "end after 30, 30s, 5m, 2h (60s if there is no other end)");
    single(fuzz, "--run", text.only_run, "I", "only run I of the seed");
    fuzz->add_flag("--first", text.arguments.first, "end with the first finding");
    single(fuzz, "--jobs", text.jobs, "N", "workers; a run is the same (one a core)");
    single(fuzz, "--shard", text.shard, "K/N", "every N-th run, from the K-th");
    single(fuzz, "--profile", text.semantics.profile, "PROFILE",
           "docs, ms-fsa or observed (without, each run draws its own reading)");
    repeated(fuzz, "--switch", text.semantics.switches, "SWITCH=VALUE",
             "one switch over the profile; repeatable (see 'oplocksim list --switches')");
    single(fuzz, "--corpus", text.arguments.corpus, "FOLDER",
           "keeps inputs that meet something new, goes on from those there, and mutates them");
    single(fuzz, "--out", text.arguments.out, "FOLDER",
           "write each finding, shrunk, as a scenario and a page; 'replay' runs it again");
    single(fuzz, "--trace", text.arguments.trace, "PATH",
           "write every event of every run as JSON Lines, as 'run --trace' does");
    add_html_report(fuzz, text.report);
    fuzz->footer("Examples:\n"
                 "  oplocksim fuzz --time 30s\n"
                 "  oplocksim fuzz --seed 7 --runs 100000 --jobs 4\n"
                 "  oplocksim fuzz --profile docs --corpus interesting --time 1h\n\n"
                 "Run I of a seed is the same whatever the number of workers or shards; only with\n"
                 "--corpus do every other run's draws come from the inputs there.\n\n"
                 "Exit status: 0 nothing found; 1 something is; 2 usage or bad input;\n"
                 "3 a file cannot be read or written; 130 interrupted.");
    return fuzz;
}

CLI::App* add_export(CLI::App& app, ExportText& text) {
    CLI::App* verb = app.add_subcommand("export", "Draw one run of a recorded trace");
    verb->add_option("TRACE", text.arguments.path,
                     "a file as 'run --trace' writes it; '-' for standard input")
        ->type_name("")
        ->required();
    single(verb, "--format", text.format, "PICTURE", "timeline, mermaid or perfetto")->required();
    single(verb, "--run", text.arguments.run, "TEXT",
           "which run: its number from 1, or a part of its name and case");
    single(verb, "-o,--output", text.arguments.output, "FILE",
           "where to write it (standard output)");
    add_colour(verb, text.colour);
    verb->footer("timeline  lanes in the terminal, as 'run -v' shows them\n"
                 "mermaid   a sequence diagram for pages that render Mermaid\n"
                 "perfetto  JSON for https://ui.perfetto.dev\n\n"
                 "Examples:\n  oplocksim run breaking/no-timeout --trace trace.jsonl\n"
                 "  oplocksim export trace.jsonl --run 1 --format timeline\n"
                 "  oplocksim export trace.jsonl --run held=BATCH,\\ to=LEVEL_2 \\\n"
                 "    --format perfetto -o trace.json");
    return verb;
}

CLI::App* add_coverage(CLI::App& app, CoverageArguments& arguments) {
    CLI::App* coverage = app.add_subcommand("coverage", "Merge and show coverage of several runs");
    coverage->add_option("PATH", arguments.paths,
                         "files as 'run --coverage' and 'conform --coverage' write them")
        ->type_name("")
        ->required();
    single(coverage, "--output", arguments.output, "PATH",
           "write the merged coverage to a file; one that has anything else in it is refused");
    coverage->add_flag("-v,--verbose", arguments.verbose, "all counts of the matrix");
    coverage->add_flag("--json", arguments.json, "as JSON");
    coverage->footer(
        "Examples:\n"
        "  oplocksim conform --coverage docs.json\n"
        "  oplocksim conform --profile observed --coverage observed.json\n"
        "  oplocksim coverage docs.json observed.json --output all.json\n\n"
        "Coverage counts which operation met which oplock state under which relation of keys,\n"
        "and which clauses were exercised. Files add up in any order.\n"
        "Exit status: 0; 2 usage, or a file that has no coverage; 3 a file could not be written.");
    return coverage;
}

CLI::App* add_rules(CLI::App& app, RulesText& text) {
    RulesArguments& arguments = text.arguments;
    CLI::App* rules = app.add_subcommand("rules", "List rules or clauses, or explain one");
    rules->add_option("ID", arguments.id, "a rule, a property (P03) or a clause")->type_name("");
    rules->add_flag("--clauses", arguments.clauses, "list the clauses");
    repeated(rules, "--source", arguments.sources, "TEXT",
             "only clauses of a document or section, as ms-fsa, 2.1.5.18 or 'Breaking Oplocks'; "
             "repeatable");
    single(rules, "--status", arguments.status, "STATUS",
           "only clauses that a rule, a table or a scenario checks, or that are unchecked");
    single(rules, "--format", text.format, "FORMAT", "text (default) or json");
    rules->add_flag("--json", arguments.json, "short for --format json");
    rules->footer("Examples:\n  oplocksim rules\n  oplocksim rules waits-for-acknowledgments\n"
                  "  oplocksim rules P12\n  oplocksim rules BRK-NO-TIMEOUT\n"
                  "  oplocksim rules --clauses --source 2.1.5.18 --status unchecked");
    return rules;
}

CLI::App* add_completion(CLI::App& app, CompletionText& text) {
    CLI::App* completion =
        app.add_subcommand("completion", "Print the completion script for a shell");
    completion->add_option("SHELL", text.shell, "bash, zsh or fish")->type_name("")->required();
    completion->add_option("WORD", text.words, "of 'candidates': a command line so far")
        ->type_name("");
    completion->footer("Examples:\n  source <(oplocksim completion bash)\n"
                       "  oplocksim completion zsh > ~/.zfunc/_oplocksim\n"
                       "  oplocksim completion fish > ~/.config/fish/completions/oplocksim.fish\n\n"
                       "The scripts call 'oplocksim completion candidates -- WORD...', which prints\n"
                       "what the last word may become.");
    return completion;
}

CLI::App* add_man(CLI::App& app) {
    CLI::App* man = app.add_subcommand("man", "Print the manual page");
    man->footer("Example:\n  oplocksim man | man -l -");
    return man;
}

Command finished(RulesText& text, Checker& checker) {
    RulesArguments& arguments = text.arguments;
    const auto is_one_of = [](const std::string& word,
                              const std::vector<std::string_view>& names) {
        return std::ranges::find(names, word) != names.end();
    };
    if (!arguments.status.empty() && !is_one_of(arguments.status, clause_status_names())) {
        checker.fail(unknown_value("a status", arguments.status, clause_status_names()));
    }
    if (!is_one_of(text.format, output_format_names())) {
        checker.fail(unknown_value("a format", text.format, output_format_names()));
    }
    arguments.json = arguments.json || text.format == "json";
    const bool filtered = !arguments.sources.empty() || !arguments.status.empty();
    arguments.clauses = arguments.clauses || filtered;
    if (arguments.clauses && !arguments.id.empty()) {
        checker.fail("--clauses, --source and --status are for lists; they have no meaning with " +
                     scenarios::in_quotes(arguments.id));
    }
    return arguments;
}

Command finished(CheckText& text, Checker& checker) {
    checker.take_semantics(text.semantics, text.arguments.semantics);
    checker.take_html_report(text.report, text.arguments.html);
    return text.arguments;
}

Command finished(RunText& text, Checker& checker) {
    checker.take_semantics(text.semantics, text.arguments.semantics);
    checker.take(parse_colour(text.colour), text.arguments.colour);
    for (const std::string& one : text.reports) {
        ReportRequest request;
        checker.take(parse_report(one), request);
        for (const ReportRequest& other : text.arguments.reports) {
            if (other.path == request.path) {
                checker.fail("two reports cannot go to " + scenarios::in_quotes(request.path));
            }
        }
        if (request.path == text.arguments.trace) {
            checker.fail("a report and the trace cannot both go to " +
                         scenarios::in_quotes(request.path));
        }
        text.arguments.reports.push_back(std::move(request));
    }
    return text.arguments;
}

Command finished(ListText& text, Checker& checker) {
    ListArguments& arguments = text.arguments;
    if (text.clauses) arguments.subject = ListSubject::clauses;
    if (text.switches) arguments.subject = ListSubject::switches;
    if (text.profiles) arguments.subject = ListSubject::profiles;
    if (arguments.subject != ListSubject::scenarios && !arguments.paths.empty()) {
        checker.fail("a PATH selects scenarios; it has no meaning with --clauses, --switches or "
                     "--profiles");
    }
    return arguments;
}

Command finished(ExplainText& text, Checker& checker) {
    conformance::WhatIfQuestion& question = text.arguments.question;
    SemanticsArguments semantics;
    checker.take_semantics(text.semantics, semantics);
    checker.take(parse_held(text.held), question.held);
    checker.take(parse_operation(text.operation), question.operation);
    checker.take(parse_colour(text.colour), text.arguments.colour);
    checker.take_constant(ConstantKind::access, text.access, question.access);
    checker.take_constant(ConstantKind::share, text.share, question.share);
    checker.take_constant(ConstantKind::disposition, text.disposition, question.disposition);
    checker.take_constant(ConstantKind::create_option, text.options, question.options);
    checker.take_constant(ConstantKind::access, text.owner_access, question.owner_access);
    checker.take_constant(ConstantKind::share, text.owner_share, question.owner_share);
    question.same_key = text.same_key;
    const bool create = question.operation == conformance::WhatIfOperation::create;
    const bool create_options = !text.access.empty() || !text.share.empty() ||
                                !text.disposition.empty() || !text.options.empty() ||
                                !text.owner_share.empty();
    if (!create && create_options) {
        checker.fail("--access, --share, --disposition, --options and --owner-share matter to "
                     "--operation create only");
    }
    if (checker.error().empty()) question.semantics = semantics.semantics();
    return text.arguments;
}

Command finished(FuzzText& text, Checker& checker) {
    FuzzArguments& arguments = text.arguments;
    arguments.draws_semantics = text.semantics.profile.empty() && text.semantics.switches.empty();
    if (text.semantics.profile.empty()) text.semantics.profile = "docs";
    checker.take_semantics(text.semantics, arguments.semantics);
    checker.take_html_report(text.report, arguments.html);
    const auto take_optional = [&](std::string_view option, const std::string& value,
                                   std::optional<std::uint64_t>& target) {
        std::uint64_t number = 0;
        if (value.empty()) return;
        checker.take(parse_count(option, value, UINT64_MAX - 1), number);
        target = number;
    };
    take_optional("--seed", text.seed, arguments.seed);
    take_optional("--run", text.only_run, arguments.only_run);
    if (arguments.only_run && !arguments.seed) checker.fail("--run needs the --seed");
    if (!text.runs.empty()) checker.take(parse_count("--runs", text.runs), arguments.runs);
    if (!text.runs.empty() && arguments.runs == 0) checker.fail("--runs 0 would do nothing");
    if (!text.time.empty()) checker.take(parse_duration("--time", text.time), arguments.seconds);
    const bool ends = arguments.runs != 0 || arguments.seconds != 0 || arguments.only_run;
    if (!ends) arguments.seconds = 60;
    const bool counted = arguments.runs != 0 || arguments.only_run;
    if (!arguments.trace.empty() && !counted) checker.fail("--trace needs --runs or --run");
    if (!arguments.trace.empty() && !arguments.corpus.empty()) {
        checker.fail("--trace and --corpus exclude each other");
    }
    std::uint64_t jobs = 0;
    checker.take(parse_count("--jobs", text.jobs, 1'024), jobs);
    arguments.jobs = static_cast<unsigned>(jobs);
    if (text.shard.empty()) return arguments;
    std::pair<std::uint64_t, std::uint64_t> shard{1, 1};
    checker.take(parse_shard(text.shard), shard);
    std::tie(arguments.shard, arguments.shards) = shard;
    return arguments;
}

Command finished(ExportText& text, Checker& checker) {
    checker.take(parse_export_format(text.format), text.arguments.format);
    checker.take(parse_colour(text.colour), text.arguments.colour);
    return text.arguments;
}

Command finished(LintText& text, Checker& checker) {
    checker.take(parse_colour(text.colour), text.arguments.colour);
    return text.arguments;
}

// An option that takes one value, and got several: which one counts is not for us to guess.
std::string given_twice(const CLI::App& verb) {
    for (const CLI::Option* option : verb.get_options()) {
        const bool one = option->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeLast;
        if (one && option->get_items_expected_max() > 0 && option->count() > 1) {
            return option->get_name() + " is given twice";
        }
    }
    return {};
}

Command finished(ConformText& text, Checker& checker) {
    ConformArguments& arguments = text.arguments;
    checker.take_semantics(text.semantics, arguments.semantics);
    checker.take(parse_gate(text.gate), arguments.gate);
    for (const std::string& one : text.reports) {
        ConformReportRequest request;
        checker.take(parse_conform_report(one), request);
        for (const ConformReportRequest& other : arguments.reports) {
            if (other.path == request.path) {
                checker.fail("two reports cannot go to " + scenarios::in_quotes(request.path));
            }
        }
        arguments.reports.push_back(std::move(request));
    }
    return arguments;
}

Command finished(ReplayText& text, Checker& checker) {
    checker.take_semantics(text.semantics, text.arguments.semantics);
    checker.take(parse_colour(text.colour), text.arguments.colour);
    return text.arguments;
}

Command finished(ExploreText& text, Checker& checker) {
    ExploreArguments& arguments = text.arguments;
    checker.take_semantics(text.semantics, arguments.semantics);
    checker.take_html_report(text.report, arguments.html);
    arguments.reduction = !text.no_reduction;
    arguments.symmetry = !text.no_symmetry;
    arguments.depth_first = text.order == "depth-first";
    if (!arguments.depth_first && text.order != "breadth-first") {
        checker.fail(unknown_value("an order", text.order, {"breadth-first", "depth-first"}));
    }
    std::uint64_t jobs = 0;
    checker.take(parse_count("--jobs", text.jobs, 16), jobs);
    arguments.jobs = static_cast<unsigned>(jobs);
    checker.take(parse_count("--max-states", text.states), arguments.max_states);
    checker.take(parse_count("--max-transitions", text.transitions), arguments.max_transitions);
    checker.take(parse_count("--max-depth", text.depth), arguments.max_depth);
    checker.take(parse_count("--max-memory", text.memory, 1 << 24), arguments.max_memory);
    return arguments;
}

// Words that no option or verb took: say what they might have been.
std::string describe_extra(const CLI::App& app, const CLI::App* verb, const std::string& word) {
    std::vector<std::string> names;
    if (!word.starts_with('-')) {
        if (verb != nullptr) return "unexpected argument " + scenarios::in_quotes(word);
        for (const CLI::App* one : app.get_subcommands(nullptr)) names.push_back(one->get_name());
        return unknown_value("a verb", word, {names.begin(), names.end()});
    }
    for (const CLI::Option* option : (verb != nullptr ? *verb : app).get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
        for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
    const std::string bare = word.substr(0, word.find('='));
    const std::string_view near =
        scenarios::nearest(bare, std::vector<std::string_view>(names.begin(), names.end()));
    std::string error = "unknown option " + scenarios::in_quotes(bare);
    if (verb != nullptr) error += " of '" + verb->get_name() + "'";
    if (!near.empty()) return error + "; did you mean '" + std::string(near) + "'?";
    return error + " (see 'oplocksim " + (verb != nullptr ? verb->get_name() + " " : "") +
           "--help')";
}

std::string verb_needed(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* verb : app.get_subcommands(nullptr)) names.push_back(verb->get_name());
    return "a verb is needed: " + scenarios::joined(names, ", ") + " (see 'oplocksim --help')";
}

// The parser library's errors in this program's words.
std::string describe_parse_error(const CLI::ParseError& error) {
    std::string text = scenarios::escaped(error.what());
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
        return text.substr(0, text.find(':')) + " needs a value";
    }
    return text;
}

OptionDescription describe(const CLI::Option& option) {
    OptionDescription result;
    for (const std::string& name : option.get_snames()) result.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) result.names.push_back("--" + name);
    if (option.get_positional()) result.names = {option.get_name(true)};
    const bool flag = option.get_items_expected_max() == 0;
    if (!option.get_positional() && !flag) result.value = option.get_type_name();
    result.help = option.get_description();
    result.repeated = option.get_expected_max() > 1;
    result.required = option.get_required();
    return result;
}

VerbDescription describe(const CLI::App& app) {
    VerbDescription result{app.get_name(), app.get_description(), {}, {}, app.get_footer()};
    for (const CLI::Option* option : app.get_options()) {
        auto& where = option->get_positional() ? result.arguments : result.options;
        where.push_back(describe(*option));
    }
    return result;
}

CommandDescription describe_command(const CLI::App& app) {
    CommandDescription result{describe(app), {}};
    for (const CLI::App* verb : app.get_subcommands(nullptr)) {
        result.verbs.push_back(describe(*verb));
    }
    return result;
}

std::string version_text() {
    std::string text = "oplocksim " OPLOCKSIM_VERSION "\n\nWritten from\n";
    for (const conformance::Edition& one : conformance::editions()) {
        text += "  " + std::string(one.title) + "\n      " + std::string(one.edition) + "\n";
    }
    return text;
}

CommandLine answer(std::string text) { return {std::nullopt, std::move(text), {}}; }
CommandLine failure(std::string text) { return {std::nullopt, {}, std::move(text)}; }

CommandLine complete(const CommandDescription& command, const CompletionText& text) {
    if (text.shell == "candidates") return answer(candidates_text(candidates(command, text.words)));
    if (!text.words.empty()) return failure("words can be given to 'completion candidates' only");
    if (const auto script = completion_script(text.shell)) return answer(std::string(*script));
    return failure(unknown_value("a shell", text.shell, completion_shells()));
}

}  // namespace

CommandLine read_command_line(int argc, const char* const* argv) {
    Texts texts;
    CLI::App app("A deterministic simulator and conformance suite for Windows opportunistic locks",
                 "oplocksim");
    app.set_help_flag("-h,--help", "print this help");
    app.set_version_flag("--version", version_text(),
                         "print the version and the editions of the specification");
    app.require_subcommand(0, 1);
    app.allow_extras();
    const CLI::App* const run = add_run(app, texts.run);
    const CLI::App* const list = add_list(app, texts.list);
    const CLI::App* const lint = add_lint(app, texts.lint);
    const CLI::App* const schema = add_schema(app);
    const CLI::App* const explain = add_explain(app, texts.explain);
    const CLI::App* const check = add_check(app, texts.check);
    const CLI::App* const exported = add_export(app, texts.exported);
    const CLI::App* const rules = add_rules(app, texts.rules);
    const CLI::App* const conform = add_conform(app, texts.conform);
    const CLI::App* const explore = add_explore(app, texts.explore);
    const CLI::App* const fuzz = add_fuzz(app, texts.fuzz);
    const CLI::App* const coverage = add_coverage(app, texts.coverage);
    const CLI::App* const replay = add_replay(app, texts.replay);
    const CLI::App* const completion = add_completion(app, texts.completion);
    const CLI::App* const man = add_man(app);
    app.get_formatter()->label("SUBCOMMAND", "VERB");
    for (CLI::App* verb : app.get_subcommands(nullptr)) verb->allow_extras()->group("Verbs");
    app.footer("Example:\n  oplocksim run --filter breaks -v\n\n"
               "'oplocksim VERB --help' shows the options of a verb, with an example.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return answer(app.help());   // of the verb, if one was given
    } catch (const CLI::CallForVersion& version) {
        return answer(version.what());
    } catch (const CLI::ParseError& error) {
        return failure(describe_parse_error(error));
    }
    const auto verbs = app.get_subcommands();
    const CLI::App* const verb = verbs.empty() ? nullptr : verbs.front();
    std::vector<std::string> extras = app.remaining(true);
    // The mark before arguments that look like options; the parser leaves it over.
    if (const auto mark = std::ranges::find(extras, "--"); mark != extras.end()) extras.erase(mark);
    if (!extras.empty()) return failure(describe_extra(app, verb, extras.front()));
    if (verb == completion) return complete(describe_command(app), texts.completion);
    if (verb == man) return answer(man_page(describe_command(app), OPLOCKSIM_VERSION));
    Checker checker;
    if (verb != nullptr) checker.fail(given_twice(*verb));
    Command command;
    if (verb == run) command = finished(texts.run, checker);
    if (verb == list) command = finished(texts.list, checker);
    if (verb == lint) command = finished(texts.lint, checker);
    if (verb == schema) command = SchemaArguments{};
    if (verb == explain) command = finished(texts.explain, checker);
    if (verb == check) command = finished(texts.check, checker);
    if (verb == replay) command = finished(texts.replay, checker);
    if (verb == exported) command = finished(texts.exported, checker);
    if (verb == explore) command = finished(texts.explore, checker);
    if (verb == fuzz) command = finished(texts.fuzz, checker);
    if (verb == rules) command = finished(texts.rules, checker);
    if (verb == coverage) command = texts.coverage;
    if (verb == conform) command = finished(texts.conform, checker);
    if (verb == nullptr) return failure(verb_needed(app));
    if (!checker.error().empty()) return failure(checker.error());
    return {std::move(command), {}, {}};
}

}  // namespace oplocksim::tools
