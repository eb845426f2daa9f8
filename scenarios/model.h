// A scenario with one choice of parameters, typed: what the loader makes and the runner executes.
//
// Names of operations and handles are still text: which object a name means is known only while
// the scenario runs. The loader has checked that every name is defined before it is used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/ntstatus.h"
#include "engine/semantics.h"
#include "scenarios/language.h"
#include "scenarios/yaml_document.h"
#include "sim/request.h"

namespace oplocksim::scenarios {

inline constexpr std::size_t kMaxRuns = 10'000;
inline constexpr std::size_t kMaxSteps = 10'000;
inline constexpr std::string_view kMainThread = "main";
// Of a client that caches: works for the cache. It may be paused, and takes no step.
inline constexpr std::string_view kCacheThread = "cache";

// A switch or `profile`, and the values under which something holds.
struct Condition {
    std::string name;                 // "profile", or a switch
    std::vector<std::string> values;  // any of these
};
// All of these must hold.
using Guard = std::vector<Condition>;

// One file or directory. Parents that are missing are entries too, before their children.
struct VolumeItem {
    std::string path;
    bool directory = false;
    std::uint32_t attributes = 0;
    std::uint64_t size = 0;
    std::uint64_t allocation_size = 0;  // 0: rounded up
    std::string short_name;
    std::string link_to;  // set: this path is a hard link to that file
};

struct ClientItem {
    std::string name;
    std::vector<std::string> threads;  // `main` first
    bool declared = false;             // in `clients`
    bool caches = false;               // a caching client: sim/caching_client.h
};

// The action of a step.
struct Action {
    Verb verb = Verb::look;
    std::string client;               // of a client verb, kill, pause, resume
    std::string thread;               // empty: main (pause, resume: every thread)
    std::string as;                   // the operation's name; may be empty
    std::string on;                   // handle or section
    std::string operation;            // cancel
    std::string to_client;            // duplicate
    std::string path;                 // create, rename, link
    std::string short_name;           // set_short_name
    std::string target_key;           // create
    std::string parent_key;           // create
    std::optional<std::string> data;  // write
    sim::Request request;             // everything of it that needs no table of names
    sim::Ticks duration = 0;          // advance
    std::optional<sim::Ticks> after;
    Place place;  // of the key
    Place as_place;
    Place on_place;  // of on, operation, to_client or client
};

// Members of REQUEST_OPLOCK_OUTPUT_BUFFER to compare; nothing in `members`: no buffer.
struct OutputExpectation {
    bool none = false;
    std::optional<std::uint32_t> original_level;
    std::optional<std::uint32_t> new_level;
    std::optional<std::uint32_t> flags;
    std::optional<std::uint32_t> access_mode;
    std::optional<std::uint16_t> share_mode;
};

// What must be true of one operation at the end of a step. Members that are not set are not
// looked at.
struct Outcome {
    std::optional<OutcomeWord> word;
    engine::NtStatus status = engine::NtStatus::STATUS_SUCCESS;  // with OutcomeWord::status
    std::optional<bool> pends;
    std::optional<std::uint32_t> win32;
    std::optional<std::uint64_t> information;
    std::optional<OutputExpectation> output;
    std::optional<std::string> data;
    std::optional<std::uint64_t> length;
    std::optional<bool> cached;

    // Whether it says how the operation ended; otherwise it must have succeeded.
    [[nodiscard]] bool says_how() const { return word || pends || win32; }
};

struct OutcomeExpectation {
    std::string name;  // empty: the step's own operation
    Outcome outcome;
    Guard guard;
    bool in_this_step = false;  // completes: it completed in this step
    Place place;
};

struct BreakModes {
    bool none = false;
    std::optional<std::uint32_t> access;
    std::optional<std::uint16_t> share;
};

struct BreakExpectation {
    std::string name;
    bool unbroken = false;  // it was not broken; then nothing else is said
    bool level_2 = false;   // else `level`
    std::uint32_t level = 0;
    std::optional<bool> ack_required;
    std::optional<BreakModes> modes;
    Guard guard;
    Place place;
};

struct PendingExpectation {
    std::string name;
    Guard guard;
    Place place;
};

struct Step {
    Action action;
    std::string text;  // the action in one line
    std::string note;
    std::vector<std::string> covers;
    std::vector<Place> cover_places;  // of each
    Guard when;             // conditions on switches and profile
    bool excluded = false;  // a condition on a parameter does not hold
    bool nothing_else = false;
    std::vector<OutcomeExpectation> outcomes;  // of expect and completes
    std::vector<BreakExpectation> breaks;
    std::vector<PendingExpectation> pending;
    Place place;
};

// The steps [first, last) of RunModel::steps that one thread takes, or the world.
struct ProgramItem {
    std::string client;  // empty: the world
    std::string thread;  // empty: main
    std::size_t first = 0;
    std::size_t last = 0;
    Place place;
};

// What is said about a whole run.
enum class StatementKind : std::uint8_t { always, never, eventually };
[[nodiscard]] std::string_view to_string(StatementKind kind);
struct Statement {
    StatementKind kind = StatementKind::always;
    OutcomeExpectation expectation;      // of its `name`, or of the operation of `step`
    std::optional<std::size_t> step;     // of RunModel::steps: an `expect` in a program
};

enum class DeadlockPolicy : std::uint8_t { forbidden, allowed, expected };

// One choice of a schedule, as it was written.
struct ScheduleItem {
    std::string text;
    Place place;
};

// One run.
struct RunModel {
    std::string title;
    std::string case_name;
    std::vector<std::string> covers;
    std::vector<Place> cover_places;                            // of each
    std::vector<engine::Profile> profiles;                      // empty: any
    std::vector<std::pair<std::string, std::string>> switches;  // "each" is resolved
    std::vector<VolumeItem> volume;
    std::vector<ClientItem> clients;  // all that steps name
    std::vector<Step> steps;          // setup first
    std::size_t setup_end = 0;        // how many of them the setup has
    std::vector<ProgramItem> programs;   // empty: the steps are taken in order
    std::vector<ScheduleItem> schedule;  // of the programs
    std::vector<Statement> statements;
    DeadlockPolicy deadlock = DeadlockPolicy::forbidden;
    std::vector<std::string> files;   // paths, indexed by Place::file; set for running
    bool strict = false;
};

}  // namespace oplocksim::scenarios
