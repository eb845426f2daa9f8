#include "conformance/explore/footprint.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "engine/assert.h"

namespace oplocksim::conformance::explore {
namespace {

using sim::kNobody;
using sim::kNoStep;
using sim::RequestKind;
using sim::StepIndex;
using sim::StepKind;

// Names at the root, joined where something can connect them.
class Map {
 public:
    // Numbers are given in the order in which names are met.
    unsigned territory(sim::NameId name) {
        const auto [known, added] = numbers_.try_emplace(name, parents_.size());
        if (added) parents_.push_back(parents_.size());
        return static_cast<unsigned>(root(known->second));
    }
    void join(sim::NameId a, sim::NameId b) {
        const unsigned first = territory(a);
        const unsigned second = territory(b);
        parents_[std::max(first, second)] = std::min(first, second);
    }

 private:
    std::size_t root(std::size_t number) const {
        while (parents_[number] != number) number = parents_[number];
        return number;
    }

    std::map<sim::NameId, std::size_t> numbers_;
    std::vector<std::size_t> parents_;
};

class Maker {
 public:
    explicit Maker(const sim::Case& of) : case_(of), memo_(of.steps.size(), 0) {}

    void join_names();
    [[nodiscard]] Territories of_step(StepIndex index);
    [[nodiscard]] ProgramSet reaches(StepIndex index, const std::vector<std::uint8_t>& programs);

 private:
    [[nodiscard]] const sim::Path& path(sim::PathId id) const { return case_.names->path(id); }
    [[nodiscard]] Territories of_path(sim::PathId id);
    [[nodiscard]] StepIndex origin(StepIndex index) const;
    void join_paths(sim::PathId a, sim::PathId b);
    [[nodiscard]] sim::ClientIndex client_of(const sim::Step& step) const {
        return step.thread == kNobody ? kNobody : case_.threads[step.thread].client;
    }

    const sim::Case& case_;
    Map map_;
    bool one_territory_ = false;   // somebody opens the root
    std::vector<Territories> memo_;
};

// The create that a handle comes from in the end; none if it cannot be told.
StepIndex Maker::origin(StepIndex index) const {
    for (std::size_t hops = 0; index != kNoStep && hops < case_.steps.size(); ++hops) {
        const sim::Step& step = case_.steps[index];
        if (step.kind == StepKind::request && step.request.kind == RequestKind::create) {
            return index;
        }
        index = step.on;
    }
    return kNoStep;
}

void Maker::join_paths(sim::PathId a, sim::PathId b) {
    if (path(a).components.empty() || path(b).components.empty()) {
        one_territory_ = true;
        return;
    }
    map_.join(path(a).components.front(), path(b).components.front());
}

void Maker::join_names() {
    for (const auto& [existing, link] : case_.links) join_paths(existing, link);
    for (StepIndex i = 0; i < case_.steps.size(); ++i) {
        const sim::Step& step = case_.steps[i];
        if (step.kind != StepKind::request || !step.request.path) continue;
        if (path(step.request.path).components.empty()) one_territory_ = true;
        if (step.request.kind == RequestKind::create) continue;
        const StepIndex source = origin(step.on);   // rename, link
        if (source == kNoStep) {
            one_territory_ = true;
        } else {
            join_paths(step.request.path, case_.steps[source].request.path);
        }
    }
}

Territories Maker::of_path(sim::PathId id) {
    if (one_territory_ || path(id).components.empty()) return kEverywhere;
    const unsigned number = map_.territory(path(id).components.front());
    return Territories{1} << std::min(number, kMaxTerritories - 1);
}

Territories Maker::of_step(StepIndex index) {
    if (memo_[index] != 0) return memo_[index];
    const sim::Step& step = case_.steps[index];
    Territories result = 0;
    switch (step.kind) {
        case StepKind::request: {
            const StepIndex source = origin(index);
            result = source == kNoStep ? kEverywhere : of_path(case_.steps[source].request.path);
            break;
        }
        case StepKind::wait_for: break;
        case StepKind::cancel: result = of_step(step.subject); break;
        case StepKind::cancel_io:
            result = step.on == kNoStep ? kEverywhere : of_step(step.on);
            break;
        // The rules remember that what follows may be the work of an end, or of time, until
        // something else is issued, wherever that is.
        case StepKind::exit_thread:
        case StepKind::kill:
        case StepKind::advance: result = kEverywhere; break;
    }
    return memo_[index] = result;
}

ProgramSet Maker::reaches(StepIndex index, const std::vector<std::uint8_t>& programs) {
    const sim::Step& step = case_.steps[index];
    ProgramSet set = 0;
    for (const StepIndex other : {step.on, step.subject}) {
        if (other != kNoStep) set |= ProgramSet{1} << programs[other];
    }
    const bool ends_others = step.kind == StepKind::kill || step.kind == StepKind::cancel_io ||
                             step.kind == StepKind::exit_thread;
    if (!ends_others) return set;
    const sim::ClientIndex client = step.kind == StepKind::kill ? step.client : client_of(step);
    for (StepIndex i = 0; i < case_.steps.size(); ++i) {
        if (client_of(case_.steps[i]) == client) set |= ProgramSet{1} << programs[i];
    }
    return set;
}

}  // namespace

Footprints::Footprints(const sim::Case& of)
    : steps_(of.steps.size()),
      suffixes_(of.steps.size() + 1, 0),
      reaches_(of.steps.size()),
      reach_suffixes_(of.steps.size() + 1, 0),
      programs_(of.steps.size(), static_cast<std::uint8_t>(of.programs.size())) {
    OPLOCKSIM_ASSERT(of.programs.size() <= kMaxPrograms, "too many programs for a set");
    for (std::size_t p = 0; p < of.programs.size(); ++p) {
        const sim::Program& program = of.programs[p];
        const auto number = static_cast<std::uint8_t>(p);
        for (StepIndex i = program.first; i < program.last; ++i) programs_[i] = number;
        for (StepIndex i = 0; i < of.setup_end; ++i) {
            if (program.thread != kNobody && of.steps[i].thread == program.thread) {
                programs_[i] = number;
            }
        }
    }
    Maker maker(of);
    maker.join_names();
    for (StepIndex i = 0; i < of.steps.size(); ++i) {
        steps_[i] = maker.of_step(i);
        reaches_[i] = maker.reaches(i, programs_);
    }
    for (const sim::Program& program : of.programs) {
        for (StepIndex i = program.last; i-- > program.first;) {
            const bool last = i + 1 == program.last;
            suffixes_[i] = steps_[i] | (last ? 0 : suffixes_[i + 1]);
            reach_suffixes_[i] = reaches_[i] | (last ? 0 : reach_suffixes_[i + 1]);
        }
    }
}

namespace {

// What a program, or those without one, has going on: its outstanding operations.
Territories outstanding(const Footprints& footprints, const sim::RunState& state,
                        unsigned program) {
    Territories set = 0;
    for (StepIndex i = 0; i < state.operations.size(); ++i) {
        if (state.operations[i].phase != sim::OperationPhase::pending) continue;
        if (footprints.program_of(i) == program) set |= footprints.of_step(i);
    }
    return set;
}

}  // namespace

ProgramSet interferes(const sim::Case& of, const Footprints& footprints,
                      const sim::RunState& state, unsigned program) {
    const auto count = static_cast<unsigned>(of.programs.size());
    const bool caching = std::ranges::any_of(of.clients, [](const sim::CaseClient& client) {
        return client.cache_thread != kNobody;
    });
    // What is answered from a cache, and what a cache does by itself, is no step of any program.
    if (caching) return ((ProgramSet{2} << count) - 1) & ~(ProgramSet{1} << program);
    const auto next_of = [&](unsigned p) {
        return p < count && state.next[p] < of.programs[p].last ? state.next[p] : kNoStep;
    };
    Territories mine = outstanding(footprints, state, program);
    ProgramSet set = 0;
    if (const StepIndex next = next_of(program); next != kNoStep) {
        mine |= footprints.of_step(next);
        set |= footprints.reaches(next);
    }
    for (unsigned other = 0; other <= count; ++other) {
        if (other == program) continue;
        Territories theirs = outstanding(footprints, state, other);
        if (const StepIndex next = next_of(other); next != kNoStep) {
            theirs |= footprints.from_step(next);
            const bool reaches_me = (footprints.reaches_from(next) >> program & 1) != 0;
            if (reaches_me) set |= ProgramSet{1} << other;
        }
        if ((theirs & mine) != 0) set |= ProgramSet{1} << other;
    }
    return set & ~(ProgramSet{1} << program);
}

}  // namespace oplocksim::conformance::explore
