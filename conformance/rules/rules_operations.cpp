// What operations on a handle answer, whatever they are about: P03c, P07, P13.
#include <array>
#include <optional>

#include "conformance/rules/rule.h"

namespace oplocksim::conformance {
namespace {

using engine::NtStatus;
using sim::AccessMask;
using sim::RequestKind;

// ---- The handle's access

// One of `any`, if that is anything, and every one of `all`.
struct Rights {
    AccessMask any = 0;
    AccessMask all = 0;
    [[nodiscard]] bool in(AccessMask access) const {
        return (any == 0 || (access & any) != 0) && (access & all) == all;
    }
};

// Who lacks what is needed is denied; who has enough is not; between them nothing is said (SC-122).
struct AccessRule {
    Rights needed;
    Rights enough;
};

AccessRule exactly(Rights rights) { return {rights, rights}; }

AccessRule of_section(std::uint32_t protection) {
    Rights rights{0, engine::FILE_READ_DATA};
    const bool execute_write = protection == sim::PAGE_EXECUTE_READWRITE;
    if (protection == sim::PAGE_READWRITE || execute_write) rights.all |= engine::FILE_WRITE_DATA;
    if (protection == sim::PAGE_EXECUTE_READ || execute_write) rights.all |= engine::FILE_EXECUTE;
    return exactly(rights);
}

// None, where the answer may depend on more than that.
std::optional<AccessRule> access_rule(const sim::Request& request) {
    using namespace engine;   // the access rights of winnt.h
    constexpr Rights kWrites{FILE_WRITE_DATA | FILE_APPEND_DATA, 0};
    constexpr AccessMask kSecurity = WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY;
    switch (request.kind) {
        case RequestKind::read:
            if (request.paging_io) return AccessRule{};
            return AccessRule{{FILE_READ_DATA | FILE_EXECUTE, 0}, {0, FILE_READ_DATA}};
        case RequestKind::write:
            if (request.paging_io) return AccessRule{};
            return AccessRule{kWrites, {0, FILE_WRITE_DATA}};
        case RequestKind::flush: return AccessRule{kWrites, {0, FILE_WRITE_DATA}};
        case RequestKind::lock:
        case RequestKind::unlock: return exactly({FILE_READ_DATA | FILE_WRITE_DATA, 0});
        case RequestKind::set_end_of_file:
        case RequestKind::set_allocation:
        case RequestKind::set_valid_data_length:
        case RequestKind::set_zero_data: return exactly({0, FILE_WRITE_DATA});
        case RequestKind::set_disposition: return exactly({0, DELETE});
        case RequestKind::set_basic_information: return exactly({0, FILE_WRITE_ATTRIBUTES});
        case RequestKind::set_security:   // which one is needed depends on what is set
            return AccessRule{{kSecurity, 0}, {0, kSecurity}};
        case RequestKind::create_section: return of_section(request.page_protection);
        case RequestKind::set_encryption:
            return AccessRule{{}, {FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES, 0}};
        case RequestKind::close_handle:
        case RequestKind::duplicate_handle: return AccessRule{};
        case RequestKind::create:
        case RequestKind::rename:
        case RequestKind::link:
        case RequestKind::set_short_name:
        case RequestKind::oplock_fsctl:
        case RequestKind::close_section: return std::nullopt;
    }
    return std::nullopt;
}

void access_decides(const Moment& moment, Verdict& verdict) {
    if (!moment.operation_completes()) return;
    const auto rule = access_rule(moment.irp->request);
    if (!rule) return;
    const KnownOpen* const own = moment.model.open(moment.irp->open);
    // What MAXIMUM_ALLOWED came to is not known.
    if (own == nullptr || (own->access & engine::MAXIMUM_ALLOWED) != 0) return;
    const bool denied = moment.event->status == NtStatus::STATUS_ACCESS_DENIED;
    verdict.exercise();
    if (denied && rule->enough.in(own->access)) {
        verdict.violate({}, completes_text(moment), "its handle was opened with the access");
    } else if (!rule->needed.in(own->access) && engine::nt_success(moment.event->status)) {
        verdict.violate({}, completes_text(moment),
                        "STATUS_ACCESS_DENIED: its handle was opened without the access");
    }
}

// ---- What is refused for what it asks

// Everything that it can be refused for with this status is looked at before its oplock is.
bool is_refused_first(const sim::Request& request, NtStatus status) {
    const bool denied = status == NtStatus::STATUS_ACCESS_DENIED;
    const bool invalid = status == NtStatus::STATUS_INVALID_PARAMETER ||
                         status == NtStatus::STATUS_INVALID_DEVICE_REQUEST;
    switch (request.kind) {
        case RequestKind::read:
        case RequestKind::flush:
        case RequestKind::lock:
        case RequestKind::unlock:
        case RequestKind::set_end_of_file:
        case RequestKind::set_allocation:
        case RequestKind::set_valid_data_length:
        case RequestKind::set_security:
        case RequestKind::set_zero_data:
        case RequestKind::create_section: return denied || invalid;
        case RequestKind::write: return denied;
        case RequestKind::set_disposition:
            return denied || status == NtStatus::STATUS_CANNOT_DELETE ||
                   status == NtStatus::STATUS_DIRECTORY_NOT_EMPTY;
        case RequestKind::create:
        case RequestKind::close_handle:
        case RequestKind::duplicate_handle:
        case RequestKind::rename:
        case RequestKind::link:
        case RequestKind::set_short_name:
        case RequestKind::set_basic_information:
        case RequestKind::set_encryption:
        case RequestKind::oplock_fsctl:
        case RequestKind::close_section: return false;
    }
    return false;
}

void refused_breaks_nothing(const Moment& moment, Verdict& verdict) {
    if (!moment.operation_completes()) return;
    if (!is_refused_first(moment.irp->request, moment.event->status)) return;
    verdict.exercise();
    // What waited was refused for what it found afterwards.
    if (!moment.irp->broke || moment.irp->pended) return;
    verdict.violate({}, completes_text(moment) + ", and has broken an oplock",
                    "what is refused for its access or its arguments breaks nothing");
}

// ---- How much is moved

void moves_what_it_says(const Moment& moment, Verdict& verdict) {
    const bool reads = moment.completes(RequestKind::read);
    if (!reads && !moment.completes(RequestKind::write)) return;
    const sim::Request& request = moment.irp->request;
    if (!engine::nt_success(moment.event->status) || request.length == 0) return;
    verdict.exercise();
    const std::uint64_t moved = moment.event->information;
    const auto observed = [&] {
        return completes_text(moment) + ", Information " + std::to_string(moved);
    };
    if (moved > request.length) {
        verdict.violate({}, observed(),
                        "no more than the " + std::to_string(request.length) +
                            " bytes that were asked for");
    } else if (reads && moved == 0) {
        verdict.violate({}, observed(), "a byte at least, or STATUS_END_OF_FILE");
    } else if (!reads && !request.paging_io && moved != request.length) {
        verdict.violate({}, observed(),
                        "every one of the " + std::to_string(request.length) +
                            " bytes that it was given");
    }
}

// ---- Whose completion it is

void answers_its_request(const Moment& moment, Verdict& verdict) {
    if (!moment.is(sim::TraceEventKind::complete) || moment.irp == nullptr) return;
    verdict.exercise();
    const RequestKind kind = moment.irp->request.kind;
    // These two return another one.
    const bool makes_handle = kind == RequestKind::create || kind == RequestKind::duplicate_handle;
    const std::uint32_t named = moment.event->handle.value;
    if (makes_handle && engine::nt_success(moment.event->status) &&
        moment.model.handles().find(named) != nullptr) {
        verdict.violate({}, completes_text(moment) + " with handle " + std::to_string(named),
                        "a handle of its own: that one is open");
    }
    if (makes_handle || named == 0 || named == moment.irp->request.handle.value) return;
    verdict.violate({}, completes_text(moment) + " for handle " + std::to_string(named),
                    "it was issued on handle " +
                        std::to_string(moment.irp->request.handle.value));
}

constexpr std::string_view kAccess[] = {"FSA-ACCESS-OF-THE-HANDLE"};
constexpr std::string_view kRefused[] = {"FSA-REFUSED-BEFORE-THE-CHECK"};
constexpr std::string_view kMoved[] = {"FSA-DATA-TRANSFERRED"};
constexpr std::string_view kOwn[] = {"FSA-DATA-OWN-REQUEST"};

constexpr std::array kRules = {
    Rule{{"access-decides", "P13", kAccess, "must",
          "An operation is denied for want of access, and for nothing else",
          "Reads, writes, flushes, locks, changes of size, deletions, sections and changes of "
          "attributes and security are compared with the access of their handle, unless that was "
          "MAXIMUM_ALLOWED. Whoever has a handle may close and duplicate it."},
         on::kOperationEnds, access_decides},
    Rule{{"refused-breaks-nothing", "P13", kRefused, "must",
          "What is refused for its access or its arguments has broken nothing",
          "STATUS_ACCESS_DENIED, STATUS_INVALID_PARAMETER and their like are answered before the "
          "oplock is looked at. Changes of names have an order of their own, and Batch and Filter "
          "are left out."},
         on::kOperationFails, refused_breaks_nothing},
    Rule{{"moves-what-it-says", "P03c", kMoved, "must",
          "A write moves every byte, a read at least one",
          "Information of a transfer that succeeded: the length of a write, unless it is a paging "
          "write, which ends with the file; of a read, from one to its length."},
         on::kReadCompletes | on::kWriteCompletes, moves_what_it_says},
    Rule{{"answers-its-request", "P07", kOwn, "must",
          "A completion speaks of the handle that was asked about",
          "The handle that it names, if any, is the one that the IRP was issued on; a handle that it "
          "makes is not open already."},
         on::kComplete, answers_its_request},
};

}  // namespace

std::span<const Rule> operation_rules() { return kRules; }

}  // namespace oplocksim::conformance
