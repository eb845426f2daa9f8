#include "conformance/expected.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>

#include "conformance/clauses.h"
#include "scenarios/text.h"

namespace oplocksim::conformance {
namespace {

constexpr std::array<std::string_view, 5> kKeys{"id", "reason", "clause", "link", "expires"};

// "2030-01-31": digits and hyphens where they belong, month and day in their ranges.
bool is_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i != 4 && i != 7 && (text[i] < '0' || text[i] > '9')) return false;
    }
    const std::string_view month = text.substr(5, 2);
    const std::string_view day = text.substr(8, 2);
    return month >= "01" && month <= "12" && day >= "01" && day <= "31";
}

std::string problem_of(const ExpectedFailure& entry) {
    const std::string which = scenarios::in_quotes(entry.id);
    if (entry.id.empty()) return "an entry has no id";
    if (entry.reason.empty()) return which + " has no reason";
    if (!entry.clause.empty() && find_clause(entry.clause) == nullptr) {
        return which + ": " + scenarios::in_quotes(entry.clause) + " is no clause";
    }
    if (!entry.expires.empty() && !is_date(entry.expires)) {
        return which + ": 'expires' is a date as 2030-01-31";
    }
    return {};
}

ParsedExpected failed(std::string_view file, const std::string& problem) {
    return {{}, std::string(file) + ": " + problem};
}

std::string text_of(const YAML::Node& map, const char* key) {
    const YAML::Node node = map[key];
    return node.IsDefined() && node.IsScalar() ? node.Scalar() : std::string();
}

ParsedExpected read_entries(std::string_view file, const YAML::Node& root) {
    const bool one_list = root.IsMap() && root.size() == 1 && root["expected"].IsDefined();
    if (!one_list) return failed(file, "it is a mapping with the one key 'expected'");
    ParsedExpected parsed;
    for (const YAML::Node& node : root["expected"]) {
        const std::string at = "line " + std::to_string(node.Mark().line + 1) + ": ";
        if (!node.IsMap()) return failed(file, at + "an entry is a mapping");
        for (const auto& member : node) {
            const auto key = member.first.as<std::string>();
            if (std::ranges::find(kKeys, key) == kKeys.end()) {
                return failed(file, at + "unknown key " + scenarios::in_quotes(key));
            }
        }
        ExpectedFailure entry{text_of(node, "id"), text_of(node, "reason"),
                              text_of(node, "clause"), text_of(node, "link"),
                              text_of(node, "expires")};
        const std::string problem = problem_of(entry);
        if (!problem.empty()) return failed(file, at + problem);
        if (parsed.entries.size() == kMaxExpectedFailures) return failed(file, "too many entries");
        parsed.entries.push_back(std::move(entry));
    }
    std::ranges::stable_sort(parsed.entries, {}, &ExpectedFailure::id);
    const auto twice = std::ranges::adjacent_find(parsed.entries, {}, &ExpectedFailure::id);
    if (twice != parsed.entries.end()) {
        return failed(file, scenarios::in_quotes(twice->id) + " is there twice");
    }
    return parsed;
}

}  // namespace

ParsedExpected parse_expected(std::string_view file, std::string_view text) {
    if (text.size() > kMaxExpectedBytes) return failed(file, "too large");
    try {
        return read_entries(file, YAML::Load(std::string(text)));
    } catch (const YAML::Exception& error) {
        return failed(file, error.what());
    }
}

std::string expected_text(std::span<const ExpectedFailure> entries) {
    YAML::Emitter out;
    out.SetStringFormat(YAML::DoubleQuoted);
    out << YAML::BeginMap << YAML::Key << YAML::Auto << "expected" << YAML::Value
        << YAML::BeginSeq;
    const auto member = [&out](const char* key, const std::string& value) {
        if (!value.empty()) {
            out << YAML::Key << YAML::Auto << key << YAML::Value << YAML::DoubleQuoted << value;
        }
    };
    for (const ExpectedFailure& entry : entries) {
        out << YAML::BeginMap;
        member("id", entry.id);
        member("reason", entry.reason);
        member("clause", entry.clause);
        member("link", entry.link);
        member("expires", entry.expires);
        out << YAML::EndMap;
    }
    out << YAML::EndSeq << YAML::EndMap;
    return std::string(out.c_str()) + "\n";
}

const ExpectedFailure* find_expected(std::span<const ExpectedFailure> entries,
                                     std::string_view id) {
    const auto found = std::ranges::find(entries, id, &ExpectedFailure::id);
    return found == entries.end() ? nullptr : &*found;
}

bool has_expired(const ExpectedFailure& entry, std::string_view today) {
    return !entry.expires.empty() && entry.expires < today;
}

}  // namespace oplocksim::conformance
