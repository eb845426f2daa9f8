#include "reports/coverage_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "conformance/clauses.h"
#include "reports/text.h"
#include "scenarios/text.h"

namespace oplocksim::reports {
namespace {

using conformance::Coverage;
using conformance::CoverageRow;
using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "oplocksim-coverage";
constexpr int kIndented = 1;

std::string dumped(const Json& document) {
    return undeceptive_json(
               document.dump(kIndented, ' ', false, Json::error_handler_t::replace)) +
           "\n";
}

Json counts_json(const Coverage& coverage) {
    Json cells = Json::array();
    for (const CoverageRow& row : coverage.counted_rows()) {
        cells.push_back({{"state", row.state},
                         {"operation", row.operation},
                         {"own_handle", row.counts.own},
                         {"same_key", row.counts.same},
                         {"other_key", row.counts.other}});
    }
    Json clauses = Json::object();
    for (const auto& [id, hits] : coverage.counted_clauses()) clauses[id] = hits;
    return {{"format", kFormat},
            {"format_version", kCoverageVersion},
            {"runs", coverage.runs()},
            {"cells", cells},
            {"clauses", clauses}};
}

// Reads one document; the first thing that is wrong ends it.
class Reader {
 public:
    ParsedCoverage read(const Json& document) {
        if (!document.is_object() || !document.contains("format") ||
            document["format"] != kFormat) {
            return {std::nullopt, "is no coverage of oplocksim"};
        }
        const Json version = document.value("format_version", Json());
        if (version != kCoverageVersion) {
            return {std::nullopt, "has coverage of format version " +
                                      scenarios::escaped(version.dump()).substr(0, 20) +
                                      "; this program knows " + std::to_string(kCoverageVersion)};
        }
        members(document, {"format", "format_version", "runs", "cells", "clauses"}, "the file");
        if (problem_.empty()) coverage_.add_runs(count(document["runs"], "runs"));
        if (problem_.empty()) read_cells(document["cells"]);
        if (problem_.empty()) read_clauses(document["clauses"]);
        if (!problem_.empty()) return {std::nullopt, problem_};
        return {std::move(coverage_), {}};
    }

 private:
    void fail(const std::string& problem) {
        if (problem_.empty()) problem_ = "is not whole: " + problem;
    }

    // Exactly these: one that is not known would be lost.
    void members(const Json& object, std::initializer_list<std::string_view> names,
                 const std::string& what) {
        if (!object.is_object()) return fail(what + " is no object");
        for (const auto& [key, value] : object.items()) {
            if (std::ranges::find(names, key) == names.end()) {
                return fail(what + " has an unknown member " + scenarios::in_quotes(key));
            }
        }
        for (const std::string_view name : names) {
            if (object.contains(name)) continue;
            return fail(what + " has no '" + std::string(name) + "'");
        }
    }

    std::uint64_t count(const Json& value, const std::string& what) {
        const bool good = value.is_number_unsigned() &&
                          value.get<std::uint64_t>() <= conformance::kMaxCoverageCount;
        if (!good) fail(what + " is no count");
        return good ? value.get<std::uint64_t>() : 0;
    }

    std::string name(const Json& value, const std::string& what) {
        const bool good = value.is_string() && !value.get_ref<const std::string&>().empty() &&
                          value.get_ref<const std::string&>().size() <= kMaxCoverageName;
        if (!good) fail(what + " is no name");
        return good ? value.get<std::string>() : std::string();
    }

    void read_cells(const Json& cells) {
        if (!cells.is_array()) return fail("'cells' is no list");
        std::set<std::pair<std::string, std::string>> seen;
        std::size_t number = 0;
        for (const Json& cell : cells) {
            const std::string what = "cell " + std::to_string(++number);
            members(cell, {"state", "operation", "own_handle", "same_key", "other_key"}, what);
            if (!problem_.empty()) return;
            CoverageRow row;
            row.state = name(cell["state"], "the state of " + what);
            row.operation = name(cell["operation"], "the operation of " + what);
            row.counts.own = count(cell["own_handle"], "'own_handle' of " + what);
            row.counts.same = count(cell["same_key"], "'same_key' of " + what);
            row.counts.other = count(cell["other_key"], "'other_key' of " + what);
            if (!problem_.empty()) return;
            if (!seen.emplace(row.state, row.operation).second) {
                return fail(what + " is there twice");
            }
            coverage_.add_row(row);
        }
    }

    void read_clauses(const Json& clauses) {
        if (!clauses.is_object()) return fail("'clauses' is no object");
        for (const auto& [id, hits] : clauses.items()) {
            if (!conformance::well_formed_clause_id(id) || id.size() > kMaxCoverageName) {
                return fail(scenarios::in_quotes(id) + " is not a clause id");
            }
            const std::uint64_t times = count(hits, "the count of " + id);
            if (!problem_.empty()) return;
            coverage_.add_clause(id, times);
        }
    }

    Coverage coverage_;
    std::string problem_;
};

}  // namespace

std::string coverage_json(const Coverage& coverage) { return dumped(counts_json(coverage)); }

ParsedCoverage parse_coverage(std::string_view text) {
    if (text.size() > kMaxCoverageBytes) {
        return {std::nullopt, "has more than " + std::to_string(kMaxCoverageBytes / 1024 / 1024) +
                                  " MiB, which no coverage has"};
    }
    try {
        return Reader().read(Json::parse(text));
    } catch (const Json::parse_error& error) {
        const auto end = text.begin() + static_cast<std::ptrdiff_t>(
                                            std::min<std::size_t>(error.byte, text.size()));
        const auto line = 1 + std::count(text.begin(), end, '\n');
        return {std::nullopt, "is no JSON: line " + std::to_string(line)};
    }
}

std::string coverage_report_json(const Coverage& coverage) {
    Json gaps = Json::array();
    for (const conformance::CoverageCell& cell : coverage.gaps()) {
        gaps.push_back({{"state", cell.state},
                        {"operation", cell.operation},
                        {"relation", to_string(cell.relation)}});
    }
    Json impossible = Json::array();
    for (const conformance::ImpossibleCells& one : conformance::impossible_cells()) {
        impossible.push_back({{"state", one.state},
                              {"operation", one.operation},
                              {"relation", to_string(one.relation)},
                              {"reason", one.reason}});
    }
    Json missed = Json::array();
    for (const auto& [id, hits] : coverage.clause_hits()) {
        if (hits > 0) continue;
        const conformance::Clause* const clause = conformance::find_clause(id);
        Json row{{"id", id}};
        if (!clause->unchecked.empty()) row["unchecked"] = clause->unchecked;
        missed.push_back(std::move(row));
    }
    return dumped({{"counts", counts_json(coverage)},
                   {"gaps", gaps},
                   {"impossible", impossible},
                   {"clauses_not_exercised", missed}});
}

}  // namespace oplocksim::reports
