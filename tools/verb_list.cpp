// oplocksim list: scenarios, clauses, switches and profiles.
#include <algorithm>
#include <string>
#include <vector>

#include "conformance/clauses.h"
#include "reports/json.h"
#include "reports/text.h"
#include "scenarios/text.h"
#include "tools/input_files.h"
#include "tools/verbs.h"

namespace oplocksim::tools {
namespace {

using reports::counted;
using reports::padded;
using scenarios::escaped;

bool selected(std::string_view id, const std::vector<std::string>& filters) {
    if (filters.empty()) return true;
    return std::ranges::any_of(filters, [id](const std::string& filter) {
        return id.find(filter) != std::string_view::npos;
    });
}

// `text` wrapped behind four spaces.
void write_indented(Output& out, std::string_view text) {
    const std::size_t room = std::max<std::size_t>(out.width(), 44) - 4;
    for (const std::string& line : reports::wrapped(escaped(text), room)) {
        out.write("    " + line + "\n");
    }
}

int list_scenarios(const ListArguments& arguments, Streams& streams) {
    FoundFiles found = find_files(arguments.paths);
    if (!found.error.empty()) return report_error(streams, found.error, ExitStatus::bad_input);
    keep_matching(found.files, arguments.filters);
    std::vector<scenarios::ScenarioInfo> infos;
    bool good = true;
    for (const InputFile& file : found.files) {
        FileText read = read_text(file);
        if (!read.text) {
            static_cast<void>(report_error(streams, read.error, ExitStatus::bad_input));
            good = false;
            continue;
        }
        const scenarios::LoadResult loaded = load(file, std::move(*read.text));
        for (const auto& diagnostic : loaded.diagnostics) {
            streams.err.write(scenarios::render(diagnostic));
        }
        good = good && loaded.scenario != nullptr;
        if (loaded.scenario != nullptr) infos.push_back(scenarios::info(*loaded.scenario));
    }
    if (arguments.json) {
        streams.out.write(reports::scenarios_json(infos));
    } else {
        std::size_t runs = 0;
        std::size_t width = 0;
        for (const auto& one : infos) width = std::max(width, reports::columns(escaped(one.id)));
        for (const auto& one : infos) {
            runs += one.runs;
            streams.out.write(padded(escaped(one.id), width) + "  " +
                              padded(counted(one.runs, "run"), 10) + escaped(one.title) + "\n");
        }
        streams.out.write(counted(infos.size(), "scenario") + ", " + counted(runs, "run") + "\n");
    }
    return static_cast<int>(good ? ExitStatus::conforms : ExitStatus::bad_input);
}

void list_clauses(const ListArguments& arguments, Output& out) {
    std::vector<conformance::Clause> rows;
    for (const conformance::Clause& clause : conformance::clauses()) {
        if (selected(clause.id, arguments.filters)) rows.push_back(clause);
    }
    if (arguments.json) {
        out.write(reports::clauses_json(rows));
        return;
    }
    for (const conformance::Clause& clause : rows) {
        out.write(escaped(clause.id + "  " + conformance::citation(clause)) + "\n");
        write_indented(out, clause.text);
    }
    out.write(counted(rows.size(), "clause") + "\n");
}

void list_switches(const ListArguments& arguments, Output& out) {
    if (arguments.json) {
        out.write(reports::switches_json());
        return;
    }
    for (const engine::SwitchInfo& info : engine::switches()) {
        if (!selected(info.name, arguments.filters)) continue;
        out.write(std::string(info.name) + "  " + std::string(info.decision) + "\n");
        write_indented(out, info.summary);
        std::string values;
        for (const std::string_view value : info.values) {
            values += (values.empty() ? "" : " | ") + std::string(value);
        }
        std::string profiles;
        for (int i = 0; i < engine::kProfileCount; ++i) {
            const auto profile = static_cast<engine::Profile>(i);
            profiles += (i == 0 ? "" : ", ") + std::string(engine::to_string(profile)) + ": " +
                        std::string(engine::switch_value(engine::semantics_of(profile), info.name));
        }
        write_indented(out, values + "  (" + profiles + ")");
    }
}

void list_profiles(const ListArguments& arguments, Output& out) {
    if (arguments.json) {
        out.write(reports::profiles_json());
        return;
    }
    const engine::Semantics base = engine::semantics_of(engine::Profile::docs);
    for (int i = 0; i < engine::kProfileCount; ++i) {
        const auto profile = static_cast<engine::Profile>(i);
        if (!selected(engine::to_string(profile), arguments.filters)) continue;
        out.write(std::string(engine::to_string(profile)) + (i == 0 ? "  (default)\n" : "\n"));
        const engine::Semantics semantics = engine::semantics_of(profile);
        for (const engine::SwitchInfo& info : engine::switches()) {
            const std::string_view value = engine::switch_value(semantics, info.name);
            if (i != 0 && value == engine::switch_value(base, info.name)) continue;
            out.write("    " + std::string(info.name) + "=" + std::string(value) + "\n");
        }
    }
}

}  // namespace

int list_verb(const ListArguments& arguments, Streams& streams) {
    switch (arguments.subject) {
        case ListSubject::scenarios: return list_scenarios(arguments, streams);
        case ListSubject::clauses: list_clauses(arguments, streams.out); break;
        case ListSubject::switches: list_switches(arguments, streams.out); break;
        case ListSubject::profiles: list_profiles(arguments, streams.out); break;
    }
    return static_cast<int>(ExitStatus::conforms);
}

}  // namespace oplocksim::tools
