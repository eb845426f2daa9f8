// The HTML report of the verbs that let the rules judge, without expectations of a scenario: recorded
// traces (`check`), every interleaving (`explore`), random runs (`fuzz`).
//
// The order of calls: begin; then any number of add_trace, add_explored and add_finding; then
// add_rules; then finish.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "conformance/findings/finding.h"
#include "conformance/rules/rules.h"
#include "conformance/trace_reader.h"
#include "reports/html_report.h"

namespace oplocksim::reports {

// A run of a recorded trace, judged.
struct JudgedTrace {
    std::string path;
    const conformance::TraceRun* run = nullptr;
    std::string profile;   // that it was judged under
    std::span<const conformance::Violation> violations;
    std::span<const conformance::Violation> advisories;
};

// A scenario of which every interleaving was tried.
struct ExploredCase {
    std::string path;
    std::string case_name;
    std::string title;
    conformance::SuiteVerdict verdict = conformance::SuiteVerdict::pass;
    std::string message;               // what is wrong, or what was not seen
    std::vector<std::string> facts;    // counts, ways to end
    std::vector<std::string> clauses;  // that do not hold
    std::string source;                // of the scenario; shown with the first case of a file
    std::string reproduce;
};

// A finding, shrunk if that was possible.
struct FoundFinding {
    const conformance::findings::Finding* finding = nullptr;
    std::string id;           // "waits-for-acknowledgments-5f3a..."
    std::string reproduce;    // how it was found
    std::vector<std::string> facts;
};

class HtmlFindingsReport {
 public:
    // `sink` must outlive the report.
    explicit HtmlFindingsReport(Sink& sink) : report_(sink) {}

    void begin(const HtmlHead& head) { report_.begin(head); }
    void add_trace(const JudgedTrace& trace);
    void add_explored(const ExploredCase& one);
    void add_finding(const FoundFinding& found);
    // Every rule with whether it had something to judge.
    void add_rules(std::span<const conformance::RuleReport> rules);
    // `coverage` may be null: then it is what the traces met, if there were any.
    void finish(HtmlEnd end, const conformance::Coverage* coverage);

 private:
    HtmlReport report_;
    conformance::Coverage coverage_;
    std::string source_of_;   // the file whose text is in the page last: once, not for each case
};

}  // namespace oplocksim::reports
