#include "conformance/findings/yaml_words.h"

#include <algorithm>
#include <vector>

#include "scenarios/language.h"
#include "scenarios/text.h"

namespace oplocksim::conformance::findings {
namespace {

using scenarios::ConstantKind;

bool is_letter(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}
bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// Whether YAML takes the text for itself without quotes, in a flow mapping too, under any of its
// versions.
bool is_plain(std::string_view text) {
    if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
    if (!is_letter(text.front()) && text.front() != '\\' && text.front() != '_') return false;
    const auto usual = [](char byte) {
        return is_letter(byte) || is_digit(byte) || byte == '\\' || byte == '_' || byte == '.' ||
               byte == '-' || byte == ' ' || byte == '/' || byte == '~' || byte == '(' ||
               byte == ')';
    };
    if (!std::ranges::all_of(text, usual)) return false;
    const std::string word = scenarios::lower(text);
    constexpr std::string_view kOther[] = {"true", "false", "null", "yes", "no", "on",
                                           "off",  "y",     "n",    "none"};
    return std::ranges::find(kOther, word) == std::end(kOther);
}

// The shortest word for a value that has a name by itself, or nothing.
std::string word_of(ConstantKind kind, std::uint64_t value) {
    const scenarios::ConstantTable& table = scenarios::constant_table(kind);
    std::string best;
    const auto offer = [&](std::string_view word) {
        if (best.empty() || word.size() < best.size()) best = word;
    };
    for (const scenarios::Constant& constant : table.short_forms) {
        if (constant.value == value) offer(constant.name);
    }
    if (!best.empty() || kind == ConstantKind::create_option) {
        return best.empty() ? std::string() : best;
    }
    for (const scenarios::Constant& constant : table.constants) {
        if (constant.value == value) return std::string(constant.name);
    }
    return {};
}

std::vector<std::string> words_of(ConstantKind kind, std::uint32_t value, bool whole) {
    if (whole) {
        if (std::string word = word_of(kind, value); !word.empty()) return {std::move(word)};
    }
    std::vector<std::string> words;
    std::uint32_t unknown = 0;
    for (unsigned bit = 0; bit < 32; ++bit) {
        const std::uint32_t one = 1u << bit;
        if ((value & one) == 0) continue;
        std::string word = word_of(kind, one);
        if (word.empty()) word = scenarios::constant_name(kind, one);
        if (word.starts_with("0x")) {
            unknown |= one;
        } else {
            words.push_back(std::move(word));
        }
    }
    if (unknown != 0) return {scenarios::hexadecimal(value)};
    return words;
}

}  // namespace

std::string yaml_text(std::string_view text) {
    std::string inserted;   // "${" would be a placeholder
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i, 2) == "${") inserted += '$';
        inserted += text[i];
    }
    if (is_plain(inserted)) return inserted;
    std::string quoted = "\"";
    for (const char byte : inserted) {
        constexpr std::string_view kDigits = "0123456789ABCDEF";
        const auto code = static_cast<unsigned char>(byte);
        if (byte == '"' || byte == '\\') {
            quoted += '\\';
            quoted += byte;
        } else if (byte == '\n') {
            quoted += "\\n";
        } else if (byte == '\t') {
            quoted += "\\t";
        } else if (code < 0x20 || code == 0x7F) {
            quoted += "\\x";
            quoted += kDigits[code >> 4];
            quoted += kDigits[code & 15];
        } else {
            quoted += byte;
        }
    }
    return quoted + '"';
}

std::string constant_text(ConstantKind kind, std::uint64_t value) {
    return scenarios::constant_name(kind, value);
}

std::string mask_text(ConstantKind kind, std::uint32_t value) {
    if (value == 0) return "NONE";
    return scenarios::joined(words_of(kind, value, true), "|");
}

std::string mask_list(ConstantKind kind, std::uint32_t value) {
    const std::vector<std::string> words = words_of(kind, value, false);
    if (words.size() == 1 && words.front().starts_with("0x")) return words.front();
    return "[" + scenarios::joined(words, ", ") + "]";
}

std::string duration_text(sim::Ticks duration) {
    std::string best = std::to_string(duration);
    std::uint64_t longest = 1;
    for (const scenarios::UnitInfo& unit : scenarios::duration_units()) {
        if (duration == 0 || unit.ticks <= longest || duration % unit.ticks != 0) continue;
        if (unit.name == "years" || unit.name == "d") continue;
        longest = unit.ticks;
        best = std::to_string(duration / unit.ticks) + " " + std::string(unit.name);
    }
    return best;
}

}  // namespace oplocksim::conformance::findings
