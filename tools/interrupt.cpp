#include "tools/interrupt.h"

#include <csignal>

namespace oplocksim::tools {
namespace {

// The one variable that a signal handler may write. It influences when work stops, never a result.
volatile std::sig_atomic_t g_signal = 0;

extern "C" void note_signal(int signal) { g_signal = signal; }

}  // namespace

void install_signal_handlers() {
    struct sigaction action {};
    action.sa_handler = note_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

int interrupted_by() { return g_signal; }

}  // namespace oplocksim::tools
