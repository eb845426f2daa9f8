#include "conformance/rules/known_bytes.h"

#include <gtest/gtest.h>

#include <array>

#include "sim/random.h"

namespace oplocksim::conformance {
namespace {

TEST(KnownBytes, NothingIsKnownAtFirst) {
    const KnownBytes bytes;
    const auto comparison = bytes.compare({0, 10}, "anything");
    EXPECT_EQ(comparison.known, 0u);
    EXPECT_FALSE(comparison.difference.has_value());
    EXPECT_FALSE(bytes.size().has_value());
}

TEST(KnownBytes, FindsTheFirstByteThatIsAnother) {
    KnownBytes bytes;
    bytes.clear(100);
    bytes.set_bytes({10, 15}, "hello");
    EXPECT_FALSE(bytes.compare({8, 17}, std::string("\0\0hello", 7)).difference.has_value());
    const auto comparison = bytes.compare({10, 15}, "help!");
    EXPECT_EQ(comparison.difference, 13u);
    EXPECT_EQ(comparison.expected, 'l');
    EXPECT_EQ(bytes.compare({0, 3}, std::string("\0x", 2)).difference, 1u) << "zeros";
    EXPECT_EQ(bytes.compare({10, 15}, "").difference, 10u) << "what is left out is zeros";
}

TEST(KnownBytes, KeepsNoMoreThanItsBound) {
    KnownBytes bytes;
    bytes.set_bytes({0, kMaxKnownBytes}, std::string(kMaxKnownBytes, 'x'));
    bytes.set_bytes({kMaxKnownBytes, kMaxKnownBytes + 1}, "y");
    EXPECT_EQ(bytes.compare({0, kMaxKnownBytes + 1}, "").known, kMaxKnownBytes);
}

// Against one that knows each byte by itself.
TEST(KnownBytes, AgreesWithAListOfBytes) {
    constexpr std::size_t kSize = 48;
    sim::Random random(7);
    for (int round = 0; round < 300; ++round) {
        KnownBytes bytes;
        std::array<int, kSize> model{};
        model.fill(-1);
        for (int step = 0; step < 20; ++step) {
            const std::uint64_t begin = random.below(kSize);
            const auto left = static_cast<std::uint32_t>(kSize - begin);
            const std::uint64_t end = begin + random.below(left + 1);
            const ByteRange range{begin, end};
            std::string text(end - begin, static_cast<char>('a' + random.below(3)));
            const auto each = [&](auto&& change) {
                for (std::uint64_t i = begin; i < end; ++i) change(model[i], i - begin);
            };
            switch (random.below(4)) {
                case 0:
                    bytes.forget(range);
                    each([](int& byte, std::uint64_t) { byte = -1; });
                    break;
                case 1:
                    bytes.set_zeros(range);
                    each([](int& byte, std::uint64_t) { byte = 0; });
                    break;
                case 2:
                    text.resize(text.size() / 2);   // the rest is zeros
                    bytes.set_bytes(range, text);
                    each([&](int& byte, std::uint64_t i) { byte = i < text.size() ? text[i] : 0; });
                    break;
                default:
                    bytes.forget_zeros(range);
                    each([](int& byte, std::uint64_t) { byte = byte == 0 ? -1 : byte; });
                    break;
            }
            for (std::uint64_t i = 0; i < kSize; ++i) {
                for (const char probe : {'\0', 'a', 'b', 'c'}) {
                    const std::string one(1, probe);
                    const auto comparison = bytes.compare({i, i + 1}, one);
                    ASSERT_EQ(comparison.known, model[i] < 0 ? 0u : 1u);
                    ASSERT_EQ(comparison.difference.has_value(),
                              model[i] >= 0 && model[i] != probe);
                }
            }
        }
    }
}

}  // namespace
}  // namespace oplocksim::conformance
