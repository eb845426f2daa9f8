// Workers: everybody takes part, threads are kept, what is thrown arrives.
#include "tools/parallel.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

namespace oplocksim::tools {
namespace {

TEST(WorkerPool, EveryWorkerTakesPartInEveryRound) {
    WorkerPool pool;
    std::vector<unsigned> calls(5, 0);
    for (unsigned round = 0; round < 1000; ++round) {
        const unsigned count = 1 + round % 5;   // fewer and more than there are threads
        pool.run(count, [&](unsigned worker) { ++calls[worker]; });
    }
    EXPECT_EQ(calls, (std::vector<unsigned>{1000, 800, 600, 400, 200}));
}

TEST(WorkerPool, KeepsItsThreads) {
    WorkerPool pool;
    std::vector<std::thread::id> first(3);
    pool.run(3, [&](unsigned worker) { first[worker] = std::this_thread::get_id(); });
    EXPECT_EQ(first[0], std::this_thread::get_id()) << "the caller is worker 0";
    EXPECT_EQ(std::set(first.begin(), first.end()).size(), 3u);
    std::vector<std::thread::id> later(3);
    for (int round = 0; round < 10; ++round) {
        pool.run(3, [&](unsigned worker) { later[worker] = std::this_thread::get_id(); });
        EXPECT_EQ(later, first);
    }
    EXPECT_EQ(pool.threads(), 2u);
}

TEST(WorkerPool, NobodyIsStartedForOneWorkerOrNone) {
    WorkerPool pool;
    unsigned calls = 0;
    pool.run(0, [&](unsigned) { ++calls; });
    pool.run(1, [&](unsigned) { ++calls; });
    EXPECT_EQ(calls, 1u);
    EXPECT_EQ(pool.threads(), 0u);
}

TEST(WorkerPool, WhatABodyThrowsArrivesAndThePoolGoesOn) {
    WorkerPool pool;
    const auto fails = [](unsigned worker) {
        if (worker != 1) throw std::runtime_error("worker " + std::to_string(worker));
    };
    for (int round = 0; round < 3; ++round) {
        try {
            pool.run(4, fails);
            ADD_FAILURE() << "nothing was thrown";
        } catch (const std::runtime_error& error) {
            EXPECT_STREQ(error.what(), "worker 0");
        }
    }
    std::vector<unsigned> calls(4, 0);
    pool.run(4, [&](unsigned worker) { ++calls[worker]; });
    EXPECT_EQ(calls, (std::vector<unsigned>{1, 1, 1, 1})) << "an old error is not thrown again";
}

}  // namespace
}  // namespace oplocksim::tools
