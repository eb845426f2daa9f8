#include "conformance/findings/step_words.h"

namespace oplocksim::conformance::findings {

StepWords words_of(const sim::Step& step) {
    const sim::Request& request = step.request;
    return {
        static_cast<std::uint64_t>(step.kind) | std::uint64_t{step.thread} << 8 |
            std::uint64_t{step.on} << 24 | std::uint64_t{step.subject} << 40,
        std::uint64_t{step.client} | std::uint64_t{request.access} << 16 |
            std::uint64_t{request.share} << 48,
        step.duration,
        static_cast<std::uint64_t>(request.kind) |
            static_cast<std::uint64_t>(request.disposition) << 8 |
            static_cast<std::uint64_t>(request.transacted) << 16 |
            static_cast<std::uint64_t>(request.replace_if_exists) << 17 |
            static_cast<std::uint64_t>(request.delete_file) << 18 |
            static_cast<std::uint64_t>(request.exclusive) << 19 |
            static_cast<std::uint64_t>(request.fail_immediately) << 20 |
            static_cast<std::uint64_t>(request.paging_io) << 21 |
            static_cast<std::uint64_t>(request.lazy_writer) << 22 |
            std::uint64_t{request.options} << 32,
        std::uint64_t{request.attributes} | std::uint64_t{request.lock_key} << 32,
        std::uint64_t{request.target_key.value} |
            std::uint64_t{request.parent_key.value} << 32,
        std::uint64_t{request.path.value} | std::uint64_t{request.name.value} << 32,
        request.offset,
        request.length,
        std::uint64_t{request.data} | std::uint64_t{request.page_protection} << 32,
        static_cast<std::uint64_t>(request.fsctl.code),
        std::uint64_t{request.fsctl.requested_oplock_level} |
            std::uint64_t{request.fsctl.flags} << 32,
    };
}

}  // namespace oplocksim::conformance::findings
