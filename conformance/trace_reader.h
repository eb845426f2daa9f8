// Reads traces: the JSON Lines that `oplocksim run --trace` writes (sim/trace_json.h), or that
// somebody else's recorder wrote in the same format.
//
// A file holds one run or several. A run begins with a line that names it,
//   {"run":ID,"case":TEXT,"profile":NAME,"changed_switches":{NAME:VALUE, ...}}
// which may be left out for a single run; it may also say what things are called,
//   "clients":[{"process":ID,"thread":ID,"client":NAME,"name":NAME}, ...]
//   "operations":[{"irp":ID,"name":NAME}, ...]   in the order they are issued
// Then come the format line
//   {"format":"oplocksim-trace","version":1}
// and events, one a line. Members that are not known are ignored; empty lines are too.
//
// What only shows the machinery (`wait`, `release`, `oplock` and every `why`) is taken if it is as
// sim/trace_json.h says, and left out if not: nothing is judged by it.
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
#include <utility>
#include <vector>

#include "engine/semantics.h"
#include "scenarios/result.h"
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
    std::vector<scenarios::ThreadName> threads;   // what the file calls them
    std::vector<std::pair<sim::IrpId, std::string>> irp_names;
    std::vector<sim::TraceEvent> events;
    std::vector<std::uint32_t> lines;         // of each event, from 1
};

// Hands over each run when it is complete; `on_run` returns false to stop. Returns an empty string
// or one sentence: "line 12: 'STATUS_SUCESS' is not a status".
[[nodiscard]] std::string read_trace(std::istream& input,
                                     const std::function<bool(const TraceRun&)>& on_run);

}  // namespace oplocksim::conformance
