// The scenarios that ship with the program, built into it.
#pragma once

#include <span>
#include <string_view>

namespace oplocksim::scenarios {

struct CorpusFile {
    std::string_view path;  // below the corpus root, with '/': "breaking/no-timeout.yaml"
    std::string_view text;
};

// Every file, sorted by path; those that are only for `include` among them.
[[nodiscard]] std::span<const CorpusFile> corpus_files();

// Whether a file is no scenario of its own but only for `include`: its name begins with '_'.
[[nodiscard]] constexpr bool is_include_only(std::string_view path) {
    const auto slash = path.find_last_of("/\\");
    return path.substr(slash == std::string_view::npos ? 0 : slash + 1).starts_with('_');
}

}  // namespace oplocksim::scenarios
