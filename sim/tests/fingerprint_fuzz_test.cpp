// Random clients, told apart and found equal by their fingerprints.
//
// The clients refer to what they have by its place in their own lists, never by an id, so that the
// same seed does the same in two universes that hand out different ids.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/fingerprint.h"
#include "sim/kernel.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

// splitmix64: the same on every machine.
class Random {
 public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint32_t below(std::size_t bound) {
        state_ += 0x9E3779B97F4A7C15ull;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return static_cast<std::uint32_t>((z ^ (z >> 31)) % bound);
    }
    template <typename T, std::size_t N>
    T pick(const T (&values)[N]) {
        return values[below(N)];
    }
    template <typename T>
    T pick(const std::vector<T>& values) {
        return values.empty() ? T{} : values[below(values.size())];
    }

 private:
    std::uint64_t state_;
};

class RandomScheduler final : public Scheduler {
 public:
    explicit RandomScheduler(Random& random) : random_(random) {}
    std::size_t choose(const World&, std::span<const ReadyItem> choices) override {
        return random_.below(choices.size());
    }

 private:
    Random& random_;
};

// Quiet: three clients. Noisy: the same, but they and the volume are made in another order, and
// between their steps somebody uses up ids, without leaving anything behind.
enum class Noise : std::uint8_t { quiet, noisy };

constexpr std::size_t kClients = 3;
constexpr std::size_t kThreadsPerClient = 2;

class Player {
 public:
    Player(std::uint64_t seed, Profile profile, Noise noise)
        : random_(seed),
          noise_(noise == Noise::noisy),
          noise_random_(seed ^ 0x5EED),
          scheduler_(random_),
          names_(std::make_shared<Names>()),
          world_(Kernel::make_world(semantics_of(profile), names_)),
          kernel_(world_, scheduler_, nullptr, data_) {
        for (const char* text : {"\\f", "\\f:s", "\\d", "\\d\\g", "\\x", "\\d\\y"}) {
            paths_.push_back(*names_->intern_path(text));
        }
        noise_directory_ = *names_->intern_path("\\noise");
        noise_file_ = *names_->intern_path("\\noise\\file");
        noise_new_ = *names_->intern_path("\\noise\\new");
        short_name_ = names_->intern("SHORT~1");
        kernel_.add_to_volume({.path = noise_directory_, .directory = true, .short_name = {}});
        kernel_.add_to_volume({.path = noise_file_, .short_name = {}});
        kernel_.add_to_volume({.path = paths_[0], .size = 5000, .short_name = {}});
        kernel_.add_to_volume({.path = paths_[2], .directory = true, .short_name = {}});
        kernel_.add_to_volume({.path = paths_[3], .size = 100, .short_name = {}});
        threads_.resize(kClients * kThreadsPerClient);
        handles_.resize(kClients);
        processes_.resize(kClients);
        if (noise_) make_noise_maker();
        for (std::size_t i = 0; i < kClients; ++i) {
            make_client(noise_ ? kClients - 1 - i : i);
        }
        if (!noise_) make_noise_maker();
    }

    void step() {
        if (noise_) make_noise();
        const std::size_t index = random_.below(threads_.size());
        const ThreadId thread = threads_[index];
        const std::size_t client = index / kThreadsPerClient;
        switch (random_.below(100)) {
            case 0: kernel_.advance(random_.below(50)); break;
            case 1:
                if (!pending_.empty()) kernel_.cancel(random_.pick(pending_));
                break;
            case 2: kernel_.pause(thread); break;
            case 3:
            case 4: kernel_.resume(thread); break;
            case 5:
                kernel_.submit_at(thread, random_.below(100), request(client), random_.below(5));
                break;
            case 6:
                if (random_.below(8) == 0) end(client);
                break;
            default:
                if (random_.below(2) == 0) static_cast<void>(kernel_.step());
                submit(index, client);
        }
        collect();
    }

    // The roots in the same order in both universes; the noise maker is last.
    [[nodiscard]] std::vector<ThreadId> roots() const {
        std::vector<ThreadId> roots = threads_;
        roots.insert(roots.end(), ended_.begin(), ended_.end());
        roots.push_back(noise_maker_);
        return roots;
    }
    [[nodiscard]] const World& world() const { return world_; }
    // What completed so far, without ids.
    [[nodiscard]] const std::string& log() const { return log_; }

 private:
    void make_client(std::size_t client) {
        processes_[client] = kernel_.create_process(names_->intern("client"));
        for (std::size_t i = 0; i < kThreadsPerClient; ++i) {
            threads_[client * kThreadsPerClient + i] =
                kernel_.create_thread(processes_[client], names_->intern("main"));
        }
    }
    void make_noise_maker() {
        noise_maker_ =
            kernel_.create_thread(kernel_.create_process(names_->intern("n")), names_->intern("n"));
    }

    // A client ends and another one comes in its place.
    void end(std::size_t client) {
        kernel_.terminate_process(processes_[client]);
        handles_[client].clear();
        for (std::size_t i = 0; i < kThreadsPerClient; ++i) {
            ended_.push_back(threads_[client * kThreadsPerClient + i]);
        }
        make_client(client);
    }

    void submit(std::size_t index, std::size_t client) {
        const Thread& state = world_.threads[threads_[index]];
        if (state.state != ThreadState::running || state.paused) return;
        const Submitted submitted = kernel_.submit(threads_[index], request(client));
        if (submitted.outcome != SubmitOutcome::completed) pending_.push_back(submitted.irp);
    }

    Request request(std::size_t client) {
        static constexpr AccessMask kAccess[] = {
            FILE_READ_DATA, FILE_WRITE_DATA, FILE_READ_DATA | FILE_WRITE_DATA | DELETE,
            FILE_READ_ATTRIBUTES, FILE_ALL_ACCESS, FILE_ALL_ACCESS, DELETE};
        static constexpr CreateOptions kOptions[] = {
            0, 0, 0, FILE_COMPLETE_IF_OPLOCKED, FILE_OPEN_REQUIRING_OPLOCK, FILE_DELETE_ON_CLOSE};
        Request r;
        r.kind = static_cast<RequestKind>(random_.below(kRequestKindCount));
        if (random_.below(4) == 0) r.kind = RequestKind::create;
        if (random_.below(4) == 0) r.kind = RequestKind::oplock_fsctl;
        r.disposition =
            static_cast<CreateDisposition>(random_.below(2) == 0 ? 1 : random_.below(6));
        r.share = static_cast<ShareAccess>(random_.below(3) == 0 ? random_.below(8) : 7);
        r.access = random_.pick(kAccess);
        r.options = random_.pick(kOptions);
        r.transacted = random_.below(30) == 0;
        r.replace_if_exists = random_.below(2) == 0;
        r.delete_file = random_.below(2) == 0;
        r.exclusive = random_.below(2) == 0;
        r.fail_immediately = random_.below(2) == 0;
        r.target_key.value = random_.below(4);
        r.parent_key.value = random_.below(4);
        r.path = random_.pick(paths_);
        r.name = random_.below(2) == 0 ? short_name_ : NameId{};
        r.handle = random_.pick(handles_[client]);
        r.target_process = random_.pick(processes_);
        r.section = random_.pick(sections_);
        r.page_protection = random_.below(2) == 0 ? PAGE_READONLY : PAGE_READWRITE;
        r.offset = random_.below(20);
        r.length = random_.below(20);
        r.data = random_.below(3);
        r.fsctl.requested_oplock_level = random_.below(8);
        r.fsctl.flags = random_.below(3) == 0 ? 2 : 1;
        static constexpr FsControlCode kCodes[] = {
            FsControlCode::FSCTL_REQUEST_OPLOCK, FsControlCode::FSCTL_REQUEST_OPLOCK,
            FsControlCode::FSCTL_REQUEST_OPLOCK, FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK,
            FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2, FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK,
            FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY,
            FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING};
        r.fsctl.code = random_.pick(kCodes);
        return r;
    }

    void collect() {
        for (const Completion& completion : kernel_.completions()) {
            const auto thread = std::ranges::find(threads_, completion.thread);
            log_ += std::to_string(thread - threads_.begin()) + ':' +
                    std::to_string(static_cast<std::uint32_t>(completion.status)) + ':' +
                    std::to_string(completion.information) + ' ';
            std::erase(pending_, completion.irp);
            if (completion.section) sections_.push_back(completion.section);
            if (completion.handle && thread != threads_.end()) {
                handles_[static_cast<std::size_t>(thread - threads_.begin()) / kThreadsPerClient]
                    .push_back(completion.handle);
            }
        }
        for (auto& handles : handles_) {
            std::erase_if(handles, [&](HandleId id) { return !world_.handles.contains(id); });
        }
        std::erase_if(sections_, [&](SectionId id) { return !world_.sections.contains(id); });
        std::erase_if(pending_, [&](IrpId id) { return !world_.irps.contains(id); });
        kernel_.clear_completions();
        kernel_.clear_issued();
    }

    // Opens files, makes and deletes one, closes in any order.
    void make_noise() {
        std::vector<HandleId> handles;
        for (std::uint32_t i = 0; i < noise_random_.below(4); ++i) {
            Request create;
            create.path = noise_random_.below(2) == 0 ? noise_file_ : noise_new_;
            create.disposition = CreateDisposition::FILE_OPEN_IF;
            create.access = FILE_READ_DATA | DELETE;
            create.share = FILE_SHARE_READ | FILE_SHARE_DELETE;
            if (create.path == noise_new_) create.options = FILE_DELETE_ON_CLOSE;
            ASSERT_EQ(kernel_.submit(noise_maker_, create).outcome, SubmitOutcome::completed);
            handles.push_back(kernel_.completions().back().handle);
        }
        while (!handles.empty()) {
            Request close;
            close.kind = RequestKind::close_handle;
            close.handle = handles[noise_random_.below(handles.size())];
            std::erase(handles, close.handle);
            static_cast<void>(kernel_.submit(noise_maker_, close));
        }
        kernel_.clear_completions();
    }

    Random random_;
    bool noise_;
    Random noise_random_;
    RandomScheduler scheduler_;
    std::shared_ptr<Names> names_;
    World world_;
    std::vector<std::string> data_{"hello", "WORLD"};
    Kernel kernel_;
    std::vector<PathId> paths_;
    PathId noise_directory_, noise_file_, noise_new_;
    NameId short_name_;
    std::vector<ProcessId> processes_;
    std::vector<ThreadId> threads_;
    std::vector<ThreadId> ended_;
    ThreadId noise_maker_;
    std::vector<std::vector<HandleId>> handles_;   // of each client, in the order they came
    std::vector<SectionId> sections_;
    std::vector<IrpId> pending_;
    std::string log_;
};

class FingerprintFuzz : public ::testing::TestWithParam<Profile> {};

// Equal up to ids: after every step the forms are equal word for word, and so is what completes.
TEST_P(FingerprintFuzz, OtherIdsChangeNothing) {
    int different_ids = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Player quiet(seed, GetParam(), Noise::quiet);
        Player noisy(seed, GetParam(), Noise::noisy);
        CanonicalIds quiet_ids;
        CanonicalIds noisy_ids;
        for (int step = 0; step < 400; ++step) {
            quiet.step();
            noisy.step();
            ASSERT_EQ(quiet.log(), noisy.log()) << "seed " << seed << ", step " << step;
            quiet_ids.assign(quiet.world(), quiet.roots());
            noisy_ids.assign(noisy.world(), noisy.roots());
            ASSERT_EQ(canonical_form(quiet.world(), quiet_ids),
                      canonical_form(noisy.world(), noisy_ids))
                << "seed " << seed << ", step " << step;
            ASSERT_EQ(fingerprint(quiet.world(), quiet_ids),
                      fingerprint(noisy.world(), noisy_ids));
            different_ids += quiet_ids.in_order<HandleId>() != noisy_ids.in_order<HandleId>();
        }
    }
    EXPECT_GT(different_ids, 1000) << "the noise must make a difference, else this shows nothing";
}

INSTANTIATE_TEST_SUITE_P(Profiles, FingerprintFuzz,
                         ::testing::Values(Profile::docs, Profile::ms_fsa, Profile::observed),
                         [](const auto& param) {
                             std::string name(engine::to_string(param.param));
                             std::erase(name, '-');
                             return name;
                         });

// The form, every word in as many bytes as it needs: many are kept.
std::string packed(const CanonicalForm& form) {
    std::string bytes;
    for (std::uint64_t word : form) {
        for (; word >= 0x80; word >>= 7) bytes.push_back(static_cast<char>(word | 0x80));
        bytes.push_back(static_cast<char>(word));
    }
    return bytes;
}

// 400 worlds each; sanitizers and debug builds look at fewer.
#ifdef NDEBUG
constexpr std::uint64_t kSeeds = 250;
#else
constexpr std::uint64_t kSeeds = 40;
#endif

// Two worlds have the same fingerprint only if they have the same form.
TEST(FingerprintFuzz, DifferentWorldsHaveDifferentFingerprints) {
    std::map<Fingerprint, std::string> seen;
    CanonicalIds ids;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        Player player(seed, Profile::docs, Noise::quiet);
        for (int step = 0; step < 400; ++step) {
            player.step();
            ids.assign(player.world(), player.roots());
            std::string form = packed(canonical_form(player.world(), ids));
            form.shrink_to_fit();
            const Fingerprint print = fingerprint(player.world(), ids);
            const auto known = seen.emplace(print, form).first;
            ASSERT_EQ(known->second, form) << "a collision at " << to_string(print);
        }
    }
    EXPECT_GT(seen.size(), kSeeds * 40) << "the clients do too little";
}

}  // namespace
}  // namespace oplocksim::sim
