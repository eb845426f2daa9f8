// The configuration of one fuzzed run, drawn first of all.
//
// Swarm testing: a run in which most features are switched off gets further with the others than
// one that does a little of everything. So each run has its own clients, files, keys, kinds of
// oplock and moves, and its own habits: how soon owners answer, and how rightly.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "conformance/fuzz/choices.h"
#include "conformance/fuzz/universe.h"
#include "engine/semantics.h"

namespace oplocksim::conformance::fuzz {

// What a client, or the world, may do next.
enum class Move : std::uint8_t {
    open,
    request,              // an oplock
    acknowledge,          // a break that this client owes an answer to
    acknowledge_nothing,  // that nobody asked for
    notify,               // FSCTL_OPLOCK_BREAK_NOTIFY
    close,
    close_again,          // a handle that is closed
    duplicate,
    read,
    write,
    flush,
    lock,
    unlock,
    set_end_of_file,
    set_allocation,
    set_valid_data_length,
    rename,
    link,
    set_short_name,
    set_disposition,
    set_basic_information,
    set_security,
    set_encryption,
    set_zero_data,
    create_section,
    close_section,
    cancel,
    cancel_io,
    exit_thread,
    wait_for,
};
inline constexpr std::size_t kMoveCount = static_cast<std::size_t>(Move::wait_for) + 1;

// Which oplock keys opens carry.
enum class KeyHabit : std::uint8_t { none, one_per_client, shared, any };
inline constexpr std::uint32_t kKeyHabitCount = 4;

struct Swarm {
    engine::Semantics semantics;
    std::uint8_t clients = 2;
    std::uint8_t threads_per_client = 1;
    std::uint8_t theme = 0;                         // of Universe::themes
    std::uint8_t most_opens = 3;                    // at a time, of all clients
    std::uint16_t steps = 40;                       // at most so many moves
    std::array<std::uint8_t, kMoveCount> weights{}; // of moves; 0: never
    KeyHabit keys = KeyHabit::none;
    KeyHabit parent_keys = KeyHabit::none;
    std::uint8_t types = 0xFF;                      // of oplocks that are requested, as bits
    std::uint8_t sharing = 0;                       // how often a share right is missing, of 256
    std::uint8_t overwriting = 0;                   // how often a create is not FILE_OPEN
    std::uint8_t odd_access = 0;                    // how often the access is an unusual one
    std::uint8_t complete_if_oplocked = 0;          // how often creates have the option
    std::uint8_t requiring_oplock = 0;
    std::uint8_t reserve_opfilter = 0;
    std::uint8_t synchronous = 0;
    std::uint8_t delete_on_close = 0;
    std::uint8_t transacted = 0;
    std::uint8_t odd_arguments = 0;                 // what is seldom right
    std::uint8_t wrong_answers = 0;                 // how often an acknowledgment is not the offer
    std::uint8_t stays = 0;                         // how often the same thread goes on
    std::uint8_t releases_first = 0;                // how often what was released goes on first
    std::uint8_t world = 0;                         // how often the clock moves or a client dies
    bool answers = true;                            // owners answer in the end
    std::uint8_t caching = 0;                       // the clients that cache, as bits
    [[nodiscard]] bool caches(std::uint32_t client) const { return (caching >> client & 1) != 0; }
};

// Requires nothing of `choices`; an exhausted source gives the plainest run. With `semantics`, they
// are not drawn.
[[nodiscard]] Swarm draw_swarm(Choices& choices,
                               const std::optional<engine::Semantics>& semantics);

}  // namespace oplocksim::conformance::fuzz
