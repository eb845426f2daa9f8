// The simulated universe, as one regular value.
//
// Everything that a run's future depends on is in a World: clock, event queue, ready operations,
// processes, threads, handles, FILE_OBJECTs, IRPs, files, links, streams with their oplocks,
// sections and byte-range locks. There are no pointers between objects, only ids; copying a World
// forks the universe, comparing two is meaningful. What happens in it is in kernel.h.
//
// Invariants (Kernel::check_invariants):
//   W1  every id stored in an object that exists names an object that exists (but for Irp::cursor
//       and TimedRequest::thread, which are compared or looked up before use);
//   W2  a blocked thread waits for exactly one IRP, and that IRP exists;
//   W3  a stream's share access counts are the sum over its cleaned-up-not FILE_OBJECTs;
//   W4  an IRP is in exactly one place: running, ready, held by an oplock, or in a lock's queue;
//   W5  a FILE_OBJECT exists while it has a handle, an IRP or a section; what it was opened on
//       (stream, link, file) exists as long, even when its name is gone, and so does what a
//       waiting create is about to open;
//   W6  a cache belongs to a FILE_OBJECT that exists, and there is one at most for each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/oplock.h"
#include "engine/semantics.h"
#include "sim/caching_client.h"
#include "sim/event_queue.h"
#include "sim/flat_map.h"
#include "sim/ids.h"
#include "sim/names.h"
#include "sim/request.h"
#include "sim/slot_map.h"
#include "sim/time.h"

namespace oplocksim::sim {

// A client: what Windows calls a process. Handles belong to it, threads run in it.
struct Process {
    NameId name;
    bool terminated = false;
    ThreadId first_thread;      // list through Thread::next_in_process, in order of creation
    HandleId first_handle;      // list through Handle::next_in_process, oldest first
    HandleId last_handle;
    ThreadId cache_thread;      // it caches (caching_client.h), and this thread is the cache's own
    bool operator==(const Process&) const = default;
};

enum class ThreadState : std::uint8_t { running, blocked, exited };

struct Thread {
    ProcessId process;
    NameId name;
    ThreadState state = ThreadState::running;
    bool paused = false;        // its ready operations are not run until it is resumed
    IrpId waiting_for;          // blocked: the IRP that must complete first
    IrpId first_irp;            // outstanding IRPs it issued, list through Irp::next_of_thread
    IrpId last_irp;
    ThreadId next_in_process;
    bool operator==(const Thread&) const = default;
};

struct Handle {
    ProcessId process;
    FileObjectId file_object;
    HandleId next_in_process;
    HandleId previous_in_process;
    bool operator==(const Handle&) const = default;
};

// An open: FILE_OBJECT, and what [MS-FSA] 2.1.1.6 calls Per Open.
struct FileObject {
    StreamId stream;
    LinkId link;                     // the name it was opened by
    AccessMask granted_access = 0;   // of the handle: what the caller asked for
    AccessMask sharing_access = 0;   // and what the disposition implied: counted in ShareCounts
    ShareAccess share_access = 0;
    CreateOptions options = 0;       // the create options
    OplockKey target_key;
    OplockKey parent_key;
    std::uint32_t handle_count = 0;
    std::uint32_t irp_count = 0;     // IRPs that refer to it
    std::uint32_t section_count = 0; // sections created from it
    bool cleaned_up = false;         // IRP_MJ_CLEANUP is done; no handle is left
    bool transacted = false;
    bool synchronous = false;
    std::uint64_t current_byte_offset = 0;
    FileObjectId next_on_stream;     // list from Stream::first_open, in order of opening
    FileObjectId previous_on_stream;
    bool operator==(const FileObject&) const = default;
};

// SHARE_ACCESS (IoSetShareAccess and friends), plus the number of all opens.
struct ShareCounts {
    std::uint32_t open_count = 0;    // opens with data or delete access
    std::uint32_t readers = 0;
    std::uint32_t writers = 0;
    std::uint32_t deleters = 0;
    std::uint32_t shared_read = 0;
    std::uint32_t shared_write = 0;
    std::uint32_t shared_delete = 0;
    bool operator==(const ShareCounts&) const = default;
};

struct ByteRangeLock {
    FileObjectId owner;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint32_t lock_key = 0;
    bool exclusive = true;
    bool operator==(const ByteRangeLock&) const = default;
};

// [MS-FSA] 2.1.1.5.
struct Stream {
    FileId file;
    NameId name;                     // zero: the unnamed data stream, or the directory itself
    std::uint64_t size = 0;
    std::uint64_t allocation_size = 0;
    std::uint64_t valid_data_length = 0;
    bool deleted = false;            // Stream.IsDeleted: a named stream is pending deletion
    std::uint32_t open_count = 0;            // FILE_OBJECTs not cleaned up
    std::uint32_t data_open_count = 0;       // of those, not attribute-only
    std::uint32_t references = 0;            // FILE_OBJECTs, cleaned up or not; creates
    bool removed = false;                    // no longer in its file
    std::uint32_t writable_sections = 0;
    std::uint32_t sections = 0;
    ShareCounts share;
    FileObjectId first_open;
    FileObjectId last_open;
    StreamId next_of_file;           // list from File::first_stream; the unnamed one is first
    engine::Oplock oplock;
    std::vector<ByteRangeLock> locks;
    std::vector<IrpId> lock_waiters; // IRP_MN_LOCK waiting for the range, first in first out
    std::vector<Extent> extents;     // what was written: sorted, disjoint; the rest is zeros
    bool operator==(const Stream&) const = default;
};

// [MS-FSA] 2.1.1.3.
struct File {
    bool directory = false;
    std::uint32_t attributes = 0;
    std::uint32_t open_count = 0;    // FILE_OBJECTs not cleaned up, on all its streams
    std::uint32_t references = 0;    // FILE_OBJECTs, cleaned up or not; waiting creates
    std::uint32_t transactions = 0;  // transacted opens of any stream
    std::uint32_t primary_deleters = 0;        // opens of the main stream or directory with DELETE
    std::uint32_t data_opens_no_share_delete = 0;  // 2.1.5.1.2.1: data opens without share delete
    StreamId first_stream;
    LinkId first_link;               // list through Link::next_of_file
    LinkId first_child;              // a directory's links, in order of their NameIds
    LinkId last_child;
    bool operator==(const File&) const = default;
};

// [MS-FSA] 2.1.1.4: one name of a file in one directory.
struct Link {
    FileId file;
    FileId parent;                   // none for the root
    NameId name;
    NameId short_name;
    bool deleted = false;            // Link.IsDeleted: pending deletion
    bool removed = false;            // no longer in its directory
    std::uint32_t open_count = 0;    // FILE_OBJECTs opened by this name, not cleaned up
    std::uint32_t references = 0;    // the same, cleaned up or not; waiting creates
    LinkId next_of_file;
    LinkId next_child;
    LinkId previous_child;
    bool operator==(const Link&) const = default;
};

struct Section {
    ProcessId process;               // whose section handle it is
    StreamId stream;
    FileObjectId file_object;        // that it was created from; keeps it alive
    bool writable = false;
    bool operator==(const Section&) const = default;
};

// Where an IRP is (invariant W4).
enum class IrpState : std::uint8_t {
    running,          // inside Kernel::submit or a resumption
    ready,            // released; will go on when the scheduler picks it
    held_by_oplock,   // a granted request, or waiting for a break, or a break notification
    waiting_for_lock, // IRP_MN_LOCK, for the range
};

// Where in its work an operation that waits goes on ([MS-FSA] 2.1.4.12.1, SC-092).
struct Irp {
    Request request;
    ThreadId thread;
    FileObjectId file_object;        // none for a create until it succeeds
    StreamId waiting_stream;         // held_by_oplock: whose oplock holds it
    IrpState state = IrpState::running;
    std::uint8_t phase = 0;          // meaning belongs to the operation
    bool released = false;           // passes the check it waited in (recheck_after_release off)
    std::optional<engine::Operation> waited_check;   // which that is; none for a reservation
    bool returned_pending = false;   // the caller saw STATUS_PENDING
    bool handle_break_done = false;  // create: the one retry of SC-014 is used
    bool break_in_progress = false;  // create: answers STATUS_OPLOCK_BREAK_IN_PROGRESS (SC-021)
    StreamId cursor;                 // the stream whose check waited last; may be gone by now
    StreamId target_stream;          // a create that waits: what its name led to; these count
    LinkId target_link;              // as references until it completes
    IrpId next_of_thread;
    IrpId previous_of_thread;
    bool operator==(const Irp&) const = default;
};

// An operation that can run now.
struct ReadyItem {
    IrpId irp;
    bool operator==(const ReadyItem&) const = default;
};

// A request that will be issued when the clock reaches a time (Kernel::submit_at).
struct TimedRequest {
    ThreadId thread;
    Request request;
    std::uint32_t token = 0;         // returned to the caller with the IRP
    bool operator==(const TimedRequest&) const = default;
};

struct World {
    engine::Semantics semantics;
    std::shared_ptr<const Names> names;   // immutable, shared by copies
    Ticks now = 0;
    EventQueue<TimedRequest> timers;
    std::vector<ReadyItem> ready;         // in order of becoming ready
    SlotMap<ProcessId, Process> processes;
    SlotMap<ThreadId, Thread> threads;
    SlotMap<HandleId, Handle> handles;
    SlotMap<FileObjectId, FileObject> file_objects;
    SlotMap<FileId, File> files;
    SlotMap<LinkId, Link> links;
    SlotMap<StreamId, Stream> streams;
    SlotMap<SectionId, Section> sections;
    SlotMap<IrpId, Irp> irps;
    FlatMap<LinkId> directory_index;      // (directory, folded name or short name) -> link
    FileId root;
    std::uint32_t paused_threads = 0;
    std::vector<ClientCache> caches;      // of caching clients, in order of opening

    // Names tables are compared by identity: the copies of a world share theirs.
    bool operator==(const World&) const = default;
};

}  // namespace oplocksim::sim
