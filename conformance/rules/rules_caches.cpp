// What clients that cache owe to the others, and what their applications see: P03c.
#include <array>

#include "conformance/rules/rule.h"
#include "sim/caching_client.h"

namespace oplocksim::conformance {
namespace {

using engine::NtStatus;
using engine::OplockType;
using sim::RequestKind;
using sim::TraceEvent;
using sim::TraceEventKind;

// ---- What applications read

std::string byte_at(unsigned char byte, std::uint64_t offset) {
    return byte_text(byte) + " at offset " + std::to_string(offset);
}

void stale_read(const Moment& moment, const KnownIrp& read,
                const KnownContents::Reading& reading, Verdict& verdict) {
    const bool cached = moment.is(TraceEventKind::cached);
    if (reading.bytes_judged || (reading.size_judged && !cached)) verdict.exercise();
    const auto observed = [&] {
        return describe(moment.model, read) +
               (cached ? " is answered from the cache with " : " returns ");
    };
    if (reading.stale) {
        verdict.violate({}, observed() + byte_at(reading.found, *reading.stale),
                        byte_text(reading.expected) +
                            ": what the applications' writes that are over have made of it");
    } else if (reading.right_length && !cached) {
        verdict.violate({}, observed() + std::to_string(moment.event->information) + " bytes",
                        std::to_string(*reading.right_length) +
                            " bytes: so long have the applications' writes made the file");
    }
}

void reads_the_latest_write(const Moment& moment, Verdict& verdict) {
    const KnownCaches& caches = moment.model.caches();
    const TraceEvent& event = *moment.event;
    if (!caches.any() || event.request_kind != RequestKind::read) return;
    if (moment.is(TraceEventKind::cached)) {
        const KnownIrp read = answered_read(moment.model, event);
        return stale_read(moment, read, caches.reading(moment.model, read, event), verdict);
    }
    const KnownContents::Reading file =
        moment.model.contents().reading(moment.model, *moment.irp, event);
    if (file.stale || file.right_length) return;   // not the clients' fault
    stale_read(moment, *moment.irp, caches.reading(moment.model, *moment.irp, event), verdict);
}

// ---- What is owed before an answer

// The open that an answer to a break, or the close that is one too, is issued on.
const KnownOpen* answering(const Moment& moment) {
    const TraceEvent& event = *moment.event;
    const bool acknowledges = event.request_kind == RequestKind::oplock_fsctl &&
                              fsctl_kind(event.request.fsctl) == FsctlKind::acknowledgment;
    if (!acknowledges && event.request_kind != RequestKind::close_handle) return nullptr;
    const KnownHandle* const handle =
        moment.model.handles().find(event.request.handle.value);
    return handle == nullptr || handle->process != event.process
               ? nullptr
               : moment.model.open(handle->open);
}

// What an acknowledgment keeps.
OplockType kept_by(const engine::OplockFsctl& fsctl) {
    return fsctl.code == engine::FsControlCode::FSCTL_REQUEST_OPLOCK ? requested_type(fsctl)
                                                                     : OplockType::none;
}

std::string issues_text(const Moment& moment) {
    const bool closes = moment.event->request_kind == RequestKind::close_handle;
    return "process " + std::to_string(moment.event->process.value) +
           (closes ? " closes the handle" : " acknowledges the break");
}

void writes_back_before_it_answers(const Moment& moment, Verdict& verdict) {
    if (!moment.model.caches().any()) return;
    const KnownOpen* const open = answering(moment);
    if (open == nullptr) return;
    const bool closes = moment.event->request_kind == RequestKind::close_handle;
    const bool keeps = closes ? open->handles > 1
                              : sim::caches_writes(kept_by(moment.event->request.fsctl));
    if (keeps) return;
    verdict.exercise();
    const Holding* const held = moment.model.caches().holding(open->number);
    if (held == nullptr || held->dirty.empty()) return;
    const ByteRange& first = held->dirty.front();
    verdict.violate(closes ? "CACHE-WRITE-BACK-CLOSE" : "CACHE-WRITE-BACK-FIRST",
                    issues_text(moment) + " while it holds back " +
                        std::to_string(first.end - first.begin) + " bytes at offset " +
                        std::to_string(first.begin),
                    "what the application has written is written to the file first");
}

void closes_what_was_closed(const Moment& moment, Verdict& verdict) {
    if (!moment.model.caches().any()) return;
    const KnownOpen* const open = answering(moment);
    const bool acknowledges = moment.event->request_kind == RequestKind::oplock_fsctl;
    if (open == nullptr || !acknowledges) return;
    if (sim::caches_handles(kept_by(moment.event->request.fsctl))) return;
    verdict.exercise();
    const Holding* const held = moment.model.caches().holding(open->number);
    if (held == nullptr || !held->kept_back) return;
    verdict.violate({}, issues_text(moment) + " and keeps a handle that its application has closed",
                    "the handle is closed, which answers the break");
}

constexpr std::string_view kReads[] = {"CACHE-READ-LATEST", "CACHE-READ-PURGE",
                                       "CACHE-WRITE-NEEDS-W"};
constexpr std::string_view kWritesBack[] = {"CACHE-WRITE-BACK-FIRST", "CACHE-WRITE-BACK-CLOSE"};
constexpr std::string_view kCloses[] = {"CACHE-HANDLE-CLOSE"};

constexpr std::array kRules = {
    Rule{{"coherent-caches", "P03c", kReads, "must",
          "An application reads what the applications have written last, whoever caches",
          "Every byte that a read IRP returns, or a caching client answers a read with, is "
          "compared with the writes of all applications, held back or not, that were over before "
          "the read began. Writing back what was held changes nothing. Actions that overlap in "
          "time may have happened in either order. A stream is given up where oplocks promise "
          "nothing: its client died or lost its oplock unbroken while it held something back, a "
          "paging write or an attribute-only overwrite broke nothing, an overwrite with "
          "FILE_COMPLETE_IF_OPLOCKED did not wait, or somebody else uses the client's key."},
         on::kReadCompletes | on::kCached, reads_the_latest_write},
    Rule{{"writes-back-before-it-answers", "P03c", kWritesBack, "must",
          "A client writes back what it holds before it acknowledges or closes",
          "When a client that caches acknowledges a break to a level without write caching, or "
          "closes its last handle, nothing that it has told its application is written may still "
          "be held back."},
         on::kCacheIssues, writes_back_before_it_answers},
    Rule{{"closes-what-was-closed", "P03c", kCloses, "must",
          "A client that loses handle caching closes what its application has closed",
          "When a client that caches acknowledges a break to a level without handle caching, its "
          "application still has the handle open: one that was only kept back is to be closed."},
         on::kCacheIssues, closes_what_was_closed},
};

}  // namespace

std::span<const Rule> cache_rules() { return kRules; }

}  // namespace oplocksim::conformance
