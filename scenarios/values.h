// From YAML values to typed ones. Each function reports what is wrong and then returns nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/constant_tables.h"
#include "scenarios/diagnostics.h"
#include "scenarios/language.h"
#include "scenarios/yaml_document.h"
#include "sim/time.h"

namespace oplocksim::scenarios {

// Names of clients, threads, operations, sections and parameters: letters, digits, '_' and '-',
// not beginning with a digit or '-', at most kMaxNameLength characters.
inline constexpr std::size_t kMaxNameLength = 64;
[[nodiscard]] bool is_name(std::string_view text);

// A number written in decimal or with 0x, if `text` is one that fits.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

class Reader {
 public:
    explicit Reader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    [[nodiscard]] Diagnostics& diagnostics() { return diagnostics_; }

    // `node` is a mapping whose keys are all in `keys` and which has the required ones. `owner`
    // is for messages: "create", "a scenario".
    bool mapping(const YamlNode& node, std::span<const KeyInfo> keys, std::string_view owner);
    // `node` is of this kind.
    bool kind(const YamlNode& node, YamlKind kind, std::string_view what);
    // A list's items; one value that is no list counts as a list of it.
    [[nodiscard]] std::vector<const YamlNode*> list(const YamlNode& node);

    std::optional<std::string> text(const YamlNode& node, std::string_view what);
    std::vector<std::string> texts(const YamlNode& node, std::string_view what);
    std::optional<bool> boolean(const YamlNode& node, std::string_view what);
    std::optional<std::uint64_t> number(const YamlNode& node, std::string_view what,
                                        std::uint64_t limit);
    std::optional<sim::Ticks> duration(const YamlNode& node, std::string_view what);
    std::optional<std::string> name(const YamlNode& node, std::string_view what);
    std::optional<std::string> path(const YamlNode& node, std::string_view what);
    // One constant, or a number where the table takes numbers.
    std::optional<std::uint64_t> constant(ConstantKind kind, const YamlNode& node);
    // Constants joined with '|' or in a list, or a number of at most 32 bits.
    std::optional<std::uint32_t> mask(ConstantKind kind, const YamlNode& node);

    // Reports that `node` is not what it should be.
    void wrong(const YamlNode& node, std::string_view what, std::string_view should_be,
               std::string hint = "");

 private:
    std::optional<std::uint64_t> word(ConstantKind kind, const YamlNode& node,
                                      std::string_view word);
    bool add_to_mask(ConstantKind kind, const YamlNode& node, std::uint32_t& mask);
    // A number or duration that cannot be one for a reason that is easily told.
    bool not_whole(const YamlNode& node, std::string_view what);

    Diagnostics& diagnostics_;
};

}  // namespace oplocksim::scenarios
