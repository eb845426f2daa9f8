#include "conformance/mutants/trial.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <span>

#include "conformance/rules/rules.h"
#include "engine/assert.h"
#include "scenarios/corpus.h"

namespace oplocksim::conformance::mutants {
namespace {

// The right engine runs the whole corpus in a fraction of a second; a child that needs this much
// processor time hangs. Only a mutant that loops without a step of the kernel comes to it.
constexpr rlim_t kSecondsPerChild = 20;

// Shared with the child: where it is, and what it found so far.
class Board {
 public:
    explicit Board(std::size_t items) : bytes_(sizeof(std::size_t) + items * sizeof(Finding)) {
        memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory_ == MAP_FAILED) {
            std::perror("kill_matrix: mmap");
            std::exit(3);
        }
        running_ = new (memory_) std::size_t(0);
        findings_ = {reinterpret_cast<Finding*>(running_ + 1), items};
        std::uninitialized_fill(findings_.begin(), findings_.end(), Finding{});
    }
    ~Board() { munmap(memory_, bytes_); }
    Board(const Board&) = delete;
    Board& operator=(const Board&) = delete;

    [[nodiscard]] std::size_t& running() { return *running_; }
    [[nodiscard]] std::span<Finding> findings() { return findings_; }

 private:
    std::size_t bytes_;
    void* memory_ = nullptr;
    std::size_t* running_ = nullptr;
    std::span<Finding> findings_;
};

[[noreturn]] void run_child(Board& board, std::size_t from, engine::Mutant mutant,
                            const Experiment& experiment) {
    const rlimit seconds{kSecondsPerChild, kSecondsPerChild};
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CPU, &seconds);
    setrlimit(RLIMIT_CORE, &no_core);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);   // assertions explain themselves
    engine::set_mutant(mutant);
    for (std::size_t item = from; item < board.findings().size(); ++item) {
        board.running() = item;
        board.findings()[item] = experiment(item);
    }
    _exit(0);
}

engine::Semantics semantics_of_run(const scenarios::RunResult& run) {
    engine::Semantics semantics;
    for (const auto& [name, value] : run.switches) {
        static_cast<void>(engine::set_switch(semantics, name, value));
    }
    return semantics;
}

Finding run_scenario(const scenarios::LoadedScenario& scenario, engine::Profile profile) {
    scenarios::RunOptions options;
    options.profile = profile;
    options.keep_trace = true;
    options.keep_passing_steps = false;
    options.check_invariants = true;
    options.go_on_after_failure = true;
    Finding finding;
    scenarios::run_scenario(scenario, options, [&](const scenarios::RunResult& run) {
        if (run.verdict == scenarios::Verdict::error) finding.outcome = Outcome::limit;
        if (run.verdict == scenarios::Verdict::fail) finding.outcome = Outcome::failed;
        if (finding.outcome != Outcome::limit && !run.trace.empty()) {
            finding.rules |= objections(semantics_of_run(run), run.names, run.trace);
        }
        return finding.outcome != Outcome::limit;
    });
    return finding;
}

}  // namespace

// A child that dies is followed by one that goes on behind the item that killed it.
Findings try_each(std::size_t items, engine::Mutant mutant, const Experiment& experiment) {
    Board board(items);
    for (std::size_t from = 0; from < items;) {
        const pid_t child = fork();
        if (child < 0) {
            std::perror("kill_matrix: fork");
            std::exit(3);
        }
        if (child == 0) run_child(board, from, mutant, experiment);
        int status = 0;
        waitpid(child, &status, 0);
        if (WIFEXITED(status)) break;
        const bool aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
        board.findings()[board.running()].outcome =
            aborted ? Outcome::invariant : Outcome::limit;
        from = board.running() + 1;
    }
    return Findings({board.findings().begin(), board.findings().end()});
}

std::uint64_t objections(const engine::Semantics& semantics,
                         const std::shared_ptr<const sim::Names>& names,
                         std::span<const sim::TraceEvent> trace) {
    OPLOCKSIM_ASSERT(rules().size() <= 64, "Finding::rules has a bit for each rule");
    RuleSet rule_set(semantics, names);
    for (const sim::TraceEvent& event : trace) rule_set.on_event(event);
    rule_set.at_end();
    return bits_of(rule_set.violations()) | bits_of(rule_set.advisories());
}

std::uint64_t bits_of(const std::vector<Violation>& violations) {
    std::uint64_t objecting = 0;
    for (const Violation& violation : violations) {
        objecting |= std::uint64_t{1} << (find_rule(violation.rule) - rules().data());
    }
    return objecting;
}

void Findings::forgive(const Findings& right) {
    for (std::size_t i = 0; i < items_.size(); ++i) items_[i].rules &= ~right.items_[i].rules;
}

std::size_t Findings::count(Outcome outcome) const {
    return static_cast<std::size_t>(std::ranges::count(items_, outcome, &Finding::outcome));
}

std::size_t Findings::first_kill() const {
    auto first = std::ranges::find(items_, Outcome::failed, &Finding::outcome);
    if (first == items_.end()) {
        first = std::ranges::find_if(
            items_, [](const Finding& finding) { return finding.outcome != Outcome::passed; });
    }
    return static_cast<std::size_t>(first - items_.begin());
}

std::uint64_t Findings::rules() const {
    std::uint64_t all = 0;
    for (const Finding& finding : items_) all |= finding.rules;
    return all;
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

std::size_t longest_trace(const Corpus& corpus) {
    std::size_t longest = 0;
    for (const auto& scenario : corpus) {
        scenarios::RunOptions options;
        options.keep_trace = true;
        scenarios::run_scenario(*scenario, options, [&](const scenarios::RunResult& run) {
            longest = std::max(longest, run.trace.size());
            return true;
        });
    }
    return longest;
}

Findings try_scenarios(const Corpus& corpus, engine::Mutant mutant, engine::Profile profile) {
    return try_each(corpus.size(), mutant,
                    [&](std::size_t item) { return run_scenario(*corpus[item], profile); });
}

}  // namespace oplocksim::conformance::mutants
