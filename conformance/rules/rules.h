// The rules: what must hold of every run, judged from what a caller can see.
//
// A RuleSet is fed the events of one run, in order, and looks at the observable ones only
// (sim::observable): IRPs issued, pended, completed and cancelled, threads and processes that end,
// and the clock. It keeps its own model of the run (observation.h) and decides from the articles
// of the driver documentation; it never asks the oplock package. So the same rules judge the
// built-in engine, somebody else's, and a recorded trace, whoever recorded it.
//
// A RuleSet is a regular value: copy it with a world to explore what may follow, compare it, take
// its fingerprint. Both speak of what later verdicts depend on: not of violations already found,
// not of counts, and not of event numbers.
//
// Invariants:
//   R1  the same events give the same violations, in the same order;
//   R2  events that are not observable change nothing but the numbering of events;
//   R3  a violation is reported once: what it shows is accepted afterwards, so that one fault does
//       not set off a rule again and again;
//   R4  nothing here reads TraceEvent::why, ::file_object, ::stream or ::holders.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/rules/observation.h"
#include "engine/semantics.h"
#include "sim/names.h"
#include "sim/trace.h"

namespace oplocksim::conformance {

struct Moment;
class Verdict;

// One rule: what it demands, and where that is written.
struct RuleInfo {
    std::string_view id;                          // "waits-for-acknowledgments"
    std::string_view property;                    // "P03": of docs/properties
    std::span<const std::string_view> clauses;    // of the catalogue, most important first
    std::string_view obligation;                  // "must" or "should"
    std::string_view summary;                     // one line
    std::string_view documentation;               // what is looked at, and what would break it
};

// Every rule, in the order of their properties.
[[nodiscard]] std::span<const RuleInfo> rules();

// The rule with exactly this id, or null.
[[nodiscard]] const RuleInfo* find_rule(std::string_view id);

// One thing that must not have happened.
struct Violation {
    std::string_view rule;        // RuleInfo::id
    std::string_view property;    // "P03"
    std::string_view clause;      // the clause that says so
    std::size_t event = 0;        // number of the event, from 0, among those that the rules were
                                  // given; at the end: how many there were
    std::string observed;         // "B's write (IRP 7) completes STATUS_SUCCESS"
    std::string required;         // "... waits until A has acknowledged"
    std::string waits;            // who waits for whom: "IRP 7 (write) waits for IRP 3's owner"
};

// How often a rule had something to judge.
struct RuleReport {
    const RuleInfo* info = nullptr;
    std::uint64_t exercised = 0;      // 0: the run gave it no opportunity
    std::uint64_t violations = 0;
};

// Judges one run.
class RuleSet final : public sim::TraceSink {
 public:
    // `names` gives the paths of the trace their text; it may be shared with the world.
    RuleSet(const engine::Semantics& semantics, std::shared_ptr<const sim::Names> names);

    // Judges what follows by other switches. Requires: only volume events were seen, which mean the
    // same under all; so what is on a volume is taken in once, and copied for run after run.
    void set_semantics(const engine::Semantics& semantics) {
        observation_.set_semantics(semantics);
    }

    void on_event(const sim::TraceEvent& event) override;
    [[nodiscard]] bool wants_unobservable() const override { return false; }
    // The run is over: what must not be left over is judged. No event may follow.
    void at_end();

    // A set of rules is a word.
    static constexpr std::size_t kMaxRules = 64;
    // In the order of the events; at most kMaxViolations, further ones are only counted.
    static constexpr std::size_t kMaxViolations = 100;
    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
    // What "should" not have happened: a deadlock of the clients' own making, for one.
    [[nodiscard]] const std::vector<Violation>& advisories() const { return advisories_; }
    // One entry a rule, in the order of rules().
    [[nodiscard]] std::vector<RuleReport> report() const;
    // How often each had something to judge, in the order of rules().
    [[nodiscard]] std::span<const std::uint64_t> exercised() const {
        return std::span(exercised_).first(rule_count());
    }

    [[nodiscard]] const Observation& observation() const { return observation_; }
    // Adds the model under canonical numbers: equal for two runs that came to the same situation by
    // different ways and with different ids, different if later verdicts may differ. Not in it:
    // what was found and counted, and the switches, which the rules of one search share. `ids` were
    // assigned for the world that the events come from; what is gone there is given a number.
    void fingerprint(sim::FingerprintMixer& mixer, sim::CanonicalIds& ids) const {
        observation_.fingerprint(mixer, ids);
    }
    bool operator==(const RuleSet& other) const { return observation_ == other.observation_; }

 private:
    [[nodiscard]] Verdict verdict_of(std::size_t rule, const Moment& moment);
    [[nodiscard]] static std::size_t rule_count();
    void judge(const Moment& moment);
    void judge_end(const Moment& moment);
    void take(const Moment& moment);

    using Counts = std::array<std::uint64_t, kMaxRules>;   // by the order of rules()

    Observation observation_;
    std::vector<Violation> violations_;
    std::vector<Violation> advisories_;
    Counts exercised_{};
    Counts violated_{};
    std::size_t event_ = 0;
};

}  // namespace oplocksim::conformance
