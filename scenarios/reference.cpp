// The reference chapter of docs/scenario-language.md, made from the tables of language.h.
#include <string>

#include "engine/semantics.h"
#include "scenarios/constant_tables.h"
#include "scenarios/language.h"

namespace oplocksim::scenarios {
namespace {

std::string code(std::string_view text) {
    std::string result(1, '`');
    return result.append(text).append(1, '`');
}

std::string key_table(std::span<const KeyInfo> keys) {
    std::string text = "| key | value | default | meaning |\n|---|---|---|---|\n";
    for (const KeyInfo& key : keys) {
        const std::string otherwise = key.required               ? "required"
                                      : key.default_text.empty() ? ""
                                                                 : std::string(key.default_text);
        text += "| " + code(key.name) + " | " + std::string(describe(key.type)) + " | " +
                otherwise + " | " + std::string(key.doc) + " |\n";
    }
    return text;
}

std::string mapping_chapter(std::string_view title, MappingKind kind) {
    return "### " + std::string(title) + "\n\n" + key_table(keys_of(kind)) + "\n";
}

std::string verb_chapter() {
    std::string text = "### Verbs of clients\n\n";
    for (const VerbInfo& verb : client_verbs()) {
        text += "**" + code(verb.name) + "**: " + std::string(verb.doc);
        if (takes_bare_handle(verb)) text += " The handle may be given alone.";
        text += "\n\n";
        if (!verb.arguments.empty()) text += key_table(verb.arguments) + "\n";
    }
    return text + "### Verbs of the world\n\n" + key_table(world_verbs()) + "\n";
}

std::string constants_chapter() {
    constexpr ConstantKind kKinds[] = {
        ConstantKind::access,      ConstantKind::share,         ConstantKind::create_option,
        ConstantKind::disposition, ConstantKind::attribute,     ConstantKind::protection,
        ConstantKind::cache_level, ConstantKind::legacy_oplock, ConstantKind::input_flag,
        ConstantKind::output_flag, ConstantKind::fsctl_code,    ConstantKind::information,
        ConstantKind::status,      ConstantKind::win32_error,
    };
    std::string text =
        "### Constants\n\n| table | names | prefixes that may be left out | short forms |\n"
        "|---|---|---|---|\n";
    for (const ConstantKind kind : kKinds) {
        const ConstantTable& table = constant_table(kind);
        text += "| " + std::string(table.what) + " | ";
        std::string_view before;
        for (const Constant& constant : table.constants) {
            if (constant.name == before) continue;
            text += (before.empty() ? "" : ", ") + std::string(constant.name);
            before = constant.name;
        }
        text += " | ";
        for (const std::string_view prefix : table.prefixes) {
            text += (prefix == table.prefixes.front() ? "" : ", ") + code(prefix);
        }
        text += " | ";
        for (const Constant& constant : table.short_forms) {
            text +=
                (&constant == table.short_forms.data() ? "" : ", ") + std::string(constant.name);
        }
        text += " |\n";
    }
    return text + "\n";
}

std::string outcome_chapter() {
    std::string text = "### Outcome words\n\n| word | meaning |\n|---|---|\n";
    for (const OutcomeWordInfo& info : outcome_words()) {
        text += "| " + code(info.name) + " | " + std::string(info.doc) + " |\n";
    }
    return text + "\n";
}

std::string switch_chapter() {
    std::string text = "### Switches\n\n| switch | values | decides |\n|---|---|---|\n";
    for (const engine::SwitchInfo& info : engine::switches()) {
        std::string values;
        for (const std::string_view value : info.values) {
            values += (values.empty() ? "" : ", ") + code(value);
        }
        text += "| " + code(info.name) + " | " + values + " | " + std::string(info.decision) +
                ": " + std::string(info.summary) + " |\n";
    }
    return text;
}

}  // namespace

std::string language_reference() {
    return "## Reference\n\n"
           "This chapter is generated from the description that the loader uses.\n\n" +
           mapping_chapter("Top level", MappingKind::top_level) +
           mapping_chapter("Volume entries", MappingKind::volume_entry) +
           mapping_chapter("Streams", MappingKind::stream) +
           mapping_chapter("Clients", MappingKind::client) +
           mapping_chapter("Steps, beside the action", MappingKind::step) + verb_chapter() +
           mapping_chapter("Expectations", MappingKind::expectation) + outcome_chapter() +
           mapping_chapter("Output buffers", MappingKind::output) +
           mapping_chapter("Breaks", MappingKind::break_expectation) +
           mapping_chapter("Modes", MappingKind::modes) +
           mapping_chapter("Recorded runs", MappingKind::recorded) + constants_chapter() + switch_chapter();
}

}  // namespace oplocksim::scenarios
