#include "conformance/rules/presence.h"

#include <algorithm>

#include "conformance/rules/contents.h"
#include "conformance/rules/observation.h"

namespace oplocksim::conformance {
namespace {

using engine::NtStatus;
using sim::RequestKind;

Known at(const std::vector<Known>& values, std::uint32_t number) {
    return number < values.size() ? values[number] : Known::unknown;
}

void put(std::vector<Known>& values, std::uint32_t number, Known value) {
    if (number >= values.size()) values.resize(number + std::size_t{1}, Known::unknown);
    values[number] = value;
}

bool may_change_names(const KnownIrp& irp) {
    switch (irp.request.kind) {
        case RequestKind::create:
            return irp.request.disposition != sim::CreateDisposition::FILE_OPEN &&
                   irp.request.disposition != sim::CreateDisposition::FILE_OVERWRITE;
        case RequestKind::close_handle:
        case RequestKind::rename:
        case RequestKind::link:
        case RequestKind::set_short_name:
        case RequestKind::set_disposition: return true;
        case RequestKind::duplicate_handle:
        case RequestKind::read:
        case RequestKind::write:
        case RequestKind::flush:
        case RequestKind::lock:
        case RequestKind::unlock:
        case RequestKind::set_end_of_file:
        case RequestKind::set_allocation:
        case RequestKind::set_valid_data_length:
        case RequestKind::set_basic_information:
        case RequestKind::set_security:
        case RequestKind::set_encryption:
        case RequestKind::set_zero_data:
        case RequestKind::oplock_fsctl:
        case RequestKind::create_section:
        case RequestKind::close_section: return false;
    }
    return false;
}

// The name itself, or a directory above it; a rename or link also to where it leads.
bool may_concern(const Observation& model, const KnownIrp& irp, const KnownPlace& place) {
    if (!irp.known_place || place.link == kNothing) return false;
    const KnownNames& names = model.names();
    if (irp.place.link == place.link || irp.place.file == place.file) return true;
    if (names.is_below(place.file, irp.place.file)) return true;
    const sim::Path* const named = model.path(irp.request.path);
    const bool leads = irp.request.kind == RequestKind::rename ||
                       irp.request.kind == RequestKind::link;
    return leads && named != nullptr && names.find_target(*named).link == place.link;
}

}  // namespace

Known KnownPresence::of_link(LinkNumber link) const { return at(links_, link); }
Known KnownPresence::of_stream(StreamNumber stream) const { return at(streams_, stream); }

void KnownPresence::set_link(LinkNumber link, Known there) {
    if (link != kNothing) put(links_, link, there);
}
void KnownPresence::set_stream(StreamNumber stream, Known there) { put(streams_, stream, there); }

void KnownPresence::complete_create(const Observation& model, const KnownIrp& irp,
                                    const sim::TraceEvent& event) {
    if (!irp.known_place) return;
    if (engine::nt_success(event.status)) {
        set_link(irp.place.link, Known::yes);
        set_stream(irp.place.stream, Known::yes);
        return;
    }
    const bool unnamed = model.names().stream(irp.place.stream).name.value == 0;
    const bool shows = !irp.pended && name_is_settled(model, irp);
    if (!shows || !unnamed) return;
    if (event.status == NtStatus::STATUS_OBJECT_NAME_NOT_FOUND) {
        set_link(irp.place.link, Known::no);
    }
    if (event.status == NtStatus::STATUS_OBJECT_NAME_COLLISION) {
        set_link(irp.place.link, Known::yes);
    }
}

bool name_is_settled(const Observation& model, const KnownIrp& create) {
    return std::ranges::none_of(model.irps(), [&](const KnownIrp& irp) {
        return irp.irp != create.irp && may_change_names(irp) &&
               may_concern(model, irp, create.place) && !is_held(model, irp);
    });
}

}  // namespace oplocksim::conformance
