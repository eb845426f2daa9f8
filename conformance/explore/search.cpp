#include "conformance/explore/search.h"

#include <cmath>

namespace oplocksim::conformance::explore {

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::pass: return "pass";
        case Verdict::fail: return "fail";
        case Verdict::unknown: return "unknown";
    }
    OPLOCKSIM_ASSERT(false, "a verdict outside its enumeration");
}

std::string_view to_string(Bound bound) {
    switch (bound) {
        case Bound::none: return "no limit";
        case Bound::states: return "the limit of states";
        case Bound::transitions: return "the limit of transitions";
        case Bound::depth: return "the limit of depth";
        case Bound::memory: return "the limit of memory";
        case Bound::interrupted: return "an interruption";
    }
    OPLOCKSIM_ASSERT(false, "a bound outside its enumeration");
}

double collision_estimate(std::uint64_t states) {
    const double n = static_cast<double>(states);
    return n < 2 ? 0 : std::ldexp(n * (n - 1), -129);
}

}  // namespace oplocksim::conformance::explore
