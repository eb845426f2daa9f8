// Schedules as text: one choice a line, so that they can be read, compared and edited.
//
//     # a comment, or an empty line
//     step A            A takes the next step of its program
//     step A/worker     so does another thread of A
//     step world        the next step that belongs to no client
//     go-on b           the released operation of the step named b goes on
//     go-on B.2         a step without a name: the second of B's program
//
// Names are those of thread_name() and step_name(). Blanks around a line do not matter.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sim/program.h"
#include "sim/schedulers.h"

namespace oplocksim::sim {

// More choices than any run makes; a longer text is refused.
inline constexpr std::size_t kMaxScheduleLength = 1'000'000;

// "step A". Requires: the choice is one of this case.
[[nodiscard]] std::string to_string(const Case& of, Choice choice);
// A line for each choice, without comments.
[[nodiscard]] std::string to_string(const Case& of, const Schedule& schedule);

// What was read; or what is wrong, and in which line.
struct ParsedSchedule {
    Schedule schedule;
    std::size_t error_line = 0;   // from 1; 0: nothing is wrong
    std::string error;
};
[[nodiscard]] ParsedSchedule parse_schedule(const Case& of, std::string_view text);

// "choice 4: recorded was 'go-on b', but what can happen is 'step A' or 'step B'".
[[nodiscard]] std::string to_string(const Case& of, const Divergence& divergence);

}  // namespace oplocksim::sim
