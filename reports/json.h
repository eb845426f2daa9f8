// Machine-readable output. Everything that this program prints as JSON is made here.
//
// The report of a session has this shape (reports/report.schema.json says it exactly):
//
//   {"format": "oplocksim-report", "format_version": 1, "version", "profile", "switches": {...},
//    "files": [{"id", "path", "runs": [...]} or {"path", "diagnostics": [...]}, ...],
//    "summary": {...}}
//
// A run states its verdict, case, clauses, the switches that differ from the profile, and, unless
// it passed or was skipped, its steps. New members may be added under the same version; a change
// of meaning or a removal raises it. Bytes that are not UTF-8 become U+FFFD; characters that
// control the direction of text are written as escapes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "conformance/clauses.h"
#include "conformance/what_if.h"
#include "engine/semantics.h"
#include "reports/listener.h"
#include "reports/sink.h"
#include "scenarios/runner.h"

namespace oplocksim::reports {

inline constexpr int kReportVersion = 1;

// Writes each file when it is done: an interrupted report holds every file so far.
class JsonReport final : public Listener {
 public:
    // `sink` must outlive the report. With `all_steps`, passing runs state their steps too.
    JsonReport(Sink& sink, bool all_steps) : sink_(sink), all_steps_(all_steps) {}

    void on_begin(const Session& session) override;
    void on_invalid(const std::string& path,
                    std::span<const scenarios::Diagnostic> diagnostics) override;
    void on_file_begin(const scenarios::ScenarioInfo& info) override;
    void on_run(const scenarios::RunResult& result) override;
    void on_file_end() override;
    void on_end(const Summary& summary) override;

 private:
    void write_file(const std::string& text);

    Sink& sink_;
    bool all_steps_;
    bool first_file_ = true;
    std::string file_;    // the current file's members, without its runs
    std::string runs_;
};

// The documents of `list --json`, `lint --json` and `explain --json`; each ends with a newline.
[[nodiscard]] std::string scenarios_json(std::span<const scenarios::ScenarioInfo> infos);
[[nodiscard]] std::string clauses_json(std::span<const conformance::Clause> clauses);
// Every switch with its values and its value under each profile.
[[nodiscard]] std::string switches_json();
[[nodiscard]] std::string profiles_json();
// Errors under "diagnostics", warnings under "warnings".
[[nodiscard]] std::string diagnostics_json(std::span<const scenarios::Diagnostic> diagnostics,
                                           std::size_t files);
[[nodiscard]] std::string what_if_json(const conformance::WhatIfQuestion& question,
                                       const conformance::WhatIfResult& result);

// One line of JSON Lines that says which run the trace after it (sim/trace_json.h) is of.
[[nodiscard]] std::string trace_header_json(const scenarios::RunResult& result);

}  // namespace oplocksim::reports
