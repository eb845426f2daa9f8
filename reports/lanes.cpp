#include "reports/lanes.h"

#include <algorithm>
#include <map>
#include <set>

#include "conformance/clauses_of.h"
#include "conformance/rules/observation.h"
#include "engine/assert.h"
#include "reports/lanes_text.h"
#include "scenarios/narration.h"

namespace oplocksim::reports {
namespace {

using conformance::FsctlKind;
using engine::BreakState;
using engine::OplockType;
using sim::RequestKind;
using sim::TraceEvent;
using sim::TraceEventKind;

// Where a trace does not show the oplocks they are derived from what can be seen, up to as many
// objects as this at once: every event is compared with all of them.
constexpr std::size_t kMaxObserved = 4'096;

// How many events ahead it is looked who broke something.
constexpr std::size_t kMaxAhead = 256;

// Whether the first event of a step is what the step says. (A cancellation is not, nor is what a
// request that is issued later brings about.)
bool starts_step(TraceEventKind kind) {
    return kind == TraceEventKind::issue || kind == TraceEventKind::cached ||
           kind == TraceEventKind::advance || kind == TraceEventKind::pause ||
           kind == TraceEventKind::resume || kind == TraceEventKind::thread_exit ||
           kind == TraceEventKind::process_exit;
}

// Whether a check's subject ("held", "B.create b", "A.ack") is the operation with this name
// ("held", "b", "A.ack of step 4").
bool speaks_of(const std::string& subject, const std::string& name) {
    return !name.empty() && (subject == name || subject.ends_with(" " + name) ||
                             name.starts_with(subject + " of step "));
}

// What an acknowledgment keeps if it pends.
OplockType kept_type(const engine::OplockFsctl& fsctl) {
    if (fsctl.code == engine::FsControlCode::FSCTL_REQUEST_OPLOCK) {
        return conformance::type_of_level(fsctl.requested_oplock_level);
    }
    return OplockType::level_2;
}

void add_holder(LaneStream& stream, LaneHolder holder) {
    if (stream.holders.size() == kMaxShownHolders) {
        ++stream.more;
    } else {
        stream.holders.push_back(std::move(holder));
    }
}

// A picture in the making: takes one event after another.
class Painter {
 public:
    Painter(const PictureInput& input, const LaneWindow& window)
        : input_(input), window_(window), observation_(input.semantics, input.names) {
        for (const scenarios::ThreadName& name : input.threads) names_[name.thread] = &name;
        for (const auto& [irp, name] : input.irp_names) irp_names_[irp].push_back(&name);
        picture_.states.emplace_back();
        shows_oplocks_ = std::ranges::any_of(input.events, [](const TraceEvent& event) {
            return event.kind == TraceEventKind::oplock && !event.holders.empty();
        });
    }

    Picture paint() {
        std::size_t i = 0;
        for (; i < input_.events.size(); ++i) {
            if (i == window_.first_event) begin_window();
            const bool full = in_window(i) && picture_.rows.size() >= window_.max_rows;
            if (i >= window_.end_event || full) break;
            begin_steps(i);
            take(i);
        }
        if (i < window_.first_event || input_.events.empty()) begin_window();
        picture_.events_before = std::min(window_.first_event, i);
        picture_.events_after = input_.events.size() - i;
        if (i == input_.events.size()) begin_steps(i);
        add_failures();
        add_violations(input_.violations, false);
        add_violations(input_.advisories, true);
        finish_lanes();
        return std::move(picture_);
    }

 private:
    struct Open {
        std::string name;      // of the operation that opened it
        std::string path;
        std::size_t lane = 0;
    };
    struct Owner {
        std::string name;
        std::string path;
        std::size_t lane = 0;
    };

    [[nodiscard]] bool in_window(std::size_t event) const { return event >= window_.first_event; }
    [[nodiscard]] LaneSpan* span_of(sim::IrpId irp) {
        const auto found = outstanding_.find(irp);
        return found == outstanding_.end() ? nullptr : &picture_.spans[found->second];
    }

    std::size_t lane_of(const TraceEvent& event);
    [[nodiscard]] std::string process_name(sim::ProcessId process) const;
    void finish_lanes();
    void begin_window();
    void begin_steps(std::size_t event);
    LaneRow& add_row(RowKind kind, std::size_t event);
    void set_clauses(LaneRow& row, const engine::Why& why,
                     std::optional<OplockType> to = std::nullopt);

    void take(std::size_t number);
    void take_irp_event(std::size_t number, const TraceEvent& event);
    void issue(std::size_t number, const TraceEvent& event);
    void pend(std::size_t number, const TraceEvent& event);
    void complete(std::size_t number, const TraceEvent& event);
    [[nodiscard]] LaneRow* asking_row(std::size_t span);
    void wait(std::size_t number, const TraceEvent& event);
    void release(std::size_t number, const TraceEvent& event);
    void cancel(std::size_t number, const TraceEvent& event);
    void thread_event(std::size_t number, const TraceEvent& event);
    void open_handle(const LaneSpan& span, const TraceEvent& event);
    [[nodiscard]] bool is_notice(const LaneSpan& span, const TraceEvent& event) const;
    void notice(LaneRow& row, const LaneSpan& span, const TraceEvent& event);
    void stops(sim::IrpId irp);
    [[nodiscard]] std::optional<std::size_t> cause_of(std::size_t number);

    void take_holders(const TraceEvent& event);
    void observe(std::size_t number, const TraceEvent& event);
    void set_state(LaneState state);

    void add_failures();
    void add_step_failures(const scenarios::StepRecord& step);
    void add_violations(std::span<const conformance::Violation> violations, bool advice);

    const PictureInput& input_;
    const LaneWindow window_;
    Picture picture_;
    std::map<sim::ThreadId, const scenarios::ThreadName*> names_;
    std::map<sim::IrpId, std::vector<const std::string*>> irp_names_;
    std::map<sim::IrpId, std::size_t> irp_uses_;
    std::map<sim::ThreadId, std::size_t> lanes_;
    std::map<sim::IrpId, std::size_t> outstanding_;    // spans
    std::map<sim::HandleId, Open> opens_;
    std::map<sim::IrpId, std::string> handle_paths_;   // of outstanding creates
    std::map<sim::StreamId, std::map<sim::FileObjectId, Owner>> owners_;   // of oplocks
    std::map<sim::IrpId, Owner> askers_;               // likewise, where the trace shows none
    std::map<sim::StreamId, LaneStream> streams_;
    conformance::Observation observation_;
    bool shows_oplocks_ = false;
    bool observing_ = true;
    std::set<std::string_view> cited_;                 // clauses, since the last request
    std::optional<std::size_t> trigger_;               // span that set the present events off
    bool trigger_works_ = false;                       // and has neither returned nor waits
    std::vector<sim::IrpId> ready_;                    // released, and has not gone on since
    bool noticed_ = false;                             // somebody was told of a break since
    Owner asker_;                                      // of the last oplock FSCTL
    std::size_t next_step_ = 0;
    const scenarios::StepRecord* step_ = nullptr;
    bool step_told_ = true;                            // its text is in a row
};

std::string Painter::process_name(sim::ProcessId process) const {
    for (const scenarios::ThreadName& name : input_.threads) {
        if (name.process == process) return name.client;
    }
    return "process " + std::to_string(process.value);
}

std::size_t Painter::lane_of(const TraceEvent& event) {
    const auto found = lanes_.find(event.thread);
    if (found != lanes_.end()) return found->second;
    if (picture_.lanes.size() == kMaxLanes) return kMaxLanes - 1;
    const std::size_t lane = picture_.lanes.size();
    picture_.lanes.push_back({"", event.process, event.thread});
    lanes_[event.thread] = lane;
    return lane;
}

// A client's only lane has its name; several have those of their threads too.
void Painter::finish_lanes() {
    for (Lane& lane : picture_.lanes) {
        lane.name = process_name(lane.process);
        const auto same = std::ranges::count(picture_.lanes, lane.process, &Lane::process);
        if (same < 2) continue;
        const auto name = names_.find(lane.thread);
        lane.name += "/" + (name != names_.end() ? name->second->name
                                                 : std::to_string(lane.thread.value));
    }
    picture_.lanes.push_back({"file system", {}, {}});
    for (LaneState& state : picture_.states) {
        for (LaneStream& stream : state) {
            for (LaneHolder& holder : stream.holders) {
                if (holder.owner.empty() && holder.lane) {
                    holder.owner = picture_.lanes[*holder.lane].name;
                }
            }
        }
    }
}

// What happened before is state only: completed spans are forgotten.
void Painter::begin_window() {
    std::vector<LaneSpan> kept;
    for (auto& [irp, index] : outstanding_) {
        kept.push_back(std::move(picture_.spans[index]));
        kept.back().first_row = 0;
        kept.back().before_window = true;
        index = kept.size() - 1;
    }
    picture_.spans = std::move(kept);
    trigger_.reset();
    picture_.rows.clear();
    picture_.states = {std::move(picture_.states.back())};
    cited_.clear();
}

LaneRow& Painter::add_row(RowKind kind, std::size_t event) {
    // Before the window one row is enough to take what belongs to it.
    if (!in_window(event)) picture_.rows.clear();
    LaneRow& row = picture_.rows.emplace_back();
    row.kind = kind;
    row.event = event;
    row.state = picture_.states.size() - 1;
    const bool at_end = event >= input_.events.size();
    if (!input_.events.empty()) row.time = input_.events[at_end ? event - 1 : event].time;
    if (step_ == nullptr) return row;
    row.step = step_->number;
    row.failed_step = step_->failed;
    if (step_told_) return row;
    step_told_ = true;
    row.begins_step = true;
    row.text = bounded(step_->text);
    return row;
}

// Steps whose events begin here. The text of a step goes to the request that it issues; a step that
// issues none gets a row of its own.
void Painter::begin_steps(std::size_t event) {
    while (next_step_ < input_.steps.size() && input_.steps[next_step_].first_event <= event) {
        const scenarios::StepRecord& step = input_.steps[next_step_++];
        if (step.skipped) continue;
        step_ = &step;
        step_told_ = false;
        cited_.clear();
        const bool starts = step.first_event < step.last_event &&
                            starts_step(input_.events[step.first_event].kind);
        if (!starts) add_row(RowKind::step, event);
    }
}

void Painter::set_clauses(LaneRow& row, const engine::Why& why, std::optional<OplockType> to) {
    if (why.rule == engine::Rule::none) return;
    row.why = why;
    for (const std::string_view id : conformance::clauses_of(why, to)) {
        if (cited_.insert(id).second) row.clauses.push_back(id);
    }
}

void Painter::take(std::size_t number) {
    const TraceEvent& event = input_.events[number];
    if (event.irp) {
        take_irp_event(number, event);
    } else if (event.kind == TraceEventKind::oplock) {
        take_holders(event);
    } else if (event.kind == TraceEventKind::advance) {
        cited_.clear();
        LaneRow& row = add_row(RowKind::clock, number);
        if (!row.text.empty()) row.text += ": ";
        row.text += "the clock is at " + scenarios::describe_ticks(event.time);
    } else if (event.process && event.kind != TraceEventKind::caching) {
        thread_event(number, event);
    }
    if (!shows_oplocks_) observe(number, event);
}

void Painter::take_irp_event(std::size_t number, const TraceEvent& event) {
    switch (event.kind) {
        case TraceEventKind::issue: return issue(number, event);
        case TraceEventKind::pend: return pend(number, event);
        case TraceEventKind::complete: return complete(number, event);
        case TraceEventKind::cancel: return cancel(number, event);
        case TraceEventKind::wait: return wait(number, event);
        case TraceEventKind::release: return release(number, event);
        case TraceEventKind::cached:
            issue(number, event);
            return complete(number, event);
        case TraceEventKind::advance:
        case TraceEventKind::pause:
        case TraceEventKind::resume:
        case TraceEventKind::thread_exit:
        case TraceEventKind::process_exit:
        case TraceEventKind::volume:
        case TraceEventKind::caching:
        case TraceEventKind::oplock: return;
    }
}

void Painter::issue(std::size_t number, const TraceEvent& event) {
    LaneSpan span;
    span.lane = lane_of(event);
    span.kind = event.request_kind;
    span.irp = event.irp;
    span.issued = event.time;
    const auto names = irp_names_.find(event.irp);
    const std::size_t use = irp_uses_[event.irp]++;
    if (names != irp_names_.end() && use < names->second.size()) span.name = *names->second[use];
    const auto open = opens_.find(event.request.handle);
    const std::string handle = open == opens_.end() ? "" : open->second.name;
    span.what = describe_request(event.request, handle, *input_.names);
    if (event.request_kind == RequestKind::create && event.request.path) {
        handle_paths_[event.irp] = bounded(input_.names->path(event.request.path).text);
    } else if (open != opens_.end()) {
        handle_paths_[event.irp] = open->second.path;
    }
    if (event.request_kind == RequestKind::oplock_fsctl) {
        const FsctlKind kind = conformance::fsctl_kind(event.request.fsctl);
        span.acknowledgment = kind == FsctlKind::acknowledgment;
        const engine::OplockFsctl& fsctl = event.request.fsctl;
        if (kind == FsctlKind::request) span.oplock = conformance::requested_type(fsctl);
        if (span.acknowledgment) span.oplock = kept_type(fsctl);
        asker_ = {handle, handle_paths_[event.irp], span.lane};
    }
    cited_.clear();
    LaneRow& row = add_row(RowKind::request, number);
    span.first_row = picture_.rows.size() - 1;
    row.lane = span.lane;
    row.span = picture_.spans.size();
    if (row.text.empty()) row.text = span.what;
    trigger_ = row.span;
    trigger_works_ = true;
    noticed_ = false;
    outstanding_[event.irp] = picture_.spans.size();
    picture_.spans.push_back(std::move(span));
}

// The row that can say how the span goes on: its last one, if nothing but released waiters came
// after it.
LaneRow* Painter::asking_row(std::size_t span) {
    for (auto row = picture_.rows.rbegin(); row != picture_.rows.rend(); ++row) {
        const bool asks = row->kind == RowKind::request || row->kind == RowKind::wait;
        if (asks && row->span == span) return &*row;
        if (row->kind != RowKind::release || row->span == span) return nullptr;
    }
    return nullptr;
}

void Painter::pend(std::size_t number, const TraceEvent& event) {
    LaneSpan* const span = span_of(event.irp);
    if (span == nullptr) return;
    span->waiting = event.blocked ? Waiting::blocks : Waiting::pends;
    stops(event.irp);
    LaneRow* row = asking_row(outstanding_[event.irp]);
    if (row == nullptr) {
        row = &add_row(RowKind::pend, number);
        row->span = outstanding_[event.irp];
        row->lane = span->lane;
    }
    row->waiting = span->waiting;
    set_clauses(*row, event.why);
}

bool Painter::is_notice(const LaneSpan& span, const TraceEvent& event) const {
    if (span.kind != RequestKind::oplock_fsctl || span.waiting == Waiting::at_once) return false;
    if (span.oplock == OplockType::none || event.status != sim::NtStatus::STATUS_SUCCESS) {
        return false;
    }
    return event.why.rule != engine::Rule::owner_closed;
}

// The IRP has returned or waits: what is done from now on is not its doing.
void Painter::stops(sim::IrpId irp) {
    if (trigger_ && trigger_ == outstanding_[irp]) trigger_works_ = false;
    std::erase(ready_, irp);
}

// Who broke what this event tells of: the request that was issued last, until it returns or
// waits; then, of those that were released, the one that is next seen to return or wait.
std::optional<std::size_t> Painter::cause_of(std::size_t number) {
    if (trigger_works_ || ready_.empty()) return trigger_;
    const std::size_t end = std::min(input_.events.size(), number + kMaxAhead);
    for (std::size_t i = number + 1; i < end; ++i) {
        const TraceEvent& event = input_.events[i];
        if (event.kind == TraceEventKind::issue) break;
        const bool stops = event.kind == TraceEventKind::complete ||
                           event.kind == TraceEventKind::wait || event.kind == TraceEventKind::pend;
        if (stops && std::ranges::count(ready_, event.irp) != 0) return outstanding_[event.irp];
    }
    return outstanding_[ready_.front()];
}

void Painter::notice(LaneRow& row, const LaneSpan& span, const TraceEvent& event) {
    row.kind = RowKind::notice;
    noticed_ = true;
    row.cause = cause_of(row.event);
    row.from = span.oplock;
    if (event.has_output) {
        row.to = conformance::type_of_level(event.output.new_oplock_level);
        row.ack_required =
            (event.output.flags & engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0;
    } else {
        const bool level_2 = event.information == engine::FILE_OPLOCK_BROKEN_TO_LEVEL_2;
        row.to = level_2 ? OplockType::level_2 : OplockType::none;
        // A legacy notice does not say. A writable section takes the oplock outright.
        row.ack_required = row.from != OplockType::level_2 &&
                           event.why.operation != engine::Operation::create_writable_section;
    }
    set_clauses(row, event.why, row.to);
}

void Painter::open_handle(const LaneSpan& span, const TraceEvent& event) {
    if (!event.handle || !engine::nt_success(event.status)) return;
    const bool kept_back = event.kind == TraceEventKind::cached;   // a client still has it
    if (span.kind == RequestKind::close_handle && !kept_back) opens_.erase(event.handle);
    const bool opens =
        span.kind == RequestKind::create || span.kind == RequestKind::duplicate_handle;
    if (opens) opens_[event.handle] = {span.name, handle_paths_[event.irp], span.lane};
}

void Painter::complete(std::size_t number, const TraceEvent& event) {
    const auto found = outstanding_.find(event.irp);
    if (found == outstanding_.end()) return;
    const std::size_t index = found->second;
    LaneSpan& span = picture_.spans[index];
    span.completed = event.time;
    span.status = event.status;
    span.result = bounded(describe_completion(event));
    span.cancelled = event.status == sim::NtStatus::STATUS_CANCELLED;
    open_handle(span, event);
    LaneRow* row = picture_.rows.empty() ? nullptr : &picture_.rows.back();
    if (row != nullptr && row->kind == RowKind::request && row->span == index &&
        span.waiting == Waiting::at_once) {
        row->answered = true;
    } else {
        row = &add_row(RowKind::completion, number);
        row->span = index;
        row->lane = span.lane;
    }
    row->result = span.result;
    span.last_row = picture_.rows.size() - 1;
    if (is_notice(span, event)) {
        notice(*row, span, event);
    } else {
        set_clauses(*row, event.why);
    }
    stops(event.irp);
    handle_paths_.erase(event.irp);
    outstanding_.erase(event.irp);
}

void Painter::wait(std::size_t number, const TraceEvent& event) {
    LaneSpan* const span = span_of(event.irp);
    if (span == nullptr) return;
    span->waited_for_break = true;
    stops(event.irp);
    LaneRow* row = picture_.rows.empty() ? nullptr : &picture_.rows.back();
    if (row == nullptr || row->kind != RowKind::request || row->span != outstanding_[event.irp]) {
        row = &add_row(RowKind::wait, number);
        row->span = outstanding_[event.irp];
        row->lane = span->lane;
    }
    row->waiting = span->waiting;
    set_clauses(*row, event.why);
    // What it broke stands at the notices.
    if (event.why.rule == engine::Rule::broken && noticed_) row->clauses.clear();
}

void Painter::release(std::size_t number, const TraceEvent& event) {
    if (span_of(event.irp) == nullptr) return;
    LaneRow& row = add_row(RowKind::release, number);
    row.span = outstanding_[event.irp];
    row.lane = picture_.spans[*row.span].lane;
    row.cause = trigger_ == row.span ? std::nullopt : trigger_;
    set_clauses(row, event.why);
    if (std::ranges::count(ready_, event.irp) == 0) ready_.push_back(event.irp);
    noticed_ = false;
}

void Painter::cancel(std::size_t number, const TraceEvent& event) {
    if (span_of(event.irp) == nullptr) return;
    LaneRow& row = add_row(RowKind::cancel, number);
    row.span = outstanding_[event.irp];
    row.lane = picture_.spans[*row.span].lane;
    trigger_.reset();
}

void Painter::thread_event(std::size_t number, const TraceEvent& event) {
    RowKind kind = RowKind::process_exit;
    if (event.kind == TraceEventKind::pause) kind = RowKind::pause;
    if (event.kind == TraceEventKind::resume) kind = RowKind::resume;
    if (event.kind == TraceEventKind::thread_exit) kind = RowKind::thread_exit;
    LaneRow& row = add_row(kind, number);
    if (event.thread) row.lane = lane_of(event);
    row.process = event.process;
    if (row.text.empty() && kind == RowKind::process_exit) {
        row.text = process_name(event.process) + " ends";
    }
    trigger_.reset();
}

// Oplocks name a FILE_OBJECT, which no caller sees: it is that of the request that made it.
void Painter::take_holders(const TraceEvent& event) {
    const std::map<sim::FileObjectId, Owner> before = std::move(owners_[event.stream]);
    std::map<sim::FileObjectId, Owner>& owners = owners_[event.stream];
    owners.clear();
    LaneStream stream;
    for (const sim::TraceHolder& holder : event.holders) {
        const auto known = before.find(holder.file_object);
        const Owner& owner = known == before.end() ? asker_ : known->second;
        owners[holder.file_object] = owner;
        stream.name = owner.path;
        const bool breaking = holder.breaking != BreakState::not_breaking;
        add_holder(stream, {owner.name, owner.lane, holder.type, breaking,
                            target_of(holder.breaking), holder.close_pending});
    }
    if (stream.holders.empty()) {
        owners_.erase(event.stream);
        streams_.erase(event.stream);
    } else {
        streams_[event.stream] = std::move(stream);
    }
    LaneState state;
    for (const auto& [id, one] : streams_) state.push_back(one);
    set_state(std::move(state));
}

// The oplocks as somebody sees them who sees only what callers see.
void Painter::observe(std::size_t number, const TraceEvent& event) {
    if (!observing_ || !sim::observable(event.kind)) return;
    observation_.apply(event, {number});
    observing_ = observation_.size() <= kMaxObserved;
    if (event.kind == TraceEventKind::pend && event.request_kind == RequestKind::oplock_fsctl) {
        askers_[event.irp] = asker_;
    }
    std::map<conformance::StreamNumber, LaneStream> streams;
    for (const conformance::KnownOplock& oplock : observation_.oplocks()) {
        LaneStream& stream = streams[oplock.stream];
        const Owner& owner = askers_[oplock.irp];
        stream.name = owner.path;
        add_holder(stream, {owner.name, owner.lane, oplock.type, oplock.breaking, oplock.told,
                            oplock.close_pending});
    }
    LaneState state;
    for (auto& [id, stream] : streams) {
        if (observing_) state.push_back(std::move(stream));
    }
    set_state(std::move(state));
}

void Painter::set_state(LaneState state) {
    if (state == picture_.states.back()) return;
    if (picture_.rows.empty()) {
        picture_.states.back() = std::move(state);
        return;
    }
    LaneRow& row = picture_.rows.back();
    if (row.state_changed || !in_window(row.event)) {
        picture_.states.back() = std::move(state);
        return;
    }
    picture_.states.push_back(std::move(state));
    row.state = picture_.states.size() - 1;
    row.state_changed = true;
}

// A failed expectation stands at the row of the operation that it speaks of, if that did something
// in the step; else where the step ends.
void Painter::add_step_failures(const scenarios::StepRecord& step) {
    std::optional<std::size_t> last;
    for (std::size_t i = 0; i < picture_.rows.size(); ++i) {
        if (picture_.rows[i].step == step.number) last = i;
    }
    if (!last) return;
    for (const scenarios::Check& check : step.checks) {
        if (check.passed) continue;
        std::size_t at = *last;
        for (std::size_t i = 0; i <= *last; ++i) {
            const LaneRow& row = picture_.rows[i];
            if (row.step != step.number || !row.span) continue;
            if (speaks_of(check.subject, picture_.spans[*row.span].name)) at = i;
        }
        picture_.rows[at].remarks.push_back({false, bounded(check.subject),
                                             bounded(check.expected), bounded(check.observed),
                                             step.clauses});
    }
}

void Painter::add_failures() {
    for (const scenarios::StepRecord& step : input_.steps) {
        if (step.failed) add_step_failures(step);
    }
}

void Painter::add_violations(std::span<const conformance::Violation> violations, bool advice) {
    for (const conformance::Violation& one : violations) {
        const auto after = std::ranges::upper_bound(picture_.rows, one.event, {}, &LaneRow::event);
        if (after == picture_.rows.begin() || one.event < window_.first_event) continue;
        if (after == picture_.rows.end() && picture_.events_after > 0 &&
            one.event >= input_.events.size() - picture_.events_after) {
            continue;
        }
        std::prev(after)->remarks.push_back({advice, std::string(one.rule), bounded(one.required),
                                             bounded(one.observed), {}});
        if (!one.clause.empty()) std::prev(after)->remarks.back().clauses.emplace_back(one.clause);
    }
}

}  // namespace

Picture make_picture(const PictureInput& input, const LaneWindow& window) {
    OPLOCKSIM_ASSERT(input.names != nullptr, "a trace without its names");
    return Painter(input, window).paint();
}

PictureInput picture_input(const scenarios::RunResult& result) {
    PictureInput input;
    input.events = result.trace;
    input.names = result.names != nullptr ? result.names : std::make_shared<const sim::Names>();
    input.threads = result.threads;
    input.irp_names = result.irp_names;
    input.steps = result.steps;
    return input;
}

Picture make_picture(const scenarios::RunResult& result, const LaneWindow& window) {
    return make_picture(picture_input(result), window);
}

OplockType target_of(BreakState state) {
    switch (state) {
        case BreakState::not_breaking:
        case BreakState::to_none:
        case BreakState::to_level_2_to_none: return OplockType::none;
        case BreakState::to_level_2: return OplockType::level_2;
        case BreakState::to_read: return OplockType::read;
        case BreakState::to_read_handle: return OplockType::read_handle;
        case BreakState::to_read_write: return OplockType::read_write;
    }
    return OplockType::none;
}

std::string_view short_name(OplockType type) {
    switch (type) {
        case OplockType::none: return "None";
        case OplockType::level_1: return "Level 1";
        case OplockType::level_2: return "Level 2";
        case OplockType::batch: return "Batch";
        case OplockType::filter: return "Filter";
        case OplockType::read: return "R";
        case OplockType::read_handle: return "RH";
        case OplockType::read_write: return "RW";
        case OplockType::read_write_handle: return "RWH";
    }
    return "";
}

std::string describe(const LaneHolder& holder) {
    std::string text(short_name(holder.type));
    if (holder.breaking) text += " -> " + std::string(short_name(holder.to));
    if (holder.close_pending) return text + " (will close)";
    return holder.breaking ? text + " (owes the acknowledgment)" : text;
}

std::string_view to_string(RowKind kind) {
    switch (kind) {
        case RowKind::step: return "step";
        case RowKind::request: return "request";
        case RowKind::pend: return "pend";
        case RowKind::wait: return "wait";
        case RowKind::notice: return "notice";
        case RowKind::release: return "release";
        case RowKind::completion: return "completion";
        case RowKind::cancel: return "cancel";
        case RowKind::clock: return "clock";
        case RowKind::pause: return "pause";
        case RowKind::resume: return "resume";
        case RowKind::thread_exit: return "thread_exit";
        case RowKind::process_exit: return "process_exit";
    }
    return "";
}

}  // namespace oplocksim::reports
