// The names of a run given their meaning in the simulator: paths, oplock keys, clients and bytes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/semantics.h"
#include "scenarios/model.h"
#include "sim/kernel.h"
#include "sim/names.h"
#include "sim/request.h"

namespace oplocksim::scenarios {

// Everything of a run that is interned before it; afterwards nothing here changes.
class Binding {
 public:
    // `model` must outlive this.
    explicit Binding(const RunModel& model);

    [[nodiscard]] const std::shared_ptr<const sim::Names>& names() const { return names_; }
    [[nodiscard]] const std::vector<sim::VolumeEntry>& volume() const { return volume_; }
    // Hard links: existing file, new name.
    [[nodiscard]] const std::vector<std::pair<sim::PathId, sim::PathId>>& links() const {
        return links_;
    }
    // What Request::data indexes.
    [[nodiscard]] const std::vector<std::string>& data() const { return data_; }
    [[nodiscard]] sim::NameId name(const std::string& text) const { return name_ids_.at(text); }

    // The request of a step with its path, keys, name and data; not its handle, section or
    // target process.
    [[nodiscard]] sim::Request request_of(const Step& step) const;

 private:
    void intern(const Action& action, sim::Names& names);
    void add_item(const VolumeItem& item, sim::Names& names);
    sim::PathId path(const std::string& text, sim::Names& names);
    void intern_name(const std::string& text, sim::Names& names);

    std::shared_ptr<const sim::Names> names_;
    std::vector<sim::VolumeEntry> volume_;
    std::vector<std::pair<sim::PathId, sim::PathId>> links_;
    std::vector<std::string> data_;
    std::map<std::string, sim::NameId> name_ids_;   // of clients, threads and short names
    std::map<std::string, sim::PathId> paths_;
    std::map<std::string, engine::OplockKey> keys_;
    std::map<const Step*, std::uint32_t> data_of_;
};

// What the switches of a profile, of the command line and of the scenario come to.
[[nodiscard]] engine::Semantics semantics_of(
    const RunModel& model, engine::Profile profile,
    const std::vector<std::pair<std::string, std::string>>& given);

}  // namespace oplocksim::scenarios
