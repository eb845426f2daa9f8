// search() itself. Internal to explore/: include search.h.
#pragma once

#include "conformance/explore/breadth_first.h"
#include "conformance/explore/depth_first.h"
#include "engine/assert.h"

namespace oplocksim::conformance::explore {

template <Model M>
Result<typename M::Action> search(const M& model, const Options& options) {
    OPLOCKSIM_ASSERT(options.workers >= 1 && options.workers <= kMaxWorkers,
                     "a number of workers out of range");
    switch (options.order) {
        case Order::breadth_first: return detail::BreadthFirst<M>(model, options).run();
        case Order::depth_first: return detail::DepthFirst<M>(model, options).run();
    }
    OPLOCKSIM_ASSERT(false, "an order outside its enumeration");
}

}  // namespace oplocksim::conformance::explore
