#include "tools/html_file.h"

namespace oplocksim::tools {

std::string HtmlFile::open(const std::string& path, std::string_view verb,
                           const SemanticsArguments& semantics) {
    std::string problem = file_.open(path);
    if (!problem.empty()) return problem;
    reports::HtmlHead head;
    head.verb = verb;
    head.version = OPLOCKSIM_VERSION;
    head.profile = to_string(semantics.profile);
    const engine::Semantics all = semantics.semantics();
    for (const engine::SwitchInfo& info : engine::switches()) {
        head.switches.emplace_back(info.name, engine::switch_value(all, info.name));
    }
    head.given = semantics.switches;
    report_.begin(head);
    return problem;
}

std::string HtmlFile::open(const std::string& path, std::string_view verb) {
    std::string problem = file_.open(path);
    if (!problem.empty()) return problem;
    reports::HtmlHead head;
    head.verb = verb;
    head.version = OPLOCKSIM_VERSION;
    head.profile = "drawn for each run";
    report_.begin(head);
    return problem;
}

std::string HtmlFile::finish(const reports::HtmlEnd& end, const conformance::Coverage* coverage) {
    report_.finish(end, coverage);
    return file_.commit();
}

}  // namespace oplocksim::tools
