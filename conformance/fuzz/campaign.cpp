#include "conformance/fuzz/campaign.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

#include "conformance/fuzz/fuzz_run.h"
#include "conformance/fuzz/mutate.h"
#include "conformance/fuzz/oracle.h"
#include "conformance/rules/rules.h"
#include "engine/assert.h"
#include "sim/schedulers.h"

namespace oplocksim::conformance::fuzz {
namespace {

// Rounds grow, so that the first findings come soon and later rounds cost little.
constexpr std::uint64_t kFirstRound = 256;
constexpr std::uint64_t kLargestRound = 16'384;
constexpr std::uint64_t kAskToStopEvery = 16;
constexpr std::uint32_t kMostPriorityChanges = 4;

using FindingKey = std::pair<std::string, std::string>;   // rule, clause

struct Candidate {
    std::uint64_t run = 0;
    Bytes input;
    std::vector<Encounter> cells;
};

struct Worker {
    FuzzRun run;
    Choices choices;
    std::vector<std::uint64_t> exercised;
    // Of the present round.
    std::map<FindingKey, CampaignFinding> findings;
    std::vector<Candidate> candidates;
    std::uint64_t runs = 0;
    std::uint64_t steps = 0;
    bool stopped = false;
};

std::unique_ptr<sim::ChoiceScheduler> make_scheduler(sim::Random& random, const sim::Case& of,
                                                     std::string& name) {
    const std::uint64_t seed = random.next();
    switch (random.below(4)) {
        case 0: name = "fifo"; return std::make_unique<sim::FifoChoices>();
        case 1: name = "random"; return std::make_unique<sim::RandomChoices>(seed);
        case 2:
            name = "uniform over interleavings";
            return std::make_unique<sim::RandomInterleavings>(seed);
        default: break;
    }
    name = "pct";
    return std::make_unique<sim::PctChoices>(seed, 1 + random.below(kMostPriorityChanges),
                                             std::max(1u, step_count(of)));
}

class Campaign {
 public:
    explicit Campaign(const CampaignOptions& options)
        : options_(options), workers_(options.workers) {
        OPLOCKSIM_ASSERT(options.workers >= 1 && options.shards >= 1, "a campaign for nobody");
        inputs_ = options.corpus;
        if (inputs_.size() > kMaxInputs) inputs_.resize(kMaxInputs);
        for (Worker& worker : workers_) worker.exercised.resize(rules().size());
    }

    CampaignReport run() {
        if (!inputs_.empty()) {
            from_corpus_ = true;
            work_off(0, inputs_.size());
            from_corpus_ = false;
        }
        std::uint64_t round = kFirstRound;
        const std::uint64_t all = turns_before(options_.runs);
        for (std::uint64_t next = turns_before(options_.first_run); next < all && !over();) {
            const std::uint64_t last = next + std::min(round, all - next);
            work_off(next, last);
            next = last;
            round = std::min(2 * round, kLargestRound);
        }
        return report();
    }

 private:
    [[nodiscard]] bool over() const {
        return report_.stopped || (options_.stop_at_first && !report_.findings.empty());
    }

    // How many runs of this shard there are before `run`.
    [[nodiscard]] std::uint64_t turns_before(std::uint64_t run) const {
        return run / options_.shards + (run % options_.shards > options_.shard ? 1 : 0);
    }

    // The runs [first, last) of this shard, or of the corpus.
    void work_off(std::uint64_t first, std::uint64_t last) {
        const auto body = [&](unsigned number) {
            Worker& worker = workers_[number];
            for (std::uint64_t i = first + number; i < last; i += workers_.size()) {
                const bool ask = (i / workers_.size()) % kAskToStopEvery == 0;
                if (ask && options_.stop && options_.stop()) {
                    worker.stopped = true;
                    return;
                }
                carry_out(worker, from_corpus_ ? i : i * options_.shards + options_.shard);
            }
        };
        if (options_.parallel && workers_.size() > 1) {
            options_.parallel(static_cast<unsigned>(workers_.size()), body);
        } else {
            for (unsigned number = 0; number < workers_.size(); ++number) body(number);
        }
        collect();
    }

    [[nodiscard]] bool is_steered(std::uint64_t number) const {
        return options_.steering && !from_corpus_ && !inputs_.empty() && number % 2 == 1;
    }

    void carry_out(Worker& worker, std::uint64_t number) const {
        const std::uint64_t seed = seed_of_run(options_.seed, number);
        engine::set_assertion_context(
            "fuzz --seed " + std::to_string(options_.seed) +
            (from_corpus_ ? ", input " : ", run ") + std::to_string(number));
        Bytes given;
        if (from_corpus_) {
            worker.choices.begin(inputs_[number]);
        } else if (is_steered(number)) {
            sim::Random random(seed);
            given = mutated_input(inputs_, random);
            worker.choices.begin(given, random.next());
        } else {
            worker.choices.begin({}, seed);
        }
        FuzzRun& run = worker.run;
        run.run(worker.choices, {options_.semantics, number % kInvariantsOneIn == 0});
        ++worker.runs;
        worker.steps += run.steps();
        run.add_exercised(worker.exercised);
        if (run.failed()) {
            note(worker, number, *run.failure(), run.found_case(), "adaptive");
        } else if (number % kScheduledOneIn == kScheduledOneIn - 1) {
            reschedule(worker, number, seed);
        }
        if (!run.encounters().news().empty()) {
            if (options_.steering) {
                worker.candidates.push_back(
                    {number, worker.choices.taken(), run.encounters().news()});
            }
            run.encounters().forget_news();
        }
    }

    // What the run did, in another order.
    void reschedule(Worker& worker, std::uint64_t number, std::uint64_t seed) const {
        FoundCase found = worker.run.found_case();
        sim::Random random(~seed);
        std::string name;
        const auto scheduler = make_scheduler(random, found.of, name);
        Judgement judgement = judge_case(found.of, *scheduler);
        worker.steps += judgement.schedule.size();
        if (!judgement.failure) return;
        found.schedule = std::move(judgement.schedule);
        note(worker, number, *judgement.failure, std::move(found), name);
    }

    void note(Worker& worker, std::uint64_t number, findings::Failure failure,
              FoundCase&& found, const std::string& scheduler) const {
        const auto [place, is_new] = worker.findings.try_emplace({failure.rule, failure.clause});
        CampaignFinding& one = place->second;
        if (!is_new) {
            ++one.times;
            return;
        }
        one.run = number;
        one.from_corpus = from_corpus_;
        one.steered = is_steered(number);
        one.scheduler = scheduler;
        one.finding = {std::move(found.of), std::move(found.schedule), std::move(failure), {}};
        one.finding.provenance.profile = options_.profile;
        if (from_corpus_) return;
        one.finding.provenance.seed = options_.seed;
        one.finding.provenance.run = number;
    }

    // After a round: what the workers found, in the order of runs.
    void collect() {
        std::vector<CampaignFinding> findings;
        std::vector<Candidate> candidates;
        for (Worker& worker : workers_) {
            for (auto& [key, finding] : worker.findings) findings.push_back(std::move(finding));
            std::ranges::move(worker.candidates, std::back_inserter(candidates));
            worker.findings.clear();
            worker.candidates.clear();
            report_.done.runs += std::exchange(worker.runs, 0);
            report_.done.steps += std::exchange(worker.steps, 0);
            report_.stopped = report_.stopped || worker.stopped;
        }
        std::ranges::stable_sort(findings, {}, &CampaignFinding::run);
        for (CampaignFinding& finding : findings) take(std::move(finding));
        std::ranges::stable_sort(candidates, {}, &Candidate::run);
        for (Candidate& candidate : candidates) take(std::move(candidate));
        report_.done.findings = report_.findings.size();
        report_.done.inputs = inputs_.size();
        report_.done.cells = cells_met();
        if (options_.progress) options_.progress(report_.done);
    }

    void take(CampaignFinding&& finding) {
        const findings::Failure& failure = finding.finding.failure;
        const FindingKey key{failure.rule, failure.clause};
        const auto [place, is_new] = known_.try_emplace(key, report_.findings.size());
        if (!is_new) {
            report_.findings[place->second].times += finding.times;
            return;
        }
        if (options_.stop_at_first && !report_.findings.empty()) return;
        report_.findings.push_back(std::move(finding));
        if (options_.on_finding) options_.on_finding(report_.findings.back());
    }

    // Kept if it met what no run before it did.
    void take(Candidate&& candidate) {
        bool is_new = false;
        for (const Encounter& cell : candidate.cells) {
            is_new = is_new || !seen_.contains(cell);
            seen_.count(cell, 1);
        }
        if (!is_new || from_corpus_ || inputs_.size() >= kMaxInputs) return;
        inputs_.push_back(std::move(candidate.input));
        if (options_.on_interesting) options_.on_interesting(inputs_.back());
    }

    [[nodiscard]] std::size_t cells_met() {
        std::size_t most = 0;
        for (Worker& worker : workers_) most = std::max(most, worker.run.encounters().size());
        return std::max(most, seen_.size());
    }

    CampaignReport report() {
        Encounters all;
        for (Worker& worker : workers_) all.add(worker.run.encounters());
        report_.done.cells = all.size();
        report_.coverage = all.rows();
        for (std::size_t i = 0; i < rules().size(); ++i) {
            RuleCount count{rules()[i].id, 0};
            for (const Worker& worker : workers_) count.exercised += worker.exercised[i];
            report_.rules.push_back(count);
        }
        return std::move(report_);
    }

    const CampaignOptions& options_;
    std::vector<Worker> workers_;
    std::vector<Bytes> inputs_;
    Encounters seen_;                          // by the inputs that were kept, and before them
    std::map<FindingKey, std::size_t> known_;  // place in the report
    bool from_corpus_ = false;
    CampaignReport report_;
};

}  // namespace

std::uint64_t seed_of_run(std::uint64_t seed, std::uint64_t run) {
    return sim::Random(sim::Random(seed).next() + run).next();
}

CampaignReport run_campaign(const CampaignOptions& options) { return Campaign(options).run(); }

}  // namespace oplocksim::conformance::fuzz
