// Random histories, as one of the nets of trial.h.
#include <algorithm>
#include <initializer_list>

#include "conformance/fuzz/campaign.h"
#include "conformance/fuzz/fuzz_run.h"
#include "conformance/mutants/trial.h"

namespace oplocksim::conformance::mutants {
namespace {

constexpr std::uint64_t kSeed = 1;
// Moves that clients make after the mutant woke.
constexpr std::size_t kMovesAwake = 80;

constexpr std::uint8_t set_of(std::initializer_list<engine::OplockType> types) {
    unsigned set = 0;
    for (const engine::OplockType type : types) set |= 1u << (static_cast<unsigned>(type) - 1);
    return static_cast<std::uint8_t>(set);
}

// Long enough for the mutant to wake, and most inclined to what is otherwise rare: creates that
// overwrite one stream while another is held; sharing violations; oplocks that are requested
// between the release of a waiter and its going on.
void configure(fuzz::Swarm& swarm, std::size_t history, std::size_t asleep) {
    using engine::OplockType;
    swarm.steps = static_cast<std::uint16_t>(asleep + kMovesAwake);
    if (history % 4 == 0) {
        swarm.theme = fuzz::kStreamsTheme;
        swarm.types = set_of({OplockType::batch, OplockType::filter});
        swarm.overwriting = 160;
        swarm.odd_access = 128;
        swarm.sharing = 24;
    }
    if (history % 4 == 1) {
        swarm.types = set_of({OplockType::read_handle, OplockType::read_write_handle});
        swarm.sharing = 160;
        swarm.theme = fuzz::kOneFileTheme;
    }
    if (history % 4 == 2) {
        swarm.theme = fuzz::kOneFileTheme;
        swarm.releases_first = 16;
        swarm.sharing = 0;
        for (const fuzz::Move often : {fuzz::Move::request, fuzz::Move::acknowledge}) {
            swarm.weights[static_cast<std::size_t>(often)] = 200;
        }
    }
}

Finding carry_out(fuzz::FuzzRun& run, std::size_t history, engine::Profile profile,
                  engine::Mutant mutant, std::size_t asleep) {
    engine::set_mutant(engine::Mutant::none);
    fuzz::Choices choices;
    choices.begin({}, fuzz::seed_of_run(kSeed, history));
    fuzz::FuzzRun::Options options;
    options.semantics = engine::semantics_of(profile);
    options.configure = [&](fuzz::Swarm& swarm) { configure(swarm, history, asleep); };
    options.before_move = [&](std::uint64_t steps) {
        if (steps >= asleep) engine::set_mutant(mutant);
    };
    options.goes_on = true;
    run.run(choices, options);
    Finding finding;
    finding.rules = bits_of(run.rules().violations());
    if (run.rules_at_end() != nullptr) finding.rules |= bits_of(run.rules_at_end()->violations());
    return finding;
}

}  // namespace

Findings try_histories(engine::Mutant mutant, engine::Profile profile, std::size_t asleep) {
    fuzz::FuzzRun run;
    return try_each(kHistories, mutant, [&](std::size_t item) {
        return carry_out(run, item, profile, mutant, asleep);
    });
}

}  // namespace oplocksim::conformance::mutants
