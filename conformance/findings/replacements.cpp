#include "conformance/findings/replacements.h"

#include <algorithm>
#include <vector>

#include "conformance/findings/plan_edits.h"
#include "engine/assert.h"

namespace oplocksim::conformance::findings {
namespace {

using sim::Choice;
using sim::StepIndex;
using sim::ThreadIndex;
using Kind = sim::Choice::Kind;

bool makes_handle(const sim::Step& step) {
    return step.kind == sim::StepKind::request &&
           (step.request.kind == sim::RequestKind::create ||
            step.request.kind == sim::RequestKind::duplicate_handle);
}

// The first thread of each client that does something, and of one that does not.
std::vector<ThreadIndex> actors(const Plan& plan) {
    std::vector<ThreadIndex> found;
    bool idle = false;
    for (ThreadIndex thread = 0; thread < plan.of.threads.size(); ++thread) {
        const sim::ClientIndex client = plan.of.threads[thread].client;
        const bool seen = std::ranges::any_of(found, [&](ThreadIndex other) {
            return plan.of.threads[other].client == client;
        });
        if (seen || plan.of.clients[client].cache_thread == thread) continue;
        const bool acts = std::ranges::any_of(plan.turns, [&](Choice turn) {
            const ThreadIndex actor = plan.of.steps[turn.index].thread;
            return actor != sim::kNobody && plan.of.threads[actor].client == client;
        });
        if (acts || !idle) found.push_back(thread);
        idle = idle || !acts;
    }
    return found;
}

class Replacer {
 public:
    Replacer(const Plan& plan, const Vocabulary& vocabulary,
             const std::function<bool(const Plan&)>& accept)
        : plan_(plan), vocabulary_(vocabulary), accept_(accept), actors_(actors(plan)) {}

    // Every way to leave out `count` more, from the place `first` on.
    bool leave_out(std::size_t first, std::size_t count) {
        if (count == 0) return replace();
        for (std::size_t i = first; i < plan_.turns.size(); ++i) {
            gone_.push_back(i);
            if (leave_out(i + 1, count - 1)) return true;
            gone_.pop_back();
        }
        return false;
    }

 private:
    bool replace() {
        Plan rest = plan_;
        std::vector<std::size_t> places;   // in the rest, where something was left out
        for (std::size_t i = gone_.size(); i-- > 0;) {
            rest = without(rest, gone_[i], gone_[i] + 1);
            if (places.empty() || places.back() != gone_[i] - i) places.push_back(gone_[i] - i);
        }
        for (const std::size_t place : places) {
            for (const Shape& shape : vocabulary_.shapes()) {
                if (insert(rest, place, shape)) return true;
            }
        }
        return false;
    }

    bool insert(const Plan& rest, std::size_t place, const Shape& shape) {
        const bool plain = shape.kind == sim::StepKind::request && shape.client == sim::kNobody;
        if (!plain) return false;
        for (const ThreadIndex thread : actors_) {
            sim::Step step = shape;
            step.thread = thread;
            if (shape.on == sim::kNoStep) {
                if (accept_(with(rest, place, step))) return true;
                continue;
            }
            for (std::size_t i = 0; i < place; ++i) {
                if (!makes_handle(rest.of.steps[rest.turns[i].index])) continue;
                step.on = rest.turns[i].index;
                if (accept_(with(rest, place, step))) return true;
            }
        }
        return false;
    }

    Plan with(const Plan& rest, std::size_t place, const sim::Step& step) const {
        Plan made = rest;
        const auto index = static_cast<StepIndex>(made.of.steps.size());
        for (const std::size_t gone : gone_) {
            const StepIndex lost = plan_.turns[gone].index;
            if (!makes_handle(step) || !makes_handle(plan_.of.steps[lost])) continue;
            for (sim::Step& other : made.of.steps) {
                if (other.on == lost) other.on = index;
            }
        }
        made.of.steps.push_back(step);
        made.turns.insert(made.turns.begin() + static_cast<std::ptrdiff_t>(place),
                          {Kind::step, index});
        ++made.settled;
        return made;
    }

    const Plan& plan_;
    const Vocabulary& vocabulary_;
    const std::function<bool(const Plan&)>& accept_;
    const std::vector<ThreadIndex> actors_;
    std::vector<std::size_t> gone_;
};

}  // namespace

bool try_replacements(const Plan& plan, const Vocabulary& vocabulary, std::size_t count,
                      const std::function<bool(const Plan&)>& accept) {
    OPLOCKSIM_ASSERT(plan.settled == plan.turns.size(), "turns that are no settled steps");
    return Replacer(plan, vocabulary, accept).leave_out(0, count);
}

}  // namespace oplocksim::conformance::findings
