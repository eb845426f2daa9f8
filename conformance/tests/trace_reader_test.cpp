#include "conformance/trace_reader.h"

#include <gtest/gtest.h>

#include <sstream>

#include "scenarios/corpus.h"
#include "scenarios/runner.h"
#include "sim/trace_json.h"

namespace oplocksim::conformance {
namespace {

using sim::RequestKind;

constexpr std::string_view kFormat = "{\"format\":\"oplocksim-trace\",\"version\":1}\n";

struct ReadResult {
    std::vector<TraceRun> runs;
    std::string problem;
};

ReadResult read(const std::string& text) {
    ReadResult result;
    std::istringstream input(text);
    result.problem = read_trace(input, [&](const TraceRun& run) {
        result.runs.push_back(run);
        return true;
    });
    return result;
}

std::string problem_of(const std::string& line) {
    return read(std::string(kFormat) + line + "\n").problem;
}

// Every event of every run: written, read and written again, but for what is not observable.
TEST(TraceReader, ReadsWhatTheWriterWrites) {
    const scenarios::ReadFile nothing = [](const std::string&) { return std::nullopt; };
    scenarios::RunOptions options;
    options.keep_trace = true;
    std::size_t runs = 0;
    for (const scenarios::CorpusFile& file : scenarios::corpus_files()) {
        const auto loaded =
            scenarios::load_scenario(std::string(file.path), std::string(file.text), nothing);
        if (loaded.scenario == nullptr) continue;   // it includes others
        scenarios::run_scenario(*loaded.scenario, options, [&](const scenarios::RunResult& run) {
            std::vector<sim::TraceEvent> observable;
            for (sim::TraceEvent event : run.trace) {
                event.why = {};
                event.request.data = 0;   // the bytes are not part of a trace
                if (sim::observable(event.kind)) observable.push_back(event);
            }
            if (observable.empty()) return true;
            const std::string text = sim::to_json_lines(*run.names, observable);
            const ReadResult result = read(text);
            EXPECT_EQ(result.problem, "") << file.path;
            EXPECT_EQ(result.runs.size(), 1u);
            if (result.runs.size() != 1) return false;
            const TraceRun& again = result.runs.front();
            EXPECT_EQ(sim::to_json_lines(*again.names, again.events), text);
            ++runs;
            return true;
        });
    }
    EXPECT_GT(runs, 1000u);
}

TEST(TraceReader, SeparatesRunsAndTakesTheirSwitches) {
    const std::string text =
        "{\"run\":\"a/b\",\"case\":\"x=1\",\"profile\":\"ms-fsa\","
        "\"changed_switches\":{\"lock_vs_rwh_waits\":\"false\"}}\n" +
        std::string(kFormat) + "{\"time\":7,\"event\":\"advance\"}\n\n" +
        "{\"run\":\"c\"}\n" + std::string(kFormat) + std::string(kFormat) +
        "{\"time\":8,\"event\":\"wait\",\"more\":[1]}\n";
    const ReadResult result = read(text);
    EXPECT_EQ(result.problem, "");
    ASSERT_EQ(result.runs.size(), 3u);
    EXPECT_EQ(result.runs[0].run, "a/b");
    EXPECT_EQ(result.runs[0].case_name, "x=1");
    EXPECT_EQ(result.runs[0].profile, engine::Profile::ms_fsa);
    EXPECT_FALSE(result.runs[0].semantics.lock_vs_rwh_waits);
    ASSERT_EQ(result.runs[0].events.size(), 1u);
    EXPECT_EQ(result.runs[0].events[0].time, 7u);
    EXPECT_EQ(result.runs[0].lines[0], 3u);
    EXPECT_EQ(result.runs[1].run, "c");
    EXPECT_FALSE(result.runs[1].profile.has_value());
    EXPECT_TRUE(result.runs[1].events.empty());
    ASSERT_EQ(result.runs[2].events.size(), 1u);
    EXPECT_EQ(result.runs[2].events[0].kind, sim::TraceEventKind::wait);
}

TEST(TraceReader, StopsWhenAsked) {
    std::istringstream input(std::string(kFormat) + std::string(kFormat) + "nonsense\n");
    int runs = 0;
    EXPECT_EQ(read_trace(input, [&](const TraceRun&) { return ++runs != 1; }), "");
    EXPECT_EQ(runs, 1);
}

TEST(TraceReader, SaysWhichLineIsBad) {
    EXPECT_EQ(read("{\"time\":0,\"event\":\"advance\"}\n").problem,
              "line 1: an event before the line {\"format\":\"oplocksim-trace\",\"version\":1}");
    EXPECT_EQ(read("{\"format\":\"oplocksim-trace\",\"version\":2}").problem,
              "line 1: version 2 is not known; this program reads 1");
    EXPECT_EQ(read("{\"format\":\"pcap\",\"version\":1}").problem,
              "line 1: 'pcap' is not the format 'oplocksim-trace'");
    EXPECT_EQ(read("{\"run\":\"a\",\"profile\":\"doc\"}").problem,
              "line 1: 'doc' is not a profile");
    EXPECT_EQ(read("{\"run\":\"a\",\"changed_switches\":{\"x\":\"y\"}}").problem,
              "line 1: 'x' is not a switch");
    EXPECT_EQ(problem_of("{\"time\":0"), "line 2: not JSON: '{\"time\":0'");
    EXPECT_EQ(problem_of("[]"), "line 2: not a JSON object: '[]'");
    EXPECT_EQ(problem_of("{\"time\":0,\"event\":\"explode\"}"),
              "line 2: 'explode' is not an event");
    EXPECT_EQ(problem_of("{\"time\":-1,\"event\":\"advance\"}"),
              "line 2: \"time\" is not a whole number from 0 to 18446744073709551615");
    EXPECT_EQ(problem_of("{\"time\":0,\"event\":\"process_exit\",\"process\":0}"),
              "line 2: \"process\" is 0, which names nothing");
    EXPECT_EQ(problem_of("{\"time\":0,\"event\":\"cancel\",\"process\":1,\"thread\":1}"),
              "line 2: \"irp\" is missing");
    EXPECT_EQ(problem_of("{\"time\":0,\"event\":\"complete\",\"process\":1,\"thread\":1,\"irp\":1,"
                         "\"request\":\"read\",\"status\":\"STATUS_SUCESS\",\"information\":0}"),
              "line 2: 'STATUS_SUCESS' is not a status");
}

std::string write_line(const std::string& rest) {
    return "{\"time\":0,\"event\":\"issue\",\"process\":1,\"thread\":1,\"irp\":1,"
           "\"request\":\"write\",\"handle\":1,\"offset\":0," + rest + "}";
}

sim::TraceEvent event_of(const std::string& line) {
    const ReadResult result = read(std::string(kFormat) + line + "\n");
    EXPECT_EQ(result.problem, "");
    return result.runs.at(0).events.at(0);
}

TEST(TraceReader, EveryByteComesBack) {
    const auto names = std::make_shared<sim::Names>();
    std::string bytes;
    for (int i = 0; i < 512; ++i) bytes += static_cast<char>(i * 7 + 1);
    ASSERT_NE(bytes.back(), '\0');
    sim::TraceEvent write;
    write.process.value = write.thread.value = write.irp.value = 1;
    write.request_kind = write.request.kind = RequestKind::write;
    write.request.length = bytes.size() + 5;
    write.has_data = true;
    write.data = bytes;
    sim::TraceEvent complete = write;
    complete.kind = sim::TraceEventKind::complete;
    complete.request_kind = RequestKind::read;
    complete.information = bytes.size();
    const std::vector<sim::TraceEvent> events{write, complete};
    const ReadResult result = read(sim::to_json_lines(*names, events));
    EXPECT_EQ(result.problem, "");
    ASSERT_EQ(result.runs.size(), 1u);
    for (const sim::TraceEvent& event : result.runs[0].events) {
        EXPECT_TRUE(event.has_data);
        EXPECT_EQ(event.data, bytes);
    }
}

TEST(TraceReader, DataThatIsNotThereIsNotKnown) {
    EXPECT_TRUE(event_of(write_line("\"length\":3")).has_data) << "zeros, as ever";
    EXPECT_FALSE(event_of(write_line("\"length\":3,\"data\":1")).has_data) << "an older trace";
    EXPECT_FALSE(event_of(write_line("\"length\":3,\"data_omitted\":true")).has_data);
    EXPECT_EQ(event_of(write_line("\"length\":3,\"data\":\"a\\u0000\\u0000\"")).data, "a");
    const std::string read = "{\"time\":0,\"event\":\"complete\",\"process\":1,\"thread\":1,"
                             "\"irp\":1,\"request\":\"read\",\"status\":\"STATUS_SUCCESS\","
                             "\"information\":3";
    EXPECT_FALSE(event_of(read + "}").has_data);
    EXPECT_TRUE(event_of(read + ",\"data\":\"\"}").has_data);
    EXPECT_EQ(problem_of(read + ",\"data\":\"abcd\"}"),
              "line 2: \"data\" has 4 bytes, more than the 3 that were read");
    EXPECT_EQ(problem_of(write_line("\"length\":0,\"data\":\"a\"")),
              "line 2: \"data\" has 1 bytes, more than the 0 that were to be written");
    EXPECT_EQ(problem_of(write_line("\"length\":9,\"data\":\"\\u0100\"")),
              "line 2: \"data\" has a character above U+00FF, which is no byte");
    EXPECT_EQ(problem_of(write_line("\"length\":9,\"data\":\"\xE2\x82\xAC\"")),
              "line 2: \"data\" has a character above U+00FF, which is no byte");
}

TEST(TraceReader, TheVolumeIsRead) {
    const std::string begin = "{\"time\":0,\"event\":\"volume\",\"path\":\"\\\\f\"";
    const sim::TraceEvent file = event_of(begin + ",\"size\":9,\"short_name\":\"F~1\"}");
    EXPECT_EQ(file.entry.size, 9u);
    EXPECT_NE(file.entry.short_name, sim::NameId{});
    EXPECT_FALSE(file.entry.existing);
    EXPECT_TRUE(event_of(begin + ",\"directory\":true}").entry.directory);
    EXPECT_TRUE(event_of(begin + ",\"link_to\":\"\\\\g\"}").entry.existing);
    EXPECT_EQ(problem_of(begin + "}"), "line 2: \"size\" is missing");
}

TEST(TraceReader, RefusesWhatIsTooLargeOrTooDeep) {
    EXPECT_EQ(problem_of(std::string(kMaxTraceLineBytes + 1, ' ')),
              "line 2: longer than 1048576 bytes");
    EXPECT_EQ(problem_of(std::string(100'000, '[')), "line 2: nested too deeply");
}

}  // namespace
}  // namespace oplocksim::conformance
