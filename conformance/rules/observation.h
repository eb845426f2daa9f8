// The observation model: what somebody who sees only the events of a run knows about it.
//
// Built from issue, pend, complete, cancel, exit and clock events; the oplock package is never
// asked. It knows who has what open and how, which IRPs are outstanding, which requests were
// granted (they pended), which breaks were notified (they completed) and are still to be
// acknowledged, byte-range locks, writable sections, and enough of names to say which operations
// concern which stream.
//
// A regular value: copyable, comparable, with a fingerprint. A Step takes no part in comparison,
// and in the fingerprint only as far as it decides: an oplock that was granted while an operation
// waited.
//
// Invariants:
//   O1  an oplock refers to an open, and an IRP to an open, that is listed;
//   O2  a breaking oplock was told its level, and owes an acknowledgment; one that owes none is no
//       longer listed once it was told;
//   O3  an open is listed while it has a handle, an IRP or an oplock;
//   O4  an open is on the chain of its file; the slot of a free number counts as cleaned up.
//
// Speed: an event costs what concerns its own file and thread, and allocates nothing in the usual
// case. Opens are found by number, those of a file by a chain; what is to be swept is noted when
// it comes about, so that nobody looks for it in vain.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "conformance/rules/caches.h"
#include "conformance/rules/contents.h"
#include "conformance/rules/granting.h"
#include "conformance/rules/id_table.h"
#include "conformance/rules/known_names.h"
#include "conformance/rules/presence.h"
#include "engine/oplock.h"
#include "engine/semantics.h"
#include "engine/small_vector.h"
#include "sim/names.h"
#include "sim/trace.h"

namespace oplocksim::sim {
class CanonicalIds;
class FingerprintMixer;
}  // namespace oplocksim::sim

namespace oplocksim::conformance {

// The number of an event: for messages, and to say which of two things came first.
struct Step {
    std::size_t value = 0;
    bool operator==(const Step&) const { return true; }
};

// A FILE_OBJECT. Duplicated handles share one.
using OpenNumber = std::uint32_t;
inline constexpr OpenNumber kNoOpen = 0;

struct KnownOpen {
    OpenNumber number = kNoOpen;
    sim::ProcessId process;           // that opened it
    StreamNumber stream = 0;
    FileNumber file = 0;
    LinkNumber link = kNothing;
    std::uint32_t handles = 0;        // that are not closed
    sim::AccessMask access = 0;       // as asked for, generic rights mapped
    sim::AccessMask sharing = 0;      // and what the disposition implies
    sim::ShareAccess share = 0;
    sim::CreateOptions options = 0;
    sim::OplockKey target_key;
    sim::OplockKey parent_key;
    bool transacted = false;
    bool reserved = false;            // FILE_OPEN_REQUIRING_OPLOCK, no oplock request yet
    bool cleaned_up = false;          // the last handle is closed
    OpenNumber previous = kNoOpen;    // on the chain of its file
    OpenNumber next = kNoOpen;
    bool operator==(const KnownOpen&) const = default;
};

struct KnownHandle {
    sim::HandleId handle;
    sim::ProcessId process;
    OpenNumber open = kNoOpen;
    [[nodiscard]] std::uint32_t number() const { return handle.value; }
    bool operator==(const KnownHandle&) const = default;
};

// An IRP that was issued and is not complete.
struct KnownIrp {
    sim::IrpId irp;
    sim::ThreadId thread;
    sim::ProcessId process;
    sim::Request request;
    OpenNumber open = kNoOpen;        // none: a create, or a handle that is not known
    KnownPlace place;                 // a create: what its path led to; else of its open
    bool known_place = false;
    bool pended = false;
    bool blocked = false;
    bool cancelled = false;           // somebody cancelled it, or its thread or process ended
    bool cancelled_late = false;      // somebody cancelled it, but it may have been released
    bool released = false;            // what it waited for may be over; then it may go on, and may
                                      // wait again, and nobody sees it
    bool overtaken = false;           // who began to wait later may go on before it: it was released
                                      // later, or may wait anew, for a break that came meanwhile
    bool conflict = false;            // a create: it pended with a sharing violation in its way
    bool broke = false;               // it surely caused a break of something but Batch, Filter
    bool took_handles = false;        // a create: such a break took handle caching from somebody
    Expected expected;                // an oplock FSCTL: what it may answer
    Step issued;
    bool operator==(const KnownIrp&) const = default;
};

// A granted oplock, or one whose break is unacknowledged.
struct KnownOplock {
    sim::IrpId irp;                   // of the request, or the acknowledgment that kept it
    OpenNumber open = kNoOpen;
    StreamNumber stream = 0;
    FileNumber file = 0;
    engine::OplockType type = engine::OplockType::none;
    bool breaking = false;            // the owner was told, and owes an acknowledgment
    engine::OplockType told = engine::OplockType::none;
    bool close_pending = false;       // it promised to close instead
    bool deepened = false;            // an operation came that needs more than was told
    bool by_section = false;          // a writable section ended it while it was breaking
    Step granted;
    bool operator==(const KnownOplock&) const = default;
};

struct KnownLock {
    OpenNumber open = kNoOpen;
    StreamNumber stream = 0;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint32_t lock_key = 0;
    bool exclusive = true;
    bool operator==(const KnownLock&) const = default;
};

struct KnownSection {
    sim::SectionId section;
    sim::ProcessId process;
    StreamNumber stream = 0;
    bool writable = false;
    bool operator==(const KnownSection&) const = default;
};

struct KnownThread {
    sim::ThreadId thread;
    sim::ProcessId process;
    bool paused = false;
    bool exited = false;
    std::uint32_t calls = 0;          // that have not returned, or block it
    [[nodiscard]] std::uint32_t number() const { return thread.value; }
    bool operator==(const KnownThread&) const = default;
};

// What a break that did not come belongs to; each is a rule of its own.
enum class MissingTopic : std::uint8_t {
    table,               // the table of the operation
    batch_before_sharing,
    handle_after_sharing,
    byte_range_lock,     // a lock, and a shared oplock
    directory,           // a change of the directory's content
    other_stream,        // a create that reaches over to another stream
    requiring_oplock,    // FILE_OPEN_REQUIRING_OPLOCK succeeded where it had to break
    after_waiting,       // the operation had waited, and went on regardless of what was left
    granted_meanwhile,   // likewise, and the oplock was granted while it waited
};

// An oplock that an operation should have broken before it completed. If the notice comes at once,
// it was late; if not, it is missing.
struct LateNotice {
    sim::IrpId oplock;
    sim::IrpId operation;
    std::string what;                 // "write by process 2 (IRP 7) completes STATUS_SUCCESS"
    std::string_view clause;
    MissingTopic topic = MissingTopic::table;
    bool operator==(const LateNotice&) const = default;
};

// Some of the oplocks of a model, while it does not change.
using OplockList = engine::SmallVector<const KnownOplock*, 8>;

// What set the present events off: the last event that no other caused.
enum class Trigger : std::uint8_t { issue, cancel, advance, pause, resume, exit };

// A view of the opens of one file, in no particular order.
class OpensOfFile {
 public:
    class Iterator {
     public:
        Iterator(const KnownOpen* slots, OpenNumber at) : slots_(slots), at_(at) {}
        const KnownOpen& operator*() const { return slots_[at_ - 1]; }
        Iterator& operator++() {
            at_ = slots_[at_ - 1].next;
            return *this;
        }
        bool operator==(const Iterator& other) const { return at_ == other.at_; }

     private:
        const KnownOpen* slots_;
        OpenNumber at_;
    };

    OpensOfFile(const KnownOpen* slots, OpenNumber first) : slots_(slots), first_(first) {}
    [[nodiscard]] Iterator begin() const { return {slots_, first_}; }
    [[nodiscard]] Iterator end() const { return {slots_, kNoOpen}; }
    template <typename Predicate>
    [[nodiscard]] bool any(Predicate predicate) const {
        for (const KnownOpen& open : *this) {
            if (predicate(open)) return true;
        }
        return false;
    }

 private:
    const KnownOpen* slots_;
    OpenNumber first_;
};

class Observation {
 public:
    using Irps = engine::SmallVector<KnownIrp, 4>;
    using Opens = engine::SmallVector<KnownOpen, 8>;
    using Oplocks = engine::SmallVector<KnownOplock, 4>;
    using Locks = engine::SmallVector<KnownLock, 2>;
    using Sections = engine::SmallVector<KnownSection, 2>;

    Observation(const engine::Semantics& semantics, std::shared_ptr<const sim::Names> names);

    // Takes an observable event into account. Whatever is impossible is ignored.
    void apply(const sim::TraceEvent& event, Step step);

    [[nodiscard]] const engine::Semantics& semantics() const { return semantics_; }
    // Requires: only volume events were taken into account.
    void set_semantics(const engine::Semantics& semantics) { semantics_ = semantics; }
    [[nodiscard]] const KnownNames& names() const { return known_names_; }
    [[nodiscard]] const KnownPresence& presence() const { return presence_; }
    [[nodiscard]] const KnownContents& contents() const { return contents_; }
    [[nodiscard]] const KnownCaches& caches() const { return caches_; }
    // In order of issue.
    [[nodiscard]] const Irps& irps() const { return irps_; }
    // In order of number, with the slots of free numbers, which count as cleaned up.
    [[nodiscard]] const Opens& opens() const { return opens_; }
    [[nodiscard]] OpensOfFile opens_of(FileNumber file) const {
        const bool any = file < first_opens_.size();
        return {opens_.begin(), any ? first_opens_[file] : kNoOpen};
    }
    [[nodiscard]] const IdTable<KnownHandle>& handles() const { return handles_; }
    // In order of granting.
    [[nodiscard]] const Oplocks& oplocks() const { return oplocks_; }
    [[nodiscard]] const Locks& locks() const { return locks_; }
    [[nodiscard]] const Sections& sections() const { return sections_; }
    [[nodiscard]] const IdTable<KnownThread>& threads() const { return threads_; }
    [[nodiscard]] Trigger trigger() const { return trigger_; }
    [[nodiscard]] bool exiting() const { return trigger_ == Trigger::exit; }

    [[nodiscard]] const KnownIrp* irp(sim::IrpId irp) const;
    [[nodiscard]] const KnownOpen* open(OpenNumber open) const;
    // The oplock whose outstanding request is `irp`; null if it has been told of its break.
    [[nodiscard]] const KnownOplock* oplock_of(sim::IrpId irp) const;
    // The one that this open owes an acknowledgment for.
    [[nodiscard]] const KnownOplock* owed_by(OpenNumber open, bool granular) const;
    [[nodiscard]] const sim::Path* path(sim::PathId path) const;
    // The threads that can no longer issue anything until a call returns.
    [[nodiscard]] const KnownIrp* blocking_call(sim::ThreadId thread) const;
    [[nodiscard]] bool is_paused(sim::ThreadId thread) const;
    [[nodiscard]] bool has_exited(sim::ThreadId thread) const;
    // Has a call of this thread not returned, or does one block it?
    [[nodiscard]] bool is_in_call(sim::ThreadId thread) const;
    // May there be an IRP that was cancelled since the last time that everything was over, or an
    // oplock whose owner is closed? If not, there is none.
    [[nodiscard]] bool any_cancelled() const { return any_cancelled_; }
    [[nodiscard]] bool any_orphan() const { return any_orphan_; }

    // Has its owner issued an acknowledgment that is right, and not yet been answered?
    [[nodiscard]] bool being_acknowledged(const KnownOplock& oplock) const;

    // Who issues an IRP, as an owner of oplocks: SC-004.
    [[nodiscard]] bool same_owner(const KnownIrp& irp, const KnownOplock& oplock) const;
    [[nodiscard]] sim::OplockKey target_key(const KnownIrp& irp) const;
    [[nodiscard]] sim::OplockKey parent_key(const KnownIrp& irp) const;
    [[nodiscard]] bool synchronous(const KnownIrp& irp) const;

    // A create that waited, and whose name, file or stream has gone, or is to be deleted: it may be
    // about another file by now (SC-114).
    [[nodiscard]] bool may_have_moved_on(const KnownIrp& irp) const;

    // The same create, about what its name leads to now; without a known place if to nothing.
    [[nodiscard]] KnownIrp with_its_name(const KnownIrp& create) const;

    // Would a create meet a sharing violation now ([MS-FSA] 2.1.5.1.2.1, 2.1.5.1.2.2)? With
    // `only`, one with that open.
    [[nodiscard]] bool sharing_conflict(const KnownIrp& create,
                                        OpenNumber only = kNoOpen) const;

    // Notices that should have come before an operation completed.
    [[nodiscard]] const std::vector<LateNotice>& late() const { return late_; }
    void expect_late(LateNotice notice) { late_.push_back(std::move(notice)); }
    void forget_late(sim::IrpId oplock);
    // It caused a break; `took_handles`: of handle caching, for a sharing violation.
    void mark_cause(sim::IrpId irp, bool took_handles);
    // A released operation broke another oplock, and waits for its acknowledgment.
    void hold_again(sim::IrpId irp);
    // Somebody starts something new: what should have happened by now is no longer waited for, so
    // that it is reported once (RuleSet, R3).
    void settle();

    // Everything that is known, counted: what an event costs grows with it.
    [[nodiscard]] std::size_t size() const {
        return known_names_.size() + irps_.size() + opens_.size() - free_opens_.size() +
               handles_.size() + locks_.size() + sections_.size() + threads_.size();
    }
    // Adds everything that later verdicts depend on: see RuleSet::fingerprint.
    void fingerprint(sim::FingerprintMixer& mixer, sim::CanonicalIds& ids) const;
    bool operator==(const Observation&) const = default;

 private:
    // What an IRP is found by, apart from the IRPs, which are large.
    struct IrpKey {
        sim::IrpId irp;
        OpenNumber open = kNoOpen;
        bool operator==(const IrpKey&) const = default;
    };
    static constexpr std::uint32_t kNowhere = 0xFFFFFFFFu;

    void issue(const sim::TraceEvent& event, Step step);
    void pend(const sim::TraceEvent& event, Step step);
    void dispose(const KnownIrp& irp);
    void complete(const sim::TraceEvent& event);
    void cancel(sim::IrpId irp);
    void cached(const sim::TraceEvent& event);
    void exit_thread(sim::ThreadId thread);
    void exit_process(sim::ProcessId process);
    [[nodiscard]] std::uint32_t position_of(sim::IrpId irp) const;
    [[nodiscard]] const KnownOpen* open_for(const KnownIrp& irp) const;
    [[nodiscard]] KnownIrp* find_irp(sim::IrpId irp);
    [[nodiscard]] KnownOpen* find_open(OpenNumber open);
    void remove_irp(std::uint32_t position);
    void count_call(const KnownIrp& irp, bool enters);
    KnownOpen& add_open(FileNumber file);
    void remove_open(KnownOpen& open);
    void add_handle(sim::HandleId handle, sim::ProcessId process, OpenNumber open);
    void add_oplock(const KnownOplock& oplock);
    [[nodiscard]] bool is_queued_behind_another(const KnownIrp& irp,
                                                const KnownOplock& over) const;
    void break_is_over(const KnownOplock& over);
    void end_reservation(KnownOpen& open);
    void remove_oplock(const KnownOplock& oplock);
    KnownThread& thread(sim::ThreadId thread, sim::ProcessId process);
    void close(sim::HandleId handle);
    void clean_up(KnownOpen& open);
    [[nodiscard]] bool has_children(FileNumber directory) const;
    void delete_what_is_pending(const KnownOpen& open);
    void pend_oplock_request(const KnownIrp& irp, Step step);
    void complete_acknowledgment(const KnownIrp& irp, const sim::TraceEvent& event);
    void notify(KnownOplock& oplock, const sim::TraceEvent& event);
    void complete_create(const KnownIrp& done, const sim::TraceEvent& event);
    [[nodiscard]] bool is_in_use(FileNumber file) const;
    [[nodiscard]] static bool is_for_files_only(sim::RequestKind kind);
    [[nodiscard]] bool writes_where_it_says(const KnownIrp& irp) const;
    void complete_operation(const KnownIrp& irp, const sim::TraceEvent& event);
    void complete_lock(const KnownIrp& irp);
    void complete_section(const KnownIrp& irp, const sim::TraceEvent& event);
    void move_opens(LinkNumber from, LinkNumber to);
    void complete_name_change(const KnownIrp& irp);
    void take_volume(const sim::VolumeEntry& entry);
    void look_up_again(KnownIrp& create);
    void move_link(LinkNumber link, FileNumber parent, sim::NameId name);
    void grant(const KnownIrp& irp, Step step);
    void deepen(const KnownIrp& irp);
    void deepen_unseen(FileNumber file);
    void forget_unused();
    void forget_stray_requests();

    engine::Semantics semantics_;
    std::shared_ptr<const sim::Names> names_;
    KnownNames known_names_;
    KnownPresence presence_;
    KnownContents contents_;
    KnownCaches caches_;
    Irps irps_;
    engine::SmallVector<IrpKey, 8> irp_keys_;   // of irps_, in the same order
    Opens opens_;                         // by number
    engine::SmallVector<OpenNumber, 8> free_opens_;    // a heap, the smallest first
    engine::SmallVector<OpenNumber, 8> first_opens_;   // by file
    engine::SmallVector<OpenNumber, 4> closed_opens_;  // listed, and cleaned up
    IdTable<KnownHandle> handles_;
    Oplocks oplocks_;
    Locks locks_;
    Sections sections_;
    IdTable<KnownThread> threads_;
    std::vector<LateNotice> late_;
    // Whether settle() may find something: see any_cancelled, any_orphan. The last: a request
    // pends, and its oplock is not listed.
    bool any_cancelled_ = false;
    bool any_orphan_ = false;
    bool any_stray_request_ = false;
    Trigger trigger_ = Trigger::issue;
};

// What an FSCTL asks for.
enum class FsctlKind : std::uint8_t { request, acknowledgment, notification, other };
[[nodiscard]] FsctlKind fsctl_kind(const engine::OplockFsctl& fsctl);
// The type a request names; none for FSCTL_REQUEST_OPLOCK with a level that is none, or no level.
[[nodiscard]] engine::OplockType requested_type(const engine::OplockFsctl& fsctl);
[[nodiscard]] engine::OplockType type_of_level(std::uint32_t cache_level);
[[nodiscard]] bool legal_level(std::uint32_t cache_level);
// The access that an overwriting disposition adds ([MS-FSA] 2.1.5.1.2).
[[nodiscard]] sim::AccessMask implied_access(sim::CreateDisposition disposition);
// Generic rights as file rights.
[[nodiscard]] sim::AccessMask mapped(sim::AccessMask access);
// Only FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES and SYNCHRONIZE.
[[nodiscard]] bool attribute_only(sim::AccessMask access);

// "create of \data.bin by process 2 (IRP 7)", "write by process 2 (IRP 7)".
[[nodiscard]] std::string describe(const Observation& model, const KnownIrp& irp);
// "the Read-Handle oplock of process 1 (IRP 3)".
[[nodiscard]] std::string describe(const Observation& model, const KnownOplock& oplock);
[[nodiscard]] std::string number_of(sim::IrpId irp);

}  // namespace oplocksim::conformance
