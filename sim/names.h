// Names and paths, interned once before a run and immutable during it.
//
// File names compare without regard to case (ASCII folding; other characters compare exactly).
// A Names table is shared by all copies of a world, so forking a world does not copy strings.
//
// Path syntax: components separated by backslashes, a leading backslash optional; the last
// component may carry a stream, "\dir\file.txt:stream", with an optional ":$DATA" type.
// "\" alone is the root directory.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace oplocksim::sim {

// A folded file or stream name; two spellings that differ in case only have one NameId.
// Zero is the empty name (the unnamed data stream).
struct NameId {
    std::uint32_t value = 0;
    auto operator<=>(const NameId&) const = default;
};
// An interned path. Zero is "no path".
struct PathId {
    std::uint32_t value = 0;
    [[nodiscard]] explicit operator bool() const { return value != 0; }
    auto operator<=>(const PathId&) const = default;
};

// A parsed path. `components` is empty for the root directory.
struct Path {
    std::string text;                 // as it was written
    std::vector<NameId> components;
    NameId stream;                    // zero: the unnamed stream
    bool names_stream = false;        // a ":" was written
};

class Names {
 public:
    Names();

    // The id of a file name, added if new. The first spelling is the one shown.
    NameId intern(std::string_view name);
    // The id of a path, added if new; nothing if its syntax is wrong (see path_problem).
    std::optional<PathId> intern_path(std::string_view path);

    [[nodiscard]] std::string_view text(NameId name) const { return texts_[name.value]; }
    // Requires: `path` is not zero.
    [[nodiscard]] const Path& path(PathId path) const { return paths_[path.value - 1]; }

    // What is wrong with the syntax of a path, or nothing.
    [[nodiscard]] static std::optional<std::string> path_problem(std::string_view path);

 private:
    std::vector<std::string> texts_;
    std::vector<Path> paths_;
    std::unordered_map<std::string, std::uint32_t> name_ids_;  // looked up, never iterated
    std::unordered_map<std::string, std::uint32_t> path_ids_;
};

}  // namespace oplocksim::sim
