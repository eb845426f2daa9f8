// kill_matrix: shows for every mutant what catches it, as docs/kill-matrix.md.
//
//   kill_matrix              writes the document to standard output
//   kill_matrix NAME...      lists everything that catches these mutants (none: the right engine)
//
// Exit status: 0 every mutant is caught; 1 one survives, or the right engine does not pass.
#include <unistd.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
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
    [[nodiscard]] std::uint64_t rules() const { return scenarios.rules() | tables.rules(); }
    [[nodiscard]] bool caught() const {
        return scenarios.kills() != 0 || tables.kills() != 0 || rules() != 0;
    }
};

// A scenario must catch each, so the scenarios decide which profile is shown.
Verdict judge(const Corpus& corpus, engine::Mutant mutant) {
    Verdict verdict;
    for (const engine::Profile profile : kProfiles) {
        verdict.profile = profile;
        verdict.scenarios = try_scenarios(corpus, mutant, profile);
        if (verdict.scenarios.kills() != 0) break;
    }
    if (verdict.scenarios.kills() == 0) verdict.profile = engine::Profile::docs;
    verdict.tables = try_tables(mutant, verdict.profile);
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
    char text[1000] = {};
};

void fill(Row& row, const Corpus& corpus, const engine::MutantInfo& info) {
    const Verdict verdict = judge(corpus, info.mutant);
    row.caught = verdict.caught();
    row.by_scenarios = verdict.scenarios.kills() != 0;
    row.by_rules = verdict.rules() != 0;
    row.rules = verdict.rules();
    row.by_tables = verdict.tables.kills() != 0;
    const std::string text = row_of(corpus, info, verdict);
    std::memcpy(row.text, text.data(), std::min(text.size(), sizeof(row.text) - 1));
}

// Requires: nothing has been written to standard output yet.
std::span<const Row> fill_all(const Corpus& corpus) {
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
        for (std::size_t i = worker; i < all.size(); i += kWorkers) fill(rows[i], corpus, all[i]);
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

// What each rule is worth: a rule that objects to no mutant has not been seen to fail.
void print_rules(std::span<const Row> rows) {
    std::printf("\n## What each rule catches\n\n| rule | property | mutants | of these, no other "
                "rule catches |\n|---|---|---|---|\n");
    for (std::size_t i = 0; i < rules().size(); ++i) {
        const std::uint64_t bit = std::uint64_t{1} << i;
        const auto caught = std::ranges::count_if(
            rows, [&](const Row& row) { return (row.rules & bit) != 0; });
        std::printf("| %s | %s | %td | %td |\n", std::string(rules()[i].id).c_str(),
                    std::string(rules()[i].property).c_str(), caught,
                    std::ranges::count(rows, bit, &Row::rules));
    }
}

bool right_engine_passes(const Corpus& corpus) {
    const Verdict right = judge(corpus, engine::Mutant::none);
    if (!right.caught()) return true;
    std::fprintf(stderr, "kill_matrix: without a mutant: %s; rules: %s; cells: %s\n",
                 scenario_id(corpus, right.scenarios.first_kill()).c_str(),
                 rules_text(right.rules(), 64).c_str(), kills_text(right.tables).c_str());
    return false;
}

int print_matrix(const Corpus& corpus) {
    if (!right_engine_passes(corpus)) return 1;
    const std::span<const engine::MutantInfo> all = engine::mutants();
    const std::span<const Row> rows = fill_all(corpus);
    const auto how_many = [&](bool Row::*net) { return std::ranges::count(rows, true, net); };
    std::printf("%s\n%zu mutants: %td caught by scenarios (%zu of them), %td by rules (%zu), %td "
                "by decision tables (%zu cells); %td survive.\n",
                kHead, all.size(), how_many(&Row::by_scenarios), corpus.size(),
                how_many(&Row::by_rules), rules().size(), how_many(&Row::by_tables),
                cell_count(), std::ranges::count(rows, false, &Row::caught));
    for (int fault = 0; fault < engine::kFaultCount; ++fault) {
        print_fault(static_cast<engine::Fault>(fault));
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i].fault == static_cast<engine::Fault>(fault)) std::puts(rows[i].text);
        }
    }
    print_rules(rows);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!rows[i].caught) std::fprintf(stderr, "kill_matrix: it survives: %s\n", rows[i].text);
    }
    return how_many(&Row::caught) == static_cast<std::ptrdiff_t>(all.size()) ? 0 : 1;
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

int print_mutant(const Corpus& corpus, const char* name) {
    const std::optional<engine::Mutant> mutant = std::strcmp(name, "none") == 0
                                                     ? engine::Mutant::none
                                                     : engine::mutant_from_name(name);
    if (!mutant) {
        std::fprintf(stderr, "kill_matrix: there is no mutant '%s'\n", name);
        return 2;
    }
    const Verdict verdict = judge(corpus, *mutant);
    std::printf("%s, profile %s: scenarios %s; rules %s; cells %s\n", name,
                std::string(engine::to_string(verdict.profile)).c_str(),
                kills_text(verdict.scenarios).c_str(), rules_text(verdict.rules(), 64).c_str(),
                kills_text(verdict.tables).c_str());
    print_items(verdict.scenarios, [&](std::size_t i) { return scenario_id(corpus, i); });
    print_items(verdict.tables, cell_id);
    return verdict.caught() ? 0 : 1;
}

}  // namespace
}  // namespace oplocksim::conformance::mutants

int main(int argc, char** argv) {
    using namespace oplocksim::conformance::mutants;
    const Corpus corpus = load_corpus();
    static_cast<void>(cell_count());   // parsed once, before there are children
    if (argc == 1) return print_matrix(corpus);
    int status = 0;
    for (int i = 1; i < argc; ++i) {
        if (const int one = print_mutant(corpus, argv[i]); one != 0) status = one;
    }
    return status;
}
