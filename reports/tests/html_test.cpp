#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "reports/explorer_page.h"
#include "reports/html_files.h"
#include "reports/html_page.h"
#include "reports/html_run.h"
#include "reports/tests/sample.h"

namespace oplocksim::reports {
namespace {

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++found;
    return found;
}

// A page that is whole: what opens an element of data or script is closed once.
void expect_whole(const std::string& page, std::size_t scripts) {
    EXPECT_TRUE(page.starts_with("<!DOCTYPE html>\n"));
    EXPECT_TRUE(page.ends_with("</html>\n"));
    EXPECT_EQ(count(page, "</script>"), count(page, "<script>") + count(page, "<script type="));
    EXPECT_EQ(count(page, "<script>"), scripts);
    EXPECT_EQ(count(page, "'sha256-"), scripts + count(page, "<style>"));
    EXPECT_EQ(page.find('\0'), page.npos);
}

TEST(HtmlPage, EncodesHashesAsThePolicyWantsThem) {
    // SHA-256 of nothing.
    EXPECT_EQ(base64_of_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
              "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    EXPECT_EQ(base64_of_hex("00"), "AA==");
    EXPECT_EQ(base64_of_hex("0000ff"), "AAD/");
    EXPECT_EQ(base64_of_hex(""), "");
}

TEST(HtmlPage, DataCannotEndItsElement) {
    const std::string data = html_data("rows", R"({"a":"</script><script>x()</script><!--"})");
    EXPECT_EQ(count(data, "</script>"), 1u);
    EXPECT_EQ(count(data, "<script"), 1u);
    EXPECT_EQ(data.find("<!--"), data.npos);
    EXPECT_NE(data.find("\\u003c/script>"), data.npos);
}

TEST(HtmlPage, TheTitleIsText) {
    const std::string page = html_page_begin("</title><script>x()</script>\"&", {"page.css"}, {"base.js"});
    EXPECT_NE(page.find("<title>&lt;/title&gt;&lt;script&gt;x()"), page.npos);
    EXPECT_EQ(count(page, "<script>"), 1u);
}

TEST(HtmlRun, TellsEverythingInOnePage) {
    StringSink sink;
    HtmlRunReport report(sink);
    tell_everything(report);
    const std::string& page = sink.text();
    expect_whole(page, 4);
    EXPECT_NE(page.find("\"conforms\":false"), page.npos);
    EXPECT_NE(page.find("step 2: B.write: expected it to pend"), page.npos);
    EXPECT_NE(page.find("--switch lock_vs_rwh_waits=false"), page.npos);
    EXPECT_EQ(page.find("\xE2\x80\xAE"), page.npos);   // a change of direction
    StringSink again;
    HtmlRunReport second(again);
    tell_everything(second);
    EXPECT_EQ(page, again.text());
}

TEST(HtmlRun, LeavesDetailsOfPassingRunsOutAndSaysSo) {
    constexpr std::size_t kMore = 3;
    StringSink sink;
    HtmlRunReport report(sink);
    report.on_begin(sample_session());
    report.on_file_begin(sample_info("breaks/write"));
    for (std::size_t i = 0; i < kMaxPassingOfGroup + kMore; ++i) report.on_run(sample_pass());
    for (std::size_t i = 0; i < kMaxPassingOfGroup + kMore; ++i) report.on_run(sample_fail());
    report.on_file_end();
    report.on_end({});
    const std::string& page = sink.text();
    // Of the runs that failed, none is left out.
    EXPECT_EQ(count(page, "\"d\":[1,"), 2 * kMaxPassingOfGroup + kMore);
    EXPECT_NE(page.find("\"passing_left_out\":3,\"failures_left_out\":0"), page.npos);
}

TEST(HtmlRun, StopsAtItsBoundForPassingRuns) {
    scenarios::RunResult large = sample_pass();
    large.steps[0].text = std::string(kMaxPassingBytes / 2, 'x');
    StringSink sink;
    HtmlRunReport report(sink);
    report.on_begin(sample_session());
    for (int i = 0; i < 5; ++i) {
        report.on_file_begin(sample_info("large/" + std::to_string(i)));
        report.on_run(large);
        report.on_file_end();
    }
    report.on_end({});
    EXPECT_NE(sink.text().find("\"passing_left_out\":3"), std::string::npos);
    EXPECT_LT(sink.text().size(), 2 * kMaxPassingBytes);
}

ExplorerGraph sample_graph() {
    ExplorerGraph graph;
    graph.title = "Two openers </script>";
    graph.states.resize(2);
    graph.states[0].choices = {{"A goes on", "", {"WRITE-TO-NONE"}, 1}, {"B goes on", "", {}, 7}};
    graph.states[1].violations = {"a sentence"};
    return graph;
}

TEST(ExplorerPage, HasTheStatesAndTheClausesThatTheyCite) {
    const std::string page = explorer_page(sample_graph());
    expect_whole(page, 3);
    EXPECT_NE(page.find("Whatever a write breaks, it breaks to None."), page.npos);
    EXPECT_EQ(page.find("WRITE-PAGING-NO-CHECK"), page.npos);
    // A choice that leads out of the page has no target.
    EXPECT_EQ(count(page, "\"to\":1"), 1u);
    EXPECT_EQ(count(page, "\"to\":7"), 0u);
}

TEST(ExplorerPage, IsBounded) {
    ExplorerGraph graph = sample_graph();
    graph.states.resize(kMaxExplorerStates + 5);
    graph.states[0].choices.resize(kMaxExplorerChoices + 2);
    const std::string page = explorer_page(graph);
    EXPECT_EQ(count(page, "{\"o\":"), kMaxExplorerStates);
    EXPECT_NE(page.find("\"more\":2"), page.npos);
    EXPECT_NE(page.find("\"states_found\":20005"), page.npos);
}

LaneState batch_of_a(bool breaking) {
    LaneHolder holder;
    holder.owner = "a";
    holder.lane = 0;
    holder.type = engine::OplockType::batch;
    holder.breaking = breaking;
    holder.to = engine::OplockType::level_2;
    return {{"\\data.bin", {holder}, 0}};
}

// A case to walk in: two ways to the same state, a way back, a violation and a deadlock.
ExplorerGraph graph_to_walk() {
    ExplorerGraph graph;
    graph.title = "Batch and two openers </script><script>window.owned=1</script>";
    graph.path = "batch.yaml";
    graph.reproduce = "oplocksim explore batch.yaml";
    graph.states.resize(6);
    graph.states[0].oplocks = batch_of_a(false);
    graph.states[0].choices = {{"B.create is issued", "a notice", {"CREATE-BATCH-TO-LEVEL-2"}, 1},
                               {"C.create is issued", "", {}, 2}};
    graph.states[1].oplocks = batch_of_a(true);
    graph.states[1].text = "b waits for the acknowledgment of a";
    graph.states[1].choices = {{"A.ack", "", {}, 3}, {"A cancels", "", {}, 0}};
    graph.states[2].choices = {{"A.ack", "", {}, 3}, {"B.create is issued", "", {}, 4}};
    graph.states[3].choices = {{"B.close", "", {}, 5}};
    graph.states[4].deadlock = true;
    graph.states[5].violations = {"b completed before a acknowledged"};
    return graph;
}

// tools/tests/browser_test.py walks in it.
TEST(ExplorerPage, IsWrittenForTheBrowser) {
    const std::string page = explorer_page(graph_to_walk());
    expect_whole(page, 3);
    std::ofstream file(testing::TempDir() + "explorer.html", std::ios::binary);
    file << page;
    EXPECT_TRUE(file.good());
}

}  // namespace
}  // namespace oplocksim::reports
