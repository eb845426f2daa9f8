#include "tools/fuzz_traces.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "conformance/findings/finding.h"
#include "conformance/fuzz/campaign.h"
#include "conformance/fuzz/fuzz_run.h"
#include "reports/json.h"
#include "sim/schedulers.h"
#include "sim/trace_json.h"

namespace oplocksim::tools {
namespace {

namespace fuzz = conformance::fuzz;

// What is left when the schedule is over goes on, as long as this; it is finite anyway.
constexpr std::size_t kMaxFurtherChoices = 100'000;

std::string header_of(const fuzz::FoundCase& found, engine::Profile profile, std::uint64_t seed,
                      std::uint64_t run) {
    scenarios::RunResult header;
    header.scenario = "seed " + std::to_string(seed) + ", run " + std::to_string(run);
    header.profile = to_string(profile);
    header.switches = conformance::findings::changed_switches(found.of.semantics, profile);
    for (const auto& [name, value] : header.switches) header.changed_switches.push_back(name);
    return reports::trace_header_json(header);
}

void carry_out(const fuzz::FoundCase& found, sim::TraceSink& trace) {
    const sim::CaseStart start(found.of, &trace);
    sim::RunState state = start.state();
    sim::CaseRun run(start, state, &trace);
    std::vector<sim::Choice> choices;
    for (const sim::Choice wanted : found.schedule) {
        run.choices(choices);
        if (std::ranges::find(choices, wanted) != choices.end()) run.apply(wanted);
    }
    sim::FifoChoices fifo;
    static_cast<void>(run.run(fifo, kMaxFurtherChoices));
    run.terminate_all();
}

}  // namespace

void write_fuzz_traces(const FuzzArguments& arguments, std::uint64_t seed, std::uint64_t first,
                       std::uint64_t last, const std::function<bool()>& stop,
                       reports::Sink& sink) {
    fuzz::FuzzRun random;
    fuzz::Choices choices;
    fuzz::FuzzRun::Options options;
    if (!arguments.draws_semantics) options.semantics = arguments.semantics.semantics();
    for (std::uint64_t run = first; run < last && !stop(); ++run) {
        if (run % arguments.shards != arguments.shard - 1) continue;
        choices.begin({}, fuzz::seed_of_run(seed, run));
        random.run(choices, options);
        const fuzz::FoundCase found = random.found_case();
        sink.write(header_of(found, arguments.semantics.profile, seed, run));
        sim::TraceJsonWriter writer(*found.of.names,
                                    [&sink](std::string_view text) { sink.write(text); });
        carry_out(found, writer);
    }
}

}  // namespace oplocksim::tools
