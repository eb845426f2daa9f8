// Assertions that stay on in every build. A broken invariant is a bug of this program, never of
// its input: it prints where, and what the run was (set_assertion_context), and aborts.
#pragma once

#include <string>

namespace oplocksim::engine {

// What to print with a failed assertion: the scenario, seed or schedule that is running.
// The text is copied. Thread-local, for diagnosis only; it never influences a run.
void set_assertion_context(std::string context);

[[noreturn]] void assertion_failed(const char* condition, const char* explanation,
                                   const char* file, int line);

}  // namespace oplocksim::engine

#define OPLOCKSIM_ASSERT(condition, explanation)                                                  \
    (__builtin_expect(static_cast<bool>(condition), true)                                         \
         ? static_cast<void>(0)                                                                   \
         : ::oplocksim::engine::assertion_failed(#condition, explanation, __FILE__, __LINE__))
