#include "conformance/findings/judged_run.h"

#include <algorithm>

#include "conformance/findings/left_over.h"
#include "sim/case_names.h"

namespace oplocksim::conformance::findings {

// Passes every event on to the judges and, if there is one, to a recorder.
class JudgedRun::Sink final : public sim::TraceSink {
 public:
    Sink(sim::TraceSink& judge, sim::TraceSink* recorder) : judge_(judge), recorder_(recorder) {}
    void on_event(const sim::TraceEvent& event) override {
        if (recorder_ != nullptr) recorder_->on_event(event);
        judge_.on_event(event);
    }
    [[nodiscard]] bool wants_unobservable() const override {
        return judge_.wants_unobservable() ||
               (recorder_ != nullptr && recorder_->wants_unobservable());
    }

 private:
    sim::TraceSink& judge_;
    sim::TraceSink* recorder_;
};

JudgedRun::JudgedRun(const sim::Case& of, const OracleOptions& options, const Failure* like,
                     sim::TraceSink* recorder)
    : options_(options), like_(like), rules_(of.semantics, of.names) {
    if (options.filter) filter_ = options.filter(rules_);
    sim::TraceSink& judge = filter_ ? *filter_ : static_cast<sim::TraceSink&>(rules_);
    sink_ = std::make_unique<Sink>(judge, recorder);
    start_.emplace(of, sink_.get());
    state_ = start_->state();
    run_.emplace(*start_, state_, sink_.get());
    take_violations(rules_, 0);
    judged_ = rules_.violations().size();
}

JudgedRun::~JudgedRun() = default;

void JudgedRun::found(Failure failure) {
    if (failure_ || (like_ != nullptr && !is_like(failure, *like_, options_))) return;
    failure.choice = seen_at_;
    failure_ = std::move(failure);
}

void JudgedRun::take_violations(const RuleSet& rules, std::size_t first) {
    const std::vector<Violation>& violations = rules.violations();
    for (std::size_t i = first; i < violations.size() && !failure_; ++i) {
        const Violation& one = violations[i];
        found({std::string(one.rule), std::string(one.clause), one.observed, one.required,
               one.waits, 0});
    }
}

void JudgedRun::apply(sim::Choice choice) {
    seen_at_ = choices_++;
    run_->apply(choice);
    if (like_ != nullptr && like_->rule == kBrokenInvariant) run_->kernel().check_invariants();
    take_violations(rules_, judged_);
    judged_ = rules_.violations().size();
}

void JudgedRun::end() {
    seen_at_ = choices_;
    if (!failure_) judge_end();
    if (!failure_ && options_.deadlock) judge_deadlock();
    if (!failure_ && options_.clients_die) let_clients_die();
    if (failure_) return;
    const std::string left = options_.clients_die ? left_over(state_.world) : "";
    if (auto failure = silent_failure(left, watch_.broken())) found(std::move(*failure));
}

// The rules judge the end of a run once; the run may go on without them.
void JudgedRun::judge_end() {
    RuleSet last = rules_;
    last.at_end();
    take_violations(last, judged_);
}

void JudgedRun::judge_deadlock() {
    const sim::CaseNames names(start_->of(), state_);
    std::vector<sim::StepIndex> unfinished;
    run_->unfinished(unfinished);
    for (const sim::StepIndex step : unfinished) {
        const auto why = explain_wait(state_.world, names, state_.operations[step].irp);
        if (!why.deadlock || failure_) continue;
        found({std::string(kDeadlock), {}, step_name(start_->of(), step) + " " + why.text,
                      "every operation can end", {}, 0});
    }
}

void JudgedRun::let_clients_die() {
    run_->terminate_all();
    take_violations(rules_, judged_);
    judged_ = rules_.violations().size();
    if (!failure_) judge_end();
}

}  // namespace oplocksim::conformance::findings
