#include "conformance/findings/story.h"

#include <algorithm>

#include "engine/assert.h"

namespace oplocksim::conformance::findings {
namespace {

using Kind = sim::Choice::Kind;

void end_step(StepStory& story, const sim::CaseStart& start, const sim::RunState& before,
              const sim::RunState& after) {
    story.own = after.operations[story.step];
    const sim::ThreadIndex thread = start.of().steps[story.step].thread;
    if (thread != sim::kNobody) {
        const sim::Thread& now = after.world.threads[start.thread(thread)];
        story.blocks = now.state == sim::ThreadState::blocked;
    }
    for (std::size_t i = 0; i < after.operations.size(); ++i) {
        if (before.operations[i].phase != sim::OperationPhase::pending) continue;
        if (after.operations[i].phase != sim::OperationPhase::completed) continue;
        story.completed.push_back(static_cast<sim::StepIndex>(i));
        story.how.push_back(after.operations[i]);
    }
}

}  // namespace

std::vector<StepStory> story_of(const CaseAndSchedule& run) {
    OPLOCKSIM_ASSERT(run.of.setup_end == 0, "a story tells no setup");
    std::vector<StepStory> told;
    const sim::CaseStart start(run.of);
    sim::RunState state = start.state();
    sim::RunState before = state;
    sim::CaseRun at_work(start, state);
    for (std::size_t i = 0; i < run.schedule.size(); ++i) {
        const sim::Choice choice = run.schedule[i];
        if (choice.kind == Kind::step) {
            if (!told.empty()) end_step(told.back(), start, before, state);
            before = state;
            StepStory story;
            story.step = state.next[choice.index];
            story.first_choice = i;
            told.push_back(std::move(story));
        }
        at_work.apply(choice);
    }
    if (!told.empty()) end_step(told.back(), start, before, state);
    return told;
}

}  // namespace oplocksim::conformance::findings
