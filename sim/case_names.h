// What a case calls its operations and oplocks.
#pragma once

#include <string>

#include "sim/program.h"
#include "sim/wait_chain.h"

namespace oplocksim::sim {

// The names at one moment of a run. Refers to what it is given.
class CaseNames final : public WaitNames {
 public:
    CaseNames(const Case& of, const RunState& state) : case_(of), state_(state) {}

    [[nodiscard]] std::string operation(IrpId irp) const override;
    [[nodiscard]] std::string oplock(FileObjectId file_object) const override;

 private:
    const Case& case_;
    const RunState& state_;
};

}  // namespace oplocksim::sim
