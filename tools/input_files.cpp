#include "tools/input_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "scenarios/corpus.h"
#include "scenarios/text.h"
#include "scenarios/yaml_document.h"

namespace oplocksim::tools {
namespace {

namespace fs = std::filesystem;

std::string cannot(std::string_view what, const std::string& path, const std::string& reason) {
    return "cannot " + std::string(what) + " " + scenarios::in_quotes(path) + ": " + reason;
}

bool is_scenario_name(const fs::path& path) {
    const bool yaml = path.extension() == ".yaml" || path.extension() == ".yml";
    return yaml && !scenarios::is_include_only(path.string());
}

const scenarios::CorpusFile* find_shipped(std::string_view path) {
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        if (file.path == path) return &file;
    }
    return nullptr;
}

// Every shipped file that is `path`, `path`.yaml, or in the folder `path`.
std::vector<InputFile> shipped_files(std::string_view path) {
    while (path.ends_with('/')) path.remove_suffix(1);
    std::vector<InputFile> files;
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        const std::string_view name(file.path);
        const bool below = name.starts_with(path) &&
                           (path.empty() || name.size() == path.size() ||
                            name[path.size()] == '/' || name.substr(path.size()) == ".yaml");
        const bool asked_for = name == path || !scenarios::is_include_only(name);
        if (below && asked_for) files.push_back({std::string(name), true});
    }
    return files;
}

// Adds the scenario files below a folder. Returns one sentence if something cannot be read.
std::string add_folder(std::vector<InputFile>& files, const std::string& folder) {
    std::error_code error;
    std::vector<std::string> found;
    fs::recursive_directory_iterator entry(folder, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        const bool regular = entry->is_regular_file(error);
        if (error) break;
        if (regular && is_scenario_name(entry->path())) found.push_back(entry->path().string());
    }
    if (error) return cannot("read the folder", folder, error.message());
    std::ranges::sort(found);
    for (std::string& path : found) files.push_back({std::move(path), false});
    return {};
}

std::string add_path(std::vector<InputFile>& files, const std::string& path) {
    if (path.empty()) return "an empty path";
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        const int reason = errno;
        const auto shipped = shipped_files(path);
        files.insert(files.end(), shipped.begin(), shipped.end());
        return shipped.empty() ? cannot("read", path, std::strerror(reason)) : std::string();
    }
    if (S_ISDIR(status.st_mode)) {
        const std::size_t before = files.size();
        const std::string error = add_folder(files, path);
        if (!error.empty() || files.size() > before) return error;
        return "no scenario file (*.yaml) in the folder " + scenarios::in_quotes(path);
    }
    if (!S_ISREG(status.st_mode)) return scenarios::in_quotes(path) + " is not a regular file";
    files.push_back({path, false});
    return {};
}

// The text of a file on disk, of which no more than the limit is ever read: one byte more, and
// the loader says that it is too large.
scenarios::ReadResult read_disk(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return {std::nullopt, std::strerror(errno)};
    std::string text;
    std::array<char, 64 * 1024> piece{};
    int error = 0;
    while (text.size() <= scenarios::kMaxFileBytes) {
        const ssize_t got = ::read(descriptor, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) error = errno;
        if (got <= 0) break;
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    ::close(descriptor);
    if (error != 0) return {std::nullopt, std::strerror(error)};
    return {std::move(text)};
}

// A path as filters see it: '.' and '/' are the same, and the extension is not part of it.
std::string filter_form(std::string_view path) {
    if (path.ends_with(".yaml")) path.remove_suffix(5);
    std::string form(path);
    std::ranges::replace(form, '.', '/');
    return form;
}

}  // namespace

FoundFiles find_files(const std::vector<std::string>& paths) {
    FoundFiles found;
    if (paths.empty()) found.files = shipped_files("");
    for (const std::string& path : paths) {
        found.error = add_path(found.files, path);
        if (!found.error.empty()) return {{}, found.error};
    }
    std::vector<InputFile> once;
    for (InputFile& file : found.files) {
        if (std::ranges::find(once, file.path, &InputFile::path) == once.end()) {
            once.push_back(std::move(file));
        }
    }
    found.files = std::move(once);
    return found;
}

void keep_matching(std::vector<InputFile>& files, const std::vector<std::string>& filters) {
    if (filters.empty()) return;
    std::erase_if(files, [&filters](const InputFile& file) {
        const std::string path = filter_form(file.path);
        return std::ranges::none_of(filters, [&path](const std::string& filter) {
            return path.find(filter_form(filter)) != std::string::npos;
        });
    });
}

FileText read_text(const InputFile& file) {
    if (file.shipped) return {std::string(find_shipped(file.path)->text), {}};
    scenarios::ReadResult read = read_disk(file.path);
    if (read.text) return {std::move(read.text), {}};
    return {std::nullopt, cannot("read", file.path, read.reason)};
}

scenarios::LoadResult load(const InputFile& file, std::string text) {
    const scenarios::ReadFile read = [&file](const std::string& path) -> scenarios::ReadResult {
        const scenarios::CorpusFile* shipped = file.shipped ? find_shipped(path) : nullptr;
        if (shipped != nullptr) return {std::string(shipped->text)};
        return read_disk(path);
    };
    return scenarios::load_scenario(file.path, std::move(text), read);
}

}  // namespace oplocksim::tools
