// Exact search of the oplock model, for tools/bench/against-spin: one run, figures as JSON.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "conformance/explore/oplock_classes.h"
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

enum class How { all, shared, symmetry };

// Making the model, which may take time too, counts.
template <typename Model>
int search_it(std::uint32_t openings, bool symmetry) {
    Options options;
    options.symmetry = symmetry;
    options.limits.memory = kMemory;
    const double start = cpu_seconds();
    const Model model(OplockModelSettings{.openings = openings});
    const auto result = search(model, options);
    const double seconds = cpu_seconds() - start;
    const Counts& counts = result.counts;
    std::uint64_t memory = counts.memory;
    if constexpr (requires { model.memory(); }) memory += model.memory();
    std::printf("{\"verdict\": \"%s\", \"states\": %llu, \"represented\": %llu, "
                "\"transitions\": %llu, \"memory\": %llu, \"cpu_seconds\": %.6f}\n",
                std::string(to_string(result.verdict)).c_str(),
                static_cast<unsigned long long>(counts.states),
                static_cast<unsigned long long>(counts.represented),
                static_cast<unsigned long long>(counts.transitions),
                static_cast<unsigned long long>(memory), seconds);
    return result.verdict == Verdict::pass ? 0 : 1;
}

template <std::size_t kHandles>
int run(std::uint32_t openings, How how) {
    return how == How::shared
               ? search_it<OplockClassModel<kHandles>>(openings, false)
               : search_it<OplockModel<kHandles>>(openings, how == How::symmetry);
}

std::optional<How> how_from(std::string_view word) {
    if (word == "all") return How::all;
    if (word == "shared") return How::shared;
    if (word == "symmetry") return How::symmetry;
    return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
    const std::optional<How> how = argc == 4 ? how_from(argv[3]) : std::nullopt;
    if (!how) {
        std::fprintf(stderr, "usage: %s HANDLES OPENINGS all|shared|symmetry\n"
                             "OPENINGS: a set of bits, as in tools/bench/spin/oplock.pml\n",
                     argv[0]);
        return kUsage;
    }
    const auto openings = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 0));
    switch (std::atoi(argv[1])) {
        case 1: return run<1>(openings, *how);
        case 2: return run<2>(openings, *how);
        case 3: return run<3>(openings, *how);
        case 4: return run<4>(openings, *how);
        case 5: return run<5>(openings, *how);
        default: std::fprintf(stderr, "%s: 1 to 5 handles\n", argv[0]); return kUsage;
    }
}
