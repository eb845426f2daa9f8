// `${name}`: values of define, matrix and cases put in their places.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/diagnostics.h"
#include "scenarios/yaml_document.h"

namespace oplocksim::scenarios {

// One inserted text is at most this long.
inline constexpr std::size_t kMaxSubstitutedText = 64 * 1024;
// Values are put into values recursively; people do not read deeper than this.
inline constexpr std::size_t kMaxNamesInNames = 16;

// Names of matrix and cases, and the texts that they stand for in the runs, in order.
using ParameterValues = std::map<std::string, std::vector<std::string>, std::less<>>;

// The names of one run. A value may use other names, at most kMaxNamesInNames of them inside each
// other; a circle is an error. Values are shared
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

    // The values that each parameter has in some run of the scenario, if they are known; they
    // must outlive the scope.
    void set_parameter_values(const ParameterValues* values) { parameter_values_ = values; }
    [[nodiscard]] const ParameterValues* parameter_values() const { return parameter_values_; }

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
    const ParameterValues* parameter_values_ = nullptr;
    bool too_deep_ = false;  // reported once
};

}  // namespace oplocksim::scenarios
