// The fingerprint of a rule set: the same however independent steps were interleaved, another one
// whenever a field of the model that verdicts depend on is another.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conformance/rules/rules.h"
#include "sim/canonical_ids.h"
#include "sim/fingerprint.h"
#include "sim/kernel.h"

namespace oplocksim::conformance {
namespace {

using sim::Request;
using sim::RequestKind;

// splitmix64: the same on every machine.
class Random {
 public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint32_t below(std::uint32_t bound) {
        state_ += 0x9E3779B97F4A7C15ull;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return static_cast<std::uint32_t>((z ^ (z >> 31)) % bound);
    }

 private:
    std::uint64_t state_;
};

sim::Fingerprint fingerprint(const RuleSet& rules, const sim::World& world) {
    sim::FingerprintMixer mixer;
    sim::CanonicalIds ids(world, sim::all_threads(world));
    rules.fingerprint(mixer, ids);
    return mixer.result();
}

// A process with two threads that keeps to a directory of its own, so that nothing it does depends
// on another group. What it does next follows from its own past alone.
struct Group {
    Group(std::uint64_t seed) : random(seed) {}
    Random random;
    std::vector<sim::PathId> paths;
    sim::ProcessId process;
    std::array<sim::ThreadId, 2> threads;
};

class Groups {
 public:
    explicit Groups(std::uint64_t seed)
        : names_(std::make_shared<sim::Names>()),
          world_(sim::Kernel::make_world({}, names_)),
          rules_({}, names_),
          groups_{Group(seed * 2), Group(seed * 2 + 1)} {
        for (const char* const top : {"\\a", "\\b"}) {
            paths_.push_back(*names_->intern_path(top));
            for (const char* const name : {"\\f", "\\g", "\\g:s", "\\new"}) {
                paths_.push_back(*names_->intern_path(std::string(top) + name));
            }
        }
        kernel_ = std::make_unique<sim::Kernel>(world_, scheduler_, &rules_);
        for (std::size_t i = 0; i < 2; ++i) {
            const std::size_t base = i * 5;
            kernel_->add_to_volume({paths_[base], true, 0, 0, 0, {}});
            kernel_->add_to_volume({paths_[base + 1], false, 0, 4096, 0, {}});
            kernel_->add_to_volume({paths_[base + 2], false, 0, 4096, 0, {}});
            Group& group = groups_[i];
            for (std::size_t k = 1; k < 5; ++k) group.paths.push_back(paths_[base + k]);
            group.process = kernel_->create_process(names_->intern("client"));
            for (sim::ThreadId& thread : group.threads) {
                thread = kernel_->create_thread(group.process, names_->intern("main"));
            }
        }
    }

    // One step of a group.
    void step(std::size_t which) {
        Group& group = groups_[which];
        const sim::ThreadId thread = group.threads[group.random.below(2)];
        if (group.random.below(20) == 0) return cancel(thread);
        const Request request = next(group);
        const sim::Thread& state = world_.threads[thread];
        if (state.state != sim::ThreadState::running || state.paused) return;
        kernel_->submit(thread, request);
        kernel_->run_until_idle();
        kernel_->clear_completions();
    }

    [[nodiscard]] sim::Fingerprint fingerprint() const {
        return conformance::fingerprint(rules_, world_);
    }
    [[nodiscard]] sim::Fingerprint of_world() const {
        return sim::fingerprint(world_, sim::CanonicalIds(world_, sim::all_threads(world_)));
    }
    [[nodiscard]] const RuleSet& rules() const { return rules_; }
    [[nodiscard]] sim::World& world() { return world_; }

 private:
    void cancel(sim::ThreadId thread) {
        const sim::CanonicalIds ids(world_, sim::all_threads(world_));
        for (const sim::IrpId irp : ids.in_order<sim::IrpId>()) {
            if (world_.irps[irp].thread != thread) continue;
            kernel_->cancel(irp);
            break;
        }
        kernel_->run_until_idle();
        kernel_->clear_completions();
    }

    Request next(Group& group) {
        static constexpr RequestKind kKinds[] = {
            RequestKind::create,       RequestKind::create,       RequestKind::create,
            RequestKind::oplock_fsctl, RequestKind::oplock_fsctl, RequestKind::oplock_fsctl,
            RequestKind::read,         RequestKind::write,        RequestKind::lock,
            RequestKind::unlock,       RequestKind::set_end_of_file, RequestKind::close_handle,
            RequestKind::rename,       RequestKind::create_section};
        Random& random = group.random;
        Request request;
        request.kind = kKinds[random.below(std::size(kKinds))];
        request.path = group.paths[random.below(static_cast<std::uint32_t>(group.paths.size()))];
        request.access = engine::FILE_ALL_ACCESS;
        request.share = static_cast<sim::ShareAccess>(random.below(8));
        if (random.below(3) != 0) request.share = 7;
        request.disposition = random.below(3) == 0 ? sim::CreateDisposition::FILE_OPEN_IF
                                                   : sim::CreateDisposition::FILE_OPEN;
        if (random.below(8) == 0) request.options = engine::FILE_DELETE_ON_CLOSE;
        request.target_key.value = random.below(3);
        request.length = random.below(100);
        request.offset = random.below(3);
        request.replace_if_exists = random.below(2) == 0;
        request.fsctl.code = engine::FsControlCode::FSCTL_REQUEST_OPLOCK;
        static constexpr std::uint32_t kLevels[] = {1, 3, 5, 7, 0};
        request.fsctl.requested_oplock_level = kLevels[random.below(5)];
        request.fsctl.flags = random.below(2) == 0 ? engine::REQUEST_OPLOCK_INPUT_FLAG_ACK
                                                   : engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST;
        request.handle = some_handle(group, random.below(8));
        return request;
    }

    // The handles of a group in the order in which it got them.
    sim::HandleId some_handle(const Group& group, std::uint32_t pick) {
        const sim::CanonicalIds ids(world_, sim::all_threads(world_));
        std::vector<sim::HandleId> own;
        for (const sim::HandleId handle : ids.in_order<sim::HandleId>()) {
            if (world_.handles[handle].process == group.process) own.push_back(handle);
        }
        return own.empty() ? sim::HandleId{} : own[pick % own.size()];
    }

    std::shared_ptr<sim::Names> names_;
    std::vector<sim::PathId> paths_;
    sim::World world_;
    sim::FifoScheduler scheduler_;
    RuleSet rules_;
    std::unique_ptr<sim::Kernel> kernel_;
    std::array<Group, 2> groups_;
};

TEST(RulesFingerprint, DoesNotDependOnHowIndependentStepsAreInterleaved) {
    int different_ids = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Groups in_turn(seed);
        Groups mixed(seed);
        constexpr int kSteps = 40;
        for (int i = 0; i < kSteps; ++i) in_turn.step(0);
        for (int i = 0; i < kSteps; ++i) in_turn.step(1);
        Random order(seed);
        std::array<int, 2> left{kSteps, kSteps};
        while (left[0] + left[1] > 1) {
            const std::size_t who = left[0] == 0 ? 1 : (left[1] <= 1 ? 0 : order.below(2));
            mixed.step(who);
            --left[who];
        }
        mixed.step(1);   // the last step is the same: it is what set off the present
        ASSERT_EQ(in_turn.of_world(), mixed.of_world()) << "seed " << seed;
        EXPECT_EQ(in_turn.fingerprint(), mixed.fingerprint()) << "seed " << seed;
        different_ids += in_turn.rules() == mixed.rules() ? 0 : 1;
    }
    EXPECT_GT(different_ids, 100) << "the interleavings hand out other ids";
}

// ---- Every field matters

// The model is the test's own, so it may be changed; only its accessors are const.
template <typename T>
T& edit(const T& value) {
    return const_cast<T&>(value);
}

struct Change {
    std::string field;
    std::function<void(const Observation&)> apply;
};

using Changes = std::vector<Change>;

// The last IRP, which is the one that waits.
void change_irp(Changes& all) {
    const auto irp = [&](const char* field, auto change) {
        all.push_back({std::string("irp ") + field, [change](const Observation& model) {
                           change(edit(model.irps()[model.irps().size() - 1]));
                       }});
    };
    irp("thread", [](KnownIrp& i) { i.thread.value = 1; });
    irp("process", [](KnownIrp& i) { i.process.value = 1; });
    irp("request", [](KnownIrp& i) { i.request.access ^= 1; });
    irp("open", [](KnownIrp& i) { i.open = 1; });
    irp("link", [](KnownIrp& i) { i.place.link = kNothing; });
    irp("file", [](KnownIrp& i) { i.place.file = 0; });
    irp("stream", [](KnownIrp& i) { i.place.stream ^= 1; });
    irp("known_place", [](KnownIrp& i) { i.known_place = false; });
    irp("pended", [](KnownIrp& i) { i.pended = !i.pended; });
    irp("blocked", [](KnownIrp& i) { i.blocked = !i.blocked; });
    irp("cancelled", [](KnownIrp& i) { i.cancelled = !i.cancelled; });
    irp("cancelled_late", [](KnownIrp& i) { i.cancelled_late = !i.cancelled_late; });
    irp("released", [](KnownIrp& i) { i.released = !i.released; });
    irp("overtaken", [](KnownIrp& i) { i.overtaken = !i.overtaken; });
    irp("conflict", [](KnownIrp& i) { i.conflict = !i.conflict; });
    irp("broke", [](KnownIrp& i) { i.broke = !i.broke; });
    irp("issued", [](KnownIrp& i) { i.issued.value = 0; });
}

void change_answer(Changes& all) {
    const auto answer = [&](const char* field, auto change) {
        all.push_back({std::string("expected ") + field, [change](const Observation& model) {
                           KnownIrp& one = edit(model.irps()[model.irps().size() - 1]);
                           one.pended = false;
                           change(one.expected);
                       }});
    };
    answer("nothing", [](Expected&) {});
    answer("answers", [](Expected& e) { e.answers = kPends; });
    answer("topic", [](Expected& e) { e.topic = AnswerTopic::grant; });
    answer("clause", [](Expected& e) { e.clause = "X"; });
}

void change_open(Changes& all) {
    const auto open = [&](const char* field, auto change) {
        all.push_back({std::string("open ") + field, [change](const Observation& model) {
                           change(edit(model.opens()[0]));
                       }});
    };
    open("process", [](KnownOpen& o) { o.process.value += 100; });
    open("stream", [](KnownOpen& o) { o.stream ^= 1; });
    open("file", [](KnownOpen& o) { o.file = 0; });
    open("link", [](KnownOpen& o) { o.link = kNothing; });
    open("access", [](KnownOpen& o) { o.access ^= 1; });
    open("sharing", [](KnownOpen& o) { o.sharing ^= 1; });
    open("share", [](KnownOpen& o) { o.share ^= 1; });
    open("options", [](KnownOpen& o) { o.options ^= 1; });
    open("target_key", [](KnownOpen& o) { o.target_key.value += 1; });
    open("parent_key", [](KnownOpen& o) { o.parent_key.value += 1; });
    open("transacted", [](KnownOpen& o) { o.transacted = !o.transacted; });
    open("reserved", [](KnownOpen& o) { o.reserved = !o.reserved; });
    open("cleaned_up", [](KnownOpen& o) { o.cleaned_up = !o.cleaned_up; });
}

void change_oplock(Changes& all) {
    const auto oplock = [&](const char* field, std::uint32_t which, auto change) {
        all.push_back({std::string("oplock ") + field, [which, change](const Observation& model) {
                           change(edit(model.oplocks()[which]));
                       }});
    };
    oplock("open", 0, [](KnownOplock& o) { o.open = 2; });
    oplock("stream", 0, [](KnownOplock& o) { o.stream ^= 1; });
    oplock("type", 0, [](KnownOplock& o) { o.type = engine::OplockType::batch; });
    oplock("breaking", 0, [](KnownOplock& o) { o.breaking = !o.breaking; });
    oplock("told", 0, [](KnownOplock& o) { o.told = engine::OplockType::read; });
    oplock("close_pending", 0, [](KnownOplock& o) { o.close_pending = true; });
    oplock("deepened", 0, [](KnownOplock& o) { o.deepened = !o.deepened; });
    oplock("by_section", 0, [](KnownOplock& o) { o.by_section = !o.by_section; });
    oplock("irp", 1, [](KnownOplock& o) { o.irp.value = 3; });
}

void change_the_rest(Changes& all) {
    const auto simple = [&](const char* field, auto change) { all.push_back({field, change}); };
    simple("handle process",
           [](const Observation& m) { edit(*m.handles().begin()).process.value += 9; });
    simple("handle open", [](const Observation& m) { edit(*m.handles().begin()).open = 2; });
    simple("lock open", [](const Observation& m) { edit(m.locks()[0]).open = 1; });
    simple("lock stream", [](const Observation& m) { edit(m.locks()[0]).stream ^= 1; });
    simple("lock offset", [](const Observation& m) { edit(m.locks()[0]).offset += 1; });
    simple("lock length", [](const Observation& m) { edit(m.locks()[0]).length += 1; });
    simple("lock key", [](const Observation& m) { edit(m.locks()[0]).lock_key += 1; });
    simple("lock exclusive", [](const Observation& m) { edit(m.locks()[0]).exclusive ^= true; });
    simple("section process",
           [](const Observation& m) { edit(m.sections()[0]).process.value += 9; });
    simple("section stream", [](const Observation& m) { edit(m.sections()[0]).stream ^= 1; });
    simple("section writable",
           [](const Observation& m) { edit(m.sections()[0]).writable ^= true; });
    simple("thread process",
           [](const Observation& m) { edit(*m.threads().begin()).process.value += 9; });
    simple("thread paused", [](const Observation& m) { edit(*m.threads().begin()).paused = true; });
    simple("thread exited", [](const Observation& m) { edit(*m.threads().begin()).exited = true; });
    simple("late", [](const Observation& m) { edit(m).expect_late({}); });
}

void change_names(Changes& all) {
    const auto simple = [&](const char* field, auto change) { all.push_back({field, change}); };
    simple("file directory",
           [](const Observation& m) { edit(m.names().file(1)).directory = Known::no; });
    simple("link name", [](const Observation& m) { edit(m.names().link(0)).name.value += 9; });
    simple("link short name",
           [](const Observation& m) { edit(m.names().link(0)).short_name.value += 9; });
    simple("link parent", [](const Observation& m) { edit(m.names().link(1)).parent = 0; });
    simple("link delete pending",
           [](const Observation& m) { edit(m.names().link(0)).delete_pending ^= true; });
    simple("link removed", [](const Observation& m) { edit(m.names().link(1)).removed ^= true; });
    simple("stream name", [](const Observation& m) { edit(m.names().stream(0)).name.value += 9; });
    simple("stream delete pending",
           [](const Observation& m) { edit(m.names().stream(0)).delete_pending ^= true; });
    simple("stream removed",
           [](const Observation& m) { edit(m.names().stream(0)).removed ^= true; });
    simple("stream size",
           [](const Observation& m) { edit(m.names().stream(0)).size_at_least += 1; });
}

// One of each kind is changed, field by field.
Changes changes() {
    Changes all;
    change_irp(all);
    change_answer(all);
    change_open(all);
    change_oplock(all);
    change_the_rest(all);
    change_names(all);
    return all;
}

// A model with at least one of everything: two opens, an oplock that is breaking, a granted one
// that came after the create which waits, a lock, a section.
class Populated {
 public:
    Populated() {
        auto names = std::make_shared<sim::Names>();
        file_ = *names->intern_path("\\d\\f");
        other_ = *names->intern_path("\\d\\f:s");
        names_ = names;
        rules_ = std::make_unique<RuleSet>(engine::Semantics{}, names_);
        const auto first = open(1, file_);
        grant(1, first, 7);
        second_ = open(2, other_);
        done(2, on(RequestKind::lock, second_));
        done(2, on(RequestKind::create_section, second_));
        const std::uint32_t waiter = issue(3, create(file_));
        sim::TraceEvent told = event(sim::TraceEventKind::complete, 1, oplock_);
        told.has_output = true;
        told.information = sizeof told.output;
        told.output.original_oplock_level = 7;
        told.output.new_oplock_level = 3;
        told.output.flags = engine::REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED;
        rules_->on_event(told);
        sim::TraceEvent pend = event(sim::TraceEventKind::pend, 3, waiter);
        pend.blocked = true;
        rules_->on_event(pend);
        grant(2, second_, 5);
        pend = event(sim::TraceEventKind::pend, 4, issue(4, create(file_)));
        pend.blocked = true;
        rules_->on_event(pend);
    }
    [[nodiscard]] const RuleSet& rules() const { return *rules_; }

 private:
    static Request on(RequestKind kind, std::uint32_t handle) {
        Request request;
        request.kind = kind;
        request.handle.value = handle;
        request.length = 4;
        return request;
    }
    static Request create(sim::PathId path) {
        Request request;
        request.path = path;
        request.access = engine::FILE_READ_DATA;
        request.share = 7;
        return request;
    }
    sim::TraceEvent event(sim::TraceEventKind kind, std::uint32_t who, std::uint32_t irp) {
        sim::TraceEvent made;
        made.kind = kind;
        made.thread.value = who;
        made.process.value = who;
        made.irp.value = irp;
        return made;
    }
    std::uint32_t issue(std::uint32_t who, const Request& request) {
        sim::TraceEvent made = event(sim::TraceEventKind::issue, who, ++irps_);
        made.request = request;
        made.request_kind = request.kind;
        rules_->on_event(made);
        return irps_;
    }
    std::uint32_t done(std::uint32_t who, const Request& request) {
        sim::TraceEvent made = event(sim::TraceEventKind::complete, who, issue(who, request));
        made.section.value = ++handles_;
        const bool makes_handle = request.kind == RequestKind::create ||
                                  request.kind == RequestKind::duplicate_handle;
        if (makes_handle) made.handle.value = handles_;
        made.information = engine::FILE_OPENED;
        rules_->on_event(made);
        return handles_;
    }
    std::uint32_t open(std::uint32_t who, sim::PathId path) { return done(who, create(path)); }
    void grant(std::uint32_t who, std::uint32_t handle, std::uint32_t level) {
        Request request = on(RequestKind::oplock_fsctl, handle);
        request.fsctl = {engine::FsControlCode::FSCTL_REQUEST_OPLOCK, level,
                         engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST};
        const std::uint32_t irp = issue(who, request);
        if (level == 7) oplock_ = irp;
        rules_->on_event(event(sim::TraceEventKind::pend, who, irp));
    }

    std::shared_ptr<const sim::Names> names_;
    sim::PathId file_;
    sim::PathId other_;
    std::unique_ptr<RuleSet> rules_;
    std::uint32_t second_ = 0;
    std::uint32_t oplock_ = 0;
    std::uint32_t irps_ = 0;
    std::uint32_t handles_ = 0;
};

// Of no world: ids are numbered as they are met, so calling an object otherwise changes nothing,
// and taking another one for it does.
sim::Fingerprint fingerprint(const RuleSet& rules) {
    sim::FingerprintMixer mixer;
    sim::CanonicalIds ids;
    rules.fingerprint(mixer, ids);
    return mixer.result();
}

TEST(RulesFingerprint, EveryFieldOfTheModelMatters) {
    const Populated populated;
    ASSERT_EQ(populated.rules().observation().oplocks().size(), 2u);
    for (const Violation& violation : populated.rules().violations()) {
        ADD_FAILURE() << violation.rule << ": " << violation.observed;
    }
    const sim::Fingerprint before = fingerprint(populated.rules());
    EXPECT_EQ(before, fingerprint(Populated().rules()));
    // What an FSCTL may answer matters only until it is answered: compared with one that is not.
    sim::Fingerprint unanswered;
    for (const Change& change : changes()) {
        const Populated changed;
        change.apply(changed.rules().observation());
        const sim::Fingerprint after = fingerprint(changed.rules());
        if (change.field == "expected nothing") unanswered = after;
        const bool is_first = change.field == "expected nothing";
        const bool answer = change.field.starts_with("expected") && !is_first;
        EXPECT_NE(answer ? unanswered : before, after) << change.field;
    }
}

}  // namespace
}  // namespace oplocksim::conformance
