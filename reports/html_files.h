// The style and the scripts of reports/html, built into the program. Written by html/embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace oplocksim::reports {

struct HtmlFile {
    std::string_view name;     // "report.js"
    std::string_view sha256;   // of the text, in hexadecimal
    std::string_view text;
};

// Every file, sorted by name.
[[nodiscard]] std::span<const HtmlFile> html_files();

}  // namespace oplocksim::reports
