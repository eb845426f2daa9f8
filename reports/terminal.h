// The report for people: one line a file, failures in full, a summary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "reports/listener.h"
#include "reports/sink.h"

namespace oplocksim::reports {

struct TerminalOptions {
    std::size_t width = 80;   // columns; at least kMinimumWidth is used
    bool colour = false;
    bool verbose = false;     // passes in full, as failures are
    bool unicode = true;      // box drawing in timelines; else ASCII
};
inline constexpr std::size_t kMinimumWidth = 40;
inline constexpr std::size_t kMaximumWidth = 160;

// What a piece of text is; decides its colour.
enum class Style : std::uint8_t { plain, good, bad, warning, dim, strong };

// `text` in the colour of its style, if colours are on.
[[nodiscard]] std::string styled(std::string_view text, Style style, bool colour);

// The diagnostic as scenarios::render() shows it, its message coloured.
[[nodiscard]] std::string diagnostic_text(const scenarios::Diagnostic& diagnostic, bool colour);

// Renders the event stream to a sink as it comes: what is known is shown, and nothing is kept but
// the counts of the current file. Text from scenarios is shown escaped.
class TerminalReport final : public Listener {
 public:
    // `sink` must outlive the report.
    TerminalReport(Sink& sink, TerminalOptions options);

    void on_begin(const Session& session) override;
    void on_invalid(const std::string& path,
                    std::span<const scenarios::Diagnostic> diagnostics) override;
    void on_file_begin(const scenarios::ScenarioInfo& info) override;
    void on_run(const scenarios::RunResult& result) override;
    void on_file_end() override;
    void on_end(const Summary& summary) override;

 private:
    void show_run(const scenarios::RunResult& result);
    void show_steps(const scenarios::RunResult& result);
    void show_timeline(const scenarios::RunResult& result);
    void show_step(const scenarios::StepRecord& step);
    void show_checks(const scenarios::StepRecord& step);
    void show_clauses(const scenarios::RunResult& result);
    void line(std::string_view text, Style style = Style::plain);
    // `text` wrapped; the first line after `first`, the others after as many spaces.
    void paragraph(std::string_view first, std::string_view text, Style style = Style::plain);

    Sink& sink_;
    TerminalOptions options_;
    Session session_;
    std::string file_id_;
    Summary file_;             // of the current file
};

}  // namespace oplocksim::reports
