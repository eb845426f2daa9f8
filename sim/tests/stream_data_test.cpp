#include "sim/stream_data.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace oplocksim::sim {
namespace {

TEST(StreamData, TouchingExtentsBecomeOne) {
    Stream stream;
    store_bytes(stream, 0, "ab");
    store_bytes(stream, 4, "ef");
    EXPECT_EQ(stream.extents.size(), 2u);
    store_bytes(stream, 2, "cd");
    ASSERT_EQ(stream.extents.size(), 1u);
    EXPECT_EQ(stream.extents[0].bytes, "abcdef");
    EXPECT_EQ(stored_bytes(stream), 6u);
}

TEST(StreamData, TruncationForgets) {
    Stream stream;
    stream.size = 6;
    stream.valid_data_length = 6;
    store_bytes(stream, 0, "abcdef");
    set_size(stream, 2);
    set_size(stream, 4);
    EXPECT_EQ(load_bytes(stream, 0, 4), std::string("ab\0\0", 4));
    EXPECT_EQ(stream.valid_data_length, 2u);
}


RC_GTEST_PROP(StreamData, AgreesWithAString, ()) {
    const auto pieces = *rc::gen::container<std::vector<std::pair<std::uint8_t, std::uint8_t>>>(
        rc::gen::pair(rc::gen::inRange<std::uint8_t>(0, 40),
                      rc::gen::inRange<std::uint8_t>(0, 24)));
    Stream stream;
    std::string model(64, '\0');
    char letter = 'a';
    for (const auto& [offset, length] : pieces) {
        const bool zeros = length % 3 == 0;
        const std::string bytes(length, zeros ? '\0' : letter++);
        if (zeros) {
            zero_range(stream, offset, length);
        } else {
            store_bytes(stream, offset, bytes);
        }
        model.replace(offset, length, bytes);
        RC_ASSERT(load_bytes(stream, 0, 64) == model);
        const std::uint64_t stored = stored_length(stream, 8, 40);
        RC_ASSERT(stored <= 40u);
        RC_ASSERT(model.substr(8 + stored, 40 - stored).find_first_not_of('\0') ==
                  std::string::npos);
        std::uint64_t end = 0;
        for (const Extent& extent : stream.extents) {   // sorted, disjoint, not empty
            RC_ASSERT(!extent.bytes.empty());
            RC_ASSERT(extent.offset >= end);
            end = extent.offset + extent.bytes.size();
        }
    }
}

}  // namespace
}  // namespace oplocksim::sim
