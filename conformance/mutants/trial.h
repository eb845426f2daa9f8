// Trying one mutant: what catches it. Used by kill_matrix.cpp only.
//
// A trial runs in child processes, because a mutant may trip an assertion or never come to rest;
// both count as caught. What a trial finds depends on nothing but the mutant.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/mutant.h"
#include "engine/semantics.h"
#include "scenarios/runner.h"

namespace oplocksim::conformance {

// How a scenario ended under a mutant.
enum class Outcome : std::uint8_t {
    passed,
    failed,      // an expectation did not hold
    invariant,   // an assertion of the engine or the kernel
    limit,       // operations that never come to rest
};

struct Trial {
    engine::Mutant mutant = engine::Mutant::none;
    engine::Profile profile = engine::Profile::docs;
    std::vector<Outcome> outcomes;   // by scenario, in the order of the corpus
    // How many scenarios did not pass, and the first that failed by an expectation; if there is
    // none, the first that did not pass. scenarios.size() if all passed.
    [[nodiscard]] std::size_t kills() const;
    [[nodiscard]] std::size_t first_kill() const;
    [[nodiscard]] std::size_t count(Outcome outcome) const;
};

using Corpus = std::vector<std::shared_ptr<const scenarios::LoadedScenario>>;

// Every scenario of the shipped corpus, in the order of their ids.
[[nodiscard]] Corpus load_corpus();

// Runs every scenario with the mutant in place. Requires: no other thread is running.
[[nodiscard]] Trial try_mutant(const Corpus& corpus, engine::Mutant mutant,
                               engine::Profile profile);

}  // namespace oplocksim::conformance
