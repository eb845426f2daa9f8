#include "scenarios/case_of.h"

#include <algorithm>
#include <map>
#include <optional>

#include "engine/assert.h"
#include "scenarios/binding.h"
#include "scenarios/loaded_scenario.h"
#include "scenarios/statements.h"
#include "scenarios/text.h"

namespace oplocksim::scenarios {
namespace {

// Who takes a step: client and thread; none for the world.
struct Actor {
    std::string client;
    std::string thread;
    auto operator<=>(const Actor&) const = default;
};

constexpr std::pair<Verb, sim::StepKind> kOtherThanRequests[] = {
    {Verb::wait_for, sim::StepKind::wait_for}, {Verb::cancel, sim::StepKind::cancel},
    {Verb::cancel_io, sim::StepKind::cancel_io}, {Verb::exit_thread, sim::StepKind::exit_thread},
    {Verb::kill, sim::StepKind::kill}, {Verb::advance, sim::StepKind::advance},
};

sim::StepKind kind_of(Verb verb) {
    for (const auto& [other, kind] : kOtherThanRequests) {
        if (verb == other) return kind;
    }
    return sim::StepKind::request;
}

class CaseMaker {
 public:
    CaseMaker(ScenarioCase& result, const engine::Semantics& semantics)
        : result_(result), model_(result.model), binding_(model_) {
        result.of.semantics = semantics;
    }

    void make() {
        sim::Case& of = result_.of;
        of.names = binding_.names();
        of.volume = binding_.volume();
        of.links = binding_.links();
        of.data = binding_.data();
        add_clients();
        for (std::size_t i = 0; i < model_.setup_end; ++i) add(i, actor_of(model_.steps[i]));
        of.setup_end = static_cast<sim::StepIndex>(of.steps.size());
        if (model_.programs.empty()) {
            take_apart();
        } else {
            add_programs();
        }
        for (sim::StepIndex i = 0; i < of.steps.size(); ++i) resolve(i);
    }

 private:
    void add_clients();
    void add_programs();
    void take_apart();
    void add_program(const Actor& actor, const std::vector<std::size_t>& steps);
    void add(std::size_t index, const Actor& actor);
    void resolve(sim::StepIndex index);
    [[nodiscard]] sim::StepIndex named(const std::string& name, std::size_t user) const;
    [[nodiscard]] sim::ThreadIndex thread_of(const Actor& actor) const;
    [[nodiscard]] sim::ClientIndex client_of(const std::string& name) const;
    [[nodiscard]] static Actor actor_of(const Step& step);
    [[nodiscard]] bool can_be_program_step(const Step& step);

    ScenarioCase& result_;
    const RunModel& model_;
    Binding binding_;
};

// Cancelling, killing and the clock are the world's, as are steps that only look.
Actor CaseMaker::actor_of(const Step& step) {
    if (step.action.verb > Verb::exit_thread) return {};
    return {step.action.client, step.action.thread == kMainThread ? "" : step.action.thread};
}

void CaseMaker::add_clients() {
    sim::Case& of = result_.of;
    for (const ClientItem& client : model_.clients) {
        const auto index = static_cast<sim::ClientIndex>(of.clients.size());
        of.clients.push_back({client.name, binding_.name(client.name), sim::kNobody});
        for (const std::string& thread : client.threads) {
            of.threads.push_back({index, thread, binding_.name(thread)});
        }
        if (!client.caches) continue;
        const std::string thread(kCacheThread);
        of.clients.back().cache_thread = static_cast<sim::ThreadIndex>(of.threads.size());
        of.threads.push_back({index, thread, binding_.name(thread)});
    }
}

sim::ClientIndex CaseMaker::client_of(const std::string& name) const {
    const auto found = std::ranges::find(result_.of.clients, name, &sim::CaseClient::name);
    OPLOCKSIM_ASSERT(found != result_.of.clients.end(), "a client that no step names");
    return static_cast<sim::ClientIndex>(found - result_.of.clients.begin());
}

sim::ThreadIndex CaseMaker::thread_of(const Actor& actor) const {
    if (actor.client.empty()) return sim::kNobody;
    const sim::ClientIndex client = client_of(actor.client);
    const std::string_view name = actor.thread.empty() ? kMainThread : actor.thread;
    const auto found = std::ranges::find_if(result_.of.threads, [&](const sim::CaseThread& one) {
        return one.client == client && one.name == name;
    });
    OPLOCKSIM_ASSERT(found != result_.of.threads.end(), "a thread that its client does not have");
    return static_cast<sim::ThreadIndex>(found - result_.of.threads.begin());
}

// What is not an operation has no place where the order is open.
bool CaseMaker::can_be_program_step(const Step& step) {
    const Verb verb = step.action.verb;
    if (verb == Verb::look) return false;
    if (verb == Verb::pause || verb == Verb::resume) {
        result_.left_out.push_back(step.text + ": every order is tried anyway");
        return false;
    }
    if (step.action.after) result_.left_out.push_back(step.text + ": issued at any time");
    return true;
}

void CaseMaker::add(std::size_t index, const Actor& actor) {
    const Step& step = model_.steps[index];
    if (step.excluded || !holds(step.when, result_.profile, result_.of.semantics)) return;
    if (!can_be_program_step(step)) return;
    sim::Step made;
    made.thread = thread_of(actor);
    // A name that is given again means the later step from then on; the case has it once.
    const auto same = [&](const sim::Step& other) { return other.name == step.action.as; };
    if (std::ranges::none_of(result_.of.steps, same)) made.name = step.action.as;
    made.kind = kind_of(step.action.verb);
    if (made.kind == sim::StepKind::request) made.request = binding_.request_of(step);
    made.duration = step.action.duration;
    if (step.action.verb == Verb::kill) made.client = client_of(step.action.client);
    if (step.action.verb == Verb::duplicate) {
        const std::string& to = step.action.to_client;
        made.client = client_of(to.empty() ? step.action.client : to);
    }
    result_.of.steps.push_back(std::move(made));
    result_.steps.push_back(index);
}

void CaseMaker::add_program(const Actor& actor, const std::vector<std::size_t>& steps) {
    sim::Program program;
    program.thread = thread_of(actor);
    program.first = static_cast<sim::StepIndex>(result_.of.steps.size());
    for (const std::size_t index : steps) add(index, actor);
    program.last = static_cast<sim::StepIndex>(result_.of.steps.size());
    if (program.first != program.last) result_.of.programs.push_back(program);
}

void CaseMaker::add_programs() {
    for (const ProgramItem& program : model_.programs) {
        std::vector<std::size_t> steps;
        for (std::size_t i = program.first; i < program.last; ++i) steps.push_back(i);
        add_program({program.client, program.thread}, steps);
    }
}

// One program for each thread, in the order in which they first do something; the world's last.
void CaseMaker::take_apart() {
    std::vector<std::pair<Actor, std::vector<std::size_t>>> programs;
    for (std::size_t i = model_.setup_end; i < model_.steps.size(); ++i) {
        const Actor actor = actor_of(model_.steps[i]);
        auto found = std::ranges::find(programs, actor, [](const auto& one) { return one.first; });
        if (found == programs.end()) found = programs.insert(found, {actor, {}});
        found->second.push_back(i);
    }
    std::stable_partition(programs.begin(), programs.end(),
                          [](const auto& one) { return !one.first.client.empty(); });
    for (const auto& [actor, steps] : programs) add_program(actor, steps);
}

// The step that gave a name: in an ordinary scenario the last before its user; in programs the
// only one.
sim::StepIndex CaseMaker::named(const std::string& name, std::size_t user) const {
    sim::StepIndex best = sim::kNoStep;
    for (sim::StepIndex i = 0; i < result_.of.steps.size(); ++i) {
        const bool before = result_.steps[i] < user || !model_.programs.empty();
        if (model_.steps[result_.steps[i]].action.as != name || !before) continue;
        if (best == sim::kNoStep || result_.steps[i] > result_.steps[best]) best = i;
    }
    return best;
}

void CaseMaker::resolve(sim::StepIndex index) {
    const std::size_t user = result_.steps[index];
    const Action& action = model_.steps[user].action;
    sim::Step& step = result_.of.steps[index];
    if (!action.on.empty()) step.on = named(action.on, user);
    if (!action.operation.empty()) step.subject = named(action.operation, user);
}

std::optional<sim::Choice> of_step(const sim::Case& of, sim::Choice::Kind kind,
                                   std::string_view name) {
    for (sim::StepIndex i = 0; i < of.steps.size(); ++i) {
        if (step_name(of, i) == name) return sim::Choice{kind, i};
    }
    return std::nullopt;
}

// A choice by its name (choice_name).
std::optional<sim::Choice> resolved(const sim::Case& of, std::string_view text) {
    using enum sim::Choice::Kind;
    if (text.starts_with(kGoesOn)) return of_step(of, go_on, text.substr(kGoesOn.size()));
    if (text.starts_with(kCacheOf)) return of_step(of, cache, text.substr(kCacheOf.size()));
    for (sim::ProgramIndex i = 0; i < of.programs.size(); ++i) {
        if (thread_name(of, of.programs[i].thread) == text) {
            return sim::Choice{sim::Choice::Kind::step, i};
        }
    }
    return std::nullopt;
}

}  // namespace

std::string choice_name(const sim::Case& of, sim::Choice choice) {
    switch (choice.kind) {
        case sim::Choice::Kind::step: return thread_name(of, of.programs[choice.index].thread);
        case sim::Choice::Kind::go_on: return std::string(kGoesOn) + step_name(of, choice.index);
        case sim::Choice::Kind::cache: return std::string(kCacheOf) + step_name(of, choice.index);
    }
    OPLOCKSIM_ASSERT(false, "a kind of choice outside its enumeration");
}

sim::StepIndex ScenarioCase::find(std::size_t step_of_model) const {
    const auto found = std::ranges::find(steps, step_of_model);
    return found == steps.end() ? sim::kNoStep
                                : static_cast<sim::StepIndex>(found - steps.begin());
}

ScenarioCase case_of(RunModel model, engine::Profile profile,
                     const std::vector<std::pair<std::string, std::string>>& given) {
    ScenarioCase result;
    result.model = std::move(model);
    result.profile = profile;
    const auto& profiles = result.model.profiles;
    if (!profiles.empty() && std::ranges::find(profiles, profile) == profiles.end()) {
        result.skipped = "it is not written for the profile " + std::string(to_string(profile));
        return result;
    }
    CaseMaker(result, semantics_of(result.model, profile, given)).make();
    for (const ScheduleItem& item : result.model.schedule) {
        const auto choice = resolved(result.of, item.text);
        if (!choice) break;
        result.schedule.push_back(*choice);
    }
    return result;
}

void for_each_case(const LoadedScenario& scenario, const RunOptions& options,
                   const std::function<bool(ScenarioCase)>& on_case) {
    for (const RunKey& key : scenario.runs) {
        if (!on_case(case_of(scenario.model(key), options.profile, options.switches))) return;
    }
}

}  // namespace oplocksim::scenarios
