// The JSON Schema, made from the tables of language.h. nlohmann/json costs seconds of compile
// time, so it is used in this file only.
#include <nlohmann/json.hpp>

#include <algorithm>

#include "engine/semantics.h"
#include "scenarios/constant_tables.h"
#include "scenarios/language.h"
#include "scenarios/runner.h"

namespace oplocksim::scenarios {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kNamePattern = "^[A-Za-z_][A-Za-z0-9_-]{0,63}$";
constexpr std::string_view kPlaceholder = "\\$\\{[^}]*\\}";

Json reference(std::string_view name) { return {{"$ref", "#/$defs/" + std::string(name)}}; }

Json any_of(std::initializer_list<Json> choices) {
    Json list = Json::array();
    for (const Json& choice : choices) list.push_back(choice);
    return {{"anyOf", std::move(list)}};
}

Json type(std::string_view name) { return {{"type", name}}; }

Json list_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

Json map_of(Json values) {
    return {{"type", "object"}, {"additionalProperties", std::move(values)}};
}

Json one_or_list(const Json& item) { return any_of({item, list_of(item)}); }

Json enumeration(const auto& words) {
    Json list = Json::array();
    for (const auto& word : words) list.push_back(std::string(word));
    return {{"enum", std::move(list)}};
}

std::string definition_name(ConstantKind kind) {
    std::string name(constant_table(kind).what);
    std::replace(name.begin(), name.end(), ' ', '_');
    return name;
}

Json constant(ConstantKind kind) { return reference(definition_name(kind)); }

// A word of a table. The list is what editors offer; any case and `A|B` are accepted too.
Json constant_definition(ConstantKind kind) {
    const ConstantTable& table = constant_table(kind);
    Json words = any_of({enumeration(spellings(kind)),
                         Json{{"type", "string"}, {"pattern", "^[A-Za-z0-9_|$. {}-]+$"}}});
    if (table.numbers) words["anyOf"].push_back({{"type", "integer"}, {"minimum", 0}});
    if (!table.mask) return words;
    Json nested = words;
    nested["anyOf"].push_back(list_of(words));
    return any_of({words, list_of(nested)});
}

Json switch_values() {
    Json properties = Json::object();
    for (const engine::SwitchInfo& info : engine::switches()) {
        Json values = Json::array();
        for (const std::string_view value : info.values) {
            values.push_back(std::string(value));
            if (value == "true" || value == "false") values.push_back(value == "true");
        }
        values.push_back("each");
        Json one = any_of({Json{{"enum", std::move(values)}}, reference("placeholder")});
        one["description"] = std::string(info.decision) + ": " + std::string(info.summary);
        properties[std::string(info.name)] = std::move(one);
    }
    return {{"type", "object"},
            {"properties", std::move(properties)},
            {"patternProperties", {{std::string(kPlaceholder), true}}},
            {"additionalProperties", false}};
}

Json outcome_word() {
    Json words = Json::array();
    for (const OutcomeWordInfo& info : outcome_words()) words.push_back(std::string(info.name));
    for (const std::string& status : spellings(ConstantKind::status)) words.push_back(status);
    return any_of({Json{{"enum", std::move(words)}},
                   Json{{"type", "string"}, {"pattern", "^[A-Za-z0-9_]+$"}},
                   reference("placeholder")});
}

Json oplock_type() {
    return any_of({constant(ConstantKind::legacy_oplock), constant(ConstantKind::cache_level)});
}

Json or_none(std::string_view name) {
    return any_of({Json{{"type", "string"}, {"pattern", "^([Nn][Oo][Nn][Ee]|.*\\$\\{.*)$"}},
                   reference(name)});
}

// The schema of a type, but for what `with_placeholder` adds.
Json plain_schema(ValueType value) {
    const Json name{{"type", "string"}, {"pattern", kNamePattern}};
    switch (value) {
        case ValueType::text: return any_of({type("string"), type("number"), type("boolean")});
        case ValueType::text_list: return one_or_list(plain_schema(ValueType::text));
        case ValueType::boolean: return type("boolean");
        case ValueType::number: return {{"type", "integer"}, {"minimum", 0}};
        case ValueType::duration:
            return any_of({Json{{"type", "integer"}, {"minimum", 0}},
                           Json{{"type", "string"},
                                {"pattern", "^[0-9]+ *(ticks|us|ms|s|min|h|d|years)?$"}}});
        case ValueType::new_name:
        case ValueType::handle:
        case ValueType::section:
        case ValueType::operation:
        case ValueType::client: return name;
        case ValueType::operation_list:
            return one_or_list(any_of({name, reference("placeholder")}));
        case ValueType::client_or_thread:
            return {{"type", "string"},
                    {"pattern", "^[A-Za-z_][A-Za-z0-9_-]*(/[A-Za-z_][A-Za-z0-9_-]*)?$"}};
        case ValueType::file_path: return type("string");
        case ValueType::file_path_list: return one_or_list(type("string"));
        case ValueType::oplock_key: return any_of({type("string"), type("number"), type("null")});
        case ValueType::access: return constant(ConstantKind::access);
        case ValueType::share: return constant(ConstantKind::share);
        case ValueType::create_options: return constant(ConstantKind::create_option);
        case ValueType::disposition: return constant(ConstantKind::disposition);
        case ValueType::attributes: return constant(ConstantKind::attribute);
        case ValueType::protection: return constant(ConstantKind::protection);
        case ValueType::level: return constant(ConstantKind::cache_level);
        case ValueType::oplock_request:
        case ValueType::break_level: return oplock_type();
        case ValueType::input_flags: return constant(ConstantKind::input_flag);
        case ValueType::output_flags: return constant(ConstantKind::output_flag);
        case ValueType::fsctl_code: return constant(ConstantKind::fsctl_code);
        case ValueType::information: return constant(ConstantKind::information);
        case ValueType::status: return outcome_word();
        case ValueType::win32_error: return constant(ConstantKind::win32_error);
        case ValueType::break_ack: return {{"enum", {"required", "not_required"}}};
        case ValueType::profiles:
            return one_or_list(
                any_of({Json{{"enum", {"docs", "ms-fsa", "observed"}}}, reference("placeholder")}));
        case ValueType::switch_values: return switch_values();
        case ValueType::parameters: return map_of(true);
        case ValueType::matrix: return map_of(Json{{"type", "array"}, {"minItems", 1}});
        case ValueType::cases: return list_of(map_of(true));
        case ValueType::conditions: return map_of(true);
        case ValueType::volume: return list_of(reference("volume_entry"));
        case ValueType::streams: return one_or_list(any_of({type("string"), reference("stream")}));
        case ValueType::clients: return map_of(any_of({reference("client"), type("null")}));
        case ValueType::steps: return list_of(reference("step_or_list"));
        case ValueType::programs: return map_of(list_of(reference("program_step_or_list")));
        case ValueType::schedule: return one_or_list(type("string"));
        case ValueType::deadlock: return {{"enum", {"forbidden", "allowed", "expected"}}};
        case ValueType::recorded: return reference("recorded");
        case ValueType::expectation: return reference("expectation_of_step");
        case ValueType::outcomes: return map_of(reference("expectation"));
        case ValueType::breaks: return map_of(reference("break"));
        case ValueType::modes: return or_none("modes");
        case ValueType::output: return or_none("output");
        case ValueType::by_switch: return map_of(map_of(true));
    }
    return true;
}

Json schema_of(ValueType value) { return any_of({plain_schema(value), reference("placeholder")}); }

Json mapping(std::span<const KeyInfo> keys, std::string_view doc) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const KeyInfo& key : keys) {
        Json one = schema_of(key.type);
        one["description"] = std::string(key.doc);
        if (!key.default_text.empty()) {
            one["description"] =
                std::string(key.doc) + " Default: " + std::string(key.default_text) + ".";
        }
        properties[std::string(key.name)] = std::move(one);
        if (key.required) required.push_back(std::string(key.name));
    }
    Json result{{"type", "object"}};
    if (!doc.empty()) result["description"] = std::string(doc);
    result["properties"] = std::move(properties);
    result["patternProperties"] = {{std::string(kPlaceholder), true}};
    result["additionalProperties"] = false;
    if (!required.empty()) result["required"] = std::move(required);
    return result;
}

// `actor`: the pattern of what stands before a client's verb.
Json step_schema(std::string_view actor) {
    Json step = mapping(keys_of(MappingKind::step), "One action, and what must be seen.");
    for (const KeyInfo& verb : world_verbs()) {
        Json one = schema_of(verb.type);
        one["description"] = std::string(verb.doc);
        step["properties"][std::string(verb.name)] = std::move(one);
    }
    for (const VerbInfo& verb : client_verbs()) {
        const std::string pattern = "^" + std::string(actor) + std::string(verb.name) + "$";
        Json choices = any_of({mapping(verb.arguments, verb.doc), reference("placeholder")});
        if (takes_bare_handle(verb)) choices["anyOf"].push_back(reference("name"));
        if (verb.arguments.empty()) choices["anyOf"].push_back(type("null"));
        step["patternProperties"][pattern] = std::move(choices);
    }
    step["minProperties"] = 1;
    return step;
}

// Other keys are names of operations.
Json expectation_of_step() {
    Json result = mapping(keys_of(MappingKind::expectation), "");
    result["additionalProperties"] = reference("expectation");
    return any_of({outcome_word(), std::move(result)});
}

Json break_schema() {
    Json alternatives = mapping(keys_of(MappingKind::break_expectation), "");
    return any_of({oplock_type(), Json{{"const", std::string(kUnbroken)}},
                   reference("placeholder"), std::move(alternatives),
                   Json{{"type", "object"},
                        {"description", "by_switch: the break for each value of a switch."},
                        {"additionalProperties", map_of(true)}}});
}

}  // namespace

std::string json_schema() {
    Json schema = mapping(keys_of(MappingKind::top_level), "A scenario for oplocksim.");
    Json head{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"$id", "https://oplocksim.invalid/scenario.schema.json"},
              {"title", "oplocksim scenario"}};
    head.update(schema);
    Json definitions = Json::object();
    definitions["placeholder"] = {{"type", "string"}, {"pattern", kPlaceholder}};
    definitions["name"] = {{"type", "string"}, {"pattern", kNamePattern}};
    for (int kind = 0; kind < kConstantKindCount; ++kind) {
        const auto table = static_cast<ConstantKind>(kind);
        definitions[definition_name(table)] = constant_definition(table);
    }
    definitions["volume_entry"] =
        any_of({mapping(keys_of(MappingKind::volume_entry), ""), reference("placeholder")});
    definitions["stream"] = mapping(keys_of(MappingKind::stream), "");
    definitions["client"] = mapping(keys_of(MappingKind::client), "");
    definitions["step"] = step_schema("[A-Za-z_][A-Za-z0-9_-]*(/[A-Za-z_][A-Za-z0-9_-]*)?\\.");
    definitions["program_step"] = step_schema("");
    definitions["program_step_or_list"] = any_of({reference("program_step"),
                                                  list_of(reference("program_step_or_list")),
                                                  reference("placeholder")});
    definitions["step_or_list"] =
        any_of({reference("step"), list_of(reference("step_or_list")), reference("placeholder")});
    definitions["expectation"] =
        any_of({outcome_word(), mapping(keys_of(MappingKind::expectation), "")});
    definitions["expectation_of_step"] = expectation_of_step();
    definitions["output"] = mapping(keys_of(MappingKind::output), "");
    definitions["break"] = break_schema();
    definitions["modes"] = mapping(keys_of(MappingKind::modes), "");
    definitions["recorded"] = mapping(keys_of(MappingKind::recorded), "");
    head["$defs"] = std::move(definitions);
    return head.dump(2) + "\n";
}

}  // namespace oplocksim::scenarios
