#include "conformance/table_cells.h"

#include <algorithm>
#include <optional>

#include "conformance/table_operations.h"
#include "scenarios/constant_tables.h"

namespace oplocksim::conformance {
namespace {

using engine::FsControlCode;
using engine::NtStatus;
using engine::OplockType;
using scenarios::ConstantKind;
using sim::Completion;
using sim::Request;
using sim::RequestKind;

constexpr sim::Ticks kOneYear = 365ll * 24 * 3600 * 10'000'000;
constexpr std::uint64_t kBeyondAllocation = 1u << 20;

// A mismatch ends a sequence.
struct Differs {
    CellMismatch mismatch;
};

std::string status_text(NtStatus status) { return std::string(engine::to_string(status)); }

std::string level_text(std::uint64_t level) { return scenarios::level_name(level); }

// What Information is called; of what failed it is mostly nothing.
std::string information_text(std::uint64_t information, bool succeeded) {
    if (information == 0 && !succeeded) return "Information 0";
    return "Information " + scenarios::constant_name(ConstantKind::information, information);
}

// What callers see of an IRP.
std::string seen(const Completion* completion) {
    if (completion == nullptr) return "not completed";
    std::string text = "completed with " + status_text(completion->status);
    if (completion->has_output) {
        text += ", level " + level_text(completion->output.original_oplock_level) + " to " +
                level_text(completion->output.new_oplock_level) + ", flags " +
                scenarios::constant_name(ConstantKind::output_flag, completion->output.flags);
        const auto modes = engine::REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED;
        if ((completion->output.flags & modes) == 0) return text;
        text += " (access " +
                scenarios::constant_name(ConstantKind::access, completion->output.access_mode) +
                ", share " +
                scenarios::constant_name(ConstantKind::share, completion->output.share_mode) + ")";
    } else if (completion->kind == RequestKind::oplock_fsctl) {
        text += ", " + information_text(completion->information,
                                        engine::nt_success(completion->status));
    }
    return text;
}

const TableStep& step_for(const std::vector<TableStep>& steps, std::size_t owner) {
    return steps.size() == 1 ? steps[0] : steps[owner];
}

// The client and handle that act.
struct Actor {
    TableClient client = TableClient::actor;
    sim::HandleId handle;
};

// What the three kinds of sequences have in common.
class Sequence {
 public:
    Sequence(TableBench& bench, const Cell& cell, const CellOutcome& outcome)
        : bench_(bench), cell_(cell), outcome_(outcome) {}

 protected:
    static void expect(bool holds, std::string subject, std::string expected,
                       std::string observed) {
        if (holds) return;
        throw Differs{{std::move(subject), std::move(expected), std::move(observed)}};
    }

    // The IRP is over, with this status.
    void expect_status(const std::string& subject, sim::IrpId irp, NtStatus status) const {
        const Completion* one = bench_.completion(irp);
        expect(one != nullptr && one->status == status, subject, status_text(status), seen(one));
    }
    void expect_pending(const std::string& subject, sim::IrpId irp) const {
        const Completion* one = bench_.completion(irp);
        expect(one == nullptr, subject, "not completed", seen(one));
    }

    // The request of `held` was completed with the notice of `step`.
    void expect_notice(const std::string& subject, const TableOwner& owner, OplockType held,
                       const TableStep& step) const {
        const Completion* notice = bench_.completion(owner.irp);
        const NtStatus status = step.kind == TableStepKind::closed
                                    ? NtStatus::STATUS_OPLOCK_HANDLE_CLOSED
                                    : NtStatus::STATUS_SUCCESS;
        const bool told = notice != nullptr && notice->status == status;
        const std::string expected = status_text(status) + ", broken from " +
                                     std::string(short_name(held)) + " to " +
                                     std::string(short_name(step.level)) +
                                     (step.ack ? ", acknowledgment owed" : ", nothing owed") +
                                     modes_text(held, step);
        expect(told && says(*notice, held, step), subject, expected, seen(notice));
    }

    // A break for a sharing conflict tells what the create asked for (SC-106).
    [[nodiscard]] bool provides_modes(OplockType held) const {
        const bool handle = (cache_level(held) & engine::OPLOCK_LEVEL_CACHE_HANDLE) != 0;
        return cell_.table == TableKind::breaks && cell_.conflict && handle;
    }
    [[nodiscard]] std::string modes_text(OplockType held, const TableStep& step) const {
        if (step.kind != TableStepKind::told || !provides_modes(held)) return {};
        return ", access " + scenarios::constant_name(ConstantKind::access, cell_.create->access) +
               ", share " + scenarios::constant_name(ConstantKind::share, cell_.create->share);
    }

    [[nodiscard]] bool says(const Completion& notice, OplockType held,
                            const TableStep& step) const {
        if (!is_granular(held)) {
            const auto information = step.level == OplockType::level_2
                                         ? engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2
                                         : engine::FILE_OPLOCK_BROKEN_TO_NONE;
            return notice.information == information;
        }
        std::uint32_t flags = step.ack ? engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED : 0;
        const bool modes = provides_modes(held);
        if (modes) flags |= engine::REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED;
        const engine::RequestOplockOutputBuffer& output = notice.output;
        if (modes && (output.access_mode != cell_.create->access ||
                      output.share_mode != cell_.create->share)) {
            return false;
        }
        return notice.has_output && notice.information == sizeof(output) &&
               output.original_oplock_level == cache_level(held) &&
               output.new_oplock_level == cache_level(step.level) && output.flags == flags;
    }

    // A refused acknowledgment: what is on offer, and that it is still owed.
    void expect_refused(sim::IrpId irp, OplockType offer) const {
        const Completion* one = bench_.completion(irp);
        const bool refused =
            one != nullptr && one->status == NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK &&
            one->has_output && one->output.new_oplock_level == cache_level(offer) &&
            (one->output.flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0;
        expect(refused, "the acknowledgment",
               "STATUS_CANNOT_GRANT_REQUESTED_OPLOCK with " + std::string(short_name(offer)) +
                   " on offer, still owed",
               seen(one));
    }

    // Accepts `level`, which must be accepted; the level is then held.
    void accept(TableOwner& owner, OplockType level) {
        const sim::Submitted sent = bench_.submit(owner.client, acceptance(owner, level));
        owner.irp = sent.irp;
        if (level == OplockType::none) {
            expect_status("accepting NONE", sent.irp, NtStatus::STATUS_SUCCESS);
        } else {
            expect_pending("accepting " + std::string(short_name(level)), sent.irp);
        }
    }

    // Gives everything up, which must be accepted.
    void give_up(TableOwner& owner) {
        const Request request =
            is_granular(owner.held.type)
                ? level_acknowledgment(owner.handle, 0)
                : legacy_fsctl(owner.handle, FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2);
        const sim::Submitted sent = bench_.submit(owner.client, request);
        expect_status("a correct acknowledgment afterwards", sent.irp, NtStatus::STATUS_SUCCESS);
    }

    // An acknowledgment of the owner's kind is not expected.
    void expect_nothing_owed(TableOwner& owner) {
        const sim::Submitted sent =
            bench_.submit(owner.client, acceptance(owner, OplockType::read));
        expect_status("an acknowledgment that is not owed", sent.irp,
                      NtStatus::STATUS_INVALID_OPLOCK_PROTOCOL);
    }

    sim::Submitted close(TableClient client, sim::HandleId handle) {
        return bench_.submit(client, on_handle(RequestKind::close_handle, handle));
    }

    // The request `irp` held `level`: its owner's close says so.
    void expect_held(TableOwner& owner, sim::IrpId irp, OplockType level) {
        static_cast<void>(close(owner.client, owner.handle));
        const Completion* over = bench_.completion(irp);
        const bool granular = is_granular(level);
        const bool closed = over != nullptr && (granular ? over->has_output
                                                         : over->information ==
                                                               engine::FILE_OPLOCK_BROKEN_TO_NONE);
        expect(closed && (!granular || over->output.original_oplock_level == cache_level(level)),
               "the oplock at the close", std::string(short_name(level)) + " was held", seen(over));
    }

    TableBench& bench_;
    const Cell& cell_;
    const CellOutcome& outcome_;
};

// Whether the actor itself breaks the state beforehand, and so comes to its handle.
bool actor_breaks(const Cell& cell) {
    if (cell.state.oplocks.size() != 1 || !cell.state.breaking()) return false;
    const HeldOplock& held = cell.state.oplocks.front();
    const bool by_opening = held.announced != OplockType::read_write;
    return is_exclusive(held.type) && held.type != OplockType::filter && by_opening;
}

bool acts_on_target(const Cell& cell) {
    const TableOperation* operation = find_table_operation(cell.subject);
    return operation != nullptr && operation->acts_on == ActsOn::target;
}

class BreakSequence : Sequence {
 public:
    using Sequence::Sequence;

    void run(CellEnding ending) {
        const Actor actor = prepare();
        const Request request = operation(actor);
        operation_ = bench_.submit(actor.client, request);
        closes_owner_ = request.kind == RequestKind::close_handle &&
                        cell_.relation == KeyRelation::own;
        for (std::size_t i = 0; i < bench_.owners().size(); ++i) check_told(i);
        check_operation(request.kind == RequestKind::create);
        switch (ending) {
            case CellEnding::accept: return accept_all();
            case CellEnding::close: return close_all();
        }
    }

 private:
    Actor prepare() {
        const TableOperation* known = find_table_operation(cell_.subject);
        if (known == nullptr && !cell_.create) {
            throw Unreachable("'" + cell_.subject + "' is no operation of the simulator");
        }
        if (known != nullptr && known->acts_on != ActsOn::target) {
            const bool early = known->acts_on == ActsOn::child || known->acts_on == ActsOn::outside;
            const Actor opened = early ? open_elsewhere(*known) : Actor{};
            establish();
            return early ? opened : open_elsewhere(*known);
        }
        if (known != nullptr && known->deletes_on_close) {
            const Actor opened{TableClient::actor, bench_.open(TableClient::actor, actor_key(),
                                                          engine::FILE_ALL_ACCESS,
                                                          engine::FILE_DELETE_ON_CLOSE)};
            establish();
            return opened;
        }
        const bool needs_handle = !cell_.create && cell_.relation == KeyRelation::other;
        if (needs_handle && !actor_breaks(cell_)) {
            bench_.admit_actor(cell_);
            bench_.break_as_stated(false);
            return {TableClient::actor, bench_.actor_handle()};
        }
        bench_.grant(cell_);
        bench_.break_as_stated(needs_handle);
        if (needs_handle) return {TableClient::actor, bench_.actor_handle()};
        if (cell_.create) return {};
        if (cell_.relation == KeyRelation::own) {
            return {TableClient::owner, bench_.owners().front().handle};
        }
        return {TableClient::actor,
                bench_.open(TableClient::actor, kOwnerKey, engine::FILE_ALL_ACCESS)};
    }

    void establish() {
        bench_.grant(cell_);
        bench_.break_as_stated(false);
    }

    [[nodiscard]] std::uint32_t actor_key() const {
        return cell_.relation == KeyRelation::same ? kOwnerKey : kActorKey;
    }

    Actor open_elsewhere(const TableOperation& known) {
        std::string where;
        switch (known.acts_on) {
            case ActsOn::another: where = "\\dir\\other.bin"; break;
            case ActsOn::parent: where = "\\dir"; break;
            case ActsOn::child: where = "\\dir\\child.bin"; break;
            case ActsOn::outside: where = "\\outside\\x.bin"; break;
            case ActsOn::target:
            case ActsOn::nothing: return {};
        }
        const bool below = known.acts_on == ActsOn::child || known.acts_on == ActsOn::outside;
        const CreateShape shape{
            engine::FILE_ALL_ACCESS, kShareAll, engine::CreateDisposition::FILE_OPEN,
            known.deletes_on_close ? engine::FILE_DELETE_ON_CLOSE : engine::CreateOptions{0}};
        Request request = bench_.create(where, below ? kUnrelatedKey : actor_key(), shape);
        if (below) request.parent_key.value = actor_key();
        return {TableClient::actor,
                bench_.succeed(TableClient::actor, request, "the actor's open").handle};
    }

    [[nodiscard]] Request operation(const Actor& actor) const {
        if (cell_.create) return bench_.create({}, actor_key(), *cell_.create);
        return operation_request(bench_, *find_table_operation(cell_.subject), actor.handle,
                                 actor_key());
    }

    void check_told(std::size_t index) const {
        const TableOwner& owner = bench_.owners()[index];
        const TableStep& step = step_for(outcome_.steps, index);
        const std::string subject =
            index == 0 ? "the owner's notice" : "the second owner's notice";
        if (owner.held.breaking) return;   // its only notice has come
        if (step.kind == TableStepKind::told || step.kind == TableStepKind::closed) {
            return expect_notice(subject, owner, owner.held.type, step);
        }
        expect_pending(index == 0 ? "the owner's request" : "the second owner's request",
                       owner.irp);
    }

    [[nodiscard]] bool waits() const {
        return std::ranges::any_of(outcome_.steps, &TableStep::waits);
    }

    void check_operation(bool create) const {
        const std::string subject = "the operation (" + cell_.subject + ")";
        if (!waits()) return check_result(cell_.status_if_closed, false);
        const Completion* over = bench_.completion(operation_.irp);
        expect(over == nullptr, subject, "waits", seen(over));
        const auto outcome = create ? sim::SubmitOutcome::blocked : sim::SubmitOutcome::pending;
        expect(operation_.outcome == outcome, subject,
               create ? "blocks its thread" : "returns STATUS_PENDING", "the other way of waiting");
    }

    void check_result(const std::optional<NtStatus>& if_closed, bool closed) const {
        const std::string subject = "the operation (" + cell_.subject + ")";
        const Completion* over = bench_.completion(operation_.irp);
        std::optional<NtStatus> status = outcome_.status ? outcome_.status : cell_.status;
        if (closed && if_closed) status = if_closed;
        if (!status) return expect(over != nullptr, subject, "completes", seen(over));
        expect_status(subject, operation_.irp, *status);
        if (!cell_.information) return;
        const bool succeeded = engine::nt_success(over->status);
        expect(over->information == *cell_.information, subject,
               information_text(*cell_.information, succeeded),
               information_text(over->information, succeeded));
    }

    [[nodiscard]] bool owes(std::size_t index) const {
        const TableOwner& owner = bench_.owners()[index];
        if (owner.held.breaking) return true;
        const TableStep& step = step_for(outcome_.steps, index);
        return step.kind == TableStepKind::told && step.ack;
    }

    void accept_all() {
        if (waits()) {
            bench_.kernel().advance(kOneYear);
            expect_pending("the operation, a year later", operation_.irp);
        }
        bool first = true;
        for (std::size_t i = 0; i < bench_.owners().size(); ++i) {
            if (closes_owner_ && i == 0) continue;
            if (!owes(i)) {
                expect_nothing_owed(bench_.owners()[i]);
                continue;
            }
            if (waits() && !first) {
                expect_pending("the operation, before the second owner has answered",
                               operation_.irp);
            }
            accept_one(i, first);
            first = false;
        }
        if (waits()) check_result({}, false);
    }

    void accept_one(std::size_t index, bool first) {
        TableOwner& owner = bench_.owners()[index];
        const OplockType told = owner.held.breaking ? owner.held.announced
                                                    : step_for(outcome_.steps, index).level;
        if (!first || outcome_.then.empty()) return accept(owner, told);
        const TableStep& then = outcome_.then.front();
        const sim::Submitted sent = bench_.submit(owner.client, acceptance(owner, told));
        owner.irp = sent.irp;
        const bool pended = sent.outcome == sim::SubmitOutcome::pending;
        if (then.kind == TableStepKind::gone) {
            expect(!pended, "the acknowledgment", "completes at once", "pends");
            expect_status("the acknowledgment", sent.irp, NtStatus::STATUS_SUCCESS);
            return expect(bench_.completion(sent.irp)->information ==
                              engine::FILE_OPLOCK_BROKEN_TO_NONE,
                          "the acknowledgment", "FILE_OPLOCK_BROKEN_TO_NONE",
                          seen(bench_.completion(sent.irp)));
        }
        if (then.kind == TableStepKind::refused) {
            expect_refused(sent.irp, then.level);
            return accept(owner, then.level);
        }
        expect(pended, "the acknowledgment", "is accepted", seen(bench_.completion(sent.irp)));
        expect_again(owner, told, then);
    }

    // What was kept is broken again, as `then` says.
    void expect_again(TableOwner& owner, OplockType kept, const TableStep& then) {
        const Completion* again = bench_.completion(owner.irp);
        const bool broken =
            again != nullptr && again->status == NtStatus::STATUS_SUCCESS &&
            (!is_granular(kept) ||
             (again->output.new_oplock_level == cache_level(then.level) &&
              ((again->output.flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0) ==
                  then.ack));
        expect(broken, "what was kept", "broken again to " + std::string(short_name(then.level)),
               seen(again));
        if (then.waits) expect_pending("the operation, after the second notice", operation_.irp);
        if (then.ack) accept(owner, then.level);
    }

    void close_all() {
        for (TableOwner& owner : bench_.owners())
            static_cast<void>(close(owner.client, owner.handle));
        check_result(cell_.status_if_closed, true);
    }

    sim::Submitted operation_;
    bool closes_owner_ = false;
};

// The level of a name that need not be a type: W, H, WH.
std::uint32_t level_bits(std::string_view name) {
    std::uint32_t level = 0;
    if (name.find('R') != std::string_view::npos) level |= engine::OPLOCK_LEVEL_CACHE_READ;
    if (name.find('W') != std::string_view::npos) level |= engine::OPLOCK_LEVEL_CACHE_WRITE;
    if (name.find('H') != std::string_view::npos) level |= engine::OPLOCK_LEVEL_CACHE_HANDLE;
    return name == "NONE" ? 0 : level;
}

bool has(const Cell& cell, std::string_view condition) {
    return std::ranges::find(cell.with, condition) != cell.with.end();
}

// Conditions that a handle brings about after it was opened.
void bring_about(TableBench& bench, const Cell& cell, TableClient client, sim::HandleId handle) {
    const bool beyond = has(cell, "lock-beyond-allocation");
    if (has(cell, "lock") || beyond) {
        Request lock = on_handle(RequestKind::lock, handle);
        lock.offset = beyond ? kBeyondAllocation : 0;
        static_cast<void>(bench.succeed(client, lock, "the byte-range lock"));
    }
    if (has(cell, "section")) {
        Request section = on_handle(RequestKind::create_section, handle);
        section.page_protection = sim::PAGE_READWRITE;
        static_cast<void>(bench.succeed(client, section, "the writable section"));
    }
    if (has(cell, "delete-pending")) {
        static_cast<void>(bench.succeed(client, on_handle(RequestKind::set_disposition, handle),
                                        "the deletion"));
    }
    if (has(cell, "other-open-same-key")) {
        static_cast<void>(bench.open(TableClient::bystander, kOwnerKey, engine::FILE_READ_DATA));
    }
    if (has(cell, "other-open-other-key")) {
        static_cast<void>(
            bench.open(TableClient::bystander, kBystanderKey, engine::FILE_READ_DATA));
    }
    if (has(cell, "other-open-attributes")) {
        static_cast<void>(bench.open(TableClient::bystander, kBystanderKey, kAttributesOnly));
    }
}

class GrantSequence : Sequence {
 public:
    using Sequence::Sequence;

    void run() {
        const Actor actor = prepare();
        const sim::Submitted sent = bench_.submit(actor.client, request(actor.handle));
        check_answer(sent);
        const TableStep& answer = outcome_.steps.front();
        for (std::size_t i = 0; i < bench_.owners().size(); ++i) {
            TableStep held{TableStepKind::kept, OplockType::none, false, false};
            if (!outcome_.holders.empty()) held = step_for(outcome_.holders, i);
            check_holder(bench_.owners()[i], held);
        }
        if (answer.kind != TableStepKind::granted) return;
        TableOwner owner;
        owner.client = actor.client;
        owner.handle = actor.handle;
        expect_held(owner, sent.irp, *type_from_short_name(cell_.subject));
    }

 private:
    Actor prepare() {
        if (cell_.state.oplocks.empty()) return open_alone();
        bench_.grant(cell_);
        bench_.break_as_stated(false);
        bring_about(bench_, cell_, TableClient::owner, bench_.owners().front().handle);
        switch (cell_.relation) {
            case KeyRelation::own: return {TableClient::owner, bench_.owners().front().handle};
            case KeyRelation::same:
                return {TableClient::actor,
                        bench_.open(TableClient::actor, kOwnerKey, engine::FILE_ALL_ACCESS)};
            case KeyRelation::other: break;
        }
        return {TableClient::actor, bench_.open(TableClient::actor, kActorKey, kAttributesOnly)};
    }

    Actor open_alone() {
        CreateShape shape{engine::FILE_ALL_ACCESS, kShareAll, engine::CreateDisposition::FILE_OPEN,
                          0};
        if (has(cell_, "synchronous")) shape.options = engine::FILE_SYNCHRONOUS_IO_NONALERT;
        Request request = bench_.create({}, kOwnerKey, shape);
        request.transacted = has(cell_, "transaction");
        const Completion opened =
            bench_.succeed(TableClient::owner, request, "the requester's open");
        bring_about(bench_, cell_, TableClient::owner, opened.handle);
        return {TableClient::owner, opened.handle};
    }

    [[nodiscard]] Request request(sim::HandleId handle) const {
        const auto type = type_from_short_name(cell_.subject);
        if (type && *type != OplockType::none) return oplock_request(handle, *type);
        Request request = oplock_request(handle, OplockType::none);
        request.fsctl.requested_oplock_level = level_bits(cell_.subject);
        return request;
    }

    void check_answer(const sim::Submitted& sent) const {
        const std::string subject = "the request";
        switch (outcome_.steps.front().kind) {
            case TableStepKind::granted: return expect_pending(subject, sent.irp);
            case TableStepKind::refused:
                return expect_status(subject, sent.irp, NtStatus::STATUS_OPLOCK_NOT_GRANTED);
            case TableStepKind::invalid:
                return expect_status(subject, sent.irp, NtStatus::STATUS_INVALID_PARAMETER);
            case TableStepKind::nothing:
                return expect_status(subject, sent.irp, NtStatus::STATUS_SUCCESS);
            case TableStepKind::cannot_grant: return check_section_answer(sent);
            case TableStepKind::unaffected:
            case TableStepKind::waits:
            case TableStepKind::told:
            case TableStepKind::closed:
            case TableStepKind::gone:
            case TableStepKind::pends:
            case TableStepKind::success:
            case TableStepKind::invalid_parameter:
            case TableStepKind::close_pending:
            case TableStepKind::notified:
            case TableStepKind::kept:
            case TableStepKind::switched:
            case TableStepKind::displaced: break;
        }
        throw SetUpProblem("'" + outcome_.text + "' is no answer to a request");
    }

    void check_section_answer(const sim::Submitted& sent) const {
        expect_status("the request", sent.irp, NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK);
        const Completion* answer = bench_.completion(sent.irp);
        const auto flag = engine::REQUEST_OPLOCK_OUTPUT_FLAG_WRITABLE_SECTION_PRESENT;
        expect(answer->has_output && answer->output.flags == flag, "the request",
               "WRITABLE_SECTION_PRESENT", seen(answer));
    }

    void check_holder(const TableOwner& owner, const TableStep& step) const {
        if (owner.held.breaking) return;
        const std::string subject = "the oplock held before";
        if (step.kind == TableStepKind::kept) return expect_pending(subject, owner.irp);
        const Completion* over = bench_.completion(owner.irp);
        if (step.kind == TableStepKind::displaced) {
            return expect(over != nullptr && over->status == NtStatus::STATUS_SUCCESS &&
                              over->information == engine::FILE_OPLOCK_BROKEN_TO_NONE,
                          subject, "STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_NONE", seen(over));
        }
        const bool switched =
            over != nullptr && over->status == NtStatus::STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE &&
            over->has_output && over->output.flags == 0 &&
            (level_bits(cell_.subject) == 0 || !is_granular(*type_from_short_name(cell_.subject)) ||
             over->output.new_oplock_level == level_bits(cell_.subject));
        expect(switched, subject, "STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE with the new level",
               seen(over));
    }
};

class AcknowledgeSequence : Sequence {
 public:
    using Sequence::Sequence;

    void run() {
        const Actor actor = prepare();
        const sim::Submitted sent = bench_.submit(actor.client, request(actor.handle));
        check_answer(sent);
    }

 private:
    // Which create waits for the state without changing what is announced.
    [[nodiscard]] CreateShape waiting_create() const {
        const HeldOplock& held = cell_.state.oplocks.front();
        CreateShape shape{engine::FILE_READ_DATA, kShareAll, engine::CreateDisposition::FILE_OPEN,
                          0};
        if (held.type == OplockType::filter) {
            shape = {engine::FILE_WRITE_DATA,
                     engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE,
                     engine::CreateDisposition::FILE_OPEN, 0};
        }
        const bool handle_lost = held.type == OplockType::read_handle ||
                                 held.announced == OplockType::read_write;
        if (handle_lost) shape.share = 0;
        return shape;
    }

    Actor prepare() {
        if (cell_.state.oplocks.empty()) {
            TableOwner owner;
            owner.handle = bench_.open(TableClient::owner, kOwnerKey, engine::FILE_ALL_ACCESS);
            bench_.owners().push_back(owner);
        } else {
            bench_.grant(cell_);
            bench_.break_as_stated(false);
        }
        bring_about(bench_, cell_, TableClient::owner, first().handle);
        Actor actor{TableClient::owner, first().handle};
        if (cell_.relation != KeyRelation::own) {
            const bool same = cell_.relation == KeyRelation::same;
            actor = {TableClient::bystander,
                     bench_.open(TableClient::bystander, same ? kOwnerKey : kBystanderKey,
                                 same ? engine::FILE_ALL_ACCESS : kAttributesOnly)};
        }
        if (!cell_.waiter) return actor;
        waiter_ = bench_.submit(TableClient::actor, bench_.create({}, kActorKey, waiting_create()));
        const Completion* over = bench_.completion(waiter_.irp);
        if (over != nullptr) throw SetUpProblem("the create that is to wait: " + seen(over));
        return actor;
    }

    TableOwner& first() { return bench_.owners().front(); }

    [[nodiscard]] Request request(sim::HandleId handle) const {
        const std::string& name = cell_.subject;
        if (name == "ACKNOWLEDGE") {
            return legacy_fsctl(handle, FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE);
        }
        if (name == "ACK_NO_2") {
            return legacy_fsctl(handle, FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2);
        }
        if (name == "CLOSE_PENDING") {
            return legacy_fsctl(handle, FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING);
        }
        if (name == "NOTIFY") return legacy_fsctl(handle, FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY);
        Request request = level_acknowledgment(
            handle, static_cast<engine::CacheLevel>(name == "ON_CLOSE" ? 0 : level_bits(name)));
        if (name == "ON_CLOSE") {
            request.fsctl.flags |= engine::REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE;
        }
        return request;
    }

    void check_waiter(bool released, const std::string& when) const {
        if (!cell_.waiter) return;
        const Completion* over = bench_.completion(waiter_.irp);
        expect((over != nullptr) == released, "the waiting create, " + when,
               released ? "released" : "still waits", seen(over));
    }

    void check_answer(const sim::Submitted& sent) {
        const TableStep& answer = outcome_.steps.front();
        const std::string subject = "the acknowledgment";
        switch (answer.kind) {
            case TableStepKind::success:
            case TableStepKind::gone:
                return check_success(sent, answer.kind == TableStepKind::gone);
            case TableStepKind::pends: return check_kept(sent, answer.level);
            case TableStepKind::refused: return check_refused(sent, answer.level);
            case TableStepKind::invalid:
                expect_status(subject, sent.irp, NtStatus::STATUS_INVALID_OPLOCK_PROTOCOL);
                return check_unchanged();
            case TableStepKind::invalid_parameter:
                expect_status(subject, sent.irp, NtStatus::STATUS_INVALID_PARAMETER);
                return check_unchanged();
            case TableStepKind::close_pending: return check_close_pending(sent);
            case TableStepKind::notified: return check_notification(sent);
            case TableStepKind::unaffected:
            case TableStepKind::waits:
            case TableStepKind::told:
            case TableStepKind::closed:
            case TableStepKind::granted:
            case TableStepKind::cannot_grant:
            case TableStepKind::nothing:
            case TableStepKind::kept:
            case TableStepKind::switched:
            case TableStepKind::displaced: break;
        }
        throw SetUpProblem("'" + outcome_.text + "' is no answer to an acknowledgment");
    }

    void check_success(const sim::Submitted& sent, bool gone) {
        expect_status("the acknowledgment", sent.irp, NtStatus::STATUS_SUCCESS);
        const Completion* answer = bench_.completion(sent.irp);
        if (gone) {
            expect(answer->information == engine::FILE_OPLOCK_BROKEN_TO_NONE, "the acknowledgment",
                   "FILE_OPLOCK_BROKEN_TO_NONE", seen(answer));
        }
        if (cell_.subject == "NOTIFY") return;
        check_waiter(true, "after the acknowledgment");
        expect_nothing_owed(first());
    }

    void check_kept(const sim::Submitted& sent, OplockType level) {
        expect(sent.outcome == sim::SubmitOutcome::pending, "the acknowledgment",
               "STATUS_PENDING", seen(bench_.completion(sent.irp)));
        TableOwner& owner = first();
        owner.irp = sent.irp;
        if (outcome_.then.empty()) {
            expect_pending("the acknowledgment", sent.irp);
            check_waiter(true, "after the acknowledgment");
            return expect_held(owner, sent.irp, level);
        }
        const TableStep& then = outcome_.then.front();
        expect_again(owner, level, then);
        check_waiter(!then.waits, "after what was kept is broken again");
        if (then.ack) accept(owner, then.level);
        check_waiter(true, "after the second acknowledgment");
    }

    void expect_again(const TableOwner& owner, OplockType kept, const TableStep& then) const {
        const Completion* again = bench_.completion(owner.irp);
        const bool broken = again != nullptr && again->status == NtStatus::STATUS_SUCCESS &&
                            again->output.original_oplock_level == cache_level(kept) &&
                            again->output.new_oplock_level == cache_level(then.level);
        expect(broken, "what was kept", "broken again to " + std::string(short_name(then.level)),
               seen(again));
    }

    void check_refused(const sim::Submitted& sent, OplockType offer) {
        expect_refused(sent.irp, offer);
        const auto flag = engine::REQUEST_OPLOCK_OUTPUT_FLAG_WRITABLE_SECTION_PRESENT;
        const Completion* answer = bench_.completion(sent.irp);
        expect(((answer->output.flags & flag) != 0) == has(cell_, "section"), "the acknowledgment",
               has(cell_, "section") ? "WRITABLE_SECTION_PRESENT" : "no writable section",
               seen(answer));
        check_waiter(false, "after the refusal");
        accept(first(), offer);
        check_waiter(true, "after accepting the offer");
    }

    void check_unchanged() {
        check_waiter(false, "after the failed acknowledgment");
        if (cell_.state.breaking()) {
            give_up(first());
            return check_waiter(true, "after a correct acknowledgment");
        }
        if (!cell_.state.oplocks.empty()) expect_pending("the oplock", first().irp);
    }

    void check_close_pending(const sim::Submitted& sent) {
        expect_status("the acknowledgment", sent.irp, NtStatus::STATUS_SUCCESS);
        check_waiter(false, "after the announcement");
        const bool strict = bench_.semantics().ack_after_close_pending ==
                            engine::AckAfterClosePending::invalid_protocol;
        if (strict) expect_nothing_owed(first());
        check_waiter(false, "before the close");
        static_cast<void>(close(first().client, first().handle));
        check_waiter(true, "after the close");
    }

    void check_notification(const sim::Submitted& sent) {
        expect_pending("the notification", sent.irp);
        check_waiter(false, "after the notification was asked for");
        give_up(first());
        expect_status("the notification", sent.irp, NtStatus::STATUS_SUCCESS);
        check_waiter(true, "after the acknowledgment");
    }

    sim::Submitted waiter_;
};

}  // namespace

std::vector<CellMismatch> run_sequence(TableBench& bench, const Cell& cell,
                                       const CellOutcome& outcome, CellEnding ending) {
    try {
        switch (cell.table) {
            case TableKind::breaks: BreakSequence(bench, cell, outcome).run(ending); break;
            case TableKind::grants: GrantSequence(bench, cell, outcome).run(); break;
            case TableKind::acknowledgments: AcknowledgeSequence(bench, cell, outcome).run(); break;
        }
    } catch (const Differs& differs) {
        return {differs.mismatch};
    }
    return {};
}

std::string target_of(const Cell& cell) {
    if (!cell.directory) return "\\dir\\data.bin";
    return cell.subject.starts_with("directory-") ? "\\empty" : "\\dir";
}

bool needs_no_second_look(const Cell& cell, const engine::Semantics& semantics) {
    const bool with_handle = cell.table == TableKind::breaks && !cell.create &&
                             cell.relation == KeyRelation::other && acts_on_target(cell);
    if (!with_handle || actor_breaks(cell) || cell.state.oplocks.size() != 1) return false;
    switch (cell.state.oplocks.front().type) {
        case OplockType::level_1:
        case OplockType::batch: return true;
        case OplockType::filter:
            return semantics.filter_create_rule !=
                   engine::FilterCreateRule::writable_and_not_share_read;
        case OplockType::read_write:
        case OplockType::read_write_handle:
            return semantics.ack_level_policy != engine::AckLevelPolicy::fsa_literal;
        case OplockType::none:
        case OplockType::level_2:
        case OplockType::read:
        case OplockType::read_handle: break;
    }
    return false;
}

}  // namespace oplocksim::conformance
