// Runs made by hand, event by event, for tests of rules.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "conformance/rules/rules.h"

namespace oplocksim::conformance {

using engine::FsControlCode;
using engine::NtStatus;
using engine::OplockType;
using sim::CreateDisposition;
using sim::RequestKind;
using sim::TraceEvent;
using sim::TraceEventKind;

inline constexpr sim::ShareAccess kShareAll =
    engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE;
inline constexpr std::uint32_t kAckRequired = engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED;
inline constexpr std::uint32_t kModesProvided = engine::REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED;

// How a test opens a file; members that matter to it are set by name.
struct Open {
    const char* path = "\\data.bin";
    sim::AccessMask access = engine::FILE_READ_DATA;
    sim::ShareAccess share = kShareAll;
    CreateDisposition disposition = CreateDisposition::FILE_OPEN;
    sim::CreateOptions options = 0;
    std::uint32_t key = 0;
};

// Writes a run event by event. Process 1 is A, and so on; each has one thread of its number. IRPs
// are numbered from 1, and so are handles.
class Story {
 public:
    explicit Story(engine::Semantics semantics = {})
        : names_(std::make_shared<sim::Names>()), rules_(semantics, names_) {}

    std::uint32_t issue_create(std::uint32_t who, const Open& open) {
        TraceEvent event = issued(who, RequestKind::create);
        event.request.path = *names_->intern_path(open.path);
        event.request.access = open.access;
        event.request.share = open.share;
        event.request.disposition = open.disposition;
        event.request.options = open.options;
        event.request.target_key.value = open.key;
        return issue(event);
    }
    // A create that succeeds at once; returns its handle.
    std::uint32_t create(std::uint32_t who, const Open& open = {},
                         std::uint64_t information = engine::FILE_OPENED) {
        return opened(issue_create(who, open), NtStatus::STATUS_SUCCESS, information);
    }
    std::uint32_t opened(std::uint32_t irp, NtStatus status = NtStatus::STATUS_SUCCESS,
                         std::uint64_t information = engine::FILE_OPENED) {
        TraceEvent event = about(irp, TraceEventKind::complete);
        event.status = status;
        event.information = information;
        event.handle.value = ++handles_;
        rules_.on_event(event);
        return handles_;
    }

    std::uint32_t issue_on(std::uint32_t who, std::uint32_t handle, RequestKind kind,
                           std::uint64_t length = 1) {
        TraceEvent event = issued(who, kind);
        event.request.handle.value = handle;
        event.request.length = length;
        return issue(event);
    }
    void done(std::uint32_t who, std::uint32_t handle, RequestKind kind,
              NtStatus status = NtStatus::STATUS_SUCCESS) {
        complete(issue_on(who, handle, kind), status);
    }

    void volume(const char* path, std::uint64_t size, const char* existing = nullptr) {
        TraceEvent event;
        event.kind = TraceEventKind::volume;
        event.entry.path = *names_->intern_path(path);
        event.entry.size = size;
        if (existing != nullptr) event.entry.existing = *names_->intern_path(existing);
        rules_.on_event(event);
    }
    std::uint32_t issue_range(std::uint32_t who, std::uint32_t handle, RequestKind kind,
                              std::uint64_t offset, std::uint64_t length,
                              const std::string& data = {}) {
        TraceEvent event = issued(who, kind);
        event.request.handle.value = handle;
        event.request.offset = offset;
        event.request.length = length;
        event.has_data = kind == RequestKind::write;
        event.data = data;
        return issue(event);
    }
    std::uint32_t issue_write(std::uint32_t who, std::uint32_t handle, std::uint64_t offset,
                              const std::string& data) {
        return issue_range(who, handle, RequestKind::write, offset, data.size(), data);
    }
    void write(std::uint32_t who, std::uint32_t handle, std::uint64_t offset,
               const std::string& data) {
        complete(issue_write(who, handle, offset, data), NtStatus::STATUS_SUCCESS, data.size());
    }
    // A read of `length` bytes that returns `data`.
    void read(std::uint32_t who, std::uint32_t handle, std::uint64_t offset, std::uint64_t length,
              const std::string& data) {
        returns(issue_range(who, handle, RequestKind::read, offset, length), data);
    }
    void returns(std::uint32_t irp, const std::string& data) {
        TraceEvent event = about(irp, TraceEventKind::complete);
        event.information = data.size();
        event.has_data = true;
        event.data = data.substr(0, data.find_last_not_of('\0') + 1);
        rules_.on_event(event);
    }
    std::uint32_t issue_section(std::uint32_t who, std::uint32_t handle,
                                std::uint32_t protection) {
        TraceEvent event = issued(who, RequestKind::create_section);
        event.request.handle.value = handle;
        event.request.page_protection = protection;
        return issue(event);
    }
    // A notice for a sharing violation: with the modes of the create.
    void broken_for(std::uint32_t create, std::uint32_t irp, OplockType from, OplockType to,
                    std::uint32_t flags) {
        TraceEvent event = about(irp, TraceEventKind::complete);
        event.information = sizeof event.output;
        event.has_output = true;
        event.output.original_oplock_level = engine::cache_level(from);
        event.output.new_oplock_level = engine::cache_level(to);
        event.output.flags = flags;
        event.output.access_mode = events_[create - 1].request.access;
        event.output.share_mode = events_[create - 1].request.share;
        rules_.on_event(event);
    }
    [[nodiscard]] std::uint32_t last_irp() const {
        return static_cast<std::uint32_t>(events_.size());
    }
    std::uint32_t issue_size(std::uint32_t who, std::uint32_t handle, std::uint64_t size,
                             RequestKind kind = RequestKind::set_end_of_file) {
        return issue_on(who, handle, kind, size);
    }

    std::uint32_t issue_deletion(std::uint32_t who, std::uint32_t handle) {
        TraceEvent event = issued(who, RequestKind::set_disposition);
        event.request.handle.value = handle;
        event.request.delete_file = true;
        return issue(event);
    }
    std::uint32_t issue_rename(std::uint32_t who, std::uint32_t handle, const char* path) {
        TraceEvent event = issued(who, RequestKind::rename);
        event.request.handle.value = handle;
        event.request.path = *names_->intern_path(path);
        return issue(event);
    }
    std::uint32_t issue_fsctl(std::uint32_t who, std::uint32_t handle, FsControlCode code,
                              OplockType level = OplockType::none, std::uint32_t flags = 0) {
        TraceEvent event = issued(who, RequestKind::oplock_fsctl);
        event.request.handle.value = handle;
        event.request.fsctl = {code, engine::cache_level(level), flags};
        return issue(event);
    }
    std::uint32_t issue_request(std::uint32_t who, std::uint32_t handle, OplockType type) {
        switch (type) {
            case OplockType::level_1:
                return issue_fsctl(who, handle, FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1);
            case OplockType::level_2:
                return issue_fsctl(who, handle, FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2);
            case OplockType::batch:
                return issue_fsctl(who, handle, FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK);
            case OplockType::filter:
                return issue_fsctl(who, handle, FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK);
            case OplockType::none:
            case OplockType::read:
            case OplockType::read_handle:
            case OplockType::read_write:
            case OplockType::read_write_handle: break;
        }
        return issue_fsctl(who, handle, FsControlCode::FSCTL_REQUEST_OPLOCK, type,
                           engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST);
    }
    // A request that is granted; returns its IRP.
    std::uint32_t grant(std::uint32_t who, std::uint32_t handle, OplockType type) {
        const std::uint32_t irp = issue_request(who, handle, type);
        pend(irp);
        return irp;
    }
    std::uint32_t issue_acknowledgment(std::uint32_t who, std::uint32_t handle,
                                       OplockType level) {
        return issue_fsctl(who, handle, FsControlCode::FSCTL_REQUEST_OPLOCK, level,
                           engine::REQUEST_OPLOCK_INPUT_FLAG_ACK);
    }

    // The notice of a Windows 7 break.
    void broken(std::uint32_t irp, OplockType from, OplockType to,
                std::uint32_t flags = kAckRequired,
                NtStatus status = NtStatus::STATUS_SUCCESS) {
        TraceEvent event = about(irp, TraceEventKind::complete);
        event.status = status;
        event.information = sizeof event.output;
        event.has_output = true;
        event.output.original_oplock_level = engine::cache_level(from);
        event.output.new_oplock_level = engine::cache_level(to);
        event.output.flags = flags;
        rules_.on_event(event);
    }
    // Without `information`, a transfer that succeeds moves the one byte that it asks for.
    void complete(std::uint32_t irp, NtStatus status = NtStatus::STATUS_SUCCESS,
                  std::optional<std::uint64_t> information = {}) {
        TraceEvent event = about(irp, TraceEventKind::complete);
        const bool moves = event.request_kind == RequestKind::read ||
                           event.request_kind == RequestKind::write;
        event.status = status;
        event.information = information.value_or(moves && engine::nt_success(status) ? 1 : 0);
        rules_.on_event(event);
    }
    // A success that names this handle.
    void complete_naming(std::uint32_t irp, std::uint32_t handle, std::uint64_t information = 0) {
        TraceEvent event = about(irp, TraceEventKind::complete);
        event.information = information;
        event.handle.value = handle;
        rules_.on_event(event);
    }
    void pend(std::uint32_t irp, bool blocked = false) {
        TraceEvent event = about(irp, TraceEventKind::pend);
        event.blocked = blocked;
        rules_.on_event(event);
    }
    void cancel(std::uint32_t irp) { rules_.on_event(about(irp, TraceEventKind::cancel)); }
    void advance() {
        TraceEvent event;
        event.kind = TraceEventKind::advance;
        rules_.on_event(event);
    }

    void exit_thread(std::uint32_t who) {
        TraceEvent event;
        event.kind = TraceEventKind::thread_exit;
        event.process.value = who;
        event.thread.value = who;
        rules_.on_event(event);
    }

    void exit_process(std::uint32_t who) {
        TraceEvent event;
        event.kind = TraceEventKind::process_exit;
        event.process.value = who;
        rules_.on_event(event);
    }

    // The rules that object, in order, once each.
    std::vector<std::string> objections(bool ended = false) {
        if (ended) rules_.at_end();
        std::vector<std::string> found;
        std::set<std::string_view> seen;
        for (const auto* list : {&rules_.violations(), &rules_.advisories()}) {
            for (const Violation& one : *list) {
                EXPECT_FALSE(one.observed.empty());
                EXPECT_FALSE(one.required.empty());
                if (seen.insert(one.rule).second) found.emplace_back(one.rule);
            }
        }
        return found;
    }
    std::vector<std::string> objections_at_end() { return objections(true); }
    RuleSet& rules() { return rules_; }
    sim::Names& names() { return *names_; }

 protected:
    TraceEvent about(std::uint32_t irp, TraceEventKind kind) {
        TraceEvent event;
        event.kind = kind;
        event.irp.value = irp;
        if (irp == 0 || irp > events_.size()) return event;
        const TraceEvent& issued = events_[irp - 1];
        event.process = issued.process;
        event.thread = issued.thread;
        event.request_kind = issued.request_kind;
        return event;
    }

 private:
    static TraceEvent issued(std::uint32_t who, RequestKind kind) {
        TraceEvent event;
        event.kind = TraceEventKind::issue;
        event.process.value = who;
        event.thread.value = who;
        event.request_kind = kind;
        event.request.kind = kind;
        return event;
    }
    std::uint32_t issue(TraceEvent event) {
        event.irp.value = static_cast<std::uint32_t>(events_.size() + 1);
        events_.push_back(event);
        rules_.on_event(event);
        return event.irp.value;
    }

    std::shared_ptr<sim::Names> names_;
    RuleSet rules_;
    std::vector<TraceEvent> events_;   // issues, by IRP
    std::uint32_t handles_ = 0;
};

inline constexpr std::uint32_t A = 1;
inline constexpr std::uint32_t B = 2;
inline constexpr std::uint32_t C = 3;

}  // namespace oplocksim::conformance
