// Programs that nobody thought of: the search finds the same with and without its reductions.
#include <gtest/gtest.h>

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/explore/explore.h"
#include "scenarios/runner.h"
#include "sim/random.h"

namespace oplocksim::conformance::explore {
namespace {

using scenarios::ScenarioCase;
using Words = std::span<const std::string_view>;

constexpr std::string_view kFiles[] = {R"(\f)", R"(\d\g)", R"(\d\e\k)", R"(\h)", R"(\d)", R"(\n)"};
constexpr std::string_view kAccess[] = {"R", "RW", "R|W|D", "W", "ATTRIBUTES", "D"};
constexpr std::string_view kShare[] = {"R|W|D", "R|W|D", "R|W|D", "R", "[]"};
constexpr std::string_view kTypes[] = {"LEVEL_1", "LEVEL_2", "BATCH", "FILTER",
                                       "R",       "RH",      "RW",    "RWH"};
constexpr std::string_view kLevels[] = {"NONE", "R", "RH", "RW"};
constexpr std::string_view kPlain[] = {"read", "write", "flush", "close", "set_disposition",
                                       "create_section", "ack", "break_notify"};
constexpr std::string_view kTargets[] = {R"(\f)", R"(\new)", R"(\d\new)"};

// A scenario with programs for two to four clients, and often one for the world. Most of the
// programs meet on a few files; names are made, moved and taken away at the root and below.
class RandomPrograms {
 public:
    explicit RandomPrograms(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] std::string text() {
        const std::size_t clients = 2 + random_.below(3);
        std::string programs;
        for (std::size_t i = 0; i < clients; ++i) {
            client_ = std::string(1, static_cast<char>('A' + i));
            programs += "  " + client_ + ":\n";
            own_.clear();
            for (std::size_t step = 0; step < 9 / clients; ++step) programs += next_step();
        }
        if (one_in(3)) programs += "  world:\n" + step_of_world() + step_of_world();
        return "scenario: T\ndeadlock: allowed\nvolume:\n  - file: \\f\n  - file: \\d\\g\n"
               "  - file: \\d\\e\\k\n  - file: \\h\nprograms:\n" + programs;
    }

 private:
    bool one_in(std::uint32_t many) { return random_.below(many) == 0; }
    std::string_view one_of(Words words) {
        return words[random_.below(static_cast<std::uint32_t>(words.size()))];
    }
    std::string name() { return "n" + std::to_string(++names_); }
    static std::string line(const std::string& step) { return "    - " + step + "\n"; }

    std::string next_step() {
        if (own_.empty() || one_in(4)) return create();
        const std::string& on = own_[random_.below(static_cast<std::uint32_t>(own_.size()))];
        const std::string with = ": {on: " + on + ", as: " + name();
        switch (random_.below(6)) {
            case 0:
            case 1:
                return line("oplock" + with + ", request: " + std::string(one_of(kTypes)) + "}");
            case 2: return line("ack" + with + ", level: " + std::string(one_of(kLevels)) + "}");
            case 3:
                return line(std::string(one_in(2) ? "rename" : "link") + with + ", replace: true" +
                            ", to: " + std::string(one_of(kTargets)) + "}");
            default: return line(std::string(one_of(kPlain)) + with + "}");
        }
    }

    std::string create() {
        own_.push_back(name());
        all_.push_back(own_.back());
        std::string text = "create: {as: " + own_.back();
        text += ", file: " + std::string(one_of(kFiles));
        text += ", access: " + std::string(one_of(kAccess));
        text += ", share: " + std::string(one_of(kShare));
        if (one_in(3)) text += std::string(", key: ") + (one_in(2) ? "k1" : "k2");
        if (one_in(3)) {
            text += ", disposition: ";
            text += one_in(3) ? "FILE_OVERWRITE" : "FILE_OPEN_IF";
        }
        if (one_in(8)) text += ", options: [FILE_COMPLETE_IF_OPLOCKED]";
        return line(text + "}");
    }

    std::string step_of_world() {
        switch (random_.below(3)) {
            case 0: return line("kill: " + client_);
            case 1: return line("advance: 35 s");
            default:
                return line("cancel: " +
                            all_[random_.below(static_cast<std::uint32_t>(all_.size()))]);
        }
    }

    sim::Random random_;
    std::string client_;
    std::vector<std::string> own_;   // handles of the client
    std::vector<std::string> all_;
    unsigned names_ = 0;
};

CaseReport explored(const ScenarioCase& one, bool reduction, bool symmetry) {
    ExploreOptions options;
    options.reduction = reduction;
    options.symmetry = symmetry;
    options.search.limits.states = 50'000;
    return explore_case(one, options);
}

std::set<std::string> properties(const CaseReport& report) {
    std::set<std::string> found;
    for (const CaseFinding& finding : report.findings) found.insert(finding.property);
    return found;
}

std::set<RunOutcome> outcomes(const CaseReport& report) {
    std::set<RunOutcome> found;
    for (const CaseOutcome& outcome : report.outcomes) found.insert(outcome.operations);
    return found;
}

struct Total {
    std::uint64_t all = 0;
    std::uint64_t reduced = 0;
    std::uint64_t cases = 0;
};

void compare(const ScenarioCase& one, Total& total) {
    const CaseReport all = explored(one, false, false);
    if (all.bound != Bound::none) return;
    const CaseReport reduced = explored(one, true, false);
    EXPECT_EQ(reduced.counts.ends, all.counts.ends);
    EXPECT_EQ(reduced.counts.end_states, all.counts.end_states);
    EXPECT_EQ(outcomes(reduced), outcomes(all));
    EXPECT_EQ(properties(reduced), properties(all));
    const CaseReport symmetric = explored(one, false, true);
    EXPECT_EQ(symmetric.represented, all.counts.states);
    EXPECT_EQ(properties(symmetric), properties(all));
    total.all += all.counts.states;
    total.reduced += reduced.counts.states;
    ++total.cases;
}

TEST(Explore, ReductionLosesNothingOnRandomPrograms) {
    constexpr std::uint64_t kScenarios = 250;
    Total total;
    for (std::uint64_t seed = 0; seed < kScenarios && !HasFailure(); ++seed) {
        const std::string text = RandomPrograms(seed).text();
        SCOPED_TRACE("seed " + std::to_string(seed) + ":\n" + text);
        const auto loaded = scenarios::load_scenario("t.yaml", text, {});
        ASSERT_NE(loaded.scenario, nullptr) << render(loaded.diagnostics.front());
        for_each_case(*loaded.scenario, {}, [&](const ScenarioCase& one) {
            compare(one, total);
            return true;
        });
    }
    EXPECT_EQ(total.cases, kScenarios) << "all of them fit";
    EXPECT_LT(total.reduced, total.all) << "otherwise nothing was tried";
}

}  // namespace
}  // namespace oplocksim::conformance::explore
