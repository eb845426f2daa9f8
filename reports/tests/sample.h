// Results made by hand, for the tests of the renderers.
#pragma once

#include <string>

#include "reports/listener.h"

namespace oplocksim::reports {

// Everything that text from outside may contain and a report must survive.
inline const std::string kHostile =
    "\x1b[31m ]]> <&\"' \x01\x7f\t\n\r \xff\xc0\xaf \xed\xa0\x80 \xe2\x80\xae" "evil \xef\xbf\xbf";

inline Session sample_session() {
    return {"1.2.3", "docs", {{"lock_vs_rwh_waits", "true"}}, {}};
}

inline scenarios::ScenarioInfo sample_info(const std::string& id) {
    scenarios::ScenarioInfo info;
    info.id = id;
    info.path = id + ".yaml";
    info.title = "Title of " + id;
    info.runs = 1;
    return info;
}

inline scenarios::RunResult sample_pass() {
    scenarios::RunResult result;
    result.scenario = "breaks/write";
    result.title = "A write breaks";
    result.path = "breaks/write.yaml";
    result.case_name = "held=RW";
    result.profile = "docs";
    result.switches = {{"lock_vs_rwh_waits", "true"}};
    scenarios::StepRecord step;
    step.number = 1;
    step.position = {5, 5, 0};
    step.text = "A.create as a: \\data.bin";
    step.happened = {"a completes STATUS_SUCCESS"};
    step.checks = {{true, "a", "succeeds", "completes STATUS_SUCCESS", {5, 5, 0}}};
    result.steps = {step};
    return result;
}

inline scenarios::RunResult sample_fail() {
    scenarios::RunResult result = sample_pass();
    result.verdict = scenarios::Verdict::fail;
    result.reason = "step 2: B.write: expected it to pend";
    result.changed_switches = {"lock_vs_rwh_waits"};
    result.switches = {{"lock_vs_rwh_waits", "false"}};
    result.clauses = {"WRITE-TO-NONE", "NO-SUCH-CLAUSE"};
    scenarios::StepRecord step;
    step.number = 2;
    step.position = {6, 5, 0};
    step.text = "B.write on b";
    step.happened = {"held completes STATUS_SUCCESS"};
    step.checks = {{true, "held", "breaks to NONE", "breaks to NONE", {7, 9, 4}},
                   {false, "B.write", "pends", "completes STATUS_SUCCESS, Information 1",
                    {8, 9, 4}}};
    step.failed = true;
    result.steps.push_back(step);
    scenarios::StepRecord after;
    after.number = 3;
    after.text = "a step after the failing one";
    result.steps.push_back(after);
    return result;
}

inline scenarios::RunResult sample_hostile() {
    scenarios::RunResult result = sample_fail();
    result.title = result.case_name = result.reason = result.path = kHostile;
    result.steps[1].text = result.steps[1].happened[0] = kHostile;
    result.steps[1].checks[1].subject = kHostile;
    result.steps[1].checks[1].expected = kHostile;
    result.steps[1].checks[1].observed = std::string(100'000, 'x');
    result.clauses = {kHostile};
    return result;
}

// One session with every kind of outcome, told to `listener`.
inline void tell_everything(Listener& listener) {
    Summary summary;
    listener.on_begin(sample_session());
    listener.on_file_begin(sample_info("breaks/write"));
    scenarios::RunResult skipped = sample_pass();
    skipped.verdict = scenarios::Verdict::skip;
    skipped.reason = "written for ms-fsa";
    scenarios::RunResult error = sample_pass();
    error.verdict = scenarios::Verdict::error;
    error.reason = "more than 10,000 steps";
    for (const auto& result : {sample_pass(), sample_fail(), skipped, error, sample_hostile()}) {
        listener.on_run(result);
        summary.count(result.verdict);
    }
    listener.on_file_end();
    const scenarios::Diagnostic diagnostic{"bad.yaml", {3, 1, 4}, "unknown key " + kHostile,
                                           "did you mean 'step'?", "stps: []"};
    listener.on_invalid("bad.yaml", {&diagnostic, 1});
    summary.files = 1;
    summary.invalid = 1;
    listener.on_end(summary);
}

}  // namespace oplocksim::reports
