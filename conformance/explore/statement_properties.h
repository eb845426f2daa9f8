// What a scenario says about whole runs, as properties for a search.
#pragma once

#include <string>
#include <vector>

#include "conformance/explore/case_model.h"
#include "scenarios/statements.h"

namespace oplocksim::conformance::explore {

class StatementProperties final : public CaseProperties {
 public:
    // `scenario` must outlive this. Statements whose conditions do not hold are left out.
    explicit StatementProperties(const scenarios::ScenarioCase& scenario);

    [[nodiscard]] std::size_t count() const override { return statements_.size(); }
    void judge(const sim::RunState& before, const sim::RunState& after, bool at_end,
               std::vector<std::uint32_t>& violated) const override;

    [[nodiscard]] const scenarios::Statement& statement(std::size_t number) const {
        return *statements_[number].statement;
    }
    // The operation that it is about.
    [[nodiscard]] sim::StepIndex step(std::size_t number) const {
        return statements_[number].step;
    }
    // What was expected of the operation and what was observed, in a state that violates it.
    [[nodiscard]] scenarios::Judgement explain(std::size_t number, const sim::RunState& state,
                                               bool at_end) const;
    // "b".
    [[nodiscard]] std::string subject(std::size_t number) const;

 private:
    struct Entry {
        const scenarios::Statement* statement = nullptr;
        sim::StepIndex step = sim::kNoStep;
    };
    [[nodiscard]] bool holds(const Entry& entry, const sim::RunState& state, bool at_end) const;

    const scenarios::ScenarioCase& scenario_;
    std::vector<Entry> statements_;
};

}  // namespace oplocksim::conformance::explore
