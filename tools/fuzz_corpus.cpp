#include "tools/fuzz_corpus.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "conformance/fuzz/campaign.h"
#include "reports/atomic_file.h"
#include "scenarios/text.h"
#include "tools/input_files.h"

namespace oplocksim::tools {
namespace {

namespace fs = std::filesystem;
using conformance::fuzz::Bytes;

constexpr std::string_view kEnding = ".input";

// FNV-1a: names need to differ, nothing more.
std::uint64_t hash_of(const Bytes& input) {
    std::uint64_t hash = 0xCBF29CE484222325ull;
    for (const std::uint8_t byte : input) hash = (hash ^ byte) * 0x100000001B3ull;
    return hash;
}

std::string name_of(const Bytes& input) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string name;
    const std::uint64_t hash = hash_of(input);
    for (int shift = 60; shift >= 0; shift -= 4) name += kDigits[hash >> shift & 15];
    return name + std::string(kEnding);
}

std::string problem(const std::string& path, const std::error_code& error) {
    return "cannot use the folder " + scenarios::in_quotes(path) + ": " + error.message();
}

}  // namespace

CorpusInputs open_corpus(const std::string& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) return {{}, problem(directory, error)};
    std::vector<fs::path> files;
    for (fs::directory_iterator at(directory, error), end; !error && at != end;
         at.increment(error)) {
        if (at->path().extension() == kEnding && at->is_regular_file()) {
            files.push_back(at->path());
        }
    }
    if (error) return {{}, problem(directory, error)};
    std::ranges::sort(files);
    if (files.size() > conformance::fuzz::kMaxInputs) files.resize(conformance::fuzz::kMaxInputs);
    CorpusInputs read;
    for (const fs::path& file : files) {
        const FileText text = read_text({file.string(), false});
        if (!text.text) return {{}, text.error};
        read.inputs.emplace_back(text.text->begin(), text.text->end());
    }
    return read;
}

std::string save_input(const std::string& directory, const Bytes& input) {
    const fs::path path = fs::path(directory) / name_of(input);
    std::error_code error;
    if (fs::exists(path, error)) return {};
    reports::AtomicFile file;
    std::string problem = file.open(path.string());
    if (!problem.empty()) return problem;
    file.write(std::string(input.begin(), input.end()));
    return file.commit();
}

}  // namespace oplocksim::tools
