// What running a scenario found: the model that the command and the reports show.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/diagnostic.h"
#include "sim/names.h"
#include "sim/trace.h"

namespace oplocksim::scenarios {

enum class Verdict : std::uint8_t {
    pass,
    fail,   // an expectation did not hold, or an unexpected failure was seen
    skip,   // the scenario is written for other profiles than the one selected
    error,  // the run could not be carried out (a limit was hit); never a pass
};
[[nodiscard]] std::string_view to_string(Verdict verdict);

// One thing that was required, beside what was seen.
struct Check {
    bool passed = false;
    std::string subject;   // "B.create", "held (break notice)"
    std::string expected;  // "completes STATUS_SHARING_VIOLATION, Information FILE_OPBATCH_..."
    std::string observed;
    Position position;  // of the expectation in the file
    std::string path = {};  // of that file, if it is an included one; else empty
};

// One step that was carried out, in the user's words and in what happened.
struct StepRecord {
    std::uint32_t number = 0;  // from 1; setup steps count too
    Position position;
    std::string path;                   // of its file, if that is an included one; else empty
    std::string text;                   // "B.create as b: \data.bin, access FILE_WRITE_DATA, ..."
    std::vector<std::string> happened;  // one line an event: "held completes STATUS_SUCCESS ..."
                                        // with the reason and clause where one decided
    std::vector<Check> checks;
    std::vector<std::string> clauses;  // covers: of the step, else of the scenario
    bool failed = false;
    bool skipped = false;         // its `when` did not hold
    std::size_t first_event = 0;  // of RunResult::trace
    std::size_t last_event = 0;   // one past
};

// A thread of a client, by the names that the scenario has for them.
struct ThreadName {
    sim::ProcessId process;
    sim::ThreadId thread;
    std::string client;
    std::string name;   // "main"
};

// One run: a scenario with one choice of parameters and switch values.
struct RunResult {
    std::string scenario;  // id: the path below the corpus root without ".yaml"
    std::string title;
    std::string path;       // of the file
    std::string case_name;  // "held=RW, operation=write"; empty without matrix and cases
    std::string profile;
    std::vector<std::pair<std::string, std::string>> switches;  // all names and values
    std::vector<std::string> changed_switches;  // those that differ from the profile
    std::vector<std::string> clauses;           // covers:
    Verdict verdict = Verdict::pass;
    std::string reason;  // of a fail, skip or error: one sentence
    std::vector<StepRecord> steps;
    std::vector<sim::TraceEvent> trace;  // empty unless asked for
    std::shared_ptr<const sim::Names> names;
    std::vector<ThreadName> threads;   // of the clients, in the order they were made
    // What the operation behind each IRP is called, in the order they were issued; an id that was
    // used again is there again.
    std::vector<std::pair<sim::IrpId, std::string>> irp_names;
};

}  // namespace oplocksim::scenarios
