#include "conformance/findings/shrink.h"

#include <algorithm>
#include <set>
#include <utility>

#include "conformance/explore/explore.h"
#include "conformance/findings/plan.h"
#include "conformance/findings/simplify.h"
#include "engine/invariant_watch.h"
#include "sim/fingerprint.h"

namespace oplocksim::conformance::findings {
namespace {

using sim::Choice;
using Kind = sim::Choice::Kind;

// Up to so many turns, every two and every three of them are left out together.
constexpr std::size_t kMaxTurnsForPairs = 40;
constexpr std::size_t kMaxTurnsForTriples = 14;
// Cases of so many steps are searched breadth-first, as far as so many states: some 100 ms.
constexpr std::size_t kMaxTurnsForSearch = 14;
constexpr std::size_t kMaxSearchedStates = 20'000;

void add_text(sim::FingerprintMixer& mixer, std::string_view text) {
    mixer.add(text.size());
    for (const char byte : text) mixer.add(static_cast<unsigned char>(byte));
}

void add_step(sim::FingerprintMixer& mixer, const sim::Step& step) {
    const sim::Request& request = step.request;
    mixer.add(static_cast<std::uint64_t>(step.kind) | std::uint64_t{step.thread} << 8 |
              std::uint64_t{step.on} << 24 | std::uint64_t{step.subject} << 40);
    mixer.add(std::uint64_t{step.client} | std::uint64_t{request.access} << 16 |
              std::uint64_t{request.share} << 48);
    mixer.add(step.duration);
    mixer.add(static_cast<std::uint64_t>(request.kind) |
              static_cast<std::uint64_t>(request.disposition) << 8 |
              static_cast<std::uint64_t>(request.transacted) << 16 |
              static_cast<std::uint64_t>(request.replace_if_exists) << 17 |
              static_cast<std::uint64_t>(request.delete_file) << 18 |
              static_cast<std::uint64_t>(request.exclusive) << 19 |
              static_cast<std::uint64_t>(request.fail_immediately) << 20 |
              static_cast<std::uint64_t>(request.paging_io) << 21 |
              static_cast<std::uint64_t>(request.lazy_writer) << 22 |
              std::uint64_t{request.options} << 32);
    mixer.add(std::uint64_t{request.attributes} | std::uint64_t{request.lock_key} << 32);
    mixer.add(std::uint64_t{request.target_key.value} |
              std::uint64_t{request.parent_key.value} << 32);
    mixer.add(std::uint64_t{request.path.value} | std::uint64_t{request.name.value} << 32);
    mixer.add(request.offset);
    mixer.add(request.length);
    mixer.add(std::uint64_t{request.data} | std::uint64_t{request.page_protection} << 32);
    mixer.add(static_cast<std::uint64_t>(request.fsctl.code));
    mixer.add(std::uint64_t{request.fsctl.requested_oplock_level} |
              std::uint64_t{request.fsctl.flags} << 32);
}

// What a run of the plan depends on.
sim::Fingerprint fingerprint_of(const Plan& plan) {
    sim::FingerprintMixer mixer;
    mixer.add(plan.settled);
    for (const Choice turn : plan.turns) {
        mixer.add(static_cast<std::uint64_t>(turn.kind) << 16 | turn.index);
        if (turn.kind == Kind::step) add_step(mixer, plan.of.steps[turn.index]);
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

// How often another thread goes on than the one before.
std::size_t changes_of_thread(const Plan& plan) {
    std::size_t changes = 0;
    for (std::size_t i = 1; i < plan.turns.size(); ++i) {
        const auto& steps = plan.of.steps;
        changes += steps[plan.turns[i].index].thread != steps[plan.turns[i - 1].index].thread;
    }
    return changes;
}

// `plan` without the turns at the places [first, last).
Plan without(const Plan& plan, std::size_t first, std::size_t last) {
    Plan made = plan;
    made.turns.erase(made.turns.begin() + static_cast<std::ptrdiff_t>(first),
                     made.turns.begin() + static_cast<std::ptrdiff_t>(last));
    made.settled -= std::min(plan.settled, last) - std::min(plan.settled, first);
    return made;
}

template <typename Unwanted>
Plan without_if(const Plan& plan, Unwanted unwanted) {
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

// The first `count` steps and all that follows from them settled.
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

bool caches(const sim::CaseClient& client) { return client.cache_thread != sim::kNobody; }

// One client less that caches.
std::vector<Plan> without_caches(const Plan& plan) {
    std::vector<Plan> candidates;
    for (std::size_t i = 0; i < plan.of.clients.size(); ++i) {
        if (!caches(plan.of.clients[i])) continue;
        candidates.push_back(plan);
        candidates.back().of.clients[i].cache_thread = sim::kNobody;
    }
    return candidates;
}

class Shrinker {
 public:
    Shrinker(Plan plan, engine::Profile profile, const Oracle& oracle, const Failure& like,
             const ShrinkOptions& options)
        : best_(std::move(plan)),
          profile_(profile),
          oracle_(oracle),
          like_(like),
          options_(options) {}

    // Whether the finding fails at all.
    bool begin() { return accept(best_); }
    void run();

    [[nodiscard]] const Plan& best() const { return best_; }
    [[nodiscard]] engine::Profile profile() const { return profile_; }
    [[nodiscard]] std::size_t runs() const { return runs_; }
    [[nodiscard]] bool complete() const { return !exhausted_; }

 private:
    bool accept(const Plan& candidate);
    bool pass();
    bool settle();
    bool leave_out_clients();
    bool leave_out_turns();
    bool leave_out_chunks(std::size_t size);
    bool leave_out_pairs();
    bool leave_out_triples();
    bool merge_threads();
    bool merge_handles();
    bool plainer();
    bool first_accepted(std::vector<Plan> (*candidates)(const Plan&));
    bool plainer_switches();
    bool fewer_changes();
    bool move_turn(std::size_t from, std::size_t to);
    bool shortest_order();

    Plan best_;
    engine::Profile profile_;
    const Oracle& oracle_;
    const Failure& like_;
    const ShrinkOptions& options_;
    std::set<sim::Fingerprint> tried_;     // and found not to fail
    std::size_t runs_ = 0;
    bool exhausted_ = false;
};

// Carries a candidate out; if it fails in the same way, it is the best so far.
bool Shrinker::accept(const Plan& candidate) {
    if (exhausted_) return false;
    const sim::Fingerprint fingerprint = fingerprint_of(candidate);
    if (tried_.contains(fingerprint)) return false;
    exhausted_ = runs_ == options_.max_runs || (options_.interrupted && options_.interrupted());
    if (exhausted_) return false;
    ++runs_;
    const PlanRun run = carry_out(candidate, oracle_.options(), &like_);
    if (!run.failure) {
        tried_.insert(fingerprint);
        return false;
    }
    best_ = reduced_to(candidate, run);
    return true;
}

// What was released goes on at once: everywhere, or as far as possible.
bool Shrinker::settle() {
    const std::size_t steps = static_cast<std::size_t>(
        std::ranges::count(best_.turns, Kind::step, &Choice::kind));
    if (best_.settled == best_.turns.size()) return false;
    for (std::size_t count = steps; count > best_.settled; --count) {
        if (accept(with_settled(best_, count))) return true;
    }
    return false;
}

bool Shrinker::leave_out_clients() {
    bool changed = false;
    for (sim::ClientIndex client = 0; client < best_.of.clients.size(); ++client) {
        const sim::Case& of = best_.of;
        const auto theirs = [&](const sim::Step& step) {
            const bool acts = step.thread != sim::kNobody &&
                              of.threads[step.thread].client == client;
            return acts || (step.kind == sim::StepKind::kill && step.client == client);
        };
        const Plan candidate = without_if(best_, theirs);
        if (candidate.turns.size() < best_.turns.size()) changed |= accept(candidate);
    }
    for (sim::ThreadIndex thread = 0; thread < best_.of.threads.size(); ++thread) {
        const Plan candidate = without_if(
            best_, [&](const sim::Step& step) { return step.thread == thread; });
        if (candidate.turns.size() < best_.turns.size()) changed |= accept(candidate);
    }
    return changed;
}

// From the end: what comes last is seldom what others need.
bool Shrinker::leave_out_chunks(std::size_t size) {
    bool changed = false;
    for (std::size_t last = best_.turns.size(); last > 0;) {
        last = std::min(last, best_.turns.size());
        const std::size_t first = last > size ? last - size : 0;
        changed |= accept(without(best_, first, last));
        last = first;
    }
    return changed;
}

bool Shrinker::leave_out_turns() {
    bool changed = false;
    for (std::size_t size = best_.turns.size() / 2; size > 0; size /= 2) {
        changed |= leave_out_chunks(size);
    }
    while (leave_out_chunks(1)) changed = true;
    return changed;
}

bool Shrinker::leave_out_pairs() {
    if (best_.turns.size() > kMaxTurnsForPairs) return false;
    for (std::size_t i = 0; i < best_.turns.size(); ++i) {
        for (std::size_t j = i + 1; j < best_.turns.size(); ++j) {
            if (accept(without(without(best_, j, j + 1), i, i + 1))) return true;
        }
    }
    return false;
}

bool Shrinker::leave_out_triples() {
    if (best_.turns.size() > kMaxTurnsForTriples) return false;
    for (std::size_t i = 0; i < best_.turns.size(); ++i) {
        for (std::size_t j = i + 1; j < best_.turns.size(); ++j) {
            for (std::size_t k = j + 1; k < best_.turns.size(); ++k) {
                const Plan candidate =
                    without(without(without(best_, k, k + 1), j, j + 1), i, i + 1);
                if (accept(candidate)) return true;
            }
        }
    }
    return false;
}

// Another thread, of the same client first, does what a thread does.
bool Shrinker::merge_threads() {
    const sim::Case& of = best_.of;
    const auto acts = [&](sim::ThreadIndex thread) {
        return std::ranges::any_of(best_.turns, [&](Choice turn) {
            return best_.of.steps[turn.index].thread == thread;
        });
    };
    for (const bool same_client : {true, false}) {
        for (sim::ThreadIndex from = 0; from < of.threads.size(); ++from) {
            if (!acts(from)) continue;
            for (sim::ThreadIndex to = 0; to < from; ++to) {
                const sim::ClientIndex old_client = of.threads[from].client;
                const sim::ClientIndex new_client = of.threads[to].client;
                if ((old_client == new_client) != same_client) continue;
                if (!same_client && !acts(to)) continue;
                // Whoever caches answers breaks by itself, and nobody else does.
                if (caches(of.clients[old_client]) != caches(of.clients[new_client])) continue;
                Plan candidate = best_;
                for (sim::Step& step : candidate.of.steps) {
                    if (step.thread == from) step.thread = to;
                    if (step.client == old_client) step.client = new_client;
                }
                if (accept(candidate)) return true;
            }
        }
    }
    return false;
}

// One handle is used for what two were.
bool Shrinker::merge_handles() {
    for (const Choice second : best_.turns) {
        for (const Choice first : best_.turns) {
            if (first == second) break;
            const sim::Step& one = best_.of.steps[first.index];
            const sim::Step& other = best_.of.steps[second.index];
            const auto makes_handle = [](const sim::Step& step) {
                return step.kind == sim::StepKind::request &&
                       (step.request.kind == sim::RequestKind::create ||
                        step.request.kind == sim::RequestKind::duplicate_handle);
            };
            if (!makes_handle(one) || !makes_handle(other)) continue;
            Plan candidate = best_;
            for (sim::Step& step : candidate.of.steps) {
                if (step.on == second.index) step.on = first.index;
            }
            std::erase(candidate.turns, second);
            if (candidate.settled > 0) {
                const auto settled = best_.turns.begin() + static_cast<std::ptrdiff_t>(
                                                               best_.settled);
                const bool was_settled =
                    std::find(best_.turns.begin(), settled, second) != settled;
                candidate.settled -= was_settled ? 1 : 0;
            }
            if (accept(candidate)) return true;
        }
    }
    return false;
}

bool Shrinker::plainer() {
    bool changed = false;
    for (std::size_t i = 0; i < best_.turns.size(); ++i) {
        for (bool again = true; again && i < best_.turns.size();) {
            again = false;
            const Choice turn = best_.turns[i];
            if (turn.kind != Kind::step) break;
            for (sim::Step& step : plainer_steps(best_, turn.index)) {
                Plan candidate = best_;
                candidate.of.steps[turn.index] = std::move(step);
                again = accept(candidate);
                if (again) break;
            }
            changed |= again;
        }
    }
    return changed;
}

// Takes the first candidate that fails, until there is none.
bool Shrinker::first_accepted(std::vector<Plan> (*candidates)(const Plan&)) {
    bool changed = false;
    for (bool again = true; again;) {
        again = false;
        for (const Plan& candidate : candidates(best_)) {
            again = accept(candidate);
            if (again) break;
        }
        changed |= again;
    }
    return changed;
}

// The switches of the default profile, those of the profile, then one by one.
bool Shrinker::plainer_switches() {
    const auto try_with = [&](const engine::Semantics& semantics) {
        if (semantics == best_.of.semantics) return false;
        Plan candidate = best_;
        candidate.of.semantics = semantics;
        return accept(candidate);
    };
    if (try_with(engine::semantics_of(engine::Profile::docs))) {
        profile_ = engine::Profile::docs;
        return true;
    }
    const engine::Semantics of_profile = engine::semantics_of(profile_);
    if (try_with(of_profile)) return true;
    bool changed = false;
    for (const auto& [name, value] : changed_switches(best_.of.semantics, profile_)) {
        engine::Semantics semantics = best_.of.semantics;
        const bool known =
            engine::set_switch(semantics, name, engine::switch_value(of_profile, name));
        if (known) changed |= try_with(semantics);
    }
    return changed;
}

bool Shrinker::move_turn(std::size_t from, std::size_t to) {
    Plan candidate = best_;
    const Choice turn = candidate.turns[from];
    candidate.turns.erase(candidate.turns.begin() + static_cast<std::ptrdiff_t>(from));
    candidate.turns.insert(candidate.turns.begin() + static_cast<std::ptrdiff_t>(to), turn);
    const bool across = (from < best_.settled) != (to < best_.settled);
    if (across || changes_of_thread(candidate) >= changes_of_thread(best_)) return false;
    return accept(candidate);
}

// Puts a turn behind the one before of its thread, or in front of the one after.
bool Shrinker::fewer_changes() {
    const auto thread = [&](std::size_t i) { return best_.of.steps[best_.turns[i].index].thread; };
    for (std::size_t i = 0; i < best_.turns.size(); ++i) {
        for (std::size_t j = 0; j < best_.turns.size(); ++j) {
            if (i == j || thread(i) != thread(j)) continue;
            const std::size_t to = j < i ? j + 1 : j - 1;
            if (to != i && move_turn(i, to)) return true;
        }
    }
    return false;
}

// The shortest of all interleavings of what is left. A search has the rules as they are.
bool Shrinker::shortest_order() {
    const bool searchable = options_.breadth_first && !oracle_.options().filter &&
                            best_.turns.size() <= kMaxTurnsForSearch;
    if (!searchable || exhausted_) return false;
    Plan open = best_;
    const Failure none;
    open.turns = carry_out(best_, oracle_.options(), &none).everything;
    open.settled = 0;
    const CaseAndSchedule small = to_case(open);
    if (small.of.programs.size() > explore::kMaxPrograms) return false;
    explore::ExploreOptions options;
    options.search.limits.states = kMaxSearchedStates;
    const explore::CaseReport report = explore::explore_case(small.of, options);
    for (const explore::CaseFinding& found : report.findings) {
        const Failure failure{found.property, found.clause, {}, {}, {}, 0};
        if (!same_failure(failure, like_)) continue;
        const Plan before = best_;
        if (!accept(plan_of(small.of, found.schedule))) return false;
        if (best_.turns.size() < before.turns.size()) return true;
        best_ = before;
        return false;
    }
    return false;
}

// Once through everything that can be made less. Returns whether something was.
bool Shrinker::pass() {
    bool changed = settle();
    changed |= leave_out_clients();
    changed |= leave_out_turns();
    changed |= first_accepted(without_caches);
    changed |= merge_threads();
    changed |= first_accepted(plainer_paths);
    changed |= first_accepted(plainer_volumes);
    changed |= plainer_switches();
    changed |= plainer();
    changed |= merge_handles();
    changed |= fewer_changes();
    if (changed) return true;
    return leave_out_pairs() || leave_out_triples() || shortest_order();
}

void Shrinker::run() {
    while (!exhausted_ && pass()) {
    }
}

bool is_letter(const sim::CaseClient& client) {
    return client.name.size() == 1 && client.name[0] >= 'A' && client.name[0] <= 'Z';
}

// The client who acts first gets the first of the letters, and so on.
void name_clients(Plan& plan) {
    if (!std::ranges::all_of(plan.of.clients, is_letter)) return;
    std::vector<sim::CaseClient> letters = plan.of.clients;
    std::ranges::sort(letters, {}, &sim::CaseClient::name);
    std::vector<sim::ClientIndex> order;
    const auto add = [&](sim::ClientIndex client) {
        if (std::ranges::find(order, client) == order.end()) order.push_back(client);
    };
    for (const Choice turn : plan.turns) {
        const sim::Step& step = plan.of.steps[turn.index];
        if (step.thread != sim::kNobody) add(plan.of.threads[step.thread].client);
        if (step.client != sim::kNobody) add(step.client);
    }
    for (sim::ClientIndex client = 0; client < plan.of.clients.size(); ++client) add(client);
    for (std::size_t i = 0; i < order.size(); ++i) {
        plan.of.clients[order[i]].name = letters[i].name;
        plan.of.clients[order[i]].name_id = letters[i].name_id;
    }
}

}  // namespace

Shrunk shrink(const Finding& finding, const Oracle& oracle, const ShrinkOptions& options) {
    const engine::InvariantWatch watch;   // of plans and of the search for the shortest order
    Shrunk result;
    result.finding = finding;
    Shrinker shrinker(plan_of(finding.of, finding.schedule), finding.provenance.profile, oracle,
                      finding.failure, options);
    result.reproduced = shrinker.begin();
    if (!result.reproduced) {
        result.runs = shrinker.runs();
        return result;
    }
    shrinker.run();
    Plan best = shrinker.best();
    if (finding.provenance.source.empty()) name_clients(best);
    CaseAndSchedule small = to_case(best);
    const auto failure = oracle.judge(small.of, small.schedule, finding.failure);
    result.runs = shrinker.runs() + 1;
    result.complete = shrinker.complete();
    if (!failure) return result;   // not to be: it failed as a plan
    result.finding.of = std::move(small.of);
    result.finding.schedule = std::move(small.schedule);
    result.finding.failure = *failure;
    result.finding.provenance.profile = shrinker.profile();
    return result;
}

}  // namespace oplocksim::conformance::findings
