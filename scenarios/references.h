// Whether the names in a run's steps mean something where they are used.
#pragma once

#include "scenarios/diagnostics.h"
#include "scenarios/model.h"

namespace oplocksim::scenarios {

// Reports names of operations, handles, sections, clients and threads that no step before has
// defined or that are used for something else, names given twice while the first is certainly
// alive, steps of clients that were killed, and a clock that would pass its end. In programs, whose
// order is open, a name may be used before it is given, but not by the program that gives it.
void check_references(const RunModel& run, Diagnostics& diagnostics);

}  // namespace oplocksim::scenarios
