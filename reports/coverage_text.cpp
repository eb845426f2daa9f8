#include "reports/coverage_text.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "conformance/clauses.h"
#include "reports/text.h"
#include "scenarios/text.h"

namespace oplocksim::reports {
namespace {

using conformance::Coverage;
using conformance::CoverageCell;
using conformance::CoverageRow;
using conformance::KeyRelation;

constexpr std::size_t kIndent = 4;
constexpr std::size_t kStateColumns = 14;
constexpr std::size_t kOperationColumns = 28;
constexpr std::size_t kCountColumns = 12;

std::string paragraph(const std::string& text, std::size_t width) {
    std::string out;
    const std::size_t room = std::max(width, kIndent + 40) - kIndent;
    for (const std::string& line : wrapped(scenarios::escaped(text), room)) {
        out += std::string(kIndent, ' ') + line + "\n";
    }
    return out;
}

// How many combinations of a plain state can be met.
std::size_t possible_in(std::string_view state) {
    std::size_t possible = 0;
    for (const std::string_view operation : conformance::coverage_operations()) {
        for (const KeyRelation relation :
             {KeyRelation::own, KeyRelation::same, KeyRelation::other}) {
            const CoverageCell cell{std::string(state), std::string(operation), relation};
            possible += impossible_because(cell).empty() ? 1 : 0;
        }
    }
    return possible;
}

// The gaps of one state: "flush (own-handle, same-key), link (other-key)".
std::string gaps_text(const std::vector<CoverageCell>& gaps) {
    std::string text;
    for (std::size_t i = 0; i < gaps.size(); ++i) {
        const bool first = i == 0 || gaps[i - 1].operation != gaps[i].operation;
        if (first) text += (i == 0 ? "" : "), ") + gaps[i].operation + " (";
        text += (first ? "" : ", ") + std::string(to_string(gaps[i].relation));
    }
    return text + ")";
}

std::string states_text(const Coverage& coverage, std::size_t width) {
    std::map<std::string, std::vector<CoverageCell>> by_state;
    for (CoverageCell& cell : coverage.gaps()) {
        const std::string state = cell.state;
        by_state[state].push_back(std::move(cell));
    }
    std::string text;
    for (const std::string_view state : conformance::coverage_states()) {
        const std::size_t possible = possible_in(state);
        const std::vector<CoverageCell>& gaps = by_state[std::string(state)];
        text += padded(state, kStateColumns) + std::to_string(possible - gaps.size()) + " of " +
                std::to_string(possible) + "\n";
        if (!gaps.empty()) text += paragraph("not met: " + gaps_text(gaps), width);
    }
    return text;
}

std::string matrix_text(const Coverage& coverage) {
    std::string text = "\n" + padded("state", kStateColumns) +
                       padded("operation", kOperationColumns) +
                       padded("own handle", kCountColumns) + padded("same key", kCountColumns) +
                       "other key\n";
    for (const CoverageRow& row : coverage.counted_rows()) {
        text += padded(scenarios::escaped(row.state), kStateColumns) +
                padded(scenarios::escaped(row.operation), kOperationColumns) +
                padded(std::to_string(row.counts.own), kCountColumns) +
                padded(std::to_string(row.counts.same), kCountColumns) +
                std::to_string(row.counts.other) + "\n";
    }
    return text;
}

std::string clauses_text(const Coverage& coverage, std::size_t width) {
    std::vector<std::string> missed;
    std::size_t unchecked = 0;
    const auto hits = coverage.clause_hits();
    for (const auto& [id, times] : hits) {
        if (times > 0) continue;
        const conformance::Clause* const clause = conformance::find_clause(id);
        if (clause->checked_by.anybody()) {
            missed.push_back(id);
        } else {
            ++unchecked;
        }
    }
    std::string text = std::to_string(hits.size() - missed.size() - unchecked) + " of " +
                       counted(hits.size(), "clause") + " exercised; " +
                       std::to_string(unchecked) + " that nothing can check\n";
    if (!missed.empty()) {
        text += paragraph("not exercised: " + scenarios::joined(missed, ", "), width);
    }
    return text;
}

}  // namespace

std::string coverage_text(const Coverage& coverage, std::size_t width, bool details) {
    std::string text = "combinations of operation and key met, by the state of the stream\n";
    text += states_text(coverage, width);
    if (details) text += matrix_text(coverage);
    const std::size_t gaps = coverage.gaps().size();
    text += "\n" + counted(coverage.runs(), "run") + ", " + counted(gaps, "combination") +
            " not met\n";
    for (const conformance::ImpossibleCells& one : conformance::impossible_cells()) {
        const std::string_view state = one.state.empty() ? "any state" : one.state;
        const std::string_view operation = one.operation.empty() ? "any operation" : one.operation;
        const CoverageCell cells{std::string(state), std::string(operation), one.relation};
        text += paragraph("cannot be met: " + to_string(cells) + ": " + std::string(one.reason),
                          width);
    }
    return text + clauses_text(coverage, width);
}

}  // namespace oplocksim::reports
