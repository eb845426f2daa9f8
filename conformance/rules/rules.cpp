#include "conformance/rules/rules.h"

#include <algorithm>

#include "conformance/rules/rule.h"

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
        std::ranges::stable_sort(all, [](const Rule* a, const Rule* b) {
            return a->info.property < b->info.property;
        });
        return all;
    }();
    return table;
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

const RuleInfo* find_rule(std::string_view id) {
    const auto found = std::ranges::find(info_table(), id, &RuleInfo::id);
    return found == info_table().end() ? nullptr : &*found;
}

void Verdict::violate(std::string_view clause, std::string observed, std::string required,
                      std::string waits) {
    ++violated_;
    if (violations_.size() >= RuleSet::kMaxViolations) return;
    Violation violation;
    violation.rule = info_.id;
    violation.property = info_.property;
    violation.clause = clause.empty() ? info_.clauses.front() : clause;
    violation.event = moment_.step;
    violation.observed = std::move(observed);
    violation.required = std::move(required);
    violation.waits = std::move(waits);
    violations_.push_back(std::move(violation));
}

std::string waits_text(const Observation& model, const KnownIrp& irp,
                       const std::vector<const KnownOplock*>& oplocks) {
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
    : observation_(semantics, std::move(names)),
      exercised_(rules().size()),
      violated_(rules().size()) {}

void RuleSet::judge(const Moment& moment) {
    const std::vector<const Rule*>& table = rule_table();
    for (std::size_t i = 0; i < table.size(); ++i) {
        const Rule& rule = *table[i];
        const bool advises = rule.info.obligation == "should";
        Verdict verdict(rule.info, moment, advises ? advisories_ : violations_);
        if (rule.on_moment != nullptr) rule.on_moment(moment, verdict);
        if (moment.event == nullptr && rule.at_end != nullptr) rule.at_end(moment, verdict);
        exercised_[i] += verdict.exercised();
        violated_[i] += verdict.violated();
    }
}

// What the moment has shown, beyond the event itself, goes into the model.
void RuleSet::take(const Moment& moment) {
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
    if (moment.notice && moment.notice->sure && moment.notice->cause != nullptr) {
        const engine::OplockType type = moment.oplock->type;
        const bool first = type == engine::OplockType::batch || type == engine::OplockType::filter;
        if (!first) cause = moment.notice->cause->irp;
    }
    if (moment.settles) observation_.settle();
    if (moment.oplock != nullptr) observation_.forget_late(moment.oplock->irp);
    observation_.apply(*moment.event, Step{moment.step});
    for (LateNotice& notice : late) observation_.expect_late(std::move(notice));
    if (cause) observation_.mark_cause(cause);
}

void RuleSet::on_event(const sim::TraceEvent& event) {
    const std::size_t step = event_++;
    if (!sim::observable(event.kind)) return;
    const Moment moment = moment_of(observation_, event, step);
    judge(moment);
    take(moment);
}

void RuleSet::at_end() {
    Moment moment(observation_);
    moment.step = event_;
    moment.settles = true;
    judge(moment);
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
