#include "conformance/findings/shortest.h"

#include <algorithm>
#include <memory>
#include <unordered_set>
#include <utility>

#include "conformance/rules/rules.h"
#include "engine/invariant_watch.h"
#include "sim/fingerprint.h"

namespace oplocksim::conformance::findings {
namespace {

using sim::Choice;
using sim::ClientIndex;
using sim::StepIndex;
using sim::ThreadIndex;
using Kind = sim::Choice::Kind;

// Of what was released by one step. Faulty packages may release the same again and again.
constexpr int kMaxGoingsOn = 200;
constexpr std::uint32_t kNoNode = ~std::uint32_t{0};

// One thing that happens.
struct Action {
    Kind kind = Kind::step;
    std::uint16_t shape = 0;                  // step
    ThreadIndex thread = sim::kNobody;
    StepIndex on = sim::kNoStep;              // go_on, cache: the step it is about
    StepIndex subject = sim::kNoStep;
    ClientIndex client = sim::kNobody;
};

// A way: that to `parent`, and one action more.
struct Node {
    std::uint32_t parent = kNoNode;
    Action action;
};

// What became of a step.
struct Operation {
    bool pending = false;
    ClientIndex client = sim::kNobody;   // who took it
    std::uint16_t shape = 0;
    bool used = false;                   // another step was on what it made
    sim::IrpId irp;
    sim::HandleId handle;
    sim::SectionId section;
};

struct Situation {
    sim::World world;
    RuleSet rules{engine::Semantics{}, std::make_shared<const sim::Names>()};
    std::vector<Operation> operations;   // in the order of their steps
    std::uint32_t begun = 0;             // clients that have done something
};

struct HashOfFingerprint {
    std::size_t operator()(const sim::Fingerprint& one) const { return one.low; }
};

// The clients of a run that a search lets act, by name.
std::vector<ClientIndex> clients_of(const Plan& plan) {
    std::vector<ClientIndex> chosen;
    const auto choose = [&](ClientIndex client) {
        if (chosen.size() == kMaxSearchedClients || client >= plan.of.clients.size()) return;
        if (std::ranges::find(chosen, client) == chosen.end()) chosen.push_back(client);
    };
    for (const Choice turn : plan.turns) {
        const sim::Step& step = plan.of.steps[turn.index];
        if (step.thread != sim::kNobody) choose(plan.of.threads[step.thread].client);
        choose(step.client);
    }
    for (ClientIndex client = 0; client < plan.of.clients.size(); ++client) choose(client);
    std::ranges::sort(chosen, {}, [&](ClientIndex client) { return plan.of.clients[client].name; });
    return chosen;
}

Shape last_of(const Plan& plan) {
    for (std::size_t i = plan.turns.size(); i-- > 0;) {
        if (plan.turns[i].kind == Kind::step) return shape_of(plan.of.steps[plan.turns[i].index]);
    }
    return {};
}

sim::Case without_steps(const Plan& plan) {
    sim::Case of = plan.of;
    of.steps.clear();
    of.setup_end = 0;
    of.programs.clear();
    return of;
}

class Search {
 public:
    Search(const Plan& start, const Vocabulary& vocabulary, const Failure& like,
           const OracleOptions& judges, const ShortestOptions& options,
           const std::function<bool(const Plan&)>& accept)
        : of_(without_steps(start)),
          shapes_(vocabulary.shapes()),
          like_(like),
          judges_(judges),
          options_(options),
          accept_(accept),
          clients_(clients_of(start)),
          last_(last_of(start)) {
        at_work_.rules = RuleSet(of_.semantics, of_.names);
        if (judges.filter) filter_ = judges.filter(at_work_.rules);
        sim::TraceSink* sink = filter_ ? filter_.get() : &at_work_.rules;
        begin_ = std::make_unique<sim::CaseStart>(of_, sink);
        at_work_.world = begin_->state().world;
        initial_ = at_work_;
        kernel_ = std::make_unique<sim::Kernel>(at_work_.world, fifo_, sink, of_.data);
    }

    ShortestSearch run();

 private:
    void take(const Node& node);
    void expand(std::uint32_t index, std::size_t length, bool last_kind);
    void try_action(std::uint32_t parent, const Action& action, std::size_t length);
    void apply(const Action& action);
    void apply_step(const Action& action);
    void collect();
    void list_actions();
    void list_of_client(std::uint16_t shape, ClientIndex client);
    void list_goings_on();
    void add_action(Action action);
    [[nodiscard]] bool is_of_last_kind(const Action& action) const;
    [[nodiscard]] bool may_act(ClientIndex client) const;
    [[nodiscard]] bool can_act(ClientIndex client) const;
    [[nodiscard]] bool has_elder(std::size_t number) const;
    [[nodiscard]] bool is_spared(ThreadIndex thread) const {
        return std::ranges::find(options_.spared, thread) != options_.spared.end() ||
               of_.clients[of_.threads[thread].client].cache_thread == thread;
    }
    [[nodiscard]] bool shows(std::size_t violations_before) const;
    [[nodiscard]] sim::Fingerprint fingerprint();
    [[nodiscard]] Plan plan_to(std::uint32_t parent, const Action& action) const;
    [[nodiscard]] bool is_over() const {
        return result_.length != 0 || result_.steps >= options_.max_steps || interrupted_;
    }

    const sim::Case of_;
    const std::vector<Shape>& shapes_;
    const Failure& like_;
    const OracleOptions& judges_;
    const ShortestOptions& options_;
    const std::function<bool(const Plan&)>& accept_;
    const std::vector<ClientIndex> clients_;
    const Shape last_;   // what the longest runs end with, but for its arguments

    sim::FifoScheduler fifo_;
    Situation at_work_;
    Situation parent_;
    Situation initial_;
    std::unique_ptr<sim::TraceSink> filter_;
    std::unique_ptr<sim::CaseStart> begin_;
    std::unique_ptr<sim::Kernel> kernel_;
    sim::CanonicalIds ids_;

    std::vector<Node> nodes_;
    std::vector<std::uint32_t> level_;    // nodes of the present length
    std::vector<std::uint32_t> next_;     // of the next one
    std::vector<Action> actions_;         // of parent_
    std::unordered_set<sim::Fingerprint, HashOfFingerprint> seen_;
    ShortestSearch result_;
    bool interrupted_ = false;
};

bool Search::may_act(ClientIndex client) const {
    if ((parent_.begun >> client & 1) != 0) return true;
    const bool caches = of_.clients[client].cache_thread != sim::kNobody;
    for (const ClientIndex other : clients_) {
        if (other == client) return true;
        const bool alike = (of_.clients[other].cache_thread != sim::kNobody) == caches;
        if (alike && (parent_.begun >> other & 1) == 0) return false;
        if (alike && options_.few_clients && can_act(other)) return false;
    }
    return false;
}

// Whether a thread of the client is running.
bool Search::can_act(ClientIndex client) const {
    for (ThreadIndex thread = 0; thread < of_.threads.size(); ++thread) {
        const bool theirs = of_.threads[thread].client == client && !is_spared(thread);
        const sim::ThreadState state = parent_.world.threads[begin_->thread(thread)].state;
        if (theirs && state == sim::ThreadState::running) return true;
    }
    return false;
}

// Whether a handle differs from an older one only in that.
bool Search::has_elder(std::size_t number) const {
    const Operation& one = parent_.operations[number];
    const bool opened = shapes_[one.shape].kind == sim::StepKind::request &&
                        shapes_[one.shape].request.kind == sim::RequestKind::create;
    if (one.used || !opened) return false;
    for (std::size_t i = 0; i < number; ++i) {
        const Operation& other = parent_.operations[i];
        const bool open = parent_.world.handles.contains(other.handle);
        if (other.shape == one.shape && other.client == one.client && !other.used && open) {
            return true;
        }
    }
    return false;
}

void Search::add_action(Action action) { actions_.push_back(action); }

// What `client` may do of that shape.
void Search::list_of_client(std::uint16_t number, ClientIndex client) {
    const Shape& shape = shapes_[number];
    const sim::World& world = parent_.world;
    Action action;
    action.shape = number;
    for (ThreadIndex thread = 0; thread < of_.threads.size(); ++thread) {
        if (of_.threads[thread].client != client || is_spared(thread)) continue;
        const sim::ThreadState state = world.threads[begin_->thread(thread)].state;
        if (shape.kind == sim::StepKind::exit_thread && state != sim::ThreadState::exited) {
            action.thread = thread;
            add_action(action);
        }
        if (state != sim::ThreadState::running || action.thread != sim::kNobody) continue;
        action.thread = thread;
    }
    if (action.thread == sim::kNobody || shape.kind == sim::StepKind::exit_thread) return;
    if (shape.on == sim::kNoStep) return add_action(action);
    const bool section = shape.kind == sim::StepKind::request &&
                         shape.request.kind == sim::RequestKind::close_section;
    const auto& operations = parent_.operations;
    for (std::size_t i = 0; i < operations.size(); ++i) {
        action.on = static_cast<StepIndex>(i);
        const bool made = operations[i].client == client;
        if (section && made && world.sections.contains(operations[i].section)) add_action(action);
        const sim::Handle* handle = world.handles.find(operations[i].handle);
        if (section || handle == nullptr || handle->process != begin_->process(client)) continue;
        if (has_elder(i)) continue;
        action.client = sim::kNobody;
        if (shape.client == sim::kNobody) add_action(action);
        for (const ClientIndex target : clients_) {
            if (shape.client == sim::kNobody || !may_act(target)) continue;
            action.client = target;
            add_action(action);
        }
    }
}

void Search::list_goings_on() {
    const auto& operations = parent_.operations;
    const auto about = [&](Kind kind, auto same) {
        const auto found = std::ranges::find_if(operations, same);
        if (found == operations.end()) return;
        Action action;
        action.kind = kind;
        action.on = static_cast<StepIndex>(found - operations.begin());
        add_action(action);
    };
    for (const sim::ReadyItem& item : kernel_->runnable()) {
        about(Kind::go_on,
              [&](const Operation& one) { return one.pending && one.irp == item.irp; });
    }
    for (const sim::HandleId handle : kernel_->cache_work()) {
        about(Kind::cache, [&](const Operation& one) { return one.handle == handle; });
    }
}

// Of parent_, which at_work_ equals.
void Search::list_actions() {
    actions_.clear();
    if (options_.any_order) list_goings_on();
    for (std::size_t i = 0; i < shapes_.size(); ++i) {
        const Shape& shape = shapes_[i];
        Action action;
        action.shape = static_cast<std::uint16_t>(i);
        if (shape.kind == sim::StepKind::wait_for) continue;   // waiting shows in the order
        if (shape.subject != sim::kNoStep) {
            for (std::size_t k = 0; k < parent_.operations.size(); ++k) {
                action.subject = static_cast<StepIndex>(k);
                if (parent_.operations[k].pending) add_action(action);
            }
            continue;
        }
        for (const ClientIndex client : clients_) {
            const bool begun = (parent_.begun >> client & 1) != 0;
            action.client = client;
            if (shape.kind == sim::StepKind::kill && begun) add_action(action);
            const bool acts = shape.thread != sim::kNobody;
            if (acts && may_act(client)) list_of_client(action.shape, client);
        }
        action.client = sim::kNobody;
        if (shape.kind == sim::StepKind::advance) add_action(action);
    }
}

void Search::collect() {
    for (const sim::Completion& completion : kernel_->completions()) {
        for (Operation& operation : at_work_.operations) {
            if (!operation.pending || operation.irp != completion.irp) continue;
            operation.pending = false;
            operation.irp = {};
            operation.handle = completion.handle;
            operation.section = completion.section;
        }
    }
    kernel_->clear_completions();
}

void Search::apply_step(const Action& action) {
    const Shape& shape = shapes_[action.shape];
    std::vector<Operation>& operations = at_work_.operations;
    const auto begins = [&](ClientIndex client) { at_work_.begun |= 1u << client; };
    Operation operation;
    operation.shape = action.shape;
    if (action.on != sim::kNoStep) operations[action.on].used = true;
    switch (shape.kind) {
        case sim::StepKind::request: {
            sim::Request request = shape.request;
            if (action.on != sim::kNoStep) {
                request.handle = operations[action.on].handle;
                request.section = operations[action.on].section;
            }
            if (action.client != sim::kNobody) {
                request.target_process = begin_->process(action.client);
                begins(action.client);
            }
            operation.irp = kernel_->submit(begin_->thread(action.thread), request).irp;
            operation.pending = true;
            operation.client = of_.threads[action.thread].client;
            break;
        }
        case sim::StepKind::cancel: kernel_->cancel(operations[action.subject].irp); break;
        case sim::StepKind::cancel_io: kernel_->cancel_io(operations[action.on].handle); break;
        case sim::StepKind::exit_thread: kernel_->exit_thread(begin_->thread(action.thread)); break;
        case sim::StepKind::kill: kernel_->terminate_process(begin_->process(action.client)); break;
        case sim::StepKind::advance: kernel_->advance(shape.duration); break;
        case sim::StepKind::wait_for: break;
    }
    if (action.thread != sim::kNobody) begins(of_.threads[action.thread].client);
    operations.push_back(operation);
}

// To at_work_.
void Search::apply(const Action& action) {
    ++result_.steps;
    switch (action.kind) {
        case Kind::step: apply_step(action); break;
        case Kind::go_on:
            kernel_->go_on(sim::ReadyItem{at_work_.operations[action.on].irp});
            break;
        case Kind::cache:
            kernel_->work_for_cache(at_work_.operations[action.on].handle);
            break;
    }
    collect();
    if (options_.any_order) return;
    for (int i = 0; i < kMaxGoingsOn && kernel_->step(); ++i) {
        ++result_.steps;
        collect();
    }
}

// Whether something that is not acceptable from `violations_before` on is what is looked for.
bool Search::shows(std::size_t violations_before) const {
    const std::vector<Violation>& violations = at_work_.rules.violations();
    for (std::size_t i = violations_before; i < violations.size(); ++i) {
        if (violations[i].rule != like_.rule) continue;
        const Failure failure{std::string(violations[i].rule), std::string(violations[i].clause),
                              {}, {}, {}, 0};
        if (is_like(failure, like_, judges_)) return true;
    }
    return false;
}

sim::Fingerprint Search::fingerprint() {
    ids_.assign(at_work_.world, begin_->threads(), sim::KeyNames::exact);
    sim::FingerprintMixer mixer;
    mixer.add(at_work_.begun);
    sim::add_world(mixer, at_work_.world, ids_);
    at_work_.rules.fingerprint(mixer, ids_);
    return mixer.result();
}

Plan Search::plan_to(std::uint32_t parent, const Action& last) const {
    std::vector<Action> way{last};
    for (std::uint32_t at = parent; nodes_[at].parent != kNoNode; at = nodes_[at].parent) {
        way.push_back(nodes_[at].action);
    }
    std::ranges::reverse(way);
    Plan plan;
    plan.of = of_;
    for (const Action& action : way) {
        if (action.kind != Kind::step) {
            plan.turns.push_back({action.kind, action.on});
            continue;
        }
        sim::Step step = shapes_[action.shape];
        step.thread = action.thread;
        step.on = action.on;
        step.subject = action.subject;
        step.client = action.client;
        plan.turns.push_back({Kind::step, static_cast<StepIndex>(plan.of.steps.size())});
        plan.of.steps.push_back(std::move(step));
    }
    plan.settled = options_.any_order ? 0 : plan.turns.size();
    return plan;
}

void Search::try_action(std::uint32_t parent, const Action& action, std::size_t length) {
    at_work_ = parent_;
    const std::size_t before = at_work_.rules.violations().size();
    apply(action);
    if (shows(before) && accept_(plan_to(parent, action))) {
        result_.length = length;
        return;
    }
    const bool last = length == options_.last_length;
    if (last && !options_.at_end && !options_.any_order) return;
    if (!seen_.insert(fingerprint()).second) return;
    if (options_.at_end) {
        const Plan plan = plan_to(parent, action);
        const PlanRun run = carry_out(plan, judges_, &like_);
        result_.steps += run.everything.size();
        if (run.failure && accept_(plan)) {
            result_.length = length;
            return;
        }
    }
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({parent, action});
    (action.kind == Kind::step ? next_ : level_).push_back(index);
}

// Whether an action is a step of the kind that shows the fault, mostly.
bool Search::is_of_last_kind(const Action& action) const {
    const Shape& shape = shapes_[action.shape];
    return action.kind == Kind::step && shape.kind == last_.kind &&
           shape.request.kind == last_.request.kind;
}

// What may happen after the way to a node, which has `length` steps less one: steps of the last
// kind, or everything else.
void Search::expand(std::uint32_t index, std::size_t length, bool last_kind) {
    std::vector<Action> way;
    for (std::uint32_t at = index; nodes_[at].parent != kNoNode; at = nodes_[at].parent) {
        way.push_back(nodes_[at].action);
    }
    at_work_ = initial_;
    for (std::size_t i = way.size(); i-- > 0;) apply(way[i]);
    parent_ = at_work_;
    list_actions();
    for (const Action& action : actions_) {
        if (is_over()) return;
        if (is_of_last_kind(action) != last_kind) continue;
        const bool step = action.kind == Kind::step;
        if (step && length > options_.last_length) continue;
        const bool longest = length == options_.last_length && !options_.any_last;
        if (step && longest && !last_kind) continue;
        try_action(index, action, step ? length : length - 1);
    }
}

ShortestSearch Search::run() {
    const engine::InvariantWatch watch;   // of runs with a fault
    nodes_.push_back({});
    level_.push_back(0);
    // With any order, what goes on after the last step is one more level.
    const std::size_t last = options_.last_length + (options_.any_order ? 1 : 0);
    for (std::size_t length = 1; length <= last; ++length) {
        // What goes on adds to the level; so that comes first if there is any.
        for (const bool last_kind : {!options_.any_order, options_.any_order}) {
            for (std::size_t i = 0; i < level_.size() && !is_over(); ++i) {
                interrupted_ = options_.interrupted && options_.interrupted();
                expand(level_[i], length, last_kind);
            }
        }
        if (is_over()) break;
        result_.excluded = options_.any_order ? length - 1 : length;
        level_ = std::exchange(next_, {});
    }
    return result_;
}

}  // namespace

ShortestSearch search_shortest(const Plan& start, const Vocabulary& vocabulary,
                               const Failure& like, const OracleOptions& judges,
                               const ShortestOptions& options,
                               const std::function<bool(const Plan&)>& accept) {
    return Search(start, vocabulary, like, judges, options, accept).run();
}

}  // namespace oplocksim::conformance::findings
