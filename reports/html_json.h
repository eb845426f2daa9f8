// What the HTML pages have in common in their data. Internal to html_report.cpp and
// explorer_page.cpp, the units that know the JSON library.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "reports/lanes.h"

namespace oplocksim::reports {

using HtmlJson = nlohmann::ordered_json;

// Without blanks; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] inline std::string dumped_compact(const HtmlJson& value) {
    constexpr int kCompact = -1;
    return value.dump(kCompact, ' ', false, HtmlJson::error_handler_t::replace);
}

// Texts by number, each stored once.
class HtmlTexts {
 public:
    std::size_t of(const std::string& text) {
        const auto [found, added] = numbers_.emplace(text, texts_.size());
        if (added) {
            texts_.push_back(text);
            bytes_ += text.size();
        }
        return found->second;
    }
    [[nodiscard]] HtmlJson numbers(const std::vector<std::string>& list) {
        HtmlJson numbers = HtmlJson::array();
        for (const std::string& text : list) numbers.push_back(of(text));
        return numbers;
    }
    [[nodiscard]] const std::vector<std::string>& all() const { return texts_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
    std::map<std::string, std::size_t> numbers_;
    std::vector<std::string> texts_;
    std::size_t bytes_ = 0;
};

// [[stream, [[owner, lane, type, announced level or null, in words], ...], more], ...]
[[nodiscard]] HtmlJson state_json(const LaneState& state, HtmlTexts& texts);

// {lanes, rows, spans, states}, texts by number. Members that have nothing to say are left out.
[[nodiscard]] HtmlJson picture_json(const Picture& picture, HtmlTexts& texts);

// [id, document, places and decisions, obligation, applies to, text, why nobody checks it]: every
// clause, or those of `only`.
[[nodiscard]] HtmlJson catalogue_json(const std::vector<std::string>* only = nullptr);

}  // namespace oplocksim::reports
