#include "sim/share_access.h"

#include "sim/name_space.h"

namespace oplocksim::sim {

using engine::DELETE;
using engine::FILE_SHARE_DELETE;
using engine::FILE_SHARE_READ;
using engine::FILE_SHARE_WRITE;

namespace {

bool is_primary(const FileObject& file_object, const World& world) {
    return world.streams[file_object.stream].name == NameId{};
}

// One more open (1) or one less (-1): unsigned arithmetic makes the two the same.
void count_sharing(ShareCounts& counts, const FileObject& open, std::uint32_t by) {
    if ((open.sharing_access & kSharedAccess) == 0) return;
    counts.open_count += by;
    if ((open.sharing_access & kReadAccess) != 0) counts.readers += by;
    if ((open.sharing_access & kWriteAccess) != 0) counts.writers += by;
    if ((open.sharing_access & DELETE) != 0) counts.deleters += by;
    if ((open.share_access & FILE_SHARE_READ) != 0) counts.shared_read += by;
    if ((open.share_access & FILE_SHARE_WRITE) != 0) counts.shared_write += by;
    if ((open.share_access & FILE_SHARE_DELETE) != 0) counts.shared_delete += by;
}

void count_open(World& world, const FileObject& open, std::uint32_t by) {
    Stream& stream = world.streams[open.stream];
    File& file = world.files[stream.file];
    stream.open_count += by;
    file.open_count += by;
    world.links[open.link].open_count += by;
    if (!is_attribute_only(open.granted_access)) stream.data_open_count += by;
    if (open.transacted) file.transactions += by;
    if ((open.sharing_access & DELETE) != 0 && is_primary(open, world)) {
        file.primary_deleters += by;
    }
    if ((open.sharing_access & kSharedAccess) != 0 &&
        (open.share_access & FILE_SHARE_DELETE) == 0) {
        file.data_opens_no_share_delete += by;
    }
    count_sharing(stream.share, open, by);
}

// DELETE opens of the unnamed stream count for the whole file (2.1.5.1.2.1).
void count_primary_deleters(World& world, StreamId id, std::uint32_t by) {
    const Stream& stream = world.streams[id];
    if (stream.name != NameId{}) return;
    world.files[stream.file].primary_deleters += by * stream.share.deleters;
}

}  // namespace

void forget_primary_deleters(World& world, StreamId stream) {
    count_primary_deleters(world, stream, ~0u);
}

void count_primary_deleters(World& world, StreamId stream) {
    count_primary_deleters(world, stream, 1);
}

bool delete_sharing_conflicts(const File& file, bool primary, AccessMask access,
                              ShareAccess share) {
    if ((share & FILE_SHARE_DELETE) == 0 && (access & kSharedAccess) != 0 &&
        file.primary_deleters != 0) {
        return true;
    }
    return primary && (access & DELETE) != 0 && file.data_opens_no_share_delete != 0;
}

bool sharing_conflicts(const ShareCounts& counts, AccessMask access, ShareAccess share) {
    if ((access & kSharedAccess) == 0) return false;
    return ((access & kReadAccess) != 0 && counts.shared_read < counts.open_count) ||
           ((access & kWriteAccess) != 0 && counts.shared_write < counts.open_count) ||
           ((access & DELETE) != 0 && counts.shared_delete < counts.open_count) ||
           ((share & FILE_SHARE_READ) == 0 && counts.readers != 0) ||
           ((share & FILE_SHARE_WRITE) == 0 && counts.writers != 0) ||
           ((share & FILE_SHARE_DELETE) == 0 && counts.deleters != 0);
}

bool opens_conflict(const FileObject& existing, AccessMask access, ShareAccess share) {
    ShareCounts counts;
    count_sharing(counts, existing, 1);
    return sharing_conflicts(counts, access, share);
}

void enter_open(World& world, FileObjectId id) {
    FileObject& open = world.file_objects[id];
    Stream& stream = world.streams[open.stream];
    open.previous_on_stream = stream.last_open;
    open.next_on_stream = {};
    (stream.last_open ? world.file_objects[stream.last_open].next_on_stream
                      : stream.first_open) = id;
    stream.last_open = id;
    count_open(world, open, 1);
}

void remove_open(World& world, FileObjectId id) {
    FileObject& open = world.file_objects[id];
    Stream& stream = world.streams[open.stream];
    (open.previous_on_stream ? world.file_objects[open.previous_on_stream].next_on_stream
                             : stream.first_open) = open.next_on_stream;
    (open.next_on_stream ? world.file_objects[open.next_on_stream].previous_on_stream
                         : stream.last_open) = open.previous_on_stream;
    open.next_on_stream = {};
    open.previous_on_stream = {};
    count_open(world, open, ~0u);
}

}  // namespace oplocksim::sim
