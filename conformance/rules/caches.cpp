#include "conformance/rules/caches.h"

#include <algorithm>

#include "conformance/rules/observation.h"

namespace oplocksim::conformance {
namespace {

using sim::RequestKind;
using sim::TraceEvent;

// `range` without `taken`, into `left`.
void subtract(const ByteRange& range, const ByteRange& taken, std::vector<ByteRange>& left) {
    if (!range.overlaps(taken)) {
        left.push_back(range);
        return;
    }
    if (range.begin < taken.begin) left.push_back({range.begin, taken.begin});
    if (taken.end < range.end) left.push_back({taken.end, range.end});
}

void subtract(std::vector<ByteRange>& ranges, const ByteRange& taken) {
    std::vector<ByteRange> left;
    for (const ByteRange& range : ranges) subtract(range, taken, left);
    ranges = std::move(left);
}

void add(std::vector<ByteRange>& ranges, ByteRange range) {
    std::erase_if(ranges, [&](const ByteRange& other) {
        const bool touches = other.begin <= range.end && range.begin <= other.end;
        if (touches) {
            range.begin = std::min(range.begin, other.begin);
            range.end = std::max(range.end, other.end);
        }
        return touches;
    });
    ranges.insert(std::ranges::lower_bound(ranges, range.begin, {}, &ByteRange::begin), range);
}

}  // namespace

void KnownCaches::add_client(sim::ProcessId process) {
    if (!caches(process)) clients_.push_back(process);
}

bool KnownCaches::caches(sim::ProcessId process) const {
    return std::ranges::find(clients_, process) != clients_.end();
}

bool KnownCaches::given_up(StreamNumber stream) const {
    return std::ranges::binary_search(given_up_, stream);
}

void KnownCaches::give_up(StreamNumber stream) {
    if (!any() || given_up(stream)) return;
    given_up_.insert(std::ranges::lower_bound(given_up_, stream), stream);
}

const Holding* KnownCaches::holding(OpenNumber open) const {
    const auto found = std::ranges::find(holdings_, open, &Holding::open);
    return found == holdings_.end() ? nullptr : &*found;
}

Holding& KnownCaches::holding_of(const KnownOpen& open) {
    auto found = std::ranges::lower_bound(holdings_, open.number, {}, &Holding::open);
    if (found == holdings_.end() || found->open != open.number) {
        found = holdings_.insert(found, Holding{open.number, open.stream, false, {}});
    }
    return *found;
}

void KnownCaches::drop_empty() { std::erase_if(holdings_, &Holding::empty); }

void KnownCaches::forget(OpenNumber open) {
    std::erase_if(holdings_, [&](const Holding& one) { return one.open == open; });
}

void KnownCaches::answer(const Observation& model, const TraceEvent& event,
                         const KnownOpen& open) {
    if (!engine::nt_success(event.status)) return;
    switch (event.request_kind) {
        case RequestKind::create: holding_of(open).kept_back = false; break;
        case RequestKind::close_handle: holding_of(open).kept_back = true; break;
        case RequestKind::write: hold_back(model, event, open); break;
        case RequestKind::read: {
            const KnownIrp read = answered_read(model, event);
            if (reading(model, read, event).stale) give_up(open.stream);   // it was reported
            break;
        }
        case RequestKind::duplicate_handle:
        case RequestKind::flush:
        case RequestKind::lock:
        case RequestKind::unlock:
        case RequestKind::set_end_of_file:
        case RequestKind::set_allocation:
        case RequestKind::set_valid_data_length:
        case RequestKind::rename:
        case RequestKind::link:
        case RequestKind::set_short_name:
        case RequestKind::set_disposition:
        case RequestKind::set_basic_information:
        case RequestKind::set_security:
        case RequestKind::set_encryption:
        case RequestKind::set_zero_data:
        case RequestKind::oplock_fsctl:
        case RequestKind::create_section:
        case RequestKind::close_section: break;
    }
    drop_empty();
}

void KnownCaches::hold_back(const Observation& model, const TraceEvent& event,
                            const KnownOpen& open) {
    const ByteRange range = range_of(event.request.offset, event.information);
    if (range.begin == range.end) return;
    if (view_.empty()) view_.push_back(model.contents());
    view_.front().take_at_once(model, open.stream, range, event.has_data ? &event.data : nullptr);
    add(holding_of(open).dirty, range);
    if (shares_a_key(model, answered_read(model, event))) give_up(open.stream);
}

void KnownCaches::issue(const TraceEvent& event) {
    if (!view_.empty() && !event.request.write_back) view_.front().issue(event);
}

// Is there another open of the stream under the key of this request's, of another process, or is
// the handle another process's? To the oplock they are one owner.
bool KnownCaches::shares_a_key(const Observation& model, const KnownIrp& irp) const {
    const KnownOpen* const own = model.open(irp.open);
    const sim::OplockKey key = model.target_key(irp);
    if (own != nullptr && own->process != irp.process) return true;
    return key.value != 0 && model.opens_of(irp.place.file).any([&](const KnownOpen& other) {
        return other.stream == irp.place.stream && other.target_key == key &&
               other.process != irp.process && (caches(other.process) || caches(irp.process));
    });
}

void KnownCaches::written_back(const KnownIrp& irp, const TraceEvent& event) {
    const auto found = std::ranges::find(holdings_, irp.open, &Holding::open);
    if (found == holdings_.end()) return;
    subtract(found->dirty, range_of(irp.request.offset, irp.request.length));
    if (!engine::nt_success(event.status)) give_up(found->stream);
    drop_empty();
}

void KnownCaches::complete(const Observation& model, const KnownIrp& irp,
                           const TraceEvent& event) {
    if (!any() || irp.request.kind == RequestKind::create) return;
    if (irp.request.write_back) return written_back(irp, event);
    const bool reads = irp.request.kind == RequestKind::read;
    const bool changes = changes_contents(irp) && engine::nt_success(event.status);
    const bool past = changes && irp.request.paging_io && event.information != 0;
    if (irp.known_place && (past || ((reads || changes) && shares_a_key(model, irp)))) {
        give_up(irp.place.stream);
    }
    if (view_.empty()) return;
    if (reads && reading(model, irp, event).stale) give_up(irp.place.stream);
    view_.front().complete(model, irp, event);
}

void KnownCaches::complete_create(const Observation& model, const KnownIrp& irp,
                                  StreamNumber stream, const TraceEvent& event) {
    if (!any()) return;
    const std::uint64_t information = event.information;
    if (information == engine::FILE_CREATED) {
        std::erase(given_up_, stream);
    } else if (information != engine::FILE_OPENED) {
        const bool past = event.status == engine::NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS ||
                          (attribute_only(mapped(irp.request.access)) &&
                           model.semantics().attr_only_overwrite_exempt);
        if (past || shares_a_key(model, irp)) give_up(stream);
    }
    if (!view_.empty()) view_.front().complete_create(model, irp, stream, information);
}

void KnownCaches::oplock_ended(const KnownOplock& oplock, bool owed) {
    const Holding* const held = holding(oplock.open);
    if (held != nullptr && !held->dirty.empty() && !owed) give_up(held->stream);
}

void KnownCaches::process_exits(const Observation& model, sim::ProcessId process) {
    for (const Holding& held : holdings_) {
        const KnownOpen* const open = model.open(held.open);
        const bool of_process = open != nullptr && open->process == process;
        if (of_process && !held.dirty.empty()) give_up(held.stream);
    }
}

KnownContents::Reading KnownCaches::reading(const Observation& model, const KnownIrp& irp,
                                            const TraceEvent& event) const {
    const bool cached = event.kind == sim::TraceEventKind::cached;
    const bool judged = irp.known_place && (cached || !view_.empty()) &&
                        !given_up(irp.place.stream) && !shares_a_key(model, irp);
    if (!judged) return {};
    const KnownContents& view = view_.empty() ? model.contents() : view_.front();
    return view.reading(model, irp, event);
}

void KnownCaches::add_to(sim::FingerprintMixer& mixer, StreamNumber stream) const {
    if (!any()) return;
    mixer.add(given_up(stream));
    if (!view_.empty()) view_.front().add_to(mixer, stream);
}

void KnownCaches::add_to(sim::FingerprintMixer& mixer, sim::IrpId irp) const {
    if (!view_.empty()) view_.front().add_to(mixer, irp);
}

KnownIrp answered_read(const Observation& model, const TraceEvent& event) {
    KnownIrp irp;
    irp.irp = event.irp;
    irp.thread = event.thread;
    irp.process = event.process;
    irp.request = event.request;
    irp.request.kind = event.request_kind;
    const KnownHandle* const handle = model.handles().find(event.handle.value);
    const KnownOpen* const open = handle == nullptr ? nullptr : model.open(handle->open);
    if (open == nullptr) return irp;
    irp.open = open->number;
    irp.place = {open->link, open->file, open->stream};
    irp.known_place = true;
    return irp;
}

}  // namespace oplocksim::conformance
