#include "conformance/rules/known_names.h"

#include <algorithm>

namespace oplocksim::conformance {
KnownNames::KnownNames() { files_.push_back({Known::yes}); }

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
    files_.push_back({});
    KnownLink link;
    link.file = static_cast<FileNumber>(files_.size() - 1);
    link.parent = parent;
    link.name = name;
    links_.push_back(link);
    return static_cast<LinkNumber>(links_.size() - 1);
}

KnownNames::Target KnownNames::target(const sim::Path& path) {
    Target target;
    if (path.components.empty()) return target;
    target.parent = 0;
    for (std::size_t i = 0; i + 1 < path.components.size(); ++i) {
        LinkNumber link = find(target.parent, path.components[i]);
        if (link == kNothing) link = make(target.parent, path.components[i]);
        target.parent = links_[link].file;
        files_[target.parent].directory = Known::yes;
    }
    target.link = find(target.parent, path.components.back());
    return target;
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

KnownPlace KnownNames::place(const sim::Path& path) {
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
    for (StreamNumber i = 0; i < streams_.size(); ++i) {
        const KnownStream& stream = streams_[i];
        if (!stream.removed && stream.file == file && stream.name == name) return i;
    }
    KnownStream stream;
    stream.file = file;
    stream.name = name;
    streams_.push_back(stream);
    return static_cast<StreamNumber>(streams_.size() - 1);
}

Known KnownNames::is_directory(StreamNumber stream) const {
    const KnownStream& known = streams_[stream];
    return known.name.value != 0 ? Known::no : files_[known.file].directory;
}

// Upwards over every name. A directory is looked at once, so that a loop of links, which only a
// broken trace can show, ends.
bool KnownNames::is_below(FileNumber file, FileNumber top) const {
    std::vector<FileNumber> seen{file};
    for (std::size_t next = 0; next < seen.size(); ++next) {
        for (const KnownLink& link : links_) {
            if (link.removed || link.file != seen[next] || link.parent == kNothing) continue;
            if (link.parent == top) return true;
            const bool known = std::ranges::find(seen, link.parent) != seen.end();
            if (!known) seen.push_back(link.parent);
        }
    }
    return false;
}

bool KnownNames::is_parent(FileNumber directory, FileNumber file) const {
    return std::ranges::any_of(links_, [&](const KnownLink& link) {
        return link.file == file && link.parent == directory;
    });
}

bool KnownNames::delete_pending(StreamNumber stream) const {
    const KnownStream& known = streams_[stream];
    if (known.delete_pending) return true;
    return std::ranges::any_of(links_, [&](const KnownLink& link) {
        return link.file == known.file && link.delete_pending;
    });
}

void KnownNames::move_link(LinkNumber link, FileNumber parent, sim::NameId name) {
    const LinkNumber replaced = find(parent, name);
    if (replaced != kNothing && replaced != link) links_[replaced].removed = true;
    links_[link].parent = parent;
    links_[link].name = name;
    links_[link].short_name = {};
}

void KnownNames::add_link(FileNumber file, FileNumber parent, sim::NameId name) {
    const LinkNumber replaced = find(parent, name);
    if (replaced != kNothing && links_[replaced].file == file) return;
    if (replaced != kNothing) links_[replaced].removed = true;
    KnownLink link;
    link.file = file;
    link.parent = parent;
    link.name = name;
    links_.push_back(link);
}

void KnownNames::remove_link(LinkNumber link) { links_[link].removed = true; }

void KnownNames::rename_stream(StreamNumber stream, sim::NameId name) {
    for (KnownStream& other : streams_) {
        const bool same = other.file == streams_[stream].file && other.name == name;
        if (same && &other != &streams_[stream]) other.removed = true;
    }
    streams_[stream].name = name;
}

void KnownNames::hash_into(Fingerprint& fingerprint) const {
    for (const KnownFile& file : files_) {
        fingerprint.add(static_cast<std::uint64_t>(file.directory));
    }
    for (const KnownLink& link : links_) {
        fingerprint.add(link.file);
        fingerprint.add(link.parent);
        fingerprint.add(link.name.value);
        fingerprint.add(link.short_name.value);
        fingerprint.add((link.delete_pending ? 1u : 0u) | (link.removed ? 2u : 0u));
    }
    for (const KnownStream& stream : streams_) {
        fingerprint.add(stream.file);
        fingerprint.add(stream.name.value);
        fingerprint.add((stream.delete_pending ? 1u : 0u) | (stream.removed ? 2u : 0u));
        fingerprint.add(stream.size_at_least);
    }
}

}  // namespace oplocksim::conformance
