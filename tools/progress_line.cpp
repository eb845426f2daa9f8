#include "tools/progress_line.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace oplocksim::tools {

void ProgressLine::update(const std::function<std::string(double seconds)>& text) {
    if (!shows_) return;
    const Clock::time_point now = Clock::now();
    if (now - shown_ < std::chrono::milliseconds(100)) return;
    shown_ = now;
    std::string line = text(std::chrono::duration<double>(now - start_).count());
    const std::size_t width = std::max<std::size_t>(output_.width(), 2) - 1;
    if (line.size() > width) line.resize(width);
    output_.write("\r\x1b[K" + line);
    output_.flush();
    on_screen_ = true;
}

void ProgressLine::clear() {
    if (!on_screen_) return;
    output_.write("\r\x1b[K");
    output_.flush();
    on_screen_ = false;
}

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
    return text;
}

std::string rounded(double number) {
    constexpr std::array<const char*, 4> kUnits{"", " k", " M", " G"};
    std::size_t unit = 0;
    while (number >= 1000 && unit + 1 < kUnits.size()) {
        number /= 1000;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit != 0 && number < 10 ? "%.1f%s" : "%.0f%s", number,
                  kUnits[unit]);
    return text.data();
}

}  // namespace oplocksim::tools
