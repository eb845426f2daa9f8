// A YAML file as a tree of values that know where they stand in the file.
//
// The tree is immutable and shares what aliases share: an alias is the same node as its anchor.
// Everything that a hostile file could do is bounded: size, nesting, and the number of nodes that
// the tree would have if aliases were copied (it is counted, never built). Bytes that are not
// UTF-8, control characters, tags, complex keys, duplicate keys and further documents are errors.
// A merge key, `<<: *name` or `<<: [*a, *b]`, adds the members that the mapping does not have.
//
// yaml-cpp is used in yaml_document.cpp and nowhere else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/diagnostic.h"

namespace oplocksim::scenarios {

inline constexpr std::size_t kMaxFileBytes = 1u << 20;
inline constexpr std::uint32_t kMaxNesting = 32;
inline constexpr std::uint32_t kMaxNodes = 200'000;

// A position in one of several files (a scenario and what it includes).
struct Place {
    std::uint32_t file = 0;
    Position position;
    bool operator==(const Place&) const = default;
};

// A file's text by lines, for diagnostics. CR LF has become LF; a byte order mark is gone.
class SourceText {
 public:
    SourceText(std::string path, std::string text);

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const std::string& text() const { return text_; }
    // Without the line end; empty beyond the last line. Lines count from 1.
    [[nodiscard]] std::string_view line(std::uint32_t number) const;
    // The position of a byte.
    [[nodiscard]] Position position_of(std::size_t offset, std::uint32_t length = 1) const;

 private:
    std::string path_;
    std::string text_;
    std::vector<std::size_t> line_starts_;
};

enum class YamlKind : std::uint8_t { null, scalar, sequence, mapping };

struct YamlNode;
using NodePtr = std::shared_ptr<const YamlNode>;

struct YamlMember {
    std::string key;
    bool key_quoted = false;
    Place key_place;
    NodePtr value;  // never null
};

struct YamlNode {
    YamlKind kind = YamlKind::null;
    bool quoted = false;        // scalar: in quotes or a block; then it is text, whatever it says
    bool placeholders = false;  // somewhere below there is "${"
    bool poisoned = false;      // an error was reported for it already: say no more
    bool substituted = false;   // a copy in which placeholders were replaced
    std::uint32_t nodes = 1;    // of the tree with aliases copied; at most kMaxNodes
    Place place;
    std::string text;                 // scalar
    std::vector<NodePtr> items;       // sequence
    std::vector<YamlMember> members;  // mapping, in the order of the file

    // The value of a key, or null.
    [[nodiscard]] const YamlNode* find(std::string_view key) const;
};

// The word for a kind of value in messages: "a list", "text", ...
[[nodiscard]] std::string_view describe(YamlKind kind);

struct YamlResult {
    NodePtr root;  // null if there are diagnostics
    std::vector<Diagnostic> diagnostics;
};

// Parses one document. `file` becomes Place::file. An empty document is an error.
[[nodiscard]] YamlResult parse_yaml(const SourceText& source, std::uint32_t file);

}  // namespace oplocksim::scenarios
