// What steps a run is made of, whoever takes them and on whatever handle.
#pragma once

#include <cstdint>
#include <vector>

#include "conformance/findings/plan.h"

namespace oplocksim::conformance::findings {

// A step without its client, its handle and its subject. Of Step::thread, ::on and ::subject only
// says whether there is one: zero, or nobody and no step.
using Shape = sim::Step;
[[nodiscard]] Shape shape_of(const sim::Step& step);

// Shapes, each once, in an order that does not depend on where they came from: plain ones first.
class Vocabulary {
 public:
    void add(const sim::Step& step);
    [[nodiscard]] const std::vector<Shape>& shapes() const { return shapes_; }

 private:
    std::vector<Shape> shapes_;
};

// The steps of a plan, and with every path that it opens an open that may read, write and delete.
[[nodiscard]] Vocabulary vocabulary_of(const Plan& plan);

// Steps that most faults need, in sorts.
enum class Sort : std::uint8_t {
    opens,        // the usual ones, of what the plan names
    operations,   // reads, writes, closes, deletions; renames and links to other names
    requests,     // for each type of oplock
    answers,      // for each level
};
inline constexpr Sort kSorts[] = {Sort::opens, Sort::operations, Sort::requests, Sort::answers};
void add_usual(Vocabulary& vocabulary, const Plan& plan, Sort sort);

}  // namespace oplocksim::conformance::findings
