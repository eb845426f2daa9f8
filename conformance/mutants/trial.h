// Trying one mutant: what catches it. Used by kill_matrix.cpp only.
//
// Four nets are held out: the scenarios of the corpus, the rules, which judge the traces of the
// corpus, the cells of the decision tables, and the rules once more over long random histories in
// which the mutant sleeps at first: for longer than any scenario of the corpus lasts.
//
// A trial runs in child processes, because a mutant may trip an assertion or never come to rest;
// both count as caught. What a trial finds depends on nothing but the mutant.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "conformance/rules/rules.h"
#include "engine/mutant.h"
#include "engine/semantics.h"
#include "scenarios/runner.h"
#include "sim/names.h"
#include "sim/trace.h"

namespace oplocksim::conformance::mutants {

// How a scenario, or a cell of a table, ended under a mutant.
enum class Outcome : std::uint8_t {
    passed,
    failed,      // an expectation did not hold
    invariant,   // an assertion of the engine or the kernel
    limit,       // operations that never come to rest
};

struct Finding {
    Outcome outcome = Outcome::passed;
    std::uint64_t rules = 0;   // those that objected: bit n for the nth of rules()
};

// What one net found, item by item.
class Findings {
 public:
    Findings() = default;
    explicit Findings(std::vector<Finding> items) : items_(std::move(items)) {}

    [[nodiscard]] const std::vector<Finding>& items() const { return items_; }
    [[nodiscard]] std::size_t count(Outcome outcome) const;
    // How many did not pass.
    [[nodiscard]] std::size_t kills() const { return items_.size() - count(Outcome::passed); }
    // The first that failed by an expectation; if there is none, the first that did not pass; the
    // number of items if all passed.
    [[nodiscard]] std::size_t first_kill() const;
    // Every rule that objected to one of them.
    [[nodiscard]] std::uint64_t rules() const;

    // Takes away what rules say of the right engine too: their advice to clients.
    void forgive(const Findings& right);

 private:
    std::vector<Finding> items_;
};

// Does the work of one item; its findings are collected across child processes.
using Experiment = std::function<Finding(std::size_t item)>;
[[nodiscard]] Findings try_each(std::size_t items, engine::Mutant mutant,
                                const Experiment& experiment);

// The rules of some violations, as Finding::rules has them.
[[nodiscard]] std::uint64_t bits_of(const std::vector<Violation>& violations);

// The rules that object to the trace of a run, or advise against it.
[[nodiscard]] std::uint64_t objections(const engine::Semantics& semantics,
                                       const std::shared_ptr<const sim::Names>& names,
                                       std::span<const sim::TraceEvent> trace);

using Corpus = std::vector<std::shared_ptr<const scenarios::LoadedScenario>>;

// Every scenario of the shipped corpus, in the order of their ids.
[[nodiscard]] Corpus load_corpus();

// Runs every scenario with the mutant in place. Requires: no other thread is running.
[[nodiscard]] Findings try_scenarios(const Corpus& corpus, engine::Mutant mutant,
                                     engine::Profile profile);

// Runs every cell of the decision tables, likewise.
[[nodiscard]] Findings try_tables(engine::Mutant mutant, engine::Profile profile);
[[nodiscard]] std::string cell_id(std::size_t item);
[[nodiscard]] std::size_t cell_count();
// The sections of the tables, "break/RWH": a table and a state, in the order of the tables.
[[nodiscard]] const std::vector<std::string>& table_sections();
// Those, as bits, whose cells did not all pass.
using SectionSet = std::bitset<128>;
[[nodiscard]] SectionSet failed_sections(const Findings& tables);

// How many events the longest trace of the corpus has.
[[nodiscard]] std::size_t longest_trace(const Corpus& corpus);

// Carries out kHistories random histories, judged by nothing but the rules, in which the mutant
// wakes after `asleep` steps of the kernel; one item each.
inline constexpr std::size_t kHistories = 2000;
[[nodiscard]] Findings try_histories(engine::Mutant mutant, engine::Profile profile,
                                     std::size_t asleep);

}  // namespace oplocksim::conformance::mutants
