#include "conformance/fuzz/situation.h"

#include <algorithm>

#include "conformance/rules/observation.h"

namespace oplocksim::conformance::fuzz {
namespace {

using engine::FsControlCode;
using engine::OplockType;

// What a client takes a break of a legacy oplock to ask of it.
bool legacy_owes(OplockType type) {
    return type == OplockType::level_1 || type == OplockType::batch || type == OplockType::filter;
}

}  // namespace

OplockType Situation::level_of(const engine::OplockFsctl& fsctl) {
    if (fsctl.code == FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE) return OplockType::level_2;
    return requested_type(fsctl);
}

void Situation::begin() {
    opens_.clear();
    handles_.clear();
    sections_.clear();
    operations_.clear();
    handle_of_.clear();
    open_handles_.clear();
    closed_handles_.fill(0);
    pending_.clear();
}

void Situation::taken() {
    operations_.emplace_back().over = true;
    handle_of_.push_back(kNone);
}

void Situation::issued(const sim::Step& step, sim::ClientIndex client, PlaceIndex place,
                       HandleIndex handle, sim::IrpId irp) {
    FuzzOperation& operation = operations_.emplace_back();
    handle_of_.push_back(handle);
    operation.client = client;
    operation.place = place;
    operation.irp = irp;
    if (step.request.kind == sim::RequestKind::oplock_fsctl && handle != kNone) {
        operation.open = handles_[handle].open;
        operation.asked = level_of(step.request.fsctl);
    }
    if (irp.index() >= by_irp_.size()) by_irp_.resize(irp.index() + 1, sim::kNoStep);
    by_irp_[irp.index()] = static_cast<sim::StepIndex>(operations_.size() - 1);
}

void Situation::pends(sim::StepIndex step) {
    FuzzOperation& operation = operations_[step];
    pending_.push_back(step);
    const bool keeps_level = operation.open != kNone && operation.asked != OplockType::none;
    if (!keeps_level) return;
    operation.granted = true;
    FuzzOpen& open = opens_[operation.open];
    open.grant = step;
    open.type = operation.asked;
    open.owes = false;
}

sim::StepIndex Situation::operation_of(sim::IrpId irp) const {
    if (!irp || irp.index() >= by_irp_.size()) return sim::kNoStep;
    const sim::StepIndex step = by_irp_[irp.index()];
    if (step >= operations_.size()) return sim::kNoStep;
    const FuzzOperation& operation = operations_[step];
    return operation.irp == irp && !operation.over ? step : sim::kNoStep;
}

void Situation::completed(std::span<const sim::Step> steps, const sim::Completion& completion) {
    const sim::StepIndex index = operation_of(completion.irp);
    if (index == sim::kNoStep) return;   // twice
    FuzzOperation& operation = operations_[index];
    operation.over = true;
    const auto waits = std::ranges::find(pending_, index);
    if (waits != pending_.end()) pending_.erase(waits);
    const sim::Step& step = steps[index];
    if (operation.open != kNone) fsctl_completed(operation, completion);
    if (!engine::nt_success(completion.status)) return;
    if (completion.handle) {
        handle_made(step.request.kind == sim::RequestKind::create, index, completion.handle);
    }
    if (completion.section) {
        const HandleIndex handle = handle_of_[index];
        sections_.push_back({index, completion.section, handles_[handle].client});
    }
    const HandleIndex on = handle_of_[index];
    if (on == kNone) return;
    FuzzOpen& open = opens_[handles_[on].open];
    if (step.request.kind == sim::RequestKind::lock) {
        ++open.locks;
        open.lock_offset = step.request.offset;
        open.lock_length = step.request.length;
    }
    if (step.request.kind == sim::RequestKind::unlock && open.locks > 0) --open.locks;
    if (step.request.kind == sim::RequestKind::close_handle) close(on);
}

void Situation::close(HandleIndex handle) {
    if (handles_[handle].closed) return;
    handles_[handle].closed = true;
    ++closed_handles_[handles_[handle].client];
    std::erase(open_handles_, handle);
    FuzzOpen& open = opens_[handles_[handle].open];
    if (--open.handles == 0) open.owes = false;
}

void Situation::died(sim::ClientIndex client) {
    for (std::size_t i = open_handles_.size(); i > 0; --i) {
        if (handles_[open_handles_[i - 1]].client == client) close(open_handles_[i - 1]);
    }
    std::erase_if(sections_, [&](const FuzzSection& one) { return one.client == client; });
}

void Situation::fsctl_completed(FuzzOperation& operation, const sim::Completion& completion) {
    FuzzOpen& open = opens_[operation.open];
    const auto step = static_cast<sim::StepIndex>(&operation - operations_.data());
    const bool was_granted = open.grant == step;
    if (was_granted) open.grant = sim::kNoStep;
    if (completion.status != engine::NtStatus::STATUS_SUCCESS) return;
    if (!was_granted) {
        // An acknowledgment down to nothing, or a notification.
        if (operation.asked == OplockType::none) open.owes = false;
        return;
    }
    if (completion.has_output) {
        open.owes =
            (completion.output.flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0;
        open.told = type_of_level(completion.output.new_oplock_level);
        return;
    }
    open.owes = legacy_owes(open.type);
    open.told = completion.information == engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2
                    ? OplockType::level_2
                    : OplockType::none;
}

void Situation::handle_made(bool create, sim::StepIndex index, sim::HandleId id) {
    const FuzzOperation& operation = operations_[index];
    FuzzHandle handle;
    handle.made_by = index;
    handle.id = id;
    handle.client = operation.client;
    if (create) {
        FuzzOpen open;
        open.place = operation.place;
        open.directory = universe().places[operation.place].directory;
        handle.open = static_cast<OpenIndex>(opens_.size());
        opens_.push_back(open);
    } else {
        handle.open = handles_[handle_of_[index]].open;
    }
    ++opens_[handle.open].handles;
    open_handles_.push_back(static_cast<HandleIndex>(handles_.size()));
    handles_.push_back(handle);
}

void Situation::close_section(std::size_t index) {
    sections_.erase(sections_.begin() + static_cast<std::ptrdiff_t>(index));
}

}  // namespace oplocksim::conformance::fuzz
