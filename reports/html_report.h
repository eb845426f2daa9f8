// The HTML report: one page with everything that a session found (html_page.h), to be looked at,
// searched and sent around.
//
// The page has two kinds of data. Rows, one a case, are what lists, filters and matrices are made
// of; a browser reads them all. Details (steps, pictures, sources) are read when a case is opened,
// so that ten thousand cases open as quickly as ten. Texts that repeat are stored once in each
// element of details.
//
// What did not pass keeps its details up to kMaxFailureBytes; what passed as long as there is room
// within kMaxPassingBytes, and at most kMaxPassingOfGroup of one scenario. What was left out is
// counted, and the page says so.
//
// The order of calls: begin; then any number of begin_group, add_detail..., end_group and rows;
// then finish. A page that ends before finish (a kill, a full disk) still shows what it has.
// Deterministic: the same calls give the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/coverage.h"
#include "conformance/rules/rules.h"
#include "conformance/suite.h"
#include "reports/lanes.h"
#include "reports/sink.h"
#include "scenarios/result.h"
#include "scenarios/runner.h"

namespace oplocksim::reports {

inline constexpr std::size_t kMaxPassingBytes = 6u << 20;    // a mail takes the whole page
inline constexpr std::size_t kMaxFailureBytes = 64u << 20;   // a browser still opens it
inline constexpr std::size_t kMaxPassingOfGroup = 4;

// What holds for the whole session.
struct HtmlHead {
    std::string verb;       // "run", "conform", "check", "explore", "fuzz"
    std::string version;
    std::string profile;
    std::string gate;       // empty: none
    std::vector<std::pair<std::string, std::string>> switches;   // all names and values
    std::vector<std::pair<std::string, std::string>> given;      // --switch
    std::vector<std::string> selection;                          // empty: everything
};

// Where the details of a case are. Invariant: element 0 is no element.
struct HtmlDetailRef {
    std::uint32_t element = 0;
    std::uint32_t index = 0;
};

// The place of a case in a decision table.
struct HtmlCell {
    std::string table;       // "break"
    std::string state;       // "RWH>RH"
    std::string subject;     // "write"
    std::string condition;   // "other-key", "somebody-waits/section"
    std::string expected;    // the outcome, as the table has it
};

// One line of the list.
struct HtmlCase {
    std::string variant;     // "held=RW": what tells it from the others of its group
    conformance::SuiteVerdict verdict = conformance::SuiteVerdict::pass;
    conformance::ClauseObligation obligation = conformance::ClauseObligation::must;
    std::vector<std::string> clauses;
    std::string message;     // one sentence; empty for a pass
    std::string reason;      // why it is expected to fail
    std::string link;
    std::string reproduce;   // a command line
    HtmlDetailRef detail;
    std::optional<HtmlCell> cell;
};

// Cases with a common id and title: the runs of a scenario, the switch values of a cell, a rule.
struct HtmlGroup {
    std::string kind;        // "scenario", "break", "grant", "acknowledge", "rule", "trace",
                             // "explored", "finding", "file"
    std::string id;
    std::string title;
    std::string about;       // longer
    std::string path;
};

// A run to be drawn.
struct HtmlPicture {
    std::string label;       // "the owners close"; empty if there is only one
    Picture picture;
};

// Something that a rule objects to.
struct HtmlViolation {
    const conformance::Violation* violation = nullptr;
    bool advice = false;     // "should", not "must"
    std::string where;       // "line 10"; empty: the picture shows it
};

// What there is to see of one case.
struct HtmlDetail {
    bool passed = true;      // may be left out
    std::span<const scenarios::StepRecord> steps;
    std::span<const HtmlPicture> pictures;
    std::span<const HtmlViolation> violations;
    std::span<const std::string> facts;   // one line each
};

// How the session ended.
struct HtmlEnd {
    bool conforms = true;
    bool interrupted = false;
    std::uint64_t runs = 0;
    std::vector<std::string> stale;        // known failures that name no case
    std::vector<std::string> facts;        // what else there is to say, one line each
    const conformance::Coverage* coverage = nullptr;
};

class HtmlReport {
 public:
    // `sink` must outlive the report.
    explicit HtmlReport(Sink& sink);
    ~HtmlReport();
    HtmlReport(const HtmlReport&) = delete;
    HtmlReport& operator=(const HtmlReport&) = delete;

    void begin(const HtmlHead& head);
    // The details that follow are of one group, and cite these files.
    void begin_group(std::span<const scenarios::SourceFile> sources);
    // Whether the details of a case that passed would be kept now.
    [[nodiscard]] bool has_room_for_passing() const;
    // Nothing is kept if there is no room; that is counted.
    [[nodiscard]] HtmlDetailRef add_detail(const HtmlDetail& detail);
    void end_group();
    void rows(const HtmlGroup& group, std::span<const HtmlCase> cases);
    void finish(const HtmlEnd& end);

 private:
    struct Group;   // the element of details that is being made

    Sink& sink_;
    std::unique_ptr<Group> group_;
    std::uint32_t elements_ = 0;
    std::size_t passing_bytes_ = 0;
    std::size_t failure_bytes_ = 0;
    std::uint64_t passing_left_out_ = 0;
    std::uint64_t failures_left_out_ = 0;
};

}  // namespace oplocksim::reports
