// `${name}`: values of define, matrix and cases put in their places.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "scenarios/diagnostics.h"
#include "scenarios/yaml_document.h"

namespace oplocksim::scenarios {

// One inserted text is at most this long.
inline constexpr std::size_t kMaxSubstitutedText = 64 * 1024;

// The names of one run. A value may use other names; a circle is an error. Values are shared
// with the tree that they are put into, so nothing grows by repetition.
class Scope {
 public:
    explicit Scope(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    // Adds a name, or replaces its value.
    void set(std::string name, NodePtr value) { raw_[std::move(name)] = std::move(value); }
    [[nodiscard]] bool has(std::string_view name) const { return raw_.contains(name); }
    // The value of a name after substitution; null, with an error reported, if it cannot be had.
    NodePtr value(std::string_view name, const Place& user);
    [[nodiscard]] std::vector<std::string_view> names() const;

    // The tree with every placeholder replaced. Where that failed, the value is poisoned.
    // "$${" stands for "${".
    NodePtr substitute(const NodePtr& node);
    std::string substitute_text(const std::string& text, const Place& place, bool& failed);

 private:
    NodePtr substitute_scalar(const NodePtr& node);
    NodePtr substitute_sequence(const YamlNode& node);
    NodePtr substitute_mapping(const YamlNode& node);
    NodePtr poisoned(const YamlNode& node) const;

    Diagnostics& diagnostics_;
    std::map<std::string, NodePtr, std::less<>> raw_;
    std::map<std::string, NodePtr, std::less<>> resolved_;
    std::set<std::string, std::less<>> in_progress_;
};

}  // namespace oplocksim::scenarios
