#include "conformance/explore/symmetry.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace oplocksim::conformance::explore {
namespace {

using sim::kNobody;
using sim::kNoStep;
using sim::Program;
using sim::Step;
using sim::StepIndex;

class Comparison {
 public:
    explicit Comparison(const sim::Case& of) : case_(of) {}

    [[nodiscard]] bool interchangeable(const Program& a, const Program& b);
    // Whether a program's thread and client are nobody else's business.
    [[nodiscard]] bool stands_alone(const Program& program) const;

 private:
    [[nodiscard]] bool same_step(StepIndex a, StepIndex b);
    [[nodiscard]] bool same_reference(StepIndex a, StepIndex b) const;
    [[nodiscard]] bool same_key(sim::OplockKey a, sim::OplockKey b);
    [[nodiscard]] bool used_elsewhere(sim::OplockKey key) const;
    [[nodiscard]] sim::ClientIndex client_of(const Program& program) const {
        return case_.threads[program.thread].client;
    }
    [[nodiscard]] static bool inside(StepIndex step, const Program& program) {
        return step >= program.first && step < program.last;
    }

    const sim::Case& case_;
    const Program* a_ = nullptr;
    const Program* b_ = nullptr;
    std::map<std::uint32_t, std::uint32_t> keys_;   // of a's keys to b's, where they differ
};

bool Comparison::stands_alone(const Program& program) const {
    if (program.thread == kNobody) return false;
    const sim::ClientIndex client = client_of(program);
    const auto of_client = [&](const sim::CaseThread& thread) { return thread.client == client; };
    if (std::ranges::count_if(case_.threads, of_client) != 1) return false;
    for (StepIndex i = 0; i < case_.steps.size(); ++i) {
        if (inside(i, program)) continue;
        const Step& step = case_.steps[i];
        const bool refers = step.client == client || step.thread == program.thread ||
                            (step.on != kNoStep && inside(step.on, program)) ||
                            (step.subject != kNoStep && inside(step.subject, program));
        if (refers) return false;
    }
    return true;
}

bool Comparison::same_reference(StepIndex a, StepIndex b) const {
    if (a == kNoStep || !inside(a, *a_)) return a == b;
    return inside(b, *b_) && a - a_->first == b - b_->first;
}

bool Comparison::used_elsewhere(sim::OplockKey key) const {
    for (StepIndex i = 0; i < case_.steps.size(); ++i) {
        const sim::Request& request = case_.steps[i].request;
        const bool uses = request.target_key == key || request.parent_key == key;
        if (uses && !inside(i, *a_) && !inside(i, *b_)) return true;
    }
    return false;
}

// Equal, or of a and of b alone and always together.
bool Comparison::same_key(sim::OplockKey a, sim::OplockKey b) {
    if (a.value == 0 || b.value == 0) return a == b;
    const auto [known, added] = keys_.try_emplace(a.value, b.value);
    if (!added) return known->second == b.value;
    const auto taken = std::ranges::count(keys_, b.value, [](const auto& pair) {
        return pair.second;
    });
    return taken == 1 && (a == b || (!used_elsewhere(a) && !used_elsewhere(b)));
}

bool Comparison::same_step(StepIndex a, StepIndex b) {
    const Step& first = case_.steps[a];
    const Step& second = case_.steps[b];
    const bool own_client = first.client != kNobody && first.client == client_of(*a_);
    const bool same_client = own_client ? second.client == client_of(*b_)
                                        : first.client == second.client;
    if (first.kind != second.kind || first.duration != second.duration || !same_client ||
        !same_reference(first.on, second.on) || !same_reference(first.subject, second.subject) ||
        !same_key(first.request.target_key, second.request.target_key) ||
        !same_key(first.request.parent_key, second.request.parent_key)) {
        return false;
    }
    const auto bytes = [&](const Step& step) {
        return step.request.data == 0 ? std::string() : case_.data[step.request.data - 1];
    };
    if ((first.request.data == 0) != (second.request.data == 0) || bytes(first) != bytes(second)) {
        return false;
    }
    sim::Request rest = second.request;
    rest.target_key = first.request.target_key;
    rest.parent_key = first.request.parent_key;
    rest.data = first.request.data;
    return first.request == rest;
}

bool Comparison::interchangeable(const Program& a, const Program& b) {
    a_ = &a;
    b_ = &b;
    keys_.clear();
    if (a.last - a.first != b.last - b.first) return false;
    for (StepIndex i = 0; i < a.last - a.first; ++i) {
        if (!same_step(static_cast<StepIndex>(a.first + i), static_cast<StepIndex>(b.first + i))) {
            return false;
        }
    }
    // A key that both share is exchanged with itself only if that is so for every step.
    return std::ranges::all_of(keys_, [&](const auto& pair) {
        return pair.first == pair.second || !keys_.contains(pair.second);
    });
}

}  // namespace

std::vector<ProgramOrder> interchangeable_programs(const sim::Case& of) {
    Comparison comparison(of);
    std::vector<ProgramOrder> classes;
    for (sim::ProgramIndex i = 0; i < of.programs.size(); ++i) {
        if (!comparison.stands_alone(of.programs[i])) continue;
        const auto same = [&](const ProgramOrder& members) {
            return comparison.interchangeable(of.programs[members.front()], of.programs[i]);
        };
        const auto found = std::ranges::find_if(classes, same);
        if (found == classes.end()) {
            classes.push_back({i});
        } else {
            found->push_back(i);
        }
    }
    std::erase_if(classes, [](const ProgramOrder& members) { return members.size() < 2; });
    return classes;
}

std::vector<ProgramOrder> symmetric_orders(const sim::Case& of) {
    ProgramOrder identity(of.programs.size());
    std::iota(identity.begin(), identity.end(), sim::ProgramIndex{0});
    std::vector<ProgramOrder> orders{identity};
    for (ProgramOrder members : interchangeable_programs(of)) {
        // As many members as the bound allows.
        std::size_t factorial = 1;
        std::size_t used = 1;
        while (used < members.size() && orders.size() * factorial * (used + 1) <= kMaxProgramOrders) {
            factorial *= ++used;
        }
        members.resize(used);
        std::vector<ProgramOrder> more;
        ProgramOrder places = members;
        do {
            for (const ProgramOrder& order : orders) {
                ProgramOrder next = order;
                for (std::size_t i = 0; i < members.size(); ++i) next[members[i]] = places[i];
                more.push_back(std::move(next));
            }
        } while (std::ranges::next_permutation(places).found);
        orders = std::move(more);
    }
    return orders;
}

}  // namespace oplocksim::conformance::explore
