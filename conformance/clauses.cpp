#include "conformance/clauses.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <optional>

#include "conformance/clause_files.h"
#include "engine/assert.h"
#include "scenarios/diagnostic.h"

namespace oplocksim::conformance {
namespace {

constexpr std::array<std::string_view, 4> kFileKeys{"source", "document", "clauses", "note"};
constexpr std::array<std::string_view, 10> kClauseKeys{
    "id",   "document", "section", "obligation", "applies_to",
    "text", "decision", "also",    "checked",    "unchecked"};

// What a clause may name beside the document of its file.
constexpr std::string_view kMsFsa = "ms-fsa";
constexpr std::string_view kMsFsaTitle = "[MS-FSA]";

// The value of `key` as text; a list is joined with commas. Empty if it is missing.
std::string text_of(const YAML::Node& map, const std::string& key) {
    const YAML::Node value = map[key];
    if (!value.IsDefined() || value.IsNull()) return {};
    if (value.IsScalar()) return value.Scalar();
    std::string joined;
    for (const YAML::Node& item : value) {
        if (!joined.empty()) joined += ", ";
        joined += item.as<std::string>();
    }
    return joined;
}

// The first key of `map` that is not in `known`.
std::optional<std::string> unknown_key(const YAML::Node& map,
                                       std::span<const std::string_view> known) {
    for (const auto& entry : map) {
        const auto key = entry.first.as<std::string>();
        if (std::ranges::find(known, key) == known.end()) return key;
    }
    return std::nullopt;
}

// Folded and trimmed: a clause is one paragraph, however the file breaks its lines.
std::string one_paragraph(std::string_view text) {
    std::string result;
    bool space = false;
    for (const char c : text) {
        if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
            space = !result.empty();
            continue;
        }
        if (space) result += ' ';
        space = false;
        result += c;
    }
    return result;
}

std::string problem_of(const Clause& clause) {
    if (!well_formed_clause_id(clause.id)) return "'" + clause.id + "' is not a clause id";
    if (clause.obligation.empty()) return clause.id + " has no obligation";
    if (clause.text.empty()) return clause.id + " has no text";
    if (clause.checked_by.anybody() == clause.unchecked.empty()) return {};
    return clause.id + (clause.unchecked.empty() ? " says neither who checks it nor why nobody does"
                                                 : " is checked and unchecked");
}

// Puts the names of a list into a set. Returns the name that is none.
std::string read_checked(const YAML::Node& list, CheckedBy& checked_by) {
    for (const YAML::Node& item : list) {
        const auto name = item.as<std::string>();
        if (name == "rule") {
            checked_by.rule = true;
        } else if (name == "table") {
            checked_by.table = true;
        } else if (name == "scenario") {
            checked_by.scenario = true;
        } else {
            return name;
        }
    }
    return {};
}

// "ms-fsa 2.1.4.12": the document that is not that of the file is always the same one.
std::optional<ClauseSource> read_source(std::string_view text) {
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos || text.substr(0, blank) != kMsFsa) return std::nullopt;
    return ClauseSource{std::string(kMsFsa), std::string(kMsFsaTitle),
                        std::string(text.substr(blank + 1))};
}

// What a clause may leave out. Returns what is wrong with it.
std::string read_optional_parts(const YAML::Node& node, Clause& clause) {
    if (const std::string document = text_of(node, "document"); !document.empty()) {
        if (document != kMsFsa) return "unknown document '" + document + "'";
        clause.document = kMsFsa;
        clause.source = kMsFsaTitle;
    }
    for (const YAML::Node& item : node["also"]) {
        const auto text = item.as<std::string>();
        std::optional<ClauseSource> source = read_source(text);
        if (!source) return "'" + text + "' is no place, such as 'ms-fsa 2.1.4.12'";
        clause.also.push_back(std::move(*source));
    }
    const std::string unknown = read_checked(node["checked"], clause.checked_by);
    if (!unknown.empty()) return "'" + unknown + "' is not one of rule, table, scenario";
    clause.unchecked = one_paragraph(text_of(node, "unchecked"));
    return {};
}

ParsedClauses failed(std::string_view file, const std::string& problem) {
    return {{}, std::string(file) + ": " + problem};
}

ParsedClauses read_clauses(std::string_view file, const YAML::Node& root) {
    if (!root.IsMap()) return failed(file, "not a mapping");
    if (const auto key = unknown_key(root, kFileKeys)) {
        return failed(file, "unknown key '" + *key + "'");
    }
    const std::string document = text_of(root, "document");
    const std::string source = text_of(root, "source");
    if (document.empty() || source.empty()) return failed(file, "no document or no source");
    ParsedClauses parsed;
    for (const YAML::Node& node : root["clauses"]) {
        if (!node.IsMap()) return failed(file, "a clause is not a mapping");
        if (const auto key = unknown_key(node, kClauseKeys)) {
            return failed(file, text_of(node, "id") + ": unknown key '" + *key + "'");
        }
        Clause clause{text_of(node, "id"),
                      document,
                      source,
                      text_of(node, "section"),
                      text_of(node, "obligation"),
                      one_paragraph(text_of(node, "applies_to")),
                      one_paragraph(text_of(node, "text")),
                      text_of(node, "decision")};
        std::string problem = read_optional_parts(node, clause);
        if (!problem.empty()) return failed(file, clause.id + ": " + problem);
        problem = problem_of(clause);
        if (!problem.empty()) return failed(file, problem);
        parsed.clauses.push_back(std::move(clause));
    }
    return parsed;
}

std::vector<Clause> parse_catalogue() {
    std::vector<Clause> all;
    for (const EmbeddedFile& file : clause_files()) {
        ParsedClauses parsed = parse_clauses(file.name, file.text);
        OPLOCKSIM_ASSERT(parsed.problem.empty(), parsed.problem.c_str());
        std::ranges::move(parsed.clauses, std::back_inserter(all));
    }
    std::ranges::stable_sort(all, {}, &Clause::id);
    const auto twice = std::ranges::adjacent_find(all, {}, &Clause::id);
    OPLOCKSIM_ASSERT(twice == all.end(), twice->id.c_str());
    return all;
}

}  // namespace

std::span<const Clause> clauses() {
    static const std::vector<Clause> catalogue = parse_catalogue();
    return catalogue;
}

const Clause* find_clause(std::string_view id) {
    const auto all = clauses();
    const auto found = std::ranges::lower_bound(all, id, {}, &Clause::id);
    return found != all.end() && found->id == id ? &*found : nullptr;
}

std::string to_string(const CheckedBy& checked_by) {
    std::string text;
    const auto add = [&text](bool present, std::string_view name) {
        if (present) text += (text.empty() ? "" : ", ") + std::string(name);
    };
    add(checked_by.rule, "rule");
    add(checked_by.table, "table");
    add(checked_by.scenario, "scenario");
    return text.empty() ? "nobody" : text;
}

std::vector<ClauseSource> sources_of(const Clause& clause) {
    std::vector<ClauseSource> sources{{clause.document, clause.source, clause.section}};
    sources.insert(sources.end(), clause.also.begin(), clause.also.end());
    return sources;
}

std::string to_string(const ClauseSource& source) {
    if (source.section.empty() || source.section == source.title) return source.title;
    const bool numbered = source.title == kMsFsaTitle;   // as everybody cites it
    return source.title + (numbered ? " " : ", ") + source.section;
}

std::string citation(const Clause& clause) {
    std::string text = to_string(sources_of(clause).front());
    if (!clause.decision.empty()) text += "; " + clause.decision;
    return text;
}

std::string_view nearest_clause(std::string_view id) {
    std::vector<std::string_view> ids;
    for (const Clause& clause : clauses()) ids.push_back(clause.id);
    return scenarios::nearest(id, ids);
}

bool well_formed_clause_id(std::string_view id) {
    bool word = false;
    int words = 0;
    for (const char c : id) {
        const bool in_word = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!in_word && c != '-') return false;
        if (!in_word && !word) return false;
        if (in_word && !word) ++words;
        word = in_word;
    }
    return word && words >= 2;
}

ParsedClauses parse_clauses(std::string_view file, std::string_view text) {
    try {
        return read_clauses(file, YAML::Load(std::string(text)));
    } catch (const YAML::Exception& error) {
        return failed(file, error.what());
    }
}

}  // namespace oplocksim::conformance
