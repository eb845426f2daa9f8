// The decision tables, as one of the nets of trial.h.
#include "conformance/mutants/trial.h"
#include "conformance/table_runner.h"

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

}  // namespace

std::string cell_id(std::size_t item) { return cells()[item].id; }

std::size_t cell_count() { return cells().size(); }

Findings try_tables(engine::Mutant mutant, engine::Profile profile) {
    return try_each(cells().size(), mutant,
                    [&](std::size_t item) { return run_table_cell(cells()[item], profile); });
}

}  // namespace oplocksim::conformance::mutants
