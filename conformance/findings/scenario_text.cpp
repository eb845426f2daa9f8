#include "conformance/findings/scenario_text.h"

#include <algorithm>

#include "conformance/findings/action_text.h"
#include "conformance/findings/plan.h"
#include "conformance/findings/story.h"
#include "conformance/findings/yaml_words.h"
#include "engine/ntstatus.h"
#include "scenarios/case_of.h"
#include "scenarios/text.h"
#include "sim/kernel.h"

namespace oplocksim::conformance::findings {
namespace {

using scenarios::ConstantKind;
using sim::OperationPhase;
using sim::OperationState;
using sim::StepIndex;
using Kind = sim::Choice::Kind;

// A title is a line that people read.
constexpr std::size_t kMaxTitle = 160;

std::string brackets(const std::vector<std::string>& words) {
    return "[" + scenarios::joined(words, ", ") + "]";
}

std::string braces(const std::vector<std::string>& members) {
    return "{" + scenarios::joined(members, ", ") + "}";
}

// The volume, entry by entry.
class VolumeText {
 public:
    explicit VolumeText(const sim::Case& of) : of_(of) {}

    std::string text() const {
        std::string text;
        for (const sim::VolumeEntry& entry : of_.volume) {
            if (is_stream(entry) || goes_without_saying(entry)) continue;
            const std::vector<std::string> members = members_of(entry);
            const std::string body =
                members.size() == 1 ? members.front() : braces(members);
            text += "  - " + body + "\n";
        }
        return text.empty() ? text : "volume:\n" + text;
    }

 private:
    [[nodiscard]] const sim::Path& path(sim::PathId id) const { return of_.names->path(id); }
    [[nodiscard]] bool is_stream(const sim::VolumeEntry& entry) const {
        return path(entry.path).stream != sim::NameId{};
    }
    [[nodiscard]] bool is_below(sim::PathId inner, sim::PathId outer) const {
        const auto& below = path(inner).components;
        const auto& above = path(outer).components;
        return below.size() > above.size() && std::equal(above.begin(), above.end(), below.begin());
    }
    // A plain directory that something is in.
    [[nodiscard]] bool goes_without_saying(const sim::VolumeEntry& entry) const {
        if (!entry.directory || entry.attributes != 0 || entry.short_name != sim::NameId{}) {
            return false;
        }
        const bool has_streams = std::ranges::any_of(of_.volume, [&](const auto& other) {
            return is_stream(other) && path(other.path).components == path(entry.path).components;
        });
        return !has_streams && std::ranges::any_of(of_.volume, [&](const auto& other) {
            return is_below(other.path, entry.path);
        });
    }
    std::vector<std::string> members_of(const sim::VolumeEntry& entry) const;

    const sim::Case& of_;
};

std::vector<std::string> VolumeText::members_of(const sim::VolumeEntry& entry) const {
    std::vector<std::string> members;
    members.push_back((entry.directory ? "directory: " : "file: ") +
                      yaml_text(path(entry.path).text));
    const auto sizes = [](const sim::VolumeEntry& of, std::vector<std::string>& into) {
        if (of.size != sim::kClusterSize) into.push_back("size: " + std::to_string(of.size));
        if (of.allocation_size != 0) {
            into.push_back("allocation: " + std::to_string(of.allocation_size));
        }
    };
    if (!entry.directory) sizes(entry, members);
    if (entry.attributes != 0) {
        members.push_back("attributes: " + mask_list(ConstantKind::attribute, entry.attributes));
    }
    std::vector<std::string> streams;
    for (const sim::VolumeEntry& other : of_.volume) {
        if (!is_stream(other) || path(other.path).components != path(entry.path).components) {
            continue;
        }
        std::vector<std::string> stream{
            "name: " + yaml_text(of_.names->text(path(other.path).stream))};
        sizes(other, stream);
        streams.push_back(stream.size() == 1 ? stream.front().substr(6) : braces(stream));
    }
    if (!streams.empty()) members.push_back("streams: " + brackets(streams));
    if (entry.short_name != sim::NameId{}) {
        members.push_back("short_name: " + yaml_text(of_.names->text(entry.short_name)));
    }
    std::vector<std::string> links;
    for (const auto& [existing, link] : of_.links) {
        if (path(existing).components == path(entry.path).components && !entry.directory) {
            links.push_back(yaml_text(path(link).text));
        }
    }
    if (!links.empty()) members.push_back("links: " + brackets(links));
    return members;
}

// Only what the steps do not say: further threads, who caches, and clients that do nothing.
std::string clients_text(const sim::Case& of) {
    std::string text;
    for (sim::ClientIndex client = 0; client < of.clients.size(); ++client) {
        std::vector<std::string> threads;
        bool first = true;
        bool acts = false;
        for (std::size_t i = 0; i < of.threads.size(); ++i) {
            if (of.threads[i].client != client || of.clients[client].cache_thread == i) continue;
            if (!first) threads.push_back(of.threads[i].name);
            first = false;
            acts = acts || std::ranges::any_of(of.steps, [&](const sim::Step& step) {
                       return step.thread == i;
                   });
        }
        std::vector<std::string> members;
        if (!threads.empty()) members.push_back("threads: " + brackets(threads));
        if (of.clients[client].cache_thread != sim::kNobody) members.push_back("caches: true");
        if (members.empty() && acts) continue;
        text += "  " + yaml_text(of.clients[client].name) + ": " + braces(members) + "\n";
    }
    return text.empty() ? text : "clients:\n" + text;
}

std::string comment(std::string_view indent, std::string_view text) {
    return std::string(indent) + "# " + scenarios::escaped(text) + "\n";
}

class ScenarioWriter {
 public:
    explicit ScenarioWriter(const Finding& finding)
        : finding_(finding), plan_(plan_of(finding.of, finding.schedule)) {
        small_ = to_case(plan_);
        linear_ = plan_.settled == plan_.turns.size();
        // Counted from the end, choices mean the same with and without a setup.
        const std::size_t from_end =
            plan_.choices - std::min(plan_.choices, finding.failure.choice);
        failed_at_ = small_.schedule.size() - std::min(small_.schedule.size(), from_end);
        seen_in_setup_ = from_end > small_.schedule.size();
        seen_at_end_ = from_end == 0;
    }

    std::string text() {
        std::vector<bool> needed(small_.of.steps.size(), false);
        story_ = linear_ ? story_of(small_) : story_of_setup();
        for (const StepStory& story : story_) {
            for (const StepIndex step : story.completed) needed[step] = true;
        }
        for (const sim::Choice choice : small_.schedule) {
            if (!linear_ && choice.kind != Kind::step) needed[choice.index] = true;
        }
        names_ = step_names(small_.of, needed);
        std::string text = "scenario: " + yaml_text(title_of(finding_)) + "\n";
        text += about_finding();
        text += semantics_text();
        text += VolumeText(small_.of).text();
        text += clients_text(small_.of);
        text += linear_ ? steps_text() : programs_text();
        if (!finding_.statement.empty()) text += finding_.statement + "\n";
        return text;
    }

 private:
    std::string about_finding() const {
        std::string text = comment("", where());
        const Failure& failure = finding_.failure;
        text += comment("", "  observed: " + in_clients_words(finding_.of, failure.observed));
        text += comment("", "  required: " + in_clients_words(finding_.of, failure.required));
        if (!failure.waits.empty()) {
            text += comment("", "  waiting:  " + in_clients_words(finding_.of, failure.waits));
        }
        return text;
    }
    [[nodiscard]] std::string rule_text() const {
        const Failure& failure = finding_.failure;
        return failure.rule + (failure.clause.empty() ? "" : " (" + failure.clause + ")");
    }
    [[nodiscard]] std::string where() const {
        const std::string rule = rule_text();
        const bool happens =
            rule == kDeadlock || rule == kLeftOver || rule == kBrokenInvariant;
        if (happens) return rule + ", at the end of the run:";
        if (seen_at_end_) return rule + " does not hold at the end of the run:";
        return rule + (seen_in_setup_ ? " does not hold in the setup:" : " does not hold:");
    }

    std::string semantics_text() const {
        const engine::Profile profile = finding_.provenance.profile;
        std::string text;
        if (profile != engine::Profile::docs) {
            text += "profile: " + std::string(to_string(profile)) + "\n";
        }
        const auto changed = changed_switches(small_.of.semantics, profile);
        if (changed.empty()) return text;
        text += "switches:\n";
        for (const auto& [name, value] : changed) text += "  " + name + ": " + value + "\n";
        return text;
    }

    std::string steps_text() const {
        std::string text = "steps:\n";
        if (story_.empty()) text += "  - note: nothing is done\n";
        for (std::size_t i = 0; i < story_.size(); ++i) {
            const std::size_t end =
                i + 1 < story_.size() ? story_[i + 1].first_choice : small_.schedule.size();
            const bool here = !seen_at_end_ && failed_at_ >= story_[i].first_choice &&
                              failed_at_ < end;
            if (here) text += comment("  ", rule_text() + " breaks here:");
            text += "  - " + action_text(small_.of, story_[i].step, names_) + "\n";
            text += seen_at_end_ || end <= failed_at_ ? expectations(story_[i])
                                                      : tolerance(story_[i]);
        }
        return text;
    }

    [[nodiscard]] bool is_oplock_request(StepIndex step) const {
        return action_text(small_.of, step, names_).find(".oplock: ") != std::string::npos;
    }
    // The setup told as a run of its own, by the steps of the whole.
    [[nodiscard]] std::vector<StepStory> story_of_setup() const {
        Plan setup = plan_;
        setup.turns.resize(setup.settled);
        std::vector<StepStory> told = story_of(to_case(setup));
        std::vector<StepIndex> places(small_.of.steps.size(), 0);
        for (std::size_t i = 0; i < told.size(); ++i) {
            places[told[i].step] = static_cast<StepIndex>(i);
        }
        for (StepStory& story : told) {
            story.step = places[story.step];
            for (StepIndex& step : story.completed) step = places[step];
        }
        return told;
    }
    [[nodiscard]] std::string own_outcome(const StepStory& story) const;
    [[nodiscard]] std::string expectations(const StepStory& story) const;
    [[nodiscard]] std::string tolerance(const StepStory& story) const;
    [[nodiscard]] std::string programs_text() const;
    [[nodiscard]] std::string schedule_text() const;
    [[nodiscard]] bool ends_in_other_deadlock() const;

    const Finding& finding_;
    Plan plan_;
    CaseAndSchedule small_;
    bool linear_ = false;
    bool seen_in_setup_ = false;
    bool seen_at_end_ = false;
    std::size_t failed_at_ = 0;    // the choice of small_.schedule
    std::vector<StepStory> story_;
    StepNames names_;
};

// What `expect` has to say of a step's own operation; empty: what goes without saying.
std::string ScenarioWriter::own_outcome(const StepStory& story) const {
    const sim::Step& step = small_.of.steps[story.step];
    if (step.kind == sim::StepKind::cancel_io) return story.completed.empty() ? "any" : "";
    if (step.kind != sim::StepKind::request) return "";
    const bool oplock = is_oplock_request(story.step);
    const bool fsctl = step.request.kind == sim::RequestKind::oplock_fsctl;
    if (story.own.phase == OperationPhase::pending) {
        const std::string text = action_text(small_.of, story.step, names_);
        if (oplock || text.find(".ack: ") != std::string::npos) return "";
        return story.blocks ? "blocks" : "pends";
    }
    if (story.own.status == sim::NtStatus::STATUS_SUCCESS && !(oplock && fsctl)) return "";
    return std::string(engine::to_string(story.own.status));
}

// The level that an oplock was broken to; empty: its request was completed otherwise.
std::string broken_to(const sim::Step& step, const OperationState& how) {
    if (how.status != sim::NtStatus::STATUS_SUCCESS) return "";
    if (how.has_output) return scenarios::level_name(how.output.new_oplock_level);
    if (step.request.kind != sim::RequestKind::oplock_fsctl) return "";
    if (how.information == engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2) return "LEVEL_2";
    if (how.information == engine::FILE_OPLOCK_BROKEN_TO_NONE) return "NONE";
    return "";
}

std::string ScenarioWriter::expectations(const StepStory& story) const {
    std::string text;
    const std::string own = own_outcome(story);
    if (!own.empty()) text += "    expect: " + own + "\n";
    std::vector<std::string> breaks;
    std::vector<std::string> completes;
    for (std::size_t i = 0; i < story.completed.size(); ++i) {
        const StepIndex step = story.completed[i];
        const std::string level = broken_to(small_.of.steps[step], story.how[i]);
        if (level.empty()) {
            completes.push_back(names_[step] + ": " +
                                std::string(engine::to_string(story.how[i].status)));
        } else {
            breaks.push_back(names_[step] + ": " + level);
        }
    }
    if (!breaks.empty()) text += "    breaks: " + braces(breaks) + "\n";
    if (!completes.empty()) text += "    completes: " + braces(completes) + "\n";
    return text;
}

// From the failure on, what happens is not what should.
std::string ScenarioWriter::tolerance(const StepStory& story) const {
    std::vector<std::string> any;
    for (std::size_t i = 0; i < story.completed.size(); ++i) {
        if (engine::nt_success(story.how[i].status)) continue;
        any.push_back(names_[story.completed[i]] + ": any");
    }
    const bool own = !own_outcome(story).empty();
    if (any.empty()) return own ? "    expect: any\n" : "";
    if (own) any.insert(any.begin(), "status: any");
    return "    expect: " + braces(any) + "\n";
}

std::string ScenarioWriter::schedule_text() const {
    std::vector<std::string> words;
    for (const sim::Choice choice : small_.schedule) {
        words.push_back(choice.kind == Kind::step ? scenarios::choice_name(small_.of, choice)
                        : choice.kind == Kind::go_on
                            ? std::string(scenarios::kGoesOn) + names_[choice.index]
                            : std::string(scenarios::kCacheOf) + names_[choice.index]);
    }
    return "schedule: " + brackets(words) + "\n";
}

// Whether clients wait for each other in the end, and that is not what was found.
bool ScenarioWriter::ends_in_other_deadlock() const {
    if (finding_.failure.rule == kDeadlock) return false;
    OracleOptions judges;
    judges.deadlock = true;
    judges.clients_die = false;
    Failure like;
    like.rule = kDeadlock;
    return carry_out(plan_, judges, &like).failure.has_value();
}

std::string ScenarioWriter::programs_text() const {
    const sim::Case& of = small_.of;
    std::string text;
    if (of.setup_end != 0) text += "setup:\n";
    for (const StepStory& story : story_) {
        text += "  - " + action_text(of, story.step, names_) + "\n";
        text += seen_in_setup_ ? tolerance(story) : expectations(story);
    }
    // Which step the choice that showed the failure is about.
    std::vector<StepIndex> next;
    for (const sim::Program& program : of.programs) next.push_back(program.first);
    StepIndex failed = sim::kNoStep;
    bool going_on = false;
    for (std::size_t i = 0; i < small_.schedule.size() && i <= failed_at_; ++i) {
        const sim::Choice choice = small_.schedule[i];
        going_on = choice.kind != Kind::step;
        failed = going_on ? choice.index : next[choice.index]++;
    }
    if (seen_at_end_ || seen_in_setup_) failed = sim::kNoStep;
    text += "programs:\n";
    for (const sim::Program& program : of.programs) {
        text += "  " + thread_name(of, program.thread) + ":\n";
        for (StepIndex i = program.first; i < program.last; ++i) {
            if (i == failed) {
                text += comment("    ", rule_text() + (going_on ? " breaks when this goes on:"
                                                                : " breaks here:"));
            }
            text += "    - " + program_action_text(of, i, names_) + "\n";
        }
    }
    text += schedule_text();
    return ends_in_other_deadlock() ? text + "deadlock: allowed\n" : text;
}

}  // namespace

std::string in_clients_words(const sim::Case& of, std::string_view text) {
    std::string words;
    const auto number_at = [&](std::size_t& at) {
        std::size_t number = 0;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && number < 100'000; ++at) {
            number = number * 10 + static_cast<std::size_t>(text[at] - '0');
        }
        return number;
    };
    for (std::size_t at = 0; at < text.size();) {
        constexpr std::string_view kProcess = "process ";
        constexpr std::string_view kIrp = " (IRP ";
        const std::string_view rest = text.substr(at);
        if (rest.starts_with(kProcess)) {
            std::size_t end = at + kProcess.size();
            const std::size_t number = number_at(end);
            if (number != 0 && number <= of.clients.size()) {
                words += of.clients[number - 1].name;
                at = end;
                continue;
            }
        }
        if (rest.starts_with(kIrp)) {
            const std::size_t end = rest.find(')');
            const std::string_view inside =
                rest.substr(kIrp.size(), end == std::string_view::npos ? 0 : end - kIrp.size());
            if (!inside.empty() && inside.find_first_not_of("0123456789") == inside.npos) {
                at += end + 1;
                continue;
            }
        }
        words += text[at++];
    }
    return words;
}

std::string title_of(const Finding& finding) {
    std::string title =
        finding.failure.rule + ": " + in_clients_words(finding.of, finding.failure.observed);
    title = scenarios::escaped(title);
    if (title.size() <= kMaxTitle) return title;
    std::size_t cut = kMaxTitle - 3;
    while (cut > 0 && (static_cast<unsigned char>(title[cut]) & 0xC0) == 0x80) --cut;
    return title.substr(0, cut) + "...";
}

std::string scenario_text(const Finding& finding) { return ScenarioWriter(finding).text(); }

std::vector<std::string> step_texts(const Finding& finding) {
    const std::string text = scenario_text(finding);
    std::vector<std::string> steps;
    bool begun = false;
    for (const std::string_view line : scenarios::split(text, '\n')) {
        begun = begun || line == "setup:" || line == "steps:" || line == "programs:";
        const std::size_t dash = line.find_first_not_of(' ');
        const bool step = begun && dash != std::string_view::npos && dash > 0 &&
                          line.substr(dash).starts_with("- ");
        if (step) steps.emplace_back(line.substr(dash + 2));
    }
    return steps;
}

}  // namespace oplocksim::conformance::findings
