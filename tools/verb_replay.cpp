// oplocksim replay: runs a recorded scenario again and compares.
#include <string>
#include <vector>

#include "conformance/findings/recording.h"
#include "reports/finding_picture.h"
#include "reports/terminal.h"
#include "reports/text.h"
#include "reports/timeline.h"
#include "scenarios/text.h"
#include "tools/input_files.h"
#include "tools/interrupt.h"
#include "tools/verbs.h"

namespace oplocksim::tools {
namespace {

using conformance::findings::ChangedMember;
using conformance::findings::Failure;
using conformance::findings::Replay;
using conformance::findings::TraceDifference;
using scenarios::escaped;
using scenarios::Recorded;

class ReplaySession {
 public:
    ReplaySession(const ReplayArguments& arguments, Streams& streams)
        : arguments_(arguments), streams_(streams) {}

    int run() {
        const FoundFiles found = find_files(arguments_.paths);
        if (!found.error.empty()) {
            return report_error(streams_, found.error, ExitStatus::bad_input);
        }
        for (const InputFile& file : found.files) {
            if (interrupted_by() != 0) return 128 + interrupted_by();
            const std::string problem = replay_file(file);
            if (problem.empty()) continue;
            return report_error(streams_, escaped(file.path) + ": " + problem,
                                ExitStatus::bad_input);
        }
        return static_cast<int>(differs_ ? ExitStatus::failed : ExitStatus::conforms);
    }

 private:
    std::string replay_file(const InputFile& file);
    void write(const InputFile& file, const Replay& replay, const Recorded* recorded);
    void write_difference(const TraceDifference& difference);
    void write_failure(const Replay& replay, const Recorded* recorded);
    void write_timeline(const Replay& replay);
    void paragraph(std::string_view label, std::string_view text);

    const ReplayArguments& arguments_;
    Streams& streams_;
    bool differs_ = false;
};

// Returns what is wrong with the file.
std::string ReplaySession::replay_file(const InputFile& file) {
    FileText text = read_text(file);
    if (!text.text) return text.error;
    const scenarios::LoadResult loaded = load(file, std::move(*text.text));
    if (loaded.scenario == nullptr) {
        for (const auto& diagnostic : loaded.diagnostics) streams_.err.write(render(diagnostic));
        return "it is not a valid scenario";
    }
    scenarios::RunOptions options;
    options.profile = arguments_.semantics.profile;
    options.switches = arguments_.semantics.switches;
    const Replay replayed = conformance::findings::replay(*loaded.scenario, options);
    if (!replayed.problem.empty()) return replayed.problem;
    const auto& recorded = scenarios::recorded(*loaded.scenario);
    write(file, replayed, recorded ? &*recorded : nullptr);
    return {};
}

void ReplaySession::paragraph(std::string_view label, std::string_view text) {
    streams_.out.write(reports::hanging(label, text, streams_.out.width()));
}

void ReplaySession::write_difference(const TraceDifference& difference) {
    std::string where = "line " + std::to_string(difference.line) + " of the trace";
    if (difference.step != 0) {
        where = "step " + std::to_string(difference.step) + " (" + difference.step_text + "), " +
                where;
    }
    paragraph("      differs at ", where);
    for (const ChangedMember& member : difference.members) {
        paragraph("        " + member.name + ": ",
                  "recorded " + (member.recorded.empty() ? "nothing" : member.recorded) +
                      ", now " + (member.now.empty() ? "nothing" : member.now));
    }
    const auto line = [&](std::string_view label, const std::string& text) {
        paragraph(label, text.empty() ? "the trace has ended" : text);
    };
    line("        recorded: ", difference.recorded);
    line("        now:      ", difference.now);
}

void ReplaySession::write_failure(const Replay& replay, const Recorded* recorded) {
    if (!replay.failure) {
        if (recorded != nullptr && !recorded->rule.empty()) {
            paragraph("      ", recorded->rule + " holds now: the finding is gone");
        }
        return;
    }
    const Failure& failure = *replay.failure;
    const conformance::Violation shown = reports::violations_of(failure, replay.run).front();
    const std::string name =
        failure.rule + (failure.clause.empty() ? "" : " (" + failure.clause + ")");
    const bool still = recorded != nullptr && !recorded->rule.empty();
    paragraph("      ", name + (still ? ": the finding is still there" : " does not hold"));
    paragraph("        observed: ", shown.observed);
    paragraph("        required: ", shown.required);
    if (!shown.waits.empty()) paragraph("        waiting:  ", shown.waits);
}

// With what is wrong marked where it shows.
void ReplaySession::write_timeline(const Replay& replay) {
    std::vector<conformance::Violation> wrong;
    if (replay.failure) wrong = reports::violations_of(*replay.failure, replay.run);
    const reports::TimelineOptions options{
        streams_.out.width(), use_colour(arguments_.colour, streams_.out), use_unicode()};
    const reports::Picture picture = reports::finding_picture(replay.run, wrong);
    streams_.out.write("\n" + reports::timeline_text(picture, options) + "\n");
}

void ReplaySession::write(const InputFile& file, const Replay& replay, const Recorded* recorded) {
    const bool plain = recorded == nullptr;
    const bool as_expected = replay.run.verdict == scenarios::Verdict::pass;
    const bool wrong = plain && (replay.failure || !as_expected);
    std::string word = "identical";
    if (plain) word = wrong ? "wrong" : "nothing wrong";
    if (replay.difference) word = "different";
    streams_.out.write(word + "  " + escaped(file.path) + "\n");
    if (recorded != nullptr) {
        const std::string version = recorded->version.empty() ? "an unknown version"
                                                              : "version " + recorded->version;
        paragraph("      ", "recorded by " + version + ", profile " +
                                std::string(to_string(recorded->profile)) + "; this is version " +
                                OPLOCKSIM_VERSION);
    } else {
        paragraph("      ", "nothing is recorded in it to compare with");
    }
    if (replay.difference) write_difference(*replay.difference);
    write_failure(replay, recorded);
    if (plain && !as_expected && !replay.run.reason.empty()) {
        paragraph("      ", replay.run.reason);
    }
    if (arguments_.verbose || plain || replay.difference) write_timeline(replay);
    differs_ = differs_ || replay.difference || wrong;
    streams_.out.flush();
}

}  // namespace

int replay_verb(const ReplayArguments& arguments, Streams& streams) {
    return ReplaySession(arguments, streams).run();
}

}  // namespace oplocksim::tools
