// Workers, for libraries that know no threads.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace oplocksim::tools {

// How many workers the machine has cores for; at least 1.
[[nodiscard]] unsigned default_jobs();

// Threads that are kept from one piece of work to the next: a search hands out thousands of them,
// each shorter than it takes to start a thread.
//
// One caller at a time; it is worker 0 itself. The threads are started when they are first needed,
// sleep in between, and end with the pool.
class WorkerPool {
 public:
    WorkerPool() = default;
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;
    ~WorkerPool();

    // Runs body(0) ... body(count - 1), each on a thread of its own, and returns when all are over.
    // What a body throws is thrown again here, the first worker's first. Throws std::system_error
    // if a thread cannot be started. Requires: not called from a body.
    void run(unsigned count, const std::function<void(unsigned)>& body);

    // How many threads it has, beside the caller's.
    [[nodiscard]] std::size_t threads() const { return threads_.size(); }

 private:
    void work(unsigned worker);
    void run_guarded(unsigned worker);

    std::vector<std::thread> threads_;            // of worker 1 and those after it
    std::mutex mutex_;
    std::condition_variable work_comes_;
    std::condition_variable all_over_;
    // Under the mutex.
    std::uint64_t round_ = 0;                     // grows with each piece of work
    const std::function<void(unsigned)>* body_ = nullptr;
    unsigned count_ = 0;                          // workers that take part
    unsigned running_ = 0;                        // of them, threads that are not over yet
    bool ends_ = false;
    std::vector<std::exception_ptr> errors_;      // each written by its worker only
};

}  // namespace oplocksim::tools
