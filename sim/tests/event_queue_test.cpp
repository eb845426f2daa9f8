#include "sim/event_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace oplocksim::sim {
namespace {

TEST(EventQueue, HandsOutTheEarliestFirst) {
    EventQueue<int> queue;
    queue.push(30, 3);
    queue.push(10, 1);
    queue.push(20, 2);
    EXPECT_EQ(queue.next_time(), 10u);
    EXPECT_EQ(queue.pop(), 1);
    EXPECT_EQ(queue.pop(), 2);
    EXPECT_EQ(queue.pop(), 3);
    EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, EqualQueuesNeedNotHaveTheSameHistory) {
    EventQueue<int> a;
    EventQueue<int> b;
    a.push(5, 0);
    EXPECT_EQ(a.pop(), 0);
    for (int i = 0; i < 5; ++i) a.push(7, i);
    for (int i = 0; i < 5; ++i) b.push(7, i);
    EXPECT_EQ(a, b);
    b.push(1, 9);
    EXPECT_FALSE(a == b);
}

RC_GTEST_PROP(EventQueue, IsAStableSort, (const std::vector<std::uint8_t>& times)) {
    EventQueue<std::size_t> queue;
    std::vector<std::pair<std::uint8_t, std::size_t>> expected;
    for (std::size_t i = 0; i < times.size(); ++i) {
        queue.push(times[i], i);
        expected.emplace_back(times[i], i);
    }
    std::stable_sort(expected.begin(), expected.end(),
                     [](const auto& x, const auto& y) { return x.first < y.first; });
    for (const auto& [time, value] : expected) {
        RC_ASSERT(queue.next_time() == time);
        RC_ASSERT(queue.pop() == value);
    }
}

}  // namespace
}  // namespace oplocksim::sim
