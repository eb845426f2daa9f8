#include "reports/explanation.h"

#include <algorithm>

#include "conformance/clauses.h"
#include "reports/lanes.h"
#include "reports/text.h"
#include "reports/timeline.h"
#include "scenarios/constant_tables.h"

namespace oplocksim::reports {
namespace {

using conformance::AcknowledgmentSeen;
using conformance::HolderSeen;
using conformance::WhatIfAnswer;
using engine::RequestOplockOutputBuffer;

constexpr std::size_t kLabelColumns = 19;
constexpr std::size_t kAcknowledgmentColumns = 40;   // "FSCTL_OPLOCK_BREAK_ACKNOWLEDGE (offered)"

// Collects lines wrapped to the terminal.
class Page {
 public:
    explicit Page(const TerminalOptions& options) : options_(options) {}

    void heading(std::string_view text) {
        out_ += "\n" + styled(text, Style::strong, options_.colour) + "\n";
    }
    void row(std::string_view first, std::string_view text) {
        std::string lead = "  " + std::string(first);
        const std::size_t indent = columns(lead);
        const std::size_t room = std::max<std::size_t>(
            20, options_.width > indent ? options_.width - indent : 0);
        for (const std::string& line : wrapped(text, room)) {
            out_ += lead + line + "\n";
            lead.assign(indent, ' ');
        }
    }
    void text(std::string_view line) { out_ += std::string(line) + "\n"; }
    [[nodiscard]] std::string take() { return std::move(out_); }

 private:
    TerminalOptions options_;
    std::string out_;
};

std::string output_text(const RequestOplockOutputBuffer& output) {
    using scenarios::ConstantKind;
    std::string text = "from " + scenarios::level_name(output.original_oplock_level) + " to " +
                       scenarios::level_name(output.new_oplock_level) + ", Flags " +
                       scenarios::constant_name(ConstantKind::output_flag, output.flags);
    if ((output.flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED) == 0) return text;
    return text + ", AccessMode " +
           scenarios::constant_name(ConstantKind::access, output.access_mode) + ", ShareMode " +
           scenarios::constant_name(ConstantKind::share, output.share_mode);
}

void add_holders(Page& page, const WhatIfAnswer& answer) {
    if (answer.holders.empty()) return;
    page.heading("holders");
    for (const auto& [holder, count] : conformance::grouped(answer.holders)) {
        std::string text;
        if (!holder.notice.completed) {
            text = "keeps it: the request stays pending";
        } else {
            text = "told: " + conformance::describe(holder.notice);
            if (holder.notice.output) text += ", " + output_text(*holder.notice.output);
            text += holder.acknowledgment_required ? "; must acknowledge" : "; owes nothing";
        }
        page.row(padded(conformance::times(count, engine::to_string(holder.held)), kLabelColumns),
                 text);
    }
}

void add_operation(Page& page, const WhatIfAnswer& answer) {
    page.heading("operation");
    if (!answer.waits()) {
        page.row(padded("at once", kLabelColumns), conformance::describe(answer.operation));
        return;
    }
    page.row(padded("at once", kLabelColumns), answer.blocked
                                                   ? "waits; the thread is blocked in the call"
                                                   : "waits; STATUS_PENDING was returned");
    std::string afterwards = conformance::describe(answer.final_operation);
    if (answer.final_operation.completed) {
        afterwards += " when every owner accepted what it was offered";
    }
    page.row(padded("afterwards", kLabelColumns), afterwards);
}

void add_acknowledgments(Page& page, const WhatIfAnswer& answer) {
    if (answer.acknowledgments.empty()) return;
    page.heading("how the owner can answer");
    for (const AcknowledgmentSeen& one : answer.acknowledgments) {
        std::string status = one.pended ? "STATUS_PENDING, keeps an oplock"
                                        : conformance::describe(one.acknowledgment);
        if (one.pended && one.acknowledgment.completed) status += " that is then broken";
        if (answer.waits()) {
            status += one.operation.completed
                          ? "; then the operation: " + conformance::describe(one.operation)
                          : "; the operation still waits";
        }
        const std::string name = one.name + (one.accepts_offer ? " (offered)" : "");
        page.row(padded(name, kAcknowledgmentColumns) + "  ", status);
    }
}

void add_clauses(Page& page, const conformance::WhatIfResult& result) {
    if (!result.whys.empty()) {
        page.heading("why");
        for (const engine::Why& why : result.whys) {
            std::string text(engine::to_string(why.rule));
            if (why.held != engine::OplockType::none) {
                text += ": " + std::string(engine::to_string(why.held));
            }
            page.row("", text);
        }
    }
    if (result.clauses.empty()) return;
    page.heading("clauses");
    for (const std::string_view id : result.clauses) {
        const conformance::Clause* clause = conformance::find_clause(id);
        if (clause == nullptr) continue;
        page.row("", clause->id + " (" + conformance::citation(*clause) + ")");
        page.row("  ", clause->text);
    }
}

void add_switches(Page& page, const conformance::WhatIfResult& result) {
    page.heading("switches");
    if (result.switches.empty()) {
        page.row("", "no switch changes this answer");
        return;
    }
    const std::string same = conformance::summary_of(result.answer);
    for (const conformance::SwitchEffect& effect : result.switches) {
        page.row("", std::string(effect.name) + "=" + std::string(effect.value) + " (" +
                         std::string(effect.decision) + ")");
        std::string text = effect.problem;
        if (text.empty()) text = conformance::summary_of(effect.answer);
        if (text == same) text = "differs in details of the notices or acknowledgments only";
        page.row("  ", text);
    }
}

// How it goes when every owner accepts what it is offered.
void add_timeline(Page& page, const conformance::WhatIfResult& result,
                  const TerminalOptions& options) {
    PictureInput input;
    input.events = result.trace;
    input.names = result.names;
    input.threads = result.threads;
    LaneWindow window;
    window.first_event = result.first_event;
    std::string text = timeline_text(make_picture(input, window),
                                     {options.width, options.colour, options.unicode});
    if (text.empty()) return;
    text.pop_back();
    page.text("");
    page.text(text);
}

}  // namespace

std::string explanation_text(const conformance::WhatIfQuestion& question,
                             const conformance::WhatIfResult& result,
                             const TerminalOptions& options) {
    Page page(options);
    const auto operation = static_cast<std::size_t>(question.operation);
    std::string title(conformance::what_if_operations()[operation].name);
    title += question.same_key ? " with the owner's key" : " with another key";
    std::string_view before = ", held: ";
    for (const auto& [type, count] : conformance::grouped(question.held)) {
        title += before;
        title += conformance::times(count, engine::to_string(type));
        before = ", ";
    }
    if (question.held.empty()) title += ", nothing held";
    page.text(styled(title, Style::strong, options.colour));
    page.row("", conformance::summary_of(result.answer));
    add_timeline(page, result, options);
    add_holders(page, result.answer);
    add_operation(page, result.answer);
    add_acknowledgments(page, result.answer);
    add_clauses(page, result);
    add_switches(page, result);
    return page.take();
}

}  // namespace oplocksim::reports
