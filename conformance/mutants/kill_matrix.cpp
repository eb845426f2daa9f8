// kill_matrix: shows for every mutant what catches it, as docs/kill-matrix.md.
//
//   kill_matrix              writes the document to standard output
//   kill_matrix NAME...      lists everything that catches these mutants (none: the right engine)
//
// Exit status: 0 every mutant is caught, and every rule and table section catches one on its own;
// 1 one does not, or the right engine does not pass.
#include <unistd.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <span>
#include <string>

#include "conformance/mutants/trial.h"
#include "conformance/rules/rules.h"

namespace oplocksim::conformance::mutants {
namespace {

// In this order; the later ones are tried only for what the earlier ones do not catch.
constexpr engine::Profile kProfiles[] = {engine::Profile::docs, engine::Profile::observed,
                                         engine::Profile::ms_fsa};
// Mutants are shared out among this many processes.
constexpr std::size_t kWorkers = 2;
constexpr int kRulesShown = 3;

struct Verdict {
    engine::Profile profile = engine::Profile::docs;
    Findings scenarios;
    Findings tables;
    Findings histories;
    [[nodiscard]] std::uint64_t rules() const { return scenarios.rules() | tables.rules(); }
    [[nodiscard]] bool caught() const {
        return scenarios.kills() != 0 || tables.kills() != 0 || rules() != 0;
    }
};

// What trials have in common.
struct Bench {
    Corpus corpus;
    std::size_t asleep = 0;              // steps before a mutant of a history wakes
    std::array<Findings, 3> right;       // of the right engine, under kProfiles
};

// A scenario must catch each, so the scenarios decide which profile is shown.
Verdict judge(const Bench& bench, engine::Mutant mutant) {
    Verdict verdict;
    for (std::size_t i = 0; i < std::size(kProfiles); ++i) {
        verdict.profile = kProfiles[i];
        verdict.scenarios = try_scenarios(bench.corpus, mutant, verdict.profile);
        verdict.scenarios.forgive(bench.right[i]);
        if (verdict.scenarios.kills() != 0) break;
    }
    if (verdict.scenarios.kills() == 0) verdict.profile = engine::Profile::docs;
    verdict.tables = try_tables(mutant, verdict.profile);
    verdict.histories = try_histories(mutant, verdict.profile, bench.asleep);
    return verdict;
}

std::string scenario_id(const Corpus& corpus, std::size_t index) {
    return index < corpus.size() ? scenarios::info(*corpus[index]).id : std::string();
}

std::string kills_text(const Findings& findings) {
    if (findings.kills() == 0) return "-";
    std::string text = std::to_string(findings.kills());
    const auto add = [&](Outcome outcome, const char* what) {
        const std::size_t count = findings.count(outcome);
        if (count != 0) text += " (" + std::to_string(count) + " by " + what + ")";
    };
    add(Outcome::invariant, "invariant");
    add(Outcome::limit, "limit");
    return text;
}

std::string rules_text(std::uint64_t objecting, int shown) {
    if (objecting == 0) return "-";
    std::string text;
    const int all = std::popcount(objecting);
    for (std::size_t i = 0; i < rules().size() && shown > 0; ++i) {
        if ((objecting >> i & 1) == 0) continue;
        text += (text.empty() ? "" : ", ") + std::string(rules()[i].id);
        --shown;
    }
    const int more = all - kRulesShown;
    return more > 0 && shown == 0 ? text + " and " + std::to_string(more) + " more" : text;
}

std::string row_of(const Corpus& corpus, const engine::MutantInfo& info, const Verdict& verdict) {
    std::string row = "| `" + std::string(info.name) + "` | " + std::string(info.summary) + " | " +
                      std::string(info.clause) + " | " + kills_text(verdict.scenarios);
    if (verdict.profile != engine::Profile::docs) {
        row += " under " + std::string(engine::to_string(verdict.profile));
    }
    row += " | " + scenario_id(corpus, verdict.scenarios.first_kill()) + " | " +
           rules_text(verdict.rules(), kRulesShown) + " | " + kills_text(verdict.tables) + " |";
    return verdict.caught() ? row : row + " **survives**";
}

// What a worker found out about one mutant, in memory that all processes share.
struct Row {
    bool caught = false;
    bool by_scenarios = false;
    bool by_rules = false;
    bool by_tables = false;
    std::uint64_t rules = 0;
    std::uint64_t rules_when_late = 0;   // where the mutant sleeps at first
    SectionSet sections;
    char text[1000] = {};
};

void fill(Row& row, const Bench& bench, const engine::MutantInfo& info) {
    const Verdict verdict = judge(bench, info.mutant);
    row.caught = verdict.caught();
    row.by_scenarios = verdict.scenarios.kills() != 0;
    row.by_rules = verdict.rules() != 0;
    row.rules = verdict.rules();
    row.rules_when_late = verdict.histories.rules();
    row.by_tables = verdict.tables.kills() != 0;
    row.sections = failed_sections(verdict.tables);
    const std::string text = row_of(bench.corpus, info, verdict);
    std::memcpy(row.text, text.data(), std::min(text.size(), sizeof(row.text) - 1));
}

// Requires: nothing has been written to standard output yet.
std::span<const Row> fill_all(const Bench& bench) {
    const std::span<const engine::MutantInfo> all = engine::mutants();
    void* const memory = mmap(nullptr, all.size() * sizeof(Row), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        std::perror("kill_matrix: mmap");
        std::exit(3);
    }
    Row* const rows = static_cast<Row*>(memory);
    for (std::size_t worker = 0; worker < kWorkers; ++worker) {
        const pid_t child = fork();
        if (child < 0) {
            std::perror("kill_matrix: fork");
            std::exit(3);
        }
        if (child != 0) continue;
        for (std::size_t i = worker; i < all.size(); i += kWorkers) fill(rows[i], bench, all[i]);
        _exit(0);
    }
    for (std::size_t worker = 0; worker < kWorkers; ++worker) {
        int status = 0;
        wait(&status);
        if (!WIFEXITED(status)) {
            std::fputs("kill_matrix: a worker died\n", stderr);
            std::exit(3);
        }
    }
    return {rows, all.size()};
}

constexpr const char* kHead = R"(# What catches each mutant

A mutant is a deliberately wrong engine or kernel (`engine/mutant_list.h`). The suite is worth
what it catches: for each mutant these tables show the clause that it violates and what catches it.

- **scenarios**: how many of the corpus, and the first. A scenario catches a mutant if an
  expectation fails, if an assertion of the engine or the kernel fires (*by invariant*), or if
  operations never come to rest (*by limit*). Other profiles are tried for what `docs` misses.
- **rules**: those that object to a trace of the corpus. What an assertion stops they do not see.
- **cells**: how many of the decision tables.

`tools/kill-matrix` writes this page and fails if a mutant survives.
)";

void print_fault(engine::Fault fault) {
    std::string title(engine::to_string(fault));
    if (title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 'a' + 'A');
    std::printf("\n## %s\n\n| mutant | what is wrong | clause | scenarios | first | rules | cells "
                "|\n|---|---|---|---|---|---|---|\n",
                title.c_str());
}

constexpr const char* kRulesHead = R"(
## What each rule catches

- **mutants**: over the traces of the corpus, how many it objects to; **alone**: of these, no other
  rule does.
- **late**: how many it objects to in random histories in which the mutant sleeps until more steps
  were taken (%zu) than any scenario of the corpus lasts, so that no expectation can see it. Not
  of advice to clients, which random clients need with the right engine too.

| rule | property | mutants | alone | late |
|---|---|---|---|---|
)";

// What each rule is worth: a rule that objects to no mutant has not been seen to fail.
// Returns how many of them that are.
int print_rules(std::span<const Row> rows, std::size_t asleep) {
    std::printf(kRulesHead, asleep);
    int idle = 0;
    for (std::size_t i = 0; i < rules().size(); ++i) {
        const std::uint64_t bit = std::uint64_t{1} << i;
        const auto objects_to = [&](std::uint64_t Row::*where) {
            return std::ranges::count_if(rows,
                                         [&](const Row& row) { return (row.*where & bit) != 0; });
        };
        const auto late = objects_to(&Row::rules_when_late);
        const bool advises = rules()[i].obligation == "should";
        std::printf("| %s | %s | %td | %td | %s |\n", std::string(rules()[i].id).c_str(),
                    std::string(rules()[i].property).c_str(), objects_to(&Row::rules),
                    std::ranges::count(rows, bit, &Row::rules),
                    advises ? "-" : std::to_string(late).c_str());
        if ((advises ? objects_to(&Row::rules) : late) != 0) continue;
        ++idle;
        std::fprintf(stderr, "kill_matrix: a rule catches nothing on its own: %s\n",
                     std::string(rules()[i].id).c_str());
    }
    return idle;
}

// Likewise of each section of the decision tables.
int print_sections(std::span<const Row> rows) {
    std::printf("\n## What each section of the decision tables catches\n\n"
                "| table and state | mutants |\n|---|---|\n");
    int idle = 0;
    for (std::size_t i = 0; i < table_sections().size(); ++i) {
        const auto caught =
            std::ranges::count_if(rows, [&](const Row& row) { return row.sections[i]; });
        std::printf("| %s | %td |\n", table_sections()[i].c_str(), caught);
        if (caught != 0) continue;
        ++idle;
        std::fprintf(stderr, "kill_matrix: a table section catches nothing: %s\n",
                     table_sections()[i].c_str());
    }
    return idle;
}

// What the right engine does under each profile. Advice to clients is all that rules may give.
bool right_engine_passes(Bench& bench) {
    std::uint64_t advice = 0;
    for (std::size_t i = 0; i < rules().size(); ++i) {
        if (rules()[i].obligation == "should") advice |= std::uint64_t{1} << i;
    }
    bool passes = true;
    for (std::size_t i = 0; i < std::size(kProfiles); ++i) {
        bench.right[i] = try_scenarios(bench.corpus, engine::Mutant::none, kProfiles[i]);
        const Findings& scenarios = bench.right[i];
        const Findings tables = try_tables(engine::Mutant::none, kProfiles[i]);
        const Findings histories = try_histories(engine::Mutant::none, kProfiles[i], bench.asleep);
        const std::uint64_t objecting = scenarios.rules() & ~advice;
        if (scenarios.kills() == 0 && tables.kills() == 0 && objecting == 0 &&
            histories.rules() == 0) {
            continue;
        }
        passes = false;
        std::fprintf(stderr, "kill_matrix: without a mutant, %s: %s; rules: %s; cells: %s; "
                             "histories: %s\n",
                     std::string(engine::to_string(kProfiles[i])).c_str(),
                     scenario_id(bench.corpus, scenarios.first_kill()).c_str(),
                     rules_text(objecting, 64).c_str(), kills_text(tables).c_str(),
                     rules_text(histories.rules(), 64).c_str());
    }
    return passes;
}

int print_matrix(Bench& bench) {
    if (!right_engine_passes(bench)) return 1;
    const std::span<const engine::MutantInfo> all = engine::mutants();
    const std::span<const Row> rows = fill_all(bench);
    const auto how_many = [&](bool Row::*net) { return std::ranges::count(rows, true, net); };
    std::printf("%s\n%zu mutants: %td caught by scenarios (%zu of them), %td by rules (%zu), %td "
                "by decision tables (%zu cells); %td survive.\n",
                kHead, all.size(), how_many(&Row::by_scenarios), bench.corpus.size(),
                how_many(&Row::by_rules), rules().size(), how_many(&Row::by_tables),
                cell_count(), std::ranges::count(rows, false, &Row::caught));
    for (int fault = 0; fault < engine::kFaultCount; ++fault) {
        print_fault(static_cast<engine::Fault>(fault));
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i].fault == static_cast<engine::Fault>(fault)) std::puts(rows[i].text);
        }
    }
    const int idle = print_rules(rows, bench.asleep) + print_sections(rows);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!rows[i].caught) std::fprintf(stderr, "kill_matrix: it survives: %s\n", rows[i].text);
    }
    const bool all_caught = how_many(&Row::caught) == static_cast<std::ptrdiff_t>(all.size());
    return all_caught && idle == 0 ? 0 : 1;
}

const char* to_words(Outcome outcome) {
    switch (outcome) {
        case Outcome::passed: return "passed";
        case Outcome::failed: return "failed";
        case Outcome::invariant: return "invariant";
        case Outcome::limit: return "limit";
    }
    return "";
}

void print_items(const Findings& findings, const std::function<std::string(std::size_t)>& name) {
    for (std::size_t i = 0; i < findings.items().size(); ++i) {
        const Finding& finding = findings.items()[i];
        if (finding.outcome == Outcome::passed && finding.rules == 0) continue;
        std::printf("  %-10s %s; rules: %s\n", to_words(finding.outcome), name(i).c_str(),
                    rules_text(finding.rules, 64).c_str());
    }
}

int print_mutant(const Bench& bench, const char* name) {
    const std::optional<engine::Mutant> mutant = std::strcmp(name, "none") == 0
                                                     ? engine::Mutant::none
                                                     : engine::mutant_from_name(name);
    if (!mutant) {
        std::fprintf(stderr, "kill_matrix: there is no mutant '%s'\n", name);
        return 2;
    }
    const Verdict verdict = judge(bench, *mutant);
    std::printf("%s, profile %s: scenarios %s; rules %s; cells %s; late %s\n", name,
                std::string(engine::to_string(verdict.profile)).c_str(),
                kills_text(verdict.scenarios).c_str(), rules_text(verdict.rules(), 64).c_str(),
                kills_text(verdict.tables).c_str(),
                rules_text(verdict.histories.rules(), 64).c_str());
    print_items(verdict.scenarios, [&](std::size_t i) { return scenario_id(bench.corpus, i); });
    print_items(verdict.tables, cell_id);
    return verdict.caught() ? 0 : 1;
}

}  // namespace
}  // namespace oplocksim::conformance::mutants

int main(int argc, char** argv) {
    using namespace oplocksim::conformance::mutants;
    Bench bench;
    bench.corpus = load_corpus();
    bench.asleep = longest_trace(bench.corpus) + 1;
    static_cast<void>(cell_count());   // parsed once, before there are children
    if (argc == 1) return print_matrix(bench);
    static_cast<void>(right_engine_passes(bench));
    int status = 0;
    for (int i = 1; i < argc; ++i) {
        if (const int one = print_mutant(bench, argv[i]); one != 0) status = one;
    }
    return status;
}
