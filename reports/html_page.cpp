#include "reports/html_page.h"

#include <algorithm>
#include <vector>

#include "engine/assert.h"
#include "reports/html_files.h"
#include "reports/junit.h"
#include "reports/text.h"

namespace oplocksim::reports {
namespace {

const HtmlFile& file_named(std::string_view name) {
    const auto files = html_files();
    const auto found = std::ranges::find(files, name, &HtmlFile::name);
    OPLOCKSIM_ASSERT(found != files.end(), "a page names a file that reports/html lacks");
    return *found;
}

std::string source_list(std::string_view directive, std::initializer_list<std::string_view> names) {
    std::string text(directive);
    for (const std::string_view name : names) {
        text += " 'sha256-" + base64_of_hex(file_named(name).sha256) + "'";
    }
    return text;
}

unsigned digit_value(char digit) {
    if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
    return static_cast<unsigned>(digit - 'a') + 10;
}

}  // namespace

std::string base64_of_hex(std::string_view hex) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    constexpr std::size_t kGroup = 3;
    std::vector<unsigned> bytes;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
        bytes.push_back(digit_value(hex[at]) * 16 + digit_value(hex[at + 1]));
    }
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += kGroup) {
        unsigned word = 0;
        for (std::size_t i = 0; i < kGroup; ++i) {
            word = word << 8 | (at + i < bytes.size() ? bytes[at + i] : 0);
        }
        for (std::size_t i = 0; i <= kGroup; ++i) {
            const bool filled = at + i <= bytes.size();
            text += filled ? kAlphabet[word >> (18 - 6 * i) & 63] : '=';
        }
    }
    return text;
}

std::string html_escaped(std::string_view text) { return xml_escaped(text, XmlPlace::attribute); }

std::string html_page_begin(std::string_view title, std::initializer_list<std::string_view> styles,
                            std::initializer_list<std::string_view> scripts) {
    std::string page =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; " +
        source_list("script-src", scripts) + "; " + source_list("style-src", styles) +
        "; img-src data:; base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"referrer\" content=\"no-referrer\">\n"
        "<link rel=\"icon\" href=\"data:,\">\n<title>" +
        html_escaped(title) + "</title>\n";
    for (const std::string_view name : styles) {
        page += "<style>" + std::string(file_named(name).text) + "</style>\n";
    }
    for (const std::string_view name : scripts) {
        page += "<script>" + std::string(file_named(name).text) + "</script>\n";
    }
    return page +
           "</head>\n<body>\n<noscript>This report is drawn by the script inside it: please allow "
           "scripts for this file. It asks nothing of the network.</noscript>\n";
}

std::string html_data(std::string_view kind, std::string_view json) {
    std::string text = "<script type=\"application/json\" data-kind=\"" + html_escaped(kind) + "\">";
    const std::string plain = undeceptive_json(json);
    text.reserve(text.size() + plain.size() + plain.size() / 16);
    // A '<' could end the element; in JSON it can stand in strings only, and there as an escape.
    for (const char c : plain) {
        if (c == '<') {
            text += "\\u003c";
        } else {
            text += c;
        }
    }
    return text + "</script>\n";
}

std::string html_page_end() { return "</body>\n</html>\n"; }

}  // namespace oplocksim::reports
