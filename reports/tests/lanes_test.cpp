#include "reports/lanes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/tests/pictures.h"

namespace oplocksim::reports {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> kinds(const Picture& picture) {
    std::vector<std::string> words;
    for (const LaneRow& row : picture.rows) words.emplace_back(to_string(row.kind));
    return words;
}

std::string state_text(const LaneState& state) {
    std::string text;
    for (const LaneStream& stream : state) {
        text += stream.name + ":";
        for (const LaneHolder& holder : stream.holders) {
            text += " " + holder.owner + " " + describe(holder);
        }
        text += ";";
    }
    return text;
}

// The Batch scenario of the README: a Batch oplock breaks to Level 2 for a create that then fails
// the sharing check (Breaking Oplocks: Batch breaks before the check).
TEST(Lanes, ABreakFromTheRequestToTheRelease) {
    const scenarios::RunResult run = run_text(kBatchScenario);
    const Picture picture = make_picture(run);
    ASSERT_EQ(picture.lanes.size(), 3u);
    EXPECT_EQ(picture.lanes[0].name, "A");
    EXPECT_EQ(picture.lanes[1].name, "B");
    EXPECT_EQ(picture.lanes[2].name, "file system");
    EXPECT_THAT(kinds(picture), ElementsAre("request", "request", "request", "notice", "wait",
                                            "request", "release", "completion"));
    EXPECT_EQ(picture.rows[5].waiting, Waiting::pends);   // the acknowledgment is accepted

    const LaneRow& notice = picture.rows[3];
    EXPECT_EQ(notice.from, engine::OplockType::batch);
    EXPECT_EQ(notice.to, engine::OplockType::level_2);
    EXPECT_TRUE(notice.ack_required);
    EXPECT_EQ(notice.lane, 0u);
    ASSERT_TRUE(notice.cause);
    EXPECT_EQ(picture.spans[*notice.cause].name, "b");
    EXPECT_FALSE(notice.clauses.empty());

    const LaneRow& release = picture.rows[6];
    ASSERT_TRUE(release.cause);
    EXPECT_TRUE(picture.spans[*release.cause].acknowledgment);
    EXPECT_EQ(picture.spans[*release.span].name, "b");

    const LaneSpan& waiter = picture.spans[*release.span];
    EXPECT_EQ(waiter.waiting, Waiting::blocks);
    EXPECT_TRUE(waiter.waited_for_break);
    EXPECT_EQ(waiter.first_row, 2u);
    EXPECT_EQ(waiter.last_row, 7u);
    EXPECT_EQ(waiter.result, "STATUS_SHARING_VIOLATION");
}

// The kind of the request that the notice of this oplock's break is put down to.
sim::RequestKind cause_of_break(const Picture& picture, std::string_view oplock) {
    for (const LaneRow& row : picture.rows) {
        if (row.kind != RowKind::notice || picture.spans[*row.span].name != oplock) continue;
        if (row.cause) return picture.spans[*row.cause].kind;
    }
    ADD_FAILURE() << "nobody broke " << oplock;
    return sim::RequestKind::create;
}

// The close lets C's create go on and deletes the file: in whatever order an implementation does
// that, the directory's owner is told by the close, which is still at work.
TEST(Lanes, AWaiterThatIsReadyHasBrokenNothingYet) {
    scenarios::RunResult run = run_text(R"(scenario: Deleted while somebody waits
volume:
  - directory: \dir
  - file: \dir\f
steps:
  - A.create: {as: d, file: \dir, directory: true}
  - A.oplock: {on: d, request: RH, as: of_directory}
  - B.create: {as: b, file: \dir\f, access: [R, D], options: [FILE_DELETE_ON_CLOSE]}
  - B.oplock: {on: b, request: RWH, as: held}
  - C.create: {as: c, file: \dir\f, access: R}
    expect: blocks
  - B.close: b
)");
    const auto release = std::ranges::find(run.trace, sim::TraceEventKind::release,
                                           &sim::TraceEvent::kind);
    ASSERT_NE(release, run.trace.end());
    const auto close = std::ranges::find_if(run.trace, [](const sim::TraceEvent& event) {
        return event.kind == sim::TraceEventKind::issue &&
               event.request_kind == sim::RequestKind::close_handle;
    });
    ASSERT_LT(close, release);
    std::rotate(close + 1, release, release + 1);
    EXPECT_EQ(cause_of_break(make_picture(run), "of_directory"), sim::RequestKind::close_handle);
}

// An oplock that was requested after the release, before the waiter ran, is broken by the waiter.
TEST(Lanes, AWaiterBreaksWhatIsFreshWhenItGoesOn) {
    const Picture picture = make_picture(run_text(R"(scenario: A fresh oplock
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.oplock: {on: a, request: RWH, as: held}
  - B.create: {as: b, file: \f}
    expect: blocks
  - pause: B
  - A.close: a
  - A.create: {as: a, file: \f}
  - A.oplock: {on: a, request: RWH, as: fresh}
  - resume: B
)"));
    EXPECT_EQ(cause_of_break(picture, "fresh"), sim::RequestKind::create);
}

// The rename that went on after the acknowledgment takes the name out of the directory: its owner
// is told by the rename, not by the acknowledgment.
TEST(Lanes, AWaiterThatWentOnBreaksTheNext) {
    const Picture picture = make_picture(run_text(R"(scenario: A break, and a name that goes
volume:
  - directory: \dir
  - file: \dir\f
  - file: \g
steps:
  - A.create: {as: d, file: \dir, directory: true}
  - A.oplock: {on: d, request: RH, as: of_directory}
  - B.create: {as: b, file: \dir\f, access: [R, D]}
  - A.create: {as: a, file: \dir\f, access: R}
  - A.oplock: {on: a, request: RH, as: held}
  - B.rename: {on: b, to: \h}
    expect: pends
  - A.ack: {on: a, level: R, as: kept}
)"));
    EXPECT_EQ(cause_of_break(picture, "held"), sim::RequestKind::rename);
    EXPECT_EQ(cause_of_break(picture, "of_directory"), sim::RequestKind::rename);
}

TEST(Lanes, TheOplocksAreThoseAfterEachRow) {
    const Picture picture = make_picture(run_text(kBatchScenario));
    std::vector<std::string> states;
    for (const LaneRow& row : picture.rows) states.push_back(state_text(picture.states[row.state]));
    EXPECT_EQ(states[0], "");
    EXPECT_EQ(states[1], "\\data.bin: a Batch;");
    EXPECT_EQ(states[3], "\\data.bin: a Batch -> Level 2 (owes the acknowledgment);");
    EXPECT_EQ(states.back(), "\\data.bin: a Level 2;");
}

// What callers see is enough: without the machinery's own events the oplocks are derived.
TEST(Lanes, ATraceWithoutOplockEventsShowsTheSameOplocks) {
    scenarios::RunResult run = run_text(kBatchScenario);
    std::erase_if(run.trace, [](const sim::TraceEvent& event) {
        return !sim::observable(event.kind);
    });
    run.steps.clear();
    const Picture picture = make_picture(run);
    std::vector<std::string> states;
    for (const LaneState& state : picture.states) states.push_back(state_text(state));
    EXPECT_THAT(states, ElementsAre("", "\\data.bin: a Batch;",
                                    "\\data.bin: a Batch -> Level 2 (owes the acknowledgment);",
                                    "\\data.bin: a Level 2;"));
}

TEST(Lanes, AFailedExpectationStandsAtItsRow) {
    std::string text(kBatchScenario);
    text.replace(text.find("to: LEVEL_2"), 11, "to: NONE");
    const Picture picture = make_picture(run_text(text));
    const LaneRow& notice = picture.rows[3];
    ASSERT_EQ(notice.remarks.size(), 1u);
    EXPECT_EQ(notice.remarks[0].subject, "held");
    EXPECT_THAT(notice.remarks[0].expected, HasSubstr("broken to NONE"));
    EXPECT_THAT(notice.remarks[0].observed, HasSubstr("LEVEL_2"));
    EXPECT_THAT(notice.remarks[0].clauses, ElementsAre("BRK-NTFS-BATCH-BEFORE-SHARING"));
}

TEST(Lanes, AWindowKeepsWhatIsOutstandingAndTheState) {
    const scenarios::RunResult run = run_text(kBatchScenario);
    LaneWindow window;
    window.first_event = 11;   // A's acknowledgment
    const Picture picture = make_picture(run, window);
    EXPECT_EQ(picture.events_before, 11u);
    ASSERT_FALSE(picture.rows.empty());
    EXPECT_EQ(picture.rows[0].kind, RowKind::request);
    ASSERT_FALSE(picture.spans.empty());
    EXPECT_TRUE(picture.spans[0].before_window);
    EXPECT_EQ(picture.spans[0].name, "b");
    EXPECT_EQ(state_text(picture.states[0]),
              "\\data.bin: a Batch -> Level 2 (owes the acknowledgment);");
    window.max_rows = 1;
    const Picture cut = make_picture(run, window);
    EXPECT_EQ(cut.rows.size(), 1u);
    EXPECT_GT(cut.events_after, 0u);
}

TEST(Lanes, AWindowBeyondTheTraceIsEmpty) {
    const scenarios::RunResult run = run_text(kBatchScenario);
    LaneWindow window;
    window.first_event = 1'000;
    const Picture picture = make_picture(run, window);
    EXPECT_TRUE(picture.rows.empty());
    EXPECT_EQ(picture.lanes.size(), 3u);
    EXPECT_TRUE(make_picture(scenarios::RunResult{}).rows.empty());
}

// L1 and L2, over every scenario that is shipped.
TEST(Lanes, EverySpanOfTheCorpusOpensAndCloses) {
    std::size_t runs = 0;
    each_corpus_run([&](const scenarios::RunResult& run) {
        const Picture picture = make_picture(run);
        ++runs;
        std::size_t completed = 0;
        for (const LaneSpan& span : picture.spans) {
            ASSERT_LT(span.first_row, picture.rows.size());
            ASSERT_LT(span.lane, picture.file_system());
            if (!span.last_row) continue;
            ++completed;
            ASSERT_LT(*span.last_row, picture.rows.size());
            ASSERT_LE(span.first_row, *span.last_row);
        }
        const auto count = [&](sim::TraceEventKind kind) {
            return static_cast<std::size_t>(
                std::ranges::count(run.trace, kind, &sim::TraceEvent::kind));
        };
        // What a cache answers begins and ends at once.
        const std::size_t cached = count(sim::TraceEventKind::cached);
        EXPECT_EQ(picture.spans.size(), count(sim::TraceEventKind::issue) + cached)
            << run.scenario;
        EXPECT_EQ(completed, count(sim::TraceEventKind::complete) + cached) << run.scenario;
    });
    EXPECT_GT(runs, 2'000u);
}

}  // namespace
}  // namespace oplocksim::reports
