// A finding on disk: a scenario that replays it, and a page for a bug report.
#pragma once

#include <string>

#include "conformance/findings/finding.h"

namespace oplocksim::reports {

struct SavedFinding {
    std::string scenario;       // path of the file; also if it was there already
    std::string report;
    std::string error;          // empty, or one sentence that names the file and the reason
    bool new_file = false;      // false: the same finding was saved before
};

// What the files of a finding are called: "waits-for-acknowledgments-5f3a...".
[[nodiscard]] std::string finding_id(const conformance::findings::Finding& finding);

// Writes DIR/RULE-HASH.yaml and DIR/RULE-HASH.md, where HASH is of what the finding does. DIR is
// made if it is not there. Each file appears whole or not at all, and nothing that is there is
// overwritten.
[[nodiscard]] SavedFinding save_finding(const std::string& directory,
                                        const conformance::findings::Finding& finding);

}  // namespace oplocksim::reports
