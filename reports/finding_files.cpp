#include "reports/finding_files.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "conformance/findings/recording.h"
#include "conformance/findings/scenario_text.h"
#include "reports/atomic_file.h"
#include "reports/finding_markdown.h"
#include "scenarios/text.h"
#include "sim/fingerprint.h"

namespace oplocksim::reports {
namespace {

using conformance::findings::Finding;

// Files that have the name already and say something else.
constexpr int kMaxSameNames = 1'000;
constexpr std::size_t kHashDigits = 12;
constexpr std::size_t kMaxStem = 60;

// "waits-for-acknowledgments-5f3a...": the rule in letters that every file system has, and a hash.
std::string stem_of(const Finding& finding, std::string_view scenario) {
    std::string stem;
    for (const char byte : scenarios::lower(finding.failure.rule)) {
        const bool fits = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        if (fits) stem += byte;
        if (!fits && !stem.empty() && stem.back() != '-') stem += '-';
        if (stem.size() == kMaxStem) break;
    }
    if (stem.empty()) stem = "finding";
    if (stem.back() != '-') stem += '-';
    sim::FingerprintMixer mixer;
    for (const char byte : scenario) mixer.add(static_cast<unsigned char>(byte));
    return stem + to_string(mixer.result()).substr(0, kHashDigits);
}

std::optional<std::string> content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

bool exists(const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

std::string write_file(const std::string& path, std::string_view text) {
    AtomicFile file;
    if (std::string problem = file.open(path); !problem.empty()) return problem;
    file.write(text);
    return file.commit();
}

}  // namespace

std::string finding_id(const Finding& finding) {
    return stem_of(finding, conformance::findings::scenario_text(finding));
}

SavedFinding save_finding(const std::string& directory, const Finding& finding) {
    SavedFinding saved;
    const std::string scenario = conformance::findings::scenario_text(finding);
    const auto recorded = conformance::findings::recorded_scenario(finding);
    if (!recorded.problem.empty()) {
        saved.error = recorded.problem;
        return saved;
    }
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) {
        saved.error = scenarios::escaped(directory) + ": " + error.message();
        return saved;
    }
    const std::string base =
        (std::filesystem::path(directory) / stem_of(finding, scenario)).string();
    for (int number = 1; number <= kMaxSameNames; ++number) {
        const std::string path = number == 1 ? base : base + "-" + std::to_string(number);
        saved.scenario = path + ".yaml";
        saved.report = path + ".md";
        if (exists(saved.scenario)) {
            const auto content = content_of(saved.scenario);
            if (!content || !content->starts_with(scenario)) continue;
        } else {
            saved.error = write_file(saved.scenario, recorded.text);
            saved.new_file = saved.error.empty();
        }
        if (saved.error.empty() && !exists(saved.report)) {
            const std::string file = std::filesystem::path(saved.scenario).filename().string();
            saved.error = write_file(saved.report,
                                     finding_markdown(finding, scenario, file, recorded.run));
        }
        return saved;
    }
    saved.error = scenarios::escaped(base) + ": too many files of this name say something else";
    return saved;
}

}  // namespace oplocksim::reports
