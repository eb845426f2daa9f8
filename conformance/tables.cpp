#include "conformance/tables.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

#include "conformance/clauses.h"
#include "conformance/table_files.h"
#include "engine/assert.h"
#include "engine/semantics.h"
#include "scenarios/constant_tables.h"
#include "scenarios/text.h"

namespace oplocksim::conformance {
namespace {

using engine::OplockType;
using scenarios::ConstantKind;

// Bounds of what a table may ask for; the built-in ones are far below.
constexpr std::size_t kMaxCells = 20'000;
constexpr std::size_t kMaxOwners = 2;

// A table that cannot be read: one sentence. Caught in parse_table.
class TableError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct ShortName {
    OplockType type;
    std::string_view name;
};
constexpr std::array kShortNames{
    ShortName{OplockType::none, "NONE"},         ShortName{OplockType::level_1, "L1"},
    ShortName{OplockType::level_2, "L2"},        ShortName{OplockType::batch, "BATCH"},
    ShortName{OplockType::filter, "FILTER"},     ShortName{OplockType::read, "R"},
    ShortName{OplockType::read_handle, "RH"},    ShortName{OplockType::read_write, "RW"},
    ShortName{OplockType::read_write_handle, "RWH"},
};

struct TableStepWord {
    TableStepKind kind;
    std::string_view word;
    bool takes_level;
};
constexpr std::array kStepWords{
    TableStepWord{TableStepKind::unaffected, "unaffected", false},
    TableStepWord{TableStepKind::waits, "waits", false},
    TableStepWord{TableStepKind::closed, "closed", false},
    TableStepWord{TableStepKind::gone, "gone", false},
    TableStepWord{TableStepKind::refused, "refused", true},
    TableStepWord{TableStepKind::pends, "pends", true},
    TableStepWord{TableStepKind::success, "success", false},
    TableStepWord{TableStepKind::invalid, "invalid", false},
    TableStepWord{TableStepKind::invalid_parameter, "invalid-parameter", false},
    TableStepWord{TableStepKind::close_pending, "close-pending", false},
    TableStepWord{TableStepKind::notified, "notified", false},
    TableStepWord{TableStepKind::granted, "granted", false},
    TableStepWord{TableStepKind::cannot_grant, "cannot-grant", false},
    TableStepWord{TableStepKind::nothing, "nothing", false},
    TableStepWord{TableStepKind::kept, "kept", false},
    TableStepWord{TableStepKind::switched, "switched", false},
    TableStepWord{TableStepKind::displaced, "displaced", false},
};

[[noreturn]] void fail(const std::string& problem) { throw TableError(problem); }

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (const std::string_view word : scenarios::split(text, ' ')) {
        if (!scenarios::trimmed(word).empty()) words.emplace_back(scenarios::trimmed(word));
    }
    return words;
}

// The parts of `text` between every `separator`, a word of its own.
std::vector<std::string> parts_of(std::string_view text, std::string_view separator) {
    std::vector<std::string> parts(1);
    for (const std::string& word : words_of(text)) {
        if (word == separator) {
            parts.emplace_back();
        } else {
            parts.back() += (parts.back().empty() ? "" : " ") + word;
        }
    }
    return parts;
}

OplockType level_of(std::string_view word) {
    const auto type = type_from_short_name(word);
    if (!type) fail("'" + std::string(word) + "' is no level");
    return *type;
}

TableStep step_of(const std::string& text) {
    const std::vector<std::string> words = words_of(text);
    if (words.empty()) fail("an outcome is empty");
    TableStep step;
    std::size_t used = 1;
    const auto* known = std::ranges::find(kStepWords, words[0], &TableStepWord::word);
    if (known == kStepWords.end()) {
        step.kind = TableStepKind::told;
        step.level = level_of(words[0]);
    } else {
        step.kind = known->kind;
        step.waits = step.kind == TableStepKind::waits;
        if (known->takes_level && words.size() > 1) step.level = level_of(words[used++]);
    }
    for (; used < words.size(); ++used) {
        if (step.kind != TableStepKind::told) fail("'" + text + "' says too much");
        step.ack = step.ack || words[used] == "ack";
        step.waits = step.waits || words[used] == "waits";
        if (words[used] != "ack" && words[used] != "waits") fail("what is '" + words[used] + "'?");
    }
    return step;
}

std::vector<TableStep> steps_of(std::string_view text) {
    std::vector<TableStep> steps;
    for (const std::string& part : parts_of(text, "/")) steps.push_back(step_of(part));
    return steps;
}

engine::NtStatus status_of(std::string_view name) {
    const auto status = engine::nt_status_from_name(name);
    if (!status) fail("'" + std::string(name) + "' is no status");
    return *status;
}

// "NONE ack waits -> R ack", "unaffected; STATUS_SUCCESS", "granted; switched / kept".
CellOutcome outcome_of(const std::string& text, std::vector<SwitchChoice> when) {
    CellOutcome outcome;
    outcome.when = std::move(when);
    outcome.text = text;
    const auto semicolon = text.find(';');
    if (semicolon != std::string::npos) {
        const auto rest = scenarios::trimmed(std::string_view(text).substr(semicolon + 1));
        if (rest.starts_with("STATUS_")) {
            outcome.status = status_of(rest);
        } else {
            outcome.holders = steps_of(rest);
        }
    }
    const std::vector<std::string> chain = parts_of(text.substr(0, semicolon), "->");
    outcome.steps = steps_of(chain[0]);
    for (std::size_t i = 1; i < chain.size(); ++i) outcome.then.push_back(step_of(chain[i]));
    return outcome;
}

void read_outcomes(const YAML::Node& node, std::vector<SwitchChoice>& when,
                   std::vector<CellOutcome>& outcomes) {
    if (node.IsScalar()) {
        outcomes.push_back(outcome_of(node.Scalar(), when));
        return;
    }
    if (!node.IsMap() || node.size() != 1) fail("an outcome is text, or a mapping of one switch");
    const auto name = node.begin()->first.as<std::string>();
    const engine::SwitchInfo* info = engine::find_switch(name);
    if (info == nullptr) fail("'" + name + "' is no switch");
    for (const auto& choice : node.begin()->second) {
        const auto value = choice.first.as<std::string>();
        if (std::ranges::find(info->values, value) == info->values.end()) {
            fail("'" + value + "' is no value of " + name);
        }
        when.emplace_back(name, value);
        read_outcomes(choice.second, when, outcomes);
        when.pop_back();
    }
}

HeldOplock oplock_of(std::string_view text) {
    HeldOplock held;
    const auto levels = scenarios::split(text, '>');
    if (levels.size() > 3) fail("'" + std::string(text) + "' is no oplock");
    held.type = level_of(levels[0]);
    held.breaking = levels.size() > 1;
    if (held.breaking) held.announced = held.target = level_of(levels[1]);
    if (levels.size() > 2) held.target = level_of(levels[2]);
    return held;
}

TableState state_of(const std::string& text) {
    TableState state{text, {}};
    if (text == "none") return state;
    for (const std::string_view one : scenarios::split(text, '+')) {
        state.oplocks.push_back(oplock_of(one));
    }
    if (state.oplocks.size() > kMaxOwners) fail("'" + text + "' has too many owners");
    return state;
}

KeyRelation relation_of(const std::string& text) {
    if (text == "own" || text == "owner") return KeyRelation::own;
    if (text == "same") return KeyRelation::same;
    if (text == "other") return KeyRelation::other;
    fail("'" + text + "' is no relation of keys");
}

std::uint64_t constant_of(ConstantKind kind, const std::string& text) {
    std::uint64_t value = 0;
    for (const std::string_view word : scenarios::split(text, '|')) {
        const auto one = scenarios::find_constant(kind, scenarios::trimmed(word));
        if (!one) fail("'" + std::string(word) + "' is no constant");
        value |= *one;
    }
    return value;
}

// The texts of a member: one, or a list.
std::vector<std::string> list_of(const YAML::Node& map, const char* key,
                                 std::vector<std::string> otherwise) {
    const YAML::Node node = map[key];
    if (!node.IsDefined()) return otherwise;
    if (node.IsScalar()) return {node.Scalar()};
    std::vector<std::string> texts;
    for (const YAML::Node& item : node) texts.push_back(item.as<std::string>());
    return texts;
}

std::string text_of(const YAML::Node& map, const char* key, const std::string& otherwise) {
    return list_of(map, key, {otherwise}).at(0);
}

void check_keys(const YAML::Node& map, std::initializer_list<std::string_view> known) {
    if (!map.IsMap()) fail("a group or row is no mapping");
    for (const auto& entry : map) {
        const auto key = entry.first.as<std::string>();
        if (std::ranges::find(known, key) == known.end()) fail("unknown key '" + key + "'");
    }
}

// The item of a list that belongs to the `index`th operation; a list of one belongs to all.
const std::string& item(const std::vector<std::string>& list, std::size_t index) {
    return list.size() == 1 ? list[0] : list.at(index);
}

CreateShape create_of(const YAML::Node& node, std::size_t index) {
    check_keys(node, {"access", "share", "disposition", "options"});
    const auto value = [&](const char* key, ConstantKind kind, const std::string& otherwise) {
        return constant_of(kind, item(list_of(node, key, {otherwise}), index));
    };
    const auto access = value("access", ConstantKind::access, "FILE_READ_DATA");
    const auto share = value("share", ConstantKind::share, "NONE");
    const auto disposition = value("disposition", ConstantKind::disposition, "FILE_OPEN");
    const auto options = value("options", ConstantKind::create_option, "NONE");
    return {static_cast<engine::AccessMask>(access), static_cast<engine::ShareAccess>(share),
            static_cast<engine::CreateDisposition>(disposition),
            static_cast<engine::CreateOptions>(options)};
}

// A state as ids spell it: without characters that a shell reads.
std::string spelt(std::string text) {
    for (auto at = text.find('>'); at != std::string::npos; at = text.find('>')) {
        text.replace(at, 1, "-to-");
    }
    return text;
}

// The cells of one file as they are made.
class TableReader {
 public:
    explicit TableReader(TableKind kind) : kind_(kind) {}

    void read_group(const YAML::Node& group) {
        switch (kind_) {
            case TableKind::breaks: return read_break_group(group);
            case TableKind::grants: return read_grant_group(group);
            case TableKind::acknowledgments: return read_acknowledge_group(group);
        }
    }
    [[nodiscard]] std::vector<Cell> take() { return std::move(cells_); }

 private:
    void read_break_group(const YAML::Node& group) {
        check_keys(group, {"operation", "about", "owner", "create", "conflict", "directory",
                           "status", "closed", "rows"});
        const std::vector<std::string> operations = list_of(group, "operation", {});
        for (std::size_t i = 0; i < operations.size(); ++i) {
            Cell cell;
            cell.subject = operations[i];
            cell.conflict = text_of(group, "conflict", "false") == "true";
            cell.directory = text_of(group, "directory", "false") == "true";
            if (group["create"].IsDefined()) cell.create = create_of(group["create"], i);
            if (group["owner"].IsDefined()) cell.owner_access = create_of(group["owner"], 0).access;
            const std::string status = text_of(group, "status", "STATUS_SUCCESS");
            if (status == "any") cell.status.reset();
            if (status != "any") cell.status = status_of(status);
            const std::string closed = text_of(group, "closed", "");
            if (!closed.empty()) cell.status_if_closed = status_of(closed);
            for (const YAML::Node& row : group["rows"]) read_break_row(cell, row);
        }
    }

    void read_break_row(const Cell& pattern, const YAML::Node& row) {
        check_keys(row, {"held", "key", "outcome", "information", "clause"});
        Cell cell = pattern;
        const std::string information = text_of(row, "information", "");
        if (!information.empty()) {
            cell.information =
                information == "0" ? 0 : constant_of(ConstantKind::information, information);
        }
        for (const std::string& state : list_of(row, "held", {})) {
            for (const std::string& key : list_of(row, "key", {})) {
                cell.state = state_of(state);
                cell.relation = relation_of(key);
                cell.id = "break/" + spelt(state) + "/" + cell.subject + "/" +
                          std::string(to_string(cell.relation));
                add(cell, row, row["outcome"]);
            }
        }
    }

    void read_grant_group(const YAML::Node& group) {
        check_keys(group, {"request", "about", "rows"});
        for (const std::string& request : list_of(group, "request", {})) {
            for (const YAML::Node& row : group["rows"]) read_grant_row(request, row);
        }
    }

    void read_grant_row(const std::string& request, const YAML::Node& row) {
        check_keys(row, {"state", "holder", "with", "result", "clause"});
        Cell cell;
        cell.subject = request;
        for (const std::string& state : list_of(row, "state", {})) {
            for (const std::string& holder : list_of(row, "holder", {"own"})) {
                for (const std::string& with : list_of(row, "with", {"nothing"})) {
                    cell.state = state_of(state);
                    cell.relation = relation_of(holder);
                    set_conditions(cell, with);
                    cell.id = "grant/" + request + "/over-" + spelt(state);
                    if (state != "none") cell.id += "/" + std::string(to_string(cell.relation));
                    if (!cell.with.empty()) cell.id += "/" + with;
                    add(cell, row, row["result"]);
                }
            }
        }
    }

    void read_acknowledge_group(const YAML::Node& group) {
        check_keys(group, {"state", "about", "rows"});
        for (const std::string& state : list_of(group, "state", {})) {
            for (const YAML::Node& row : group["rows"]) read_acknowledge_row(state, row);
        }
    }

    void read_acknowledge_row(const std::string& state, const YAML::Node& row) {
        check_keys(row, {"waiter", "with", "by", "ack", "result", "clause"});
        Cell cell;
        cell.state = state_of(state);
        const std::string with = text_of(row, "with", "nothing");
        set_conditions(cell, with);
        for (const std::string& waiter : list_of(row, "waiter", {})) {
            if (waiter != "none" && waiter != "waits") fail("waiter is none or waits");
            for (const std::string& by : list_of(row, "by", {"owner"})) {
                for (const std::string& ack : list_of(row, "ack", {})) {
                    cell.waiter = waiter == "waits";
                    cell.relation = relation_of(by);
                    cell.subject = ack;
                    cell.id = "acknowledge/" + spelt(state) + "/" + ack + "/" +
                              (cell.waiter ? "somebody-waits" : "nobody-waits");
                    if (cell.relation != KeyRelation::own) {
                        cell.id += "/" + std::string(to_string(cell.relation));
                    }
                    if (!cell.with.empty()) cell.id += "/" + with;
                    add(cell, row, row["result"]);
                }
            }
        }
    }

    static void set_conditions(Cell& cell, const std::string& with) {
        cell.with.clear();
        cell.directory = false;
        if (with == "nothing") return;
        for (const std::string_view one : scenarios::split(with, '+')) cell.with.emplace_back(one);
        cell.directory = std::ranges::find(cell.with, "directory") != cell.with.end();
    }

    void add(Cell cell, const YAML::Node& row, const YAML::Node& outcome) {
        cell.table = kind_;
        cell.clause = text_of(row, "clause", "");
        if (find_clause(cell.clause) == nullptr) {
            fail(cell.id + ": '" + cell.clause + "' is no clause; nearest: " +
                 std::string(nearest_clause(cell.clause)));
        }
        std::vector<SwitchChoice> when;
        read_outcomes(outcome, when, cell.outcomes);
        if (cell.outcomes.empty()) fail(cell.id + ": no outcome");
        for (const CellOutcome& one : cell.outcomes) check_owners(cell, one);
        if (!ids_.insert(cell.id).second) fail(cell.id + " is there twice");
        if (cells_.size() == kMaxCells) fail("too many cells");
        cells_.push_back(std::move(cell));
    }

    static void check_owners(const Cell& cell, const CellOutcome& outcome) {
        const std::size_t owners = cell.state.oplocks.size();
        const bool all = outcome.steps.size() == 1 || outcome.steps.size() == owners;
        const bool held = outcome.holders.size() <= 1 || outcome.holders.size() == owners;
        if (!all || !held) fail(cell.id + ": '" + outcome.text + "' does not fit the owners");
    }

    TableKind kind_;
    std::vector<Cell> cells_;
    std::set<std::string> ids_;
};

TableKind kind_of(const std::string& name) {
    for (const TableKind kind :
         {TableKind::breaks, TableKind::grants, TableKind::acknowledgments}) {
        if (name == to_string(kind)) return kind;
    }
    fail("'" + name + "' is no table");
}

std::vector<Cell> parse_tables() {
    std::vector<Cell> all;
    for (const EmbeddedFile& file : table_files()) {
        ParsedTable parsed = parse_table(file.name, file.text);
        OPLOCKSIM_ASSERT(parsed.problem.empty(), parsed.problem.c_str());
        std::ranges::move(parsed.cells, std::back_inserter(all));
    }
    return all;
}

}  // namespace

std::string_view to_string(TableKind kind) {
    switch (kind) {
        case TableKind::breaks: return "break";
        case TableKind::grants: return "grant";
        case TableKind::acknowledgments: return "acknowledge";
    }
    return "";
}

std::string_view to_string(KeyRelation relation) {
    switch (relation) {
        case KeyRelation::own: return "own-handle";
        case KeyRelation::same: return "same-key";
        case KeyRelation::other: return "other-key";
    }
    return "";
}

bool TableState::breaking() const { return std::ranges::any_of(oplocks, &HeldOplock::breaking); }

std::string_view short_name(OplockType type) {
    return std::ranges::find(kShortNames, type, &ShortName::type)->name;
}

std::optional<OplockType> type_from_short_name(std::string_view name) {
    const auto* found = std::ranges::find(kShortNames, name, &ShortName::name);
    if (found == kShortNames.end()) return std::nullopt;
    return found->type;
}

std::span<const Cell> cells() {
    static const std::vector<Cell> all = parse_tables();
    return all;
}

ParsedTable parse_table(std::string_view file, std::string_view text) {
    try {
        const YAML::Node root = YAML::Load(std::string(text));
        check_keys(root, {"table", "groups"});
        TableReader reader(kind_of(text_of(root, "table", "")));
        for (const YAML::Node& group : root["groups"]) reader.read_group(group);
        return {reader.take(), {}};
    } catch (const TableError& error) {
        return {{}, std::string(file) + ": " + error.what()};
    } catch (const std::exception& error) {   // yaml-cpp, and lists of unequal length
        return {{}, std::string(file) + ": " + error.what()};
    }
}

}  // namespace oplocksim::conformance
