// kill_matrix: shows for every mutant what catches it, as docs/kill-matrix.md.
//
//   kill_matrix              writes the document to standard output
//   kill_matrix NAME...      lists every scenario that catches these mutants
//
// Exit status: 0 every mutant is caught; 1 one survives, or the right engine does not pass.
#include <cstdio>
#include <string>

#include "conformance/clauses.h"
#include "conformance/mutants/trial.h"

namespace oplocksim::conformance {
namespace {

// In this order; the later ones are tried only for what the earlier ones do not catch.
constexpr engine::Profile kProfiles[] = {engine::Profile::docs, engine::Profile::observed,
                                         engine::Profile::ms_fsa};

Trial try_in_some_profile(const Corpus& corpus, engine::Mutant mutant) {
    Trial trial;
    for (const engine::Profile profile : kProfiles) {
        trial = try_mutant(corpus, mutant, profile);
        if (trial.kills() != 0) break;
    }
    return trial;
}

std::string scenario_id(const Corpus& corpus, std::size_t index) {
    return index < corpus.size() ? scenarios::info(*corpus[index]).id : std::string();
}

std::string to_words(const Trial& trial) {
    if (trial.kills() == 0) return "**none**";
    std::string words = std::to_string(trial.kills());
    const auto add = [&](Outcome outcome, const char* what) {
        if (const std::size_t count = trial.count(outcome)) {
            words += " (" + std::to_string(count) + " " + what + ")";
        }
    };
    add(Outcome::invariant, "by invariant");
    add(Outcome::limit, "by limit");
    if (trial.profile != engine::Profile::docs) {
        words += " under " + std::string(engine::to_string(trial.profile));
    }
    return words;
}

constexpr const char* kHead = R"(# What catches each mutant

A mutant is a deliberately wrong engine or kernel (`engine/mutant_list.h`). The suite is worth
what it catches: for each mutant this table shows the clause that it violates, how many scenarios
of the corpus catch it, and the first of them. A scenario catches a mutant if an expectation
fails, if an assertion of the engine or the kernel fires (*by invariant*), or if operations never
come to rest (*by limit*). Profiles other than `docs` are tried for what `docs` does not catch.

`tools/kill-matrix` writes this page and fails if a mutant survives.
)";

void print_head(std::size_t scenarios) {
    std::printf("%s\n%zu mutants; %zu scenarios.\n", kHead, engine::mutants().size(), scenarios);
}

// The mutants of each fault together, faults in the order of their enumeration.
void print_fault(engine::Fault fault) {
    std::string title(engine::to_string(fault));
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    std::printf("\n## %s\n\n| mutant | what is wrong | clause | scenarios | first |\n"
                "|---|---|---|---|---|\n",
                title.c_str());
}

int print_matrix(const Corpus& corpus) {
    const Trial right = try_mutant(corpus, engine::Mutant::none, engine::Profile::docs);
    if (right.kills() != 0) {
        std::fprintf(stderr, "kill_matrix: without a mutant %s does not pass\n",
                     scenario_id(corpus, right.first_kill()).c_str());
        return 1;
    }
    print_head(corpus.size());
    int survivors = 0;
    for (int fault = 0; fault < engine::kFaultCount; ++fault) {
        print_fault(static_cast<engine::Fault>(fault));
        for (const engine::MutantInfo& info : engine::mutants()) {
            if (info.fault != static_cast<engine::Fault>(fault)) continue;
            const Trial trial = try_in_some_profile(corpus, info.mutant);
            const std::string first = scenario_id(corpus, trial.first_kill());
            std::printf("| `%s` | %s | %s | %s | %s |\n", std::string(info.name).c_str(),
                        std::string(info.summary).c_str(), std::string(info.clause).c_str(),
                        to_words(trial).c_str(), first.c_str());
            if (trial.kills() != 0) continue;
            ++survivors;
            std::fprintf(stderr, "kill_matrix: %s survives (%s)\n",
                         std::string(info.name).c_str(), std::string(info.clause).c_str());
        }
    }
    return survivors == 0 ? 0 : 1;
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

int print_mutant(const Corpus& corpus, const char* name) {
    const std::optional<engine::Mutant> mutant = engine::mutant_from_name(name);
    if (!mutant) {
        std::fprintf(stderr, "kill_matrix: there is no mutant '%s'\n", name);
        return 2;
    }
    const Trial trial = try_in_some_profile(corpus, *mutant);
    std::printf("%s: %s\n", name, to_words(trial).c_str());
    for (std::size_t i = 0; i < corpus.size(); ++i) {
        if (trial.outcomes[i] == Outcome::passed) continue;
        std::printf("  %-10s %s\n", to_words(trial.outcomes[i]), scenario_id(corpus, i).c_str());
    }
    return trial.kills() != 0 ? 0 : 1;
}

}  // namespace
}  // namespace oplocksim::conformance

int main(int argc, char** argv) {
    using namespace oplocksim::conformance;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const Corpus corpus = load_corpus();
    if (argc == 1) return print_matrix(corpus);
    int status = 0;
    for (int i = 1; i < argc; ++i) {
        if (const int one = print_mutant(corpus, argv[i]); one != 0) status = one;
    }
    return status;
}
