#include "reports/json.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "conformance/reproduce.h"
#include "reports/text.h"

namespace oplocksim::reports {
namespace {

// Members keep the order they are written in: the report is read by people too.
using Json = nlohmann::ordered_json;

using scenarios::Check;
using scenarios::Diagnostic;
using scenarios::RunResult;
using scenarios::StepRecord;
using scenarios::Verdict;

constexpr int kCompact = -1;
constexpr int kIndented = 2;
// Keeps the line that names a run well below what readers of traces accept.
constexpr std::size_t kMaxNamedOperations = 4'000;

std::string dumped(const Json& value, int indent) {
    return undeceptive_json(value.dump(indent, ' ', false, Json::error_handler_t::replace));
}

Json pairs_json(const std::vector<std::pair<std::string, std::string>>& pairs) {
    Json object = Json::object();
    for (const auto& [name, value] : pairs) object[name] = value;
    return object;
}

Json position_json(const scenarios::Position& position) {
    return {{"line", position.line}, {"column", position.column}, {"length", position.length}};
}

Json diagnostic_json(const Diagnostic& diagnostic) {
    Json object{{"path", diagnostic.path},
                {"position", position_json(diagnostic.position)},
                {"message", diagnostic.message}};
    if (!diagnostic.hint.empty()) object["hint"] = diagnostic.hint;
    return object;
}

Json check_json(const Check& check) {
    Json object{{"passed", check.passed},
                {"subject", check.subject},
                {"expected", check.expected},
                {"observed", check.observed},
                {"position", position_json(check.position)}};
    if (!check.path.empty()) object["path"] = check.path;
    return object;
}

Json step_json(const StepRecord& step) {
    Json checks = Json::array();
    for (const Check& check : step.checks) checks.push_back(check_json(check));
    Json object{{"number", step.number}, {"line", step.position.line}, {"text", step.text},
                {"failed", step.failed}, {"skipped", step.skipped},    {"happened", step.happened},
                {"checks", checks},      {"clauses", step.clauses}};
    if (!step.path.empty()) object["path"] = step.path;
    return object;
}

Json run_json(const RunResult& result, bool all_steps) {
    Json changed = Json::object();
    for (const std::string& name : result.changed_switches) {
        changed[name] = switch_value_of(result, name);
    }
    std::size_t checks = 0;
    for (const StepRecord& step : result.steps) checks += step.checks.size();
    Json run{{"scenario", result.scenario},
             {"title", result.title},
             {"case", result.case_name},
             {"profile", result.profile},
             {"changed_switches", changed},
             {"verdict", scenarios::to_string(result.verdict)},
             {"reason", result.reason},
             {"clauses", result.clauses},
             {"checks", checks}};
    const bool bad = result.verdict == Verdict::fail || result.verdict == Verdict::error;
    if (bad) run["reproduce"] = conformance::reproduce_command(result);
    if (!bad && !all_steps) return run;
    Json steps = Json::array();
    for (const StepRecord& step : result.steps) steps.push_back(step_json(step));
    run["steps"] = steps;
    return run;
}

Json clause_json(const conformance::Clause& clause) {
    Json object{{"id", clause.id},
                {"document", clause.document},
                {"source", clause.source},
                {"section", clause.section},
                {"obligation", clause.obligation},
                {"applies_to", clause.applies_to},
                {"text", clause.text}};
    if (!clause.decision.empty()) object["decision"] = clause.decision;
    return object;
}

// An NTSTATUS with its number, as headers print it.
Json status_json(engine::NtStatus status) {
    const auto& info = engine::nt_status_info(status);
    return {{"name", info.name},
            {"value", static_cast<std::uint32_t>(status)},
            {"win32", info.win32_error},
            {"win32_name", info.win32_name}};
}

Json output_json(const sim::RequestOplockOutputBuffer& output) {
    return {{"original_oplock_level", output.original_oplock_level},
            {"new_oplock_level", output.new_oplock_level},
            {"flags", output.flags},
            {"access_mode", output.access_mode},
            {"share_mode", output.share_mode}};
}

Json seen_json(const conformance::Seen& seen) {
    Json object{{"completed", seen.completed}};
    if (!seen.completed) return object;
    object["status"] = status_json(seen.status);
    object["information"] = seen.information;
    if (seen.output) object["output"] = output_json(*seen.output);
    return object;
}

Json answer_json(const conformance::WhatIfAnswer& answer) {
    Json holders = Json::array();
    for (const conformance::HolderSeen& holder : answer.holders) {
        holders.push_back({{"held", engine::to_string(holder.held)},
                           {"broken", holder.notice.completed},
                           {"to", engine::to_string(holder.to)},
                           {"acknowledgment_required", holder.acknowledgment_required},
                           {"notice", seen_json(holder.notice)}});
    }
    Json acknowledgments = Json::array();
    for (const conformance::AcknowledgmentSeen& one : answer.acknowledgments) {
        acknowledgments.push_back({{"name", one.name},
                                   {"accepts_offer", one.accepts_offer},
                                   {"pended", one.pended},
                                   {"answer", seen_json(one.acknowledgment)},
                                   {"operation", seen_json(one.operation)}});
    }
    return {{"summary", conformance::summary_of(answer)},
            {"waits", answer.waits()},
            {"thread_blocked", answer.blocked},
            {"holders", holders},
            {"operation", seen_json(answer.operation)},
            {"operation_after_acknowledgments", seen_json(answer.final_operation)},
            {"acknowledgments", acknowledgments}};
}

Json question_json(const conformance::WhatIfQuestion& question) {
    Json held = Json::array();
    for (const engine::OplockType type : question.held) held.push_back(engine::to_string(type));
    const auto operation = static_cast<std::size_t>(question.operation);
    return {{"held", held},
            {"operation", conformance::what_if_operations()[operation].name},
            {"same_key", question.same_key},
            {"directory", question.directory},
            {"access", question.access},
            {"share", question.share},
            {"disposition", static_cast<unsigned>(question.disposition)},
            {"options", question.options},
            {"owner_access", question.owner_access},
            {"owner_share", question.owner_share}};
}

Json effect_json(const conformance::SwitchEffect& effect) {
    Json object{{"switch", effect.name}, {"decision", effect.decision}, {"value", effect.value}};
    if (effect.problem.empty()) {
        object["answer"] = answer_json(effect.answer);
    } else {
        object["problem"] = effect.problem;
    }
    return object;
}

}  // namespace

void JsonReport::on_begin(const Session& session) {
    Json head{{"format", "oplocksim-report"},
              {"format_version", kReportVersion},
              {"version", session.version},
              {"profile", session.profile},
              {"switches", pairs_json(session.switches)}};
    std::string text = dumped(head, kCompact);
    text.pop_back();   // the closing brace: more members follow
    sink_.write(text + ",\n\"files\": [");
}

void JsonReport::write_file(const std::string& text) {
    sink_.write(first_file_ ? "\n" : ",\n");
    sink_.write(text);
    first_file_ = false;
}

void JsonReport::on_invalid(const std::string& path, std::span<const Diagnostic> diagnostics) {
    Json rows = Json::array();
    for (const Diagnostic& diagnostic : diagnostics) rows.push_back(diagnostic_json(diagnostic));
    write_file(dumped({{"path", path}, {"diagnostics", rows}}, kCompact));
}

void JsonReport::on_file_begin(const scenarios::ScenarioInfo& info) {
    file_ = dumped({{"id", info.id}, {"path", info.path}}, kCompact);
    file_.pop_back();
    runs_.clear();
}

void JsonReport::on_run(const RunResult& result) {
    runs_ += runs_.empty() ? "\n  " : ",\n  ";
    runs_ += dumped(run_json(result, all_steps_), kCompact);
}

void JsonReport::on_file_end() { write_file(file_ + ",\"runs\": [" + runs_ + "]}"); }

void JsonReport::on_end(const Summary& summary) {
    const Json counts{{"files", summary.files},     {"invalid_files", summary.invalid},
                      {"runs", summary.runs},       {"passed", summary.passed},
                      {"failed", summary.failed},   {"skipped", summary.skipped},
                      {"errors", summary.errors},   {"interrupted", summary.interrupted}};
    sink_.write("\n],\n\"summary\": " + dumped(counts, kCompact) + "}\n");
}

std::string scenarios_json(std::span<const scenarios::ScenarioInfo> infos) {
    Json rows = Json::array();
    for (const scenarios::ScenarioInfo& info : infos) {
        rows.push_back({{"id", info.id},
                        {"title", info.title},
                        {"path", info.path},
                        {"description", info.description},
                        {"clauses", info.clauses},
                        {"profiles", info.profiles},
                        {"runs", info.runs}});
    }
    return dumped({{"scenarios", rows}}, kIndented) + "\n";
}

std::string clauses_json(std::span<const conformance::Clause> clauses) {
    Json rows = Json::array();
    for (const conformance::Clause& clause : clauses) {
        Json row = clause_json(clause);
        for (const conformance::ClauseSource& source : clause.also) {
            row["also"].push_back(to_string(source));
        }
        if (!clause.unchecked.empty()) row["unchecked"] = clause.unchecked;
        rows.push_back(std::move(row));
    }
    return dumped({{"clauses", rows}}, kIndented) + "\n";
}

std::string switches_json() {
    Json rows = Json::array();
    for (const engine::SwitchInfo& info : engine::switches()) {
        Json profiles = Json::object();
        for (int i = 0; i < engine::kProfileCount; ++i) {
            const auto profile = static_cast<engine::Profile>(i);
            profiles[std::string(engine::to_string(profile))] =
                engine::switch_value(engine::semantics_of(profile), info.name);
        }
        rows.push_back({{"name", info.name},
                        {"decision", info.decision},
                        {"summary", info.summary},
                        {"values", std::vector<std::string_view>(info.values.begin(),
                                                                 info.values.end())},
                        {"profiles", profiles}});
    }
    return dumped({{"switches", rows}}, kIndented) + "\n";
}

std::string profiles_json() {
    Json rows = Json::array();
    for (int i = 0; i < engine::kProfileCount; ++i) {
        const auto profile = static_cast<engine::Profile>(i);
        const engine::Semantics semantics = engine::semantics_of(profile);
        Json values = Json::object();
        for (const engine::SwitchInfo& info : engine::switches()) {
            values[std::string(info.name)] = engine::switch_value(semantics, info.name);
        }
        rows.push_back({{"name", engine::to_string(profile)}, {"switches", values}});
    }
    return dumped({{"profiles", rows}}, kIndented) + "\n";
}

std::string diagnostics_json(std::span<const Diagnostic> diagnostics, std::size_t files) {
    Json errors = Json::array();
    Json warnings = Json::array();
    for (const Diagnostic& diagnostic : diagnostics) {
        const bool warning = diagnostic.severity == scenarios::Severity::warning;
        (warning ? warnings : errors).push_back(diagnostic_json(diagnostic));
    }
    const Json document{{"files", files}, {"diagnostics", errors}, {"warnings", warnings}};
    return dumped(document, kIndented) + "\n";
}

std::string what_if_json(const conformance::WhatIfQuestion& question,
                         const conformance::WhatIfResult& result) {
    Json document{{"question", question_json(question)}};
    if (!result.problem.empty()) {
        document["problem"] = result.problem;
        return dumped(document, kIndented) + "\n";
    }
    document["answer"] = answer_json(result.answer);
    Json reasons = Json::array();
    for (const engine::Why& why : result.whys) {
        reasons.push_back({{"rule", engine::name_of(why.rule)},
                           {"held", engine::to_string(why.held)},
                           {"operation", engine::to_string(why.operation)}});
    }
    document["reasons"] = reasons;
    Json clauses = Json::array();
    for (const std::string_view id : result.clauses) {
        const conformance::Clause* clause = conformance::find_clause(id);
        if (clause != nullptr) clauses.push_back(clause_json(*clause));
    }
    document["clauses"] = clauses;
    Json effects = Json::array();
    for (const conformance::SwitchEffect& effect : result.switches) {
        effects.push_back(effect_json(effect));
    }
    document["switches_that_change_the_answer"] = effects;
    return dumped(document, kIndented) + "\n";
}

std::string trace_header_json(const RunResult& result) {
    Json switches = Json::object();
    for (const std::string& name : result.changed_switches) {
        switches[name] = switch_value_of(result, name);
    }
    Json header{{"run", result.scenario},
                {"case", result.case_name},
                {"profile", result.profile},
                {"changed_switches", switches}};
    for (const scenarios::ThreadName& one : result.threads) {
        header["clients"].push_back({{"process", one.process.value},
                                     {"thread", one.thread.value},
                                     {"client", one.client},
                                     {"name", one.name}});
    }
    const std::size_t named = std::min(result.irp_names.size(), kMaxNamedOperations);
    for (const auto& [irp, name] : std::span(result.irp_names).first(named)) {
        header["operations"].push_back({{"irp", irp.value}, {"name", name}});
    }
    return dumped(header, kCompact) + "\n";
}

}  // namespace oplocksim::reports
