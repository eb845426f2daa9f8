#include "sim/schedule_text.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/assert.h"

namespace oplocksim::sim {
namespace {

constexpr std::string_view kStep = "step";
constexpr std::string_view kGoOn = "go-on";
constexpr std::string_view kCache = "cache";
// How many names an error lists.
constexpr std::size_t kNamesInError = 12;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

// "'a', 'b' or 'c'".
std::string alternatives(const std::vector<std::string>& names) {
    std::string list;
    const std::size_t shown = std::min(names.size(), kNamesInError);
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) list += i + 1 == names.size() ? " or " : ", ";
        list += quoted(names[i]);
    }
    if (shown < names.size()) list += ", ...";
    return list;
}

std::vector<std::string> program_names(const Case& of) {
    std::vector<std::string> names;
    for (const Program& program : of.programs) names.push_back(thread_name(of, program.thread));
    return names;
}
std::vector<std::string> step_names(const Case& of) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < of.steps.size(); ++i) {
        names.push_back(step_name(of, static_cast<StepIndex>(i)));
    }
    return names;
}

// The names of a case, made once for a text.
class Reader {
 public:
    explicit Reader(const Case& of) : programs_(program_names(of)), steps_(step_names(of)) {}

    // Returns what is wrong with the line; nothing if it is a choice, which is added.
    std::optional<std::string> read(std::string_view line, Schedule& into) const {
        const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
        const std::string_view verb = line.substr(0, end);
        const std::string_view name = trimmed(line.substr(end));
        if (verb == kStep) return read(programs_, "thread", Choice::Kind::step, name, into);
        if (verb == kGoOn) return read(steps_, "step", Choice::Kind::go_on, name, into);
        if (verb == kCache) return read(steps_, "step", Choice::Kind::cache, name, into);
        return quoted(verb) + " is no choice; a line is 'step THREAD', 'go-on STEP' or 'cache STEP'";
    }

 private:
    static std::optional<std::string> read(const std::vector<std::string>& names,
                                           std::string_view what, Choice::Kind kind,
                                           std::string_view name, Schedule& into) {
        const auto found = std::ranges::find(names, name);
        if (found != names.end()) {
            into.push_back({kind, static_cast<std::uint16_t>(found - names.begin())});
            return std::nullopt;
        }
        const std::string there_is =
            names.empty() ? "there is none" : "there is " + alternatives(names);
        return (name.empty() ? "no " + std::string(what) + " is named"
                             : "there is no " + std::string(what) + " " + quoted(name)) +
               "; " + there_is;
    }

    std::vector<std::string> programs_;
    std::vector<std::string> steps_;
};

}  // namespace

std::string to_string(const Case& of, Choice choice) {
    switch (choice.kind) {
        case Choice::Kind::step:
            return std::string(kStep) + " " + thread_name(of, of.programs[choice.index].thread);
        case Choice::Kind::go_on: return std::string(kGoOn) + " " + step_name(of, choice.index);
        case Choice::Kind::cache: return std::string(kCache) + " " + step_name(of, choice.index);
    }
    OPLOCKSIM_ASSERT(false, "a kind of choice outside its enumeration");
}

std::string to_string(const Case& of, const Schedule& schedule) {
    std::string text;
    for (const Choice choice : schedule) text += to_string(of, choice) + "\n";
    return text;
}

ParsedSchedule parse_schedule(const Case& of, std::string_view text) {
    ParsedSchedule parsed;
    const Reader reader(of);
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.front() == '#') continue;
        std::optional<std::string> error =
            parsed.schedule.size() < kMaxScheduleLength
                ? reader.read(line, parsed.schedule)
                : "more than " + std::to_string(kMaxScheduleLength) + " choices";
        if (error) return {{}, number, *error};
    }
    return parsed;
}

std::string to_string(const Case& of, const Divergence& divergence) {
    std::string text = "choice " + std::to_string(divergence.position + 1) + ": ";
    text += divergence.recorded ? "recorded was " + quoted(to_string(of, *divergence.recorded))
                                : "the schedule has ended";
    if (divergence.enabled.empty()) return text + ", but nothing can happen any more";
    std::vector<std::string> names;
    for (const Choice choice : divergence.enabled) names.push_back(to_string(of, choice));
    return text + ", but what can happen is " + alternatives(names);
}

}  // namespace oplocksim::sim
