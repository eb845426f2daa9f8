#include "conformance/mutants/trial.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "scenarios/corpus.h"

namespace oplocksim::conformance {
namespace {

// The right engine runs the whole corpus in a fraction of a second; a child that needs this much
// processor time hangs. Only a mutant that loops without a step of the kernel comes to it.
constexpr rlim_t kSecondsPerChild = 20;

// Shared with the child: where it is, and what it found so far.
struct Board {
    std::uint32_t running = 0;   // the scenario at work
    Outcome outcomes[1];         // as many as there are scenarios
};

Board* make_board(std::size_t scenarios) {
    void* const memory = mmap(nullptr, sizeof(Board) + scenarios, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        std::perror("kill_matrix: mmap");
        std::exit(3);
    }
    return static_cast<Board*>(memory);
}

Outcome run(const scenarios::LoadedScenario& scenario, engine::Profile profile) {
    scenarios::RunOptions options;
    options.profile = profile;
    options.keep_passing_steps = false;
    options.check_invariants = true;
    Outcome outcome = Outcome::passed;
    scenarios::run_scenario(scenario, options, [&](const scenarios::RunResult& result) {
        if (result.verdict == scenarios::Verdict::fail) outcome = Outcome::failed;
        if (result.verdict == scenarios::Verdict::error) outcome = Outcome::limit;
        return outcome == Outcome::passed;
    });
    return outcome;
}

[[noreturn]] void run_child(const Corpus& corpus, const Trial& trial, Board& board,
                            std::uint32_t from) {
    const rlimit seconds{kSecondsPerChild, kSecondsPerChild};
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CPU, &seconds);
    setrlimit(RLIMIT_CORE, &no_core);
    const int silence = open("/dev/null", O_WRONLY);   // assertions explain themselves
    dup2(silence, STDERR_FILENO);
    engine::set_mutant(trial.mutant);
    for (std::uint32_t i = from; i < corpus.size(); ++i) {
        board.running = i;
        board.outcomes[i] = run(*corpus[i], trial.profile);
    }
    _exit(0);
}

}  // namespace

std::size_t Trial::count(Outcome outcome) const {
    return static_cast<std::size_t>(std::ranges::count(outcomes, outcome));
}

std::size_t Trial::kills() const { return outcomes.size() - count(Outcome::passed); }

std::size_t Trial::first_kill() const {
    const auto by_expectation = std::ranges::find(outcomes, Outcome::failed);
    const auto first = by_expectation != outcomes.end()
                           ? by_expectation
                           : std::ranges::find_if(outcomes, [](Outcome outcome) {
                                 return outcome != Outcome::passed;
                             });
    return static_cast<std::size_t>(first - outcomes.begin());
}

Corpus load_corpus() {
    Corpus corpus;
    const scenarios::ReadFile read = [](const std::string& path) -> std::optional<std::string> {
        for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
            if (file.path == path) return std::string(file.text);
        }
        return std::nullopt;
    };
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        if (scenarios::is_include_only(file.path)) continue;
        scenarios::LoadResult loaded =
            scenarios::load_scenario(std::string(file.path), std::string(file.text), read);
        if (loaded.scenario == nullptr) {
            std::fprintf(stderr, "kill_matrix: %s is not valid\n", std::string(file.path).c_str());
            std::exit(2);
        }
        corpus.push_back(std::move(loaded.scenario));
    }
    return corpus;
}

// A child that dies is followed by one that goes on behind the scenario that killed it.
Trial try_mutant(const Corpus& corpus, engine::Mutant mutant, engine::Profile profile) {
    Trial trial;
    trial.mutant = mutant;
    trial.profile = profile;
    Board* const board = make_board(corpus.size());
    for (std::uint32_t from = 0; from < corpus.size();) {
        const pid_t child = fork();
        if (child < 0) {
            std::perror("kill_matrix: fork");
            std::exit(3);
        }
        if (child == 0) run_child(corpus, trial, *board, from);
        int status = 0;
        waitpid(child, &status, 0);
        if (WIFEXITED(status)) break;
        const bool hangs = WIFSIGNALED(status) && WTERMSIG(status) != SIGABRT;
        board->outcomes[board->running] = hangs ? Outcome::limit : Outcome::invariant;
        from = board->running + 1;
    }
    trial.outcomes.assign(board->outcomes, board->outcomes + corpus.size());
    munmap(board, sizeof(Board) + corpus.size());
    return trial;
}

}  // namespace oplocksim::conformance
