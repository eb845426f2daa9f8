#include "conformance/findings/shrink_statement.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "conformance/explore/statement_properties.h"
#include "conformance/findings/oracle.h"
#include "sim/schedulers.h"

namespace oplocksim::conformance::findings {
namespace {

using scenarios::ScenarioCase;
using sim::Choice;
using sim::StepIndex;
using Kind = sim::Choice::Kind;

// Orders that are tried for one that satisfies the statement, beside first in, first out.
constexpr std::uint64_t kOtherOrders = 20;

// What a run took: each choice with the step of the whole scenario's case that it was about.
struct Taken {
    Kind kind = Kind::step;
    StepIndex step = 0;
};

// A scenario without some of its steps, and where those that are left come from.
struct Part {
    ScenarioCase scenario;
    std::vector<StepIndex> origins;   // by step
    std::vector<StepIndex> places;    // by step of the whole; sim::kNoStep: left out
};

StepIndex moved(const std::vector<StepIndex>& places, StepIndex step) {
    return step == sim::kNoStep ? step : places[step];
}

// Without the steps that are marked, and what needs their handles or is about them.
Part part_of(const ScenarioCase& whole, std::vector<bool> gone) {
    const sim::Case& of = whole.of;
    for (bool again = true; again;) {
        again = false;
        for (StepIndex i = 0; i < of.steps.size(); ++i) {
            const sim::Step& step = of.steps[i];
            const bool needs = (step.on != sim::kNoStep && gone[step.on]) ||
                               (step.subject != sim::kNoStep && gone[step.subject]);
            if (gone[i] || !needs) continue;
            gone[i] = again = true;
        }
    }
    Part part{whole, {}, std::vector<StepIndex>(of.steps.size(), sim::kNoStep)};
    sim::Case& made = part.scenario.of;
    made.steps.clear();
    made.programs.clear();
    part.scenario.steps.clear();
    const auto keep = [&](StepIndex first, StepIndex last) {
        for (StepIndex i = first; i < last; ++i) {
            if (gone[i]) continue;
            part.places[i] = static_cast<StepIndex>(made.steps.size());
            part.origins.push_back(i);
            part.scenario.steps.push_back(whole.steps[i]);
            made.steps.push_back(of.steps[i]);
        }
    };
    keep(0, of.setup_end);
    made.setup_end = static_cast<StepIndex>(made.steps.size());
    for (const sim::Program& program : of.programs) {
        const auto first = static_cast<StepIndex>(made.steps.size());
        keep(program.first, program.last);
        const auto last = static_cast<StepIndex>(made.steps.size());
        if (first != last) made.programs.push_back({program.thread, first, last});
    }
    for (sim::Step& step : made.steps) {
        step.on = moved(part.places, step.on);
        step.subject = moved(part.places, step.subject);
    }
    return part;
}

// Runs of a part, and what becomes of one statement in them.
class Judge {
 public:
    Judge(const Part& part, std::size_t statement) : part_(part), properties_(part.scenario) {
        for (std::size_t i = 0; i < properties_.count(); ++i) {
            const auto& known = part.scenario.model.statements;
            if (&properties_.statement(i) == &known[statement]) number_ = i;
        }
    }
    [[nodiscard]] bool says_something() const { return number_ < properties_.count(); }
    [[nodiscard]] StepIndex subject() const { return properties_.step(number_); }

    // Whether the statement is violated if choices are made by `choose`, which returns a place in
    // what it is given; then `observed` says how, and schedule() has what was taken.
    template <typename Choose>
    bool violates(Choose choose) {
        const sim::Case& of = part_.scenario.of;
        const sim::CaseStart start(of);
        sim::RunState state = start.state();
        sim::CaseRun run(start, state);
        std::vector<Choice> choices;
        schedule_.clear();
        taken_.clear();
        while (schedule_.size() < kMaxChoices) {
            run.choices(choices);
            if (choices.empty()) break;
            const sim::RunState before = state;
            const Choice choice = choices[choose(state, choices)];
            const bool step = choice.kind == Kind::step;
            const StepIndex about = step ? state.next[choice.index] : choice.index;
            schedule_.push_back(choice);
            taken_.push_back({choice.kind, part_.origins[about]});
            run.apply(choice);
            if (is_violated(before, state, false)) return true;
        }
        return is_violated(state, state, true);
    }
    [[nodiscard]] const sim::Schedule& schedule() const { return schedule_; }
    [[nodiscard]] const std::vector<Taken>& taken() const { return taken_; }
    [[nodiscard]] const std::string& observed() const { return observed_; }

 private:
    bool is_violated(const sim::RunState& before, const sim::RunState& after, bool at_end) {
        std::vector<std::uint32_t> violated;
        properties_.judge(before, after, at_end, violated);
        if (std::ranges::find(violated, number_) == violated.end()) return false;
        observed_ = properties_.subject(number_) + " " +
                    properties_.explain(number_, after, at_end).observed;
        return true;
    }

    const Part& part_;
    explore::StatementProperties properties_;
    std::size_t number_ = ~std::size_t{0};
    sim::Schedule schedule_;
    std::vector<Taken> taken_;
    std::string observed_;
};

class StatementShrinker {
 public:
    StatementShrinker(const ScenarioCase& whole, std::size_t statement)
        : whole_(whole), statement_(statement), gone_(whole.of.steps.size(), false) {}

    ShrunkStatement shrink(const sim::Schedule& schedule) {
        // The schedule of the whole, as the steps that it is about.
        const Part all = part_of(whole_, gone_);
        Judge judge(all, statement_);
        std::size_t at = 0;
        const bool shown = judge.says_something() &&
                           judge.violates([&](const sim::RunState&, const auto& choices) {
                               const auto wanted = at < schedule.size()
                                                       ? std::ranges::find(choices, schedule[at++])
                                                       : choices.end();
                               return wanted == choices.end() ? 0 : wanted - choices.begin();
                           });
        best_.of = whole_.of;
        best_.schedule = schedule;
        if (!shown) return best_;
        order_ = judge.taken();
        holds_ = holds_in_some_order(all, judge);
        keep(all, judge);
        leave_out_clients();
        while (leave_out_steps()) {
        }
        best_.runs = runs_;
        return best_;
    }

 private:
    void keep(const Part& part, const Judge& judge) {
        best_.of = part.scenario.of;
        best_.schedule = judge.schedule();
        best_.subject = judge.subject();
        best_.observed = judge.observed();
    }

    bool holds_in_some_order(const Part& part, Judge& judge) {
        for (std::uint64_t seed = 0; seed <= kOtherOrders; ++seed) {
            ++runs_;
            sim::FifoChoices fifo;
            sim::RandomChoices random(seed);
            sim::ChoiceScheduler& scheduler =
                seed == 0 ? static_cast<sim::ChoiceScheduler&>(fifo) : random;
            const bool violated = judge.violates([&](const sim::RunState& state,
                                                     const std::vector<Choice>& choices) {
                return scheduler.choose(part.scenario.of, state, choices);
            });
            if (!violated) return true;
        }
        return false;
    }

    bool accept(const std::vector<bool>& gone) {
        if (runs_ >= kMaxStatementRuns) return false;
        const Part part = part_of(whole_, gone);
        Judge judge(part, statement_);
        if (!judge.says_something()) return false;
        ++runs_;
        std::size_t at = 0;
        const auto as_before = [&](const sim::RunState& state,
                                   const std::vector<Choice>& choices) -> std::size_t {
            for (; at < order_.size(); ++at) {
                const StepIndex place = part.places[order_[at].step];
                for (std::size_t i = 0; i < choices.size() && place != sim::kNoStep; ++i) {
                    const bool step = choices[i].kind == Kind::step;
                    const StepIndex about = step ? state.next[choices[i].index] : choices[i].index;
                    if (choices[i].kind != order_[at].kind || about != place) continue;
                    ++at;
                    return i;
                }
            }
            return 0;
        };
        if (!judge.violates(as_before)) return false;
        Judge shown = judge;
        if (holds_ && !holds_in_some_order(part, judge)) return false;
        keep(part, shown);
        gone_ = gone;
        return true;
    }

    void leave_out_clients() {
        for (sim::ClientIndex client = 0; client < whole_.of.clients.size(); ++client) {
            std::vector<bool> gone = gone_;
            for (StepIndex i = 0; i < gone.size(); ++i) {
                const sim::ThreadIndex thread = whole_.of.steps[i].thread;
                const bool theirs = thread != sim::kNobody &&
                                    whole_.of.threads[thread].client == client;
                gone[i] = gone[i] || theirs;
            }
            if (gone != gone_) static_cast<void>(accept(gone));
        }
    }

    bool leave_out_steps() {
        bool changed = false;
        for (std::size_t i = gone_.size(); i-- > 0;) {
            if (gone_[i]) continue;
            std::vector<bool> gone = gone_;
            gone[i] = true;
            changed |= accept(gone);
        }
        return changed;
    }

    const ScenarioCase& whole_;
    const std::size_t statement_;
    std::vector<bool> gone_;        // steps of the whole
    std::vector<Taken> order_;
    bool holds_ = false;            // in some order of the whole
    ShrunkStatement best_;
    std::size_t runs_ = 0;
};

}  // namespace

ShrunkStatement shrink_statement(const ScenarioCase& scenario, const sim::Schedule& schedule,
                                 const scenarios::Statement& statement) {
    const auto number =
        static_cast<std::size_t>(&statement - scenario.model.statements.data());
    return StatementShrinker(scenario, number).shrink(schedule);
}

}  // namespace oplocksim::conformance::findings
