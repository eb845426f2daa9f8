// How a pended oplock request is completed: internal to the package.
//
// Information for the four legacy types, REQUEST_OPLOCK_OUTPUT_BUFFER for the four Windows 7
// types (Breaking Oplocks; SC-050, SC-051).
#pragma once

#include "engine/mutations.h"
#include "engine/oplock.h"

namespace oplocksim::engine {

// What the owner is told about its new level.
struct Notice {
    NtStatus status = NtStatus::STATUS_SUCCESS;
    OplockType new_type = OplockType::none;
    std::uint32_t flags = 0;       // REQUEST_OPLOCK_OUTPUT_FLAG_*
    AccessMask access_mode = 0;
    ShareAccess share_mode = 0;
};

[[nodiscard]] inline RequestOplockOutputBuffer output_buffer(OplockType original,
                                                             const Notice& notice) {
    RequestOplockOutputBuffer output;
    output.original_oplock_level = cache_level(original);
    output.new_oplock_level = cache_level(notice.new_type);
    output.flags = notice.flags;
    output.access_mode = notice.access_mode;
    output.share_mode = notice.share_mode;
    return output;
}

// Appends the completion of `holder`'s request. The caller then forgets the request's IRP.
inline void complete_request(const Holder& holder, const Notice& notice, Why why,
                             Effects& effects) {
    Effect& effect = effects.append();
    effect.kind = EffectKind::complete;
    effect.irp = holder.irp;
    effect.status = notice.status;
    effect.why = why;
    effect.why.held = holder.type;
    if (is_granular(holder.type)) {
        effect.has_output = true;
        effect.output = output_buffer(holder.type, notice);
        effect.information = sizeof(RequestOplockOutputBuffer);
    } else {
        effect.information = notice.new_type == OplockType::level_2
                                 ? FILE_OPLOCK_BROKEN_TO_LEVEL_2
                                 : FILE_OPLOCK_BROKEN_TO_NONE;
    }
    mutate(effect);
}

}  // namespace oplocksim::engine
