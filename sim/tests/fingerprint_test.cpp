#include "sim/fingerprint.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <set>

#include "sim/tests/test_kernel.h"

namespace oplocksim::sim {
namespace {

using namespace engine;

// ---- The mixer. ---------------------------------------------------------------------------------

Fingerprint mixed(std::initializer_list<std::uint64_t> words) {
    FingerprintMixer mixer;
    for (const std::uint64_t word : words) mixer.add(word);
    return mixer.result();
}

// Reckoned from the definition in fingerprint.h with Python's integers: the same everywhere.
TEST(FingerprintMixer, IsTheSameOnEveryMachine) {
    EXPECT_EQ(to_string(mixed({})), "b072fd01e418b1019e99a0dda282b158");
    EXPECT_EQ(to_string(mixed({0})), "7e392587e8369e0443ed029c01af250d");
    EXPECT_EQ(to_string(mixed({1, 2, 0xFFFFFFFFFFFFFFFFull})), "8f30f7849c40ddf667684a10548e6a68");
    FingerprintMixer bytes;
    bytes.add_bytes("oplocks break");
    EXPECT_EQ(bytes.result(), mixed({13, 0x20736B636F6C706Full, 0x6B61657262ull}));
}

TEST(FingerprintMixer, OrderNumberAndEveryWordCount) {
    EXPECT_NE(mixed({1, 2}), mixed({2, 1}));
    EXPECT_NE(mixed({}), mixed({0}));
    EXPECT_NE(mixed({0}), mixed({0, 0}));
    FingerprintMixer a;
    FingerprintMixer b;
    a.add_bytes("ab");
    a.add_bytes("c");
    b.add_bytes("a");
    b.add_bytes("bc");
    EXPECT_NE(a.result(), b.result());
}

// A changed bit anywhere changes each bit of the result in half of the cases.
TEST(FingerprintMixer, SpreadsEveryBit) {
    constexpr int kRounds = 512;
    for (const int position : {0, 1, 7}) {
        for (int bit = 0; bit < 64; ++bit) {
            int flips[128] = {};
            for (int round = 0; round < kRounds; ++round) {
                FingerprintMixer plain;
                FingerprintMixer changed;
                for (int i = 0; i < 8; ++i) {
                    // Small numbers, as a world is made of.
                    const auto word = static_cast<std::uint64_t>(round * (2 * i + 1) % 1024);
                    plain.add(word);
                    changed.add(word ^ (i == position ? 1ull << bit : 0));
                }
                const Fingerprint x = plain.result();
                const Fingerprint y = changed.result();
                for (int k = 0; k < 64; ++k) {
                    flips[k] += static_cast<int>(((x.low ^ y.low) >> k) & 1);
                    flips[64 + k] += static_cast<int>(((x.high ^ y.high) >> k) & 1);
                }
            }
            // Six and a half standard deviations of a binomial distribution: 24,576 are looked at.
            for (const int count : flips) EXPECT_NEAR(count, kRounds / 2, 74);
        }
    }
}

// All short sequences of small numbers, and of single bits: no two collide in half of the bits,
// and in 28 bits as many do as for a random function.
TEST(FingerprintMixer, HasNoCollisionsAmongSimpleSequences) {
    std::vector<std::uint64_t> words;
    for (std::uint64_t i = 0; i < 24; ++i) words.push_back(i);
    for (int bit = 6; bit < 64; bit += 2) words.push_back(1ull << bit);
    std::vector<std::uint64_t> low;
    std::vector<std::uint64_t> high;
    const auto add = [&](const Fingerprint& fingerprint) {
        low.push_back(fingerprint.low);
        high.push_back(fingerprint.high);
    };
    for (const std::uint64_t a : words) {
        add(mixed({a}));
        for (const std::uint64_t b : words) {
            add(mixed({a, b}));
            for (const std::uint64_t c : words) add(mixed({a, b, c}));
        }
    }
    const auto collisions = [](std::vector<std::uint64_t> values, int bits) {
        for (std::uint64_t& value : values) value >>= 64 - bits;
        std::ranges::sort(values);
        const auto repeated = std::unique(values.begin(), values.end());
        return static_cast<double>(values.end() - repeated);
    };
    // n*n / 2 / 2^28 for n = 151,739: 43, with a standard deviation of about 7.
    const double n = static_cast<double>(low.size());
    const double expected = n * n / 2 / 268435456.0;
    for (const auto& values : {low, high}) {
        EXPECT_EQ(collisions(values, 64), 0);
        EXPECT_NEAR(collisions(values, 28), expected, 35);
    }
}

TEST(Fingerprint, IsOrderedAndReadable) {
    const Fingerprint one{0, 1};
    const Fingerprint two{1, 0};
    EXPECT_LT(one, two);
    EXPECT_EQ(to_string(one), "00000000000000000000000000000001");
    EXPECT_EQ(to_string(Fingerprint{0x0123456789abcdefull, 0xfedcba9876543210ull}),
              "0123456789abcdeffedcba9876543210");
}

// ---- Worlds. ------------------------------------------------------------------------------------

Fingerprint fingerprint_of(const World& world, const std::vector<ThreadId>& threads,
                           KeyNames keys = KeyNames::exact) {
    return fingerprint(world, CanonicalIds(world, threads, keys));
}
Fingerprint fingerprint_of(const World& world) { return fingerprint_of(world, all_threads(world)); }

class WorldFingerprint : public KernelTest {
 protected:
    WorldFingerprint() {
        file("\\f");
        file("\\g");
    }
    // A second universe that starts from here.
    World elsewhere(const std::function<void(Kernel&)>& run) {
        World world = world_;
        Kernel kernel(world, scheduler_, nullptr, data_);
        run(kernel);
        kernel.check_invariants();
        return world;
    }
    HandleId opened(Kernel& kernel, ThreadId thread, std::string_view text, std::uint32_t key = 0,
                    AccessMask access = FILE_READ_DATA) {
        Request request = create_request(text, access);
        request.target_key.value = key;
        EXPECT_EQ(kernel.submit(thread, request).outcome, SubmitOutcome::completed);
        return kernel.completions().back().handle;
    }
};

TEST_F(WorldFingerprint, CopiesAreEqual) {
    grant(ta_, level(open(ta_, "\\f"), kRWH));
    const World copy = world_;
    EXPECT_EQ(fingerprint_of(copy), fingerprint_of(world_));
    EXPECT_NE(fingerprint_of(elsewhere([](Kernel&) {})),
              fingerprint_of(elsewhere([&](Kernel& k) { opened(k, ta_, "\\g"); })));
}

TEST_F(WorldFingerprint, TheOrderOfIndependentOperationsIsForgotten) {
    const auto run = [this](std::initializer_list<ThreadId> order) {
        return elsewhere([&](Kernel& kernel) {
            for (const ThreadId thread : order) {
                const HandleId handle = opened(kernel, thread, thread == ta_ ? "\\f" : "\\g");
                static_cast<void>(kernel.submit(thread, level(handle, kRH)));
            }
        });
    };
    const World a_first = run({ta_, tb_});
    const World b_first = run({tb_, ta_});
    EXPECT_FALSE(a_first == b_first) << "the raw ids differ, else this shows nothing";
    EXPECT_EQ(fingerprint_of(a_first), fingerprint_of(b_first));
}

TEST_F(WorldFingerprint, WhoMadeWhichNameFirstIsForgotten) {
    const auto make = [this](Kernel& kernel, const char* text) {
        Request request = create_request(text);
        request.disposition = CreateDisposition::FILE_CREATE;
        EXPECT_EQ(kernel.submit(ta_, request).outcome, SubmitOutcome::completed);
        Request close;
        close.kind = RequestKind::close_handle;
        close.handle = kernel.completions().back().handle;
        EXPECT_EQ(kernel.submit(ta_, close).outcome, SubmitOutcome::completed);
    };
    const auto run = [&](std::initializer_list<const char*> order) {
        return elsewhere([&](Kernel& kernel) {
            for (const char* text : order) make(kernel, text);
        });
    };
    const World one = run({"\\aa", "\\zz", "\\mm"});
    EXPECT_EQ(fingerprint_of(one), fingerprint_of(run({"\\mm", "\\zz", "\\aa"})));
    EXPECT_NE(fingerprint_of(one), fingerprint_of(run({"\\aa", "\\zz"})));
}

TEST_F(WorldFingerprint, TheOrderOfOpensOfOneFileIsForgotten) {
    const auto run = [this](std::initializer_list<ThreadId> order) {
        return fingerprint_of(elsewhere([&](Kernel& kernel) {
            for (const ThreadId thread : order) opened(kernel, thread, "\\f");
        }));
    };
    EXPECT_EQ(run({ta_, tb_}), run({tb_, ta_}));
}

TEST_F(WorldFingerprint, TheOrderOfSharedGrantsIsKept) {
    // Owners are told of a break in the order of their grants.
    const auto run = [this](std::initializer_list<ThreadId> order) {
        return fingerprint_of(elsewhere([&](Kernel& kernel) {
            std::vector<HandleId> handles{opened(kernel, ta_, "\\f"), opened(kernel, tb_, "\\f")};
            for (const ThreadId thread : order) {
                static_cast<void>(kernel.submit(thread, level(handles[thread == tb_], kR)));
            }
        }));
    };
    EXPECT_NE(run({ta_, tb_}), run({tb_, ta_}));
}

TEST_F(WorldFingerprint, TheOrderOfHandlesIsKept) {
    // They are closed oldest first.
    const auto run = [this](std::initializer_list<const char*> order) {
        return fingerprint_of(elsewhere([&](Kernel& kernel) {
            for (const char* text : order) opened(kernel, ta_, text);
        }));
    };
    EXPECT_NE(run({"\\f", "\\g"}), run({"\\g", "\\f"}));
}

TEST_F(WorldFingerprint, TheOrderOfByteRangeLocksIsForgotten) {
    const HandleId a = open(ta_, "\\f", FILE_READ_DATA | FILE_WRITE_DATA);
    const auto run = [&](std::initializer_list<std::uint64_t> offsets) {
        return fingerprint_of(elsewhere([&](Kernel& kernel) {
            for (const std::uint64_t offset : offsets) {
                Request request = on(RequestKind::lock, a);
                request.offset = offset;
                static_cast<void>(kernel.submit(ta_, request));
            }
        }));
    };
    EXPECT_EQ(run({10, 20, 30}), run({30, 10, 20}));
    EXPECT_NE(run({10, 20, 30}), run({10, 20, 31}));
}

TEST_F(WorldFingerprint, IdsThatWereUsedBeforeAreForgotten) {
    const World fresh = elsewhere([&](Kernel& kernel) { opened(kernel, ta_, "\\f"); });
    const World used = elsewhere([&](Kernel& kernel) {
        const HandleId first = opened(kernel, tb_, "\\f");
        const HandleId second = opened(kernel, tb_, "\\g");
        static_cast<void>(kernel.submit(tb_, on(RequestKind::close_handle, first)));
        opened(kernel, ta_, "\\f");
        static_cast<void>(kernel.submit(tb_, on(RequestKind::close_handle, second)));
    });
    EXPECT_FALSE(fresh == used);
    EXPECT_EQ(fingerprint_of(fresh), fingerprint_of(used));
}

TEST_F(WorldFingerprint, InterchangeableClientsChangePlacesInTheList) {
    const auto run = [this](ThreadId owner, ThreadId other) {
        return elsewhere([&](Kernel& kernel) {
            const HandleId handle = opened(kernel, owner, "\\f");
            static_cast<void>(kernel.submit(owner, level(handle, kRWH)));
            static_cast<void>(kernel.submit(other, create_request("\\f")));   // waits
        });
    };
    const World a_owns = run(ta_, tb_);
    const World b_owns = run(tb_, ta_);
    EXPECT_EQ(fingerprint_of(a_owns, {ta_, tb_}), fingerprint_of(b_owns, {tb_, ta_}));
    EXPECT_NE(fingerprint_of(a_owns, {ta_, tb_}), fingerprint_of(b_owns, {ta_, tb_}));
}

TEST_F(WorldFingerprint, KeysAreInterchangeableIfTheCallerSaysSo) {
    const auto run = [this](std::uint32_t a_key, std::uint32_t b_key) {
        return elsewhere([&](Kernel& kernel) {
            const HandleId a = opened(kernel, ta_, "\\f", a_key);
            opened(kernel, tb_, "\\f", b_key);
            static_cast<void>(kernel.submit(ta_, level(a, kRH)));
        });
    };
    const std::vector<ThreadId> threads{ta_, tb_};
    const auto renamed = [&](const World& world) {
        return fingerprint_of(world, threads, KeyNames::interchangeable);
    };
    EXPECT_EQ(renamed(run(1, 2)), renamed(run(7, 3)));
    EXPECT_NE(renamed(run(1, 2)), renamed(run(1, 1)));
    EXPECT_NE(renamed(run(1, 2)), renamed(run(1, 0)));
    EXPECT_NE(fingerprint_of(run(1, 2)), fingerprint_of(run(7, 3)));
}

TEST_F(WorldFingerprint, NumbersServeCallersToo) {
    const HandleId a = open(ta_, "\\f");
    const HandleId b = open(tb_, "\\g");
    const HandleId gone = open(tb_, "\\g");
    close(tb_, gone);
    CanonicalIds ids(world_, std::vector<ThreadId>{tb_, ta_});
    EXPECT_EQ(ids.number(HandleId{}), 0u);
    EXPECT_EQ(ids.number(tb_), 1u);
    EXPECT_EQ(ids.number(b), 1u);
    EXPECT_EQ(ids.number(a), 2u);
    EXPECT_EQ(ids.in_order<HandleId>(), (std::vector<HandleId>{b, a}));
    EXPECT_EQ(ids.number(gone), CanonicalIds::kUnknown);
    EXPECT_EQ(ids.number_or_add(gone), CanonicalIds::kFirstGone);
    EXPECT_EQ(ids.number(gone), CanonicalIds::kFirstGone);
    ids.assign(world_, std::vector<ThreadId>{ta_, tb_});   // the buffers are used again
    EXPECT_EQ(ids.number(a), 1u);
    EXPECT_EQ(ids.number(gone), CanonicalIds::kUnknown);
}

}  // namespace
}  // namespace oplocksim::sim
