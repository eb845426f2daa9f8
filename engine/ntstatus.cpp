#include "engine/ntstatus.h"

#include <algorithm>
#include <array>

#include "engine/assert.h"

namespace oplocksim::engine {
namespace {

constexpr std::array kStatuses{
#define OPLOCKSIM_X(name, value, win32_name, win32_value)                                         \
    NtStatusInfo{NtStatus::name, #name, win32_value, #win32_name},
    OPLOCKSIM_NTSTATUS_LIST(OPLOCKSIM_X)
#undef OPLOCKSIM_X
};

}  // namespace

std::span<const NtStatusInfo> nt_statuses() { return kStatuses; }

const NtStatusInfo& nt_status_info(NtStatus status) {
    const auto* row = std::ranges::find(kStatuses, status, &NtStatusInfo::status);
    OPLOCKSIM_ASSERT(row != kStatuses.end(), "an NTSTATUS outside the list");
    return *row;
}

std::string_view to_string(NtStatus status) { return nt_status_info(status).name; }

std::optional<NtStatus> nt_status_from_name(std::string_view name) {
    const auto* row = std::ranges::find(kStatuses, name, &NtStatusInfo::name);
    if (row == kStatuses.end()) return std::nullopt;
    return row->status;
}

}  // namespace oplocksim::engine
