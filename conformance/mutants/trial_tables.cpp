// The decision tables, as one of the nets of trial.h.
#include <algorithm>

#include "conformance/mutants/trial.h"
#include "conformance/table_runner.h"
#include "engine/assert.h"

namespace oplocksim::conformance::mutants {
namespace {

Finding run_table_cell(const Cell& cell, engine::Profile profile) {
    Finding finding;
    TableRunOptions options;
    options.semantics = engine::semantics_of(profile);
    for (const CellResult& result : run_cell(cell, options)) {
        if (result.verdict == CellVerdict::fail) finding.outcome = Outcome::failed;
    }
    return finding;
}

// Up to the second '/' of the id.
std::string section_of(const Cell& cell) {
    return cell.id.substr(0, cell.id.find('/', cell.id.find('/') + 1));
}

}  // namespace

std::string cell_id(std::size_t item) { return cells()[item].id; }

std::size_t cell_count() { return cells().size(); }

const std::vector<std::string>& table_sections() {
    static const std::vector<std::string> sections = [] {
        std::vector<std::string> all;
        for (const Cell& cell : cells()) {
            std::string section = section_of(cell);
            if (std::ranges::find(all, section) == all.end()) all.push_back(std::move(section));
        }
        OPLOCKSIM_ASSERT(all.size() <= SectionSet{}.size(), "SectionSet has a bit for each");
        return all;
    }();
    return sections;
}

SectionSet failed_sections(const Findings& tables) {
    SectionSet failed;
    const std::vector<std::string>& sections = table_sections();
    for (std::size_t item = 0; item < tables.items().size(); ++item) {
        if (tables.items()[item].outcome == Outcome::passed) continue;
        const auto section = std::ranges::find(sections, section_of(cells()[item]));
        failed.set(static_cast<std::size_t>(section - sections.begin()));
    }
    return failed;
}

Findings try_tables(engine::Mutant mutant, engine::Profile profile) {
    return try_each(cells().size(), mutant,
                    [&](std::size_t item) { return run_table_cell(cells()[item], profile); });
}

}  // namespace oplocksim::conformance::mutants
