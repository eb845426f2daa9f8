#include "sim/flat_map.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace oplocksim::sim {
namespace {

TEST(FlatMap, FindsWhatWasInserted) {
    FlatMap<int> map;
    EXPECT_EQ(map.find(1, 2), nullptr);
    map.insert(1, 2, 12);
    map.insert(2, 1, 21);
    ASSERT_NE(map.find(1, 2), nullptr);
    EXPECT_EQ(*map.find(1, 2), 12);
    EXPECT_EQ(*map.find(2, 1), 21);
    EXPECT_TRUE(map.erase(1, 2));
    EXPECT_FALSE(map.erase(1, 2));
    EXPECT_FALSE(map.contains(1, 2));
    EXPECT_EQ(map.size(), 1u);
}

TEST(FlatMap, EqualMapsNeedNotHaveTheSameHistory) {
    FlatMap<std::uint32_t> a;
    FlatMap<std::uint32_t> b;
    for (std::uint32_t i = 0; i < 100; ++i) a.insert(i, i, i);
    for (std::uint32_t i = 10; i < 100; ++i) a.erase(i, i);
    for (std::uint32_t i = 10; i-- > 0;) b.insert(i, i, i);
    EXPECT_EQ(a, b);
    b.erase(3, 3);
    EXPECT_FALSE(a == b);
}

// Small keys, so that entries collide, are erased from the middle of runs and come back.
RC_GTEST_PROP(FlatMap, AgreesWithAMap,
              (const std::vector<std::pair<std::uint8_t, bool>>& operations)) {
    FlatMap<std::size_t> map;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> model;
    for (std::size_t i = 0; i < operations.size(); ++i) {
        const std::pair<std::uint32_t, std::uint32_t> key{operations[i].first % 8,
                                                          operations[i].first / 8};
        if (operations[i].second) {
            RC_ASSERT(map.erase(key.first, key.second) == (model.erase(key) == 1));
        } else if (model.emplace(key, i).second) {
            map.insert(key.first, key.second, i);
        }
        RC_ASSERT(map.size() == model.size());
        for (std::uint32_t k = 0; k < 256; ++k) {
            const auto expected = model.find({k % 8, k / 8});
            const std::size_t* const found = map.find(k % 8, k / 8);
            RC_ASSERT((found == nullptr) == (expected == model.end()));
            if (found != nullptr) RC_ASSERT(*found == expected->second);
        }
    }
}

}  // namespace
}  // namespace oplocksim::sim
