#include "scenarios/references.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/text.h"
#include "sim/time.h"

namespace oplocksim::scenarios {
namespace {

// What a name was given to.
struct Named {
    Verb verb = Verb::look;
    std::set<std::string> owners;  // the clients that may hold the handle
    Place place;
    bool certain = false;  // no condition, and it must have succeeded
    bool gone = false;     // closed, or its client was killed
};

bool makes_handle(Verb verb) { return verb == Verb::create || verb == Verb::duplicate; }

bool answers_a_break(const Action& action) {
    if (action.verb == Verb::fsctl) {
        const engine::OplockFsctl& fsctl = action.request.fsctl;
        return (fsctl.flags & engine::REQUEST_OPLOCK_INPUT_FLAG_ACK) != 0 ||
               fsctl.code == engine::FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE ||
               fsctl.code == engine::FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING ||
               fsctl.code == engine::FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2;
    }
    return action.verb == Verb::ack || action.verb == Verb::ack_no_2 ||
           action.verb == Verb::ack_close_pending;
}

std::string at_line(const Place& place) { return "line " + std::to_string(place.position.line); }

class Checker {
 public:
    Checker(const RunModel& run, Diagnostics& diagnostics) : run_(run), diagnostics_(diagnostics) {
        for (const ClientItem& client : run.clients) {
            if (client.declared) clients_.insert(client.name);
        }
    }

    void check() {
        const std::size_t ordered = run_.programs.empty() ? run_.steps.size() : run_.setup_end;
        for (std::size_t i = 0; i < ordered; ++i) {
            if (!run_.steps[i].excluded) check_step(run_.steps[i]);
        }
        for (const ProgramItem& program : run_.programs) define_all(program);
        for (const ProgramItem& program : run_.programs) check_program(program);
        for (const ScheduleItem& item : run_.schedule) check_choice(item);
        for (const Statement& statement : run_.statements) check_statement(statement);
    }

 private:
    void check_step(const Step& step);
    void define_all(const ProgramItem& program);
    void check_program(const ProgramItem& program);
    void check_use(const Step& step, const std::string& name, const Place& place,
                   const ProgramItem& program);
    void check_choice(const ScheduleItem& item);
    void check_statement(const Statement& statement);
    void check_client(const Step& step);
    void check_thread(const std::string& client, const std::string& thread, const Place& place);
    void check_acknowledgment(const Action& action);
    [[nodiscard]] bool caches(const std::string& client) const {
        const auto item = std::ranges::find(run_.clients, client, &ClientItem::name);
        return item != run_.clients.end() && item->caches;
    }
    void check_handle(const Action& action);
    void check_section(const Action& action);
    void define(const Step& step);
    void end(const Step& step);
    void check_expectations(const Step& step);
    void check_operation(const std::string& name, const Place& place, bool suggest_keys);
    void unknown(const std::string& name, const Place& place, std::string_view what,
                 bool (*wanted)(Verb));
    void advance(sim::Ticks by, const Place& place);

    const RunModel& run_;
    Diagnostics& diagnostics_;
    std::map<std::string, Named> names_;
    std::set<std::string> clients_;
    std::map<std::string, Place> killed_;
    sim::Ticks now_ = 0;
};

void Checker::unknown(const std::string& name, const Place& place, std::string_view what,
                      bool (*wanted)(Verb)) {
    std::vector<std::string_view> known;
    for (const auto& [other, named] : names_) {
        if (wanted(named.verb)) known.push_back(other);
    }
    diagnostics_.add_unknown(
        place, "no step before this one defines the " + std::string(what) + " " + in_quotes(name),
        name, known);
}

void Checker::check_client(const Step& step) {
    const Action& action = step.action;
    const Verb verb = action.verb;
    if (action.client.empty()) return;
    if (verb == Verb::kill || verb == Verb::pause || verb == Verb::resume) {
        if (!clients_.contains(action.client)) {
            diagnostics_.add_unknown(
                action.on_place,
                "no step before this one names the client " + in_quotes(action.client),
                action.client, {clients_.begin(), clients_.end()});
            return;
        }
    } else if (verb > Verb::exit_thread) {
        return;
    }
    const auto killed = killed_.find(action.client);
    if (killed != killed_.end()) {
        diagnostics_.add(action.place, "the client " + in_quotes(action.client) + " was killed",
                         "by the step of " + at_line(killed->second));
    }
    clients_.insert(action.client);
    const bool of_world = verb == Verb::pause || verb == Verb::resume;
    const Place& place = of_world ? action.on_place : action.place;
    check_thread(action.client, action.thread, place);
    check_acknowledgment(action);
    if (of_world || action.thread != kCacheThread || !caches(action.client)) return;
    diagnostics_.add(place, "the thread 'cache' of a client that caches takes no steps",
                     "it writes back and answers breaks; it can be paused");
}

// A client that caches knows itself when it has done what a break demands of it.
void Checker::check_acknowledgment(const Action& action) {
    if (!caches(action.client) || !answers_a_break(action)) return;
    diagnostics_.add(action.place,
                     "the client " + in_quotes(action.client) +
                         " caches, and answers breaks by itself",
                     "take the step out; 'pause: " + action.client + "' puts its answer off");
}

void Checker::check_thread(const std::string& client, const std::string& thread,
                           const Place& place) {
    if (thread.empty() || thread == kMainThread) return;
    const auto item = std::ranges::find(run_.clients, client, &ClientItem::name);
    std::vector<std::string_view> known;
    if (item != run_.clients.end()) known = {item->threads.begin(), item->threads.end()};
    if (caches(client)) known.push_back(kCacheThread);
    if (std::ranges::find(known, thread) != known.end()) return;
    diagnostics_.add_unknown(
        place, "the client " + in_quotes(client) + " has no thread " + in_quotes(thread), thread,
        known, "write 'clients: {" + client + ": {threads: [" + thread + "]}}'");
}

void Checker::check_handle(const Action& action) {
    const auto named = names_.find(action.on);
    if (named == names_.end()) {
        return unknown(action.on, action.on_place, "handle", makes_handle);
    }
    if (!makes_handle(named->second.verb)) {
        diagnostics_.add(action.on_place, in_quotes(action.on) + " is not a handle",
                         "it names the " + std::string(to_string(named->second.verb)) + " of " +
                             at_line(named->second.place));
        return;
    }
    if (!named->second.owners.contains(action.client)) {
        diagnostics_.add(action.on_place,
                         "the handle " + in_quotes(action.on) + " belongs to the client " +
                             in_quotes(*named->second.owners.begin()) + ", not to " +
                             in_quotes(action.client),
                         "'duplicate' with 'to' gives a handle to another client");
    }
}

void Checker::check_section(const Action& action) {
    const auto makes_section = [](Verb verb) { return verb == Verb::create_section; };
    const auto named = names_.find(action.on);
    if (named == names_.end()) {
        return unknown(action.on, action.on_place, "section", makes_section);
    }
    if (!makes_section(named->second.verb)) {
        diagnostics_.add(action.on_place, in_quotes(action.on) + " is not a section");
    }
}

// Whether the step's operation certainly succeeds where the scenario passes.
bool must_succeed(const Step& step) {
    return step.when.empty() && !step.action.after &&
           std::ranges::none_of(step.outcomes, [&](const OutcomeExpectation& expectation) {
               return expectation.name.empty() || expectation.name == step.action.as;
           });
}

void Checker::define(const Step& step) {
    const Action& action = step.action;
    if (action.as.empty()) return;
    Named named{action.verb, {action.client}, action.as_place, must_succeed(step), false};
    if (!action.to_client.empty()) named.owners = {action.to_client};
    const auto [known, added] = names_.try_emplace(action.as, named);
    if (added) return;
    Named& first = known->second;
    const bool lives = makes_handle(first.verb) || first.verb == Verb::create_section;
    if (lives && first.certain && !first.gone && step.when.empty()) {
        diagnostics_.add(action.as_place, "the name " + in_quotes(action.as) + " is in use",
                         "it names what the " + std::string(to_string(first.verb)) + " of " +
                             at_line(first.place) + " made, which is not closed");
        return;
    }
    if (!step.when.empty() && !first.gone)
        named.owners.insert(first.owners.begin(), first.owners.end());
    first = named;
}

// What the step closes or kills is gone, if only perhaps.
void Checker::end(const Step& step) {
    const Action& action = step.action;
    if (action.verb == Verb::close || action.verb == Verb::close_section) {
        const auto named = names_.find(action.on);
        if (named != names_.end()) named->second.gone = true;
    }
    if (action.verb == Verb::kill) {
        for (auto& [name, named] : names_) {
            if (named.owners.contains(action.client)) named.gone = true;
        }
        if (step.when.empty()) killed_.emplace(action.client, action.place);
    }
}

void Checker::check_operation(const std::string& name, const Place& place, bool suggest_keys) {
    if (names_.contains(name)) return;
    std::vector<std::string_view> known;
    for (const auto& [other, named] : names_) known.push_back(other);
    if (suggest_keys) {
        for (const KeyInfo& key : keys_of(MappingKind::expectation)) known.push_back(key.name);
    }
    diagnostics_.add_unknown(
        place, "no step before this one defines the operation " + in_quotes(name), name, known,
        "'as: " + escaped(std::string_view(name).substr(0, 64)) + "' gives an operation its name");
}

void Checker::check_expectations(const Step& step) {
    for (const OutcomeExpectation& expectation : step.outcomes) {
        if (!expectation.name.empty()) {
            check_operation(expectation.name, expectation.place, !expectation.in_this_step);
        }
    }
    for (const PendingExpectation& expectation : step.pending) {
        check_operation(expectation.name, expectation.place, false);
    }
    for (const BreakExpectation& expectation : step.breaks) {
        const auto named = names_.find(expectation.name);
        if (named == names_.end()) {
            check_operation(expectation.name, expectation.place, false);
        } else if (named->second.verb != Verb::oplock && named->second.verb != Verb::ack &&
                   named->second.verb != Verb::fsctl) {
            diagnostics_.add(expectation.place,
                             in_quotes(expectation.name) + " is not an oplock request",
                             "it names the " + std::string(to_string(named->second.verb)) + " of " +
                                 at_line(named->second.place));
        }
    }
}

void Checker::advance(sim::Ticks by, const Place& place) {
    if (by > sim::kMaxTicks - now_) {
        diagnostics_.add(place, "the clock would pass its end, about 29,000 years");
        return;
    }
    now_ += by;
}

void Checker::check_step(const Step& step) {
    const Action& action = step.action;
    check_client(step);
    if (action.verb == Verb::close_section) {
        if (!action.on.empty()) check_section(action);
    } else if (!action.on.empty()) {
        check_handle(action);
    }
    if (!action.to_client.empty()) clients_.insert(action.to_client);
    if (action.verb == Verb::cancel && !action.operation.empty()) {
        check_operation(action.operation, action.on_place, false);
    }
    if (action.verb == Verb::advance) advance(action.duration, action.on_place);
    if (action.after && *action.after > sim::kMaxTicks - now_) {
        diagnostics_.add(action.place, "the clock would pass its end, about 29,000 years");
    }
    define(step);
    end(step);
    check_expectations(step);
}

// The names of a program's steps are known to all programs, and each is given once.
void Checker::define_all(const ProgramItem& program) {
    if (!program.client.empty()) clients_.insert(program.client);
    for (std::size_t i = program.first; i < program.last; ++i) {
        const Step& step = run_.steps[i];
        const Action& action = step.action;
        if (step.excluded) continue;
        if (!action.to_client.empty()) clients_.insert(action.to_client);
        if (action.as.empty()) continue;
        Named named{action.verb, {action.client}, action.as_place, false, false};
        if (!action.to_client.empty()) named.owners = {action.to_client};
        const auto [known, added] = names_.try_emplace(action.as, named);
        if (added) continue;
        diagnostics_.add(action.as_place, "the name " + in_quotes(action.as) + " is in use",
                         "it names the " + std::string(to_string(known->second.verb)) + " of " +
                             at_line(known->second.place) +
                             "; in programs a name is given once");
    }
}

// A step cannot use what its own program makes later: it would wait for itself.
void Checker::check_use(const Step& step, const std::string& name, const Place& place,
                        const ProgramItem& program) {
    for (std::size_t i = program.first; i < program.last; ++i) {
        const Step& other = run_.steps[i];
        if (other.action.as != name || other.excluded) continue;
        if (&other < &step) return;
        diagnostics_.add(place, in_quotes(name) + " is made later in the same program",
                         "by the step of " + at_line(other.place));
    }
}

void Checker::check_program(const ProgramItem& program) {
    const std::span<const Step> steps(run_.steps.data() + program.first,
                                      program.last - program.first);
    // Else each step that is issued on the thread says it.
    if (std::ranges::all_of(steps, [](const Step& step) { return step.action.client.empty(); })) {
        check_thread(program.client, program.thread, program.place);
    }
    for (std::size_t i = program.first; i < program.last; ++i) {
        const Step& step = run_.steps[i];
        const Action& action = step.action;
        if (step.excluded) continue;
        check_client(step);
        if (action.verb == Verb::close_section) {
            if (!action.on.empty()) check_section(action);
        } else if (!action.on.empty()) {
            check_handle(action);
        }
        if (!action.on.empty()) check_use(step, action.on, action.on_place, program);
        if (!action.operation.empty()) {
            check_operation(action.operation, action.on_place, false);
            check_use(step, action.operation, action.on_place, program);
        }
        if (action.verb == Verb::advance) advance(action.duration, action.on_place);
    }
}

// "A", "A/worker" or "world"; "~" and the name of an operation or of a step by its place; "cache:"
// and the same of a create.
void Checker::check_choice(const ScheduleItem& item) {
    std::vector<std::string> known;
    const bool goes_on = item.text.starts_with(kGoesOn);
    const bool cache = item.text.starts_with(kCacheOf);
    const auto add = [&](const Step& step, const std::string& place) {
        if (!goes_on && !(cache && step.action.verb == Verb::create)) return;
        const std::string& name = step.action.as;
        known.push_back(std::string(goes_on ? kGoesOn : kCacheOf) + (name.empty() ? place : name));
    };
    for (const ProgramItem& program : run_.programs) {
        std::string actor = program.client.empty() ? std::string(kWorldProgram) : program.client;
        if (!program.thread.empty()) actor += "/" + program.thread;
        for (std::size_t i = program.first; i < program.last; ++i) {
            add(run_.steps[i], actor + "." + std::to_string(i - program.first + 1));
        }
        if (!goes_on && !cache) known.push_back(std::move(actor));
    }
    for (std::size_t i = 0; i < run_.setup_end; ++i) {
        add(run_.steps[i], "setup." + std::to_string(i + 1));
    }
    if (std::ranges::find(known, item.text) != known.end()) return;
    diagnostics_.add_unknown(item.place,
                             in_quotes(item.text) + (goes_on || cache
                                                         ? " is no operation of a program"
                                                         : " has no program"),
                             item.text, {known.begin(), known.end()},
                             "a choice is a program's name, '~' and an operation that goes on, or "
                             "'cache:' and an open of a client that caches");
}

void Checker::check_statement(const Statement& statement) {
    const OutcomeExpectation& expectation = statement.expectation;
    if (!statement.step) check_operation(expectation.name, expectation.place, false);
    if (run_.programs.empty()) return;
    if (expectation.outcome.data) {
        diagnostics_.add(expectation.place, "what a read of a program returned cannot be stated",
                         "say it in a scenario with 'steps'");
    }
    if (expectation.outcome.cached) {
        diagnostics_.add(expectation.place,
                         "whether an operation of a program was cached cannot be stated",
                         "say it in a scenario with 'steps'");
    }
    if (expectation.outcome.word == OutcomeWord::blocked_thread) {
        diagnostics_.add(expectation.place, "'blocked_thread' has no place in a program",
                         "a step of a blocked thread is taken later");
    }
}

}  // namespace

void check_references(const RunModel& run, Diagnostics& diagnostics) {
    Checker(run, diagnostics).check();
}

}  // namespace oplocksim::scenarios
