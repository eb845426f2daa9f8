#include "sim/fingerprint.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <type_traits>

#include "sim/engine_ids.h"

namespace oplocksim::sim {
namespace {

// What a sequence of words begins with: the first word of everything that may occur any number of
// times, or not at all, says what it is. So a form can be read one way only.
enum class Tag : std::uint8_t {
    world = 1,
    ready,
    timer,
    process,
    thread_of_process,
    handle,
    thread,
    irp,
    file_object,
    file,
    link,
    stream,
    holder,
    waiter,
    reservation,
    byte_range_lock,
    lock_waiter,
    extent,
    section,
    cache,
    cached_bytes,
    dirty_bytes,
};

[[nodiscard]] constexpr std::uint64_t pair(std::uint32_t high, std::uint32_t low) {
    return (static_cast<std::uint64_t>(high) << 32) | low;
}

// The tag in the top byte, 24 bits of small members, a number.
[[nodiscard]] constexpr std::uint64_t head(Tag tag, std::uint32_t members, std::uint32_t number) {
    return (static_cast<std::uint64_t>(tag) << 56) |
           (static_cast<std::uint64_t>(members & 0x00FF'FFFFu) << 32) | number;
}

struct WordList {
    CanonicalForm& words;
    void add(std::uint64_t word) { words.push_back(word); }
};

template <typename Sink>
void put_request(Sink& sink, const Request& request, const CanonicalIds& ids) {
    const auto& [kind, disposition, share, transacted, replace_if_exists, delete_file,
                 exclusive, fail_immediately, paging_io, lazy_writer, write_back, access, options,
                 attributes, target_key, parent_key, path, name, handle, target_process,
                 section, page_protection, offset, length, lock_key, data, fsctl] = request;
    const auto& [code, level, fsctl_flags] = fsctl;
    const std::uint32_t flags = transacted | (replace_if_exists << 1) | (delete_file << 2) |
                                (exclusive << 3) | (fail_immediately << 4) |
                                (paging_io << 5) | (lazy_writer << 6) | (write_back << 7);
    sink.add(pair(static_cast<std::uint32_t>(kind) << 16 | flags << 8 |
                       static_cast<std::uint32_t>(disposition),
                   share));
    sink.add(pair(access, options));
    sink.add(pair(attributes, page_protection));
    sink.add(pair(ids.number(target_key), ids.number(parent_key)));
    sink.add(pair(path.value, name.value));
    sink.add(pair(ids.number(handle), ids.number(target_process)));
    sink.add(pair(ids.number(section), lock_key));
    sink.add(offset);
    sink.add(length);
    sink.add(pair(data, level));
    sink.add(pair(static_cast<std::uint32_t>(code), fsctl_flags));
}

// Writes a world out. Structures are taken apart by name, all members of each, so that a new member
// does not compile until somebody has decided here whether the future depends on it.
template <typename Sink>
class Writer {
 public:
    Writer(const World& world, const CanonicalIds& ids, Sink& sink)
        : world_(world), ids_(ids), sink_(sink) {}

    void write() {
        // The directory index repeats the links; NameIds and PathIds stand for the names table.
        const auto& [semantics, names, now, timers, ready, processes, threads, handles,
                     file_objects, files, links, streams, sections, irps, directory_index, root,
                     paused_threads, caches] = world_;
        sink_.add(head(Tag::world, 0, number(root)));
        write_semantics(semantics);
        sink_.add(now);
        sink_.add(paused_threads);
        for (const auto& [irp] : ready) sink_.add(head(Tag::ready, 0, number(irp)));
        if (!timers.empty()) {
            timers.for_each([this](Ticks time, const TimedRequest& timed) { put(time, timed); });
        }
        each(processes);
        each(threads);
        each(irps);
        each(file_objects);
        each(files);
        each(links);
        each(streams);
        each(sections);
        if (!caches.empty()) put(caches);
    }

 private:
    template <typename Id>
    [[nodiscard]] std::uint32_t number(Id id) const {
        return ids_.number(id);
    }
    [[nodiscard]] std::uint32_t number(engine::IrpId id) const { return number(from_engine(id)); }
    [[nodiscard]] std::uint32_t number(engine::FileObjectId id) const {
        return number(from_engine(id));
    }

    template <typename IdType, typename T>
    void each(const SlotMap<IdType, T>& objects) {
        if (objects.empty()) return;
        for (const IdType id : ids_.in_order<IdType>()) put(id, objects[id]);
    }

    void write_semantics(const engine::Semantics& semantics) {
        static_assert(std::has_unique_object_representations_v<engine::Semantics>);
        constexpr std::size_t kBytes = sizeof(engine::Semantics);
        const auto bytes = std::bit_cast<std::array<char, kBytes>>(semantics);
        add_bytes_as_words(sink_, {bytes.data(), bytes.size()});
    }

    void put(const Request& request) { put_request(sink_, request, ids_); }

    void put(Ticks time, const TimedRequest& timed) {
        const auto& [thread, request, token] = timed;
        sink_.add(head(Tag::timer, 0, number(thread)));
        sink_.add(time);
        sink_.add(token);
        put(request);
    }

    void put(ProcessId, const Process& process) {
        const auto& [name, terminated, first_thread, first_handle, last_handle, cache_thread] =
            process;
        sink_.add(head(Tag::process, terminated, number(cache_thread)));
        for (ThreadId at = first_thread; at; at = world_.threads[at].next_in_process) {
            sink_.add(head(Tag::thread_of_process, 0, number(at)));
        }
        // Handles are numbered in this order: what each refers to is all that is left to say.
        for (HandleId at = first_handle; at;) {
            const auto& [owner, file_object, next, previous] = world_.handles[at];
            sink_.add(head(Tag::handle, 0, number(file_object)));
            at = next;
        }
    }

    void put(ThreadId, const Thread& thread) {
        const auto& [process, name, state, paused, waiting_for, first_irp, last_irp,
                     next_in_process] = thread;
        sink_.add(head(Tag::thread, static_cast<std::uint32_t>(state) << 1 | paused,
                       number(process)));
        sink_.add(number(waiting_for));
    }

    void put(IrpId, const Irp& irp) {
        const auto& [request, thread, file_object, waiting_stream, state, phase, released,
                     waited_check, returned_pending, handle_break_done, break_in_progress, cursor,
                     target_stream, target_link, next_of_thread, previous_of_thread] = irp;
        // What waits forgets its last wait when it is released; what is released remembers it.
        const bool goes_on = state == IrpState::ready || state == IrpState::running;
        // Which check waited matters to those alone that do not look again.
        const std::uint32_t passes =
            waited_check && !world_.semantics.recheck_after_release
                ? static_cast<std::uint32_t>(*waited_check) + 1 : 0;
        const std::uint32_t members =
            passes << 16 | static_cast<std::uint32_t>(state) << 12 |
            static_cast<std::uint32_t>(phase) << 4 |
            (released && goes_on) << 3 | returned_pending << 2 | handle_break_done << 1 |
            break_in_progress;
        sink_.add(head(Tag::irp, members, number(thread)));
        sink_.add(pair(number(file_object), number(goes_on ? cursor : waiting_stream)));
        sink_.add(pair(number(target_stream), number(target_link)));
        put(request);
    }

    void put(FileObjectId id, const FileObject& open) {
        const auto& [stream, link, granted_access, sharing_access, share_access, options,
                     target_key, parent_key, handle_count, irp_count, section_count, cleaned_up,
                     transacted, synchronous, offset, next_on_stream, previous_on_stream] = open;
        // Of its place among the opens of the stream: whether it has one.
        const bool listed = previous_on_stream || world_.streams[stream].first_open == id;
        const std::uint32_t members = static_cast<std::uint32_t>(share_access) << 4 |
                                      cleaned_up << 3 | transacted << 2 | synchronous << 1 |
                                      listed;
        sink_.add(head(Tag::file_object, members, number(stream)));
        sink_.add(pair(number(link), options));
        sink_.add(pair(granted_access, sharing_access));
        sink_.add(pair(number(target_key), number(parent_key)));
        sink_.add(pair(handle_count, irp_count));
        sink_.add(section_count);
        sink_.add(offset);
    }

    void put(FileId, const File& file) {
        // Streams and links name their file; they are numbered in the order of the lists.
        const auto& [directory, attributes, open_count, references, transactions,
                     primary_deleters, data_opens_no_share_delete, first_stream, first_link,
                     first_child, last_child] = file;
        sink_.add(head(Tag::file, directory, attributes));
        sink_.add(pair(open_count, references));
        sink_.add(pair(transactions, primary_deleters));
        sink_.add(data_opens_no_share_delete);
    }

    void put(LinkId, const Link& link) {
        const auto& [file, parent, name, short_name, deleted, removed, open_count, references,
                     next_of_file, next_child, previous_child] = link;
        sink_.add(head(Tag::link, deleted << 1 | removed, number(file)));
        // The directory that a removed link was in may be gone, and no longer matters.
        sink_.add(pair(removed ? 0 : number(parent), name.value));
        sink_.add(pair(short_name.value, open_count));
        sink_.add(references);
    }

    void put(StreamId, const Stream& stream) {
        const auto& [file, name, size, allocation_size, valid_data_length, deleted, open_count,
                     data_open_count, references, removed, writable_sections, sections, share,
                     first_open, last_open, next_of_file, oplock, locks, lock_waiters, extents] =
            stream;
        sink_.add(head(Tag::stream, deleted << 1 | removed, number(file)));
        sink_.add(pair(name.value, references));
        sink_.add(pair(open_count, data_open_count));
        sink_.add(pair(writable_sections, sections));
        put(share);
        sink_.add(size);
        sink_.add(allocation_size);
        sink_.add(valid_data_length);
        put(oplock);
        if (!locks.empty()) put(locks);
        for (const IrpId irp : lock_waiters) sink_.add(head(Tag::lock_waiter, 0, number(irp)));
        put(Tag::extent, extents);
    }

    void put(const ShareCounts& share) {
        const auto& [open_count, readers, writers, deleters, shared_read, shared_write,
                     shared_delete] = share;
        sink_.add(pair(open_count, readers));
        sink_.add(pair(writers, deleters));
        sink_.add(pair(shared_read, shared_write));
        sink_.add(shared_delete);
    }

    void put(const engine::Oplock& oplock) {
        for (const auto& [file_object, irp, key, type, breaking, close_pending] :
             oplock.holders()) {
            const std::uint32_t members = static_cast<std::uint32_t>(type) << 16 |
                                          static_cast<std::uint32_t>(breaking) << 8 |
                                          close_pending;
            sink_.add(head(Tag::holder, members, number(file_object)));
            sink_.add(pair(number(irp), number(key)));
        }
        for (const auto& [irp, file_object, key, reason, ignores_keys] : oplock.waiters()) {
            const std::uint32_t members = static_cast<std::uint32_t>(reason) << 8 | ignores_keys;
            sink_.add(head(Tag::waiter, members, number(file_object)));
            sink_.add(pair(number(irp), number(key)));
        }
        oplock.for_each_reservation([this](engine::FileObjectId id, engine::OplockKey key) {
            sink_.add(head(Tag::reservation, 0, number(id)));
            sink_.add(number(key));
        });
    }

    // A set: whoever meets a range asks all of them, and an unlock names the one it means.
    void put(const std::vector<ByteRangeLock>& locks) {
        const auto rank = [this](const ByteRangeLock& lock) {
            const auto& [owner, offset, length, lock_key, exclusive] = lock;
            return std::tuple(number(owner), offset, length, lock_key, exclusive);
        };
        if (!std::ranges::is_sorted(locks, {}, rank)) {
            std::vector<ByteRangeLock> sorted = locks;
            std::ranges::sort(sorted, {}, rank);
            return put(sorted);
        }
        for (const auto& [owner, offset, length, lock_key, exclusive] : locks) {
            sink_.add(head(Tag::byte_range_lock, exclusive, number(owner)));
            sink_.add(lock_key);
            sink_.add(offset);
            sink_.add(length);
        }
    }

    void put(Tag tag, const std::vector<Extent>& extents) {
        for (const auto& [offset, bytes] : extents) {
            sink_.add(head(tag, 0, 0));
            sink_.add(offset);
            add_bytes_as_words(sink_, bytes);
        }
    }

    // In the order of their FILE_OBJECTs: they know nothing of each other.
    void put(const std::vector<ClientCache>& caches) {
        const auto rank = [this](const ClientCache& cache) { return number(cache.file_object); };
        if (!std::ranges::is_sorted(caches, {}, rank)) {
            std::vector<ClientCache> sorted = caches;
            std::ranges::sort(sorted, {}, rank);
            return put(sorted);
        }
        for (const ClientCache& cache : caches) put(cache);
    }

    void put(const ClientCache& cache) {
        const auto& [file_object, process, handle, create, directory, must_close, kept_back, owes,
                     type, offered, grant, write_back, in_flight, bytes, dirty] = cache;
        const std::uint32_t members =
            static_cast<std::uint32_t>(type) << 8 | static_cast<std::uint32_t>(offered) << 4 |
            directory << 3 | must_close << 2 | kept_back << 1 | owes;
        sink_.add(head(Tag::cache, members, number(file_object)));
        sink_.add(pair(number(process), number(handle)));
        sink_.add(pair(number(grant), number(write_back)));
        put(create);
        sink_.add(in_flight.offset);
        add_bytes_as_words(sink_, in_flight.bytes);
        put(Tag::cached_bytes, bytes);
        put(Tag::dirty_bytes, dirty);
    }

    void put(SectionId, const Section& section) {
        const auto& [process, stream, file_object, writable] = section;
        sink_.add(head(Tag::section, writable, number(process)));
        sink_.add(pair(number(stream), number(file_object)));
    }

    const World& world_;
    const CanonicalIds& ids_;
    Sink& sink_;
};

}  // namespace

void add_world(FingerprintMixer& mixer, const World& world, const CanonicalIds& ids) {
    FingerprintMixer local = mixer;   // so that the compiler keeps it in registers
    Writer(world, ids, local).write();
    mixer = local;
}

void add_request(FingerprintMixer& mixer, const Request& request, const CanonicalIds& ids) {
    put_request(mixer, request, ids);
}

CanonicalForm canonical_form(const World& world, const CanonicalIds& ids) {
    CanonicalForm form;
    WordList list{form};
    Writer(world, ids, list).write();
    return form;
}

}  // namespace oplocksim::sim
