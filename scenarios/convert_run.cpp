#include <algorithm>
#include <map>

#include "engine/semantics.h"
#include "scenarios/convert.h"
#include "scenarios/text.h"

namespace oplocksim::scenarios {
namespace {

void substitute_all(std::vector<NodePtr>& nodes, Scope& scope) {
    for (NodePtr& node : nodes) node = scope.substitute(node);
}

void substitute_one(NodePtr& node, Scope& scope) {
    if (node != nullptr) node = scope.substitute(node);
}

void convert_switches(const YamlNode& node, Reader& reader, RunModel& run) {
    if (node.poisoned || !reader.kind(node, YamlKind::mapping, "switches")) return;
    for (const YamlMember& member : node.members) {
        const engine::SwitchInfo* info = engine::find_switch(member.key);
        if (info == nullptr) {
            reader.diagnostics().add_unknown(member.key_place,
                                             "unknown switch " + in_quotes(member.key), member.key,
                                             switch_names());
            continue;
        }
        const auto value = reader.text(*member.value, member.key);
        if (!value) continue;
        if (*value != "each" && std::ranges::find(info->values, *value) == info->values.end()) {
            std::vector<std::string_view> known(info->values.begin(), info->values.end());
            known.emplace_back("each");
            const std::vector<std::string> names(known.begin(), known.end());
            reader.diagnostics().add_unknown(
                member.value->place,
                in_quotes(*value) + " is not a value of " + in_quotes(member.key), *value, known,
                "its values are " + joined(names, ", "));
            continue;
        }
        std::erase_if(run.switches, [&](const auto& set) { return set.first == member.key; });
        run.switches.emplace_back(member.key, *value);
    }
}

void convert_profiles(const YamlNode& node, Reader& reader, RunModel& run) {
    for (const YamlNode* item : reader.list(node)) {
        const auto name = reader.text(*item, "profile");
        if (!name) continue;
        if (const auto profile = engine::profile_from_name(*name)) {
            run.profiles.push_back(*profile);
            continue;
        }
        reader.diagnostics().add_unknown(item->place, "unknown profile " + in_quotes(*name), *name,
                                         values_of_switch("profile"),
                                         "one of docs, ms-fsa, observed");
    }
}

ClientItem& client(std::vector<ClientItem>& clients, const std::string& name) {
    const auto found = std::ranges::find(clients, name, &ClientItem::name);
    if (found != clients.end()) return *found;
    return clients.emplace_back(ClientItem{name, {std::string(kMainThread)}, false, false});
}

void convert_clients(const YamlNode& node, Reader& reader, RunModel& run) {
    if (node.poisoned || !reader.kind(node, YamlKind::mapping, "clients")) return;
    for (const YamlMember& member : node.members) {
        if (!is_name(member.key)) {
            reader.diagnostics().add(member.key_place,
                                     in_quotes(member.key) + " is not a name for a client");
            continue;
        }
        ClientItem& item = client(run.clients, member.key);
        item.declared = true;
        if (member.value->kind == YamlKind::null) continue;
        if (!reader.mapping(*member.value, keys_of(MappingKind::client), "a client")) continue;
        if (const YamlNode* caches = member.value->find("caches")) {
            item.caches = reader.boolean(*caches, "caches").value_or(false);
        }
        const YamlNode* threads = member.value->find("threads");
        if (threads == nullptr) continue;
        for (const YamlNode* thread : reader.list(*threads)) {
            const auto name = reader.name(*thread, "threads");
            if (name && item.caches && *name == kCacheThread) {
                reader.diagnostics().add(thread->place,
                                         "a client that caches has a thread 'cache' already",
                                         "give this thread another name");
            }
            if (name && std::ranges::find(item.threads, *name) == item.threads.end()) {
                item.threads.push_back(*name);
            }
        }
    }
}

// Setup sections, and the steps behind them.
void convert_all_steps(const Sections& sections, Reader& reader, Scope& parameters, RunModel& run) {
    for (const NodePtr& node : sections.setups) convert_steps(*node, reader, parameters, run);
    run.setup_end = run.steps.size();
    const std::size_t errors = reader.diagnostics().count();
    if (sections.steps != nullptr) convert_steps(*sections.steps, reader, parameters, run);
    if (sections.programs != nullptr) return convert_programs(sections, reader, parameters, run);
    if (run.steps.size() == run.setup_end && reader.diagnostics().count() == errors) {
        reader.diagnostics().add(sections.steps_key, "the scenario has no steps");
    }
}

}  // namespace

Sections substituted(const Sections& sections, Scope& scope) {
    Sections result = sections;
    for (NodePtr* one :
         {&result.title, &result.description, &result.covers, &result.profile, &result.strict,
          &result.steps, &result.programs, &result.schedule, &result.always, &result.never,
          &result.eventually, &result.deadlock}) {
        substitute_one(*one, scope);
    }
    for (std::vector<NodePtr>* list :
         {&result.switches, &result.volumes, &result.clients, &result.setups}) {
        substitute_all(*list, scope);
    }
    return result;
}

std::size_t size_of(const Sections& sections) {
    std::size_t size = 1;
    for (const std::vector<NodePtr>* list :
         {&sections.switches, &sections.volumes, &sections.clients, &sections.setups}) {
        for (const NodePtr& node : *list) size += node->nodes;
    }
    for (const NodePtr* one : {&sections.steps, &sections.programs, &sections.schedule,
                               &sections.always, &sections.never, &sections.eventually}) {
        if (*one != nullptr) size += (*one)->nodes;
    }
    return size;
}

void convert_steps(const YamlNode& node, Reader& reader, Scope& parameters, RunModel& run,
                   std::string_view actor) {
    if (node.poisoned || node.kind == YamlKind::null) return;
    if (!reader.kind(node, YamlKind::sequence, actor.empty() ? "steps" : actor)) return;
    for (const NodePtr& item : node.items) {
        if (item->kind == YamlKind::sequence) {  // a list of steps from a define
            convert_steps(*item, reader, parameters, run, actor);
            continue;
        }
        if (run.steps.size() >= kMaxSteps) {
            reader.diagnostics().add(
                item->place, "more than " + std::to_string(kMaxSteps) + " steps in one run");
            return;
        }
        run.steps.push_back(convert_step(*item, reader, parameters, actor));
    }
}

RunModel convert_run(const Sections& sections, Scope& parameters, Diagnostics& diagnostics) {
    Reader reader(diagnostics);
    RunModel run;
    if (sections.title != nullptr)
        run.title = reader.text(*sections.title, "scenario").value_or("");
    if (sections.description != nullptr) {
        static_cast<void>(reader.text(*sections.description, "description"));
    }
    if (sections.covers != nullptr) {
        run.covers = reader.texts(*sections.covers, "covers");
        run.cover_places = places_of(*sections.covers, reader);
    }
    if (sections.profile != nullptr) convert_profiles(*sections.profile, reader, run);
    if (sections.strict != nullptr) {
        run.strict = reader.boolean(*sections.strict, "strict").value_or(false);
    }
    for (const NodePtr& node : sections.switches) convert_switches(*node, reader, run);
    run.volume = convert_volume(sections.volumes, reader);
    for (const NodePtr& node : sections.clients) convert_clients(*node, reader, run);
    convert_all_steps(sections, reader, parameters, run);
    convert_statements(sections, reader, run);
    for (const Step& step : run.steps) {
        if (!step.action.client.empty()) client(run.clients, step.action.client);
        if (!step.action.to_client.empty()) client(run.clients, step.action.to_client);
    }
    // A program may do nothing but wait.
    for (const ProgramItem& program : run.programs) {
        if (!program.client.empty()) client(run.clients, program.client);
    }
    return run;
}

}  // namespace oplocksim::scenarios
