// The entry point for libFuzzer and AFL++: bytes are the draws of one run.
//
// A run that the rules object to aborts with what was observed and required; so does one with a
// broken invariant of the kernel, which is checked after every step. `oplocksim fuzz --corpus` reads and
// writes the same inputs.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "conformance/fuzz/fuzz_run.h"

using oplocksim::conformance::findings::Failure;
using oplocksim::conformance::fuzz::Choices;
using oplocksim::conformance::fuzz::FuzzRun;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static FuzzRun run;
    static Choices choices;
    choices.begin({data, size});
    run.run(choices, {std::nullopt, true});
    if (!run.failed()) return 0;
    const Failure failure = *run.failure();
    const std::string text = failure.rule + " " + failure.clause +
                             "\n  observed: " + failure.observed +
                             "\n  required: " + failure.required + "\n";
    std::fputs(text.c_str(), stderr);
    std::abort();
}

#ifdef OPLOCKSIM_FUZZ_MAIN
// Without a fuzzing engine: runs the files that are named, one after another.
#include <fstream>
#include <iterator>
#include <vector>

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        std::ifstream file(argv[i], std::ios::binary);
        const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
    return 0;
}
#endif
