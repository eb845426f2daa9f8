#include "scenarios/operations.h"

#include <algorithm>

#include "engine/constants.h"

namespace oplocksim::scenarios {

using engine::FsControlCode;

Operation& Operations::add(const Step& step, std::uint32_t number) {
    Operation& operation = all_.emplace_back();
    const Action& action = step.action;
    operation.name = action.as;
    operation.step = &step;
    operation.number = number;
    std::string verb(to_string(action.verb));
    if (!action.client.empty()) verb = action.client + "." + verb;
    operation.display = action.as.empty() ? verb + " of step " + std::to_string(number) : action.as;
    if (!action.as.empty()) by_name_[action.as] = &operation;
    return operation;
}

Operation* Operations::find(std::string_view name) {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

const Operation* Operations::find(sim::IrpId irp) const {
    const auto found = by_irp_.find(irp);
    return found == by_irp_.end() ? nullptr : found->second;
}

std::string Operations::operation(sim::IrpId irp) const {
    const Operation* found = find(irp);
    return found == nullptr ? "an operation" : found->display;
}

std::string Operations::oplock(sim::FileObjectId file_object) const {
    if (const Operation* request = oplock_of(file_object)) return request->display;
    if (const Operation* handle = handle_of(file_object)) return "the oplock on " + handle->display;
    return "the oplock";
}

const Operation* Operations::oplock_of(sim::FileObjectId file_object) const {
    const auto found = std::find_if(all_.rbegin(), all_.rend(), [&](const Operation& operation) {
        const Action& action = operation.step->action;
        return operation.file_object == file_object && operation.pended &&
               (is_oplock_request(action) || is_acknowledgment(action));
    });
    return found == all_.rend() ? nullptr : &*found;
}

const Operation* Operations::handle_of(sim::FileObjectId file_object) const {
    const auto found = std::find_if(all_.rbegin(), all_.rend(), [&](const Operation& operation) {
        return operation.file_object == file_object && operation.step->action.verb == Verb::create;
    });
    return found == all_.rend() ? nullptr : &*found;
}

bool is_oplock_request(const Action& action) {
    if (action.request.kind != sim::RequestKind::oplock_fsctl || action.verb > Verb::fsctl) {
        return false;
    }
    const engine::OplockFsctl& fsctl = action.request.fsctl;
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

bool is_acknowledgment(const Action& action) {
    if (action.request.kind != sim::RequestKind::oplock_fsctl || action.verb > Verb::fsctl) {
        return false;
    }
    return !is_oplock_request(action) &&
           action.request.fsctl.code != FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY;
}

bool is_granular(const Action& action) {
    return action.request.fsctl.code == FsControlCode::FSCTL_REQUEST_OPLOCK;
}

}  // namespace oplocksim::scenarios
