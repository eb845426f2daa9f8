#include "conformance/findings/shrink.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "conformance/findings/plan.h"
#include "conformance/findings/plan_edits.h"
#include "conformance/findings/replacements.h"
#include "conformance/findings/shortest.h"
#include "conformance/findings/simplify.h"
#include "engine/invariant_watch.h"

namespace oplocksim::conformance::findings {
namespace {

using sim::Choice;
using Kind = sim::Choice::Kind;

// Up to so many turns, every two and every three of them are left out together.
constexpr std::size_t kMaxTurnsForPairs = 40;
constexpr std::size_t kMaxTurnsForTriples = 14;
// Steps of one search of several: some 70 ms.
constexpr std::size_t kSearchedSteps = 40'000;
// Every order of what goes on takes so many times more.
constexpr std::size_t kOrderFactor = 4;
// A finding may speak of another clause if that saves so many steps.
constexpr std::size_t kMuchShorter = 2;
// And from so many on, all is shrunk once more to see whether it does.
constexpr std::size_t kLong = 6;

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

// With so many clients that nobody has to wait for another only because there is no third one.
Plan with_more_clients(const Plan& plan) {
    Plan made = plan;
    sim::Names names = *plan.of.names;
    for (char letter = 'A'; made.of.clients.size() < kMaxSearchedClients; ++letter) {
        const std::string name(1, letter);
        const bool used = std::ranges::find(made.of.clients, name, &sim::CaseClient::name) !=
                          made.of.clients.end();
        if (used) continue;
        const auto client = static_cast<sim::ClientIndex>(made.of.clients.size());
        made.of.clients.push_back({name, names.intern(name), sim::kNobody});
        made.of.threads.push_back({client, "main", names.intern("main")});
    }
    made.of.names = std::make_shared<const sim::Names>(std::move(names));
    return made;
}

class Shrinker {
 public:
    Shrinker(Plan plan, engine::Profile profile, const OracleOptions& judges,
             const Failure& like, const ShrinkOptions& options)
        : best_(std::move(plan)),
          original_(best_),
          profile_(profile),
          judges_(judges),
          like_(like),
          options_(options) {
        for (const sim::CaseClient& client : best_.of.clients) {
            if (caches(client)) spared_.push_back(client.cache_thread);
        }
    }

    // Whether the finding fails at all.
    bool begin() { return accept(best_); }
    void run();
    bool much_shorter(const Plan& whole);

    [[nodiscard]] const Plan& best() const { return best_; }
    [[nodiscard]] bool is_settled() const { return best_.settled == best_.turns.size(); }
    [[nodiscard]] engine::Profile profile() const { return profile_; }
    [[nodiscard]] std::size_t runs() const { return runs_; }
    [[nodiscard]] std::size_t choices() const { return choices_; }
    [[nodiscard]] std::size_t searched() const { return searched_; }
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
    bool search(const Plan& start, const Vocabulary& vocabulary, std::size_t last_length,
                std::size_t share, bool few_clients);
    bool shorten(std::size_t last_length);
    bool replace_steps();
    void choose_among_equals();

    Plan best_;
    const Plan original_;
    engine::Profile profile_;
    const OracleOptions judges_;
    const Failure& like_;
    const ShrinkOptions& options_;
    std::set<sim::Fingerprint> tried_;
    std::set<sim::Fingerprint> bests_;
    std::size_t runs_ = 0;
    std::size_t choices_ = 0;      // that these took
    std::size_t searched_ = 0;     // steps of searches
    bool shows_at_end_ = false;
    std::vector<sim::ThreadIndex> spared_;   // that work for caches, or did
    bool exhausted_ = false;
};

// Carries a candidate out; if it fails in the same way, it is the best so far. What was the best
// once does not come back.
bool Shrinker::accept(const Plan& candidate) {
    if (exhausted_ || !tried_.insert(fingerprint_of(candidate)).second) return false;
    exhausted_ = runs_ == options_.max_runs || choices_ >= options_.max_choices ||
                 (options_.interrupted && options_.interrupted());
    if (exhausted_) return false;
    ++runs_;
    const PlanRun run = carry_out(candidate, judges_, &like_);
    choices_ += run.everything.size();
    if (!run.failure) return false;
    Plan reduced = reduced_to(candidate, run);
    if (!bests_.insert(fingerprint_of(reduced)).second) return false;
    shows_at_end_ = run.failure->choice == run.everything.size();
    best_ = std::move(reduced);
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

// A shorter run of the steps in `vocabulary`, whatever else they were a part of.
bool Shrinker::search(const Plan& start, const Vocabulary& vocabulary, std::size_t last_length,
                      std::size_t share, bool few_clients) {
    const bool remembers = judges_.filter && judges_.filter_remembers;
    if (remembers || exhausted_ || last_length == 0) return false;
    ShortestOptions options;
    options.last_length = last_length;
    options.at_end = shows_at_end_;
    options.few_clients = few_clients;
    options.spared = spared_;
    options.interrupted = options_.interrupted;
    const auto take = [this](const Plan& found) { return accept(found); };
    for (const bool any_order : {false, true}) {
        if (any_order && is_settled()) break;
        options.any_order = any_order;
        options.max_steps =
            std::min(any_order ? kOrderFactor * share : share,
                     options_.max_searched - std::min(options_.max_searched, searched_));
        const ShortestSearch done =
            search_shortest(start, vocabulary, like_, judges_, options, take);
        searched_ += done.steps;
        if (done.length != 0) return true;
    }
    return false;
}

// One step of the usual ones for two or three.
bool Shrinker::replace_steps() {
    if (!is_settled()) return false;
    Vocabulary usual = vocabulary_of(best_);
    for (const Sort sort : kSorts) add_usual(usual, best_, sort);
    for (const std::size_t count : {2, 3}) {
        const Plan before = best_;
        if (before.turns.size() < count || exhausted_) return false;
        if (try_replacements(before, usual, count, [&](const Plan& made) {
                return exhausted_ || accept(made);
            })) {
            return !exhausted_;
        }
    }
    return false;
}

// Breadth-first, first with few sorts of steps, then with more.
bool Shrinker::shorten(std::size_t last_length) {
    const auto with = [&](std::initializer_list<Sort> sorts) {
        Vocabulary made = vocabulary_of(best_);
        for (const Sort sort : sorts) add_usual(made, best_, sort);
        return made;
    };
    Vocabulary all = with({Sort::opens, Sort::operations, Sort::requests, Sort::answers});
    if (search(best_, with({}), last_length, kSearchedSteps, false)) return true;
    if (!is_settled()) return false;   // that was wide enough
    if (search(best_, with({Sort::opens}), last_length, kSearchedSteps, true) ||
        search(best_, with({Sort::opens, Sort::operations}), last_length, 5 * kSearchedSteps,
               true) ||
        search(best_, with({Sort::requests, Sort::answers}), last_length, kSearchedSteps, true) ||
        search(best_, all, last_length, kSearchedSteps, true)) {
        return true;
    }
    for (const Choice turn : original_.turns) {
        if (turn.kind == Kind::step) all.add(original_.of.steps[turn.index]);
    }
    Plan whole = best_;   // on the volume that they are about
    whole.of.volume = original_.of.volume;
    whole.of.links = original_.of.links;
    return search(whole, all, last_length, kSearchedSteps, true);
}

// Of all runs of the same steps that are as short and as plain, the one that a search meets first:
// so it does not matter in what order they were when they were found.
void Shrinker::choose_among_equals() {
    Vocabulary vocabulary;
    for (const Choice turn : best_.turns) {
        if (turn.kind == Kind::step) vocabulary.add(best_.of.steps[turn.index]);
    }
    const bool searchable = is_settled() && !exhausted_ &&
                            !(judges_.filter && judges_.filter_remembers);
    if (!searchable) return;
    ShortestOptions options;
    options.last_length = steps_of(best_);
    options.max_steps = kSearchedSteps;
    options.at_end = shows_at_end_;
    options.any_last = true;
    options.spared = spared_;
    const std::size_t odd = oddness(best_);
    const ShortestSearch done = search_shortest(
        best_, vocabulary, like_, judges_, options, [&](const Plan& found) {
            if (oddness(found) > odd) return false;
            const PlanRun run = carry_out(found, judges_, &like_);
            if (!run.failure) return false;
            best_ = reduced_to(found, run);
            return true;
        });
    searched_ += done.steps;
}

// Once through everything that can be made less. Returns whether something was.
bool Shrinker::pass() {
    bool changed = settle();
    changed |= leave_out_clients();
    changed |= leave_out_turns();
    changed |= first_accepted(without_caches);
    changed |= merge_threads();
    changed |= first_accepted(plainer_paths);
    changed |= first_accepted(plans_with_files);
    changed |= first_accepted(plainer_volumes);
    changed |= plainer_switches();
    changed |= plainer();
    changed |= merge_handles();
    changed |= fewer_changes();
    if (changed) return true;
    return leave_out_pairs() || leave_out_triples();
}

void Shrinker::run() {
    do {
        while (!exhausted_ && pass()) {
        }
    } while (!exhausted_ && (shorten(steps_of(best_) - 1) || replace_steps()));
    choose_among_equals();
}

// Whether a run is shorter by kMuchShorter: of the best, or of `whole`, which it came from.
bool Shrinker::much_shorter(const Plan& whole) {
    const std::size_t steps = steps_of(best_);
    if (steps <= kMuchShorter) return false;
    const bool found = shorten(steps - kMuchShorter);
    if (!found && (steps < kLong || !accept(whole))) return false;
    run();
    return steps_of(best_) + kMuchShorter <= steps;
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

// A step that a search made has no name. It gets that of the step it is most like: of the same
// client and kind, and on the same file.
void keep_names(const Plan& from, Plan& plan) {
    const auto client = [](const Plan& of, const sim::Step& step) {
        return step.thread == sim::kNobody ? sim::kNobody : of.of.threads[step.thread].client;
    };
    for (const Choice turn : plan.turns) {
        sim::Step& step = plan.of.steps[turn.index];
        if (turn.kind != Kind::step || !step.name.empty()) continue;
        for (const Choice other : from.turns) {
            const sim::Step& named = from.of.steps[other.index];
            const bool alike = named.kind == step.kind &&
                               named.request.kind == step.request.kind &&
                               named.request.path == step.request.path &&
                               client(from, named) == client(plan, step);
            const bool used = std::ranges::find(plan.of.steps, named.name, &sim::Step::name) !=
                              plan.of.steps.end();
            if (!alike || used || named.name.empty()) continue;
            step.name = named.name;
            break;
        }
    }
}

}  // namespace

Shrunk shrink(const Finding& finding, const Oracle& oracle, const ShrinkOptions& options) {
    const engine::InvariantWatch watch;   // of plans and searches
    Shrunk result;
    result.finding = finding;
    OracleOptions same_clause = oracle.options();
    same_clause.same_clause = true;
    const Plan whole = with_more_clients(plan_of(finding.of, finding.schedule));
    const engine::Profile profile = finding.provenance.profile;
    ShrinkOptions most = options;
    most.max_searched -= options.max_searched / 4;
    Shrinker strict(whole, profile, same_clause, finding.failure, most);
    result.reproduced = strict.begin();
    if (!result.reproduced) {
        result.runs = strict.runs();
        return result;
    }
    strict.run();
    // With another clause of the same part of the specification, only if it is much shorter.
    ShrinkOptions rest = options;
    rest.max_runs -= strict.runs();
    rest.max_choices -= std::min(rest.max_choices, strict.choices());
    rest.max_searched -= std::min(rest.max_searched, strict.searched());
    Shrinker loose(strict.best(), strict.profile(), oracle.options(), finding.failure, rest);
    const bool takes_loose =
        strict.complete() && loose.begin() && loose.much_shorter(whole);
    const Shrinker& better = takes_loose ? loose : strict;
    Plan best = better.best();
    if (finding.provenance.source.empty()) name_clients(best);
    keep_names(whole, best);
    CaseAndSchedule small = to_case(best);
    const Oracle judge(takes_loose ? oracle.options() : same_clause);
    const auto failure = judge.judge(small.of, small.schedule, finding.failure);
    result.runs = strict.runs() + loose.runs() + 1;
    result.searched = strict.searched() + loose.searched();
    result.complete = strict.complete();
    if (!failure) return result;   // not to be: it failed as a plan
    result.finding.of = std::move(small.of);
    result.finding.schedule = std::move(small.schedule);
    result.finding.failure = *failure;
    result.finding.provenance.profile = better.profile();
    return result;
}

}  // namespace oplocksim::conformance::findings
