// The name space of the volume: files, directories, links, streams and how paths lead to them.
//
// Functions on the World alone: they know no IRP, no oplock and no sharing, and check nothing that
// their contract does not name. A File lives while it has a link or a FILE_OBJECT; a Link or a
// Stream that was removed lives on, nameless, while a FILE_OBJECT refers to it (W5).
#pragma once

#include "sim/world.h"

namespace oplocksim::sim {

// Where a path leads ([MS-FSA] 2.1.5.1, phases 5 and 6).
struct Lookup {
    // STATUS_OBJECT_PATH_NOT_FOUND or STATUS_DELETE_PENDING if the parent cannot be reached.
    NtStatus status = NtStatus::STATUS_SUCCESS;
    FileId parent;       // the directory of the last component; none for the root directory
    NameId name;         // the last component
    LinkId link;         // none: there is no such name
    FileId file;         // none: likewise
};

// Follows a path. Short names are found too.
[[nodiscard]] Lookup look_up(const World& world, PathId path);

// The link with this name or short name, or none.
[[nodiscard]] LinkId find_link(const World& world, FileId directory, NameId name);
// The stream with this name, or none. The empty name: the unnamed stream, or the directory's own.
[[nodiscard]] StreamId find_stream(const World& world, FileId file, NameId name);

// A directory's own stream: DirectoryStream of [MS-FSA].
[[nodiscard]] inline bool is_directory_stream(const World& world, const Stream& stream) {
    return stream.name == NameId{} && world.files[stream.file].directory;
}

// Makes an empty file with its unnamed stream, and no link yet.
FileId make_file(World& world, bool directory, std::uint32_t attributes);
// Requires: the file has no stream of this name.
StreamId add_stream(World& world, FileId file, NameId name);
// Takes the stream out of its file. Requires: it is not the unnamed stream.
void remove_stream(World& world, StreamId stream);
// Gives the stream another name ([MS-FSA] 2.1.5.15.12.1). A stream that has the name is removed;
// a renamed unnamed stream leaves an empty one behind. Requires: not a directory's own stream;
// nobody has the replaced stream open.
void rename_stream(World& world, StreamId stream, NameId name);

// Enters a name. Requires: `name` is free in `directory`.
LinkId add_link(World& world, FileId file, FileId directory, NameId name);
// Takes a name out of its directory and its file. The last one of a file that nobody has open
// takes the file with it. Requires: not removed, not the root.
void remove_link(World& world, LinkId link);
// Renames in place: whoever has the file open by this link follows. The short name is lost.
// Requires: `name` is free in `directory`, or is this link's own.
void move_link(World& world, LinkId link, FileId directory, NameId name);
// Zero removes it. Requires: `name` is free in the link's directory.
void set_short_name(World& world, LinkId link, NameId name);

// The link after `link` in the tree below `top`, depth first in the order of the names; with none,
// the first. None at the end. Requires: `top` is a directory, `link` is below it.
[[nodiscard]] LinkId next_below(const World& world, FileId top, LinkId link);
// Is `file` the directory `top`, or somewhere below it?
[[nodiscard]] bool is_within(const World& world, FileId file, FileId top);

// Counts a new FILE_OBJECT, or a waiting create, on what it opens; drops that count when it goes
// away, and with the last one whatever had only been waiting for that.
void add_references(World& world, StreamId stream, LinkId link);
void drop_references(World& world, StreamId stream, LinkId link);

}  // namespace oplocksim::sim
