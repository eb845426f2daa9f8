// Kernel::check_invariants: W1..W6 of world.h, and the package's own for every stream.
#include <algorithm>
#include <vector>

#include "engine/invariant_watch.h"
#include "sim/engine_ids.h"
#include "sim/kernel.h"
#include "sim/name_space.h"
#include "sim/share_access.h"

namespace oplocksim::sim {
namespace {

// What does not hold ends the look at this world: what comes after it may rely on it.
struct Broken {};

#define REQUIRE(condition, explanation)                     \
    do {                                                    \
        if (static_cast<bool>(condition)) break;            \
        OPLOCKSIM_INVARIANT(condition, explanation);        \
        throw Broken{};                                     \
    } while (false)

template <typename Map, typename IdType>
bool exists_or_none(const Map& map, IdType id) {
    return !id || map.contains(id);
}

void check_processes(const World& world) {
    std::uint32_t paused = 0;
    world.processes.for_each([&](ProcessId id, const Process& process) {
        HandleId previous;
        for (HandleId at = process.first_handle; at; at = world.handles[at].next_in_process) {
            const Handle& handle = world.handles[at];
            REQUIRE(handle.process == id, "W1: a handle in the list of another process");
            REQUIRE(handle.previous_in_process == previous, "W1: a broken list of handles");
            REQUIRE(world.file_objects.contains(handle.file_object), "W1: a handle to nothing");
            previous = at;
        }
        REQUIRE(process.last_handle == previous, "W1: a broken end of a list of handles");
        REQUIRE(!process.terminated || !process.first_handle, "a dead process has a handle");
    });
    world.threads.for_each([&](ThreadId id, const Thread& thread) {
        REQUIRE(world.processes.contains(thread.process), "W1: a thread without a process");
        const bool blocked = thread.state == ThreadState::blocked;
        REQUIRE(blocked == static_cast<bool>(thread.waiting_for),
                "W2: a blocked thread waits for exactly one IRP");
        REQUIRE(!blocked || (world.irps.contains(thread.waiting_for) &&
                             world.irps[thread.waiting_for].thread == id),
                "W2: a thread is blocked by no IRP of its own");
        REQUIRE(thread.state != ThreadState::exited || !thread.first_irp,
                "P07: an ended thread left an IRP behind");
        paused += thread.paused;
    });
    REQUIRE(paused == world.paused_threads, "the number of paused threads is wrong");
}

// W4. How often each IRP, by its index, is found in a place where IRPs wait.
std::vector<std::uint32_t> places_of_irps(const World& world) {
    std::vector<std::uint32_t> places(world.irps.index_end());
    for (const ReadyItem& item : world.ready) {
        REQUIRE(world.irps.contains(item.irp), "W1: something ready does not exist");
        REQUIRE(world.irps[item.irp].state == IrpState::ready, "W4: ready, but not ready");
        ++places[item.irp.index()];
    }
    world.streams.for_each([&](StreamId id, const Stream& stream) {
        const auto held = [&](engine::IrpId engine_id) {
            const IrpId irp = from_engine(engine_id);
            REQUIRE(world.irps.contains(irp), "W1: the package holds an IRP that is gone");
            REQUIRE(world.irps[irp].state == IrpState::held_by_oplock &&
                        world.irps[irp].waiting_stream == id,
                    "W4: the package holds an IRP that does not know it");
            ++places[irp.index()];
        };
        for (const engine::Holder& holder : stream.oplock.holders()) {
            if (holder.irp.value != 0) held(holder.irp);
            REQUIRE(world.file_objects.contains(from_engine(holder.file_object)) &&
                        !world.file_objects[from_engine(holder.file_object)].cleaned_up,
                    "W1: an oplock outlived its owner");
        }
        for (const engine::Waiter& waiter : stream.oplock.waiters()) held(waiter.irp);
        for (const IrpId irp : stream.lock_waiters) {
            REQUIRE(world.irps.contains(irp), "W1: an IRP that waits for a lock is gone");
            REQUIRE(world.irps[irp].state == IrpState::waiting_for_lock,
                    "W4: a lock's queue has an IRP that is elsewhere");
            ++places[irp.index()];
        }
    });
    return places;
}

void check_irps(const World& world) {
    const auto places = places_of_irps(world);
    std::uint32_t in_lists = 0;
    world.irps.for_each([&](IrpId id, const Irp& irp) {
        REQUIRE(places[id.index()] == 1, "W4: an IRP that is not in exactly one place");
        REQUIRE(world.threads.contains(irp.thread), "W1: an IRP without a thread");
        REQUIRE(exists_or_none(world.file_objects, irp.file_object),
                "W1: an IRP without its FILE_OBJECT");
        REQUIRE(irp.state == IrpState::held_by_oplock
                    ? world.streams.contains(irp.waiting_stream)
                    : !irp.waiting_stream,
                "W1: an IRP waits at a stream that is gone");
    });
    world.threads.for_each([&](ThreadId id, const Thread& thread) {
        for (IrpId at = thread.first_irp; at; at = world.irps[at].next_of_thread) {
            REQUIRE(world.irps[at].thread == id, "W1: an IRP in another thread's list");
            ++in_lists;
        }
    });
    REQUIRE(in_lists == world.irps.size(), "W1: an IRP that its thread does not list");
}

// Of a FILE_OBJECT.
struct ReferenceCounts {
    std::uint32_t handles = 0;
    std::uint32_t irps = 0;
    std::uint32_t sections = 0;
};

void check_file_objects(const World& world) {
    std::vector<ReferenceCounts> counted(world.file_objects.index_end());
    const auto counts_of = [&](FileObjectId id) -> ReferenceCounts& {
        REQUIRE(world.file_objects.contains(id),
                "W1: something refers to a FILE_OBJECT that is gone");
        return counted[id.index()];
    };
    world.handles.for_each([&](HandleId, const Handle& handle) {
        ++counts_of(handle.file_object).handles;
    });
    world.irps.for_each([&](IrpId, const Irp& irp) {
        if (irp.file_object) ++counts_of(irp.file_object).irps;
    });
    world.sections.for_each([&](SectionId, const Section& section) {
        ++counts_of(section.file_object).sections;
    });
    world.file_objects.for_each([&](FileObjectId id, const FileObject& open) {
        const ReferenceCounts& count = counted[id.index()];
        REQUIRE(open.handle_count == count.handles && open.irp_count == count.irps &&
                    open.section_count == count.sections,
                "W5: the counts of a FILE_OBJECT are wrong");
        REQUIRE(open.handle_count + open.irp_count + open.section_count != 0,
                "W5: a FILE_OBJECT that nothing refers to");
        REQUIRE(open.cleaned_up == (open.handle_count == 0), "W5: cleanup is at the last handle");
        REQUIRE(world.streams.contains(open.stream) && world.links.contains(open.link),
                "W1: a FILE_OBJECT of nothing");
        REQUIRE(world.links[open.link].file == world.streams[open.stream].file,
                "W1: a FILE_OBJECT of two files");
    });
}

// W3, by entering every open again into a world whose counts are zero.
void check_counts(const World& world) {
    World recounted;
    recounted.files = world.files;
    recounted.streams = world.streams;
    recounted.links = world.links;
    recounted.file_objects = world.file_objects;
    std::vector<std::uint32_t> sections(world.streams.index_end());
    std::vector<std::uint32_t> writable_sections(world.streams.index_end());
    world.sections.for_each([&](SectionId, const Section& section) {
        REQUIRE(world.streams.contains(section.stream), "W1: a section of a stream that is gone");
        ++sections[section.stream.index()];
        writable_sections[section.stream.index()] += section.writable;
    });
    std::uint32_t listed = 0;
    world.streams.for_each([&](StreamId id, const Stream& stream) {
        REQUIRE(sections[id.index()] == stream.sections &&
                    writable_sections[id.index()] == stream.writable_sections,
                "W3: the sections of a stream are miscounted");
        for (FileObjectId at = stream.first_open; at; at = world.file_objects[at].next_on_stream) {
            REQUIRE(!world.file_objects[at].cleaned_up, "W3: a cleaned-up open is listed");
            ++listed;
        }
    });
    std::uint32_t open = 0;
    std::vector<FileObjectId> opens;
    std::vector<FileObject> all;
    world.file_objects.for_each([&](FileObjectId id, const FileObject& value) {
        all.push_back(value);
        if (value.cleaned_up) return;
        ++open;
        opens.push_back(id);
    });
    REQUIRE(open == listed, "W3: an open that its stream does not list");
    for (const FileObjectId id : opens) remove_open(recounted, id);
    recounted.streams.for_each([&](StreamId, const Stream& stream) {
        REQUIRE(stream.share == ShareCounts{} && stream.open_count == 0 &&
                    stream.data_open_count == 0,
                "W3: the share access of a stream is not the sum over its opens");
    });
    for (const FileObject& value : all) {
        --recounted.links[value.link].references;
        --recounted.files[recounted.streams[value.stream].file].references;
        --recounted.streams[value.stream].references;
    }
    world.irps.for_each([&](IrpId, const Irp& irp) {
        if (!irp.target_link) return;
        --recounted.links[irp.target_link].references;
        --recounted.files[recounted.streams[irp.target_stream].file].references;
        --recounted.streams[irp.target_stream].references;
    });
    recounted.streams.for_each([&](StreamId, const Stream& stream) {
        REQUIRE(stream.references == 0, "W5: the references of a stream are miscounted");
    });
    recounted.links.for_each([&](LinkId, const Link& link) {
        REQUIRE(link.open_count == 0 && link.references == 0,
                "W5: the references of a link are miscounted");
    });
    recounted.files.for_each([&](FileId, const File& file) {
        REQUIRE(file.open_count == 0 && file.references == 0 && file.primary_deleters == 0 &&
                    file.data_opens_no_share_delete == 0 && file.transactions == 0,
                "W3: the opens of a file are miscounted");
    });
}

void check_links(const World& world) {
    std::size_t names = 0;
    world.links.for_each([&](LinkId id, const Link& link) {
        REQUIRE(world.files.contains(link.file), "W1: a link to no file");
        if (link.removed) {
            REQUIRE(link.references != 0, "W5: a removed link that nothing refers to");
            return;
        }
        if (!link.parent) {
            REQUIRE(link.file == world.root, "W1: a link outside every directory");
            return;
        }
        REQUIRE(find_link(world, link.parent, link.name) == id, "W1: a link is not found");
        ++names;
        if (link.short_name == NameId{} || link.short_name == link.name) return;
        REQUIRE(find_link(world, link.parent, link.short_name) == id,
                "W1: a short name is not found");
        ++names;
    });
    REQUIRE(names == world.directory_index.size(), "W1: the directory index has strays");
}

void check_files(const World& world) {
    world.files.for_each([&](FileId id, const File& file) {
        REQUIRE(file.first_stream && world.streams[file.first_stream].name == NameId{},
                "W1: a file whose first stream is not the unnamed one");
        REQUIRE(file.first_link || file.references != 0, "W5: a file that nothing refers to");
        for (LinkId at = file.first_link; at; at = world.links[at].next_of_file) {
            REQUIRE(world.links[at].file == id, "W1: a link in another file's list");
        }
        LinkId previous;
        for (LinkId at = file.first_child; at; at = world.links[at].next_child) {
            REQUIRE(world.links[at].parent == id && world.links[at].previous_child == previous,
                    "W1: a broken list of a directory");
            REQUIRE(!previous || world.links[previous].name < world.links[at].name,
                    "W1: a directory out of order");
            previous = at;
        }
        REQUIRE(file.last_child == previous, "W1: a broken end of a directory's list");
    });
    world.streams.for_each([&](StreamId, const Stream& stream) {
        REQUIRE(world.files.contains(stream.file), "W1: a stream of no file");
        REQUIRE(!stream.removed || stream.references != 0, "W5: a removed stream left behind");
        REQUIRE(stream.valid_data_length <= stream.size, "valid data beyond the end of the file");
        stream.oplock.check_invariants();
    });
}

void check_caches(const World& world) {
    for (auto cache = world.caches.begin(); cache != world.caches.end(); ++cache) {
        REQUIRE(world.file_objects.contains(cache->file_object), "W6: a cache of nothing");
        REQUIRE(std::find_if(cache + 1, world.caches.end(),
                             [&](const ClientCache& other) {
                                 return other.file_object == cache->file_object;
                             }) == world.caches.end(),
                "W6: two caches of one FILE_OBJECT");
        REQUIRE(!cache->grant || world.irps.contains(cache->grant),
                "W1: a cache whose oplock does not exist");
        REQUIRE(!cache->owes || !cache->grant, "H2: a broken oplock that is granted");
        REQUIRE(std::ranges::all_of(cache->dirty,
                                    [&](const Extent& extent) {
                                        return cache->holds(extent.offset, extent.bytes.size());
                                    }),
                "H1: something is held back that is not in the cache");
    }
}

#undef REQUIRE

}  // namespace

void Kernel::check_invariants() const {
    try {
        check_processes(world_);
        check_irps(world_);
        check_file_objects(world_);
        check_counts(world_);
        check_links(world_);
        check_files(world_);
        check_caches(world_);
    } catch (const Broken&) {   // the watch was told
    }
}

}  // namespace oplocksim::sim
