#include "scenarios/run.h"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/assert.h"
#include "scenarios/narration.h"
#include "scenarios/statements.h"
#include "scenarios/text.h"

namespace oplocksim::scenarios {

void Run::show_switches() {
    const engine::Semantics of_profile = engine::semantics_of(options_.profile);
    for (const engine::SwitchInfo& info : engine::switches()) {
        const std::string_view value = switch_value(semantics_, info.name);
        result_.switches.emplace_back(info.name, value);
        if (value != switch_value(of_profile, info.name)) {
            result_.changed_switches.emplace_back(info.name);
        }
    }
}

bool Run::holds(const Guard& guard) const {
    return scenarios::holds(guard, options_.profile, semantics_);
}

void Run::make_world() {
    binding_.emplace(model_);
    const bool wants_data = std::ranges::any_of(model_.steps, [](const Step& step) {
        return std::ranges::any_of(step.outcomes, [](const OutcomeExpectation& expectation) {
            return expectation.outcome.data.has_value();
        });
    });
    result_.names = binding_->names();
    world_ = sim::Kernel::make_world(semantics_, binding_->names());
    kernel_.emplace(world_, scheduler_, record_ || wants_data ? &recorder_ : nullptr,
                    binding_->data());
    if (wants_data) recorder_.kernel = &*kernel_;
    for (const sim::VolumeEntry& entry : binding_->volume()) kernel_->add_to_volume(entry);
    for (const auto& [existing, link] : binding_->links()) kernel_->add_link(existing, link);
    make_clients();
}

void Run::make_clients() {
    for (const ClientItem& item : model_.clients) {
        Client& client = clients_[item.name];
        client.process = kernel_->create_process(binding_->name(item.name));
        for (const std::string& thread : item.threads) {
            const sim::ThreadId id =
                kernel_->create_thread(client.process, binding_->name(thread));
            client.threads[thread] = id;
            result_.threads.push_back({client.process, id, item.name, thread});
        }
        if (item.caches) start_caching(client, item.name);
    }
}

void Run::start_caching(Client& client, const std::string& name) {
    const std::string thread(kCacheThread);
    const sim::ThreadId id = kernel_->create_thread(client.process, binding_->name(thread));
    client.threads[thread] = id;   // and is paused with the others
    cache_threads_.push_back(id);
    result_.threads.push_back({client.process, id, name, thread});
    kernel_->start_caching(client.process, id);
}

void Run::stop(Verdict verdict, std::string reason) {
    if (result_.verdict != Verdict::pass) return;
    result_.verdict = verdict;
    result_.reason = std::move(reason);
}

// Why a handle that a step needs is not there.
std::string Run::missing_handle(const Action& action) {
    if (action.on.empty()) return "";
    const Operation* source = operations_.find(action.on);
    if (source == nullptr) return "no step that was carried out made " + in_quotes(action.on);
    const bool section = action.verb == Verb::close_section;
    if (section ? static_cast<bool>(source->completion.section)
                : static_cast<bool>(source->completion.handle)) {
        return "";
    }
    return "there is no " + std::string(section ? "section " : "handle ") + in_quotes(action.on) +
           ": " + source->display + " " + describe_outcome(*source, waiting(*source));
}

// Why the operation cannot be issued now, or nothing.
std::string Run::obstacle(Operation& operation) {
    const Action& action = operation.step->action;
    const sim::Thread& thread = world_.threads[operation.thread];
    const std::string who =
        action.thread.empty() ? action.client : action.client + "/" + action.thread;
    if (thread.state == sim::ThreadState::exited) return "the thread " + who + " has ended";
    if (thread.paused) return who + " is paused";
    if (thread.state == sim::ThreadState::blocked && action.verb != Verb::exit_thread) {
        operation.thread_blocked = true;
        const Operation* call = operations_.find(thread.waiting_for);
        std::string text =
            who + " is blocked in " + (call == nullptr ? "an earlier call" : call->display);
        const std::string why = explain_wait(world_, operations_, thread.waiting_for).text;
        return why.empty() ? text : text + ", which " + why;
    }
    return "";
}

sim::Request Run::request_of(const Operation& operation) {
    const Action& action = operation.step->action;
    sim::Request request = binding_->request_of(*operation.step);
    if (action.verb == Verb::duplicate) {
        const std::string& to = action.to_client.empty() ? action.client : action.to_client;
        request.target_process = clients_.at(to).process;
    }
    if (action.on.empty()) return request;
    const Operation* source = operations_.find(action.on);
    if (source == nullptr) return request;
    if (action.verb == Verb::close_section) {
        request.section = source->completion.section;
    } else {
        request.handle = source->completion.handle;
    }
    return request;
}

void Run::note_irp_name(const Operation& operation) {
    result_.irp_names.emplace_back(operation.irp, operation.display);
}

void Run::submit(Operation& operation) {
    const sim::Request request = request_of(operation);
    if (const sim::Handle* handle = world_.handles.find(request.handle)) {
        operation.file_object = handle->file_object;
    }
    const sim::Submitted submitted = kernel_->submit(operation.thread, request);
    operations_.issued(operation, submitted.irp);
    note_irp_name(operation);
    operation.state = OperationState::pending;
    if (submitted.outcome == sim::SubmitOutcome::completed) {
        own_completion_ = kernel_->completions().size() - 1;
        return;
    }
    operation.pended = true;
    operation.blocks = submitted.outcome == sim::SubmitOutcome::blocked;
}

void Run::submit_timed(Operation& operation) {
    operation.state = OperationState::timed;
    const sim::Request request = request_of(operation);
    if (const sim::Handle* handle = world_.handles.find(request.handle)) {
        operation.file_object = handle->file_object;
    }
    kernel_->submit_at(operation.thread, *operation.step->action.after, request,
                       static_cast<std::uint32_t>(unissued_.size()));
    unissued_.push_back(&operation);
}

void Run::finish_now(Operation& operation, engine::NtStatus status) {
    operation.completion.status = status;
    operation.state = OperationState::completed;
    operation.completed_in = number_;
}

void Run::cancel(Operation& operation, const std::string& name) {
    const Operation* target = operations_.find(name);
    const bool waits = target != nullptr && target->pending() && kernel_->cancel(target->irp);
    finish_now(operation,
               waits ? engine::NtStatus::STATUS_SUCCESS : engine::NtStatus::STATUS_NOT_FOUND);
}

void Run::set_paused(const Action& action, bool paused) {
    for (const auto& [name, thread] : clients_.at(action.client).threads) {
        if (!action.thread.empty() && action.thread != name) continue;
        if (paused)
            kernel_->pause(thread);
        else
            kernel_->resume(thread);
    }
}

// An action of a client's thread.
void Run::act_on_thread(Operation& operation) {
    const Action& action = operation.step->action;
    if (action.verb == Verb::exit_thread) {
        kernel_->exit_thread(operation.thread);
        return finish_now(operation, engine::NtStatus::STATUS_SUCCESS);
    }
    if (action.verb == Verb::cancel_io) {
        const sim::HandleId handle = request_of(operation).handle;
        if (!world_.handles.contains(handle)) {
            return finish_now(operation, engine::NtStatus::STATUS_INVALID_HANDLE);
        }
        const bool any = kernel_->cancel_io(handle) > 0;
        return finish_now(
            operation, any ? engine::NtStatus::STATUS_SUCCESS : engine::NtStatus::STATUS_NOT_FOUND);
    }
    if (action.after)
        submit_timed(operation);
    else
        submit(operation);
}

// Returns false if the scenario uses a name that is still in use: nothing was done then.
bool Run::act(const Step& step) {
    acting_ = &step;
    const Action& action = step.action;
    if (action.verb > Verb::exit_thread) return act_in_world(step);
    if (const Operation* named = operations_.find(action.as); !action.as.empty() && named) {
        const bool open = world_.handles.contains(named->completion.handle) ||
                          world_.sections.contains(named->completion.section);
        if (named->pending() || named->state == OperationState::timed || open) {
            add_check(
                step.text,
                {false, "the name " + in_quotes(action.as) + " is free",
                 "it still names an operation of step " + std::to_string(named->number) + " that " +
                     (open ? "is an open handle or section"
                           : describe_outcome(*named, waiting(*named)))},
                action.as_place);
            return false;
        }
    }
    // What `on` means is decided before `as` hides an older meaning of the name.
    const std::string missing = missing_handle(action);
    Operation& operation = operations_.add(step, number_);
    own_ = &operation;
    const Client& client = clients_.at(action.client);
    operation.thread =
        client.threads.at(action.thread.empty() ? std::string(kMainThread) : action.thread);
    if (!action.after) operation.obstacle = obstacle(operation);
    if (operation.obstacle.empty()) operation.obstacle = missing;
    if (operation.obstacle.empty()) act_on_thread(operation);
    return true;
}

bool Run::act_in_world(const Step& step) {
    const Action& action = step.action;
    if (action.verb == Verb::cancel) {
        own_ = &operations_.add(step, number_);
        cancel(*own_, action.operation);
    } else if (action.verb == Verb::kill) {
        kernel_->terminate_process(clients_.at(action.client).process);
    } else if (action.verb == Verb::pause || action.verb == Verb::resume) {
        set_paused(action, action.verb == Verb::pause);
    } else if (action.verb == Verb::advance) {
        kernel_->advance(action.duration);
    }
    return true;
}

// Runs what can run. Returns false if it does not come to an end.
bool Run::settle() {
    for (std::uint32_t i = 0; i < kMaxResumptionsPerStep; ++i) {
        if (!kernel_->step()) return true;
    }
    return false;
}

void Run::complete(Operation& operation, const sim::Completion& completion) {
    operation.completion = completion;
    operation.state = OperationState::completed;
    operation.completed_in = number_;
    if (const sim::Handle* handle = world_.handles.find(completion.handle)) {
        operation.file_object = handle->file_object;
    }
    if (const auto data = recorder_.data.find(operation.irp); data != recorder_.data.end()) {
        operation.data = data->second;
    }
    const Verb verb = acting_ == nullptr ? Verb::create : acting_->action.verb;
    const bool meant = verb == Verb::kill || verb == Verb::cancel || verb == Verb::cancel_io ||
                       verb == Verb::exit_thread || verb == Verb::close;
    operation.excused = meant && completion.status == engine::NtStatus::STATUS_CANCELLED;
}

void Run::collect_issued() {
    for (const sim::Kernel::Issued& issued : kernel_->issued()) {
        Operation& operation = *unissued_[issued.token];
        if (!issued.issued) {
            operation.state = OperationState::not_issued;
            operation.obstacle = obstacle(operation);
            add_check(operation.display, {false, "is issued now", describe_outcome(operation, "")},
                      operation.step->place);
            continue;
        }
        operations_.issued(operation, issued.submitted.irp);
        note_irp_name(operation);
        operation.state = OperationState::pending;
        operation.pended = issued.submitted.outcome != sim::SubmitOutcome::completed;
        operation.blocks = issued.submitted.outcome == sim::SubmitOutcome::blocked;
    }
    kernel_->clear_issued();
}

void Run::collect() {
    collect_issued();
    const auto completions = kernel_->completions();
    for (std::size_t i = 0; i < completions.size(); ++i) {
        if (std::ranges::find(cache_threads_, completions[i].thread) != cache_threads_.end()) {
            continue;   // no step of the scenario
        }
        Operation* operation = own_completion_ == i ? own_ : operations_.find(completions[i].irp);
        if (operation == nullptr) continue;
        if (operation->pending()) {
            complete(*operation, completions[i]);
        } else {   // no kernel may do that
            add_check(operation->display, {false, "completes once", "completes again"},
                      operation->step->place);
        }
    }
    kernel_->clear_completions();
    own_completion_.reset();
}

// Returns whether the run goes on.
bool Run::do_step(const Step& step) {
    begin_record(step.place, step.text, step.covers);
    record().skipped = step.excluded || !holds(step.when);
    if (record().skipped) return true;
    own_ = nullptr;
    if (!act(step)) return false;
    const bool settled = settle();
    collect();
    if (!settled) {
        stop(Verdict::error, "step " + std::to_string(number_) + ": more than " +
                                 std::to_string(kMaxResumptionsPerStep) +
                                 " operations went on and it does not come to rest");
    } else {
        evaluate(step);
        evaluate_statements(false);
    }
    return end_record() && settled;
}

void Run::execute() {
    result_.profile = to_string(options_.profile);
    show_switches();
    if (!model_.profiles.empty() &&
        std::ranges::find(model_.profiles, options_.profile) == model_.profiles.end()) {
        std::vector<std::string> names;
        for (const engine::Profile profile : model_.profiles)
            names.emplace_back(to_string(profile));
        return stop(Verdict::skip, "it is written for the profile " + joined(names, " or "));
    }
    make_world();
    if (!model_.programs.empty()) {
        execute_programs();
    } else {
        for (const Step& step : model_.steps) {
            if (!do_step(step)) break;
        }
        if (result_.verdict == Verdict::pass && !result_.steps.empty()) evaluate_statements(true);
        if (result_.verdict == Verdict::pass) evaluate_end();
    }
    if (record_) result_.trace = std::move(recorder_.events);
}

}  // namespace oplocksim::scenarios
