// The oplocksim command: reads the command line, calls a verb, turns the outcome into a status.
#include <unistd.h>

#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <variant>

#include "engine/mutant.h"
#include "tools/command_line.h"
#include "tools/interrupt.h"
#include "tools/output.h"
#include "tools/verbs.h"

namespace oplocksim::tools {
namespace {

struct Dispatch {
    Streams& streams;
    int operator()(const RunArguments& a) const { return run_verb(a, streams); }
    int operator()(const ListArguments& a) const { return list_verb(a, streams); }
    int operator()(const LintArguments& a) const { return lint_verb(a, streams); }
    int operator()(const SchemaArguments& a) const { return schema_verb(a, streams); }
    int operator()(const ExplainArguments& a) const { return explain_verb(a, streams); }
    int operator()(const CheckArguments& a) const { return check_verb(a, streams); }
    int operator()(const ExportArguments& a) const { return export_verb(a, streams); }
    int operator()(const RulesArguments& a) const { return rules_verb(a, streams); }
    int operator()(const ConformArguments& a) const { return conform_verb(a, streams); }
    int operator()(const ReplayArguments& a) const { return replay_verb(a, streams); }
    int operator()(const ExploreArguments& a) const { return explore_verb(a, streams); }
    int operator()(const FuzzArguments& a) const { return fuzz_verb(a, streams); }
    int operator()(const CoverageArguments& a) const { return coverage_verb(a, streams); }
};

#ifdef OPLOCKSIM_MUTANTS
// Only the build with mutants: --mutant NAME as the first argument selects one. Returns how many
// arguments it took.
int select_mutant(int argc, const char* const* argv) {
    if (argc < 3 || std::strcmp(argv[1], "--mutant") != 0) return 0;
    const auto mutant = engine::mutant_from_name(argv[2]);
    if (!mutant) throw std::invalid_argument(std::string("no such mutant: ") + argv[2]);
    engine::set_mutant(*mutant);
    return 2;
}
#endif

int run_command(int argc, const char* const* argv, Streams& streams) {
#ifdef OPLOCKSIM_MUTANTS
    const int taken = select_mutant(argc, argv);
    argc -= taken;
    argv += taken;
#endif
    const CommandLine line = read_command_line(argc, argv);
    if (!line.error.empty()) return report_error(streams, line.error, ExitStatus::bad_input);
    if (line.command) return std::visit(Dispatch{streams}, *line.command);
    streams.out.write(line.answer);
    return static_cast<int>(ExitStatus::conforms);
}

}  // namespace
}  // namespace oplocksim::tools

int main(int argc, char** argv) {
    using namespace oplocksim::tools;
    install_signal_handlers();
    Output out(STDOUT_FILENO);
    Output err(STDERR_FILENO);
    Streams streams{out, err};
    int status = 0;
    try {
        status = run_command(argc, argv, streams);
    } catch (const std::exception& error) {
        // Memory or a library: nothing that a file or an option can cause.
        status = report_error(streams, error.what(), ExitStatus::environment);
    }
    out.flush();
    if (out.error() != 0) {
        const std::string reason = std::strerror(out.error());
        return report_error(streams, "cannot write to standard output: " + reason,
                            ExitStatus::environment);
    }
    return status;
}
