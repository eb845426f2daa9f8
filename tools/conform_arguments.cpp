#include "tools/conform_arguments.h"

#include <algorithm>
#include <array>

#include "scenarios/text.h"

namespace oplocksim::tools {
namespace {

struct FormatName {
    std::string_view name;
    ConformReportFormat format;
};
constexpr std::array kFormats{
    FormatName{"json", ConformReportFormat::json}, FormatName{"junit", ConformReportFormat::junit},
    FormatName{"tap", ConformReportFormat::tap},
    FormatName{"markdown", ConformReportFormat::markdown},
    FormatName{"html", ConformReportFormat::html}};

}  // namespace

Parsed<ConformReportRequest> parse_conform_report(std::string_view text) {
    const std::size_t at = text.find('=');
    if (at == std::string_view::npos || at + 1 == text.size()) {
        return {std::nullopt, "--report takes FORMAT=PATH, not " + scenarios::in_quotes(text)};
    }
    const auto* found = std::ranges::find(kFormats, text.substr(0, at), &FormatName::name);
    if (found == kFormats.end()) {
        return {std::nullopt, unknown_value("a report format", text.substr(0, at),
                                            {"json", "junit", "tap", "markdown", "html"})};
    }
    return {ConformReportRequest{found->format, std::string(text.substr(at + 1))}, {}};
}

std::vector<std::string_view> gate_names() { return {"must", "should"}; }

Parsed<conformance::ClauseObligation> parse_gate(std::string_view text) {
    if (text == "must") return {conformance::ClauseObligation::must, {}};
    if (text == "should") return {conformance::ClauseObligation::should, {}};
    return {std::nullopt, unknown_value("a gate", text, gate_names())};
}

}  // namespace oplocksim::tools
