#include "tools/verbs.h"

#include <cstdlib>
#include <string>

#include "engine/assert.h"
#include "scenarios/text.h"

namespace oplocksim::tools {

engine::Semantics SemanticsArguments::semantics() const {
    engine::Semantics result = engine::semantics_of(profile);
    for (const auto& [name, value] : switches) {
        const bool set = engine::set_switch(result, name, value);
        OPLOCKSIM_ASSERT(set, "a switch that the command line accepted");
    }
    return result;
}

int report_error(Streams& streams, std::string_view message, ExitStatus status) {
    streams.out.flush();
    streams.err.write("oplocksim: error: " + std::string(message) + "\n");
    streams.err.flush();
    return static_cast<int>(status);
}

bool use_colour(ColourMode mode, const Output& output) {
    switch (mode) {
        case ColourMode::always: return true;
        case ColourMode::never: return false;
        case ColourMode::automatic: break;
    }
    const char* const no_colour = std::getenv("NO_COLOR");
    const char* const terminal = std::getenv("TERM");
    const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
    return (no_colour == nullptr || *no_colour == '\0') && !dumb && output.is_terminal();
}

// The first of these that is set names the locale (POSIX, 8.2).
bool use_unicode() {
    for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* const value = std::getenv(name);
        if (value == nullptr || *value == '\0') continue;
        const std::string locale = scenarios::upper(value);
        constexpr std::size_t kNowhere = std::string::npos;
        return locale.find("UTF-8") != kNowhere || locale.find("UTF8") != kNowhere;
    }
    return false;
}

}  // namespace oplocksim::tools
