#include "conformance/findings/finding.h"

#include <algorithm>

namespace oplocksim::conformance::findings {
namespace {

// "BRK" of "BRK-WAITS-FOR-ACK": what part of the specification a clause is of.
std::string_view kind_of(std::string_view clause) { return clause.substr(0, clause.find('-')); }

// How many threads wait for each other in a deadlock, as its explanation names what they are
// blocked in (sim/wait_chain.h). Whoever only waits for one of them does not count: "a waits for x
// by B, whose thread main is blocked in b, which waits for x by B, whose thread main is blocked in
// b: deadlock" is a circle of one.
std::size_t circle_of(std::string_view observed) {
    constexpr std::string_view kBlocked = " is blocked in ";
    std::vector<std::string_view> operations{observed.substr(0, observed.find(' '))};
    for (std::size_t at = observed.find(kBlocked); at != observed.npos;
         at = observed.find(kBlocked, at)) {
        at += kBlocked.size();
        operations.push_back(observed.substr(at, observed.find_first_of(",:", at) - at));
    }
    const auto met = std::ranges::find(operations, operations.back());
    return static_cast<std::size_t>(operations.end() - 1 - met);
}

}  // namespace

bool same_failure(const Failure& one, const Failure& other) {
    if (one.rule != other.rule || kind_of(one.clause) != kind_of(other.clause)) return false;
    const bool told = one.rule == kDeadlock && !one.observed.empty() && !other.observed.empty();
    return !told || circle_of(one.observed) == circle_of(other.observed);
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
