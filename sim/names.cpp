#include "sim/names.h"

#include <algorithm>

namespace oplocksim::sim {
namespace {

// [MS-FSCC] 2.1.5: a component has at most 255 characters, a path 32,760.
constexpr std::size_t kMaxComponentLength = 255;
constexpr std::size_t kMaxPathLength = 32'760;

// ASCII folding only: a locale would make a run depend on the machine.
char folded(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string folded(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](char c) { return folded(c); });
    return result;
}

// [MS-FSCC] 2.1.5: not in a file name. The separators are handled by the caller.
bool is_forbidden(char c) {
    constexpr std::string_view kForbidden = "\"*/:<>?|\\";
    return static_cast<unsigned char>(c) < 0x20 || kForbidden.find(c) != std::string_view::npos;
}

// The last component, taken apart: "name", "name:stream", "name:stream:$DATA", "name::$DATA".
struct Parts {
    std::string_view name;
    std::string_view stream;
    std::string_view type;
    bool names_stream = false;
    bool names_type = false;
};

Parts split_component(std::string_view component) {
    Parts parts;
    const std::size_t colon = component.find(':');
    parts.name = component.substr(0, colon);
    if (colon == std::string_view::npos) return parts;
    parts.names_stream = true;
    const std::string_view rest = component.substr(colon + 1);
    const std::size_t second = rest.find(':');
    parts.stream = rest.substr(0, second);
    if (second == std::string_view::npos) return parts;
    parts.names_type = true;
    parts.type = rest.substr(second + 1);
    return parts;
}

std::optional<std::string> name_problem(std::string_view name, std::string_view what) {
    if (name.size() > kMaxComponentLength) {
        return std::string(what) + " is longer than 255 characters";
    }
    const auto bad = std::find_if(name.begin(), name.end(), is_forbidden);
    if (bad == name.end()) return std::nullopt;
    if (static_cast<unsigned char>(*bad) < 0x20) {
        return std::string(what) + " contains a control character";
    }
    return std::string(what) + " contains '" + *bad + "'";
}

std::optional<std::string> component_problem(std::string_view component, bool last,
                                             bool may_be_empty) {
    const Parts parts = split_component(component);
    if (parts.names_stream && !last) return "only the last component can name a stream";
    if (parts.name.empty() && !may_be_empty) return "a component is empty";
    if (parts.name == "." || parts.name == "..") return "'.' and '..' are not names";
    if (auto problem = name_problem(parts.name, "a component")) return problem;
    if (!parts.names_stream) return std::nullopt;
    if (auto problem = name_problem(parts.stream, "the stream name")) return problem;
    if (parts.names_type && folded(parts.type) != "$DATA") {
        return "the stream type is not $DATA";
    }
    // [MS-FSA] 2.1.5.1, phase 5: a component does not end in a colon.
    if (parts.stream.empty() && !parts.names_type) return "the path ends in a colon";
    return std::nullopt;
}

// The path without its optional leading backslash.
std::string_view relative(std::string_view path) {
    return path.starts_with('\\') ? path.substr(1) : path;
}

}  // namespace

Names::Names() : texts_(1) { name_ids_.emplace("", 0); }

NameId Names::intern(std::string_view name) {
    const auto [entry, added] =
        name_ids_.emplace(folded(name), static_cast<std::uint32_t>(texts_.size()));
    if (added) texts_.emplace_back(name);
    return NameId{entry->second};
}

std::optional<PathId> Names::intern_path(std::string_view path) {
    const auto known = path_ids_.find(std::string(path));
    if (known != path_ids_.end()) return PathId{known->second};
    if (path_problem(path)) return std::nullopt;
    Path parsed;
    parsed.text = std::string(path);
    std::string_view rest = relative(path);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\\');
        const Parts parts = split_component(rest.substr(0, end));
        if (!parts.name.empty()) parsed.components.push_back(intern(parts.name));
        parsed.names_stream = parts.names_stream;
        parsed.stream = intern(parts.stream);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    paths_.push_back(std::move(parsed));
    const auto id = static_cast<std::uint32_t>(paths_.size());
    path_ids_.emplace(std::string(path), id);
    return PathId{id};
}

std::optional<std::string> Names::path_problem(std::string_view path) {
    if (path.empty()) return "the path is empty";
    if (path.size() > kMaxPathLength) return "the path is longer than 32,760 characters";
    std::string_view rest = relative(path);
    if (rest.empty()) return std::nullopt;  // the root directory
    for (bool first = true;; first = false) {
        const std::size_t end = rest.find('\\');
        const bool last = end == std::string_view::npos;
        // "\:stream" is a stream of the root directory.
        const bool may_be_empty = first && last && rest.starts_with(':');
        if (auto problem = component_problem(rest.substr(0, end), last, may_be_empty)) {
            return problem;
        }
        if (last) return std::nullopt;
        rest = rest.substr(end + 1);
    }
}

}  // namespace oplocksim::sim
