// One HTML page that is complete in itself: style, scripts and data in one file, which works from a
// disk or out of a mail, without a network.
//
// The page's content security policy allows the scripts and styles that are built into this program
// (by their hash) and nothing else: no request leaves the page, and text that found a way to be
// taken for markup still could not run.
//
// Data stands in elements of their own, <script type="application/json" data-kind="...">, which a
// browser neither shows nor runs. The scripts of the page show it as text only.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace oplocksim::reports {

// Everything before the data. `scripts` and `styles` name files of reports/html, in order.
// Aborts if there is no such file.
[[nodiscard]] std::string html_page_begin(std::string_view title,
                                          std::initializer_list<std::string_view> styles,
                                          std::initializer_list<std::string_view> scripts);

// One element of data. `kind` is a plain word; `json` is a document of valid UTF-8.
[[nodiscard]] std::string html_data(std::string_view kind, std::string_view json);

[[nodiscard]] std::string html_page_end();

// Text as the content of an element or of an attribute in double quotes.
[[nodiscard]] std::string html_escaped(std::string_view text);

// The Base64 text of a hash that is given in hexadecimal. Requires: an even number of digits.
[[nodiscard]] std::string base64_of_hex(std::string_view hex);

}  // namespace oplocksim::reports
