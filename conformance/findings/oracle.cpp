#include "conformance/findings/oracle.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "conformance/findings/judged_run.h"
#include "sim/schedulers.h"

namespace oplocksim::conformance::findings {
namespace {

std::optional<Failure> judged(const sim::Case& of, const sim::Schedule& schedule,
                              const OracleOptions& options, const Failure* like) {
    JudgedRun run(of, options, like);
    std::vector<sim::Choice> choices;
    std::size_t taken = 0;
    for (const sim::Choice wanted : schedule) {
        if (run.failure() || taken == kMaxChoices) break;
        run.run().choices(choices);
        if (std::ranges::find(choices, wanted) == choices.end()) continue;
        run.apply(wanted);
        ++taken;
    }
    sim::FifoChoices fifo;
    for (; taken < kMaxChoices && !run.failure(); ++taken) {
        run.run().choices(choices);
        if (choices.empty()) break;
        run.apply(choices[fifo.choose(of, run.state(), choices)]);
    }
    if (!run.failure() && taken < kMaxChoices) run.end();
    return run.failure();
}

}  // namespace

bool is_like(const Failure& failure, const Failure& like, const OracleOptions& options) {
    return same_failure(failure, like) && (!options.same_clause || failure.clause == like.clause);
}

Oracle::Oracle(OracleOptions options) : options_(std::move(options)) {}

std::optional<Failure> Oracle::judge(const sim::Case& of, const sim::Schedule& schedule) const {
    return judged(of, schedule, options_, nullptr);
}

std::optional<Failure> Oracle::judge(const sim::Case& of, const sim::Schedule& schedule,
                                     const Failure& like) const {
    return judged(of, schedule, options_, &like);
}

}  // namespace oplocksim::conformance::findings
