#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "engine/assert.h"
#include "scenarios/loaded_scenario.h"
#include "scenarios/references.h"
#include "scenarios/text.h"

namespace oplocksim::scenarios {
namespace {

constexpr std::string_view kExtension = ".yaml";

// What only the including file may say.
bool is_for_own_file_only(std::string_view key) {
    return key == "profile" || key == "matrix" || key == "cases" || key == "steps" ||
           key == "programs" || key == "schedule" || key == "always" || key == "never" ||
           key == "eventually" || key == "deadlock" || key == "strict" || key == "covers" ||
           key == "recorded";
}

class Loader {
 public:
    Loader(LoadedScenario& scenario, const ReadFile& read)
        : scenario_(scenario), diagnostics_(scenario.sources), reader_(diagnostics_), read_(read) {}

    // Returns whether the scenario is valid.
    bool load(std::string text);
    std::vector<Diagnostic> take_diagnostics() { return diagnostics_.take(); }

 private:
    NodePtr parse(std::string path, std::string text);
    void add_file(const NodePtr& root, bool own);
    void include(const YamlNode& node, std::uint32_t from);
    void include_file(const YamlNode& node, std::uint32_t from);
    void add_defines(const YamlNode& node);
    void add_own(const YamlNode& root);
    void check_order_keys(const YamlNode& root);

    void read_matrix(const YamlNode& node);
    void read_cases(const YamlNode& node);
    void read_row(const YamlNode& row);
    void combine();
    void combine_row(const Parameters& row);
    void name_cases();
    void validate();
    void add_runs(std::uint32_t index, const RunModel& run);
    void fill_info(const RunModel& run);
    void cite(const std::vector<std::string>& ids, const std::vector<Place>& places);
    void fill_citations();
    void note_value(const std::string& name, Scope& scope);
    [[nodiscard]] bool too_many_values(std::size_t in_one_run, std::size_t in_all);
    [[nodiscard]] Place place_of_runs(const YamlNode& root) const;
    bool parameter_name(const YamlMember& member);

    LoadedScenario& scenario_;
    Diagnostics diagnostics_;
    Reader reader_;
    const ReadFile& read_;
    std::set<std::string> including_;  // paths, to find circles
    std::vector<std::pair<std::string, std::vector<NodePtr>>> matrix_;
    std::vector<Parameters> rows_;
    NodePtr own_steps_;
    ParameterValues values_;
    std::set<std::pair<std::string, std::string>> noted_;  // what is in values_
    Place runs_place_;  // of what makes the runs so many
    // By file, line, column and id.
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::string>, ClauseCitation>
        citations_;
};

NodePtr Loader::parse(std::string path, std::string text) {
    const auto file = static_cast<std::uint32_t>(scenario_.sources.size());
    const SourceText& source = scenario_.sources.emplace_back(std::move(path), std::move(text));
    YamlResult result = parse_yaml(source, file);
    diagnostics_.add_all(std::move(result.diagnostics));
    return result.root;
}

void Loader::include_file(const YamlNode& node, std::uint32_t from) {
    const auto name = reader_.text(node, "include");
    if (!name) return;
    const std::filesystem::path wanted(*name);
    if (wanted.is_absolute() || name->find('\\') != std::string::npos || name->empty()) {
        diagnostics_.add(node.place, in_quotes(*name) + " is not a path relative to this file",
                         "components are separated by '/'");
        return;
    }
    const std::filesystem::path base =
        std::filesystem::path(scenario_.sources[from].path()).parent_path();
    const std::string path = (base / wanted).lexically_normal().generic_string();
    if (including_.contains(path)) {
        diagnostics_.add(node.place, in_quotes(path) + " includes itself");
        return;
    }
    if (scenario_.sources.size() > kMaxIncludes) {
        diagnostics_.add(node.place,
                         "more than " + std::to_string(kMaxIncludes) + " included files");
        return;
    }
    ReadResult read = read_ ? read_(path) : ReadResult{std::nullopt, "nothing can be included"};
    if (!read.text) {
        diagnostics_.add(node.place, "cannot read the included file " + in_quotes(path) +
                                         (read.reason.empty() ? "" : ": " + read.reason));
        return;
    }
    const NodePtr root = parse(path, std::move(*read.text));
    if (root == nullptr) return;
    including_.insert(path);
    add_file(root, false);
    including_.erase(path);
}

void Loader::include(const YamlNode& node, std::uint32_t from) {
    for (const YamlNode* item : reader_.list(node)) include_file(*item, from);
}

bool Loader::parameter_name(const YamlMember& member) {
    if (is_name(member.key)) return true;
    diagnostics_.add(member.key_place, in_quotes(member.key) + " is not a name for a value",
                     "letters, digits, '_' and '-', not beginning with a digit");
    return false;
}

void Loader::add_defines(const YamlNode& node) {
    if (!reader_.kind(node, YamlKind::mapping, "define")) return;
    for (const YamlMember& member : node.members) {
        if (!parameter_name(member)) continue;
        auto& defines = scenario_.defines;
        std::erase_if(defines, [&](const auto& known) { return known.first == member.key; });
        defines.emplace_back(member.key, member.value);
    }
}

// A file's sections; those that it includes come first.
void Loader::add_file(const NodePtr& root, bool own) {
    std::vector<KeyInfo> keys(keys_of(MappingKind::top_level).begin(),
                              keys_of(MappingKind::top_level).end());
    if (!own) {
        for (KeyInfo& key : keys) key.required = false;
        for (const YamlMember& member : root->members) {
            if (!is_for_own_file_only(member.key)) continue;
            diagnostics_.add(member.key_place,
                             in_quotes(member.key) + " has no place in an included file");
        }
    }
    static_cast<void>(reader_.mapping(*root, keys, own ? "a scenario" : "an included file"));
    if (root->kind != YamlKind::mapping) return;
    if (const YamlNode* node = root->find("include")) include(*node, root->place.file);
    if (const YamlNode* node = root->find("define")) add_defines(*node);
    const auto add = [&](std::string_view key, std::vector<NodePtr>& list) {
        const auto found = std::ranges::find(root->members, key, &YamlMember::key);
        if (found == root->members.end() || found->value->kind == YamlKind::null) return;
        list.push_back(found->value);
    };
    Sections& sections = scenario_.sections;
    add("switches", sections.switches);
    add("volume", sections.volumes);
    add("clients", sections.clients);
    add("setup", sections.setups);
}

void Loader::add_own(const YamlNode& root) {
    const auto get = [&](std::string_view key) -> NodePtr {
        const auto found = std::ranges::find(root.members, key, &YamlMember::key);
        return found == root.members.end() ? nullptr : found->value;
    };
    Sections& sections = scenario_.sections;
    sections.title = get("scenario");
    sections.description = get("description");
    sections.covers = get("covers");
    sections.profile = get("profile");
    sections.strict = get("strict");
    sections.steps = get("steps");
    sections.programs = get("programs");
    sections.schedule = get("schedule");
    sections.always = get("always");
    sections.never = get("never");
    sections.eventually = get("eventually");
    sections.deadlock = get("deadlock");
    const auto place_of = [&](std::string_view key) {
        const auto found = std::ranges::find(root.members, key, &YamlMember::key);
        return found == root.members.end() ? Place{} : found->key_place;
    };
    sections.steps_key = place_of("steps");
    sections.programs_key = place_of("programs");
    check_order_keys(root);
    runs_place_ = place_of_runs(root);
    if (const NodePtr node = get("recorded")) {
        scenario_.recorded = convert_recorded(*node, reader_);
    }
    if (const NodePtr matrix = get("matrix")) read_matrix(*matrix);
    if (const NodePtr cases = get("cases")) read_cases(*cases);
}

// A scenario has steps in order, or programs in any order.
void Loader::check_order_keys(const YamlNode& root) {
    const Sections& sections = scenario_.sections;
    if (sections.steps != nullptr && sections.programs != nullptr) {
        diagnostics_.add(sections.programs_key, "'steps' and 'programs' exclude each other",
                         "what comes before the programs is 'setup'");
    }
    if (sections.steps == nullptr && sections.programs == nullptr && diagnostics_.empty()) {
        diagnostics_.add(root.members.empty() ? root.place : root.members.front().key_place,
                         "a scenario needs 'steps' or 'programs'");
    }
    if (sections.schedule != nullptr && sections.programs == nullptr) {
        diagnostics_.add(sections.schedule->place, "'schedule' needs 'programs'");
    }
}

// What multiplies the runs, or else the steps; for errors about how much there is.
Place Loader::place_of_runs(const YamlNode& root) const {
    for (const std::string_view key : {"matrix", "cases", "switches", "steps", "programs"}) {
        const auto found = std::ranges::find(root.members, key, &YamlMember::key);
        if (found != root.members.end()) return found->key_place;
    }
    return {};
}

void Loader::read_matrix(const YamlNode& node) {
    if (!reader_.kind(node, YamlKind::mapping, "matrix")) return;
    for (const YamlMember& member : node.members) {
        if (!parameter_name(member) ||
            !reader_.kind(*member.value, YamlKind::sequence, member.key)) {
            continue;
        }
        if (member.value->items.empty()) {
            diagnostics_.add(member.key_place, in_quotes(member.key) + " has no values");
            continue;
        }
        matrix_.emplace_back(member.key, member.value->items);
    }
}

void Loader::read_row(const YamlNode& row) {
    if (!reader_.kind(row, YamlKind::mapping, "cases")) return;
    Parameters parameters;
    for (const YamlMember& member : row.members) {
        if (!parameter_name(member)) continue;
        const auto same = [&](const auto& known) { return known.first == member.key; };
        if (std::ranges::any_of(matrix_, same)) {
            diagnostics_.add(member.key_place,
                             in_quotes(member.key) + " is a name of 'matrix' too");
            continue;
        }
        parameters.values.emplace_back(member.key, member.value);
    }
    rows_.push_back(std::move(parameters));
}

void Loader::read_cases(const YamlNode& node) {
    if (!reader_.kind(node, YamlKind::sequence, "cases")) return;
    if (node.items.empty()) diagnostics_.add(node.place, "'cases' has no rows");
    for (const NodePtr& row : node.items) read_row(*row);
}

void Loader::combine_row(const Parameters& row) {
    std::vector<std::size_t> choice(matrix_.size(), 0);
    for (;;) {
        Parameters parameters = row;
        for (std::size_t i = 0; i < matrix_.size(); ++i) {
            parameters.values.emplace_back(matrix_[i].first, matrix_[i].second[choice[i]]);
        }
        scenario_.parameters.push_back(std::move(parameters));
        if (scenario_.parameters.size() > kMaxRuns) return;
        std::size_t digit = matrix_.size();
        while (digit > 0 && ++choice[digit - 1] == matrix_[digit - 1].second.size()) {
            choice[--digit] = 0;
        }
        if (digit == 0) return;
    }
}

void Loader::combine() {
    if (rows_.empty()) rows_.emplace_back();
    for (const Parameters& row : rows_) {
        combine_row(row);
        if (scenario_.parameters.size() <= kMaxRuns) continue;
        diagnostics_.add(runs_place_,
                         "more than " + std::to_string(kMaxRuns) + " runs (matrix times cases)");
        return;
    }
}

// Notes what a parameter stands for in one run; where a row lacks it, a define may give it.
void Loader::note_value(const std::string& name, Scope& scope) {
    if (!scope.has(name)) return;
    const NodePtr value = scope.value(name, {});
    if (value == nullptr || value->kind != YamlKind::scalar) return;
    std::vector<std::string>& known = values_[name];
    if (!noted_.emplace(name, value->text).second) return;
    known.push_back(value->text);
}

// "held=RW, operation=write", or what `case` says; a number tells apart what looks the same.
void Loader::name_cases() {
    std::set<std::string> names;
    for (const Parameters& parameters : scenario_.parameters) {
        for (const auto& [name, raw] : parameters.values) names.insert(name);
    }
    std::set<std::string> used;
    std::size_t number = 0;
    for (Parameters& parameters : scenario_.parameters) {
        ++number;
        Diagnostics ignored(scenario_.sources);
        Scope scope(ignored);
        fill_scope(scope, scenario_.defines, parameters);
        for (const std::string& name : names) note_value(name, scope);
        if (parameters.values.empty()) continue;
        std::vector<std::string> parts;
        for (const auto& [name, raw] : parameters.values) {
            const NodePtr value = scope.value(name, raw->place);
            if (value == nullptr || value->kind != YamlKind::scalar) continue;
            if (value->text.size() > 200) continue;
            parts.push_back(name == "case" ? value->text : name + "=" + value->text);
        }
        const bool named = scope.has("case") && matrix_.empty();
        std::string name = joined(parts, ", ");
        if (named) {
            const NodePtr value = scope.value("case", {});
            if (value != nullptr && value->kind == YamlKind::scalar) name = value->text;
        }
        if (name.empty()) name = "case " + std::to_string(number);
        if (!used.insert(name).second) name += " (" + std::to_string(number) + ")";
        used.insert(name);
        parameters.case_name = std::move(name);
    }
}

void Loader::add_runs(std::uint32_t index, const RunModel& run) {
    std::vector<RunKey> keys{RunKey{index, {}}};
    for (const auto& [name, value] : run.switches) {
        if (value != "each") continue;
        std::vector<RunKey> more;
        for (const RunKey& key : keys) {
            for (const std::string_view one : engine::find_switch(name)->values) {
                if (scenario_.runs.size() + more.size() > kMaxRuns) break;
                more.push_back(key);
                more.back().switches.emplace_back(name, one);
            }
        }
        keys = std::move(more);
    }
    scenario_.runs.insert(scenario_.runs.end(), keys.begin(), keys.end());
    if (scenario_.runs.size() > kMaxRuns) {
        diagnostics_.set_case("");
        diagnostics_.add(runs_place_, "more than " + std::to_string(kMaxRuns) +
                                          " runs (matrix times cases times switch values)");
    }
}

void Loader::cite(const std::vector<std::string>& ids, const std::vector<Place>& places) {
    for (std::size_t i = 0; i < ids.size() && i < places.size(); ++i) {
        const Position& at = places[i].position;
        const SourceText& source = scenario_.sources[places[i].file];
        citations_.try_emplace(std::tuple(places[i].file, at.line, at.column, ids[i]),
                               ClauseCitation{ids[i], source.path(), at,
                                              std::string(source.line(at.line))});
    }
}

void Loader::fill_info(const RunModel& run) {
    cite(run.covers, run.cover_places);
    for (const Step& step : run.steps) cite(step.covers, step.cover_places);
}

// Reports it if there are.
bool Loader::too_many_values(std::size_t in_one_run, std::size_t in_all) {
    if (in_one_run <= kMaxNodes && in_all <= kMaxValuesOverAllRuns) return false;
    diagnostics_.set_case("");
    diagnostics_.add(runs_place_,
                     in_one_run > kMaxNodes
                         ? "more than " + std::to_string(kMaxNodes) + " values in one run"
                         : "more than " + std::to_string(kMaxValuesOverAllRuns) +
                               " values in all runs together");
    return true;
}

// Makes every run once and throws it away: what remains is known to be executable.
void Loader::validate() {
    // Replacing placeholders never makes it less: what is too much already need not be tried.
    const std::size_t written = size_of(scenario_.sections);
    if (too_many_values(written, written * scenario_.parameters.size())) return;
    std::size_t values = 0;
    for (std::uint32_t i = 0; i < scenario_.parameters.size(); ++i) {
        const Parameters& parameters = scenario_.parameters[i];
        diagnostics_.set_case(parameters.case_name);
        Scope scope(diagnostics_);
        scope.set_parameter_values(&values_);
        fill_scope(scope, scenario_.defines, parameters);
        const Sections sections = substituted(scenario_.sections, scope);
        const std::size_t size = size_of(sections);
        values += size;
        if (too_many_values(size, values)) return;
        const std::size_t before = diagnostics_.count();
        const RunModel run = convert_run(sections, scope, diagnostics_);
        if (diagnostics_.count() == before) check_references(run, diagnostics_);
        add_runs(i, run);
        fill_info(run);
        if (i == 0) {
            for (const engine::Profile profile : run.profiles) {
                scenario_.info.profiles.emplace_back(to_string(profile));
            }
        }
        if (diagnostics_.full() || scenario_.runs.size() > kMaxRuns) return;
    }
    diagnostics_.set_case("");
}

bool Loader::load(std::string text) {
    including_.insert(scenario_.path);
    const NodePtr root = parse(scenario_.path, std::move(text));
    if (root == nullptr) return false;
    add_file(root, true);
    if (root->kind == YamlKind::mapping) add_own(*root);
    combine();
    if (!diagnostics_.empty()) return false;
    name_cases();
    validate();
    if (!diagnostics_.empty()) return false;
    const NodePtr& title = scenario_.sections.title;
    ScenarioInfo& info = scenario_.info;
    info.id = scenario_.id;
    info.title = title->text;
    info.path = scenario_.path;
    if (scenario_.sections.description) info.description = scenario_.sections.description->text;
    fill_citations();
    info.runs = scenario_.runs.size();
    return true;
}

// In order of their places.
void Loader::fill_citations() {
    std::set<std::string> ids;
    for (const auto& [place, citation] : citations_) {
        ids.insert(citation.id);
        scenario_.citations.push_back(citation);
    }
    scenario_.info.clauses.assign(ids.begin(), ids.end());
}

std::string id_of(const std::string& path) {
    return path.ends_with(kExtension) ? path.substr(0, path.size() - kExtension.size()) : path;
}

}  // namespace

void fill_scope(Scope& scope, const std::vector<std::pair<std::string, NodePtr>>& defines,
                const Parameters& parameters) {
    for (const auto& [name, value] : defines) scope.set(name, value);
    for (const auto& [name, value] : parameters.values) scope.set(name, value);
}

RunModel LoadedScenario::model(const RunKey& key) const {
    Diagnostics diagnostics(sources);
    Scope scope(diagnostics);
    fill_scope(scope, defines, parameters[key.parameters]);
    RunModel run = convert_run(substituted(sections, scope), scope, diagnostics);
    OPLOCKSIM_ASSERT(diagnostics.empty(), "a validated scenario has an error");
    run.case_name = parameters[key.parameters].case_name;
    for (const SourceText& source : sources) run.files.push_back(source.path());
    for (const auto& [name, value] : key.switches) {
        for (auto& [switch_name, switch_value] : run.switches) {
            if (switch_name == name) switch_value = value;
        }
        run.case_name += (run.case_name.empty() ? "" : ", ") + name + "=" + value;
    }
    return run;
}

LoadResult load_scenario(std::string path, std::string text, const ReadFile& read) {
    auto scenario = std::make_shared<LoadedScenario>();
    scenario->id = id_of(path);
    scenario->path = std::move(path);
    Loader loader(*scenario, read);
    if (loader.load(std::move(text))) return {std::move(scenario), {}};
    return {nullptr, loader.take_diagnostics()};
}

LoadResult load_shipped(const CorpusFile& file) {
    const auto read = [](const std::string& path) -> ReadResult {
        for (const CorpusFile& other : corpus_files()) {
            if (other.path == path) return ReadResult(std::string(other.text));
        }
        return std::nullopt;
    };
    return load_scenario(std::string(file.path), std::string(file.text), read);
}

ScenarioInfo info(const LoadedScenario& scenario) {
    ScenarioInfo info = scenario.info;
    for (const SourceText& source : scenario.sources) {
        info.sources.push_back({source.path(), source.text()});
    }
    return info;
}

const std::optional<Recorded>& recorded(const LoadedScenario& scenario) {
    return scenario.recorded;
}

std::vector<ClauseCitation> citations(const LoadedScenario& scenario) {
    return scenario.citations;
}

}  // namespace oplocksim::scenarios
