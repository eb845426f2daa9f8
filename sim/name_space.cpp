#include "sim/name_space.h"

#include "engine/assert.h"

namespace oplocksim::sim {
namespace {

void index_link(World& world, FileId directory, NameId name, LinkId link) {
    world.directory_index.insert(directory.value, name.value, link);
}

void unindex_link(World& world, FileId directory, NameId name) {
    const bool known = world.directory_index.erase(directory.value, name.value);
    OPLOCKSIM_ASSERT(known, "a name of the directory is missing in its index");
}

// A short name that equals the name needs no entry of its own.
bool has_indexed_short_name(const Link& link) {
    return link.short_name != NameId{} && link.short_name != link.name;
}

// Puts the link at its place in its directory's list and into the index. A directory is in the
// order of its names, whatever came first: who made which name when is no part of the world.
void enter_directory(World& world, LinkId id) {
    Link& link = world.links[id];
    File& directory = world.files[link.parent];
    link.previous_child = directory.last_child;
    link.next_child = {};
    while (link.previous_child && link.name < world.links[link.previous_child].name) {
        link.next_child = link.previous_child;
        link.previous_child = world.links[link.previous_child].previous_child;
    }
    (link.previous_child ? world.links[link.previous_child].next_child
                         : directory.first_child) = id;
    (link.next_child ? world.links[link.next_child].previous_child : directory.last_child) = id;
    index_link(world, link.parent, link.name, id);
}

void leave_directory(World& world, LinkId id) {
    Link& link = world.links[id];
    File& directory = world.files[link.parent];
    (link.previous_child ? world.links[link.previous_child].next_child
                         : directory.first_child) = link.next_child;
    (link.next_child ? world.links[link.next_child].previous_child : directory.last_child) =
        link.previous_child;
    unindex_link(world, link.parent, link.name);
    if (has_indexed_short_name(link)) unindex_link(world, link.parent, link.short_name);
    link.short_name = {};
    link.next_child = {};
    link.previous_child = {};
}

void leave_file(World& world, LinkId id) {
    Link& link = world.links[id];
    LinkId* place = &world.files[link.file].first_link;
    while (*place != id) place = &world.links[*place].next_of_file;
    *place = link.next_of_file;
    link.next_of_file = {};
}

void free_stream_if_unreferenced(World& world, StreamId id) {
    const Stream& stream = world.streams[id];
    if (stream.removed && stream.references == 0) world.streams.erase(id);
}

void free_link_if_unreferenced(World& world, LinkId id) {
    const Link& link = world.links[id];
    if (link.removed && link.references == 0) world.links.erase(id);
}

void free_file_if_unreferenced(World& world, FileId id) {
    const File& file = world.files[id];
    if (file.first_link || file.references != 0) return;
    for (StreamId stream = file.first_stream; stream;) {
        const StreamId next = world.streams[stream].next_of_file;
        world.streams.erase(stream);
        stream = next;
    }
    world.files.erase(id);
}

}  // namespace

LinkId find_link(const World& world, FileId directory, NameId name) {
    const LinkId* const link = world.directory_index.find(directory.value, name.value);
    return link == nullptr ? LinkId{} : *link;
}

StreamId find_stream(const World& world, FileId file, NameId name) {
    StreamId id = world.files[file].first_stream;
    while (id && world.streams[id].name != name) id = world.streams[id].next_of_file;
    return id;
}

Lookup look_up(const World& world, PathId path) {
    const Path& parsed = world.names->path(path);
    Lookup lookup;
    lookup.file = world.root;
    lookup.link = world.files[world.root].first_link;
    for (std::size_t i = 0; i < parsed.components.size(); ++i) {
        if (i > 0) {
            if (!lookup.link || !world.files[lookup.file].directory) {
                lookup.status = NtStatus::STATUS_OBJECT_PATH_NOT_FOUND;
                return lookup;
            }
            if (world.links[lookup.link].deleted) {
                lookup.status = NtStatus::STATUS_DELETE_PENDING;
                return lookup;
            }
        }
        lookup.parent = lookup.file;
        lookup.name = parsed.components[i];
        lookup.link = find_link(world, lookup.parent, lookup.name);
        lookup.file = lookup.link ? world.links[lookup.link].file : FileId{};
    }
    return lookup;
}

FileId make_file(World& world, bool directory, std::uint32_t attributes) {
    File file;
    file.directory = directory;
    file.attributes = attributes;
    const FileId id = world.files.insert(file);
    add_stream(world, id, NameId{});
    return id;
}

StreamId add_stream(World& world, FileId file, NameId name) {
    Stream stream;
    stream.file = file;
    stream.name = name;
    const StreamId id = world.streams.insert(std::move(stream));
    StreamId* place = &world.files[file].first_stream;
    while (*place) place = &world.streams[*place].next_of_file;
    *place = id;
    return id;
}

void remove_stream(World& world, StreamId id) {
    Stream& stream = world.streams[id];
    StreamId* place = &world.files[stream.file].first_stream;
    while (*place != id) place = &world.streams[*place].next_of_file;
    *place = stream.next_of_file;
    stream.next_of_file = {};
    stream.removed = true;
    free_stream_if_unreferenced(world, id);
}

void rename_stream(World& world, StreamId id, NameId name) {
    const FileId file = world.streams[id].file;
    const bool was_unnamed = world.streams[id].name == NameId{};
    const StreamId replaced = find_stream(world, file, name);
    if (replaced && replaced != id) remove_stream(world, replaced);
    world.streams[id].name = name;
    // The unnamed stream is the first, and there always is one.
    const StreamId unnamed = was_unnamed ? add_stream(world, file, NameId{}) : id;
    if (!was_unnamed && name != NameId{}) return;
    StreamId* place = &world.files[file].first_stream;
    while (*place != unnamed) place = &world.streams[*place].next_of_file;
    *place = world.streams[unnamed].next_of_file;
    world.streams[unnamed].next_of_file = world.files[file].first_stream;
    world.files[file].first_stream = unnamed;
}

LinkId add_link(World& world, FileId file, FileId directory, NameId name) {
    Link link;
    link.file = file;
    link.parent = directory;
    link.name = name;
    const LinkId id = world.links.insert(link);
    LinkId* place = &world.files[file].first_link;
    while (*place) place = &world.links[*place].next_of_file;
    *place = id;
    enter_directory(world, id);
    return id;
}

void remove_link(World& world, LinkId id) {
    leave_directory(world, id);
    leave_file(world, id);
    world.links[id].removed = true;
    const FileId file = world.links[id].file;
    free_link_if_unreferenced(world, id);
    free_file_if_unreferenced(world, file);
}

void move_link(World& world, LinkId id, FileId directory, NameId name) {
    leave_directory(world, id);
    Link& link = world.links[id];
    link.parent = directory;
    link.name = name;
    enter_directory(world, id);
}

void set_short_name(World& world, LinkId id, NameId name) {
    Link& link = world.links[id];
    if (has_indexed_short_name(link)) unindex_link(world, link.parent, link.short_name);
    link.short_name = name;
    if (has_indexed_short_name(link)) index_link(world, link.parent, name, id);
}

LinkId next_below(const World& world, FileId top, LinkId link) {
    if (!link) return world.files[top].first_child;
    const File& file = world.files[world.links[link].file];
    if (file.first_child) return file.first_child;
    for (LinkId at = link;;) {
        const Link& here = world.links[at];
        if (here.next_child) return here.next_child;
        if (here.parent == top) return {};
        at = world.files[here.parent].first_link;   // a directory has exactly one link
    }
}

bool is_within(const World& world, FileId file, FileId top) {
    while (file && file != top) file = world.links[world.files[file].first_link].parent;
    return file == top;
}

void add_references(World& world, StreamId stream, LinkId link) {
    ++world.streams[stream].references;
    ++world.links[link].references;
    ++world.files[world.streams[stream].file].references;
}

void drop_references(World& world, StreamId stream, LinkId link) {
    const FileId file = world.streams[stream].file;
    --world.streams[stream].references;
    --world.links[link].references;
    --world.files[file].references;
    free_stream_if_unreferenced(world, stream);
    free_link_if_unreferenced(world, link);
    free_file_if_unreferenced(world, file);
}

}  // namespace oplocksim::sim
