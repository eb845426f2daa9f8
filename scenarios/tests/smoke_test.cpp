#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "scenarios/corpus.h"
#include "scenarios/runner.h"

namespace oplocksim::scenarios {
namespace {

TEST(Corpus, DISABLED_Smoke) {
    std::map<std::string, std::string> files;
    for (const CorpusFile& file : corpus_files()) files[std::string(file.path)] = file.text;
    std::size_t runs = 0, failed = 0;
    for (const auto& [path, text] : files) {
        if (is_include_only(path)) continue;
        auto loaded = load_scenario(path, text, [&](const std::string& p) -> std::optional<std::string> {
            auto f = files.find(p);
            if (f == files.end()) return std::nullopt;
            return f->second;
        });
        for (auto& d : loaded.diagnostics) std::cout << render(d);
        if (!loaded.scenario) continue;
        RunOptions options;
        options.check_invariants = true;
        run_scenario(*loaded.scenario, options, [&](RunResult r) {
            ++runs;
            if (r.verdict != Verdict::pass) {
                ++failed;
                std::cout << path << " [" << r.case_name << "] " << to_string(r.verdict) << ": " << r.reason << "\n";
                if (getenv("STORY"))
                for (auto& s : r.steps) {
                    std::cout << "   " << s.number << " " << s.text << "\n";
                    for (auto& h : s.happened) std::cout << "        " << h << "\n";
                }
            }
            return true;
        });
    }
    std::cout << runs << " runs, " << failed << " not passed\n";
}

}  // namespace
}  // namespace oplocksim::scenarios
