// Who waits for whom, in words, and whether that closes a circle.
#pragma once

#include <string>

#include "scenarios/operations.h"
#include "sim/world.h"

namespace oplocksim::scenarios {

// "waits for the acknowledgment of held by A, whose thread main is blocked in again, which ...";
// ends with "deadlock" where the chain comes back to a client that is in it. Empty if the IRP
// waits for nothing (a granted oplock request) or is gone.
[[nodiscard]] std::string explain_wait(const sim::World& world, const Operations& operations,
                                       sim::IrpId irp);

}  // namespace oplocksim::scenarios
