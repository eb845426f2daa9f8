// Trying one mutant: what catches it. Used by kill_matrix.cpp only.
//
// Three nets are held out: the scenarios of the corpus, the rules, which judge the traces of the
// corpus, and the cells of the decision tables. A trial runs in child processes, because a mutant
// may trip an assertion or never come to rest; both count as caught. What a trial finds depends
// on nothing but the mutant.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

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

 private:
    std::vector<Finding> items_;
};

// Does the work of one item; its findings are collected across child processes.
using Experiment = std::function<Finding(std::size_t item)>;
[[nodiscard]] Findings try_each(std::size_t items, engine::Mutant mutant,
                                const Experiment& experiment);

// The rules that object to the trace of a run.
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

}  // namespace oplocksim::conformance::mutants
