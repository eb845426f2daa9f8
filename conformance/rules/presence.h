// Which names a run has shown to lead somewhere, and which to lead nowhere.
//
// A name is there from the volume event, or from the completion of the create, rename or link that
// made it, until the completion of the rename, or the last close, that takes it away. What fails,
// is cancelled, or still waits for an acknowledgment neither makes nor takes a name. A deletion is
// pending from the completion that marks it, not before.
//
// A regular value. Beside KnownNames: names that are only mentioned are in there too.
#pragma once

#include <vector>

#include "conformance/rules/known_names.h"
#include "sim/trace.h"

namespace oplocksim::conformance {

class Observation;
struct KnownIrp;

class KnownPresence {
 public:
    [[nodiscard]] Known of_link(LinkNumber link) const;
    [[nodiscard]] Known of_stream(StreamNumber stream) const;
    void set_link(LinkNumber link, Known there);
    void set_stream(StreamNumber stream, Known there);

    // A create is over, the model being as it was before: its answer shows what is there.
    void complete_create(const Observation& model, const KnownIrp& irp,
                         const sim::TraceEvent& event);

    bool operator==(const KnownPresence&) const = default;

 private:
    std::vector<Known> links_;      // by number; what is missing is not known
    std::vector<Known> streams_;
};

// Nothing else is at work that could make or take the name of a create: what waits for an
// acknowledgment cannot.
[[nodiscard]] bool name_is_settled(const Observation& model, const KnownIrp& create);

}  // namespace oplocksim::conformance
