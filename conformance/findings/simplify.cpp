#include "conformance/findings/simplify.h"

#include <algorithm>
#include <array>
#include <bit>
#include <tuple>

#include "engine/constants.h"
#include "sim/kernel.h"

namespace oplocksim::conformance::findings {
namespace {

using engine::FsControlCode;
using sim::Request;
using sim::RequestKind;
using sim::Step;
using sim::StepIndex;
using sim::StepKind;

constexpr sim::ShareAccess kShareAll =
    engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE;

// From plain to special.
constexpr std::array kLevels{
    engine::OPLOCK_LEVEL_CACHE_READ,
    static_cast<engine::CacheLevel>(engine::OPLOCK_LEVEL_CACHE_READ |
                                    engine::OPLOCK_LEVEL_CACHE_HANDLE),
    static_cast<engine::CacheLevel>(engine::OPLOCK_LEVEL_CACHE_READ |
                                    engine::OPLOCK_LEVEL_CACHE_WRITE),
    static_cast<engine::CacheLevel>(engine::OPLOCK_LEVEL_CACHE_READ |
                                    engine::OPLOCK_LEVEL_CACHE_WRITE |
                                    engine::OPLOCK_LEVEL_CACHE_HANDLE),
};
constexpr std::array kLegacy{
    FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2, FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1,
    FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK, FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK};
constexpr std::array kAnswers{
    FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2,
    FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING};
constexpr std::array kDispositions{
    engine::CreateDisposition::FILE_OPEN, engine::CreateDisposition::FILE_CREATE,
    engine::CreateDisposition::FILE_OPEN_IF, engine::CreateDisposition::FILE_OVERWRITE,
    engine::CreateDisposition::FILE_OVERWRITE_IF, engine::CreateDisposition::FILE_SUPERSEDE};

class Simplifier {
 public:
    Simplifier(const Plan& plan, StepIndex index) : plan_(plan), index_(index) {}

    std::vector<Step> run() {
        const Step& step = plan_.of.steps[index_];
        if (step.kind == StepKind::request) plain_request(step);
        if (step.kind != StepKind::request) plain_fault(step);
        if (step.kind == StepKind::advance && step.duration != 1) {
            change([](Step& made) { made.duration = 1; });
        }
        return std::move(found_);
    }

 private:
    template <typename Change>
    void change(Change how) {
        Step made = plan_.of.steps[index_];
        how(made);
        if (made != plan_.of.steps[index_]) found_.push_back(std::move(made));
    }
    template <typename Change>
    void change_request(Change how) {
        change([&how](Step& made) { how(made.request); });
    }
    template <typename T>
    void set(T Request::*member, T value) {
        change_request([&](Request& request) { request.*member = value; });
    }
    // Everything off, everything but one off, one off.
    template <typename T>
    void fewer_bits(T Request::*member, T plain) {
        const T value = plan_.of.steps[index_].request.*member;
        set(member, plain);
        for (unsigned bit = 0; bit < sizeof(T) * 8; ++bit) {
            const T one = static_cast<T>(T{1} << bit);
            if ((value & one) != 0 && value != one) set(member, one);
        }
        for (unsigned bit = 0; bit < sizeof(T) * 8; ++bit) {
            const T one = static_cast<T>(T{1} << bit);
            if ((value & one) != 0) set(member, static_cast<T>(value & ~one));
        }
    }
    template <typename T, std::size_t Count>
    void lower(T Request::*member, const std::array<T, Count>& order) {
        const T value = plan_.of.steps[index_].request.*member;
        for (const T plainer : order) {
            if (plainer == value) return;
            set(member, plainer);
        }
    }

    void plain_request(const Step& step);
    void plain_create(const Request& request);
    void plain_fsctl(const Request& request);
    void plain_data(const Request& request);
    void plain_kind(const Request& request);
    void plain_fault(const Step& step);

    const Plan& plan_;
    StepIndex index_;
    std::vector<Step> found_;
};

void Simplifier::plain_create(const Request& request) {
    lower(&Request::disposition, kDispositions);
    fewer_bits<engine::CreateOptions>(&Request::options, 0);
    set(&Request::share, kShareAll);
    for (const unsigned bit : {1u, 2u, 4u}) {
        set(&Request::share, static_cast<sim::ShareAccess>(request.share | bit));
    }
    set(&Request::target_key, {});
    set(&Request::parent_key, {});
    set<std::uint32_t>(&Request::attributes, 0);
    set(&Request::transacted, false);
    // To read is plainer than to write, and both than anything else.
    const bool reads = request.access == engine::FILE_READ_DATA;
    const bool writes = request.access == engine::FILE_WRITE_DATA;
    if (!reads) set(&Request::access, engine::FILE_READ_DATA);
    if (!reads && !writes) {
        set(&Request::access, engine::FILE_WRITE_DATA);
        for (unsigned bit = 0; bit < 32; ++bit) {
            const engine::AccessMask one = engine::AccessMask{1} << bit;
            if ((request.access & one) == 0 || request.access == one) continue;
            set(&Request::access, one);
            set(&Request::access, request.access & ~one);
        }
    }
    // What the first create opens.
    for (const sim::Choice turn : plan_.turns) {
        const Step& first = plan_.of.steps[turn.index];
        const bool creates = first.kind == StepKind::request &&
                             first.request.kind == RequestKind::create;
        if (!creates || turn.kind != sim::Choice::Kind::step) continue;
        if (turn.index != index_) set(&Request::path, first.request.path);
        break;
    }
}

void Simplifier::plain_fsctl(const Request& request) {
    const engine::OplockFsctl& now = request.fsctl;
    const auto code = [&](FsControlCode plain) {
        change_request([&](Request& made) {
            made.fsctl = {};
            made.fsctl.code = plain;
        });
    };
    const auto lower_code = [&](std::span<const FsControlCode> order) {
        for (const FsControlCode plain : order) {
            if (plain == now.code) return;
            code(plain);
        }
    };
    const bool legacy = std::ranges::find(kLegacy, now.code) != kLegacy.end();
    if (legacy) lower_code(kLegacy);
    if (std::ranges::find(kAnswers, now.code) != kAnswers.end()) lower_code(kAnswers);
    if (now.code != FsControlCode::FSCTL_REQUEST_OPLOCK) return;
    const auto with = [&](std::uint32_t flags, std::uint32_t level) {
        change_request([&](Request& made) {
            made.fsctl.flags = flags;
            made.fsctl.requested_oplock_level = level;
        });
    };
    const bool acknowledges = (now.flags & engine::REQUEST_OPLOCK_INPUT_FLAG_ACK) != 0;
    const std::uint32_t usual = acknowledges ? engine::REQUEST_OPLOCK_INPUT_FLAG_ACK
                                             : engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST;
    if (now.flags != usual) with(usual, now.requested_oplock_level);
    if (acknowledges && now.requested_oplock_level != 0) with(now.flags, 0);
    if (now.requested_oplock_level == 0) return;
    for (const engine::CacheLevel level : kLevels) {
        if (level == now.requested_oplock_level) return;
        with(now.flags, level);
    }
}

void Simplifier::plain_data(const Request& request) {
    if (request.data != 0) {
        change_request([](Request& made) {
            made.data = 0;
            made.length = 1;
        });
    }
    set<std::uint64_t>(&Request::offset, 0);
    if (request.data == 0 && request.length != 1) set<std::uint64_t>(&Request::length, 1);
    set(&Request::paging_io, false);
    if (request.kind != RequestKind::lock && request.kind != RequestKind::unlock) return;
    set<std::uint32_t>(&Request::lock_key, 0);
    set(&Request::exclusive, true);
    set(&Request::fail_immediately, true);
}

// How plain a kind of request is that is done to a handle and leaves it open; 0: not of that sort.
int plainness(RequestKind kind) {
    switch (kind) {
        case RequestKind::read: return 1;
        case RequestKind::write: return 2;
        case RequestKind::set_end_of_file: return 3;
        case RequestKind::set_zero_data:
        case RequestKind::lock:
        case RequestKind::flush:
        case RequestKind::set_allocation:
        case RequestKind::set_valid_data_length:
        case RequestKind::rename:
        case RequestKind::link:
        case RequestKind::set_short_name:
        case RequestKind::set_disposition:
        case RequestKind::set_basic_information:
        case RequestKind::set_security:
        case RequestKind::set_encryption: return 4;
        case RequestKind::create:
        case RequestKind::close_handle:
        case RequestKind::duplicate_handle:
        case RequestKind::unlock:
        case RequestKind::oplock_fsctl:
        case RequestKind::create_section:
        case RequestKind::close_section: return 0;
    }
    return 0;
}

void Simplifier::plain_kind(const Request& request) {
    constexpr std::array kPlain{RequestKind::read, RequestKind::write,
                                RequestKind::set_end_of_file};
    for (const RequestKind kind : kPlain) {
        if (plainness(request.kind) <= plainness(kind)) return;
        change_request([&](Request& made) {
            made = {};
            made.kind = kind;
            made.length = kind == RequestKind::set_end_of_file ? 0 : 1;
        });
    }
}

void Simplifier::plain_request(const Step& step) {
    const Request& request = step.request;
    plain_kind(request);
    switch (request.kind) {
        case RequestKind::create: return plain_create(request);
        case RequestKind::oplock_fsctl: return plain_fsctl(request);
        case RequestKind::read:
        case RequestKind::write:
        case RequestKind::lock:
        case RequestKind::unlock:
        case RequestKind::set_zero_data: return plain_data(request);
        case RequestKind::set_end_of_file: set(&Request::lazy_writer, false); [[fallthrough]];
        case RequestKind::set_allocation:
        case RequestKind::set_valid_data_length:
            return set<std::uint64_t>(&Request::length, 0);
        case RequestKind::rename:
        case RequestKind::link: return set(&Request::replace_if_exists, false);
        case RequestKind::set_disposition: return set(&Request::delete_file, true);
        case RequestKind::create_section:
            return set(&Request::page_protection, sim::PAGE_READWRITE);
        case RequestKind::close_handle:
        case RequestKind::duplicate_handle:
        case RequestKind::flush:
        case RequestKind::set_short_name:
        case RequestKind::set_basic_information:
        case RequestKind::set_security:
        case RequestKind::set_encryption:
        case RequestKind::close_section: return;
    }
}

// A death as a close or a cancellation; CancelIoEx and the end of a thread as one cancellation.
void Simplifier::plain_fault(const Step& step) {
    const sim::Case& of = plan_.of;
    if (step.kind == StepKind::advance || step.kind == StepKind::wait_for ||
        step.kind == StepKind::cancel) {
        return;
    }
    const sim::ClientIndex client =
        step.kind == StepKind::kill ? step.client : of.threads[step.thread].client;
    for (const sim::Choice turn : plan_.turns) {
        if (turn.index == index_) return;
        const Step& other = of.steps[turn.index];
        const bool theirs = other.thread != sim::kNobody && other.kind == StepKind::request &&
                            of.threads[other.thread].client == client;
        if (!theirs || turn.kind != sim::Choice::Kind::step) continue;
        change([&](Step& made) {
            made = {};
            made.kind = StepKind::cancel;
            made.subject = turn.index;
        });
        if (step.kind != StepKind::kill || other.request.kind != RequestKind::create) continue;
        change([&](Step& made) {
            made = {};
            made.thread = other.thread;
            made.on = turn.index;
            made.request.kind = RequestKind::close_handle;
        });
    }
}

template <typename T, std::size_t Count>
unsigned place_in(const std::array<T, Count>& order, T value) {
    return static_cast<unsigned>(std::ranges::find(order, value) - order.begin());
}

unsigned oddness_of_create(const Request& request) {
    unsigned odd = place_in(kDispositions, request.disposition);
    odd += static_cast<unsigned>(std::popcount(request.options));
    odd += static_cast<unsigned>(std::popcount(unsigned{kShareAll} & ~unsigned{request.share}));
    odd += static_cast<unsigned>(request.target_key.value != 0) +
           static_cast<unsigned>(request.parent_key.value != 0);
    odd += static_cast<unsigned>(request.attributes != 0) +
           static_cast<unsigned>(request.transacted);
    if (request.access == engine::FILE_READ_DATA) return odd;
    return odd + static_cast<unsigned>(std::popcount(request.access));
}

unsigned oddness_of_fsctl(const engine::OplockFsctl& fsctl) {
    if (fsctl.code != FsControlCode::FSCTL_REQUEST_OPLOCK) {
        const unsigned legacy = place_in(kLegacy, fsctl.code);
        return legacy < kLegacy.size() ? legacy : place_in(kAnswers, fsctl.code);
    }
    const bool usual = fsctl.flags == engine::REQUEST_OPLOCK_INPUT_FLAG_ACK ||
                       fsctl.flags == engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST;
    return static_cast<unsigned>(std::popcount(fsctl.requested_oplock_level)) + (usual ? 0 : 3);
}

unsigned oddness_of(const Request& request) {
    unsigned odd = static_cast<unsigned>(plainness(request.kind));
    if (request.kind == RequestKind::create) odd += oddness_of_create(request);
    if (request.kind == RequestKind::oplock_fsctl) odd += oddness_of_fsctl(request.fsctl);
    odd += static_cast<unsigned>(request.data != 0) + static_cast<unsigned>(request.offset != 0) +
           static_cast<unsigned>(request.length > 1) + static_cast<unsigned>(request.paging_io) +
           static_cast<unsigned>(request.lock_key != 0) +
           static_cast<unsigned>(request.replace_if_exists);
    return odd;
}

// Whether `path` is `parent`, or a stream of it, or below it.
bool is_within(const sim::Names& names, sim::PathId path, sim::PathId parent) {
    const sim::Path& inner = names.path(path);
    const sim::Path& outer = names.path(parent);
    if (outer.stream != sim::NameId{}) {
        return inner.components == outer.components && inner.stream == outer.stream;
    }
    return inner.components.size() >= outer.components.size() &&
           std::equal(outer.components.begin(), outer.components.end(),
                      inner.components.begin());
}

// Takes an entry off the volume, with what is in it.
void remove_entry(sim::Case& of, sim::PathId path) {
    std::erase_if(of.links, [&](const auto& link) {
        return is_within(*of.names, link.first, path) || is_within(*of.names, link.second, path);
    });
    std::erase_if(of.volume, [&](const sim::VolumeEntry& entry) {
        return is_within(*of.names, entry.path, path);
    });
}

// Whether a file of that name can be put on the volume: its directory is there, and it is not.
bool is_free(const sim::Case& of, sim::PathId id) {
    const auto& path = of.names->path(id);
    const auto& components = path.components;
    if (components.empty() || path.names_stream) return false;
    const auto in_same_place = [&](const sim::Path& other) {
        return other.components.size() == components.size() &&
               std::equal(components.begin(), components.end() - 1, other.components.begin());
    };
    bool has_directory = components.size() == 1;
    for (const sim::VolumeEntry& entry : of.volume) {
        const sim::Path& other = of.names->path(entry.path);
        const bool named_so =
            other.components == components || entry.short_name == components.back();
        if (in_same_place(other) && named_so) return false;
        has_directory = has_directory ||
                        (entry.directory && other.components.size() + 1 == components.size() &&
                         std::equal(other.components.begin(), other.components.end(),
                                    components.begin()));
    }
    return has_directory && std::ranges::none_of(of.links, [&](const auto& link) {
               return of.names->path(link.second).components == components;
           });
}

void keep_only_named(const Plan& plan, sim::Case& of) {
    const std::vector<sim::PathId> named = named_paths(plan);
    const auto needed = [&](sim::PathId path) {
        return std::ranges::any_of(named, [&](sim::PathId one) {
            return is_within(*of.names, one, path);
        });
    };
    std::vector<sim::PathId> unused;
    for (const sim::VolumeEntry& entry : of.volume) {
        if (!needed(entry.path)) unused.push_back(entry.path);
    }
    for (const sim::PathId path : unused) remove_entry(of, path);
}

}  // namespace

std::vector<sim::PathId> named_paths(const Plan& plan) {
    std::vector<sim::PathId> named;
    for (const sim::Choice turn : plan.turns) {
        const sim::PathId path = plan.of.steps[turn.index].request.path;
        if (path) named.push_back(path);
    }
    for (const auto& [existing, link] : plan.of.links) {
        if (std::ranges::find(named, link) != named.end()) named.push_back(existing);
    }
    return named;
}

std::vector<Plan> plans_with_files(const Plan& plan) {
    std::vector<Plan> found;
    for (const sim::Choice turn : plan.turns) {
        const Step& step = plan.of.steps[turn.index];
        const sim::PathId path = step.request.path;
        const bool makes = turn.kind == sim::Choice::Kind::step &&
                           step.kind == StepKind::request &&
                           step.request.kind == RequestKind::create &&
                           step.request.disposition != engine::CreateDisposition::FILE_OPEN;
        if (!makes) continue;
        if (!is_free(plan.of, path)) continue;
        Plan made = plan;
        sim::VolumeEntry entry;
        entry.path = path;
        entry.directory = (step.request.options & engine::FILE_DIRECTORY_FILE) != 0;
        entry.size = entry.directory ? 0 : sim::kClusterSize;
        made.of.volume.push_back(entry);
        made.of.steps[turn.index].request.disposition = engine::CreateDisposition::FILE_OPEN;
        found.push_back(std::move(made));
    }
    return found;
}

unsigned oddness(const Step& step) {
    switch (step.kind) {
        case StepKind::request: return oddness_of(step.request);
        case StepKind::wait_for:
        case StepKind::cancel: return 6;
        case StepKind::cancel_io:
        case StepKind::exit_thread: return 8;
        case StepKind::kill: return 9;
        case StepKind::advance: return 10;
    }
    return 0;
}

std::vector<Step> plainer_steps(const Plan& plan, StepIndex step) {
    return Simplifier(plan, step).run();
}

std::vector<Plan> plainer_paths(const Plan& plan) {
    const sim::Case& of = plan.of;
    // Nearer to the root, without a stream, shorter.
    const auto order = [&](sim::PathId id) {
        const sim::Path& path = of.names->path(id);
        return std::tuple(path.components.size(), path.stream != sim::NameId{}, path.text.size(),
                          path.text);
    };
    std::vector<sim::PathId> named = named_paths(plan);
    std::ranges::sort(named);
    named.erase(std::unique(named.begin(), named.end()), named.end());
    std::vector<Plan> found;
    for (const sim::PathId path : named) {
        for (const sim::VolumeEntry& entry : of.volume) {
            if (entry.path == path || order(entry.path) >= order(path)) continue;
            Plan made = plan;
            for (sim::Step& step : made.of.steps) {
                if (step.request.path == path) step.request.path = entry.path;
            }
            found.push_back(std::move(made));
        }
    }
    return found;
}

std::vector<Plan> plainer_volumes(const Plan& plan) {
    std::vector<Plan> found;
    const auto change = [&](auto how) {
        Plan made = plan;
        how(made.of);
        found.push_back(std::move(made));
    };
    const sim::Case& of = plan.of;
    if (!of.links.empty()) change([](sim::Case& made) { made.links.clear(); });
    change([&](sim::Case& made) { keep_only_named(plan, made); });
    if (found.back().of.volume.size() == of.volume.size()) found.pop_back();
    for (std::size_t i = of.volume.size(); i-- > 0;) {
        change([&](sim::Case& made) { remove_entry(made, of.volume[i].path); });
    }
    for (std::size_t i = of.links.size(); i-- > 0;) {
        change([&](sim::Case& made) {
            made.links.erase(made.links.begin() + static_cast<std::ptrdiff_t>(i));
        });
    }
    for (std::size_t i = 0; i < of.volume.size(); ++i) {
        const sim::VolumeEntry& entry = of.volume[i];
        sim::VolumeEntry plain;
        plain.path = entry.path;
        plain.directory = entry.directory;
        plain.size = entry.directory ? 0 : sim::kClusterSize;
        const auto set = [&](const sim::VolumeEntry& to) {
            change([&](sim::Case& made) { made.volume[i] = to; });
        };
        if (entry.attributes != 0 || entry.short_name != sim::NameId{} ||
            entry.size != plain.size || entry.allocation_size != 0) {
            set(plain);
        }
        sim::VolumeEntry less = entry;
        less.attributes = 0;
        if (entry.attributes != 0) set(less);
        less = entry;
        less.short_name = {};
        if (entry.short_name != sim::NameId{}) set(less);
        less = entry;
        less.allocation_size = 0;
        if (entry.allocation_size != 0) set(less);
        less.size = plain.size;
        if (entry.size != plain.size) set(less);
    }
    return found;
}

}  // namespace oplocksim::conformance::findings
