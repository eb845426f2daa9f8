#include "scenarios/text.h"

#include <algorithm>
#include <array>

namespace oplocksim::scenarios {
namespace {

constexpr std::size_t kQuotedCodePoints = 60;

struct Decoded {
    std::uint32_t code_point = 0;
    std::size_t length = 0;  // 0: not UTF-8
};

constexpr bool is_continuation(unsigned char byte) { return (byte & 0xC0u) == 0x80u; }

// One code point by the rules of RFC 3629: shortest form, no surrogates, at most U+10FFFF.
Decoded decode(std::string_view text, std::size_t offset) {
    const auto byte = [&](std::size_t i) {
        return offset + i < text.size() ? static_cast<unsigned char>(text[offset + i]) : 0u;
    };
    const std::uint32_t first = byte(0);
    if (first < 0x80) return {first, 1};
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4) return {};
    std::uint32_t value = first & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if (!is_continuation(static_cast<unsigned char>(byte(i)))) return {};
        value = (value << 6) | (byte(i) & 0x3Fu);
    }
    constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
    if (value < kSmallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return {};
    }
    return {value, length};
}

bool is_control(std::uint32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

// Characters that reorder or hide text on a terminal.
bool is_deceptive(std::uint32_t c) {
    return (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF;
}

std::string hex_digits(std::uint64_t value, std::size_t at_least) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string digits;
    do {
        digits.push_back(kDigits[value & 0xF]);
        value >>= 4;
    } while (value != 0 || digits.size() < at_least);
    std::ranges::reverse(digits);
    return digits;
}

std::string escape_of(std::uint32_t code_point) {
    if (code_point == '\n') return "\\n";
    if (code_point == '\t') return "\\t";
    if (code_point == '\r') return "\\r";
    if (code_point < 0x100) return "\\x" + hex_digits(code_point, 2);
    return "\\u{" + hex_digits(code_point, 4) + "}";
}

}  // namespace

std::optional<EncodingProblem> encoding_problem(std::string_view text) {
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
        return EncodingProblem{0, "the file is UTF-16; only UTF-8 is accepted"};
    }
    for (std::size_t i = 0; i < text.size();) {
        const Decoded next = decode(text, i);
        if (next.length == 0) {
            const auto byte = static_cast<unsigned char>(text[i]);
            return EncodingProblem{i, "byte 0x" + hex_digits(byte, 2) + " is not valid UTF-8"};
        }
        const std::uint32_t c = next.code_point;
        const bool line_end = c == '\n' || (c == '\r' && text.substr(i + 1, 1) == "\n");
        if (c == 0 && i < 2 && text.size() > 1) {
            return EncodingProblem{i,
                                   "a NUL character; the file looks like UTF-16, and only "
                                   "UTF-8 is accepted"};
        }
        if (is_control(c) && !line_end && c != '\t') {
            return EncodingProblem{i,
                                   "control character U+" + hex_digits(c, 4) + " is not accepted"};
        }
        if (c == 0x2028 || c == 0x2029 || (c == 0xFEFF && i > 0) || c == 0xFFFE || c == 0xFFFF) {
            return EncodingProblem{i, "character U+" + hex_digits(c, 4) + " is not accepted"};
        }
        i += next.length;
    }
    return std::nullopt;
}

std::size_t code_point_length(std::string_view text, std::size_t offset) {
    return std::max<std::size_t>(1, decode(text, offset).length);
}

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return !is_continuation(static_cast<unsigned char>(c)); }));
}

std::string escaped(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const Decoded next = decode(text, i);
        if (next.length == 0) {
            result += "\\x" + hex_digits(static_cast<unsigned char>(text[i]), 2);
            ++i;
            continue;
        }
        if (is_control(next.code_point) || is_deceptive(next.code_point)) {
            result += escape_of(next.code_point);
        } else {
            result.append(text, i, next.length);
        }
        i += next.length;
    }
    return result;
}

std::string in_quotes(std::string_view text) {
    std::size_t end = 0;
    for (std::size_t n = 0; end < text.size() && n < kQuotedCodePoints; ++n) {
        end += code_point_length(text, end);
    }
    end = std::min(end, text.size());
    std::string result(1, '\'');
    result += escaped(text.substr(0, end));
    return result += end < text.size() ? "...'" : "'";
}

std::string upper(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return result;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t start = 0;;) {
        const auto end = text.find(separator, start);
        parts.push_back(text.substr(start, end - start));
        if (end == std::string_view::npos) return parts;
        start = end + 1;
    }
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string result;
    for (const std::string& part : parts) {
        if (&part != parts.data()) result += between;
        result += part;
    }
    return result;
}

std::string hexadecimal(std::uint64_t value) { return "0x" + hex_digits(value, 1); }

}  // namespace oplocksim::scenarios
