// Mutants of the kernel: requests, completions and single answers, changed on the way. Internal to
// the kernel. In every build but the one with mutants nothing is changed.
#pragma once

#include "engine/mutant.h"
#include "sim/kernel.h"

namespace oplocksim::sim {

#ifndef OPLOCKSIM_MUTANTS

inline Kernel::Progress Kernel::perform(Call& call) { return dispatch(call); }
inline void Kernel::report(IrpId id, const Completion& completion) { record(id, completion); }

inline bool Kernel::mutant_skips(const Call&, StreamId, const engine::CheckRequest&) const {
    return false;
}
inline bool Kernel::mutant_misses(const engine::Caller&, FileId, engine::OplockCheckFlags) {
    return false;
}
inline bool Kernel::mutant_defers(const engine::CheckResult&) const { return false; }
inline bool Kernel::mutant_blocks(const Irp&, bool blocks) const { return blocks; }
inline bool Kernel::mutant_hides(const Irp&) { return false; }
inline bool Kernel::mutant_outlives(ThreadId) const { return false; }
inline void Kernel::mutant_wakes(engine::Mutant, FileObjectId) {}
inline void Kernel::mutant_times_out(Ticks) {}

#endif

}  // namespace oplocksim::sim
