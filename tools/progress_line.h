// One line on a terminal that says how far long work is; nothing where standard error is no
// terminal.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "tools/output.h"

namespace oplocksim::tools {

class ProgressLine {
 public:
    explicit ProgressLine(Output& output) : output_(output), shows_(output.is_terminal()) {}
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine() { clear(); }

    // Shows what `text` returns, at most ten times a second. `text` gets the seconds since the
    // start.
    void update(const std::function<std::string(double seconds)>& text);
    // Takes the line away, before anything else is printed.
    void clear();

 private:
    using Clock = std::chrono::steady_clock;
    Output& output_;
    const bool shows_;
    const Clock::time_point start_ = Clock::now();
    Clock::time_point shown_{};
    bool on_screen_ = false;
};

// "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);
// "1.2 M", "34 k", "567": for rates.
[[nodiscard]] std::string rounded(double number);

}  // namespace oplocksim::tools
