// The command line as data, for whoever describes it: completion and the manual page.
//
// It is made from what the parser itself knows (command_line.cpp), so a description cannot speak of
// an option that is not there, or forget one.
#pragma once

#include <string>
#include <vector>

namespace oplocksim::tools {

struct OptionDescription {
    std::vector<std::string> names;   // "-v", "--verbose"; an argument: its one name, "PATH"
    std::string value;                // "FILE"; empty: a flag, or an argument
    std::string help;
    bool repeated = false;            // may be given several times
    bool required = false;
};

struct VerbDescription {
    std::string name;
    std::string summary;
    std::vector<OptionDescription> options;
    std::vector<OptionDescription> arguments;   // by position
    std::string footer;                         // examples, exit status
};

// The command itself is a verb without a name.
struct CommandDescription {
    VerbDescription program;
    std::vector<VerbDescription> verbs;
};

}  // namespace oplocksim::tools
