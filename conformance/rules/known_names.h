// What a run has shown of the name space: directories, files, links and streams.
//
// Nothing is known at first. A path that is named for the first time makes a file for itself, and
// others for each component before the last; whether they exist shows later. Two names are
// taken for two files unless the run made them one (a link, a rename, a short name). A name that
// was removed leads to another file when it is used again.
//
// A regular value. Numbers are positions, never reused; the root directory is file 0.
//
// Invariants:
//   N1  a link and a stream keep their file for ever, and are on its chain, in order of number;
//   N2  what the cache of places holds is what a walk over the names would find.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/small_vector.h"
#include "sim/names.h"

namespace oplocksim::conformance {

using FileNumber = std::uint32_t;
using LinkNumber = std::uint32_t;
using StreamNumber = std::uint32_t;
inline constexpr std::uint32_t kNothing = 0xFFFFFFFFu;

enum class Known : std::uint8_t { unknown, no, yes };

struct KnownFile {
    Known directory = Known::unknown;
    LinkNumber first_link = kNothing;       // the chains of N1
    LinkNumber last_link = kNothing;
    StreamNumber first_stream = kNothing;
    StreamNumber last_stream = kNothing;
    bool operator==(const KnownFile&) const = default;
};

// One name of a file in a directory.
struct KnownLink {
    FileNumber file = 0;
    FileNumber parent = kNothing;     // none: the root directory
    sim::NameId name;
    sim::NameId short_name;           // zero: none that is known
    bool short_name_known = false;    // what it is, or that there is none
    LinkNumber next = kNothing;       // of the same file
    bool delete_pending = false;
    bool delete_doubtful = false;     // a directory that goes away if nothing is in it
    bool removed = false;
    bool operator==(const KnownLink&) const = default;
};

struct KnownStream {
    FileNumber file = 0;
    sim::NameId name;                 // zero: the unnamed stream, or the directory itself
    bool delete_pending = false;
    bool removed = false;
    StreamNumber next = kNothing;     // of the same file
    std::uint64_t size_at_least = 0;  // what writes and reads have shown
    bool operator==(const KnownStream&) const = default;
};

// Where a path leads.
struct KnownPlace {
    LinkNumber link = kNothing;       // none: the root directory
    FileNumber file = 0;
    StreamNumber stream = 0;
    bool operator==(const KnownPlace&) const = default;
};

class KnownNames {
 public:
    KnownNames();

    // Follows a path, and makes what it names if it is new here. `id` is the path's own.
    KnownPlace place(sim::PathId id, const sim::Path& path);
    // Something was found, or made, at the end of a path: what is before that are directories.
    void path_was_followed(const sim::Path& path);
    // The directory and the link of the last component; the link is none if it is not known.
    struct Target {
        FileNumber parent = kNothing;
        LinkNumber link = kNothing;
    };
    Target target(const sim::Path& path);
    // The same without making anything; parent none: some directory before it is not known.
    [[nodiscard]] Target find_target(const sim::Path& path) const;
    // Where it leads, if that is known already.
    [[nodiscard]] std::optional<KnownPlace> find_place(const sim::Path& path) const;

    [[nodiscard]] const KnownFile& file(FileNumber file) const { return files_[file]; }
    [[nodiscard]] const KnownLink& link(LinkNumber link) const { return links_[link]; }
    [[nodiscard]] const KnownStream& stream(StreamNumber stream) const {
        return streams_[stream];
    }
    void set_directory(FileNumber file, Known directory);
    void set_delete_pending(LinkNumber link, bool pending) {
        links_[link].delete_pending = pending;
        links_[link].delete_doubtful = false;
    }
    void doubt_deletion(LinkNumber link) { links_[link].delete_doubtful = true; }
    void set_stream_delete_pending(StreamNumber stream, bool pending) {
        streams_[stream].delete_pending = pending;
    }
    void set_size_at_least(StreamNumber stream, std::uint64_t size) {
        streams_[stream].size_at_least = size;
    }

    // The stream of this name, made if new.
    StreamNumber stream_of(FileNumber file, sim::NameId name);
    // Is it the unnamed stream of a directory, or may it be?
    [[nodiscard]] Known is_directory(StreamNumber stream) const;
    // Has some name of `file` the directory `top` above it?
    [[nodiscard]] bool is_below(FileNumber file, FileNumber top) const;
    // Is this name below the directory `top`? Not if it was removed.
    [[nodiscard]] bool is_link_below(LinkNumber link, FileNumber top) const;
    // Is `directory` the parent of some name of `file`?
    [[nodiscard]] bool is_parent(FileNumber directory, FileNumber file) const;
    // Is what was opened by `link` on its way out? Unknown where somebody else's link took its
    // name, or a directory goes away only if it is empty.
    [[nodiscard]] Known is_going(StreamNumber stream, LinkNumber link) const;

    [[nodiscard]] bool any_directory_pending() const;

    // A rename, a new link: takes away a link that has the name. The link has it afterwards.
    void move_link(LinkNumber link, FileNumber parent, sim::NameId name);
    void add_link(FileNumber file, FileNumber parent, sim::NameId name);
    void remove_link(LinkNumber link);
    // The name leads nowhere now, whatever led there before: returns the link that stands for it.
    LinkNumber vacate(FileNumber parent, sim::NameId name);
    // Takes the name from whatever had it.
    void set_short_name(LinkNumber link, sim::NameId name);
    void remove_stream(StreamNumber stream);
    // Its file is new: no other stream that was known is there.
    void remove_other_streams(StreamNumber stream);
    void rename_stream(StreamNumber stream, sim::NameId name);

    [[nodiscard]] LinkNumber link_count() const { return links_.size(); }
    // Links and streams.
    [[nodiscard]] std::size_t size() const { return links_.size() + streams_.size(); }
    bool operator==(const KnownNames&) const = default;

 private:
    // Where each path led when it was last followed, by PathId; an entry of another `age` than the
    // names' own is stale. It speeds up and decides nothing, so it takes no part in comparison.
    struct CachedPlace {
        KnownPlace place;
        std::uint32_t age = 0;
    };
    struct PlaceCache {
        engine::SmallVector<CachedPlace, 8> places;
        std::uint32_t age = 1;
        bool operator==(const PlaceCache&) const { return true; }
    };

    [[nodiscard]] KnownPlace walk(const sim::Path& path);
    [[nodiscard]] LinkNumber find(FileNumber parent, sim::NameId name) const;
    [[nodiscard]] StreamNumber find_stream(FileNumber file, sim::NameId name) const;
    LinkNumber make(FileNumber parent, sim::NameId name);
    LinkNumber append(FileNumber file, FileNumber parent, sim::NameId name);
    void names_changed() { ++cache_.age; }

    engine::SmallVector<KnownFile, 8> files_;
    engine::SmallVector<KnownLink, 8> links_;
    engine::SmallVector<KnownStream, 8> streams_;
    PlaceCache cache_;
};

}  // namespace oplocksim::conformance
