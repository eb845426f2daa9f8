// One stream, a few handles, and everything that their owners can do with oplocks, in any order.
//
// A model for search() (search.h) in the exact regime: a state is four bytes a handle. Nothing of
// the protocol is written here. A state is unpacked into an engine::Oplock, the engine is called as
// a file system calls it, and what it leaves is packed again.
//
// WHAT A HANDLE DOES. It is opened in one of kOpenings, may request one oplock of any of the eight
// types after that, granted or not, may write if it was opened for writing, acknowledges the break
// of its oplock in every way that there is, and is closed when it has nothing in flight. An
// operation that waits for a break can be cancelled; one that was released goes on in a step of
// its own. All handles have different oplock keys (SC-004).
//
// WHAT A STEP IS. One request, with all that follows at once. An open takes the file system's
// order: Batch and Filter break first; then the sharing check, with one break of handle caching and
// one retry; then the remaining break (SC-012, SC-014); see sim/create.cpp.
//
// WHAT IS LEFT OUT, so that the same model can be written in another language and the numbers of
// reachable states compared (tools/bench/spin/oplock.pml): byte-range locks, sections, deletion,
// directories, explicit keys, FSCTL_OPLOCK_BREAK_NOTIFY, FILE_OPEN_REQUIRING_OPLOCK; and the order
// of holders and of waiters, which decides nothing but the order of notices (a test holds that).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/oplock.h"
#include "engine/semantics.h"

namespace oplocksim::conformance::explore {

inline constexpr std::size_t kMaxModelHandles = 8;

// How a handle is opened. "write" and the like: what it may do, and what it shares.
enum class Opening : std::uint8_t {
    attributes,        // FILE_READ_ATTRIBUTES only: takes no part in sharing
    read,              // FILE_READ_DATA, shares everything
    write,             // FILE_READ_DATA and FILE_WRITE_DATA, shares everything
    exclusive,         // the same, shares nothing
    overwrite,         // as write, FILE_OVERWRITE_IF
    write_no_wait,     // as write, FILE_COMPLETE_IF_OPLOCKED
};
inline constexpr int kRequestableTypes =
    static_cast<int>(engine::OplockType::read_write_handle) + 1;
inline constexpr int kOpenings = static_cast<int>(Opening::write_no_wait) + 1;

// What an owner can do, beside opening and requesting.
enum class OplockVerb : std::uint8_t {
    open,                  // argument: Opening
    request,               // argument: engine::OplockType
    write,
    go_on,                 // the released operation repeats its check
    cancel,                // the operation that waits
    acknowledge,           // FSCTL_OPLOCK_BREAK_ACKNOWLEDGE
    acknowledge_no_2,      // FSCTL_OPLOCK_BREAK_ACK_NO_2
    close_pending,         // FSCTL_OPBATCH_ACK_CLOSE_PENDING
    acknowledge_level,     // argument: engine::OplockType, the level to keep; none is one
    close,
};

struct OplockAction {
    std::uint8_t handle = 0;
    OplockVerb verb = OplockVerb::open;
    std::uint8_t argument = 0;
    auto operator<=>(const OplockAction&) const = default;
};

// "handle 2: request Read-Handle".
[[nodiscard]] std::string to_string(const OplockAction& action);

// What must hold in every state: the ids that check() gives.
enum class OplockProperty : std::uint32_t {
    exclusive_alone,       // Level 1, Batch, Filter, RW and RWH have no company (I1)
    level_2_apart,         // Level 2 and Read-Handle never coexist (I2)
    waits_for_a_break,     // who waits, waits for a break that is under way (I5)
    nothing_lost,          // an operation that is in flight waits or was released
    sharing_kept,          // no two opens that exclude each other
};
[[nodiscard]] std::string_view to_string(OplockProperty property);

// One handle, packed. The fields are explained in oplock_model.cpp.
using HandleBits = std::uint32_t;

// What is allowed at all: every set of bits is a model of its own.
struct OplockModelSettings {
    engine::Semantics semantics{};
    std::uint32_t openings = (1u << kOpenings) - 1;       // by Opening
    std::uint32_t types = (1u << kRequestableTypes) - 1;  // by engine::OplockType, none counts too
};

// A state unpacked, ready for steps. For many steps: the engine's vectors keep their room.
class OplockStage {
 public:
    OplockStage(const OplockModelSettings& settings, std::span<const HandleBits> state);

    // Appends what may happen.
    void actions(std::vector<OplockAction>& actions) const;
    // Calls do_it(action) for everything that may happen, in the order of actions().
    template <typename Do>
    void each_action(const Do& do_it) const {
        for (std::uint8_t handle = 0; handle < count_; ++handle) each_action_of(handle, do_it);
    }
    // What the step leads to. Requires: it may happen; `next` is as long as the state.
    void perform(const OplockAction& action, std::span<HandleBits> next);

 private:
    // The sets of actions that a handle can be in the mood for; see menu_of.
    [[nodiscard]] static std::span<const OplockAction> menu_of(HandleBits bits);
    [[nodiscard]] bool allowed(const OplockAction& action) const {
        if (action.verb == OplockVerb::open) {
            return ((settings_.openings >> action.argument) & 1) != 0;
        }
        return action.verb != OplockVerb::request ||
               ((settings_.types >> action.argument) & 1) != 0;
    }
    template <typename Do>
    void each_action_of(std::uint8_t handle, const Do& do_it) const {
        for (OplockAction action : menu_of(before_[handle])) {
            if (!allowed(action)) continue;
            action.handle = handle;
            do_it(action);
        }
    }

    [[nodiscard]] engine::Caller caller(std::size_t handle, bool oplock_request) const;
    [[nodiscard]] engine::StreamFacts facts(std::size_t handle) const;
    [[nodiscard]] bool sharing_violated(std::size_t handle, Opening opening) const;
    [[nodiscard]] HandleBits opened(std::size_t handle, HandleBits bits);
    [[nodiscard]] HandleBits written(std::size_t handle, HandleBits bits);
    [[nodiscard]] HandleBits fsctl(std::size_t handle, HandleBits bits,
                                   const engine::OplockFsctl& fsctl);
    [[nodiscard]] HandleBits performed(const OplockAction& action, HandleBits bits);
    void pack(std::size_t acted, HandleBits bits, std::span<HandleBits> next) const;

    const OplockModelSettings& settings_;
    const std::size_t count_;
    std::array<HandleBits, kMaxModelHandles> before_{};
    std::uint32_t opens_ = 0;        // before the step
    std::uint32_t data_opens_ = 0;   // of those, not attribute-only
    engine::Oplock before_oplock_;
    engine::Oplock oplock_;
    engine::Effects effects_;
};

// Appends the properties that the state violates.
void check_oplock_state(std::span<const HandleBits> state, std::vector<std::uint32_t>& violated);

template <std::size_t kHandles>
class OplockModel {
    static_assert(kHandles >= 1 && kHandles <= kMaxModelHandles);

 public:
    using State = std::array<HandleBits, kHandles>;
    using Action = OplockAction;

    explicit OplockModel(const OplockModelSettings& settings = {}) : settings_(settings) {}

    // Everything is closed.
    [[nodiscard]] std::vector<State> initial() const { return {State{}}; }
    void actions(const State& state, std::vector<Action>& actions) const {
        OplockStage(settings_, state).actions(actions);
    }
    [[nodiscard]] State apply(const State& state, const Action& action) const {
        State next;
        OplockStage(settings_, state).perform(action, next);
        return next;
    }
    template <typename Sink>
    void successors(const State& state, const Sink& sink) const {
        OplockStage stage(settings_, state);
        State next;
        stage.each_action([&](const Action& action) {
            stage.perform(action, next);
            sink(next);
        });
    }
    void check(const State& state, std::vector<std::uint32_t>& violated) const {
        check_oplock_state(state, violated);
    }
    // Handles can always be opened or closed: there is no end.
    [[nodiscard]] bool is_legal_end(const State&) const { return false; }

    // Handles are interchangeable: the engine compares their names and nothing more.
    [[nodiscard]] State canonical(State state) const {
        for (std::size_t i = 1; i < kHandles; ++i) {   // insertion: there are few
            for (std::size_t j = i; j != 0 && state[j] < state[j - 1]; --j) {
                std::swap(state[j], state[j - 1]);
            }
        }
        return state;
    }
    // The orders that the handles of a representative can have.
    [[nodiscard]] std::uint64_t orbit(const State& state) const {
        std::uint64_t orders = 1;
        std::uint64_t same = 0;
        for (std::size_t i = 0; i < kHandles; ++i) {
            same = i != 0 && state[i] == state[i - 1] ? same + 1 : 1;
            orders = orders * (i + 1) / same;
        }
        return orders;
    }

 private:
    OplockModelSettings settings_;
};

}  // namespace oplocksim::conformance::explore
