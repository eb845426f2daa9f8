// The scenario files that a command line names: on disk, or shipped inside the program.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/runner.h"

namespace oplocksim::tools {

// A file that was found. Its text is read when it is needed.
struct InputFile {
    std::string path;
    bool shipped = false;   // of the built-in corpus
};

// The files that `paths` name: files as they are, folders recursively (*.yaml and *.yml but those
// that are only for `include`; symbolic links to folders are not followed), sorted by path within
// each, once each. A path that does not
// exist on disk but is a file or a folder of the shipped corpus names that. No paths: the shipped
// corpus.
struct FoundFiles {
    std::vector<InputFile> files;
    std::string error;      // one sentence; then `files` is empty
};
[[nodiscard]] FoundFiles find_files(const std::vector<std::string>& paths);

// Keeps the files whose path contains one of the filters, reading '.' and '/' as the same.
void keep_matching(std::vector<InputFile>& files, const std::vector<std::string>& filters);

// The text of a file and the way to what it includes; the error is one sentence.
struct FileText {
    std::optional<std::string> text;
    std::string error;
};
[[nodiscard]] FileText read_text(const InputFile& file);
[[nodiscard]] scenarios::LoadResult load(const InputFile& file, std::string text);

}  // namespace oplocksim::tools
