#include "conformance/rules/observation.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "conformance/rules/decision.h"

namespace oplocksim::conformance {
namespace {

using engine::FsControlCode;
using engine::NtStatus;
using engine::OplockType;
using sim::RequestKind;
using sim::TraceEvent;
using sim::TraceEventKind;

constexpr sim::AccessMask kRead = engine::FILE_READ_DATA | engine::FILE_EXECUTE;
constexpr sim::AccessMask kWrite = engine::FILE_WRITE_DATA | engine::FILE_APPEND_DATA;
constexpr sim::AccessMask kData = kRead | kWrite | engine::DELETE;

// [MS-FSA] 2.1.5.1.2.2, the conditions for one existing open.
bool modes_conflict(sim::AccessMask access, sim::ShareAccess share, const KnownOpen& existing) {
    const auto denied = [](sim::AccessMask wanted, sim::ShareAccess offered) {
        return ((wanted & kRead) != 0 && (offered & engine::FILE_SHARE_READ) == 0) ||
               ((wanted & kWrite) != 0 && (offered & engine::FILE_SHARE_WRITE) == 0) ||
               ((wanted & engine::DELETE) != 0 && (offered & engine::FILE_SHARE_DELETE) == 0);
    };
    if ((existing.sharing & kData) == 0) return false;
    return denied(access, existing.share) || denied(existing.sharing, share);
}

bool opened_synchronously(sim::CreateOptions options) {
    return (options & (engine::FILE_SYNCHRONOUS_IO_ALERT |
                       engine::FILE_SYNCHRONOUS_IO_NONALERT)) != 0;
}

// An acknowledgment that promises to close the handle, and releases nobody before.
bool announces_close(const engine::OplockFsctl& fsctl, OplockType held) {
    if (engine::is_granular(held)) {
        return (fsctl.flags & engine::REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE) != 0;
    }
    return fsctl.code == FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING &&
           held != OplockType::level_1;
}

OplockType told_level(const TraceEvent& event, OplockType type) {
    if (engine::is_granular(type)) return type_of_level(event.output.new_oplock_level);
    const bool level_2 = event.information == engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2;
    return level_2 ? OplockType::level_2 : OplockType::none;
}

bool owes_acknowledgment(const TraceEvent& event, OplockType type) {
    if (engine::is_granular(type)) {
        return (event.output.flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0;
    }
    return type != OplockType::level_2;
}

bool is_granted_request(const KnownIrp& irp) {
    return irp.request.kind == RequestKind::oplock_fsctl &&
           fsctl_kind(irp.request.fsctl) != FsctlKind::notification;
}

}  // namespace

FsctlKind fsctl_kind(const engine::OplockFsctl& fsctl) {
    switch (fsctl.code) {
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1:
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2:
        case FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK:
        case FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK: return FsctlKind::request;
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
        case FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING:
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2: return FsctlKind::acknowledgment;
        case FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY: return FsctlKind::notification;
        case FsControlCode::FSCTL_SET_ZERO_DATA: return FsctlKind::other;
        case FsControlCode::FSCTL_REQUEST_OPLOCK: break;
    }
    const bool acknowledges = (fsctl.flags & engine::REQUEST_OPLOCK_INPUT_FLAG_ACK) != 0;
    return acknowledges ? FsctlKind::acknowledgment : FsctlKind::request;
}

OplockType type_of_level(std::uint32_t level) {
    if (level == engine::cache_level(OplockType::read)) return OplockType::read;
    if (level == engine::cache_level(OplockType::read_handle)) return OplockType::read_handle;
    if (level == engine::cache_level(OplockType::read_write)) return OplockType::read_write;
    if (level == engine::cache_level(OplockType::read_write_handle)) {
        return OplockType::read_write_handle;
    }
    return OplockType::none;
}

bool legal_level(std::uint32_t level) {
    return level == 0 || type_of_level(level) != OplockType::none;
}

OplockType requested_type(const engine::OplockFsctl& fsctl) {
    switch (fsctl.code) {
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1: return OplockType::level_1;
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2: return OplockType::level_2;
        case FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK: return OplockType::batch;
        case FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK: return OplockType::filter;
        case FsControlCode::FSCTL_REQUEST_OPLOCK:
            return type_of_level(fsctl.requested_oplock_level);
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
        case FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING:
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2:
        case FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY:
        case FsControlCode::FSCTL_SET_ZERO_DATA: break;
    }
    return OplockType::none;
}

sim::AccessMask implied_access(sim::CreateDisposition disposition) {
    switch (disposition) {
        case sim::CreateDisposition::FILE_SUPERSEDE: return engine::DELETE;
        case sim::CreateDisposition::FILE_OVERWRITE:
        case sim::CreateDisposition::FILE_OVERWRITE_IF: return engine::FILE_WRITE_DATA;
        case sim::CreateDisposition::FILE_OPEN:
        case sim::CreateDisposition::FILE_CREATE:
        case sim::CreateDisposition::FILE_OPEN_IF: return 0;
    }
    return 0;
}

sim::AccessMask mapped(sim::AccessMask access) {
    constexpr sim::AccessMask kGeneric = engine::GENERIC_READ | engine::GENERIC_WRITE |
                                         engine::GENERIC_EXECUTE | engine::GENERIC_ALL;
    sim::AccessMask result = access & ~kGeneric;
    if ((access & engine::GENERIC_READ) != 0) result |= engine::FILE_GENERIC_READ;
    if ((access & engine::GENERIC_WRITE) != 0) result |= engine::FILE_GENERIC_WRITE;
    if ((access & engine::GENERIC_EXECUTE) != 0) result |= engine::FILE_GENERIC_EXECUTE;
    if ((access & engine::GENERIC_ALL) != 0) result |= engine::FILE_ALL_ACCESS;
    if ((access & engine::MAXIMUM_ALLOWED) != 0) result |= engine::FILE_ALL_ACCESS;
    return result;
}

bool attribute_only(sim::AccessMask access) {
    return (mapped(access) & ~(engine::FILE_READ_ATTRIBUTES | engine::FILE_WRITE_ATTRIBUTES |
                               engine::SYNCHRONIZE)) == 0;
}

Observation::Observation(const engine::Semantics& semantics,
                         std::shared_ptr<const sim::Names> names)
    : semantics_(semantics), names_(std::move(names)) {}

const sim::Path* Observation::path(sim::PathId path) const {
    return path && names_ ? &names_->path(path) : nullptr;
}

// The latest first: it is most often the one.
std::uint32_t Observation::position_of(sim::IrpId irp) const {
    for (std::uint32_t i = irp_keys_.size(); i > 0; --i) {
        if (irp_keys_[i - 1].irp == irp) return i - 1;
    }
    return kNowhere;
}

KnownIrp* Observation::find_irp(sim::IrpId irp) {
    const std::uint32_t position = position_of(irp);
    return position == kNowhere ? nullptr : &irps_[position];
}

const KnownIrp* Observation::irp(sim::IrpId irp) const {
    const std::uint32_t position = position_of(irp);
    return position == kNowhere ? nullptr : &irps_[position];
}

void Observation::remove_irp(std::uint32_t position) {
    count_call(irps_[position], false);
    irps_.erase_at(position);
    irp_keys_.erase_at(position);
}

// Keeps KnownThread::calls.
void Observation::count_call(const KnownIrp& irp, bool enters) {
    if (irp.pended && !irp.blocked) return;
    KnownThread* const caller = threads_.find(irp.thread.value);
    if (caller == nullptr) return;
    if (enters) ++caller->calls;
    if (!enters) --caller->calls;
}

KnownOpen* Observation::find_open(OpenNumber open) {
    return const_cast<KnownOpen*>(std::as_const(*this).open(open));
}

const KnownOpen* Observation::open(OpenNumber open) const {
    const bool listed = open != kNoOpen && open <= opens_.size() &&
                        opens_[open - 1].number == open;
    return listed ? &opens_[open - 1] : nullptr;
}

// The smallest number that is free.
KnownOpen& Observation::add_open(FileNumber file) {
    OpenNumber number = opens_.size() + 1;
    if (free_opens_.empty()) {
        opens_.append();
    } else {
        std::ranges::pop_heap(free_opens_, std::greater<>());
        number = free_opens_.back();
        free_opens_.erase_at(free_opens_.size() - 1);
    }
    while (first_opens_.size() <= file) first_opens_.push_back(kNoOpen);
    KnownOpen open;
    open.number = number;
    open.file = file;
    open.next = std::exchange(first_opens_[file], number);
    if (open.next != kNoOpen) opens_[open.next - 1].previous = number;
    return opens_[number - 1] = open;
}

void Observation::remove_open(KnownOpen& open) {
    const OpenNumber number = open.number;
    caches_.forget(number);
    if (open.previous != kNoOpen) opens_[open.previous - 1].next = open.next;
    if (open.previous == kNoOpen) first_opens_[open.file] = open.next;
    if (open.next != kNoOpen) opens_[open.next - 1].previous = open.previous;
    open = KnownOpen{};
    open.cleaned_up = true;
    free_opens_.push_back(number);
    std::ranges::push_heap(free_opens_, std::greater<>());
}

// A number that is used again was closed meanwhile.
void Observation::add_handle(sim::HandleId handle, sim::ProcessId process, OpenNumber open) {
    close(handle);
    handles_.insert({handle, process, open});
    if (KnownOpen* const own = find_open(open)) ++own->handles;
}

void Observation::add_oplock(const KnownOplock& oplock) {
    oplocks_.push_back(oplock);
    const KnownOpen* const owner = open(oplock.open);
    if (owner == nullptr || owner->cleaned_up) any_orphan_ = true;
}

// SC-087, SC-088: whoever waits for a Read-Handle break waits for every one on the stream.
bool Observation::is_queued_behind_another(const KnownIrp& irp, const KnownOplock& over) const {
    return over.type == OplockType::read_handle &&
           std::ranges::any_of(oplocks_, [&](const KnownOplock& other) {
               return &other != &over && other.breaking && other.stream == over.stream &&
                      other.type == OplockType::read_handle && !same_owner(irp, other);
           });
}

// Its acknowledgment was given, or its owner closed: who waited for it may go on, and so overtakes
// who waits for the break of another owner yet (SC-088).
void Observation::break_is_over(const KnownOplock& over) {
    bool later_one = false;
    for (std::uint32_t i = irps_.size(); i-- > 0;) {
        KnownIrp& irp = irps_[i];
        if (!irp.pended || irp.released || irp.request.kind == RequestKind::oplock_fsctl) continue;
        // What a name leads to may have changed since.
        const bool names = irp.request.kind == RequestKind::rename ||
                           irp.request.kind == RequestKind::link ||
                           irp.request.kind == RequestKind::set_short_name;
        const bool waited =
            names || waits_for(*this, irp, over, false) || waits_for(*this, irp, over, true);
        irp.released = waited && !is_queued_behind_another(irp, over);
        if (!irp.known_place || irp.place.stream != over.stream) continue;
        irp.overtaken = irp.overtaken || (later_one && !irp.released);
        later_one = later_one || irp.released;
    }
}

// SC-102.
void Observation::end_reservation(KnownOpen& open) {
    if (!open.reserved) return;
    open.reserved = false;
    for (KnownIrp& irp : irps_) {
        const bool waits = irp.pended && irp.request.kind == RequestKind::create;
        if (waits && irp.place.stream == open.stream) irp.released = true;
    }
}

// Its request may still pend.
void Observation::remove_oplock(const KnownOplock& oplock) {
    if (oplock.breaking) break_is_over(oplock);
    oplocks_.erase_at(static_cast<std::uint32_t>(&oplock - oplocks_.begin()));
    any_stray_request_ = true;
}

// What the handle of a request leads to: nowhere if it is another process's.
const KnownOpen* Observation::open_for(const KnownIrp& irp) const {
    if (irp.request.kind == RequestKind::close_section) return nullptr;
    const KnownHandle* const found = handles_.find(irp.request.handle.value);
    return found != nullptr && found->process == irp.process ? open(found->open) : nullptr;
}

const KnownOplock* Observation::oplock_of(sim::IrpId irp) const {
    const auto found = std::ranges::find_if(oplocks_, [&](const KnownOplock& oplock) {
        return oplock.irp == irp && !oplock.breaking;
    });
    return found == oplocks_.end() ? nullptr : &*found;
}

const KnownOplock* Observation::owed_by(OpenNumber open, bool granular) const {
    const auto found = std::ranges::find_if(oplocks_, [&](const KnownOplock& oplock) {
        return oplock.open == open && oplock.breaking &&
               engine::is_granular(oplock.type) == granular;
    });
    return found == oplocks_.end() ? nullptr : &*found;
}

const KnownIrp* Observation::blocking_call(sim::ThreadId thread) const {
    const auto found = std::ranges::find_if(irps_, [&](const KnownIrp& irp) {
        return irp.thread == thread && irp.blocked;
    });
    return found == irps_.end() ? nullptr : &*found;
}

bool Observation::is_paused(sim::ThreadId thread) const {
    const KnownThread* const found = threads_.find(thread.value);
    return found != nullptr && found->paused;
}

bool Observation::has_exited(sim::ThreadId thread) const {
    const KnownThread* const found = threads_.find(thread.value);
    return found != nullptr && found->exited;
}

bool Observation::is_in_call(sim::ThreadId thread) const {
    const KnownThread* const found = threads_.find(thread.value);
    return found != nullptr && found->calls != 0;
}

sim::OplockKey Observation::target_key(const KnownIrp& irp) const {
    if (irp.request.kind == RequestKind::create) return irp.request.target_key;
    const KnownOpen* const own = open(irp.open);
    return own != nullptr ? own->target_key : sim::OplockKey{};
}

sim::OplockKey Observation::parent_key(const KnownIrp& irp) const {
    if (irp.request.kind == RequestKind::create) return irp.request.parent_key;
    const KnownOpen* const own = open(irp.open);
    return own != nullptr ? own->parent_key : sim::OplockKey{};
}

bool Observation::synchronous(const KnownIrp& irp) const {
    if (irp.request.kind == RequestKind::create) return true;
    const KnownOpen* const own = open(irp.open);
    return own != nullptr && opened_synchronously(own->options);
}

bool Observation::same_owner(const KnownIrp& irp, const KnownOplock& oplock) const {
    if (irp.open != kNoOpen && irp.open == oplock.open) return true;
    const KnownOpen* const owner = open(oplock.open);
    const sim::OplockKey key = target_key(irp);
    return owner != nullptr && key.value != 0 && owner->target_key == key;
}

bool Observation::may_have_moved_on(const KnownIrp& irp) const {
    if (!irp.pended || irp.request.kind != RequestKind::create || !irp.known_place) return false;
    return known_names_.stream(irp.place.stream).removed ||
           known_names_.is_going(irp.place.stream, irp.place.link) != Known::no;
}

KnownIrp Observation::with_its_name(const KnownIrp& create) const {
    KnownIrp now = create;
    const sim::Path* const named = path(create.request.path);
    const auto place = named != nullptr ? known_names_.find_place(*named) : std::nullopt;
    now.known_place = place.has_value();
    if (place) now.place = *place;
    return now;
}

bool Observation::sharing_conflict(const KnownIrp& create, OpenNumber only) const {
    if (!create.known_place) return false;
    const sim::AccessMask desired = mapped(create.request.access);
    const sim::AccessMask access = desired | implied_access(create.request.disposition);
    const sim::ShareAccess share = create.request.share;
    const KnownStream& stream = known_names_.stream(create.place.stream);
    const bool primary = stream.name.value == 0;
    const bool shares_delete = (share & engine::FILE_SHARE_DELETE) != 0;
    return opens_of(stream.file).any([&](const KnownOpen& existing) {
        if (existing.cleaned_up || (only != kNoOpen && existing.number != only)) return false;
        const KnownStream& other = known_names_.stream(existing.stream);
        // 2.1.5.1.2.1: deleting the primary stream deletes the file.
        const bool other_deletes = (existing.sharing & engine::DELETE) != 0 &&
                                   other.name.value == 0;
        if (!shares_delete && (access & kData) != 0 && other_deletes) return true;
        const bool other_denies = (existing.share & engine::FILE_SHARE_DELETE) == 0 &&
                                  (existing.sharing & kData) != 0;
        if (primary && (access & engine::DELETE) != 0 && other_denies) return true;
        return existing.stream == create.place.stream && (access & kData) != 0 &&
               modes_conflict(access, share, existing);
    });
}

KnownThread& Observation::thread(sim::ThreadId id, sim::ProcessId process) {
    if (KnownThread* const found = threads_.find(id.value)) return *found;
    return threads_.insert(KnownThread{id, process, false, false});
}

void Observation::apply(const TraceEvent& event, Step step) {
    switch (event.kind) {
        case TraceEventKind::issue: issue(event, step); break;
        case TraceEventKind::pend: pend(event, step); break;
        case TraceEventKind::complete: complete(event); break;
        case TraceEventKind::cancel: cancel(event.irp); break;
        case TraceEventKind::advance: trigger_ = Trigger::advance; break;
        case TraceEventKind::pause:
            trigger_ = Trigger::pause;
            thread(event.thread, event.process).paused = true;
            break;
        case TraceEventKind::resume:
            if (!has_exited(event.thread)) trigger_ = Trigger::resume;
            thread(event.thread, event.process).paused = false;
            break;
        case TraceEventKind::thread_exit: exit_thread(event.thread); break;
        case TraceEventKind::process_exit: exit_process(event.process); break;
        case TraceEventKind::volume: take_volume(event.entry); break;
        case TraceEventKind::caching: caches_.add_client(event.process); break;
        case TraceEventKind::cached: cached(event); break;
        case TraceEventKind::wait:
        case TraceEventKind::release:
        case TraceEventKind::oplock: break;
    }
}

// Nothing was issued: the client has its handles, and the file system what it had.
void Observation::cached(const TraceEvent& event) {
    trigger_ = Trigger::issue;
    const KnownHandle* const handle = handles_.find(event.handle.value);
    const KnownOpen* const own = handle == nullptr ? nullptr : open(handle->open);
    if (own != nullptr) caches_.answer(*this, event, *own);
}

void Observation::issue(const TraceEvent& event, Step step) {
    trigger_ = Trigger::issue;
    KnownThread& caller = thread(event.thread, event.process);
    if (const std::uint32_t again = position_of(event.irp); again != kNowhere) remove_irp(again);
    KnownIrp& irp = irps_.append();   // it has not pended: nobody takes it for a waiter
    irp.irp = event.irp;
    irp.thread = event.thread;
    irp.process = event.process;
    irp.request = event.request;
    irp.request.kind = event.request_kind;
    // The one FSCTL among them that is no request to the oplock package.
    const bool zeroes = irp.request.kind == RequestKind::oplock_fsctl &&
                        irp.request.fsctl.code == FsControlCode::FSCTL_SET_ZERO_DATA;
    if (zeroes) irp.request.kind = RequestKind::set_zero_data;
    irp.issued = step;
    if (irp.request.kind == RequestKind::create) {
        const sim::Path* const named = path(irp.request.path);
        if (named != nullptr) {
            irp.place = known_names_.place(irp.request.path, *named);
            irp.known_place = true;
        }
    } else if (const KnownOpen* const own = open_for(irp)) {
        irp.open = own->number;
        irp.place = {own->link, own->file, own->stream};
        irp.known_place = true;
    }
    if (irp.request.kind == RequestKind::oplock_fsctl) irp.expected = expected_answer(*this, irp);
    irp_keys_.push_back({irp.irp, irp.open});
    ++caller.calls;
    contents_.issue(event);
    caches_.issue(event);
    if (irp.request.kind == RequestKind::close_handle && irp.known_place) {
        close(irp.request.handle);
    }
    KnownOpen* const own = find_open(irp.open);
    const bool oplock_request = irp.request.kind == RequestKind::oplock_fsctl &&
                                fsctl_kind(irp.request.fsctl) == FsctlKind::request;
    if (own != nullptr && oplock_request) end_reservation(*own);
}

void Observation::pend(const TraceEvent& event, Step step) {
    KnownIrp* const irp = find_irp(event.irp);
    if (irp == nullptr) return;
    count_call(*irp, false);
    irp->pended = true;
    irp->blocked = event.blocked;
    irp->conflict = irp->request.kind == RequestKind::create && sharing_conflict(*irp);
    count_call(*irp, true);
    if (irp->request.kind == RequestKind::oplock_fsctl) {
        pend_oplock_request(*irp, step);
        return;
    }
    deepen(*irp);
}

// An FSCTL pended: a request was granted, an acknowledgment kept a level, or a notification waits.
void Observation::pend_oplock_request(const KnownIrp& irp, Step step) {
    switch (fsctl_kind(irp.request.fsctl)) {
        case FsctlKind::request: grant(irp, step); return;
        case FsctlKind::acknowledgment: break;
        case FsctlKind::notification: return;
        case FsctlKind::other: any_stray_request_ = true; return;
    }
    const bool granular = irp.request.fsctl.code == FsControlCode::FSCTL_REQUEST_OPLOCK;
    const KnownOplock* const owed = owed_by(irp.open, granular);
    if (owed == nullptr) {
        any_stray_request_ = true;
        return;
    }
    KnownOplock kept;
    kept.irp = irp.irp;
    kept.open = irp.open;
    kept.stream = owed->stream;
    kept.file = owed->file;
    kept.type = granular ? requested_type(irp.request.fsctl) : OplockType::level_2;
    kept.granted = step;
    remove_oplock(*owed);
    add_oplock(kept);
}

void Observation::grant(const KnownIrp& irp, Step step) {
    KnownOplock granted;
    granted.irp = irp.irp;
    granted.open = irp.open;
    granted.stream = irp.place.stream;
    granted.file = irp.place.file;
    granted.type = requested_type(irp.request.fsctl);
    granted.granted = step;
    const bool holds = irp.known_place && granted.type != OplockType::none;
    if (holds) add_oplock(granted);
    if (!holds) any_stray_request_ = true;
}

// An operation came that needs more than a break under way has announced.
void Observation::deepen(const KnownIrp& irp) {
    for (KnownOplock& oplock : oplocks_) {
        if (!oplock.breaking) continue;
        if (needs_more_than_told(*this, irp, oplock)) oplock.deepened = true;
    }
}

// The end of a process changed something about the file: no operation is seen that a break under
// way would be compared with.
void Observation::deepen_unseen(FileNumber file) {
    for (KnownOplock& oplock : oplocks_) {
        if (oplock.breaking && oplock.file == file) oplock.deepened = true;
    }
}

void Observation::complete(const TraceEvent& event) {
    const std::uint32_t position = position_of(event.irp);
    if (position == kNowhere) return;
    KnownIrp done = irps_[position];
    look_up_again(done);
    contents_.complete(*this, done, event);
    caches_.complete(*this, done, event);
    if (done.request.kind != RequestKind::oplock_fsctl) deepen(done);
    remove_irp(position);
    const auto oplock = std::ranges::find_if(oplocks_, [&](const KnownOplock& one) {
        return one.irp == event.irp && !one.breaking;
    });
    if (oplock != oplocks_.end()) {
        notify(*oplock, event);
    } else if (done.request.kind == RequestKind::create) {
        presence_.complete_create(*this, done, event);
        complete_create(done, event);
    } else if (engine::nt_success(event.status)) {
        complete_operation(done, event);
    }
    if (!closed_opens_.empty()) forget_unused();
}

// The request of an oplock completed: its owner has been told of a break, or holds it no longer.
void Observation::notify(KnownOplock& oplock, const TraceEvent& event) {
    const KnownOpen* const owner = open(oplock.open);
    const bool closed = owner == nullptr || owner->cleaned_up;
    const bool told = event.status == NtStatus::STATUS_SUCCESS && !closed;
    const bool owed = told && owes_acknowledgment(event, oplock.type);
    caches_.oplock_ended(oplock, owed);
    if (owed) {
        oplock.breaking = true;
        oplock.told = told_level(event, oplock.type);
        for (KnownIrp& irp : irps_) irp.overtaken = irp.overtaken || irp.released;
        return;
    }
    oplocks_.erase_if([&](const KnownOplock& one) {
        return one.irp == event.irp && !one.breaking;
    });
}

// Is anything known of the file but the one name?
bool Observation::is_in_use(FileNumber file) const {
    const KnownFile& known = known_names_.file(file);
    const auto of_it = [&](const auto& one) {
        return known_names_.stream(one.stream).file == file;
    };
    return known.first_link != known.last_link || opens_of(file).any([](const KnownOpen&) {
        return true;
    }) || std::ranges::any_of(sections_, of_it);
}

void Observation::complete_create(const KnownIrp& done, const TraceEvent& event) {
    if (!engine::nt_success(event.status) || !done.known_place) return;
    KnownIrp irp = done;
    const sim::Path* const named = path(irp.request.path);
    if (may_have_moved_on(irp) && named != nullptr) {
        irp.place = known_names_.place(irp.request.path, *named);
    }
    // A name that was free leads to nothing that is known.
    const bool made = event.information == engine::FILE_CREATED && irp.place.link != kNothing &&
                      known_names_.stream(irp.place.stream).name.value == 0;
    if (made && named != nullptr && is_in_use(irp.place.file)) {
        known_names_.remove_link(irp.place.link);
        irp.place = known_names_.place(irp.request.path, *named);
    } else if (made) {
        known_names_.set_delete_pending(irp.place.link, false);
        known_names_.set_size_at_least(irp.place.stream, 0);
        known_names_.remove_other_streams(irp.place.stream);
    } else if (event.information == engine::FILE_CREATED && named != nullptr) {
        const bool doubtful = irp.place.link != kNothing &&
                              known_names_.link(irp.place.link).delete_doubtful;
        if (doubtful) known_names_.set_directory(irp.place.file, Known::unknown);
        known_names_.remove_stream(irp.place.stream);   // of the file that was there before
        irp.place = known_names_.place(irp.request.path, *named);
    }
    if (named != nullptr) known_names_.path_was_followed(*named);
    const bool directory = (irp.request.options & engine::FILE_DIRECTORY_FILE) != 0;
    const bool no_directory = (irp.request.options & engine::FILE_NON_DIRECTORY_FILE) != 0;
    const bool created = event.information == engine::FILE_CREATED;
    const bool unnamed = known_names_.stream(irp.place.stream).name.value == 0;
    const bool is_file = no_directory || (created && !directory);
    if (unnamed && (directory || is_file)) {
        known_names_.set_directory(irp.place.file, is_file ? Known::no : Known::yes);
    }
    KnownOpen& open = add_open(irp.place.file);
    open.process = irp.process;
    open.stream = irp.place.stream;
    open.link = irp.place.link;
    open.access = mapped(irp.request.access);
    const bool implies = event.information != engine::FILE_OPENED && !created;
    open.sharing = open.access | (implies ? implied_access(irp.request.disposition) : 0);
    open.share = irp.request.share;
    open.options = irp.request.options;
    open.target_key = irp.request.target_key;
    open.parent_key = irp.request.parent_key;
    open.transacted = irp.request.transacted;
    open.reserved = (open.options & engine::FILE_OPEN_REQUIRING_OPLOCK) != 0;
    if (implies) known_names_.set_size_at_least(open.stream, 0);
    contents_.complete_create(*this, irp, open.stream, event.information);
    caches_.complete_create(*this, irp, open.stream, event);
    add_handle(event.handle, irp.process, open.number);
}

void Observation::complete_acknowledgment(const KnownIrp& irp, const TraceEvent& event) {
    if (event.status != NtStatus::STATUS_SUCCESS) return;
    const engine::OplockFsctl& fsctl = irp.request.fsctl;
    const bool granular = fsctl.code == FsControlCode::FSCTL_REQUEST_OPLOCK;
    const KnownOplock* const owed = owed_by(irp.open, granular);
    if (owed == nullptr) return;
    if (announces_close(fsctl, owed->type)) {
        oplocks_[static_cast<std::uint32_t>(owed - oplocks_.begin())].close_pending = true;
    } else {
        remove_oplock(*owed);
    }
}

// No directory can be read, written, locked, mapped or linked.
bool Observation::is_for_files_only(RequestKind kind) {
    return kind == RequestKind::read || kind == RequestKind::write || kind == RequestKind::lock ||
           kind == RequestKind::set_end_of_file || kind == RequestKind::set_allocation ||
           kind == RequestKind::create_section || kind == RequestKind::link;
}

// What may only append writes at the end.
bool Observation::writes_where_it_says(const KnownIrp& irp) const {
    const KnownOpen* const own = open(irp.open);
    return own != nullptr && (own->access & engine::FILE_WRITE_DATA) != 0;
}

// What an operation that succeeded has changed.
void Observation::complete_operation(const KnownIrp& irp, const TraceEvent& event) {
    const sim::Request& request = irp.request;
    const KnownStream* const stream =
        irp.known_place ? &known_names_.stream(irp.place.stream) : nullptr;
    if (stream != nullptr && is_for_files_only(request.kind) &&
        known_names_.is_directory(irp.place.stream) == Known::unknown) {
        known_names_.set_directory(irp.place.file, Known::no);
    }
    switch (request.kind) {
        case RequestKind::set_allocation:   // may cut off
            if (stream != nullptr) {
                known_names_.set_size_at_least(irp.place.stream,
                                               std::min(stream->size_at_least, request.length));
            }
            return;
        case RequestKind::create:
        case RequestKind::close_handle:
        case RequestKind::flush:
        case RequestKind::set_valid_data_length:
        case RequestKind::set_basic_information:
        case RequestKind::set_security:
        case RequestKind::set_encryption:
        case RequestKind::set_zero_data: return;
        case RequestKind::duplicate_handle:
            if (irp.open != kNoOpen) {
                const bool own = request.target_process == sim::ProcessId{};
                add_handle(event.handle, own ? irp.process : request.target_process, irp.open);
            }
            return;
        case RequestKind::read:
        case RequestKind::write:
            if (stream == nullptr || event.information == 0) return;
            if (request.kind == RequestKind::write && !writes_where_it_says(irp)) return;
            known_names_.set_size_at_least(
                irp.place.stream,
                std::max(stream->size_at_least, request.offset + event.information));
            return;
        case RequestKind::set_end_of_file:
            // Of a stream that is to be deleted the size stays ([MS-FSA] 2.1.5.15.5).
            if (stream != nullptr) {
                const std::uint64_t size = stream->delete_pending
                                               ? std::min(stream->size_at_least, request.length)
                                               : request.length;
                known_names_.set_size_at_least(irp.place.stream, size);
            }
            return;
        case RequestKind::lock:
        case RequestKind::unlock: complete_lock(irp); return;
        case RequestKind::set_disposition: dispose(irp); return;
        case RequestKind::rename:
        case RequestKind::link:
        case RequestKind::set_short_name: complete_name_change(irp); return;
        case RequestKind::oplock_fsctl:
            if (fsctl_kind(request.fsctl) == FsctlKind::acknowledgment) {
                complete_acknowledgment(irp, event);
            }
            return;
        case RequestKind::create_section: complete_section(irp, event); return;
        case RequestKind::close_section:
            sections_.erase_if([&](const KnownSection& section) {
                return section.section == request.section;
            });
            return;
    }
}

void Observation::complete_lock(const KnownIrp& irp) {
    const sim::Request& request = irp.request;
    if (request.kind == RequestKind::lock) {
        const KnownOpen* const own = open(irp.open);
        if (own == nullptr || own->cleaned_up) return;
        locks_.push_back({irp.open, irp.place.stream, request.offset, request.length,
                          request.lock_key, request.exclusive});
        return;
    }
    const auto lock = std::ranges::find_if(locks_, [&](const KnownLock& one) {
        return one.open == irp.open && one.offset == request.offset &&
               one.length == request.length && one.lock_key == request.lock_key;
    });
    if (lock != locks_.end()) locks_.erase_at(static_cast<std::uint32_t>(lock - locks_.begin()));
}

void Observation::complete_section(const KnownIrp& irp, const TraceEvent& event) {
    const bool writable = is_writable_section(irp.request);
    sections_.push_back({event.section, irp.process, irp.place.stream, writable});
    for (KnownOplock& oplock : oplocks_) {
        const bool ended = writable && oplock.breaking && oplock.stream == irp.place.stream;
        if (ended) oplock.by_section = true;
    }
}

void Observation::dispose(const KnownIrp& irp) {
    if (!irp.known_place) return;
    const bool pending = irp.request.delete_file;
    const bool unnamed = known_names_.stream(irp.place.stream).name.value == 0;
    if (unnamed && irp.place.link != kNothing) {
        if (known_names_.link(irp.place.link).removed) return;   // another took its place
        known_names_.set_delete_pending(irp.place.link, pending);
    } else {
        known_names_.set_stream_delete_pending(irp.place.stream, pending);
    }
}

// A create that waited goes on with what its name led to, unless that has gone meanwhile (SC-114).
void Observation::look_up_again(KnownIrp& create) {
    const bool waited = create.request.kind == RequestKind::create && create.pended;
    const sim::Path* const named = waited ? path(create.request.path) : nullptr;
    if (named == nullptr || !create.known_place) return;
    const bool gone = known_names_.stream(create.place.stream).removed ||
                      (create.place.link != kNothing &&
                       known_names_.link(create.place.link).removed);
    if (!gone) return;
    create.place = known_names_.place(create.request.path, *named);
    create.conflict = create.took_handles = false;
}

void Observation::take_volume(const sim::VolumeEntry& entry) {
    const sim::Path* const named = path(entry.path);
    const sim::Path* const existing = path(entry.existing);
    if (named == nullptr || named->components.empty()) return;
    if (existing != nullptr) {
        const FileNumber file = known_names_.place(entry.existing, *existing).file;
        const KnownNames::Target target = known_names_.target(*named);
        known_names_.add_link(file, target.parent, named->components.back());
    }
    const KnownPlace place = known_names_.place(entry.path, *named);
    presence_.set_link(place.link, Known::yes);
    presence_.set_stream(place.stream, Known::yes);
    if (existing != nullptr) return;
    if (!named->names_stream) {
        known_names_.set_directory(place.file, entry.directory ? Known::yes : Known::no);
    }
    if (entry.short_name.value != 0) known_names_.set_short_name(place.link, entry.short_name);
    if (entry.directory) return;
    contents_.of(place.stream).clear(entry.size);
    known_names_.set_size_at_least(place.stream, entry.size);
}

void Observation::complete_name_change(const KnownIrp& irp) {
    if (!irp.known_place) return;
    if (irp.request.kind == RequestKind::set_short_name) {
        if (irp.place.link != kNothing) {
            known_names_.set_short_name(irp.place.link, irp.request.name);
        }
        return;
    }
    const sim::Path* const named = path(irp.request.path);
    if (named == nullptr) return;
    if (named->names_stream) {
        known_names_.rename_stream(irp.place.stream, named->stream);
        return;
    }
    const KnownNames::Target target = known_names_.target(*named);
    if (target.parent == kNothing) return;
    known_names_.path_was_followed(*named);
    const sim::NameId name = named->components.back();
    const bool no_change = target.link != kNothing && target.link == irp.place.link &&
                           known_names_.link(target.link).name == name;
    if (no_change) return;
    if (irp.request.kind == RequestKind::link) {
        known_names_.add_link(irp.place.file, target.parent, name);
        presence_.set_link(known_names_.target(*named).link, Known::yes);
    } else if (irp.place.link != kNothing) {
        const bool two_become_one = target.link != kNothing && target.link != irp.place.link &&
                                    known_names_.link(target.link).file == irp.place.file;
        if (two_become_one) move_opens(target.link, irp.place.link);
        move_link(irp.place.link, target.parent, name);
    }
}

void Observation::move_link(LinkNumber link, FileNumber parent, sim::NameId name) {
    const KnownLink before = known_names_.link(link);
    known_names_.move_link(link, parent, name);
    presence_.set_link(link, Known::yes);
    if (before.parent != parent || before.name != name) {
        presence_.set_link(known_names_.vacate(before.parent, before.name), Known::no);
    }
}

// Whoever has the file open by one of its names, or waits to, now has it open by another.
void Observation::move_opens(LinkNumber from, LinkNumber to) {
    for (KnownOpen& open : opens_) {
        if (open.link == from) open.link = to;
    }
    for (KnownIrp& irp : irps_) {
        if (irp.place.link == from) irp.place.link = to;
    }
}

void Observation::cancel(sim::IrpId irp) {
    trigger_ = Trigger::cancel;
    any_cancelled_ = true;
    KnownIrp* const found = find_irp(irp);
    if (found == nullptr) return;
    (found->released ? found->cancelled_late : found->cancelled) = true;
}

void Observation::exit_thread(sim::ThreadId id) {
    trigger_ = Trigger::exit;
    any_cancelled_ = true;
    for (KnownThread& one : threads_) {
        if (one.thread == id) one.exited = true;
    }
    for (KnownIrp& irp : irps_) {
        if (irp.thread == id) irp.cancelled = true;
    }
}

void Observation::exit_process(sim::ProcessId id) {
    trigger_ = Trigger::exit;
    any_cancelled_ = true;
    caches_.process_exits(*this, id);
    for (KnownThread& one : threads_) {
        if (one.process == id) one.exited = true;
    }
    for (KnownIrp& irp : irps_) {
        if (irp.process == id) irp.cancelled = true;
    }
    engine::SmallVector<sim::HandleId, 16> closed;
    for (const KnownHandle& handle : handles_) {
        if (handle.process == id) closed.push_back(handle.handle);
    }
    for (const sim::HandleId handle : closed) close(handle);
    sections_.erase_if([&](const KnownSection& one) { return one.process == id; });
}

void Observation::close(sim::HandleId handle) {
    const KnownHandle* const found = handles_.find(handle.value);
    if (found == nullptr) return;
    KnownOpen* const open = find_open(found->open);
    handles_.erase(found);
    if (open != nullptr && --open->handles == 0) clean_up(*open);
}

// Share access, locks, delete-on-close, and what was owed end with the last handle. A granted
// oplock is listed until its request completes.
void Observation::clean_up(KnownOpen& open) {
    for (const KnownOplock& oplock : oplocks_) {
        if (oplock.open == open.number && oplock.breaking) break_is_over(oplock);
    }
    open.cleaned_up = true;
    end_reservation(open);
    closed_opens_.push_back(open.number);
    locks_.erase_if([&](const KnownLock& lock) { return lock.open == open.number; });
    const bool owner = std::ranges::any_of(
        oplocks_, [&](const KnownOplock& oplock) { return oplock.open == open.number; });
    if (owner) {
        any_orphan_ = true;
        any_stray_request_ = true;
        oplocks_.erase_if([&](const KnownOplock& oplock) {
            return oplock.open == open.number && oplock.breaking;
        });
    }
    delete_what_is_pending(open);
}

bool Observation::has_children(FileNumber directory) const {
    for (LinkNumber link = 0; link < known_names_.link_count(); ++link) {
        const KnownLink& child = known_names_.link(link);
        const bool here = child.parent == directory && !child.removed;
        if (here && presence_.of_link(link) == Known::yes) return true;
    }
    return false;
}

void Observation::delete_what_is_pending(const KnownOpen& open) {
    const bool on_close = (open.options & engine::FILE_DELETE_ON_CLOSE) != 0;
    if (on_close && exiting()) deepen_unseen(open.file);
    const KnownStream& stream = known_names_.stream(open.stream);
    const bool whole_file = stream.name.value == 0 && open.link != kNothing;
    const bool replaced = whole_file && known_names_.link(open.link).removed;
    // A directory that is not empty stays. In which order a process closes its handles when it
    // ends, and so what is empty then, cannot be seen.
    const bool may_go = whole_file && !replaced && (exiting() || !has_children(stream.file));
    if (on_close && may_go) {
        if (known_names_.is_directory(open.stream) == Known::no ||
            known_names_.link(open.link).delete_pending) {
            known_names_.set_delete_pending(open.link, true);
        } else {
            known_names_.doubt_deletion(open.link);
            presence_.set_link(open.link, Known::unknown);
        }
    }
    // What is deleted when a process ends has changed its directory, and nobody sees it.
    if (exiting() && open.link != kNothing) {
        const KnownLink& link = known_names_.link(open.link);
        if (link.delete_pending || link.delete_doubtful) deepen_unseen(link.parent);
    }
    if (on_close && !whole_file) known_names_.set_stream_delete_pending(open.stream, true);
    const auto in_use = [&](auto&& same) {
        return opens_of(open.file).any([&](const KnownOpen& other) {
            return !other.cleaned_up && same(other);
        });
    };
    if (open.link != kNothing && known_names_.link(open.link).delete_pending &&
        !known_names_.link(open.link).removed &&
        !in_use([&](const KnownOpen& other) { return other.link == open.link; })) {
        const KnownLink removed = known_names_.link(open.link);
        known_names_.remove_link(open.link);
        // A directory that was not empty is still there.
        const bool sure = known_names_.file(removed.file).directory == Known::no;
        const LinkNumber left = known_names_.vacate(removed.parent, removed.name);
        presence_.set_link(left, sure ? Known::no : Known::unknown);
    }
    if (stream.delete_pending && !stream.removed &&
        !in_use([&](const KnownOpen& other) { return other.stream == open.stream; })) {
        const KnownStream removed = stream;
        known_names_.remove_stream(open.stream);
        presence_.set_stream(known_names_.stream_of(removed.file, removed.name), Known::no);
    }
}

// Invariant O3.
void Observation::forget_unused() {
    closed_opens_.erase_if([&](OpenNumber number) {
        const auto refers = [&](const auto& one) { return one.open == number; };
        if (std::ranges::any_of(irp_keys_, refers) || std::ranges::any_of(oplocks_, refers)) {
            return false;
        }
        remove_open(opens_[number - 1]);
        return true;
    });
}

void Observation::forget_late(sim::IrpId oplock) {
    std::erase_if(late_, [&](const LateNotice& late) { return late.oplock == oplock; });
}

void Observation::mark_cause(sim::IrpId irp, bool took_handles) {
    KnownIrp* const found = find_irp(irp);
    if (found == nullptr) return;
    found->broke = true;
    found->took_handles = found->took_handles || took_handles;
}

void Observation::hold_again(sim::IrpId irp) {
    KnownIrp* const found = find_irp(irp);
    if (found == nullptr || !found->pended) return;
    look_up_again(*found);
    found->released = false;
    found->conflict = found->conflict || sharing_conflict(*found);
}

bool Observation::being_acknowledged(const KnownOplock& oplock) const {
    return std::ranges::any_of(irps_, [&](const KnownIrp& irp) {
        const bool answers = irp.request.kind == RequestKind::oplock_fsctl && !irp.pended &&
                             irp.open == oplock.open;
        if (!answers || irp.expected.topic != AnswerTopic::acknowledgment) return false;
        if ((irp.expected.answers & (kPends | kSuccess)) == 0) return false;
        return !announces_close(irp.request.fsctl, oplock.type);
    });
}

void Observation::settle() {
    late_.clear();
    if (any_orphan_) {
        oplocks_.erase_if([&](const KnownOplock& oplock) {
            const KnownOpen* const owner = open(oplock.open);
            return owner == nullptr || owner->cleaned_up;
        });
        any_stray_request_ = true;
    }
    if (any_stray_request_) forget_stray_requests();
    if (any_cancelled_) {
        for (KnownIrp& irp : irps_) irp.cancelled = irp.cancelled_late = false;
    }
    any_orphan_ = false;
    any_stray_request_ = false;
    any_cancelled_ = false;
    if (!closed_opens_.empty()) forget_unused();
}

void Observation::forget_stray_requests() {
    for (std::uint32_t i = irps_.size(); i > 0; --i) {
        const KnownIrp& irp = irps_[i - 1];
        if (!irp.pended || irp.open == kNoOpen || !is_granted_request(irp)) continue;
        const auto its_own = [&](const KnownOplock& oplock) { return oplock.irp == irp.irp; };
        if (std::ranges::none_of(oplocks_, its_own)) remove_irp(i - 1);
    }
}

std::string number_of(sim::IrpId irp) { return "IRP " + std::to_string(irp.value); }

std::string describe(const Observation& model, const KnownIrp& irp) {
    std::string text(sim::to_string(irp.request.kind));
    const sim::Path* const path = model.path(irp.request.path);
    if (path != nullptr) text += " " + path->text;
    text += " by process " + std::to_string(irp.process.value);
    return text + " (" + number_of(irp.irp) + ")";
}

std::string describe(const Observation& model, const KnownOplock& oplock) {
    const KnownOpen* const open = model.open(oplock.open);
    std::string text = "the " + std::string(engine::to_string(oplock.type)) + " oplock";
    if (open != nullptr) text += " of process " + std::to_string(open->process.value);
    return text + " (" + number_of(oplock.irp) + ")";
}

}  // namespace oplocksim::conformance
