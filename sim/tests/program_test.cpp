// Programs of clients: which choices there are, and that a run depends on nothing else.
#include "sim/program.h"

#include <gtest/gtest.h>

#include "sim/trace_json.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

// Two clients: A opens \f and holds a Read-Write-Handle oplock, which it acknowledges down to
// Read-Handle when told; B opens the same file.
class ProgramTest : public ::testing::Test {
 protected:
    ProgramTest() {
        const auto names = std::make_shared<Names>();
        file_ = *names->intern_path("\\f");
        case_.clients = {{"A", names->intern("A")}, {"B", names->intern("B")}};
        case_.threads = {{0, "main", names->intern("main")}, {1, "main", names->intern("main")}};
        case_.names = names;
        case_.volume = {{.path = file_, .size = 10, .short_name = {}}};
    }

    Step create(ThreadIndex thread, std::string name) const {
        Step step{.thread = thread, .name = std::move(name)};
        step.request.path = file_;
        step.request.access = FILE_READ_DATA;
        step.request.share = 7;
        return step;
    }
    static Step fsctl(ThreadIndex thread, StepIndex on, std::uint32_t level, std::uint32_t flags,
                      std::string name) {
        Step step{.thread = thread, .on = on, .name = std::move(name)};
        step.request.kind = RequestKind::oplock_fsctl;
        step.request.fsctl = {FsControlCode::FSCTL_REQUEST_OPLOCK, level, flags};
        return step;
    }
    // A: create, request RWH, acknowledge RH. B: create, close.
    void two_clients() {
        case_.steps = {create(0, "a"), fsctl(0, 0, 7, 1, "held"), fsctl(0, 0, 3, 2, ""),
                       create(1, "b")};
        Step close{.thread = 1, .on = 3};
        close.request.kind = RequestKind::close_handle;
        case_.steps.push_back(close);
        case_.programs = {{0, 0, 3}, {1, 3, 5}};
    }
    std::vector<Choice> choices(CaseRun& run) {
        std::vector<Choice> list;
        run.choices(list);
        return list;
    }
    static Choice step_of(ProgramIndex program) { return {Choice::Kind::step, program}; }

    Case case_;
    PathId file_;
};

TEST_F(ProgramTest, NamesAreThoseOfTheCase) {
    two_clients();
    EXPECT_EQ(thread_name(case_, 1), "B");
    EXPECT_EQ(thread_name(case_, kNobody), "world");
    EXPECT_EQ(step_name(case_, 1), "held");
    EXPECT_EQ(step_name(case_, 4), "B.2");
}

TEST_F(ProgramTest, ABlockedThreadHasNoChoiceAndAReleasedOperationIsOne) {
    two_clients();
    const CaseStart start(case_);
    RunState state = start.state();
    CaseRun run(start, state);
    run.apply(step_of(0));   // A opens
    run.apply(step_of(0));   // and holds
    run.apply(step_of(1));   // B's create waits for A
    EXPECT_EQ(state.operations[3].phase, OperationPhase::pending);
    EXPECT_EQ(choices(run), std::vector{step_of(0)});
    run.apply(step_of(0));   // A acknowledges
    EXPECT_EQ(choices(run), (std::vector<Choice>{{Choice::Kind::go_on, 3}}));
    run.apply({Choice::Kind::go_on, 3});
    EXPECT_EQ(state.operations[3].status, NtStatus::STATUS_SUCCESS);
    run.apply(step_of(1));
    EXPECT_TRUE(choices(run).empty());
    EXPECT_TRUE(run.programs_done());
    std::vector<StepIndex> unfinished;
    run.unfinished(unfinished);
    EXPECT_TRUE(unfinished.empty()) << "a granted oplock need not end";
}

TEST_F(ProgramTest, WhatNeverEndsIsUnfinished) {
    two_clients();
    case_.steps.erase(case_.steps.begin() + 2);   // A never acknowledges
    case_.steps[3].on = 2;
    case_.programs = {{0, 0, 2}, {1, 2, 4}};
    const CaseStart start(case_);
    RunState state = start.state();
    CaseRun run(start, state);
    for (const ProgramIndex program : {0, 0, 1}) run.apply(step_of(program));
    EXPECT_TRUE(choices(run).empty());
    EXPECT_FALSE(run.programs_done());
    std::vector<StepIndex> unfinished;
    run.unfinished(unfinished);
    EXPECT_EQ(unfinished, std::vector<StepIndex>{2});
    run.terminate_all();
    run.unfinished(unfinished);
    EXPECT_TRUE(unfinished.empty());
    EXPECT_TRUE(state.world.file_objects.empty());
}

TEST_F(ProgramTest, AStepWithoutItsHandleIsPassedOver) {
    two_clients();
    case_.steps[3].request.disposition = CreateDisposition::FILE_CREATE;   // B's create fails
    const CaseStart start(case_);
    RunState state = start.state();
    CaseRun run(start, state);
    run.apply(step_of(1));
    EXPECT_EQ(state.operations[3].status, NtStatus::STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(state.operations[4].phase, OperationPhase::passed_over);
    EXPECT_EQ(choices(run), std::vector{step_of(0)});
}

TEST_F(ProgramTest, WaitForAndCancelHaveTheirTime) {
    two_clients();
    // A waits for the break before it acknowledges; the world cancels B's create.
    Step wait{.kind = StepKind::wait_for, .thread = 0, .subject = 1};
    Step cancel{.kind = StepKind::cancel, .subject = 4};
    case_.steps.insert(case_.steps.begin() + 2, wait);
    case_.steps[5].on = 4;
    case_.steps.push_back(cancel);
    case_.programs = {{0, 0, 4}, {1, 4, 6}, {kNobody, 6, 7}};
    const CaseStart start(case_);
    RunState state = start.state();
    CaseRun run(start, state);
    run.apply(step_of(0));
    run.apply(step_of(0));
    EXPECT_EQ(choices(run), std::vector{step_of(1)}) << "A waits; there is nothing to cancel yet";
    run.apply(step_of(1));
    EXPECT_EQ(choices(run), (std::vector{step_of(0), step_of(2)}));
    run.apply(step_of(2));
    EXPECT_EQ(state.operations[4].status, NtStatus::STATUS_CANCELLED);
    EXPECT_EQ(choices(run), std::vector{step_of(0)}) << "the break goes on (P19)";
    run.apply(step_of(0));
    EXPECT_EQ(state.operations[3].phase, OperationPhase::pending) << "A holds Read-Handle";
}

TEST_F(ProgramTest, AWaiterCanDieWhileItIsBlocked) {
    two_clients();
    case_.steps[4] = {.kind = StepKind::exit_thread, .thread = 1};
    const CaseStart start(case_);
    RunState state = start.state();
    CaseRun run(start, state);
    for (const ProgramIndex program : {0, 0, 1}) run.apply(step_of(program));
    EXPECT_EQ(choices(run), (std::vector{step_of(0), step_of(1)}));
    run.apply(step_of(1));
    EXPECT_EQ(state.operations[3].status, NtStatus::STATUS_CANCELLED);
}

TEST_F(ProgramTest, TheSetupIsCarriedOutFirst) {
    two_clients();
    case_.setup_end = 2;
    case_.programs = {{0, 2, 3}, {1, 3, 5}};
    TraceRecorder setup;
    const CaseStart start(case_, &setup);
    EXPECT_EQ(start.state().operations[0].phase, OperationPhase::completed);
    EXPECT_EQ(start.state().operations[1].phase, OperationPhase::pending);
    EXPECT_FALSE(setup.events().empty());
}

// All runs of a case, by copying the state at every choice.
void all_runs(const CaseStart& start, const RunState& state, int& ends) {
    RunState copy = state;
    std::vector<Choice> list;
    CaseRun(start, copy).choices(list);
    if (list.empty()) ++ends;
    for (const Choice choice : list) {
        RunState next = state;
        CaseRun(start, next).apply(choice);
        all_runs(start, next, ends);
    }
}

TEST_F(ProgramTest, EveryInterleavingIsReached) {
    two_clients();
    case_.steps[1].request.fsctl.requested_oplock_level = 1;   // R: B's create never waits
    case_.steps[3].request.access = FILE_READ_DATA;
    const CaseStart start(case_);
    int ends = 0;
    all_runs(start, start.state(), ends);
    EXPECT_EQ(ends, 10) << "5! / (3! 2!)";
}

TEST_F(ProgramTest, TheSameScheduleGivesTheSameTrace) {
    two_clients();
    class Last final : public ChoiceScheduler {
        std::size_t choose(const Case&, const RunState&, std::span<const Choice> list) override {
            return list.size() - 1;
        }
    };
    std::string traces[2];
    Schedule schedules[2];
    for (int i = 0; i < 2; ++i) {
        TraceRecorder recorder;
        const CaseStart start(case_, &recorder);
        RunState state = start.state();
        Last last;
        EXPECT_EQ(CaseRun(start, state, &recorder).run(last, 100, &schedules[i]), 5u);
        traces[i] = to_json_lines(*case_.names, recorder.events());
    }
    EXPECT_EQ(schedules[0], schedules[1]);
    EXPECT_EQ(traces[0], traces[1]);
}

}  // namespace
}  // namespace oplocksim::sim
