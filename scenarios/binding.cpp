#include "scenarios/binding.h"

#include "engine/assert.h"

namespace oplocksim::scenarios {

Binding::Binding(const RunModel& model) {
    const auto names = std::make_shared<sim::Names>();
    names_ = names;
    for (const VolumeItem& item : model.volume) add_item(item, *names);
    for (const Step& step : model.steps) {
        intern(step.action, *names);
        if (!step.action.data) continue;
        data_.push_back(*step.action.data);
        data_of_[&step] = static_cast<std::uint32_t>(data_.size());
    }
    for (const ClientItem& client : model.clients) {
        intern_name(client.name, *names);
        if (client.caches) intern_name(std::string(kCacheThread), *names);
        for (const std::string& thread : client.threads) intern_name(thread, *names);
    }
}

sim::PathId Binding::path(const std::string& text, sim::Names& names) {
    const auto id = names.intern_path(text);
    OPLOCKSIM_ASSERT(id.has_value(), "a path that was not validated");
    return paths_[text] = *id;
}

void Binding::intern_name(const std::string& text, sim::Names& names) {
    name_ids_[text] = names.intern(text);
}

void Binding::add_item(const VolumeItem& item, sim::Names& names) {
    if (!item.short_name.empty()) intern_name(item.short_name, names);
    const sim::PathId id = path(item.path, names);
    if (!item.link_to.empty()) {
        links_.emplace_back(path(item.link_to, names), id);
        return;
    }
    sim::VolumeEntry entry;
    entry.path = id;
    entry.directory = item.directory;
    entry.attributes = item.attributes;
    entry.size = item.size;
    entry.allocation_size = item.allocation_size;
    if (!item.short_name.empty()) entry.short_name = name(item.short_name);
    volume_.push_back(entry);
}

void Binding::intern(const Action& action, sim::Names& names) {
    for (const std::string* key : {&action.target_key, &action.parent_key}) {
        if (key->empty()) continue;
        keys_.try_emplace(*key, engine::OplockKey{static_cast<std::uint32_t>(keys_.size() + 1)});
    }
    if (!action.short_name.empty()) intern_name(action.short_name, names);
    if (!action.path.empty()) path(action.path, names);
}

sim::Request Binding::request_of(const Step& step) const {
    const Action& action = step.action;
    sim::Request request = action.request;
    if (!action.path.empty()) request.path = paths_.at(action.path);
    if (!action.target_key.empty()) request.target_key = keys_.at(action.target_key);
    if (!action.parent_key.empty()) request.parent_key = keys_.at(action.parent_key);
    if (!action.short_name.empty()) request.name = name_ids_.at(action.short_name);
    if (const auto data = data_of_.find(&step); data != data_of_.end()) {
        request.data = data->second;
    }
    return request;
}

engine::Semantics semantics_of(const RunModel& model, engine::Profile profile,
                               const std::vector<std::pair<std::string, std::string>>& given) {
    engine::Semantics semantics = engine::semantics_of(profile);
    for (const auto* list : {&given, &model.switches}) {
        for (const auto& [name, value] : *list) {
            const bool known = engine::set_switch(semantics, name, value);
            OPLOCKSIM_ASSERT(known, "a switch value that was not validated");
        }
    }
    return semantics;
}

}  // namespace oplocksim::scenarios
