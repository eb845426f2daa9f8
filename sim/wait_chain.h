// Who waits for whom, in words, and whether that closes a circle.
#pragma once

#include <string>

#include "sim/world.h"

namespace oplocksim::sim {

// What the objects of a world are called by whoever explains it.
class WaitNames {
 public:
    virtual ~WaitNames() = default;
    // "b", "A.read of step 3".
    [[nodiscard]] virtual std::string operation(IrpId irp) const = 0;
    // Of the oplock that a FILE_OBJECT owns: "held", "the oplock on a".
    [[nodiscard]] virtual std::string oplock(FileObjectId file_object) const = 0;
};

struct WaitExplanation {
    std::string text;        // empty: the IRP waits for nothing (a granted request), or is gone
    bool deadlock = false;   // the chain comes back to a client that is in it
};

// "waits for the acknowledgment of held by A, whose thread main is blocked in again, which ...";
// says "deadlock" where the chain comes back to a client that is in it. Long chains are cut.
[[nodiscard]] WaitExplanation explain_wait(const World& world, const WaitNames& names, IrpId irp);

}  // namespace oplocksim::sim
