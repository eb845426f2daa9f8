#include "reports/html_suite.h"

#include "conformance/reproduce.h"
#include "conformance/rules/rules.h"
#include "reports/html_run.h"

namespace oplocksim::reports {
namespace {

using conformance::Cell;
using conformance::CellResult;
using conformance::CellTrace;
using conformance::CellVerdict;
using conformance::SuiteCase;
using conformance::SuiteOptions;
using conformance::SuiteReport;

// What a cell's id has after its table, state and subject: "other-key", "somebody-waits/section".
std::string condition_of(const Cell& cell) {
    constexpr int kNamedParts = 3;
    std::size_t at = 0;
    for (int part = 0; part < kNamedParts; ++part) {
        const std::size_t slash = cell.id.find('/', at);
        if (slash == std::string::npos) return {};
        at = slash + 1;
    }
    return cell.id.substr(at);
}

// "[a=b]" behind the id of a cell that has several outcomes.
std::string variant_of(const SuiteCase& one, const std::string& group) {
    return one.id.size() > group.size() ? one.id.substr(group.size() + 1) : std::string();
}

HtmlGroup rule_group(const SuiteCase& one) {
    constexpr std::string_view kPrefix = "rules/";
    HtmlGroup group{"rule", one.id, one.title, "", ""};
    if (!one.id.starts_with(kPrefix)) return group;
    const auto* rule = conformance::find_rule(std::string_view(one.id).substr(kPrefix.size()));
    if (rule != nullptr) group.about = rule->documentation;
    return group;
}

}  // namespace

void HtmlSuiteReport::begin(const SuiteOptions& options) {
    HtmlHead head;
    head.verb = "conform";
    head.version = options.version;
    head.profile = engine::to_string(options.profile);
    head.gate = to_string(options.gate);
    engine::Semantics semantics = engine::semantics_of(options.profile);
    for (const auto& [name, value] : options.switches) {
        static_cast<void>(engine::set_switch(semantics, name, value));
    }
    for (const engine::SwitchInfo& info : engine::switches()) {
        head.switches.emplace_back(info.name, engine::switch_value(semantics, info.name));
    }
    head.given = options.switches;
    head.selection = options.selection;
    report_.begin(head);
}

void HtmlSuiteReport::on_file_begin(const scenarios::ScenarioInfo& info) {
    group_ = {"scenario", "corpus/" + info.id, info.title, info.description, info.path};
    report_.begin_group(info.sources);
}

void HtmlSuiteReport::on_scenario(const SuiteCase& one, const scenarios::RunResult& result) {
    known_[one.id] = {group_, reports::variant_of(result),
                      conformance::reproduce_command(result),
                      add_run_detail(report_, result), std::nullopt};
}

void HtmlSuiteReport::on_file_end() { report_.end_group(); }

void HtmlSuiteReport::on_cell_begin(const Cell& cell) {
    group_ = {std::string(to_string(cell.table)), cell.id, "", "", ""};
    report_.begin_group({});
}

void HtmlSuiteReport::on_cell(const SuiteCase& one, const CellResult& result,
                              std::span<const CellTrace> traces) {
    HtmlDetail detail;
    detail.passed = result.verdict != CellVerdict::fail;
    std::vector<HtmlPicture> pictures;
    const bool drawn = !detail.passed || report_.has_room_for_passing();
    for (const CellTrace& trace : traces) {
        if (!drawn) break;
        PictureInput input;
        input.events = trace.events;
        input.names = trace.names;
        input.semantics = trace.semantics;
        pictures.push_back({trace.ending, make_picture(input)});
    }
    detail.pictures = pictures;
    HtmlDetailRef place;
    if (!traces.empty()) place = report_.add_detail(detail);
    known_[one.id] = {group_, variant_of(one, group_.id), one.reproduce, place,
                      HtmlCell{group_.kind, result.cell->state.text, result.cell->subject,
                               condition_of(*result.cell), result.expected}};
}

void HtmlSuiteReport::on_cell_end() { report_.end_group(); }

void HtmlSuiteReport::rows_of(const HtmlGroup& group, std::span<const SuiteCase> cases) {
    std::vector<HtmlCase> rows;
    for (const SuiteCase& one : cases) {
        HtmlCase row;
        row.verdict = one.verdict;
        row.obligation = one.obligation;
        row.clauses = one.clauses;
        row.message = one.message;
        row.reason = one.reason;
        row.link = one.link;
        row.reproduce = one.reproduce;
        const auto known = known_.find(one.id);
        if (known != known_.end()) {
            row.variant = known->second.variant;
            row.reproduce = known->second.reproduce;
            row.detail = known->second.detail;
            row.cell = known->second.cell;
        }
        rows.push_back(std::move(row));
    }
    report_.rows(group, rows);
}

void HtmlSuiteReport::finish(const SuiteReport& report) {
    const auto group_of = [this](const SuiteCase& one) {
        const auto known = known_.find(one.id);
        if (known != known_.end()) return known->second.group;
        if (one.group == "rules") return rule_group(one);
        return HtmlGroup{"file", one.id, one.title, "", ""};
    };
    const std::span<const SuiteCase> cases = report.cases;
    for (std::size_t first = 0; first < cases.size();) {
        const HtmlGroup group = group_of(cases[first]);
        std::size_t end = first + 1;
        while (end < cases.size() && group_of(cases[end]).id == group.id) ++end;
        rows_of(group, cases.subspan(first, end - first));
        first = end;
    }
    HtmlEnd end;
    end.conforms = report.conforms();
    end.interrupted = report.interrupted;
    end.runs = report.runs;
    end.stale = report.stale;
    end.coverage = &report.coverage;
    report_.finish(end);
}

}  // namespace oplocksim::reports
