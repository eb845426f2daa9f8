#include "conformance/fuzz/swarm.h"

namespace oplocksim::conformance::fuzz {
namespace {

struct MoveRow {
    Move move;
    std::uint8_t weight;
    bool always;   // no run is without it
};
constexpr MoveRow kMoves[] = {
    {Move::open, 40, true},
    {Move::request, 48, true},
    {Move::acknowledge, 32, true},
    {Move::acknowledge_nothing, 2, false},
    {Move::notify, 3, false},
    {Move::close, 8, true},
    {Move::close_again, 1, false},
    {Move::duplicate, 3, false},
    {Move::read, 6, false},
    {Move::write, 8, false},
    {Move::flush, 2, false},
    {Move::lock, 6, false},
    {Move::unlock, 4, false},
    {Move::set_end_of_file, 3, false},
    {Move::set_allocation, 3, false},
    {Move::set_valid_data_length, 3, false},
    {Move::rename, 5, false},
    {Move::link, 4, false},
    {Move::set_short_name, 3, false},
    {Move::set_disposition, 5, false},
    {Move::set_basic_information, 2, false},
    {Move::set_security, 2, false},
    {Move::set_encryption, 2, false},
    {Move::set_zero_data, 4, false},
    {Move::create_section, 4, false},
    {Move::close_section, 4, false},
    {Move::cancel, 6, false},
    {Move::cancel_io, 2, false},
    {Move::exit_thread, 1, false},
    {Move::wait_for, 1, false},
};
static_assert(std::size(kMoves) == kMoveCount);

engine::Semantics draw_semantics(Choices& choices) {
    const std::uint32_t which = choices.below(8);
    if (which < 4) return engine::semantics_of(engine::Profile::docs);
    if (which == 4) return engine::semantics_of(engine::Profile::ms_fsa);
    if (which == 5) return engine::semantics_of(engine::Profile::observed);
    engine::Semantics drawn = engine::semantics_of(engine::Profile::docs);
    const auto switches = engine::switches();
    const std::uint32_t changed = 1 + choices.below(3);
    for (std::uint32_t i = 0; i < changed; ++i) {
        const auto& one = switches[choices.below(static_cast<std::uint32_t>(switches.size()))];
        const std::uint32_t value = choices.below(static_cast<std::uint32_t>(one.values.size()));
        static_cast<void>(engine::set_switch(drawn, one.name, one.values[value]));
    }
    return drawn;
}

// Off in half of the runs; where it is on, seldom or often.
std::uint8_t habit(Choices& choices, std::uint8_t often) {
    static constexpr std::uint8_t kParts[] = {0, 0, 0, 0, 1, 2, 4, 4};
    return static_cast<std::uint8_t>(often / 4 * choices.pick(kParts));
}

void draw_weights(Choices& choices, Swarm& swarm) {
    static constexpr std::uint8_t kFactors[] = {0, 0, 0, 1, 1, 1, 2, 5};
    for (const MoveRow& row : kMoves) {
        const std::uint32_t factor = row.always ? 1 : choices.pick(kFactors);
        swarm.weights[static_cast<std::size_t>(row.move)] =
            static_cast<std::uint8_t>(row.weight * factor);
    }
}

}  // namespace

Swarm draw_swarm(Choices& choices, const std::optional<engine::Semantics>& semantics) {
    static constexpr std::uint16_t kSteps[] = {24, 32, 32, 48, 48, 64, 96, 160};
    static constexpr std::uint8_t kClients[] = {2, 2, 2, 3, 3, 3, 4, 1};
    static constexpr std::uint8_t kOpens[] = {2, 2, 3, 3, 4, 4, 5, 7};
    static constexpr std::uint8_t kTypes[] = {0xFF, 0xFF, 0xF0, 0x0F, 0x60, 0xC0, 0x22, 0x13};
    Swarm swarm;
    swarm.semantics = semantics ? *semantics : draw_semantics(choices);
    swarm.clients = choices.pick(kClients);
    swarm.threads_per_client = choices.chance(64) ? kMaxThreadsPerClient : 1;
    static const auto themes = static_cast<std::uint32_t>(universe().themes.size());
    swarm.theme = static_cast<std::uint8_t>(choices.chance(80) ? 0 : choices.below(themes));
    swarm.most_opens = choices.pick(kOpens);
    swarm.steps = choices.pick(kSteps);
    draw_weights(choices, swarm);
    swarm.keys = static_cast<KeyHabit>(choices.below(kKeyHabitCount));
    swarm.parent_keys = static_cast<KeyHabit>(choices.below(kKeyHabitCount));
    // One kind of oplock only in a third of the runs.
    swarm.types = choices.chance(80) ? static_cast<std::uint8_t>(1u << choices.below(8))
                                     : choices.pick(kTypes);
    swarm.sharing = habit(choices, 128);
    swarm.overwriting = habit(choices, 160);
    swarm.odd_access = habit(choices, 128);
    swarm.complete_if_oplocked = habit(choices, 128);
    swarm.requiring_oplock = habit(choices, 128);
    swarm.reserve_opfilter = habit(choices, 96);
    swarm.synchronous = habit(choices, 96);
    swarm.delete_on_close = habit(choices, 64);
    swarm.transacted = habit(choices, 48);
    swarm.odd_arguments = habit(choices, 64);
    swarm.wrong_answers = habit(choices, 128);
    swarm.stays = static_cast<std::uint8_t>(choices.below(7) * 32);
    swarm.releases_first = static_cast<std::uint8_t>(128 + choices.below(4) * 42);
    swarm.world = habit(choices, 24);
    swarm.answers = !choices.chance(32);
    static constexpr std::uint8_t kCaching[] = {0, 0, 0, 0, 0, 0x1, 0x3, 0xF};
    swarm.caching = choices.pick(kCaching);
    return swarm;
}

}  // namespace oplocksim::conformance::fuzz
