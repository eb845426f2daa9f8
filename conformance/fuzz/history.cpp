#include "conformance/fuzz/history.h"

namespace oplocksim::conformance::fuzz {
namespace {

// The clients and the volume, without steps.
sim::Case bare_case(const Swarm& swarm) {
    const Universe& all = universe();
    sim::Case made;
    made.semantics = swarm.semantics;
    made.names = all.names;
    made.volume = all.volume;
    made.links = all.links;
    made.data = all.data;
    for (sim::ClientIndex client = 0; client < swarm.clients; ++client) {
        made.clients.push_back(all.clients[client]);
        for (std::size_t i = 0; i < swarm.threads_per_client; ++i) {
            made.threads.push_back({client, all.thread_names[i], all.thread_name_ids[i]});
        }
    }
    for (sim::ClientIndex client = 0; client < swarm.clients; ++client) {
        if (!swarm.caches(client)) continue;
        made.clients[client].cache_thread = static_cast<sim::ThreadIndex>(made.threads.size());
        made.threads.push_back({client, std::string(all.cache_thread_name),
                                all.cache_thread_name_id});
    }
    return made;
}

sim::StepIndex renumbered(const std::vector<sim::StepIndex>& places, sim::StepIndex step) {
    return step == sim::kNoStep ? step : places[step];
}

}  // namespace

FoundCase found_case(const Swarm& swarm, const History& history) {
    FoundCase found;
    sim::Case& made = found.of;
    made = bare_case(swarm);
    std::vector<sim::StepIndex> places(history.steps.size());
    std::vector<sim::ProgramIndex> program_of(history.steps.size());
    const auto add_program = [&](sim::ThreadIndex thread) {
        const auto first = static_cast<sim::StepIndex>(made.steps.size());
        for (std::size_t i = 0; i < history.steps.size(); ++i) {
            if (history.steps[i].thread != thread) continue;
            places[i] = static_cast<sim::StepIndex>(made.steps.size());
            program_of[i] = static_cast<sim::ProgramIndex>(made.programs.size());
            made.steps.push_back(history.steps[i]);
        }
        const auto last = static_cast<sim::StepIndex>(made.steps.size());
        if (first != last) made.programs.push_back({thread, first, last});
    };
    for (sim::ThreadIndex thread = 0; thread < made.threads.size(); ++thread) add_program(thread);
    add_program(sim::kNobody);
    for (sim::Step& step : made.steps) {
        step.on = renumbered(places, step.on);
        step.subject = renumbered(places, step.subject);
    }
    for (const sim::Choice choice : history.choices) {
        const bool step = choice.kind == sim::Choice::Kind::step;
        // Waiting is not taken: the step is passed over when its time has come.
        if (step && history.steps[choice.index].kind == sim::StepKind::wait_for) continue;
        found.schedule.push_back(
            {choice.kind, step ? program_of[choice.index] : places[choice.index]});
    }
    return found;
}

}  // namespace oplocksim::conformance::fuzz
