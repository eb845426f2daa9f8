// What a rule is made of: its description, the occasions on which it has something to judge, and up
// to two functions over prepared moments.
//
// A rule keeps no state of its own: everything that it remembers is in the observation model,
// which is a value. So a RuleSet is copied, compared and hashed with its model.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/rules/moment.h"
#include "conformance/rules/rules.h"

namespace oplocksim::conformance {

// Where a rule says what it found.
class Verdict {
 public:
    // What it adds to, for one rule.
    struct Into {
        std::vector<Violation>& violations;
        std::uint64_t& exercised;
        std::uint64_t& violated;
    };
    Verdict(const RuleInfo& info, const Moment& moment, const Into& into)
        : info_(info), moment_(moment), into_(into) {}

    // The rule had something to judge.
    void exercise() { ++into_.exercised; }
    // `clause` empty: the rule's first.
    void violate(std::string_view clause, std::string observed, std::string required,
                 std::string waits = {});

 private:
    const RuleInfo& info_;
    const Moment& moment_;
    Into into_;
};

struct Rule {
    RuleInfo info;
    // On other occasions `on_moment` would neither exercise the rule nor find anything.
    Occasions when = on::kAlways;
    // For every event that is such an occasion, and likewise, without an event, when the run is
    // over.
    void (*on_moment)(const Moment& moment, Verdict& verdict) = nullptr;
    // Only when the run is over.
    void (*at_end)(const Moment& moment, Verdict& verdict) = nullptr;

    // What it finds is advice.
    [[nodiscard]] constexpr bool advises() const { return info.obligation == "should"; }
};

// The rules of each file, in the order of their properties there.
[[nodiscard]] std::span<const Rule> wait_rules();
[[nodiscard]] std::span<const Rule> break_rules();
[[nodiscard]] std::span<const Rule> owner_rules();
[[nodiscard]] std::span<const Rule> irp_rules();
[[nodiscard]] std::span<const Rule> contents_rules();
[[nodiscard]] std::span<const Rule> cache_rules();
[[nodiscard]] std::span<const Rule> answer_rules();
[[nodiscard]] std::span<const Rule> create_rules();
[[nodiscard]] std::span<const Rule> operation_rules();

// "IRP 7 (write by process 2) waits for the RH oplock of process 1 (IRP 3)".
[[nodiscard]] std::string waits_text(const Observation& model, const KnownIrp& irp,
                                     const OplockList& oplocks);
// "write by process 2 (IRP 7) completes STATUS_SUCCESS".
[[nodiscard]] std::string completes_text(const Moment& moment);
// "0x41 'A'".
[[nodiscard]] std::string byte_text(unsigned char byte);
// "Level 2, no acknowledgment".
[[nodiscard]] std::string level_text(engine::OplockType to, bool acknowledge);

}  // namespace oplocksim::conformance
