#include "sim/case_names.h"

namespace oplocksim::sim {
namespace {

bool asks_for_oplock(const Step& step) {
    using engine::FsControlCode;
    if (step.kind != StepKind::request || step.request.kind != RequestKind::oplock_fsctl) {
        return false;
    }
    const engine::OplockFsctl& fsctl = step.request.fsctl;
    switch (fsctl.code) {
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1:
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2:
        case FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK:
        case FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK: return true;
        case FsControlCode::FSCTL_REQUEST_OPLOCK:
            return (fsctl.flags & engine::REQUEST_OPLOCK_INPUT_FLAG_ACK) == 0;
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
        case FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING:
        case FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY:
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2:
        case FsControlCode::FSCTL_SET_ZERO_DATA: return false;
    }
    return false;
}

}  // namespace

std::string CaseNames::operation(IrpId irp) const {
    for (StepIndex i = 0; i < state_.operations.size(); ++i) {
        const OperationState& operation = state_.operations[i];
        if (operation.phase == OperationPhase::pending && operation.irp == irp) {
            return step_name(case_, i);
        }
    }
    return "an operation";
}

// The latest oplock request on a handle of the FILE_OBJECT that was issued; else by the handle.
std::string CaseNames::oplock(FileObjectId file_object) const {
    const auto leads_there = [&](StepIndex handle) {
        if (handle == kNoStep) return false;
        const Handle* const found = state_.world.handles.find(state_.operations[handle].handle);
        return found != nullptr && found->file_object == file_object;
    };
    std::string by_handle = "the oplock";
    for (StepIndex i = static_cast<StepIndex>(case_.steps.size()); i-- > 0;) {
        const Step& step = case_.steps[i];
        const OperationState& operation = state_.operations[i];
        const bool issued = operation.phase == OperationPhase::pending ||
                            operation.phase == OperationPhase::completed;
        if (issued && asks_for_oplock(step) && leads_there(step.on)) return step_name(case_, i);
        if (leads_there(i)) by_handle = "the oplock on " + step_name(case_, i);
    }
    return by_handle;
}

}  // namespace oplocksim::sim
