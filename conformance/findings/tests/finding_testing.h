// Faults for tests of findings, random cases, and the scenarios of the corpus as findings.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "conformance/findings/oracle.h"
#include "sim/random.h"
#include "sim/trace.h"

namespace oplocksim::conformance::findings::testing {

// Changes or drops events before the rules see them: an implementation with a fault, without one.
class FaultySink final : public sim::TraceSink {
 public:
    // Returns false to drop the event.
    using Fault = std::function<bool(sim::TraceEvent& event)>;
    FaultySink(sim::TraceSink& next, Fault fault) : next_(next), fault_(std::move(fault)) {}

    void on_event(const sim::TraceEvent& event) override {
        sim::TraceEvent changed = event;
        if (fault_(changed)) next_.on_event(changed);
    }
    [[nodiscard]] bool wants_unobservable() const override { return false; }

 private:
    sim::TraceSink& next_;
    Fault fault_;
};

// The fault looks at one event and at nothing else.
[[nodiscard]] inline OracleOptions with_fault(FaultySink::Fault fault) {
    OracleOptions options;
    options.filter_remembers = false;
    options.filter = [fault = std::move(fault)](sim::TraceSink& next) {
        return std::make_unique<FaultySink>(next, fault);
    };
    return options;
}

// Nobody is told that a write is over. An open, a write and any request after it show that.
[[nodiscard]] inline bool lose_writes(sim::TraceEvent& event) {
    return event.kind != sim::TraceEventKind::complete ||
           event.request_kind != sim::RequestKind::write;
}

// A finding in a scenario: what `oracle` objects to. Fails the test if it does not.
[[nodiscard]] Finding finding_in(const std::string& scenario, const Oracle& oracle);

// A case of some clients that do this and that with one or two files, and a random schedule.
struct RandomCase {
    sim::Case of;
    sim::Schedule schedule;
};
[[nodiscard]] RandomCase random_case(std::uint64_t seed, int clients, int steps);

}  // namespace oplocksim::conformance::findings::testing
