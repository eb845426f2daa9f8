// The documents of `check --json` and `rules --json`; each ends with a newline.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "conformance/clauses.h"
#include "conformance/rules/rules.h"

namespace oplocksim::reports {

// What the rules found in one run of a trace file.
struct CheckedRun {
    std::string path;             // of the file
    std::string run;              // as the trace names it; may be empty
    std::string case_name;
    std::string profile;
    std::size_t events = 0;
    std::vector<conformance::Violation> violations;
    std::vector<conformance::Violation> advisories;
    // Line of the file by event; where the run ends, for what was found then: the last line.
    std::vector<std::uint32_t> lines;
    [[nodiscard]] std::uint32_t line_of(const conformance::Violation& one) const {
        if (lines.empty()) return 0;
        return one.event < lines.size() ? lines[one.event] : lines.back();
    }
};

// {"runs": [...], "rules": [{"id", "property", "exercised", "violations"}, ...], "problem": ...}.
// `problem` is left out if every file was read to its end.
[[nodiscard]] std::string check_json(std::span<const CheckedRun> runs,
                                     std::span<const conformance::RuleReport> rules,
                                     const std::string& problem);
// What `rules --json` prints; reports/rules.schema.json says the shape exactly. A clause has its
// places, and everybody who checks it by name.
inline constexpr int kRulesVersion = 1;
[[nodiscard]] std::string rules_json(std::span<const conformance::RuleInfo> rules,
                                     std::span<const conformance::Clause> clauses);

}  // namespace oplocksim::reports
