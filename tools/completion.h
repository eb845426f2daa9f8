// Completion of command lines in bash, zsh and fish.
//
// The scripts hold no list of anything: they ask the program ("oplocksim completion candidates --
// WORD..."), which knows its verbs, options and values. So a script that was installed long ago
// offers what the program of today takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/command_description.h"

namespace oplocksim::tools {

// One way to go on: the whole word, and what it is.
struct Candidate {
    std::string word;   // one that ends in '=' is not finished
    std::string help;

    bool operator==(const Candidate&) const = default;
};

struct Candidates {
    std::vector<Candidate> words;
    // A path is wanted, behind this part of the word ("json="); then `words` is empty.
    std::optional<std::string> path_after;

    bool operator==(const Candidates&) const = default;
};

// What may stand for the last of `words`: those after the program's name, the last one as far as
// it has been typed.
[[nodiscard]] Candidates candidates(const CommandDescription& command,
                                    const std::vector<std::string>& words);

// The values that an option or argument with this value name can have: of "PROFILE", the profiles.
// `help` is asked for the formats of a report. Empty: any text. A test knows the names that mean any
// text, and fails when an option has a name that is neither there nor here.
[[nodiscard]] std::vector<Candidate> values_of(std::string_view value_name,
                                               std::string_view help);
[[nodiscard]] bool is_path_name(std::string_view value_name);

// "words" or "files PREFIX", then a line for each candidate: the word, a tab, its help.
[[nodiscard]] std::string candidates_text(const Candidates& found);

// The script for a shell, or nothing if there is none for it.
[[nodiscard]] std::optional<std::string_view> completion_script(std::string_view shell);
[[nodiscard]] std::vector<std::string_view> completion_shells();

}  // namespace oplocksim::tools
