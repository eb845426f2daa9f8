#include "conformance/owners.h"

#include <algorithm>

#include "conformance/rules/rules.h"
#include "scenarios/corpus.h"
#include "scenarios/runner.h"

namespace oplocksim::conformance {
namespace {

void add(std::vector<std::string>& names, std::string name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
}

OwnersByClause find_owners() {
    OwnersByClause owners;
    for (const RuleInfo& rule : rules()) {
        for (const std::string_view clause : rule.clauses) {
            add(owners[std::string(clause)].rules, std::string(rule.id));
        }
    }
    for (const Cell& cell : cells()) add(owners[cell.clause].tables, table_section(cell));
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        if (scenarios::is_include_only(file.path)) continue;
        const scenarios::LoadResult loaded = scenarios::load_shipped(file);
        if (loaded.scenario == nullptr) continue;   // the tests hold that there is none
        const scenarios::ScenarioInfo info = scenarios::info(*loaded.scenario);
        for (const std::string& clause : info.clauses) add(owners[clause].scenarios, info.id);
    }
    return owners;
}

}  // namespace

const OwnersByClause& clause_owners() {
    static const OwnersByClause owners = find_owners();
    return owners;
}

const ClauseOwners& owners_of(std::string_view clause) {
    static const ClauseOwners nobody;
    const auto found = clause_owners().find(clause);
    return found == clause_owners().end() ? nobody : found->second;
}

std::string table_section(const Cell& cell) {
    return std::string(to_string(cell.table)) + "/" + cell.subject;
}

}  // namespace oplocksim::conformance
