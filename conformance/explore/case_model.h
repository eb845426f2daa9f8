// The programs of a case as a model for the search: worlds, with the rules as the oracle.
//
// A state is the situation of a run, what the rules remember of it, and what has been violated so
// far (for ever: so a violation is a property of states, and reduction may put it off but not
// lose it). An action is a choice. The fingerprint is canonical: it depends on neither raw ids nor,
// with symmetry, on which of several interchangeable clients is which.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/explore/footprint.h"
#include "conformance/explore/search.h"
#include "conformance/explore/symmetry.h"
#include "conformance/rules/rules.h"
#include "sim/program.h"

namespace oplocksim::conformance::explore {

// What else must hold of the runs of a case, beside the rules: the statements of a scenario.
class CaseProperties {
 public:
    virtual ~CaseProperties() = default;
    // At most kMaxProperties.
    [[nodiscard]] virtual std::size_t count() const = 0;
    // Adds the numbers of the properties that are violated by what became of `before`, or, at the
    // end of the run, by `after`.
    virtual void judge(const sim::RunState& before, const sim::RunState& after, bool at_end,
                       std::vector<std::uint32_t>& violated) const = 0;
};
inline constexpr std::size_t kMaxProperties = 64;

// The properties of a case as numbers, for check(): the rules by their order in rules(), then
// deadlock, then those of CaseProperties.
[[nodiscard]] std::uint32_t deadlock_property();
[[nodiscard]] std::uint32_t first_case_property();

struct CaseState {
    sim::RunState run;
    RuleSet rules{engine::Semantics{}, std::make_shared<const sim::Names>()};
    std::uint64_t broken_rules = 0;        // by their order
    std::uint64_t broken_properties = 0;   // of CaseProperties
};

// How the operations of a run ended: by step, what to show of it.
struct EndedOperation {
    sim::OperationPhase phase = sim::OperationPhase::not_issued;
    sim::NtStatus status = sim::NtStatus::STATUS_SUCCESS;
    auto operator<=>(const EndedOperation&) const = default;
};
using RunOutcome = std::vector<EndedOperation>;

class CaseModel {
 public:
    using State = CaseState;
    using Action = sim::Choice;

    // `of`, and `properties` if given, must outlive the model. `symmetry`: fingerprints do not
    // tell interchangeable clients apart.
    CaseModel(const sim::Case& of, const CaseProperties* properties, bool symmetry);

    [[nodiscard]] std::vector<State> initial() const { return {initial_}; }
    void actions(const State& state, std::vector<Action>& actions) const;
    [[nodiscard]] State apply(const State& state, const Action& action) const;
    void check(const State& state, std::vector<std::uint32_t>& violated) const;
    [[nodiscard]] bool is_legal_end(const State&) const { return true; }   // check() judges ends
    [[nodiscard]] sim::Fingerprint fingerprint(const State& state) const;
    [[nodiscard]] std::size_t size_of(const State& state) const;

    [[nodiscard]] unsigned agent(const State& state, const Action& action) const;
    [[nodiscard]] std::uint64_t interferes(const State& state, unsigned agent) const;
    [[nodiscard]] bool visible(const State&, const Action&) const { return false; }

    [[nodiscard]] const sim::CaseStart& start() const { return *start_; }
    [[nodiscard]] const std::vector<ProgramOrder>& orders() const { return orders_; }
    // How many states that differ by an exchange of clients `state` stands for.
    [[nodiscard]] std::uint64_t represents(const State& state) const;

    // How the ends that check() has seen ended, and how often; what is unfinished at one of them.
    // check() may be called from several workers; these not at the same time.
    [[nodiscard]] std::map<RunOutcome, std::uint64_t> outcomes() const { return outcomes_; }
    [[nodiscard]] std::uint64_t represented() const { return represented_; }
    [[nodiscard]] std::uint64_t stuck_ends() const { return stuck_ends_; }

 private:
    // What the end of a run adds to what was violated.
    struct End {
        std::uint64_t broken_rules = 0;
        std::uint64_t broken_properties = 0;
        bool stuck = false;      // an operation never ends
        bool deadlock = false;
    };
    [[nodiscard]] End end_of(const State& state) const;
    void judge_rules(State& state, std::size_t violations_before) const;
    void note_end(const State& state, bool stuck) const;
    [[nodiscard]] sim::Fingerprint fingerprint_in(const State& state,
                                                const ProgramOrder& order) const;

    const sim::Case& case_;
    const CaseProperties* properties_;
    Footprints footprints_;
    std::vector<ProgramOrder> orders_;
    std::unique_ptr<sim::CaseStart> start_;
    State initial_;
    mutable std::mutex mutex_;
    mutable std::map<RunOutcome, std::uint64_t> outcomes_;
    mutable std::uint64_t represented_ = 0;
    mutable std::uint64_t stuck_ends_ = 0;
};

}  // namespace oplocksim::conformance::explore
