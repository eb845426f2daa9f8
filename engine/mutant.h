// Mutants: deliberately wrong engines and kernels, which the conformance suite must tell apart
// from the right one. A check that has never failed proves nothing; docs/kill-matrix.md shows
// what catches each of these.
//
// A mutation does not stand where the rule is that it breaks. It changes what an operation is given
// and what it leaves behind: engine/mutations.h for the package, sim/mutations.h for the kernel.
//
// In every build but the one made with -DOPLOCKSIM_MUTANTS=ON all of that is empty and the
// compiler removes it. In that build one mutant, or none, is selected for the whole process before
// anything runs.
//
// The mutants themselves are listed in mutant_list.h.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "engine/mutant_list.h"

namespace oplocksim::engine {

enum class Mutant : unsigned short {
    none,   // the right engine and the right kernel
#define OPLOCKSIM_ENUMERATOR(name, clause, fault, summary) name,
    OPLOCKSIM_FOR_EACH_MUTANT(OPLOCKSIM_ENUMERATOR)
#undef OPLOCKSIM_ENUMERATOR
};

// What real implementations got wrong; each mutant stands for one of these.
enum class Fault : unsigned char {
#define OPLOCKSIM_ENUMERATOR(name, text) name,
    OPLOCKSIM_FOR_EACH_FAULT(OPLOCKSIM_ENUMERATOR)
#undef OPLOCKSIM_ENUMERATOR
};

inline constexpr int kFaultCount = 0
#define OPLOCKSIM_COUNT(name, text) +1
    OPLOCKSIM_FOR_EACH_FAULT(OPLOCKSIM_COUNT)
#undef OPLOCKSIM_COUNT
    ;

// "a waiter is woken before share access is removed"
[[nodiscard]] std::string_view to_string(Fault fault);

struct MutantInfo {
    Mutant mutant = Mutant::none;
    std::string_view name;      // the enumerator's
    std::string_view clause;    // that it violates: an id of the clause catalogue
    Fault fault{};              // that it stands for
    std::string_view summary;   // what it does, as a sentence
};

// Every mutant but `none`, in the order of the list.
[[nodiscard]] std::span<const MutantInfo> mutants();

[[nodiscard]] std::optional<Mutant> mutant_from_name(std::string_view name);

#ifdef OPLOCKSIM_MUTANTS

inline constexpr bool kMutantsAreBuilt = true;
// For the whole process. Set it before anything runs, once: it is no part of a world.
inline Mutant selected_mutant = Mutant::none;
inline void set_mutant(Mutant mutant) { selected_mutant = mutant; }

// Not usable in constant expressions, although functions that are may call it.
[[nodiscard]] constexpr bool mutated(Mutant mutant) {
    return mutant != Mutant::none && mutant == selected_mutant;
}

#else

inline constexpr bool kMutantsAreBuilt = false;

[[nodiscard]] constexpr bool mutated(Mutant) { return false; }

#endif

}  // namespace oplocksim::engine
