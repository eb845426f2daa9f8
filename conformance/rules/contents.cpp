#include "conformance/rules/contents.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "conformance/rules/moment.h"
#include "conformance/rules/observation.h"

namespace oplocksim::conformance {
namespace {

using engine::NtStatus;
using sim::RequestKind;
using sim::TraceEvent;

// No file system has larger clusters than these. An allocation size that is a multiple of it is
// what it says; another is rounded up to something that nobody is told.
constexpr std::uint64_t kLargestCluster = 1u << 16;

constexpr ByteRange kEverything{0, kEndOfEverything};

bool is_contents_request(RequestKind kind) {
    switch (kind) {
        case RequestKind::create:
        case RequestKind::read:
        case RequestKind::write:
        case RequestKind::set_end_of_file:
        case RequestKind::set_allocation:
        case RequestKind::set_valid_data_length:
        case RequestKind::set_zero_data: return true;
        case RequestKind::oplock_fsctl:
        case RequestKind::close_handle:
        case RequestKind::duplicate_handle:
        case RequestKind::flush:
        case RequestKind::lock:
        case RequestKind::unlock:
        case RequestKind::rename:
        case RequestKind::link:
        case RequestKind::set_short_name:
        case RequestKind::set_disposition:
        case RequestKind::set_basic_information:
        case RequestKind::set_security:
        case RequestKind::set_encryption:
        case RequestKind::create_section:
        case RequestKind::close_section: return false;
    }
    return false;
}

// Contents change unseen: through a view, or in a transaction that may yet be undone.
bool changes_unseen(const Observation& model, StreamNumber stream) {
    const FileNumber file = model.names().stream(stream).file;
    return std::ranges::any_of(model.sections(),
                               [&](const KnownSection& section) {
                                   return section.writable && section.stream == stream;
                               }) ||
           model.opens_of(file).any([](const KnownOpen& open) { return open.transacted; });
}

// The bytes that an operation may change, before it is known whether it does.
ByteRange reach_of(const Observation& model, const KnownIrp& irp) {
    const sim::Request& request = irp.request;
    if (request.kind == RequestKind::set_zero_data) {
        // As an oplock FSCTL, which tells no range.
        const bool told =
            request.fsctl.code != engine::FsControlCode::FSCTL_SET_ZERO_DATA;
        return told ? range_of(request.offset, request.length) : kEverything;
    }
    if (request.kind != RequestKind::write) return kEverything;
    const KnownOpen* const own = model.open(irp.open);
    const bool appends = own != nullptr && (own->access & engine::FILE_WRITE_DATA) == 0;
    return appends ? kEverything : range_of(request.offset, request.length);
}

bool changes_size(const KnownIrp& irp) {
    return irp.request.kind != RequestKind::set_zero_data &&
           irp.request.kind != RequestKind::set_valid_data_length;
}

}  // namespace

bool changes_contents(const KnownIrp& irp) {
    if (irp.request.kind == RequestKind::read) return false;
    if (irp.request.kind == RequestKind::create) {
        return implied_access(irp.request.disposition) != 0;
    }
    return is_contents_request(irp.request.kind);
}

bool is_held(const Observation& model, const KnownIrp& irp) {
    if (irp.released) return false;   // and if it waits again, nobody has seen it
    if (has_option(irp, engine::FILE_COMPLETE_IF_OPLOCKED)) return false;
    const auto owed = awaited(model, irp);
    return !owed.empty() && std::ranges::none_of(owed, [&](const KnownOplock* oplock) {
        return model.being_acknowledged(*oplock);
    });
}

const KnownBytes* KnownContents::find(StreamNumber stream) const {
    return stream < streams_.size() ? &streams_[stream] : nullptr;
}

KnownBytes& KnownContents::of(StreamNumber stream) {
    if (stream >= streams_.size()) streams_.resize(stream + std::size_t{1});
    return streams_[stream];
}

const KnownContents::Write* KnownContents::write_of(sim::IrpId irp) const {
    const auto found = std::ranges::find(writes_, irp, &Write::irp);
    return found == writes_.end() ? nullptr : &*found;
}

void KnownContents::issue(const TraceEvent& event) {
    end(event.irp);
    if (event.request_kind != RequestKind::write) return;
    writes_.push_back({event.irp, event.has_data, event.data});
}

void KnownContents::end(sim::IrpId irp) {
    if (writes_.empty() && races_.empty()) return;
    std::erase_if(writes_, [&](const Write& write) { return write.irp == irp; });
    std::erase_if(races_, [&](const Race& race) { return race.irp == irp; });
}

// Whoever is at work on the same bytes may have been first or last.
void KnownContents::overlap(const Observation& model, sim::IrpId irp, StreamNumber stream,
                            const Change& change) {
    for (const KnownIrp& other : model.irps()) {
        const bool here = other.irp != irp && other.known_place &&
                          other.place.stream == stream &&
                          (other.request.kind == RequestKind::read || changes_contents(other));
        if (here && !is_held(model, other)) {
            races_.push_back({other.irp, change.range, change.size});
        }
    }
    KnownBytes& bytes = of(stream);
    for (const Race& race : races_) {
        if (race.irp != irp) continue;
        bytes.forget({std::max(race.range.begin, change.range.begin),
                      std::min(race.range.end, change.range.end)});
        if (race.size && change.size) bytes.set_size(std::nullopt);
    }
}

void KnownContents::take_write(const Observation& model, const KnownIrp& irp,
                               const TraceEvent& event) {
    const StreamNumber stream = irp.place.stream;
    KnownBytes& bytes = of(stream);
    const ByteRange reach = reach_of(model, irp);
    std::uint64_t offset = irp.request.offset;
    if (reach == kEverything && !irp.request.paging_io) {   // FILE_APPEND_DATA alone: at the end
        if (!bytes.size()) return bytes.forget_everything();
        offset = *bytes.size();
    }
    const Write* const write = write_of(irp.irp);
    const ByteRange range = range_of(offset, event.information);
    const bool known = write != nullptr && write->has_data;
    if (known) {
        bytes.set_bytes(range, write->data);
    } else {
        bytes.forget(range);
    }
    const bool grows = !bytes.size() || *bytes.size() < range.end;
    if (bytes.size() && grows) bytes.set_size(range.end);
    overlap(model, irp.irp, stream, {range, grows});
}

void KnownContents::take_at_once(const Observation& model, StreamNumber stream,
                                 const ByteRange& range, const std::string* written) {
    KnownBytes& bytes = of(stream);
    if (written == nullptr) {
        bytes.forget(range);
    } else {
        bytes.set_bytes(range, *written);
    }
    const bool grows = !bytes.size() || *bytes.size() < range.end;
    if (bytes.size() && grows) bytes.set_size(range.end);
    overlap(model, {}, stream, {range, grows});
}

void KnownContents::take_end_of_file(const Observation& model, const KnownIrp& irp) {
    KnownBytes& bytes = of(irp.place.stream);
    const std::uint64_t size = irp.request.length;
    bytes.set_zeros({size, kEndOfEverything});
    bytes.set_size(size);
    overlap(model, irp.irp, irp.place.stream, {{size, kEndOfEverything}, true});
}

// Cuts the file if less is allocated than it has.
void KnownContents::take_allocation(const Observation& model, const KnownIrp& irp) {
    KnownBytes& bytes = of(irp.place.stream);
    const std::uint64_t length = irp.request.length;
    if (bytes.size() && *bytes.size() <= length) return;
    if (!bytes.size() || length % kLargestCluster != 0) {
        bytes.forget({length, kEndOfEverything});
        bytes.set_size(std::nullopt);
    } else {
        bytes.set_zeros({length, kEndOfEverything});
        bytes.set_size(length);
    }
    overlap(model, irp.irp, irp.place.stream, {{length, kEndOfEverything}, true});
}

void KnownContents::take_read(const Observation& model, const KnownIrp& irp,
                              const TraceEvent& event) {
    if (irp.request.paging_io || irp.request.length == 0) return;
    const bool at_end = event.status == NtStatus::STATUS_END_OF_FILE;
    if (!at_end && !engine::nt_success(event.status)) return;
    const bool at_work = std::ranges::any_of(model.irps(), [&](const KnownIrp& other) {
        return other.irp != irp.irp && other.known_place && changes_contents(other) &&
               other.place.stream == irp.place.stream && !is_held(model, other);
    });
    if (at_work || std::ranges::find(races_, irp.irp, &Race::irp) != races_.end()) return;
    KnownBytes& bytes = of(irp.place.stream);
    const std::uint64_t offset = irp.request.offset;
    const std::uint64_t length = at_end ? 0 : event.information;
    if (event.has_data && !at_end) {
        const ByteRange range = range_of(offset, length);
        const KnownBytes::Comparison comparison = bytes.compare(range, event.data);
        if (comparison.difference || comparison.known < length) bytes.set_bytes(range, event.data);
    }
    if (length < irp.request.length && length != 0) {
        if (bytes.size() == offset + length) return;
        bytes.set_size(offset + length);
        bytes.set_zeros({offset + length, kEndOfEverything});
        return;
    }
    if (!bytes.size()) return;
    const bool other = at_end ? offset < *bytes.size() : offset + length > *bytes.size();
    if (other) bytes.set_size(std::nullopt);
}

void KnownContents::take_change(const Observation& model, const KnownIrp& irp,
                                const TraceEvent& event) {
    const StreamNumber stream = irp.place.stream;
    const sim::Request& request = irp.request;
    switch (request.kind) {
        case RequestKind::write:
            if (event.information != 0) take_write(model, irp, event);
            return;
        case RequestKind::set_end_of_file:
        case RequestKind::set_allocation:
            if (model.names().stream(stream).delete_pending) {   // 2.1.5.15.1, 2.1.5.15.4: nothing
                return of(stream).forget_everything();           // need be done
            }
            return request.kind == RequestKind::set_allocation ? take_allocation(model, irp)
                                                               : take_end_of_file(model, irp);
        case RequestKind::set_valid_data_length:   // what was on the disk shows
            of(stream).forget_zeros({0, request.length});
            return;
        case RequestKind::set_zero_data: {
            const ByteRange range = reach_of(model, irp);
            of(stream).forget(range);
            if (range != kEverything) of(stream).set_zeros(range);
            return overlap(model, irp.irp, stream, {range, false});
        }
        case RequestKind::oplock_fsctl:
        case RequestKind::create:
        case RequestKind::close_handle:
        case RequestKind::duplicate_handle:
        case RequestKind::read:
        case RequestKind::flush:
        case RequestKind::lock:
        case RequestKind::unlock:
        case RequestKind::rename:
        case RequestKind::link:
        case RequestKind::set_short_name:
        case RequestKind::set_disposition:
        case RequestKind::set_basic_information:
        case RequestKind::set_security:
        case RequestKind::set_encryption:
        case RequestKind::create_section:
        case RequestKind::close_section: return;
    }
}

void KnownContents::complete(const Observation& model, const KnownIrp& irp,
                             const TraceEvent& event) {
    const sim::Request& request = irp.request;
    const bool succeeded = engine::nt_success(event.status);
    const bool maps = request.kind == RequestKind::create_section && succeeded &&
                      is_writable_section(request) && irp.known_place;
    if (maps) of(irp.place.stream).forget_everything();
    if (request.kind == RequestKind::create || !is_contents_request(request.kind)) return;
    if (irp.known_place) {
        if (changes_unseen(model, irp.place.stream)) {
            of(irp.place.stream).forget_everything();
        } else if (request.kind == RequestKind::read) {
            take_read(model, irp, event);
        } else if (succeeded && changes_contents(irp)) {
            take_change(model, irp, event);
        }
    }
    end(irp.irp);
}

void KnownContents::complete_create(const Observation& model, const KnownIrp& irp,
                                    StreamNumber stream, std::uint64_t information) {
    if (irp.request.transacted || changes_unseen(model, stream)) {
        of(stream).forget_everything();
    } else if (information != engine::FILE_OPENED) {
        of(stream).clear(0);
        overlap(model, irp.irp, stream, {kEverything, true});
    }
    end(irp.irp);
}

KnownContents::Reading KnownContents::reading(const Observation& model, const KnownIrp& irp,
                                              const TraceEvent& event) const {
    Reading reading;
    const bool at_end = event.status == NtStatus::STATUS_END_OF_FILE;
    const bool judged = irp.known_place && irp.request.kind == RequestKind::read &&
                        !irp.request.paging_io && irp.request.length != 0 &&
                        (at_end || engine::nt_success(event.status));
    const KnownBytes* bytes = judged ? find(irp.place.stream) : nullptr;
    if (bytes == nullptr || changes_unseen(model, irp.place.stream)) return reading;
    std::optional<KnownBytes> certain;   // only if something else is at work
    bool size_certain = true;
    const auto leave_out = [&](const ByteRange& range, bool size) {
        if (!certain) certain = *bytes;
        certain->forget(range);
        size_certain = size_certain && !size;
    };
    for (const KnownIrp& other : model.irps()) {
        const bool here = other.irp != irp.irp && other.known_place &&
                          other.place.stream == irp.place.stream && changes_contents(other);
        if (!here) continue;
        if (is_held(model, other)) {
            reading.held = &other;
        } else {
            leave_out(reach_of(model, other), changes_size(other));
        }
    }
    for (const Race& race : races_) {
        if (race.irp == irp.irp) leave_out(race.range, race.size);
    }
    const std::uint64_t offset = irp.request.offset;
    const std::uint64_t length = at_end ? 0 : event.information;
    if (bytes->size() && size_certain) {
        const std::uint64_t size = *bytes->size();
        const std::uint64_t right =
            offset >= size ? 0 : std::min(irp.request.length, size - offset);
        reading.size_judged = true;
        if (right != length) reading.right_length = right;
    }
    if (!event.has_data || at_end) return reading;
    if (certain) bytes = &*certain;
    const KnownBytes::Comparison comparison =
        bytes->compare(range_of(offset, length), event.data);
    reading.bytes_judged = comparison.known != 0;
    if (comparison.difference) {
        const std::uint64_t at = *comparison.difference - offset;
        reading.stale = comparison.difference;
        reading.expected = comparison.expected;
        reading.found = at < event.data.size() ? static_cast<unsigned char>(event.data[at]) : 0;
    }
    return reading;
}

void KnownContents::add_to(sim::FingerprintMixer& mixer, StreamNumber stream) const {
    const KnownBytes* const bytes = find(stream);
    bytes != nullptr ? bytes->add_to(mixer) : KnownBytes().add_to(mixer);
}

void KnownContents::add_to(sim::FingerprintMixer& mixer, sim::IrpId irp) const {
    if (const Write* const write = write_of(irp)) {
        mixer.add(write->has_data);
        mixer.add_bytes(write->data);
    }
    // In any order: what counts is which bytes may have been changed before or after.
    std::vector<Race> races;
    std::ranges::copy_if(races_, std::back_inserter(races),
                         [&](const Race& race) { return race.irp == irp; });
    std::ranges::sort(races, {}, [](const Race& race) {
        return std::tuple(race.range.begin, race.range.end, race.size);
    });
    mixer.add(races.size());
    for (const auto& [of, range, size] : races) {
        mixer.add(range.begin);
        mixer.add(range.end);
        mixer.add(size);
    }
}

}  // namespace oplocksim::conformance
