// oplocksim explain: what happens when an operation meets held oplocks.
#include "conformance/what_if.h"
#include "reports/explanation.h"
#include "reports/json.h"
#include "tools/verbs.h"

namespace oplocksim::tools {

int explain_verb(const ExplainArguments& arguments, Streams& streams) {
    const conformance::WhatIfResult result = conformance::what_if(arguments.question);
    if (!result.problem.empty()) {
        return report_error(streams, result.problem, ExitStatus::bad_input);
    }
    if (arguments.json) {
        streams.out.write(reports::what_if_json(arguments.question, result));
    } else {
        const reports::TerminalOptions options{streams.out.width(),
                                               use_colour(arguments.colour, streams.out), false,
                                               use_unicode()};
        streams.out.write(reports::explanation_text(arguments.question, result, options));
    }
    return static_cast<int>(ExitStatus::conforms);
}

}  // namespace oplocksim::tools
