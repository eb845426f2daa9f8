// Share access: who may have a stream open together ([MS-FSA] 2.1.5.1.2.1, 2.1.5.1.2.2).
//
// IoCheckShareAccess and its relatives: counts on the stream (ShareCounts) and on the file, so
// that a check costs the same however many handles are open.
#pragma once

#include "sim/world.h"

namespace oplocksim::sim {

// An open takes part in sharing if it asks for one of these; any other open counts for nothing.
inline constexpr AccessMask kSharedAccess = engine::FILE_READ_DATA | engine::FILE_EXECUTE |
                                            engine::FILE_WRITE_DATA | engine::FILE_APPEND_DATA |
                                            engine::DELETE;
inline constexpr AccessMask kReadAccess = engine::FILE_READ_DATA | engine::FILE_EXECUTE;
inline constexpr AccessMask kWriteAccess = engine::FILE_WRITE_DATA | engine::FILE_APPEND_DATA;

// Only FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES and SYNCHRONIZE (create article, note).
[[nodiscard]] constexpr bool is_attribute_only(AccessMask access) {
    return (access & ~(engine::FILE_READ_ATTRIBUTES | engine::FILE_WRITE_ATTRIBUTES |
                       engine::SYNCHRONIZE)) == 0;
}

// 2.1.5.1.2.1: deleting the primary stream deletes the file, so a delete access of it and the
// sharing of every open of the file must agree. `primary`: the new open is of the unnamed stream
// or of the directory itself.
[[nodiscard]] bool delete_sharing_conflicts(const File& file, bool primary, AccessMask access,
                                            ShareAccess share);

// 2.1.5.1.2.2, the sharing loop, against all opens of the stream.
[[nodiscard]] bool sharing_conflicts(const ShareCounts& counts, AccessMask access,
                                     ShareAccess share);

// The same against one open; for rh_conflict_scope (SC-015).
[[nodiscard]] bool opens_conflict(const FileObject& existing, AccessMask access,
                                  ShareAccess share);

// Enters a new FILE_OBJECT in the open list and counts of its stream, file and link; takes it out
// at cleanup. Requires: its stream and link exist; remove: it was entered.
void enter_open(World& world, FileObjectId file_object);
void remove_open(World& world, FileObjectId file_object);

// Around a change of the stream's name, which decides whether a delete access of it concerns the
// whole file: takes its opens out of File::primary_deleters, and enters them again.
void forget_primary_deleters(World& world, StreamId stream);
void count_primary_deleters(World& world, StreamId stream);

}  // namespace oplocksim::sim
