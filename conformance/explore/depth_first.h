// Depth-first search in bounded memory. Internal to explore/; see search.h.
//
// It ends even when its table has forgotten what it saw: no path contains a state twice, because
// what is on the stack is remembered always.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "conformance/explore/forgetful_set.h"
#include "conformance/explore/model_access.h"

namespace oplocksim::conformance::explore::detail {

template <Model M>
class DepthFirst {
    using Access = ModelAccess<M>;
    using State = typename M::State;
    using Action = typename M::Action;
    using StateKey = typename Access::StateKey;

 public:
    DepthFirst(const M& model, const Options& options)
        : access_(model, options), options_(options), seen_(options.limits.memory / 4 * 3) {}

    [[nodiscard]] Result<Action> run() {
        const std::vector<State> initial = access_.model().initial();
        OPLOCKSIM_ASSERT(!initial.empty() && initial.size() <= kMaxActions,
                         "a model without an initial state, or with too many");
        for (initial_ = 0; initial_ < initial.size() && !over(); ++initial_) {
            visit(access_.representative(initial[initial_]), 0);
            while (!stack_.empty() && !over()) step();
        }
        return result();
    }

 private:
    static constexpr std::uint64_t kNewsEvery = 1 << 14;   // transitions

    struct Frame {
        State state;
        StateKey key;
        std::vector<Action> actions;
        std::size_t next = 0;            // to be tried
        std::uint64_t agents = ~std::uint64_t{0};   // whose actions are to be tried
        std::vector<std::uint8_t> of_action;
        std::uint16_t number = 0;        // of the action that led here
        bool goes_on = false;            // a successor is not on the stack
        std::size_t bytes = 0;
    };

    [[nodiscard]] bool over() const {
        return bound_ != Bound::none || (options_.stop_at_first && !result_.findings.empty());
    }

    void visit(State state, std::uint16_t number) {
        const StateKey key = access_.key_of(state);
        const std::uint64_t hash = Access::hash_of(key);
        const Memory memory = seen_.recall(key, hash);
        if (memory != Memory::on_stack && !stack_.empty()) stack_.back().goes_on = true;
        if (memory != Memory::unknown) return;
        if (!seen_.push(key, hash)) {
            bound_ = Bound::memory;
            return;
        }
        Frame& frame = stack_.emplace_back();
        frame.bytes = sizeof(Frame) + access_.size_of(state);
        frame.state = std::move(state);
        frame.key = key;
        frame.number = number;
        stack_bytes_ += frame.bytes;
        enter(frame);
        watch();
    }

    void enter(Frame& frame) {
        Counts& counts = result_.counts;
        ++counts.states;
        counts.represented += access_.orbit(frame.state);
        counts.all_states += Access::digest_of(frame.key);
        counts.depth = std::max(counts.depth, depth());
        judge(frame);
        access_.model().actions(frame.state, frame.actions);
        OPLOCKSIM_ASSERT(frame.actions.size() <= kMaxActions, "a state with too many actions");
        if (frame.actions.empty()) return end(frame);
        if (depth() >= std::min(options_.limits.depth, kMaxDepth)) {
            depth_bound_ = true;
            frame.next = frame.actions.size();
            return;
        }
        if (!access_.reduction()) return;
        frame.agents = access_.agents_of(frame.state, frame.actions, frame.of_action);
        const std::size_t left_out = left_out_of(frame);
        if (left_out == 0) return;
        ++counts.reduced;
        counts.left_out += left_out;
    }

    [[nodiscard]] static std::size_t left_out_of(const Frame& frame) {
        return static_cast<std::size_t>(std::ranges::count_if(
            frame.of_action,
            [&](std::uint8_t agent) { return ((frame.agents >> agent) & 1) == 0; }));
    }

    [[nodiscard]] std::uint32_t depth() const {
        return static_cast<std::uint32_t>(stack_.size() - 1);
    }

    void judge(const Frame& frame) {
        violated_.clear();
        access_.model().check(frame.state, violated_);
        if (violated_.empty()) return;
        ++result_.counts.violating;
        for (const std::uint32_t property : violated_) find({FindingKind::violation, property});
    }

    void end(const Frame& frame) {
        const sim::Fingerprint digest = Access::digest_of(frame.key);
        ++result_.counts.ends;
        result_.counts.end_states += digest;
        if (access_.model().is_legal_end(frame.state)) return;
        ++result_.counts.deadlocks;
        result_.counts.deadlock_states += digest;
        find({FindingKind::deadlock, 0});
    }

    void find(Seen what) {
        if ((options_.stop_at_first && !result_.findings.empty()) || !note(known_, what)) return;
        Finding<Action> finding;
        finding.kind = what.kind;
        finding.property = what.property;
        finding.initial = initial_;
        std::vector<std::uint16_t> numbers;
        for (std::size_t i = 1; i < stack_.size(); ++i) numbers.push_back(stack_[i].number);
        finding.path = access_.real_path(initial_, numbers);
        result_.findings.push_back(std::move(finding));
    }

    // Tries the next action of the top of the stack, or is done with it.
    void step() {
        Frame& frame = stack_.back();
        while (frame.next < frame.actions.size() && !to_be_tried(frame, frame.next)) ++frame.next;
        if (frame.next < frame.actions.size()) {
            const std::size_t number = frame.next++;
            ++result_.counts.transitions;
            visit(access_.representative(
                      access_.model().apply(frame.state, frame.actions[number])),
                  static_cast<std::uint16_t>(number));
            return;
        }
        if (const std::size_t put_off = left_out_of(frame); put_off != 0 && !frame.goes_on) {
            --result_.counts.reduced;
            result_.counts.left_out -= put_off;
            frame.agents = ~frame.agents;
            frame.goes_on = true;   // they are the last
            frame.next = 0;
            return;
        }
        seen_.finish(frame.key, Access::hash_of(frame.key));
        stack_bytes_ -= frame.bytes;
        stack_.pop_back();
    }

    [[nodiscard]] bool to_be_tried(const Frame& frame, std::size_t number) const {
        return frame.of_action.empty() || ((frame.agents >> frame.of_action[number]) & 1) != 0;
    }

    void watch() {
        Counts& counts = result_.counts;
        const std::uint64_t memory = seen_.bytes() + stack_bytes_;
        counts.memory = std::max(counts.memory, memory);
        if (counts.states > options_.limits.states) bound_ = Bound::states;
        if (counts.transitions > options_.limits.transitions) bound_ = Bound::transitions;
        if (stack_bytes_ > options_.limits.memory / 4) bound_ = Bound::memory;
        if (counts.transitions < next_news_) return;
        next_news_ = counts.transitions + kNewsEvery;
        if (options_.interrupted && options_.interrupted()) bound_ = Bound::interrupted;
        if (options_.progress) {
            options_.progress({counts.states, counts.transitions, stack_.size(), depth(),
                               result_.findings.size()});
        }
    }

    [[nodiscard]] Result<Action> result() {
        result_.bound = bound_ == Bound::none && depth_bound_ ? Bound::depth : bound_;
        result_.verdict = verdict_of(!result_.findings.empty(), result_.bound);
        result_.counts.forgotten = seen_.forgotten();
        return std::move(result_);
    }

    const ModelAccess<M> access_;
    const Options& options_;
    ForgetfulSet<Access::kKeySize> seen_;
    std::vector<Frame> stack_;
    std::vector<std::uint32_t> violated_;
    std::vector<Seen> known_;
    std::size_t initial_ = 0;
    std::uint64_t stack_bytes_ = 0;
    std::uint64_t next_news_ = 0;
    bool depth_bound_ = false;
    Bound bound_ = Bound::none;
    Result<Action> result_;
};

}  // namespace oplocksim::conformance::explore::detail
