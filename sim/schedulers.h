// Who goes next: the schedulers of a run of programs.
//
//   FifoChoices             what could happen for longest happens first. Fair. The default.
//   RandomChoices           every choice with the same probability, at every step. Fair.
//   RandomInterleavings     every interleaving with the same probability. Fair.
//   PctChoices              few pre-emptions at random places (PCT). Not fair.
//   ReplayChoices           what a schedule says.
//
// All are values of their arguments: the same seed and the same run give the same schedule on
// every machine. The exhaustive scheduler is a search over RunStates and no ChoiceScheduler.
//
// Why two kinds of random. Choosing each step uniformly is not uniform over interleavings: of a
// program of one step and one of ten, the single step comes first in half of the runs and last in
// one of a thousand. RandomInterleavings weighs: the rest of the run has n! / (r1! r2! ...)
// interleavings if the programs have r1, r2, ... steps left and n in all, and r_i / n of these
// begin with program i. So a program is chosen with a probability proportional to the number of
// its remaining steps. That is exact as long as nobody has to wait. Where somebody does, the
// weights are those of the programs that can go on, and interleavings that waiting rules out make
// others likelier.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/program.h"
#include "sim/random.h"

namespace oplocksim::sim {

// First in, first out. A program that took a step goes to the end of the queue, so the programs
// take turns; a released operation stands in it from its release.
class FifoChoices final : public ChoiceScheduler {
 public:
    std::size_t choose(const Case& of, const RunState& state,
                       std::span<const Choice> choices) override;

 private:
    std::vector<Choice> queue_;
};

class RandomChoices final : public ChoiceScheduler {
 public:
    explicit RandomChoices(std::uint64_t seed) : random_(seed) {}
    std::size_t choose(const Case& of, const RunState& state,
                       std::span<const Choice> choices) override;

 private:
    Random random_;
};

class RandomInterleavings final : public ChoiceScheduler {
 public:
    explicit RandomInterleavings(std::uint64_t seed) : random_(seed) {}
    std::size_t choose(const Case& of, const RunState& state,
                       std::span<const Choice> choices) override;

 private:
    Random random_;
    std::vector<std::uint32_t> weights_;   // kept only so that it need not be allocated again
};

// Probabilistic concurrency testing. Every program has a random priority, and the highest that can
// go on always does; at `depth` - 1 random ones of the expected steps, the program about to go on
// falls below all others. A bug of depth d is one that d orderings between steps bring about; of n
// programs that take k steps together, a run with that depth finds it with a probability of at
// least 1 / (n * k^(d-1)).
//
// Not fair: a program with a low priority may not come to its turn before the others end.
class PctChoices final : public ChoiceScheduler {
 public:
    // Requires: depth >= 1; expected_steps >= 1. Steps beyond those expected change nothing.
    PctChoices(std::uint64_t seed, std::uint32_t depth, std::uint32_t expected_steps);
    std::size_t choose(const Case& of, const RunState& state,
                       std::span<const Choice> choices) override;
    [[nodiscard]] bool fair() const override { return false; }

 private:
    // A program, or a released operation that no program waits for.
    struct Chain {
        Choice name;
        std::uint64_t priority = 0;
    };
    [[nodiscard]] Chain& chain(Choice name);
    [[nodiscard]] std::size_t highest(const Case& of, const RunState& state,
                                      std::span<const Choice> choices);

    Random random_;
    std::vector<std::uint32_t> change_points_;   // the i-th gives priority i
    std::vector<Chain> chains_;
    std::uint32_t step_ = 0;
};

// Where a run and a schedule part.
struct Divergence {
    std::size_t position = 0;            // in the schedule
    std::optional<Choice> recorded;      // none: the schedule has ended, the run has not
    std::vector<Choice> enabled;         // empty: the run has ended, the schedule has not
    bool operator==(const Divergence&) const = default;
};

// Follows a schedule. Where that cannot be done, remembers the first divergence and goes on first
// in, first out, so that a shortened schedule still gives a whole run.
class ReplayChoices final : public ChoiceScheduler {
 public:
    explicit ReplayChoices(Schedule schedule) : schedule_(std::move(schedule)) {}
    std::size_t choose(const Case& of, const RunState& state,
                       std::span<const Choice> choices) override;
    // After the run: nothing if it was the schedule, exactly.
    [[nodiscard]] std::optional<Divergence> divergence() const;

 private:
    Schedule schedule_;
    std::size_t position_ = 0;
    std::optional<Divergence> divergence_;
    FifoChoices fifo_;
};

// Applies a schedule and stops where it ends or cannot be followed. A schedule that ends before the
// run does is a divergence only if `whole`.
[[nodiscard]] std::optional<Divergence> replay(CaseRun& run, std::span<const Choice> schedule,
                                               bool whole);

// The number of steps of all programs: what a PctChoices can expect.
[[nodiscard]] std::uint32_t step_count(const Case& of);

}  // namespace oplocksim::sim
