#include "conformance/explore/case_model.h"

#include <algorithm>

#include "engine/assert.h"
#include "sim/case_names.h"
#include "sim/fingerprint.h"

namespace oplocksim::conformance::explore {
namespace {

// The place of a rule in rules().
std::uint32_t number_of_rule(std::string_view id) {
    const RuleInfo* info = find_rule(id);
    OPLOCKSIM_ASSERT(info != nullptr, "a violation of no rule");
    return static_cast<std::uint32_t>(info - rules().data());
}

// Kept from one fingerprint to the next, so that the usual one does not allocate.
struct Scratch {
    sim::CanonicalIds ids;
    std::vector<sim::ThreadId> threads;
};
Scratch& scratch() {
    thread_local Scratch one;
    return one;
}

void add_operation(sim::FingerprintMixer& mixer, const sim::OperationState& operation,
                   const sim::CanonicalIds& ids) {
    mixer.add(static_cast<std::uint64_t>(operation.phase) |
              static_cast<std::uint64_t>(operation.has_output) << 8 |
              static_cast<std::uint64_t>(operation.from_cache) << 9 |
              static_cast<std::uint64_t>(operation.status) << 32);
    if (operation.phase == sim::OperationPhase::pending) return mixer.add(ids.number(operation.irp));
    if (operation.phase != sim::OperationPhase::completed) return;
    mixer.add(operation.information);
    mixer.add(ids.number(operation.handle) |
              static_cast<std::uint64_t>(ids.number(operation.section)) << 32);
    if (!operation.has_output) return;
    const sim::RequestOplockOutputBuffer& output = operation.output;
    mixer.add(static_cast<std::uint64_t>(output.original_oplock_level) << 32 |
              output.new_oplock_level);
    mixer.add(static_cast<std::uint64_t>(output.flags) << 32 | output.access_mode);
    mixer.add(output.share_mode);
}

}  // namespace

std::uint32_t deadlock_property() { return static_cast<std::uint32_t>(rules().size()); }
std::uint32_t first_case_property() { return deadlock_property() + 1; }

CaseModel::CaseModel(const sim::Case& of, const CaseProperties* properties, bool symmetry)
    : case_(of),
      properties_(properties),
      footprints_(of),
      orders_(symmetric_orders(of)),
      initial_{sim::RunState{}, RuleSet(of.semantics, of.names), 0, 0} {
    OPLOCKSIM_ASSERT(rules().size() <= 64, "more rules than a set of them can hold");
    OPLOCKSIM_ASSERT(properties == nullptr || properties->count() <= kMaxProperties,
                     "more properties than a set of them can hold");
    if (!symmetry) orders_.resize(1);
    start_ = std::make_unique<sim::CaseStart>(of, &initial_.rules);
    initial_.run = start_->state();
    judge_rules(initial_, 0);
}

void CaseModel::actions(const State& state, std::vector<Action>& actions) const {
    // Asking changes nothing; a run refers to a state that it may change.
    sim::CaseRun run(*start_, const_cast<sim::RunState&>(state.run));
    std::vector<Action> choices;
    run.choices(choices);
    actions.insert(actions.end(), choices.begin(), choices.end());
}

void CaseModel::judge_rules(State& state, std::size_t violations_before) const {
    const std::vector<Violation>& violations = state.rules.violations();
    for (std::size_t i = violations_before; i < violations.size(); ++i) {
        state.broken_rules |= std::uint64_t{1} << number_of_rule(violations[i].rule);
    }
}

CaseState CaseModel::apply(const State& state, const Action& action) const {
    State next = state;
    const std::size_t before = next.rules.violations().size();
    sim::CaseRun(*start_, next.run, &next.rules).apply(action);
    judge_rules(next, before);
    if (properties_ != nullptr) {
        std::vector<std::uint32_t> violated;
        properties_->judge(state.run, next.run, false, violated);
        for (const std::uint32_t property : violated) {
            next.broken_properties |= std::uint64_t{1} << property;
        }
    }
    return next;
}

// What is broken stays broken; at an end, what must not be left over comes to it.
void CaseModel::check(const State& state, std::vector<std::uint32_t>& violated) const {
    std::uint64_t broken_rules = state.broken_rules;
    std::uint64_t broken_properties = state.broken_properties;
    std::vector<Action> choices;
    actions(state, choices);
    if (choices.empty()) {
        const End end = end_of(state);
        broken_rules |= end.broken_rules;
        broken_properties |= end.broken_properties;
        if (end.deadlock) violated.push_back(deadlock_property());
        note_end(state, end.stuck);
    }
    if (orders_.size() > 1) {
        const std::uint64_t count = represents(state);
        const std::scoped_lock lock(mutex_);
        represented_ += count;
    }
    for (std::uint64_t set = broken_rules; set != 0; set &= set - 1) {
        violated.push_back(static_cast<std::uint32_t>(std::countr_zero(set)));
    }
    for (std::uint64_t set = broken_properties; set != 0; set &= set - 1) {
        violated.push_back(first_case_property() +
                           static_cast<std::uint32_t>(std::countr_zero(set)));
    }
}

CaseModel::End CaseModel::end_of(const State& state) const {
    State last = state;
    last.rules.at_end();
    judge_rules(last, state.rules.violations().size());
    End end;
    end.broken_rules = last.broken_rules;
    if (properties_ != nullptr) {
        std::vector<std::uint32_t> found;
        properties_->judge(state.run, state.run, true, found);
        for (const std::uint32_t property : found) {
            end.broken_properties |= std::uint64_t{1} << property;
        }
    }
    std::vector<sim::StepIndex> unfinished;
    sim::CaseRun(*start_, last.run).unfinished(unfinished);
    end.stuck = !unfinished.empty();
    const sim::CaseNames names(case_, last.run);
    end.deadlock = std::ranges::any_of(unfinished, [&](sim::StepIndex step) {
        return explain_wait(last.run.world, names, last.run.operations[step].irp).deadlock;
    });
    return end;
}

void CaseModel::note_end(const State& state, bool stuck) const {
    RunOutcome outcome;
    for (const sim::OperationState& operation : state.run.operations) {
        outcome.push_back({operation.phase, operation.status});
    }
    const std::scoped_lock lock(mutex_);
    ++outcomes_[std::move(outcome)];
    if (stuck) ++stuck_ends_;
}

sim::Fingerprint CaseModel::fingerprint_in(const State& state, const ProgramOrder& order) const {
    Scratch& work = scratch();
    const std::span<const sim::ThreadId> threads = start_->threads();
    work.threads.assign(threads.begin(), threads.end());
    for (std::size_t i = 0; i < order.size(); ++i) {
        const sim::ThreadIndex part = case_.programs[i].thread;
        if (part == sim::kNobody) continue;
        work.threads[part] = threads[case_.programs[order[i]].thread];
    }
    work.ids.assign(state.run.world, work.threads,
                    orders_.size() > 1 ? sim::KeyNames::interchangeable : sim::KeyNames::exact);
    sim::FingerprintMixer mixer;
    add_world(mixer, state.run.world, work.ids);
    for (sim::StepIndex i = 0; i < case_.setup_end; ++i) {
        add_operation(mixer, state.run.operations[i], work.ids);
    }
    for (const sim::ProgramIndex program : order) {
        const auto [thread, first, last] = case_.programs[program];
        mixer.add(static_cast<std::uint64_t>(state.run.next[program] - first));
        for (sim::StepIndex i = first; i < last; ++i) {
            add_operation(mixer, state.run.operations[i], work.ids);
        }
    }
    mixer.add(state.broken_rules);
    mixer.add(state.broken_properties);
    state.rules.fingerprint(mixer, work.ids);
    return mixer.result();
}

sim::Fingerprint CaseModel::fingerprint(const State& state) const {
    sim::Fingerprint least = fingerprint_in(state, orders_.front());
    for (std::size_t i = 1; i < orders_.size(); ++i) {
        least = std::min(least, fingerprint_in(state, orders_[i]));
    }
    return least;
}

std::uint64_t CaseModel::represents(const State& state) const {
    std::vector<sim::Fingerprint> all;
    for (const ProgramOrder& order : orders_) all.push_back(fingerprint_in(state, order));
    std::ranges::sort(all);
    return static_cast<std::uint64_t>(std::unique(all.begin(), all.end()) - all.begin());
}

std::size_t CaseModel::size_of(const State& state) const {
    // What a world of a few clients takes, on the heap too; exactly would cost more than it helps.
    return sizeof(State) + 64 * state.run.operations.size() + 4096;
}

unsigned CaseModel::agent(const State&, const Action& action) const {
    return action.kind == sim::Choice::Kind::step ? action.index
                                                  : footprints_.program_of(action.index);
}

std::uint64_t CaseModel::interferes(const State& state, unsigned agent) const {
    return explore::interferes(case_, footprints_, state.run, agent);
}

}  // namespace oplocksim::conformance::explore
