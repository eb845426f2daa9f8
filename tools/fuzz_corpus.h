// The folder of interesting inputs: one file each, named by its content.
//
// A file appears whole or not at all, so the folder survives a kill at any moment and is resumed;
// several processes may share it.
#pragma once

#include <string>
#include <vector>

#include "conformance/fuzz/choices.h"

namespace oplocksim::tools {

struct CorpusInputs {
    std::vector<conformance::fuzz::Bytes> inputs;   // in the order of the names
    std::string error;                              // one sentence; then `inputs` is empty
};

// Makes the folder if it is not there. Files that are no inputs, by their name, are left alone.
[[nodiscard]] CorpusInputs open_corpus(const std::string& directory);

// Adds an input. Returns an empty string, or one sentence that names the file and the reason.
[[nodiscard]] std::string save_input(const std::string& directory,
                                     const conformance::fuzz::Bytes& input);

}  // namespace oplocksim::tools
