#include "tools/parallel.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

namespace oplocksim::tools {

unsigned default_jobs() { return std::max(1u, std::thread::hardware_concurrency()); }

void run_in_parallel(unsigned count, const std::function<void(unsigned)>& body) {
    std::vector<std::exception_ptr> errors(count);
    const auto guarded = [&](unsigned worker) {
        try {
            body(worker);
        } catch (...) {
            errors[worker] = std::current_exception();
        }
    };
    std::vector<std::thread> threads;
    for (unsigned worker = 1; worker < count; ++worker) threads.emplace_back(guarded, worker);
    guarded(0);
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& error : errors) {
        if (error) std::rethrow_exception(error);
    }
}

}  // namespace oplocksim::tools
