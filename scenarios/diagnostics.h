// Where the loader's errors go: each once, with its place and source line, up to a limit.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "scenarios/diagnostic.h"
#include "scenarios/yaml_document.h"

namespace oplocksim::scenarios {

class Diagnostics {
 public:
    // `sources` is indexed by Place::file and must outlive this; it may grow.
    explicit Diagnostics(const std::deque<SourceText>& sources) : sources_(sources) {}

    // Notes an error. The same error at the same place, from another case, is noted once.
    void add(const Place& place, std::string message, std::string hint = "");
    // The same for an error that is no matter of the case.
    void add_for_all(const Place& place, std::string message, std::string hint = "");
    // The same as add() with "did you mean ...?" if a candidate is near `word`, else `otherwise`.
    void add_unknown(const Place& place, std::string message, std::string_view word,
                     const std::vector<std::string_view>& candidates, std::string otherwise = "");
    void add_all(std::vector<Diagnostic> diagnostics);

    // Errors from now on concern this case; shown in hints. Empty: no particular one.
    void set_case(std::string name) { case_name_ = std::move(name); }

    [[nodiscard]] bool empty() const { return found_.empty(); }
    // How many errors were added so far, those noted before included: whether something that was
    // looked at since then has errors.
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] bool full() const;
    // Everything found, in order of position, the scenario's own file first.
    [[nodiscard]] std::vector<Diagnostic> take();

 private:
    struct Found {
        std::uint32_t file = 0;
        Diagnostic diagnostic;
    };
    const std::deque<SourceText>& sources_;
    std::string case_name_;
    std::vector<Found> found_;
    std::size_t count_ = 0;
    std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::string>> seen_;
};

}  // namespace oplocksim::scenarios
