#include "conformance/findings/plan_edits.h"

#include <algorithm>

#include "conformance/findings/step_words.h"

namespace oplocksim::conformance::findings {

using sim::Choice;
using Kind = sim::Choice::Kind;

namespace {

void add_text(sim::FingerprintMixer& mixer, std::string_view text) {
    mixer.add(text.size());
    for (const char byte : text) mixer.add(static_cast<unsigned char>(byte));
}

}  // namespace

sim::Fingerprint fingerprint_of(const Plan& plan) {
    sim::FingerprintMixer mixer;
    mixer.add(plan.settled);
    for (const Choice turn : plan.turns) {
        mixer.add(static_cast<std::uint64_t>(turn.kind) << 16 | turn.index);
        if (turn.kind != Kind::step) continue;
        for (const std::uint64_t word : words_of(plan.of.steps[turn.index])) mixer.add(word);
    }
    for (const sim::CaseClient& client : plan.of.clients) mixer.add(client.cache_thread);
    for (const sim::VolumeEntry& entry : plan.of.volume) {
        mixer.add(std::uint64_t{entry.path.value} | std::uint64_t{entry.attributes} << 32);
        mixer.add(entry.size);
        mixer.add(entry.allocation_size);
        mixer.add(std::uint64_t{entry.short_name.value} << 1 |
                  static_cast<std::uint64_t>(entry.directory));
    }
    mixer.add(plan.of.volume.size());
    for (const auto& [existing, link] : plan.of.links) {
        mixer.add(std::uint64_t{existing.value} | std::uint64_t{link.value} << 32);
    }
    for (const engine::SwitchInfo& info : engine::switches()) {
        add_text(mixer, engine::switch_value(plan.of.semantics, info.name));
    }
    return mixer.result();
}

std::size_t changes_of_thread(const Plan& plan) {
    std::size_t changes = 0;
    for (std::size_t i = 1; i < plan.turns.size(); ++i) {
        const auto& steps = plan.of.steps;
        changes += steps[plan.turns[i].index].thread != steps[plan.turns[i - 1].index].thread;
    }
    return changes;
}

Plan without(const Plan& plan, std::size_t first, std::size_t last) {
    Plan made = plan;
    made.turns.erase(made.turns.begin() + static_cast<std::ptrdiff_t>(first),
                     made.turns.begin() + static_cast<std::ptrdiff_t>(last));
    made.settled -= std::min(plan.settled, last) - std::min(plan.settled, first);
    return made;
}

Plan without_if(const Plan& plan, const std::function<bool(const sim::Step&)>& unwanted) {
    Plan made = plan;
    made.turns.clear();
    made.settled = 0;
    for (std::size_t i = 0; i < plan.turns.size(); ++i) {
        if (unwanted(plan.of.steps[plan.turns[i].index])) continue;
        made.turns.push_back(plan.turns[i]);
        if (i < plan.settled) ++made.settled;
    }
    return made;
}

Plan with_settled(const Plan& plan, std::size_t count) {
    Plan made = plan;
    made.turns.clear();
    made.settled = 0;
    for (const Choice turn : plan.turns) {
        const bool settles = made.settled < count;
        if (settles && turn.kind != Kind::step) continue;
        made.turns.push_back(turn);
        if (settles) ++made.settled;
    }
    return made;
}

std::size_t steps_of(const Plan& plan) {
    return static_cast<std::size_t>(std::ranges::count(plan.turns, Kind::step, &Choice::kind));
}

std::size_t oddness(const Plan& plan) {
    std::size_t odd = 0;
    for (const Choice turn : plan.turns) {
        if (turn.kind == Kind::step) odd += oddness(plan.of.steps[turn.index]);
    }
    return odd;
}

}  // namespace oplocksim::conformance::findings
