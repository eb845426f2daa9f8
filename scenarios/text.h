// Small helpers for user text: UTF-8, escaping, case folding. ASCII is folded, nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oplocksim::scenarios {

// What is wrong with a text as UTF-8, and at which byte.
struct EncodingProblem {
    std::size_t offset = 0;
    std::string message;
};

// The first thing in `text` that a scenario file may not contain: bytes that are not UTF-8,
// surrogates, NUL and other control characters but tab, line feed and CR LF.
[[nodiscard]] std::optional<EncodingProblem> encoding_problem(std::string_view text);

// The length in bytes of the code point that begins at `offset` of a valid UTF-8 text.
[[nodiscard]] std::size_t code_point_length(std::string_view text, std::size_t offset);

// How many code points a valid UTF-8 text has.
[[nodiscard]] std::size_t code_points(std::string_view text);

// The text with control characters and direction overrides shown as \n, \t, \x1B or \u{202E}, so
// that it cannot move the cursor of a terminal. Bytes that are not UTF-8 are shown as \xFF.
[[nodiscard]] std::string escaped(std::string_view text);

// The text in single quotes, escaped, and cut to about 60 code points: for messages.
[[nodiscard]] std::string in_quotes(std::string_view text);

[[nodiscard]] std::string upper(std::string_view text);
[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

// "a, b, c".
[[nodiscard]] std::string joined(const std::vector<std::string>& parts, std::string_view between);

// "0x1F".
[[nodiscard]] std::string hexadecimal(std::uint64_t value);

}  // namespace oplocksim::scenarios
