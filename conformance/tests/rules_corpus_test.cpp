// The second reading agrees with the first: no rule objects to any run of the corpus, under any
// profile.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "conformance/clauses.h"
#include "conformance/rules/rules.h"
#include "scenarios/corpus.h"
#include "scenarios/runner.h"

namespace oplocksim::conformance {
namespace {

engine::Semantics semantics_of_run(const scenarios::RunResult& run) {
    engine::Semantics semantics;
    for (const auto& [name, value] : run.switches) {
        EXPECT_TRUE(engine::set_switch(semantics, name, value)) << name << '=' << value;
    }
    return semantics;
}

// Rule id to how often it had something to judge.
using Exercised = std::map<std::string_view, std::uint64_t>;

void judge(const scenarios::RunResult& run, Exercised& exercised) {
    if (run.trace.empty()) return;
    RuleSet rules(semantics_of_run(run), run.names);
    for (const sim::TraceEvent& event : run.trace) rules.on_event(event);
    rules.at_end();
    for (const Violation& one : rules.violations()) {
        ADD_FAILURE() << run.scenario << " [" << run.case_name << "] " << run.profile << ", event "
                      << one.event << ": " << one.rule << ' ' << one.property << ' ' << one.clause
                      << "\n  observed: " << one.observed << "\n  required: " << one.required
                      << "\n  " << one.waits;
    }
    for (const RuleReport& report : rules.report()) {
        exercised[report.info->id] += report.exercised;
    }
}

void judge_corpus(engine::Profile profile, Exercised& exercised) {
    scenarios::RunOptions options;
    options.profile = profile;
    options.keep_trace = true;
    options.keep_passing_steps = false;
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        if (scenarios::is_include_only(file.path)) continue;
        const auto loaded = scenarios::load_shipped(file);
        ASSERT_NE(loaded.scenario, nullptr) << file.path;
        scenarios::run_scenario(*loaded.scenario, options, [&](const scenarios::RunResult& run) {
            judge(run, exercised);
            return true;
        });
    }
}

class RulesOnCorpus : public testing::TestWithParam<engine::Profile> {};

TEST_P(RulesOnCorpus, NoRuleObjects) {
    Exercised exercised;
    judge_corpus(GetParam(), exercised);
    for (const RuleInfo& info : rules()) {
        std::printf("%-4s %-32s %8llu\n", std::string(info.property).c_str(),
                    std::string(info.id).c_str(),
                    static_cast<unsigned long long>(exercised[info.id]));
        EXPECT_GT(exercised[info.id], 0u) << info.id << " is not exercised by the corpus";
    }
}

INSTANTIATE_TEST_SUITE_P(Profiles, RulesOnCorpus,
                         testing::Values(engine::Profile::docs, engine::Profile::ms_fsa,
                                         engine::Profile::observed),
                         [](const auto& param) {
                             std::string name(engine::to_string(param.param));
                             std::erase(name, '-');
                             return name;
                         });

TEST(Rules, AreWellDescribed) {
    std::set<std::string_view> ids;
    for (const RuleInfo& info : rules()) {
        EXPECT_TRUE(ids.insert(info.id).second) << info.id;
        EXPECT_FALSE(info.summary.empty()) << info.id;
        EXPECT_FALSE(info.documentation.empty()) << info.id;
        EXPECT_FALSE(info.clauses.empty()) << info.id;
        for (const std::string_view clause : info.clauses) {
            EXPECT_NE(find_clause(clause), nullptr) << info.id << ": " << clause;
        }
        EXPECT_EQ(find_rule(info.id), &info);
    }
    EXPECT_EQ(find_rule("no-such-rule"), nullptr);
}

}  // namespace
}  // namespace oplocksim::conformance
