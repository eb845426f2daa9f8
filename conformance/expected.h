// Known failures: a file that lists what is allowed to fail, and why.
//
//   expected:
//     - id: break/RH/write/other-key        # of a case, exactly as the reports show it
//       reason: our redirector acknowledges late
//       clause: WRITE-RH-ACK-NO-WAIT
//       link: https://tracker.example/412
//       expires: 2030-01-31                 # optional; the day after, the entry counts no longer
//
// An entry whose case passes is itself a failure: the list never grows stale.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace oplocksim::conformance {

struct ExpectedFailure {
    std::string id;
    std::string reason;
    std::string clause;
    std::string link;
    std::string expires;   // "2030-01-31", or empty

    bool operator==(const ExpectedFailure&) const = default;
};

inline constexpr std::size_t kMaxExpectedFailures = 100'000;
inline constexpr std::size_t kMaxExpectedBytes = 16u << 20;

// Reads such a file. On failure `entries` is empty and `problem` is one sentence that names `file`
// and, where it can, the line.
struct ParsedExpected {
    std::vector<ExpectedFailure> entries;
    std::string problem;
};
[[nodiscard]] ParsedExpected parse_expected(std::string_view file, std::string_view text);

// The file that states `entries`. parse_expected() of it gives the same entries.
[[nodiscard]] std::string expected_text(std::span<const ExpectedFailure> entries);

// The entry for a case, or null.
[[nodiscard]] const ExpectedFailure* find_expected(std::span<const ExpectedFailure> entries,
                                                   std::string_view id);

// Whether the entry counts no longer on `today` ("2030-02-01").
[[nodiscard]] bool has_expired(const ExpectedFailure& entry, std::string_view today);

}  // namespace oplocksim::conformance
