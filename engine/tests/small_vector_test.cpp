#include "engine/small_vector.h"

#include <gtest/gtest.h>

#include <vector>

namespace oplocksim::engine {
namespace {

using Vector = SmallVector<int, 2>;

Vector filled(int count) {
    Vector v;
    for (int i = 0; i < count; ++i) v.push_back(i);
    return v;
}

std::vector<int> contents(const Vector& v) { return {v.begin(), v.end()}; }

TEST(SmallVector, KeepsOrderAcrossGrowth) {
    EXPECT_EQ(contents(filled(7)), (std::vector{0, 1, 2, 3, 4, 5, 6}));
}

TEST(SmallVector, CopiesAreIndependent) {
    for (const int count : {0, 1, 2, 3, 9}) {
        const Vector original = filled(count);
        Vector copy = original;
        EXPECT_EQ(copy, original);
        copy.push_back(100);
        EXPECT_EQ(static_cast<int>(original.size()), count);
        EXPECT_NE(copy, original);
    }
}

TEST(SmallVector, AssignsBetweenInlineAndHeap) {
    for (const int from : {0, 2, 5}) {
        for (const int to : {0, 2, 5}) {
            Vector target = filled(to);
            target = filled(from);
            EXPECT_EQ(target, filled(from));
            const Vector source = filled(from);
            Vector copied = filled(to);
            copied = source;
            EXPECT_EQ(copied, source);
        }
    }
}

TEST(SmallVector, PushBackOfAnOwnElementWhileGrowing) {
    Vector v = filled(2);
    v.push_back(v.front());
    EXPECT_EQ(contents(v), (std::vector{0, 1, 0}));
}

TEST(SmallVector, ErasesInPlace) {
    Vector v = filled(5);
    v.erase_at(1);
    EXPECT_EQ(contents(v), (std::vector{0, 2, 3, 4}));
    v.erase_if([](int x) { return x % 2 == 0; });
    EXPECT_EQ(contents(v), (std::vector{3}));
    v.clear();
    EXPECT_TRUE(v.empty());
}

TEST(SmallVector, MovedFromIsEmptyAndUsable) {
    Vector source = filled(6);
    Vector target = std::move(source);
    EXPECT_EQ(target.size(), 6u);
    source = Vector{};
    source.push_back(1);
    EXPECT_EQ(contents(source), (std::vector{1}));
}

}  // namespace
}  // namespace oplocksim::engine
