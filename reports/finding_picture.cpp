#include "reports/finding_picture.h"

#include "conformance/findings/scenario_text.h"

namespace oplocksim::reports {
namespace {

engine::Semantics semantics_of(const scenarios::RunResult& run) {
    engine::Semantics semantics;
    for (const auto& [name, value] : run.switches) {
        static_cast<void>(engine::set_switch(semantics, name, value));
    }
    return semantics;
}

// The clients of a run, for texts that speak of processes.
sim::Case clients_of(const scenarios::RunResult& run) {
    sim::Case of;
    for (const scenarios::ThreadName& thread : run.threads) {
        const bool first = of.clients.empty() || of.clients.back().name != thread.client;
        if (first) of.clients.push_back({thread.client, {}});
    }
    return of;
}

}  // namespace

using conformance::Violation;
using conformance::findings::Failure;

std::vector<Violation> violations_of(const Failure& failure, const scenarios::RunResult& run) {
    std::vector<Violation> found;
    if (run.names != nullptr) {
        conformance::RuleSet rules(semantics_of(run), run.names);
        for (const sim::TraceEvent& event : run.trace) rules.on_event(event);
        rules.at_end();
        for (const Violation& one : rules.violations()) {
            if (one.rule == failure.rule) found.push_back(one);
        }
    }
    if (found.empty()) {
        Violation one;
        one.rule = failure.rule;
        one.clause = failure.clause;
        one.event = run.trace.size();
        one.observed = failure.observed;
        one.required = failure.required;
        one.waits = failure.waits;
        found.push_back(std::move(one));
    }
    const sim::Case clients = clients_of(run);
    for (Violation& one : found) {
        for (std::string* text : {&one.observed, &one.required, &one.waits}) {
            *text = conformance::findings::in_clients_words(clients, *text);
        }
    }
    return found;
}

Picture finding_picture(const scenarios::RunResult& run,
                        const std::vector<Violation>& violations) {
    PictureInput input = picture_input(run);
    input.violations = violations;
    return make_picture(input);
}

}  // namespace oplocksim::reports
