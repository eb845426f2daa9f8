// The event queue against the schedulers of ns-3 and against std::priority_queue: the hold model.
//
// A queue is filled with N pending events; then one operation takes the earliest event and puts one
// back, at its time plus a random delay. The delays come from a table that is made beforehand, the
// same for everybody. Every queue must hand out events in the order of (time, insertion): a
// checksum over what it hands out is compared between all of them, and a difference is an error.
//
// All queues are measured in one process, in turns: a noisy moment hits everybody.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include <ns3/calendar-scheduler.h>
#include <ns3/heap-scheduler.h>
#include <ns3/list-scheduler.h>
#include <ns3/map-scheduler.h>
#include <ns3/priority-queue-scheduler.h>

#include "sim/event_queue.h"
#include "sim/random.h"

namespace {

using oplocksim::sim::Random;
using Time = std::uint64_t;

// What a queue carries for its owner: as much as a pointer.
using Payload = std::uint64_t;

struct Taken {
    Time time = 0;
    Payload payload = 0;
};

class OurQueue {
 public:
    void insert(Time time, Payload payload) { queue_.push(time, payload); }
    Taken take() {
        const Time time = queue_.next_time();
        return {time, queue_.pop()};
    }

 private:
    oplocksim::sim::EventQueue<Payload> queue_;
};

class BinaryHeap {
 public:
    void insert(Time time, Payload payload) { heap_.push({time, next_++, payload}); }
    Taken take() {
        const Event event = heap_.top();
        heap_.pop();
        return {event.time, event.payload};
    }

 private:
    struct Event {
        Time time;
        std::uint64_t sequence;
        Payload payload;
        bool operator>(const Event& other) const {
            return time != other.time ? time > other.time : sequence > other.sequence;
        }
    };
    std::priority_queue<Event, std::vector<Event>, std::greater<>> heap_;
    std::uint64_t next_ = 0;
};

// ns-3 takes the payload as the pointer to an event's code; nothing looks behind it here.
template <typename Scheduler>
class Ns3 {
 public:
    void insert(Time time, Payload payload) {
        scheduler_->Insert({reinterpret_cast<ns3::EventImpl*>(payload), {time, next_++, 0}});
    }
    Taken take() {
        const ns3::Scheduler::Event event = scheduler_->RemoveNext();
        return {event.key.m_ts, reinterpret_cast<Payload>(event.impl)};
    }

 private:
    // As ns3::Simulator holds it: by its base class.
    ns3::Ptr<ns3::Scheduler> scheduler_ = ns3::CreateObject<Scheduler>();
    std::uint32_t next_ = 0;
};

constexpr std::size_t kDelays = 1u << 16;
constexpr double kMeanDelay = 1e6;

std::vector<Time> delays(const std::string& distribution) {
    Random random(1);
    std::vector<Time> table(kDelays);
    for (Time& delay : table) {
        const double u = (static_cast<double>(random.next() >> 11) + 0.5) / 9007199254740992.0;
        double factor = 2 * u;                                       // uniform
        if (distribution == "exponential") factor = -std::log(u);
        if (distribution == "bimodal") factor = u < 0.9 ? u * 0.2 : 9 * (u - 0.9) * 20;
        delay = static_cast<Time>(factor * kMeanDelay);
    }
    return table;
}

double cpu_nanoseconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// A contestant that is slower than this gives up: a calendar, for example, whose days do not fit
// the delays.
constexpr double kHopelessNanoseconds = 5'000;
constexpr std::size_t kBetweenLooks = 1024;

// One contestant: filled once, then held in rounds.
class Contestant {
 public:
    virtual ~Contestant() = default;
    virtual void fill(std::size_t events) = 0;
    virtual void hold(std::size_t operations) = 0;

    void measure(void (Contestant::*work)(std::size_t), std::size_t operations) {
        const double before = cpu_nanoseconds();
        for (std::size_t done = 0; done < operations && !gave_up; done += kBetweenLooks) {
            const std::size_t part = std::min(kBetweenLooks, operations - done);
            (this->*work)(part);
            const double limit = static_cast<double>(done + kBetweenLooks) * kHopelessNanoseconds;
            gave_up = cpu_nanoseconds() - before > limit;
        }
        if (work == &Contestant::fill) return;
        nanoseconds.push_back((cpu_nanoseconds() - before) / static_cast<double>(operations));
    }

    std::string name;
    bool gave_up = false;
    std::uint64_t checksum = 0;
    std::vector<double> nanoseconds;   // an operation, of each round
};

template <typename Queue>
class Holding final : public Contestant {
 public:
    Holding(std::string of, const std::vector<Time>& table) : delays_(table) {
        name = std::move(of);
    }
    void fill(std::size_t events) override {
        for (std::size_t i = 0; i < events; ++i) queue_.insert(next_delay(), payload_++);
    }
    void hold(std::size_t operations) override {
        for (std::size_t i = 0; i < operations; ++i) {
            const Taken taken = queue_.take();
            checksum = (checksum ^ (taken.time + taken.payload)) * 0x9E3779B97F4A7C15ull;
            queue_.insert(taken.time + next_delay(), payload_++);
        }
    }

 private:
    Time next_delay() { return delays_[next_delay_++ & (kDelays - 1)]; }

    Queue queue_;
    const std::vector<Time>& delays_;
    std::size_t next_delay_ = 0;
    Payload payload_ = 8;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// Returns whether everybody agreed.
bool report(const std::string& row, const std::vector<std::unique_ptr<Contestant>>& all) {
    const double ours = median(all[0]->nanoseconds);
    double best = 1e300;
    bool agreed = true;
    for (const auto& contestant : all) {
        std::printf("%s  %-20s ", row.c_str(), contestant->name.c_str());
        if (contestant->gave_up) {
            std::printf("   over %.0f ns, given up\n", kHopelessNanoseconds);
            continue;
        }
        const double own = median(contestant->nanoseconds);
        if (contestant->name.starts_with("ns-3")) best = std::min(best, own);
        std::printf("%8.1f ns  %5.2f\n", own, own / ours);
        if (contestant->checksum != all[0]->checksum) {
            std::printf("  %s hands out events in another order\n", contestant->name.c_str());
            agreed = false;
        }
    }
    std::printf("%s  best of ns-3 / oplocksim: %.2f\n\n", row.c_str(), best / ours);
    std::fflush(stdout);
    return agreed;
}

bool compare(const char* distribution, std::size_t pending, std::size_t operations, int rounds) {
    const std::vector<Time> table = delays(distribution);
    std::vector<std::unique_ptr<Contestant>> all;
    const auto add = [&]<typename Queue>(const char* name, std::in_place_type_t<Queue>) {
        all.push_back(std::make_unique<Holding<Queue>>(name, table));
    };
    add("oplocksim", std::in_place_type<OurQueue>);
    add("std::priority_queue", std::in_place_type<BinaryHeap>);
    add("ns-3 map", std::in_place_type<Ns3<ns3::MapScheduler>>);
    add("ns-3 heap", std::in_place_type<Ns3<ns3::HeapScheduler>>);
    add("ns-3 calendar", std::in_place_type<Ns3<ns3::CalendarScheduler>>);
    add("ns-3 priority queue", std::in_place_type<Ns3<ns3::PriorityQueueScheduler>>);
    if (pending <= 100) add("ns-3 list", std::in_place_type<Ns3<ns3::ListScheduler>>);

    for (const auto& contestant : all) contestant->measure(&Contestant::fill, pending);
    // The first round, to a steady state, does not count.
    for (int round = 0; round <= rounds; ++round) {
        for (const auto& contestant : all) {
            contestant->measure(&Contestant::hold, operations);
            if (round == 0) contestant->nanoseconds.clear();
        }
    }
    char row[64];
    std::snprintf(row, sizeof row, "%-12s %9zu", distribution, pending);
    return report(row, all);
}

}  // namespace

int main(int argc, char** argv) {
    const bool quick = argc > 1 && std::string(argv[1]) == "--quick";
    std::printf("%-12s %9s  %-20s %11s  %s\n", "delays", "pending", "queue", "CPU/hold",
                "times ours");
    bool agreed = true;
    for (const char* distribution : {"exponential", "uniform", "bimodal"}) {
        agreed &= compare(distribution, 100, 200'000, 7);
        agreed &= compare(distribution, 10'000, 200'000, 7);
        agreed &= compare(distribution, 1'000'000, 500'000, 5);
        if (quick) break;
    }
    return agreed ? EXIT_SUCCESS : EXIT_FAILURE;
}
