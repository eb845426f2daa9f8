#include "conformance/findings/scenario_text.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "conformance/findings/plan.h"
#include "conformance/findings/scenario_plan.h"
#include "conformance/findings/tests/finding_testing.h"
#include "scenarios/corpus.h"
#include "scenarios/runner.h"
#include "sim/trace_json.h"

namespace oplocksim::conformance::findings {
namespace {

using testing::RandomCase;
using testing::random_case;

// Sanitizers and debug builds look at fewer.
#ifdef NDEBUG
constexpr std::uint64_t kSeeds = 3'000;
#else
constexpr std::uint64_t kSeeds = 300;
#endif

std::string problems(const scenarios::LoadResult& loaded) {
    std::string text;
    for (const auto& diagnostic : loaded.diagnostics) text += render(diagnostic);
    return text;
}

// Ids by the order in which they appear, so that traces of the same run under other ids are equal.
class Renumbered {
 public:
    template <typename Id>
    void rename(Id& id, const char* kind) {
        if (!id) return;
        std::map<std::uint32_t, std::uint32_t>& known = known_[kind];
        const auto next = static_cast<std::uint32_t>(known.size() + 1);
        id.value = known.try_emplace(id.value, next).first->second;
    }

 private:
    std::map<std::string, std::map<std::uint32_t, std::uint32_t>> known_;
};

// What a caller sees; not the end of threads that never did anything, which scenarios leave out.
std::string seen(const sim::Names& names, std::vector<sim::TraceEvent> events) {
    std::set<sim::ThreadId> active;
    for (const sim::TraceEvent& event : events) {
        if (event.kind == sim::TraceEventKind::issue) active.insert(event.thread);
    }
    std::erase_if(events, [&](const sim::TraceEvent& event) {
        const bool idle = event.kind == sim::TraceEventKind::thread_exit &&
                          !active.contains(event.thread);
        return idle || !observable(event.kind);
    });
    Renumbered ids;
    std::map<std::uint32_t, std::uint32_t> keys;
    for (sim::TraceEvent& event : events) {
        ids.rename(event.process, "process");
        ids.rename(event.thread, "thread");
        ids.rename(event.request.target_process, "process");
        event.why = {};
        event.request.data = event.request.data == 0 ? 0 : 1;
        for (sim::OplockKey* key : {&event.request.target_key, &event.request.parent_key}) {
            if (*key == sim::OplockKey{}) continue;
            const auto next = static_cast<std::uint32_t>(keys.size() + 1);
            key->value = keys.try_emplace(key->value, next).first->second;
        }
    }
    return sim::to_json_lines(names, events);
}

std::string trace_of(const Plan& plan) {
    OracleOptions options;
    options.clients_die = false;
    const Failure none;
    sim::TraceRecorder recorder;
    static_cast<void>(carry_out(plan, options, &none, &recorder));
    return seen(*plan.of.names, recorder.events());
}

// The text gives the same run again, however it is run.
void expect_round_trip(const Finding& finding, engine::Profile profile, const std::string& what) {
    const std::string text = scenario_text(finding);
    const auto loaded = scenarios::load_scenario("written.yaml", text, nullptr);
    ASSERT_NE(loaded.scenario, nullptr) << what << "\n" << text << problems(loaded);
    scenarios::RunOptions options;
    options.profile = profile;
    options.keep_trace = true;
    options.go_on_after_failure = true;
    const std::string expected = trace_of(plan_of(finding.of, finding.schedule));
    run_scenario(*loaded.scenario, options, [&](const scenarios::RunResult& result) {
        EXPECT_EQ(seen(*result.names, result.trace), expected) << what << "\n" << text;
        EXPECT_EQ(result.verdict, scenarios::Verdict::pass)
            << what << ": " << result.reason << "\n" << text;
        return true;
    });
    for_each_case(*loaded.scenario, options, [&](const scenarios::ScenarioCase& again) {
        EXPECT_EQ(trace_of(plan_of(again)), expected) << what << "\n" << text;
        return true;
    });
}

TEST(ScenarioText, RandomCasesGoRound) {
    for (std::uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
        RandomCase one = random_case(seed, 3, 8);
        Finding finding{std::move(one.of), std::move(one.schedule), {}, {}};
        finding.failure.choice = finding.schedule.size();
        expect_round_trip(finding, engine::Profile::docs, "seed " + std::to_string(seed));
    }
}

TEST(ScenarioText, TheCorpusGoesRound) {
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        const auto loaded = scenarios::load_shipped(file);
        ASSERT_NE(loaded.scenario, nullptr);
        scenarios::RunOptions options;
        for_each_case(*loaded.scenario, options, [&](const scenarios::ScenarioCase& scenario) {
            if (!scenario.skipped.empty()) return true;
            const CaseAndSchedule run = to_case(plan_of(scenario));
            Finding finding{run.of, run.schedule, {}, {}};
            finding.failure.choice = run.schedule.size();
            expect_round_trip(finding, engine::Profile::docs, std::string(file.path));
            return !HasFailure();
        });
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace oplocksim::conformance::findings
