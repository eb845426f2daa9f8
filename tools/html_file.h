// The HTML report that `check`, `explore` and `fuzz` write beside what they print.
#pragma once

#include <string>
#include <vector>

#include "reports/atomic_file.h"
#include "reports/html_findings.h"
#include "tools/arguments.h"

namespace oplocksim::tools {

class HtmlFile {
 public:
    // Begins the report of a verb. Returns what is wrong; empty if nothing is.
    [[nodiscard]] std::string open(const std::string& path, std::string_view verb,
                                   const SemanticsArguments& semantics);
    // Every run draws its own semantics.
    [[nodiscard]] std::string open(const std::string& path, std::string_view verb);
    [[nodiscard]] reports::HtmlFindingsReport& report() { return report_; }
    // Ends the report: the file appears. Returns what is wrong. `coverage`: as there.
    [[nodiscard]] std::string finish(const reports::HtmlEnd& end,
                                     const conformance::Coverage* coverage = nullptr);

 private:
    reports::AtomicFile file_;
    reports::HtmlFindingsReport report_{file_};
};

}  // namespace oplocksim::tools
