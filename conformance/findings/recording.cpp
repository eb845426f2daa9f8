#include "conformance/findings/recording.h"

#include <algorithm>
#include <utility>

#include "conformance/findings/plan.h"
#include "conformance/findings/scenario_plan.h"
#include "conformance/findings/scenario_text.h"
#include "conformance/findings/yaml_words.h"
#include "engine/invariant_watch.h"
#include "scenarios/case_of.h"
#include "scenarios/text.h"
#include "sim/trace_json.h"

namespace oplocksim::conformance::findings {
namespace {

scenarios::RunResult run_of(const scenarios::LoadedScenario& scenario,
                            scenarios::RunOptions options) {
    options.keep_trace = true;
    options.keep_passing_steps = true;
    options.go_on_after_failure = true;
    scenarios::RunResult kept;
    run_scenario(scenario, options, [&](scenarios::RunResult result) {
        kept = std::move(result);
        return false;
    });
    return kept;
}

std::string trace_text(const scenarios::RunResult& run) {
    return run.names == nullptr ? "" : sim::to_json_lines(*run.names, run.trace);
}

std::string recorded_text(const Finding& finding, std::string_view trace) {
    const Provenance& from = finding.provenance;
    std::string text = "recorded:\n";
    const auto add = [&](const char* key, const std::string& value) {
        if (!value.empty()) text += "  " + std::string(key) + ": " + value + "\n";
    };
    const auto quoted = [](const std::string& value) {
        return value.empty() ? value : yaml_text(value);
    };
    add("version", quoted(from.version));
    add("profile", std::string(to_string(from.profile)));
    std::string switches;
    for (const auto& [name, value] : changed_switches(finding.of.semantics, from.profile)) {
        switches += (switches.empty() ? "" : ", ") + name + ": " + value;
    }
    if (!switches.empty()) add("switches", "{" + switches + "}");
    if (from.seed) add("seed", std::to_string(*from.seed));
    if (from.run) add("run", std::to_string(*from.run));
    add("rule", quoted(finding.failure.rule));
    add("clause", quoted(finding.failure.clause));
    text += "  trace: |\n";
    for (const std::string_view line : scenarios::split(trace, '\n')) {
        if (!line.empty()) text += "    " + std::string(line) + "\n";
    }
    return text;
}

using Members = std::vector<std::pair<std::string, std::string>>;

// `{"a":1,"b":{"c":2}}` as its members, `a` and `b.c`, values as they stand there. Traces nest
// twice; what is deeper stays together.
Members members_of(std::string_view line, const std::string& prefix = {}) {
    Members members;
    std::string part;
    int depth = 0;
    bool quoted = false;
    const auto end_member = [&] {
        const auto colon = part.find("\":");
        if (colon != std::string::npos && part.starts_with('"')) {
            const std::string name = prefix + part.substr(1, colon - 1);
            const std::string value = part.substr(colon + 2);
            const bool nested = prefix.empty() && value.starts_with('{');
            const Members inner = nested ? members_of(value, name + ".") : Members{{name, value}};
            members.insert(members.end(), inner.begin(), inner.end());
        }
        part.clear();
    };
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char byte = line[i];
        if (quoted && byte == '\\' && i + 1 < line.size()) {
            part += byte;
            part += line[++i];
            continue;
        }
        if (byte == '"') quoted = !quoted;
        if (!quoted && (byte == '{' || byte == '[') && ++depth == 1) continue;
        if (!quoted && (byte == '}' || byte == ']') && --depth == 0) break;
        if (!quoted && byte == ',' && depth == 1) {
            end_member();
        } else {
            part += byte;
        }
    }
    end_member();
    return members;
}

std::vector<ChangedMember> changed_members(std::string_view recorded, std::string_view now) {
    const auto before = members_of(recorded);
    const auto after = members_of(now);
    const auto value_in = [](const auto& members, const std::string& name) {
        const auto found = std::ranges::find(members, name, &Members::value_type::first);
        return found == members.end() ? std::string() : found->second;
    };
    std::vector<ChangedMember> changed;
    for (const auto& [name, value] : before) {
        const std::string other = value_in(after, name);
        if (other != value) changed.push_back({name, value, other});
    }
    for (const auto& [name, value] : after) {
        if (value_in(before, name).empty()) changed.push_back({name, "", value});
    }
    return changed;
}

std::string_view next_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

// Which step of a run an event is of: `line` 2 is the first event.
void place_in_run(const scenarios::RunResult& run, TraceDifference& difference) {
    if (difference.line < 2) return;
    const std::size_t event = difference.line - 2;
    for (const scenarios::StepRecord& step : run.steps) {
        if (step.first_event > event) break;
        difference.step = step.number;
        difference.step_text = step.text;
    }
}

// What of a run violates the statement `rule`, "always b".
std::optional<Failure> violated_statement(const scenarios::RunResult& run, std::string_view rule) {
    for (const scenarios::StepRecord& step : run.steps) {
        for (const scenarios::Check& check : step.checks) {
            const std::string kind = check.expected.substr(0, check.expected.find(' '));
            if (check.passed || kind + " " + check.subject != rule) continue;
            return Failure{std::string(rule), {}, check.subject + " " + check.observed,
                           check.expected, {}, 0};
        }
    }
    return std::nullopt;
}

bool is_statement(std::string_view rule) {
    return rule.starts_with("always ") || rule.starts_with("never ") ||
           rule.starts_with("eventually ");
}

OracleOptions oracle_for(const scenarios::RunModel& model, std::string_view rule) {
    OracleOptions options;
    options.deadlock = rule == kDeadlock ||
                       (rule.empty() && !model.programs.empty() &&
                        model.deadlock == scenarios::DeadlockPolicy::forbidden);
    return options;
}

}  // namespace

RecordedScenario recorded_scenario(const Finding& finding) {
    const engine::InvariantWatch watch;   // a run with a fault is recorded as it is
    RecordedScenario made;
    const std::string scenario = scenario_text(finding);
    const auto loaded = scenarios::load_scenario("finding.yaml", scenario, nullptr);
    if (loaded.scenario == nullptr) {
        made.problem = "a run that scenarios cannot say: " + loaded.diagnostics.front().message;
        return made;
    }
    scenarios::RunOptions options;
    options.profile = finding.provenance.profile;
    made.run = run_of(*loaded.scenario, options);
    made.text = scenario + recorded_text(finding, trace_text(made.run));
    return made;
}

std::optional<TraceDifference> compare_traces(std::string_view recorded, std::string_view now) {
    for (std::size_t line = 1; !recorded.empty() || !now.empty(); ++line) {
        TraceDifference difference;
        difference.line = line;
        difference.recorded = next_line(recorded);
        difference.now = next_line(now);
        if (difference.recorded == difference.now) continue;
        if (!difference.recorded.empty() && !difference.now.empty()) {
            difference.members = changed_members(difference.recorded, difference.now);
        }
        return difference;
    }
    return std::nullopt;
}

Replay replay(const scenarios::LoadedScenario& scenario, const scenarios::RunOptions& options) {
    const engine::InvariantWatch watch;   // of the run that the trace is compared with
    Replay result;
    const std::optional<scenarios::Recorded>& recorded = scenarios::recorded(scenario);
    scenarios::RunOptions as_recorded = options;
    if (recorded) {
        as_recorded.profile = recorded->profile;
        as_recorded.switches = recorded->switches;
    }
    if (scenarios::info(scenario).runs != 1) {
        result.problem = "a scenario with several runs cannot be replayed";
        return result;
    }
    result.run = run_of(scenario, as_recorded);
    if (result.run.verdict == scenarios::Verdict::skip) {
        result.problem = result.run.reason;
        return result;
    }
    if (recorded) {
        result.difference = compare_traces(recorded->trace, trace_text(result.run));
        if (result.difference) place_in_run(result.run, *result.difference);
    }
    if (recorded && is_statement(recorded->rule)) {
        result.failure = violated_statement(result.run, recorded->rule);
        return result;
    }
    for_each_case(scenario, as_recorded, [&](const scenarios::ScenarioCase& one) {
        const Failure like{recorded ? recorded->rule : "", recorded ? recorded->clause : "",
                           {}, {}, {}, 0};
        const OracleOptions judges = oracle_for(one.model, like.rule);
        result.failure =
            carry_out(plan_of(one), judges, like.rule.empty() ? nullptr : &like).failure;
        if (result.failure) {
            result.failure->observed = in_clients_words(one.of, result.failure->observed);
            result.failure->required = in_clients_words(one.of, result.failure->required);
            result.failure->waits = in_clients_words(one.of, result.failure->waits);
        }
        return false;
    });
    return result;
}

}  // namespace oplocksim::conformance::findings
