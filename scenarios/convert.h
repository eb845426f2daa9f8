// From a scenario's YAML, placeholders replaced, to the typed model of one run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/diagnostics.h"
#include "scenarios/model.h"
#include "scenarios/substitution.h"
#include "scenarios/values.h"
#include "scenarios/yaml_document.h"

namespace oplocksim::scenarios {

// The sections of a scenario and of what it includes, included ones first, in order.
struct Sections {
    NodePtr title;  // the rest may be null or empty
    NodePtr description;
    NodePtr covers;
    NodePtr profile;
    NodePtr strict;
    std::vector<NodePtr> switches;
    std::vector<NodePtr> volumes;
    std::vector<NodePtr> clients;
    std::vector<NodePtr> setups;  // setup sections
    NodePtr steps;
    NodePtr programs;
    NodePtr schedule;
    NodePtr always;
    NodePtr never;
    NodePtr eventually;
    NodePtr deadlock;
    Place steps_key;     // of `steps`
    Place programs_key;  // of `programs`
};

// The same with the placeholders of one run replaced.
[[nodiscard]] Sections substituted(const Sections& sections, Scope& scope);
// How many values all of them have.
[[nodiscard]] std::size_t size_of(const Sections& sections);

// Converts one run. `parameters` are the names that `when` may compare. Switches that are set to
// `each` stay so. Errors are reported; the model is then not for running.
[[nodiscard]] RunModel convert_run(const Sections& sections, Scope& parameters,
                                   Diagnostics& diagnostics);

// The parts, each in its own file.
// The entries of all lists with the parents that are missing, parents first; reports what a
// volume cannot have.
[[nodiscard]] std::vector<VolumeItem> convert_volume(const std::vector<NodePtr>& lists,
                                                     Reader& reader);
// `actor`: in a program, CLIENT or CLIENT/THREAD, which its verbs leave out.
[[nodiscard]] Step convert_step(const YamlNode& node, Reader& reader, Scope& parameters,
                                std::string_view actor = {});
// A list of steps, and lists in it, to the end of run.steps.
void convert_steps(const YamlNode& node, Reader& reader, Scope& parameters, RunModel& run,
                   std::string_view actor = {});
// `programs` and `schedule`; what is said about the whole run, `deadlock` included.
void convert_programs(const Sections& sections, Reader& reader, Scope& parameters, RunModel& run);
void convert_statements(const Sections& sections, Reader& reader, RunModel& run);
[[nodiscard]] Action convert_action(const std::string& key, const Place& place,
                                    const YamlNode& value, Reader& reader,
                                    std::string_view actor = {});
// The action in one line, in the user's words.
[[nodiscard]] std::string describe_action(const std::string& key, const YamlNode& value);

// The expectation keys of a step.
void convert_expect(const YamlNode& node, Reader& reader, const Guard& guard, Step& step);
void convert_completes(const YamlNode& node, Reader& reader, const Guard& guard, Step& step);
void convert_breaks(const YamlNode& node, Reader& reader, const Guard& guard, Step& step);
void convert_pending(const YamlNode& node, Reader& reader, const Guard& guard, Step& step);

// Where the texts of one text or a list stand: of those that Reader::texts() returns.
[[nodiscard]] std::vector<Place> places_of(const YamlNode& texts, Reader& reader);
// A switch or `profile` that is compared with values, checked.
[[nodiscard]] bool convert_condition(const YamlMember& member, Reader& reader,
                                     Condition& condition);
// The values that a switch, or `profile`, can have; empty if there is no such switch.
[[nodiscard]] std::vector<std::string_view> values_of_switch(std::string_view name);
[[nodiscard]] std::vector<std::string_view> switch_names();

}  // namespace oplocksim::scenarios
