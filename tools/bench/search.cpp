// Exact search of the oplock model, for tools/bench/against-spin: one run, figures as JSON.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "conformance/explore/oplock_model.h"
#include "conformance/explore/search.h"

namespace {

using namespace oplocksim::conformance::explore;

constexpr int kUsage = 2;
constexpr std::uint64_t kMemory = std::uint64_t{16} << 30;

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <std::size_t kHandles>
int run(std::uint32_t openings, bool symmetry) {
    Options options;
    options.symmetry = symmetry;
    options.limits.memory = kMemory;
    const OplockModel<kHandles> model(OplockModelSettings{.openings = openings});
    const double start = cpu_seconds();
    const auto result = search(model, options);
    const double seconds = cpu_seconds() - start;
    const Counts& counts = result.counts;
    std::printf("{\"verdict\": \"%s\", \"states\": %llu, \"represented\": %llu, "
                "\"transitions\": %llu, \"memory\": %llu, \"cpu_seconds\": %.6f}\n",
                std::string(to_string(result.verdict)).c_str(),
                static_cast<unsigned long long>(counts.states),
                static_cast<unsigned long long>(counts.represented),
                static_cast<unsigned long long>(counts.transitions),
                static_cast<unsigned long long>(counts.memory), seconds);
    return result.verdict == Verdict::pass ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: %s HANDLES OPENINGS all|symmetry\n"
                             "OPENINGS: a set of bits, as in tools/bench/spin/oplock.pml\n",
                     argv[0]);
        return kUsage;
    }
    const auto openings = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 0));
    const bool symmetry = std::string(argv[3]) == "symmetry";
    switch (std::atoi(argv[1])) {
        case 1: return run<1>(openings, symmetry);
        case 2: return run<2>(openings, symmetry);
        case 3: return run<3>(openings, symmetry);
        case 4: return run<4>(openings, symmetry);
        case 5: return run<5>(openings, symmetry);
        default: std::fprintf(stderr, "%s: 1 to 5 handles\n", argv[0]); return kUsage;
    }
}
