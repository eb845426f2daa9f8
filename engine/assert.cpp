#include "engine/assert.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace oplocksim::engine {
namespace {

thread_local std::string assertion_context;

}  // namespace

void set_assertion_context(std::string context) { assertion_context = std::move(context); }

void assertion_failed(const char* condition, const char* explanation, const char* file, int line) {
    std::fprintf(stderr, "oplocksim: internal error: %s\n  %s:%d: %s\n", explanation, file, line,
                 condition);
    if (!assertion_context.empty()) {
        std::fprintf(stderr, "  while running: %s\n", assertion_context.c_str());
    }
    std::fprintf(stderr, "  This is a bug in oplocksim, not in your input. Please report it.\n");
    std::abort();
}

}  // namespace oplocksim::engine
