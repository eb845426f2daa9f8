// Between the kernel's ids and the names by which the oplock package knows the same things.
#pragma once

#include "engine/oplock.h"
#include "sim/ids.h"

namespace oplocksim::sim {

[[nodiscard]] constexpr engine::FileObjectId to_engine(FileObjectId id) { return {id.value}; }
[[nodiscard]] constexpr engine::IrpId to_engine(IrpId id) { return {id.value}; }
[[nodiscard]] constexpr FileObjectId from_engine(engine::FileObjectId id) { return {id.value}; }
[[nodiscard]] constexpr IrpId from_engine(engine::IrpId id) { return {id.value}; }

}  // namespace oplocksim::sim
