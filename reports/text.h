// Text for people: width and wrapping. Escaping is scenarios::escaped.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace oplocksim::reports {

// The next code point of `text` at `at`, which it moves past. Bytes that are not UTF-8 come back
// one at a time with `valid` false and `value` the byte.
struct CodePoint {
    char32_t value = 0;
    bool valid = true;
};
// Requires: at < text.size().
[[nodiscard]] CodePoint next_code_point(std::string_view text, std::size_t& at);

// Columns that `text` takes on a terminal: code points, without combining marks; wide East Asian
// characters count two.
[[nodiscard]] std::size_t columns(std::string_view text);

// The lines of `text`, each at most `width` columns: broken at spaces, and inside a word only if
// the word alone is too wide. Newlines in `text` are kept. At least one line.
// Requires: width >= 1. `text` has no control characters but newlines.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

// `text` filled up with spaces to `width` columns.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);

// "1 run", "12 runs".
[[nodiscard]] std::string counted(std::size_t number, std::string_view noun);

// A JSON document with the characters that reorder or hide text written as \u escapes, so that
// readers of the raw text are not deceived either. Requires: valid JSON, in which they can stand in
// strings only.
[[nodiscard]] std::string undeceptive_json(std::string_view json);

// A paragraph of at most `width` columns (if the label leaves 40 of them), whose lines after the first
// stand below the first one's text; each ends with a newline. Controls are escaped.
[[nodiscard]] std::string hanging(std::string_view label, std::string_view text,
                                  std::size_t width);

}  // namespace oplocksim::reports
