// Invariants that can be looked at without ending the program.
#pragma once

#include <string>

namespace oplocksim::engine {

// Keeps what is found broken in a value (OPLOCKSIM_INVARIANT) while it lives, where without it the
// program would end; the run goes on with that value. For whoever judges engines: rules then say
// what clients see of the fault, and what no rule sees is still a finding. They nest, the innermost
// is told. Of this thread only.
class InvariantWatch {
 public:
    InvariantWatch();
    ~InvariantWatch();
    InvariantWatch(const InvariantWatch&) = delete;
    InvariantWatch& operator=(const InvariantWatch&) = delete;

    // The first that was broken, in words; empty if none was.
    [[nodiscard]] const std::string& broken() const { return broken_; }
    void forget() { broken_.clear(); }

 private:
    friend void invariant_broken(const char* condition, const char* explanation,
                                 const char* file, int line);

    std::string broken_;
    InvariantWatch* outer_;
};

void invariant_broken(const char* condition, const char* explanation, const char* file, int line);

}  // namespace oplocksim::engine

// A statement about a value after which it is safe to go on, even if it does not hold.
#define OPLOCKSIM_INVARIANT(condition, explanation)                                               \
    (static_cast<bool>(condition)                                                                 \
         ? static_cast<void>(0)                                                                   \
         : ::oplocksim::engine::invariant_broken(#condition, explanation, __FILE__, __LINE__))
