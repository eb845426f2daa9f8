#include "reports/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "conformance/trace_reader.h"
#include "reports/json.h"
#include "reports/terminal.h"
#include "reports/tests/pictures.h"
#include "reports/tests/sample.h"
#include "reports/text.h"
#include "scenarios/text.h"
#include "sim/trace_json.h"

namespace oplocksim::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

// What a terminal shows of a line with SGR sequences.
std::string without_colours(std::string text) {
    for (std::size_t at = text.find("\x1b["); at != std::string::npos; at = text.find("\x1b[")) {
        text.erase(at, text.find('m', at) - at + 1);
    }
    return text;
}

// No line is wider than it may be, and nothing but text reaches the terminal.
void expect_well_formed(const std::string& text, std::size_t width, const std::string& what) {
    for (const std::string& line : lines_of(text)) {
        const std::string shown = without_colours(line);
        EXPECT_LE(columns(shown), width) << what << ": " << shown;
        EXPECT_EQ(scenarios::escaped(shown), shown) << what;
    }
}

// A scenario with one client a lane, each holding an oplock that the last one's write breaks.
std::string scenario_with(std::size_t clients) {
    std::string text = "scenario: Many\nvolume: [{file: '\\data.bin'}]\nsteps:\n";
    const auto name = [](std::size_t i) { return "client" + std::to_string(i); };
    for (std::size_t i = 0; i < clients; ++i) {
        text += "  - " + name(i) + ".create: {as: h" + std::to_string(i) +
                ", file: '\\data.bin', access: [R, W]}\n";
    }
    for (std::size_t i = 0; i + 1 < clients; ++i) {
        text += "  - " + name(i) + ".oplock: {on: h" + std::to_string(i) +
                ", request: R, as: held" + std::to_string(i) + "}\n";
    }
    const std::string last = std::to_string(clients - 1);
    return text + "  - client" + last + ".write: {on: h" + last +
           ", offset: 0, length: 8, as: writing}\n";
}

TEST(Timeline, ABreakInEightyColumns) {
    const std::string text = timeline_text(make_picture(run_text(kBatchScenario)), {});
    EXPECT_EQ(text, R"(      A     B     file system                             oplocks of \data.bin
   1  ├─────┼────▶│  A.create as a: \data.bin, access R, share none →
      │     │     │    STATUS_SUCCESS, FILE_OPENED
   2  ├─────┼────▶│  A.oplock as held: a, request         a: Batch
      │╎    │     │    BATCH → granted, pends
   3  │╎    ├────▶│  B.create as b: \data.bin, access W
      │◀━━━━┿━━━━━┥  b breaks held: Batch → Level 2,      a: Batch → Level 2,
      │     │     │    must be acknowledged                 owes ack
      │     │     │  § CREATE-BATCH-TO-LEVEL-2,
      │     │     │    CREATE-BATCH-KEY,
      │     │     │    CREATE-BATCH-ACK,
      │     │     │    BRK-NTFS-BATCH-BEFORE-SHARING
      │     ┃     ●  b blocks its thread until the break is acknowledged
   4  ├─────┃────▶│  A.ack a → accepted, pends
      │╎    ┃     ●  b may go on, after A.ack             a: Level 2
      │╎    ┃     │  § BRK-WAITS-FOR-ACK,
      │╎    ┃     │    BRK-RELEASE-RECHECK
      │╎    ◀─────┤  b → STATUS_SHARING_VIOLATION
)");
}

TEST(Timeline, WithoutBoxDrawingItIsAscii) {
    TimelineOptions options;
    options.unicode = false;
    const std::string text = timeline_text(make_picture(run_text(kBatchScenario)), options);
    EXPECT_THAT(text, HasSubstr("   3  |:    +---->|  B.create as b: \\data.bin, access W\n"));
    EXPECT_THAT(text, HasSubstr("      |<==========+  b breaks held: Batch -> Level 2,"));
    EXPECT_THAT(text, HasSubstr("      |     #     o  b blocks its thread"));
    for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
}

TEST(Timeline, AFailureShowsExpectedAndObservedAtItsRow) {
    std::string scenario(kBatchScenario);
    scenario.replace(scenario.find("to: LEVEL_2"), 11, "to: NONE");
    const std::string text = timeline_text(make_picture(run_text(scenario)), {});
    EXPECT_THAT(text, HasSubstr(">  3  │╎    ├────▶│  B.create as b"));
    const std::size_t notice = text.find("b breaks held");
    const std::size_t remark = text.find("✗ held\n");
    const std::size_t waits = text.find("b blocks its thread");
    ASSERT_NE(remark, std::string::npos);
    EXPECT_LT(notice, remark);
    EXPECT_LT(remark, waits);
    EXPECT_THAT(text, HasSubstr("    expected  completes STATUS_SUCCESS, broken to NONE,\n"));
    EXPECT_THAT(text, HasSubstr("    observed  completes STATUS_SUCCESS, Information\n"));
}

TEST(Timeline, AnyNumberOfLanesFits) {
    for (const std::size_t clients : {2u, 3u, 5u, 8u, 20u, 60u}) {
        const scenarios::RunResult run = run_text(scenario_with(clients));
        ASSERT_EQ(run.verdict, scenarios::Verdict::pass) << run.reason;
        const Picture picture = make_picture(run);
        ASSERT_EQ(picture.lanes.size(), clients + 1);
        for (const std::size_t width : {40u, 60u, 80u, 120u, 160u}) {
            TimelineOptions options;
            options.width = width;
            const std::string text = timeline_text(picture, options);
            expect_well_formed(text, width, std::to_string(clients));
            for (std::size_t i = 0; i < 3 && i < clients; ++i) {
                EXPECT_THAT(text, HasSubstr("client" + std::to_string(i))) << width;
            }
            // Every notice is an arrow.
            std::size_t arrows = 0;
            for (const std::string& line : lines_of(text)) {
                arrows += line.find("━┥") != std::string::npos ? 1 : 0;
            }
            EXPECT_EQ(arrows, clients - 1) << width;
        }
    }
}

TEST(Timeline, SixtyLanesShareTheLastColumn) {
    const Picture picture = make_picture(run_text(scenario_with(60)));
    EXPECT_THAT(timeline_text(picture, {}), HasSubstr("│  44 more\n"));
}

TEST(Timeline, HostileNamesAreShownAsText) {
    scenarios::RunResult run = run_text(kBatchScenario);
    const std::vector<std::string> names = {kHostile, "\x1b]0;title\x07", "\xe2\x80\xae" "evil",
                                            std::string(5'000, 'x'), "\xe6\x97\xa5\xe6\x9c\xac",
                                            "e\xcc\x81\xcc\x81\xcc\x81"};
    for (const std::string& name : names) {
        for (scenarios::ThreadName& thread : run.threads) thread.client = name;
        for (auto& [irp, operation] : run.irp_names) operation = name;
        for (scenarios::StepRecord& step : run.steps) step.text = name;
        for (const bool colour : {false, true}) {
            for (const std::size_t width : {40u, 80u}) {
                TimelineOptions options{width, colour, true};
                expect_well_formed(timeline_text(make_picture(run), options), width, "hostile");
            }
        }
    }
}

// A trace file carries all that a picture needs but the steps: names, oplocks, reasons.
TEST(Timeline, ATraceFileDrawsTheSameAsTheRun) {
    each_corpus_run([](const scenarios::RunResult& run) {
        if (run.trace.empty()) return;
        std::istringstream file(trace_header_json(run) +
                                sim::to_json_lines(*run.names, run.trace));
        std::vector<conformance::TraceRun> read;
        const std::string problem = conformance::read_trace(file, [&](const auto& one) {
            read.push_back(one);
            return true;
        });
        ASSERT_EQ(problem, "") << run.scenario;
        ASSERT_EQ(read.size(), 1u);
        PictureInput input;
        input.events = read[0].events;
        input.names = read[0].names;
        input.threads = read[0].threads;
        input.irp_names = read[0].irp_names;
        scenarios::RunResult without_steps = run;
        without_steps.steps.clear();
        EXPECT_EQ(timeline_text(make_picture(input), {}),
                  timeline_text(make_picture(without_steps), {}))
            << run.scenario;
    });
}

// What only shows the machinery may be anything in somebody else's trace: it is left out.
TEST(Timeline, StrangeMachineryInATraceIsLeftOut) {
    const std::string format = "{\"format\":\"oplocksim-trace\",\"version\":1}\n";
    for (const std::string members :
         {"\"event\":\"oplock\"", "\"event\":\"oplock\",\"stream\":-1,\"holders\":7",
          "\"event\":\"oplock\",\"stream\":1,\"holders\":[1]",
          "\"event\":\"oplock\",\"stream\":1,\"holders\":[{\"file_object\":\"x\"}]",
          "\"event\":\"wait\",\"irp\":\"x\"", "\"event\":\"release\",\"stream\":{}"}) {
        std::istringstream file(format + "{\"time\":0," + members + "}\n");
        std::size_t runs = 0;
        EXPECT_EQ(conformance::read_trace(file, [&](const conformance::TraceRun& one) {
                      PictureInput input;
                      input.events = one.events;
                      input.names = one.names;
                      EXPECT_TRUE(make_picture(input).rows.empty());
                      ++runs;
                      return true;
                  }), "") << members;
        EXPECT_EQ(runs, 1u);
    }
}

TEST(Timeline, ColourAddsNothingButColour) {
    const Picture picture = make_picture(run_text(kBatchScenario));
    TimelineOptions options;
    options.colour = true;
    const auto coloured = lines_of(timeline_text(picture, options));
    const auto plain = lines_of(timeline_text(picture, {}));
    ASSERT_EQ(coloured.size(), plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i) {
        std::string line = without_colours(coloured[i]);
        while (!line.empty() && line.back() == ' ') line.pop_back();
        EXPECT_EQ(line, plain[i]);
    }
}

TEST(Timeline, EveryCorpusRunFitsInEightyColumns) {
    each_corpus_run([](const scenarios::RunResult& run) {
        const Picture picture = make_picture(run);
        const std::string text = timeline_text(picture, {});
        EXPECT_EQ(text.empty(), picture.rows.empty());
        expect_well_formed(text, 80, run.scenario);
        EXPECT_EQ(timeline_text(make_picture(run), {}), text);
    });
}

}  // namespace
}  // namespace oplocksim::reports
