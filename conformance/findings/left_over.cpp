#include "conformance/findings/left_over.h"

namespace oplocksim::conformance::findings {

std::string left_over(const sim::World& world) {
    std::string what;
    const auto count = [&what](std::size_t number, const char* noun) {
        if (number == 0) return;
        what += (what.empty() ? "" : ", ") + std::to_string(number) + " " + noun +
                (number == 1 ? "" : "s");
    };
    std::size_t oplocks = 0;
    std::size_t reservations = 0;
    std::size_t locks = 0;
    world.streams.for_each([&](sim::StreamId, const sim::Stream& stream) {
        oplocks += stream.oplock.holders().size();
        stream.oplock.for_each_reservation([&](auto, auto) { ++reservations; });
        locks += stream.locks.size();
    });
    count(world.irps.size(), "IRP");
    count(world.handles.size(), "handle");
    count(world.sections.size(), "section");
    count(world.file_objects.size(), "FILE_OBJECT");
    count(world.ready.size(), "released operation");
    count(oplocks, "oplock");
    count(reservations, "reservation");
    count(locks, "byte-range lock");
    return what;
}

std::optional<Failure> silent_failure(const std::string& left, const std::string& broken) {
    if (!left.empty()) {
        return Failure{std::string(kLeftOver), {}, "left in the system: " + left,
                       "nothing is left when every client is dead", {}, 0};
    }
    if (broken.empty()) return std::nullopt;
    return Failure{std::string(kBrokenInvariant), {}, broken,
                   "the invariants of oplocks and of the system hold", {}, 0};
}

}  // namespace oplocksim::conformance::findings
