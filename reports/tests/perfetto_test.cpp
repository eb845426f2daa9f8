#include "reports/perfetto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "reports/tests/pictures.h"
#include "reports/tests/sample.h"

namespace oplocksim::reports {
namespace {

using Json = nlohmann::json;

std::vector<Json> with(const Json& trace, const std::string& phase, const std::string& category) {
    std::vector<Json> found;
    for (const Json& event : trace["traceEvents"]) {
        if (event["ph"] == phase && event.value("cat", "") == category) found.push_back(event);
    }
    return found;
}

TEST(Perfetto, ABreakIsAnArrowToTheOwner) {
    const Json trace = Json::parse(perfetto_json(make_picture(run_text(kBatchScenario)), "Batch"));
    EXPECT_EQ(trace["otherData"]["run"], "Batch");
    const auto starts = with(trace, "s", "break");
    const auto ends = with(trace, "f", "break");
    ASSERT_EQ(starts.size(), 1u);
    ASSERT_EQ(ends.size(), 1u);
    EXPECT_EQ(starts[0]["id"], ends[0]["id"]);
    EXPECT_EQ(starts[0]["tid"], 2);   // B's create
    EXPECT_EQ(ends[0]["tid"], 1);     // A is told
    EXPECT_EQ(with(trace, "i", "break").size(), 1u);
    const auto releases = with(trace, "f", "release");
    ASSERT_EQ(releases.size(), 1u);
    EXPECT_EQ(releases[0]["tid"], 2);
    const auto counters = with(trace, "C", "oplocks");
    ASSERT_EQ(counters.size(), 3u);
    EXPECT_EQ(counters[0]["args"]["Batch"], 1);
    EXPECT_EQ(counters[1]["args"]["breaking"], 1);
    EXPECT_EQ(counters[2]["args"]["Level 2"], 1);
    EXPECT_EQ(counters[2]["args"]["breaking"], 0);
}

// The rules of the format that viewers rely on.
void expect_valid(const Json& trace, const std::string& what) {
    struct Slice {
        std::uint64_t begin, end;
    };
    std::map<std::pair<int, int>, std::vector<Slice>> slices;
    std::map<std::pair<std::string, int>, int> open;
    for (const Json& event : trace["traceEvents"]) {
        ASSERT_TRUE(event["ph"].is_string() && event["pid"].is_number() && event["tid"].is_number());
        const std::string phase = event["ph"];
        if (phase == "M") continue;
        ASSERT_TRUE(event["ts"].is_number_unsigned() && event["name"].is_string()) << what;
        const std::uint64_t ts = event["ts"];
        if (phase == "X") {
            slices[{event["pid"], event["tid"]}].push_back({ts, ts + event["dur"].get<int>()});
        }
        if (phase == "b") ++open[{"irp", event["id"]}];
        if (phase == "e") --open[{"irp", event["id"]}];
        if (phase == "s") ++open[{"flow", event["id"]}];
        if (phase == "f") --open[{"flow", event["id"]}];
    }
    for (const auto& [id, count] : open) EXPECT_EQ(count, 0) << what << ": " << id.second;
    for (auto& [thread, list] : slices) {
        std::ranges::stable_sort(list, [](const Slice& a, const Slice& b) {
            return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
        });
        std::vector<Slice> stack;
        for (const Slice& slice : list) {
            while (!stack.empty() && stack.back().end <= slice.begin) stack.pop_back();
            if (!stack.empty()) {
                EXPECT_LE(slice.end, stack.back().end) << what << ": slices do not nest";
            }
            stack.push_back(slice);
        }
    }
}

TEST(Perfetto, EveryCorpusRunIsValid) {
    each_corpus_run([](const scenarios::RunResult& run) {
        const std::string text = perfetto_json(make_picture(run), run.title);
        const Json trace = Json::parse(text, nullptr, false);
        ASSERT_FALSE(trace.is_discarded()) << run.scenario;
        expect_valid(trace, run.scenario);
        EXPECT_EQ(perfetto_json(make_picture(run), run.title), text);
    });
}

TEST(Perfetto, HostileNamesStayInTheirStrings) {
    scenarios::RunResult run = run_text(kBatchScenario);
    for (scenarios::ThreadName& thread : run.threads) thread.client = kHostile;
    for (auto& [irp, operation] : run.irp_names) operation = kHostile;
    for (scenarios::StepRecord& step : run.steps) step.text = kHostile;
    const std::string text = perfetto_json(make_picture(run), kHostile);
    EXPECT_FALSE(Json::parse(text, nullptr, false).is_discarded());
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
}

}  // namespace
}  // namespace oplocksim::reports
