#include "conformance/rules/rules.h"

#include <algorithm>
#include <bit>

#include "conformance/rules/rule.h"
#include "engine/assert.h"

namespace oplocksim::conformance {
namespace {

// Every rule, by property. Made once; nothing changes it.
const std::vector<const Rule*>& rule_table() {
    static const std::vector<const Rule*> table = [] {
        std::vector<const Rule*> all;
        const auto add = [&](std::span<const Rule> some) {
            for (const Rule& rule : some) all.push_back(&rule);
        };
        add(wait_rules());
        add(break_rules());
        add(owner_rules());
        add(irp_rules());
        add(contents_rules());
        add(cache_rules());
        add(answer_rules());
        add(create_rules());
        add(operation_rules());
        std::ranges::stable_sort(all, [](const Rule* a, const Rule* b) {
            return a->info.property < b->info.property;
        });
        return all;
    }();
    return table;
}

// The rules to ask on each occasion, as sets of positions in the table.
constexpr unsigned kOccasions = 64;
using RuleBits = std::uint64_t;

struct Dispatch {
    std::array<const Rule*, RuleSet::kMaxRules> rules{};
    std::array<decltype(Rule::on_moment), RuleSet::kMaxRules> on_moment{};
    std::array<RuleBits, kOccasions> asked{};
    RuleBits at_end = 0;   // the rules with something to say when the run is over
    RuleBits advise = 0;

    Dispatch() {
        OPLOCKSIM_ASSERT(rule_table().size() <= rules.size(), "more rules than a word has bits");
        for (std::size_t i = 0; i < rule_table().size(); ++i) {
            rules[i] = rule_table()[i];
            on_moment[i] = rules[i]->on_moment;
            if (rules[i]->at_end != nullptr) at_end |= RuleBits{1} << i;
            if (rules[i]->advises()) advise |= RuleBits{1} << i;
            for (unsigned bit = 0; bit < kOccasions; ++bit) {
                const bool asks = (rules[i]->when >> bit & 1u) != 0;
                if (asks && on_moment[i] != nullptr) asked[bit] |= RuleBits{1} << i;
            }
        }
    }
    [[nodiscard]] RuleBits on(Occasions occasions) const {
        RuleBits found = 0;
        for (; occasions != 0; occasions &= occasions - 1) {
            found |= asked[static_cast<std::size_t>(std::countr_zero(occasions))];
        }
        return found;
    }
};

inline const Dispatch& dispatch() {
    static const Dispatch made;
    return made;
}

const std::vector<RuleInfo>& info_table() {
    static const std::vector<RuleInfo> table = [] {
        std::vector<RuleInfo> all;
        for (const Rule* rule : rule_table()) all.push_back(rule->info);
        return all;
    }();
    return table;
}

}  // namespace

std::span<const RuleInfo> rules() { return info_table(); }

std::size_t RuleSet::rule_count() { return rule_table().size(); }

const RuleInfo* find_rule(std::string_view id) {
    const auto found = std::ranges::find(info_table(), id, &RuleInfo::id);
    return found == info_table().end() ? nullptr : &*found;
}

void Verdict::violate(std::string_view clause, std::string observed, std::string required,
                      std::string waits) {
    ++into_.violated;
    if (into_.violations.size() >= RuleSet::kMaxViolations) return;
    Violation violation;
    violation.rule = info_.id;
    violation.property = info_.property;
    violation.clause = clause.empty() ? info_.clauses.front() : clause;
    violation.event = moment_.step;
    violation.observed = std::move(observed);
    violation.required = std::move(required);
    violation.waits = std::move(waits);
    into_.violations.push_back(std::move(violation));
}

std::string waits_text(const Observation& model, const KnownIrp& irp,
                       const OplockList& oplocks) {
    std::string text = describe(model, irp) + " waits for ";
    for (const KnownOplock* oplock : oplocks) {
        if (oplock != oplocks.front()) text += " and ";
        text += describe(model, *oplock);
    }
    return oplocks.empty() ? describe(model, irp) + " waits for nobody" : text;
}

std::string completes_text(const Moment& moment) {
    return describe(moment.model, *moment.irp) + " completes " +
           std::string(engine::to_string(moment.event->status));
}

std::string level_text(engine::OplockType to, bool acknowledge) {
    return std::string(engine::to_string(to)) +
           (acknowledge ? ", to be acknowledged" : ", nothing to acknowledge");
}

RuleSet::RuleSet(const engine::Semantics& semantics, std::shared_ptr<const sim::Names> names)
    : observation_(semantics, std::move(names)) {}

Verdict RuleSet::verdict_of(std::size_t rule, const Moment& moment) {
    const bool advises = (dispatch().advise >> rule & 1u) != 0;
    return {dispatch().rules[rule]->info, moment,
            {advises ? advisories_ : violations_, exercised_[rule], violated_[rule]}};
}

// In the order of the table.
void RuleSet::judge(const Moment& moment) {
    const Dispatch& table = dispatch();
    for (RuleBits left = table.on(moment.occasions); left != 0; left &= left - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(left));
        Verdict verdict = verdict_of(i, moment);
        table.on_moment[i](moment, verdict);
    }
}

void RuleSet::judge_end(const Moment& moment) {
    const Dispatch& table = dispatch();
    const RuleBits occasioned = table.on(moment.occasions);
    for (RuleBits left = occasioned | table.at_end; left != 0; left &= left - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(left));
        Verdict verdict = verdict_of(i, moment);
        if ((occasioned >> i & 1u) != 0) table.on_moment[i](moment, verdict);
        if ((table.at_end >> i & 1u) != 0) table.rules[i]->at_end(moment, verdict);
    }
}

// What the moment has shown, beyond the event itself, goes into the model.
void RuleSet::take(const Moment& moment) {
    const auto take_event = [&] {
        if (moment.settles) observation_.settle();
        if (moment.oplock != nullptr) observation_.forget_late(moment.oplock->irp);
        observation_.apply(*moment.event, Step{moment.step});
    };
    if (moment.missing.empty() && !moment.notice) return take_event();   // nearly always
    std::vector<LateNotice> late;
    for (const Obligation& missing : moment.missing) {
        LateNotice notice;
        notice.oplock = missing.oplock->irp;
        notice.operation = moment.irp->irp;
        notice.what = completes_text(moment);
        notice.clause = missing.decision.clause;
        notice.topic = topic_of(moment, missing);
        late.push_back(std::move(notice));
    }
    sim::IrpId cause;
    sim::IrpId held;
    bool took_handles = false;
    if (moment.notice && moment.notice->sure && moment.notice->cause != nullptr) {
        const engine::OplockType type = moment.oplock->type;
        const bool first = type == engine::OplockType::batch || type == engine::OplockType::filter;
        const bool directory = moment.notice->decision &&
                               moment.notice->relation == Relation::parent_directory;
        if (!first && !directory) cause = moment.notice->cause->irp;
        if (moment.notice->decision && moment.notice->decision->waits) {
            held = moment.notice->cause->irp;
        }
        // Of what is still waiting it is not certain that it is the cause.
        took_handles = takes_handles(moment) && !moment.notice->cause->pended;
    }
    take_event();
    for (LateNotice& notice : late) observation_.expect_late(std::move(notice));
    if (cause) observation_.mark_cause(cause, took_handles);
    if (held) observation_.hold_again(held);
}

void RuleSet::on_event(const sim::TraceEvent& event) {
    const std::size_t step = event_++;
    if (!sim::observable(event.kind)) return;
    const Moment moment = moment_of(observation_, event, step);
    judge(moment);
    take(moment);
}

void RuleSet::at_end() {
    judge_end(end_of(observation_, event_));
    observation_.settle();
}

std::vector<RuleReport> RuleSet::report() const {
    std::vector<RuleReport> reports;
    for (std::size_t i = 0; i < rules().size(); ++i) {
        reports.push_back({&rules()[i], exercised_[i], violated_[i]});
    }
    return reports;
}

}  // namespace oplocksim::conformance
