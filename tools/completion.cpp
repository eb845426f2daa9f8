#include "tools/completion.h"

#include <algorithm>
#include <array>
#include <functional>

#include "conformance/clauses.h"
#include "conformance/rules/rules.h"
#include "conformance/tables.h"
#include "conformance/what_if.h"
#include "engine/semantics.h"
#include "scenarios/constant_tables.h"
#include "scenarios/corpus.h"
#include "tools/conform_arguments.h"
#include "tools/parse_values.h"

namespace oplocksim::tools {
namespace {

using Values = std::vector<Candidate>;
using scenarios::ConstantKind;

Values plain(const std::vector<std::string_view>& names) {
    Values values;
    for (const std::string_view name : names) values.push_back({std::string(name), {}});
    return values;
}

Values constants(ConstantKind kind) {
    Values values;
    for (std::string& name : scenarios::spellings(kind)) values.push_back({std::move(name), {}});
    return values;
}

Values switches() {
    Values values;
    for (const engine::SwitchInfo& info : engine::switches()) {
        values.push_back({std::string(info.name) + "=", std::string(info.summary)});
        for (const std::string_view value : info.values) {
            values.push_back({std::string(info.name) + "=" + std::string(value), {}});
        }
    }
    return values;
}

Values operations() {
    Values values;
    for (const auto& info : conformance::what_if_operations()) {
        values.push_back({std::string(info.name), std::string(info.summary)});
    }
    return values;
}

Values corpus() {
    Values values;
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        if (scenarios::is_include_only(file.path)) continue;
        values.push_back({std::string(file.path.substr(0, file.path.rfind('.'))), {}});
    }
    return values;
}

// What `oplocksim rules ID` explains.
Values rules_and_clauses() {
    Values values;
    for (const conformance::RuleInfo& rule : conformance::rules()) {
        values.push_back({std::string(rule.id), std::string(rule.summary)});
        const Candidate property{std::string(rule.property), "a property"};
        if (std::ranges::find(values, property) == values.end()) values.push_back(property);
    }
    for (const conformance::Clause& clause : conformance::clauses()) {
        values.push_back({clause.id, clause.text});
    }
    return values;
}

// What `oplocksim conform PREFIX` selects, but single cells: a table, a folder, a rule, a clause.
Values selections() {
    Values values;
    for (const Candidate& scenario : corpus()) {
        const Candidate folder{scenario.word.substr(0, scenario.word.find('/')), "a folder"};
        if (std::ranges::find(values, folder) == values.end()) values.push_back(folder);
    }
    for (const auto table : {conformance::TableKind::breaks, conformance::TableKind::grants,
                             conformance::TableKind::acknowledgments}) {
        values.push_back({std::string(to_string(table)), "a decision table"});
    }
    Values others = rules_and_clauses();
    std::erase_if(others, [](const Candidate& one) { return one.help == "a property"; });
    std::ranges::move(others, std::back_inserter(values));
    return values;
}

// "json=PATH or junit=PATH": what stands before each '='.
Values formats(std::string_view help) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    Values values;
    for (std::size_t at = help.find('='); at != help.npos; at = help.find('=', at + 1)) {
        const std::size_t before = help.substr(0, at).find_last_not_of(kLetters);
        const std::size_t begin = before == help.npos ? 0 : before + 1;
        if (begin < at) values.push_back({std::string(help.substr(begin, at + 1 - begin)), {}});
    }
    return values;
}

struct ValueKind {
    std::string_view name;
    std::function<Values(std::string_view help)> values;
    std::string_view separators;   // several values may be joined with one of these
};
const auto& value_kinds() {
    static const std::array kinds{
        ValueKind{"PROFILE", [](auto) { return plain(profile_names()); }, ""},
        ValueKind{"SWITCH=VALUE", [](auto) { return switches(); }, ""},
        ValueKind{"FORMAT=PATH", formats, ""},
        ValueKind{"ORDER", [](auto) { return plain({"breadth-first", "depth-first"}); }, ""},
        ValueKind{"WHEN", [](auto) { return plain(colour_names()); }, ""},
        ValueKind{"STATUS", [](auto) { return plain(clause_status_names()); }, ""},
        ValueKind{"FORMAT", [](auto) { return plain(output_format_names()); }, ""},
        ValueKind{"PICTURE", [](auto) { return plain(export_format_names()); }, ""},
        ValueKind{"LEVEL", [](auto) { return plain(gate_names()); }, ""},
        ValueKind{"TYPES", [](auto) { return plain(held_names()); }, ","},
        ValueKind{"OPERATION", [](auto) { return operations(); }, ""},
        ValueKind{"ACCESS", [](auto) { return constants(ConstantKind::access); }, "|,"},
        ValueKind{"SHARE", [](auto) { return constants(ConstantKind::share); }, "|,"},
        ValueKind{"OPTIONS", [](auto) { return constants(ConstantKind::create_option); }, "|,"},
        ValueKind{"DISPOSITION", [](auto) { return constants(ConstantKind::disposition); }, ""},
        ValueKind{"SCENARIO", [](auto) { return corpus(); }, ""},
        ValueKind{"PREFIX", [](auto) { return selections(); }, ""},
        ValueKind{"ID", [](auto) { return rules_and_clauses(); }, ""},
        ValueKind{"SHELL", [](auto) { return plain(completion_shells()); }, ""},
    };
    return kinds;
}
const ValueKind* find_kind(std::string_view name) {
    const auto found = std::ranges::find(value_kinds(), name, &ValueKind::name);
    return found == value_kinds().end() ? nullptr : &*found;
}

// Keeps what begins with `typed`. Of values "name=value", the ones that are a step ahead are left
// out: first the name, then its values.
Candidates beginning_with(std::string_view typed, Values values) {
    std::erase_if(values, [typed](const Candidate& one) {
        const std::size_t equals = one.word.find('=');
        const bool ahead = equals != one.word.npos && equals + 1 < one.word.size() &&
                           typed.size() <= equals;
        const bool behind = one.word.ends_with('=') && typed.size() >= one.word.size();
        return !one.word.starts_with(typed) || ahead || behind;
    });
    return {std::move(values), std::nullopt};
}

// `typed` is the part of the word that the value begins in; `before` what stands before it.
Candidates complete_value(const OptionDescription& option, const std::string& name,
                          std::string_view typed, const std::string& before) {
    if (is_path_name(name)) return {{}, before};
    Values values = values_of(name, option.help);
    const std::size_t equals = typed.find('=');
    if (name == "FORMAT=PATH" && equals != typed.npos) {
        return {{}, before + std::string(typed.substr(0, equals + 1))};
    }
    std::string kept;   // values before the last separator
    const ValueKind* const kind = find_kind(name);
    const std::size_t cut = kind == nullptr ? typed.npos : typed.find_last_of(kind->separators);
    if (cut != typed.npos) {
        kept = typed.substr(0, cut + 1);
        typed.remove_prefix(cut + 1);
    }
    Candidates found = beginning_with(typed, std::move(values));
    for (Candidate& one : found.words) one.word.insert(0, before + kept);
    return found;
}

const OptionDescription* find_option(const VerbDescription& verb, std::string_view name) {
    for (const OptionDescription& option : verb.options) {
        if (std::ranges::find(option.names, name) != option.names.end()) return &option;
    }
    return nullptr;
}

// The longest name of each option that can still be given; a short one where only '-' is typed.
Candidates complete_options(const VerbDescription& verb, const std::string& typed,
                            const std::vector<std::string>& given) {
    Values values;
    for (const OptionDescription& option : verb.options) {
        const bool taken = std::ranges::any_of(option.names, [&given](const std::string& name) {
            return std::ranges::find(given, name) != given.end();
        });
        if (taken && !option.repeated) continue;
        std::vector<std::string> names = option.names;
        std::ranges::stable_sort(names, [](const std::string& one, const std::string& other) {
            return one.starts_with("--") && !other.starts_with("--");
        });
        const auto name = std::ranges::find_if(
            names, [&typed](const std::string& one) { return one.starts_with(typed); });
        if (name != names.end()) values.push_back({*name, option.help});
    }
    return {std::move(values), std::nullopt};
}

// The words before the last one, as far as they matter to it.
struct Typed {
    std::vector<std::string> options;                // names, as typed
    std::size_t arguments = 0;
    const OptionDescription* waiting = nullptr;      // for its value
    bool only_arguments = false;                     // after "--"
};
Typed read_words(const VerbDescription& verb, const std::vector<std::string>& words,
                 std::size_t first) {
    Typed typed;
    for (std::size_t i = first; i + 1 < words.size(); ++i) {
        const std::string& word = words[i];
        if (typed.waiting != nullptr) {
            typed.waiting = nullptr;
        } else if (typed.only_arguments || word.size() < 2 || word.front() != '-') {
            ++typed.arguments;
        } else if (word == "--") {
            typed.only_arguments = true;
        } else {
            typed.options.push_back(word.substr(0, word.find('=')));
            const OptionDescription* const option = find_option(verb, word);
            if (option != nullptr && !option->value.empty()) typed.waiting = option;
        }
    }
    return typed;
}

Candidates complete_in(const VerbDescription& verb, const std::vector<std::string>& words,
                       std::size_t first) {
    const Typed typed = read_words(verb, words, first);
    const std::string& last = words.back();
    if (typed.waiting != nullptr) return complete_value(*typed.waiting, typed.waiting->value,
                                                        last, {});
    if (last.starts_with('-') && !typed.only_arguments) {
        const std::size_t equals = last.find('=');
        if (equals == last.npos) return complete_options(verb, last, typed.options);
        const OptionDescription* const option = find_option(verb, last.substr(0, equals));
        if (option == nullptr || option->value.empty()) return {};
        return complete_value(*option, option->value,
                              std::string_view(last).substr(equals + 1),
                              last.substr(0, equals + 1));
    }
    if (verb.arguments.empty()) return {};
    const std::size_t index = std::min(typed.arguments, verb.arguments.size() - 1);
    const OptionDescription& argument = verb.arguments[index];
    if (typed.arguments >= verb.arguments.size() && !argument.repeated) return {};
    return complete_value(argument, argument.names.front(), last, {});
}

}  // namespace

Values values_of(std::string_view value_name, std::string_view help) {
    const ValueKind* const kind = find_kind(value_name);
    return kind == nullptr ? Values{} : kind->values(help);
}

bool is_path_name(std::string_view value_name) {
    constexpr std::array kNames{"PATH", "FILE", "FOLDER", "TRACE"};
    return std::ranges::find(kNames, value_name) != kNames.end();
}

Candidates candidates(const CommandDescription& command, const std::vector<std::string>& words) {
    if (words.empty()) return {};
    const auto verb_word = std::find_if(words.begin(), words.end() - 1, [](const auto& word) {
        return !word.starts_with('-');
    });
    if (verb_word != words.end() - 1) {
        const auto verb = std::ranges::find(command.verbs, *verb_word, &VerbDescription::name);
        if (verb == command.verbs.end()) return {};
        return complete_in(*verb, words, static_cast<std::size_t>(verb_word - words.begin()) + 1);
    }
    if (words.back().starts_with('-')) return complete_in(command.program, words, 0);
    Values verbs;
    for (const VerbDescription& verb : command.verbs) verbs.push_back({verb.name, verb.summary});
    return beginning_with(words.back(), std::move(verbs));
}

std::string candidates_text(const Candidates& found) {
    if (found.path_after) {
        return "files" + (found.path_after->empty() ? "" : " " + *found.path_after) + "\n";
    }
    std::string text = "words\n";
    for (const Candidate& one : found.words) {
        text += one.word + (one.help.empty() ? "" : "\t" + one.help) + "\n";
    }
    return text;
}

}  // namespace oplocksim::tools
