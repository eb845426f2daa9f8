#include <algorithm>

#include "engine/semantics.h"
#include "scenarios/convert.h"
#include "scenarios/text.h"

namespace oplocksim::scenarios {
namespace {

bool is_step_key(std::string_view key) {
    return std::ranges::find(keys_of(MappingKind::step), key, &KeyInfo::name) !=
           keys_of(MappingKind::step).end();
}

bool is_action(std::string_view key) {
    return find_world_verb(key).has_value() || key.find('.') != std::string_view::npos;
}

// The text of a parameter, for `when`; nothing if it is no plain value.
std::optional<std::string> text_of(const YamlNode& node) {
    if (node.kind == YamlKind::scalar) return node.text;
    return std::nullopt;
}

// A condition on a parameter: decided now. Returns whether it holds.
bool parameter_holds(const YamlMember& member, Reader& reader, Scope& parameters) {
    const NodePtr value = parameters.value(member.key, member.key_place);
    if (value == nullptr || value->poisoned) return true;
    const auto text = text_of(*value);
    if (!text) {
        reader.diagnostics().add(member.key_place, in_quotes(member.key) + " is " +
                                                       std::string(describe(value->kind)) +
                                                       " and cannot be compared");
        return true;
    }
    return std::ranges::any_of(reader.list(*member.value), [&](const YamlNode* item) {
        const auto wanted = reader.text(*item, member.key);
        return wanted && *wanted == *text;
    });
}

// More values than this are not listed.
constexpr std::size_t kMaxListedValues = 12;

// A condition that is written out names values that the parameter has in some run. An included
// file may be for scenarios with other values.
void check_condition_values(const YamlMember& member, Reader& reader, const Scope& parameters) {
    if (parameters.parameter_values() == nullptr) return;
    const auto known = parameters.parameter_values()->find(member.key);
    if (known == parameters.parameter_values()->end()) return;
    std::vector<std::string> values = known->second;
    for (const YamlNode* item : reader.list(*member.value)) {
        if (item->kind != YamlKind::scalar || item->place.file != 0) continue;
        if (std::ranges::find(values, item->text) != values.end()) continue;
        if (values.size() > kMaxListedValues) {
            values.resize(kMaxListedValues);
            values.emplace_back("...");
        }
        reader.diagnostics().add_for_all(
            item->place, in_quotes(member.key) + " is never " + in_quotes(item->text),
            "its values are " + joined(values, ", "));
    }
}

void convert_when(const YamlNode& node, Reader& reader, Scope& parameters, Step& step) {
    if (node.poisoned || !reader.kind(node, YamlKind::mapping, "when")) return;
    for (const YamlMember& member : node.members) {
        if (!values_of_switch(member.key).empty()) {
            Condition condition;
            if (convert_condition(member, reader, condition)) step.when.push_back(condition);
        } else if (parameters.has(member.key)) {
            if (!parameter_holds(member, reader, parameters)) step.excluded = true;
            if (!node.substituted) check_condition_values(member, reader, parameters);
        } else {
            std::vector<std::string_view> known = parameters.names();
            for (const std::string_view name : switch_names()) known.push_back(name);
            known.emplace_back("profile");
            reader.diagnostics().add_unknown(
                member.key_place, "unknown name " + in_quotes(member.key) + " of a condition",
                member.key, known, "it must be a switch, a parameter or 'profile'");
        }
    }
}

void unknown_step_key(const YamlMember& member, Reader& reader) {
    std::vector<std::string_view> known;
    for (const KeyInfo& key : keys_of(MappingKind::step)) known.push_back(key.name);
    for (const KeyInfo& key : world_verbs()) known.push_back(key.name);
    std::string otherwise = "an action is CLIENT.verb, such as 'A." + member.key + "'";
    if (find_client_verb(member.key) == nullptr) otherwise = "an action is CLIENT.verb";
    reader.diagnostics().add_unknown(member.key_place,
                                     "unknown key " + in_quotes(member.key) + " of a step",
                                     member.key, known, otherwise);
}

// In a program the client is known, and there is no order in which to hold anybody back.
bool is_action_of_program(const YamlMember& member, Reader& reader, std::string_view actor) {
    const auto world = find_world_verb(member.key);
    if (world == Verb::pause || world == Verb::resume) {
        reader.diagnostics().add(member.key_place,
                                 in_quotes(member.key) + " has no place in a program",
                                 "every order of the programs' steps is possible anyway");
        return false;
    }
    if (world) return true;
    if (actor == kWorldProgram) {
        reader.diagnostics().add(member.key_place,
                                 "the program 'world' cannot do " + in_quotes(member.key),
                                 "it can cancel, kill, advance and wait_for");
        return false;
    }
    const auto dot = member.key.find('.');
    if (dot == std::string::npos) return true;
    reader.diagnostics().add(member.key_place,
                             in_quotes(member.key) + " in the program of " + in_quotes(actor),
                             "a program's steps leave the client out: '" +
                                 escaped(std::string_view(member.key).substr(dot + 1)) + "'");
    return false;
}

// The action; returns whether there is one.
bool convert_action_of(const YamlNode& node, Reader& reader, std::string_view actor, Step& step) {
    const YamlMember* action = nullptr;
    for (const YamlMember& member : node.members) {
        if (is_step_key(member.key)) continue;
        if (actor.empty() ? !is_action(member.key) : !is_action_of_program(member, reader, actor)) {
            if (actor.empty()) unknown_step_key(member, reader);
        } else if (action != nullptr) {
            reader.diagnostics().add(member.key_place, "a second action in one step",
                                     "begin a step of its own with '- " + member.key + "'");
        } else {
            action = &member;
        }
    }
    if (action == nullptr) return false;
    const bool short_form = !actor.empty() && !find_world_verb(action->key);
    step.action = convert_action(action->key, action->key_place, *action->value, reader,
                                 short_form ? actor : std::string_view());
    step.text = describe_action(short_form ? std::string(actor) + "." + action->key : action->key,
                                *action->value);
    step.place = action->key_place;
    return true;
}

// The expectation keys, in a fixed order.
void convert_expectations(const YamlNode& node, Reader& reader, Step& step) {
    if (const YamlNode* value = node.find("expect")) convert_expect(*value, reader, {}, step);
    if (const YamlNode* value = node.find("completes")) convert_completes(*value, reader, {}, step);
    if (const YamlNode* value = node.find("breaks")) convert_breaks(*value, reader, {}, step);
    if (const YamlNode* value = node.find("pending")) convert_pending(*value, reader, {}, step);
    if (const YamlNode* value = node.find("nothing_else")) {
        step.nothing_else = reader.boolean(*value, "nothing_else").value_or(false);
    }
}

bool has_outcome(Verb verb) { return verb <= Verb::exit_thread || verb == Verb::cancel; }

bool can_be_timed(Verb verb) { return verb < Verb::cancel_io; }

// Expectations of the step's own operation need one that has an outcome in this step.
void check_own_outcome(const YamlNode& node, Reader& reader, const Step& step) {
    const Verb verb = step.action.verb;
    for (const OutcomeExpectation& expectation : step.outcomes) {
        if (!expectation.name.empty()) continue;
        if (!has_outcome(verb)) {
            reader.diagnostics().add(
                expectation.place,
                verb == Verb::look ? "this step has no operation of its own to expect from"
                                   : in_quotes(to_string(verb)) + " has no outcome of its own",
                "name the operation: 'expect: {NAME: ...}'");
        } else if (step.action.after) {
            reader.diagnostics().add(expectation.place, "an operation with 'after' is issued later",
                                     "expect it by its name in the step that advances the clock");
        }
    }
    if (const YamlNode* after = node.find("after"); after != nullptr && !can_be_timed(verb)) {
        reader.diagnostics().add(after->place, "'after' needs an operation of a client");
    }
}

}  // namespace

std::vector<Place> places_of(const YamlNode& texts, Reader& reader) {
    std::vector<Place> places;
    for (const YamlNode* item : reader.list(texts)) {
        if (item->kind == YamlKind::scalar && !item->poisoned) places.push_back(item->place);
    }
    return places;
}

std::vector<std::string_view> values_of_switch(std::string_view name) {
    if (name == "profile") {
        return {to_string(engine::Profile::docs), to_string(engine::Profile::ms_fsa),
                to_string(engine::Profile::observed)};
    }
    const engine::SwitchInfo* info = engine::find_switch(name);
    if (info == nullptr) return {};
    return {info->values.begin(), info->values.end()};
}

std::vector<std::string_view> switch_names() {
    std::vector<std::string_view> names;
    for (const engine::SwitchInfo& info : engine::switches()) names.push_back(info.name);
    return names;
}

bool convert_condition(const YamlMember& member, Reader& reader, Condition& condition) {
    condition.name = member.key;
    const auto values = values_of_switch(member.key);
    bool valid = true;
    for (const YamlNode* item : reader.list(*member.value)) {
        const auto text = reader.text(*item, member.key);
        if (!text) return false;
        if (std::ranges::find(values, *text) == values.end()) {
            std::vector<std::string> known(values.begin(), values.end());
            reader.diagnostics().add_unknown(
                item->place, in_quotes(*text) + " is not a value of " + in_quotes(member.key),
                *text, values, "its values are " + joined(known, ", "));
            valid = false;
        }
        condition.values.push_back(*text);
    }
    return valid;
}

// What is said of one moment means nothing where the order is open.
void check_program_step(const YamlNode& node, Reader& reader) {
    for (const YamlMember& member : node.members) {
        const bool moment = member.key == "breaks" || member.key == "completes" ||
                            member.key == "pending" || member.key == "nothing_else" ||
                            member.key == "after";
        if (!moment) continue;
        reader.diagnostics().add(member.key_place,
                                 in_quotes(member.key) + " has no place in a program",
                                 "the order is open: say it of the whole run with 'always', "
                                 "'never' or 'eventually'");
    }
}

Step convert_step(const YamlNode& node, Reader& reader, Scope& parameters,
                  std::string_view actor) {
    Step step;
    step.place = node.place;
    if (node.poisoned) return step;
    if (node.kind != YamlKind::mapping) {
        reader.diagnostics().add(
            node.place, "a step must be a mapping, not " + std::string(describe(node.kind)));
        return step;
    }
    const std::size_t before = step.outcomes.size();
    const bool acts = convert_action_of(node, reader, actor, step);
    if (!actor.empty()) check_program_step(node, reader);
    if (actor.empty() && step.action.verb == Verb::wait_for) {
        reader.diagnostics().add(step.place, "'wait_for' needs a program",
                                 "steps are taken in order; 'completes' says what has ended");
    }
    if (!acts) {
        step.text = "look";
        if (node.members.empty())
            reader.diagnostics().add(node.place, "an empty step");
        else
            step.place = node.members.front().key_place;
    }
    if (const YamlNode* value = node.find("after")) {
        step.action.after = reader.duration(*value, "after");
    }
    if (const YamlNode* value = node.find("when")) convert_when(*value, reader, parameters, step);
    if (const YamlNode* value = node.find("covers")) {
        step.covers = reader.texts(*value, "covers");
        step.cover_places = places_of(*value, reader);
    }
    if (const YamlNode* value = node.find("note")) {
        step.note = reader.text(*value, "note").value_or("");
        if (!acts) step.text = "note: " + step.note;
    }
    convert_expectations(node, reader, step);
    check_own_outcome(node, reader, step);
    const bool looks = step.outcomes.size() > before || !step.breaks.empty() ||
                       !step.pending.empty() || step.nothing_else;
    if (acts || looks || node.find("note") != nullptr || node.members.empty()) return step;
    if (reader.diagnostics().empty() && node.find("expect") == nullptr &&
        node.find("breaks") == nullptr && node.find("completes") == nullptr) {
        reader.diagnostics().add(step.place, "a step needs an action or an expectation",
                                 "an action is CLIENT.verb, such as 'A.create'");
    }
    return step;
}

}  // namespace oplocksim::scenarios
