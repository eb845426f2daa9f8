// What every fuzzed run is about: a small volume, four clients, and the names that they use.
//
// Interned once and shared by all runs. There are few files, because what is interesting happens
// where clients meet.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/kernel.h"
#include "sim/program.h"

namespace oplocksim::conformance::fuzz {

inline constexpr int kMaxClients = 4;
inline constexpr int kMaxThreadsPerClient = 2;

// A path that requests may name.
struct Place {
    sim::PathId path;
    bool directory = false;   // on the volume, it is one
};
using PlaceIndex = std::uint8_t;

// Places that belong together; a run is about one theme. The first is named most often.
struct Theme {
    std::vector<PlaceIndex> places;
    std::vector<PlaceIndex> new_names;   // for renames and links, beside the places
};
// Positions in Universe::themes.
inline constexpr std::uint8_t kOneFileTheme = 0;
inline constexpr std::uint8_t kStreamsTheme = 2;

struct Universe {
    std::shared_ptr<const sim::Names> names;
    std::vector<Place> places;
    std::vector<Theme> themes;
    std::vector<sim::VolumeEntry> volume;
    std::vector<std::pair<sim::PathId, sim::PathId>> links;
    std::vector<sim::CaseClient> clients;          // kMaxClients
    std::vector<std::string> thread_names;         // kMaxThreadsPerClient
    std::vector<sim::NameId> thread_name_ids;
    std::string cache_thread_name;                 // of clients that cache
    sim::NameId cache_thread_name_id;
    std::vector<sim::NameId> short_names;          // the first is no name
    std::vector<std::string> data;                 // each entry is told from the others
};

[[nodiscard]] const Universe& universe();

}  // namespace oplocksim::conformance::fuzz
