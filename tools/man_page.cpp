#include "tools/man_page.h"

#include <algorithm>

#include "conformance/editions.h"
#include "scenarios/text.h"

namespace oplocksim::tools {
namespace {

// Text that roff prints as it is.
std::string roff(std::string_view text) {
    std::string result;
    bool line_begins = true;
    for (const char c : text) {
        if (line_begins && (c == '.' || c == '\'')) result += "\\&";
        if (c == '\\') {
            result += "\\e";
        } else if (c == '-') {
            result += "\\-";
        } else {
            result += c;
        }
        line_begins = c == '\n';
    }
    return result;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

std::string paragraph(std::string_view text) { return ".PP\n" + roff(text) + "\n"; }

std::string option_entry(const OptionDescription& option) {
    std::string text = ".TP\n";
    for (const std::string& name : option.names) {
        text += (&name == &option.names.front() ? "" : ", ") + bold(name);
    }
    if (!option.value.empty()) text += " " + italic(option.value);
    text += "\n" + roff(option.help);
    if (option.required) text += " (required)";
    return text + "\n";
}

std::string argument_entry(const OptionDescription& argument) {
    return ".TP\n" + italic(argument.names.front()) + (argument.repeated ? " ..." : "") + "\n" +
           roff(argument.help) + "\n";
}

std::string synopsis(const VerbDescription& verb) {
    std::string text = ".B oplocksim " + roff(verb.name) + "\n";
    for (const OptionDescription& option : verb.options) {
        if (option.required) {
            text += bold(option.names.front()) + " " + italic(option.value) + "\n";
        }
    }
    if (std::ranges::any_of(verb.options, [](const auto& one) { return !one.required; })) {
        text += "[" + italic("OPTION") + "]...\n";
    }
    for (const OptionDescription& argument : verb.arguments) {
        const std::string name = italic(argument.names.front());
        const std::string dots = argument.repeated ? "..." : "";
        text += argument.required ? name + dots + "\n" : "[" + name + "]" + dots + "\n";
    }
    return text;
}

// A footer's paragraphs: indented lines are shown as they are, with their heading above.
std::string footer(std::string_view text) {
    std::string result;
    bool literal = false;
    bool paragraph_begins = true;
    for (const std::string_view line : scenarios::split(text, '\n')) {
        const bool indented = line.starts_with("  ");
        if (literal && !indented) result += ".EE\n.RE\n";
        if (!literal && indented) result += ".RS 4\n.EX\n";
        if (!indented && !line.empty() && (literal || paragraph_begins)) result += ".PP\n";
        paragraph_begins = line.empty();
        literal = indented;
        if (!line.empty()) result += roff(indented ? line.substr(2) : line) + "\n";
    }
    if (literal) result += ".EE\n.RE\n";
    return result;
}

std::string verb_section(const VerbDescription& verb) {
    std::string text = ".SS oplocksim " + roff(verb.name) + "\n" + roff(verb.summary) + ".\n";
    for (const OptionDescription& argument : verb.arguments) text += argument_entry(argument);
    for (const OptionDescription& option : verb.options) text += option_entry(option);
    return text + footer(verb.footer);
}

std::string sources_section() {
    std::string text = ".SH SOURCES\nThe editions of the specification that this version was "
                       "written from:\n";
    for (const conformance::Edition& one : conformance::editions()) {
        text += ".TP\n" + roff(one.title) + "\n" + roff(one.edition) + "\n";
    }
    return text;
}

// What holds for every verb, and that no option says.
std::string common_sections() {
    return ".SH EXIT STATUS\n"
           ".TP\n.B 0\nIt conforms.\n"
           ".TP\n.B 1\nAn expectation or a rule failed.\n"
           ".TP\n.B 2\nUsage or bad input.\n"
           ".TP\n.B 3\nThe environment failed: a report could not be written, for one.\n"
           ".TP\n.B 130\nInterrupted; what was found so far is kept.\n"
           ".SH ENVIRONMENT\n"
           ".TP\n.B NO_COLOR\nIf set and not empty, nothing is coloured unless asked for.\n"
           ".TP\n.B TERM\nIf it is\n.BR dumb ,\nlikewise.\n";
}

}  // namespace

std::string man_page(const CommandDescription& command, std::string_view version) {
    const VerbDescription& program = command.program;
    std::string text = ".TH OPLOCKSIM 1 \"\" \"oplocksim " + roff(version) +
                       "\" \"User Commands\"\n";
    std::string name = program.summary;
    if (name.starts_with("A ")) name[0] = 'a';
    text += ".SH NAME\noplocksim \\- " + roff(name) + "\n";
    text += ".SH SYNOPSIS\n";
    for (const VerbDescription& verb : command.verbs) text += synopsis(verb) + ".br\n";
    text += ".B oplocksim\n.RB [ \\-\\-help | \\-\\-version ]\n";
    text += ".SH DESCRIPTION\n" + roff(program.summary) +
            ": what must happen, whether an implementation does it, and what if.\n";
    text += paragraph("A verb says what to do; every verb takes --help.");
    for (const OptionDescription& option : program.options) text += option_entry(option);
    text += footer(program.footer);
    text += ".SH VERBS\n";
    for (const VerbDescription& verb : command.verbs) text += verb_section(verb);
    return text + common_sections() + sources_section();
}

}  // namespace oplocksim::tools
