#include "sim/trace_json.h"

#include <algorithm>

#include "sim/tests/test_kernel.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

class TraceJsonTest : public KernelTest {};

TEST_F(TraceJsonTest, OneLineAnEvent) {
    file("\\f");
    const HandleId a = open(ta_, "\\f");
    grant(ta_, level(a, kRH));
    kernel().advance(35 * kTicksPerSecond);
    Request request = create_request("\\f", FILE_WRITE_DATA);
    request.disposition = CreateDisposition::FILE_OVERWRITE;
    submit(tb_, request);
    EXPECT_EQ(to_json_lines(*names_, recorder_.events()),
              R"({"format":"oplocksim-trace","version":1}
{"time":0,"event":"volume","path":"\\f","directory":false,"attributes":0,"size":4096,)"
              R"("allocation_size":0}
{"time":0,"event":"issue","process":1,"thread":1,"irp":1,"request":"create","path":"\\f",)"
              R"("access":1,"share":7,"disposition":"FILE_OPEN","options":0,"attributes":0,)"
              R"("target_key":0,"parent_key":0,"transacted":false}
{"time":0,"event":"complete","process":1,"thread":1,"irp":1,"request":"create",)"
              R"("status":"STATUS_SUCCESS","information":1,"handle":1}
{"time":0,"event":"issue","process":1,"thread":1,"irp":16777217,"request":"oplock_fsctl",)"
              R"("handle":1,"code":"FSCTL_REQUEST_OPLOCK","level":3,"flags":1}
{"time":0,"event":"oplock","stream":2,"holders":[{"file_object":1,"type":"Read-Handle",)"
              R"("breaking":"not_breaking","close_pending":false}]}
{"time":0,"event":"pend","process":1,"thread":1,"irp":16777217,"request":"oplock_fsctl",)"
              R"("blocked":false}
{"time":350000000,"event":"advance"}
{"time":350000000,"event":"issue","process":2,"thread":2,"irp":2,"request":"create",)"
              R"("path":"\\f","access":2,"share":7,"disposition":"FILE_OVERWRITE","options":0,)"
              R"("attributes":0,"target_key":0,"parent_key":0,"transacted":false}
{"time":350000000,"event":"complete","process":1,"thread":1,"irp":16777217,)"
              R"("request":"oplock_fsctl","status":"STATUS_SUCCESS","information":24,)"
              R"("output":{"version":1,"original_level":3,"new_level":0,"flags":1,)"
              R"("access_mode":0,"share_mode":0},"handle":1,"why":{"rule":"broken",)"
              R"("held":"Read-Handle","operation":"create"}}
{"time":350000000,"event":"oplock","stream":2,"holders":[{"file_object":1,)"
              R"("type":"Read-Handle","breaking":"to_none","close_pending":false}]}
{"time":350000000,"event":"complete","process":2,"thread":2,"irp":2,"request":"create",)"
              R"("status":"STATUS_SUCCESS","information":3,"handle":2,"why":{"rule":"broken",)"
              R"("held":"Read-Handle","operation":"create"}}
)");
}

TEST_F(TraceJsonTest, HostileTextIsEscaped) {
    TraceEvent event;
    event.request.kind = event.request_kind = RequestKind::set_short_name;
    event.request.name = names_->intern(std::string("\"\\\x01\n\xC3\xA4", 6));
    const std::string lines = to_json_lines(*names_, std::span(&event, 1));
    EXPECT_NE(lines.find(R"("name":"\"\\\u0001\u000a)"
                         "\xC3\xA4\"}"),
              std::string::npos)
        << lines;
}

std::string line_of(const Names& names, const TraceEvent& event) {
    const std::string lines = to_json_lines(names, std::span(&event, 1));
    return lines.substr(lines.find('\n') + 1);
}

TEST_F(TraceJsonTest, DataIsOneCharacterAByte) {
    file("\\f", 100);
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA | FILE_WRITE_DATA);
    data_[0] = std::string("\"\\ \x00\x1F\x7F\x80\xFFz\0\0", 11);
    Request write = on(RequestKind::write, a);
    write.offset = 90;
    write.data = 1;
    submit(ta_, write);
    const std::string written = R"("data":"\"\\ \u0000\u001f\u007f\u0080\u00ffz")";
    const std::string issue = line_of(*names_, recorder_.events()[3]);
    EXPECT_NE(issue.find(R"("offset":90,"length":11,"paging":false,)" + written),
              std::string::npos)
        << issue;
    Request read = on(RequestKind::read, a);
    read.offset = 80;
    read.length = 1000;
    submit(ta_, read);
    const std::string complete = line_of(*names_, recorder_.events().back());
    EXPECT_NE(complete.find(R"("information":21,"handle":1,)"
                            R"("data":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\")"),
              std::string::npos)
        << complete;
}

TEST_F(TraceJsonTest, ZerosTakeNoRoomAndMuchDataIsLeftOut) {
    file("\\f", kMaxFileSize);
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA | FILE_WRITE_DATA);
    Request read = on(RequestKind::read, a);
    read.length = kMaxFileSize;
    submit(ta_, read);
    EXPECT_TRUE(recorder_.events().back().has_data);
    EXPECT_EQ(recorder_.events().back().data, "");
    for (const std::size_t size : {kMaxTraceDataBytes, kMaxTraceDataBytes + 1}) {
        data_[0] = std::string(size, 'x');
        Request write = on(RequestKind::write, a);
        write.data = 1;
        submit(ta_, write);
        const bool fits = size == kMaxTraceDataBytes;
        const auto& events = recorder_.events();
        EXPECT_EQ(events[events.size() - 2].has_data, fits);
        EXPECT_EQ(events[events.size() - 2].request.length, size);
        submit(ta_, read);
        EXPECT_EQ(recorder_.events().back().has_data, fits);
        EXPECT_EQ(recorder_.events().back().data.size(), fits ? size : 0u);
        const std::string line = line_of(*names_, recorder_.events().back());
        EXPECT_EQ(line.find("\"data_omitted\":true") == std::string::npos, fits);
    }
}

TEST_F(TraceJsonTest, LinksAndStreamsOfTheVolume) {
    file("\\f", 7);
    file("\\f:s", 3);
    directory("\\d");
    kernel().add_link(path("\\f"), path("\\d\\g"));
    const auto& events = recorder_.events();
    ASSERT_EQ(events.size(), 4u);
    EXPECT_EQ(line_of(*names_, events[1]),
              "{\"time\":0,\"event\":\"volume\",\"path\":\"\\\\f:s\",\"directory\":false,"
              "\"attributes\":0,\"size\":3,\"allocation_size\":0}\n");
    EXPECT_EQ(line_of(*names_, events[2]),
              "{\"time\":0,\"event\":\"volume\",\"path\":\"\\\\d\",\"directory\":true,"
              "\"attributes\":0}\n");
    EXPECT_EQ(line_of(*names_, events[3]),
              "{\"time\":0,\"event\":\"volume\",\"path\":\"\\\\d\\\\g\","
              "\"link_to\":\"\\\\f\"}\n");
}

TEST_F(TraceJsonTest, LongLinesAndManyEventsFit) {
    const PathId long_path = path("\\" + std::string(255, 'x') + "\\" + std::string(255, 'y'));
    TraceEvent event;
    event.request.path = long_path;
    event.holders.resize(2000);
    TraceEvent oplock = event;
    oplock.kind = TraceEventKind::oplock;
    std::size_t lines = 0;
    std::size_t pieces = 0;
    {
        TraceJsonWriter writer(*names_, [&](std::string_view text) {
            lines += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
            EXPECT_EQ(text.back(), '\n') << "complete lines only";
            ++pieces;
        });
        for (int i = 0; i < 500; ++i) {
            writer.on_event(event);
            writer.on_event(oplock);
        }
    }
    EXPECT_EQ(lines, 1001u);
    EXPECT_GT(pieces, 1u);
}

}  // namespace
}  // namespace oplocksim::sim
