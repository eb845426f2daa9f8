#include "engine/invariant_watch.h"

#include "engine/assert.h"

namespace oplocksim::engine {
namespace {

thread_local InvariantWatch* innermost_watch = nullptr;

}  // namespace

InvariantWatch::InvariantWatch() : outer_(innermost_watch) { innermost_watch = this; }

InvariantWatch::~InvariantWatch() { innermost_watch = outer_; }

void invariant_broken(const char* condition, const char* explanation, const char* file, int line) {
    if (innermost_watch == nullptr) assertion_failed(condition, explanation, file, line);
    if (innermost_watch->broken_.empty()) innermost_watch->broken_ = explanation;
}

}  // namespace oplocksim::engine
