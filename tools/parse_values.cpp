#include "tools/parse_values.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "scenarios/diagnostic.h"
#include "scenarios/text.h"

namespace oplocksim::tools {
namespace {

using engine::OplockType;

// More choices than this are not listed; the help says where to find them.
constexpr std::size_t kMaxListedChoices = 12;

// A year: whoever asks for more means something else.
constexpr std::uint64_t kMaxSeconds = 365ull * 24 * 3'600;
constexpr std::uint64_t kMaxShards = 1'000'000;

struct TypeName {
    std::string_view name;
    OplockType type;
};
constexpr std::array kTypeNames{
    TypeName{"R", OplockType::read},
    TypeName{"RH", OplockType::read_handle},
    TypeName{"RW", OplockType::read_write},
    TypeName{"RWH", OplockType::read_write_handle},
    TypeName{"L1", OplockType::level_1},
    TypeName{"L2", OplockType::level_2},
    TypeName{"BATCH", OplockType::batch},
    TypeName{"FILTER", OplockType::filter},
    TypeName{"READ", OplockType::read},
    TypeName{"READ_HANDLE", OplockType::read_handle},
    TypeName{"READ_WRITE", OplockType::read_write},
    TypeName{"READ_WRITE_HANDLE", OplockType::read_write_handle},
    TypeName{"LEVEL_1", OplockType::level_1},
    TypeName{"LEVEL_2", OplockType::level_2},
};

std::string underscored(std::string_view text) {
    std::string result(text);
    std::ranges::replace(result, '-', '_');
    return result;
}

template <typename T>
Parsed<T> failure(std::string error) {
    return {std::nullopt, std::move(error)};
}

// Splits at the first '='; nothing if there is none.
std::optional<std::pair<std::string, std::string>> assignment(std::string_view text) {
    const std::size_t at = text.find('=');
    if (at == std::string_view::npos) return std::nullopt;
    return std::pair{std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

}  // namespace

std::string unknown_value(std::string_view what, std::string_view text,
                          const std::vector<std::string_view>& choices) {
    std::string error = scenarios::in_quotes(text) + " is not " + std::string(what);
    const std::string_view near = scenarios::nearest(text, choices);
    if (!near.empty()) return error + "; did you mean '" + std::string(near) + "'?";
    if (choices.size() > kMaxListedChoices) return error;
    std::string list;
    for (const std::string_view choice : choices) {
        list += (list.empty() ? "" : ", ") + std::string(choice);
    }
    return error + "; it is one of " + list;
}

std::vector<std::string_view> profile_names() {
    std::vector<std::string_view> names;
    for (int i = 0; i < engine::kProfileCount; ++i) {
        names.push_back(engine::to_string(static_cast<engine::Profile>(i)));
    }
    return names;
}

std::vector<std::string_view> colour_names() { return {"auto", "always", "never"}; }

std::vector<std::string_view> held_names() {
    return {"R", "RH", "RW", "RWH", "L1", "L2", "BATCH", "FILTER", "NONE"};
}

Parsed<engine::Profile> parse_profile(std::string_view text) {
    const auto profile = engine::profile_from_name(text);
    if (profile) return {profile, {}};
    return failure<engine::Profile>(unknown_value("a profile", text, profile_names()));
}

Parsed<std::pair<std::string, std::string>> parse_switch(std::string_view text) {
    using Pair = std::pair<std::string, std::string>;
    auto pair = assignment(text);
    std::vector<std::string_view> names;
    for (const engine::SwitchInfo& one : engine::switches()) names.push_back(one.name);
    if (!pair) {
        const std::string_view near = scenarios::nearest(text, names);
        const engine::SwitchInfo* meant = near.empty() ? nullptr : engine::find_switch(near);
        return failure<Pair>(
            "--switch takes NAME=VALUE, not " + scenarios::in_quotes(text) +
            (meant == nullptr ? " (see 'oplocksim list --switches')"
                              : "; did you mean '" + std::string(near) + "=" +
                                    std::string(meant->values.front()) + "'?"));
    }
    const engine::SwitchInfo* info = engine::find_switch(pair->first);
    if (info == nullptr) {
        return failure<Pair>(unknown_value("a switch", pair->first, names) +
                             " (see 'oplocksim list --switches')");
    }
    if (std::ranges::find(info->values, pair->second) == info->values.end()) {
        return failure<Pair>(unknown_value("a value of " + pair->first, pair->second,
                                           {info->values.begin(), info->values.end()}));
    }
    return {std::move(pair), {}};
}

Parsed<ReportRequest> parse_report(std::string_view text) {
    auto pair = assignment(text);
    if (!pair || pair->second.empty()) {
        return failure<ReportRequest>("--report takes FORMAT=PATH, not " +
                                      scenarios::in_quotes(text));
    }
    if (pair->first == "json") return {ReportRequest{ReportFormat::json, pair->second}, {}};
    if (pair->first == "junit") return {ReportRequest{ReportFormat::junit, pair->second}, {}};
    if (pair->first == "html") return {ReportRequest{ReportFormat::html, pair->second}, {}};
    return failure<ReportRequest>(
        unknown_value("a report format", pair->first, {"json", "junit", "html"}));
}

Parsed<std::string> parse_html_report(std::string_view text) {
    auto pair = assignment(text);
    if (!pair || pair->second.empty()) {
        return failure<std::string>("--report takes html=PATH, not " + scenarios::in_quotes(text));
    }
    if (pair->first != "html") {
        return failure<std::string>(unknown_value("a report format of this verb", pair->first,
                                                  {"html"}));
    }
    if (pair->second == "-") return failure<std::string>("this report needs a file, not '-'");
    return {std::move(pair->second), {}};
}

Parsed<std::uint64_t> parse_count(std::string_view option, std::string_view text,
                                  std::uint64_t most) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && value <= most) {
        return {value, {}};
    }
    return {std::nullopt, std::string(option) + " needs a number" +
                              (most == UINT64_MAX ? "" : " up to " + std::to_string(most)) +
                              ", not " + scenarios::in_quotes(text)};
}

Parsed<std::uint64_t> parse_duration(std::string_view option, std::string_view text) {
    std::uint64_t unit = 1;
    std::string_view number = text;
    if (!text.empty()) {
        if (text.back() == 'm') unit = 60;
        if (text.back() == 'h') unit = 3'600;
        if (unit != 1 || text.back() == 's') number.remove_suffix(1);
    }
    Parsed<std::uint64_t> count = parse_count(option, number, kMaxSeconds / unit);
    if (!count.value || *count.value == 0) {
        return failure<std::uint64_t>(std::string(option) +
                                      " takes a time like 30, 30s, 5m or 2h, not " +
                                      scenarios::in_quotes(text));
    }
    return {*count.value * unit, {}};
}

Parsed<std::pair<std::uint64_t, std::uint64_t>> parse_shard(std::string_view text) {
    using Shard = std::pair<std::uint64_t, std::uint64_t>;
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        const auto shard = parse_count("--shard", text.substr(0, slash), kMaxShards);
        const auto shards = parse_count("--shard", text.substr(slash + 1), kMaxShards);
        const bool numbers = shard.value && shards.value;
        if (numbers && *shard.value >= 1 && *shard.value <= *shards.value) {
            return {Shard{*shard.value, *shards.value}, {}};
        }
    }
    return failure<Shard>("--shard takes K/N, with K from 1 to N, not " +
                          scenarios::in_quotes(text));
}

std::vector<std::string_view> export_format_names() { return {"timeline", "mermaid", "perfetto"}; }

Parsed<ExportFormat> parse_export_format(std::string_view text) {
    if (text == "perfetto") return {ExportFormat::perfetto, {}};
    if (text == "mermaid") return {ExportFormat::mermaid, {}};
    if (text == "timeline") return {ExportFormat::timeline, {}};
    return failure<ExportFormat>(
        unknown_value("a format", text, export_format_names()));
}

Parsed<ColourMode> parse_colour(std::string_view text) {
    if (text == "auto") return {ColourMode::automatic, {}};
    if (text == "always") return {ColourMode::always, {}};
    if (text == "never") return {ColourMode::never, {}};
    return failure<ColourMode>(
        unknown_value("a choice for --color", text, colour_names()));
}

Parsed<std::vector<OplockType>> parse_held(std::string_view text) {
    std::vector<OplockType> held;
    if (scenarios::upper(text) == "NONE") return {std::move(held), {}};
    for (const std::string_view part : scenarios::split(text, ',')) {
        if (held.size() == conformance::kMaxHolders) {
            return failure<std::vector<OplockType>>(
                "--held takes at most " + std::to_string(conformance::kMaxHolders) + " types");
        }
        const std::string name = scenarios::upper(underscored(scenarios::trimmed(part)));
        const auto* found = std::ranges::find(kTypeNames, name, &TypeName::name);
        if (found == kTypeNames.end()) {
            return failure<std::vector<OplockType>>(
                unknown_value("an oplock type", scenarios::trimmed(part), held_names()));
        }
        held.push_back(found->type);
    }
    return {std::move(held), {}};
}

Parsed<conformance::WhatIfOperation> parse_operation(std::string_view text) {
    const std::string name = underscored(text);
    std::vector<std::string_view> choices;
    for (const auto& info : conformance::what_if_operations()) {
        if (info.name == name) return {info.operation, {}};
        choices.push_back(info.name);
    }
    return failure<conformance::WhatIfOperation>(unknown_value("an operation", text, choices) +
                                                 " (see 'oplocksim explain --help')");
}

std::vector<std::string_view> clause_status_names() {
    return {"rule", "table", "scenario", "unchecked"};
}

std::vector<std::string_view> output_format_names() { return {"text", "json"}; }

}  // namespace oplocksim::tools
