#include "conformance/rules/known_names.h"

#include <algorithm>

namespace oplocksim::conformance {

KnownNames::KnownNames() { files_.append().directory = Known::yes; }

LinkNumber KnownNames::find(FileNumber parent, sim::NameId name) const {
    for (LinkNumber i = 0; i < links_.size(); ++i) {
        const KnownLink& link = links_[i];
        if (link.removed || link.parent != parent) continue;
        const bool by_short_name = link.short_name.value != 0 && link.short_name == name;
        if (link.name == name || by_short_name) return i;
    }
    return kNothing;
}

LinkNumber KnownNames::make(FileNumber parent, sim::NameId name) {
    files_.append();
    return append(files_.size() - 1, parent, name);
}

LinkNumber KnownNames::append(FileNumber file, FileNumber parent, sim::NameId name) {
    const LinkNumber number = links_.size();
    KnownLink& link = links_.append();
    link.file = file;
    link.parent = parent;
    link.name = name;
    KnownFile& of = files_[file];
    if (of.last_link == kNothing) of.first_link = number;
    if (of.last_link != kNothing) links_[of.last_link].next = number;
    of.last_link = number;
    return number;
}

KnownNames::Target KnownNames::target(const sim::Path& path) {
    Target target;
    if (path.components.empty()) return target;
    target.parent = 0;
    for (std::size_t i = 0; i + 1 < path.components.size(); ++i) {
        LinkNumber link = find(target.parent, path.components[i]);
        if (link == kNothing) link = make(target.parent, path.components[i]);
        target.parent = links_[link].file;
    }
    target.link = find(target.parent, path.components.back());
    return target;
}

void KnownNames::path_was_followed(const sim::Path& path) {
    FileNumber parent = 0;
    for (std::size_t i = 0; i + 1 < path.components.size(); ++i) {
        const LinkNumber link = find(parent, path.components[i]);
        if (link == kNothing) return;
        parent = links_[link].file;
        set_directory(parent, Known::yes);
    }
}

KnownNames::Target KnownNames::find_target(const sim::Path& path) const {
    Target target;
    if (path.components.empty()) return target;
    target.parent = 0;
    for (std::size_t i = 0; i + 1 < path.components.size(); ++i) {
        const LinkNumber link = find(target.parent, path.components[i]);
        if (link == kNothing) return {};
        target.parent = links_[link].file;
    }
    target.link = find(target.parent, path.components.back());
    return target;
}

std::optional<KnownPlace> KnownNames::find_place(const sim::Path& path) const {
    KnownPlace place;
    if (!path.components.empty()) {
        place.link = find_target(path).link;
        if (place.link == kNothing) return std::nullopt;
        place.file = links_[place.link].file;
    }
    place.stream = find_stream(place.file, path.stream);
    if (place.stream == kNothing) return std::nullopt;
    return place;
}

StreamNumber KnownNames::find_stream(FileNumber file, sim::NameId name) const {
    for (StreamNumber i = files_[file].first_stream; i != kNothing; i = streams_[i].next) {
        if (!streams_[i].removed && streams_[i].name == name) return i;
    }
    return kNothing;
}

KnownPlace KnownNames::place(sim::PathId id, const sim::Path& path) {
    while (cache_.places.size() < id.value) cache_.places.append();
    CachedPlace& cached = cache_.places[id.value - 1];
    if (cached.age != cache_.age) {
        const KnownPlace place = walk(path);
        cached = {place, cache_.age};
    }
    return cached.place;
}

KnownPlace KnownNames::walk(const sim::Path& path) {
    KnownPlace place;
    if (!path.components.empty()) {
        const Target found = target(path);
        place.link = found.link != kNothing ? found.link
                                            : make(found.parent, path.components.back());
        place.file = links_[place.link].file;
    }
    place.stream = stream_of(place.file, path.stream);
    return place;
}

StreamNumber KnownNames::stream_of(FileNumber file, sim::NameId name) {
    const StreamNumber found = find_stream(file, name);
    if (found != kNothing) return found;
    const StreamNumber number = streams_.size();
    KnownFile& of = files_[file];
    KnownStream& stream = streams_.append();
    stream.file = file;
    stream.name = name;
    if (of.last_stream == kNothing) of.first_stream = number;
    if (of.last_stream != kNothing) streams_[of.last_stream].next = number;
    of.last_stream = number;
    return number;
}

void KnownNames::set_directory(FileNumber file, Known directory) {
    files_[file].directory = directory;
}

Known KnownNames::is_directory(StreamNumber stream) const {
    const KnownStream& known = streams_[stream];
    return known.name.value != 0 ? Known::no : files_[known.file].directory;
}

// Upwards over every name. A directory is looked at once, so that a loop of links, which only a
// broken trace can show, ends.
bool KnownNames::is_below(FileNumber file, FileNumber top) const {
    engine::SmallVector<FileNumber, 8> seen;
    seen.push_back(file);
    for (std::uint32_t next = 0; next < seen.size(); ++next) {
        LinkNumber i = files_[seen[next]].first_link;
        for (; i != kNothing; i = links_[i].next) {
            const KnownLink& link = links_[i];
            if (link.removed || link.parent == kNothing) continue;
            if (link.parent == top) return true;
            if (std::ranges::find(seen, link.parent) == seen.end()) seen.push_back(link.parent);
        }
    }
    return false;
}

bool KnownNames::is_link_below(LinkNumber link, FileNumber top) const {
    if (link == kNothing || links_[link].removed || links_[link].parent == kNothing) return false;
    return links_[link].parent == top || is_below(links_[link].parent, top);
}

bool KnownNames::is_parent(FileNumber directory, FileNumber file) const {
    for (LinkNumber i = files_[file].first_link; i != kNothing; i = links_[i].next) {
        if (links_[i].parent == directory) return true;
    }
    return false;
}

Known KnownNames::is_going(StreamNumber stream, LinkNumber link) const {
    if (streams_[stream].delete_pending) return Known::yes;
    if (link == kNothing) return Known::no;
    const KnownLink& own = links_[link];
    if (own.delete_pending) return Known::yes;
    return own.delete_doubtful || own.removed ? Known::unknown : Known::no;
}

bool KnownNames::any_directory_pending() const {
    return std::ranges::any_of(links_, [&](const KnownLink& link) {
        const bool may_go = link.delete_pending || link.delete_doubtful;
        return may_go && files_[link.file].directory != Known::no;
    });
}

void KnownNames::move_link(LinkNumber link, FileNumber parent, sim::NameId name) {
    const LinkNumber replaced = find(parent, name);
    if (replaced != kNothing && replaced != link) links_[replaced].removed = true;
    links_[link].parent = parent;
    links_[link].name = name;
    links_[link].short_name = {};
    links_[link].short_name_known = false;
    names_changed();
}

void KnownNames::add_link(FileNumber file, FileNumber parent, sim::NameId name) {
    const LinkNumber replaced = find(parent, name);
    if (replaced != kNothing && links_[replaced].file == file) return;
    if (replaced != kNothing) links_[replaced].removed = true;
    append(file, parent, name);
    names_changed();
}

void KnownNames::remove_link(LinkNumber link) {
    links_[link].removed = true;
    names_changed();
}

void KnownNames::remove_stream(StreamNumber stream) {
    streams_[stream].removed = true;
    names_changed();
}

void KnownNames::remove_other_streams(StreamNumber stream) {
    StreamNumber i = files_[streams_[stream].file].first_stream;
    for (; i != kNothing; i = streams_[i].next) {
        if (i != stream) streams_[i].removed = true;
    }
    names_changed();
}

LinkNumber KnownNames::vacate(FileNumber parent, sim::NameId name) {
    const LinkNumber found = find(parent, name);
    if (found != kNothing) return found;
    names_changed();
    return make(parent, name);
}

void KnownNames::set_short_name(LinkNumber link, sim::NameId name) {
    const LinkNumber other = name.value != 0 ? find(links_[link].parent, name) : kNothing;
    if (other != kNothing && other != link) links_[other].removed = true;
    links_[link].short_name = name;
    links_[link].short_name_known = true;
    names_changed();
}

void KnownNames::rename_stream(StreamNumber stream, sim::NameId name) {
    StreamNumber i = files_[streams_[stream].file].first_stream;
    for (; i != kNothing; i = streams_[i].next) {
        if (i != stream && streams_[i].name == name) streams_[i].removed = true;
    }
    streams_[stream].name = name;
    names_changed();
}

}  // namespace oplocksim::conformance
