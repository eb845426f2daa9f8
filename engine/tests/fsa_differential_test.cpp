// The package under the profile ms-fsa against the literal transcription of [MS-FSA] (fsa_model.h):
// random histories on one stream, in which everything a caller sees and the state that both keep
// must agree after every step.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/oplock.h"
#include "engine/tests/fsa_model.h"

namespace oplocksim::engine {
namespace {

// At most this many FILE_OBJECTs at once: every pair of relations (same owner, same key, keyless,
// other key) among holder, breaking holder, operation and bystander needs no more.
constexpr std::size_t kMostFileObjects = 5;
// Histories are up to this many times as long as RapidCheck's size, which goes to 100.
constexpr double kStepsPerSize = 3.0;

// A step is four numbers; what they mean depends on what is possible, so every vector is a history
// and every part of a history is one too.
struct Step {
    std::uint8_t kind = 0;
    std::uint8_t who = 0;
    std::uint8_t what = 0;
    std::uint8_t how = 0;
};

void showValue(const Step& step, std::ostream& os) {
    os << "{" << int{step.kind} << "," << int{step.who} << "," << int{step.what} << ","
       << int{step.how} << "}";
}

fsa::StateFlags fsa_level(std::uint32_t level) {
    fsa::StateFlags flags = 0;
    if ((level & OPLOCK_LEVEL_CACHE_READ) != 0) flags |= fsa::READ_CACHING;
    if ((level & OPLOCK_LEVEL_CACHE_HANDLE) != 0) flags |= fsa::HANDLE_CACHING;
    if ((level & OPLOCK_LEVEL_CACHE_WRITE) != 0) flags |= fsa::WRITE_CACHING;
    return flags;
}

// An operation as both sides understand it.
struct OperationPair {
    Operation operation = Operation::read;
    bool checked = true;   // whether [MS-FSA] calls 2.1.4.12 for it at all
    fsa::OperationCode code = fsa::OperationCode::READ;
    fsa::InformationClass information_class = fsa::InformationClass::FileEndOfFileInformation;
};

using Code = fsa::OperationCode;
using Class = fsa::InformationClass;
constexpr OperationPair kFileOperations[] = {
    {Operation::read, true, Code::READ, {}},
    {Operation::read, true, Code::READ, {}},
    {Operation::write, true, Code::WRITE, {}},
    {Operation::write, true, Code::WRITE, {}},
    {Operation::flush, false, Code::FLUSH_DATA, {}},   // 2.1.5.7 does not call (SC-037)
    {Operation::byte_range_lock, true, Code::LOCK_CONTROL, {}},
    {Operation::byte_range_unlock, false, Code::LOCK_CONTROL, {}},   // 2.1.5.9 (SC-031)
    {Operation::set_end_of_file, true, Code::SET_INFORMATION, Class::FileEndOfFileInformation},
    {Operation::set_allocation, true, Code::SET_INFORMATION, Class::FileAllocationInformation},
    {Operation::set_valid_data_length, true, Code::SET_INFORMATION,
     Class::FileValidDataLengthInformation},
    {Operation::rename, true, Code::SET_INFORMATION, Class::FileRenameInformation},
    {Operation::rename, true, Code::SET_INFORMATION, Class::FileRenameInformation},
    {Operation::set_short_name, true, Code::SET_INFORMATION, Class::FileShortNameInformation},
    {Operation::link, true, Code::SET_INFORMATION, Class::FileLinkInformation},
    {Operation::set_disposition, true, Code::SET_INFORMATION, Class::FileDispositionInformation},
    {Operation::set_zero_data, true, Code::FS_CONTROL, {}},
    {Operation::set_security, true, Code::SET_SECURITY, {}},
    {Operation::create_writable_section, false, Code::WRITE, {}},   // not modelled (SC-039)
    {Operation::delete_on_close_cleanup, false, Code::CLOSE, {}},   // 2.1.5.5 (SC-028)
    {Operation::replaced_by_rename, true, Code::SET_INFORMATION,
     Class::FileEndOfFileInformation},   // 2.1.5.15.12 (SC-044)
};
constexpr OperationPair kDirectoryOperations[] = {
    {Operation::parent_change, true, Code::WRITE, {}},
    {Operation::parent_change, true, Code::OPEN, {}},
    {Operation::rename, true, Code::SET_INFORMATION, Class::FileRenameInformation},
    {Operation::set_short_name, true, Code::SET_INFORMATION, Class::FileShortNameInformation},
    {Operation::link, true, Code::SET_INFORMATION, Class::FileLinkInformation},
    {Operation::set_disposition, true, Code::SET_INFORMATION, Class::FileDispositionInformation},
    {Operation::set_security, true, Code::SET_SECURITY, {}},
};
constexpr AccessMask kAccesses[] = {
    FILE_READ_DATA,
    FILE_WRITE_DATA,
    FILE_READ_DATA | FILE_WRITE_DATA,
    DELETE,
    READ_CONTROL,
    READ_CONTROL | FILE_READ_ATTRIBUTES,
    FILE_READ_ATTRIBUTES | SYNCHRONIZE,
    FILE_WRITE_ATTRIBUTES,
};
constexpr CreateDisposition kDispositions[] = {
    CreateDisposition::FILE_OPEN,      CreateDisposition::FILE_OPEN_IF,
    CreateDisposition::FILE_OVERWRITE, CreateDisposition::FILE_OVERWRITE_IF,
    CreateDisposition::FILE_SUPERSEDE,
};
constexpr std::uint32_t kLevels[] = {1, 3, 5, 7, 1, 3, 5, 7, 0, 2, 4, 6};
constexpr std::uint32_t kAcknowledgedLevels[] = {0, 1, 3, 5, 7, 0, 1, 3, 2, 4, 6};
constexpr std::uint32_t kKeys[] = {0, 1, 2, 1, 0};

template <typename T, std::size_t N>
const T& pick(const T (&list)[N], std::uint8_t number) {
    return list[number % N];
}

// What one side holds, in a form that both have.
struct HolderView {
    std::uint32_t file_object;
    std::uint32_t irp;
    OplockType type;
    BreakState breaking;
    auto operator<=>(const HolderView&) const = default;
};
struct View {
    std::vector<HolderView> holders;                                 // sorted
    std::vector<std::pair<std::uint32_t, std::uint32_t>> waiters;    // IRP, FILE_OBJECT; in order
    bool operator==(const View&) const = default;
};

View view_of(const Oplock& oplock) {
    View view;
    for (const Holder& h : oplock.holders()) {
        view.holders.push_back({h.file_object.value, h.irp.value, h.type, h.breaking});
    }
    for (const Waiter& w : oplock.waiters()) {
        view.waiters.emplace_back(w.irp.value, w.file_object.value);
    }
    std::sort(view.holders.begin(), view.holders.end());
    return view;
}

OplockType exclusive_type(fsa::StateFlags state) {
    if ((state & fsa::LEVEL_ONE_OPLOCK) != 0) return OplockType::level_1;
    if ((state & fsa::BATCH_OPLOCK) != 0) return OplockType::batch;
    return (state & fsa::HANDLE_CACHING) != 0 ? OplockType::read_write_handle
                                              : OplockType::read_write;
}

BreakState exclusive_break(fsa::StateFlags state) {
    const bool read = (state & fsa::BREAK_TO_READ_CACHING) != 0;
    if ((state & fsa::BREAK_TO_TWO) != 0) return BreakState::to_level_2;
    if ((state & fsa::BREAK_TO_TWO_TO_NONE) != 0) return BreakState::to_level_2_to_none;
    if ((state & (fsa::BREAK_TO_NONE | fsa::BREAK_TO_NO_CACHING)) != 0) return BreakState::to_none;
    if (read && (state & fsa::BREAK_TO_WRITE_CACHING) != 0) return BreakState::to_read_write;
    if (read && (state & fsa::BREAK_TO_HANDLE_CACHING) != 0) return BreakState::to_read_handle;
    return read ? BreakState::to_read : BreakState::not_breaking;
}

View view_of(const fsa::Oplock& oplock) {
    View view;
    const auto add = [&](const std::vector<fsa::OpenOfOperation>& list, OplockType type) {
        for (const fsa::OpenOfOperation& o : list) {
            view.holders.push_back({o.open.id, o.irp, type, BreakState::not_breaking});
        }
    };
    add(oplock.IIOplocks, OplockType::level_2);
    add(oplock.ROplocks, OplockType::read);
    add(oplock.RHOplocks, OplockType::read_handle);
    for (const fsa::RHOpContext& c : oplock.RHBreakQueue) {
        view.holders.push_back({c.open.id, 0, OplockType::read_handle,
                                c.BreakingToRead ? BreakState::to_read : BreakState::to_none});
    }
    if (oplock.ExclusiveOpen.open.id != 0) {
        view.holders.push_back({oplock.ExclusiveOpen.open.id, oplock.ExclusiveOpen.irp,
                                exclusive_type(oplock.State), exclusive_break(oplock.State)});
    }
    for (const fsa::OpenOfOperation& o : oplock.WaitList) {
        view.waiters.emplace_back(o.irp, o.open.id);
    }
    std::sort(view.holders.begin(), view.holders.end());
    return view;
}

std::string text_of(const View& view) {
    std::ostringstream os;
    for (const HolderView& h : view.holders) {
        os << " [" << to_string(h.type) << " of " << h.file_object << " irp " << h.irp
           << " breaking " << int(h.breaking) << "]";
    }
    for (const auto& [irp, file_object] : view.waiters) {
        os << " waits(" << irp << " of " << file_object << ")";
    }
    return os.str();
}

// A completed request, as its owner sees it. The level is that of fsa::Indication.
using Completion = std::tuple<std::uint32_t, NtStatus, fsa::StateFlags, bool>;

std::string text_of(const std::vector<Completion>& completions) {
    std::ostringstream os;
    for (const auto& [irp, status, level, acknowledge] : completions) {
        os << " (" << irp << " " << to_string(status) << " level 0x" << std::hex << level
           << std::dec << (acknowledge ? " ack)" : ")");
    }
    return os.str();
}

// Both sides of one stream, driven by the same steps.
class Differential {
 public:
    Differential(const Semantics& semantics, bool directory, bool repeat)
        : semantics_(semantics), directory_(directory), repeat_(repeat) {
        model_.directory = directory;
        open_one({0, 1, 8, 1});
    }

    // Runs one step. False if the sides differ; why() then says how.
    bool run(const Step& step) {
        switch (step.kind % 32) {
            case 0: case 1: case 2: case 3: case 4: case 5: case 6: request(step); break;
            case 7: case 8: case 9: case 10: case 11: case 12: case 13: acknowledge(step); break;
            case 14: case 15: case 16: case 17: case 18: case 19: case 20: case 21: case 22:
                operate(step);
                break;
            case 23: case 24: case 25: case 26: case 27: open_one(step); break;
            case 28: case 29: close_one(step); break;
            case 30: cancel_one(step); break;
            default: change_facts(step); break;
        }
        return differences_.empty();
    }

    // Everybody closes: nothing may be left.
    bool finish() {
        while (!file_objects_.empty() && differences_.empty()) close_one({});
        if (oplock_.current() || !oplock_.waiters().empty()) differ("something is left");
        return differences_.empty();
    }

    [[nodiscard]] std::string why() const { return differences_ + "\nhistory:\n" + log_.str(); }
    [[nodiscard]] fsa::StateFlags state() const { return model_.oplock.State; }

 private:
    struct FileObject {
        fsa::Open open;
        bool attribute_only = false;
    };
    // A waiting operation, to be repeated when it is released.
    struct Waiting {
        FileObject file_object;
        OperationPair pair;
        CheckRequest request;
        bool create = false;
    };

    void differ(const std::string& text) { differences_ += text + "\n"; }

    FileObject make_file_object(const Step& step) {
        FileObject file_object;
        file_object.open.id = ++last_file_object_;
        file_object.open.TargetOplockKey = pick(kKeys, step.who);
        file_object.open.ParentOplockKey = pick(kKeys, step.how);
        file_object.open.synchronous = step.how % 16 == 0;
        return file_object;
    }

    const FileObject* some_file_object(std::uint8_t who) const {
        return file_objects_.empty() ? nullptr : &file_objects_[who % file_objects_.size()];
    }

    static Caller caller_of(const fsa::Open& open, std::uint32_t irp) {
        return Caller{{open.id}, {open.TargetOplockKey}, {open.ParentOplockKey}, {irp}};
    }

    StreamFacts facts_for(const FileObject& me) const {
        StreamFacts facts;
        facts.directory = directory_;
        facts.synchronous = me.open.synchronous;
        facts.delete_pending = model_.IsDeleted;
        facts.byte_range_lock = byte_range_lock_;
        facts.byte_range_lock_below_allocation = model_.lock_below_allocation;
        for (const FileObject& other : file_objects_) {
            if (other.open.id == me.open.id) continue;
            const bool other_key =
                other.open.TargetOplockKey == 0 ||
                other.open.TargetOplockKey != me.open.TargetOplockKey;
            ++facts.other_opens;
            facts.other_opens_other_key += other_key ? 1 : 0;
            facts.other_data_opens += other.attribute_only ? 0 : 1;
            facts.other_data_opens_other_key += !other.attribute_only && other_key ? 1 : 0;
        }
        return facts;
    }

    // A request for an oplock.
    void request(const Step& step) {
        const FileObject* const me = some_file_object(step.who);
        if (me == nullptr) return;
        OplockFsctl fsctl;
        auto type = fsa::RequestType::level_granular;
        const int which = step.what % 8;
        if (which == 0) {
            fsctl.code = FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1;
            type = fsa::RequestType::level_one;
        } else if (which == 1) {
            fsctl.code = FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK;
            type = fsa::RequestType::level_batch;
        } else if (which == 2) {
            fsctl.code = FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2;
            type = fsa::RequestType::level_two;
        } else {
            fsctl.code = FsControlCode::FSCTL_REQUEST_OPLOCK;
            fsctl.flags = REQUEST_OPLOCK_INPUT_FLAG_REQUEST;
            fsctl.requested_oplock_level = pick(kLevels, step.how);
        }
        const std::uint32_t irp = ++last_irp_;
        log_ << "  " << me->open.id << " requests (irp " << irp << ") type " << int(type)
             << " level " << fsctl.requested_oplock_level << "\n";
        begin();
        const FsctlResult engine = oplock_.fsctrl(semantics_, caller_of(me->open, irp), fsctl,
                                                  facts_for(*me), effects_);
        const fsa::Answer answer = model_.request_an_oplock(
            {me->open, irp}, type, fsa_level(fsctl.requested_oplock_level));
        compare_answers(engine, answer, irp);
        compare_step();
    }

    void acknowledge(const Step& step) {
        const FileObject* me = some_file_object(step.who);
        if (me == nullptr) return;
        if (step.how % 8 != 0) me = breaking_or(step.who, me);
        OplockFsctl fsctl;
        auto type = fsa::RequestType::level_granular;
        const bool legacy = legacy_break_under_way() != (step.how % 16 == 1);
        if (legacy && step.what % 2 == 0) {
            fsctl.code = FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE;
            type = fsa::RequestType::level_two;
        } else if (legacy) {
            fsctl.code = FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2;
            type = fsa::RequestType::none;
        } else {
            fsctl.code = FsControlCode::FSCTL_REQUEST_OPLOCK;
            fsctl.flags = REQUEST_OPLOCK_INPUT_FLAG_ACK;
            fsctl.requested_oplock_level = pick(kAcknowledgedLevels, step.what);
        }
        const std::uint32_t irp = ++last_irp_;
        log_ << "  " << me->open.id << " acknowledges (irp " << irp << ") type " << int(type)
             << " level " << fsctl.requested_oplock_level << "\n";
        begin();
        const FsctlResult engine = oplock_.fsctrl(semantics_, caller_of(me->open, irp), fsctl,
                                                  facts_for(*me), effects_);
        const fsa::Answer answer = model_.acknowledge_an_oplock_break(
            {me->open, irp}, type, fsa_level(fsctl.requested_oplock_level));
        compare_answers(engine, answer, irp);
        compare_step();
    }

    const FileObject* breaking_or(std::uint8_t who, const FileObject* otherwise) const {
        std::vector<std::uint32_t> breaking;
        for (const HolderView& h : view_of(model_.oplock).holders) {
            if (h.breaking != BreakState::not_breaking) breaking.push_back(h.file_object);
        }
        if (breaking.empty()) return otherwise;
        const std::uint32_t id = breaking[who % breaking.size()];
        for (const FileObject& f : file_objects_) {
            if (f.open.id == id) return &f;
        }
        return otherwise;
    }

    bool legacy_break_under_way() const {
        return (model_.oplock.State &
                (fsa::BREAK_TO_TWO | fsa::BREAK_TO_NONE | fsa::BREAK_TO_TWO_TO_NONE)) != 0;
    }

    // An operation through an open FILE_OBJECT, or on a child of the directory.
    void operate(const Step& step) {
        Waiting operation;
        operation.pair =
            directory_ ? pick(kDirectoryOperations, step.what) : pick(kFileOperations, step.what);
        if (operation.pair.operation == Operation::parent_change) {
            operation.file_object = make_file_object(step);   // of the child
        } else {
            const FileObject* const me = some_file_object(step.who);
            if (me == nullptr) return;
            operation.file_object = *me;
        }
        operation.request.operation = operation.pair.operation;
        if (operation.pair.operation == Operation::parent_change) {
            operation.request.flags = OPLOCK_FLAG_PARENT_OBJECT;
        }
        const std::uint32_t irp = ++last_irp_;
        log_ << "  " << operation.file_object.open.id << " operates (irp " << irp << "): "
             << to_string(operation.pair.operation) << " parent key "
             << operation.file_object.open.ParentOplockKey << "\n";
        check(operation, irp);
    }

    // A create. One that waits or fails is no open of the stream (SC-076).
    void open_one(const Step& step) {
        if (file_objects_.size() + waiting_creates() >= kMostFileObjects) return;
        Waiting operation;
        operation.create = true;
        operation.file_object = make_file_object(step);
        operation.request.desired_access = pick(kAccesses, step.what);
        operation.request.disposition = pick(kDispositions, step.how);
        operation.request.share_access = FILE_SHARE_READ;
        operation.file_object.attribute_only =
            (operation.request.desired_access &
             ~(FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE)) == 0;
        const bool sharing_violation = step.what / 8 % 4 == 0;
        operation.pair = sharing_violation
                             ? OperationPair{Operation::create_break_handle, true,
                                             Code::OPEN_BREAK_H, {}}
                             : OperationPair{Operation::create, true, Code::OPEN, {}};
        operation.request.operation = operation.pair.operation;
        const std::uint32_t irp = ++last_irp_;
        log_ << "  " << operation.file_object.open.id << " with key "
             << operation.file_object.open.TargetOplockKey
             << (operation.file_object.open.synchronous ? " synchronous" : "")
             << (sharing_violation ? " finds a sharing violation" : " opens") << " (irp " << irp
             << ") access 0x" << std::hex << operation.request.desired_access << std::dec
             << " disposition " << int(operation.request.disposition) << "\n";
        check(operation, irp);
    }

    std::size_t waiting_creates() const {
        return static_cast<std::size_t>(
            std::count_if(waiting_.begin(), waiting_.end(),
                          [](const auto& entry) { return entry.second.create; }));
    }

    // 2.1.4.12 on both sides, and what follows for the caller.
    void check(const Waiting& operation, std::uint32_t irp) {
        begin();
        check_once(operation, irp);
        compare_step();
    }

    void check_once(const Waiting& operation, std::uint32_t irp) {
        const CheckResult result = oplock_.check(
            semantics_, caller_of(operation.file_object.open, irp), operation.request, effects_);
        fsa::OpParams params;
        params.DesiredAccess = operation.request.desired_access;
        params.Disposition = operation.request.disposition;
        params.FileInformationClass = operation.pair.information_class;
        params.DeleteFile = operation.pair.operation == Operation::set_disposition;
        params.set_zero_data = operation.pair.operation == Operation::set_zero_data;
        const bool waits =
            operation.pair.checked &&
            model_.check_for_an_oplock_break(
                {operation.file_object.open, irp}, operation.pair.code, params,
                operation.pair.operation == Operation::parent_change);
        const NtStatus expected = waits ? NtStatus::STATUS_PENDING : NtStatus::STATUS_SUCCESS;
        if (result.decision != (waits ? CheckDecision::wait : CheckDecision::proceed) ||
            result.status != expected) {
            differ("the operation: model " + std::string(waits ? "waits" : "proceeds") +
                   ", package decides " + std::to_string(int(result.decision)) + " " +
                   std::string(to_string(result.status)));
        }
        if (waits) {
            waiting_[irp] = operation;
        } else {
            proceed(operation);
        }
    }

    // After the handle break of a create the sharing check fails again, and the create with it.
    void proceed(const Waiting& operation) {
        if (operation.create && operation.pair.operation == Operation::create) {
            file_objects_.push_back(operation.file_object);
            model_.OpenList.push_back(operation.file_object.open);
        }
    }

    void close_one(const Step& step) {
        if (file_objects_.empty()) return;
        const std::size_t which = step.who % file_objects_.size();
        const fsa::Open open = file_objects_[which].open;
        log_ << "  " << open.id << " closes\n";
        file_objects_.erase(file_objects_.begin() + static_cast<std::ptrdiff_t>(which));
        std::erase_if(model_.OpenList, [&](const fsa::Open& o) { return o.id == open.id; });
        begin();
        oplock_.cleanup(semantics_, {open.id}, effects_);
        if (model_.check_for_an_oplock_break({open, 0}, Code::CLOSE, {}, false)) {
            differ("the model waits in a close");
        }
        compare_step();
    }

    void cancel_one(const Step& step) {
        const View view = view_of(model_.oplock);
        std::vector<std::uint32_t> irps;
        for (const HolderView& h : view.holders) {
            if (h.irp != 0) irps.push_back(h.irp);
        }
        for (const auto& [irp, file_object] : view.waiters) irps.push_back(irp);
        if (irps.empty()) return;
        const std::uint32_t irp = irps[step.who % irps.size()];
        log_ << "  irp " << irp << " is cancelled\n";
        waiting_.erase(irp);
        begin();
        const bool engine = oplock_.cancel({irp}, effects_);
        const bool model = model_.cancel_an_operation(irp);
        if (!engine || !model) differ("cancel: not found");
        compare_step();
    }

    void change_facts(const Step& step) {
        if (step.what % 2 == 0) {
            model_.IsDeleted = step.how % 4 == 0;
        } else {
            byte_range_lock_ = step.how % 3 != 0;
            model_.lock_below_allocation = step.how % 3 == 1;
        }
        log_ << "  delete pending " << model_.IsDeleted << ", lock " << byte_range_lock_
             << ", below allocation " << model_.lock_below_allocation << "\n";
    }

    void begin() {
        effects_.clear();
        model_.outcome = {};
    }

    static std::string level_text(bool indicated, fsa::StateFlags level, bool acknowledge) {
        std::ostringstream os;
        if (indicated) os << " level 0x" << std::hex << level << (acknowledge ? " ack" : "");
        return os.str();
    }

    void compare_answers(const FsctlResult& engine, const fsa::Answer& answer, std::uint32_t irp) {
        bool indicated = false;
        fsa::StateFlags level = 0;
        bool acknowledge = false;
        if (engine.status == NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK) {
            indicated = true;
            level = fsa_level(engine.output.new_oplock_level);
            acknowledge = (engine.output.flags & REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0;
        } else if (engine.information == FILE_OPLOCK_BROKEN_TO_NONE && !engine.has_output) {
            indicated = true;   // SC-081
        }
        const std::string of_model = level_text(answer.indicated, answer.NewOplockLevel,
                                                answer.AcknowledgeRequired);
        const std::string of_engine = level_text(indicated, level, acknowledge);
        if (engine.status != answer.status || of_model != of_engine) {
            differ("the answer to irp " + std::to_string(irp) + ": model " +
                   std::string(to_string(answer.status)) + of_model + ", package " +
                   std::string(to_string(engine.status)) + of_engine);
        }
    }

    // Level 1 and Batch carry no flag: acknowledgment is owed while they are breaking (SC-052).
    bool owes_acknowledgment(std::uint32_t file_object) const {
        return std::any_of(oplock_.holders().begin(), oplock_.holders().end(),
                           [&](const Holder& h) {
                               return h.file_object.value == file_object &&
                                      h.breaking != BreakState::not_breaking;
                           });
    }

    Completion completion_of(const Effect& effect) const {
        if (effect.has_output) {
            return {effect.irp.value, effect.status, fsa_level(effect.output.new_oplock_level),
                    (effect.output.flags & REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0};
        }
        const bool two = effect.information == FILE_OPLOCK_BROKEN_TO_LEVEL_2;
        const auto owner = owners_.find(effect.irp.value);
        return {effect.irp.value, effect.status, two ? fsa::LEVEL_TWO : fsa::LEVEL_NONE,
                owner != owners_.end() && owes_acknowledgment(owner->second)};
    }

    // The effects of the step, and the state after it. Completions are compared as a set, since
    // no text orders them (SC-057); releases in order (SC-091).
    void compare_step() {
        std::vector<Completion> of_engine;
        std::vector<Completion> of_model;
        std::vector<std::uint32_t> released;
        for (const Effect& effect : effects_) {
            if (effect.kind == EffectKind::release) {
                released.push_back(effect.irp.value);
            } else {
                of_engine.push_back(completion_of(effect));
            }
        }
        for (const fsa::Indication& i : model_.outcome.indications) {
            of_model.emplace_back(i.irp, i.OplockCompletionStatus, i.NewOplockLevel,
                                  i.AcknowledgeRequired);
        }
        std::sort(of_engine.begin(), of_engine.end());
        std::sort(of_model.begin(), of_model.end());
        if (of_engine != of_model) {
            differ("completions: model" + text_of(of_model) + ", package" + text_of(of_engine));
        }
        if (released != model_.outcome.released) {
            differ("releases: model " + std::to_string(model_.outcome.released.size()) +
                   ", package " + std::to_string(released.size()));
        }
        compare_states();
        if (differences_.empty()) go_on(released);
    }

    void compare_states() {
        oplock_.check_invariants();
        const View of_engine = view_of(oplock_);
        const View of_model = view_of(model_.oplock);
        owners_.clear();
        for (const HolderView& h : of_model.holders) owners_[h.irp] = h.file_object;
        if (of_engine != of_model) {
            differ("state: model" + text_of(of_model) + ", package" + text_of(of_engine));
        }
        if (oplock_.current() != (model_.oplock.State != fsa::NO_OPLOCK)) {
            differ("current() against Oplock.State");
        }
    }

    // Released operations repeat their check in the order of their release (SC-092); the handle
    // break of a create is not repeated.
    void go_on(const std::vector<std::uint32_t>& released) {
        for (const std::uint32_t irp : released) {
            const auto entry = waiting_.find(irp);
            if (entry == waiting_.end()) {
                differ("irp " + std::to_string(irp) + " is released but did not wait");
                return;
            }
            const Waiting operation = entry->second;
            waiting_.erase(entry);
            log_ << "    irp " << irp << " goes on\n";
            if (repeat_ && operation.pair.operation != Operation::create_break_handle) {
                check(operation, irp);
            } else {
                proceed(operation);
            }
        }
    }

    Semantics semantics_;
    bool directory_;
    bool repeat_;
    Oplock oplock_;
    fsa::Model model_;
    Effects effects_;
    std::vector<FileObject> file_objects_;
    std::map<std::uint32_t, Waiting> waiting_;
    std::map<std::uint32_t, std::uint32_t> owners_;   // of pended requests, before a step
    std::uint32_t last_file_object_ = 0;
    std::uint32_t last_irp_ = 100;
    bool byte_range_lock_ = false;
    std::string differences_;
    std::ostringstream log_;
};

rc::Gen<std::vector<Step>> histories() {
    const auto number = rc::gen::inRange<int>(0, 256);
    using Numbers = std::tuple<int, int, int, int>;
    const auto step = rc::gen::map(
        rc::gen::tuple(number, number, number, number), [](const Numbers& numbers) {
            const auto [kind, who, what, how] = numbers;
            const auto byte = [](int value) { return static_cast<std::uint8_t>(value); };
            return Step{byte(kind), byte(who), byte(what), byte(how)};
        });
    return rc::gen::scale(kStepsPerSize, rc::gen::container<std::vector<Step>>(step));
}

void the_two_agree(bool directory) {
    const std::vector<Step> steps = *histories();
    Differential differential(semantics_of(Profile::ms_fsa), directory,
                              *rc::gen::arbitrary<bool>());
    for (const Step& step : steps) {
        if (!differential.run(step)) RC_FAIL(differential.why());
    }
    if (!differential.finish()) RC_FAIL(differential.why());
}

RC_GTEST_PROP(FsaDifferential, RandomHistoriesOfAFileAgree, ()) { the_two_agree(false); }
RC_GTEST_PROP(FsaDifferential, RandomHistoriesOfADirectoryAgree, ()) { the_two_agree(true); }

// The same histories on every run, without RapidCheck, for the two tests below.
class SeededHistories {
 public:
    static constexpr int kStepsPerHistory = 150;

    // Runs one more history. False if the sides differ; why() then says how.
    bool run(const Semantics& semantics, bool directory, std::set<fsa::StateFlags>& states) {
        Differential differential(semantics, directory, (random_() & 1u) != 0);
        bool agree = true;
        for (int i = 0; agree && i < kStepsPerHistory; ++i) {
            agree = differential.run({byte(), byte(), byte(), byte()});
            states.insert(differential.state());
        }
        agree = agree && differential.finish();
        if (!agree) why_ = differential.why();
        return agree;
    }
    [[nodiscard]] const std::string& why() const { return why_; }

 private:
    std::uint8_t byte() { return static_cast<std::uint8_t>(random_() & 0xFFu); }

    std::mt19937_64 random_{20230701};
    std::string why_;
};

// Every value that the pseudocode gives Oplock.State.
constexpr fsa::StateFlags kX = fsa::EXCLUSIVE;
constexpr fsa::StateFlags kRh = fsa::READ_CACHING | fsa::HANDLE_CACHING;
constexpr fsa::StateFlags kRw = fsa::READ_CACHING | fsa::WRITE_CACHING | kX;
constexpr fsa::StateFlags kRwh = kRw | fsa::HANDLE_CACHING;
constexpr fsa::StateFlags kStates[] = {
    fsa::NO_OPLOCK,
    fsa::LEVEL_TWO_OPLOCK,
    fsa::LEVEL_TWO_OPLOCK | fsa::READ_CACHING,
    fsa::READ_CACHING,
    kRh,
    kRh | fsa::MIXED_R_AND_RH,
    kRh | fsa::BREAK_TO_READ_CACHING,
    kRh | fsa::BREAK_TO_NO_CACHING,
    fsa::LEVEL_ONE_OPLOCK | kX,
    fsa::LEVEL_ONE_OPLOCK | kX | fsa::BREAK_TO_TWO,
    fsa::LEVEL_ONE_OPLOCK | kX | fsa::BREAK_TO_NONE,
    fsa::LEVEL_ONE_OPLOCK | kX | fsa::BREAK_TO_TWO_TO_NONE,
    fsa::BATCH_OPLOCK | kX,
    fsa::BATCH_OPLOCK | kX | fsa::BREAK_TO_TWO,
    fsa::BATCH_OPLOCK | kX | fsa::BREAK_TO_NONE,
    fsa::BATCH_OPLOCK | kX | fsa::BREAK_TO_TWO_TO_NONE,
    kRw,
    kRw | fsa::BREAK_TO_READ_CACHING,
    kRw | fsa::BREAK_TO_NO_CACHING,
    kRwh,
    kRwh | fsa::BREAK_TO_READ_CACHING | fsa::BREAK_TO_WRITE_CACHING,
    kRwh | fsa::BREAK_TO_READ_CACHING | fsa::BREAK_TO_HANDLE_CACHING,
    kRwh | fsa::BREAK_TO_READ_CACHING,
    kRwh | fsa::BREAK_TO_NO_CACHING,
};

TEST(FsaDifferential, TheHistoriesReachExactlyTheStatesOfTheText) {
    constexpr int kHistories = 4000;
    const Semantics semantics = semantics_of(Profile::ms_fsa);
    SeededHistories histories;
    std::set<fsa::StateFlags> states;
    for (int i = 0; i < kHistories; ++i) {
        ASSERT_TRUE(histories.run(semantics, i % 4 == 0, states)) << histories.why();
    }
    EXPECT_EQ(states, std::set<fsa::StateFlags>(std::begin(kStates), std::end(kStates)));
}

// The oracle must notice: each switch that the package itself looks at, turned away from ms-fsa.
TEST(FsaDifferential, EverySwitchTurnedIsSeen) {
    constexpr int kHistories = 4000;
    constexpr std::string_view kSwitchesOfThePackage[] = {
        "level2_create_ignores_key",
        "read_control_open_exempt_granular",
        "attr_only_overwrite_exempt",
        "handle_conflict_overwrite",
        "rh_conflict_scope",
        "delete_on_close_breaks_handle",
        "lock_vs_rwh_waits",
        "unlock_checks_oplock",
        "flush_breaks_write_caching",
        "set_security_breaks_handle",
        "writable_section_breaks",
        "close_completion_status",
        "deeper_break_while_breaking",
        "exclusive_grant_same_key_opens",
        "level2_request_displaces_same_key_read",
        "brl_beyond_allocation_blocks_grant",
        "handle_grant_denied_when_delete_pending",
        "grant_while_rh_breaking",
        "ack_level_policy",
    };
    std::set<fsa::StateFlags> states;
    for (const std::string_view name : kSwitchesOfThePackage) {
        for (const std::string_view value : find_switch(name)->values) {
            Semantics turned = semantics_of(Profile::ms_fsa);
            if (value == switch_value(turned, name)) continue;
            ASSERT_TRUE(set_switch(turned, name, value));
            SeededHistories histories;
            bool seen = false;
            for (int i = 0; !seen && i < kHistories; ++i) {
                seen = !histories.run(turned, false, states);
            }
            EXPECT_TRUE(seen) << name << "=" << value;
        }
    }
}

}  // namespace
}  // namespace oplocksim::engine
