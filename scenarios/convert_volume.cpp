#include <algorithm>
#include <map>
#include <utility>

#include "scenarios/convert.h"
#include "scenarios/text.h"
#include "sim/kernel.h"

namespace oplocksim::scenarios {
namespace {

// Puts entries on an imaginary volume, in order.
class VolumeBuilder {
 public:
    explicit VolumeBuilder(Reader& reader) : reader_(reader) {}

    void declare(const YamlNode& node);
    void add(const YamlNode& node);
    [[nodiscard]] std::vector<VolumeItem> take() { return std::move(items_); }

 private:
    struct Known {
        std::size_t item = 0;
        Place place;
        bool implicit = false;  // a parent that was made as needed
    };

    static std::string normal(std::string_view path) {
        std::string folded = lower(path);
        if (!folded.starts_with('\\')) folded.insert(folded.begin(), '\\');
        return folded;
    }
    static std::string parent_of(const std::string& path) {
        const auto slash = path.rfind('\\');
        return path.substr(0, slash == std::string::npos ? 0 : slash);
    }

    bool make_parents(const std::string& path, const Place& place);
    bool put(VolumeItem item, const Place& place, bool implicit);
    void add_streams(const YamlNode& node, const std::string& file);
    void add_links(const YamlNode& node, const std::string& file);
    void read_sizes(const YamlNode& node, VolumeItem& item);
    void check_short_name(const VolumeItem& item, const Place& place);

    Reader& reader_;
    std::vector<VolumeItem> items_;
    std::map<std::string, Known> known_;               // by folded path
    std::map<std::string, std::string> short_names_;   // folded path of a short name -> path
    std::map<std::string, const YamlNode*> declared_;  // directories with an entry of their own
};

void VolumeBuilder::declare(const YamlNode& node) {
    if (node.kind != YamlKind::mapping) return;
    const YamlNode* directory = node.find("directory");
    if (directory != nullptr && directory->kind == YamlKind::scalar) {
        declared_.emplace(normal(directory->text), &node);
    }
}

bool VolumeBuilder::put(VolumeItem item, const Place& place, bool implicit) {
    const std::string key = normal(item.path);
    if (key == "\\") {
        reader_.diagnostics().add(place, "the root directory exists already");
        return false;
    }
    const auto known = known_.find(key);
    if (known != known_.end()) {
        if (known->second.implicit && item.directory) return true;
        reader_.diagnostics().add(place, in_quotes(item.path) + " is on the volume already",
                                  "it was first given at line " +
                                      std::to_string(known->second.place.position.line) +
                                      "; names compare without regard to case");
        return false;
    }
    check_short_name(item, place);
    known_.emplace(key, Known{items_.size(), place, implicit});
    items_.push_back(std::move(item));
    return true;
}

void VolumeBuilder::check_short_name(const VolumeItem& item, const Place& place) {
    if (item.short_name.empty()) return;
    const std::string key = parent_of(normal(item.path)) + "\\" + lower(item.short_name);
    const auto [other, added] = short_names_.emplace(key, item.path);
    if (!added || (known_.contains(key) && key != normal(item.path))) {
        reader_.diagnostics().add(
            place, "the short name " + in_quotes(item.short_name) + " is taken in its directory");
    }
}

bool VolumeBuilder::make_parents(const std::string& path, const Place& place) {
    const std::string folded = normal(path);
    std::vector<std::size_t> ends;
    for (std::size_t at = folded.find('\\', 1); at != std::string::npos;
         at = folded.find('\\', at + 1)) {
        ends.push_back(at);
    }
    const std::size_t shift = path.starts_with('\\') ? 0 : 1;
    for (const std::size_t end : ends) {
        const auto known = known_.find(folded.substr(0, end));
        if (known != known_.end()) {
            if (items_[known->second.item].directory) continue;
            reader_.diagnostics().add(place, in_quotes(path) + " cannot exist: " +
                                                 in_quotes(items_[known->second.item].path) +
                                                 " is a file");
            return false;
        }
        VolumeItem parent;
        parent.directory = true;
        parent.path = path.substr(0, end - shift);
        if (const auto own = declared_.find(folded.substr(0, end)); own != declared_.end()) {
            if (const YamlNode* node = own->second->find("attributes")) {
                parent.attributes = reader_.mask(ConstantKind::attribute, *node).value_or(0);
            }
            if (const YamlNode* node = own->second->find("short_name")) {
                parent.short_name = reader_.text(*node, "short_name").value_or("");
            }
        }
        if (!put(std::move(parent), place, true)) return false;
    }
    return true;
}

void VolumeBuilder::read_sizes(const YamlNode& node, VolumeItem& item) {
    item.size = sim::kClusterSize;
    if (const YamlNode* size = node.find("size")) {
        item.size = reader_.number(*size, "size", sim::kMaxFileSize).value_or(0);
    }
    const YamlNode* allocation = node.find("allocation");
    if (allocation == nullptr) return;
    item.allocation_size =
        reader_.number(*allocation, "allocation", sim::kMaxFileSize).value_or(item.size);
    if (item.allocation_size < item.size) {
        reader_.diagnostics().add(allocation->place, "the allocation is smaller than the size");
    }
}

void VolumeBuilder::add_streams(const YamlNode& node, const std::string& file) {
    for (const YamlNode* entry : reader_.list(node)) {
        VolumeItem item;
        item.size = sim::kClusterSize;
        const YamlNode* name = entry;
        if (entry->kind == YamlKind::mapping) {
            if (!reader_.mapping(*entry, keys_of(MappingKind::stream), "a stream")) continue;
            name = entry->find("name");
            read_sizes(*entry, item);
        }
        const auto text = reader_.text(*name, "streams");
        if (!text) continue;
        if (text->empty() || text->find_first_of("\\:") != std::string::npos) {
            reader_.diagnostics().add(name->place,
                                      in_quotes(*text) + " is not the name of a stream");
            continue;
        }
        item.path = file + ":" + *text;
        static_cast<void>(put(std::move(item), name->place, false));
    }
}

void VolumeBuilder::add_links(const YamlNode& node, const std::string& file) {
    for (const YamlNode* entry : reader_.list(node)) {
        const auto path = reader_.path(*entry, "links");
        if (!path) continue;
        if (path->find(':') != std::string::npos) {
            reader_.diagnostics().add(entry->place, "a hard link cannot name a stream");
            continue;
        }
        VolumeItem item;
        item.path = *path;
        item.link_to = file;
        if (!make_parents(*path, entry->place)) continue;
        static_cast<void>(put(std::move(item), entry->place, false));
    }
}

void VolumeBuilder::add(const YamlNode& node) {
    const std::size_t before = reader_.diagnostics().count();
    if (!reader_.mapping(node, keys_of(MappingKind::volume_entry), "a volume entry")) return;
    const YamlNode* file = node.find("file");
    const YamlNode* directory = node.find("directory");
    if ((file == nullptr) == (directory == nullptr)) {
        if (file == nullptr && reader_.diagnostics().count() > before) return;  // it is misspelt
        reader_.diagnostics().add(node.place, "a volume entry needs either 'file' or 'directory'");
        return;
    }
    const YamlNode& named = file != nullptr ? *file : *directory;
    const auto path = reader_.path(named, file != nullptr ? "file" : "directory");
    if (!path) return;
    if (path->find(':') != std::string::npos) {
        reader_.diagnostics().add(named.place, "a stream is given with its file",
                                  "write 'streams: [name]' beside 'file'");
        return;
    }
    VolumeItem item;
    item.path = *path;
    item.directory = directory != nullptr;
    if (const YamlNode* attributes = node.find("attributes")) {
        item.attributes = reader_.mask(ConstantKind::attribute, *attributes).value_or(0);
    }
    if (const YamlNode* name = node.find("short_name")) {
        item.short_name = reader_.text(*name, "short_name").value_or("");
        if (item.short_name.empty() || item.short_name.find_first_of("\\:") != std::string::npos) {
            reader_.wrong(*name, "short_name", "a name");
        }
    }
    for (const YamlMember& member : node.members) {
        const bool only_files = member.key == "size" || member.key == "allocation" ||
                                member.key == "streams" || member.key == "links";
        if (directory != nullptr && only_files && (member.key != "streams")) {
            reader_.diagnostics().add(member.key_place,
                                      "a directory has no " + in_quotes(member.key));
        }
    }
    if (file != nullptr) read_sizes(node, item);
    if (!make_parents(*path, named.place) || !put(item, named.place, false)) return;
    if (const YamlNode* streams = node.find("streams")) add_streams(*streams, *path);
    if (const YamlNode* links = node.find("links"); links != nullptr && file != nullptr) {
        add_links(*links, *path);
    }
}

}  // namespace

std::vector<VolumeItem> convert_volume(const std::vector<NodePtr>& lists, Reader& reader) {
    VolumeBuilder builder(reader);
    std::vector<const YamlNode*> entries;
    for (const NodePtr& list : lists) {
        if (list->poisoned || !reader.kind(*list, YamlKind::sequence, "volume")) continue;
        for (const NodePtr& entry : list->items) entries.push_back(entry.get());
    }
    for (const YamlNode* entry : entries) builder.declare(*entry);
    for (const YamlNode* entry : entries) builder.add(*entry);
    return builder.take();
}

}  // namespace oplocksim::scenarios
