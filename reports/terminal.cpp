#include "reports/terminal.h"

#include <algorithm>

#include "conformance/clauses.h"
#include "conformance/reproduce.h"
#include "reports/text.h"
#include "reports/timeline.h"
#include "scenarios/text.h"

namespace oplocksim::reports {
namespace {

using scenarios::Check;
using scenarios::escaped;
using scenarios::RunResult;
using scenarios::StepRecord;
using scenarios::Verdict;

// A failure is shown with so many steps before it; `run -v` shows all.
constexpr std::ptrdiff_t kStepsBeforeFailure = 12;

constexpr std::string_view kReset = "\x1b[0m";

std::string_view colour_of(Style style) {
    switch (style) {
        case Style::plain: return "";
        case Style::good: return "\x1b[32m";
        case Style::bad: return "\x1b[31m";
        case Style::warning: return "\x1b[33m";
        case Style::dim: return "\x1b[2m";
        case Style::strong: return "\x1b[1m";
    }
    return "";
}

std::string_view word_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::pass: return "PASS";
        case Verdict::fail: return "FAIL";
        case Verdict::skip: return "SKIP";
        case Verdict::error: return "ERROR";
    }
    return "";
}

Style style_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::pass: return Style::good;
        case Verdict::fail:
        case Verdict::error: return Style::bad;
        case Verdict::skip: return Style::warning;
    }
    return Style::plain;
}

// The file's verdict is that of its worst run.
Verdict verdict_of(const Summary& file) {
    if (file.errors > 0) return Verdict::error;
    if (file.failed > 0) return Verdict::fail;
    if (file.passed == 0 && file.skipped > 0) return Verdict::skip;
    return Verdict::pass;
}

std::string counts_of(const Summary& file) {
    std::string text = counted(file.runs, "run");
    if (file.failed > 0) text += ", " + std::to_string(file.failed) + " failed";
    if (file.errors > 0) text += ", " + counted(file.errors, "error");
    if (file.skipped > 0) text += ", " + std::to_string(file.skipped) + " skipped";
    return text;
}

// "path:line" of the first failed check, else of the failed step, else of the file; an included
// file's own path.
std::string place_of(const RunResult& result) {
    const auto file = [&](const std::string& included) {
        return included.empty() ? result.path : included;
    };
    for (const StepRecord& step : result.steps) {
        for (const Check& check : step.checks) {
            if (!check.passed && check.position.line > 0) {
                return file(check.path) + ":" + std::to_string(check.position.line);
            }
        }
        if (step.failed) return file(step.path) + ":" + std::to_string(step.position.line);
    }
    return result.path;
}

// Whether expected and observed will stand side by side; the reason then says the same.
bool has_failed_check(const RunResult& result) {
    return std::ranges::any_of(result.steps, [](const StepRecord& step) {
        return std::ranges::any_of(step.checks, [](const Check& one) { return !one.passed; });
    });
}

std::string values_text(const std::vector<std::pair<std::string, std::string>>& values) {
    std::string text;
    for (const auto& [name, value] : values) text += " " + name + "=" + value;
    return text;
}

// The clauses to show: those of the failed steps, or of the whole run.
std::vector<std::string> clauses_to_show(const RunResult& result) {
    std::vector<std::string> ids;
    for (const StepRecord& step : result.steps) {
        if (!step.failed) continue;
        for (const std::string& id : step.clauses) {
            if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
        }
    }
    return ids.empty() ? result.clauses : ids;
}

}  // namespace

std::string styled(std::string_view text, Style style, bool colour) {
    if (!colour || style == Style::plain) return std::string(text);
    return std::string(colour_of(style)) + std::string(text) + std::string(kReset);
}

std::string diagnostic_text(const scenarios::Diagnostic& diagnostic, bool colour) {
    const std::string text = scenarios::render(diagnostic);
    const std::string message = escaped(diagnostic.message);
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end < message.size()) return text;
    const std::size_t at = end - message.size();
    const bool warning = diagnostic.severity == scenarios::Severity::warning;
    return text.substr(0, at) +
           styled(message, warning ? Style::warning : Style::bad, colour) + text.substr(end);
}

TerminalReport::TerminalReport(Sink& sink, TerminalOptions options)
    : sink_(sink), options_(options) {
    options_.width = std::clamp(options_.width, kMinimumWidth, kMaximumWidth);
}

void TerminalReport::line(std::string_view text, Style style) {
    sink_.write(styled(text, style, options_.colour));
    sink_.write("\n");
}

void TerminalReport::paragraph(std::string_view first, std::string_view text, Style style) {
    const std::size_t indent = columns(first);
    const std::size_t room = options_.width > indent + 20 ? options_.width - indent : 20;
    std::string lead(first);
    for (const std::string& row : wrapped(text, room)) {
        sink_.write(lead);
        line(row, style);
        lead.assign(indent, ' ');
    }
}

void TerminalReport::on_begin(const Session& session) { session_ = session; }

void TerminalReport::on_invalid(const std::string& /*path*/,
                                std::span<const scenarios::Diagnostic> diagnostics) {
    for (const scenarios::Diagnostic& diagnostic : diagnostics) {
        sink_.write(diagnostic_text(diagnostic, options_.colour));
    }
}

void TerminalReport::on_file_begin(const scenarios::ScenarioInfo& info) {
    file_id_ = info.id;
    file_ = Summary{};
}

void TerminalReport::on_run(const RunResult& result) {
    file_.count(result.verdict);
    switch (result.verdict) {
        case Verdict::pass:
            if (options_.verbose) show_run(result);
            return;
        case Verdict::skip:
            if (options_.verbose) line("SKIP  " + escaped(result.reason), Style::warning);
            return;
        case Verdict::fail:
        case Verdict::error: show_run(result); return;
    }
}

void TerminalReport::on_file_end() {
    if (file_.runs == 0) return;
    const Verdict verdict = verdict_of(file_);
    const std::string counts = counts_of(file_);
    const std::size_t room = options_.width - std::min(options_.width / 2, counts.size() + 8);
    sink_.write(styled(padded(word_of(verdict), 5), style_of(verdict), options_.colour));
    line(" " + padded(escaped(file_id_), room) + "  " + counts);
}

void TerminalReport::show_run(const RunResult& result) {
    const std::string word(word_of(result.verdict));
    const std::string head = styled(word, style_of(result.verdict), options_.colour);
    bool first = true;
    for (const std::string& row : wrapped(escaped(result.title), options_.width - 6)) {
        sink_.write(first ? head + std::string(6 - word.size(), ' ') : std::string(6, ' '));
        line(row, Style::strong);
        first = false;
    }
    line("      " + escaped(place_of(result)), Style::dim);
    if (!result.case_name.empty()) paragraph("      case ", escaped(result.case_name));
    std::string semantics = result.profile;
    for (const std::string& name : result.changed_switches) {
        semantics += " " + name + "=" + std::string(switch_value_of(result, name));
    }
    paragraph("      profile ", escaped(semantics));
    if (!result.reason.empty() && !has_failed_check(result)) {
        paragraph("      ", escaped(result.reason), style_of(result.verdict));
    }
    line("");
    if (result.trace.empty()) {
        show_steps(result);
    } else {
        show_timeline(result);
    }
    if (result.verdict != Verdict::pass) {
        show_clauses(result);
        // Not wrapped: it is there to be copied.
        line("      reproduce: " + escaped(conformance::reproduce_command(result)), Style::dim);
    }
    line("");
}

// Without a trace there is nothing to draw: a step that could do nothing, or a result made by hand.
void TerminalReport::show_steps(const RunResult& result) {
    for (const StepRecord& step : result.steps) {
        if (step.skipped) continue;
        show_step(step);
        if (step.failed) break;
    }
}

// The whole run, or what came just before the first failure and the failure itself.
void TerminalReport::show_timeline(const RunResult& result) {
    LaneWindow window;
    const auto failed = std::ranges::find(result.steps, true, &StepRecord::failed);
    if (failed != result.steps.end()) {
        window.end_event = failed->last_event;
        if (!options_.verbose && failed - result.steps.begin() > kStepsBeforeFailure) {
            window.first_event = (failed - kStepsBeforeFailure)->first_event;
        }
    }
    sink_.write(timeline_text(make_picture(result, window),
                              {options_.width, options_.colour, options_.unicode}));
    if (result.verdict != Verdict::pass) line("");
}

void TerminalReport::show_step(const StepRecord& step) {
    const std::string number = std::to_string(step.number);
    const std::string lead = (step.failed ? "  > " : "    ") +
                             std::string(number.size() < 3 ? 3 - number.size() : 0, ' ') + number +
                             "  ";
    paragraph(lead, escaped(step.text), step.failed ? Style::bad : Style::plain);
    for (const std::string& event : step.happened) {
        paragraph("           ", escaped(event), Style::dim);
    }
    if (step.failed) show_checks(step);
}

// Expected against observed, side by side.
void TerminalReport::show_checks(const StepRecord& step) {
    const std::string indent = "         ";
    const std::size_t half = (options_.width - indent.size() - 3) / 2;
    for (const Check& check : step.checks) {
        if (check.passed) continue;
        line("");
        if (!check.subject.empty()) paragraph(indent, escaped(check.subject), Style::strong);
        line(indent + padded("expected", half) + " | observed", Style::dim);
        const auto left = wrapped(escaped(check.expected), half);
        const auto right = wrapped(escaped(check.observed), half);
        for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
            const std::string expected = padded(i < left.size() ? left[i] : "", half);
            const std::string observed = i < right.size() ? right[i] : "";
            sink_.write(indent + styled(expected, Style::good, options_.colour) + " | ");
            line(observed, Style::bad);
        }
    }
    line("");
}

void TerminalReport::show_clauses(const RunResult& result) {
    for (const std::string& id : clauses_to_show(result)) {
        const conformance::Clause* clause = conformance::find_clause(id);
        if (clause == nullptr) {
            line("      clause " + escaped(id));
            continue;
        }
        const std::string title = clause->id + " (" + conformance::citation(*clause) + ")";
        paragraph("      clause ", escaped(title), Style::strong);
        paragraph("        ", escaped(clause->text));
    }
}

void TerminalReport::on_end(const Summary& summary) {
    const bool good = summary.failed == 0 && summary.errors == 0 && summary.invalid == 0;
    std::string text = counted(summary.files, "file") + ", " + counted(summary.runs, "run") + ": " +
                       std::to_string(summary.passed) + " passed, " +
                       std::to_string(summary.failed) + " failed, " +
                       std::to_string(summary.skipped) + " skipped, " +
                       counted(summary.errors, "error");
    if (summary.invalid > 0) text += ", " + counted(summary.invalid, "file") + " not valid";
    text += "  (profile " + session_.profile + escaped(values_text(session_.given)) + ")";
    if (summary.interrupted) line("interrupted; the counts are of what was run", Style::warning);
    line(text, good ? Style::good : Style::bad);
}

}  // namespace oplocksim::reports
