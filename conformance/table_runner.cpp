#include "conformance/table_runner.h"

#include <algorithm>

#include "conformance/table_cells.h"

namespace oplocksim::conformance {
namespace {

// The ways one cell is brought to its end.
std::vector<CellEnding> endings_of(const Cell& cell, const CellOutcome& outcome) {
    const bool waits = std::ranges::any_of(outcome.steps, &TableStep::waits);
    if (cell.table == TableKind::breaks && waits) return {CellEnding::accept, CellEnding::close};
    return {CellEnding::accept};
}

std::string switches_text(const std::vector<SwitchChoice>& switches) {
    std::string text;
    for (const auto& [name, value] : switches) {
        text += (text.empty() ? " [" : ", ") + name + "=" + value;
    }
    return text.empty() ? text : text + "]";
}

bool contradicts(const std::vector<SwitchChoice>& switches, const SwitchChoice& choice) {
    return std::ranges::any_of(switches, [&choice](const SwitchChoice& one) {
        return one.first == choice.first && one.second != choice.second;
    });
}

std::string not_met(const CellMismatch& mismatch, const Cell& cell, const CellOutcome& outcome) {
    return mismatch.subject + ": expected " + mismatch.expected + ", observed " +
           mismatch.observed + " (" + cell.clause + "; the table says '" + outcome.text + "')";
}

std::string_view text_of(CellEnding ending) {
    switch (ending) {
        case CellEnding::accept: return "the owners accept";
        case CellEnding::close: return "the owners close their handles";
    }
    return "";
}

class CaseRun {
 public:
    CaseRun(const Cell& cell, const CellOutcome& outcome, const TableRunOptions& options)
        : cell_(cell), outcome_(outcome), options_(options) {
        result_.cell = &cell;
        result_.switches = outcome.when;
        result_.expected = outcome.text;
    }

    CellResult run() {
        engine::Semantics semantics = options_.semantics;
        for (const auto& [name, value] : result_.switches) {
            static_cast<void>(engine::set_switch(semantics, name, value));
        }
        reach(semantics);
        for (const CellEnding ending : endings_of(cell_, outcome_)) {
            if (result_.verdict != CellVerdict::pass) break;
            run_ending(semantics, ending);
        }
        result_.id = cell_.id + switches_text(result_.switches);
        return std::move(result_);
    }

 private:
    // Adds the switch value without which the state cannot be reached.
    void reach(engine::Semantics& semantics) {
        if (!needs_no_second_look(cell_, semantics)) return;
        const SwitchChoice choice{"recheck_after_release", "false"};
        const bool given = std::ranges::find(options_.given_switches, choice.first) !=
                               options_.given_switches.end() &&
                           semantics.recheck_after_release;
        if (given || contradicts(outcome_.when, choice)) {
            result_.verdict = CellVerdict::not_exercised;
            result_.message = "nobody with another key has a handle beside this oplock while "
                              "recheck_after_release is true";
            return;
        }
        if (!semantics.recheck_after_release) return;
        semantics.recheck_after_release = false;
        result_.switches.push_back(choice);
    }

    void run_ending(const engine::Semantics& semantics, CellEnding ending) {
        TableBench bench(semantics, target_of(cell_));
        try {
            const std::vector<CellMismatch> found = run_sequence(bench, cell_, outcome_, ending);
            if (!found.empty()) fail(not_met(found.front(), cell_, outcome_), ending);
        } catch (const Unreachable& problem) {
            result_.verdict = CellVerdict::not_exercised;
            result_.message = problem.what();
        } catch (const SetUpProblem& problem) {
            fail(std::string("on the way to the state: ") + problem.what(), ending);
        }
        result_.requests += bench.requests();
        ++result_.runs;
        if (options_.on_run) options_.on_run({semantics, bench.names(), bench.trace(), text_of(ending)});
    }

    void fail(const std::string& message, CellEnding ending) {
        result_.verdict = CellVerdict::fail;
        result_.message = message;
        if (ending == CellEnding::close) {
            result_.message += ", where " + std::string(text_of(ending));
        }
    }

    const Cell& cell_;
    const CellOutcome& outcome_;
    const TableRunOptions& options_;
    CellResult result_;
};

// Whether the outcome is for the values that were given on the command line.
bool asked_for(const CellOutcome& outcome, const TableRunOptions& options) {
    return std::ranges::all_of(outcome.when, [&options](const SwitchChoice& choice) {
        const auto& given = options.given_switches;
        if (std::ranges::find(given, choice.first) == given.end()) return true;
        return engine::switch_value(options.semantics, choice.first) == choice.second;
    });
}

}  // namespace

std::vector<CellResult> run_cell(const Cell& cell, const TableRunOptions& options) {
    std::vector<CellResult> results;
    for (const CellOutcome& outcome : cell.outcomes) {
        if (asked_for(outcome, options)) results.push_back(CaseRun(cell, outcome, options).run());
    }
    if (!results.empty()) return results;
    CellResult nothing;
    nothing.cell = &cell;
    nothing.id = cell.id;
    nothing.verdict = CellVerdict::not_exercised;
    nothing.message = "no source speaks of the switch values that were given";
    return {nothing};
}

}  // namespace oplocksim::conformance
