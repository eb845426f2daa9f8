#include "scenarios/recorded.h"

#include <limits>

#include "scenarios/convert.h"

namespace oplocksim::scenarios {
namespace {

void convert_profile(const YamlNode& node, Reader& reader, Recorded& recorded) {
    const auto name = reader.text(node, "profile");
    if (!name) return;
    if (const auto profile = engine::profile_from_name(*name)) {
        recorded.profile = *profile;
        return;
    }
    reader.wrong(node, "profile", "one of docs, ms-fsa, observed");
}

void convert_switches(const YamlNode& node, Reader& reader, Recorded& recorded) {
    if (!reader.kind(node, YamlKind::mapping, "switches")) return;
    for (const YamlMember& member : node.members) {
        const auto value = reader.text(*member.value, member.key);
        engine::Semantics semantics;
        if (!value) continue;
        if (!engine::set_switch(semantics, member.key, *value)) {
            reader.wrong(*member.value, member.key, "a value of a switch");
            continue;
        }
        recorded.switches.emplace_back(member.key, *value);
    }
}

}  // namespace

Recorded convert_recorded(const YamlNode& node, Reader& reader) {
    Recorded recorded;
    if (!reader.mapping(node, keys_of(MappingKind::recorded), describe(MappingKind::recorded))) {
        return recorded;
    }
    const auto text = [&](std::string_view key) {
        const YamlNode* found = node.find(key);
        return found == nullptr ? std::string() : reader.text(*found, key).value_or("");
    };
    const auto number = [&](std::string_view key) -> std::optional<std::uint64_t> {
        const YamlNode* found = node.find(key);
        if (found == nullptr) return std::nullopt;
        return reader.number(*found, key, std::numeric_limits<std::uint64_t>::max());
    };
    recorded.version = text("version");
    if (const YamlNode* found = node.find("profile")) convert_profile(*found, reader, recorded);
    if (const YamlNode* found = node.find("switches")) convert_switches(*found, reader, recorded);
    recorded.seed = number("seed");
    recorded.run = number("run");
    recorded.rule = text("rule");
    recorded.clause = text("clause");
    recorded.trace = text("trace");
    return recorded;
}

}  // namespace oplocksim::scenarios
