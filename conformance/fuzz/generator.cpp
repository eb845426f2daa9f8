#include "conformance/fuzz/generator.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "conformance/rules/observation.h"
#include "engine/assert.h"

namespace oplocksim::conformance::fuzz {

using namespace engine;   // the constants of wdm.h, by the names that the field uses
using sim::RequestKind;
using sim::StepKind;

namespace {

constexpr AccessMask kUsualAccess[] = {
    FILE_READ_DATA | FILE_WRITE_DATA | DELETE,
    FILE_READ_DATA | FILE_WRITE_DATA,
    FILE_READ_DATA | FILE_WRITE_DATA,
    FILE_READ_DATA,
    FILE_READ_DATA,
    FILE_WRITE_DATA,
    FILE_READ_DATA | DELETE,
    GENERIC_READ | GENERIC_WRITE,
};
constexpr AccessMask kOddAccess[] = {
    FILE_READ_ATTRIBUTES,
    FILE_READ_ATTRIBUTES | SYNCHRONIZE,
    FILE_WRITE_ATTRIBUTES,
    SYNCHRONIZE,
    READ_CONTROL,
    FILE_READ_ATTRIBUTES | READ_CONTROL,
    WRITE_DAC,
    FILE_EXECUTE,
    FILE_APPEND_DATA,
    FILE_READ_EA | FILE_WRITE_EA,
    FILE_READ_EA,
    DELETE,
    MAXIMUM_ALLOWED,
    GENERIC_ALL,
    FILE_ALL_ACCESS,
    DELETE | FILE_READ_ATTRIBUTES,
    0,
};
constexpr CreateDisposition kDispositions[] = {
    CreateDisposition::FILE_OVERWRITE, CreateDisposition::FILE_OVERWRITE_IF,
    CreateDisposition::FILE_SUPERSEDE, CreateDisposition::FILE_OPEN_IF,
    CreateDisposition::FILE_OPEN_IF,   CreateDisposition::FILE_CREATE,
    CreateDisposition::FILE_OVERWRITE, CreateDisposition::FILE_SUPERSEDE,
};
constexpr std::uint64_t kOffsets[] = {0, 0, 0, 512, 4'096, 8'192, 16'384, 100'000};
constexpr std::uint64_t kLengths[] = {512, 512, 1, 4'096, 10, 8'192, 100, 0};
constexpr std::uint64_t kSizes[] = {0, 100, 4'096, 8'192, 8'192, 16'384, 5'000, 1u << 20};
constexpr std::uint32_t kProtections[] = {sim::PAGE_READWRITE, sim::PAGE_READWRITE,
                                          sim::PAGE_READONLY, sim::PAGE_EXECUTE_READWRITE,
                                          sim::PAGE_WRITECOPY, sim::PAGE_EXECUTE_READ};
constexpr sim::Ticks kDay = 24 * 3'600 * sim::kTicksPerSecond;
constexpr sim::Ticks kDurations[] = {1,
                                     sim::kTicksPerMillisecond,
                                     sim::kTicksPerSecond,
                                     10 * sim::kTicksPerSecond,
                                     35 * sim::kTicksPerSecond,
                                     40 * sim::kTicksPerSecond,
                                     kDay,
                                     365 * kDay};
constexpr std::uint32_t kLevels[] = {0, 1, 3, 5, 7, 2, 4, 6};
// Bits that are none of a level, beside some that are.
constexpr std::uint32_t kOddLevels[] = {0, 1, 3, 5, 7, 2, 4, 6, 8, 0x101, 0x107, 0x8000'0003u};

OplockFsctl request_for(OplockType type) {
    switch (type) {
        case OplockType::level_1: return {FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1, 0, 0};
        case OplockType::level_2: return {FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2, 0, 0};
        case OplockType::batch: return {FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK, 0, 0};
        case OplockType::filter: return {FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK, 0, 0};
        case OplockType::none:
        case OplockType::read:
        case OplockType::read_handle:
        case OplockType::read_write:
        case OplockType::read_write_handle: break;
    }
    return {FsControlCode::FSCTL_REQUEST_OPLOCK, cache_level(type),
            REQUEST_OPLOCK_INPUT_FLAG_REQUEST};
}

OplockFsctl answer_to(const FuzzOpen& open) {
    if (is_granular(open.type)) {
        return {FsControlCode::FSCTL_REQUEST_OPLOCK, cache_level(open.told),
                REQUEST_OPLOCK_INPUT_FLAG_ACK};
    }
    return {FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, 0, 0};
}

RequestKind kind_of(Move move) {
    switch (move) {
        case Move::open: return RequestKind::create;
        case Move::request:
        case Move::acknowledge:
        case Move::acknowledge_nothing:
        case Move::notify: return RequestKind::oplock_fsctl;
        case Move::close:
        case Move::close_again: return RequestKind::close_handle;
        case Move::duplicate: return RequestKind::duplicate_handle;
        case Move::read: return RequestKind::read;
        case Move::write: return RequestKind::write;
        case Move::flush: return RequestKind::flush;
        case Move::lock: return RequestKind::lock;
        case Move::unlock: return RequestKind::unlock;
        case Move::set_end_of_file: return RequestKind::set_end_of_file;
        case Move::set_allocation: return RequestKind::set_allocation;
        case Move::set_valid_data_length: return RequestKind::set_valid_data_length;
        case Move::rename: return RequestKind::rename;
        case Move::link: return RequestKind::link;
        case Move::set_short_name: return RequestKind::set_short_name;
        case Move::set_disposition: return RequestKind::set_disposition;
        case Move::set_basic_information: return RequestKind::set_basic_information;
        case Move::set_security: return RequestKind::set_security;
        case Move::set_encryption: return RequestKind::set_encryption;
        case Move::set_zero_data: return RequestKind::set_zero_data;
        case Move::create_section: return RequestKind::create_section;
        case Move::close_section: return RequestKind::close_section;
        case Move::cancel:
        case Move::cancel_io:
        case Move::exit_thread:
        case Move::wait_for: break;
    }
    OPLOCKSIM_ASSERT(false, "a move that is no request");
}

// The moves that depend on more than whether there is a handle; in the order of the enumeration.
constexpr Move kSpecialMoves[] = {
    Move::open,  Move::request, Move::acknowledge,   Move::close,  Move::close_again,
    Move::unlock, Move::close_section, Move::cancel, Move::exit_thread, Move::wait_for,
};

// The place of the first of `ends` that is beyond `drawn`. Without branches: where that is cannot
// be guessed.
template <std::size_t Count>
std::size_t place_of(std::uint32_t drawn, const std::array<std::uint16_t, Count>& ends) {
    std::size_t place = 0;
    for (const std::uint16_t end : ends) place += end <= drawn ? 1 : 0;
    return place;
}

}  // namespace

void Generator::begin(const Swarm& swarm, Choices& choices, const Situation& situation) {
    swarm_ = &swarm;
    choices_ = &choices;
    situation_ = &situation;
    plain_total_ = 0;
    plain_ends_.fill(0xFFFF);
    std::size_t count = 0;
    for (std::size_t i = 0; i < kMoveCount; ++i) {
        const auto move = static_cast<Move>(i);
        const bool special = std::ranges::find(kSpecialMoves, move) != std::end(kSpecialMoves);
        if (swarm.weights[i] == 0 || special) continue;
        plain_total_ += swarm.weights[i];
        plain_[count] = move;
        plain_ends_[count++] = static_cast<std::uint16_t>(plain_total_);
    }
}

void Generator::look_around(sim::ClientIndex client) {
    client_ = client;
    const std::vector<HandleIndex>& open_handles = situation_->open_handles();
    for (HandleList* const list : {&mine_, &ungranted_, &owing_, &locked_}) {
        list->begin(open_handles.size());
    }
    const bool answers = !swarm_->caches(client);   // who caches answers by itself
    for (const HandleIndex index : open_handles) {
        const FuzzHandle& handle = situation_->handles()[index];
        const FuzzOpen& open = situation_->opens()[handle.open];
        const bool mine = handle.client == client;
        const bool owes = mine & open.owes & answers;
        mine_.add_if(mine, index);
        ungranted_.add_if(mine & (open.grant == sim::kNoStep) & !owes, index);
        owing_.add_if(owes, index);
        locked_.add_if(mine & (open.locks > 0), index);
    }
    sections_.clear();
    for (std::uint16_t i = 0; i < situation_->sections().size(); ++i) {
        if (situation_->sections()[i].client == client) sections_.push_back(i);
    }
}

// Where the weights of kSpecialMoves end, one after another.
Generator::SpecialEnds Generator::special_ends() const {
    const bool full = situation_->open_handles().size() >= swarm_->most_opens;
    const bool any = !mine_.empty();
    const bool pending = !situation_->pending().empty();
    const auto when = [&](bool possible, Move move) { return possible ? weight(move) : 0; };
    const auto half = [&](bool twice, Move move) {
        return twice ? 2 * weight(move) : weight(move) / 2;
    };
    const std::uint32_t lets_go = any ? weight(Move::unlock) / 4 : 0;
    const std::uint32_t weights[] = {
        full ? 0 : half(!any, Move::open),
        when(!ungranted_.empty(), Move::request),
        when(!owing_.empty(), Move::acknowledge),
        any ? half(full, Move::close) : 0,
        when(situation_->has_closed(client_), Move::close_again),
        locked_.empty() ? lets_go : 4 * weight(Move::unlock),
        when(!sections_.empty(), Move::close_section),
        when(pending, Move::cancel),
        weight(Move::exit_thread),
        when(pending, Move::wait_for),
    };
    static_assert(std::size(weights) == std::size(kSpecialMoves) &&
                  std::size(weights) == kSpecialMoveCount);
    SpecialEnds ends;
    std::uint32_t end = 0;
    for (std::size_t i = 0; i < std::size(weights); ++i) {
        ends[i] = static_cast<std::uint16_t>(end += weights[i]);
    }
    return ends;
}

bool Generator::draw(sim::ClientIndex client, sim::ThreadIndex thread, Draft& draft) {
    look_around(client);
    const std::uint32_t plain = mine_.empty() ? 0 : plain_total_;
    const SpecialEnds ends = special_ends();
    const std::uint32_t total = plain + ends.back();
    if (total == 0) return false;
    const std::uint32_t drawn = choices_->below(total);
    const Move move = drawn < plain ? plain_[place_of(drawn, plain_ends_)]
                                    : kSpecialMoves[place_of(drawn - plain, ends)];
    static const Draft kEmpty;
    draft = kEmpty;
    draft.step.thread = thread;
    make(move, draft);
    return true;
}

const Generator::HandleList& Generator::closed_handles() {
    closed_.begin(situation_->handles().size());
    for (HandleIndex i = 0; i < situation_->handles().size(); ++i) {
        const FuzzHandle& handle = situation_->handles()[i];
        closed_.add_if(handle.client == client_ && handle.closed, i);
    }
    return closed_;
}

HandleIndex Generator::one_of(const HandleList& handles) {
    return handles[handles.size() == 1 ? 0 : choices_->below(handles.size())];
}

void Generator::on(Draft& draft, HandleIndex handle) const {
    draft.handle = handle;
    draft.step.on = situation_->handles()[handle].made_by;
}

void Generator::make(Move move, Draft& draft) {
    switch (move) {
        case Move::open: return make_open(draft);
        case Move::request:
        case Move::acknowledge:
        case Move::acknowledge_nothing:
        case Move::notify: return make_fsctl(move, draft);
        case Move::read:
        case Move::write:
        case Move::lock:
        case Move::unlock:
        case Move::set_zero_data: return make_data(move, draft);
        case Move::set_end_of_file:
        case Move::set_allocation:
        case Move::set_valid_data_length:
        case Move::rename:
        case Move::link:
        case Move::set_short_name:
        case Move::set_disposition: return make_information(move, draft);
        case Move::close:
        case Move::close_again:
        case Move::duplicate:
        case Move::flush:
        case Move::set_basic_information:
        case Move::set_security:
        case Move::set_encryption:
        case Move::create_section:
        case Move::close_section: return make_other(move, draft);
        case Move::cancel:
        case Move::cancel_io:
        case Move::exit_thread:
        case Move::wait_for: return make_other_step(move, draft);
    }
}

sim::OplockKey Generator::draw_key(KeyHabit habit) {
    switch (habit) {
        case KeyHabit::none: return {};
        case KeyHabit::one_per_client: return {client_ + 1u};
        case KeyHabit::shared: return {choices_->chance(160) ? 1u : 0u};
        case KeyHabit::any: return {choices_->below(4)};
    }
    OPLOCKSIM_ASSERT(false, "a key habit outside its enumeration");
}

void Generator::draw_access(sim::Request& request) {
    request.access = choices_->chance(swarm_->odd_access) ? choices_->pick(kOddAccess)
                                                          : choices_->pick(kUsualAccess);
    request.share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    if (choices_->chance(swarm_->sharing)) {
        request.share = static_cast<ShareAccess>(choices_->below(8));
    }
    if (choices_->chance(swarm_->overwriting)) request.disposition = choices_->pick(kDispositions);
}

void Generator::draw_options(sim::Request& request) {
    const auto option = [&](std::uint8_t often, CreateOptions flag) {
        if (often != 0 && choices_->chance(often)) request.options |= flag;
    };
    option(swarm_->complete_if_oplocked, FILE_COMPLETE_IF_OPLOCKED);
    option(swarm_->requiring_oplock, FILE_OPEN_REQUIRING_OPLOCK);
    option(swarm_->reserve_opfilter, FILE_RESERVE_OPFILTER);
    option(swarm_->synchronous, FILE_SYNCHRONOUS_IO_NONALERT);
    option(swarm_->delete_on_close, FILE_DELETE_ON_CLOSE);
    // Mostly what these need.
    if ((request.options & FILE_SYNCHRONOUS_IO_NONALERT) != 0) request.access |= SYNCHRONIZE;
    if ((request.options & FILE_DELETE_ON_CLOSE) != 0) request.access |= DELETE;
    if (swarm_->transacted != 0) request.transacted = choices_->chance(swarm_->transacted);
    if (swarm_->odd_arguments != 0 && choices_->chance(swarm_->odd_arguments)) {
        static constexpr std::uint32_t kAttributes[] = {
            sim::FILE_ATTRIBUTE_READONLY, sim::FILE_ATTRIBUTE_HIDDEN, 0, 0};
        static constexpr CreateOptions kOptions[] = {
            0, FILE_NON_DIRECTORY_FILE, FILE_NO_INTERMEDIATE_BUFFERING, FILE_OPEN_REPARSE_POINT,
            FILE_DIRECTORY_FILE, FILE_RESERVE_OPFILTER | FILE_COMPLETE_IF_OPLOCKED,
            FILE_WRITE_THROUGH, FILE_OPEN_FOR_BACKUP_INTENT};
        request.attributes = choices_->pick(kAttributes);
        request.options |= choices_->pick(kOptions);
    }
}

void Generator::make_open(Draft& draft) {
    const Theme& theme = universe().themes[swarm_->theme];
    const auto count = static_cast<std::uint32_t>(theme.places.size());
    draft.place = theme.places[choices_->chance(112) ? 0 : choices_->below(count)];
    const Place& place = universe().places[draft.place];
    sim::Request& request = draft.step.request;
    request.kind = RequestKind::create;
    request.path = place.path;
    draw_access(request);
    draw_options(request);
    if (place.directory) {
        request.options |= FILE_DIRECTORY_FILE;
        request.options &= ~(FILE_RESERVE_OPFILTER | FILE_NON_DIRECTORY_FILE |
                             FILE_NO_INTERMEDIATE_BUFFERING);
        if (overwrites(request.disposition)) {
            request.disposition = CreateDisposition::FILE_OPEN_IF;
        }
    }
    request.target_key = draw_key(swarm_->keys);
    request.parent_key = draw_key(swarm_->parent_keys);
}

void Generator::draw_request(OplockFsctl& fsctl, bool directory) {
    if (choices_->chance(swarm_->odd_arguments)) {
        static constexpr std::uint32_t kFlags[] = {0, 1, 1, 1, 2, 3, 4, 5};
        fsctl = {FsControlCode::FSCTL_REQUEST_OPLOCK, choices_->pick(kOddLevels),
                 choices_->pick(kFlags)};
        return;
    }
    std::uint32_t types = swarm_->types;
    // R and RH are what a directory can have.
    constexpr std::uint32_t kOfDirectories = 1u << 4 | 1u << 5;
    if (directory && !choices_->chance(32)) {
        types = (types & kOfDirectories) != 0 ? types & kOfDirectories : kOfDirectories;
    }
    std::uint32_t drawn = choices_->below(static_cast<std::uint32_t>(std::popcount(types)));
    for (; drawn > 0; --drawn) types &= types - 1;
    fsctl = request_for(static_cast<OplockType>(1 + std::countr_zero(types)));
}

void Generator::draw_answer(OplockFsctl& fsctl, const FuzzOpen& open) {
    fsctl = answer_to(open);
    if (!choices_->chance(swarm_->wrong_answers)) return;
    static constexpr OplockFsctl kLegacy[] = {
        {FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2, 0, 0},
        {FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING, 0, 0},
        {FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, 0, 0},
    };
    const bool other_kind = choices_->chance(24);
    if (is_granular(open.type) == other_kind) {
        fsctl = choices_->pick(kLegacy);
        return;
    }
    static constexpr std::uint32_t kFlags[] = {2, 2, 2, 2, 2, 6, 6, 3};
    fsctl = {FsControlCode::FSCTL_REQUEST_OPLOCK, choices_->pick(kLevels), choices_->pick(kFlags)};
}

void Generator::make_fsctl(Move move, Draft& draft) {
    draft.step.request.kind = RequestKind::oplock_fsctl;
    OplockFsctl& fsctl = draft.step.request.fsctl;
    if (move == Move::request) {
        on(draft, one_of(ungranted_));
    } else {
        on(draft, one_of(move == Move::acknowledge ? owing_ : mine_));
    }
    draw_fsctl(move, situation_->opens()[situation_->handles()[draft.handle].open], fsctl);
    // A client that caches answers by itself.
    const bool answers = fsctl_kind(fsctl) == FsctlKind::acknowledgment;
    if (answers && swarm_->caches(client_)) fsctl = request_for(OplockType::read_handle);
}

void Generator::draw_fsctl(Move move, const FuzzOpen& open, OplockFsctl& fsctl) {
    if (move == Move::request) return draw_request(fsctl, open.directory);
    if (move == Move::notify) {
        fsctl = {FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY, 0, 0};
        return;
    }
    draw_answer(fsctl, open);
    // A request where something is granted: the switch to another handle, or a refusal.
    if (move == Move::acknowledge_nothing && choices_->chance(128)) {
        draw_request(fsctl, open.directory);
    }
}

void Generator::make_data(Move move, Draft& draft) {
    sim::Request& request = draft.step.request;
    request.kind = kind_of(move);
    const bool gives_back = move == Move::unlock && !locked_.empty();
    on(draft, one_of(gives_back ? locked_ : mine_));
    request.offset = choices_->pick(kOffsets);
    request.length = choices_->pick(kLengths);
    if (move == Move::read || move == Move::write) {
        request.paging_io = choices_->chance(swarm_->odd_arguments);
    }
    // Who caches reads again what it has read before, and that may be old by then.
    if (move == Move::read && swarm_->caches(client_) && choices_->chance(160)) {
        request.offset = 0;
        request.length = 100;
    }
    if (move == Move::write && request.length != 0) {
        const auto kinds = static_cast<std::uint32_t>(universe().data.size());
        request.data = 1 + choices_->below(kinds);
        request.length = universe().data[request.data - 1].size();
    }
    if (move == Move::lock) {
        request.exclusive = !choices_->chance(96);
        request.fail_immediately = choices_->chance(128);
        if (request.length == 0) request.length = 1;
    }
    if (gives_back && !choices_->chance(swarm_->odd_arguments)) {
        const FuzzOpen& open = situation_->opens()[situation_->handles()[draft.handle].open];
        request.offset = open.lock_offset;
        request.length = open.lock_length;
    }
}

void Generator::make_information(Move move, Draft& draft) {
    sim::Request& request = draft.step.request;
    request.kind = kind_of(move);
    on(draft, one_of(mine_));
    const Theme& theme = universe().themes[swarm_->theme];
    if (move == Move::rename || move == Move::link) {
        const std::vector<PlaceIndex>& to = choices_->chance(128) ? theme.new_names : theme.places;
        const auto count = static_cast<std::uint32_t>(to.size());
        request.path = universe().places[to[choices_->below(count)]].path;
        // A name that is a stream's is seldom right.
        if (universe().names->path(request.path).names_stream &&
            !choices_->chance(swarm_->odd_arguments)) {
            request.path = universe().places[theme.new_names.back()].path;
        }
        request.replace_if_exists = choices_->chance(160);
    } else if (move == Move::set_short_name) {
        const auto count = static_cast<std::uint32_t>(universe().short_names.size());
        request.name = universe().short_names[choices_->below(count)];
    } else if (move == Move::set_disposition) {
        request.delete_file = !choices_->chance(64);
    } else {
        request.length = choices_->pick(kSizes);
        if (move == Move::set_end_of_file) {
            request.lazy_writer = choices_->chance(swarm_->odd_arguments);
        }
    }
}

void Generator::make_other(Move move, Draft& draft) {
    sim::Request& request = draft.step.request;
    request.kind = kind_of(move);
    if (move == Move::close_section) {
        const auto count = static_cast<std::uint32_t>(sections_.size());
        draft.section = sections_[choices_->below(count)];
        draft.step.on = situation_->sections()[draft.section].made_by;
        return;
    }
    on(draft, one_of(move == Move::close_again ? closed_handles() : mine_));
    if (move == Move::duplicate) {
        draft.step.client = choices_->chance(128)
                                ? client_
                                : static_cast<sim::ClientIndex>(choices_->below(swarm_->clients));
    }
    if (move == Move::create_section) request.page_protection = choices_->pick(kProtections);
}

// A pending operation; if `waiting_first`, mostly one that is no granted request.
sim::StepIndex Generator::draw_pending(bool waiting_first) {
    const std::vector<sim::StepIndex>& pending = situation_->pending();
    const auto count = static_cast<std::uint32_t>(pending.size());
    const std::uint32_t first = choices_->below(count);
    if (!waiting_first) return pending[first];
    for (std::uint32_t i = 0; i < count; ++i) {
        const sim::StepIndex one = pending[(first + i) % count];
        if (!situation_->operations()[one].granted) return one;
    }
    return pending[first];
}

void Generator::make_other_step(Move move, Draft& draft) {
    if (move == Move::cancel) {
        draft.step.kind = StepKind::cancel;
        draft.step.subject = draw_pending(choices_->chance(192));
    } else if (move == Move::cancel_io) {
        draft.step.kind = StepKind::cancel_io;
        on(draft, one_of(mine_));
    } else if (move == Move::exit_thread) {
        draft.step.kind = StepKind::exit_thread;
    } else {
        draft.step.kind = StepKind::wait_for;
        draft.step.subject = draw_pending(true);
    }
}

void Generator::draw_world(Draft& draft) {
    draft = Draft{};
    const std::uint32_t what = choices_->below(8);
    if (what < 2 && !situation_->pending().empty()) {
        draft.step.kind = StepKind::cancel;
        draft.step.subject = draw_pending(what == 0);
    } else if (what == 2) {
        draft.step.kind = StepKind::kill;
        draft.step.client = static_cast<sim::ClientIndex>(choices_->below(swarm_->clients));
    } else {
        draft.step.kind = StepKind::advance;
        draft.step.duration = choices_->pick(kDurations);
    }
}

void Generator::answer(sim::ThreadIndex thread, HandleIndex handle, Draft& draft) {
    draft = Draft{};
    draft.step.thread = thread;
    draft.step.request.kind = RequestKind::oplock_fsctl;
    on(draft, handle);
    draft.step.request.fsctl =
        answer_to(situation_->opens()[situation_->handles()[handle].open]);
}

}  // namespace oplocksim::conformance::fuzz
