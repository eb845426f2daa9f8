// Values of command-line options: text to the program's own terms, or one sentence of error with
// the nearest valid value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/what_if.h"
#include "tools/arguments.h"

namespace oplocksim::tools {

template <typename T>
struct Parsed {
    std::optional<T> value;
    std::string error;    // set if and only if there is no value
};

[[nodiscard]] Parsed<engine::Profile> parse_profile(std::string_view text);
// "name=value", both checked.
[[nodiscard]] Parsed<std::pair<std::string, std::string>> parse_switch(std::string_view text);
// "json=PATH".
[[nodiscard]] Parsed<ReportRequest> parse_report(std::string_view text);
// "html=PATH", where no other format is known: the path of a file.
[[nodiscard]] Parsed<std::string> parse_html_report(std::string_view text);
// A decimal number, at most `most`.
[[nodiscard]] Parsed<std::uint64_t> parse_count(std::string_view option, std::string_view text,
                                                std::uint64_t most = UINT64_MAX);
// "10", "10s", "5m", "2h": seconds.
[[nodiscard]] Parsed<std::uint64_t> parse_duration(std::string_view option, std::string_view text);
// "2/4": the second of four.
[[nodiscard]] Parsed<std::pair<std::uint64_t, std::uint64_t>> parse_shard(std::string_view text);
[[nodiscard]] std::vector<std::string_view> export_format_names();
[[nodiscard]] Parsed<ExportFormat> parse_export_format(std::string_view text);
[[nodiscard]] Parsed<ColourMode> parse_colour(std::string_view text);
// "RWH", "R,RH", "batch", "none": the names and short forms of the scenario language.
[[nodiscard]] Parsed<std::vector<engine::OplockType>> parse_held(std::string_view text);
// "write", "set-end-of-file".
[[nodiscard]] Parsed<conformance::WhatIfOperation> parse_operation(std::string_view text);

// Every value of --profile, --color and --held.
[[nodiscard]] std::vector<std::string_view> profile_names();
[[nodiscard]] std::vector<std::string_view> colour_names();
[[nodiscard]] std::vector<std::string_view> held_names();

// "'wirte' is not an operation; did you mean 'write'?", or the choices if nothing is near.
[[nodiscard]] std::string unknown_value(std::string_view what, std::string_view text,
                                        const std::vector<std::string_view>& choices);

// What `rules --status` and `rules --format` take.
[[nodiscard]] std::vector<std::string_view> clause_status_names();
[[nodiscard]] std::vector<std::string_view> output_format_names();

}  // namespace oplocksim::tools
