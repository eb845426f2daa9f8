#include "scenarios/diagnostic.h"

#include <algorithm>
#include <array>

#include "scenarios/text.h"

namespace oplocksim::scenarios {
namespace {

// A source line is shown around the place, at most this many code points of it.
constexpr std::size_t kShownBefore = 70;
constexpr std::size_t kShownColumns = 110;
// Words longer than this are no slip of the finger.
constexpr std::size_t kLongestWord = 64;

// A part of a source line and the line below it that underlines a range of it.
struct Underlined {
    std::string text;
    std::string marks;
};

Underlined underline(std::string_view line, std::size_t column, std::size_t length) {
    Underlined result;
    const std::size_t last = column + std::max<std::size_t>(length, 1);
    const std::size_t first_shown = column > kShownBefore ? column - kShownBefore : 1;
    if (first_shown > 1) {
        result.text = "...";
        result.marks = "   ";
    }
    std::size_t at = 1;
    std::size_t i = 0;
    for (; i < line.size(); ++at) {
        const std::size_t bytes = std::min(code_point_length(line, i), line.size() - i);
        const std::string_view one = line.substr(i, bytes);
        i += bytes;
        if (at < first_shown) continue;
        if (at >= first_shown + kShownColumns) {
            result.text += "...";
            break;
        }
        const std::string shown = one == "\t" ? "\t" : escaped(one);
        result.text += shown;
        if (at < column) {
            result.marks += one == "\t" ? "\t" : std::string(code_points(shown), ' ');
        } else if (at < last) {
            result.marks += std::string(code_points(shown), at == column ? '^' : '~');
            if (at == column && code_points(shown) > 1) {
                std::fill(result.marks.end() - static_cast<std::ptrdiff_t>(code_points(shown)) + 1,
                          result.marks.end(), '~');
            }
        }
    }
    if (i >= line.size() && at <= column) result.marks += std::string(column - at, ' ') + "^";
    return result;
}

// Edit distance with transpositions of neighbours (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::array<std::array<std::size_t, kLongestWord + 1>, 3> rows{};
    for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto& row = rows[i % 3];
        const auto& above = rows[(i - 1) % 3];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = a[i - 1] == b[j - 1];
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0u : 1u)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], rows[(i - 2) % 3][j - 2] + 1);
            }
        }
    }
    return rows[a.size() % 3][b.size()];
}

}  // namespace

std::string render(const Diagnostic& diagnostic) {
    const Position& position = diagnostic.position;
    std::string text = escaped(diagnostic.path);
    if (position.line != 0) {
        text += ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
    }
    text += diagnostic.severity == Severity::warning ? ": warning: " : ": error: ";
    text += escaped(diagnostic.message) + "\n";
    if (position.line != 0 && !diagnostic.source_line.empty()) {
        const Underlined shown =
            underline(diagnostic.source_line, position.column, position.length);
        std::string number = std::to_string(position.line);
        number.insert(0, number.size() < 5 ? 5 - number.size() : 0, ' ');
        text += number + " | " + shown.text + "\n";
        text += std::string(number.size(), ' ') + " | " + shown.marks + "\n";
    }
    if (!diagnostic.hint.empty()) text += "   = " + escaped(diagnostic.hint) + "\n";
    return text;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
    if (word.empty() || word.size() > kLongestWord) return {};
    const std::string folded = lower(word);
    std::string_view best;
    std::size_t best_distance = kLongestWord;
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > kLongestWord) continue;
        const std::size_t edits = distance(folded, lower(candidate));
        const std::size_t allowed =
            std::max<std::size_t>(1, std::max(word.size(), candidate.size()) / 3);
        if (edits > allowed || edits >= word.size() || edits >= best_distance) continue;
        best = candidate;
        best_distance = edits;
    }
    return best;
}

}  // namespace oplocksim::scenarios
