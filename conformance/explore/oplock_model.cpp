#include "conformance/explore/oplock_model.h"

#include "engine/assert.h"

namespace oplocksim::conformance::explore {
namespace {

using namespace engine;   // the constants of wdm.h and ntifs.h

// What a handle is doing.
enum class Activity : std::uint8_t { idle, opening, writing };

// A field of HandleBits.
template <typename T, unsigned kShift, unsigned kWidth>
struct Field {
    static constexpr HandleBits kMask = ((HandleBits{1} << kWidth) - 1) << kShift;
    [[nodiscard]] static constexpr T get(HandleBits bits) {
        return static_cast<T>((bits & kMask) >> kShift);
    }
    [[nodiscard]] static constexpr HandleBits of(T value) {
        return static_cast<HandleBits>(value) << kShift;
    }
};
using IsOpen = Field<bool, 0, 1>;                    // it has a FILE_OBJECT
using How = Field<Opening, 1, 3>;                    // open or opening; merged, see as_opened
using Doing = Field<Activity, 4, 2>;
using PastBatch = Field<bool, 6, 1>;                 // opening: it waited in the sharing phase
using HandleBreakDone = Field<bool, 7, 1>;           // opening: the one retry is used up (SC-014)
using Released = Field<bool, 8, 1>;                  // in flight, and may go on
using Requested = Field<bool, 9, 1>;                 // it has had its one request
// The engine's:
using Waits = Field<bool, 10, 1>;                    // a Waiter, and why
using WaitsFor = Field<WaitReason, 11, 2>;
using Holds = Field<OplockType, 13, 4>;              // a Holder
using Breaking = Field<BreakState, 17, 3>;
using ClosePending = Field<bool, 20, 1>;
constexpr HandleBits kEngineBits =
    Waits::kMask | WaitsFor::kMask | Holds::kMask | Breaking::kMask | ClosePending::kMask;

// An operation in flight and a pended oplock request of the same handle.
constexpr IrpId operation_irp(std::size_t handle) {
    return {static_cast<std::uint32_t>(2 * handle + 1)};
}
constexpr IrpId oplock_irp(std::size_t handle) {
    return {static_cast<std::uint32_t>(2 * handle + 2)};
}
constexpr std::size_t handle_of(IrpId irp) { return (irp.value - 1) / 2; }
constexpr FileObjectId file_object(std::size_t handle) {
    return {static_cast<std::uint32_t>(handle + 1)};
}
constexpr std::size_t handle_of(FileObjectId file_object) { return file_object.value - 1; }

constexpr ShareAccess kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

constexpr CheckRequest request_of(Operation operation, AccessMask access, ShareAccess share,
                                  CreateDisposition disposition, OplockCheckFlags flags) {
    CheckRequest request;
    request.operation = operation;
    request.desired_access = access;
    request.share_access = share;
    request.disposition = disposition;
    request.flags = flags;
    return request;
}

constexpr CheckRequest create_request(Operation operation, Opening opening) {
    constexpr AccessMask kWrite = FILE_READ_DATA | FILE_WRITE_DATA;
    constexpr auto kOpen = CreateDisposition::FILE_OPEN;
    switch (opening) {
        case Opening::attributes:
            return request_of(operation, FILE_READ_ATTRIBUTES, kShareAll, kOpen, 0);
        case Opening::read: return request_of(operation, FILE_READ_DATA, kShareAll, kOpen, 0);
        case Opening::write: return request_of(operation, kWrite, kShareAll, kOpen, 0);
        case Opening::exclusive: return request_of(operation, kWrite, 0, kOpen, 0);
        case Opening::overwrite:
            return request_of(operation, kWrite, kShareAll, CreateDisposition::FILE_OVERWRITE_IF,
                              0);
        case Opening::write_no_wait:
            return request_of(operation, kWrite, kShareAll, kOpen,
                              OPLOCK_FLAG_COMPLETE_IF_OPLOCKED);
    }
    OPLOCKSIM_ASSERT(false, "an opening outside its enumeration");
}

// Once it is open, nobody can tell how a handle that shares everything and writes came about.
constexpr Opening as_opened(Opening opening) {
    switch (opening) {
        case Opening::attributes:
        case Opening::read:
        case Opening::write:
        case Opening::exclusive: return opening;
        case Opening::overwrite:
        case Opening::write_no_wait: return Opening::write;
    }
    OPLOCKSIM_ASSERT(false, "an opening outside its enumeration");
}

// IoCheckShareAccess: either excludes the other. Attribute-only opens take no part.
constexpr bool excludes(Opening a, Opening b) {
    if (a == Opening::attributes || b == Opening::attributes) return false;
    return a == Opening::exclusive || b == Opening::exclusive;
}

constexpr bool may_write(Opening opening) {
    return opening == Opening::write || opening == Opening::exclusive;
}

constexpr OplockFsctl granular(OplockType type, std::uint32_t flags) {
    return {FsControlCode::FSCTL_REQUEST_OPLOCK, cache_level(type), flags};
}

constexpr OplockFsctl request_fsctl(OplockType type) {
    switch (type) {
        case OplockType::level_1: return {FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1};
        case OplockType::level_2: return {FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2};
        case OplockType::batch: return {FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK};
        case OplockType::filter: return {FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK};
        case OplockType::none:
        case OplockType::read:
        case OplockType::read_handle:
        case OplockType::read_write:
        case OplockType::read_write_handle:
            return granular(type, REQUEST_OPLOCK_INPUT_FLAG_REQUEST);
    }
    OPLOCKSIM_ASSERT(false, "an oplock type outside its enumeration");
}

// The menus: everything that a handle may do, by what it is doing and holds.
constexpr OplockAction item(OplockVerb verb, std::uint8_t argument = 0) {
    return {0, verb, argument};
}
constexpr OplockAction item(OplockVerb verb, Opening opening) {
    return item(verb, static_cast<std::uint8_t>(opening));
}
constexpr OplockAction item(OplockVerb verb, OplockType type) {
    return item(verb, static_cast<std::uint8_t>(type));
}
constexpr std::array kClosed = {
    item(OplockVerb::open, Opening::attributes), item(OplockVerb::open, Opening::read),
    item(OplockVerb::open, Opening::write),      item(OplockVerb::open, Opening::exclusive),
    item(OplockVerb::open, Opening::overwrite),  item(OplockVerb::open, Opening::write_no_wait)};
constexpr std::array kWaiting = {item(OplockVerb::cancel)};
constexpr std::array kReleased = {item(OplockVerb::go_on)};
// Of these the first is for those that may write.
constexpr std::array kFresh = {item(OplockVerb::write),
                               item(OplockVerb::request, OplockType::level_1),
                               item(OplockVerb::request, OplockType::level_2),
                               item(OplockVerb::request, OplockType::batch),
                               item(OplockVerb::request, OplockType::filter),
                               item(OplockVerb::request, OplockType::read),
                               item(OplockVerb::request, OplockType::read_handle),
                               item(OplockVerb::request, OplockType::read_write),
                               item(OplockVerb::request, OplockType::read_write_handle),
                               item(OplockVerb::close)};
constexpr std::array kSettled = {item(OplockVerb::write), item(OplockVerb::close)};
constexpr std::array kOwesLegacy = {
    item(OplockVerb::write), item(OplockVerb::acknowledge), item(OplockVerb::acknowledge_no_2),
    item(OplockVerb::close_pending), item(OplockVerb::close)};
constexpr std::array kOwesGranular = {
    item(OplockVerb::write),
    item(OplockVerb::acknowledge_level, OplockType::none),
    item(OplockVerb::acknowledge_level, OplockType::read),
    item(OplockVerb::acknowledge_level, OplockType::read_handle),
    item(OplockVerb::acknowledge_level, OplockType::read_write),
    item(OplockVerb::acknowledge_level, OplockType::read_write_handle),
    item(OplockVerb::close)};

std::string_view name_of(Opening opening) {
    switch (opening) {
        case Opening::attributes: return "for attributes";
        case Opening::read: return "to read";
        case Opening::write: return "to write";
        case Opening::exclusive: return "to write, sharing nothing";
        case Opening::overwrite: return "to overwrite";
        case Opening::write_no_wait: return "to write, without waiting for a break";
    }
    OPLOCKSIM_ASSERT(false, "an opening outside its enumeration");
}

}  // namespace

std::string to_string(const OplockAction& action) {
    const auto type = [&] { return std::string(to_string(OplockType{action.argument})); };
    const std::string who = "handle " + std::to_string(action.handle + 1) + ": ";
    switch (action.verb) {
        case OplockVerb::open:
            return who + "open " + std::string(name_of(Opening{action.argument}));
        case OplockVerb::request: return who + "request " + type();
        case OplockVerb::write: return who + "write";
        case OplockVerb::go_on: return who + "go on";
        case OplockVerb::cancel: return who + "cancel what waits";
        case OplockVerb::acknowledge: return who + "acknowledge";
        case OplockVerb::acknowledge_no_2: return who + "acknowledge, without Level 2";
        case OplockVerb::close_pending: return who + "acknowledge with a promise to close";
        case OplockVerb::acknowledge_level: return who + "acknowledge at " + type();
        case OplockVerb::close: return who + "close";
    }
    OPLOCKSIM_ASSERT(false, "a verb outside its enumeration");
}

std::string_view to_string(OplockProperty property) {
    switch (property) {
        case OplockProperty::exclusive_alone: return "an exclusive oplock has company";
        case OplockProperty::level_2_apart: return "Level 2 and Read-Handle coexist";
        case OplockProperty::waits_for_a_break: return "somebody waits for nothing";
        case OplockProperty::nothing_lost: return "an operation neither waits nor goes on";
        case OplockProperty::sharing_kept: return "opens that exclude each other";
    }
    OPLOCKSIM_ASSERT(false, "a property outside its enumeration");
}

OplockStage::OplockStage(const OplockModelSettings& settings,
                         std::span<const HandleBits> state)
    : settings_(settings), count_(state.size()) {
    std::array<Holder, kMaxModelHandles> holders;
    std::array<Waiter, kMaxModelHandles> waiters;
    std::size_t held = 0;
    std::size_t waiting = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const HandleBits bits = before_[i] = state[i];
        if (IsOpen::get(bits)) {
            ++opens_;
            data_opens_ += How::get(bits) != Opening::attributes;
        }
        if ((bits & kEngineBits) == 0) continue;
        if (const OplockType type = Holds::get(bits); type != OplockType::none) {
            const BreakState breaking = Breaking::get(bits);
            holders[held++] = {file_object(i),
                               breaking == BreakState::not_breaking ? oplock_irp(i) : IrpId{},
                               OplockKey{}, type, breaking, ClosePending::get(bits)};
        }
        if (Waits::get(bits)) {
            waiters[waiting++] = {operation_irp(i), file_object(i), OplockKey{},
                                  WaitsFor::get(bits)};
        }
    }
    before_oplock_.restore({holders.data(), held}, {waiters.data(), waiting});
}

std::span<const OplockAction> OplockStage::menu_of(HandleBits bits) {
    if (Doing::get(bits) != Activity::idle) {
        if (Released::get(bits)) return kReleased;
        return kWaiting;
    }
    if (!IsOpen::get(bits)) return kClosed;
    const std::size_t from = may_write(How::get(bits)) ? 0 : 1;
    const auto rest = [&](std::span<const OplockAction> all) { return all.subspan(from); };
    if (!Requested::get(bits)) return rest(kFresh);
    if (Breaking::get(bits) == BreakState::not_breaking || ClosePending::get(bits)) {
        return rest(kSettled);
    }
    return is_granular(Holds::get(bits)) ? rest(kOwesGranular) : rest(kOwesLegacy);
}

void OplockStage::actions(std::vector<OplockAction>& actions) const {
    each_action([&](const OplockAction& action) { actions.push_back(action); });
}

void OplockStage::perform(const OplockAction& action, std::span<HandleBits> next) {
    oplock_ = before_oplock_;
    effects_.clear();
    const HandleBits bits = performed(action, before_[action.handle]);
    pack(action.handle, bits, next);
}

HandleBits OplockStage::performed(const OplockAction& action, HandleBits bits) {
    const std::size_t handle = action.handle;
    switch (action.verb) {
        case OplockVerb::open:
            return opened(handle, How::of(Opening{action.argument}) | Doing::of(Activity::opening));
        case OplockVerb::request:
            return fsctl(handle, bits | Requested::of(true),
                         request_fsctl(OplockType{action.argument}));
        case OplockVerb::write: return written(handle, bits);
        case OplockVerb::go_on:
            bits &= ~Released::kMask;
            return Doing::get(bits) == Activity::opening ? opened(handle, bits)
                                                         : written(handle, bits);
        case OplockVerb::cancel: {
            const bool held = oplock_.cancel(operation_irp(handle), effects_);
            OPLOCKSIM_ASSERT(held, "the package does not know the waiter that is cancelled");
            return IsOpen::get(bits) ? bits & ~Doing::kMask : 0;
        }
        case OplockVerb::acknowledge:
            return fsctl(handle, bits, {FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE});
        case OplockVerb::acknowledge_no_2:
            return fsctl(handle, bits, {FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2});
        case OplockVerb::close_pending:
            return fsctl(handle, bits, {FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING});
        case OplockVerb::acknowledge_level:
            return fsctl(handle, bits,
                         granular(OplockType{action.argument}, REQUEST_OPLOCK_INPUT_FLAG_ACK));
        case OplockVerb::close:
            oplock_.cleanup(settings_.semantics, file_object(handle), effects_);
            return 0;
    }
    OPLOCKSIM_ASSERT(false, "a verb outside its enumeration");
}

Caller OplockStage::caller(std::size_t handle, bool oplock_request) const {
    return {file_object(handle), OplockKey{}, OplockKey{},
            oplock_request ? oplock_irp(handle) : operation_irp(handle)};
}

StreamFacts OplockStage::facts(std::size_t handle) const {
    StreamFacts facts;   // the handle itself is open: only then has it an FSCTL to send
    facts.other_opens = opens_ - 1;
    facts.other_data_opens =
        data_opens_ - (How::get(before_[handle]) != Opening::attributes);
    facts.other_opens_other_key = facts.other_opens;
    facts.other_data_opens_other_key = facts.other_data_opens;
    return facts;
}

bool OplockStage::sharing_violated(std::size_t handle, Opening opening) const {
    for (std::size_t i = 0; i < count_; ++i) {
        if (i != handle && IsOpen::get(before_[i]) && excludes(How::get(before_[i]), opening)) {
            return true;
        }
    }
    return false;
}

// The create, from its beginning or from where it waited. The order is that of sim/create.cpp.
HandleBits OplockStage::opened(std::size_t handle, HandleBits bits) {
    const Opening opening = How::get(bits);
    const Caller who = caller(handle, false);
    const CheckRequest create = create_request(Operation::create, opening);
    const auto waits = [&](const CheckRequest& request) {
        const CheckResult result = oplock_.check(settings_.semantics, who, request, effects_);
        return result.decision == CheckDecision::wait;
    };
    if (!PastBatch::get(bits) && oplock_.current_batch_or_filter() && waits(create)) return bits;
    bits |= PastBatch::of(true);
    while (sharing_violated(handle, opening)) {
        if (HandleBreakDone::get(bits) || !oplock_.current_handle_caching()) return 0;
        bits |= HandleBreakDone::of(true);
        if (waits(create_request(Operation::create_break_handle, opening))) return bits;
    }
    if (waits(create)) return bits;
    return IsOpen::of(true) | How::of(as_opened(opening));
}

HandleBits OplockStage::written(std::size_t handle, HandleBits bits) {
    CheckRequest request;
    request.operation = Operation::write;
    bits &= ~Doing::kMask;
    const CheckResult result =
        oplock_.check(settings_.semantics, caller(handle, false), request, effects_);
    return result.decision == CheckDecision::wait ? bits | Doing::of(Activity::writing) : bits;
}

HandleBits OplockStage::fsctl(std::size_t handle, HandleBits bits, const OplockFsctl& fsctl) {
    static_cast<void>(
        oplock_.fsctrl(settings_.semantics, caller(handle, true), fsctl, facts(handle), effects_));
    return bits;
}

void OplockStage::pack(std::size_t acted, HandleBits bits, std::span<HandleBits> next) const {
    for (std::size_t i = 0; i < count_; ++i) next[i] = before_[i] & ~kEngineBits;
    next[acted] = bits & ~kEngineBits;
    for (const Holder& holder : oplock_.holders()) {
        next[handle_of(holder.file_object)] |= Holds::of(holder.type) |
                                               Breaking::of(holder.breaking) |
                                               ClosePending::of(holder.close_pending);
    }
    for (const Waiter& waiter : oplock_.waiters()) {
        next[handle_of(waiter.irp)] |= Waits::of(true) | WaitsFor::of(waiter.reason);
    }
    for (const Effect& effect : effects_) {
        if (effect.kind == EffectKind::release) next[handle_of(effect.irp)] |= Released::of(true);
    }
}

void check_oplock_state(std::span<const HandleBits> state, std::vector<std::uint32_t>& violated) {
    const auto violate = [&](OplockProperty property) {
        violated.push_back(static_cast<std::uint32_t>(property));
    };
    std::uint32_t holders = 0;
    std::uint32_t types = 0;
    std::uint32_t opens = 0;
    bool exclusive_open = false;
    bool breaking = false;
    bool waits = false;
    bool lost = false;
    for (const HandleBits bits : state) {
        const OplockType type = Holds::get(bits);
        holders += type != OplockType::none;
        types |= 1u << static_cast<unsigned>(type);
        breaking |= Breaking::get(bits) != BreakState::not_breaking;
        waits |= Waits::get(bits);
        lost |= (Doing::get(bits) != Activity::idle) == (Waits::get(bits) == Released::get(bits));
        if (!IsOpen::get(bits) || How::get(bits) == Opening::attributes) continue;
        ++opens;
        exclusive_open |= How::get(bits) == Opening::exclusive;
    }
    constexpr auto bit = [](OplockType type) { return 1u << static_cast<unsigned>(type); };
    constexpr std::uint32_t kExclusive =
        bit(OplockType::level_1) | bit(OplockType::batch) | bit(OplockType::filter) |
        bit(OplockType::read_write) | bit(OplockType::read_write_handle);
    constexpr std::uint32_t kApart = bit(OplockType::level_2) | bit(OplockType::read_handle);
    if (holders > 1 && (types & kExclusive) != 0) violate(OplockProperty::exclusive_alone);
    if ((types & kApart) == kApart) violate(OplockProperty::level_2_apart);
    if (waits && !breaking) violate(OplockProperty::waits_for_a_break);
    if (lost) violate(OplockProperty::nothing_lost);
    if (exclusive_open && opens > 1) violate(OplockProperty::sharing_kept);
}

}  // namespace oplocksim::conformance::explore
