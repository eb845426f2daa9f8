#include "reports/text.h"

#include <algorithm>
#include <array>

#include "scenarios/text.h"

namespace oplocksim::reports {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

template <std::size_t N>
bool in_ranges(char32_t c, const std::array<Range, N>& ranges) {
    for (const Range& range : ranges) {
        if (c >= range.first && c <= range.last) return true;
    }
    return false;
}

constexpr std::array<Range, 5> kZeroWidth{
    {{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE2F}}};

constexpr std::array<Range, 8> kWide{{{0x1100, 0x115F},
                                      {0x2E80, 0xA4CF},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFF00, 0xFF60},
                                      {0xFFE0, 0xFFE6},
                                      {0x1F300, 0x1FAFF},
                                      {0x20000, 0x3FFFD}}};

std::size_t columns_of(char32_t c) {
    if (in_ranges(c, kZeroWidth)) return 0;
    return in_ranges(c, kWide) ? 2 : 1;
}

// How many bytes follow the lead byte, or -1.
int continuation_bytes(unsigned char lead) {
    if (lead < 0x80) return 0;
    if (lead >= 0xC2 && lead <= 0xDF) return 1;
    if (lead >= 0xE0 && lead <= 0xEF) return 2;
    if (lead >= 0xF0 && lead <= 0xF4) return 3;
    return -1;
}

constexpr std::array<char32_t, 4> kSmallest{0, 0x80, 0x800, 0x10000};

// How many bytes of `word` fit into `width` columns; at least one character.
std::size_t fitting(std::string_view word, std::size_t width) {
    std::size_t used = 0;
    for (std::size_t at = 0; at < word.size();) {
        const std::size_t first = at;
        used += columns_of(next_code_point(word, at).value);
        if (used > width && first > 0) return first;
    }
    return word.size();
}

// Cuts `word` into pieces of at most `width` columns: between constants if it can, else between
// the words of one, else anywhere.
void append_pieces(std::vector<std::string>& lines, std::string_view word, std::size_t width) {
    while (true) {
        std::size_t length = fitting(word, width);
        if (length == word.size()) break;
        const std::string_view piece = word.substr(0, length);
        std::size_t end = piece.find_last_of("|,");
        if (end == std::string_view::npos) end = piece.find_last_of('_');
        if (end != std::string_view::npos) length = end + 1;
        lines.emplace_back(word.substr(0, length));
        word.remove_prefix(length);
    }
    lines.emplace_back(word);
}

void append_wrapped(std::vector<std::string>& lines, std::string_view text, std::size_t width) {
    std::string line;
    bool any = false;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string_view word = text.substr(at, end - at);
        at = end + 1;
        if (any && columns(line) + 1 + columns(word) <= width) {
            line += ' ';
            line += word;
            continue;
        }
        if (any) lines.push_back(line);
        any = true;
        line.clear();
        if (columns(word) <= width) {
            line = word;
            continue;
        }
        append_pieces(lines, word, width);
        line = lines.back();
        lines.pop_back();
    }
    lines.push_back(line);
}

}  // namespace

CodePoint next_code_point(std::string_view text, std::size_t& at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const int more = continuation_bytes(lead);
    const CodePoint invalid{lead, false};
    if (more < 0 || at + static_cast<std::size_t>(more) >= text.size()) {
        ++at;
        return invalid;
    }
    const auto count = static_cast<std::size_t>(more);
    char32_t value = more == 0 ? lead : lead & (0x3Fu >> count);
    for (std::size_t i = 1; i <= count; ++i) {
        const auto byte = static_cast<unsigned char>(text[at + i]);
        if ((byte & 0xC0u) != 0x80u) {
            ++at;
            return invalid;
        }
        value = (value << 6) | (byte & 0x3Fu);
    }
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < kSmallest[count] || surrogate || value > 0x10FFFF) {
        ++at;
        return invalid;
    }
    at += count + 1;
    return {value, true};
}

std::size_t columns(std::string_view text) {
    std::size_t total = 0;
    for (std::size_t at = 0; at < text.size();) {
        total += columns_of(next_code_point(text, at).value);
    }
    return total;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        append_wrapped(lines, text.substr(at, end - at), width);
        at = end + 1;
    }
    return lines;
}

std::string padded(std::string_view text, std::size_t width) {
    const std::size_t used = columns(text);
    std::string out(text);
    if (used < width) out.append(width - used, ' ');
    return out;
}

std::string counted(std::size_t number, std::string_view noun) {
    std::string text = std::to_string(number) + " " + std::string(noun);
    if (number != 1) text += 's';
    return text;
}

namespace {

// Characters that reorder or hide text, as UTF-8 and as JSON escapes.
struct Deceptive {
    std::string_view bytes;
    std::string_view escape;
};
constexpr std::array<Deceptive, 12> kDeceptive{{
    {"\xD8\x9C", "\\u061c"},
    {"\xE2\x80\x8E", "\\u200e"},
    {"\xE2\x80\x8F", "\\u200f"},
    {"\xE2\x80\xAA", "\\u202a"},
    {"\xE2\x80\xAB", "\\u202b"},
    {"\xE2\x80\xAC", "\\u202c"},
    {"\xE2\x80\xAD", "\\u202d"},
    {"\xE2\x80\xAE", "\\u202e"},
    {"\xE2\x81\xA6", "\\u2066"},
    {"\xE2\x81\xA7", "\\u2067"},
    {"\xE2\x81\xA8", "\\u2068"},
    {"\xE2\x81\xA9", "\\u2069"},
}};

}  // namespace

std::string undeceptive_json(std::string_view json) {
    std::string result;
    result.reserve(json.size());
    for (std::size_t at = 0; at < json.size();) {
        const std::size_t next = std::min(json.find_first_of("\xD8\xE2", at), json.size());
        result.append(json, at, next - at);
        at = next;
        if (at == json.size()) break;
        const std::string_view rest = json.substr(at);
        const auto* found = std::ranges::find_if(
            kDeceptive, [&](const Deceptive& one) { return rest.starts_with(one.bytes); });
        const bool plain = found == kDeceptive.end();
        result += plain ? rest.substr(0, 1) : found->escape;
        at += plain ? 1 : found->bytes.size();
    }
    return result;
}

std::string hanging(std::string_view label, std::string_view text, std::size_t width) {
    constexpr std::size_t kLeast = 40;
    const std::size_t room = std::max(width, label.size() + kLeast) - label.size();
    std::string head(label);
    std::string paragraph;
    for (const std::string& line : wrapped(scenarios::escaped(text), room)) {
        paragraph += head + line + "\n";
        head.assign(label.size(), ' ');
    }
    return paragraph;
}

}  // namespace oplocksim::reports
