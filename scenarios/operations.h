// The operations of a run: what the scenario's names stand for while it is executed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "scenarios/model.h"
#include "sim/kernel.h"
#include "sim/wait_chain.h"

namespace oplocksim::scenarios {

enum class OperationState : std::uint8_t {
    not_issued,  // its thread could not issue it; `obstacle` says why
    timed,       // waits for its `after`
    pending,
    completed,
};

// One action that was carried out, with or without a name.
struct Operation {
    std::string name;     // `as`; may be empty
    std::string display;  // the name, or "A.read of step 3"
    const Step* step = nullptr;
    std::uint32_t number = 0;  // of the step
    sim::ThreadId thread;
    OperationState state = OperationState::not_issued;
    bool thread_blocked = false;  // not issued because of an earlier call
    bool blocks = false;          // its own thread was blocked in the call
    bool pended = false;          // it did not complete within submit()
    bool accounted = false;       // an expectation spoke of its completion
    bool excused = false;         // cancelled by a step that means to
    std::string obstacle;
    sim::IrpId irp;
    sim::FileObjectId file_object;  // of its handle, when it was issued
    sim::Completion completion;
    std::uint32_t completed_in = 0;   // the step's number
    std::optional<std::string> data;  // a read: what it returned, if that was recorded

    [[nodiscard]] bool completed() const { return state == OperationState::completed; }
    [[nodiscard]] bool pending() const { return state == OperationState::pending; }
};

// Finds operations by name, by IRP and by the oplock they hold.
class Operations final : public sim::WaitNames {
 public:
    // References stay valid.
    Operation& add(const Step& step, std::uint32_t number);
    // From now on `irp` means this operation.
    void issued(Operation& operation, sim::IrpId irp) {
        operation.irp = irp;
        by_irp_[irp] = &operation;
    }
    // The latest operation with this name, or null.
    [[nodiscard]] Operation* find(std::string_view name);
    [[nodiscard]] const Operation* find(sim::IrpId irp) const;
    [[nodiscard]] Operation* find(sim::IrpId irp) {
        const auto found = by_irp_.find(irp);
        return found == by_irp_.end() ? nullptr : found->second;
    }
    // The latest oplock request on a FILE_OBJECT that was granted, or null.
    [[nodiscard]] const Operation* oplock_of(sim::FileObjectId file_object) const;
    // The latest operation that opened a FILE_OBJECT, or null.
    [[nodiscard]] const Operation* handle_of(sim::FileObjectId file_object) const;

    // The names that a scenario gives, for explanations.
    [[nodiscard]] std::string operation(sim::IrpId irp) const override;
    [[nodiscard]] std::string oplock(sim::FileObjectId file_object) const override;

    [[nodiscard]] std::deque<Operation>& all() { return all_; }
    [[nodiscard]] const std::deque<Operation>& all() const { return all_; }

 private:
    std::deque<Operation> all_;
    std::map<std::string, Operation*, std::less<>> by_name_;
    std::map<sim::IrpId, Operation*> by_irp_;
};

// Whether the operation asks for an oplock, or keeps one by acknowledging.
[[nodiscard]] bool is_oplock_request(const Action& action);
[[nodiscard]] bool is_acknowledgment(const Action& action);
// Whether it is one of the Windows 7 types.
[[nodiscard]] bool is_granular(const Action& action);

}  // namespace oplocksim::scenarios
