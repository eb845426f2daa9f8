#include "conformance/findings/plan.h"

#include <algorithm>

#include "conformance/findings/judged_run.h"
#include "engine/assert.h"
#include "sim/schedulers.h"

namespace oplocksim::conformance::findings {
namespace {

using sim::Choice;
using sim::StepIndex;
using Kind = sim::Choice::Kind;

// Released operations and caches: what goes on by itself if it is let.
bool goes_on_alone(Choice choice) { return choice.kind != Kind::step; }

// Listens to the choices of a run and puts them down as turns.
class TurnWriter {
 public:
    explicit TurnWriter(Plan& plan) : plan_(plan) {}

    // A step of the setup: what it released has gone on.
    void settled_step(StepIndex step) {
        plan_.turns.push_back({Kind::step, step});
        ++plan_.settled;
    }

    // `choices` were possible; `chosen` of them is taken, and is about `step`.
    void turn(std::span<const Choice> choices, Choice chosen, StepIndex step) {
        const auto first = std::ranges::find_if(choices, goes_on_alone);
        const bool released = first != choices.end();
        const bool as_settled =
            chosen.kind == Kind::step ? !released : *first == chosen;
        if (settling_ && !as_settled) stop_settling();
        if (goes_on_alone(chosen) && settling_) {
            going_on_.push_back({chosen.kind, step});
            return;
        }
        plan_.turns.push_back({chosen.kind, step});
        if (!settling_) return;
        going_on_.clear();
        ++plan_.settled;
    }

 private:
    // The last step was not settled after all.
    void stop_settling() {
        settling_ = false;
        if (plan_.settled > 0) --plan_.settled;
        plan_.turns.insert(plan_.turns.end(), going_on_.begin(), going_on_.end());
    }

    Plan& plan_;
    sim::Schedule going_on_;   // since the last step, as long as it may be settled
    bool settling_ = true;
};

StepIndex step_of(const sim::RunState& state, Choice choice) {
    return goes_on_alone(choice) ? choice.index : state.next[choice.index];
}

// Which client a handle or section that a step makes belongs to.
sim::ClientIndex owner_of(const sim::Case& of, const sim::Step& step) {
    const bool given = step.kind == sim::StepKind::request &&
                       step.request.kind == sim::RequestKind::duplicate_handle;
    if (given) return step.client;
    return step.thread == sim::kNobody ? sim::kNobody : of.threads[step.thread].client;
}

// The programs of a plan's clients: a case without setup, and where its steps went.
struct Programs {
    sim::Case of;
    std::vector<StepIndex> places;                 // by step of the plan; kNoStep: nowhere
    std::vector<StepIndex> origins;                // by step of the case
    std::vector<sim::ProgramIndex> program_of;     // by step of the plan
};

// Whether a step can make sense when the steps marked in `present` came before it.
bool is_possible(const sim::Case& of, const std::vector<bool>& present, const sim::Step& step) {
    if (step.kind == sim::StepKind::wait_for) return false;
    if (step.subject != sim::kNoStep && !present[step.subject]) return false;
    if (step.on == sim::kNoStep) return true;
    if (!present[step.on] || step.thread == sim::kNobody) return false;
    return owner_of(of, of.steps[step.on]) == of.threads[step.thread].client;
}

Programs programs_of(const Plan& plan) {
    const sim::Case& of = plan.of;
    Programs made;
    made.of.semantics = of.semantics;
    made.of.names = of.names;
    made.of.volume = of.volume;
    made.of.links = of.links;
    made.of.clients = of.clients;
    made.of.threads = of.threads;
    made.of.data = of.data;
    made.places.assign(of.steps.size(), sim::kNoStep);
    made.program_of.assign(of.steps.size(), 0);
    std::vector<std::vector<StepIndex>> of_thread(of.threads.size() + 1);
    std::vector<bool> present(of.steps.size(), false);
    for (const Choice turn : plan.turns) {
        if (goes_on_alone(turn)) continue;
        const sim::Step& step = of.steps[turn.index];
        if (!is_possible(of, present, step)) continue;
        present[turn.index] = true;
        const std::size_t thread =
            step.thread == sim::kNobody ? of.threads.size() : step.thread;
        of_thread[thread].push_back(turn.index);
    }
    for (std::size_t thread = 0; thread < of_thread.size(); ++thread) {
        if (of_thread[thread].empty()) continue;
        sim::Program program;
        program.thread = thread == of.threads.size() ? sim::kNobody
                                                     : static_cast<sim::ThreadIndex>(thread);
        program.first = static_cast<StepIndex>(made.of.steps.size());
        for (const StepIndex step : of_thread[thread]) {
            made.places[step] = static_cast<StepIndex>(made.of.steps.size());
            made.program_of[step] = static_cast<sim::ProgramIndex>(made.of.programs.size());
            made.origins.push_back(step);
            made.of.steps.push_back(of.steps[step]);
        }
        program.last = static_cast<StepIndex>(made.of.steps.size());
        made.of.programs.push_back(program);
    }
    for (sim::Step& step : made.of.steps) {
        if (step.on != sim::kNoStep) step.on = made.places[step.on];
        if (step.subject != sim::kNoStep) step.subject = made.places[step.subject];
    }
    return made;
}

class Carrier {
 public:
    Carrier(const Plan& plan, const OracleOptions& options, const Failure* like,
            sim::TraceSink* recorder)
        : plan_(plan),
          programs_(programs_of(plan)),
          run_(programs_.of, options, like, recorder) {}

    PlanRun carry_out() {
        for (std::size_t i = 0; i < plan_.turns.size() && goes_on(); ++i) {
            const Choice turn = plan_.turns[i];
            const bool done = goes_on_alone(turn) ? let_go_on(turn) : take(turn.index);
            if (!done) continue;
            result_.done.push_back(turn);
            if (i >= plan_.settled) continue;
            ++result_.settled;
            settle(false);
        }
        settle(result_.settled != result_.done.size());
        if (!run_.failure() && result_.everything.size() < kMaxChoices) run_.end();
        result_.failure = run_.failure();
        return std::move(result_);
    }

 private:
    [[nodiscard]] bool goes_on() const {
        return !run_.failure() && result_.everything.size() < kMaxChoices;
    }

    void apply(Choice choice, Choice turn) {
        run_.apply(choice);
        result_.everything.push_back(turn);
    }

    // Whether the step was taken; otherwise it is passed over.
    bool take(StepIndex step) {
        const StepIndex place = programs_.places[step];
        if (place == sim::kNoStep) return false;
        const sim::ProgramIndex program = programs_.program_of[step];
        sim::RunState& state = run_.state();
        if (state.next[program] != place) return false;
        run_.run().choices(choices_);
        const Choice choice{Kind::step, program};
        const StepIndex on = programs_.of.steps[place].on;
        const bool has_handle = on == sim::kNoStep || state.operations[on].handle ||
                                state.operations[on].section;
        if (!has_handle || std::ranges::find(choices_, choice) == choices_.end()) {
            state.operations[place].phase = sim::OperationPhase::passed_over;
            ++state.next[program];
            return false;
        }
        apply(choice, {Kind::step, step});
        return true;
    }

    bool let_go_on(Choice turn) {
        const StepIndex place = programs_.places[turn.index];
        run_.run().choices(choices_);
        const Choice choice{turn.kind, place};
        if (place == sim::kNoStep || std::ranges::find(choices_, choice) == choices_.end()) {
            return false;
        }
        apply(choice, turn);
        return true;
    }

    // What was released goes on; as turns, if `written`.
    void settle(bool written) {
        while (goes_on()) {
            run_.run().choices(choices_);
            const auto first = std::ranges::find_if(choices_, goes_on_alone);
            if (first == choices_.end()) return;
            const Choice turn{first->kind, programs_.origins[first->index]};
            apply(*first, turn);
            if (written) result_.done.push_back(turn);
        }
    }

    const Plan& plan_;
    Programs programs_;
    JudgedRun run_;
    PlanRun result_;
    std::vector<Choice> choices_;
};

// Only clients and threads that do something or have something done to them; data that is written.
void leave_out_unused(sim::Case& of) {
    std::vector<bool> client_used(of.clients.size(), false);
    std::vector<bool> thread_used(of.threads.size(), false);
    std::vector<std::string> data;
    for (sim::Step& step : of.steps) {
        if (step.client != sim::kNobody) client_used[step.client] = true;
        if (step.thread != sim::kNobody) {
            thread_used[step.thread] = true;
            client_used[of.threads[step.thread].client] = true;
        }
        if (step.request.data == 0) continue;
        data.push_back(of.data[step.request.data - 1]);
        step.request.data = static_cast<std::uint32_t>(data.size());
    }
    std::vector<sim::ClientIndex> clients(of.clients.size(), sim::kNobody);
    std::vector<sim::ThreadIndex> threads(of.threads.size(), sim::kNobody);
    std::vector<sim::CaseClient> kept_clients;
    std::vector<sim::CaseThread> kept_threads;
    for (std::size_t i = 0; i < of.clients.size(); ++i) {
        if (!client_used[i]) continue;
        clients[i] = static_cast<sim::ClientIndex>(kept_clients.size());
        kept_clients.push_back(of.clients[i]);
    }
    std::vector<bool> has_first(of.clients.size(), false);
    for (std::size_t i = 0; i < of.threads.size(); ++i) {
        sim::CaseThread thread = of.threads[i];
        const bool first = !has_first[thread.client];   // it gives the client's own name
        has_first[thread.client] = true;
        const bool cache = of.clients[thread.client].cache_thread == i;
        const bool needed = (first || cache) && client_used[thread.client];
        if (!thread_used[i] && !needed) continue;
        threads[i] = static_cast<sim::ThreadIndex>(kept_threads.size());
        thread.client = clients[thread.client];
        kept_threads.push_back(thread);
    }
    for (sim::CaseClient& client : kept_clients) {
        if (client.cache_thread != sim::kNobody) client.cache_thread = threads[client.cache_thread];
    }
    for (sim::Step& step : of.steps) {
        if (step.client != sim::kNobody) step.client = clients[step.client];
        if (step.thread != sim::kNobody) step.thread = threads[step.thread];
    }
    for (sim::Program& program : of.programs) {
        if (program.thread != sim::kNobody) program.thread = threads[program.thread];
    }
    of.clients = std::move(kept_clients);
    of.threads = std::move(kept_threads);
    of.data = std::move(data);
}

// The steps of the settled turns first, as the setup.
CaseAndSchedule with_setup(const Plan& plan) {
    Plan rest = plan;
    rest.turns.erase(rest.turns.begin(),
                     rest.turns.begin() + static_cast<std::ptrdiff_t>(plan.settled));
    CaseAndSchedule made;
    std::vector<StepIndex> places(plan.of.steps.size(), sim::kNoStep);
    std::vector<sim::ProgramIndex> program_of(plan.of.steps.size(), 0);
    made.of = plan.of;
    made.of.steps.clear();
    const auto add = [&](StepIndex step) {
        places[step] = static_cast<StepIndex>(made.of.steps.size());
        made.of.steps.push_back(plan.of.steps[step]);
    };
    for (std::size_t i = 0; i < plan.settled; ++i) add(plan.turns[i].index);
    made.of.setup_end = static_cast<StepIndex>(made.of.steps.size());
    std::vector<sim::ThreadIndex> order;   // of programs: who acts first, the world last
    for (const Choice turn : rest.turns) {
        const sim::ThreadIndex thread = plan.of.steps[turn.index].thread;
        if (goes_on_alone(turn) || thread == sim::kNobody) continue;
        if (std::ranges::find(order, thread) == order.end()) order.push_back(thread);
    }
    order.push_back(sim::kNobody);
    for (const sim::ThreadIndex thread : order) {
        sim::Program program{thread, static_cast<StepIndex>(made.of.steps.size()), 0};
        for (const Choice turn : rest.turns) {
            if (goes_on_alone(turn) || plan.of.steps[turn.index].thread != thread) continue;
            program_of[turn.index] = static_cast<sim::ProgramIndex>(made.of.programs.size());
            add(turn.index);
        }
        program.last = static_cast<StepIndex>(made.of.steps.size());
        if (program.first != program.last) made.of.programs.push_back(program);
    }
    for (sim::Step& step : made.of.steps) {
        if (step.on != sim::kNoStep) step.on = places[step.on];
        if (step.subject != sim::kNoStep) step.subject = places[step.subject];
    }
    for (const Choice turn : rest.turns) {
        const bool step = turn.kind == Kind::step;
        made.schedule.push_back({turn.kind, step ? program_of[turn.index] : places[turn.index]});
    }
    leave_out_unused(made.of);
    return made;
}

}  // namespace

Plan plan_of(const sim::Case& of, const sim::Schedule& schedule) {
    Plan plan;
    plan.of = of;
    plan.of.setup_end = 0;
    plan.of.programs.clear();
    const sim::CaseStart start(of);
    sim::RunState state = start.state();
    sim::CaseRun run(start, state);
    TurnWriter writer(plan);
    for (StepIndex i = 0; i < of.setup_end; ++i) {
        if (state.operations[i].phase == sim::OperationPhase::passed_over) continue;
        writer.settled_step(i);
    }
    std::vector<Choice> choices;
    std::size_t taken = 0;
    const auto take = [&](Choice choice) {
        writer.turn(choices, choice, step_of(state, choice));
        run.apply(choice);
        ++taken;
    };
    for (const Choice wanted : schedule) {
        run.choices(choices);
        if (taken == kMaxChoices) break;
        if (std::ranges::find(choices, wanted) != choices.end()) take(wanted);
    }
    sim::FifoChoices fifo;
    for (; taken < kMaxChoices;) {
        run.choices(choices);
        if (choices.empty()) break;
        take(choices[fifo.choose(of, state, choices)]);
    }
    plan.choices = taken;
    return plan;
}

CaseAndSchedule to_case(const Plan& plan) {
    if (plan.settled != plan.turns.size()) return with_setup(plan);
    OracleOptions options;
    options.clients_die = false;
    const Failure none;   // like nothing: the run goes on to its end
    const PlanRun run = carry_out(plan, options, &none);
    Plan spelled = plan;
    spelled.turns = run.everything;
    spelled.settled = 0;
    return with_setup(spelled);
}

PlanRun carry_out(const Plan& plan, const OracleOptions& options, const Failure* like,
                  sim::TraceSink* recorder) {
    OPLOCKSIM_ASSERT(plan.settled <= plan.turns.size(), "more settled turns than turns");
    return Carrier(plan, options, like, recorder).carry_out();
}

Plan reduced_to(const Plan& plan, const PlanRun& run) {
    Plan reduced = plan;
    reduced.turns = run.done;
    reduced.settled = run.settled;
    return reduced;
}

}  // namespace oplocksim::conformance::findings
