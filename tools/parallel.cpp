#include "tools/parallel.h"

#include <algorithm>

namespace oplocksim::tools {

unsigned default_jobs() { return std::max(1u, std::thread::hardware_concurrency()); }

WorkerPool::~WorkerPool() {
    {
        const std::scoped_lock lock(mutex_);
        ends_ = true;
    }
    work_comes_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::run(unsigned count, const std::function<void(unsigned)>& body) {
    if (count == 0) return;
    while (threads_.size() + 1 < count) {
        const auto worker = static_cast<unsigned>(threads_.size() + 1);
        threads_.emplace_back([this, worker] { work(worker); });
    }
    {
        const std::scoped_lock lock(mutex_);
        ++round_;
        body_ = &body;
        count_ = count;
        running_ = count - 1;
        errors_.assign(count, nullptr);
    }
    if (count > 1) work_comes_.notify_all();
    run_guarded(0);
    std::unique_lock lock(mutex_);
    all_over_.wait(lock, [this] { return running_ == 0; });
    body_ = nullptr;
    for (const std::exception_ptr& error : errors_) {
        if (error) std::rethrow_exception(error);
    }
}

void WorkerPool::run_guarded(unsigned worker) {
    try {
        (*body_)(worker);
    } catch (...) {
        errors_[worker] = std::current_exception();
    }
}

// The life of a thread: it takes part in every round that has a place for it.
void WorkerPool::work(unsigned worker) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
        work_comes_.wait(lock, [&] { return ends_ || (round_ != seen && worker < count_); });
        if (ends_) return;
        seen = round_;
        lock.unlock();
        run_guarded(worker);
        lock.lock();
        if (--running_ == 0) all_over_.notify_one();
    }
}

}  // namespace oplocksim::tools
