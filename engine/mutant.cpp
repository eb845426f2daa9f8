#include "engine/mutant.h"

#include "engine/assert.h"

namespace oplocksim::engine {
namespace {

constexpr MutantInfo kMutants[] = {
#define OPLOCKSIM_ROW(name, clause, fault, summary) \
    {Mutant::name, #name, clause, Fault::fault, summary},
    OPLOCKSIM_FOR_EACH_MUTANT(OPLOCKSIM_ROW)
#undef OPLOCKSIM_ROW
};

static_assert(std::size(kMutants) <= 0xFFFF, "Mutant is two bytes");

}  // namespace

std::string_view to_string(Fault fault) {
    switch (fault) {
#define OPLOCKSIM_CASE(name, text) \
    case Fault::name: return text;
        OPLOCKSIM_FOR_EACH_FAULT(OPLOCKSIM_CASE)
#undef OPLOCKSIM_CASE
    }
    OPLOCKSIM_ASSERT(false, "a fault outside its enumeration");
}

std::span<const MutantInfo> mutants() { return kMutants; }

std::optional<Mutant> mutant_from_name(std::string_view name) {
    for (const MutantInfo& info : kMutants) {
        if (info.name == name) return info.mutant;
    }
    return std::nullopt;
}

}  // namespace oplocksim::engine
