#include "conformance/rules/decision.h"

namespace oplocksim::conformance {
namespace {

using engine::OplockType;
using sim::RequestKind;
using Decision = std::optional<BreakDecision>;

constexpr BreakDecision silent(std::string_view clause) {
    return {OplockType::none, false, false, clause};
}
constexpr BreakDecision owed(OplockType to, std::string_view clause) {
    return {to, true, false, clause};
}
constexpr BreakDecision waited(OplockType to, std::string_view clause) {
    return {to, true, true, clause};
}

// Access that the Filter row calls writable.
bool writable(sim::AccessMask access) {
    constexpr sim::AccessMask kNotWritable =
        engine::FILE_READ_ATTRIBUTES | engine::FILE_WRITE_ATTRIBUTES | engine::FILE_READ_DATA |
        engine::FILE_READ_EA | engine::FILE_EXECUTE | engine::SYNCHRONIZE | engine::READ_CONTROL;
    return (mapped(access) & ~kNotWritable) != 0;
}

bool filter_breaks(const Observation& model, const sim::Request& create, bool destroys) {
    const bool shares_read = (create.share & engine::FILE_SHARE_READ) != 0;
    // SC-009: where what a disposition implies counts as asked for, overwriting is writing.
    const bool asks_to_write =
        writable(create.access) || (!model.semantics().attr_only_overwrite_exempt && destroys);
    switch (model.semantics().filter_create_rule) {
        case engine::FilterCreateRule::writable_and_not_share_read:
            return asks_to_write && !shares_read;
        case engine::FilterCreateRule::writable_or_not_share_read:
            return asks_to_write || !shares_read;
        case engine::FilterCreateRule::writable: return asks_to_write || destroys;
    }
    return false;
}

// Write, zero data, a change of size: everything goes to None.
Decision break_to_none(OplockType held, std::string_view level_2, std::string_view read,
                       std::string_view read_handle, std::string_view exclusive) {
    switch (held) {
        case OplockType::none: return {};
        case OplockType::level_2: return silent(level_2);
        case OplockType::read: return silent(read);
        case OplockType::read_handle: return owed(OplockType::none, read_handle);
        case OplockType::level_1:
        case OplockType::batch:
        case OplockType::filter:
        case OplockType::read_write:
        case OplockType::read_write_handle: return waited(OplockType::none, exclusive);
    }
    return {};
}

Decision on_write(OplockType held) {
    return break_to_none(held, "WRITE-L2-ALWAYS", "WRITE-R-NO-ACK", "WRITE-RH-ACK-NO-WAIT",
                         "WRITE-EXCLUSIVE-ACK");
}

Decision on_size_change(OplockType held) {
    return break_to_none(held, "SETINFO-SIZE-L2-ALWAYS", "SETINFO-SIZE-R-NO-ACK",
                         "SETINFO-SIZE-RH-ACK-NO-WAIT", "SETINFO-SIZE-EXCLUSIVE-ACK");
}

Decision on_zero_data(OplockType held) {
    return break_to_none(held, "FSCTL-L2-ALWAYS", "FSCTL-R-NO-ACK", "FSCTL-RH-ACK-NO-WAIT",
                         "FSCTL-EXCLUSIVE-ACK");
}

Decision on_read(OplockType held) {
    switch (held) {
        case OplockType::none:
        case OplockType::level_2:
        case OplockType::filter:
        case OplockType::read:
        case OplockType::read_handle: return {};
        case OplockType::level_1:
        case OplockType::batch: return waited(OplockType::level_2, "READ-L1-BATCH-TO-LEVEL-2");
        case OplockType::read_write: return waited(OplockType::read, "READ-RW-TO-READ");
        case OplockType::read_write_handle:
            return waited(OplockType::read_handle, "READ-RWH-TO-READ-HANDLE");
    }
    return {};
}

Decision on_lock(const Observation& model, OplockType held) {
    switch (held) {
        case OplockType::none:
        case OplockType::filter: return {};
        case OplockType::level_2: return silent("LOCK-L2-ALWAYS");
        case OplockType::read: return silent("LOCK-R-NO-ACK");
        case OplockType::read_handle: return owed(OplockType::none, "LOCK-RH-ACK-NO-WAIT");
        case OplockType::read_write_handle:
            if (!model.semantics().lock_vs_rwh_waits) {
                return owed(OplockType::none, "LOCK-RWH-ACK");
            }
            return waited(OplockType::none, "LOCK-RWH-ACK");
        case OplockType::level_1:
        case OplockType::batch:
        case OplockType::read_write: return waited(OplockType::none, "LOCK-EXCLUSIVE-ACK");
    }
    return {};
}

// Handle caching alone is lost.
Decision lose_handle(OplockType held, std::string_view read_handle, std::string_view exclusive) {
    if (held == OplockType::read_handle) return waited(OplockType::read, read_handle);
    if (held == OplockType::read_write_handle) return waited(OplockType::read_write, exclusive);
    return {};
}

// Rename, short name, a link that replaces; of the file or of a directory above it.
Decision on_name_change(OplockType held) {
    if (held == OplockType::batch || held == OplockType::filter) {
        return waited(OplockType::none, "SETINFO-NAME-BATCH-FILTER-TO-NONE");
    }
    return lose_handle(held, "SETINFO-NAME-RH-TO-READ", "SETINFO-NAME-RWH-TO-READ-WRITE");
}

Decision on_section(const Observation& model, const sim::Request& request, OplockType held) {
    if (!model.semantics().writable_section_breaks || !is_writable_section(request)) return {};
    if (!engine::is_granular(held)) return {};
    return silent("SECTION-GRANULAR-TO-NONE");
}

// The rows of the create article for an open that met no sharing violation.
Decision on_open(const Observation& model, const KnownIrp& irp, OplockType held) {
    const bool reserve = has_option(irp, engine::FILE_RESERVE_OPFILTER);
    const bool destroys = engine::overwrites(irp.request.disposition);
    const bool to_none = reserve || destroys;
    switch (held) {
        case OplockType::none: return {};
        case OplockType::level_1:
            if (to_none) return waited(OplockType::none, "CREATE-L1-TO-NONE");
            return waited(OplockType::level_2, "CREATE-L1-TO-LEVEL-2");
        case OplockType::batch:
            if (to_none) return waited(OplockType::none, "CREATE-BATCH-TO-NONE");
            return waited(OplockType::level_2, "CREATE-BATCH-TO-LEVEL-2");
        case OplockType::filter:
            if (!reserve && !filter_breaks(model, irp.request, destroys)) return {};
            return waited(OplockType::none, "CREATE-FILTER-TO-NONE");
        case OplockType::level_2:
            if (!to_none) return {};
            return silent("CREATE-L2-OVERWRITE");
        case OplockType::read:
            if (!to_none) return {};
            return silent("CREATE-R-OVERWRITE");
        case OplockType::read_handle:
            if (!to_none) return {};
            return owed(OplockType::none, "CREATE-RH-OTHER-NO-WAIT");
        case OplockType::read_write:
            if (to_none) return waited(OplockType::none, "CREATE-RW-TO-NONE");
            return waited(OplockType::read, "CREATE-RW-TO-READ");
        case OplockType::read_write_handle:
            if (to_none) return waited(OplockType::none, "CREATE-RWH-TO-NONE");
            return waited(OplockType::read_handle, "CREATE-RWH-TO-READ-HANDLE");
    }
    return {};
}

Decision on_create(const Observation& model, const KnownIrp& irp, OplockType held,
                   bool conflict) {
    if (exempt_open(model, irp, held)) return {};
    if (!conflict || held == OplockType::batch || held == OplockType::filter) {
        return on_open(model, irp, held);
    }
    const bool to_none = has_option(irp, engine::FILE_RESERVE_OPFILTER) ||
                         engine::overwrites(irp.request.disposition);
    const bool at_once = model.semantics().handle_conflict_overwrite ==
                         engine::HandleConflictOverwrite::single_break_to_none;
    if (to_none && at_once && caches_handles(held)) {
        return waited(OplockType::none, "CREATE-CONFLICT-OVERWRITE");
    }
    return lose_handle(held, "CREATE-RH-TO-READ", "CREATE-RWH-TO-READ-WRITE");
}

Decision on_cross_stream(const Observation& model, const KnownIrp& irp, OplockType held) {
    if (!reaches_over(model, irp, held)) return {};
    return on_create(model, irp, held, false);
}

Decision on_same_stream(const Observation& model, const KnownIrp& irp, OplockType held,
                        bool conflict) {
    const sim::Request& request = irp.request;
    const engine::Semantics& semantics = model.semantics();
    const KnownOpen* const own = model.open(irp.open);
    switch (request.kind) {
        case RequestKind::create: return on_create(model, irp, held, conflict);
        case RequestKind::read:
            if (request.length == 0 || (own != nullptr && own->transacted)) return {};
            return on_read(held);
        case RequestKind::write:
            if (request.length == 0 || request.paging_io) return {};
            return on_write(held);
        case RequestKind::lock: return on_lock(model, held);
        case RequestKind::unlock:
            if (!semantics.unlock_checks_oplock) return {};
            return on_lock(model, held);
        case RequestKind::flush:
            if (!semantics.flush_breaks_write_caching) return {};
            return on_read(held);
        case RequestKind::set_end_of_file:
            if (request.lazy_writer) return {};
            return on_size_change(held);
        case RequestKind::set_allocation:
        case RequestKind::set_valid_data_length: return on_size_change(held);
        case RequestKind::set_zero_data:
            if (request.length == 0) return {};
            return on_zero_data(held);
        case RequestKind::rename:
        case RequestKind::set_short_name: return on_name_change(held);
        case RequestKind::set_disposition:
            if (!request.delete_file) return {};
            return lose_handle(held, "SETINFO-DELETE-RH-TO-READ",
                               "SETINFO-DELETE-RWH-TO-READ-WRITE");
        case RequestKind::set_security:
            if (!semantics.set_security_breaks_handle) return {};
            return lose_handle(held, "SECURITY-BREAKS-HANDLE", "SECURITY-BREAKS-HANDLE");
        case RequestKind::create_section: return on_section(model, request, held);
        case RequestKind::close_handle: {
            const bool at_cleanup = semantics.delete_on_close_breaks_handle ==
                                    engine::DeleteOnCloseBreaksHandle::at_cleanup;
            if (!at_cleanup || own == nullptr || !own->cleaned_up) return {};
            if ((own->options & engine::FILE_DELETE_ON_CLOSE) == 0) return {};
            Decision lost = lose_handle(held, "FSRTL-CLOSING-DELETE-ON-CLOSE",
                                        "FSRTL-CLOSING-DELETE-ON-CLOSE");
            if (lost) lost->waits = false;
            return lost;
        }
        case RequestKind::oplock_fsctl: {
            // An exclusive legacy request displaces Level 2 (granting article, SC-066).
            const OplockType wanted = requested_type(request.fsctl);
            const bool displaces = fsctl_kind(request.fsctl) == FsctlKind::request &&
                                   engine::is_exclusive(wanted) && !engine::is_granular(wanted);
            if (!displaces || held != OplockType::level_2) return {};
            return silent("GRANT-L1-OVER-L2");
        }
        case RequestKind::duplicate_handle:
        case RequestKind::link:
        case RequestKind::set_basic_information:
        case RequestKind::set_encryption:
        case RequestKind::close_section: return {};
    }
    return {};
}

// SC-047: what an enumeration of the directory shows has changed.
Decision on_content_change(OplockType held) {
    if (held == OplockType::read) return silent("DIR-CHANGE-BREAKS-TO-NONE");
    if (held == OplockType::read_handle) {
        return owed(OplockType::none, "DIR-CHANGE-BREAKS-TO-NONE");
    }
    return {};
}

bool may_change_directory(const KnownIrp& irp) {
    switch (irp.request.kind) {
        case RequestKind::create: return irp.request.disposition != sim::CreateDisposition::FILE_OPEN;
        case RequestKind::set_end_of_file: return !irp.request.lazy_writer;
        case RequestKind::close_handle:
        case RequestKind::rename:
        case RequestKind::link:
        case RequestKind::set_short_name:
        case RequestKind::set_allocation:
        case RequestKind::set_valid_data_length:
        case RequestKind::set_basic_information:
        case RequestKind::set_encryption: return true;
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
        case RequestKind::close_section: return false;
    }
    return false;
}

bool changes_names(RequestKind kind) {
    return kind == RequestKind::rename || kind == RequestKind::set_short_name;
}

}  // namespace

bool has_option(const KnownIrp& irp, sim::CreateOptions option) {
    return irp.request.kind == RequestKind::create && (irp.request.options & option) != 0;
}

bool caches_handles(OplockType type) {
    return type == OplockType::read_handle || type == OplockType::read_write_handle;
}

bool reaches_over(const Observation& model, const KnownIrp& irp, OplockType held) {
    if (held != OplockType::batch && held != OplockType::filter) return false;
    if (!model.semantics().cross_stream_batch_filter) return false;
    if (!engine::overwrites(irp.request.disposition)) return false;
    const bool primary = model.names().stream(irp.place.stream).name.value == 0;
    const bool deletes = (mapped(irp.request.access) & engine::DELETE) != 0;
    const bool shares_delete = (irp.request.share & engine::FILE_SHARE_DELETE) != 0;
    return primary ? deletes : !shares_delete;
}

bool is_writable_section(const sim::Request& request) {
    return (request.page_protection & (sim::PAGE_READWRITE | sim::PAGE_EXECUTE_READWRITE)) != 0;
}

bool exempt_open(const Observation& model, const KnownIrp& irp, OplockType held) {
    if (has_option(irp, engine::FILE_RESERVE_OPFILTER)) return false;
    const engine::Semantics& semantics = model.semantics();
    if (!semantics.attr_only_overwrite_exempt && engine::overwrites(irp.request.disposition)) {
        return false;
    }
    sim::AccessMask access = mapped(irp.request.access);
    if (semantics.read_control_open_exempt_granular && engine::is_granular(held)) {
        access &= ~engine::READ_CONTROL;
    }
    return attribute_only(access);
}

Relations relations(const Observation& model, const KnownIrp& irp, const KnownOplock& oplock) {
    Relations found;
    if (!irp.known_place) return found;
    const KnownNames& names = model.names();
    const FileNumber held = oplock.file;
    const RequestKind kind = irp.request.kind;
    const bool same_file = held == irp.place.file;
    if (oplock.stream == irp.place.stream) found.add(Relation::same_stream);
    if (same_file && oplock.stream != irp.place.stream) {
        // From the main stream to the others, or the other way.
        const bool main = names.stream(irp.place.stream).name.value == 0 ||
                          names.stream(oplock.stream).name.value == 0;
        if (kind == RequestKind::create && main) found.add(Relation::cross_stream);
        if (changes_names(kind)) found.add(Relation::renamed_file);
    }
    // [MS-FSA] 2.1.4.2: opens by the very name that is below the directory.
    const bool below = changes_names(kind) &&
                       model.opens_of(held).any([&](const KnownOpen& open) {
                           return !open.cleaned_up &&
                                  names.is_link_below(open.link, irp.place.file);
                       });
    if (below) found.add(Relation::ancestor);
    KnownNames::Target target;
    if (kind == RequestKind::rename || kind == RequestKind::link) {
        const sim::Path* const path = model.path(irp.request.path);
        if (path != nullptr && !path->names_stream) target = names.find_target(*path);
    }
    if (target.link != kNothing && names.link(target.link).file == held && !same_file) {
        found.add(Relation::replaced);
    }
    const bool changes_content = may_change_directory(irp) &&
                                 names.is_directory(oplock.stream) != Known::no &&
                                 (target.parent == held || names.is_parent(held, irp.place.file));
    if (changes_content) found.add(Relation::parent_directory);
    return found;
}

Decision table(const Observation& model, const KnownIrp& irp, OplockType held, Relation relation,
               bool conflict) {
    switch (relation) {
        case Relation::same_stream: return on_same_stream(model, irp, held, conflict);
        case Relation::cross_stream: return on_cross_stream(model, irp, held);
        case Relation::renamed_file:
        case Relation::ancestor: return on_name_change(held);
        case Relation::replaced: {
            if (!irp.request.replace_if_exists) return {};
            if (irp.request.kind == RequestKind::link) return on_name_change(held);
            const bool handle_only = model.semantics().rename_target_open_after_break ==
                                     engine::RenameTargetOpenAfterBreak::access_denied_handle_only;
            return handle_only ? on_name_change(held) : on_size_change(held);
        }
        case Relation::parent_directory: return on_content_change(held);
    }
    return {};
}

bool key_exempts(const Observation& model, const KnownIrp& irp, OplockType held,
                 Relation relation) {
    const engine::Semantics& semantics = model.semantics();
    const RequestKind kind = irp.request.kind;
    if (relation == Relation::parent_directory) return true;
    if (kind == RequestKind::create_section || kind == RequestKind::oplock_fsctl) return false;
    if (kind == RequestKind::create && has_option(irp, engine::FILE_RESERVE_OPFILTER) &&
        semantics.reserve_opfilter_ignores_key) {
        return false;
    }
    if (held != OplockType::level_2) return true;
    return kind == RequestKind::create && !(semantics.level2_create_ignores_key &&
                                            engine::overwrites(irp.request.disposition));
}

bool is_owner(const Observation& model, const KnownIrp& irp, const KnownOplock& oplock,
              Relation relation) {
    if (relation != Relation::parent_directory) return model.same_owner(irp, oplock);
    const KnownOpen* const owner = model.open(oplock.open);
    const sim::OplockKey key = model.parent_key(irp);
    return owner != nullptr && key.value != 0 && key == owner->target_key;
}

Decision decide(const Observation& model, const KnownIrp& irp, const KnownOplock& oplock,
                Relation relation, bool conflict) {
    const bool own = is_owner(model, irp, oplock, relation);
    if (own && key_exempts(model, irp, oplock.type, relation)) return {};
    return table(model, irp, oplock.type, relation, conflict);
}

bool waits_for(const Observation& model, const KnownIrp& irp, const KnownOplock& breaking,
               bool conflict) {
    for (const Relation relation : relations(model, irp, breaking)) {
        const Decision decision = decide(model, irp, breaking, relation, conflict);
        if (decision && decision->waits) return true;
    }
    return false;
}

bool needs_more_than_told(const Observation& model, const KnownIrp& irp,
                          const KnownOplock& breaking) {
    for (const Relation relation : relations(model, irp, breaking)) {
        for (const bool conflict : {false, true}) {
            const Decision decision = decide(model, irp, breaking, relation, conflict);
            if (!decision || decision->to == breaking.told) continue;
            return true;
        }
    }
    return false;
}

}  // namespace oplocksim::conformance
