#include "conformance/what_if.h"

#include <algorithm>
#include <array>
#include <memory>

#include "conformance/clauses_of.h"
#include "scenarios/constant_tables.h"
#include "sim/kernel.h"
#include "sim/world.h"

namespace oplocksim::conformance {
namespace {

using engine::OplockType;
using sim::NtStatus;

constexpr std::array<WhatIfOperationInfo, 21> kOperations{{
    {WhatIfOperation::create, "create", "opens the file that is held"},
    {WhatIfOperation::read, "read", "reads one byte"},
    {WhatIfOperation::write, "write", "writes one byte"},
    {WhatIfOperation::flush, "flush", "flushes the file"},
    {WhatIfOperation::lock, "lock", "locks the first byte exclusively"},
    {WhatIfOperation::unlock, "unlock", "unlocks a byte that it locked before"},
    {WhatIfOperation::set_end_of_file, "set_end_of_file", "FileEndOfFileInformation"},
    {WhatIfOperation::set_allocation, "set_allocation", "FileAllocationInformation"},
    {WhatIfOperation::set_valid_data_length, "set_valid_data_length",
     "FileValidDataLengthInformation"},
    {WhatIfOperation::set_zero_data, "set_zero_data", "FSCTL_SET_ZERO_DATA"},
    {WhatIfOperation::set_disposition, "set_disposition",
     "FileDispositionInformation, DeleteFile is TRUE"},
    {WhatIfOperation::set_security, "set_security", "IRP_MJ_SET_SECURITY"},
    {WhatIfOperation::set_short_name, "set_short_name", "FileShortNameInformation"},
    {WhatIfOperation::rename, "rename", "FileRenameInformation of the file itself"},
    {WhatIfOperation::rename_over, "rename_over", "another file is renamed over it"},
    {WhatIfOperation::rename_parent, "rename_parent", "the directory it is in is renamed"},
    {WhatIfOperation::link_over, "link_over", "a new link to another file supersedes its name"},
    {WhatIfOperation::create_section, "create_section", "a writable section is created"},
    {WhatIfOperation::create_child, "create_child",
     "a file is created in the directory that is held (--directory)"},
    {WhatIfOperation::close_delete_on_close, "close_delete_on_close",
     "a handle opened with FILE_DELETE_ON_CLOSE is closed"},
    {WhatIfOperation::close_owner, "close_owner", "the owner closes its handle"},
}};

// What the package is asked about, in the order of WhatIfOperation.
constexpr std::array<engine::Operation, kOperations.size()> kChecked{
    engine::Operation::create,
    engine::Operation::read,
    engine::Operation::write,
    engine::Operation::flush,
    engine::Operation::byte_range_lock,
    engine::Operation::byte_range_unlock,
    engine::Operation::set_end_of_file,
    engine::Operation::set_allocation,
    engine::Operation::set_valid_data_length,
    engine::Operation::set_zero_data,
    engine::Operation::set_disposition,
    engine::Operation::set_security,
    engine::Operation::set_short_name,
    engine::Operation::rename,
    engine::Operation::replaced_by_rename,
    engine::Operation::rename,
    engine::Operation::link,
    engine::Operation::create_writable_section,
    engine::Operation::parent_change,
    engine::Operation::delete_on_close_cleanup,
    engine::Operation::cleanup,
};

constexpr sim::ShareAccess kShareAll =
    engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE;
constexpr std::uint64_t kFileSize = 8192;
// An owner that accepts what it is offered can be broken again at most this often: the levels
// only go down.
constexpr int kMaxRounds = 5;

// The paths of the small volume.
struct Paths {
    sim::PathId directory;   // \dir
    sim::PathId file;        // \dir\held.bin
    sim::PathId other;       // \dir\other.bin
    sim::PathId empty;       // \empty: the directory that is held
    sim::PathId child;       // \empty\new.bin
    sim::PathId moved;       // \moved
    sim::NameId short_name;
    sim::NameId client;
};

struct Owner {
    OplockType held = OplockType::none;
    sim::ThreadId thread;
    sim::HandleId handle;
    sim::IrpId request;      // the pended request, or acknowledgment that holds an oplock
    bool owes = false;       // it was told of a break that it must acknowledge
};

// Keeps the reasons that the events of interest carry.
class Reasons final : public sim::TraceSink {
 public:
    Reasons(std::vector<engine::Why>& whys, std::vector<sim::TraceEvent>* trace)
        : whys_(whys), trace_(trace) {}
    void on_event(const sim::TraceEvent& event) override {
        if (trace_ != nullptr) trace_->push_back(event);
        const bool of_interest = event.kind == sim::TraceEventKind::complete ||
                                 event.kind == sim::TraceEventKind::wait;
        if (!of_interest || event.why.rule == engine::Rule::none) return;
        if (std::ranges::find(whys_, event.why) == whys_.end()) whys_.push_back(event.why);
    }

 private:
    std::vector<engine::Why>& whys_;
    std::vector<sim::TraceEvent>* trace_;   // may be null
};

// A world under way. A value: a copy goes its own way.
struct Stage {
    sim::World world;
    std::vector<sim::Completion> completions;
    std::vector<engine::Why> whys;
    std::vector<Owner> owners;
    sim::ThreadId other;         // the second client's thread
    sim::HandleId handle;        // its handle, if the operation needs one
    sim::IrpId operation;
    bool blocked = false;
    std::vector<sim::TraceEvent>* trace = nullptr;   // of this stage, not of its copies
};

sim::Submitted submit(Stage& stage, sim::ThreadId thread, const sim::Request& request) {
    sim::FifoScheduler fifo;
    Reasons reasons(stage.whys, stage.trace);
    sim::Kernel kernel(stage.world, fifo, &reasons);
    const sim::Submitted submitted = kernel.submit(thread, request);
    kernel.run_until_idle();
    stage.completions.insert(stage.completions.end(), kernel.completions().begin(),
                             kernel.completions().end());
    return submitted;
}

const sim::Completion* completion_of(const Stage& stage, sim::IrpId irp) {
    const auto found = std::ranges::find(stage.completions, irp, &sim::Completion::irp);
    return found == stage.completions.end() ? nullptr : &*found;
}

Seen seen_of(const Stage& stage, sim::IrpId irp) {
    const sim::Completion* completion = completion_of(stage, irp);
    if (completion == nullptr) return {};
    Seen seen{completion->kind, true, completion->status, completion->information, std::nullopt};
    if (completion->has_output) seen.output = completion->output;
    return seen;
}

OplockType type_of_level(std::uint32_t level) {
    constexpr std::array kTypes{OplockType::read, OplockType::read_handle, OplockType::read_write,
                                OplockType::read_write_handle};
    for (const OplockType type : kTypes) {
        if (engine::cache_level(type) == level) return type;
    }
    return OplockType::none;
}

engine::FsControlCode request_code(OplockType type) {
    switch (type) {
        case OplockType::level_1: return engine::FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1;
        case OplockType::level_2: return engine::FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2;
        case OplockType::batch: return engine::FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK;
        case OplockType::filter: return engine::FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK;
        case OplockType::none:
        case OplockType::read:
        case OplockType::read_handle:
        case OplockType::read_write:
        case OplockType::read_write_handle: return engine::FsControlCode::FSCTL_REQUEST_OPLOCK;
    }
    return engine::FsControlCode::FSCTL_REQUEST_OPLOCK;
}

sim::Request oplock_request(sim::HandleId handle, OplockType type) {
    sim::Request request;
    request.kind = sim::RequestKind::oplock_fsctl;
    request.handle = handle;
    request.fsctl = {request_code(type), engine::cache_level(type),
                     engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST};
    return request;
}

// An acknowledgment: of a Windows 7 oplock at `level`, else by `code`.
struct Acknowledgment {
    std::string_view name;
    engine::FsControlCode code;
    std::uint32_t level = 0;
    std::uint32_t flags = engine::REQUEST_OPLOCK_INPUT_FLAG_ACK;
};

sim::Request acknowledgment_request(sim::HandleId handle, const Acknowledgment& acknowledgment) {
    sim::Request request;
    request.kind = sim::RequestKind::oplock_fsctl;
    request.handle = handle;
    request.fsctl = {acknowledgment.code, acknowledgment.level, acknowledgment.flags};
    return request;
}

constexpr std::array<Acknowledgment, 3> kLegacyAcknowledgments{{
    {"FSCTL_OPLOCK_BREAK_ACKNOWLEDGE", engine::FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE},
    {"FSCTL_OPLOCK_BREAK_ACK_NO_2", engine::FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2},
    {"FSCTL_OPBATCH_ACK_CLOSE_PENDING", engine::FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING},
}};
constexpr std::array<Acknowledgment, 6> kGranularAcknowledgments{{
    {"acknowledge None", engine::FsControlCode::FSCTL_REQUEST_OPLOCK, 0},
    {"acknowledge Read", engine::FsControlCode::FSCTL_REQUEST_OPLOCK, 1},
    {"acknowledge Read-Handle", engine::FsControlCode::FSCTL_REQUEST_OPLOCK, 3},
    {"acknowledge Read-Write", engine::FsControlCode::FSCTL_REQUEST_OPLOCK, 5},
    {"acknowledge Read-Write-Handle", engine::FsControlCode::FSCTL_REQUEST_OPLOCK, 7},
    {"acknowledge None, COMPLETE_ACK_ON_CLOSE", engine::FsControlCode::FSCTL_REQUEST_OPLOCK, 0,
     engine::REQUEST_OPLOCK_INPUT_FLAG_ACK |
         engine::REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE},
}};

std::span<const Acknowledgment> acknowledgments_of(OplockType held) {
    if (engine::is_granular(held)) return kGranularAcknowledgments;
    return kLegacyAcknowledgments;
}

// The level that a completed request was told.
OplockType told_level(const Seen& notice) {
    if (notice.output) return type_of_level(notice.output->new_oplock_level);
    return notice.information == engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2 ? OplockType::level_2
                                                                       : OplockType::none;
}

// SC-052: for the legacy types the level and the type say it, for the others a flag does.
bool told_to_acknowledge(OplockType held, const Seen& notice, bool owner_closed) {
    const bool broken = notice.completed && notice.status == NtStatus::STATUS_SUCCESS;
    if (!broken || owner_closed) return false;
    if (notice.output) {
        return (notice.output->flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0;
    }
    return !engine::is_granular(held) && engine::is_exclusive(held);
}

// The acknowledgment that accepts what the notice offered.
Acknowledgment accepting(OplockType held, const Seen& notice) {
    if (!engine::is_granular(held)) return kLegacyAcknowledgments[0];
    const std::uint32_t level = engine::cache_level(told_level(notice));
    const auto* found =
        std::ranges::find(kGranularAcknowledgments, level, &Acknowledgment::level);
    return *found;
}

class Staging {
 public:
    explicit Staging(const WhatIfQuestion& question) : question_(question) {}

    // Sets up the world, with the oplocks held. Returns why it cannot be done, or nothing.
    std::string prepare(Stage& stage);
    // The request that the question is about.
    sim::Request operation_request(const Stage& stage) const;
    [[nodiscard]] sim::ThreadId operation_thread(const Stage& stage) const {
        const bool owner = question_.operation == WhatIfOperation::close_owner;
        return owner ? stage.owners.front().thread : stage.other;
    }

 private:
    void make_world(Stage& stage);
    std::string open_owners(Stage& stage);
    std::string open_other(Stage& stage);
    std::string before_operation(Stage& stage);
    std::string open(Stage& stage, sim::ThreadId thread, const sim::Request& request,
                     sim::HandleId& handle);
    [[nodiscard]] sim::PathId held_path() const {
        return question_.directory ? paths_.empty : paths_.file;
    }
    [[nodiscard]] sim::Request open_request(sim::PathId path, sim::OplockKey key) const;

    const WhatIfQuestion& question_;
    Paths paths_;
};

constexpr engine::OplockKey kFirstOwnerKey{1};
constexpr engine::OplockKey kOtherKey{100};

void Staging::make_world(Stage& stage) {
    auto names = std::make_shared<sim::Names>();
    paths_.directory = *names->intern_path("\\dir");
    paths_.file = *names->intern_path("\\dir\\held.bin");
    paths_.other = *names->intern_path("\\dir\\other.bin");
    paths_.empty = *names->intern_path("\\empty");
    paths_.child = *names->intern_path("\\empty\\new.bin");
    paths_.moved = *names->intern_path("\\moved");
    paths_.short_name = names->intern("HELD~1.BIN");
    paths_.client = names->intern("client");
    stage.world = sim::Kernel::make_world(question_.semantics, std::move(names));
    sim::FifoScheduler fifo;
    sim::Kernel kernel(stage.world, fifo);
    kernel.add_to_volume({paths_.directory, true, 0, 0, 0, {}});
    kernel.add_to_volume({paths_.empty, true, 0, 0, 0, {}});
    kernel.add_to_volume({paths_.file, false, 0, kFileSize, 0, {}});
    kernel.add_to_volume({paths_.other, false, 0, kFileSize, 0, {}});
    for (const OplockType held : question_.held) {
        Owner owner;
        owner.held = held;
        owner.thread = kernel.create_thread(kernel.create_process(paths_.client), paths_.client);
        stage.owners.push_back(owner);
    }
    stage.other = kernel.create_thread(kernel.create_process(paths_.client), paths_.client);
}

sim::Request Staging::open_request(sim::PathId path, sim::OplockKey key) const {
    sim::Request request;
    request.kind = sim::RequestKind::create;
    request.path = path;
    request.target_key = key;
    request.access = engine::FILE_ALL_ACCESS;
    request.share = kShareAll;
    const bool directory = path == paths_.directory || path == paths_.empty;
    request.options = directory ? engine::FILE_DIRECTORY_FILE : 0;
    return request;
}

std::string Staging::open(Stage& stage, sim::ThreadId thread, const sim::Request& request,
                          sim::HandleId& handle) {
    const sim::Submitted submitted = submit(stage, thread, request);
    const sim::Completion* completion = completion_of(stage, submitted.irp);
    if (completion == nullptr) return "an open that prepares the question waits";
    if (!completion->handle) {
        return "an open that prepares the question fails with " +
               std::string(engine::to_string(completion->status));
    }
    handle = completion->handle;
    return {};
}

std::string Staging::open_owners(Stage& stage) {
    std::uint32_t key = kFirstOwnerKey.value;
    for (Owner& owner : stage.owners) {
        sim::Request request = open_request(held_path(), engine::OplockKey{key++});
        request.access = question_.owner_access;
        request.share = question_.owner_share;
        const std::string problem = open(stage, owner.thread, request, owner.handle);
        if (!problem.empty()) return problem;
    }
    for (Owner& owner : stage.owners) {
        const auto submitted =
            submit(stage, owner.thread, oplock_request(owner.handle, owner.held));
        owner.request = submitted.irp;
        const Seen seen = seen_of(stage, submitted.irp);
        if (!seen.completed) continue;
        return "the request for " + std::string(engine::to_string(owner.held)) +
               " is answered with " + std::string(engine::to_string(seen.status)) +
               ": it cannot be held here";
    }
    return {};
}

// Opens the handle that the operation needs, if any.
std::string Staging::open_other(Stage& stage) {
    sim::Request request = open_request(held_path(), kFirstOwnerKey);
    bool own_key_later = true;
    switch (question_.operation) {
        case WhatIfOperation::create:
        case WhatIfOperation::create_child:
        case WhatIfOperation::close_owner: return {};
        case WhatIfOperation::rename_over:
        case WhatIfOperation::link_over:
            request = open_request(paths_.other, question_.same_key ? kFirstOwnerKey : kOtherKey);
            own_key_later = false;
            break;
        case WhatIfOperation::rename_parent:
            request =
                open_request(paths_.directory, question_.same_key ? kFirstOwnerKey : kOtherKey);
            own_key_later = false;
            break;
        case WhatIfOperation::close_delete_on_close:
            request.options |= engine::FILE_DELETE_ON_CLOSE;
            break;
        case WhatIfOperation::read:
        case WhatIfOperation::write:
        case WhatIfOperation::flush:
        case WhatIfOperation::lock:
        case WhatIfOperation::unlock:
        case WhatIfOperation::set_end_of_file:
        case WhatIfOperation::set_allocation:
        case WhatIfOperation::set_valid_data_length:
        case WhatIfOperation::set_zero_data:
        case WhatIfOperation::set_disposition:
        case WhatIfOperation::set_security:
        case WhatIfOperation::set_short_name:
        case WhatIfOperation::rename:
        case WhatIfOperation::create_section: break;
    }
    std::string problem = open(stage, stage.other, request, stage.handle);
    if (problem.empty()) problem = before_operation(stage);
    if (problem.empty() && own_key_later && !question_.same_key) {
        const sim::FileObjectId opened = stage.world.handles[stage.handle].file_object;
        stage.world.file_objects[opened].target_key = kOtherKey;
    }
    return problem;
}

// What must have happened before: an unlock needs its lock.
std::string Staging::before_operation(Stage& stage) {
    if (question_.operation != WhatIfOperation::unlock) return {};
    sim::Request request;
    request.kind = sim::RequestKind::lock;
    request.handle = stage.handle;
    request.length = 1;
    request.fail_immediately = true;
    const Seen seen = seen_of(stage, submit(stage, stage.other, request).irp);
    if (seen.completed && seen.status == NtStatus::STATUS_SUCCESS) return {};
    return "the byte-range lock that the unlock needs cannot be taken";
}

std::string Staging::prepare(Stage& stage) {
    make_world(stage);
    std::string problem = open_owners(stage);
    if (problem.empty()) problem = open_other(stage);
    if (!problem.empty()) return problem;
    for (const Owner& owner : stage.owners) {
        if (!seen_of(stage, owner.request).completed) continue;
        return std::string(engine::to_string(owner.held)) +
               " cannot still be held when this operation comes: preparing it breaks the oplock";
    }
    stage.whys.clear();
    return {};
}

sim::Request Staging::operation_request(const Stage& stage) const {
    sim::Request request;
    request.handle = stage.handle;
    request.length = 1;
    request.fail_immediately = true;
    switch (question_.operation) {
        case WhatIfOperation::create: {
            request = open_request(held_path(), question_.same_key ? kFirstOwnerKey : kOtherKey);
            request.access = question_.access;
            request.share = question_.share;
            request.disposition = question_.disposition;
            request.options |= question_.options;
            break;
        }
        case WhatIfOperation::create_child:
            request = open_request(paths_.child, kOtherKey);
            request.parent_key = question_.same_key ? kFirstOwnerKey : kOtherKey;
            request.disposition = sim::CreateDisposition::FILE_CREATE;
            break;
        case WhatIfOperation::read: request.kind = sim::RequestKind::read; break;
        case WhatIfOperation::write: request.kind = sim::RequestKind::write; break;
        case WhatIfOperation::flush: request.kind = sim::RequestKind::flush; break;
        case WhatIfOperation::lock: request.kind = sim::RequestKind::lock; break;
        case WhatIfOperation::unlock: request.kind = sim::RequestKind::unlock; break;
        case WhatIfOperation::set_end_of_file:
            request.kind = sim::RequestKind::set_end_of_file;
            break;
        case WhatIfOperation::set_allocation:
            request.kind = sim::RequestKind::set_allocation;
            break;
        case WhatIfOperation::set_valid_data_length:
            request.kind = sim::RequestKind::set_valid_data_length;
            request.length = kFileSize;
            break;
        case WhatIfOperation::set_zero_data: request.kind = sim::RequestKind::set_zero_data; break;
        case WhatIfOperation::set_disposition:
            request.kind = sim::RequestKind::set_disposition;
            break;
        case WhatIfOperation::set_security: request.kind = sim::RequestKind::set_security; break;
        case WhatIfOperation::set_short_name:
            request.kind = sim::RequestKind::set_short_name;
            request.name = paths_.short_name;
            break;
        case WhatIfOperation::rename:
        case WhatIfOperation::rename_parent:
            request.kind = sim::RequestKind::rename;
            request.path = paths_.moved;
            break;
        case WhatIfOperation::rename_over:
        case WhatIfOperation::link_over:
            request.kind = question_.operation == WhatIfOperation::link_over
                               ? sim::RequestKind::link
                               : sim::RequestKind::rename;
            request.path = paths_.file;
            request.replace_if_exists = true;
            break;
        case WhatIfOperation::create_section:
            request.kind = sim::RequestKind::create_section;
            request.page_protection = sim::PAGE_READWRITE;
            break;
        case WhatIfOperation::close_delete_on_close:
            request.kind = sim::RequestKind::close_handle;
            break;
        case WhatIfOperation::close_owner:
            request.kind = sim::RequestKind::close_handle;
            request.handle = stage.owners.front().handle;
            break;
    }
    return request;
}

bool on_directories(WhatIfOperation operation) {
    return operation == WhatIfOperation::create || operation == WhatIfOperation::create_child ||
           operation == WhatIfOperation::set_disposition ||
           operation == WhatIfOperation::set_security || operation == WhatIfOperation::rename ||
           operation == WhatIfOperation::close_owner;
}

std::string problem_of(const WhatIfQuestion& question) {
    const auto& operation = kOperations[static_cast<std::size_t>(question.operation)];
    if (question.operation == WhatIfOperation::close_owner && question.held.empty()) {
        return "close_owner needs an owner: something must be held";
    }
    if (question.directory && !on_directories(question.operation)) {
        return std::string(operation.name) + " is not an operation on a directory";
    }
    if (!question.directory && question.operation == WhatIfOperation::create_child) {
        return "create_child needs a directory oplock";
    }
    return {};
}

// Notes which owners were told to acknowledge; `closed` is the first owner's handle.
void note_notices(Stage& stage, bool closed) {
    for (Owner& owner : stage.owners) {
        const Seen notice = seen_of(stage, owner.request);
        owner.owes = told_to_acknowledge(owner.held, notice,
                                         closed && &owner == &stage.owners.front());
    }
}

// `owner` accepts what it was offered. If its acknowledgment is itself a pended request, that is
// what can be broken next.
void accept_offer(Stage& stage, Owner& owner) {
    const Seen notice = seen_of(stage, owner.request);
    const auto request =
        acknowledgment_request(owner.handle, accepting(owner.held, notice));
    owner.request = submit(stage, owner.thread, request).irp;
    owner.held = told_level(notice);
    owner.owes = false;
}

Seen finish(Stage& stage) {
    for (int round = 0; round < kMaxRounds; ++round) {
        for (Owner& owner : stage.owners) {
            if (owner.owes) accept_offer(stage, owner);
        }
        note_notices(stage, false);
        if (seen_of(stage, stage.operation).completed) break;
    }
    return seen_of(stage, stage.operation);
}

// Every way for the first owner that owes one to answer.
std::vector<AcknowledgmentSeen> try_acknowledgments(const Stage& stage) {
    std::vector<AcknowledgmentSeen> all;
    const auto first = std::ranges::find(stage.owners, true, &Owner::owes);
    if (first == stage.owners.end()) return all;
    const auto index = static_cast<std::size_t>(first - stage.owners.begin());
    Stage others = stage;
    others.trace = nullptr;
    for (std::size_t i = 0; i < others.owners.size(); ++i) {
        if (i != index && others.owners[i].owes) accept_offer(others, others.owners[i]);
    }
    const Seen notice = seen_of(stage, first->request);
    const std::string_view accepted = accepting(first->held, notice).name;
    for (const Acknowledgment& acknowledgment : acknowledgments_of(first->held)) {
        Stage copy = others;
        const auto request = acknowledgment_request(first->handle, acknowledgment);
        const sim::Submitted submitted = submit(copy, first->thread, request);
        all.push_back({std::string(acknowledgment.name),
                       submitted.outcome == sim::SubmitOutcome::pending,
                       seen_of(copy, submitted.irp), seen_of(copy, stage.operation),
                       acknowledgment.name == accepted});
    }
    Stage copy = others;
    sim::Request close;
    close.kind = sim::RequestKind::close_handle;
    close.handle = first->handle;
    const sim::IrpId irp = submit(copy, first->thread, close).irp;
    all.push_back(
        {"close the handle", false, seen_of(copy, irp), seen_of(copy, stage.operation), false});
    return all;
}

// Who is who in the trace of a stage.
std::vector<scenarios::ThreadName> thread_names(const Stage& stage) {
    std::vector<scenarios::ThreadName> names;
    for (const Owner& owner : stage.owners) {
        const std::string number =
            stage.owners.size() > 1 ? " " + std::to_string(names.size() + 1) : "";
        names.push_back({stage.world.threads[owner.thread].process, owner.thread,
                         "owner" + number, "main"});
    }
    names.push_back({stage.world.threads[stage.other].process, stage.other, "other", "main"});
    return names;
}

// More owners than this are not shown asking for their oplocks.
constexpr std::size_t kMaxShownAsking = 4;

struct Asked {
    std::string problem;
    std::vector<scenarios::ThreadName> threads;
    std::shared_ptr<const sim::Names> names;
    std::size_t first_event = 0;
    WhatIfAnswer answer;
    std::vector<engine::Why> whys;
};

// `trace`: where to record what happens; may be null.
Asked ask(const WhatIfQuestion& question, std::vector<sim::TraceEvent>* trace = nullptr) {
    Asked asked;
    asked.problem = problem_of(question);
    if (!asked.problem.empty()) return asked;
    Stage stage;
    stage.trace = trace;
    Staging staging(question);
    asked.problem = staging.prepare(stage);
    if (!asked.problem.empty()) return asked;
    asked.threads = thread_names(stage);
    asked.names = stage.world.names;
    if (trace != nullptr) {
        asked.first_event = trace->size();
        const auto asks = std::ranges::find_if(*trace, [](const sim::TraceEvent& event) {
            return event.kind == sim::TraceEventKind::issue &&
                   event.request_kind == sim::RequestKind::oplock_fsctl;
        });
        const bool shown = stage.owners.size() <= kMaxShownAsking && asks != trace->end();
        if (shown) asked.first_event = static_cast<std::size_t>(asks - trace->begin());
    }
    const sim::Submitted submitted =
        submit(stage, staging.operation_thread(stage), staging.operation_request(stage));
    stage.operation = submitted.irp;
    asked.whys = stage.whys;
    WhatIfAnswer& answer = asked.answer;
    answer.operation = seen_of(stage, submitted.irp);
    answer.blocked = submitted.outcome == sim::SubmitOutcome::blocked;
    note_notices(stage, question.operation == WhatIfOperation::close_owner);
    for (const Owner& owner : stage.owners) {
        const Seen notice = seen_of(stage, owner.request);
        const OplockType to = notice.completed ? told_level(notice) : owner.held;
        answer.holders.push_back({owner.held, notice, to, owner.owes});
    }
    answer.acknowledgments = try_acknowledgments(stage);
    answer.final_operation = finish(stage);
    return asked;
}

std::vector<SwitchEffect> try_switches(const WhatIfQuestion& question, const Asked& asked) {
    std::vector<SwitchEffect> effects;
    for (const engine::SwitchInfo& info : engine::switches()) {
        const std::string_view current = engine::switch_value(question.semantics, info.name);
        for (const std::string_view value : info.values) {
            if (value == current) continue;
            WhatIfQuestion other = question;
            static_cast<void>(engine::set_switch(other.semantics, info.name, value));
            const Asked again = ask(other);
            if (again.answer == asked.answer && again.problem == asked.problem) continue;
            effects.push_back({info.name, info.decision, value, again.answer, again.problem});
        }
    }
    return effects;
}

// Information means something else for other requests: a length, mostly.
std::string information_text(const Seen& seen) {
    const bool fsctl = seen.kind == sim::RequestKind::oplock_fsctl && seen.information != 0;
    const bool opened = seen.kind == sim::RequestKind::create && engine::nt_success(seen.status);
    const bool failed_create = seen.kind == sim::RequestKind::create && seen.information != 0;
    if (!fsctl && !opened && !failed_create) return {};
    return scenarios::constant_name(scenarios::ConstantKind::information, seen.information);
}

// The level that the holder which a break concerns was told.
std::optional<OplockType> told_to(const WhatIfAnswer& answer, const engine::Why& why) {
    if (why.rule != engine::Rule::broken) return std::nullopt;
    for (const HolderSeen& holder : answer.holders) {
        if (holder.held == why.held && holder.notice.completed) return holder.to;
    }
    return std::nullopt;
}

}  // namespace

std::span<const WhatIfOperationInfo> what_if_operations() { return kOperations; }

WhatIfResult what_if(const WhatIfQuestion& question) {
    WhatIfResult result;
    Asked asked = ask(question, &result.trace);
    result.problem = asked.problem;
    if (!result.problem.empty()) return result;
    std::vector<engine::Why> decided = asked.whys;
    if (decided.empty()) {
        // Nothing was broken and nobody waits: the clauses that say so.
        const engine::Operation checked = kChecked[static_cast<std::size_t>(question.operation)];
        for (const OplockType type : question.held) {
            decided.push_back({engine::Rule::not_affected, type, checked});
        }
    }
    for (const engine::Why& why : decided) {
        for (const std::string_view id : clauses_of(why, told_to(asked.answer, why))) {
            if (std::ranges::find(result.clauses, id) == result.clauses.end()) {
                result.clauses.push_back(id);
            }
        }
    }
    result.switches = try_switches(question, asked);
    result.answer = std::move(asked.answer);
    result.whys = std::move(asked.whys);
    result.first_event = asked.first_event;
    result.names = std::move(asked.names);
    result.threads = std::move(asked.threads);
    return result;
}

std::string times(std::size_t count, std::string_view what) {
    return (count == 1 ? "" : std::to_string(count) + " x ") + std::string(what);
}

std::string summary_of(const WhatIfAnswer& answer) {
    std::string text;
    for (const auto& [holder, count] : grouped(answer.holders)) {
        text += times(count, engine::to_string(holder.held));
        if (!holder.notice.completed) {
            text += count == 1 ? " is kept; " : " are kept; ";
            continue;
        }
        text += count == 1 ? " breaks to " : " break to ";
        text += engine::to_string(holder.to);
        text += holder.acknowledgment_required ? ", acknowledgment required; "
                                               : ", no acknowledgment; ";
    }
    if (!answer.waits()) return text + "the operation completes: " + describe(answer.operation);
    text += "the operation waits";
    if (answer.final_operation.completed) text += ", then " + describe(answer.final_operation);
    return text;
}

std::string describe(const Seen& seen) {
    if (!seen.completed) return "has not completed";
    std::string text(engine::to_string(seen.status));
    const std::string information = information_text(seen);
    if (!information.empty() && !seen.output) text += ", Information " + information;
    return text;
}

}  // namespace oplocksim::conformance
