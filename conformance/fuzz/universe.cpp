#include "conformance/fuzz/universe.h"

#include <string_view>

namespace oplocksim::conformance::fuzz {
namespace {

// What there may be at a path at the start.
enum class What : std::uint8_t { file, directory, read_only, link_to_first, nothing };

struct PlaceRow {
    std::string_view path;
    What what;
    std::uint64_t size;
    std::uint64_t allocation_size;
    std::string_view short_name;
};
// Parents first. Sizes on both sides of the cluster size, and an allocation beyond the size.
constexpr PlaceRow kPlaces[] = {
    {"\\file", What::file, 8'192, 16'384, ""},               // 0
    {"\\other", What::file, 4'096, 0, ""},                   // 1
    {"\\file:stream", What::file, 1'000, 0, ""},             // 2
    {"\\dir", What::directory, 0, 0, ""},                    // 3
    {"\\dir\\long name", What::file, 8'192, 0, ""},  // 4
    {"\\dir\\second", What::file, 100, 0, ""},               // 5
    {"\\dir\\sub", What::directory, 0, 0, ""},               // 6
    {"\\dir\\sub\\deep", What::file, 4'096, 0, ""},          // 7
    {"\\target", What::directory, 0, 0, ""},                 // 8
    {"\\read only", What::read_only, 100, 0, ""},            // 9
    {"\\empty", What::file, 0, 0, ""},                       // 10
    {"\\alias", What::nothing, 0, 0, ""},                    // 11
    {"\\new", What::nothing, 0, 0, ""},                      // 12
    {"\\file:new", What::nothing, 0, 0, ""},                 // 13
    {"\\dir\\new", What::nothing, 0, 0, ""},                 // 14
    {"\\target\\new", What::nothing, 0, 0, ""},              // 15
    {"\\dir\\LONGNA~1", What::nothing, 0, 0, ""},            // 16
    {"\\file:third", What::nothing, 0, 0, ""},               // 17
};

const std::vector<Theme> kThemes = {
    {{0}, {12, 1}},                          // one file
    {{0, 1}, {12}},                          // two
    {{0, 2, 13}, {13, 17, 12}},              // the streams of a file
    {{3, 4, 5, 14}, {14, 15, 5}},            // a directory and what is in it
    {{4, 5, 16, 14, 8}, {14, 15, 5, 4}},     // names
    {{7, 3, 6, 4}, {8, 15, 14, 12}},         // directories above
    {{0, 11, 1}, {12, 11, 14}},              // hard links
    {{0, 9, 10, 12, 3, 4}, {12, 15, 14}},    // a bit of everything
};

void intern_places(Universe& made, sim::Names& names) {
    for (const PlaceRow& row : kPlaces) {
        const sim::PathId path = *names.intern_path(row.path);
        made.places.push_back({path, row.what == What::directory});
        if (row.what == What::nothing) continue;
        if (row.what == What::link_to_first) {
            made.links.emplace_back(made.places.front().path, path);
            continue;
        }
        sim::VolumeEntry entry;
        entry.path = path;
        entry.directory = row.what == What::directory;
        entry.attributes = row.what == What::read_only ? sim::FILE_ATTRIBUTE_READONLY : 0;
        entry.size = row.size;
        entry.allocation_size = row.allocation_size;
        if (!row.short_name.empty()) entry.short_name = names.intern(row.short_name);
        made.volume.push_back(entry);
    }
}

Universe make_universe() {
    Universe made;
    auto names = std::make_shared<sim::Names>();
    intern_places(made, *names);
    made.themes = kThemes;
    for (const std::string_view client : {"A", "B", "C", "D"}) {
        made.clients.push_back({std::string(client), names->intern(client), sim::kNobody});
    }
    for (const std::string_view thread : {"main", "worker"}) {
        made.thread_names.emplace_back(thread);
        made.thread_name_ids.push_back(names->intern(thread));
    }
    made.cache_thread_name = "cache";
    made.cache_thread_name_id = names->intern(made.cache_thread_name);
    made.short_names.emplace_back();
    made.short_names.push_back(names->intern("LONGNA~1"));
    made.short_names.push_back(names->intern("SHORT~2"));
    for (char letter = 'a'; letter <= 'z'; ++letter) made.data.emplace_back(32, letter);
    made.names = std::move(names);
    return made;
}

}  // namespace

const Universe& universe() {
    static const Universe made = make_universe();
    return made;
}

}  // namespace oplocksim::conformance::fuzz
