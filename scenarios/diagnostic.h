// An error in a user's file: where, what, and what was probably meant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oplocksim::scenarios {

// A place in a source file. Lines and columns count from 1; columns count Unicode code points.
struct Position {
    std::uint32_t line = 0;  // 0: the file as a whole
    std::uint32_t column = 0;
    std::uint32_t length = 0;  // code points to underline; 0: unknown
    bool operator==(const Position&) const = default;
};

// A warning leaves a file valid.
enum class Severity : std::uint8_t { error, warning };

// One error or warning. Rendered as
//
//   path:12:18: error: unknown key 'acess' of create
//      12 |   - A.create: {as: a, acess: [R]}
//         |                       ^~~~~
//      = did you mean 'access'?
struct Diagnostic {
    std::string path;
    Position position;
    std::string message;
    std::string hint;         // may be empty
    std::string source_line;  // the line's text, tabs kept; may be empty
    Severity severity = Severity::error;
};

// The rendering above, with a trailing newline. Control characters in user text are shown escaped.
[[nodiscard]] std::string render(const Diagnostic& diagnostic);

// The candidate nearest to `word`, if one is near enough to be what was meant.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& candidates);

}  // namespace oplocksim::scenarios
