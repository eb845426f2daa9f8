#include "scenarios/judgement.h"

#include <utility>
#include <vector>

#include "engine/constants.h"
#include "engine/ntstatus.h"
#include "engine/reason.h"
#include "scenarios/constant_tables.h"
#include "scenarios/text.h"

namespace oplocksim::scenarios {
namespace {

using engine::FsControlCode;
using engine::NtStatus;

std::string information_name(sim::RequestKind kind, std::uint64_t information) {
    const bool named = kind == sim::RequestKind::create || kind == sim::RequestKind::oplock_fsctl;
    if (!named) return std::to_string(information);
    if (kind == sim::RequestKind::oplock_fsctl &&
        information == sizeof(sim::RequestOplockOutputBuffer)) {
        return std::to_string(information) + " (output buffer)";
    }
    return constant_name(ConstantKind::information, information);
}

// Collects what was wanted of one operation.
class Judge {
 public:
    Judge(const Operation& operation, const std::string& waiting)
        : operation_(operation), waiting_(waiting) {}

    void require(bool holds, std::string expected) {
        passed_ = passed_ && holds;
        expected_.push_back(std::move(expected));
    }
    // Only if it completed.
    template <typename Holds>
    void require_result(Holds holds, std::string expected) {
        require(operation_.completed() && holds(operation_.completion), std::move(expected));
    }
    [[nodiscard]] Judgement result() const {
        return {passed_, joined(expected_, ", "), describe_outcome(operation_, waiting_)};
    }

    void win32(std::uint32_t wanted);
    void outcome(const Outcome& outcome);
    void word(OutcomeWord word, NtStatus status);

 private:
    void output(const OutputExpectation& expectation);

    const Operation& operation_;
    const std::string& waiting_;
    bool passed_ = true;
    std::vector<std::string> expected_;
};

void Judge::word(OutcomeWord word, NtStatus status) {
    const Operation& op = operation_;
    switch (word) {
        case OutcomeWord::status:
            return require(op.completed() && op.completion.status == status,
                           "completes " + std::string(engine::to_string(status)));
        case OutcomeWord::pends: return require(op.pending(), "pends");
        case OutcomeWord::granted:
            return require(
                op.pending() && op.step->action.request.kind == sim::RequestKind::oplock_fsctl,
                "is granted (pends)");
        case OutcomeWord::blocks: return require(op.pending() && op.blocks, "blocks its thread");
        case OutcomeWord::returns_pending:
            return require(op.pending() && !op.blocks, "returns STATUS_PENDING and pends");
        case OutcomeWord::succeeds:
            return require(op.completed() && engine::nt_success(op.completion.status),
                           "completes with a success status");
        case OutcomeWord::fails:
            return require(op.completed() && !engine::nt_success(op.completion.status),
                           "completes with an error or warning status");
        case OutcomeWord::blocked_thread:
            return require(op.state == OperationState::not_issued && op.thread_blocked,
                           "cannot be issued: its thread is blocked");
        case OutcomeWord::any: return require(true, "anything");
    }
}

void Judge::output(const OutputExpectation& wanted) {
    if (wanted.none) {
        return require_result([](const sim::Completion& c) { return !c.has_output; },
                              "no output buffer");
    }
    const auto& actual = operation_.completion.output;
    const auto member = [&](const auto& value, auto given, std::string_view name,
                            const std::string& text) {
        if (!value) return;
        require_result([&](const sim::Completion& c) { return c.has_output && given == *value; },
                       std::string(name) + " " + text);
    };
    const auto level = [](const auto& value) { return level_name(value.value_or(0)); };
    member(wanted.original_level, actual.original_oplock_level, "OriginalOplockLevel",
           level(wanted.original_level));
    member(wanted.new_level, actual.new_oplock_level, "NewOplockLevel", level(wanted.new_level));
    member(wanted.flags, actual.flags, "Flags",
           constant_name(ConstantKind::output_flag, wanted.flags.value_or(0)));
    member(wanted.access_mode, actual.access_mode, "AccessMode",
           constant_name(ConstantKind::access, wanted.access_mode.value_or(0)));
    member(wanted.share_mode, actual.share_mode, "ShareMode",
           constant_name(ConstantKind::share, wanted.share_mode.value_or(0)));
    if (!wanted.original_level && !wanted.new_level && !wanted.flags && !wanted.access_mode &&
        !wanted.share_mode) {
        require_result([](const sim::Completion& c) { return c.has_output; }, "an output buffer");
    }
}

// User mode sees a returned STATUS_PENDING as ERROR_IO_PENDING; a blocked thread sees nothing yet.
void Judge::win32(std::uint32_t wanted) {
    const auto is = [&](NtStatus status) {
        return engine::nt_status_info(status).win32_error == wanted;
    };
    const std::string text = "Win32 " + constant_name(ConstantKind::win32_error, wanted);
    if (operation_.pending() && !operation_.blocks) {
        return require(is(NtStatus::STATUS_PENDING), text);
    }
    require_result([&](const sim::Completion& c) { return is(c.status); }, text);
}

void Judge::outcome(const Outcome& outcome) {
    const Operation& op = operation_;
    if (outcome.word) word(*outcome.word, outcome.status);
    if (outcome.pends) {
        require(*outcome.pends ? op.pending() : op.completed(),
                *outcome.pends ? "pends" : "completes");
    }
    if (outcome.win32) win32(*outcome.win32);
    if (outcome.information) {
        require_result(
            [&](const sim::Completion& c) { return c.information == *outcome.information; },
            "Information " + information_name(op.step->action.request.kind, *outcome.information));
    }
    if (outcome.output) output(*outcome.output);
    if (outcome.data) {
        require_result([&](const sim::Completion&) { return op.data == outcome.data; },
                       "data " + in_quotes(*outcome.data));
    }
    if (outcome.cached) {
        require_result([&](const sim::Completion& c) { return c.from_cache == *outcome.cached; },
                       *outcome.cached ? "from the cache" : "not from the cache");
    }
    if (outcome.length) {
        require_result([&](const sim::Completion& c) { return c.information == *outcome.length; },
                       std::to_string(*outcome.length) + " bytes");
    }
}

// The level that an oplock request holds until it is broken.
std::uint32_t held_level(const Action& action) {
    return action.request.fsctl.requested_oplock_level;
}

// Whether the break must be acknowledged. The output buffer says so for the Windows 7 types. A legacy
// type implies it, unless it was the close of its own handle, after which nothing is owed (the
// cleanup article).
bool ack_required(const Operation& operation) {
    const Action& action = operation.step->action;
    const sim::Completion& c = operation.completion;
    if (is_granular(action)) {
        return (c.output.flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0;
    }
    if (c.why.rule == engine::Rule::owner_closed) return false;
    const FsControlCode code = action.request.fsctl.code;
    return code != FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2 &&
           code != FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE;
}

std::string acknowledgment_text(bool required) {
    return required ? "acknowledgment required" : "no acknowledgment required";
}

bool broken_to(const BreakExpectation& expectation, const Operation& op) {
    const sim::Completion& c = op.completion;
    if (c.status != NtStatus::STATUS_SUCCESS) return false;
    const Action& action = op.step->action;
    if (is_granular(action)) {
        return !expectation.level_2 && c.has_output &&
               c.output.new_oplock_level == expectation.level &&
               c.output.original_oplock_level == held_level(action);
    }
    if (c.has_output) return false;
    return expectation.level_2
               ? c.information == engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2
               : expectation.level == 0 && c.information == engine::FILE_OPLOCK_BROKEN_TO_NONE;
}

bool modes_are(const BreakModes& modes, const sim::Completion& c) {
    const bool provided =
        c.has_output && (c.output.flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED) != 0;
    if (modes.none) return !provided;
    return provided && (!modes.access || *modes.access == c.output.access_mode) &&
           (!modes.share || *modes.share == c.output.share_mode);
}

std::string modes_text(const BreakModes& modes) {
    if (modes.none) return "no modes";
    std::string text = "modes ";
    if (modes.access) text += constant_name(ConstantKind::access, *modes.access);
    if (modes.share) text.append(" / ").append(constant_name(ConstantKind::share, *modes.share));
    return text;
}

}  // namespace

std::string describe_output(const sim::RequestOplockOutputBuffer& output) {
    std::string text =
        level_name(output.original_oplock_level) + " to " + level_name(output.new_oplock_level);
    const auto flag = [&](std::uint32_t bit) { return (output.flags & bit) != 0; };
    text += ", " + acknowledgment_text(flag(engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED));
    if (flag(engine::REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED)) {
        text += ", modes " + constant_name(ConstantKind::access, output.access_mode) + " / " +
                constant_name(ConstantKind::share, output.share_mode);
    }
    if (flag(engine::REQUEST_OPLOCK_OUTPUT_FLAG_WRITABLE_SECTION_PRESENT)) {
        text += ", writable section present";
    }
    return text;
}

std::string describe_result(const sim::Completion& completion) {
    std::string text;
    const bool named = completion.kind == sim::RequestKind::create ||
                       completion.kind == sim::RequestKind::oplock_fsctl;
    const bool create_made_something =
        completion.kind == sim::RequestKind::create && engine::nt_success(completion.status);
    if (named && (completion.information != 0 || create_made_something)) {
        text += ", Information " + information_name(completion.kind, completion.information);
    }
    if (completion.kind == sim::RequestKind::read || completion.kind == sim::RequestKind::write) {
        text += ", " + std::to_string(completion.information) + " bytes";
    }
    if (completion.has_output) text += ", " + describe_output(completion.output);
    if (completion.from_cache) text += ", from the cache";
    return text;
}

std::string describe_outcome(const Operation& operation, const std::string& waiting) {
    const std::string why = waiting.empty() ? "" : ": " + waiting;
    switch (operation.state) {
        case OperationState::not_issued: return "cannot be issued: " + operation.obstacle;
        case OperationState::timed: return "is not issued yet";
        case OperationState::pending:
            return (operation.blocks ? "blocks its thread" : "pends, STATUS_PENDING was returned") +
                   why;
        case OperationState::completed: break;
    }
    std::string text = "completes " + std::string(engine::to_string(operation.completion.status)) +
                       describe_result(operation.completion);
    if (operation.data) text += ", data " + in_quotes(*operation.data);
    return text;
}

Judgement judge(const Outcome& outcome, const Operation& operation, bool how_is_said,
                const std::string& waiting) {
    Judge judge(operation, waiting);
    if (!how_is_said) judge.word(OutcomeWord::succeeds, NtStatus::STATUS_SUCCESS);
    judge.outcome(outcome);
    return judge.result();
}

void require_in_step(const Operation& operation, std::uint32_t number, Judgement& judgement) {
    judgement.expected += " in this step";
    if (operation.completed() && operation.completed_in == number) return;
    judgement.passed = false;
    if (!operation.completed()) return;
    judgement.observed += ", but in step " + std::to_string(operation.completed_in);
}

Judgement judge_break(const BreakExpectation& expectation, const Operation& operation,
                      std::uint32_t number, const std::string& waiting) {
    Judge judge(operation, waiting);
    if (expectation.unbroken) {
        const bool broken = operation.completed() && operation.completed_in == number &&
                            operation.completion.status == NtStatus::STATUS_SUCCESS;
        judge.require(!broken, "is not broken in this step");
        return judge.result();
    }
    const Action& action = operation.step->action;
    const std::string level = expectation.level_2 ? "LEVEL_2" : level_name(expectation.level);
    const std::string from = is_granular(action) ? level_name(held_level(action)) + " " : "";
    judge.require(operation.completed() && broken_to(expectation, operation),
                  "completes STATUS_SUCCESS, broken " + from + "to " + level);
    std::string owed;   // the output buffer says it for the Windows 7 types
    if (expectation.ack_required) {
        const bool required = ack_required(operation);
        judge.require(operation.completed() && required == *expectation.ack_required,
                      acknowledgment_text(*expectation.ack_required));
        if (operation.completed() && !is_granular(action)) {
            owed = ", " + acknowledgment_text(required);
        }
    }
    if (expectation.modes) {
        judge.require(operation.completed() && modes_are(*expectation.modes, operation.completion),
                      modes_text(*expectation.modes));
    }
    Judgement judgement = judge.result();
    judgement.observed += owed;
    require_in_step(operation, number, judgement);
    return judgement;
}

Judgement judge_default(const Operation& operation, const std::string& waiting) {
    Judge judge(operation, waiting);
    const Action& action = operation.step->action;
    if (is_oplock_request(action)) {
        judge.word(OutcomeWord::granted, NtStatus::STATUS_SUCCESS);
    } else if (is_acknowledgment(action)) {
        judge.require(operation.pending() || (operation.completed() &&
                                              engine::nt_success(operation.completion.status)),
                      "is accepted (pends, or completes with a success status)");
    } else {
        judge.word(OutcomeWord::succeeds, NtStatus::STATUS_SUCCESS);
    }
    return judge.result();
}

}  // namespace oplocksim::scenarios
