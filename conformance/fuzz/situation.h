// What the clients of a fuzzed run know: their handles, their oplocks, what they wait for.
//
// Put together from completions, as a client would; what a wrong implementation does not say is
// not known here either. It only says what to try next: judging is for the rules.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "conformance/fuzz/universe.h"
#include "sim/program.h"

namespace oplocksim::conformance::fuzz {

using OpenIndex = std::uint16_t;
using HandleIndex = std::uint16_t;
inline constexpr std::uint16_t kNone = 0xFFFF;

// A FILE_OBJECT, as its client knows it.
struct FuzzOpen {
    PlaceIndex place = 0;
    bool directory = false;
    std::uint8_t handles = 0;
    std::uint8_t locks = 0;                    // taken and not given back
    std::uint64_t lock_offset = 0;             // of the last lock
    std::uint64_t lock_length = 0;
    sim::StepIndex grant = sim::kNoStep;       // the outstanding request
    engine::OplockType type{};                 // granted, or breaking
    engine::OplockType told{};                 // breaking: to what
    bool owes = false;                         // an acknowledgment
};

struct FuzzHandle {
    sim::StepIndex made_by = 0;
    sim::HandleId id;
    OpenIndex open = 0;
    sim::ClientIndex client = 0;
    bool closed = false;
};

struct FuzzSection {
    sim::StepIndex made_by = 0;
    sim::SectionId id;
    sim::ClientIndex client = 0;
};

struct FuzzOperation {
    bool over = false;
    bool granted = false;                      // a request that pends, and nobody waits for it
    PlaceIndex place = 0;                      // of a create
    sim::ClientIndex client = 0;               // who gets the handle
    OpenIndex open = kNone;                    // of an oplock FSCTL
    engine::OplockType asked{};                // likewise, the level it asks for
    sim::IrpId irp;
};

class Situation {
 public:
    void begin();
    // A step was taken: its operation is at work as `irp`. In order of steps.
    // `client` is who gets the handle that it makes, if it makes one.
    void issued(const sim::Step& step, sim::ClientIndex client, PlaceIndex place,
                HandleIndex handle, sim::IrpId irp);
    // A step that is no request was taken.
    void taken();
    // Says that `irp` pends after it was issued.
    void pends(sim::StepIndex step);
    void completed(std::span<const sim::Step> steps, const sim::Completion& completion);
    void close_section(std::size_t index);
    void died(sim::ClientIndex client);

    [[nodiscard]] const std::vector<FuzzOpen>& opens() const { return opens_; }
    [[nodiscard]] const std::vector<FuzzHandle>& handles() const { return handles_; }
    [[nodiscard]] const std::vector<FuzzSection>& sections() const { return sections_; }
    [[nodiscard]] const std::vector<FuzzOperation>& operations() const { return operations_; }
    [[nodiscard]] bool has_closed(sim::ClientIndex client) const {
        return closed_handles_[client] != 0;
    }
    // Handles that are not closed, oldest first.
    [[nodiscard]] const std::vector<HandleIndex>& open_handles() const { return open_handles_; }
    // Operations that pend, in order of issue.
    [[nodiscard]] const std::vector<sim::StepIndex>& pending() const { return pending_; }
    // The operation that is at work as `irp`, or kNoStep.
    [[nodiscard]] sim::StepIndex operation_of(sim::IrpId irp) const;
    // The level of an oplock FSCTL: what it asks for, or acknowledges.
    [[nodiscard]] static engine::OplockType level_of(const engine::OplockFsctl& fsctl);

 private:
    void fsctl_completed(FuzzOperation& operation, const sim::Completion& completion);
    void handle_made(bool create, sim::StepIndex index, sim::HandleId id);
    void close(HandleIndex handle);

    std::vector<FuzzOpen> opens_;
    std::vector<FuzzHandle> handles_;
    std::vector<FuzzSection> sections_;
    std::vector<FuzzOperation> operations_;    // by step
    std::vector<HandleIndex> handle_of_;       // by step: the handle that it is on
    std::vector<HandleIndex> open_handles_;
    std::array<std::uint16_t, kMaxClients> closed_handles_{};   // how many, by client
    std::vector<sim::StepIndex> pending_;
    std::vector<sim::StepIndex> by_irp_;       // by index of the IRP
};

}  // namespace oplocksim::conformance::fuzz
