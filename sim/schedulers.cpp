#include "sim/schedulers.h"

#include <algorithm>

#include "engine/assert.h"

namespace oplocksim::sim {
namespace {

// The program that a choice continues, as the choice to take its next step; a released operation
// that its thread is not blocked in is a thing of its own, as is what a cache does.
Choice chain_name(const Case& of, const RunState& state, Choice choice) {
    if (choice.kind != Choice::Kind::go_on) return choice;
    const IrpId id = state.operations[choice.index].irp;
    const Irp& irp = state.world.irps[id];
    if (state.world.threads[irp.thread].waiting_for != id) return choice;
    const ThreadIndex thread = of.steps[choice.index].thread;
    const auto program = std::ranges::find(of.programs, thread, &Program::thread);
    if (program == of.programs.end()) return choice;
    return {Choice::Kind::step, static_cast<std::uint16_t>(program - of.programs.begin())};
}

std::uint32_t remaining_steps(const Case& of, const RunState& state, ProgramIndex program) {
    return static_cast<std::uint32_t>(of.programs[program].last - state.next[program]);
}

// How many steps begin with this choice that must follow each other.
std::uint32_t chain_length(const Case& of, const RunState& state, Choice choice) {
    const Choice name = chain_name(of, state, choice);
    const std::uint32_t own = choice.kind == Choice::Kind::step ? 0 : 1;
    return own + (name.kind == Choice::Kind::step ? remaining_steps(of, state, name.index) : 0);
}

std::size_t position_of(std::span<const Choice> choices, Choice choice) {
    return static_cast<std::size_t>(std::ranges::find(choices, choice) - choices.begin());
}

}  // namespace

std::uint32_t step_count(const Case& of) {
    std::uint32_t steps = 0;
    for (const Program& program : of.programs) {
        steps += static_cast<std::uint32_t>(program.last - program.first);
    }
    return steps;
}

std::size_t FifoChoices::choose(const Case&, const RunState&, std::span<const Choice> choices) {
    std::erase_if(queue_, [&](Choice c) { return position_of(choices, c) == choices.size(); });
    for (const Choice choice : choices) {
        if (std::ranges::find(queue_, choice) == queue_.end()) queue_.push_back(choice);
    }
    const Choice first = queue_.front();
    queue_.erase(queue_.begin());
    return position_of(choices, first);
}

std::size_t RandomChoices::choose(const Case&, const RunState&, std::span<const Choice> choices) {
    return random_.below(static_cast<std::uint32_t>(choices.size()));
}

std::size_t RandomInterleavings::choose(const Case& of, const RunState& state,
                                        std::span<const Choice> choices) {
    weights_.clear();
    std::uint32_t total = 0;
    for (const Choice choice : choices) {
        weights_.push_back(chain_length(of, state, choice));
        total += weights_.back();
    }
    std::uint32_t drawn = random_.below(total);
    std::size_t chosen = 0;
    while (drawn >= weights_[chosen]) drawn -= weights_[chosen++];
    return chosen;
}

PctChoices::PctChoices(std::uint64_t seed, std::uint32_t depth, std::uint32_t expected_steps)
    : random_(seed) {
    OPLOCKSIM_ASSERT(depth >= 1 && expected_steps >= 1, "a PCT scheduler without steps");
    for (std::uint32_t i = 1; i < depth; ++i) {
        change_points_.push_back(random_.below(expected_steps));
    }
}

// Priorities that are drawn are greater than those given at change points; that two are equal is
// as good as impossible, and then the order of choices decides.
PctChoices::Chain& PctChoices::chain(Choice name) {
    const auto known = std::ranges::find(chains_, name, &Chain::name);
    if (known != chains_.end()) return *known;
    return chains_.emplace_back(Chain{name, random_.next() | (1ull << 63)});
}

std::size_t PctChoices::highest(const Case& of, const RunState& state,
                                std::span<const Choice> choices) {
    std::size_t best = 0;
    std::uint64_t best_priority = 0;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const std::uint64_t priority = chain(chain_name(of, state, choices[i])).priority;
        if (i != 0 && priority <= best_priority) continue;
        best = i;
        best_priority = priority;
    }
    return best;
}

std::size_t PctChoices::choose(const Case& of, const RunState& state,
                               std::span<const Choice> choices) {
    for (std::uint32_t i = 0; i < change_points_.size(); ++i) {
        if (change_points_[i] != step_) continue;
        const std::size_t running = highest(of, state, choices);
        chain(chain_name(of, state, choices[running])).priority = i + 1;
    }
    ++step_;
    return highest(of, state, choices);
}

std::size_t ReplayChoices::choose(const Case& of, const RunState& state,
                                  std::span<const Choice> choices) {
    const bool recorded = position_ < schedule_.size();
    const std::size_t found =
        recorded ? position_of(choices, schedule_[position_]) : choices.size();
    if (found != choices.size()) {
        ++position_;
        return found;
    }
    if (!divergence_) {
        divergence_ = Divergence{position_, {}, {choices.begin(), choices.end()}};
        if (recorded) divergence_->recorded = schedule_[position_];
        position_ = schedule_.size();   // what follows it is not what was recorded
    }
    return fifo_.choose(of, state, choices);
}

std::optional<Divergence> ReplayChoices::divergence() const {
    if (divergence_ || position_ == schedule_.size()) return divergence_;
    return Divergence{position_, schedule_[position_], {}};
}

std::optional<Divergence> replay(CaseRun& run, std::span<const Choice> schedule, bool whole) {
    std::vector<Choice> choices;
    for (std::size_t i = 0; i < schedule.size(); ++i) {
        run.choices(choices);
        if (position_of(choices, schedule[i]) == choices.size()) {
            return Divergence{i, schedule[i], choices};
        }
        run.apply(schedule[i]);
    }
    run.choices(choices);
    if (!whole || choices.empty()) return std::nullopt;
    return Divergence{schedule.size(), {}, choices};
}

}  // namespace oplocksim::sim
