// How many states, transitions and ends the interleavings of the shipped scenarios have.
//
//   state_counts                prints them, a line for each file whose cases have several programs
//   state_counts --check FILE   prints nothing; says which lines differ from FILE
//
// Each case is searched without reductions, with each of the two, and with both. All four must
// find the same: the same violations, partial-order reduction the same final states, symmetry
// states that stand for every state. What the numbers are is no matter of right and wrong; that
// they change without anybody having meant it is.
//
// Exit status: 0 all agree and nothing is found; 1 a difference or a finding; 2 bad input.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/explore/explore.h"
#include "scenarios/corpus.h"
#include "scenarios/runner.h"

namespace oplocksim::conformance::explore {
namespace {

using scenarios::ScenarioCase;

constexpr std::string_view kHead =
    "# Every interleaving of the cases that have several programs, profile docs.\n"
    "# Written by tools/state-counts. Sums over the cases of a file; all: without reductions;\n"
    "# some: with partial-order reduction and symmetry.\n"
    "# file | cases | programs | all: states, transitions, ends | some: states, transitions\n";

CaseReport explored(const ScenarioCase& one, bool reduction, bool symmetry) {
    ExploreOptions options;
    options.reduction = reduction;
    options.symmetry = symmetry;
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

// The four searches of a case.
struct Searches {
    CaseReport all;
    CaseReport reduced;
    CaseReport symmetric;
    CaseReport both;

    explicit Searches(const ScenarioCase& one)
        : all(explored(one, false, false)),
          reduced(explored(one, true, false)),
          symmetric(explored(one, false, true)),
          both(explored(one, true, true)) {}

    // What they disagree about, or what was found; empty: nothing.
    [[nodiscard]] std::string objection() const {
        if (all.bound != Bound::none) return "a limit was met";
        if (!all.findings.empty()) return "found: " + all.findings.front().property;
        if (reduced.counts.end_states != all.counts.end_states ||
            reduced.counts.ends != all.counts.ends || outcomes(reduced) != outcomes(all)) {
            return "reduction reaches other final states";
        }
        if (symmetric.represented != all.counts.states) {
            return "with symmetry the states stand for " + std::to_string(symmetric.represented) +
                   " and not for " + std::to_string(all.counts.states);
        }
        for (const CaseReport* report : {&reduced, &symmetric, &both}) {
            if (properties(*report) != properties(all)) return "a reduction finds something else";
        }
        return {};
    }
};

// Of one file.
struct Line {
    std::string file;
    std::size_t cases = 0;
    std::size_t programs = 0;   // of the case with the most
    Counts all;
    Counts some;

    void add(const ScenarioCase& one, const Searches& searches) {
        ++cases;
        programs = std::max(programs, one.of.programs.size());
        const auto sum = [](Counts& to, const Counts& from) {
            to.states += from.states;
            to.transitions += from.transitions;
            to.ends += from.ends;
        };
        sum(all, searches.all.counts);
        sum(some, searches.both.counts);
    }

    [[nodiscard]] std::string text() const {
        std::ostringstream out;
        out << file << " | " << cases << " | " << programs << " | " << all.states << ", "
            << all.transitions << ", " << all.ends << " | " << some.states << ", "
            << some.transitions;
        return out.str();
    }
};

// The lines of the corpus; objections go to standard error and set `agree` to false.
std::vector<std::string> lines_of_corpus(bool& agree) {
    std::vector<std::string> lines;
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        if (scenarios::is_include_only(file.path)) continue;
        const auto loaded = scenarios::load_shipped(file);
        if (loaded.scenario == nullptr) {
            std::cerr << file.path << ": not a valid scenario\n";
            agree = false;
            continue;
        }
        Line line{std::string(file.path), 0, 0, {}, {}};
        for_each_case(*loaded.scenario, {}, [&](const ScenarioCase& one) {
            if (!one.skipped.empty() || one.of.programs.size() < 2) return true;
            const Searches searches(one);
            line.add(one, searches);
            if (const std::string objection = searches.objection(); !objection.empty()) {
                std::cerr << file.path << " [" << one.model.case_name << "]: " << objection << '\n';
                agree = false;
            }
            return true;
        });
        if (line.cases != 0) lines.push_back(line.text());
    }
    return lines;
}

// Whether the lines are those of the file; says which are not.
bool check(const std::vector<std::string>& lines, std::istream& pinned) {
    std::set<std::string> expected;
    for (std::string line; std::getline(pinned, line);) {
        if (!line.starts_with('#')) expected.insert(line);
    }
    bool same = true;
    for (const std::string& line : lines) {
        if (expected.erase(line) != 0) continue;
        std::cerr << "now:    " << line << '\n';
        same = false;
    }
    for (const std::string& line : expected) {
        std::cerr << "pinned: " << line << '\n';
        same = false;
    }
    if (!same) std::cerr << "if that was meant: tools/state-counts\n";
    return same;
}

int run(const std::vector<std::string>& arguments) {
    const bool checks = arguments.size() == 2 && arguments[0] == "--check";
    std::ifstream pinned;
    if (checks) pinned.open(arguments[1]);
    if (!arguments.empty() && (!checks || !pinned)) {
        std::cerr << "usage: state_counts [--check FILE]\n";
        return 2;
    }
    bool agree = true;
    const std::vector<std::string> lines = lines_of_corpus(agree);
    if (checks) return check(lines, pinned) && agree ? 0 : 1;
    std::cout << kHead;
    for (const std::string& line : lines) std::cout << line << '\n';
    return agree ? 0 : 1;
}

}  // namespace
}  // namespace oplocksim::conformance::explore

int main(int argc, char** argv) {
    return oplocksim::conformance::explore::run({argv + 1, argv + argc});
}
