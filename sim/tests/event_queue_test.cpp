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

// The queue beside a list that is searched, through pushes and pops in any order. The delays come
// in sizes from none to half of all time, so that every level of the wheel is used.
RC_GTEST_PROP(EventQueue, DoesAsAListDoes, (const std::vector<std::uint32_t>& commands)) {
    EventQueue<std::uint32_t> queue;
    std::vector<std::pair<Ticks, std::uint32_t>> list;   // in order of insertion
    Ticks now = 0;
    std::uint32_t next = 0;
    const auto pop = [&] {
        const auto first = std::ranges::min_element(list, {}, [](const auto& e) { return e.first; });
        now = first->first;
        RC_ASSERT(queue.next_time() == now);
        RC_ASSERT(queue.pop() == first->second);
        list.erase(first);
    };
    for (const std::uint32_t command : commands) {
        // Bursts, so that the queue becomes large and small.
        for (std::uint32_t i = 0; i < command % 40; ++i) {
            if (command % 3 == 0 && !list.empty()) {
                pop();
                continue;
            }
            const unsigned size = (command >> 8) % 60;
            const Ticks delay = (Ticks{command} * 0x9E3779B97F4A7C15ull * (i / 4)) >> (63 - size);
            const Ticks time = std::min(kMaxTicks, now + delay);
            queue.push(time, next);
            list.emplace_back(time, next++);
        }
        RC_ASSERT(queue.size() == list.size());
        RC_ASSERT(queue.empty() == list.empty());
    }
    const EventQueue<std::uint32_t> copy = queue;
    EventQueue<std::uint32_t> again;
    copy.for_each([&](Ticks time, std::uint32_t value) { again.push(time, value); });
    RC_ASSERT(copy == again);
    while (!list.empty()) pop();
    RC_ASSERT(queue.empty());
    RC_ASSERT(copy.empty() || !(copy == queue));
}

TEST(EventQueue, ManyAndFewAreEqualIfTheyHoldTheSame) {
    EventQueue<int> many;
    EventQueue<int> few;
    for (int i = 0; i < 1000; ++i) many.push(static_cast<Ticks>(i), i);
    for (int i = 0; i < 995; ++i) EXPECT_EQ(many.pop(), i);
    for (int i = 995; i < 1000; ++i) few.push(static_cast<Ticks>(i), i);
    EXPECT_EQ(many, few);
    EXPECT_EQ(few.pop(), 995);
    EXPECT_FALSE(many == few);
}

// A far bucket with many events is not looked through for every near event.
TEST(EventQueue, NearEventsDoNotPayForFarOnes) {
    EventQueue<int> queue;
    constexpr int kFar = 200'000;
    for (int i = 0; i < kFar; ++i) queue.push((Ticks{1} << 62) + static_cast<Ticks>(i), i);
    for (int i = 0; i < kFar; ++i) {
        queue.push(static_cast<Ticks>(i), -1);
        EXPECT_EQ(queue.pop(), -1);   // quadratic, this would take minutes
    }
    for (int i = 0; i < kFar; ++i) EXPECT_EQ(queue.pop(), i);
}

TEST(EventQueueDeathTest, RefusesThePast) {
    EventQueue<int> queue;
    queue.push(5, 0);
    queue.push(6, 1);
    EXPECT_EQ(queue.pop(), 0);
    EXPECT_DEATH(queue.push(4, 2), "an event before the one that was taken last");
}

}  // namespace
}  // namespace oplocksim::sim
