#include <algorithm>
#include <limits>

#include "engine/constants.h"
#include "engine/semantics.h"
#include "scenarios/convert.h"
#include "scenarios/text.h"

namespace oplocksim::scenarios {
namespace {

constexpr std::uint64_t kMaxU64 = std::numeric_limits<std::uint64_t>::max();

bool is_expectation_key(std::string_view key) {
    return std::ranges::find(keys_of(MappingKind::expectation), key, &KeyInfo::name) !=
           keys_of(MappingKind::expectation).end();
}

bool is_word(const YamlNode& node, std::string_view word) {
    return node.kind == YamlKind::scalar && lower(trimmed(node.text)) == word;
}

// A status or an outcome word.
void read_status(const YamlNode& node, Reader& reader, Outcome& outcome) {
    if (node.kind != YamlKind::scalar) return reader.wrong(node, "expect", "an outcome");
    if (node.poisoned) return;
    const std::string_view text = trimmed(node.text);
    for (const OutcomeWordInfo& info : outcome_words()) {
        if (info.name != text) continue;
        outcome.word = info.word;
        return;
    }
    if (const auto value = find_constant(ConstantKind::status, text)) {
        outcome.status = static_cast<engine::NtStatus>(*value);
        outcome.word = outcome.status == engine::NtStatus::STATUS_PENDING ? OutcomeWord::pends
                                                                          : OutcomeWord::status;
        return;
    }
    const std::vector<std::string> known = spellings(ConstantKind::status);
    std::vector<std::string_view> candidates;
    for (const OutcomeWordInfo& info : outcome_words()) candidates.push_back(info.name);
    candidates.insert(candidates.end(), known.begin(), known.end());
    reader.diagnostics().add_unknown(
        node.place, "unknown status or outcome " + in_quotes(text), text, candidates,
        "a status, or one of pends, granted, blocks, returns_pending, succeeds, fails, "
        "blocked_thread, any");
}

std::optional<OutputExpectation> read_output(const YamlNode& node, Reader& reader) {
    OutputExpectation output;
    if (is_word(node, "none")) {
        output.none = true;
        return output;
    }
    if (!reader.mapping(node, keys_of(MappingKind::output), "an output buffer")) {
        return std::nullopt;
    }
    const auto mask = [&](std::string_view key, ConstantKind kind) {
        const YamlNode* value = node.find(key);
        return value == nullptr ? std::nullopt : reader.mask(kind, *value);
    };
    output.original_level = mask("original_level", ConstantKind::cache_level);
    output.new_level = mask("new_level", ConstantKind::cache_level);
    output.flags = mask("flags", ConstantKind::output_flag);
    output.access_mode = mask("access_mode", ConstantKind::access);
    const auto share = mask("share_mode", ConstantKind::share);
    if (share) output.share_mode = static_cast<std::uint16_t>(*share);
    return output;
}

// One key of an outcome mapping but by_switch.
void read_outcome_key(const YamlMember& member, Reader& reader, Outcome& outcome) {
    const YamlNode& value = *member.value;
    if (member.key == "status" || member.key == "completes") {
        if (outcome.word) {
            reader.diagnostics().add(member.key_place,
                                     "'status' and 'completes' are the same; give one");
        }
        read_status(value, reader, outcome);
    } else if (member.key == "win32") {
        const auto error = reader.constant(ConstantKind::win32_error, value);
        if (error) outcome.win32 = static_cast<std::uint32_t>(*error);
    } else if (member.key == "information") {
        outcome.information = reader.constant(ConstantKind::information, value);
    } else if (member.key == "output") {
        outcome.output = read_output(value, reader);
    } else if (member.key == "data") {
        outcome.data = reader.text(value, "data");
    } else if (member.key == "length") {
        outcome.length = reader.number(value, "length", kMaxU64);
    } else if (member.key == "cached") {
        outcome.cached = reader.boolean(value, "cached");
    } else if (member.key == "pends") {
        outcome.pends = reader.boolean(value, "pends");
    }
}

// Calls `read(value, guard)` for the value of each switch value.
template <typename Read>
void read_by_switch(const YamlNode& node, Reader& reader, const Guard& guard, Read read) {
    if (node.poisoned || !reader.kind(node, YamlKind::mapping, "by_switch")) return;
    for (const YamlMember& member : node.members) {
        const auto values = values_of_switch(member.key);
        if (values.empty()) {
            reader.diagnostics().add_unknown(member.key_place,
                                             "unknown switch " + in_quotes(member.key), member.key,
                                             switch_names(), "or 'profile'");
            continue;
        }
        if (!reader.kind(*member.value, YamlKind::mapping, member.key)) continue;
        std::vector<std::string> missing;
        for (const std::string_view value : values) {
            if (member.value->find(value) == nullptr) missing.emplace_back(value);
        }
        if (!missing.empty()) {
            reader.diagnostics().add(
                member.key_place,
                "no expectation for " + in_quotes(member.key) + " = " + joined(missing, ", "));
        }
        for (const YamlMember& one : member.value->members) {
            if (std::ranges::find(values, one.key) == values.end()) {
                reader.diagnostics().add_unknown(
                    one.key_place,
                    in_quotes(one.key) + " is not a value of " + in_quotes(member.key), one.key,
                    values);
                continue;
            }
            Guard inner = guard;
            inner.push_back(Condition{member.key, {one.key}});
            read(*one.value, inner);
        }
    }
}

// What one level of expectation is about.
struct Subject {
    std::string name;  // empty: the step's own operation
    bool in_this_step = false;
    bool names_allowed = false;  // other keys are names of operations
    Place place;                 // of the name, if there is one
};

void read_outcome(const YamlNode& node, Reader& reader, const Guard& guard, const Subject& subject,
                  Step& step) {
    if (node.poisoned) return;
    OutcomeExpectation expectation{subject.name,
                                   {},
                                   guard,
                                   subject.in_this_step,
                                   subject.name.empty() ? node.place : subject.place};
    if (node.kind != YamlKind::mapping) {
        if (node.kind == YamlKind::null && subject.names_allowed && !guard.empty()) return;
        read_status(node, reader, expectation.outcome);
        step.outcomes.push_back(std::move(expectation));
        return;
    }
    bool own = !subject.name.empty();
    for (const YamlMember& member : node.members) {
        if (member.key == "by_switch") {
            own = false;
            read_by_switch(*member.value, reader, guard,
                           [&](const YamlNode& value, const Guard& inner) {
                               read_outcome(value, reader, inner, subject, step);
                           });
        }
    }
    for (const YamlMember& member : node.members) {
        if (member.key == "by_switch") continue;
        if (is_expectation_key(member.key)) {
            read_outcome_key(member, reader, expectation.outcome);
            if (!own) expectation.place = member.key_place;
            own = true;
        } else if (subject.names_allowed) {
            const Subject named{member.key, false, false, member.key_place};
            read_outcome(*member.value, reader, guard, named, step);
        } else {
            std::vector<std::string_view> known;
            for (const KeyInfo& key : keys_of(MappingKind::expectation)) known.push_back(key.name);
            reader.diagnostics().add_unknown(
                member.key_place, "unknown key " + in_quotes(member.key) + " of an expectation",
                member.key, known);
        }
    }
    if (own) step.outcomes.push_back(std::move(expectation));
}

std::optional<BreakModes> read_modes(const YamlNode& node, Reader& reader) {
    BreakModes modes;
    if (is_word(node, "none")) {
        modes.none = true;
        return modes;
    }
    if (!reader.mapping(node, keys_of(MappingKind::modes), "modes")) return std::nullopt;
    if (const YamlNode* access = node.find("access")) {
        modes.access = reader.mask(ConstantKind::access, *access);
    }
    if (const YamlNode* share = node.find("share")) {
        const auto value = reader.mask(ConstantKind::share, *share);
        if (value) modes.share = static_cast<std::uint16_t>(*value);
    }
    return modes;
}

bool read_break_level(const YamlNode& node, Reader& reader, BreakExpectation& expectation) {
    if (node.kind == YamlKind::scalar && !node.poisoned) {
        const std::string_view text = trimmed(node.text);
        const std::string word = upper(text);
        if (word == "LEVEL_2" || word == "L2" || word == "LEVEL2") {
            expectation.level_2 = true;
            return true;
        }
        if (text.find('|') == std::string_view::npos && !parse_number(text) &&
            !find_constant(ConstantKind::cache_level, text)) {
            if (is_word(node, kUnbroken)) {
                reader.diagnostics().add(node.place, "unknown level " + in_quotes(text),
                                         "'unbroken' stands alone: 'NAME: unbroken'");
                return false;
            }
            reader.diagnostics().add_unknown(
                node.place, "unknown level " + in_quotes(text), text,
                {"LEVEL_2", "NONE", "READ", "READ_HANDLE", "READ_WRITE", kUnbroken},
                "one of LEVEL_2, NONE, R, RH, RW; 'unbroken': not by a break in this step");
            return false;
        }
    }
    const auto level = reader.mask(ConstantKind::cache_level, node);
    if (level) expectation.level = *level;
    return level.has_value();
}

void read_break(const YamlMember& member, const YamlNode& node, Reader& reader, const Guard& guard,
                Step& step) {
    if (node.poisoned) return;
    BreakExpectation expectation;
    expectation.name = member.key;
    expectation.guard = guard;
    expectation.place = member.key_place;
    // What a switch value leaves empty says that the break is not there.
    const bool empty =
        node.kind == YamlKind::null || (node.kind == YamlKind::mapping && node.members.empty());
    if (is_word(node, kUnbroken) || (empty && !guard.empty())) {
        expectation.unbroken = true;
        step.breaks.push_back(std::move(expectation));
        return;
    }
    if (node.kind != YamlKind::mapping) {
        if (read_break_level(node, reader, expectation)) {
            step.breaks.push_back(std::move(expectation));
        }
        return;
    }
    if (const YamlNode* by_switch = node.find("by_switch");
        by_switch != nullptr && node.members.size() == 1) {
        read_by_switch(*by_switch, reader, guard, [&](const YamlNode& value, const Guard& inner) {
            read_break(member, value, reader, inner, step);
        });
        return;
    }
    if (!reader.mapping(node, keys_of(MappingKind::break_expectation), "a break")) return;
    if (!read_break_level(*node.find("to"), reader, expectation)) return;
    if (const YamlNode* ack = node.find("ack")) {
        if (is_word(*ack, "required") || is_word(*ack, "not_required")) {
            expectation.ack_required = is_word(*ack, "required");
        } else {
            reader.wrong(*ack, "ack", "required or not_required");
        }
    }
    if (const YamlNode* modes = node.find("modes")) {
        expectation.modes = read_modes(*modes, reader);
    }
    step.breaks.push_back(std::move(expectation));
}

}  // namespace

void convert_expect(const YamlNode& node, Reader& reader, const Guard& guard, Step& step) {
    read_outcome(node, reader, guard, Subject{"", false, true, {}}, step);
}

void convert_completes(const YamlNode& node, Reader& reader, const Guard& guard, Step& step) {
    if (node.poisoned || !reader.kind(node, YamlKind::mapping, "completes")) return;
    for (const YamlMember& member : node.members) {
        if (member.key == "by_switch") {
            read_by_switch(*member.value, reader, guard,
                           [&](const YamlNode& value, const Guard& inner) {
                               if (value.kind == YamlKind::null) return;
                               convert_completes(value, reader, inner, step);
                           });
            continue;
        }
        const Subject named{member.key, true, false, member.key_place};
        read_outcome(*member.value, reader, guard, named, step);
    }
}

void convert_breaks(const YamlNode& node, Reader& reader, const Guard& guard, Step& step) {
    if (node.poisoned || !reader.kind(node, YamlKind::mapping, "breaks")) return;
    for (const YamlMember& member : node.members) {
        if (member.key == "by_switch") {
            read_by_switch(*member.value, reader, guard,
                           [&](const YamlNode& value, const Guard& inner) {
                               if (value.kind == YamlKind::null) return;
                               convert_breaks(value, reader, inner, step);
                           });
            continue;
        }
        read_break(member, *member.value, reader, guard, step);
    }
}

void convert_pending(const YamlNode& node, Reader& reader, const Guard& guard, Step& step) {
    for (const YamlNode* item : reader.list(node)) {
        const auto name = reader.name(*item, "pending");
        if (name) step.pending.push_back(PendingExpectation{*name, guard, item->place});
    }
}

}  // namespace oplocksim::scenarios
