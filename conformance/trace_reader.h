// Reads traces: the JSON Lines that `oplocksim run --trace` writes (sim/trace_json.h), or that
// somebody else's recorder wrote in the same format.
//
// A file holds one run or several. A run begins with a line that names it,
//   {"run":ID,"case":TEXT,"profile":NAME,"changed_switches":{NAME:VALUE, ...}}
// which may be left out for a single run, and the format line
//   {"format":"oplocksim-trace","version":1}
// Then come events, one a line. Members that are not known are ignored; empty lines are too.
//
// Bad input gives one error, with the number of its line, and never more memory than the limits
// below allow. Runs before the bad line have been handed over.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/semantics.h"
#include "sim/names.h"
#include "sim/trace.h"

namespace oplocksim::conformance {

inline constexpr std::size_t kMaxTraceLineBytes = 1u << 20;    // a path has at most 32767 characters
inline constexpr std::size_t kMaxTraceEvents = 1'000'000;      // of one run; some 400 MiB of memory
inline constexpr int kMaxTraceNesting = 8;                     // the format needs 4

// One run of a trace file.
struct TraceRun {
    std::string run;                          // the scenario's id; may be empty
    std::string case_name;
    std::optional<engine::Profile> profile;   // none: the file does not say
    engine::Semantics semantics;              // of the profile, with the switches of the file
    std::shared_ptr<const sim::Names> names;
    std::vector<sim::TraceEvent> events;      // those that are not observable have their kind only
    std::vector<std::uint32_t> lines;         // of each event, from 1
};

// Hands over each run when it is complete; `on_run` returns false to stop. Returns an empty string
// or one sentence: "line 12: 'STATUS_SUCESS' is not a status".
[[nodiscard]] std::string read_trace(std::istream& input,
                                     const std::function<bool(const TraceRun&)>& on_run);

}  // namespace oplocksim::conformance
