// Expectations held against what happened: expected and observed in words, side by side.
#pragma once

#include <string>

#include "scenarios/model.h"
#include "scenarios/operations.h"

namespace oplocksim::scenarios {

struct Judgement {
    bool passed = true;
    std::string expected;
    std::string observed;
};

// `waiting` says what a pending operation waits for; it may be empty.
// `how_is_said`: an expectation says how the operation ended; else it must have succeeded too.
[[nodiscard]] Judgement judge(const Outcome& outcome, const Operation& operation, bool how_is_said,
                              const std::string& waiting);
// Adds that it completed in the step with this number.
void require_in_step(const Operation& operation, std::uint32_t number, Judgement& judgement);
[[nodiscard]] Judgement judge_break(const BreakExpectation& expectation, const Operation& operation,
                                    std::uint32_t number, const std::string& waiting);
// What an operation must do that no expectation speaks of.
[[nodiscard]] Judgement judge_default(const Operation& operation, const std::string& waiting);

// "completes STATUS_SUCCESS, Information FILE_OPENED", "pends", ...
[[nodiscard]] std::string describe_outcome(const Operation& operation, const std::string& waiting);
// "Information FILE_OPENED" with a comma before it, the output buffer likewise.
[[nodiscard]] std::string describe_result(const sim::Completion& completion);
// "RH to R, acknowledgment required, modes FILE_WRITE_DATA / FILE_SHARE_READ".
[[nodiscard]] std::string describe_output(const sim::RequestOplockOutputBuffer& output);

}  // namespace oplocksim::scenarios
