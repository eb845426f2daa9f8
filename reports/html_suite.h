// The HTML report of `conform`: the suite as a page (html_report.h), with its decision tables.
#pragma once

#include <map>
#include <string>

#include "conformance/suite.h"
#include "reports/html_report.h"

namespace oplocksim::reports {

// Watches the suite while it runs, for the details, and is given the report at the end, for the
// verdicts.
class HtmlSuiteReport final : public conformance::SuiteObserver {
 public:
    // `sink` must outlive the report.
    explicit HtmlSuiteReport(Sink& sink) : report_(sink) {}

    // Before the suite runs.
    void begin(const conformance::SuiteOptions& options);
    void on_file_begin(const scenarios::ScenarioInfo& info) override;
    void on_scenario(const conformance::SuiteCase& one,
                     const scenarios::RunResult& result) override;
    void on_file_end() override;
    void on_cell_begin(const conformance::Cell& cell) override;
    void on_cell(const conformance::SuiteCase& one, const conformance::CellResult& result,
                 std::span<const conformance::CellTrace> traces) override;
    void on_cell_end() override;
    // After the suite has run.
    void finish(const conformance::SuiteReport& report);

 private:
    // What is known of a case beside its verdict.
    struct Known {
        HtmlGroup group;
        std::string variant;
        std::string reproduce;
        HtmlDetailRef detail;
        std::optional<HtmlCell> cell;
    };
    void rows_of(const HtmlGroup& group, std::span<const conformance::SuiteCase> cases);

    HtmlReport report_;
    HtmlGroup group_;                     // of the current file or cell
    std::map<std::string, Known> known_;  // by id of the case
};

}  // namespace oplocksim::reports
