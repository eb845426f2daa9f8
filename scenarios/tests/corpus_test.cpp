// The corpus is built in whole and valid, and no mutation of it crashes anything.
#include "scenarios/corpus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "scenarios/tests/scenario_testing.h"

namespace oplocksim::scenarios {
namespace {

Files all_files() {
    Files files;
    for (const CorpusFile& file : corpus_files()) {
        files.emplace(file.path, file.text);
    }
    return files;
}

TEST(Corpus, IsBuiltInWholeAndSorted) {
    EXPECT_TRUE(std::ranges::is_sorted(corpus_files(), {}, &CorpusFile::path));
    const std::filesystem::path root =
        std::filesystem::path(OPLOCKSIM_SOURCE_DIR) / "scenarios" / "corpus";
    for (const CorpusFile& file : corpus_files()) {
        std::ifstream stream(root / file.path, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(stream), {}};
        EXPECT_EQ(file.text, text) << file.path;
    }
}

TEST(Corpus, LoadsWithoutErrors) {
    const Files files = all_files();
    for (const auto& [path, text] : files) {
        if (is_include_only(path)) continue;
        const LoadResult loaded =
            load_scenario(path, text, [&](const std::string& name) -> std::optional<std::string> {
                const auto found = files.find(name);
                if (found == files.end()) return std::nullopt;
                return found->second;
            });
        for (const Diagnostic& diagnostic : loaded.diagnostics) ADD_FAILURE() << render(diagnostic);
    }
}

TEST(Corpus, IncludeOnlyFilesBeginWithAnUnderscore) {
    EXPECT_TRUE(is_include_only("a/_common.yaml"));
    EXPECT_TRUE(is_include_only("_common.yaml"));
    EXPECT_FALSE(is_include_only("_a/common.yaml"));
}

// Words that mean something somewhere, to be put where they do not.
constexpr std::string_view kWords[] = {
    "a",
    "held",
    "NONE",
    "RWH",
    "pends",
    "${held}",
    "[",
    "]",
    "{",
    "}",
    ": ",
    "- ",
    "&x ",
    "*x",
    "<<: ",
    "\n",
    "  ",
    "0x7FFFFFFFFFFFFFFF",
    "-1",
    "\"",
    "'",
    "each",
    "null",
    "\\",
    "\\f:s",
    "18446744073709551615",
    "B",
    "A/t2",
    "true",
    "kill",
    "\xC3",
    "\x01",
    "expect: ",
    "years",
    "directory",
    "A.duplicate: {on: a, as: d, to: B}",
    "STATUS_PENDING",
    "blocked_thread",
};

std::string mutated(std::string text, const std::vector<std::string>& others,
                    std::mt19937_64& random) {
    const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
    for (std::size_t n = 1 + below(4); n > 0; --n) {
        const std::size_t at = below(text.size());
        const auto word = kWords[below(std::size(kWords))];
        switch (below(6)) {
            case 0: text[at] = static_cast<char>(below(256)); break;
            case 1: text.erase(at, 1 + below(12)); break;
            case 2: text.insert(at, word); break;
            case 3: text.replace(at, word.size(), word); break;
            case 4: {  // a line twice
                const auto end = text.find('\n', at);
                if (end != std::string::npos) text.insert(end, text.substr(at, end - at));
                break;
            }
            case 5: {  // a piece of another file
                const std::string& other = others[below(others.size())];
                text.insert(at, other.substr(below(other.size()), below(80)));
                break;
            }
        }
        if (text.empty()) text = "a";
    }
    return text;
}

// Whatever the text: errors, or runs that come to a verdict. Invariants are checked on the way.
TEST(Corpus, MutationsNeverCrash) {
    std::vector<std::string> texts;
    for (const CorpusFile& file : corpus_files()) texts.emplace_back(file.text);
    ASSERT_FALSE(texts.empty());
    std::mt19937_64 random(20090713);
    std::size_t valid = 0;
    constexpr std::size_t kMutations = 20'000;
    for (std::size_t i = 0; i < kMutations; ++i) {
        const std::string text = mutated(texts[i % texts.size()], texts, random);
        const LoadResult loaded = load(text);
        ASSERT_EQ(loaded.scenario == nullptr, !loaded.diagnostics.empty()) << text;
        for (const Diagnostic& diagnostic : loaded.diagnostics) {
            ASSERT_FALSE(render(diagnostic).empty());
        }
        if (loaded.scenario == nullptr) continue;
        ++valid;
        RunOptions options;
        options.check_invariants = true;
        std::size_t runs = 0;
        run_scenario(*loaded.scenario, options, [&](const RunResult& result) {
            EXPECT_EQ(result.verdict == Verdict::pass, result.reason.empty());
            return ++runs < 4;
        });
    }
    EXPECT_GT(valid, kMutations / 50);  // the mutations reach the runner
}

}  // namespace
}  // namespace oplocksim::scenarios
