#include "scenarios/values.h"

#include <algorithm>
#include <limits>

#include "scenarios/text.h"
#include "sim/names.h"

namespace oplocksim::scenarios {
namespace {

constexpr std::string_view kDigits = "0123456789";

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
    return {texts.begin(), texts.end()};
}

bool is_number(std::string_view text) { return parse_number(text).has_value(); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "RWD" for a mask with R, W and D: "R|W|D"; else nothing.
std::string one_letter_each(ConstantKind kind, std::string_view word) {
    if (word.size() < 2 || !constant_table(kind).mask) return "";
    std::vector<std::string> letters;
    for (const char c : word) {
        letters.emplace_back(1, c);
        if (!find_constant(kind, letters.back())) return "";
    }
    return upper(joined(letters, "|"));
}

// The keys among `names` that the unknown keys of `node` were probably meant to be.
std::vector<std::string_view> meant_keys(const YamlNode& node,
                                         const std::vector<std::string_view>& names) {
    std::vector<std::string_view> meant;
    for (const YamlMember& member : node.members) {
        if (std::ranges::find(names, member.key) != names.end()) continue;
        const std::string_view near = nearest(member.key, names);
        if (!near.empty()) meant.push_back(near);
    }
    return meant;
}

}  // namespace

bool is_name(std::string_view text) {
    if (text.empty() || text.size() > kMaxNameLength) return false;
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return letter(text.front()) && std::ranges::all_of(text, [&](char c) {
               return letter(c) || (c >= '0' && c <= '9') || c == '-';
           });
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    }
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        std::uint64_t digit = base;
        if (c >= '0' && c <= '9') digit = static_cast<std::uint64_t>(c - '0');
        if (c >= 'a' && c <= 'f') digit = static_cast<std::uint64_t>(c - 'a' + 10);
        if (c >= 'A' && c <= 'F') digit = static_cast<std::uint64_t>(c - 'A' + 10);
        if (digit >= base) return std::nullopt;
        if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / base) {
            return std::nullopt;
        }
        value = value * base + digit;
    }
    return value;
}

void Reader::wrong(const YamlNode& node, std::string_view what, std::string_view should_be,
                   std::string hint) {
    if (node.poisoned) return;
    std::string is(describe(node.kind));
    if (node.kind == YamlKind::scalar) is = (node.quoted ? "the text " : "") + in_quotes(node.text);
    diagnostics_.add(node.place,
                     in_quotes(what) + " must be " + std::string(should_be) + ", not " + is,
                     std::move(hint));
}

bool Reader::not_whole(const YamlNode& node, std::string_view what) {
    if (node.kind != YamlKind::scalar || node.quoted || node.poisoned) return false;
    const std::string_view text = trimmed(node.text);
    const auto digits = std::min(text.find_first_not_of(kDigits), text.size());
    const std::string_view rest = text.substr(digits);
    if (digits == 0) {
        if (text.size() < 2 || text[0] != '-' || !is_digit(text[1])) return false;
        diagnostics_.add(node.place, in_quotes(what) + " must not be negative");
        return true;
    }
    if (rest.size() > 1 && (rest[0] == '.' || rest[0] == ',') && is_digit(rest[1])) {
        wrong(node, what, "a whole number");
        return true;
    }
    const bool other_base = text[0] == '0' && digits == 1 && rest.size() > 1 &&
                            (lower(rest)[0] == 'o' || lower(rest)[0] == 'b') && is_digit(rest[1]);
    if (other_base) wrong(node, what, "a number in decimal or with 0x");
    return other_base;
}

bool Reader::kind(const YamlNode& node, YamlKind kind, std::string_view what) {
    if (node.kind == kind) return true;
    wrong(node, what, describe(kind));
    return false;
}

bool Reader::mapping(const YamlNode& node, std::span<const KeyInfo> keys, std::string_view owner) {
    if (node.poisoned) return false;
    if (node.kind != YamlKind::mapping) {
        diagnostics_.add(node.place, std::string(owner) + " must be a mapping, not " +
                                         std::string(describe(node.kind)));
        return false;
    }
    std::vector<std::string_view> names;
    for (const KeyInfo& key : keys) names.push_back(key.name);
    for (const YamlMember& member : node.members) {
        if (std::ranges::find(names, member.key) != names.end()) continue;
        std::string known = "it has no keys";
        for (const KeyInfo& key : keys) {
            known = (&key == keys.data() ? "its keys are " : known + ", ") + std::string(key.name);
        }
        diagnostics_.add_unknown(
            member.key_place, "unknown key " + in_quotes(member.key) + " of " + std::string(owner),
            member.key, names, known);
    }
    bool complete = true;
    const std::vector<std::string_view> meant = meant_keys(node, names);
    for (const KeyInfo& key : keys) {
        if (!key.required || node.find(key.name) != nullptr) continue;
        complete = false;
        if (std::ranges::find(meant, key.name) != meant.end()) continue;  // it is misspelt
        diagnostics_.add(node.place, std::string(owner) + " needs " + in_quotes(key.name));
    }
    return complete;
}

std::vector<const YamlNode*> Reader::list(const YamlNode& node) {
    if (node.kind != YamlKind::sequence) return {&node};
    std::vector<const YamlNode*> items;
    for (const NodePtr& item : node.items) items.push_back(item.get());
    return items;
}

std::optional<std::string> Reader::text(const YamlNode& node, std::string_view what) {
    if (node.kind == YamlKind::scalar && !node.poisoned) return node.text;
    wrong(node, what, "text");
    return std::nullopt;
}

std::vector<std::string> Reader::texts(const YamlNode& node, std::string_view what) {
    std::vector<std::string> result;
    for (const YamlNode* item : list(node)) {
        if (auto one = text(*item, what)) result.push_back(std::move(*one));
    }
    return result;
}

std::optional<bool> Reader::boolean(const YamlNode& node, std::string_view what) {
    const std::string word = node.quoted ? "" : lower(node.text);
    if (node.kind == YamlKind::scalar && word == "true") return true;
    if (node.kind == YamlKind::scalar && word == "false") return false;
    wrong(node, what, "true or false");
    return std::nullopt;
}

std::optional<std::uint64_t> Reader::number(const YamlNode& node, std::string_view what,
                                            std::uint64_t limit) {
    const auto value =
        node.kind == YamlKind::scalar && !node.quoted ? parse_number(node.text) : std::nullopt;
    if (value && *value <= limit) return value;
    if (not_whole(node, what)) return std::nullopt;
    const bool digits = node.kind == YamlKind::scalar && !node.quoted && !node.text.empty() &&
                        node.text.find_first_not_of(kDigits) == std::string::npos;
    wrong(node, what,
          value || digits ? "a number of at most " + std::to_string(limit) : "a number");
    return std::nullopt;
}

std::optional<sim::Ticks> Reader::duration(const YamlNode& node, std::string_view what) {
    const std::string_view written =
        node.kind == YamlKind::scalar ? std::string_view(node.text) : "";
    const std::string_view text = trimmed(written);
    const auto digits = std::min(text.find_first_not_of(kDigits), text.size());
    const std::string_view unit = trimmed(text.substr(digits));
    const auto count = parse_number(text.substr(0, digits));
    if (not_whole(node, what)) return std::nullopt;
    const auto units = duration_units();
    const auto found =
        unit.empty() ? units.begin() : std::ranges::find(units, unit, &UnitInfo::name);
    if (found == units.end() || text.empty() || digits == 0) {
        wrong(node, what, "a duration: a number and one of ticks, us, ms, s, min, h, d, years");
        return std::nullopt;
    }
    if (!count || *count > sim::kMaxTicks / found->ticks) {
        wrong(node, what, "at most 29,000 years");
        return std::nullopt;
    }
    return *count * found->ticks;
}

std::optional<std::string> Reader::name(const YamlNode& node, std::string_view what) {
    if (node.kind == YamlKind::scalar && !node.poisoned && is_name(node.text)) return node.text;
    wrong(node, what, "a name (letters, digits, '_' and '-')");
    return std::nullopt;
}

std::optional<std::string> Reader::path(const YamlNode& node, std::string_view what) {
    const auto written = text(node, what);
    if (!written) return std::nullopt;
    if (const auto problem = sim::Names::path_problem(*written)) {
        std::string hint;
        if (written->find('/') != std::string::npos) hint = "components are separated by '\\'";
        diagnostics_.add(node.place, in_quotes(*written) + " is not a path: " + *problem, hint);
        return std::nullopt;
    }
    return written;
}

std::optional<std::uint64_t> Reader::word(ConstantKind kind, const YamlNode& node,
                                          std::string_view word) {
    if (const auto value = find_constant(kind, word)) return value;
    const ConstantTable& table = constant_table(kind);
    if (table.numbers && !node.quoted && is_number(word)) return parse_number(word);
    const std::string message = "unknown " + std::string(table.what) + " " + in_quotes(word);
    if (const std::string letters = one_letter_each(kind, word); !letters.empty()) {
        diagnostics_.add(node.place, message, "did you mean " + in_quotes(letters) + "?");
        return std::nullopt;
    }
    const std::vector<std::string> known = spellings(kind);
    std::vector<std::string> shown = known;
    if (!table.prefixes.empty()) {
        shown.erase(shown.begin(),
                    shown.begin() + static_cast<std::ptrdiff_t>(table.constants.size()));
    }
    std::string otherwise;
    if (shown.size() <= 20) otherwise = "one of " + joined(shown, ", ");
    diagnostics_.add_unknown(node.place, message, word, views(known), otherwise);
    return std::nullopt;
}

std::optional<std::uint64_t> Reader::constant(ConstantKind kind, const YamlNode& node) {
    if (node.kind == YamlKind::scalar && !node.poisoned) {
        return word(kind, node, trimmed(node.text));
    }
    wrong(node, constant_table(kind).what, "one word");
    return std::nullopt;
}

bool Reader::add_to_mask(ConstantKind kind, const YamlNode& node, std::uint32_t& mask) {
    if (node.poisoned) return false;
    if (node.kind == YamlKind::sequence) {
        return std::ranges::all_of(
            node.items, [&](const NodePtr& item) { return add_to_mask(kind, *item, mask); });
    }
    if (node.kind != YamlKind::scalar) {
        wrong(node, constant_table(kind).what, "a word or a list of words");
        return false;
    }
    for (const std::string_view part : split(node.text, '|')) {
        const auto value = word(kind, node, trimmed(part));
        if (!value) return false;
        if (*value > std::numeric_limits<std::uint32_t>::max()) {
            wrong(node, constant_table(kind).what, "a number of at most 32 bits");
            return false;
        }
        mask |= static_cast<std::uint32_t>(*value);
    }
    return true;
}

std::optional<std::uint32_t> Reader::mask(ConstantKind kind, const YamlNode& node) {
    std::uint32_t value = 0;
    if (!add_to_mask(kind, node, value)) return std::nullopt;
    return value;
}

}  // namespace oplocksim::scenarios
