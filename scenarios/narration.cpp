#include "scenarios/narration.h"

#include "engine/reason.h"
#include "scenarios/judgement.h"

namespace oplocksim::scenarios {
namespace {

class Narrator {
 public:
    Narrator(const Operations& operations, const sim::World& world)
        : operations_(operations), world_(world) {}

    std::string line(const sim::TraceEvent& event);

 private:
    std::string operation(const sim::TraceEvent& event) const {
        const Operation* found = operations_.find(event.irp);
        if (found != nullptr) return found->display;
        return process(event.process) + "." + std::string(sim::to_string(event.request_kind));
    }
    std::string process(sim::ProcessId id) const {
        const sim::Process* found = world_.processes.find(id);
        return found == nullptr ? "a client" : std::string(world_.names->text(found->name));
    }
    std::string thread(const sim::TraceEvent& event) const {
        const sim::Thread* found = world_.threads.find(event.thread);
        if (found == nullptr) return process(event.process);
        return process(found->process) + "/" + std::string(world_.names->text(found->name));
    }
    static std::string reason(const engine::Why& why);
    std::string completion(const sim::TraceEvent& event) const;

    const Operations& operations_;
    const sim::World& world_;
};

std::string Narrator::reason(const engine::Why& why) {
    if (why.rule == engine::Rule::none) return "";
    std::string text = " (" + std::string(engine::to_string(why.rule));
    if (why.held != engine::OplockType::none) {
        text += "; held: " + std::string(engine::to_string(why.held));
    }
    return text + ")";
}

std::string Narrator::completion(const sim::TraceEvent& event) const {
    sim::Completion completion;
    completion.kind = event.request_kind;
    completion.status = event.status;
    completion.information = event.information;
    completion.has_output = event.has_output;
    completion.output = event.output;
    completion.from_cache = event.kind == sim::TraceEventKind::cached;
    // Behind an operation that succeeded the reason for a break would read as a failure: it is
    // told with the notice, and where the operation waits.
    const bool did_not_matter = event.why.rule == engine::Rule::broken &&
                                event.status == engine::NtStatus::STATUS_SUCCESS &&
                                event.request_kind != sim::RequestKind::oplock_fsctl;
    return operation(event) + " completes " + std::string(engine::to_string(event.status)) +
           describe_result(completion) + (did_not_matter ? "" : reason(event.why));
}

std::string Narrator::line(const sim::TraceEvent& event) {
    switch (event.kind) {
        case sim::TraceEventKind::issue: {
            const Operation* found = operations_.find(event.irp);
            if (found == nullptr || !found->step->action.after) return "";
            return found->display + " is issued";
        }
        case sim::TraceEventKind::pend:
            return operation(event) +
                   (event.blocked ? " blocks its thread" : " returns STATUS_PENDING") +
                   reason(event.why);
        case sim::TraceEventKind::complete: return completion(event);
        case sim::TraceEventKind::cached: return completion(event);
        case sim::TraceEventKind::cancel: return operation(event) + " is to be cancelled";
        case sim::TraceEventKind::advance: return "the clock is at " + describe_ticks(event.time);
        case sim::TraceEventKind::pause: return thread(event) + " is paused";
        case sim::TraceEventKind::resume: return thread(event) + " is resumed";
        case sim::TraceEventKind::thread_exit: return "thread " + thread(event) + " ends";
        case sim::TraceEventKind::process_exit: return "client " + process(event.process) + " ends";
        case sim::TraceEventKind::wait: return operation(event) + " waits" + reason(event.why);
        case sim::TraceEventKind::release:
            return operation(event) + " may go on" + reason(event.why);
        case sim::TraceEventKind::caching: return process(event.process) + " caches";
        case sim::TraceEventKind::volume:
        case sim::TraceEventKind::oplock: return "";
    }
    return "";
}

}  // namespace

std::string describe_ticks(sim::Ticks ticks) {
    const auto units = duration_units();
    for (auto unit = units.rbegin(); unit != units.rend() && ticks != 0; ++unit) {
        if (ticks % unit->ticks == 0) {
            return std::to_string(ticks / unit->ticks) + " " + std::string(unit->name);
        }
    }
    return std::to_string(ticks) + " ticks";
}

std::vector<std::string> narrate(std::span<const sim::TraceEvent> events,
                                 const Operations& operations, const sim::World& world) {
    Narrator narrator(operations, world);
    std::vector<std::string> lines;
    for (const sim::TraceEvent& event : events) {
        std::string line = narrator.line(event);
        if (!line.empty()) lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace oplocksim::scenarios
