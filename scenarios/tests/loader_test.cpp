// What the loader makes of valid files: runs, names of cases, substitution, inclusion, limits.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "scenarios/constant_tables.h"
#include "scenarios/tests/scenario_testing.h"

namespace oplocksim::scenarios {
namespace {

std::vector<std::string> case_names(std::string_view text) {
    std::vector<std::string> names;
    for (const RunResult& result : run_all(text)) {
        names.push_back(result.case_name);
        EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
    }
    return names;
}

using Names = std::vector<std::string>;

TEST(Cases, EveryRowTimesEveryCombination) {
    EXPECT_EQ(case_names("scenario: T\nmatrix: {x: [1, 2], y: [p, q]}\ncases: [{c: k}, {c: l}]\n"
                         "steps: [{note: \"${x}${y}${c}\"}]\n"),
              (Names{"c=k, x=1, y=p", "c=k, x=1, y=q", "c=k, x=2, y=p", "c=k, x=2, y=q",
                     "c=l, x=1, y=p", "c=l, x=1, y=q", "c=l, x=2, y=p", "c=l, x=2, y=q"}));
}

TEST(Cases, ARowMayBeNamed) {
    EXPECT_EQ(case_names("scenario: T\ncases: [{case: first one, x: 1}, {x: {a: 1}}, {x: [2]}]\n"
                         "steps: [{note: n}]\n"),
              (Names{"first one", "case 2", "case 3"}));
}

TEST(Cases, EachRunsEveryValueOfASwitch) {
    EXPECT_EQ(case_names("scenario: T\nswitches: {lock_vs_rwh_waits: each}\nsteps: [{note: n}]\n"),
              (Names{"lock_vs_rwh_waits=false", "lock_vs_rwh_waits=true"}));
}

TEST(Substitution, WholeValuesKeepTheirType) {
    const RunResult result = run_one(
        "scenario: About ${what}\ndefine: {what: files, outcome: {status: fails, win32: 2},\n"
        "  rights: [R, W], verb: create, none: missing}\nsteps:\n"
        "  - A.${verb}: {as: a, file: '\\${none}\\$${x}', access: \"${rights}\"}\n"
        "    expect: ${outcome}\n");
    EXPECT_EQ(result.title, "About files");
    EXPECT_EQ(result.verdict, Verdict::fail);  // the path, not the file, is missing
    EXPECT_EQ(result.steps[0].text, "A.create as a: \\missing\\${x}, access R|W");
}

TEST(Substitution, StepsAndListsOfStepsMayBeValues) {
    EXPECT_EQ(run_one("scenario: T\nvolume: [{file: \\f}]\n"
                      "define:\n  open:\n    - A.create: {as: a, file: \\f}\n    - A.close: a\n"
                      "steps:\n  - ${open}\n  - note: done\n")
                  .steps.size(),
              3u);
}

TEST(Substitution, RowsOverrideDefines) {
    const auto results = run_all(
        "scenario: T\ndefine: {x: 1, text: \"<${x}>\"}\n"
        "cases: [{case: a}, {case: b, x: 2}]\nsteps:\n"
        "  - note: ${text}\n");
    EXPECT_EQ(results[0].steps[0].text, "note: <1>");
    EXPECT_EQ(results[1].steps[0].text, "note: <2>");
}

TEST(Include, PutsSectionsBeforeTheFilesOwn) {
    const Files files{{"common/_base.yaml",
                       "define: {path: '\\f', x: base}\nvolume: [{file: \"${path}\"}]\n"
                       "setup:\n  - A.create: {as: a, file: \"${path}\"}\n"}};
    const auto results = run_all(
        "scenario: T\ninclude: common/_base.yaml\ndefine: {x: own}\n"
        "steps:\n  - A.close: a\n  - note: ${x}\n",
        {}, files);
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(results[0].verdict, Verdict::pass) << results[0].reason;
    EXPECT_EQ(results[0].steps[2].text, "note: own");
    EXPECT_EQ(results[0].steps[0].path, "common/_base.yaml");
    EXPECT_EQ(results[0].steps[2].path, "");
}

TEST(Include, ErrorsStandInTheirFile) {
    const std::string including = "scenario: T\ninclude: b.yaml\nsteps: [{note: n}]\n";
    EXPECT_EQ(errors_of(including, {{"b.yaml", "volum: []\n"}}),
              "b.yaml:1:1: error: unknown key 'volum' of an included file\n"
              "    1 | volum: []\n      | ^~~~~\n   = did you mean 'volume'?\n");
    EXPECT_EQ(errors_of(including),
              "t.yaml:2:10: error: cannot read the included file 'b.yaml': No such file\n"
              "    2 | include: b.yaml\n      |          ^~~~~~\n");
    EXPECT_EQ(
        errors_of(including, {{"b.yaml", "include: b.yaml\n"}}),
        "b.yaml:1:10: error: 'b.yaml' includes itself\n"
        "    1 | include: b.yaml\n      |          ^~~~~~\n");
    EXPECT_EQ(errors_of(including, {{"b.yaml", "steps: []\n"}}),
              "b.yaml:1:1: error: 'steps' has no place in an included file\n"
              "    1 | steps: []\n      | ^~~~~\n");
}

// Each is counted before any of it is made.
TEST(Limits, TooMuchIsSaidAtOnce) {
    std::string text =
        "scenario: T\nmatrix: {x: [0, 1, 2, 3], y: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}\n"
        "volume: [{file: \\f}]\nsteps:\n  - A.create: {as: a, file: \\f}\n";
    for (int i = 0; i < 9'000; ++i) {
        text +=
            "  - {A.read: {on: a, offset: 1, length: 2}, covers: [A, B, C, D, E, F, G, H, I]}\n";
    }
    const auto start = std::chrono::steady_clock::now();
    EXPECT_NE(errors_of(text).find("more than 5000000 values in all runs together"),
              std::string::npos);
    // Far above what it takes: a busy machine or a sanitizer is no failure.
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Limits, RunsAndValues) {
    std::string matrix = "scenario: T\nmatrix:\n";
    for (const char* name : {"a", "b", "c", "d"}) {
        matrix += std::string("  ") + name + ": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n";
    }
    EXPECT_EQ(run_all(matrix + "steps: [{note: n}]\n").size(), 10'000u);
    EXPECT_EQ(errors_of(matrix + "  e: [1, 2]\nsteps: [{note: n}]\n"),
              "t.yaml:2:1: error: more than 10000 runs (matrix times cases)\n"
              "    2 | matrix:\n      | ^~~~~~\n");
    std::string steps = matrix + "steps:\n";
    for (int i = 0; i < 300; ++i) steps += "  - {note: a, covers: [b]}\n";
    EXPECT_EQ(errors_of(steps),
              "t.yaml:2:1: error: more than 5000000 values in all runs together\n"
              "    2 | matrix:\n      | ^~~~~~\n");
    EXPECT_EQ(errors_of("scenario: T\nswitches: {ack_level_policy: each}\n" + matrix.substr(12) +
                        "steps: [{note: n}]\n"),
              "t.yaml:3:1: error: more than 10000 runs (matrix times cases times switch values)\n"
              "    3 | matrix:\n      | ^~~~~~\n");
    std::string many = "scenario: T\nsteps:\n";
    for (int i = 0; i <= 10'000; ++i) many += "  - note: x\n";
    EXPECT_NE(errors_of(many).find("more than 10000 steps in one run"), std::string::npos);
}

TEST(Limits, PlaceholdersDoNotExplode) {
    std::string text = "scenario: T\ndefine:\n  x0: [a, a, a, a]\n  s0: aaaaaaaaaaaaaaaa\n";
    for (int i = 1; i < 15; ++i) {
        const std::string before = std::to_string(i - 1);
        text += "  x" + std::to_string(i) + ": [\"${x" + before + "}\", \"${x" + before +
                "}\", \"${x" + before + "}\", \"${x" + before + "}\"]\n";
        text += "  s" + std::to_string(i) + ": \"${s" + before + "}${s" + before + "}\"\n";
    }
    EXPECT_NE(errors_of(text + "steps: [{note: \"${x14}\"}]\n").find("200000 values"),
              std::string::npos);
    EXPECT_NE(errors_of(text + "steps: [{note: \"${s14}\"}]\n").find("longer than 64 KiB"),
              std::string::npos);
}

TEST(Diagnostics, ManyErrorsAreCut) {
    std::string text = "scenario: T\nsteps:\n";
    for (int i = 0; i < 100; ++i) text += "  - foo" + std::to_string(i) + ": 1\n";
    EXPECT_EQ(load(text).diagnostics.size(), kMaxDiagnostics);
}

TEST(Diagnostics, SeveralErrorsInOrderOfPosition) {
    const auto diagnostics =
        load(
            "scenario: T\nprofle: docs\nsteps:\n  - A.create: {as: a, fil: \\f}\n"
            "  - advance: x\n")
            .diagnostics;
    ASSERT_GE(diagnostics.size(), 1u);
    EXPECT_TRUE(std::ranges::is_sorted(diagnostics, {}, [](const Diagnostic& diagnostic) {
        return std::pair(diagnostic.position.line, diagnostic.position.column);
    }));
}

TEST(Constants, ShortFormsAndCases) {
    const auto access = [](std::string_view word) {
        return find_constant(ConstantKind::access, word);
    };
    EXPECT_EQ(access("FILE_READ_DATA"), 1u);
    EXPECT_EQ(access("read_data"), 1u);
    EXPECT_EQ(access("R"), 1u);
    EXPECT_EQ(access("D"), 0x10000u);
    EXPECT_EQ(access("delete"), 0x10000u);
    EXPECT_EQ(access("ATTRIBUTES"), 0x100180u);
    EXPECT_EQ(access("NONE"), 0u);
    EXPECT_FALSE(access("READ"));
    EXPECT_EQ(find_constant(ConstantKind::share, "D"), 4u);
    EXPECT_EQ(find_constant(ConstantKind::disposition, "open_if"), 3u);
    EXPECT_EQ(find_constant(ConstantKind::status, "success"), 0u);
    EXPECT_EQ(find_constant(ConstantKind::cache_level, "READ_HANDLE"), 3u);
    EXPECT_EQ(find_constant(ConstantKind::win32_error, "SHARING_VIOLATION"), 32u);
    EXPECT_EQ(constant_name(ConstantKind::access, 0x10001), "FILE_READ_DATA|DELETE");
    EXPECT_EQ(constant_name(ConstantKind::access, 0x80000000000), "0x80000000000");
    EXPECT_EQ(constant_name(ConstantKind::share, 0), "NONE");
}

TEST(Conditions, MayNameValuesOfOtherRunsAndOfPlaceholders) {
    EXPECT_EQ(errors_of("scenario: T\ndefine: {q: c, mode: on}\nmatrix: {w: [a, z]}\n"
                        "cases: [{q: a}, {}]\nsteps:\n  - note: n\n    when: {q: [a, c]}\n"
                        "  - note: n\n    when: {q: \"${w}\"}\n"
                        "  - note: n\n    when: {mode: off}\n"),
              "");
    // An included file may be for scenarios with other values.
    EXPECT_EQ(errors_of("scenario: T\ninclude: b.yaml\nmatrix: {q: [a]}\nsteps: [{note: n}]\n",
                        {{"b.yaml", "setup:\n  - note: n\n    when: {q: b}\n"}}),
              "");
}

TEST(Citations, SayWhereClausesAreNamed) {
    const LoadResult loaded =
        load("scenario: T\ncovers: B\nmatrix: {x: [1, 2]}\nsteps:\n"
             "  - {note: n, covers: [A, B]}\n");
    ASSERT_NE(loaded.scenario, nullptr);
    const std::vector<ClauseCitation> found = citations(*loaded.scenario);
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0].id, "B");
    EXPECT_EQ(found[0].position, (Position{2, 9, 1}));
    EXPECT_EQ(found[0].source_line, "covers: B");
    EXPECT_EQ(found[1].id, "A");
    EXPECT_EQ(found[1].path, "t.yaml");
    EXPECT_EQ(found[2].position, (Position{5, 27, 1}));
}

TEST(Info, SaysWhatTheFileSays) {
    const LoadResult loaded = load(
        "scenario: Title\ndescription: more\ncovers: [B, A]\nprofile: [docs, observed]\n"
        "matrix: {x: [1, 2]}\nsteps:\n  - {note: n, covers: C}\n");
    ASSERT_NE(loaded.scenario, nullptr);
    const ScenarioInfo about = info(*loaded.scenario);
    EXPECT_EQ(about.id, "t");
    EXPECT_EQ(about.title, "Title");
    EXPECT_EQ(about.description, "more");
    EXPECT_EQ(about.clauses, (Names{"A", "B", "C"}));
    EXPECT_EQ(about.profiles, (Names{"docs", "observed"}));
    EXPECT_EQ(about.runs, 2u);
}

}  // namespace
}  // namespace oplocksim::scenarios
