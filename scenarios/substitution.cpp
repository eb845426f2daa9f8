#include "scenarios/substitution.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "scenarios/text.h"

namespace oplocksim::scenarios {
namespace {

// "${name}" at `at`: its name, or nothing if the brace is never closed.
std::optional<std::string_view> placeholder_name(std::string_view text, std::size_t at) {
    const auto end = text.find('}', at);
    if (end == std::string_view::npos) return std::nullopt;
    return trimmed(text.substr(at + 2, end - at - 2));
}

bool is_whole(std::string_view text) {
    const std::string_view inner = trimmed(text);
    return inner.starts_with("${") && inner.find('}') == inner.size() - 1;
}

// The place of a part of a scalar; only a plain one-line scalar looks in the file as it reads.
Place part_of(const Place& place, std::string_view text, std::size_t at, std::size_t length) {
    const auto whole = code_points(text);
    if (place.position.length != whole) return place;
    Place part = place;
    part.position.column += static_cast<std::uint32_t>(code_points(text.substr(0, at)));
    part.position.length = static_cast<std::uint32_t>(code_points(text.substr(at, length)));
    return part;
}

void count(YamlNode& node, const YamlNode& child) {
    node.nodes = std::min(node.nodes + child.nodes, kMaxNodes + 1);
}

}  // namespace

std::vector<std::string_view> Scope::names() const {
    std::vector<std::string_view> result;
    for (const auto& [name, value] : raw_) result.push_back(name);
    return result;
}

NodePtr Scope::poisoned(const YamlNode& node) const {
    YamlNode copy;
    copy.place = node.place;
    copy.poisoned = true;
    return std::make_shared<YamlNode>(std::move(copy));
}

NodePtr Scope::value(std::string_view name, const Place& user) {
    if (const auto known = resolved_.find(name); known != resolved_.end()) return known->second;
    const auto raw = raw_.find(name);
    if (raw == raw_.end()) {
        diagnostics_.add_unknown(user, "unknown name " + in_quotes(name), name, names(),
                                 "names come from define, matrix and cases");
        return nullptr;
    }
    if (in_progress_.contains(name)) {
        diagnostics_.add(user, "the value of " + in_quotes(name) + " refers to itself");
        return nullptr;
    }
    if (in_progress_.size() >= kMaxNamesInNames) {
        if (!std::exchange(too_deep_, true)) {
            diagnostics_.add(user, in_quotes(name) + " is nested too deeply: more than " +
                                       std::to_string(kMaxNamesInNames) +
                                       " names stand in each other's values");
        }
        return nullptr;
    }
    in_progress_.emplace(name);
    NodePtr value = substitute(raw->second);
    in_progress_.erase(std::string(name));
    if (value->nodes > kMaxNodes) {
        diagnostics_.add(user, "the value of " + in_quotes(name) + " has more than " +
                                   std::to_string(kMaxNodes) + " values in it");
        value = poisoned(*value);
    }
    resolved_.emplace(name, value);
    return value;
}

NodePtr Scope::substitute(const NodePtr& node) {
    if (!node->placeholders) return node;
    switch (node->kind) {
        case YamlKind::null: return node;
        case YamlKind::scalar: return substitute_scalar(node);
        case YamlKind::sequence: return substitute_sequence(*node);
        case YamlKind::mapping: return substitute_mapping(*node);
    }
    return node;
}

NodePtr Scope::substitute_scalar(const NodePtr& node) {
    const std::string_view text = node->text;
    if (is_whole(text)) {
        const auto at = text.find("${");
        NodePtr replacement = value(*placeholder_name(text, at), node->place);
        return replacement != nullptr ? replacement : poisoned(*node);
    }
    bool failed = false;
    YamlNode copy;
    copy.kind = YamlKind::scalar;
    copy.substituted = true;
    copy.place = node->place;
    copy.text = substitute_text(node->text, node->place, failed);
    if (failed) return poisoned(*node);
    return std::make_shared<YamlNode>(std::move(copy));
}

std::string Scope::substitute_text(const std::string& text, const Place& place, bool& failed) {
    std::string result;
    for (std::size_t from = 0; from <= text.size();) {
        const auto at = text.find("${", from);
        result.append(text, from, at - from);
        if (at == std::string::npos) break;
        if (at > 0 && text[at - 1] == '$') {
            result += "{";  // "$${": the first '$' is in the result already
            from = at + 2;
            continue;
        }
        const auto name = placeholder_name(text, at);
        if (!name) {
            diagnostics_.add(place, "'${' without a closing '}'");
            failed = true;
            return result;
        }
        const auto length = text.find('}', at) - at + 1;
        const Place part = part_of(place, text, at, length);
        const NodePtr inserted = value(*name, part);
        if (inserted == nullptr || inserted->kind != YamlKind::scalar) {
            if (inserted != nullptr && !inserted->poisoned) {
                diagnostics_.add(part, in_quotes(*name) + " is " +
                                           std::string(describe(inserted->kind)) +
                                           " and cannot be a part of a text");
            }
            failed = true;
            return result;
        }
        result += inserted->text;
        if (result.size() > kMaxSubstitutedText) {
            diagnostics_.add(part, "the text becomes longer than 64 KiB");
            failed = true;
            return result;
        }
        from = at + length;
    }
    return result;
}

NodePtr Scope::substitute_sequence(const YamlNode& node) {
    YamlNode copy;
    copy.kind = YamlKind::sequence;
    copy.substituted = true;
    copy.place = node.place;
    for (const NodePtr& item : node.items) {
        copy.items.push_back(substitute(item));
        count(copy, *copy.items.back());
    }
    return std::make_shared<YamlNode>(std::move(copy));
}

NodePtr Scope::substitute_mapping(const YamlNode& node) {
    YamlNode copy;
    copy.kind = YamlKind::mapping;
    copy.substituted = true;
    copy.place = node.place;
    std::set<std::string> keys;
    for (const YamlMember& member : node.members) {
        YamlMember replaced = member;
        bool failed = false;
        if (member.key.find("${") != std::string::npos) {
            replaced.key = substitute_text(member.key, member.key_place, failed);
        }
        if (failed) continue;
        if (!keys.insert(replaced.key).second) {
            diagnostics_.add(member.key_place,
                             "duplicate key " + in_quotes(replaced.key) + " after substitution");
            continue;
        }
        replaced.value = substitute(member.value);
        count(copy, *replaced.value);
        copy.members.push_back(std::move(replaced));
    }
    return std::make_shared<YamlNode>(std::move(copy));
}

}  // namespace oplocksim::scenarios
