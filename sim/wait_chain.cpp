#include "sim/wait_chain.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/engine_ids.h"

namespace oplocksim::sim {
namespace {

// Longer chains are cut: nobody reads them, and no circle of clients is as long.
constexpr std::size_t kMaxLinks = 32;

class Chain {
 public:
    Chain(const World& world, const WaitNames& names) : world_(world), names_(names) {}

    // The client whose thread is blocked in the first operation is in the chain from the start.
    WaitExplanation begin(IrpId irp) {
        const Irp* first = world_.irps.find(irp);
        if (first == nullptr) return {};
        const Thread& thread = world_.threads[first->thread];
        if (thread.waiting_for == irp) seen_.insert(thread.process);
        std::string text = follow(irp);
        return {std::move(text), deadlock_};
    }

 private:
    std::string follow(IrpId irp);
    std::string waits_for(const Irp& irp, IrpId id, std::vector<FileObjectId>& blockers);
    std::string waits_for_oplock(const engine::Waiter& waiter, const engine::Oplock& oplock,
                                 std::vector<FileObjectId>& blockers);
    std::string owner_text(FileObjectId file_object);
    std::string blocked_owner(ProcessId owner);
    [[nodiscard]] ProcessId owner_of(FileObjectId file_object) const;
    [[nodiscard]] std::string name_of(ProcessId process) const {
        return std::string(world_.names->text(world_.processes[process].name));
    }

    const World& world_;
    const WaitNames& names_;
    bool deadlock_ = false;
    std::set<ProcessId> seen_;
    std::size_t links_ = 0;
};

ProcessId Chain::owner_of(FileObjectId file_object) const {
    ProcessId owner;
    world_.handles.for_each([&](HandleId, const Handle& handle) {
        if (handle.file_object == file_object && !owner) owner = handle.process;
    });
    return owner;
}

std::string Chain::waits_for_oplock(const engine::Waiter& waiter, const engine::Oplock& oplock,
                                    std::vector<FileObjectId>& blockers) {
    if (waiter.reason == engine::WaitReason::reservation) {
        blockers.push_back(from_engine(oplock.reserved_for()));
        return "waits for the oplock request of an open that requires an oplock";
    }
    std::string holders;
    for (const engine::Holder& holder : oplock.holders()) {
        if (!engine::waits_for(waiter, holder)) continue;
        const FileObjectId file_object = from_engine(holder.file_object);
        blockers.push_back(file_object);
        holders += (holders.empty() ? "" : " and of ") + names_.oplock(file_object);
    }
    return holders.empty() ? "waits for a break to end"
                           : "waits for the acknowledgment of " + holders;
}

std::string Chain::waits_for(const Irp& irp, IrpId id, std::vector<FileObjectId>& blockers) {
    switch (irp.state) {
        case IrpState::running: return "";
        case IrpState::ready:
            return world_.threads[irp.thread].paused ? "could go on, but its client is paused"
                                                     : "could go on";
        case IrpState::held_by_oplock: {
            const engine::Oplock& oplock = world_.streams[irp.waiting_stream].oplock;
            const auto waiter =
                std::ranges::find(oplock.waiters(), to_engine(id), &engine::Waiter::irp);
            if (waiter == oplock.waiters().end()) return "";
            return waits_for_oplock(*waiter, oplock, blockers);
        }
        case IrpState::waiting_for_lock: {
            const Stream& stream = world_.streams[world_.file_objects[irp.file_object].stream];
            for (const ByteRangeLock& lock : stream.locks) {
                if (std::ranges::find(blockers, lock.owner) == blockers.end()) {
                    blockers.push_back(lock.owner);
                }
            }
            return "waits for a byte-range lock";
        }
    }
    return "";
}

// The rest of the chain, if no thread of the client can act.
std::string Chain::blocked_owner(ProcessId owner) {
    const Process& process = world_.processes[owner];
    std::string text;
    for (ThreadId id = process.first_thread; id; id = world_.threads[id].next_in_process) {
        const Thread& thread = world_.threads[id];
        if (thread.state == ThreadState::running) return "";
        if (thread.state != ThreadState::blocked || !text.empty()) continue;
        text = ", whose thread " + std::string(world_.names->text(thread.name)) +
               " is blocked in " + names_.operation(thread.waiting_for);
        if (!seen_.insert(owner).second) {
            deadlock_ = true;
            return text + ": deadlock";
        }
        const std::string further = follow(thread.waiting_for);
        if (!further.empty()) text += ", which " + further;
    }
    return text;
}

std::string Chain::owner_text(FileObjectId file_object) {
    const ProcessId owner = owner_of(file_object);
    if (!owner) return "";
    return " by " + name_of(owner) + blocked_owner(owner);
}

std::string Chain::follow(IrpId id) {
    const Irp* irp = world_.irps.find(id);
    if (irp == nullptr || ++links_ > kMaxLinks) return "";
    std::vector<FileObjectId> blockers;
    std::string text = waits_for(*irp, id, blockers);
    for (const FileObjectId blocker : blockers) {
        text += (blocker == blockers.front() ? "" : " and") + owner_text(blocker);
    }
    return text;
}

}  // namespace

WaitExplanation explain_wait(const World& world, const WaitNames& names, IrpId irp) {
    return Chain(world, names).begin(irp);
}

}  // namespace oplocksim::sim
