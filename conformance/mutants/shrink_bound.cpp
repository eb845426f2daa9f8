// shrink_bound: how near to the shortest a shrunk finding is.
//
//   shrink_bound MUTANT SEED RUN STEPS
//
// Lets random run RUN of SEED find the mutant, shrinks what it finds, and then looks for anything
// shorter that breaks the same rule: by breadth-first search over everything that clients may do
// with the steps of the finding, before and after it was shrunk, and with the usual ones, for at
// most STEPS steps. Writes one line to standard output:
//
//   RULE CLAUSE CHOICES LENGTH CLIENTS CANDIDATES SEARCHED COMPLETE SHORTER EXCLUDED
//
// CHOICES that the run took, LENGTH in steps and CLIENTS of what was shrunk, CANDIDATES tried and
// steps SEARCHED for that, COMPLETE 0 if a budget was used up, SHORTER the length of a shorter run,
// 0 if none was found, EXCLUDED the length up to which there is none.
//
// Exit status: 0; 1 the run finds nothing; 2 bad input.
#include <cstdlib>
#include <iostream>
#include <string>

#include "conformance/findings/oracle.h"
#include "conformance/findings/plan_edits.h"
#include "conformance/findings/shortest.h"
#include "conformance/findings/shrink.h"
#include "conformance/fuzz/campaign.h"
#include "engine/invariant_watch.h"
#include "engine/mutant.h"

namespace oplocksim::conformance::mutants {
namespace {

using namespace findings;   // what this program is about

struct Bound {
    std::size_t shorter = 0;
    std::size_t excluded = 0;
};

void add_steps(Vocabulary& vocabulary, const Plan& plan) {
    for (const sim::Choice turn : plan.turns) {
        if (turn.kind == sim::Choice::Kind::step) vocabulary.add(plan.of.steps[turn.index]);
    }
}

Bound bound_of(const Finding& found, const Finding& shrunk, std::size_t max_steps) {
    const Plan small = plan_of(shrunk.of, shrunk.schedule);
    Plan whole = plan_of(found.of, found.schedule);
    whole.of.semantics = small.of.semantics;
    Vocabulary usual = vocabulary_of(small);
    for (const Sort sort : kSorts) add_usual(usual, small, sort);
    Vocabulary original = vocabulary_of(whole);
    add_steps(original, small);
    ShortestOptions options;
    options.last_length = steps_of(small) - 1;
    options.max_steps = max_steps;
    options.any_last = true;
    options.any_order = small.settled != small.turns.size();
    options.at_end = shrunk.failure.choice == shrunk.schedule.size();
    const Oracle oracle;
    const auto any = [&](const Plan& plan) {
        return carry_out(plan, oracle.options(), &shrunk.failure).failure.has_value();
    };
    Bound bound;
    if (options.last_length == 0) return bound;
    const std::pair<const Plan*, const Vocabulary*> searches[] = {{&small, &usual},
                                                                  {&whole, &original}};
    for (const auto& [start, vocabulary] : searches) {
        const ShortestSearch done =
            search_shortest(*start, *vocabulary, shrunk.failure, oracle.options(), options, any);
        if (done.length != 0) {
            bound.shorter = done.length;
            options.last_length = done.length - 1;
        }
        bound.excluded = start == &small ? done.excluded : std::min(bound.excluded, done.excluded);
        if (options.last_length == 0) break;
    }
    return bound;
}

int report(const fuzz::CampaignFinding& found, std::size_t max_steps) {
    const engine::InvariantWatch watch;
    const Shrunk shrunk = shrink(found.finding, Oracle());
    const Failure& failure = shrunk.finding.failure;
    const Bound bound = bound_of(found.finding, shrunk.finding, max_steps);
    std::cout << failure.rule << ' ' << (failure.clause.empty() ? "-" : failure.clause) << ' '
              << found.finding.schedule.size() << ' ' << shrunk.finding.of.steps.size() << ' '
              << shrunk.finding.of.clients.size() << ' ' << shrunk.runs << ' ' << shrunk.searched
              << ' ' << shrunk.complete << ' ' << bound.shorter << ' ' << bound.excluded << '\n';
    return 0;
}

}  // namespace
}  // namespace oplocksim::conformance::mutants

int main(int argc, char** argv) {
    using namespace oplocksim;
    const auto mutant = argc == 5 ? engine::mutant_from_name(argv[1]) : std::nullopt;
    if (!mutant) {
        std::cerr << "shrink_bound MUTANT SEED RUN STEPS\n";
        return 2;
    }
    engine::set_mutant(*mutant);
    conformance::fuzz::CampaignOptions options;
    options.seed = std::strtoull(argv[2], nullptr, 10);
    options.first_run = std::strtoull(argv[3], nullptr, 10);
    options.runs = options.first_run + 1;
    options.stop_at_first = true;
    const auto report = run_campaign(options);
    if (report.findings.empty()) return 1;
    return conformance::mutants::report(report.findings.front(),
                                        std::strtoull(argv[4], nullptr, 10));
}
