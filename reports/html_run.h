// The HTML report of `run`: the events of a session (listener.h) as a page (html_report.h).
#pragma once

#include <vector>

#include "reports/html_report.h"
#include "reports/listener.h"

namespace oplocksim::reports {

// Requires runs that keep their steps and their trace.
class HtmlRunReport final : public Listener {
 public:
    // `sink` must outlive the report.
    explicit HtmlRunReport(Sink& sink) : report_(sink) {}

    void on_begin(const Session& session) override;
    void on_invalid(const std::string& path,
                    std::span<const scenarios::Diagnostic> diagnostics) override;
    void on_file_begin(const scenarios::ScenarioInfo& info) override;
    void on_run(const scenarios::RunResult& result) override;
    void on_file_end() override;
    void on_end(const Summary& summary) override;

 private:
    HtmlReport report_;
    HtmlGroup group_;
    std::vector<HtmlCase> cases_;   // of the current file
    conformance::Coverage coverage_;
};

// The details of one run of a scenario: its steps and its picture.
[[nodiscard]] HtmlDetailRef add_run_detail(HtmlReport& report, const scenarios::RunResult& result);

}  // namespace oplocksim::reports
