// Draws what a client does next, knowing what it has.
//
// The draws make what is interesting likely: a request on a handle that has none, an answer to a
// break that is owed, a close when enough is open. Everything else is drawn too, only less often.
#pragma once

#include <cstdint>
#include <vector>

#include "conformance/fuzz/choices.h"
#include "conformance/fuzz/situation.h"
#include "conformance/fuzz/swarm.h"
#include "sim/program.h"

namespace oplocksim::conformance::fuzz {

// A step to take, and what it is about. Step::on and ::subject are steps in order of time.
struct Draft {
    sim::Step step;
    PlaceIndex place = 0;               // of a create
    HandleIndex handle = kNone;
    std::uint16_t section = kNone;      // of Situation::sections
};

class Generator {
 public:
    // Everything given must outlive the run.
    void begin(const Swarm& swarm, Choices& choices, const Situation& situation);

    // What `client` does next on `thread`. Returns whether there is anything to do.
    bool draw(sim::ClientIndex client, sim::ThreadIndex thread, Draft& draft);
    // What the world does: the clock moves, a waiter is cancelled, a client dies.
    void draw_world(Draft& draft);
    // The answer that a break asks for.
    void answer(sim::ThreadIndex thread, HandleIndex handle, Draft& draft);

 private:
    void look_around(sim::ClientIndex client);
    [[nodiscard]] std::uint32_t weight(Move move) const {
        return swarm_->weights[static_cast<std::size_t>(move)];
    }
    [[nodiscard]] std::uint32_t weight_of(Move move) const;
    void make(Move move, Draft& draft);
    void make_open(Draft& draft);
    void make_fsctl(Move move, Draft& draft);
    void draw_fsctl(Move move, const FuzzOpen& open, engine::OplockFsctl& fsctl);
    void make_data(Move move, Draft& draft);
    void make_information(Move move, Draft& draft);
    void make_other(Move move, Draft& draft);
    void make_other_step(Move move, Draft& draft);
    void draw_access(sim::Request& request);
    void draw_options(sim::Request& request);
    void draw_request(engine::OplockFsctl& fsctl, bool directory);
    void draw_answer(engine::OplockFsctl& fsctl, const FuzzOpen& open);
    [[nodiscard]] sim::OplockKey draw_key(KeyHabit habit);
    [[nodiscard]] HandleIndex one_of(const std::vector<HandleIndex>& handles);
    [[nodiscard]] sim::StepIndex draw_pending(bool waiting_first);
    void on(Draft& draft, HandleIndex handle) const;

    const Swarm* swarm_ = nullptr;
    Choices* choices_ = nullptr;
    const Situation* situation_ = nullptr;
    // Of the run: moves that only take a handle, whose weights do not change, and the others.
    std::vector<Move> plain_;
    std::vector<Move> special_;
    std::vector<std::uint32_t> special_weights_;
    std::uint32_t plain_total_ = 0;
    // Of the client that is to move.
    sim::ClientIndex client_ = 0;
    std::vector<HandleIndex> mine_;        // open
    std::vector<HandleIndex> ungranted_;   // with no oplock
    std::vector<HandleIndex> owing_;
    std::vector<HandleIndex> locked_;
    std::vector<HandleIndex> closed_;
    std::vector<std::uint16_t> sections_;
};

}  // namespace oplocksim::conformance::fuzz
