// Says whether a run of a case under a schedule is wrong.
//
// Rules judge every event; at the end of the run, what must not be left then. Deadlocks are looked
// for at the end. At last every client dies, on a copy: the rules judge that too, and nothing may
// be left in the world.
//
// Deterministic: the same case and schedule give the same verdict. A run that takes more than
// kMaxChoices choices is cut there, and judged without its end.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "conformance/findings/finding.h"
#include "sim/trace.h"

namespace oplocksim::conformance::findings {

inline constexpr std::size_t kMaxChoices = 100'000;   // of one run

struct OracleOptions {
    bool deadlock = false;      // a deadlock of the clients' own making counts
    bool clients_die = true;    // in the end, every client dies
    bool same_clause = false;   // a run is like another only if it breaks the very clause
    // Stands between the kernel and the rules: somebody else's reading of the events, or a fault
    // of a test. Is given where to pass events on to; none: they go there directly.
    std::function<std::unique_ptr<sim::TraceSink>(sim::TraceSink&)> filter;
    bool filter_remembers = true;   // something from one event to the next: no search can use it
};

// Whether a failure is what is looked for.
[[nodiscard]] bool is_like(const Failure& failure, const Failure& like,
                           const OracleOptions& options);

class Oracle {
 public:
    explicit Oracle(OracleOptions options = {});

    // The first thing that is wrong; nothing if all is well. Choices that cannot be taken are left
    // out; Failure::choice then counts those that were taken.
    [[nodiscard]] std::optional<Failure> judge(const sim::Case& of,
                                               const sim::Schedule& schedule) const;
    // The first thing that is wrong in the same way as `like`.
    [[nodiscard]] std::optional<Failure> judge(const sim::Case& of, const sim::Schedule& schedule,
                                               const Failure& like) const;

    [[nodiscard]] const OracleOptions& options() const { return options_; }

 private:
    OracleOptions options_;
};

}  // namespace oplocksim::conformance::findings
