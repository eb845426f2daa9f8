#include "conformance/table_bench.h"

#include <array>

#include "engine/semantics.h"

namespace oplocksim::conformance {
namespace {

using engine::FsControlCode;
using engine::NtStatus;
using engine::OplockType;
using sim::Request;
using sim::RequestKind;

constexpr std::uint64_t kFileSize = 8192;

// What is on the volume. Names must be interned before the world is made.
constexpr std::array<std::string_view, 3> kDirectories{"\\dir", "\\outside", "\\empty"};
constexpr std::array<std::string_view, 4> kFiles{"\\dir\\data.bin", "\\dir\\other.bin",
                                                 "\\dir\\child.bin", "\\outside\\x.bin"};
constexpr std::array<std::string_view, 8> kNewPaths{
    "\\dir\\renamed.bin", "\\dir\\new.bin", "\\dir\\link.bin", "\\dir\\x.bin",
    "\\dir2",             "\\empty2",       "\\outside\\y.bin", "\\dir\\made.bin"};
constexpr std::string_view kShortName = "DATA~9.BIN";

std::shared_ptr<sim::Names> make_names() {
    auto names = std::make_shared<sim::Names>();
    for (const auto text : kDirectories) static_cast<void>(names->intern_path(text));
    for (const auto text : kFiles) static_cast<void>(names->intern_path(text));
    for (const auto text : kNewPaths) static_cast<void>(names->intern_path(text));
    names->intern(kShortName);
    for (const auto text : {"owner", "second owner", "actor", "breaker", "bystander", "main"}) {
        names->intern(text);
    }
    return names;
}

std::uint32_t key_of(TableClient client) { return static_cast<std::uint32_t>(client) + 1; }

FsControlCode code_of(OplockType type) {
    switch (type) {
        case OplockType::level_1: return FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1;
        case OplockType::level_2: return FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2;
        case OplockType::batch: return FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK;
        case OplockType::filter: return FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK;
        case OplockType::none:
        case OplockType::read:
        case OplockType::read_handle:
        case OplockType::read_write:
        case OplockType::read_write_handle: break;
    }
    return FsControlCode::FSCTL_REQUEST_OPLOCK;
}

// The create that breaks `type` to `to` and waits for nobody.
CreateShape breaking_create(OplockType type, OplockType to) {
    CreateShape shape{engine::FILE_ALL_ACCESS, kShareAll, engine::CreateDisposition::FILE_OPEN,
                      engine::FILE_COMPLETE_IF_OPLOCKED};
    if (type == OplockType::filter) {
        shape.share = engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE;
        return shape;
    }
    if (to == OplockType::none) shape.disposition = engine::CreateDisposition::FILE_OVERWRITE;
    const bool handle_lost = to == OplockType::read_write ||
                             (type == OplockType::read_handle && to == OplockType::read);
    if (handle_lost) {
        shape.access = engine::FILE_READ_DATA;
        shape.share = 0;
    }
    return shape;
}

std::string status_text(const sim::Completion& completion) {
    return std::string(engine::to_string(completion.status));
}

}  // namespace

TableBench::TableBench(const engine::Semantics& semantics, std::string target)
    : names_(make_names()),
      world_(sim::Kernel::make_world(semantics, names_)),
      kernel_(world_, scheduler_, &recorder_),
      target_(std::move(target)) {
    for (const auto text : kDirectories) {
        kernel_.add_to_volume(
            {.path = path(std::string(text)), .directory = true, .short_name = {}});
    }
    for (const auto text : kFiles) {
        kernel_.add_to_volume({.path = path(std::string(text)),
                               .size = kFileSize,
                               .short_name = {}});
    }
    for (const auto text : {"owner", "second owner", "actor", "breaker", "bystander"}) {
        const sim::ProcessId process = kernel_.create_process(name(text));
        threads_.push_back(kernel_.create_thread(process, name("main")));
    }
}

sim::PathId TableBench::path(const std::string& text) const {
    return *names_->intern_path(text);   // all are there already: nothing changes
}

sim::NameId TableBench::name(const std::string& text) const {
    return names_->intern(text);
}

void TableBench::collect() {
    for (const sim::Completion& one : kernel_.completions()) {
        completions_.insert_or_assign(one.irp.value, one);
    }
    kernel_.clear_completions();
}

sim::Submitted TableBench::submit(TableClient client, const Request& request) {
    ++requests_;
    const sim::Submitted submitted = kernel_.submit(thread(client), request);
    kernel_.run_until_idle();
    collect();
    return submitted;
}

const sim::Completion* TableBench::completion(sim::IrpId irp) const {
    const auto found = completions_.find(irp.value);
    return found == completions_.end() ? nullptr : &found->second;
}

sim::Completion TableBench::done(TableClient client, const Request& request,
                                 std::string_view what) {
    const sim::Submitted submitted = submit(client, request);
    const sim::Completion* result = completion(submitted.irp);
    if (result == nullptr) throw SetUpProblem(std::string(what) + " waits");
    return *result;
}

sim::Completion TableBench::succeed(TableClient client, const Request& request,
                                    std::string_view what) {
    const sim::Completion result = done(client, request, what);
    if (!engine::nt_success(result.status)) {
        throw SetUpProblem(std::string(what) + " fails with " + status_text(result));
    }
    return result;
}

Request TableBench::create(const std::string& path_text, std::uint32_t key,
                      const CreateShape& shape) const {
    Request request;
    request.kind = RequestKind::create;
    request.path = path(path_text.empty() ? target_ : path_text);
    request.access = shape.access;
    request.share = shape.share;
    request.disposition = shape.disposition;
    request.options = shape.options;
    request.target_key.value = key;
    return request;
}

sim::HandleId TableBench::open(TableClient client, std::uint32_t key, sim::AccessMask access,
                          sim::CreateOptions options, const std::string& path_text) {
    const CreateShape shape{access, kShareAll, engine::CreateDisposition::FILE_OPEN, options};
    return succeed(client, create(path_text, key, shape), "an open on the way").handle;
}

void TableBench::request_oplock(TableOwner& owner) {
    const sim::Submitted submitted =
        submit(owner.client, oplock_request(owner.handle, owner.held.type));
    const sim::Completion* refused = completion(submitted.irp);
    if (refused != nullptr) {
        throw SetUpProblem(std::string(short_name(owner.held.type)) + " is not granted: " +
                           status_text(*refused));
    }
    owner.irp = submitted.irp;
}

void TableBench::grant(const Cell& cell) {
    for (const HeldOplock& held : cell.state.oplocks) {
        TableOwner owner;
        owner.client = owners_.empty() ? TableClient::owner : TableClient::second_owner;
        owner.held = held;
        owner.handle = open(owner.client, key_of(owner.client), cell.owner_access);
        owners_.push_back(owner);
    }
    for (TableOwner& owner : owners_) request_oplock(owner);
}

void TableBench::admit_by_reacknowledgment() {
    TableOwner& owner = owners_.front();
    actor_handle_ = open(TableClient::actor, kActorKey, engine::FILE_ALL_ACCESS,
                         engine::FILE_COMPLETE_IF_OPLOCKED);
    if (completion(owner.irp) == nullptr) throw SetUpProblem("the actor's open broke nothing");
    const sim::Submitted kept = submit(
        owner.client, level_acknowledgment(owner.handle, cache_level(owner.held.type)));
    const sim::Completion* over = completion(kept.irp);
    if (over != nullptr) {
        throw SetUpProblem("acknowledging with the level just lost ends with " +
                           status_text(*over));
    }
    owner.irp = kept.irp;
}

void TableBench::admit_past_an_earlier_oplock(TableOwner& owner) {
    const sim::Submitted first = submit(
        owner.client, legacy_fsctl(owner.handle, FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1));
    if (completion(first.irp) != nullptr) throw SetUpProblem("the earlier Level 1 is not granted");
    const CreateShape shape{engine::FILE_ALL_ACCESS, kShareAll,
                            engine::CreateDisposition::FILE_OPEN, 0};
    const sim::Submitted waiting = submit(TableClient::actor, create({}, kActorKey, shape));
    if (completion(waiting.irp) != nullptr) {
        throw SetUpProblem("the actor's open does not wait for the earlier Level 1");
    }
    kernel_.pause(thread(TableClient::actor));
    static_cast<void>(succeed(
        owner.client, legacy_fsctl(owner.handle, FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2),
        "giving the earlier Level 1 up"));
    request_oplock(owner);
    kernel_.resume(thread(TableClient::actor));
    kernel_.run_until_idle();
    collect();
    const sim::Completion* opened = completion(waiting.irp);
    if (opened == nullptr || !engine::nt_success(opened->status)) {
        throw SetUpProblem("the actor's held-back open does not go on");
    }
    actor_handle_ = opened->handle;
}

void TableBench::admit_actor(const Cell& cell) {
    const HeldOplock& held = cell.state.oplocks.front();
    const bool shared = !is_exclusive(held.type);
    const bool lets_writers_in =
        held.type == OplockType::filter &&
        semantics().filter_create_rule == engine::FilterCreateRule::writable_and_not_share_read;
    const bool takes_back =
        is_granular(held.type) && !shared &&
        semantics().ack_level_policy == engine::AckLevelPolicy::fsa_literal;
    if (shared) {
        actor_handle_ = open(TableClient::actor, kActorKey, engine::FILE_ALL_ACCESS);
        grant(cell);
        return;
    }
    if (lets_writers_in || takes_back) {
        grant(cell);
        if (takes_back) return admit_by_reacknowledgment();
        actor_handle_ = open(TableClient::actor, kActorKey, engine::FILE_ALL_ACCESS);
        return;
    }
    if (semantics().recheck_after_release) {
        throw Unreachable("nobody with another key has a handle beside this oplock while "
                          "recheck_after_release is true");
    }
    TableOwner owner;
    owner.held = held;
    owner.handle = open(TableClient::owner, kOwnerKey, cell.owner_access);
    owners_.push_back(owner);
    admit_past_an_earlier_oplock(owners_.front());
}

void TableBench::break_one(std::size_t index, OplockType to, bool by_actor) {
    TableOwner& owner = owners_[index];
    const bool two = owners_.size() > 1;
    const TableClient client = by_actor ? TableClient::actor : TableClient::breaker;
    std::uint32_t key = by_actor ? kActorKey : kBreakerKey;
    if (two) key = key_of(owners_[1 - index].client);   // spares the other owner
    CreateShape shape = breaking_create(owner.held.type, to);
    std::string where;
    if (target_ != kFiles[0] && to == OplockType::none) {
        where = "\\dir\\made.bin";   // a change of what the directory holds
        shape.disposition = engine::CreateDisposition::FILE_OPEN_IF;
    }
    const sim::Completion result =
        done(client, create(where, key, shape), "the create that breaks beforehand");
    const bool opened = engine::nt_success(result.status);
    if (!opened && result.status != NtStatus::STATUS_SHARING_VIOLATION) {
        throw SetUpProblem("the create that breaks beforehand fails with " + status_text(result));
    }
    if (completion(owner.irp) == nullptr) {
        throw SetUpProblem("the create that breaks beforehand breaks nothing");
    }
    if (by_actor && opened) {
        actor_handle_ = result.handle;
    } else if (opened) {
        static_cast<void>(succeed(client, on_handle(RequestKind::close_handle, result.handle),
                                  "closing the handle that broke"));
    }
}

void TableBench::restore_size() {
    if (owners_.size() != 1 || target_ != kFiles[0]) return;
    Request request = on_handle(RequestKind::set_end_of_file, owners_.front().handle);
    request.length = kFileSize;
    static_cast<void>(done(TableClient::owner, request, "the owner's own end of file"));
}

void TableBench::break_as_stated(bool by_actor) {
    for (std::size_t i = 0; i < owners_.size(); ++i) {
        const HeldOplock held = owners_[i].held;
        if (!held.breaking) continue;
        break_one(i, held.announced, by_actor);
        restore_size();
        if (held.target == held.announced) continue;
        // From RWH by way of RH to R: a sharing conflict takes the handle level as from RH.
        const OplockType type = owners_[i].held.type;
        const bool loses_handle = held.target == OplockType::read;
        if (loses_handle) owners_[i].held.type = OplockType::read_handle;
        break_one(i, held.target, false);
        restore_size();
        owners_[i].held.type = type;
    }
}

Request on_handle(RequestKind kind, sim::HandleId handle) {
    Request request;
    request.kind = kind;
    request.handle = handle;
    request.length = 1;
    return request;
}

Request legacy_fsctl(sim::HandleId handle, FsControlCode code) {
    Request request = on_handle(RequestKind::oplock_fsctl, handle);
    request.fsctl.code = code;
    return request;
}

Request oplock_request(sim::HandleId handle, OplockType type) {
    Request request = legacy_fsctl(handle, code_of(type));
    if (is_granular(type) || type == OplockType::none) {
        request.fsctl.requested_oplock_level = cache_level(type);
        request.fsctl.flags = engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST;
    }
    return request;
}

Request level_acknowledgment(sim::HandleId handle, engine::CacheLevel level) {
    Request request = legacy_fsctl(handle, FsControlCode::FSCTL_REQUEST_OPLOCK);
    request.fsctl.requested_oplock_level = level;
    request.fsctl.flags = engine::REQUEST_OPLOCK_INPUT_FLAG_ACK;
    return request;
}

Request acceptance(const TableOwner& owner, OplockType announced) {
    if (is_granular(owner.held.type)) {
        return level_acknowledgment(owner.handle, cache_level(announced));
    }
    return legacy_fsctl(owner.handle, FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE);
}

}  // namespace oplocksim::conformance
