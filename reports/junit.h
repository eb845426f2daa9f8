// JUnit XML, as CI systems read it.
//
// A file is a <testsuite>, a run a <testcase>. A failed expectation is a <failure>; a run that
// could not be carried out, and a file that is no scenario, an <error>; a run for another profile
// <skipped>. The profile and the switches are <properties>. Times are left out: the report of the
// same input is the same, byte for byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "reports/listener.h"
#include "reports/sink.h"

namespace oplocksim::reports {

// Text as XML: markup escaped, characters that XML 1.0 forbids and bytes that are not UTF-8
// replaced by U+FFFD. In an attribute line breaks, tabs and quotes are references too.
enum class XmlPlace : std::uint8_t { text, attribute };
[[nodiscard]] std::string xml_escaped(std::string_view text, XmlPlace place);

// Writes each file's suite when the file is done: an interrupted report holds every file so far.
class JunitReport final : public Listener {
 public:
    // `sink` must outlive the report.
    explicit JunitReport(Sink& sink) : sink_(sink) {}

    void on_begin(const Session& session) override;
    void on_invalid(const std::string& path,
                    std::span<const scenarios::Diagnostic> diagnostics) override;
    void on_file_begin(const scenarios::ScenarioInfo& info) override;
    void on_run(const scenarios::RunResult& result) override;
    void on_file_end() override;
    void on_end(const Summary& summary) override;

 private:
    void write_suite(std::string_view name, const Summary& counts, std::string_view cases);

    Sink& sink_;
    Session session_;
    std::string file_id_;
    std::string cases_;
    Summary counts_;
};

}  // namespace oplocksim::reports
