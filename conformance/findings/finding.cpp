#include "conformance/findings/finding.h"

namespace oplocksim::conformance::findings {
namespace {

// "BRK" of "BRK-WAITS-FOR-ACK": what part of the specification a clause is of.
std::string_view kind_of(std::string_view clause) { return clause.substr(0, clause.find('-')); }

}  // namespace

bool same_failure(const Failure& one, const Failure& other) {
    return one.rule == other.rule && kind_of(one.clause) == kind_of(other.clause);
}

std::vector<std::pair<std::string, std::string>> changed_switches(
    const engine::Semantics& semantics, engine::Profile profile) {
    const engine::Semantics of_profile = engine::semantics_of(profile);
    std::vector<std::pair<std::string, std::string>> changed;
    for (const engine::SwitchInfo& info : engine::switches()) {
        const std::string_view value = engine::switch_value(semantics, info.name);
        if (value != engine::switch_value(of_profile, info.name)) {
            changed.emplace_back(info.name, value);
        }
    }
    return changed;
}

}  // namespace oplocksim::conformance::findings
