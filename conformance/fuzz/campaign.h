// Many fuzzed runs, in rounds that several workers share.
//
// Run i of seed s draws from random bytes that s and i determine, so it is the same in every
// campaign, whatever the number of workers, the shard, or the runs before it. One run in
// kScheduledOneIn is then repeated under another scheduler: the programs that its threads turned
// out to have, in another order.
//
// With steering, every other run mutates an input that once met something new instead. Such a run
// depends on the inputs known when its round began: on the corpus and the runs of earlier rounds,
// not on the workers.
//
// Findings are one for each rule and clause, in the order of the runs that first showed them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conformance/coverage.h"
#include "conformance/findings/finding.h"
#include "conformance/fuzz/choices.h"
#include "engine/semantics.h"

namespace oplocksim::conformance::fuzz {

inline constexpr std::uint64_t kScheduledOneIn = 16;
inline constexpr std::uint64_t kInvariantsOneIn = 64;
// Inputs that are kept for mutation: later ones that meet something new are not.
inline constexpr std::size_t kMaxInputs = 20'000;

struct CampaignFinding {
    std::uint64_t run = 0;              // of the corpus, if `from_corpus`
    bool from_corpus = false;
    bool steered = false;               // it mutated an input
    std::uint64_t times = 1;            // runs that showed the same rule and clause
    findings::Finding finding;          // its provenance lacks the version
    std::string scheduler;              // "random", "fifo", ...
};

struct CampaignProgress {
    std::uint64_t runs = 0;
    std::uint64_t steps = 0;
    std::size_t findings = 0;
    std::size_t cells = 0;
    std::size_t inputs = 0;
};

struct CampaignOptions {
    std::uint64_t seed = 0;
    std::uint64_t first_run = 0;
    std::uint64_t runs = ~std::uint64_t{0};        // ends before this one; of all shards together
    std::uint64_t shard = 0;                       // does the runs i with i % shards == shard
    std::uint64_t shards = 1;
    std::optional<engine::Semantics> semantics;    // none: drawn for each run
    engine::Profile profile = engine::Profile::docs;   // that findings name
    bool stop_at_first = false;
    bool steering = false;
    std::vector<Bytes> corpus;                     // run first, then mutated
    unsigned workers = 1;
    // Runs body(0) ... body(workers - 1) and returns when all are over; none: one after another.
    std::function<void(unsigned workers, const std::function<void(unsigned)>& body)> parallel;
    std::function<bool()> stop;                    // asked every few runs, by every worker
    std::function<void(const CampaignProgress&)> progress;
    std::function<void(const CampaignFinding&)> on_finding;          // in order
    std::function<void(const Bytes&)> on_interesting;        // in order; with steering
};

struct RuleCount {
    std::string_view rule;
    std::uint64_t exercised = 0;
};

struct CampaignReport {
    CampaignProgress done;
    bool stopped = false;                   // before all runs were done
    std::vector<CampaignFinding> findings;
    std::vector<CoverageRow> coverage;      // what operation met what oplocks
    std::vector<RuleCount> rules;           // in the order of rules()
};

[[nodiscard]] CampaignReport run_campaign(const CampaignOptions& options);

// The seed that the bytes of one run are drawn from.
[[nodiscard]] std::uint64_t seed_of_run(std::uint64_t seed, std::uint64_t run);

}  // namespace oplocksim::conformance::fuzz
