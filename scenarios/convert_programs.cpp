// Programs of clients, a schedule for them, and what is said about whole runs.
#include <algorithm>

#include "scenarios/convert.h"
#include "scenarios/text.h"

namespace oplocksim::scenarios {
namespace {

// "A", "A/worker" or "world".
bool read_actor(const YamlMember& member, Reader& reader, ProgramItem& program) {
    const std::string_view text = member.key;
    if (text == kWorldProgram) return true;
    const auto slash = text.find('/');
    program.client = text.substr(0, slash);
    if (slash != std::string_view::npos) program.thread = text.substr(slash + 1);
    const bool valid = is_name(program.client) &&
                       (slash == std::string_view::npos || is_name(program.thread));
    if (!valid) {
        reader.diagnostics().add(member.key_place,
                                 in_quotes(text) + " is not CLIENT, CLIENT/THREAD or 'world'");
    }
    if (program.thread == kMainThread) program.thread.clear();
    return valid;
}

void convert_program(const YamlMember& member, Reader& reader, Scope& parameters, RunModel& run) {
    ProgramItem program;
    program.place = member.key_place;
    if (!read_actor(member, reader, program)) return;
    const bool twice = std::ranges::any_of(run.programs, [&](const ProgramItem& other) {
        return other.client == program.client && other.thread == program.thread;
    });
    if (twice) {
        reader.diagnostics().add(member.key_place,
                                 in_quotes(member.key) + " has a program already");
    }
    program.first = run.steps.size();
    convert_steps(*member.value, reader, parameters, run, member.key);
    program.last = run.steps.size();
    for (std::size_t i = program.first; i < program.last; ++i) {
        Step& step = run.steps[i];
        for (OutcomeExpectation& expectation : step.outcomes) {
            Statement statement;
            statement.expectation = std::move(expectation);
            if (statement.expectation.name.empty()) statement.step = i;
            run.statements.push_back(std::move(statement));
        }
        step.outcomes.clear();
    }
    run.programs.push_back(std::move(program));
}

void convert_schedule(const YamlNode& node, Reader& reader, RunModel& run) {
    for (const YamlNode* item : reader.list(node)) {
        const auto text = reader.text(*item, "schedule");
        if (!text) continue;
        for (std::size_t begin = 0; begin < text->size();) {
            const std::size_t end = std::min(text->find(' ', begin), text->size());
            if (end > begin) run.schedule.push_back({text->substr(begin, end - begin), item->place});
            begin = end + 1;
        }
    }
}

void convert_deadlock(const YamlNode& node, Reader& reader, RunModel& run) {
    const auto text = reader.text(node, "deadlock");
    if (!text || *text == "forbidden") return;
    if (*text == "allowed") {
        run.deadlock = DeadlockPolicy::allowed;
    } else if (*text == "expected") {
        run.deadlock = DeadlockPolicy::expected;
    } else {
        reader.diagnostics().add_unknown(node.place, "unknown value " + in_quotes(*text), *text,
                                         {"forbidden", "allowed", "expected"},
                                         "one of forbidden, allowed, expected");
    }
}

}  // namespace

std::string_view to_string(StatementKind kind) {
    switch (kind) {
        case StatementKind::always: return "always";
        case StatementKind::never: return "never";
        case StatementKind::eventually: return "eventually";
    }
    return "";
}

void convert_programs(const Sections& sections, Reader& reader, Scope& parameters, RunModel& run) {
    const YamlNode& node = *sections.programs;
    if (node.poisoned || !reader.kind(node, YamlKind::mapping, "programs")) return;
    const std::size_t errors = reader.diagnostics().count();
    for (const YamlMember& member : node.members) convert_program(member, reader, parameters, run);
    if (run.steps.size() == run.setup_end && reader.diagnostics().count() == errors) {
        reader.diagnostics().add(sections.programs_key, "the programs have no steps");
    }
    if (sections.schedule != nullptr) convert_schedule(*sections.schedule, reader, run);
}

void convert_statements(const Sections& sections, Reader& reader, RunModel& run) {
    const auto add = [&](const NodePtr& node, StatementKind kind) {
        if (node == nullptr) return;
        Step step;
        convert_completes(*node, reader, {}, step);
        for (OutcomeExpectation& expectation : step.outcomes) {
            expectation.in_this_step = false;
            run.statements.push_back({kind, std::move(expectation), std::nullopt});
        }
    };
    add(sections.always, StatementKind::always);
    add(sections.never, StatementKind::never);
    add(sections.eventually, StatementKind::eventually);
    if (sections.deadlock != nullptr) convert_deadlock(*sections.deadlock, reader, run);
}

}  // namespace oplocksim::scenarios
