// Which parts of the volume a step of a case can touch: the dependence relation of partial-order
// reduction for programs of clients.
//
// THE CLAIM. Two choices of different programs commute if no territory is touched by both: applied
// in either order they lead to the same state, and neither makes the other possible or impossible.
// A territory is a tree below the root directory with everything that hangs together with it: two
// names at the root are one territory if a path, hard link, rename or link of the case can connect
// them. Oplocks, share access, byte-range locks, sections, sizes and names belong to streams, files
// and links of one territory; a create reads and changes its path, the directories above it below
// the root, and their parent oplocks. What is not inside one territory touches all of them: the root
// directory's own content and oplock, a path that is the root itself, and the clock, which a faulty
// kernel may tie to anything.
//
// Beside territories, steps reach into other programs: a step waits for the operation that makes
// its handle; cancel, cancel_io, kill and exit_thread end operations of others. These are in
// reaches().
//
// A new name at the root changes the content of the root directory. That matters to somebody who
// holds a handle on the root, and only then: such a handle makes every name at the root its
// business, so a case that opens the root has a single territory.
//
// Where this is argued at length, and how it is tested: docs/exploration.md.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/program.h"

namespace oplocksim::conformance::explore {

// A set of territories. The last stands for all beyond kMaxTerritories.
using Territories = std::uint64_t;
inline constexpr unsigned kMaxTerritories = 64;
inline constexpr Territories kEverywhere = ~Territories{0};
// A set of programs; the bit after the last is everybody who has none.
using ProgramSet = std::uint64_t;
inline constexpr std::size_t kMaxPrograms = 63;

class Footprints {
 public:
    explicit Footprints(const sim::Case& of);

    // What a step can touch.
    [[nodiscard]] Territories of_step(sim::StepIndex step) const { return steps_[step]; }
    // What the steps from `next` to the end of its program can touch.
    [[nodiscard]] Territories from_step(sim::StepIndex next) const { return suffixes_[next]; }
    // The programs that the step waits for, or whose operations it can end.
    [[nodiscard]] ProgramSet reaches(sim::StepIndex step) const { return reaches_[step]; }
    [[nodiscard]] ProgramSet reaches_from(sim::StepIndex next) const {
        return reach_suffixes_[next];
    }
    // The program whose thread takes the step, or took it in the setup; programs.size() if none.
    [[nodiscard]] unsigned program_of(sim::StepIndex step) const { return programs_[step]; }

 private:
    std::vector<Territories> steps_;
    std::vector<Territories> suffixes_;
    std::vector<ProgramSet> reaches_;
    std::vector<ProgramSet> reach_suffixes_;
    std::vector<std::uint8_t> programs_;
};

// The programs other than `program` that may do something, while it stands still, which does not
// commute with what it could do next or which makes it able to do something.
[[nodiscard]] ProgramSet interferes(const sim::Case& of, const Footprints& footprints,
                                    const sim::RunState& state, unsigned program);

}  // namespace oplocksim::conformance::explore
