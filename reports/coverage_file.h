// Files that coverage adds up in, over runs, programs and machines.
//
// A file is read, added to and replaced as a whole, under the lock of AtomicFile: it is never half
// written, and two programs that finish at the same time do not overwrite each other: the second
// is refused. What is no coverage is never overwritten.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "conformance/coverage.h"

namespace oplocksim::reports {

// How it went; `problem` is one sentence that names the file.
enum class CoverageFileOutcome : std::uint8_t {
    good,
    not_coverage,     // it has something else in it: the caller's mistake
    not_accessible,   // it cannot be read or written
};
struct CoverageFileResult {
    CoverageFileOutcome outcome = CoverageFileOutcome::good;
    std::string problem;
    std::optional<conformance::Coverage> coverage;   // read_coverage: what it has
};

// The coverage in a file.
[[nodiscard]] CoverageFileResult read_coverage(const std::string& path);

// Whether add_to_coverage_file could add to it now: it has coverage, is empty, or is not there. To
// be asked before long work.
[[nodiscard]] CoverageFileResult check_coverage_file(const std::string& path);

// Adds to what the file has; makes it if it is not there.
[[nodiscard]] CoverageFileResult add_to_coverage_file(const std::string& path,
                                                      const conformance::Coverage& coverage);

// Puts `coverage` in the place of what the file has, if that is coverage.
[[nodiscard]] CoverageFileResult write_coverage_file(const std::string& path,
                                                     const conformance::Coverage& coverage);

}  // namespace oplocksim::reports
