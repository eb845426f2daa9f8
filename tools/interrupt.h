// Ctrl-C and termination: finish the current run, keep what was found.
#pragma once

namespace oplocksim::tools {

// From now on SIGINT and SIGTERM are noted; a second one ends the process at once. A write to a
// closed pipe becomes an error of the write instead of a signal.
void install_signal_handlers();

// The signal that asked this process to stop, or 0.
[[nodiscard]] int interrupted_by();

}  // namespace oplocksim::tools
