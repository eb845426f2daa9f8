// The volume before a run: Kernel::make_world and what is put on it.
#include "engine/assert.h"
#include "sim/kernel.h"
#include "sim/name_space.h"

namespace oplocksim::sim {

World Kernel::make_world(const engine::Semantics& semantics,
                         std::shared_ptr<const Names> names) {
    World world;
    world.semantics = semantics;
    world.names = std::move(names);
    world.root = make_file(world, true, FILE_ATTRIBUTE_DIRECTORY);
    Link link;   // without parent or name
    link.file = world.root;
    world.files[world.root].first_link = world.links.insert(link);
    return world;
}

void Kernel::add_to_volume(const VolumeEntry& entry) {
    if (trace_ != nullptr) trace_volume(entry);
    const Lookup place = look_up(world_, entry.path);
    const NameId stream_name = world_.names->path(entry.path).stream;
    OPLOCKSIM_ASSERT(engine::nt_success(place.status), "the parent of a volume entry is missing");
    FileId file = place.file;
    if (!place.link) {
        const std::uint32_t attributes =
            (entry.attributes & ~(FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_NORMAL)) |
            (entry.directory ? FILE_ATTRIBUTE_DIRECTORY : 0);
        file = make_file(world_, entry.directory, attributes);
        const LinkId link = sim::add_link(world_, file, place.parent, place.name);
        if (entry.short_name != NameId{}) {
            OPLOCKSIM_ASSERT(!find_link(world_, place.parent, entry.short_name),
                             "the short name of a volume entry is taken");
            sim::set_short_name(world_, link, entry.short_name);
        }
    } else {
        OPLOCKSIM_ASSERT(stream_name != NameId{} &&
                             !sim::find_stream(world_, file, stream_name),
                         "the name of a volume entry is taken");
    }
    const StreamId stream_id = stream_name == NameId{} ? world_.files[file].first_stream
                                                       : add_stream(world_, file, stream_name);
    if (entry.directory) return;
    Stream& stream = world_.streams[stream_id];
    stream.size = entry.size;
    stream.valid_data_length = entry.size;
    stream.allocation_size =
        cluster_aligned(entry.allocation_size == 0 ? entry.size : entry.allocation_size);
}

void Kernel::add_link(PathId existing, PathId link) {
    const Lookup file = look_up(world_, existing);
    const Lookup place = look_up(world_, link);
    OPLOCKSIM_ASSERT(file.link && !world_.files[file.file].directory, "a hard link to no file");
    OPLOCKSIM_ASSERT(engine::nt_success(place.status) && !place.link && place.parent,
                     "a hard link has no place");
    sim::add_link(world_, file.file, place.parent, place.name);
    if (trace_ != nullptr) trace_volume({.path = link, .short_name = {}, .existing = existing});
}

StreamId Kernel::find_stream(PathId path) const {
    const Lookup place = look_up(world_, path);
    if (!place.link) return {};
    return sim::find_stream(world_, place.file, world_.names->path(path).stream);
}

}  // namespace oplocksim::sim
