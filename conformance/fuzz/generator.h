// Draws what a client does next, knowing what it has.
//
// The draws make what is interesting likely: a request on a handle that has none, an answer to a
// break that is owed, a close when enough is open. Everything else is drawn too, only less often.
#pragma once

#include <array>
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
    // Handles, collected without branches: which of them belong to it cannot be guessed.
    class HandleList {
     public:
        // Empty, with room for `most`.
        void begin(std::size_t most) {
            if (items_.size() <= most) items_.resize(most + 1);
            size_ = 0;
        }
        void add_if(bool belongs, HandleIndex handle) {
            items_[size_] = handle;
            size_ += belongs ? 1 : 0;
        }
        [[nodiscard]] bool empty() const { return size_ == 0; }
        [[nodiscard]] std::uint32_t size() const { return size_; }
        HandleIndex operator[](std::uint32_t i) const { return items_[i]; }

     private:
        std::vector<HandleIndex> items_;
        std::uint32_t size_ = 0;
    };
    static constexpr std::size_t kSpecialMoveCount = 10;
    using SpecialEnds = std::array<std::uint16_t, kSpecialMoveCount>;

    void look_around(sim::ClientIndex client);
    [[nodiscard]] std::uint32_t weight(Move move) const {
        return swarm_->weights[static_cast<std::size_t>(move)];
    }
    [[nodiscard]] SpecialEnds special_ends() const;
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
    [[nodiscard]] const HandleList& closed_handles();
    [[nodiscard]] HandleIndex one_of(const HandleList& handles);
    [[nodiscard]] sim::StepIndex draw_pending(bool waiting_first);
    void on(Draft& draft, HandleIndex handle) const;

    const Swarm* swarm_ = nullptr;
    Choices* choices_ = nullptr;
    const Situation* situation_ = nullptr;
    // Of the run: the moves that only take a handle, whose weights do not change.
    std::array<Move, kMoveCount> plain_{};
    std::array<std::uint16_t, kMoveCount> plain_ends_{};   // of their weights, one after another
    std::uint32_t plain_total_ = 0;
    // Of the client that is to move.
    sim::ClientIndex client_ = 0;
    HandleList mine_;        // open
    HandleList ungranted_;   // with no oplock
    HandleList owing_;
    HandleList locked_;
    HandleList closed_;
    std::vector<std::uint16_t> sections_;
};

}  // namespace oplocksim::conformance::fuzz
