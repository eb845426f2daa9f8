#include "conformance/rules/moment.h"

#include <algorithm>

namespace oplocksim::conformance {
namespace {

using engine::NtStatus;
using engine::OplockType;
using sim::RequestKind;
using sim::TraceEvent;
using sim::TraceEventKind;

bool only_handles(const KnownIrp& irp) {
    return irp.request.kind == RequestKind::oplock_fsctl ||
           irp.request.kind == RequestKind::close_handle ||
           irp.request.kind == RequestKind::duplicate_handle;
}

// The operations that may have caused what happens now: the one at work, or, when none is, those
// that waited and may have been released.
using IrpList = engine::SmallVector<const KnownIrp*, 8>;

IrpList causes(const Observation& model) {
    IrpList found;
    bool at_work = false;
    for (const KnownIrp& irp : model.irps()) {
        if (irp.pended) continue;
        found.push_back(&irp);
        at_work = at_work || !only_handles(irp);
    }
    if (at_work) return found;
    for (const KnownIrp& irp : model.irps()) {
        if (irp.pended && !is_oplock_fsctl(irp)) found.push_back(&irp);
    }
    return found;
}

bool in_conflict(const Observation& model, const KnownIrp& irp, const KnownOplock& oplock) {
    if (irp.request.kind != RequestKind::create) return false;
    const bool one_only = oplock.type == OplockType::read_handle &&   // SC-015
                          model.semantics().rh_conflict_scope ==
                              engine::RhConflictScope::conflicting_handles_only;
    if (one_only && !model.sharing_conflict(irp, oplock.open)) return false;
    return model.sharing_conflict(irp);
}

class NoticeReading {
 public:
    NoticeReading(const Observation& model, const KnownOplock& oplock, NoticeJudgement& out)
        : model_(model), oplock_(oplock), out_(out) {}

    void read() {
        const IrpList candidates = causes(model_);
        for (const KnownIrp* cause : candidates) {
            for (const Relation relation : relations(model_, *cause, oplock_)) {
                consider(*cause, relation);
            }
            if (model_.may_have_moved_on(*cause)) consider_anew(*cause);
            if (same_file_only(*cause)) propose(NoticeKind::other_stream, *cause, {});
        }
        out_.sure = candidates.size() == 1;
    }

 private:
    void consider(const KnownIrp& cause, Relation relation) {
        const bool conflict = in_conflict(model_, cause, oplock_);
        const auto decision = decide(model_, cause, oplock_, relation, conflict);
        if (decision) {
            const bool same = tells(decision);
            if (!same && asks_for_maximum(model_, cause, oplock_.file)) {
                const auto other = decide(model_, cause, oplock_, relation, !conflict);
                if (tells(other)) return propose(NoticeKind::right, cause, other);
            }
            propose(same ? NoticeKind::right : NoticeKind::wrong_level, cause, decision);
            if (out_.decision == decision) out_.relation = relation;
            return;
        }
        if (const auto foreign = table(model_, cause, oplock_.type, relation, conflict)) {
            propose(NoticeKind::own_key, cause, foreign);
            return;
        }
        if (cause.request.kind != RequestKind::create) return;
        if (exempt_open(model_, cause, oplock_.type)) {
            propose(NoticeKind::attribute_only, cause, {});
        } else if (const auto other = decide(model_, cause, oplock_, relation, !conflict)) {
            const bool open_question =
                asks_for_maximum(model_, cause, oplock_.file) && tells(other);
            propose(open_question ? NoticeKind::right : NoticeKind::wrong_order, cause, other);
        }
    }

    // Is that what the owner was told?
    [[nodiscard]] bool tells(const std::optional<BreakDecision>& decision) const {
        return decision && decision->to == out_.to && decision->acknowledge == out_.acknowledge;
    }

    // A create whose name was taken away while it waited, and leads here now.
    void consider_anew(const KnownIrp& cause) {
        const sim::Path* const path = model_.path(cause.request.path);
        if (path == nullptr) return;
        const LinkNumber link = model_.names().find_target(*path).link;
        if (link == kNothing || model_.names().link(link).file != oplock_.file) return;
        KnownIrp moved = cause;
        moved.place = {link, oplock_.file, oplock_.stream};
        for (const bool conflict : {false, true}) {
            const auto decision =
                decide(model_, moved, oplock_, Relation::same_stream, conflict);
            const bool same = decision && decision->to == out_.to &&
                              decision->acknowledge == out_.acknowledge;
            if (same) propose(NoticeKind::right, cause, decision);
        }
    }

    [[nodiscard]] bool same_file_only(const KnownIrp& cause) const {
        return cause.known_place && cause.place.stream != oplock_.stream &&
               cause.place.file == oplock_.file;
    }

    // Kinds are in order of closeness.
    void propose(NoticeKind kind, const KnownIrp& cause,
                 const std::optional<BreakDecision>& decision) {
        if (out_.cause != nullptr && out_.kind <= kind) return;
        out_.kind = kind;
        out_.cause = &cause;
        out_.decision = decision;
    }

    const Observation& model_;
    const KnownOplock& oplock_;
    NoticeJudgement& out_;
};

void judge_notice(Moment& moment) {
    const TraceEvent& event = *moment.event;
    const KnownOplock& oplock = *moment.oplock;
    NoticeJudgement judgement;
    if (engine::is_granular(oplock.type)) {
        judgement.to = type_of_level(event.output.new_oplock_level);
        judgement.acknowledge =
            (event.output.flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0;
    } else {
        const bool level_2 = event.information == engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2;
        judgement.to = level_2 ? OplockType::level_2 : OplockType::none;
        judgement.acknowledge = oplock.type != OplockType::level_2;
    }
    const bool late = std::ranges::any_of(moment.model.late(), [&](const LateNotice& one) {
        return one.oplock == oplock.irp;
    });
    if (late) judgement.kind = NoticeKind::late;
    if (!late) NoticeReading(moment.model, oplock, judgement).read();
    moment.notice = judgement;
}

// The directories whose content this operation surely changed, now that it succeeded.
using FileList = engine::SmallVector<FileNumber, 2>;

FileList changed_directories(const Observation& model, const KnownIrp& irp,
                             const TraceEvent& event) {
    FileList changed;
    const KnownNames& names = model.names();
    if (names.stream(irp.place.stream).name.value != 0 || irp.place.link == kNothing) return {};
    const KnownLink& own = names.link(irp.place.link);
    if (own.removed && irp.request.kind != RequestKind::close_handle) return {};
    const FileNumber parent = own.parent;
    const sim::Path* const path = model.path(irp.request.path);
    KnownNames::Target target;
    switch (irp.request.kind) {
        case RequestKind::create:
            if (event.information == engine::FILE_CREATED) changed.push_back(parent);
            return changed;
        case RequestKind::rename:
        case RequestKind::link:
            if (path == nullptr || path->names_stream) return changed;
            target = names.find_target(*path);
            // Its own name, or another of its names: nothing may change.
            if (target.link != kNothing && names.link(target.link).file == irp.place.file) {
                return changed;
            }
            if (irp.request.kind == RequestKind::rename) changed.push_back(parent);
            if (target.parent != kNothing) changed.push_back(target.parent);
            return changed;
        case RequestKind::set_short_name:
            // Nothing changes with the name that it has, or if it is taken away.
            if (irp.request.name.value != 0 && names.link(irp.place.link).short_name_known &&
                names.link(irp.place.link).short_name != irp.request.name) {
                changed.push_back(parent);
            }
            return changed;
        case RequestKind::set_basic_information:
        case RequestKind::set_encryption: changed.push_back(parent); return changed;
        case RequestKind::set_end_of_file:
        case RequestKind::set_allocation:
            if (!irp.request.lazy_writer) changed.push_back(parent);
            return changed;
        case RequestKind::close_handle: {
            const KnownLink& link = names.link(irp.place.link);
            if (link.removed && link.delete_pending) changed.push_back(parent);
            return changed;
        }
        case RequestKind::set_valid_data_length:
        case RequestKind::duplicate_handle:
        case RequestKind::read:
        case RequestKind::write:
        case RequestKind::flush:
        case RequestKind::lock:
        case RequestKind::unlock:
        case RequestKind::set_disposition:
        case RequestKind::set_security:
        case RequestKind::set_zero_data:
        case RequestKind::oplock_fsctl:
        case RequestKind::create_section:
        case RequestKind::close_section: return changed;
    }
    return changed;
}

class ObligationReading {
 public:
    explicit ObligationReading(Moment& moment)
        : moment_(moment), model_(moment.model), irp_(*moment.irp), event_(*moment.event) {
        violation_ = irp_.request.kind == RequestKind::create &&
                     event_.status == NtStatus::STATUS_SHARING_VIOLATION;
    }

    void read() {
        if (refused_for_open_files()) return consider_ancestors();
        if (!engine::nt_success(event_.status) && !violation_ && !refused_for_a_lock()) return;
        const bool looks_once = !model_.semantics().recheck_after_release && irp_.pended;
        if (looks_once) return;
        if (violation_ && has_option(irp_, engine::FILE_OPEN_REQUIRING_OPLOCK)) return;
        if (model_.may_have_moved_on(irp_)) return;
        // What a create makes has met no oplock, but for the directory's.
        const bool created = irp_.request.kind == RequestKind::create && !violation_ &&
                             event_.information == engine::FILE_CREATED;
        if (created) return consider_directories();
        for (const KnownOplock& oplock : model_.oplocks()) {
            if (oplock.breaking) {
                consider_breaking(oplock);
            } else {
                consider_granted(oplock);
            }
        }
        if (!violation_) consider_directories();
    }

 private:
    // The oplocks are looked at before byte-range locks are (LOCK-CHECK-FIRST,
    // FSA-WRITE-CHECK-FIRST).
    [[nodiscard]] bool refused_for_a_lock() const {
        return !irp_.pended && (event_.status == NtStatus::STATUS_LOCK_NOT_GRANTED ||
                                event_.status == NtStatus::STATUS_FILE_LOCK_CONFLICT);
    }

    // SC-045: what is below a directory breaks before its rename is refused for what stays open.
    [[nodiscard]] bool refused_for_open_files() const {
        const KnownOpen* const own = model_.open(irp_.open);
        const bool renames = irp_.request.kind == RequestKind::rename && !irp_.pended;
        const bool replaces = irp_.request.replace_if_exists;   // which may be refused too
        if (!renames || replaces || may_be_refused_before()) return false;
        return event_.status == NtStatus::STATUS_ACCESS_DENIED &&
               own != nullptr && (own->access & engine::DELETE) != 0;
    }

    // What is to be deleted is not renamed, and no directory is moved into itself.
    [[nodiscard]] bool may_be_refused_before() const {
        const KnownNames& names = model_.names();
        const sim::Path* const path = model_.path(irp_.request.path);
        if (path == nullptr || path->names_stream || !irp_.known_place) return true;
        if (names.is_going(irp_.place.stream, irp_.place.link) != Known::no) return true;
        const FileNumber into = names.find_target(*path).parent;
        return into == kNothing || into == irp_.place.file ||
               names.is_below(into, irp_.place.file);
    }

    void consider_ancestors() {
        for (const KnownOplock& oplock : model_.oplocks()) {
            if (oplock.breaking) continue;
            if (!relations(model_, irp_, oplock).has(Relation::ancestor)) continue;
            const auto decision = decide(model_, irp_, oplock, Relation::ancestor, false);
            if (decision) moment_.missing.push_back({&oplock, *decision, Relation::ancestor});
        }
    }

    void consider_breaking(const KnownOplock& oplock) {
        if (has_option(irp_, engine::FILE_COMPLETE_IF_OPLOCKED)) return;
        // A create that was released has one retry, whatever broke meanwhile (SC-014).
        if (violation_ && irp_.released) return;
        if (irp_.pended && changes_names()) return;
        if (outside_the_file() || !surely_waits_for(oplock)) return;
        if (!model_.being_acknowledged(oplock)) moment_.unanswered.push_back(&oplock);
    }

    [[nodiscard]] bool surely_waits_for(const KnownOplock& breaking) const {
        for (const Relation relation : relations(model_, irp_, breaking)) {
            if (relation == Relation::renamed_file) continue;
            const bool other = relation == Relation::cross_stream;
            if (other && (irp_.pended || !is_open(irp_.place.stream))) continue;
            const auto decision = decide(model_, irp_, breaking, relation, violation_);
            if (decision && decision->waits) return true;
        }
        return false;
    }

    // Nothing is zeroed that is not surely there, and locks beyond it may be exempt (SC-030).
    [[nodiscard]] bool outside_the_file() const {
        const bool exempt = irp_.request.kind == RequestKind::lock &&
                            model_.semantics().lock_beyond_allocation_exempt;
        return (exempt || irp_.request.kind == RequestKind::set_zero_data) &&
               irp_.request.offset >=
                   model_.names().stream(irp_.place.stream).size_at_least;
    }

    void consider_granted(const KnownOplock& oplock) {
        for (const Relation relation : relations(model_, irp_, oplock)) {
            const auto decision = decide(model_, irp_, oplock, relation, violation_);
            if (!decision || !is_sure(oplock, relation)) continue;
            moment_.missing.push_back({&oplock, *decision, relation});
            return;
        }
    }

    // Leaves out what depends on facts that the model does not have.
    [[nodiscard]] bool is_sure(const KnownOplock& oplock, Relation relation) const {
        if (relation == Relation::renamed_file || relation == Relation::parent_directory) {
            return false;
        }
        if (violation_) {
            return (relation == Relation::same_stream || is_open(irp_.place.stream)) &&
                   is_sure_in_violation(oplock);
        }
        if (relation == Relation::replaced && target_may_be_gone()) return false;
        // What comes first is not looked at again after a wait for what comes later.
        if (irp_.pended && (relation == Relation::cross_stream || changes_names())) return false;
        const std::uint64_t size = model_.names().stream(irp_.place.stream).size_at_least;
        switch (irp_.request.kind) {
            case RequestKind::set_zero_data: return !outside_the_file();
            case RequestKind::lock:
                if (irp_.pended) return false;
                return !model_.semantics().lock_beyond_allocation_exempt ||
                       irp_.request.offset < size;
            case RequestKind::create:
            case RequestKind::close_handle:
            case RequestKind::duplicate_handle:
            case RequestKind::read:
            case RequestKind::write:
            case RequestKind::flush:
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
            case RequestKind::oplock_fsctl:
            case RequestKind::create_section:
            case RequestKind::close_section: return true;
        }
        return true;
    }

    [[nodiscard]] bool target_may_be_gone() const {
        const sim::Path* const path = model_.path(irp_.request.path);
        const LinkNumber link =
            path != nullptr ? model_.names().find_target(*path).link : kNothing;
        return link == kNothing || model_.names().link(link).delete_doubtful;
    }

    [[nodiscard]] bool changes_names() const {
        const RequestKind kind = irp_.request.kind;
        return kind == RequestKind::rename || kind == RequestKind::link ||
               kind == RequestKind::set_short_name;
    }

    // A named stream that is not there yet is no reason to reach over to another.
    [[nodiscard]] bool is_open(StreamNumber stream) const {
        return model_.opens_of(model_.names().stream(stream).file).any(
            [&](const KnownOpen& open) { return !open.cleaned_up && open.stream == stream; });
    }

    // A create that waited may have used its one retry (SC-014).
    [[nodiscard]] bool is_sure_in_violation(const KnownOplock& oplock) const {
        if (irp_.pended) return false;
        const bool batch = oplock.type == OplockType::batch || oplock.type == OplockType::filter;
        const bool all = oplock.type != OplockType::read_handle ||   // SC-015
                         model_.semantics().rh_conflict_scope ==
                             engine::RhConflictScope::all_different_key;
        return batch || (all && caches_handles(oplock.type));
    }

    void consider_directories() {
        if (!irp_.known_place || model_.oplocks().empty()) return;
        for (const FileNumber directory : changed_directories(model_, irp_, event_)) {
            for (const KnownOplock& oplock : model_.oplocks()) {
                if (oplock.file != directory || oplock.breaking) continue;
                if (model_.names().stream(oplock.stream).name.value != 0) continue;
                const auto decision =
                    decide(model_, irp_, oplock, Relation::parent_directory, false);
                if (!decision) continue;
                moment_.missing.push_back({&oplock, *decision, Relation::parent_directory});
            }
        }
    }

    Moment& moment_;
    const Observation& model_;
    const KnownIrp& irp_;
    const TraceEvent& event_;
    bool violation_ = false;
};

// Everything that earlier events set off is over when somebody starts something new.
bool settles(const Observation& model, const TraceEvent& event) {
    switch (event.kind) {
        case TraceEventKind::issue:
        case TraceEventKind::cancel:
        case TraceEventKind::advance:
        case TraceEventKind::pause:
        case TraceEventKind::cached: return true;
        case TraceEventKind::resume: return !model.has_exited(event.thread);   // else it is ending
        case TraceEventKind::pend:
        case TraceEventKind::complete:
        case TraceEventKind::thread_exit:
        case TraceEventKind::process_exit:
        case TraceEventKind::volume:
        case TraceEventKind::caching:
        case TraceEventKind::wait:
        case TraceEventKind::release:
        case TraceEventKind::oplock: return false;
    }
    return false;
}

}  // namespace

bool is_oplock_fsctl(const KnownIrp& irp) {
    return irp.request.kind == RequestKind::oplock_fsctl;
}

bool takes_handles(const Moment& moment) {
    if (!moment.notice || moment.notice->kind != NoticeKind::right) return false;
    const KnownIrp& cause = *moment.notice->cause;
    return moment.notice->sure && cause.request.kind == RequestKind::create &&
           caches_handles(moment.oplock->type) && moment.model.sharing_conflict(cause);
}

bool Moment::operation_completes() const {
    return is(TraceEventKind::complete) && irp != nullptr && !is_oplock_fsctl(*irp);
}

bool Moment::operation_pends() const {
    return is(TraceEventKind::pend) && irp != nullptr && !is_oplock_fsctl(*irp);
}

OplockList awaited(const Observation& model, const KnownIrp& irp) {
    OplockList found;
    const bool violation =
        irp.request.kind == RequestKind::create && model.sharing_conflict(irp);
    for (const KnownOplock& oplock : model.oplocks()) {
        if (!oplock.breaking) continue;
        // The violation that a create met may be gone, and it waits all the same; for every break
        // that is under way, whoever is in its way (SC-087).
        const bool conflict = irp.conflict || irp.released || violation;
        const bool waits = waits_for(model, irp, oplock, false) ||
                           waits_for(model, irp, oplock, conflict);
        if (waits) found.push_back(&oplock);
    }
    return found;
}

MissingTopic topic_of(const Moment& moment, const Obligation& missing) {
    const KnownIrp& irp = *moment.irp;
    const OplockType held = missing.oplock->type;
    const bool exclusive = engine::is_exclusive(held);
    if (has_option(irp, engine::FILE_OPEN_REQUIRING_OPLOCK)) return MissingTopic::requiring_oplock;
    if (moment.event->status == NtStatus::STATUS_SHARING_VIOLATION) {
        return caches_handles(held) ? MissingTopic::handle_after_sharing
                                    : MissingTopic::batch_before_sharing;
    }
    if (missing.relation == Relation::parent_directory) return MissingTopic::directory;
    if (missing.relation == Relation::cross_stream) return MissingTopic::other_stream;
    if (irp.request.kind == RequestKind::lock && !exclusive) return MissingTopic::byte_range_lock;
    if (!irp.pended) return MissingTopic::table;
    // An acknowledgment that kept something is no new grant.
    const KnownIrp* const request = moment.model.irp(missing.oplock->irp);
    const bool kept = request != nullptr &&
                      fsctl_kind(request->request.fsctl) == FsctlKind::acknowledgment;
    const bool meanwhile = missing.oplock->granted.value > irp.issued.value && !kept;
    return meanwhile ? MissingTopic::granted_meanwhile : MissingTopic::after_waiting;
}

bool asks_for_maximum(const Observation& model, const KnownIrp& create, FileNumber file) {
    if (create.request.kind != RequestKind::create) return false;
    return (create.request.access & engine::MAXIMUM_ALLOWED) != 0 ||
           model.opens_of(file).any([](const KnownOpen& open) {
               return (open.access & engine::MAXIMUM_ALLOWED) != 0;
           });
}

bool stands_in_the_way(const KnownLock& lock, const KnownIrp& irp) {
    const sim::Request& request = irp.request;
    const bool wants_lock = request.kind == RequestKind::lock;
    const bool exclusive = wants_lock ? request.exclusive : request.kind == RequestKind::write;
    if (lock.stream != irp.place.stream || (lock.offset == 0 && lock.length == 0)) return false;
    const std::uint64_t last = request.offset + request.length - 1;
    const std::uint64_t last_locked = lock.offset + lock.length - 1;
    if (request.offset > last_locked || last < lock.offset) return false;
    if (!lock.exclusive) return exclusive;
    if (lock.open != irp.open || lock.lock_key != request.lock_key) return true;
    return exclusive && wants_lock;
}

bool waits_for_something_else(const Observation& model, const KnownIrp& irp) {
    if (irp.request.kind == RequestKind::lock) {
        return std::ranges::any_of(model.locks(), [&](const KnownLock& lock) {
            return stands_in_the_way(lock, irp);
        });
    }
    if (irp.request.kind != RequestKind::create) return false;
    if (!irp.conflict && !model.sharing_conflict(irp)) return false;
    const sim::OplockKey key = irp.request.target_key;
    return model.opens_of(irp.place.file).any([&](const KnownOpen& open) {
        const bool own = key.value != 0 && open.target_key == key;
        return open.reserved && !own && open.stream == irp.place.stream;
    });
}

namespace {

Occasions settling(const Observation& model) {
    return (model.any_cancelled() ? on::kCancelledLeft : 0) |
           (model.any_orphan() ? on::kOrphanLeft : 0) |
           (model.late().empty() ? 0 : on::kLate);
}

bool any_break(const Observation& model) {
    return std::ranges::any_of(model.oplocks(), &KnownOplock::breaking);
}

Occasions of_oplocks(const Observation& model, const KnownIrp& irp) {
    Occasions found = 0;
    if (!irp.known_place) return found;
    for (const KnownOplock& oplock : model.oplocks()) {
        if (oplock.file != irp.place.file) continue;
        if (oplock.stream != irp.place.stream) {
            found |= on::kMeetsOtherStream;
        } else {
            found |= oplock.breaking ? on::kMeetsBreak : on::kMeetsGranted;
        }
    }
    return found;
}

Occasions of_create(const Observation& model, const TraceEvent& event, const KnownIrp& create) {
    return on::kCreateCompletes | (any_break(model) ? on::kSeesBesideBreak : 0) |
           (engine::nt_success(event.status) ? on::kCreateSucceeds : on::kCreateFails) |
           (create.pended ? on::kWaiterCompletes : 0);
}

// A pend or completion of an outstanding IRP that is no oplock FSCTL.
Occasions of_operation(const Observation& model, const TraceEvent& event, const KnownIrp& irp) {
    constexpr sim::CreateOptions kOptions = engine::FILE_COMPLETE_IF_OPLOCKED |
                                            engine::FILE_RESERVE_OPFILTER |
                                            engine::FILE_OPEN_REQUIRING_OPLOCK;
    Occasions found = of_oplocks(model, irp);
    if (has_option(irp, kOptions)) found |= on::kOplockOption;
    if (event.kind == TraceEventKind::pend) return found | on::kOperationPends;
    if (irp.request.kind == RequestKind::create) return found | of_create(model, event, irp);
    found |= on::kOperationEnds;
    if (!engine::nt_success(event.status)) found |= on::kOperationFails;
    if (irp.pended) found |= on::kWaiterCompletes;
    if (irp.request.kind == RequestKind::rename) found |= on::kRenameCompletes;
    if (irp.request.kind == RequestKind::lock) found |= on::kLockCompletes;
    if (irp.request.kind == RequestKind::unlock) found |= on::kUnlockCompletes;
    if (irp.request.kind == RequestKind::write) found |= on::kWriteCompletes;
    if (irp.request.kind != RequestKind::read) return found;
    return found | on::kReadCompletes | (any_break(model) ? on::kSeesBesideBreak : 0);
}

Occasions of_answer(AnswerTopic topic) {
    switch (topic) {
        case AnswerTopic::none: return 0;
        case AnswerTopic::grant: return on::kGrantAnswer;
        case AnswerTopic::synchronous: return on::kSynchronousAnswer;
        case AnswerTopic::byte_range_lock: return on::kByteRangeLockAnswer;
        case AnswerTopic::directory: return on::kDirectoryAnswer;
        case AnswerTopic::acknowledgment: return on::kAcknowledgmentAnswer;
        case AnswerTopic::notification: return on::kNotificationAnswer;
    }
    return 0;
}

// A pend or completion of an outstanding oplock FSCTL.
Occasions of_fsctl(const Moment& moment) {
    const KnownIrp& irp = *moment.irp;
    const bool pends = moment.is(TraceEventKind::pend);
    Occasions found = pends ? on::kFsctlPends : 0;
    if (moment.answer) found |= of_answer(irp.expected.topic);
    if (pends) return found;
    const bool at_once =
        moment.answer && moment.event->status == NtStatus::STATUS_SUCCESS;
    const bool ends = irp.pended && fsctl_kind(irp.request.fsctl) == FsctlKind::notification;
    return found | (at_once ? on::kSuccessAtOnce : 0) | (ends ? on::kNotificationEnds : 0);
}

Occasions of_completion(const Moment& moment) {
    const NtStatus status = moment.event->status;
    const bool refused = status == NtStatus::STATUS_FILE_LOCK_CONFLICT ||
                         status == NtStatus::STATUS_LOCK_NOT_GRANTED;
    const bool cancelled = moment.irp->cancelled || status == NtStatus::STATUS_CANCELLED;
    const bool in_progress = status == NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS;
    return (engine::nt_success(status) ? 0 : on::kFailure) | (refused ? on::kLockRefused : 0) |
           (cancelled ? on::kCancelled : 0) | (in_progress ? on::kInProgress : 0) |
           (moment.unanswered.empty() ? 0 : on::kUnanswered) |
           (moment.oplock != nullptr ? on::kRequestCompletes : 0) |
           (moment.notice ? on::kNotice : 0);
}

Occasions of_issue(const Observation& model, const TraceEvent& event) {
    const bool answers = event.request_kind == RequestKind::close_handle ||
                         event.request_kind == RequestKind::oplock_fsctl;
    return (model.irp(event.irp) != nullptr ? on::kMisplaced : 0) |
           (model.is_in_call(event.thread) ? on::kIssueInCall : 0) |
           (any_break(model) ? on::kIssueBesideBreak : 0) |
           (answers && model.caches().any() ? on::kCacheIssues : 0);
}

Occasions occasions_of(const Moment& moment) {
    const TraceEvent& event = *moment.event;
    const Occasions settled = moment.settles ? settling(moment.model) : 0;
    if (event.kind == TraceEventKind::issue) return settled | of_issue(moment.model, event);
    if (event.kind == TraceEventKind::advance) return settled | on::kAdvance;
    if (event.kind == TraceEventKind::cached) return settled | on::kCached;
    const bool pends = event.kind == TraceEventKind::pend;
    if (!pends && event.kind != TraceEventKind::complete) return settled;
    Occasions found = settled | (pends ? on::kPend : on::kComplete);
    if (moment.irp == nullptr || (pends && moment.irp->pended)) found |= on::kMisplaced;
    if (moment.irp == nullptr) return found;
    if (!pends) found |= of_completion(moment);
    return found | (is_oplock_fsctl(*moment.irp)
                        ? of_fsctl(moment)
                        : of_operation(moment.model, event, *moment.irp));
}

// What the moment is about, and what the table says of it.
void prepare(Moment& moment) {
    const Observation& model = moment.model;
    const TraceEvent& event = *moment.event;
    moment.irp = model.irp(event.irp);
    if (moment.irp == nullptr || event.kind == TraceEventKind::cancel) return;
    if (event.kind == TraceEventKind::complete) moment.oplock = model.oplock_of(event.irp);
    if (moment.oplock != nullptr) {
        moment.owner = model.open(moment.oplock->open);
        const bool open = moment.owner != nullptr && !moment.owner->cleaned_up;
        if (open && event.status == NtStatus::STATUS_SUCCESS && !model.exiting()) {
            judge_notice(moment);
        }
        return;
    }
    if (is_oplock_fsctl(*moment.irp)) {
        const bool pends = event.kind == TraceEventKind::pend;
        if (!moment.irp->pended) moment.answer = pends ? kPends : answer_of(event.status);
        return;
    }
    if (event.kind == TraceEventKind::complete) ObligationReading(moment).read();
}

}  // namespace

Moment moment_of(const Observation& model, const TraceEvent& event, std::size_t step) {
    Moment moment(model);
    moment.event = &event;
    moment.step = step;
    moment.settles = settles(model, event);
    const bool about_irp = event.kind == TraceEventKind::pend ||
                           event.kind == TraceEventKind::complete ||
                           event.kind == TraceEventKind::cancel;
    if (about_irp) prepare(moment);
    moment.occasions = occasions_of(moment);
    return moment;
}

Moment end_of(const Observation& model, std::size_t step) {
    Moment moment(model);
    moment.step = step;
    moment.settles = true;
    moment.occasions = settling(model);
    return moment;
}

}  // namespace oplocksim::conformance
