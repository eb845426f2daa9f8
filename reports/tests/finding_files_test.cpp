#include "reports/finding_files.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include <gmock/gmock.h>

#include "conformance/findings/recording.h"
#include "conformance/findings/scenario_plan.h"
#include "reports/finding_markdown.h"
#include "reports/finding_picture.h"
#include "scenarios/case_of.h"

namespace oplocksim::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using conformance::findings::Finding;

class Folder {
 public:
    explicit Folder(const std::string& name)
        : path_(std::filesystem::temp_directory_path() / ("oplocksim-" + name)) {
        std::filesystem::remove_all(path_);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] std::string path() const { return path_.string(); }
    [[nodiscard]] std::map<std::string, std::string> files() const {
        std::map<std::string, std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(path_)) {
            std::ifstream file(entry.path(), std::ios::binary);
            found[entry.path().filename().string()] =
                std::string(std::istreambuf_iterator<char>(file), {});
        }
        return found;
    }

 private:
    std::filesystem::path path_;
};

// A wrote while B's Batch oplock was being broken, says the finding; names are as given.
Finding sample(const std::string& file, const std::string& observed) {
    const auto loaded = scenarios::load_scenario(
        "sample.yaml",
        "scenario: s\nvolume: [{file: '" + file + "'}]\nsteps:\n"
        "  - B.create: {as: b, file: '" + file + "'}\n"
        "  - B.oplock: {on: b, request: BATCH, as: held}\n"
        "  - A.create: {as: a, file: '" + file + "', access: W}\n    expect: blocks\n",
        nullptr);
    EXPECT_NE(loaded.scenario, nullptr);
    Finding finding;
    scenarios::RunOptions options;
    for_each_case(*loaded.scenario, options, [&](const scenarios::ScenarioCase& one) {
        auto run = to_case(conformance::findings::plan_of(one));
        finding.of = std::move(run.of);
        finding.schedule = std::move(run.schedule);
        return false;
    });
    finding.failure = {"waits-for-acknowledgments", "BRK-WAITS-FOR-ACK", observed,
                       "waits until the owner has answered", "", 2};
    finding.provenance.version = "1.2.3";
    finding.provenance.seed = 42;
    finding.provenance.run = 7;
    return finding;
}

TEST(FindingFiles, TheFileReplaysAndThePageTells) {
    const Folder folder("finding-files");
    const SavedFinding saved = save_finding(folder.path() + "/deep", sample("\\d.bin", "it ends"));
    ASSERT_EQ(saved.error, "");
    EXPECT_TRUE(saved.new_file);
    std::ifstream file(saved.scenario, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    EXPECT_THAT(text, HasSubstr("# waits-for-acknowledgments (BRK-WAITS-FOR-ACK) breaks here:"));
    EXPECT_THAT(text, HasSubstr("  seed: 42\n  run: 7\n"));
    const auto loaded = scenarios::load_scenario(saved.scenario, text, nullptr);
    ASSERT_NE(loaded.scenario, nullptr) << text;
    const auto again = conformance::findings::replay(*loaded.scenario, {});
    EXPECT_EQ(again.problem, "");
    EXPECT_FALSE(again.difference.has_value());
    EXPECT_FALSE(again.failure.has_value()) << "nothing is wrong with this run";
    std::ifstream page_file(saved.report, std::ios::binary);
    const std::string page(std::istreambuf_iterator<char>(page_file), {});
    for (const char* part : {"BRK-WAITS-FOR-ACK", "Breaking Oplocks", "it ends", "42, run 7",
                             "1.2.3", "```yaml", "oplocksim replay waits-for-acknowledgments-",
                             "held: B"}) {
        EXPECT_THAT(page, HasSubstr(part));
    }
}

// The picture of a page marks what is wrong where it shows.
TEST(FindingPicture, WhatNoRuleSaysIsMarkedAtTheEnd) {
    const Finding finding = sample("\\d.bin", "A by process 1 (IRP 3) ends");
    const auto recorded = conformance::findings::recorded_scenario(finding);
    ASSERT_EQ(recorded.problem, "");
    const auto violations = violations_of(finding.failure, recorded.run);
    ASSERT_EQ(violations.size(), 1U);
    EXPECT_EQ(violations[0].required, "waits until the owner has answered");
    EXPECT_THAT(violations[0].observed, Not(HasSubstr("IRP")));
    const Picture picture = finding_picture(recorded.run, violations);
    ASSERT_FALSE(picture.rows.empty());
    ASSERT_EQ(picture.rows.back().remarks.size(), 1U);
    EXPECT_EQ(picture.rows.back().remarks[0].subject, "waits-for-acknowledgments");
}

TEST(FindingFiles, NothingIsOverwritten) {
    const Folder folder("finding-files-kept");
    const Finding finding = sample("\\d.bin", "it ends");
    const SavedFinding first = save_finding(folder.path(), finding);
    const auto before = folder.files();
    const SavedFinding second = save_finding(folder.path(), finding);
    EXPECT_EQ(second.error, "");
    EXPECT_FALSE(second.new_file);
    EXPECT_EQ(second.scenario, first.scenario);
    EXPECT_EQ(folder.files(), before);
    std::ofstream(first.scenario) << "something else";
    const SavedFinding third = save_finding(folder.path(), finding);
    EXPECT_TRUE(third.new_file);
    EXPECT_NE(third.scenario, first.scenario);
    EXPECT_EQ(folder.files().at(std::filesystem::path(first.scenario).filename().string()),
              "something else");
}

TEST(FindingFiles, AFolderThatCannotBeIsAnError) {
    EXPECT_THAT(save_finding("/dev/null/x", sample("\\d.bin", "it ends")).error,
                HasSubstr("/dev/null/x"));
}

TEST(FindingFiles, HostileTextsStayTexts) {
    const Folder folder("finding-files-hostile");
    const std::string observed = "``` \n# heading <script> [x](y)\n\x1b[31m - {a: 1}";
    const Finding finding = sample("\\``` #x", observed);
    const SavedFinding saved = save_finding(folder.path(), finding);
    ASSERT_EQ(saved.error, "");
    std::ifstream file(saved.scenario, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    EXPECT_NE(scenarios::load_scenario("h.yaml", text, nullptr).scenario, nullptr) << text;
    std::ifstream page_file(saved.report, std::ios::binary);
    const std::string page(std::istreambuf_iterator<char>(page_file), {});
    EXPECT_THAT(page, Not(HasSubstr("\x1b")));
    EXPECT_THAT(page, Not(HasSubstr("<script>\n")));
    EXPECT_THAT(page, Not(HasSubstr("\n# heading")));
    EXPECT_THAT(page, HasSubstr("````yaml")) << "a fence that the text cannot end";
}

TEST(Replay, SaysWhatDiffers) {
    using conformance::findings::compare_traces;
    const std::string header = "{\"format\":\"oplocksim-trace\",\"version\":1}\n";
    const std::string one = header + "{\"time\":0,\"event\":\"complete\",\"status\":\"A, \\\"{\"}\n";
    EXPECT_FALSE(compare_traces(one, one).has_value());
    const auto changed = compare_traces(
        one, header + "{\"time\":0,\"event\":\"complete\",\"status\":\"B\",\"why\":{\"x\":1}}\n");
    ASSERT_TRUE(changed.has_value());
    EXPECT_EQ(changed->line, 2u);
    ASSERT_EQ(changed->members.size(), 2u);
    EXPECT_EQ(changed->members[0].name, "status");
    EXPECT_EQ(changed->members[0].recorded, "\"A, \\\"{\"");
    EXPECT_EQ(changed->members[0].now, "\"B\"");
    EXPECT_EQ(changed->members[1].name, "why.x");
    EXPECT_EQ(changed->members[1].recorded, "");
    EXPECT_EQ(changed->members[1].now, "1");
    const auto shorter = compare_traces(one, header);
    ASSERT_TRUE(shorter.has_value());
    EXPECT_EQ(shorter->now, "");
}

}  // namespace
}  // namespace oplocksim::reports
