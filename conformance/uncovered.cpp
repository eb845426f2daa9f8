#include "conformance/uncovered.h"

#include <array>

namespace oplocksim::conformance {
namespace {

constexpr std::string_view kDriverCall =
    "a call between a file system and the oplock package, which callers do not see; the tests of "
    "the package call it";

constexpr auto kUncovered = std::to_array<Uncovered>({
    {"ATOMIC-NOTHING-BETWEEN", "a duty of the caller, not of the file system"},
    {"FSCTLP-IN-VERSION", "the layout of a buffer; scenarios state its fields"},
    {"FSCTLP-SHARED-REQUEST-TEST", kDriverCall},
    {"FSRTL-BREAK-TO-NONE", kDriverCall},
    {"FSRTL-CLOSING-DELETE-ON-CLOSE", kDriverCall},
    {"FSRTL-CURRENT", kDriverCall},
    {"FSRTL-CURRENT-BATCH", kDriverCall},
    {"FSRTL-CURRENT-H", kDriverCall},
    {"FSRTL-FAST-IO", kDriverCall},
    {"FSRTL-KEY-CHECK-ONLY", kDriverCall},
    {"FSRTL-SYNC-REQUESTS-EXCLUDE-ACKS", "calls into the simulated package never run at once"},
    {"FSRTL-SYNC-REQUESTS-EXCLUDE-IO", "calls into the simulated package never run at once"},
    {"GRANT-KERNEL-MINIFILTER", "how a driver sends the request; it arrives like any other"},
    {"GRANT-KERNEL-ZWFSCONTROLFILE", "how a driver sends the request; it arrives like any other"},
    {"GRANT-L2-PAST-BYTE-RANGE-LOCKS", "Windows before 7, which is not modelled"},
});

}  // namespace

std::span<const Uncovered> uncovered_clauses() { return kUncovered; }

}  // namespace oplocksim::conformance
