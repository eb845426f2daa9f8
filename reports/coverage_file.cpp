#include "reports/coverage_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "reports/atomic_file.h"
#include "reports/coverage_json.h"
#include "scenarios/text.h"

namespace oplocksim::reports {
namespace {

using conformance::Coverage;

CoverageFileResult failed(const std::string& path, CoverageFileOutcome outcome,
                          const std::string& problem) {
    return {outcome, scenarios::escaped(path) + " " + problem, std::nullopt};
}

CoverageFileResult inaccessible(const std::string& path, const std::string& reason) {
    return {CoverageFileOutcome::not_accessible,
            "cannot read " + scenarios::in_quotes(path) + ": " + reason, std::nullopt};
}

// At most a byte more than any coverage has.
CoverageFileResult read(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) return inaccessible(path, "Is a directory");
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) return inaccessible(path, std::strerror(errno));
    std::string text(kMaxCoverageBytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) return inaccessible(path, "the read failed");
    text.resize(static_cast<std::size_t>(file.gcount()));
    ParsedCoverage parsed = parse_coverage(text);
    if (!parsed.coverage) {
        return failed(path, CoverageFileOutcome::not_coverage, parsed.problem);
    }
    return {CoverageFileOutcome::good, {}, std::move(parsed.coverage)};
}

// Nothing there, nothing in it, or nothing that could be read again: a terminal, /dev/null.
bool has_nothing(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) return true;
    if (std::filesystem::is_directory(status)) return false;
    if (!std::filesystem::is_regular_file(status)) return true;
    return std::filesystem::file_size(path, error) == 0 && !error;
}

CoverageFileResult read_or_nothing(const std::string& path) {
    if (!has_nothing(path)) return read(path);
    return {CoverageFileOutcome::good, {}, Coverage{}};
}

CoverageFileResult unwritten(std::string problem) {
    return {CoverageFileOutcome::not_accessible, std::move(problem), std::nullopt};
}

CoverageFileResult replace(const std::string& path, const Coverage& coverage, bool add) {
    // Before a partial file is made beside something that is not ours.
    if (CoverageFileResult old = read_or_nothing(path); !old.coverage) return old;
    AtomicFile file;
    if (std::string problem = file.open(path); !problem.empty()) return unwritten(problem);
    // And under the lock: this is what is added to.
    CoverageFileResult result = read_or_nothing(path);
    if (!result.coverage) return result;
    if (!add) result.coverage = Coverage{};
    result.coverage->merge(coverage);
    file.write(coverage_json(*result.coverage));
    if (std::string problem = file.commit(); !problem.empty()) return unwritten(problem);
    return result;
}

}  // namespace

CoverageFileResult read_coverage(const std::string& path) { return read(path); }

CoverageFileResult check_coverage_file(const std::string& path) { return read_or_nothing(path); }

CoverageFileResult add_to_coverage_file(const std::string& path, const Coverage& coverage) {
    return replace(path, coverage, true);
}

CoverageFileResult write_coverage_file(const std::string& path, const Coverage& coverage) {
    return replace(path, coverage, false);
}

}  // namespace oplocksim::reports
