// Running the programs of a scenario in one order: that of its schedule, or first in, first out.
#include <algorithm>
#include <utility>

#include "scenarios/case_of.h"
#include "scenarios/narration.h"
#include "scenarios/run.h"
#include "scenarios/statements.h"
#include "scenarios/text.h"

namespace oplocksim::scenarios {
namespace {

// Takes the choices of a schedule and then goes on first in, first out: what was released before
// anything new, and among the programs the one that has waited longest.
class ScheduleFirst final : public sim::ChoiceScheduler {
 public:
    ScheduleFirst(const sim::Case& of, std::span<const sim::Choice> schedule)
        : schedule_(schedule), last_taken_(of.programs.size(), 0) {}

    // A choice of the schedule that cannot be taken: its place, and what could be.
    struct Obstacle {
        std::size_t place = 0;
        std::vector<sim::Choice> possible;
    };
    [[nodiscard]] const std::optional<Obstacle>& obstacle() const { return obstacle_; }
    [[nodiscard]] bool ended_early() const { return taken_ < schedule_.size(); }
    [[nodiscard]] std::size_t taken() const { return taken_; }

    std::size_t choose(const sim::Case&, const sim::RunState&,
                       std::span<const sim::Choice> choices) override {
        std::size_t chosen = choices.size();
        if (taken_ < schedule_.size() && !obstacle_) {
            const auto found = std::ranges::find(choices, schedule_[taken_]);
            chosen = static_cast<std::size_t>(found - choices.begin());
            if (found == choices.end()) {
                obstacle_ = Obstacle{taken_, {choices.begin(), choices.end()}};
            }
        }
        if (chosen == choices.size()) chosen = first_in(choices);
        const sim::Choice choice = choices[chosen];
        ++taken_;
        if (choice.kind == sim::Choice::Kind::step) last_taken_[choice.index] = taken_;
        return chosen;
    }

 private:
    [[nodiscard]] std::size_t first_in(std::span<const sim::Choice> choices) const {
        std::size_t best = 0;
        for (std::size_t i = 0; i < choices.size(); ++i) {
            if (choices[i].kind != sim::Choice::Kind::step) return i;
            if (last_taken_[choices[i].index] < last_taken_[choices[best].index]) best = i;
        }
        return best;
    }

    std::span<const sim::Choice> schedule_;
    std::vector<std::size_t> last_taken_;   // by program: how many choices were taken by then
    std::size_t taken_ = 0;
    std::optional<Obstacle> obstacle_;
};

std::string joined_choices(const sim::Case& of, const std::vector<sim::Choice>& choices) {
    std::vector<std::string> names;
    for (const sim::Choice choice : choices) names.push_back(choice_name(of, choice));
    return names.empty() ? "nothing" : joined(names, ", ");
}

}  // namespace

// The latest operation that a step is, or null.
Operation* Run::operation_of_step(const Step& step) {
    for (Operation& operation : operations_.all()) {
        if (operation.step == &step) return &operation;
    }
    return nullptr;
}

void Run::begin_record(const Place& place, std::string text,
                       const std::vector<std::string>& covers) {
    StepRecord& entry = result_.steps.emplace_back();
    entry.number = ++number_;
    entry.position = place.position;
    entry.path = included_file(place);
    entry.text = std::move(text);
    entry.clauses = covers.empty() ? model_.covers : covers;
    entry.first_event = recorder_.events.size();
    entry.last_event = entry.first_event;
}

// Returns whether the run goes on.
bool Run::end_record() {
    StepRecord& done = record();
    done.last_event = recorder_.events.size();
    if (record_) {
        done.happened =
            narrate(std::span(recorder_.events).subspan(done.first_event), operations_, world_);
    }
    if (options_.check_invariants) kernel_->check_invariants();
    return result_.verdict == Verdict::pass ||
           (result_.verdict == Verdict::fail && options_.go_on_after_failure);
}

// One choice of a schedule: a step is taken, or a released operation goes on.
bool Run::do_choice(const ScenarioCase& scenario, sim::Choice choice, sim::StepIndex index) {
    const Step& step = model_.steps[scenario.steps[index]];
    own_ = nullptr;
    acting_ = nullptr;   // what goes on is no step
    if (choice.kind == sim::Choice::Kind::step) {
        begin_record(step.place, step.text, step.covers);
        if (!act(step)) return false;
    } else if (choice.kind == sim::Choice::Kind::go_on) {
        begin_record(step.place, step_name(scenario.of, index) + " goes on", step.covers);
        const Operation* operation = operation_of_step(step);
        kernel_->go_on(sim::ReadyItem{operation->irp});
    } else {
        begin_record(step.place, "the cache of " + step_name(scenario.of, index) + " goes on",
                     step.covers);
        kernel_->work_for_cache(operation_of_step(step)->completion.handle);
    }
    collect();
    evaluate_statements(false);
    return end_record();
}

void Run::evaluate_statement(const Statement& statement, bool at_end) {
    if (!holds(statement.expectation.guard)) return;
    Operation* operation = statement.step ? operation_of_step(model_.steps[*statement.step])
                                          : operations_.find(statement.expectation.name);
    const bool now = operation != nullptr && operation->completed_in == number_;
    if (!at_end && !now) return;
    const std::string why = operation == nullptr ? "" : waiting(*operation);
    auto judgement = judge_statement(statement, operation, at_end, why);
    if (!judgement || (at_end && operation != nullptr && operation->completed() &&
                       statement.kind != StatementKind::eventually)) {
        return;   // it was judged when it completed
    }
    if (operation != nullptr) operation->accounted = true;
    add_check(operation == nullptr ? statement.expectation.name : operation->display,
              std::move(*judgement), statement.expectation.place);
}

void Run::evaluate_statements(bool at_end) {
    for (const Statement& statement : model_.statements) evaluate_statement(statement, at_end);
}

// Clients that wait for each other for ever.
void Run::evaluate_deadlock() {
    if (model_.deadlock != DeadlockPolicy::forbidden) return;
    for (const Operation& operation : operations_.all()) {
        const sim::WaitExplanation why = explain_wait(world_, operations_, operation.irp);
        if (!operation.pending() || !why.deadlock) continue;
        return add_check(operation.display,
                         {false, "no deadlock", describe_outcome(operation, why.text)},
                         operation.step->place);
    }
}

void Run::execute_programs() {
    for (std::size_t i = 0; i < model_.setup_end; ++i) {
        if (!do_step(model_.steps[i])) return;
    }
    // The case knows the order; this run tells the story of it.
    const ScenarioCase scenario = case_of(model_, options_.profile, options_.switches);
    const sim::CaseStart start(scenario.of);
    sim::RunState state = start.state();
    sim::CaseRun run(start, state);
    ScheduleFirst scheduler(scenario.of, scenario.schedule);
    std::vector<sim::Choice> choices;
    for (std::size_t count = 0; count < kMaxResumptionsPerStep; ++count) {
        run.choices(choices);
        if (choices.empty()) break;
        const sim::Choice choice = choices[scheduler.choose(scenario.of, state, choices)];
        if (scheduler.obstacle()) {
            const auto& [place, possible] = *scheduler.obstacle();
            const ScheduleItem& item = model_.schedule[place];
            begin_record(item.place, "schedule: " + item.text, {});
            add_check("schedule", {false, item.text + " is possible as choice " +
                                              std::to_string(place + 1),
                                   "possible: " + joined_choices(scenario.of, possible)},
                      item.place);
            return;
        }
        const sim::StepIndex index = choice.kind == sim::Choice::Kind::step
                                         ? state.next[choice.index]
                                         : choice.index;
        run.apply(choice);
        if (!do_choice(scenario, choice, index)) return;
    }
    if (!choices.empty()) {
        return stop(Verdict::error, "more than " + std::to_string(kMaxResumptionsPerStep) +
                                        " choices and it does not come to an end");
    }
    if (scheduler.ended_early()) {
        const ScheduleItem& item = model_.schedule[scheduler.taken()];
        begin_record(item.place, "schedule: " + item.text, {});
        return add_check("schedule", {false, item.text + " is possible", "the run is over"},
                         item.place);
    }
    if (result_.steps.empty()) begin_record({}, "nothing can be done", {});
    evaluate_statements(true);
    evaluate_deadlock();
}

}  // namespace oplocksim::scenarios
