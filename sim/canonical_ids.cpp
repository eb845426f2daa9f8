#include "sim/canonical_ids.h"

#include <algorithm>
#include <tuple>

namespace oplocksim::sim {

void CanonicalIds::assign(const World& world, std::span<const ThreadId> threads, KeyNames keys) {
    std::apply([](auto&... numbering) { (numbering.clear(), ...); }, numberings_);
    keys_.clear();
    key_names_ = keys;
    expanded_files_ = 0;

    if (world.root) {
        add_file(world, world.root);
        if (world.files[world.root].first_link) add(world.files[world.root].first_link);
        add_tree(world);
    }
    add_clients(world, threads);
    add_handles(world);
    add_irps(world);
    add_sections(world);
    add_deleted(world);
    // By the invariants of world.h only clients can be left. Whatever else a faulty kernel lost is
    // part of the world all the same.
    add_the_rest(world.handles);
    add_the_rest(world.file_objects);
    add_the_rest(world.irps);
    add_the_rest(world.files);
    add_the_rest(world.links);
    add_the_rest(world.streams);
    add_mentioned(world);
    if (keys == KeyNames::interchangeable) add_keys(world);
}

template <typename IdType, typename T>
void CanonicalIds::add_the_rest(const SlotMap<IdType, T>& objects) {
    if (in_order<IdType>().size() == objects.size()) return;
    objects.for_each([this](IdType id, const T&) { add(id); });
}

void CanonicalIds::add(engine::OplockKey key) {
    if (key.value != 0 && std::ranges::find(keys_, key) == keys_.end()) keys_.push_back(key);
}

void CanonicalIds::add_file(const World& world, FileId file) {
    if (!add(file)) return;
    for (StreamId stream = world.files[file].first_stream; stream;
         stream = world.streams[stream].next_of_file) {
        add(stream);
    }
}

// Breadth first: the files in order are the queue.
void CanonicalIds::add_tree(const World& world) {
    for (; expanded_files_ < in_order<FileId>().size(); ++expanded_files_) {
        const File& directory = world.files[in_order<FileId>()[expanded_files_]];
        for (LinkId link = directory.first_child; link; link = world.links[link].next_child) {
            add(link);
            add_file(world, world.links[link].file);
        }
    }
}

// Deleted or not.
void CanonicalIds::add_target(const World& world, StreamId stream, LinkId link) {
    if (stream && world.streams.contains(stream)) {
        add_file(world, world.streams[stream].file);
        add_tree(world);
        add(stream);
    }
    if (link && world.links.contains(link)) add(link);
}

void CanonicalIds::add_clients(const World& world, std::span<const ThreadId> threads) {
    for (const ThreadId thread : threads) {
        add(thread);
        add(world.threads[thread].process);
    }
    const auto add_threads = [&](ProcessId process) {
        for (ThreadId thread = world.processes[process].first_thread; thread;
             thread = world.threads[thread].next_in_process) {
            add(thread);
        }
    };
    if (in_order<ThreadId>().size() != world.threads.size()) {
        for (const ProcessId process : in_order<ProcessId>()) add_threads(process);
    }
    if (in_order<ProcessId>().size() != world.processes.size()) {
        world.processes.for_each([&](ProcessId process, const Process&) {
            if (add(process)) add_threads(process);
        });
    }
}

void CanonicalIds::add_handles(const World& world) {
    for (const ProcessId process : in_order<ProcessId>()) {
        for (HandleId handle = world.processes[process].first_handle; handle;) {
            const Handle& value = world.handles[handle];
            add(handle);
            add(value.file_object);
            handle = value.next_in_process;
        }
    }
}

void CanonicalIds::add_irps(const World& world) {
    if (world.irps.empty()) return;
    for (const ThreadId thread : in_order<ThreadId>()) {
        for (IrpId irp = world.threads[thread].first_irp; irp;) {
            const Irp& value = world.irps[irp];
            add(irp);
            if (value.file_object) add(value.file_object);
            irp = value.next_of_thread;
        }
    }
}

// The table does not keep sections in an order that means anything: two that look alike in every
// respect are numbered as they lie there.
void CanonicalIds::add_sections(const World& world) {
    if (world.sections.empty()) return;
    sections_.clear();
    world.sections.for_each([&](SectionId id, const Section&) { sections_.push_back(id); });
    const auto rank = [&](SectionId id) {
        const Section& section = world.sections[id];
        const FileObject& open = world.file_objects[section.file_object];
        return std::tuple(number(section.process), number(section.file_object),
                          number(section.stream), section.writable, number(open.link),
                          open.granted_access, open.sharing_access, open.share_access,
                          open.options, open.target_key, open.parent_key, open.section_count,
                          open.transacted, open.synchronous, open.current_byte_offset, id);
    };
    std::ranges::sort(sections_, {}, rank);
    for (const SectionId id : sections_) {
        add(id);
        add(world.sections[id].file_object);
    }
}

void CanonicalIds::add_deleted(const World& world) {
    if (in_order<StreamId>().size() == world.streams.size() &&
        in_order<LinkId>().size() == world.links.size()) {
        return;
    }
    for (const FileObjectId id : in_order<FileObjectId>()) {
        add_target(world, world.file_objects[id].stream, world.file_objects[id].link);
    }
    for (const IrpId id : in_order<IrpId>()) {
        add_target(world, world.irps[id].target_stream, world.irps[id].target_link);
    }
}

// Ids of things that may be gone.
void CanonicalIds::add_mentioned(const World& world) {
    const auto add_request = [this](const Request& request) {
        number_or_add(request.handle);
        number_or_add(request.section);
        number_or_add(request.target_process);
    };
    for (const IrpId id : in_order<IrpId>()) {
        add_request(world.irps[id].request);
        number_or_add(world.irps[id].cursor);
    }
    world.timers.for_each([&](Ticks, const TimedRequest& timed) {
        number_or_add(timed.thread);
        add_request(timed.request);
    });
}

void CanonicalIds::add_keys(const World& world) {
    for (const FileObjectId id : in_order<FileObjectId>()) {
        add(world.file_objects[id].target_key);
        add(world.file_objects[id].parent_key);
    }
    const auto add_request = [this](const Request& request) {
        add(request.target_key);
        add(request.parent_key);
    };
    for (const IrpId id : in_order<IrpId>()) add_request(world.irps[id].request);
    world.timers.for_each([&](Ticks, const TimedRequest& timed) { add_request(timed.request); });
}

std::vector<ThreadId> all_threads(const World& world) {
    std::vector<ThreadId> threads;
    threads.reserve(world.threads.size());
    world.threads.for_each([&](ThreadId id, const Thread&) { threads.push_back(id); });
    return threads;
}

}  // namespace oplocksim::sim
