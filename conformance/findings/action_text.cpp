#include "conformance/findings/action_text.h"

#include <algorithm>
#include <set>

#include "conformance/findings/yaml_words.h"
#include "engine/assert.h"
#include "scenarios/language.h"
#include "scenarios/text.h"
#include "scenarios/values.h"
#include "sim/kernel.h"

namespace oplocksim::conformance::findings {
namespace {

using engine::FsControlCode;
using scenarios::ConstantKind;
using scenarios::Verb;
using sim::Request;
using sim::RequestKind;
using sim::Step;
using sim::StepIndex;
using sim::StepKind;

constexpr sim::ShareAccess kShareAll =
    engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE;

bool is_request(const Step& step, RequestKind kind) {
    return step.kind == StepKind::request && step.request.kind == kind;
}

bool requests_oplock(const Step& step) {
    if (!is_request(step, RequestKind::oplock_fsctl)) return false;
    const engine::OplockFsctl& fsctl = step.request.fsctl;
    switch (fsctl.code) {
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1:
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2:
        case FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK:
        case FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK: return true;
        case FsControlCode::FSCTL_REQUEST_OPLOCK:
            return (fsctl.flags & engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST) != 0;
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
        case FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING:
        case FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY:
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2:
        case FsControlCode::FSCTL_SET_ZERO_DATA: return false;
    }
    return false;
}

// Which verb of the language an oplock FSCTL is; `fsctl` for what no verb does.
Verb verb_of(const engine::OplockFsctl& fsctl) {
    const bool plain = fsctl.requested_oplock_level == 0 && fsctl.flags == 0;
    const bool request = fsctl.flags == engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST;
    const auto flags = fsctl.flags & ~engine::REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE;
    switch (fsctl.code) {
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1:
        case FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2:
        case FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK:
        case FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK: return plain ? Verb::oplock : Verb::fsctl;
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE: return plain ? Verb::ack : Verb::fsctl;
        case FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING:
            return plain ? Verb::ack_close_pending : Verb::fsctl;
        case FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY:
            return plain ? Verb::break_notify : Verb::fsctl;
        case FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2:
            return plain ? Verb::ack_no_2 : Verb::fsctl;
        case FsControlCode::FSCTL_REQUEST_OPLOCK:
            if (request) return Verb::oplock;
            return flags == engine::REQUEST_OPLOCK_INPUT_FLAG_ACK ? Verb::ack : Verb::fsctl;
        case FsControlCode::FSCTL_SET_ZERO_DATA: return Verb::fsctl;
    }
    return Verb::fsctl;
}

Verb verb_of(const Step& step) {
    switch (step.kind) {
        case StepKind::wait_for: return Verb::wait_for;
        case StepKind::cancel: return Verb::cancel;
        case StepKind::cancel_io: return Verb::cancel_io;
        case StepKind::exit_thread: return Verb::exit_thread;
        case StepKind::kill: return Verb::kill;
        case StepKind::advance: return Verb::advance;
        case StepKind::request: break;
    }
    switch (step.request.kind) {
        case RequestKind::create: return Verb::create;
        case RequestKind::close_handle: return Verb::close;
        case RequestKind::duplicate_handle: return Verb::duplicate;
        case RequestKind::read: return Verb::read;
        case RequestKind::write: return Verb::write;
        case RequestKind::flush: return Verb::flush;
        case RequestKind::lock: return Verb::lock;
        case RequestKind::unlock: return Verb::unlock;
        case RequestKind::set_end_of_file: return Verb::set_end_of_file;
        case RequestKind::set_allocation: return Verb::set_allocation;
        case RequestKind::set_valid_data_length: return Verb::set_valid_data_length;
        case RequestKind::rename: return Verb::rename;
        case RequestKind::link: return Verb::link;
        case RequestKind::set_short_name: return Verb::set_short_name;
        case RequestKind::set_disposition: return Verb::set_disposition;
        case RequestKind::set_basic_information: return Verb::set_basic_information;
        case RequestKind::set_security: return Verb::set_security;
        case RequestKind::set_encryption: return Verb::set_encryption;
        case RequestKind::set_zero_data: return Verb::set_zero_data;
        case RequestKind::oplock_fsctl: return verb_of(step.request.fsctl);
        case RequestKind::create_section: return Verb::create_section;
        case RequestKind::close_section: return Verb::close_section;
    }
    return Verb::look;
}

// The arguments of one action, in their usual order; those at their defaults are left out.
class Arguments {
 public:
    Arguments(const sim::Case& of, const Step& step, const StepNames& names)
        : of_(of), step_(step), request_(step.request), names_(names) {}

    // "{on: a, request: RWH}", or "a" if there is nothing but a handle.
    std::string text(Verb verb, const std::string& own_name) {
        if (step_.on != sim::kNoStep) add("on", names_[step_.on]);
        const bool named =
            !own_name.empty() && verb != Verb::cancel_io && verb != Verb::close_section;
        if (named && verb == Verb::create) add("as", own_name);
        add_own(verb);
        if (named && verb != Verb::create) add("as", own_name);
        const scenarios::VerbInfo* info = scenarios::find_client_verb(to_string(verb));
        OPLOCKSIM_ASSERT(info != nullptr, "not a verb of clients");
        if (parts_.size() == 1 && parts_.front().first == "on" && takes_bare_handle(*info)) {
            return parts_.front().second;
        }
        std::string text;
        for (const auto& [key, value] : parts_) {
            text += (text.empty() ? "" : ", ") + key + ": " + value;
        }
        return "{" + text + "}";
    }

 private:
    void add(std::string key, std::string value) {
        parts_.emplace_back(std::move(key), std::move(value));
    }
    void add_number(const char* key, std::uint64_t value, std::uint64_t otherwise) {
        if (value != otherwise) add(key, std::to_string(value));
    }
    void add_flag(const char* key, bool value, bool otherwise) {
        if (value != otherwise) add(key, value ? "true" : "false");
    }
    void add_range() {
        add_number("offset", request_.offset, 0);
        add_number("length", request_.length, 1);
    }
    [[nodiscard]] std::string path() const {
        return yaml_text(of_.names->path(request_.path).text);
    }

    void add_own(Verb verb);
    void add_create();
    void add_oplock();
    void add_ack();
    void add_fsctl();
    void add_write();

    const sim::Case& of_;
    const Step& step_;
    const Request& request_;
    const StepNames& names_;
    std::vector<std::pair<std::string, std::string>> parts_;
};

void Arguments::add_create() {
    add("file", path());
    engine::AccessMask access = request_.access;
    engine::CreateOptions options = request_.options;
    const bool synchronous = (options & engine::FILE_SYNCHRONOUS_IO_NONALERT) != 0 &&
                             (access & engine::SYNCHRONIZE) != 0;
    if (synchronous) {
        access &= ~engine::SYNCHRONIZE;
        options &= ~engine::FILE_SYNCHRONOUS_IO_NONALERT;
    }
    const bool directory = (options & engine::FILE_DIRECTORY_FILE) != 0;
    options &= ~engine::FILE_DIRECTORY_FILE;
    if (access != engine::FILE_READ_DATA) add("access", mask_text(ConstantKind::access, access));
    if (request_.share != kShareAll) add("share", mask_list(ConstantKind::share, request_.share));
    if (request_.disposition != engine::CreateDisposition::FILE_OPEN) {
        add("disposition", constant_text(ConstantKind::disposition,
                                         static_cast<std::uint64_t>(request_.disposition)));
    }
    if (options != 0) add("options", mask_list(ConstantKind::create_option, options));
    add_flag("directory", directory, false);
    add_flag("synchronous", synchronous, false);
    const auto key = [&](const char* name, sim::OplockKey value) {
        if (value != sim::OplockKey{}) add(name, "key" + std::to_string(value.value));
    };
    key("key", request_.target_key);
    key("parent_key", request_.parent_key);
    if (request_.attributes != 0) {
        add("attributes", mask_list(ConstantKind::attribute, request_.attributes));
    }
    add_flag("transacted", request_.transacted, false);
}

void Arguments::add_oplock() {
    const bool granular = request_.fsctl.code == FsControlCode::FSCTL_REQUEST_OPLOCK;
    add("request", granular ? scenarios::level_name(request_.fsctl.requested_oplock_level)
                            : constant_text(ConstantKind::legacy_oplock,
                                            static_cast<std::uint64_t>(request_.fsctl.code)));
}

void Arguments::add_ack() {
    if (request_.fsctl.code != FsControlCode::FSCTL_REQUEST_OPLOCK) return;
    add("level", scenarios::level_name(request_.fsctl.requested_oplock_level));
    add_flag("complete_on_close",
             (request_.fsctl.flags &
              engine::REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE) != 0,
             false);
}

void Arguments::add_fsctl() {
    add("code", constant_text(ConstantKind::fsctl_code,
                              static_cast<std::uint64_t>(request_.fsctl.code)));
    if (request_.fsctl.requested_oplock_level != 0) {
        add("level", scenarios::level_name(request_.fsctl.requested_oplock_level));
    }
    if (request_.fsctl.flags != 0) {
        add("flags", mask_list(ConstantKind::input_flag, request_.fsctl.flags));
    }
}

void Arguments::add_write() {
    add_number("offset", request_.offset, 0);
    if (request_.data != 0) {
        add("data", yaml_text(of_.data[request_.data - 1]));
    } else {
        add_number("length", request_.length, 1);
    }
    add_flag("paging", request_.paging_io, false);
}

void Arguments::add_own(Verb verb) {
    switch (verb) {
        case Verb::create: return add_create();
        case Verb::duplicate: {
            const sim::ClientIndex own = of_.threads[step_.thread].client;
            if (step_.client != own) add("to", of_.clients[step_.client].name);
            return;
        }
        case Verb::oplock: return add_oplock();
        case Verb::ack: return add_ack();
        case Verb::fsctl: return add_fsctl();
        case Verb::write: return add_write();
        case Verb::read:
            add_range();
            return add_flag("paging", request_.paging_io, false);
        case Verb::lock:
            add_range();
            add_flag("exclusive", request_.exclusive, true);
            add_flag("fail_immediately", request_.fail_immediately, true);
            return add_number("lock_key", request_.lock_key, 0);
        case Verb::unlock:
            add_range();
            return add_number("lock_key", request_.lock_key, 0);
        case Verb::set_end_of_file:
            add("size", std::to_string(request_.length));
            return add_flag("lazy_writer", request_.lazy_writer, false);
        case Verb::set_allocation:
        case Verb::set_valid_data_length: return add("size", std::to_string(request_.length));
        case Verb::rename:
        case Verb::link:
            add("to", path());
            return add_flag("replace", request_.replace_if_exists, false);
        case Verb::set_short_name: return add("name", yaml_text(of_.names->text(request_.name)));
        case Verb::set_disposition: return add_flag("delete", request_.delete_file, true);
        case Verb::set_zero_data: return add_range();
        case Verb::create_section:
            if (request_.page_protection != sim::PAGE_READWRITE) {
                add("protection",
                    constant_text(ConstantKind::protection, request_.page_protection));
            }
            return;
        case Verb::close:
        case Verb::ack_no_2:
        case Verb::ack_close_pending:
        case Verb::break_notify:
        case Verb::flush:
        case Verb::set_basic_information:
        case Verb::set_security:
        case Verb::set_encryption:
        case Verb::close_section:
        case Verb::cancel_io:
        case Verb::exit_thread:
        case Verb::advance:
        case Verb::cancel:
        case Verb::kill:
        case Verb::pause:
        case Verb::resume:
        case Verb::wait_for:
        case Verb::look: return;
    }
}

// Gives every step that needs one a name of its own.
class Namer {
 public:
    explicit Namer(const sim::Case& of) : of_(of) {
        for (const scenarios::KeyInfo& key :
             scenarios::keys_of(scenarios::MappingKind::expectation)) {
            used_.emplace(key.name);
        }
        // A schedule calls these by their places.
        used_.emplace(scenarios::kWorldProgram);
        oplocks_ = static_cast<std::size_t>(std::ranges::count_if(of.steps, requests_oplock));
    }

    StepNames names(const std::vector<bool>& needed) {
        StepNames names(of_.steps.size());
        for (StepIndex i = 0; i < of_.steps.size(); ++i) {
            const std::string& given = of_.steps[i].name;
            const bool fits = scenarios::is_name(given) && yaml_text(given) == given;
            if (fits && used_.insert(given).second) names[i] = given;
        }
        for (StepIndex i = 0; i < of_.steps.size(); ++i) {
            if (names[i].empty() && (needed[i] || must_have(i))) names[i] = fresh(stem(i, names));
        }
        return names;
    }

 private:
    [[nodiscard]] bool must_have(StepIndex index) const {
        const Step& step = of_.steps[index];
        if (is_request(step, RequestKind::create)) return true;
        if (is_request(step, RequestKind::duplicate_handle)) return true;
        return std::ranges::any_of(of_.steps, [&](const Step& other) {
            return other.on == index || other.subject == index;
        });
    }

    // "a" for a handle of A, "held" for an oplock request, the verb for the rest.
    [[nodiscard]] std::string stem(StepIndex index, const StepNames& names) const {
        const Step& step = of_.steps[index];
        const bool duplicate = is_request(step, RequestKind::duplicate_handle);
        if (duplicate) return scenarios::lower(of_.clients[step.client].name);
        if (is_request(step, RequestKind::create)) {
            return scenarios::lower(of_.clients[of_.threads[step.thread].client].name);
        }
        if (is_request(step, RequestKind::create_section)) return "section";
        if (!requests_oplock(step)) return std::string(to_string(verb_of(step)));
        return oplocks_ == 1 || step.on == sim::kNoStep ? "held" : "held_" + names[step.on];
    }

    [[nodiscard]] std::string fresh(std::string stem) {
        constexpr std::size_t kLongest = scenarios::kMaxNameLength - 8;   // a number fits behind it
        if (stem.size() > kLongest) stem.resize(kLongest);
        for (std::size_t number = 1;; ++number) {
            std::string name = number == 1 ? stem : stem + std::to_string(number);
            if (!scenarios::is_name(name) || yaml_text(name) != name) name = "h" + name;
            if (used_.insert(name).second) return name;
        }
    }

    const sim::Case& of_;
    std::set<std::string> used_;
    std::size_t oplocks_ = 0;
};

}  // namespace

StepNames step_names(const sim::Case& of, const std::vector<bool>& needed) {
    return Namer(of).names(needed);
}

std::string program_action_text(const sim::Case& of, StepIndex index, const StepNames& names) {
    const Step& step = of.steps[index];
    const Verb verb = verb_of(step);
    const std::string key = std::string(to_string(verb)) + ": ";
    switch (step.kind) {
        case StepKind::cancel:
        case StepKind::wait_for: return key + names[step.subject];
        case StepKind::kill: return key + of.clients[step.client].name;
        case StepKind::advance: return key + duration_text(step.duration);
        case StepKind::request:
        case StepKind::cancel_io:
        case StepKind::exit_thread: break;
    }
    return key + Arguments(of, step, names).text(verb, names[index]);
}

std::string action_text(const sim::Case& of, StepIndex index, const StepNames& names) {
    const Step& step = of.steps[index];
    const bool of_world = step.kind == StepKind::cancel || step.kind == StepKind::kill ||
                          step.kind == StepKind::advance || step.kind == StepKind::wait_for;
    const std::string text = program_action_text(of, index, names);
    return of_world ? text : thread_name(of, step.thread) + "." + text;
}

}  // namespace oplocksim::conformance::findings
