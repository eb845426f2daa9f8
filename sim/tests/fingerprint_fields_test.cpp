// Every member of every structure of the world, changed alone: the fingerprint follows, or the
// table says why it must not.
#include <algorithm>
#include <functional>

#include "sim/engine_ids.h"
#include "sim/fingerprint.h"
#include "sim/tests/test_kernel.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

// A world in which there is something of everything.
class FingerprintFields : public KernelTest {
 protected:
    FingerprintFields() {
        file("\\f");
        file("\\f:s");
        file("\\g");
        directory("\\d");
        file("\\d\\x");
        file("\\locked");
        file("\\gone");
        file("\\paused");
        const HandleId owner = open(ta_, "\\f", FILE_READ_DATA, kShareAll, 1);
        stream_grant_ = grant(ta_, level(open(ta_, "\\f:s"), kR));
        grant(ta_, level(owner, kRWH));
        waiting_ = submit(tb_, create_request("\\f")).irp;                   // breaks and waits
        const ThreadId helper = kernel().create_thread(a_, names_->intern("helper"));
        const HandleId g = open(helper, "\\g", FILE_ALL_ACCESS);
        grant(helper, level(g, kR));
        Request section = on(RequestKind::create_section, g);
        done(helper, section);
        const HandleId locked = open(helper, "\\locked", FILE_ALL_ACCESS);
        done(helper, on(RequestKind::lock, locked));
        const HandleId wants = open(ta_, "\\locked", FILE_ALL_ACCESS);
        lock_waiter_ = submit(ta_, on(RequestKind::lock, wants)).irp;
        Request write = on(RequestKind::write, g);
        write.data = 1;
        write.length = 5;
        done(helper, write);
        leave_something_deleted();
        make_something_ready();
        kernel().submit_at(ta_, 100, on(RequestKind::read, owner), 1);
        kernel().check_invariants();
        before_ = print(world_);
    }

    void leave_something_deleted() {
        const HandleId gone = open(ta_, "\\gone", FILE_ALL_ACCESS);
        const HandleId stream = open(ta_, "\\g:t2", FILE_ALL_ACCESS | DELETE);
        for (const HandleId handle : {gone, stream}) {
            grant_or_done(ta_, on(RequestKind::create_section, handle));   // keeps it
            done(ta_, on(RequestKind::set_disposition, handle));
            close(ta_, handle);
        }
    }
    // A released create whose thread is paused, and a reservation.
    void make_something_ready() {
        const ProcessId c = kernel().create_process(names_->intern("C"));
        const ThreadId first = kernel().create_thread(c, names_->intern("1"));
        const ThreadId second = kernel().create_thread(c, names_->intern("2"));
        const HandleId owner = open(first, "\\paused");
        grant(first, batch(owner));
        ready_ = kernel().submit(second, create_request("\\paused")).irp;
        kernel().pause(second);
        close(first, owner);
        Request reserving = create_request("\\d\\x");
        reserving.options = FILE_OPEN_REQUIRING_OPLOCK;
        done(first, reserving);
    }
    void grant_or_done(ThreadId thread, const Request& request) { submit(thread, request); }
    HandleId open(ThreadId thread, std::string_view text, AccessMask access = FILE_READ_DATA,
                  ShareAccess share = kShareAll, std::uint32_t key = 0) {
        Request request = create_request(text, access, share);
        request.disposition = CreateDisposition::FILE_OPEN_IF;
        request.target_key.value = key;
        const Completion result = done(thread, request);
        EXPECT_EQ(result.status, NtStatus::STATUS_SUCCESS) << text;
        return result.handle;
    }

    static Fingerprint print(const World& world) {
        return fingerprint(world, CanonicalIds(world, all_threads(world)));
    }

    using Change = std::function<void(World&)>;
    void matters(const char* what, const Change& change) {
        World changed = world_;
        change(changed);
        EXPECT_NE(print(changed), before_) << what << " is not in the fingerprint";
    }
    void does_not_matter(const char* what, const Change& change) {
        World changed = world_;
        change(changed);
        EXPECT_FALSE(changed == world_) << what << " was not changed";
        EXPECT_EQ(print(changed), before_) << what << " is in the fingerprint";
    }

    // The first object for which `predicate` holds.
    template <typename IdType, typename T, typename F>
    static IdType which(const SlotMap<IdType, T>& objects, F predicate) {
        IdType found;
        objects.for_each([&](IdType id, const T& value) {
            if (!found && predicate(value)) found = id;
        });
        EXPECT_TRUE(found) << "the world lacks something";
        return found;
    }
    template <typename Map>
    static auto any(const Map& objects) {
        return which(objects, [](const auto&) { return true; });
    }
    // One that differs from `id`.
    template <typename IdType, typename T>
    static IdType other(const SlotMap<IdType, T>& objects, IdType id) {
        IdType found;
        objects.for_each([&](IdType at, const T&) {
            if (at != id) found = at;
        });
        return found;
    }

    IrpId stream_grant_, waiting_, lock_waiter_, ready_;
    Fingerprint before_;
};

// `member` of the object `id` in the table `table`.
#define CHANGE(table, id, member, ...) \
    matters(#table "." #member, [&](World& w) { w.table[id].member __VA_ARGS__; })
#define CHANGE_IN_VAIN(table, id, member, ...) \
    does_not_matter(#table "." #member, [&](World& w) { w.table[id].member __VA_ARGS__; })

TEST_F(FingerprintFields, OfTheWorld) {
    for (const SwitchInfo& info : switches()) {
        for (const std::string_view value : info.values) {
            if (value == switch_value(world_.semantics, info.name)) continue;
            matters(std::string(info.name).c_str(), [&](World& w) {
                EXPECT_TRUE(set_switch(w.semantics, info.name, value));
            });
        }
    }
    matters("now", [](World& w) { ++w.now; });
    matters("root", [](World& w) { w.root = other(w.files, w.root); });
    matters("paused_threads", [](World& w) { ++w.paused_threads; });
    matters("ready", [](World& w) { w.ready.clear(); });
    matters("ready, its order", [this](World& w) { w.ready.push_back({waiting_}); });
    const auto timer = [&](Ticks time, ThreadId thread, std::uint32_t token, RequestKind kind) {
        return [=](World& w) {
            const TimedRequest old = w.timers.pop();
            Request request = old.request;
            request.kind = kind;
            w.timers.push(time, {thread, request, token});
        };
    };
    const Ticks due = world_.timers.next_time();
    matters("timers, time", timer(due + 1, ta_, 1, RequestKind::read));
    matters("timers, thread", timer(due, tb_, 1, RequestKind::read));
    matters("timers, token", timer(due, ta_, 2, RequestKind::read));
    matters("timers, request", timer(due, ta_, 1, RequestKind::write));
    matters("timers", [](World& w) { static_cast<void>(w.timers.pop()); });
    // What only names things, or repeats them.
    does_not_matter("names", [](World& w) { w.names = std::make_shared<Names>(); });
    does_not_matter("directory_index", [](World& w) { w.directory_index.insert(9, 9, {}); });
}

TEST_F(FingerprintFields, OfProcessesThreadsAndHandles) {
    CHANGE(processes, a_, terminated, = true);
    CHANGE(processes, a_, first_thread, = world_.threads[ta_].next_in_process);
    const HandleId first = world_.processes[a_].first_handle;
    CHANGE(processes, a_, first_handle, = world_.handles[first].next_in_process);
    CHANGE_IN_VAIN(processes, a_, name, = NameId{});
    CHANGE_IN_VAIN(processes, a_, last_handle, = first);   // follows from the list

    CHANGE(threads, ta_, process, = b_);
    CHANGE(threads, ta_, state, = ThreadState::exited);
    CHANGE(threads, ta_, paused, ^= 1);
    CHANGE(threads, tb_, waiting_for, = ready_);
    CHANGE(threads, ta_, first_irp, = {});
    CHANGE(threads, ta_, next_in_process, = {});
    CHANGE_IN_VAIN(threads, ta_, name, = NameId{});
    CHANGE_IN_VAIN(threads, ta_, last_irp, = waiting_);    // follows from the list

    CHANGE(handles, first, file_object, = other(world_.file_objects,
                                                world_.handles[first].file_object));
    CHANGE(handles, first, next_in_process, = {});
    CHANGE_IN_VAIN(handles, first, process, = b_);         // follows from the list
    CHANGE_IN_VAIN(handles, first, previous_in_process, = first);
}

TEST_F(FingerprintFields, OfFileObjects) {
    const FileObjectId id = which(world_.file_objects, [&](const FileObject& open) {
        return open.previous_on_stream && !open.next_on_stream;
    });
    const FileObject& open = world_.file_objects[id];
    CHANGE(file_objects, id, stream, = other(world_.streams, open.stream));
    CHANGE(file_objects, id, link, = other(world_.links, open.link));
    CHANGE(file_objects, id, granted_access, ^= 0x80000000);
    CHANGE(file_objects, id, sharing_access, ^= 0x80000000);
    CHANGE(file_objects, id, share_access, ^= 1);
    CHANGE(file_objects, id, options, ^= 0x80000000);
    CHANGE(file_objects, id, target_key, .value += 1);
    CHANGE(file_objects, id, parent_key, .value += 1);
    CHANGE(file_objects, id, handle_count, += 1);
    CHANGE(file_objects, id, irp_count, += 1);
    CHANGE(file_objects, id, section_count, += 1);
    CHANGE(file_objects, id, cleaned_up, = true);
    CHANGE(file_objects, id, transacted, = true);
    CHANGE(file_objects, id, synchronous, = true);
    CHANGE(file_objects, id, current_byte_offset, += 1);
    CHANGE(file_objects, id, previous_on_stream, = {});    // no longer listed
    CHANGE_IN_VAIN(file_objects, id, next_on_stream, = id);   // opens of a stream have no order
}

TEST_F(FingerprintFields, OfFilesAndLinks) {
    const FileId file = which(world_.files, [](const File& f) { return !f.directory; });
    CHANGE(files, file, directory, = true);
    CHANGE(files, file, attributes, ^= 1);
    CHANGE(files, file, open_count, += 1);
    CHANGE(files, file, references, += 1);
    CHANGE(files, file, transactions, += 1);
    CHANGE(files, file, primary_deleters, += 1);
    CHANGE(files, file, data_opens_no_share_delete, += 1);
    CHANGE(files, world_.root, first_child,
           = world_.links[world_.files[world_.root].first_child].next_child);
    // Two streams the other way round; break in this order.
    matters("files.first_stream", [&](World& w) {
        const StreamId first = w.files[file].first_stream;
        const StreamId second = w.streams[first].next_of_file;
        ASSERT_TRUE(second);
        w.files[file].first_stream = second;
        w.streams[second].next_of_file = first;
        w.streams[first].next_of_file = {};
    });
    CHANGE_IN_VAIN(files, file, first_link, = {});             // names have no order
    CHANGE_IN_VAIN(files, world_.root, last_child, = {});      // follows from the list

    const LinkId link = world_.files[world_.root].first_child;
    CHANGE(links, link, file, = world_.root);
    CHANGE(links, link, parent, = other(world_.files, world_.links[link].parent));
    CHANGE(links, link, name, .value += 1);
    CHANGE(links, link, short_name, .value += 1);
    CHANGE(links, link, deleted, = true);
    CHANGE(links, link, removed, = true);
    CHANGE(links, link, open_count, += 1);
    CHANGE(links, link, references, += 1);
    matters("links.next_child", [&](World& w) {                // the first two change places
        const LinkId second = w.links[link].next_child;
        w.links[link].next_child = w.links[second].next_child;
        w.links[second].next_child = link;
        w.files[w.root].first_child = second;
    });
    CHANGE_IN_VAIN(links, link, next_of_file, = link);         // names have no order
    CHANGE_IN_VAIN(links, link, previous_child, = link);       // follows from the list
}

TEST_F(FingerprintFields, OfStreams) {
    const StreamId id = which(world_.streams, [](const Stream& s) { return !s.extents.empty(); });
    const Stream& stream = world_.streams[id];
    CHANGE(streams, id, file, = other(world_.files, stream.file));
    CHANGE(streams, id, name, .value += 1);
    CHANGE(streams, id, size, += 1);
    CHANGE(streams, id, allocation_size, += 1);
    CHANGE(streams, id, valid_data_length, += 1);
    CHANGE(streams, id, deleted, = true);
    CHANGE(streams, id, open_count, += 1);
    CHANGE(streams, id, data_open_count, += 1);
    CHANGE(streams, id, references, += 1);
    CHANGE(streams, id, removed, = true);
    CHANGE(streams, id, writable_sections, += 1);
    CHANGE(streams, id, sections, += 1);
    CHANGE(streams, id, share.open_count, += 1);
    CHANGE(streams, id, share.readers, += 1);
    CHANGE(streams, id, share.writers, += 1);
    CHANGE(streams, id, share.deleters, += 1);
    CHANGE(streams, id, share.shared_read, += 1);
    CHANGE(streams, id, share.shared_write, += 1);
    CHANGE(streams, id, share.shared_delete, += 1);
    CHANGE(streams, id, extents[0].offset, += 1);
    CHANGE(streams, id, extents[0].bytes, [0] = 'x');
    CHANGE(streams, id, extents[0].bytes, += '\0');
    CHANGE(streams, id, extents, .clear());
    CHANGE(streams, id, oplock, = {});
    CHANGE(streams, id, first_open, = FileObjectId{});           // the open is no longer listed
    CHANGE_IN_VAIN(streams, id, last_open, = FileObjectId{});    // opens of a stream have no order

    const StreamId locked = which(world_.streams, [](const Stream& s) { return !s.locks.empty(); });
    CHANGE(streams, locked, locks[0].owner,
           = other(world_.file_objects, world_.streams[locked].locks[0].owner));
    CHANGE(streams, locked, locks[0].offset, += 1);
    CHANGE(streams, locked, locks[0].length, += 1);
    CHANGE(streams, locked, locks[0].lock_key, += 1);
    CHANGE(streams, locked, locks[0].exclusive, ^= 1);
    CHANGE(streams, locked, locks, .clear());
    CHANGE(streams, locked, lock_waiters, .clear());
    CHANGE(streams, locked, lock_waiters, [0] = waiting_);
}

TEST_F(FingerprintFields, OfOplocks) {
    const StreamId id = which(world_.streams, [](const Stream& s) {
        return !s.oplock.waiters().empty();
    });
    const StreamId granted = which(world_.streams, [](const Stream& s) {
        return s.oplock.current() && !s.oplock.breaking();
    });
    // The package hands them out for reading only; the objects themselves are not constant.
    const auto holder = [](World& w, StreamId stream) -> Holder& {
        return const_cast<Holder&>(w.streams[stream].oplock.holders()[0]);
    };
    const auto waiter = [](World& w, StreamId stream) -> Waiter& {
        return const_cast<Waiter&>(w.streams[stream].oplock.waiters()[0]);
    };
    const FileObjectId owner = from_engine(world_.streams[id].oplock.holders()[0].file_object);
    const engine::FileObjectId other_open = to_engine(other(world_.file_objects, owner));
    matters("holder.file_object", [&](World& w) { holder(w, id).file_object = other_open; });
    matters("holder.irp", [&](World& w) { holder(w, granted).irp = to_engine(waiting_); });
    matters("holder.key", [&](World& w) { ++holder(w, id).key.value; });
    matters("holder.type", [&](World& w) { holder(w, id).type = OplockType::batch; });
    matters("holder.breaking", [&](World& w) { holder(w, id).breaking = BreakState::to_none; });
    matters("holder.close_pending", [&](World& w) { holder(w, id).close_pending = true; });
    matters("waiter.irp", [&](World& w) { waiter(w, id).irp = to_engine(ready_); });
    matters("waiter.file_object", [&](World& w) { waiter(w, id).file_object = other_open; });
    matters("waiter.key", [&](World& w) { ++waiter(w, id).key.value; });
    matters("waiter.ignores_keys", [&](World& w) { waiter(w, id).ignores_keys = true; });
    matters("waiter.reason", [&](World& w) { waiter(w, id).reason = WaitReason::notification; });

    const StreamId reserved = which(world_.streams, [](const Stream& s) {
        return s.oplock.reserved_for().value != 0;
    });
    const engine::FileObjectId reserver = world_.streams[reserved].oplock.reserved_for();
    matters("reservation.file_object", [&](World& w) {
        w.streams[reserved].oplock = {};
        w.streams[reserved].oplock.reserve(
            {to_engine(other(w.file_objects, from_engine(reserver))), {}, {}, {}});
    });
    matters("reservation.key", [&](World& w) {
        w.streams[reserved].oplock = {};
        w.streams[reserved].oplock.reserve({reserver, {5}, {}, {}});
    });
    matters("reservation", [&](World& w) { w.streams[reserved].oplock = {}; });
}

TEST_F(FingerprintFields, OfIrpsAndSections) {
    const Irp& waiting = world_.irps[waiting_];
    CHANGE(irps, waiting_, thread, = ta_);
    CHANGE(irps, waiting_, file_object, = any(world_.file_objects));
    CHANGE(irps, waiting_, waiting_stream, = other(world_.streams, waiting.waiting_stream));
    CHANGE(irps, waiting_, state, = IrpState::waiting_for_lock);
    CHANGE(irps, waiting_, phase, = 9);
    CHANGE(irps, waiting_, phase, = 0xFF);
    CHANGE(irps, waiting_, returned_pending, ^= 1);
    CHANGE(irps, waiting_, handle_break_done, ^= 1);
    CHANGE(irps, waiting_, break_in_progress, ^= 1);
    CHANGE(irps, waiting_, target_stream, = other(world_.streams, waiting.target_stream));
    CHANGE(irps, waiting_, target_link, = other(world_.links, waiting.target_link));
    CHANGE(irps, ready_, released, ^= 1);
    CHANGE(irps, ready_, cursor, = other(world_.streams, world_.irps[ready_].cursor));
    CHANGE(irps, ready_, cursor, = {});
    // Both are overwritten when the operation is released.
    CHANGE_IN_VAIN(irps, waiting_, released, ^= 1);
    CHANGE_IN_VAIN(irps, waiting_, cursor, = any(world_.streams));
    CHANGE_IN_VAIN(irps, waiting_, previous_of_thread, = waiting_);   // follows from the list
    // Which check waited is asked for only where it is not made again.
    CHANGE_IN_VAIN(irps, waiting_, waited_check, = engine::Operation::write);
    // The IRPs of a thread the other way round: they are cancelled in order.
    matters("irps.next_of_thread", [&](World& w) {
        w.threads[ta_].first_irp = lock_waiter_;
        w.irps[lock_waiter_].next_of_thread = stream_grant_;
        w.irps[stream_grant_].next_of_thread = {};
    });

    const SectionId section = any(world_.sections);
    const Section& value = world_.sections[section];
    CHANGE(sections, section, process, = b_);
    CHANGE(sections, section, stream, = other(world_.streams, value.stream));
    CHANGE(sections, section, file_object, = other(world_.file_objects, value.file_object));
    CHANGE(sections, section, writable, ^= 1);
}

TEST_F(FingerprintFields, OfOperationsThatDoNotLookAgain) {
    world_.semantics.recheck_after_release = false;
    before_ = print(world_);
    CHANGE(irps, waiting_, waited_check, = engine::Operation::write);
    CHANGE(irps, waiting_, waited_check, = std::nullopt);
}

TEST_F(FingerprintFields, OfRequests) {
    CHANGE(irps, waiting_, request.kind, = RequestKind::write);
    CHANGE(irps, waiting_, request.disposition, = CreateDisposition::FILE_OVERWRITE);
    CHANGE(irps, waiting_, request.share, ^= 1);
    CHANGE(irps, waiting_, request.transacted, ^= 1);
    CHANGE(irps, waiting_, request.replace_if_exists, ^= 1);
    CHANGE(irps, waiting_, request.delete_file, ^= 1);
    CHANGE(irps, waiting_, request.exclusive, ^= 1);
    CHANGE(irps, waiting_, request.fail_immediately, ^= 1);
    CHANGE(irps, waiting_, request.paging_io, ^= 1);
    CHANGE(irps, waiting_, request.lazy_writer, ^= 1);
    CHANGE(irps, waiting_, request.access, ^= 0x80000000);
    CHANGE(irps, waiting_, request.options, ^= 0x80000000);
    CHANGE(irps, waiting_, request.attributes, ^= 0x80000000);
    CHANGE(irps, waiting_, request.target_key, .value += 1);
    CHANGE(irps, waiting_, request.parent_key, .value += 1);
    CHANGE(irps, waiting_, request.path, .value += 1);
    CHANGE(irps, waiting_, request.name, .value += 1);
    CHANGE(irps, waiting_, request.handle, = any(world_.handles));
    CHANGE(irps, waiting_, request.handle, = HandleId::make(77, 7));
    CHANGE(irps, waiting_, request.target_process, = a_);
    CHANGE(irps, waiting_, request.section, = any(world_.sections));
    CHANGE(irps, waiting_, request.page_protection, ^= 0x80000000);
    CHANGE(irps, waiting_, request.offset, ^= 1ull << 63);
    CHANGE(irps, waiting_, request.length, ^= 1ull << 63);
    CHANGE(irps, waiting_, request.lock_key, ^= 0x80000000);
    CHANGE(irps, waiting_, request.data, ^= 0x80000000);
    CHANGE(irps, waiting_, request.fsctl.code, = FsControlCode::FSCTL_SET_ZERO_DATA);
    CHANGE(irps, waiting_, request.fsctl.requested_oplock_level, ^= 0x80000000);
    CHANGE(irps, waiting_, request.fsctl.flags, ^= 0x80000000);
}

}  // namespace
}  // namespace oplocksim::sim
