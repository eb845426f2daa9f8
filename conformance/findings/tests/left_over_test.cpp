#include "conformance/findings/left_over.h"

#include <memory>

#include <gtest/gtest.h>

#include "sim/kernel.h"

namespace oplocksim::conformance::findings {
namespace {

sim::World world_with_a_file() {
    auto names = std::make_shared<sim::Names>();
    sim::VolumeEntry file;
    file.path = *names->intern_path("\\file");
    sim::World world = sim::Kernel::make_world(engine::Semantics{}, names);
    sim::FifoScheduler fifo;
    sim::Kernel(world, fifo).add_to_volume(file);
    return world;
}

sim::StreamId last_stream(const sim::World& world) {
    sim::StreamId last;
    world.streams.for_each([&](sim::StreamId id, const sim::Stream&) { last = id; });
    return last;
}

TEST(LeftOver, FilesMayBeLeft) { EXPECT_EQ(left_over(world_with_a_file()), ""); }

TEST(LeftOver, EverythingElseIsNamedAndCounted) {
    sim::World world = world_with_a_file();
    world.irps.insert(sim::Irp{});
    world.irps.insert(sim::Irp{});
    sim::Stream& stream = world.streams[last_stream(world)];
    stream.oplock.reserve({engine::FileObjectId{7}, {}, {}, {}});
    stream.locks.push_back({});
    EXPECT_EQ(left_over(world), "2 IRPs, 1 reservation, 1 byte-range lock");
}

TEST(SilentFailure, WhatIsLeftOverComesFirst) {
    EXPECT_EQ(silent_failure("", ""), std::nullopt);
    EXPECT_EQ(silent_failure("1 IRP", "I5")->rule, kLeftOver);
    EXPECT_EQ(silent_failure("", "I5: words")->rule, kBrokenInvariant);
    EXPECT_EQ(silent_failure("", "I5: words")->observed, "I5: words");
}

}  // namespace
}  // namespace oplocksim::conformance::findings
